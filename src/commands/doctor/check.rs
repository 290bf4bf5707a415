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

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Topic {
    Smf,
    Virtualbox,
    Driver,
    DriverService,
    Method,
    User,
    Home,
    Locale,
    Ipc,
    Lock,
    Registry,
    Server,
    Contract,
    Names,
    Environment,
    Settings,
    Budget,
    Vm,
    State,
    Autostart,
}

impl Topic {
    /// In the order in which they are looked at.
    pub(super) const ALL: [Self; 20] = [
        Self::Smf,
        Self::Virtualbox,
        Self::Driver,
        Self::DriverService,
        Self::Method,
        Self::User,
        Self::Home,
        Self::Locale,
        Self::Ipc,
        Self::Lock,
        Self::Registry,
        Self::Server,
        Self::Contract,
        Self::Names,
        Self::Environment,
        Self::Settings,
        Self::Budget,
        Self::Vm,
        Self::State,
        Self::Autostart,
    ];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Smf => "smf",
            Self::Virtualbox => "virtualbox",
            Self::Driver => "driver",
            Self::DriverService => "driver-service",
            Self::Method => "method",
            Self::User => "user",
            Self::Home => "home",
            Self::Locale => "locale",
            Self::Ipc => "ipc",
            Self::Lock => "lock",
            Self::Registry => "registry",
            Self::Server => "server",
            Self::Contract => "contract",
            Self::Names => "names",
            Self::Environment => "environment",
            Self::Settings => "settings",
            Self::Budget => "budget",
            Self::Vm => "vm",
            Self::State => "state",
            Self::Autostart => "autostart",
        }
    }

    /// For `--help`.
    pub(super) const fn about(self) -> &'static str {
        match self {
            Self::Smf => "SMF answers, and has the instances",
            Self::Virtualbox => "VBoxManage is there, and is root's alone",
            Self::Driver => "VirtualBox's kernel driver is loaded",
            Self::DriverService => "OpenIndiana's service that loads it is online",
            Self::Method => "the method and vbox-smf are there, and are root's alone",
            Self::User => "the user of the instance exists",
            Self::Home => "the user has a home directory, and can write to it",
            Self::Locale => "VirtualBox can print every name",
            Self::Ipc => "the folder where VirtualBox's clients and server meet",
            Self::Lock => "the lock for cold starts is usable and not left over",
            Self::Registry => "VirtualBox.xml is whole",
            Self::Server => "VirtualBox's server answers",
            Self::Contract => "VirtualBox's server is not in an instance's process contract",
            Self::Names => "no two VMs have one name",
            Self::Environment => "the VMs of a user ask for one environment",
            Self::Settings => "every property has a value that is allowed",
            Self::Budget => "the timeouts leave enough time",
            Self::Vm => "the VM exists, and no other instance has it",
            Self::State => "SMF and VirtualBox agree",
            Self::Autostart => "VirtualBox's own autostart leaves the VM alone",
        }
    }
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
