//! What svcs prints: what is read can be printed again and is then the same.

use super::{Line, parse, understand};
use crate::fuzzing::assert_printable;
use crate::host::{Ended, Output};

/// A NUL parts what it printed from what it complained about.
///
/// # Panics
/// Something that is promised does not hold.
pub(crate) fn answer(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let stdout = parts.next().unwrap_or_default().to_vec();
    let stderr = parts.next().unwrap_or_default().to_vec();
    match parse(&String::from_utf8_lossy(&stdout)) {
        Ok(lines) => {
            let printed: String = lines.iter().map(printed).collect();
            assert_eq!(parse(&printed).as_ref(), Ok(&lines), "{printed}");
        }
        Err(what) => assert_printable(&what),
    }
    for ended in [Ended::Exited(0), Ended::Exited(1), Ended::Killed(9)] {
        let output = Output {
            ended,
            stdout: stdout.clone(),
            stderr: stderr.clone(),
            cut: false,
        };
        match (understand(&output), ended) {
            (Ok(_), Ended::Exited(0)) => {}
            (Ok(_), Ended::Exited(_)) => assert!(!stderr.is_empty(), "a failure without a word"),
            (Ok(_), Ended::Killed(_)) => panic!("what a dead svcs said is believed"),
            (Err(error), _) => assert_printable(&error.to_string()),
        }
    }
}

fn printed(line: &Line) -> String {
    assert_printable(&line.state.to_string());
    let next = line.next.as_ref().map_or("-", |next| next.word());
    format!(
        "{:15} {next:13} {:8} {}\n",
        line.state.word(),
        line.since,
        line.fmri
    )
}
