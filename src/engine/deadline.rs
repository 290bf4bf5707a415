//! The time of one run, on the clock of its host: one process can make many runs, one after the other or side by side.

use std::time::Duration;

/// How long the last look may take when the time is over: less than svc.startd's timeout leaves us.
const LAST_LOOK: Duration = Duration::from_secs(5);

/// When a run began, and how long it may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Deadline {
    /// What [`Host::now`] was when the run began. A method's run began with its process: svc.startd's time did, too.
    began: Duration,
    /// How long the run may take.
    budget: Duration,
}

impl Deadline {
    /// For a run that began then and may take so long.
    pub(crate) fn new(began: Duration, budget: Duration) -> Self {
        Self { began, budget }
    }

    /// How long the run may take.
    pub(crate) fn budget(self) -> Duration {
        self.budget
    }

    /// How long ago the run began.
    pub(crate) fn elapsed(self, now: Duration) -> Duration {
        now.saturating_sub(self.began)
    }

    /// What is left of the time.
    pub(crate) fn left(self, now: Duration) -> Duration {
        self.budget.saturating_sub(self.elapsed(now))
    }

    /// When everything is over, the last look included, on the host's clock: after the run's time, and before svc.startd's,
    /// which leaves ten seconds, or half of a limit that is shorter than twenty.
    pub(crate) fn end(self) -> Duration {
        let whole = self.budget + LAST_LOOK.min(self.budget / 2);
        self.began.saturating_add(whole)
    }

    /// What is left until then.
    pub(crate) fn left_to_end(self, now: Duration) -> Duration {
        self.end().saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_run_has_its_time_whenever_it_begins() {
        for began in [seconds(0), seconds(7)] {
            let run = Deadline::new(began, seconds(60));
            assert_eq!(run.elapsed(began + seconds(2)), seconds(2));
            assert_eq!(run.left(began + seconds(2)), seconds(58));
            assert_eq!(run.left_to_end(began + seconds(2)), seconds(63));
            assert_eq!(run.left(began + seconds(61)), seconds(0));
            assert_eq!(run.end(), began + seconds(65));
        }
    }

    #[test]
    fn a_short_time_is_not_doubled_by_the_last_look() {
        let run = Deadline::new(seconds(3), seconds(6));
        assert_eq!(run.end(), seconds(12));
        assert_eq!(run.left_to_end(seconds(13)), seconds(0));
    }
}
