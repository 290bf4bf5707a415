//! Work that is finished or undone before a signal ends this process.

use std::cell::Cell;

use super::as_user::signals::{Noted, Signals};

/// As long as this lives, a signal that would end this process is noted, and has its effect afterwards.
pub(crate) struct Interruption {
    /// What is done about a signal is the whole process's, and tests run side by side in one.
    #[cfg(test)]
    _alone: std::sync::MutexGuard<'static, ()>,
    signals: Signals,
    ending: Cell<Option<libc::c_int>>,
}

impl Interruption {
    /// From now on.
    pub(crate) fn note() -> Self {
        Self {
            #[cfg(test)]
            _alone: {
                static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
                ALONE
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner)
            },
            signals: Signals::note(),
            ending: Cell::new(None),
        }
    }

    /// Whether this process is to end. One that is to stop stops here, until it is continued.
    pub(crate) fn came(&self) -> bool {
        match Signals::take() {
            Some(Noted::End(signal)) => self.ending.set(Some(signal)),
            Some(Noted::Stop) => self.signals.obey(libc::SIGTSTP),
            None => {}
        }
        self.ending.get().is_some()
    }
}

impl Drop for Interruption {
    fn drop(&mut self) {
        self.came();
        if let Some(signal) = self.ending.get() {
            self.signals.obey(signal);
        }
    }
}
