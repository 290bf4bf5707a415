//! Fault injection: random starts, stops, guest events and faults over eight real VMs, and what must be so after each.
//!
//! Everything comes from a seed: the settings, the methods, what goes wrong with which call of which program, and what
//! happens meanwhile. When an invariant does not hold, the seed is printed and what was seen; `VBOX_SMF_FAULT_SEED=N`
//! plays it again.
//!
//! ```text
//! seed -> draw -> Sequence -> play (stage: user, VMs; tests/fakes/faulty.rs plays the faults)
//!                               -> StepSeen -> invariants -> Broken, Table
//! ```
//!
//! Under `cargo test` some seeds are played. With `VBOX_SMF_FULL` it is 500 of them, or those that
//! `VBOX_SMF_FAULT_SEEDS=0..250` names; `VBOX_SMF_FAULT_WORKERS` says how many at once.

use std::fmt::Write as _;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

mod cast;
mod cure;
mod draw;
#[path = "../fakes/faulty/fault.rs"]
mod fault;
mod hung;
mod invariants;
mod play;
mod random;
mod seen;
mod selftest;
mod sequence;
mod stage;
mod table;

use super::rig::{Rig, rig_or_skip};
use crate::lanes::say;
use cast::Role;
use invariants::Broken;
use play::Play;
use seen::{StepSeen, VmSeen};
use sequence::{Call, Plan, Sequence, Step, Verb, What};
use stage::Stage;
use table::Table;

/// For the last step of each sequence: nothing goes wrong, and there is time.
const PATIENT: [u64; 2] = [60, 60];

/// After so many sequences the table is printed as it is then: a full run takes an hour.
const SOMETIMES: usize = 10;

/// Which seeds are played.
fn seeds() -> Range<u64> {
    let number = |text: &str| {
        text.parse::<u64>()
            .unwrap_or_else(|e| panic!("'{text}': {e}"))
    };
    if let Ok(one) = std::env::var("VBOX_SMF_FAULT_SEED") {
        let seed = number(&one);
        return seed..seed + 1;
    }
    if let Ok(range) = std::env::var("VBOX_SMF_FAULT_SEEDS") {
        let (first, end) = range
            .split_once("..")
            .unwrap_or_else(|| panic!("VBOX_SMF_FAULT_SEEDS is '{range}', not as 0..250"));
        return number(first)..number(end);
    }
    match std::env::var_os("VBOX_SMF_FULL") {
        Some(_) => 0..500,
        None => 0..6,
    }
}

fn workers() -> usize {
    let set = std::env::var("VBOX_SMF_FAULT_WORKERS").ok();
    set.and_then(|n| n.parse().ok()).unwrap_or(2)
}

#[test]
fn random_sequences() {
    let rig = rig_or_skip!();
    let seeds = seeds();
    let next = AtomicU64::new(seeds.start);
    let table = Mutex::new(Table::default());
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..workers() {
            scope.spawn(|| {
                let mut stage = None;
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    if let Err(words) = one_seed(rig, &mut stage, seed, &table) {
                        say(&words);
                        failed.lock().expect("the list").push(seed);
                    }
                }
            });
        }
    });
    say(&table.lock().expect("the table").to_string());
    let failed = failed.into_inner().expect("the list");
    assert!(
        failed.is_empty(),
        "VBOX_SMF_FAULT_SEED=N plays again what broke an invariant: {failed:?}"
    );
}

/// Plays a seed; a harness that panics costs its stage.
fn one_seed<'rig>(
    rig: &'rig Rig,
    stage: &mut Option<Stage<'rig>>,
    seed: u64,
    table: &Mutex<Table>,
) -> Result<(), String> {
    let sequence = draw::sequence(seed);
    let ready = stage.take().unwrap_or_else(|| Stage::new(rig));
    let played = catch_unwind(AssertUnwindSafe(|| play(&ready, &sequence, table)));
    match played {
        Ok(result) => {
            *stage = Some(ready);
            result
        }
        Err(panic) => {
            let words = panic.downcast_ref::<String>().cloned();
            let words = words.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()));
            Err(format!(
                "=== the harness panicked: {}\n{sequence}",
                words.unwrap_or_default()
            ))
        }
    }
}

