//! Where a time is on the picture. Times in which nothing happens are cut short, so that what happens can
//! be seen: a minute of nothing takes as much room as its label.

use std::time::Duration;

/// A time without events that is longer is cut short, in seconds.
const QUIET: f64 = 15.0;
/// So many of them at the most: where there are more, only longer ones are cut short.
const BREAKS_MAX: usize = 8;
/// How wide what is left of it is, in pixels.
const BREAK: f64 = 36.0;
/// What is left to see on both sides of it, in seconds.
const SHOULDER: f64 = 0.4;
/// Two labels stand so far from each other, in pixels.
const APART: f64 = 64.0;

/// A piece of the axis.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Piece {
    /// In seconds.
    from: f64,
    to: f64,
    /// In pixels.
    left: f64,
    right: f64,
    /// Cut short.
    quiet: bool,
}

/// The axis.
#[derive(Debug)]
pub(super) struct Scale(Vec<Piece>);

impl Scale {
    /// The axis for events at these times, from the first pixel to the last.
    pub(super) fn new(
        times: impl Iterator<Item = Duration>,
        end: Duration,
        left: f64,
        right: f64,
    ) -> Self {
        let mut times: Vec<f64> = times.map(|time| time.as_secs_f64()).collect();
        times.extend([0.0, end.as_secs_f64()]);
        times.sort_by(f64::total_cmp);
        let mut gaps: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        gaps.sort_by(|a, b| b.total_cmp(a));
        let quiet = gaps.get(BREAKS_MAX).map_or(QUIET, |gap| gap.max(QUIET));
        let mut pieces = Vec::new();
        let mut begin = 0.0;
        for pair in times.windows(2) {
            if pair[1] - pair[0] > quiet {
                let (from, to) = (pair[0] + SHOULDER, pair[1] - SHOULDER);
                pieces.push((begin, from, false));
                pieces.push((from, to, true));
                begin = to;
            }
        }
        pieces.push((begin, end.as_secs_f64(), false));
        let loud = pieces.iter().filter(|piece| !piece.2);
        let seconds: f64 = loud.map(|(from, to, _)| to - from).sum();
        let quiet = pieces.iter().filter(|piece| piece.2).map(|_| BREAK);
        let per_second = ((right - left) - quiet.sum::<f64>()).max(1.0) / seconds.max(0.001);
        let mut x = left;
        let pieces = pieces.into_iter().map(|(from, to, quiet)| {
            let width = if quiet {
                BREAK
            } else {
                (to - from) * per_second
            };
            let left = x;
            x += width;
            Piece {
                from,
                to,
                left,
                right: x,
                quiet,
            }
        });
        Self(pieces.collect())
    }

    /// Where a time is.
    pub(super) fn x(&self, time: Duration) -> f64 {
        let time = time.as_secs_f64();
        let piece = self.0.iter().find(|piece| time <= piece.to);
        match piece.or(self.0.last()) {
            None => 0.0,
            Some(piece) => {
                let part = (time - piece.from) / (piece.to - piece.from).max(0.001);
                piece.left + part.clamp(0.0, 1.0) * (piece.right - piece.left)
            }
        }
    }

    /// The pieces that are cut short, from and to.
    pub(super) fn breaks(&self) -> impl Iterator<Item = (f64, f64)> {
        let quiet = self.0.iter().filter(|piece| piece.quiet);
        quiet.map(|piece| (piece.left, piece.right))
    }

    /// Places on the axis with their labels.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        let loud = self.0.iter().filter(|piece| !piece.quiet);
        let (seconds, pixels) = loud.clone().fold((0.0, 0.0), |(s, p), piece| {
            (s + piece.to - piece.from, p + piece.right - piece.left)
        });
        let least = APART * seconds / f64::max(pixels, 1.0);
        let steps = [
            0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0,
            1800.0, 3600.0,
        ];
        let step = steps.into_iter().find(|step| *step >= least);
        let step = step.unwrap_or(86_400.0);
        let mut ticks: Vec<(f64, String)> = Vec::new();
        for piece in loud {
            let mut nth = (piece.from / step).ceil();
            while nth * step <= piece.to {
                let time = nth * step;
                let x = self.x(Duration::from_secs_f64(time));
                if ticks.last().is_none_or(|(last, _)| x - last >= APART / 2.0) {
                    ticks.push((x, label(time, step)));
                }
                nth += 1.0;
            }
        }
        ticks
    }
}

fn label(time: f64, step: f64) -> String {
    if step < 0.1 {
        format!("{time:.2} s")
    } else if step < 1.0 {
        format!("{time:.1} s")
    } else if time < 600.0 {
        format!("{time:.0} s")
    } else {
        format!("{:.0} min", time / 60.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn quiet_times_are_cut_short() {
        let times = [0.0, 1.0, 61.0, 62.0].map(s).into_iter();
        let scale = Scale::new(times, s(63.0), 100.0, 900.0);
        let breaks: Vec<_> = scale.breaks().collect();
        assert_eq!(breaks.len(), 1);
        assert!((breaks[0].1 - breaks[0].0 - BREAK).abs() < 0.01);
        assert!((scale.x(s(0.0)) - 100.0).abs() < 0.01);
        assert!((scale.x(s(63.0)) - 900.0).abs() < 0.01);
        // What is not cut short has one scale.
        let second = scale.x(s(1.0)) - scale.x(s(0.0));
        assert!((scale.x(s(62.0)) - scale.x(s(61.0)) - second).abs() < 0.01);
        assert!(second > 200.0, "{second}");
    }

    #[test]
    fn ticks_stand_apart() {
        for end in [0.5, 3.0, 40.0, 240.0, 5000.0] {
            let times = (0..=100).map(|nth| s(end * f64::from(nth) / 100.0));
            let scale = Scale::new(times, s(end), 100.0, 900.0);
            let ticks = scale.ticks();
            assert!((2..=14).contains(&ticks.len()), "{end}: {ticks:?}");
            for pair in ticks.windows(2) {
                assert!(pair[1].0 - pair[0].0 >= APART / 2.0, "{end}: {ticks:?}");
            }
        }
    }
}
