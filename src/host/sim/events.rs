//! What happened in a simulated world, in the order in which it happened.

use std::time::Duration;

use crate::host::Ended;
use crate::vm::VmState;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// The virtual time.
    pub(crate) at: Duration,
    /// Whom it is about: an instance's FMRI, a VM's name, or a user's VirtualBox.
    pub(crate) subject: String,
    /// What it is.
    pub(crate) what: What,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// svc.startd did or decided something: a sentence without a full stop. The subject is an instance.
    Smf(String),
    /// A method ran a program. The subject is the instance.
    Command(Command),
    /// A method wrote a line to its log. The subject is the instance.
    Line(String),
    /// A VM's state changed. The subject is the VM.
    Machine {
        /// From this.
        from: VmState,
        /// To this.
        to: VmState,
    },
    /// Something about VirtualBox itself: a sentence without a full stop. The subject is the user.
    VirtualBox(String),
    /// Somebody did what does harm on real VirtualBox, although it went well this time. The subject
    /// is the VM, or the user.
    Hazard(String),
}

/// A program that a method ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Command {
    /// Its name and its arguments.
    pub(crate) line: String,
    /// How it ended, once it has.
    pub(crate) end: Option<CommandEnd>,
}

/// How a program ended that a method ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CommandEnd {
    /// When.
    pub(crate) at: Duration,
    /// How.
    pub(crate) how: Ending,
}

/// The ways to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// By itself.
    Itself(Ended),
    /// It hung, and the method killed it.
    Hung,
    /// svc.startd killed it together with the method.
    WithTheMethod,
}
