//! `VBoxManage list`: it takes no session, and answers although a VM's process is frozen.

use std::fmt::Write;
use std::time::Duration;

use super::show::{self, Form};
use super::user;
use crate::host::Output;
use crate::simulation::host::machine::Machine;
use crate::simulation::host::processes::reply;
use crate::simulation::host::world::World;
use crate::virtualbox::vm::VmState;

/// A time for the answer, and one for each VM.
struct Times(Duration, Duration);

const RUNNING: Times = Times(Duration::from_millis(10), Duration::from_micros(140));
const SHORT: Times = Times(Duration::from_millis(14), Duration::from_millis(2));
const LONG: Times = Times(Duration::from_millis(20), Duration::from_millis(25));

/// `list runningvms`: running and paused ones, not those on the way.
pub(super) fn running(world: &mut World, id: u64) {
    answer(world, id, &RUNNING, |machines| {
        lines(machines.filter(|machine| is_listed(machine)))
    });
}

/// `list vms`.
pub(super) fn short(world: &mut World, id: u64) {
    answer(world, id, &SHORT, |machines| lines(machines));
}

/// `list --multiple vms runningvms`: each list with a heading.
pub(super) fn both(world: &mut World, id: u64) {
    answer(world, id, &SHORT, |machines| {
        let all: Vec<&Machine> = machines.collect();
        let running = lines(all.iter().copied().filter(|machine| is_listed(machine)));
        format!("[vms]\n{}\n[runningvms]\n{running}", lines(all.into_iter()))
    });
}

/// `list --long vms`.
pub(super) fn long(world: &mut World, id: u64) {
    answer(world, id, &LONG, |machines| {
        machines
            .map(|machine| show::text(machine, Form::Long))
            .collect()
    });
}

/// Whether VirtualBox counts a VM among those that run.
fn is_listed(machine: &Machine) -> bool {
    matches!(
        machine.state,
        VmState::Running
            | VmState::Paused
            | VmState::Teleporting
            | VmState::TeleportingPausedVm
            | VmState::LiveSnapshotting
    )
}

/// `"NAME" {UUID}` for each, the names as they are: nothing is escaped.
fn lines<'m>(machines: impl Iterator<Item = &'m Machine>) -> String {
    let mut text = String::new();
    for machine in machines {
        let name = if machine.is_accessible() {
            &machine.name
        } else {
            "<inaccessible>"
        };
        // Writing to a String does not fail.
        let _ = writeln!(text, "\"{name}\" {{{}}}", machine.uuid);
    }
    text
}

/// Answers with the states at the end of the call.
fn answer(
    world: &mut World,
    id: u64,
    times: &Times,
    print: impl Fn(&mut dyn Iterator<Item = &Machine>) -> String + Send + 'static,
) {
    let user = user(world, id);
    let machines = u32::try_from(world.machines_of(&user).count()).unwrap_or(u32::MAX);
    let time = times.0.saturating_add(times.1.saturating_mul(machines));
    world.after(time, move |world| {
        let text = print(&mut world.machines_of(&user).map(|(_, machine)| machine));
        reply(world, id, Output::exited(0, &text, ""));
    });
}
