//! What svcs prints: what is read can be printed again and is then the same.

use super::{Line, parse, understand};
use crate::fuzzing::{assert_careful, assert_printable, printed};

/// A NUL parts what it printed from what it complained about.
///
/// # Panics
/// Something that is promised does not hold.
pub(crate) fn answer(bytes: &[u8]) {
    let said = printed(bytes);
    match parse(&String::from_utf8_lossy(&said.0)) {
        Ok(lines) => {
            let again: String = lines.iter().map(row).collect();
            assert_eq!(parse(&again).as_ref(), Ok(&lines), "{again}");
        }
        Err(what) => assert_printable(&what),
    }
    assert_careful(&said, understand);
}

fn row(line: &Line) -> String {
    assert_printable(&line.state.to_string());
    let next = line.next.as_ref().map_or("-", |next| next.word());
    format!(
        "{:15} {next:13} {:8} {}\n",
        line.state.word(),
        line.since,
        line.fmri
    )
}
