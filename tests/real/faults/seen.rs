//! What was seen of a step: plain data, on which the invariants are checked.

use std::time::Duration;

use super::cure::Cure;
use super::sequence::{Verb, What};

/// A step that is over.
#[derive(Clone, Debug, Default)]
pub(super) struct StepSeen {
    pub(super) methods: Vec<MethodSeen>,
    /// The events that found what they happen to.
    pub(super) happened: Vec<What>,
    pub(super) vms: Vec<VmSeen>,
    pub(super) left: Left,
    /// What was done about a VBoxSVC that did not answer any more.
    pub(super) cure: Option<Cure>,
    /// Nothing went wrong in it, and there was time enough.
    pub(super) clean: bool,
    pub(super) user: String,
}

/// A method that is over.
#[derive(Clone, Debug)]
pub(super) struct MethodSeen {
    pub(super) vm: usize,
    pub(super) verb: Verb,
    /// None: a signal ended it.
    pub(super) code: Option<i32>,
    /// The signal was ours.
    pub(super) signalled: bool,
    pub(super) took: Duration,
    /// svc.startd's limit.
    pub(super) limit: Duration,
    pub(super) log: String,
    /// How many processes the VM had when it ended.
    pub(super) processes_at_end: usize,
    /// It ended after VBoxSVC had been killed or stopped.
    pub(super) after_server: bool,
    pub(super) programs: Vec<Program>,
}

impl MethodSeen {
    /// Nothing went wrong with the programs that it ran.
    pub(super) fn undisturbed(&self) -> bool {
        !self.signalled && self.programs.iter().all(|program| program.fault.is_none())
    }
}

/// A program that a method ran.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) tool: String,
    pub(super) fault: Option<String>,
    pub(super) arguments: Vec<String>,
}

impl Program {
    /// Whether it was told to end this VM's process.
    pub(super) fn ended_process(&self, uuid: &str) -> bool {
        let has = |word: &str| self.arguments.iter().any(|argument| argument == word);
        has("emergencystop") && has(uuid)
    }
}

/// A VM over a step.
#[derive(Clone, Debug, Default)]
pub(super) struct VmSeen {
    pub(super) uuid: String,
    pub(super) before: Look,
    pub(super) after: Look,
    /// The most processes that it had at one time.
    pub(super) most_processes: usize,
    /// Its process was killed, or VBoxSVC was under it.
    pub(super) shot: bool,
    /// Somebody has pressed its button since it was started.
    pub(super) pressed: bool,
}

/// A VM at one time.
#[derive(Clone, Debug, Default)]
pub(super) struct Look {
    /// As VirtualBox says.
    pub(super) state: String,
    pub(super) processes: Vec<u32>,
    /// A saved state lies in its folder.
    pub(super) state_file: bool,
    /// What the guest has said since its process began.
    pub(super) serial: String,
    /// The guest that is running or saved had booted, and would not say so again.
    pub(super) booted: bool,
}

impl Look {
    pub(super) fn is_up(&self) -> bool {
        ["running", "paused"].contains(&self.state.as_str())
    }

    pub(super) fn is_saved(&self) -> bool {
        ["saved", "aborted-saved"].contains(&self.state.as_str())
    }

    pub(super) fn is_off(&self) -> bool {
        self.is_saved() || ["poweroff", "aborted"].contains(&self.state.as_str())
    }

    /// It is in no state that it leaves by itself, and its process is there or not as its state says.
    pub(super) fn is_settled(&self) -> bool {
        if self.is_off() {
            self.processes.is_empty()
        } else {
            (self.is_up() || self.state == "gurumeditation") && self.processes.len() == 1
        }
    }
}

/// What is left of a step's methods when all are over.
#[derive(Clone, Debug, Default)]
pub(super) struct Left {
    pub(super) lock: bool,
    pub(super) files: Vec<String>,
    pub(super) processes: Vec<String>,
}
