//! Boot and shutdown of many VMs at once.

use std::time::Duration;

use super::tally::Tally;
use super::{Fleet, all_at_once, once_or};
use crate::real::rig::{Run, User, rig_or_skip};
use crate::real::rounds;

/// How long all the guests may take to boot, whose BIOS is emulated.
const BOOT: Duration = Duration::from_mins(4);

/// Boots and shuts down all these VMs at once, this often.
fn storm(what: &str, users: &[(&User<'_>, usize)], rounds: usize) {
    let fleets: Vec<Fleet<'_>> = users
        .iter()
        .map(|&(user, vms)| Fleet::new(user, vms))
        .collect();
    let fleets: Vec<&Fleet<'_>> = fleets.iter().collect();
    let mut tally = Tally::default();
    for round in 1..=rounds {
        for fleet in &fleets {
            fleet.user.cool_down();
        }
        let (runs, up) = all_at_once(&fleets, "start");
        tally.boots.push(up);
        for (fleet, runs) in fleets.iter().zip(&runs) {
            let seen = fleet.look();
            for (run, seen) in runs.iter().zip(seen) {
                tally.start(wrong(round, run, &seen, ("running", 1)));
            }
        }
        for fleet in &fleets {
            wait_for_guests(fleet, round);
        }
        let (runs, down) = all_at_once(&fleets, "stop");
        tally.shutdowns.push(down);
        eprintln!("{what}, round {round}: up in {up:.1?}, down in {down:.1?}");
        for (fleet, runs) in fleets.iter().zip(&runs) {
            let seen = fleet.look();
            for (i, (run, seen)) in runs.iter().zip(seen).enumerate() {
                let (_, state) = Fleet::stop_of(i);
                tally.stop(wrong(round, run, &seen, (state, 0)));
            }
            // A stop that failed is counted; the next round begins all the same.
            if !fleet.user.all_vm_processes().is_empty() {
                fleet.user.kill_all();
            }
        }
    }
    tally.conclude(what, rounds);
}

/// What is wrong about a run that should have brought its VM to this state with so many processes.
fn wrong(
    round: usize,
    run: &Run,
    seen: &(String, usize),
    (state, processes): (&str, usize),
) -> Option<String> {
    if run.code == Some(0) && seen.0 == state && seen.1 == processes {
        return None;
    }
    Some(format!(
        "round {round}: {} with {} processes, not {state} with {processes}: {run}",
        seen.0, seen.1
    ))
}

/// A guest that is still booting misses the button, and one that is saved in the middle of its word hangs on its serial
/// port when it is restored, which it then never boots again. The others may be stopped at any time.
fn wait_for_guests(fleet: &Fleet<'_>, round: usize) {
    let processes = fleet.processes();
    for (i, uuid) in fleet.uuids.iter().enumerate() {
        let boots = match Fleet::stop_of(i).0 {
            "savestate" => round == 1,
            method => method == "acpipowerbutton",
        };
        if boots && processes[i] == 1 {
            fleet.user.booted(uuid, BOOT);
        }
    }
}

/// The plain script fails 18 of 60 here.
#[test]
fn two_at_once() {
    let rig = rig_or_skip!();
    storm("2", &[(&rig.exclusive(), 2)], rounds(50));
}

#[test]
fn eight_at_once() {
    let rig = rig_or_skip!();
    storm("8", &[(&rig.exclusive(), 8)], rounds(25));
}

#[test]
fn twenty_at_once() {
    let rig = rig_or_skip!();
    storm("20", &[(&rig.exclusive(), 20)], once_or(25));
}

#[test]
fn forty_at_once() {
    let rig = rig_or_skip!();
    storm("40", &[(&rig.exclusive(), 40)], once_or(25));
}

/// Each has a VBoxSVC of his own, and a lock of his own.
#[test]
fn ten_each_of_two_users() {
    let rig = rig_or_skip!();
    let (one, other) = rig.exclusive_pair();
    storm(
        "10 + 10, two users",
        &[(&one, 10), (&other, 10)],
        once_or(25),
    );
}
