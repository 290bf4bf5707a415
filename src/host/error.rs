//! Why the world did not do what was asked.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use crate::text::printable::{Printable, PrintablePath};

/// Why there is no [`Output`](super::Output).
#[derive(Debug, Error)]
pub(crate) enum RunError {
    /// It could not be executed.
    #[error("cannot execute {}", PrintablePath(.program))]
    Spawn {
        /// What was to be executed.
        program: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It took longer than its limit, and was killed.
    #[error("{summary} did not respond within {} s", .limit.as_secs())]
    Hung {
        /// The command.
        summary: String,
        /// Its limit.
        limit: Duration,
    },
}

impl RunError {
    /// Whether another try makes sense: what is not there, or may not be executed, stays so, and what the
    /// system was short of may be there again.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Spawn { source, .. } => {
                !matches!(
                    source.kind(),
                    io::ErrorKind::NotFound
                        | io::ErrorKind::NotADirectory
                        | io::ErrorKind::PermissionDenied
                ) && source.raw_os_error() != Some(libc::ENOEXEC)
            }
            Self::Hung { .. } => true,
        }
    }
}

/// Why the lock for cold starts was not taken.
#[derive(Debug, Error)]
pub(crate) enum LockError {
    /// Somebody else held it all the time.
    #[error("another vbox-smf of this user still held the lock after {} s", .0.as_secs())]
    Busy(Duration),
    /// The folder or the file is not what it should be, or somebody else's.
    #[error("{0}")]
    Unusable(String),
}

/// Why nothing was done as another user.
#[derive(Debug, Error)]
pub(crate) enum AsUserError {
    /// The password database has no such entry.
    #[error("there is no user '{}'", Printable(.0))]
    NoSuchUser(String),
    /// Only root and that user may.
    #[error("only root and {} may ask", Printable(.0))]
    NotPermitted(String),
    /// All had this long, and this one gave nothing: its user may have stopped it, or the machine is busy.
    #[error("the process for user {} did not respond within {:.0} s", Printable(.0), .1.as_secs_f64())]
    NoAnswer(String, Duration),
    /// Something else, which the system says.
    #[error("cannot act as user '{}'", Printable(.0))]
    Failed(String, #[source] io::Error),
}
