//! Findings for people: one line each, a line of help, and a summary.

use std::fmt;
use std::io::{self, Write};

use super::{Judged, Verdict};
use crate::failure::Ending;
use crate::text::printable::Printable;
use crate::validate::Severity;

/// `FILE:LINE:COL: error[stage]: message (CODE)`, then `  help: what to do`.
///
/// # Errors
/// It cannot be written.
pub(super) fn print(out: &mut impl Write, judged: &Judged) -> io::Result<()> {
    let file = Printable(&judged.name).to_string();
    for finding in &judged.findings {
        writeln!(
            out,
            "{file}:{}:{}: {}[{}]: {} ({})",
            finding.line,
            finding.column,
            finding.severity().word(),
            finding.stage().word(),
            Printable(&finding.message),
            finding.code,
        )?;
        writeln!(out, "  help: {}", Printable(&finding.help))?;
    }
    Ok(())
}

/// How many files came to which end.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Tally {
    accepted: usize,
    /// Refused for their warnings alone.
    warned: usize,
    refused: usize,
    warnings: usize,
    /// Files and folders that could not be read.
    pub(super) unread: usize,
}

impl Tally {
    /// Counts a file.
    pub(super) fn count(&mut self, judged: &Judged) {
        match judged.verdict {
            Verdict::Accepted => self.accepted += 1,
            Verdict::Warned => self.warned += 1,
            Verdict::Refused => self.refused += 1,
        }
        let is_warning = |severity| severity == Severity::Warning;
        self.warnings += judged
            .findings
            .iter()
            .filter(|finding| is_warning(finding.severity()))
            .count();
    }

    /// What the exit status has to tell.
    pub(super) fn ending(&self) -> Ending {
        if self.unread > 0 {
            Ending::Incomplete
        } else if self.refused + self.warned > 0 {
            Ending::Refused
        } else {
            Ending::Done
        }
    }
}

/// `3 files: 2 accepted, 1 refused`
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |n: usize| if n == 1 { "" } else { "s" };
        let refused = self.refused + self.warned;
        let files = self.accepted + refused + self.unread;
        write!(f, "{files} file{}", plural(files))?;
        let mut separator = ": ";
        for (count, what) in [
            (self.accepted, "accepted"),
            (refused, "refused"),
            (self.unread, "not read"),
        ] {
            if count > 0 {
                write!(f, "{separator}{count} {what}")?;
                separator = ", ";
            }
        }
        if self.warnings > 0 {
            write!(f, "; {} warning{}", self.warnings, plural(self.warnings))?;
        }
        if self.warned > 0 {
            write!(f, ", because of which --strict refused {}", self.warned)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::{Code, Finding};

    fn judged(strict: bool, codes: &[Code]) -> Judged {
        let findings: Vec<_> = codes
            .iter()
            .map(|code| Finding {
                line: 3,
                column: 7,
                code: *code,
                message: "a\tb".to_owned(),
                help: "do\u{1b}this".to_owned(),
            })
            .collect();
        Judged {
            name: "x\n.xml".to_owned(),
            verdict: Verdict::of(&findings, strict),
            findings,
        }
    }

    #[test]
    fn a_finding_is_two_lines_whatever_is_in_it() {
        let mut out = Vec::new();
        let judged = judged(false, &[Code::StrayText, Code::ShortTimeout]);
        print(&mut out, &judged).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "x\\n.xml:3:7: error[dtd]: a\\tb (SMF0112)\n  help: do\\u{1b}this\n\
             x\\n.xml:3:7: warning[lint]: a\\tb (SMF0502)\n  help: do\\u{1b}this\n"
        );
    }

    #[test]
    fn the_summary() {
        let warning: &[Code] = &[Code::ShortTimeout];
        let error: &[Code] = &[Code::StrayText, Code::ShortTimeout];
        let table: [(bool, &[&[Code]], usize, &str, Ending); 7] = [
            (false, &[&[]], 0, "1 file: 1 accepted", Ending::Done),
            (true, &[&[]], 0, "1 file: 1 accepted", Ending::Done),
            (
                false,
                &[&[], &[], error],
                0,
                "3 files: 2 accepted, 1 refused; 1 warning",
                Ending::Refused,
            ),
            (
                false,
                &[warning, warning],
                0,
                "2 files: 2 accepted; 2 warnings",
                Ending::Done,
            ),
            (
                true,
                &[warning, error, &[]],
                0,
                "3 files: 1 accepted, 2 refused; 2 warnings, because of which --strict refused 1",
                Ending::Refused,
            ),
            (false, &[], 1, "1 file: 1 not read", Ending::Incomplete),
            (
                false,
                &[error],
                1,
                "2 files: 1 refused, 1 not read; 1 warning",
                Ending::Incomplete,
            ),
        ];
        for (strict, files, unread, summary, ending) in table {
            let mut tally = Tally {
                unread,
                ..Tally::default()
            };
            for codes in files {
                tally.count(&judged(strict, codes));
            }
            assert_eq!(tally.to_string(), summary);
            assert_eq!(tally.ending(), ending, "{summary}");
        }
    }
}
