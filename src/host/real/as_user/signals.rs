//! The signals of the caller, while others work for it.
//!
//! A process in a session of its own hears nothing from the terminal. So what would end or stop this process is noted
//! here, passed on, and only then takes effect.

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicU32, Ordering};

/// What a terminal, a shell or an administrator ends a process with, or a timer or a limit that the caller has set.
const ENDING: [libc::c_int; 10] = [
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGTERM,
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGALRM,
    libc::SIGVTALRM,
    libc::SIGPROF,
    libc::SIGXCPU,
];

/// A bit for each that has come and was not acted on.
static NOTED: AtomicU32 = AtomicU32::new(0);

/// It does nothing else, so that it may come at any moment. `poll` ends with `EINTR` after it.
extern "C" fn note(signal: libc::c_int) {
    NOTED.fetch_or(bit(signal), Ordering::Relaxed);
}

const fn bit(signal: libc::c_int) -> u32 {
    1_u32 << (signal.cast_unsigned() & 31)
}

/// What is to be done about a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::host::real) enum Noted {
    /// End.
    End(libc::c_int),
    /// Stop until somebody says to continue.
    Stop,
}

/// As long as this lives, signals are noted; then they do again what they did before.
pub(in crate::host::real) struct Signals {
    before: Vec<(libc::c_int, libc::sigaction)>,
}

impl Signals {
    pub(in crate::host::real) fn note() -> Self {
        NOTED.store(0, Ordering::Relaxed);
        let mut before = Vec::new();
        for signal in ENDING.into_iter().chain([libc::SIGTSTP]) {
            let now = action(note as extern "C" fn(libc::c_int) as libc::sighandler_t);
            let Some(old) = set(signal, &now) else {
                continue;
            };
            // nohup(1), and a shell's background jobs: what is ignored stays so.
            if old.sa_sigaction == libc::SIG_IGN {
                set(signal, &old);
            } else {
                before.push((signal, old));
            }
        }
        Self { before }
    }

    /// What has come since the last time.
    pub(in crate::host::real) fn take() -> Option<Noted> {
        let noted = NOTED.swap(0, Ordering::Relaxed);
        let came = |signal: &libc::c_int| noted & bit(*signal) != 0;
        if let Some(signal) = ENDING.into_iter().find(|signal| came(signal)) {
            return Some(Noted::End(signal));
        }
        came(&libc::SIGTSTP).then_some(Noted::Stop)
    }

    /// Lets a signal have its effect on this process: who waits for it sees that it ended, or stopped, by that signal.
    pub(in crate::host::real) fn obey(&self, signal: libc::c_int) {
        let Some((_, before)) = self.before.iter().find(|(noted, _)| *noted == signal) else {
            return;
        };
        let noting = set(signal, before);
        // SAFETY: it touches no memory. The system passes over a stop that nobody could end: the kernel knows the sessions.
        unsafe { libc::raise(signal) };
        if let Some(noting) = noting {
            set(signal, &noting);
        }
    }

    /// All of them do what they did before.
    pub(in crate::host::real) fn reset(&self) {
        for (signal, before) in &self.before {
            set(*signal, before);
        }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.reset();
    }
}

fn action(handler: libc::sighandler_t) -> libc::sigaction {
    // SAFETY: all fields of it are numbers and sets of bits, of which zero is a value.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = handler;
    action
}

/// `sigaction(2)`: what was there before.
fn set(signal: libc::c_int, action: &libc::sigaction) -> Option<libc::sigaction> {
    let mut before = self::action(libc::SIG_DFL);
    // SAFETY: both point to live values. The handler is `note`, which only sets a bit, or what was there before.
    let result = unsafe { libc::sigaction(signal, action, &raw mut before) };
    (result == 0).then_some(before)
}
