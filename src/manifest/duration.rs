//! `startd/duration`: what svc.startd takes for the life of an instance (`svc.startd(8)`).

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::text::printable::Printable;

/// The only model that tells the truth about VMs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum DurationModel {
    /// Online when the start method has ended well; nothing is watched after that.
    #[default]
    Transient,
}

impl fmt::Display for DurationModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transient => f.write_str("transient"),
        }
    }
}

/// Why a model cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum DurationError {
    /// An instance is online as long as its contract holds a process.
    #[error(
        "'contract' is not supported: VirtualBox starts all VMs of a user from one daemon, so their processes are in the contract of the instance that was started first, and svc.startd would restart that instance for any of them"
    )]
    Contract,
    /// An instance is its start method's process.
    #[error(
        "'child' is not supported: VirtualBox starts a VM from its own daemon, so the VM is not a child of the start method; svc.startd would restart it at once, and would never run the stop method when the guest shuts down"
    )]
    Child,
    /// svc.startd knows no such model.
    #[error("'{}' is not a service model of svc.startd", Printable(.0))]
    Unknown(String),
}

impl FromStr for DurationModel {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        match text {
            "transient" => Ok(Self::Transient),
            "contract" | "daemon" => Err(DurationError::Contract),
            "child" | "wait" => Err(DurationError::Child),
            other => Err(DurationError::Unknown(other.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_and_why_not_the_others() {
        assert_eq!("transient".parse(), Ok(DurationModel::Transient));
        assert_eq!(DurationModel::default().to_string(), "transient");
        for (text, error) in [
            ("contract", DurationError::Contract),
            ("child", DurationError::Child),
            ("wait", DurationError::Child),
            ("Transient", DurationError::Unknown("Transient".into())),
            ("", DurationError::Unknown(String::new())),
        ] {
            assert_eq!(text.parse::<DurationModel>(), Err(error));
        }
    }
}
