//! From a seed to a storm.

use std::collections::BTreeMap;
use std::time::Duration;

use super::fault::Fault as CallFault;
use super::random::Random;
use super::storm::{Instance, Order, Plan, Step, Storm};
use crate::simulation::host::{Accident, Doom, Fault, Guest, Reach};
use crate::virtualbox::vm::VmState;

/// Whose VMs there are.
pub(super) const OWNERS: [&str; 2] = ["vb", "vc"];

const NAMES: [&str; 5] = ["alpha", "bravo", "charlie", "delta", "echo"];

/// What this seed stands for.
pub(super) fn storm(seed: u64) -> Storm {
    let mut random = Random::new(seed);
    let calm = random.percent(20);
    let two_owners = random.percent(25);
    let count = 1 + random.weighed(&[3, 4, 2, 1]);
    let instances = NAMES[..count]
        .iter()
        .map(|name| {
            let owner = OWNERS[usize::from(two_owners && random.percent(40))];
            instance(&mut random, name, owner, calm)
        })
        .collect();
    let steps = 1 + random.weighed(&[2, 4, 3, 1]);
    Storm {
        seed,
        calm,
        short_arguments: random.percent(50),
        instances,
        steps: (0..steps).map(|_| step(&mut random, count, calm)).collect(),
    }
}

fn milliseconds(random: &mut Random, low: u64, high: u64) -> Duration {
    Duration::from_millis(random.between(low, high))
}

fn guest(random: &mut Random) -> Guest {
    match random.weighed(&[10, 4, 4, 2, 2, 2]) {
        0 => Guest::Acpi,
        1 => Guest::Slow(milliseconds(random, 5_000, 120_000)),
        2 => Guest::Deaf,
        3 => Guest::OffByItself(milliseconds(random, 100, 90_000)),
        4 => Guest::Crash(milliseconds(random, 100, 90_000)),
        _ => Guest::Triple,
    }
}

fn instance(random: &mut Random, name: &str, owner: &'static str, calm: bool) -> Instance {
    let mut properties = BTreeMap::new();
    let mut set = |random: &mut Random, often: u64, name, values: &[&str]| {
        if random.percent(often) {
            properties.insert(name, random.one_of(values).to_owned());
        }
    };
    let methods = [
        "savestate",
        "acpipowerbutton",
        "acpipowerbutton",
        "acpisleepbutton",
        "shutdown",
        "poweroff",
    ];
    set(random, 60, "stop_method", &methods);
    set(
        random,
        40,
        "stop_fallback",
        &["savestate", "poweroff", "none"],
    );
    set(random, 25, "stop_timeout", &["2", "5", "15", "60", "200"]);
    set(random, 12, "start_delay", &["1", "7", "30"]);
    set(random, 20, "on_paused", &["resume", "leave", "refuse"]);
    set(
        random,
        25,
        "on_saved",
        &["restore", "discard", "leave", "refuse"],
    );
    set(random, 20, "on_aborted", &["start", "leave", "refuse"]);
    set(random, 40, "on_stuck", &["refuse", "restart"]);
    let limits = [(); 2].map(|()| match random.weighed(&[6, 2, 2]) {
        0 => random.one_of(&[120, 300]),
        1 => random.one_of(&[0, 60, 600]),
        _ => random.one_of(&[3, 8, 20, 30]),
    });
    let before = match random.weighed(&[10, 4, 2, 1, 6, 1, 1]) {
        0 => VmState::PowerOff,
        1 => VmState::Saved,
        2 => VmState::Aborted,
        3 => VmState::AbortedSaved,
        4 => VmState::Running,
        5 => VmState::Paused,
        _ => VmState::GuruMeditation,
    };
    let mut faults = Vec::new();
    if !calm && random.percent(25) {
        faults.push(match random.weighed(&[3, 3, 2, 1, 1, 1, 1, 2]) {
            0 => Fault::DiskFull,
            1 => Fault::StateNotWritten,
            2 => Fault::SvcRace,
            3 => Fault::NoDriver,
            4 => Fault::MissingDisk,
            5 => Fault::NotRegistered,
            6 => Fault::NoHome,
            _ => Fault::MethodHangs,
        });
    }
    let saving = match random.weighed(&[7, 2, 1]) {
        0 => Duration::from_millis(100),
        1 => milliseconds(random, 500, 20_000),
        _ => milliseconds(random, 20_000, 100_000),
    };
    // Nobody can take a VM out of VirtualBox's hands that runs.
    let before = match before {
        VmState::Running | VmState::Paused | VmState::GuruMeditation
            if faults.contains(&Fault::NotRegistered) =>
        {
            VmState::PowerOff
        }
        before => before,
    };
    Instance {
        name: name.to_owned(),
        owner,
        guest: guest(random),
        additions: random.percent(30),
        faults,
        saving,
        lingers: Duration::from_millis(if random.percent(6) { 10_000 } else { 80 }),
        before,
        properties,
        limits,
    }
}

