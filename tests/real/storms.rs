//! What a boot and a shutdown look like: everything at the same moment, and no VBoxSVC to begin with.

use std::time::Duration;

use super::rig::{Run, User, rig_or_skip};
use super::rounds;

/// Runs the method of all these instances at once.
fn all_at_once(user: &User, names: &[String], verb: &str) -> Vec<Run> {
    let running: Vec<_> = names
        .iter()
        .map(|name| user.method(name, verb).spawn())
        .collect();
    running.into_iter().map(super::rig::Running::wait).collect()
}

#[track_caller]
fn assert_all(user: &User, uuids: &[String], state: &str, processes: usize, what: &str) {
    let states = user.states();
    for uuid in uuids {
        assert_eq!(states[uuid], state, "{what}: {uuid}");
        assert_eq!(user.vm_processes(uuid).len(), processes, "{what}: {uuid}");
    }
}

/// Boots and shuts down this many VMs at once, this often.
fn storm(user: &User, vms: usize, rounds: usize) {
    let names: Vec<String> = (1..=vms).map(|n| format!("vm{n}")).collect();
    let wanted: Vec<_> = names.iter().map(|name| (name.as_str(), "acpi")).collect();
    let uuids = user.mkvms(&wanted);
    for (i, name) in names.iter().enumerate() {
        let method = ["savestate", "acpipowerbutton", "poweroff"][i % 3];
        user.set_props(name, &[("vm/stop_method", "astring", method)]);
    }
    for round in 1..=rounds {
        user.cool_down();
        for run in all_at_once(user, &names, "start") {
            assert_eq!(run.code, Some(0), "round {round}: {run}");
        }
        assert_all(
            user,
            &uuids,
            "running",
            1,
            &format!("started in round {round}"),
        );
        // A guest that is still booting misses the button; one that was restored does not boot.
        for (i, uuid) in uuids.iter().enumerate() {
            if round == 1 || i % 3 != 0 {
                user.booted(uuid, Duration::from_secs(60));
            }
        }
        for run in all_at_once(user, &names, "stop") {
            assert_eq!(run.code, Some(0), "round {round}: {run}");
        }
        let states = user.states();
        for (i, uuid) in uuids.iter().enumerate() {
            let expected = ["saved", "poweroff", "poweroff"][i % 3];
            assert_eq!(states[uuid], expected, "stopped in round {round}: {uuid}");
        }
        assert_eq!(user.all_vm_processes().len(), 0, "stopped in round {round}");
    }
    eprintln!(
        "{vms} VMs at once, {rounds} rounds: {n} of {n} starts and stops were true",
        n = vms * rounds
    );
}

#[test]
fn eight_at_once() {
    let rig = rig_or_skip!();
    storm(&rig.exclusive(), 8, rounds(25));
}

/// The plain script fails 18 of 60 here.
#[test]
fn two_at_once() {
    let rig = rig_or_skip!();
    storm(&rig.exclusive(), 2, rounds(50));
}
