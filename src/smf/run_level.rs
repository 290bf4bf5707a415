//! Run levels (`init(8)`), which init and svc.startd write down before any service is stopped.

/// The levels to which a host goes down: off, off with its power, and a reboot.
const DOWN: [char; 3] = ['0', '5', '6'];

/// Whether a host on its way to this level goes down.
pub(crate) fn goes_down(level: char) -> bool {
    DOWN.contains(&level)
}

/// The level in the line of a `RUN_LVL` entry: `run-level 5` (`RUNLVL_MSG` in `utmpx.h`), as svc.startd reads it, too.
#[cfg(any(test, target_os = "illumos", target_os = "solaris"))]
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

    #[test]
    fn only_three_levels_are_down() {
        let down: String = "0123456789sSabc"
            .chars()
            .filter(|l| goes_down(*l))
            .collect();
        assert_eq!(down, "056");
    }
}
