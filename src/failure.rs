//! What went wrong, as svc.startd has to hear it.
//!
//! The exit status of a method is an API to svc.startd: it decides whether the method is run again at
//! once (up to three times) or the instance goes to maintenance. So every failure has a [`Kind`], and
//! [`Kind::exit_status`] is the one place that knows the numbers. Uses no other room.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A kind of failure: what svc.startd, or a person at a terminal, should make of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// Worth another try.
    Transient,
    /// Another try cannot help, and a person has to look.
    Fatal,
    /// Something has to be configured differently first.
    Config,
    /// Not called by SMF, and not told which instance is meant.
    NoSmf,
    /// The user may not do this.
    Permission,
    /// The command line cannot be understood.
    Usage,
}

/// Who reads the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// svc.startd: `SMF_METHOD` is set.
    Smf,
    /// A person or a script.
    Hand,
}

impl Kind {
    /// Every kind, in the order of the tables in the README and the man page.
    pub(crate) const ALL: [Self; 6] = [
        Self::Transient,
        Self::Fatal,
        Self::Config,
        Self::NoSmf,
        Self::Permission,
        Self::Usage,
    ];

    /// The exit status: `smf_method(7)` and `/lib/svc/share/smf_include.sh` have the numbers.
    ///
    /// clap's 2 for a usage error would be tried again by svc.startd, so under SMF it is a
    /// configuration error.
    pub(crate) const fn exit_status(self, caller: Caller) -> u8 {
        match (self, caller) {
            (Self::Transient, _) => 1,
            (Self::Usage, Caller::Hand) => 2,
            (Self::Fatal, _) => 95,
            (Self::Config, _) | (Self::Usage, Caller::Smf) => 96,
            (Self::NoSmf, _) => 99,
            (Self::Permission, _) => 100,
        }
    }

    /// What the status means, for the table in the README.
    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Self::Transient => "temporary failure; retrying may help",
            Self::Fatal => "retrying will not help; manual intervention is required",
            Self::Config => "configuration error; correct the configuration first",
            Self::NoSmf => "not called by SMF, and neither `--fmri` nor `--vm` given",
            Self::Permission => "this user has no permission",
            Self::Usage => "invalid command line",
        }
    }

    /// What svc.startd does about it (`svc.startd(8)`).
    pub(crate) const fn consequence(self) -> &'static str {
        match self {
            Self::Transient => "runs the method again at once; maintenance after three failures",
            Self::Fatal | Self::Config | Self::NoSmf | Self::Permission => "maintenance at once",
            Self::Usage => "manual calls only; 96 under SMF",
        }
    }
}

/// The status of a run that did what it was asked.
pub(crate) const SUCCESS: u8 = 0;

/// How a command ended that has itself said all there is to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Ending {
    /// As it was asked.
    Done,
    /// A file was judged, and svccfg would refuse it.
    Refused,
    /// Not everything could be read, or what was found could not be written.
    Incomplete,
}

impl Ending {
    /// Every ending, in the order of the table in the README.
    pub(crate) const ALL: [Self; 3] = [Self::Done, Self::Refused, Self::Incomplete];

    /// The exit status. No status leaves the program under SMF that a [`Kind`] does not have.
    pub(crate) const fn exit_status(self, caller: Caller) -> u8 {
        match self {
            Self::Done => SUCCESS,
            Self::Refused => Kind::Transient.exit_status(caller),
            Self::Incomplete => Kind::Usage.exit_status(caller),
        }
    }

    /// What the status of `validate` means, for `--help` and the README.
    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "svccfg would accept every file",
            Self::Refused => "svccfg would reject at least one of them",
            Self::Incomplete => "a file cannot be read, or the command line is invalid",
        }
    }
}

/// A failure with its kind, the chain of causes, and the next step to take.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What svc.startd should make of it.
    pub(crate) kind: Kind,
    error: anyhow::Error,
    hint: Option<String>,
}

impl Failure {
    /// A failure of this kind.
    pub(crate) fn new(kind: Kind, error: impl Into<anyhow::Error>) -> Self {
        Self {
            kind,
            error: error.into(),
            hint: None,
        }
    }

    /// A failure that is told in one sentence.
    pub(crate) fn told(kind: Kind, message: impl fmt::Display) -> Self {
        Self::new(kind, anyhow::anyhow!("{message}"))
    }

    /// Says what it is about.
    pub(crate) fn about(mut self, what: &str) -> Self {
        self.error = self.error.context(what.to_owned());
        self
    }

    /// Says more of what is wrong, where there is more.
    pub(crate) fn also(mut self, more: Option<String>) -> Self {
        if let Some(more) = more {
            self.error = anyhow::anyhow!("{:#}: {more}", self.error);
        }
        self
    }

    /// Adds what to do next: a sentence, without a full stop.
    pub(crate) fn hinted(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// One line: the chain of causes, then the next step.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.error)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_number() {
        let table = [
            (Kind::Transient, 1, 1),
            (Kind::Fatal, 95, 95),
            (Kind::Config, 96, 96),
            (Kind::NoSmf, 99, 99),
            (Kind::Permission, 100, 100),
            (Kind::Usage, 96, 2),
        ];
        assert_eq!(table.map(|row| row.0), Kind::ALL);
        for (kind, under_smf, by_hand) in table {
            assert_eq!(kind.exit_status(Caller::Smf), under_smf, "{kind:?}");
            assert_eq!(kind.exit_status(Caller::Hand), by_hand, "{kind:?}");
        }
    }

    #[test]
    fn svc_startd_never_sees_another_status() {
        for kind in Kind::ALL {
            assert!([1, 95, 96, 99, 100].contains(&kind.exit_status(Caller::Smf)));
        }
        assert_eq!(Ending::ALL.map(|e| e.exit_status(Caller::Smf)), [0, 1, 96]);
        assert_eq!(Ending::ALL.map(|e| e.exit_status(Caller::Hand)), [0, 1, 2]);
    }

    #[test]
    fn a_failure_is_one_line_with_the_next_step() {
        let failure =
            Failure::new(Kind::Config, anyhow::anyhow!("inner").context("outer")).hinted("do this");
        assert_eq!(failure.to_string(), "outer: inner; do this");
    }
}
