//! The entries of the file of users and run levels (`utmpx.h`).

/// The level in the line of a `RUN_LVL` entry: `run-level 5` (`RUNLVL_MSG` in `utmpx.h`), as svc.startd reads it, too.
pub(crate) fn of_line(line: &[u8]) -> Option<char> {
    let end = line.iter().position(|b| *b == 0).unwrap_or(line.len());
    let text = std::str::from_utf8(&line[..end]).ok()?;
    let mut rest = text.strip_prefix("run-level ")?.chars();
    rest.next().filter(|_| rest.as_str().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_an_entry() {
        for (line, expected) in [
            (&b"run-level 5\0\0\0\0"[..], Some('5')),
            (b"run-level S", Some('S')),
            (b"run-level 3\0rest", Some('3')),
            (b"run-level \0", None),
            (b"run-level 55\0", None),
            (b"system boot\0", None),
            (b"\0", None),
            (b"", None),
            (b"\xff\xfe", None),
        ] {
            assert_eq!(of_line(line), expected, "{line:?}");
        }
    }
}
