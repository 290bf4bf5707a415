//! A sequence: what a seed says will be done, go wrong and happen, before anything of it has.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::cast::Role;
use super::fault::Fault;

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sequence {
    pub(super) seed: u64,
    pub(super) cast: Vec<Role>,
    /// svc.startd's limits of a start and of a stop, in seconds.
    pub(super) limits: [u64; 2],
    pub(super) steps: Vec<Step>,
}

/// Methods that run at the same time, and what happens meanwhile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) calls: Vec<Call>,
    pub(super) events: Vec<Event>,
}

/// A method of a VM, and what goes wrong with the programs it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) vm: usize,
    pub(super) verb: Verb,
    pub(super) plan: Plan,
}

/// A method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Start,
    Stop,
}

impl Verb {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
        }
    }
}

/// By tool and number of the call, what goes wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan(pub(super) BTreeMap<(&'static str, usize), Fault>);

/// The form that `tests/fakes/faulty.rs` reads.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((tool, number), fault) in &self.0 {
            writeln!(f, "{tool} {number} {fault}")?;
        }
        Ok(())
    }
}

/// Something that happens so long after the methods began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) at: Duration,
    pub(super) what: What,
}

/// What happens. A VM is its number in the cast, a method its number in the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// Somebody else presses the power button.
    Press(usize),
    /// The VM's process is killed.
    Crash(usize),
    /// Somebody else pauses it.
    Pause(usize),
    /// Somebody else resumes it.
    Resume(usize),
    /// Somebody else saves its state.
    Save(usize),
    /// VBoxSVC is killed.
    KillServer,
    /// VBoxSVC stands still for this long.
    StopServer(Duration),
    /// VBoxSVC stands still until it is killed, as one that is deadlocked.
    Deadlock,
    /// VBoxSVC stands still, and nobody had it do so: VirtualBox deadlocks now and then.
    StandsStill,
    /// The VM's process hangs, and nobody had it do so.
    ProcessHangs(usize),
    /// The method is killed, and run again.
    KillMethod(usize),
    /// The same, and the program that it runs is killed too, as svc.startd does.
    KillContract(usize),
    /// The method gets SIGTERM.
    EndMethod(usize),
}

impl What {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Press(_) => "button pressed",
            Self::Crash(_) => "VM killed",
            Self::Pause(_) => "paused",
            Self::Resume(_) => "resumed",
            Self::Save(_) => "saved",
            Self::KillServer => "VBoxSVC killed",
            Self::StopServer(_) => "VBoxSVC stopped for a while",
            Self::Deadlock => "VBoxSVC stopped for good",
            Self::StandsStill => "VBoxSVC deadlocked by itself",
            Self::ProcessHangs(_) => "VM deadlocked by itself",
            Self::KillMethod(_) => "method killed",
            Self::KillContract(_) => "method and its child killed",
            Self::EndMethod(_) => "method terminated",
        }
    }

    /// The VM that it happens to, where it is one VM.
    pub(super) fn vm(self) -> Option<usize> {
        match self {
            Self::Press(vm)
            | Self::Crash(vm)
            | Self::Pause(vm)
            | Self::Resume(vm)
            | Self::Save(vm)
            | Self::ProcessHangs(vm) => Some(vm),
            Self::KillServer
            | Self::StopServer(_)
            | Self::Deadlock
            | Self::StandsStill
            | Self::KillMethod(_)
            | Self::KillContract(_)
            | Self::EndMethod(_) => None,
        }
    }
}

/// For a person, and complete.
impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [start, stop] = self.limits;
        writeln!(
            f,
            "seed {}: start/timeout_seconds={start} stop/timeout_seconds={stop}",
            self.seed
        )?;
        for role in &self.cast {
            writeln!(f, "  {role}")?;
        }
        for (at, step) in self.steps.iter().enumerate() {
            writeln!(f, "  step {at}: {}", step.told(&self.cast))?;
        }
        Ok(())
    }
}

impl Step {
    /// On one line.
    pub(super) fn told(&self, cast: &[Role]) -> String {
        let mut words: Vec<String> = Vec::new();
        for call in &self.calls {
            let faults: Vec<String> = call
                .plan
                .0
                .iter()
                .map(|((tool, number), fault)| format!("{tool}#{number} {fault}"))
                .collect();
            let faults = if faults.is_empty() {
                String::new()
            } else {
                format!(" [{}]", faults.join(", "))
            };
            words.push(format!(
                "{} {}{faults}",
                call.verb.word(),
                cast[call.vm].name
            ));
        }
        for event in &self.events {
            let whom = event.what.vm().map_or("", |vm| cast[vm].name);
            words.push(format!("<{:?}: {:?} {whom}>", event.at, event.what));
        }
        words.join("; ")
    }
}