fn step(random: &mut Random, count: usize, calm: bool) -> Step {
    let mut step = Step::default();
    for who in 0..count {
        if !random.percent(80) {
            continue;
        }
        let at = match random.weighed(&[5, 3, 2]) {
            0 => Duration::ZERO,
            1 => milliseconds(random, 1, 1_000),
            _ => milliseconds(random, 1_000, 20_000),
        };
        let order = match random.weighed(&[5, 5, 2, 2]) {
            0 => Order::Up,
            1 => Order::Down,
            2 => Order::Restart,
            _ => Order::UpAndDown(milliseconds(random, 50, 9_000)),
        };
        step.orders.push((who, at, order));
    }
    step.pause = match random.weighed(&[4, 4, 2]) {
        0 => Duration::from_secs(1),
        1 => milliseconds(random, 1_000, 10_000),
        _ => milliseconds(random, 10_000, 120_000),
    };
    if !calm {
        goes_wrong(random, count, &mut step);
    }
    step
}

/// When something happens: most of it while methods run.
fn moment(random: &mut Random) -> Duration {
    match random.weighed(&[1, 6, 3, 2]) {
        0 => Duration::ZERO,
        1 => milliseconds(random, 1, 900),
        2 => milliseconds(random, 900, 6_000),
        _ => milliseconds(random, 6_000, 90_000),
    }
}

fn goes_wrong(random: &mut Random, count: usize, step: &mut Step) {
    for _ in 0..random.weighed(&[4, 4, 2, 1]) {
        let who = random.index(count);
        let what = match random.weighed(&[4, 4, 4, 3, 3, 2, 5, 3, 3, 2]) {
            0 => Accident::Press,
            1 => Accident::Crash,
            2 => Accident::Pause,
            3 => Accident::Resume,
            4 => Accident::Save,
            5 => Accident::Freeze,
            6 => Accident::KillServer,
            7 => Accident::Stall(milliseconds(random, 100, 60_000)),
            8 => Accident::Terminate,
            _ => Accident::TerminateServer,
        };
        // Somebody who pauses a VM does something else with it soon.
        if what == Accident::Pause {
            let next = random.one_of(&[Accident::Resume, Accident::Terminate, Accident::Save]);
            step.accidents.push((who, moment(random), next));
        }
        step.accidents.push((who, moment(random), what));
    }
    for who in 0..count {
        let plan = plan(random);
        if !plan.is_empty() {
            step.plans.insert(who, plan);
        }
        if random.percent(12) {
            let doom = if random.percent(50) {
                Doom::At(moment(random))
            } else {
                Doom::Question(u32::try_from(random.between(1, 60)).unwrap_or(1))
            };
            let reach = random.one_of(&[Reach::Process, Reach::Contract]);
            step.dooms.push((who, doom, reach));
        }
    }
    if random.percent(4) {
        let whole = milliseconds(random, 500, 40_000);
        step.no_repository = Some((moment(random), whole));
    }
    if random.percent(4) {
        step.goes_down = Some(moment(random));
    }
}

