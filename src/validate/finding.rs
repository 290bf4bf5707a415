//! What a rule found, and where.

use std::collections::HashSet;

use super::code::{Code, Severity, Stage};

/// Something that is wrong with a manifest, or that will surprise somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The line, from 1.
    pub(crate) line: usize,
    /// The column in characters, from 1.
    pub(crate) column: usize,
    /// Which rule.
    pub(crate) code: Code,
    /// What is wrong here: one sentence, without a full stop.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) help: String,
}

impl Finding {
    /// Whether svccfg rejects the file for it.
    pub(crate) fn severity(&self) -> Severity {
        self.code.rule().severity
    }

    /// When svccfg would say so.
    pub(crate) fn stage(&self) -> Stage {
        self.code.rule().stage
    }
}

/// So many errors are kept of one file, and so many warnings; somebody who has more of them mends the first ones first.
pub(crate) const KEPT: usize = 1000;

/// Collects findings by their place in the text.
#[derive(Debug, Default)]
pub(super) struct Findings {
    errors: Vec<Found>,
    warnings: Vec<Found>,
    dropped: usize,
}

/// A finding whose place is still an offset.
#[derive(Debug)]
pub(super) struct Found {
    /// In bytes, into the text that was judged.
    pub(super) at: usize,
    pub(super) code: Code,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Findings {
    /// Adds one whose help is that of its rule.
    pub(super) fn add(&mut self, code: Code, at: usize, message: impl Into<String>) {
        self.push(code, at, message.into(), None);
    }

    /// Adds one with help of its own.
    pub(super) fn add_with_help(
        &mut self,
        code: Code,
        at: usize,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(code, at, message.into(), Some(help.into()));
    }

    fn push(&mut self, code: Code, at: usize, message: String, help: Option<String>) {
        // A flood of warnings may not hide an error.
        let kept = match code.rule().severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        };
        if kept.len() < KEPT {
            kept.push(Found {
                at,
                code,
                message: cut(message),
                help: help.map(cut),
            });
        } else {
            self.dropped += 1;
        }
    }

    /// Takes those of another check.
    pub(super) fn add_all(&mut self, of: Self) {
        for found in of.errors.into_iter().chain(of.warnings) {
            self.push(found.code, found.at, found.message, found.help);
        }
        self.dropped += of.dropped;
    }

    /// Takes those of another check as findings of this code, but for those at whose place there is an error.
    pub(super) fn add_as(&mut self, code: Code, of: Self) {
        let known: HashSet<usize> = self.errors.iter().map(|found| found.at).collect();
        for found in of.errors.into_iter().chain(of.warnings) {
            if !known.contains(&found.at) {
                let help = found
                    .help
                    .unwrap_or_else(|| found.code.rule().help.to_owned());
                self.push(code, found.at, found.message, Some(help));
            }
        }
        self.dropped += of.dropped;
    }

    /// Whether svccfg would have stopped by now.
    pub(super) fn any_error(&self) -> bool {
        !self.errors.is_empty()
    }

    /// Whether more errors would not be kept, so that looking for them is of no use.
    pub(super) fn is_full(&self) -> bool {
        self.errors.len() >= KEPT
    }

    /// The errors and the warnings, each in the order in which they were found, then how many were not
    /// kept.
    pub(super) fn into_parts(self) -> (Vec<Found>, usize) {
        let mut found = self.errors;
        found.extend(self.warnings);
        (found, self.dropped)
    }
}

/// So many bytes of a message are kept: it may quote anything that is in the file.
const TEXT_MAX: usize = 600;

/// The text, or its beginning.
fn cut(mut text: String) -> String {
    if text.len() > TEXT_MAX {
        text.truncate(text.floor_char_boundary(TEXT_MAX));
        text.push_str("...");
        text.shrink_to_fit();
    }
    text
}

/// From one remembered place to the next, in bytes.
const STEP: usize = 1 << 16;

/// The lines of a text. Places are remembered now and then only: a line may be as long as the file, and a
/// file may have as many lines as bytes.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    text: &'a str,
    marks: Vec<Mark>,
}

/// A place of a text.
#[derive(Debug, Clone, Copy)]
struct Mark {
    /// In bytes.
    at: usize,
    /// From 1.
    line: usize,
    /// So many characters of the line stand before it.
    before: usize,
}

