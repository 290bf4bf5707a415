//! What storms were like, in numbers.

use std::collections::BTreeMap;
use std::fmt;

use super::checks::{ALL, Violation};
use super::seen::{MethodEnd, Seen};

/// The numbers of some storms.
#[derive(Debug, Default)]
pub(super) struct Tally {
    storms: usize,
    methods: usize,
    programs: usize,
    faults: usize,
    ends: BTreeMap<String, usize>,
    accidents: BTreeMap<String, usize>,
    violated: BTreeMap<&'static str, usize>,
}

impl Tally {
    pub(super) fn add(&mut self, seen: &Seen, violations: &[Violation]) {
        self.storms += 1;
        self.methods += seen.methods.len();
        for who in 0..seen.storm.instances.len() {
            self.programs += seen.commands(who).count();
        }
        for method in &seen.methods {
            self.faults += method.faults;
            let end = match method.end {
                MethodEnd::Exited(status) => format!("{} exits {status}", method.intent),
                MethodEnd::TimedOut => format!("{} killed at its timeout", method.intent),
                MethodEnd::Killed => format!("{} killed", method.intent),
            };
            *self.ends.entry(end).or_default() += 1;
        }
        for each in &seen.happened {
            let words = format!("{:?}", each.what);
            let word = words.split('(').next().unwrap_or_default();
            *self.accidents.entry(word.to_owned()).or_default() += 1;
        }
        for violation in violations {
            *self.violated.entry(violation.invariant).or_default() += 1;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |f: &mut fmt::Formatter<'_>, name: &str, count: usize| {
            writeln!(f, "  {name:<52} {count:>8}")
        };
        row(f, "storms", self.storms)?;
        row(f, "methods", self.methods)?;
        row(f, "programs that they ran", self.programs)?;
        row(f, "programs that went wrong", self.faults)?;
        for (what, count) in &self.accidents {
            row(f, what, *count)?;
        }
        for (how, count) in &self.ends {
            row(f, how, *count)?;
        }
        writeln!(f, "violated:")?;
        for (invariant, _) in ALL {
            let count = self.violated.get(invariant).copied().unwrap_or(0);
            row(f, invariant, count)?;
        }
        Ok(())
    }
}
