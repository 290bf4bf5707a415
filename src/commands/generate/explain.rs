//! `vbox-smf gen --explain`: where each value ends up, and why.

use std::fmt::Write as _;

use serde::Serialize;

use crate::failure::Failure;
use crate::manifest::blueprint::Blueprint;
use crate::manifest::explain::{Level, Row, rows};
use crate::manifest::request::Request;
use crate::smf::fmri::InstanceName;
use crate::text::output;
use crate::text::printable::Printable;

/// The widths of the columns: with two spaces between them, 80.
const WIDTHS: [usize; 4] = [21, 16, 16, 21];

/// Prints the table.
///
/// # Errors
/// Standard output cannot be written.
pub(super) fn run(request: &Request, blueprint: &Blueprint, json: bool) -> Result<(), Failure> {
    let rows = rows(request, blueprint);
    let text = if json {
        as_json(&rows)
    } else {
        as_table(&rows)
    };
    output::print(&text)?;
    Ok(())
}

fn as_table(rows: &[Row]) -> String {
    let mut text = line(["property", "value", "level", "from"]);
    let mut before = "";
    for row in rows {
        let property = if row.property == before {
            ""
        } else {
            &row.property
        };
        let level = match &row.level {
            Level::Absent => "-".to_owned(),
            Level::Service => "service".to_owned(),
            Level::Instances(names) => {
                let names: Vec<_> = names.iter().map(InstanceName::as_str).collect();
                let of = if names.len() == 1 {
                    "instance"
                } else {
                    "instances"
                };
                format!("{of} {}", names.join(", "))
            }
        };
        let value = Printable(&row.value).to_string();
        text += &line([property, &value, &level, &row.from]);
        before = &row.property;
    }
    text
}

/// A row: a cell that is too wide goes on in the next line.
fn line(cells: [&str; 4]) -> String {
    let mut columns = Vec::new();
    for (cell, width) in cells.into_iter().zip(WIDTHS) {
        columns.push(wrapped(cell, width));
    }
    let height = columns.iter().map(Vec::len).max().unwrap_or(0);
    let mut text = String::new();
    for i in 0..height {
        let mut line = String::new();
        for (column, width) in columns.iter().zip(WIDTHS) {
            let cell = column.get(i).map_or("", String::as_str);
            let _infallible = write!(line, "{cell:width$}  ");
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

/// Lines of at most this width, parted at spaces where there are some.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut room = width;
    for word in text.split(' ') {
        let mut word: Vec<char> = word.chars().collect();
        let begun = room < width;
        if begun && word.len() < room {
            push(&mut lines, &[' ']);
            room -= 1;
        } else if begun {
            lines.push(String::new());
            room = width;
        }
        while word.len() > room {
            let rest = word.split_off(room);
            push(&mut lines, &word);
            lines.push(String::new());
            (word, room) = (rest, width);
        }
        push(&mut lines, &word);
        room -= word.len();
    }
    lines
}

fn push(lines: &mut [String], characters: &[char]) {
    if let Some(last) = lines.last_mut() {
        last.extend(characters);
    }
}

/// The document.
#[derive(Debug, Serialize)]
struct Document<'r> {
    version: u32,
    properties: Vec<Shown<'r>>,
}

/// A row of it.
#[derive(Debug, Serialize)]
struct Shown<'r> {
    property: &'r str,
    value: Option<&'r str>,
    level: Option<&'static str>,
    instances: Vec<&'r str>,
    from: &'r str,
}

fn as_json(rows: &[Row]) -> String {
    let properties = rows
        .iter()
        .map(|row| {
            let (level, instances) = match &row.level {
                Level::Absent => (None, Vec::new()),
                Level::Service => (Some("service"), Vec::new()),
                Level::Instances(names) => (
                    Some("instance"),
                    names.iter().map(InstanceName::as_str).collect(),
                ),
            };
            Shown {
                property: &row.property,
                value: level.is_some().then_some(row.value.as_str()),
                level,
                instances,
                from: &row.from,
            }
        })
        .collect();
    let document = Document {
        version: 1,
        properties,
    };
    output::json(&document)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_wrapped_at_spaces() {
        for (text, lines) in [
            ("", &[""][..]),
            ("abcdef", &["abcdef"]),
            ("abcdefg", &["abcdef", "g"]),
            ("ab cd ef", &["ab cd", "ef"]),
            ("ab cdefghij k", &["ab", "cdefgh", "ij k"]),
            ("é ü ñ ç", &["é ü ñ", "ç"]),
        ] {
            assert_eq!(wrapped(text, 6), lines, "{text}");
        }
    }

    #[test]
    fn no_line_is_wider_than_a_terminal() {
        let row = |level| Row {
            property: "vm/stop_method".to_owned(),
            value: "x".repeat(100),
            level,
            from: "[template.a-long-name-for-it] line 1000".to_owned(),
        };
        let names: Vec<_> = (0..30).map(|i| format!("vm{i}").parse().unwrap()).collect();
        let text = as_table(&[row(Level::Service), row(Level::Instances(names))]);
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        assert_eq!(text.matches("vm/stop_method").count(), 1);
    }
}
