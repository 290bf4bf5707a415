//! Findings for programs: one object.

use std::io::{self, Write};

use serde::Serialize;

use super::Judged;
use crate::text::output;

/// Rises when something is renamed or goes, not when something is added.
const VERSION: u8 = 1;

/// The object, written one file after the other: all findings of many files would not fit into memory.
#[derive(Debug, Default)]
pub(super) struct Report {
    has_one: bool,
}

impl Report {
    /// What comes before the first file.
    ///
    /// # Errors
    /// It cannot be written, as for the others.
    pub(super) fn begin(out: &mut impl Write) -> io::Result<()> {
        write!(out, "{{\"version\":{VERSION},\"files\":[")
    }

    /// A file.
    pub(super) fn add(&mut self, out: &mut impl Write, judged: &Judged) -> io::Result<()> {
        let separator = if std::mem::replace(&mut self.has_one, true) {
            ","
        } else {
            ""
        };
        let entry = output::json(&Entry::from(judged));
        write!(out, "{separator}{}", entry.trim_end())
    }

    /// What comes after the last one, and a line end.
    pub(super) fn end(out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "]}}")
    }
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
        let row = |finding: &'a crate::validate::Finding| Row {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::validate::Verdict;
    use crate::validate::{Code, Finding};

    fn object(judged: &[Judged]) -> String {
        let (mut report, mut out) = (Report::default(), Vec::new());
        Report::begin(&mut out).unwrap();
        for one in judged {
            report.add(&mut out, one).unwrap();
        }
        Report::end(&mut out).unwrap();
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
            object(&files),
            concat!(
                r#"{"version":1,"files":[{"file":"a.xml","verdict":"accepted","findings":[]},"#,
                r#"{"file":"b.xml","verdict":"refused","findings":[{"line":3,"column":7,"#,
                r#""severity":"error","stage":"dtd","code":"SMF0112","message":"\"x\"","#,
                r#""help":"remove it"}]}]}"#,
                "\n"
            )
        );
        assert_eq!(object(&[]), "{\"version\":1,\"files\":[]}\n");
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
        let printed = object(&[file]);
        assert!(readme.contains(printed.trim_end()), "README.md: {printed}");
    }
}
