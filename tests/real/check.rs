//! What a run of the method must have ended with and said.

use super::rig::Run;

/// What stands before a failure in the log.
const FAILURE: &str = "vbox-smf: ";

impl Run {
    /// It ended by itself with this status.
    #[track_caller]
    pub(crate) fn exits(&self, status: i32) -> &Self {
        // libtest shows it below the message of a failed test: no assertion about a run has to.
        println!("--- {self}");
        assert_eq!((self.code, self.signal), (Some(status), None), "status");
        self
    }

    /// It did what it was to do, and no line of its log says that something failed.
    #[track_caller]
    pub(crate) fn succeeds(&self) -> &Self {
        self.exits(0).assert_readable();
        let failure = self.log().find(|line| line.starts_with(FAILURE));
        assert_eq!(failure, None);
        self
    }

    /// It failed, and the last line of its log, and no other, says why and what to do: with all these words.
    #[track_caller]
    pub(crate) fn fails(&self, status: i32, words: &[&str]) -> &Self {
        self.exits(status).assert_readable();
        let failures: Vec<_> = self
            .log()
            .filter(|line| line.starts_with(FAILURE))
            .collect();
        assert_eq!(failures.len(), 1, "lines with a failure");
        assert_eq!(self.log().last(), Some(failures[0]), "the last line");
        for each in words {
            assert!(
                failures[0].contains(each),
                "`{each}` is not in `{}`",
                failures[0]
            );
        }
        self
    }

    /// Its log has a line with each of these, in this order.
    #[track_caller]
    pub(crate) fn logs(&self, words: &[&str]) -> &Self {
        let mut lines = self.log();
        for each in words {
            assert!(
                lines.any(|line| line.contains(each)),
                "`{each}` is not in the log, or not after those before it"
            );
        }
        self
    }

    #[track_caller]
    pub(crate) fn logs_nowhere(&self, words: &str) -> &Self {
        let line = self.log().find(|line| line.contains(words));
        assert_eq!(line, None, "`{words}` is in the log");
        self
    }

    pub(crate) fn log(&self) -> impl Iterator<Item = &str> {
        self.stderr.lines()
    }

    /// The log is whole lines of printable characters, and nothing is on stdout, which is the same log.
    #[track_caller]
    fn assert_readable(&self) {
        assert_eq!(self.stdout, "", "stdout");
        assert!(
            self.stderr.is_empty() || self.stderr.ends_with('\n'),
            "the last line is cut"
        );
        for line in self.stderr.split_terminator('\n') {
            assert_ne!(line.trim(), "", "an empty line in the log");
            assert_eq!(
                line.find(char::is_control),
                None,
                "a control character in {line:?}"
            );
        }
    }
}
