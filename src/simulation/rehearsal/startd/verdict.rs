//! What svc.startd makes of the end of a method (`smf_method(7)`, and its source).

use std::time::Duration;

use crate::host::ExitStatus;
use crate::virtualbox::vm::Intent;

/// So many failures in a row lead to maintenance.
pub(super) const FAULT_LIMIT: u32 = 3;

/// What svc.startd makes of the end of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It did its work.
    Success,
    /// It is run again at once.
    Again,
    /// Another try cannot help.
    Permanent,
    /// It failed too often in a row.
    Threshold,
}

/// The verdict, given how often the method failed in a row before this.
pub(super) fn verdict(ended: ExitStatus, failures: u32) -> Verdict {
    match ended {
        ExitStatus::Exited(0 | 94) => Verdict::Success,
        ExitStatus::Exited(95 | 96 | 99 | 100) => Verdict::Permanent,
        ExitStatus::Exited(_) | ExitStatus::Killed(_) if failures + 1 >= FAULT_LIMIT => {
            Verdict::Threshold
        }
        ExitStatus::Exited(_) | ExitStatus::Killed(_) => Verdict::Again,
    }
}

/// `start method exits 0 after 0.40 s`
pub(super) fn ending(intent: Intent, ended: ExitStatus, took: Duration) -> String {
    let took = took.as_secs_f64();
    match ended {
        ExitStatus::Exited(status) => format!("{intent} method exits {status} after {took:.2} s"),
        ExitStatus::Killed(_) => format!("{intent} method is killed after {took:.2} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_exit_codes() {
        for (ended, first, third) in [
            (ExitStatus::Exited(0), Verdict::Success, Verdict::Success),
            (ExitStatus::Exited(94), Verdict::Success, Verdict::Success),
            (
                ExitStatus::Exited(95),
                Verdict::Permanent,
                Verdict::Permanent,
            ),
            (
                ExitStatus::Exited(96),
                Verdict::Permanent,
                Verdict::Permanent,
            ),
            (
                ExitStatus::Exited(99),
                Verdict::Permanent,
                Verdict::Permanent,
            ),
            (
                ExitStatus::Exited(100),
                Verdict::Permanent,
                Verdict::Permanent,
            ),
            (ExitStatus::Exited(1), Verdict::Again, Verdict::Threshold),
            (ExitStatus::Exited(97), Verdict::Again, Verdict::Threshold),
            (ExitStatus::Exited(127), Verdict::Again, Verdict::Threshold),
            (ExitStatus::Killed(9), Verdict::Again, Verdict::Threshold),
        ] {
            assert_eq!(verdict(ended, 0), first, "{ended:?}");
            assert_eq!(verdict(ended, 2), third, "{ended:?}");
        }
    }
}
