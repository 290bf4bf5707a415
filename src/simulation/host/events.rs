//! What happened in a simulated world, in the order in which it happened.

use std::fmt;
use std::time::Duration;

use crate::host::ExitStatus;
use crate::virtualbox::vm::VmState;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// The virtual time.
    pub(crate) at: Duration,
    /// Whom it is about: an instance's FMRI, a VM's name, or a user's VirtualBox.
    pub(crate) subject: String,
    /// Whose VM it is, where it is about a VM: another user may have one of the same name.
    pub(crate) owner: Option<String>,
    /// What it is.
    pub(crate) what: What,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// svc.startd did or decided something. The subject is an instance.
    Smf {
        /// A sentence without a full stop.
        told: String,
        /// The state that the instance is in from now on, where it is another one.
        state: Option<SmfState>,
    },
    /// Something that whoever plans this should know: a sentence without a full stop. The subject is an
    /// instance, or a file.
    Note(String),
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

/// What an instance is, in the words of svcs(1): with a `*` while a method runs that is to change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SmfState {
    /// Not enabled.
    Disabled,
    /// Enabled, and not up yet or no more.
    Offline,
    /// The start method runs.
    Starting,
    /// Up, as far as SMF knows.
    Online,
    /// The stop method runs.
    Stopping,
    /// Somebody has to look.
    Maintenance,
    /// SMF does not have it any more.
    Deleted,
}

impl SmfState {
    /// The word.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Offline => "offline",
            Self::Starting => "offline*",
            Self::Online => "online",
            Self::Stopping => "online*",
            Self::Maintenance => "maintenance",
            Self::Deleted => "deleted",
        }
    }
}

impl fmt::Display for SmfState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
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
    Itself(ExitStatus),
    /// It hung, and the method killed it.
    Hung,
    /// svc.startd killed it together with the method.
    WithTheMethod,
}
