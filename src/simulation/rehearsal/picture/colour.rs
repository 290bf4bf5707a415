//! The colours of the picture: in the middle between light and dark, so that they stand on both.

use crate::simulation::host::SmfState;
use crate::virtualbox::vm::VmState;

/// A colour, by what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    Disabled,
    Offline,
    Starting,
    Online,
    Stopping,
    Maintenance,
    Deleted,
    Off,
    Up,
    Running,
    Paused,
    Down,
    Saved,
    Aborted,
    Stuck,
    Other,
}

impl Colour {
    /// In the order of the legend.
    pub(super) const ALL: [Self; 16] = [
        Self::Disabled,
        Self::Offline,
        Self::Starting,
        Self::Online,
        Self::Stopping,
        Self::Maintenance,
        Self::Deleted,
        Self::Off,
        Self::Up,
        Self::Running,
        Self::Paused,
        Self::Down,
        Self::Saved,
        Self::Aborted,
        Self::Stuck,
        Self::Other,
    ];

    pub(super) const fn of_smf(state: SmfState) -> Self {
        match state {
            SmfState::Disabled => Self::Disabled,
            SmfState::Offline => Self::Offline,
            SmfState::Starting => Self::Starting,
            SmfState::Online => Self::Online,
            SmfState::Stopping => Self::Stopping,
            SmfState::Maintenance => Self::Maintenance,
            SmfState::Deleted => Self::Deleted,
        }
    }

    pub(super) const fn of_vm(state: &VmState) -> Self {
        match state {
            VmState::PowerOff | VmState::Teleported => Self::Off,
            VmState::Starting | VmState::Restoring => Self::Up,
            VmState::Running => Self::Running,
            VmState::Paused => Self::Paused,
            VmState::Stopping | VmState::Saving => Self::Down,
            VmState::Saved => Self::Saved,
            VmState::Aborted | VmState::AbortedSaved => Self::Aborted,
            VmState::GuruMeditation => Self::Stuck,
            VmState::Teleporting
            | VmState::LiveSnapshotting
            | VmState::TeleportingPausedVm
            | VmState::TeleportingIn
            | VmState::DeletingSnapshotLive
            | VmState::DeletingSnapshotLivePaused
            | VmState::OnlineSnapshotting
            | VmState::RestoringSnapshot
            | VmState::DeletingSnapshot
            | VmState::SettingUp
            | VmState::Snapshotting
            | VmState::Unknown
            | VmState::Other(_) => Self::Other,
        }
    }

    pub(super) const fn is_of_smf(self) -> bool {
        match self {
            Self::Disabled
            | Self::Offline
            | Self::Starting
            | Self::Online
            | Self::Stopping
            | Self::Maintenance
            | Self::Deleted => true,
            Self::Off
            | Self::Up
            | Self::Running
            | Self::Paused
            | Self::Down
            | Self::Saved
            | Self::Aborted
            | Self::Stuck
            | Self::Other => false,
        }
    }

    /// Words for the legend.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Offline => "offline",
            Self::Starting => "start method runs",
            Self::Online => "online",
            Self::Stopping => "stop method runs",
            Self::Maintenance => "maintenance",
            Self::Deleted => "deleted",
            Self::Off => "off",
            Self::Up => "starting, restoring",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Down => "stopping, saving",
            Self::Saved => "saved",
            Self::Aborted => "aborted",
            Self::Stuck => "guru meditation",
            Self::Other => "other",
        }
    }

    /// Attributes of a shape.
    pub(super) fn paint(self) -> String {
        let fill = match self {
            Self::Off => {
                return "fill='#808890' fill-opacity='.12' stroke='#808890' stroke-opacity='.5' \
                        stroke-width='.5'"
                    .to_owned();
            }
            Self::Disabled => "#9aa3ab",
            Self::Offline => "#c9a13b",
            Self::Starting => "#e3c25c",
            Self::Online => "#3a9457",
            Self::Stopping => "#8fc06a",
            Self::Maintenance | Self::Stuck => "#d1344b",
            Self::Up => "#7db3e3",
            Self::Running => "#2f78bf",
            Self::Paused => "#7f93a8",
            Self::Down => "#b48ee0",
            Self::Saved => "#7550b0",
            Self::Aborted => "#96602f",
            Self::Deleted | Self::Other => "#a0a0a0",
        };
        format!("fill='{fill}'")
    }

    /// Whether white letters can be read on it.
    pub(super) const fn carries_words(self) -> bool {
        !matches!(
            self,
            Self::Off | Self::Up | Self::Down | Self::Deleted | Self::Other
        )
    }
}
