//! VBoxManage, as far as the methods use it: what it prints, how it ends, how long it takes.
//!
//! Times are medians of a host with 2 cores. They count from the moment the server is reached.

mod control;
pub(super) mod errors;
mod list;
mod show;
mod start;

use std::time::Duration;

use super::machine::MachineId;
use super::processes::{reply, reply_after};
use super::server::connect;
use super::world::World;
use crate::host::Output;
use crate::virtualbox::vm::Uuid;

/// `--version` asks no server.
const VERSION_TIME: Duration = Duration::from_millis(20);
/// `discardstate`, `setextradata`.
const DISCARD_TIME: Duration = Duration::from_millis(50);

/// Begins a VBoxManage.
pub(super) fn begin(world: &mut World, id: u64) {
    let Some(args) = world.clients.get(&id).map(|client| client.args.clone()) else {
        return;
    };
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let (owner, now) = (user(world, id), world.now);
    let stalled = world.virtualbox(&owner).stalls_until;
    if stalled > now {
        world.at(stalled, move |world| begin(world, id));
        return;
    }
    match *words {
        ["--version" | "-V"] => {
            reply_after(
                world,
                id,
                VERSION_TIME,
                Output::exited(0, "7.2.22r175245\n", ""),
            );
        }
        ["list", "runningvms"] => connect(world, id, list::running),
        ["list", "vms"] => connect(world, id, list::short),
        ["list", "--multiple" | "-m", "vms", "runningvms"] => connect(world, id, list::both),
        ["list", "--long" | "-l", "vms"] | ["list", "vms", "--long" | "-l"] => {
            connect(world, id, list::long);
        }
        ["showvminfo", wanted, "--machinereadable"]
        | ["showvminfo", "--machinereadable", wanted] => {
            let wanted = wanted.to_owned();
            connect(world, id, move |world, id| show::begin(world, id, &wanted));
        }
        ["startvm", wanted, "--type", frontend] | ["startvm", "--type", frontend, wanted] => {
            start::begin(world, id, wanted, frontend);
        }
        ["controlvm", wanted, verb] => {
            let (wanted, verb) = (wanted.to_owned(), verb.to_owned());
            connect(world, id, move |world, id| {
                control::begin(world, id, &wanted, &verb);
            });
        }
        ["discardstate", wanted] => {
            let wanted = wanted.to_owned();
            connect(world, id, move |world, id| {
                world.after(DISCARD_TIME, move |world| discard(world, id, &wanted));
            });
        }
        ["setextradata", wanted, _, ..] => {
            let wanted = wanted.to_owned();
            connect(world, id, move |world, id| {
                world.after(DISCARD_TIME, move |world| {
                    set_extra_data(world, id, &wanted);
                });
            });
        }
        // Not a word of real VirtualBox: here only what the methods use is simulated.
        _ => {
            let told = format!(
                "VBoxManage: error: Invalid command '{}' (in this simulation)\n",
                words.join(" ")
            );
            reply_after(world, id, VERSION_TIME, Output::exited(2, "", &told));
        }
    }
}

/// The login name of whoever runs a VBoxManage.
fn user(world: &World, id: u64) -> String {
    let client = world.clients.get(&id);
    client.map_or_else(String::new, |client| client.origin.user.clone())
}

/// Looks a VM up as VirtualBox does: what has the shape of a UUID only as one, of two VMs of one name
/// the first. One whose settings file cannot be read has no name.
fn find(world: &World, user: &str, wanted: &str) -> Option<MachineId> {
    let uuid = wanted.parse::<Uuid>().ok();
    let mut machines = world.machines_of(user);
    let found = machines.find(|(_, machine)| match &uuid {
        Some(uuid) => machine.uuid == uuid.as_str(),
        None => machine.is_accessible() && machine.name == wanted,
    });
    found.map(|(id, _)| id)
}

/// Looks up the VM that somebody wants to do something with.
fn find_for(
    world: &World,
    id: u64,
    wanted: &str,
    at: errors::Context,
    lock: errors::Context,
) -> Result<MachineId, Output> {
    let found = find(world, &user(world, id), wanted);
    let machine = found.ok_or_else(|| errors::not_found(wanted, at))?;
    let found = world.machine(machine);
    if !found.is_accessible() {
        Err(errors::inaccessible(lock))
    } else if found.is_wedged() {
        Err(errors::wedged(lock))
    } else {
        Ok(machine)
    }
}

/// Whatever is set: the server writes all that it knows of the VM.
fn set_extra_data(world: &mut World, id: u64, wanted: &str) {
    let at = errors::FIND_TO_SET_EXTRA_DATA;
    let output = match find_for(world, id, wanted, at, at) {
        Err(output) => output,
        Ok(machine) => {
            super::settings::write(world, machine);
            Output::exited(0, "", "")
        }
    };
    reply(world, id, output);
}

fn discard(world: &mut World, id: u64, wanted: &str) {
    let at = errors::FIND_TO_DISCARD;
    let output = match find_for(world, id, wanted, at, at) {
        Err(output) => output,
        Ok(machine) => match world.machine(machine).state.clone() {
            crate::virtualbox::vm::VmState::Saved
            | crate::virtualbox::vm::VmState::AbortedSaved => {
                super::life::enter(world, machine, crate::virtualbox::vm::VmState::PowerOff);
                Output::exited(0, "", "")
            }
            state => errors::nothing_to_discard(&state),
        },
    };
    reply(world, id, output);
}
