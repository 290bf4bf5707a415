//! The tables of the documents, from the program's own.

use std::fmt::Write;

use crate::failure::{Caller, Ending, Kind, SUCCESS};

/// A row of the table of exit statuses: the status, what it means, what svc.startd makes of it.
type Row = (u8, &'static str, &'static str);

/// The exit statuses, in the order of their numbers.
fn exit_rows() -> Vec<Row> {
    let mut rows: Vec<Row> = vec![(
        SUCCESS,
        "the VM is proven where it should be",
        "the state is reached",
    )];
    rows.extend(Kind::ALL.map(|kind| {
        (
            kind.exit_status(Caller::Hand),
            kind.meaning(),
            kind.consequence(),
        )
    }));
    rows.sort_unstable();
    rows
}

/// For `--help`.
pub(crate) fn exit_statuses() -> String {
    let mut text = String::from("Exit status:\n");
    for (status, meaning, consequence) in exit_rows() {
        writeln!(text, "  {status:<4} {meaning}").expect("a String");
        writeln!(text, "       svc.startd: {consequence}").expect("a String");
    }
    text.trim_end().to_owned()
}

/// For `validate --help`.
pub(crate) fn verdicts() -> String {
    let mut text = String::from("Exit status:\n");
    for ending in Ending::ALL {
        let status = ending.exit_status(Caller::Hand);
        writeln!(text, "  {status}  {}", ending.meaning()).expect("a String");
    }
    text.push_str(
        "\nExamples:
  vbox-smf validate --strict vbox.xml
  vbox-smf validate /lib/svc/manifest
  vbox-smf gen vm1 --user vbox | vbox-smf validate -
  vbox-smf validate --explain SMF0104",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Default, PROPERTIES};

    /// Says how to mend a README that is behind.
    #[track_caller]
    fn assert_in_readme(table: &str) {
        let readme = include_str!("../README.md");
        assert!(
            readme.contains(table),
            "README.md should hold this table:\n\n{table}"
        );
    }

    #[test]
    fn the_readme_has_every_property() {
        let mut table = String::from("| property | type | default | values |\n|---|---|---|---|\n");
        for property in PROPERTIES {
            let default = match property.default {
                Default::Value(value) => format!("`{value}`"),
                Default::Absent(words) => words.to_owned(),
            };
            writeln!(
                table,
                "| `{}` | {} | {default} | {}: {} |",
                property.path(),
                property.value_type,
                property.description.trim_end_matches('.'),
                property.allowed
            )
            .expect("a String");
        }
        assert_in_readme(&table);
    }

    #[test]
    fn the_readme_has_every_exit_status() {
        let mut table = String::from("| status | meaning | svc.startd |\n|---|---|---|\n");
        for (status, meaning, consequence) in exit_rows() {
            writeln!(table, "| {status} | {meaning} | {consequence} |").expect("a String");
        }
        assert_in_readme(&table);
    }

    #[test]
    fn the_readme_has_every_verdict() {
        let mut table = String::from("| status | meaning |\n|---|---|\n");
        for ending in Ending::ALL {
            let status = ending.exit_status(Caller::Hand);
            writeln!(table, "| {status} | {} |", ending.meaning()).expect("a String");
        }
        assert_in_readme(&table);
    }

    #[test]
    fn the_readme_names_the_least_rust() {
        let version = env!("CARGO_PKG_RUST_VERSION");
        assert_in_readme(&format!("With Rust {version} or newer"));
    }

    #[test]
    fn the_changelog_has_this_version() {
        let changelog = include_str!("../CHANGELOG.md");
        assert!(changelog.contains(&format!("\n## {}", env!("CARGO_PKG_VERSION"))));
    }
}
