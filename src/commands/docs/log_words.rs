//! The README's table of what the log says, held to what the program can say.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::config::schema;
use crate::config::settings::SettingError;
use crate::engine::plan::{Action, Attempt, Outcome, Reason};
use crate::virtualbox::vm::VmState;

/// The lines of the source, without tests and comments.
fn source_lines(folder: &Path, lines: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            source_lines(&path, lines);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap();
            let code = code
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            lines.extend(code.map(str::to_owned));
        }
    }
}

/// What is put together of several pieces.
fn composed() -> Vec<String> {
    let pressed = Attempt {
        action: Action::PressPower,
        at: Duration::ZERO,
        outcome: Outcome::Accepted,
    };
    let reasons = [
        Reason::Refused(VmState::Saved, "vm/on_saved"),
        Reason::DidNotStayUp(VmState::PowerOff),
        Reason::StillUp {
            state: VmState::Running,
            tried: vec![pressed],
        },
    ];
    let value = SettingError::Value {
        path: schema::ON_SAVED.path(),
        value: "x".to_owned(),
        allowed: schema::ON_SAVED.allowed,
    };
    let reasons = reasons.iter().map(ToString::to_string);
    reasons.chain([value.to_string()]).collect()
}

/// Whether a line has these parts in this order.
fn has(line: &str, phrase: &str) -> bool {
    let mut rest = line;
    phrase.split("...").all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

#[test]
fn the_log_can_say_every_phrase_of_the_readme() {
    let readme = include_str!("../../../README.md");
    let (_, table) = readme
        .split_once("<!-- the log's words: ")
        .expect("its beginning");
    let (table, _) = table
        .split_once("<!-- end of the log's words -->")
        .expect("its end");
    let mut said = composed();
    source_lines(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut said,
    );
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let mut phrases = 0;
    for row in rows {
        let cell = row.split(" | ").next().unwrap();
        for phrase in cell.split('`').skip(1).step_by(2) {
            phrases += 1;
            assert!(
                said.iter().any(|line| has(line, phrase)),
                "nothing says `{phrase}`"
            );
        }
    }
    assert!(phrases >= 15, "{phrases} phrases");
}
