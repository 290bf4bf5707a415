//! The lock of a user: whoever starts VBoxSVC has it, and whoever asks for a list that costs time with every VM.
//!
//! Clients race when no VBoxSVC answers, so one begins. And where many VMs are stopped at the same moment, each by a run
//! of its own, each long list would take as long as all of them together, and look as if it hung: with 40 VMs on two
//! processors more than 20 s, and alone one. So these runs take turns.

use std::time::Duration;

use crate::host::{Held, Host, LockError};
use crate::log::Log;
use crate::vm::VmName;

/// How long the lock for cold starts is waited for.
pub(in crate::commands) const LOCK_PATIENCE: Duration = Duration::from_secs(20);
/// How long a turn at the lists is waited for: 100 VMs have theirs within that.
const TURN_PATIENCE: Duration = Duration::from_secs(60);

/// What a look holds until it is over, and has waited for no more than once.
#[derive(Default)]
pub(in crate::commands) struct Turn {
    waited: bool,
    _lock: Option<Box<dyn Held>>,
}

impl Turn {
    /// The lock for a cold start, for a look that ends at `end`, by the lists or not. Without it the look goes on,
    /// and says so.
    pub(super) fn cold(
        host: &dyn Host,
        log: &Log<'_>,
        vm: &VmName,
        by_lists: bool,
        end: Duration,
    ) -> Self {
        let patience = if by_lists {
            TURN_PATIENCE
        } else {
            LOCK_PATIENCE
        };
        let lock = host.cold_start_lock(patience.min(half(host, end)));
        if let Err(error) = &lock {
            log.line(format_args!(
                "{vm}: going on without the lock for cold starts: {error}"
            ));
        }
        Self {
            waited: true,
            _lock: lock.ok(),
        }
    }

    /// A turn at the lists, for whoever has not waited for the lock already. It is no right: who cannot have one asks
    /// all the same, and is slow at the worst. Whether it was waited for in vain: once is enough for a run.
    pub(super) fn at_the_lists(
        &mut self,
        host: &dyn Host,
        log: &Log<'_>,
        vm: &VmName,
        end: Duration,
    ) -> bool {
        if self.waited {
            return false;
        }
        let lock = host.cold_start_lock(TURN_PATIENCE.min(half(host, end)));
        if let Err(error @ LockError::Busy(_)) = &lock {
            log.line(format_args!(
                "{vm}: going on without a turn at the lists: {error}"
            ));
        }
        let in_vain = matches!(lock, Err(LockError::Busy(_)));
        *self = Self {
            waited: true,
            _lock: lock.ok(),
        };
        in_vain
    }
}

/// The look itself needs some of the time, too.
fn half(host: &dyn Host, end: Duration) -> Duration {
    end.saturating_sub(host.now()) / 2
}
