//! The processes as they were a moment ago.

use std::time::Duration;

use super::GLANCE;
use crate::host::{Host, Process};

/// The processes of VirtualBox at some time.
pub(crate) struct ProcessSnapshot {
    pub(super) at: Duration,
    pub(super) processes: Vec<Process>,
}

impl ProcessSnapshot {
    /// As they are now; none if they cannot be seen.
    pub(crate) fn of(host: &dyn Host) -> Option<Self> {
        let at = host.now();
        host.processes()
            .ok()
            .map(|processes| Self { at, processes })
    }

    /// Whether who waits would not have looked again by now.
    pub(super) fn holds(&self, now: Duration) -> bool {
        now.saturating_sub(self.at) < GLANCE
    }
}
