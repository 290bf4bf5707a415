//! How long a command that asks many waits, for all of them together.

use std::time::Duration;

use crate::host::Host;

/// Unless somebody says otherwise: longer than the lists of 1,000 VMs of one user take.
pub(crate) const USUAL: u64 = 300;
/// The processes that ask give up this much earlier, so that they can say what was slow; a tenth of a short limit.
const MARGIN: Duration = Duration::from_secs(2);

/// The end of the time that a command has, on the clock of its host.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    end: Duration,
    margin: Duration,
}

impl Limit {
    /// From now on.
    pub(crate) fn from_now(host: &dyn Host, whole: Duration) -> Self {
        Self {
            end: host.now().saturating_add(whole),
            margin: (whole / 10).min(MARGIN),
        }
    }

    /// What is left for everything.
    pub(crate) fn whole(self, host: &dyn Host) -> Duration {
        self.end.saturating_sub(host.now())
    }

    /// What is left for something that is waited for by one who is waited for, if it would take this long at most.
    pub(crate) fn of(self, host: &dyn Host, at_most: Duration) -> Duration {
        self.whole(host).saturating_sub(self.margin).min(at_most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::fake::Fake;

    #[test]
    fn a_part_of_it_ends_before_the_whole() {
        let seconds = Duration::from_secs;
        let host = Fake::default();
        let usual = Limit::from_now(&host, seconds(USUAL));
        assert_eq!(usual.whole(&host), seconds(300));
        assert_eq!(usual.of(&host, seconds(20)), seconds(20));
        assert_eq!(usual.of(&host, seconds(500)), seconds(298));
        let short = Limit::from_now(&host, seconds(5));
        assert_eq!(short.of(&host, seconds(20)), Duration::from_millis(4500));
    }
}
