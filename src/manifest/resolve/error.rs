//! Why requests cannot become a manifest.

use thiserror::Error;

use super::super::authority::AuthorityError;
use super::super::blueprint::AccountName;
use super::super::need::ServiceTarget;
use super::super::request::{Origin, Scope};
use super::super::setting::SettingError;
use super::VMS_MAX;
use crate::failure::{Failure, Kind};
use crate::smf::fmri::InstanceName;
use crate::text::printable::Printable;

/// Why requests cannot become a manifest. Each names where the request was made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum ResolveError {
    /// An import would do nothing.
    #[error("no VM specified")]
    NoVm,
    /// Nobody has so many, and what is made of them grows with them.
    #[error("{0} VMs specified; the limit for one manifest is {VMS_MAX}")]
    TooManyVms(usize),
    /// svccfg would refuse it.
    #[error("the instance {instance} is defined twice: {first} and {second}")]
    InstanceTwice {
        /// The instance.
        instance: InstanceName,
        /// Where it was asked for.
        first: Origin,
        /// Where it was asked for again.
        second: Origin,
    },
    /// A directive for, or about, a VM that is not here.
    #[error("{origin}: no specified VM has the instance '{instance}'")]
    UnknownInstance {
        /// Where it was asked for.
        origin: Origin,
        /// The instance.
        instance: InstanceName,
    },
    /// A directive for the VMs of somebody who has none.
    #[error("{origin}: no specified VM belongs to the user '{}'", Printable(.user.as_str()))]
    UnknownUser {
        /// Where it was asked for.
        origin: Origin,
        /// The user.
        user: AccountName,
    },
    /// A user for the VMs of another user.
    #[error("{origin}: the owner can be set for all VMs or for one VM, not for the VMs of a user")]
    UserOfUser {
        /// Where it was asked for.
        origin: Origin,
    },
    /// One of the two would be lost.
    #[error("{slot} is set twice for {scope}: {first} and {second}")]
    Twice {
        /// What.
        slot: String,
        /// For whom.
        scope: Scope,
        /// Where it was asked for.
        first: Origin,
        /// Where it was asked for again.
        second: Origin,
    },
    /// Nobody to run as.
    #[error("no user for {0}: VirtualBox keeps VMs per user, so SMF has to start it as its owner")]
    NoUser(InstanceName),
    /// All instances would start one VM.
    #[error("{origin}: vm/name cannot be set for {scope}")]
    NameForMany {
        /// Where it was asked for.
        origin: Origin,
        /// For whom.
        scope: Scope,
    },
    /// A VM's name that no manifest can hold.
    #[error("{origin}")]
    Name {
        /// Where it was asked for.
        origin: Origin,
        /// Why not.
        source: SettingError,
    },
    /// A VM that cannot have authorizations of its own.
    #[error("{origin}")]
    Authority {
        /// Where it was asked for.
        origin: Origin,
        /// Why not.
        source: AuthorityError,
    },
    /// Two instances would fight over it.
    #[error("{first} and {second} are the same VM, '{}'", Printable(.vm))]
    SameVm {
        /// One instance.
        first: InstanceName,
        /// The other one.
        second: InstanceName,
        /// The VM.
        vm: String,
    },
    /// It would never start.
    #[error("{origin}: {instance} depends on itself")]
    Itself {
        /// Where it was asked for.
        origin: Origin,
        /// The instance.
        instance: InstanceName,
    },
    /// Its instances would wait for themselves.
    #[error("{origin}: {target} is the service of these VMs, which would depend on themselves")]
    OwnService {
        /// Where it was asked for.
        origin: Origin,
        /// The service.
        target: ServiceTarget,
    },
    /// None of them would ever start.
    #[error("{} depend on each other: {}", names(.0), path(.0))]
    Circle(Vec<InstanceName>),
    /// Which of the two a VM gets would depend on which was started first.
    #[error(transparent)]
    UserDiffers(Box<Different>),
}

/// Two VMs of a user that are to run in different contexts.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{first} has {} and {second} has {}, but both belong to the user '{}': VirtualBox starts all VMs of a user from one daemon, which keeps the settings of the first", value(.part, .first_value.as_ref()), value(.part, .second_value.as_ref()), Printable(.user.as_str()))]
pub(crate) struct Different {
    /// What differs.
    pub(super) part: String,
    /// The user.
    pub(super) user: AccountName,
    /// A VM.
    pub(super) first: InstanceName,
    /// What it has.
    pub(super) first_value: Option<String>,
    /// Another VM.
    pub(super) second: InstanceName,
    /// What it has.
    pub(super) second_value: Option<String>,
}

fn names(circle: &[InstanceName]) -> String {
    let names: Vec<_> = circle.iter().map(InstanceName::as_str).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some(_) | None => names.concat(),
    }
}

/// `a -> b -> a`
fn path(circle: &[InstanceName]) -> String {
    let names: Vec<_> = circle
        .iter()
        .chain(circle.first())
        .map(InstanceName::as_str)
        .collect();
    names.join(" -> ")
}

fn value(part: &str, value: Option<&String>) -> String {
    match value {
        Some(value) => format!("the {part} '{}'", Printable(value)),
        None => format!("no {part}"),
    }
}

impl ResolveError {
    /// The next step, where there is one.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::NoUser(_) => {
                Some("add --user NAME (--user root if the VM belongs to root)".to_owned())
            }
            Self::NameForMany { .. } => Some("give each VM as INSTANCE=NAME".to_owned()),
            Self::SameVm { .. } => Some("a VM can have only one instance".to_owned()),
            Self::Authority { .. } => {
                Some("give the VM another instance name with INSTANCE=NAME".to_owned())
            }
            Self::Circle(_) => Some("remove one of these dependencies".to_owned()),
            Self::UserDiffers(different) => {
                let user = Printable(different.user.as_str());
                let part = &different.part;
                Some(format!("give all VMs of {user} the same {part}, or assign the VMs to different users"))
            }
            Self::UnknownInstance { .. } => Some(
                "for an instance that is already imported, use its full FMRI with --depends-on, for example svc:/site/xvm/vbox:vm1".to_owned(),
            ),
            Self::OwnService { .. } => Some("specify an instance, for example svc:/site/xvm/vbox:vm1".to_owned()),
            Self::TooManyVms(_) => Some("split them into several manifests".to_owned()),
            Self::NoVm
            | Self::InstanceTwice { .. }
            | Self::UnknownUser { .. }
            | Self::UserOfUser { .. }
            | Self::Twice { .. }
            | Self::Name { .. }
            | Self::Itself { .. } => None,
        }
    }
}

/// With the next step.
impl From<ResolveError> for Failure {
    fn from(error: ResolveError) -> Self {
        let hint = error.hint();
        let failure = Self::new(Kind::Usage, error);
        match hint {
            Some(hint) => failure.hinted(hint),
            None => failure,
        }
    }
}
