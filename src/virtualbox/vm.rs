//! The words for virtual machines: what names one, the states it can be in, how it is stopped.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::text::printable::Printable;

/// The longest value that `svccfg import` keeps whole, in bytes.
const NAME_MAX: usize = 4095;

/// Why a text cannot name a VM.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum VmNameError {
    /// VirtualBox has no VM without a name.
    #[error("a VM's name cannot be empty")]
    Empty,
    /// It could not be passed as an argument.
    #[error("a VM's name cannot hold a NUL character")]
    Nul,
    /// SMF would cut it.
    #[error("a VM's name of {0} bytes is longer than the {NAME_MAX} that SMF keeps")]
    TooLong(usize),
}

/// What names a VM: its name, or its UUID as text. VirtualBox looks a UUID-shaped text up as a UUID only.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct VmName(String);

impl VmName {
    /// The name as it is given to VBoxManage.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The UUID, where the name has the shape of one.
    pub(crate) fn as_uuid(&self) -> Option<Uuid> {
        self.0.parse().ok()
    }
}

impl FromStr for VmName {
    type Err = VmNameError;

    fn from_str(text: &str) -> Result<Self, VmNameError> {
        match text {
            "" => Err(VmNameError::Empty),
            _ if text.contains('\0') => Err(VmNameError::Nul),
            _ if text.len() > NAME_MAX => Err(VmNameError::TooLong(text.len())),
            _ => Ok(Self(text.to_owned())),
        }
    }
}

/// For the log: control characters are escaped.
impl fmt::Display for VmName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Printable(&self.0))
    }
}

/// A VM's UUID, in lower case without braces.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Uuid(String);

/// A text that is not a UUID.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a UUID")]
pub(crate) struct NotUuid;

impl Uuid {
    /// `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Uuid {
    type Error = NotUuid;

    fn try_from(text: String) -> Result<Self, NotUuid> {
        text.parse()
    }
}

impl From<Uuid> for String {
    fn from(uuid: Uuid) -> Self {
        uuid.0
    }
}

/// Upper case and braces are taken, as VirtualBox takes them.
impl FromStr for Uuid {
    type Err = NotUuid;