fn play(stage: &Stage<'_>, sequence: &Sequence, table: &Mutex<Table>) -> Result<(), String> {
    stage.reset(sequence);
    let fresh = VmSeen {
        after: seen::Look {
            state: "poweroff".to_owned(),
            ..seen::Look::default()
        },
        ..VmSeen::default()
    };
    let mut vms = vec![fresh; sequence.cast.len()];
    let mut told = String::new();
    let mut note = |number: usize, step: &Step, seen: &StepSeen| {
        let broken = invariants::check(seen, &sequence.cast);
        table.lock().expect("the table").step(seen, &broken);
        tell(&mut told, number, step, seen, &sequence.cast, &broken);
        broken
    };
    let mut all = Vec::new();
    for (number, step) in sequence.steps.iter().enumerate() {
        let seen = Play::new(stage, sequence, &vms).play(step);
        all.extend(note(number, step, &seen));
        vms = seen.vms;
    }
    let number = sequence.steps.len();
    let last = everything_down(sequence, &vms);
    let calm = Sequence {
        cast: patient(&sequence.cast),
        limits: PATIENT,
        ..sequence.clone()
    };
    stage.set_limits(&calm.cast, PATIENT);
    let mut seen = Play::new(stage, &calm, &vms).play(&last);
    seen.clean = true;
    let hung = hung::found_and_ended(stage, &seen);
    seen.happened
        .extend(hung.into_iter().map(What::ProcessHangs));
    all.extend(note(number, &last, &seen));
    let so_far = {
        let mut table = table.lock().expect("the table");
        table
            .sequence()
            .is_multiple_of(SOMETIMES)
            .then(|| table.to_string())
    };
    if let Some(words) = so_far {
        say(&format!("so far, {words}"));
    }
    if all.is_empty() {
        return Ok(());
    }
    let mut words = format!("=== broken by seed {}:\n", sequence.seed);
    for Broken {
        invariant,
        words: how,
    } in &all
    {
        writeln!(words, "  {invariant}: {how}").expect("a String");
    }
    Err(format!("{words}{sequence}{told}"))
}

/// The same cast, which does not wait for a deaf guest.
fn patient(cast: &[Role]) -> Vec<Role> {
    let mut cast = cast.to_vec();
    for role in &mut cast {
        if role.presses() && !role.listens() {
            role.method = role.fallback;
        }
        role.timeout = None;
    }
    cast
}

/// What is up is stopped, and nothing goes wrong.
fn everything_down(sequence: &Sequence, vms: &[VmSeen]) -> Step {
    let up = (0..vms.len()).filter(|&vm| vms[vm].after.is_up() && !sequence.cast[vm].may_stay_up());
    Step {
        calls: up
            .map(|vm| Call {
                vm,
                verb: Verb::Stop,
                plan: Plan::default(),
            })
            .collect(),
        events: Vec::new(),
    }
}

/// What was seen of a step, for who looks for the reason.
fn tell(
    told: &mut String,
    number: usize,
    step: &Step,
    seen: &StepSeen,
    cast: &[Role],
    broken: &[Broken],
) {
    let mut line = |words: String| writeln!(told, "{words}").expect("a String");
    line(format!("--- step {number}: {}", step.told(cast)));
    for Broken { invariant, words } in broken {
        line(format!("  BROKEN {invariant}: {words}"));
    }
    line(format!("  happened: {:?}", seen.happened));
    for (vm, role) in seen.vms.iter().zip(cast) {
        let [before, after] = [&vm.before, &vm.after]
            .map(|look| format!("{} {:?} {:?}", look.state, look.processes, look.serial));
        if before != after {
            line(format!("  {}: {before} -> {after}", role.name));
        }
    }
    for method in &seen.methods {
        line(format!(
            "  {} {}: code {:?}, took {:?} of {:?}, {} processes then",
            method.verb.word(),
            cast[method.vm].name,
            method.code,
            method.took,
            method.limit,
            method.processes_at_end
        ));
        for program in &method.programs {
            line(format!(
                "    {} {} [{}]",
                program.tool,
                program.arguments.join(" "),
                program.fault.as_deref().unwrap_or("-")
            ));
        }
        for each in method.log.lines() {
            line(format!("    | {each}"));
        }
    }
}
