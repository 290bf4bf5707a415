//! Sees every method of a storm begin and end, and what was so of its VM then.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::faulty::{Calls, Faulty};
use super::play::fmri;
use super::seen::{MethodEnd, MethodSeen};
use super::storm::{Plan, Storm};
use crate::failure::{Caller, Failure, Kind, SUCCESS};
use crate::host::Host;
use crate::simulation::host::stage::Vm;
use crate::simulation::host::{Sim, Truth, What};
use crate::simulation::rehearsal::startd::{Program, Request};
use crate::smf::fmri::InstanceFmri;
use crate::text::log::Log;
use crate::virtualbox::vm::Intent;

/// Sees every method begin and end.
pub(super) struct Recorder<'a> {
    sim: &'a Sim,
    vms: &'a [Vm<'a>],
    names: BTreeMap<String, usize>,
    inside: Mutex<Inside>,
    calls: Vec<Mutex<Calls>>,
}

#[derive(Default)]
struct Inside {
    plans: BTreeMap<usize, Plan>,
    methods: Vec<(usize, MethodSeen)>,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(sim: &'a Sim, storm: &Storm, vms: &'a [Vm<'a>]) -> Self {
        let names = storm.instances.iter().enumerate();
        Self {
            sim,
            vms,
            names: names
                .map(|(who, each)| (fmri(&each.name).to_string(), who))
                .collect(),
            inside: Mutex::default(),
            calls: vms.iter().map(|_| Mutex::default()).collect(),
        }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn calls(&self, who: usize) -> MutexGuard<'_, Calls> {
        self.calls[who]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on this goes wrong.
    pub(super) fn plans(&self, plans: &BTreeMap<usize, Plan>) {
        self.inside().plans.clone_from(plans);
        for who in 0..self.calls.len() {
            *self.calls(who) = Calls::default();
        }
    }

    pub(super) fn watch(
        &self,
        host: &dyn Host,
        log: &Log<'_>,
        request: &Request,
        program: Program<'_>,
    ) -> Result<(), Failure> {
        let subject = request.fmri.to_string();
        let who = self.names[&subject];
        let plan = self.inside().plans.get(&who).cloned().unwrap_or_default();
        let told = |words: &str| self.sim.tell(&subject, What::Note(words.to_owned()));
        let mut seen = Watched {
            recorder: self,
            fmri: &request.fmri,
            who,
            intent: request.intent,
            began: self.sim.now(),
            record: self.sim.record_length(),
            before: self.vms[who].truth(),
            faults: self.calls(who).faults,
            end: None,
        };
        let faulty = Faulty {
            host,
            plan: &plan,
            calls: &self.calls[who],
            told: &told,
        };
        let result = program(&faulty, log, request);
        let status = match &result {
            Ok(()) => SUCCESS,
            Err(failure) => failure.kind.exit_status(Caller::Smf),
        };
        seen.end = Some(MethodEnd::Exited(status));
        result
    }

    /// How many methods there were by now.
    pub(super) fn count(&self) -> usize {
        self.inside().methods.len()
    }

    /// The methods with their logs, when all is over.
    pub(super) fn methods(&self) -> Vec<MethodSeen> {
        let events = self.sim.events();
        let mut methods = std::mem::take(&mut self.inside().methods);
        methods.sort_by_key(|(record, _)| *record);
        for at in 0..methods.len() {
            let (record, who) = (methods[at].0, methods[at].1.who);
            let subject = self.names.iter().find(|(_, of)| **of == who);
            let subject = subject.map_or("", |(subject, _)| subject);
            let next = methods[at + 1..].iter().find(|(_, next)| next.who == who);
            let until = next.map_or(events.len(), |(record, _)| *record);
            let lines = events[record..until]
                .iter()
                .filter_map(|event| match &event.what {
                    What::Line(line) if event.subject == subject => Some(line.clone()),
                    _ => None,
                });
            methods[at].1.lines = lines.collect();
        }
        methods.into_iter().map(|(_, method)| method).collect()
    }
}

/// A method that runs. However it ends, that is written down.
struct Watched<'w> {
    recorder: &'w Recorder<'w>,
    fmri: &'w InstanceFmri,
    who: usize,
    intent: Intent,
    began: Duration,
    record: usize,
    before: Truth,
    faults: usize,
    end: Option<MethodEnd>,
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        let (recorder, sim) = (self.recorder, self.recorder.sim);
        let ended = sim.now();
        let subject = self.fmri.to_string();
        let end = self.end.unwrap_or_else(|| {
            let deaths = sim.witness().deaths;
            let death = deaths
                .iter()
                .rev()
                .find(|death| death.subject == subject && death.at == ended);
            match death {
                Some(death) if death.by_timeout => MethodEnd::TimedOut,
                Some(_) => MethodEnd::Killed,
                // A panic, of which main makes this.
                None => MethodEnd::Exited(Kind::Fatal.exit_status(Caller::Smf)),
            }
        });
        let disabled = sim.repository(|repository| repository.is_disabled(self.fmri));
        let method = MethodSeen {
            who: self.who,
            intent: self.intent,
            began: self.began,
            ended,
            end,
            before: self.before.clone(),
            after: recorder.vms[self.who].truth(),
            not_wanted: disabled || sim.goes_down(),
            faults: recorder.calls(self.who).faults - self.faults,
            lines: Vec::new(),
        };
        recorder.inside().methods.push((self.record, method));
    }
}
