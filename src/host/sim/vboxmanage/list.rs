//! `VBoxManage list`: it takes no session, and answers although a VM's process is frozen.

use std::fmt::Write;
use std::time::Duration;

use super::show::{self, Form};
use super::user;
use crate::host::sim::machine::Machine;
use crate::host::sim::processes::{printed, reply};
use crate::host::sim::world::World;
use crate::vm::VmState;

/// A time for the answer, and one for each VM.
struct Times(Duration, Duration);

const RUNNING: Times = Times(Duration::from_millis(10), Duration::from_micros(140));
const SHORT: Times = Times(Duration::from_millis(14), Duration::from_millis(2));
const LONG: Times = Times(Duration::from_millis(20), Duration::from_millis(25));

/// `list runningvms`: running and paused ones, not those on the way.
pub(super) fn running(world: &mut World, id: u64) {
    answer(world, id, &RUNNING, |machine, text| {
        if matches!(
            machine.state,
            VmState::Running
                | VmState::Paused
                | VmState::Teleporting
                | VmState::TeleportingPausedVm
                | VmState::LiveSnapshotting
        ) {
            line(machine, text);
        }
    });
}

/// `list vms`.
pub(super) fn short(world: &mut World, id: u64) {
    answer(world, id, &SHORT, line);
}

/// `list --long vms`.
pub(super) fn long(world: &mut World, id: u64) {
    answer(world, id, &LONG, |machine, text| {
        text.push_str(&show::text(machine, Form::Long));
    });
}

/// `"NAME" {UUID}`, the name as it is: nothing is escaped.
fn line(machine: &Machine, text: &mut String) {
    let name = if machine.is_accessible() {
        &machine.name
    } else {
        "<inaccessible>"
    };
    // Writing to a String does not fail.
    let _ = writeln!(text, "\"{name}\" {{{}}}", machine.uuid);
}

/// Answers with the states at the end of the call.
fn answer(
    world: &mut World,
    id: u64,
    times: &Times,
    print: impl Fn(&Machine, &mut String) + Send + 'static,
) {
    let user = user(world, id);
    let machines = u32::try_from(world.machines_of(&user).count()).unwrap_or(u32::MAX);
    let time = times.0.saturating_add(times.1.saturating_mul(machines));
    world.after(time, move |world| {
        let mut text = String::new();
        for (_, machine) in world.machines_of(&user) {
            print(machine, &mut text);
        }
        reply(world, id, printed(0, &text, ""));
    });
}
