//! Findings for programs: one object.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::Formatter;

use super::Judged;
use crate::vm::is_unprintable;

/// Rises when something is renamed or goes, not when something is added.
const VERSION: u8 = 1;

#[derive(Debug, Serialize)]
struct Report<'a> {
    version: u8,
    files: Vec<Entry<'a>>,
}

/// A file that was read. There is none for one that could not be: standard error and the exit status say it.
#[derive(Debug, Serialize)]
struct Entry<'a> {
    file: &'a str,
    verdict: &'static str,
    findings: Vec<Row<'a>>,
}

#[derive(Debug, Serialize)]
struct Row<'a> {
    line: usize,
    column: usize,
    severity: &'static str,
    stage: &'static str,
    code: String,
    message: &'a str,
    help: &'a str,
}

impl<'a> From<&'a Judged> for Entry<'a> {
    fn from(judged: &'a Judged) -> Self {
        let row = |finding: &'a crate::manifest::rules::Finding| Row {
            line: finding.line,
            column: finding.column,
            severity: finding.severity().word(),
            stage: finding.stage().word(),
            code: finding.code.to_string(),
            message: &finding.message,
            help: &finding.help,
        };
        Self {
            file: &judged.name,
            verdict: judged.verdict.word(),
            findings: judged.findings.iter().map(row).collect(),
        }
    }
}

/// Prints the object and a line break.
///
/// # Errors
/// It cannot be written.
pub(super) fn print(out: &mut impl Write, judged: &[Judged]) -> io::Result<()> {
    let report = Report {
        version: VERSION,
        files: judged.iter().map(Entry::from).collect(),
    };
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, Careful);
    report.serialize(&mut serializer)?;
    out.write_all(b"\n")
}

/// Compact JSON that does nothing to a terminal: beside the control characters that JSON escapes, there
/// are others.
struct Careful;

impl Formatter for Careful {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| is_unprintable(*c)) {
            writer.write_all(&rest.as_bytes()[..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[at + c.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::validate::Verdict;
    use crate::manifest::rules::{Code, Finding};

    fn printed(judged: &[Judged]) -> String {
        let mut out = Vec::new();
        print(&mut out, judged).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_object() {
        let judged = |name: &str, findings: Vec<Finding>| Judged {
            name: name.to_owned(),
            verdict: Verdict::of(&findings, false),
            findings,
        };
        let finding = Finding {
            line: 3,
            column: 7,
            code: Code::StrayText,
            message: "\"x\"".to_owned(),
            help: "remove it".to_owned(),
        };
        let files = [judged("a.xml", Vec::new()), judged("b.xml", vec![finding])];
        assert_eq!(
            printed(&files),
            concat!(
                r#"{"version":1,"files":[{"file":"a.xml","verdict":"accepted","findings":[]},"#,
                r#"{"file":"b.xml","verdict":"refused","findings":[{"line":3,"column":7,"#,
                r#""severity":"error","stage":"dtd","code":"SMF0112","message":"\"x\"","#,
                r#""help":"remove it"}]}]}"#,
                "\n"
            )
        );
        assert_eq!(printed(&[]), "{\"version\":1,\"files\":[]}\n");
    }

    #[test]
    fn the_readme_shows_it() {
        let finding = Finding {
            line: 31,
            column: 7,
            code: Code::Content,
            message: "...".to_owned(),
            help: "...".to_owned(),
        };
        let file = Judged {
            name: "vbox.xml".to_owned(),
            verdict: Verdict::Refused,
            findings: vec![finding],
        };
        let lines = include_str!("../../../README.md").lines();
        let readme: String = lines.map(str::trim_start).collect();
        let object = printed(&[file]);
        assert!(readme.contains(object.trim_end()), "README.md: {object}");
    }

    #[test]
    fn nothing_reaches_the_terminal_and_nothing_is_lost() {
        let name = "a\u{1b}[2J\u{9b}1m\u{202e}\u{7f}ü\"\\\n✓";
        let file = Judged {
            name: name.to_owned(),
            verdict: Verdict::Accepted,
            findings: Vec::new(),
        };
        let text = printed(&[file]);
        assert!(!text.trim_end().contains(is_unprintable), "{text:?}");
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["files"][0]["file"], name);
    }
}
