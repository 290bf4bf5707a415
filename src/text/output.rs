//! What a command prints: its result on standard output, and everything else on standard error.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use serde::Serialize;

use crate::failure::{Failure, Kind};
use crate::text::printable::{Judge, Printable, PrintableLines};

/// Whether somebody still reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    Stays,
    /// As `| head -1` does: no error, and the exit status is what it would have been.
    Left,
}

/// Prints a result in one piece. Whatever should still be in it that does something to a terminal is escaped; each
/// field is, before, by who lays it out.
///
/// # Errors
/// It cannot be written, and not because the reader left.
pub(crate) fn print(text: &str) -> Result<Reader, Failure> {
    print_raw(&PrintableLines(text).to_string())
}

/// The same for a text with colours, or one that begins by clearing the screen: every word in it that the program
/// did not choose is [`Printable`] already.
///
/// # Errors
/// As [`print`].
pub(crate) fn print_raw(text: &str) -> Result<Reader, Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(Reader::Stays),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Reader::Left),
        Err(error) => {
            let error = anyhow::Error::new(error).context("cannot write to standard output");
            Err(Failure::new(Kind::Transient, error))
        }
    }
}

/// A line for people on standard error. That it is closed changes nothing about the exit status.
pub(crate) fn tell(line: &str) {
    let _closed = writeln!(io::stderr(), "{}", Printable(line));
}

/// The same with the program's name before it: something went wrong.
pub(crate) fn complain(line: &str) {
    tell(&format!("vbox-smf: {line}"));
}

/// One object on one line, that does nothing to a terminal: beside the control characters that JSON
/// escapes, there are others. They can only be in its strings.
pub(crate) fn json(object: &impl Serialize) -> String {
    let plain = serde_json::to_string(object).expect("only text, numbers and lists of them");
    let mut text = String::with_capacity(plain.len() + 1);
    let mut judge = Judge::default();
    for c in plain.chars() {
        if judge.is_bad(c) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::printable::is_unprintable;

    #[test]
    fn nothing_reaches_the_terminal_and_nothing_is_lost() {
        let text = "\u{301}a\u{1b}[2J\u{3164}\u{9b}1m\u{202e}\u{7f}ü\"\\\n✓";
        let printed = json(&[text]);
        assert!(!printed.trim_end().contains(is_unprintable), "{printed:?}");
        assert!(printed.starts_with("[\"\\u0301a"), "{printed:?}");
        assert_eq!(
            serde_json::from_str::<Vec<String>>(&printed).unwrap(),
            [text]
        );
    }
}
