//! How svcprop and svcs end, and why they may have no answer.

use crate::host::{ExitStatus, RunError};
use crate::text::printable::Excerpt;

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// The tool cannot be run, so there is no SMF.
    NoSmf(RunError),
    /// svc.configd does not answer, or the tool could not be run just now: it may be different soon.
    Unreachable(String),
    /// Anything else.
    Failed(String),
}

/// For a tool that could not be run.
pub(super) fn not_run(error: RunError) -> NoAnswer {
    if error.may_pass() {
        NoAnswer::Unreachable(error.to_string())
    } else {
        NoAnswer::NoSmf(error)
    }
}

/// Whether a tool printed an answer. Exit status 1 is also that of a call in which only some of what was asked for is
/// missing; the rest is printed all the same, and every complaint is a harmless one.
///
/// # Errors
/// It did not. `unreachable` is what it complains of where svc.configd does not answer.
pub(super) fn answered(
    ended: ExitStatus,
    stderr: &str,
    unreachable: &str,
    is_harmless: impl Fn(&str) -> bool,
) -> Result<(), NoAnswer> {
    let complaint = || Excerpt(stderr.lines().next().unwrap_or("no message")).to_string();
    match ended {
        ExitStatus::Exited(0) => Ok(()),
        ExitStatus::Exited(1) if stderr.contains(unreachable) => {
            Err(NoAnswer::Unreachable(complaint()))
        }
        ExitStatus::Exited(1) if !stderr.is_empty() && stderr.lines().all(is_harmless) => Ok(()),
        ExitStatus::Exited(status) => Err(NoAnswer::Failed(format!(
            "exit status {status}: {}",
            complaint()
        ))),
        ExitStatus::Killed(signal) => Err(NoAnswer::Failed(format!("killed by signal {signal}"))),
    }
}
