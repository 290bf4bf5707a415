//! What was done, in numbers.

use std::collections::BTreeMap;
use std::fmt;

use super::invariants::{ALL, Broken};
use super::seen::StepSeen;

/// The numbers of some sequences.
#[derive(Debug, Default)]
pub(super) struct Table {
    sequences: usize,
    steps: usize,
    calls: usize,
    programs: usize,
    faults: BTreeMap<String, usize>,
    events: BTreeMap<&'static str, usize>,
    statuses: BTreeMap<String, usize>,
    broken: BTreeMap<&'static str, usize>,
}

impl Table {
    /// Counts a sequence that is over, and says how many there are.
    pub(super) fn sequence(&mut self) -> usize {
        self.sequences += 1;
        self.sequences
    }

    pub(super) fn step(&mut self, seen: &StepSeen, broken: &[Broken]) {
        self.steps += 1;
        self.calls += seen.methods.len();
        for method in &seen.methods {
            let status = match method.code {
                Some(code) => format!("{} {code}", method.verb.word()),
                None => format!("{} ended by our signal", method.verb.word()),
            };
            *self.statuses.entry(status).or_default() += 1;
            self.programs += method.programs.len();
            for program in &method.programs {
                if let Some(fault) = &program.fault {
                    let word = fault.split(' ').next().unwrap_or_default();
                    let kind = format!("{} {word}", program.tool);
                    *self.faults.entry(kind).or_default() += 1;
                }
            }
        }
        for what in &seen.happened {
            *self.events.entry(what.word()).or_default() += 1;
        }
        for each in broken {
            *self.broken.entry(each.invariant).or_default() += 1;
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |f: &mut fmt::Formatter<'_>, name: &str, count: usize| {
            writeln!(f, "  {name:<52} {count:>6}")
        };
        writeln!(f, "fault injection:")?;
        row(f, "sequences", self.sequences)?;
        row(f, "steps", self.steps)?;
        row(f, "methods", self.calls)?;
        row(f, "programs that they ran", self.programs)?;
        writeln!(f, "faults ({}):", self.faults.values().sum::<usize>())?;
        for (kind, count) in &self.faults {
            row(f, kind, *count)?;
        }
        writeln!(f, "events ({}):", self.events.values().sum::<usize>())?;
        for (kind, count) in &self.events {
            row(f, kind, *count)?;
        }
        writeln!(f, "exit statuses:")?;
        for (status, count) in &self.statuses {
            row(f, status, *count)?;
        }
        writeln!(f, "invariants broken:")?;
        for (invariant, _) in ALL {
            row(
                f,
                invariant,
                self.broken.get(invariant).copied().unwrap_or(0),
            )?;
        }
        Ok(())
    }
}
