//! What the states have in common.

use crate::virtualbox::vm::VmState;

/// What the states have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// The guest runs.
    Up,
    /// The guest is held.
    Paused,
    /// The guest is dead, its process is not.
    Dead,
    /// Off.
    Off,
    /// Off, with its memory on disk.
    Saved,
    /// Off, its process ended without a word.
    Crashed,
    /// On its way: wait.
    Transitional,
    /// Off, and something is done to it: wait.
    Busy,
    /// Nobody knows.
    Unknown,
}

/// What a state has in common with others.
pub(crate) fn class(state: &VmState) -> Class {
    match state {
        VmState::Running => Class::Up,
        VmState::Paused => Class::Paused,
        VmState::GuruMeditation => Class::Dead,
        VmState::PowerOff | VmState::Teleported => Class::Off,
        VmState::Saved | VmState::AbortedSaved => Class::Saved,
        VmState::Aborted => Class::Crashed,
        VmState::Starting
        | VmState::Restoring
        | VmState::Saving
        | VmState::Stopping
        | VmState::Teleporting
        | VmState::TeleportingPausedVm
        | VmState::TeleportingIn
        | VmState::LiveSnapshotting
        | VmState::OnlineSnapshotting
        | VmState::DeletingSnapshotLive
        | VmState::DeletingSnapshotLivePaused => Class::Transitional,
        VmState::DeletingSnapshot
        | VmState::RestoringSnapshot
        | VmState::SettingUp
        | VmState::Snapshotting => Class::Busy,
        VmState::Unknown | VmState::Other(_) => Class::Unknown,
    }
}

/// Whether this state is one of those in which no process of the VM should be left.
pub(crate) fn is_off(state: &VmState) -> bool {
    matches!(class(state), Class::Off | Class::Saved | Class::Crashed)
}