fn plan(random: &mut Random) -> Plan {
    let mut plan = Plan::new();
    for _ in 0..random.weighed(&[60, 25, 11, 4]) {
        let number = random.weighed(&[5, 5, 5, 2, 1, 1]);
        let fault = fault(random);
        plan.insert(("VBoxManage", number), fault);
    }
    if random.percent(4) {
        let fault = fault_of_svcprop(random);
        plan.insert(("svcprop", 0), fault);
    }
    plan
}

fn fault(random: &mut Random) -> CallFault {
    let some = random.next() % 1_000;
    match random.weighed(&[30, 20, 20, 20, 14, 10, 10, 10, 10, 6, 6, 2, 2]) {
        0 => CallFault::Delay(match random.weighed(&[5, 2, 2]) {
            0 => 100 + some,
            1 => 1_000 + 5 * some,
            // A list that is over hangs so long in its own exit, one time in a hundred.
            _ => 10_000,
        }),
        1 => CallFault::Truncate(some),
        2 => CallFault::Garble(random.next() >> 32),
        3 => CallFault::Fail(some),
        4 => CallFault::FailAfter(some),
        5 => CallFault::Lie,
        6 => CallFault::KilledBefore,
        7 => CallFault::KilledAfter,
        8 => CallFault::KilledMidway(some),
        9 => random.one_of(&[CallFault::Hang, CallFault::HangDeaf]),
        10 => CallFault::HangAfter,
        11 => CallFault::Flood,
        _ => CallFault::FloodLines,
    }
}

fn fault_of_svcprop(random: &mut Random) -> CallFault {
    let some = random.next() % 1_000;
    match random.weighed(&[4, 5, 5, 4, 2, 2, 1, 2, 2]) {
        0 => CallFault::Delay(100 + some),
        1 => CallFault::Truncate(some),
        2 => CallFault::Garble(random.next() >> 32),
        3 => CallFault::Fail(some),
        4 => CallFault::FailAfter(some),
        5 => CallFault::Lie,
        6 => CallFault::KilledBefore,
        7 => CallFault::KilledMidway(some),
        _ => CallFault::Hang,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A thousand seeds have everything that a storm can have.
    #[test]
    fn a_seed_is_a_storm() {
        assert_eq!(storm(3), storm(3));
        assert_ne!(storm(3).instances, storm(4).instances);
        let text: String = (0..1_000).map(|seed| storm(seed).to_string()).collect();
        for word in [
            "nothing goes wrong",
            "of vc",
            "Slow(",
            "Deaf",
            "OffByItself",
            "Crash(",
            "Triple",
            "DiskFull",
            "StateNotWritten",
            "SvcRace",
            "NoDriver",
            "MissingDisk",
            "NotRegistered",
            "NoHome",
            "MethodHangs",
            "aborted-saved",
            "gurumeditation",
            "acpisleepbutton",
            "vm/start_delay=",
            "UpAndDown",
            "Restart",
            "Press",
            "Pause",
            "Resume",
            "Save",
            "Freeze",
            "KillServer",
            "Terminate)",
            "TerminateServer",
            "lingers 10s",
            "Stall(",
            "Question(",
            "At(",
            "Contract",
            "Process",
            "no_repository: Some",
            "goes_down: Some",
            "Delay(",
            "Truncate(",
            "Garble(",
            "Fail(",
            "FailAfter(",
            "Lie",
            "KilledBefore",
            "KilledAfter",
            "KilledMidway(",
            "Hang",
            "HangAfter",
            "Flood",
            "FloodLines",
            "\"svcprop\"",
        ] {
            assert!(text.contains(word), "{word}");
        }
    }
}
