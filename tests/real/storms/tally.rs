//! What came of the rounds of a storm: a line of a table, and whether it was well.

use std::time::Duration;

/// How many of them were true.
#[derive(Default)]
pub(super) struct Share {
    true_ones: usize,
    all: usize,
}

/// What came of all rounds so far.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) starts: Share,
    pub(super) stops: Share,
    pub(super) boots: Vec<Duration>,
    pub(super) shutdowns: Vec<Duration>,
    wrong: Vec<String>,
}

impl Share {
    fn shown(&self) -> String {
        format!("{}/{}", self.true_ones, self.all)
    }
}

impl Tally {
    /// Counts a start, and keeps what was wrong with it.
    pub(super) fn start(&mut self, wrong: Option<String>) {
        count(&mut self.starts, &mut self.wrong, wrong);
    }

    /// Counts a stop, and keeps what was wrong with it.
    pub(super) fn stop(&mut self, wrong: Option<String>) {
        count(&mut self.stops, &mut self.wrong, wrong);
    }

    /// Prints the line of the table, then fails the test if anything was wrong.
    #[track_caller]
    pub(super) fn conclude(self, what: &str, rounds: usize) {
        eprintln!(
            "| VMs | rounds | starts | stops | a boot: median, max | a shutdown: median, max |"
        );
        eprintln!(
            "| {what} | {rounds} | {} | {} | {} | {} |",
            self.starts.shown(),
            self.stops.shown(),
            median_and_max(self.boots),
            median_and_max(self.shutdowns),
        );
        assert!(
            self.wrong.is_empty(),
            "{} were wrong; the first:\n{}",
            self.wrong.len(),
            self.wrong[0]
        );
    }
}

fn count(share: &mut Share, all_wrong: &mut Vec<String>, wrong: Option<String>) {
    share.all += 1;
    match wrong {
        None => share.true_ones += 1,
        Some(wrong) => {
            eprintln!("WRONG: {wrong}");
            all_wrong.push(wrong);
        }
    }
}

/// As in `12.3 s, 14.0 s`.
pub(super) fn median_and_max(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let Some(max) = times.last() else {
        return "-".to_owned();
    };
    let median = times[times.len() / 2];
    format!("{:.1} s, {:.1} s", median.as_secs_f64(), max.as_secs_f64())
}

#[test]
fn a_median_and_a_maximum() {
    let seconds = |all: &[u64]| all.iter().map(|&s| Duration::from_secs(s)).collect();
    assert_eq!(median_and_max(seconds(&[])), "-");
    assert_eq!(median_and_max(seconds(&[9, 1, 2])), "2.0 s, 9.0 s");
}
