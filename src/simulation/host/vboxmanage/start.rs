//! `VBoxManage startvm`. What VBoxSVC has begun goes on when the VBoxManage that asked for it is killed.

use std::time::Duration;

use super::{errors, find_for, show};
use crate::host::Output;
use crate::simulation::host::life;
use crate::simulation::host::machine::{Fault, MachineId, is_up};
use crate::simulation::host::processes::{is_pending, reply, reply_after};
use crate::simulation::host::server::connect;
use crate::simulation::host::world::World;
use crate::virtualbox::vm::VmState;

/// When VBoxSVC takes the order: killed before, VBoxManage has done nothing.
const ORDER: Duration = Duration::from_millis(60);
/// From the order to a guest that runs.
const POWER_UP: Duration = Duration::from_millis(320);
/// The process ends when it sees that there is no driver.
const NO_DRIVER: Duration = Duration::from_millis(110);
/// The process sees that a disk is missing.
const NO_DISK: Duration = Duration::from_millis(190);
/// The process sees that there is no memory.
const NO_MEMORY: Duration = Duration::from_millis(210);
/// A refusal.
const REFUSAL: Duration = Duration::from_millis(10);
/// `--type emergencystop`.
const EMERGENCY_STOP: Duration = Duration::from_millis(50);

/// Begins a `startvm`.
pub(super) fn begin(world: &mut World, id: u64, wanted: &str, frontend: &str) {
    let (wanted, frontend) = (wanted.to_owned(), frontend.to_owned());
    connect(world, id, move |world, id| {
        world.after(ORDER, move |world| {
            if is_pending(world, id) {
                order(world, id, &wanted, &frontend);
            }
        });
    });
}

/// VBoxSVC takes the order, or refuses it.
fn order(world: &mut World, id: u64, wanted: &str, frontend: &str) {
    match check(world, id, wanted, frontend) {
        Err(output) => reply_after(world, id, REFUSAL, output),
        Ok(machine) if frontend == "emergencystop" => {
            let owner = world.machine(machine).owner.clone();
            if let Some(pid) = world.machine(machine).process {
                life::kill_process(world, &owner, pid, true);
            }
            reply_after(world, id, EMERGENCY_STOP, Output::exited(0, "", ""));
        }
        Ok(machine) => {
            if let Some(client) = world.clients.get_mut(&id) {
                client.waits_for = Some(wanted.to_owned());
                client.asks = Some(machine);
            }
            power_up(world, id, machine, wanted, frontend);
        }
    }
}

fn check(world: &World, id: u64, wanted: &str, frontend: &str) -> Result<MachineId, Output> {
    let lock = errors::LOCK_TO_START;
    let found = find_for(world, id, wanted, errors::FIND_TO_START, lock)?;
    let machine = world.machine(found);
    match frontend {
        "emergencystop" if machine.process.is_none() => Err(errors::not_locked(&machine.name)),
        "emergencystop" => Ok(found),
        "headless" | "vrdp" | "gui" | "sdl" | "separate" => {
            let idle = [
                VmState::PowerOff,
                VmState::Saved,
                VmState::Teleported,
                VmState::Aborted,
                VmState::AbortedSaved,
            ];
            let free = idle.contains(&machine.state) && machine.looked_at_until <= world.now;
            if free && machine.process.is_none() {
                Ok(found)
            } else {
                Err(errors::already_locked(&machine.name))
            }
        }
        other => Err(errors::bad_frontend(other)),
    }
}

fn power_up(world: &mut World, id: u64, machine: MachineId, wanted: &str, frontend: &str) {
    let before = world.machine(machine).state.clone();
    let saved = matches!(before, VmState::Saved | VmState::AbortedSaved);
    world.machine_mut(machine).frontend = match frontend {
        "vrdp" => "headless".to_owned(),
        other => other.to_owned(),
    };
    life::spawn(world, machine);
    let wanted = wanted.to_owned();
    if world.machine(machine).has(Fault::NoDriver) {
        // It does not get as far as another state.
        return life::between(
            world,
            machine,
            before.clone(),
            NO_DRIVER,
            move |world, machine| {
                life::off(world, machine, before);
                let output = errors::no_driver(&wanted, &world.machine(machine).name.clone());
                reply(world, id, output);
            },
        );
    }
    let going = if saved {
        VmState::Restoring
    } else {
        VmState::Starting
    };
    if world.machine(machine).has(Fault::MissingDisk) {
        return life::between(world, machine, going, NO_DISK, move |world, machine| {
            life::off(world, machine, before);
            let output = errors::missing_disk(&wanted, &show::disk(world.machine(machine)));
            reply(world, id, output);
        });
    }
    if world.machine(machine).has(Fault::NoMemory) {
        return life::between(world, machine, going, NO_MEMORY, move |world, machine| {
            life::off(world, machine, before);
            reply(world, id, errors::no_memory(&wanted));
        });
    }
    let restoring = if saved {
        world.machine(machine).saving_time
    } else {
        Duration::ZERO
    };
    let time = POWER_UP.saturating_add(restoring);
    life::between(world, machine, going, time, move |world, machine| {
        if is_up(&world.machine(machine).state) {
            life::run(world, machine);
            reply(world, id, errors::started(&wanted));
        }
    });
}
