//! What is to be said about a row.

use std::fmt;

/// Where SMF and VirtualBox disagree, or what keeps that from being known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::commands) enum Note {
    /// It should be up, and its VM is this.
    Online(&'static str),
    /// It should be down, and its VM is this.
    Disabled(&'static str),
    /// It waits for something, and its VM is this.
    Offline(&'static str),
    /// VirtualBox says that it is off, and this process of it lives.
    Orphan(u32),
    /// Somebody has to look.
    Maintenance,
    /// Another instance has the same VM.
    SameVm(String),
    /// Nobody starts and stops this VM.
    NoInstance,
    /// The user has no such VM.
    NoSuchVm {
        /// `VBOX_USER_HOME`, where it is set.
        user_home: Option<String>,
        /// VMs whose names are not known, because their settings cannot be read: it may be one of them.
        lost: Vec<String>,
    },
    /// Its settings file is missing or broken: which VM, which file, and why.
    Inaccessible(String),
    /// So many VMs have this name; the first is meant.
    Namesakes(usize),
    /// A property cannot be used.
    Setting(String),
    /// svc.startd does not look at the user of its method context, and runs its methods as this one, where that is known.
    RunsAs(Option<String>),
    /// Its methods run this program, which is not vbox-smf.
    AnotherProgram(String),
    /// Why its VM is not known.
    Unknown(String),
}

impl Note {
    /// Whether something is wrong, and not only unknown.
    pub(in crate::commands) fn is_disagreement(&self) -> bool {
        match self {
            Self::Online(_)
            | Self::Disabled(_)
            | Self::Offline(_)
            | Self::Orphan(_)
            | Self::Maintenance
            | Self::SameVm(_)
            | Self::NoInstance
            | Self::NoSuchVm { .. }
            | Self::Inaccessible(_)
            | Self::Namesakes(_)
            | Self::Setting(_)
            | Self::RunsAs(_) => true,
            Self::AnotherProgram(_) | Self::Unknown(_) => false,
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Online(vm) => write!(f, "online but {vm}"),
            Self::Disabled(vm) => write!(f, "disabled but {vm}"),
            Self::Offline(vm) => write!(f, "offline but {vm}"),
            Self::Orphan(pid) => write!(f, "off, but process {pid} is still running"),
            Self::Maintenance => f.write_str("see svcs -xv"),
            Self::SameVm(other) => write!(f, "same VM as {other}"),
            Self::NoInstance => f.write_str("no instance"),
            Self::NoSuchVm { user_home, lost } => {
                f.write_str("no such VM")?;
                if let Some(home) = user_home {
                    write!(f, " in VBOX_USER_HOME={home}")?;
                }
                if !lost.is_empty() {
                    write!(f, "; VirtualBox cannot read {}", lost.join(", "))?;
                }
                Ok(())
            }
            Self::Inaccessible(which) => write!(f, "settings file lost: {which}"),
            Self::Namesakes(count) => write!(f, "first of {count} same-named"),
            Self::AnotherProgram(program) => write!(f, "managed by {program}, not by vbox-smf"),
            Self::RunsAs(Some(user)) => {
                write!(f, "its methods run as {user}: use_profile is not set")
            }
            Self::RunsAs(None) => {
                f.write_str("a rights profile determines the user of its methods")
            }
            Self::Setting(reason) | Self::Unknown(reason) => f.write_str(reason),
        }
    }
}
