//! The tables of the documents, from the program's own.

use std::fmt::Write;

use crate::config::schema::{Default, PROPERTIES, Property};
use crate::failure::{Caller, Ending, Kind, SUCCESS};
use crate::virtualbox::vm::Intent;

/// A row of the table of exit statuses: the status, what it means, what svc.startd makes of it.
pub(crate) type Row = (u8, &'static str, &'static str);

/// The exit statuses, in the order of their numbers.
pub(crate) fn exit_rows() -> Vec<Row> {
    let mut rows: Vec<Row> = vec![(
        SUCCESS,
        "the VM is verified to be in the state that its properties request (including unchanged: `leave`), or its delayed start was cancelled",
        "the instance reaches its new state",
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

/// What holds without a property.
pub(crate) const fn default_words(property: &Property) -> &'static str {
    match property.default {
        Default::Value(words) | Default::Absent(words) => words,
    }
}

/// The properties, as the README has them.
pub(crate) fn property_table() -> String {
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
    table
}

/// The exit statuses of `validate`.
pub(crate) fn verdict_rows() -> [(u8, &'static str); 3] {
    Ending::ALL.map(|ending| (ending.exit_status(Caller::Hand), ending.meaning()))
}

/// For `--help` of a method: the exit statuses, and how it is called by hand.
pub(crate) fn method_help(intent: Intent) -> String {
    format!(
        "{}\n\nExamples:
  vbox-smf {intent} --vm vm1 --dry-run
  vbox-smf {intent} --fmri svc:/site/other:vm1
  svcadm {} vbox:vm1",
        exit_statuses(),
        match intent {
            Intent::Start => "enable",
            Intent::Stop => "disable",
        }
    )
}

fn exit_statuses() -> String {
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
    for (status, meaning) in verdict_rows() {
        writeln!(text, "  {status}  {meaning}").expect("a String");
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
mod log_words;

#[cfg(test)]
mod tests {
    use super::*;

    /// Says how to mend a README that is behind.
    #[track_caller]
    fn assert_in_readme(table: &str) {
        let readme = include_str!("../../README.md");
        assert!(
            readme.contains(table),
            "README.md should hold this table:\n\n{table}"
        );
    }

    /// `describe --markdown` prints what is between these two lines, and nothing else.
    #[test]
    fn the_readme_has_every_property() {
        let readme = include_str!("../../README.md");
        let (_, after) = readme
            .split_once("\n<!-- properties: held to the program by a test -->\n\n")
            .expect("where it begins");
        let (table, _) = after
            .split_once("\n<!-- end of the properties -->\n")
            .expect("where it ends");
        assert_eq!(table, property_table(), "vbox-smf describe --markdown");
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
        for (status, meaning) in verdict_rows() {
            writeln!(table, "| {status} | {meaning} |").expect("a String");
        }
        assert_in_readme(&table);
    }

    /// The two ways to end a start well without a VM that runs are said wherever somebody may look for them.
    #[test]
    fn a_start_that_ends_well_without_a_vm_is_said() {
        let called_off = "cancels the start";
        let description = crate::config::schema::START_DELAY.description;
        assert!(description.contains(called_off), "{description}");
        let (_, meaning, _) = exit_rows()[0];
        let manifest = include_str!("../../manifests/vbox.xml");
        assert!(manifest.contains(description));
        // Its table of properties has the description, too.
        let page = include_str!("man/page.rs");
        for text in [meaning, include_str!("../../README.md"), page] {
            assert!(
                text.contains("leave") && text.contains("cancelled"),
                "{text}"
            );
        }
    }

    #[test]
    fn the_readme_names_the_least_rust() {
        let version = env!("CARGO_PKG_RUST_VERSION");
        assert_in_readme(&format!("With Rust {version} or newer"));
    }

    #[test]
    fn the_changelog_has_this_version() {
        let changelog = include_str!("../../CHANGELOG.md");
        assert!(changelog.contains(&format!("\n## {}", env!("CARGO_PKG_VERSION"))));
    }
}