impl Mark {
    /// The place behind this text.
    fn behind(self, text: &str) -> Self {
        let at = self.at + text.len();
        match text.rfind('\n') {
            None => Self {
                at,
                line: self.line,
                before: self.before + text.chars().count(),
            },
            Some(last) => Self {
                at,
                line: self.line + text.matches('\n').count(),
                before: text[last + 1..].chars().count(),
            },
        }
    }
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mut mark = Mark {
            at: 0,
            line: 1,
            before: 0,
        };
        let mut marks = vec![mark];
        while mark.at + STEP < text.len() {
            let end = text.floor_char_boundary(mark.at + STEP);
            mark = mark.behind(&text[mark.at..end]);
            marks.push(mark);
        }
        Self { text, marks }
    }

    /// The last remembered place of which this holds; it holds of the beginning.
    fn last(&self, holds: impl Fn(&Mark) -> bool) -> Mark {
        let behind = self.marks.partition_point(holds);
        self.marks[behind.saturating_sub(1)]
    }

    /// The offset of a line and a column in characters, both from 1. The column behind a line is its end.
    pub(super) fn offset(&self, line: usize, column: usize) -> usize {
        let wanted = (line, column.saturating_sub(1));
        let Mark {
            at,
            mut line,
            mut before,
        } = self.last(|mark| (mark.line, mark.before) <= wanted);
        for (i, c) in self.text[at..].char_indices() {
            if (line, before) >= wanted || c == '\n' && line == wanted.0 {
                return at + i;
            }
            if c == '\n' {
                (line, before) = (line + 1, 0);
            } else {
                before += 1;
            }
        }
        self.text.len()
    }

    /// Line and column of an offset, both from 1. An offset beyond the end is the end.
    pub(super) fn place(&self, at: usize) -> (usize, usize) {
        let at = self.text.floor_char_boundary(at);
        let mark = self.last(|mark| mark.at <= at);
        let here = mark.behind(&self.text[mark.at..at]);
        (here.line, here.before + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let lines = Lines::new("ab\nä€c\n\nx");
        for (at, place) in [
            (0, (1, 1)),
            (2, (1, 3)),
            (3, (2, 1)),
            (5, (2, 2)),
            (6, (2, 2)),
            (8, (2, 3)),
            (9, (2, 4)),
            (10, (3, 1)),
            (11, (4, 1)),
            (12, (4, 2)),
            (99, (4, 2)),
        ] {
            assert_eq!(lines.place(at), place, "{at}");
        }
        assert_eq!(Lines::new("").place(7), (1, 1));
        assert_eq!(lines.offset(2, 3), 8);
        assert_eq!(lines.offset(9, 9), 12);
    }

    #[test]
    fn places_in_long_texts() {
        for text in [
            "€".repeat(STEP),
            "\n".repeat(STEP * 2),
            "aé€\n\n".repeat(STEP),
        ] {
            let lines = Lines::new(&text);
            assert!(lines.marks.len() > 1);
            let near = [
                0,
                1,
                2,
                3,
                STEP - 1,
                STEP,
                STEP + 1,
                STEP + 2,
                text.len() - 1,
                text.len(),
            ];
            for at in near.into_iter().filter(|at| text.is_char_boundary(*at)) {
                let before = &text[..at];
                let start = before.rfind('\n').map_or(0, |i| i + 1);
                let place = (
                    before.matches('\n').count() + 1,
                    before[start..].chars().count() + 1,
                );
                assert_eq!(lines.place(at), place);
                assert_eq!(lines.offset(place.0, place.1), at);
            }
        }
    }

    #[test]
    fn long_texts_are_cut() {
        let mut findings = Findings::default();
        let long = "€".repeat(TEXT_MAX);
        findings.add_with_help(Code::NotWellFormed, 0, &long, &long);
        findings.add(Code::NotWellFormed, 0, "€".repeat(TEXT_MAX / 3));
        let (found, _) = findings.into_parts();
        assert_eq!(found[0].message, format!("{}...", &long[..TEXT_MAX]));
        assert_eq!(found[0].help.as_ref(), Some(&found[0].message));
        assert_eq!(found[1].message, long[..TEXT_MAX]);
    }

    #[test]
    fn a_flood_is_counted_and_not_kept() {
        let mut findings = Findings::default();
        assert!(!findings.any_error());
        for at in 0..KEPT + 7 {
            findings.add(Code::NotWellFormed, at, "x");
        }
        assert!(findings.any_error() && findings.is_full());
        findings.add(Code::XmlVersion, 0, "x");
        let (found, dropped) = findings.into_parts();
        assert_eq!((found.len(), dropped), (KEPT + 1, 7));
    }
}
