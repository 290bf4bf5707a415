//! What VMs do over time: power up, run, save, end.

use std::time::Duration;

use super::events::What;
use super::machine::{Fault, Guest, MachineId, Mood, is_up};
use super::server::{self, VmProcess};
use super::world::World;
use super::{processes, settings};
use crate::virtualbox::vm::VmState;

/// A guest that powers itself off: from the last word to off.
const SWITCH_OFF: Duration = Duration::from_millis(100);
/// When a process freezes that was started in this world.
const FREEZE: Duration = Duration::from_secs(5);
/// When the guest that cannot run stops.
const TRIPLE: Duration = Duration::from_secs(2);

/// A VM enters a state.
pub(super) fn enter(world: &mut World, id: MachineId, to: VmState) {
    let now = world.now;
    let machine = world.machine_mut(id);
    let from = std::mem::replace(&mut machine.state, to.clone());
    machine.since = now;
    let (owner, name) = (machine.owner.clone(), machine.name.clone());
    let logs = machine.process.is_some();
    settings::write(world, id);
    if from != to {
        if logs {
            settings::log_state(world, id, &from, &to);
        }
        world.tell_of_vm(&owner, &name, What::Machine { from, to });
    }
}

/// Puts a VM into a state at once, whatever it did: for the beginning of a story, and for whoever is
/// not a method.
pub(super) fn put(world: &mut World, id: MachineId, state: VmState) {
    let up = is_up(&state);
    if up && world.machine(id).process.is_none() {
        spawn(world, id);
    } else if !up {
        end_process(world, id);
    }
    if state == VmState::Running {
        run(world, id);
    } else {
        enter(world, id, state);
    }
}

/// VBoxSVC starts a process for a VM.
pub(super) fn spawn(world: &mut World, id: MachineId) -> u32 {
    let machine = world.machine(id).clone();
    let contract = server::contract(world, &machine.owner);
    let (pid, born) = (world.pid(), world.now);
    let program = match machine.frontend.as_str() {
        "gui" | "separate" => "VirtualBoxVM",
        "sdl" => "VBoxSDL",
        _ => "VBoxHeadless",
    };
    let mut args: Vec<String> = vec![
        format!("/opt/VirtualBox/amd64/{program}"),
        "--comment".into(),
        machine.name.clone(),
        "--startvm".into(),
        machine.uuid.clone(),
    ];
    if program == "VBoxHeadless" {
        args.extend(["--vrde".into(), "config".into()]);
    }
    let processes = &mut world.virtualbox(&machine.owner).vm_processes;
    let another = processes.iter().any(|process| process.machine == id);
    processes.push(VmProcess {
        pid,
        machine: id,
        program,
        args,
        born,
        contract,
    });
    if another {
        let hazard = "two processes of this VM write to the same disks";
        world.tell_of_vm(&machine.owner, &machine.name, What::Hazard(hazard.into()));
    }
    settings::begin_log(world, id, pid);
    let machine = world.machine_mut(id);
    machine.process = Some(pid);
    machine.mood = Mood::Alive;
    pid
}

/// The guest runs from now on.
pub(super) fn run(world: &mut World, id: MachineId) {
    enter(world, id, VmState::Running);
    let machine = world.machine(id);
    let (guest, hangs) = (machine.guest, machine.has(Fault::Hang));
    match guest {
        Guest::OffByItself(after) => later(world, id, after, switch_off),
        Guest::Crash(after) => later(world, id, after, |world, id| {
            let owner = world.machine(id).owner.clone();
            if let Some(pid) = world.machine(id).process {
                kill_process(world, &owner, pid, true);
            }
        }),
        Guest::Triple => later(world, id, TRIPLE, |world, id| {
            enter(world, id, VmState::GuruMeditation);
        }),
        Guest::Acpi | Guest::Slow(_) | Guest::Deaf => (),
    }
    if hangs {
        later(world, id, FREEZE, |world, id| {
            world.machine_mut(id).mood = Mood::Frozen;
        });
    }
}

/// Lets a guest do something after a while, where it still runs then, in the same process.
fn later(
    world: &mut World,
    id: MachineId,
    after: Duration,
    what: impl FnOnce(&mut World, MachineId) + Send + 'static,
) {
    let process = world.machine(id).process;
    world.after(after, move |world| {
        let machine = world.machine(id);
        if machine.process == process && machine.state == VmState::Running && !machine.is_frozen() {
            what(world, id);
        }
    });
}

/// The host is switched off: whatever runs a VM ends without a word.
pub(super) fn cut_power(world: &mut World) {
    let users: Vec<String> = world.virtualboxes.keys().cloned().collect();
    for user in users {
        let processes = &world.virtualbox(&user).vm_processes;
        let processes: Vec<u32> = processes.iter().map(|process| process.pid).collect();
        for pid in processes {
            kill_process(world, &user, pid, true);
        }
    }
}

/// The power button, or the word of the Guest Additions.
pub(super) fn press(world: &mut World, id: MachineId) {
    let machine = world.machine_mut(id);
    let Some(time) = machine.guest.shutdown_time() else {
        return;
    };
    // A guest that is going down does not begin again.
    if machine.mood == Mood::Alive {
        machine.mood = Mood::GoingDown;
        later(world, id, time, switch_off);
    }
}

/// The guest, or somebody outside, switches a VM off.
pub(super) fn switch_off(world: &mut World, id: MachineId) {
    settings::log_guest_off(world, id);
    between(world, id, VmState::Stopping, SWITCH_OFF, |world, id| {
        off(world, id, VmState::PowerOff);
    });
}

/// A state that ends by itself, unless the process ends first.
pub(super) fn between(
    world: &mut World,
    id: MachineId,
    state: VmState,
    time: Duration,
    then: impl FnOnce(&mut World, MachineId) + Send + 'static,
) {
    enter(world, id, state);
    let process = world.machine(id).process;
    world.after(time, move |world| {
        if process.is_some() && world.machine(id).process == process {
            then(world, id);
        }
    });
}

/// A VM is down, in this state.
pub(super) fn off(world: &mut World, id: MachineId, state: VmState) {
    enter(world, id, state);
    end_process(world, id);
}

/// The process of a VM ends by itself, a moment after VirtualBox has forgotten it.
fn end_process(world: &mut World, id: MachineId) {
    let machine = world.machine_mut(id);
    machine.mood = Mood::Alive;
    let (owner, linger) = (machine.owner.clone(), machine.linger);
    let Some(pid) = machine.process.take() else {
        return;
    };
    world.after(linger, move |world| {
        world
            .virtualbox(&owner)
            .vm_processes
            .retain(|p| p.pid != pid);
        server::note_use(world, &owner);
    });
}

/// A process of a VM is killed. VBoxSVC sees it, unless it is being killed too.
pub(super) fn kill_process(world: &mut World, user: &str, pid: u32, seen: bool) {
    world.virtualbox(user).vm_processes.retain(|p| p.pid != pid);
    let of_process = world
        .machines_of(user)
        .find(|(_, m)| m.process == Some(pid));
    let Some((id, state)) = of_process.map(|(id, m)| (id, m.state.clone())) else {
        return;
    };
    if seen {
        let machine = world.machine_mut(id);
        machine.process = None;
        machine.mood = Mood::Alive;
        let aborted = match state {
            VmState::Restoring => VmState::AbortedSaved,
            _ => VmState::Aborted,
        };
        let written = machine.written.clone();
        enter(world, id, aborted);
        settings::write_late(world, id, written);
        processes::process_is_gone(world, id);
        server::note_use(world, user);
    }
}
