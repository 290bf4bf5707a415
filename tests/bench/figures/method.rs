//! What a start and a stop cost by themselves: the tools answer at once.
//!
//! Beside them stand a small program in C that runs the same tools with the same arguments in the same order and
//! understands nothing (`tools/spawner.c`), and a method script in the manner of 2009 (`baseline.sh`).

use super::counted::{instructions, programs};
use super::table::{Beside, Table};
use super::world::{Sample, World};
use super::{orphans, rounds};

const VERBS: [&str; 2] = ["start", "stop"];

/// Who takes turns.
struct Contender {
    name: &'static str,
    program: &'static str,
    /// Its argument for each of the verbs.
    arguments: [&'static str; 2],
}

impl Contender {
    /// The command for the verb at this place.
    fn words(&self, at: usize) -> [&'static str; 2] {
        [self.program, self.arguments[at]]
    }
}

const OURS: usize = 0;
const ENTRY: usize = 1;
const SPAWNER: usize = 2;
const SCRIPT: usize = 3;

const CONTENDERS: [Contender; 4] = [
    Contender {
        name: "vbox-smf",
        program: "/opt/bench/vbox-smf",
        arguments: VERBS,
    },
    // A shell that becomes vbox-smf.
    Contender {
        name: "method/vbox",
        program: "/opt/bench/vbox",
        arguments: VERBS,
    },
    Contender {
        name: "small C program",
        program: "/opt/bench/spawner",
        arguments: ["/opt/bench/plan.start", "/opt/bench/plan.stop"],
    },
    Contender {
        name: "method script",
        program: "/opt/bench/baseline.sh",
        arguments: VERBS,
    },
];

/// A figure of each contender for each verb.
type Figures<T> = [[T; 2]; 4];

pub(crate) fn measure(table: &mut Table) -> Result<(), String> {
    let world = World::make()?;
    world.record()?;
    let samples = take_turns(&world)?;
    for (at, verb) in VERBS.into_iter().enumerate() {
        let times = |who: usize| -> Vec<f64> {
            let samples: &[Sample] = &samples[who][at];
            samples.iter().map(|s| s.milliseconds).collect()
        };
        for (what, ours, its, wanted) in [
            ("tools that answer at once", OURS, SPAWNER, "+1 ms"),
            ("the same", OURS, SCRIPT, "less"),
            ("the same, by way of method/vbox", ENTRY, SCRIPT, "less"),
        ] {
            let beside = Beside {
                name: CONTENDERS[its].name,
                times: &times(its),
            };
            table.paired(&format!("{verb}, {what}"), &times(ours), &beside, wanted);
        }
        let memory = |who: usize| {
            let all = samples[who][at].iter().map(|s| s.kilobytes);
            format!("{} KB", all.max().unwrap_or_default())
        };
        compare(table, &format!("{verb}: peak memory"), "6 MB", memory);
    }
    count(table, &world, "programs executed", "3", programs);
    count(table, &world, "instructions of its own", "", instructions);
    Ok(())
}

/// Each starts and stops the VM in its turn. The first round warms the caches.
fn take_turns(world: &World) -> Result<Figures<Vec<Sample>>, String> {
    let mut samples: Figures<Vec<Sample>> = Default::default();
    for round in 0..=rounds(200) {
        for (contender, samples) in CONTENDERS.iter().zip(&mut samples) {
            for (at, verb) in VERBS.into_iter().enumerate() {
                let sample = world.run(verb, &contender.words(at))?;
                orphans::bury();
                if round > 0 {
                    samples[at].push(sample);
                }
            }
        }
    }
    Ok(samples)
}

/// What is the same in each run, and needs a tool that may be missing.
fn count(
    table: &mut Table,
    world: &World,
    what: &str,
    wanted: &str,
    counted: fn(&World, &str, &[&str]) -> Result<u64, String>,
) {
    let mut figures: Figures<u64> = Default::default();
    for who in [OURS, SPAWNER, SCRIPT] {
        for (at, verb) in VERBS.into_iter().enumerate() {
            orphans::bury();
            match counted(world, verb, &CONTENDERS[who].words(at)) {
                Ok(counted) => figures[who][at] = counted,
                Err(reason) => return table.skipped(what, &reason),
            }
        }
    }
    for (at, verb) in VERBS.into_iter().enumerate() {
        let figure = |who: usize| match figures[who][at] {
            small @ 0..10_000 => small.to_string(),
            large => format!("{} k", large / 1000),
        };
        compare(table, &format!("{verb}: {what}"), wanted, figure);
    }
}

/// Ours beside those of the other two.
fn compare(table: &mut Table, what: &str, wanted: &str, figure: impl Fn(usize) -> String) {
    for (other, wanted) in [(SPAWNER, wanted), (SCRIPT, "")] {
        let name = CONTENDERS[other].name;
        table.counted(what, &figure(OURS), name, &figure(other), wanted);
    }
}
