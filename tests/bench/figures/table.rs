//! The table, and the statistics in it.

use std::fmt::Write as _;
use std::io::{self, Write as _};

/// A median, and the quartiles around it.
#[derive(Clone, Copy)]
pub(crate) struct Spread {
    low: f64,
    pub(crate) median: f64,
    high: f64,
}

/// Of some values; at least one.
pub(crate) fn spread(mut values: Vec<f64>) -> Spread {
    values.sort_by(f64::total_cmp);
    let at = |quarter: usize| values[(values.len() - 1) * quarter / 4];
    Spread {
        low: at(1),
        median: at(2),
        high: at(3),
    }
}

/// What stands beside ours in a row.
pub(crate) struct Beside<'a> {
    pub(crate) name: &'a str,
    /// In the unit of ours, run by turns with them.
    pub(crate) times: &'a [f64],
}

/// Prints its rows as they come. That nobody reads them any more is nothing to end for.
pub(crate) struct Table {
    out: io::Stdout,
    whole: bool,
}

const WIDTHS: [usize; 7] = [46, 11, 24, 11, 22, 30, 12];

impl Table {
    pub(crate) fn begin() -> Self {
        let mut table = Self {
            out: io::stdout(),
            whole: true,
        };
        table.line([
            "what",
            "vbox-smf",
            "beside it",
            "its figure",
            "ratio (quartiles)",
            "difference (quartiles)",
            "wanted",
        ]);
        let rule = WIDTHS.map(|width| format!("|{}", "-".repeat(width + 2)));
        table.print(&format!("{}|", rule.concat()));
        table
    }

    fn line(&mut self, cells: [&str; 7]) {
        let mut text = String::new();
        for (cell, width) in cells.into_iter().zip(WIDTHS) {
            write!(text, "| {cell:<width$} ").expect("a String");
        }
        text.push('|');
        self.print(&text);
    }

    /// Whether nothing was skipped.
    pub(crate) fn is_whole(&self) -> bool {
        self.whole
    }

    fn print(&mut self, line: &str) {
        let _closed = writeln!(self.out, "{line}");
    }

    /// Two programs by turns, in milliseconds.
    pub(crate) fn paired(&mut self, what: &str, ours: &[f64], beside: &Beside<'_>, wanted: &str) {
        let pairs = || ours.iter().zip(beside.times);
        let ratio = spread(pairs().map(|(a, b)| a / b).collect());
        let difference = spread(pairs().map(|(a, b)| a - b).collect());
        self.line([
            what,
            &milliseconds(spread(ours.to_vec()).median),
            beside.name,
            &milliseconds(spread(beside.times.to_vec()).median),
            &format!(
                "{:.2} ({:.2} to {:.2})",
                ratio.median, ratio.low, ratio.high
            ),
            &format!(
                "{:+.2} ms ({:+.2} to {:+.2})",
                difference.median, difference.low, difference.high
            ),
            wanted,
        ]);
    }

    /// A figure that does not change from run to run, and another one's.
    pub(crate) fn counted(&mut self, what: &str, ours: &str, name: &str, its: &str, wanted: &str) {
        self.line([what, ours, name, its, "", "", wanted]);
    }

    /// A figure that stands alone.
    pub(crate) fn alone(&mut self, what: &str, ours: &str, remark: &str) {
        self.line([what, ours, remark, "", "", "", ""]);
    }

    /// What could not be measured.
    pub(crate) fn skipped(&mut self, what: &str, why: &str) {
        self.whole = false;
        self.print(&format!("SKIPPED {what}: {}", why.trim_end()));
    }
}

pub(crate) fn milliseconds(time: f64) -> String {
    if time >= 100.0 {
        format!("{time:.0} ms")
    } else {
        format!("{time:.2} ms")
    }
}
