//! What was seen of a storm: plain data, on which the invariants are checked.

use std::fmt;
use std::time::Duration;

use super::storm::Storm;
use crate::host::ExitStatus;
use crate::simulation::host::{
    Command, CommandEnd, Ending, Event, Happened, SmfState, Truth, What,
};
use crate::virtualbox::vm::{Intent, VmState};

/// A storm that is over.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) storm: Storm,
    /// Of the VMs, by the numbers of their instances.
    pub(super) uuids: Vec<String>,
    pub(super) events: Vec<Event>,
    pub(super) happened: Vec<Happened>,
    pub(super) methods: Vec<MethodSeen>,
    /// After each step, each instance.
    pub(super) looks: Vec<Look>,
    /// Users whose lock is held when all is over.
    pub(super) locks: Vec<String>,
    /// Programs that run when all is over.
    pub(super) programs: Vec<String>,
    /// When svc.configd went, and when it came back.
    pub(super) no_repository: Vec<(Duration, Duration)>,
    /// When the last step began, in which nothing goes wrong any more and there is time.
    pub(super) mended: Duration,
}

/// A method that is over.
#[derive(Debug, Clone)]
pub(super) struct MethodSeen {
    /// Its instance.
    pub(super) who: usize,
    pub(super) intent: Intent,
    pub(super) began: Duration,
    pub(super) ended: Duration,
    pub(super) end: MethodEnd,
    /// What was so of the VM at its beginning.
    pub(super) before: Truth,
    /// The same at its end.
    pub(super) after: Truth,
    /// The instance was disabled when it ended, or the host was going down.
    pub(super) not_wanted: bool,
    /// How many of its programs went wrong.
    pub(super) faults: usize,
    /// Its log.
    pub(super) lines: Vec<String>,
}

/// How a method ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MethodEnd {
    /// With this status.
    Exited(u8),
    /// svc.startd killed it at its timeout.
    TimedOut,
    /// Somebody killed it.
    Killed,
}

/// An instance at the end of a step.
#[derive(Debug, Clone)]
pub(super) struct Look {
    pub(super) who: usize,
    pub(super) at: Duration,
    /// How many methods had begun by then.
    pub(super) methods: usize,
    pub(super) smf: SmfState,
    pub(super) vm: Truth,
}

/// A state that a VM enters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change<'a> {
    pub(super) at: Duration,
    pub(super) from: &'a VmState,
    pub(super) to: &'a VmState,
}

impl MethodSeen {
    pub(super) fn is(&self, intent: Intent, end: MethodEnd) -> bool {
        self.intent == intent && self.end == end
    }
}

impl Seen {
    /// The changes of a VM's state, as they happened in the world.
    pub(super) fn changes(&self, who: usize) -> impl Iterator<Item = Change<'_>> {
        let instance = &self.storm.instances[who];
        self.events.iter().filter_map(move |event| {
            let of_vm =
                event.owner.as_deref() == Some(instance.owner) && event.subject == instance.name;
            match &event.what {
                What::Machine { from, to } if of_vm => Some(Change {
                    at: event.at,
                    from,
                    to,
                }),
                _ => None,
            }
        })
    }

    /// What happened to a VM, or to its owner's server.
    pub(super) fn happened_to(&self, who: usize) -> impl Iterator<Item = &Happened> {
        let owner = self.storm.instances[who].owner;
        let uuid = &self.uuids[who];
        self.happened
            .iter()
            .filter(move |each| each.owner == owner && (each.is_to_all() || each.uuid == *uuid))
    }

    /// The programs that methods of an instance ran: when, and what.
    pub(super) fn commands(&self, who: usize) -> impl Iterator<Item = (Duration, &Command)> {
        let subject = self.subject(who);
        self.events
            .iter()
            .filter_map(move |event| match &event.what {
                What::Command(command) if event.subject == subject => Some((event.at, command)),
                _ => None,
            })
    }

    /// How long there was no repository while a method ran.
    pub(super) fn without_repository(&self, method: &MethodSeen) -> Duration {
        let spans = self.no_repository.iter().map(|(from, until)| {
            let (from, until) = (method.began.max(*from), method.ended.min(*until));
            until.saturating_sub(from)
        });
        spans.sum()
    }

    /// The FMRI of an instance.
    pub(super) fn subject(&self, who: usize) -> String {
        super::play::fmri(&self.storm.instances[who].name).to_string()
    }

    /// A number that is the same for the same record (FNV-1a).
    pub(super) fn hash(&self) -> u64 {
        let text = format!(
            "{:?}{:?}{:?}{:?}",
            self.events, self.happened, self.methods, self.looks
        );
        text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    }
}

/// Everything that happened, for who looks for the reason.
impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for event in &self.events {
            let what = match &event.what {
                What::Smf { told, .. } => format!("smf   {told}"),
                What::Note(told) => format!("  !!  {told}"),
                What::Command(command) => format!("run   {}{}", command.line, end(command)),
                What::Line(line) => format!("log   {line}"),
                What::Machine { from, to } => format!("vm    {from} -> {to}"),
                What::VirtualBox(told) => format!("vbox  {told}"),
                What::Hazard(told) => format!("HARM  {told}"),
            };
            let name = event.subject.rsplit(':').next().unwrap_or_default();
            writeln!(f, "{:>10.3} {name:8} {what}", event.at.as_secs_f64())?;
        }
        for method in &self.methods {
            writeln!(
                f,
                "{} of {}: {:?}, {:.3} to {:.3}: {} -> {:?}",
                method.intent,
                self.storm.instances[method.who].name,
                method.end,
                method.began.as_secs_f64(),
                method.ended.as_secs_f64(),
                method.before.state,
                method.after
            )?;
        }
        Ok(())
    }
}

fn end(command: &Command) -> String {
    match command.end {
        None => String::new(),
        Some(CommandEnd { at, how }) => {
            let how = match how {
                Ending::Itself(ExitStatus::Exited(status)) => format!("exit {status}"),
                how => format!("{how:?}"),
            };
            format!(" => {how} at {:.3}", at.as_secs_f64())
        }
    }
}
