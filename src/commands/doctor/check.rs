//! What a check is, and what it found.

use serde::{Deserialize, Serialize};

/// How grave it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    /// As it should be.
    Ok,
    /// It works, or cannot be told.
    Warn,
    /// A start or a stop fails over it, or does harm.
    Fail,
}

impl Verdict {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// Declares the topics, in the order in which they are looked at: each with its word, and what `--help` says of it.
macro_rules! topics {
    ($($topic:ident = $word:literal, $about:literal;)+) => {
        /// What is looked at.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub(super) enum Topic {
            $(#[serde(rename = $word)] $topic,)+
        }

        impl Topic {
            /// In the order in which they are looked at.
            pub(super) const ALL: &[Self] = &[$(Self::$topic,)+];

            pub(super) const fn word(self) -> &'static str {
                match self { $(Self::$topic => $word,)+ }
            }

            /// For `--help`.
            pub(super) const fn about(self) -> &'static str {
                match self { $(Self::$topic => $about,)+ }
            }
        }
    };
}

topics! {
    Smf = "smf", "SMF responds and has the instances";
    Virtualbox = "virtualbox", "VBoxManage exists and only root can write to it";
    Driver = "driver", "VirtualBox's kernel driver is loaded";
    DriverService = "driver-service", "the OpenIndiana service that loads the driver is online";
    Method = "method", "the method and vbox-smf exist and only root can write to them";
    User = "user", "the user of the instance exists";
    Home = "home", "the user has a writable home directory";
    Locale = "locale", "the locale allows VirtualBox to print every name";
    Ipc = "ipc", "the IPC folder of VirtualBox's clients and server";
    Lock = "lock", "the lock for cold starts is usable and not stale";
    Registry = "registry", "VirtualBox.xml is valid";
    Server = "server", "VirtualBox's server responds";
    Contract = "contract", "VirtualBox's server is not in an instance's process contract";
    Names = "names", "VM names are unique";
    Environment = "environment", "all VMs of a user request the same environment";
    Settings = "settings", "every property has an allowed value";
    Budget = "budget", "the timeouts are long enough";
    Vm = "vm", "the VM exists, and no other instance manages it";
    State = "state", "SMF and VirtualBox agree";
    Autostart = "autostart", "VirtualBox's own autostart does not manage the VM";
}

/// A check that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Check {
    pub(super) verdict: Verdict,
    #[serde(rename = "check")]
    pub(super) topic: Topic,
    /// The host, a user, or an instance.
    pub(super) subject: String,
    /// A fragment.
    pub(super) finding: String,
    /// What to do about it: a fragment.
    pub(super) hint: Option<String>,
    /// The command that does it.
    pub(super) command: Option<String>,
}

impl Check {
    pub(super) fn new(
        verdict: Verdict,
        topic: Topic,
        subject: &str,
        finding: impl Into<String>,
    ) -> Self {
        Self {
            verdict,
            topic,
            subject: subject.to_owned(),
            finding: finding.into(),
            hint: None,
            command: None,
        }
    }

    pub(super) fn ok(topic: Topic, subject: &str, finding: impl Into<String>) -> Self {
        Self::new(Verdict::Ok, topic, subject, finding)
    }

    pub(super) fn warn(topic: Topic, subject: &str, finding: impl Into<String>) -> Self {
        Self::new(Verdict::Warn, topic, subject, finding)
    }

    pub(super) fn fail(topic: Topic, subject: &str, finding: impl Into<String>) -> Self {
        Self::new(Verdict::Fail, topic, subject, finding)
    }

    /// Adds what to do.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the command to type.
    pub(super) fn command(mut self, command: impl Into<String>) -> Self {
        self.command = Some(command.into());
        self
    }
}
