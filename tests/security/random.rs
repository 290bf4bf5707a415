//! The same for names that nobody thought of.

use std::ffi::OsStr;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::lanes::some_or_many;

use super::{COMMAND_LINES, folder, row, run, with_name};

/// Any text, but rather of characters that do something.
fn name() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        3 => prop::char::range('\u{1}', '\u{1f}'),
        2 => prop::char::range('\u{7f}', '\u{9f}'),
        2 => prop::char::range('\u{200b}', '\u{2069}'),
        3 => prop::sample::select("'\"<>&;:,=/%$`\\!-+.@[]{}()#|~*? ".chars().collect::<Vec<_>>()),
        2 => prop::char::range('a', 'z'),
        1 => any::<char>(),
    ];
    prop::collection::vec(character, 0..12)
        .prop_map(|characters| characters.into_iter().filter(|c| *c != '\0').collect())
}

#[test]
fn no_output_does_something_to_a_terminal() {
    let folder = folder("random");
    let cases = some_or_many(100, 600);
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    });
    let line = prop::sample::select(COMMAND_LINES.to_vec());
    let outcome = runner.run(&(line, name()), |(line, name)| {
        run(&folder, &with_name(line, OsStr::new(&name)));
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    row(
        "random names on the command line",
        usize::try_from(cases).unwrap(),
    );
}
