//! The lock of a user: whoever starts VBoxSVC has it, and whoever asks for a list that costs time with every VM.
//!
//! Clients race when no VBoxSVC answers, so one begins. And where many VMs are stopped at the same moment, each by a run
//! of its own, each long list would take as long as all of them together, and look as if it hung: with 40 VMs on two
//! processors more than 20 s, and alone one. So these runs take turns.

use std::cell::Cell;
use std::time::Duration;

use crate::host::{Held, Host, LockError};
use crate::text::log::Log;
use crate::virtualbox::vm::VmName;

/// How long a turn at the lists is waited for: 100 VMs have theirs within that.
pub(super) const TURN_PATIENCE: Duration = Duration::from_secs(60);

/// What a look holds until it is over, and has waited for no more than once.
#[derive(Default)]
pub(crate) struct Turn {
    waited: bool,
    _lock: Option<Box<dyn Held>>,
}

impl Turn {
    /// The lock for a cold start, in a run that is over at `end`. Without it the run goes on, and says so.
    pub(super) fn cold(
        host: &dyn Host,
        log: &Log<'_>,
        vm: &VmName,
        (patient, patience): (&Cell<bool>, Duration),
        end: Duration,
    ) -> Self {
        let lock = take(host, patient, patience, end);
        if let Some(error) = &lock.1 {
            log.line(format_args!(
                "{vm}: continuing without the lock for cold starts: {error}"
            ));
        }
        Self {
            waited: true,
            _lock: lock.0,
        }
    }

    /// A turn at the lists, for whoever has not waited for the lock already. It is no right: who cannot have one asks
    /// all the same, and is slow at the worst.
    pub(super) fn at_the_lists(
        &mut self,
        host: &dyn Host,
        log: &Log<'_>,
        vm: &VmName,
        patient: &Cell<bool>,
        end: Duration,
    ) {
        if self.waited {
            return;
        }
        let lock = take(host, patient, TURN_PATIENCE, end);
        if let Some(error @ LockError::Busy(_)) = &lock.1 {
            log.line(format_args!(
                "{vm}: continuing without the lock for VirtualBox queries: {error}"
            ));
        }
        *self = Self {
            waited: true,
            _lock: lock.0,
        };
    }
}

/// The lock, or why there is none, if that is to be said. A holder that hangs costs a run this patience once: after that
/// the lock is taken where it is free, and nothing is said.
fn take(
    host: &dyn Host,
    patient: &Cell<bool>,
    patience: Duration,
    end: Duration,
) -> (Option<Box<dyn Held>>, Option<LockError>) {
    let wait = if patient.get() {
        patience.min(half(host, end))
    } else {
        Duration::ZERO
    };
    match host.cold_start_lock(wait) {
        Ok(lock) => (Some(lock), None),
        Err(error) => (None, patient.replace(false).then_some(error)),
    }
}

/// The look itself needs some of the time, too.
fn half(host: &dyn Host, end: Duration) -> Duration {
    end.saturating_sub(host.now()) / 2
}
