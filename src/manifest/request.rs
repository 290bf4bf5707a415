//! What is asked for, before anything is decided: the VMs, and directives for all of them, for those of a user
//! or for one.
//!
//! The command line and other sources only lower what they were given to this; the
//! [resolver](super::resolve) alone knows what comes before what and what cannot be together. Every value
//! is valid in itself. Each carries where it came from, so that a refusal can name it.

use std::fmt;

use super::authority::LoginName;
use super::blueprint::{AccountName, ContextPart};
use super::duration::DurationModel;
use super::method::MethodPath;
use super::names::ServiceName;
use super::need::Need;
use super::notify::NotifyTarget;
use super::setting::Setting;
use crate::smf::fmri::InstanceName;
use crate::text::printable::Printable;
use crate::virtualbox::vm::VmName;

/// Where something was asked for, as an error message says it: `--set vm1:vm/on_saved=leave`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Origin(String);

impl Origin {
    /// These words, with control characters escaped.
    pub(crate) fn new(words: &str) -> Self {
        Self(Printable(words).to_string())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// For whom a directive is. A directive for one VM comes before one for its user's, and that before one for all.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    /// All VMs.
    All,
    /// The VMs of a user.
    User(AccountName),
    /// One VM.
    Instance(InstanceName),
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all VMs"),
            Self::User(user) => write!(f, "the VMs of {}", Printable(user.as_str())),
            Self::Instance(instance) => write!(f, "{instance}"),
        }
    }
}

/// What is wished for. Which option asks for it, and what there can be one of only, is in the table of the
/// options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Directive {
    /// Whose VM it is.
    User(AccountName),
    /// The value of a property.
    Setting(Setting),
    /// Whether the import enables the instance.
    Enabled(bool),
    /// What must be there before the VM is started; another VM of the manifest, for all VMs: for all others.
    Need(Need),
    /// A part of what the methods of the user's VMs run in.
    Context(ContextPart),
    /// Who hears of failures.
    Notify(NotifyTarget),
    /// Who may enable, disable, restart and clear it.
    Delegate(LoginName),
}

/// The value, as it is written on the command line.
impl fmt::Display for Directive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(user) => f.write_str(user.as_str()),
            Self::Setting(setting) => f.write_str(&setting.value),
            Self::Enabled(enabled) => write!(f, "{enabled}"),
            Self::Need(Need::After(other) | Need::Requires(other)) => write!(f, "{other}"),
            Self::Need(Need::Service(target)) => write!(f, "{target}"),
            Self::Need(Need::File(path)) => f.write_str(path.as_str()),
            Self::Context(part) => write!(f, "{part}"),
            Self::Notify(target) => write!(f, "{target}"),
            Self::Delegate(user) => f.write_str(user.as_str()),
        }
    }
}

/// A directive: what, for whom, and where it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScopedDirective {
    /// For whom.
    pub(crate) scope: Scope,
    /// What.
    pub(crate) want: Directive,
    /// Where it was made.
    pub(crate) origin: Origin,
}

/// A VM that is to become an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VmRequest {
    /// The instance.
    pub(crate) instance: InstanceName,
    /// The VM, where it has another name than the instance.
    pub(crate) vm: Option<VmName>,
    /// Where it was named.
    pub(crate) origin: Origin,
}

/// Whether every VM must have a user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Owners {
    /// VirtualBox keeps VMs per user, so on a host it must be said.
    #[default]
    Needed,
    /// A rehearsal gives the VMs to somebody.
    Optional,
}

/// Everything that is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Request {
    /// The service.
    pub(crate) service: ServiceName,
    /// What SMF runs.
    pub(crate) method: MethodPath,
    /// What svc.startd takes for the life of an instance.
    pub(crate) model: DurationModel,
    /// Whether every VM must have a user.
    pub(crate) owners: Owners,
    /// The VMs, in the order of the manifest.
    pub(crate) vms: Vec<VmRequest>,
    /// The directives, in any order.
    pub(crate) directives: Vec<ScopedDirective>,
}
