//! How a result gets to standard output: in one piece, to a reader who may have had enough.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use serde::Serialize;

use crate::failure::{Failure, Kind};
use crate::vm::is_unprintable;

/// Whether somebody still reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    Stays,
    /// As `| head -1` does: no error.
    Left,
}

/// Writes a result.
///
/// # Errors
/// It cannot be written, and not because the reader left.
pub(super) fn print(text: &str) -> Result<Reader, Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(Reader::Stays),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Reader::Left),
        Err(error) => Err(Failure::new(
            Kind::Transient,
            anyhow::Error::new(error).context("cannot write the result"),
        )),
    }
}

/// Writes a line for people, who may have closed standard error.
pub(super) fn complain(line: &str) {
    let _closed = writeln!(io::stderr(), "vbox-smf: {}", crate::vm::Printable(line));
}

/// An object as JSON that does nothing to a terminal, with a line end.
pub(super) fn json(object: &impl Serialize) -> String {
    let compact = serde_json::to_string(object).unwrap_or_else(|e| unreachable!("{e}"));
    let mut text = String::with_capacity(compact.len() + 1);
    for c in compact.chars() {
        // Compact JSON has such characters inside strings only, where this is another way to write them.
        if is_unprintable(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(text, "\\u{unit:04x}").expect("a String");
            }
        } else {
            text.push(c);
        }
    }
    text.push('\n');
    text
}

/// Seconds since 1970 as RFC 3339, in universal time.
pub(super) fn rfc3339(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // The calendar repeats every 400 years of 146 097 days; counted from a 1 March, leap days come last.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        rest / 3_600,
        rest / 60 % 60,
        rest % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_all_kinds() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (86_399, "1970-01-01T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (1_795_270_000, "2026-11-21T14:06:40Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(seconds), expected);
        }
    }

    #[test]
    fn json_reaches_no_terminal_and_loses_nothing() {
        let name = "a\u{1b}[2J\u{9b}1m\u{202e}\u{7f}ü\"\\\n✓";
        let text = json(&[name]);
        assert!(!text.trim_end().contains(is_unprintable), "{text:?}");
        let back: Vec<String> = serde_json::from_str(&text).expect("JSON");
        assert_eq!(back, [name]);
    }
}
