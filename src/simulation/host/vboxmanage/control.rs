//! `VBoxManage controlvm`.

use std::time::Duration;

use super::{errors, find_for};
use crate::host::Output;
use crate::simulation::host::life;
use crate::simulation::host::machine::{Fault, MachineId, Mood, is_up};
use crate::simulation::host::processes::{asks, is_pending, reply};
use crate::simulation::host::world::World;
use crate::virtualbox::vm::VmState;

/// When the VM takes the order.
const ORDER: Duration = Duration::from_millis(50);
/// From `poweroff` to off.
const POWER_OFF: Duration = Duration::from_millis(100);
/// A saved state that does not fit fails soon.
const DISK_FULL: Duration = Duration::from_millis(60);

/// Begins a `controlvm`.
pub(super) fn begin(world: &mut World, id: u64, wanted: &str, verb: &str) {
    let (at, lock) = (errors::FIND_TO_CONTROL, errors::LOCK_TO_CONTROL);
    let machine = match find_for(world, id, wanted, at, lock) {
        Ok(machine) => machine,
        Err(output) => return reply(world, id, output),
    };
    let (wanted, verb) = (wanted.to_owned(), verb.to_owned());
    world.after(ORDER, move |world| {
        if !is_pending(world, id) {
            return;
        }
        asks(world, id, machine);
        // Of a frozen process there will never be an answer.
        if !world.machine(machine).is_frozen() {
            order(world, id, machine, &wanted, &verb);
        }
    });
}

fn order(world: &mut World, id: u64, machine: MachineId, wanted: &str, verb: &str) {
    use VmState::{GuruMeditation, Paused, Running};

    let state = world.machine(machine).state.clone();
    if !is_up(&state) {
        return reply(world, id, errors::not_running(wanted));
    }
    let done = match (verb, &state) {
        ("savestate", Running | Paused) => return save(world, id, machine, state),
        ("savestate", _) => errors::not_to_be_saved(&state),
        ("poweroff", Running | Paused | GuruMeditation) => {
            let going = VmState::Stopping;
            return life::between(world, machine, going, POWER_OFF, move |world, machine| {
                life::off(world, machine, VmState::PowerOff);
                reply(world, id, Output::exited(0, "", errors::PROGRESS));
            });
        }
        ("shutdown", Running) if world.machine(machine).additions => {
            life::press(world, machine);
            Output::exited(0, "", "")
        }
        ("shutdown", _) => errors::no_additions(),
        ("acpipowerbutton", Running) => {
            life::press(world, machine);
            Output::exited(0, "", "")
        }
        ("acpisleepbutton", Running) => Output::exited(0, "", ""),
        ("pause", Running) => {
            life::enter(world, machine, Paused);
            Output::exited(0, "", "")
        }
        ("resume", Paused) => {
            life::enter(world, machine, Running);
            world.machine_mut(machine).mood = Mood::Alive;
            Output::exited(0, "", "")
        }
        ("reset", Running) => {
            world.machine_mut(machine).mood = Mood::Alive;
            Output::exited(0, "", "")
        }
        _ => errors::invalid_state(&state, verb),
    };
    reply(world, id, done);
}

fn save(world: &mut World, id: u64, machine: MachineId, before: VmState) {
    if world.machine(machine).has(Fault::DiskFull) {
        let going = VmState::Saving;
        return life::between(world, machine, going, DISK_FULL, move |world, machine| {
            life::enter(world, machine, before);
            reply(world, id, errors::disk_full());
        });
    }
    let time = world.machine(machine).saving_time;
    life::between(
        world,
        machine,
        VmState::Saving,
        time,
        move |world, machine| {
            let before = world.machine(machine).written.clone();
            life::off(world, machine, VmState::Saved);
            if world.machine(machine).has(Fault::StateNotWritten) {
                world.machine_mut(machine).written = before;
                return reply(world, id, errors::state_not_written());
            }
            reply(world, id, Output::exited(0, "", errors::PROGRESS));
        },
    );
}