    fn from_str(text: &str) -> Result<Self, NotUuid> {
        let bare = text
            .strip_prefix('{')
            .and_then(|t| t.strip_suffix('}'))
            .unwrap_or(text);
        let dashes = [8, 13, 18, 23];
        let fits = bare.len() == 36
            && bare.bytes().enumerate().all(|(i, b)| {
                if dashes.contains(&i) {
                    b == b'-'
                } else {
                    b.is_ascii_hexdigit()
                }
            });
        if fits {
            Ok(Self(bare.to_ascii_lowercase()))
        } else {
            Err(NotUuid)
        }
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The states of a VM, with VBoxManage's two words for each: that of `showvminfo --machinereadable`
/// and that of `list --long vms`.
macro_rules! vm_states {
    ($($(#[$doc:meta])* $variant:ident = $machine:literal, $human:literal;)+) => {
        /// A state of a VM, as VBoxManage tells it (`machineStateToName` in VBoxManageInfo.cpp).
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(crate) enum VmState {
            $($(#[$doc])* $variant,)+
            /// A word of a VirtualBox that is newer than this program. It is never taken for off.
            Other(String),
        }

        impl VmState {
            /// Every state that has a word.
            pub(crate) const ALL: [Self; [$($machine),+].len()] = [$(Self::$variant,)+];

            /// The word of `showvminfo --machinereadable`, which is also this program's.
            pub(crate) fn word(&self) -> &str {
                match self {
                    $(Self::$variant => $machine,)+
                    Self::Other(word) => word,
                }
            }

            /// From the word of `showvminfo --machinereadable`, as in `VMState="poweroff"`.
            pub(crate) fn from_machine_word(word: &str) -> Self {
                match word {
                    $($machine => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }

            /// From the words of `list --long vms`, as in `State:   powered off (since ...)`.
            pub(crate) fn from_human_words(words: &str) -> Self {
                match words {
                    $($human => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }

            /// The words of `list --long vms`.
            pub(crate) fn human_words(&self) -> &str {
                match self {
                    $(Self::$variant => $human,)+
                    Self::Other(words) => words,
                }
            }
        }
    };
}

vm_states! {
    /// Off.
    PowerOff = "poweroff", "powered off";
    /// Off, with its memory on disk.
    Saved = "saved", "saved";
    /// Off: it went to another host.
    Teleported = "teleported", "teleported";
    /// Off: its process ended without a word.
    Aborted = "aborted", "aborted";
    /// Off: its process ended during a restore, and the saved state is still there.
    AbortedSaved = "aborted-saved", "aborted-saved";
    /// The guest runs.
    Running = "running", "running";
    /// The guest is held, in memory.
    Paused = "paused", "paused";
    /// The guest is dead, its process is there.
    GuruMeditation = "gurumeditation", "guru meditation";
    /// It is going to another host.
    Teleporting = "teleporting", "teleporting";
    /// A snapshot is taken while the guest runs.
    LiveSnapshotting = "livesnapshotting", "live snapshotting";
    /// On its way to running.
    Starting = "starting", "starting";
    /// On its way to off.
    Stopping = "stopping", "stopping";
    /// On its way to saved.
    Saving = "saving", "saving";
    /// On its way from saved to running.
    Restoring = "restoring", "restoring";
    /// It is going to another host, from paused.
    TeleportingPausedVm = "teleportingpausedvm", "teleporting paused vm";
    /// It is coming from another host.
    TeleportingIn = "teleportingin", "teleporting (incoming)";
    /// A snapshot is merged while the guest runs.
    DeletingSnapshotLive = "deletingsnapshotlive", "deleting snapshot live";
    /// A snapshot is merged while the guest is paused.
    DeletingSnapshotLivePaused = "deletingsnapshotlivepaused", "deleting snapshot live paused";
    /// A snapshot of a running guest is taken.
    OnlineSnapshotting = "onlinesnapshotting", "online snapshotting";
    /// Off, and a snapshot is put back.
    RestoringSnapshot = "restoringsnapshot", "restoring snapshot";
    /// Off, and a snapshot is merged.
    DeletingSnapshot = "deletingsnapshot", "deleting snapshot";
    /// Off, and its hardware is set up.
    SettingUp = "settingup", "setting up";
    /// Off, and a snapshot is taken.
    Snapshotting = "snapshotting", "offline snapshotting";
    /// VirtualBox itself does not know.
    Unknown = "unknown", "unknown";
}

impl fmt::Display for VmState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Printable(self.word()))
    }
}

/// Where the VM should be when the method is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Intent {
    /// Up.
    Start,
    /// Down.
    Stop,
}

impl Intent {
    /// The method's name in SMF.
    pub(crate) const fn method(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
        }
    }
}

impl fmt::Display for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.method())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_read_from_both_its_words() {
        for state in VmState::ALL {
            assert_eq!(VmState::from_machine_word(state.word()), state);
            assert_eq!(VmState::from_human_words(state.human_words()), state);
        }
    }

    #[test]
    fn another_word_is_no_known_state() {
        for word in ["", "Running", "running ", "off", "powered off", "molten"] {
            assert_eq!(
                VmState::from_machine_word(word),
                VmState::Other(word.into())
            );
        }
    }

    #[test]
    fn uuids_in_every_form_that_virtualbox_takes() {
        let plain = "c49decd0-163a-44f9-9d85-b6e06ddc2277";
        for text in [
            plain,
            "{c49decd0-163a-44f9-9d85-b6e06ddc2277}",
            "C49DECD0-163A-44F9-9D85-B6E06DDC2277",
        ] {
            assert_eq!(
                text.parse::<Uuid>().map(|u| u.to_string()),
                Ok(plain.into())
            );
        }
        for text in [
            "",
            "vm1",
            "c49decd0-163a-44f9-9d85-b6e06ddc227",
            "c49decd0163a44f99d85b6e06ddc2277",
            "{c49decd0-163a-44f9-9d85-b6e06ddc2277",
            "c49decd0-163a-44f9-9d85-b6e06ddc227g",
        ] {
            assert_eq!(text.parse::<Uuid>(), Err(NotUuid), "{text}");
        }
    }

    #[test]
    fn names_that_cannot_be() {
        assert_eq!("".parse::<VmName>(), Err(VmNameError::Empty));
        assert_eq!("a\0b".parse::<VmName>(), Err(VmNameError::Nul));
        let long = "x".repeat(4096);
        assert_eq!(long.parse::<VmName>(), Err(VmNameError::TooLong(4096)));
    }
}
