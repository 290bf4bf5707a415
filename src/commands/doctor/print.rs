//! The checks for people, and for programs.

use std::fmt::Write;

use serde::Serialize;

use super::check::Check;
use crate::text::output;
use crate::text::printable::Printable;

/// Rises when something is renamed or goes, not when something is added.
const VERSION: u8 = 1;
/// As wide as a terminal is at least.
const WIDTH: usize = 80;

#[derive(Debug, Serialize)]
struct Report<'a> {
    version: u8,
    checks: &'a [Check],
}

/// The object, and a line end.
pub(super) fn json(checks: &[Check]) -> String {
    output::json(&Report {
        version: VERSION,
        checks,
    })
}

/// A check a paragraph: what was found, what to do, and the command on a line of its own, to be copied.
pub(super) fn text(checks: &[Check]) -> String {
    let mut text = String::new();
    for check in checks {
        let told = format!(
            "{:<4} {} {}: {}",
            check.verdict.word(),
            check.subject,
            check.topic.word(),
            check.finding
        );
        wrap(&mut text, &told, "     ");
        if let Some(hint) = &check.hint {
            wrap(&mut text, &format!("     {hint}"), "     ");
        }
        if let Some(command) = &check.command {
            writeln!(text, "     # {}", Printable(command)).expect("a String");
        }
    }
    text
}

/// Lines of at most [`WIDTH`] characters, broken at spaces; those after the first begin with `indent`.
fn wrap(out: &mut String, told: &str, indent: &str) {
    let told = Printable(told).to_string();
    let (lead, rest) = told.split_at(told.len() - told.trim_start().len());
    let mut line = lead.to_owned();
    let mut empty = true;
    for word in rest.split(' ') {
        let fits = line.chars().count() + word.chars().count() < WIDTH;
        if !empty && !fits {
            writeln!(out, "{}", line.trim_end()).expect("a String");
            indent.clone_into(&mut line);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    writeln!(out, "{}", line.trim_end()).expect("a String");
}
