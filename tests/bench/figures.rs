//! The sections, and what they share.

mod counted;
mod machine;
mod manifests;
mod method;
mod orphans;
mod size;
mod status;
mod table;
mod virtualbox;
mod world;

use std::process::{Command, ExitCode};

use table::Table;

const VBOX_SMF: &str = env!("CARGO_BIN_EXE_vbox-smf");
const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench");

/// A section of the table.
type Section = fn(&mut Table) -> Result<(), String>;

const SECTIONS: [(&str, Section); 5] = [
    ("size", size::measure),
    ("method", method::measure),
    ("real", virtualbox::measure),
    ("status", status::measure),
    ("manifests", manifests::measure),
];

/// Measures what the arguments choose, and prints the table.
pub(super) fn run() -> ExitCode {
    if let Some(code) = world::alone() {
        return code;
    }
    // Cargo adds --bench.
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    machine::describe();
    let mut table = Table::begin();
    for (name, measure) in SECTIONS {
        if !wanted.is_empty() && !wanted.iter().any(|wanted| wanted == name) {
            continue;
        }
        if let Err(reason) = measure(&mut table) {
            table.skipped(name, &reason);
        }
    }
    machine::load("at the end");
    if table.is_whole() || std::env::var_os("VBOX_SMF_BENCH_ALL").is_none() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// A program, with nothing around its process.
#[expect(
    clippy::disallowed_methods,
    reason = "what is measured is a process, not the host that runs it with a deadline"
)]
fn program(name: impl AsRef<std::ffi::OsStr>) -> Command {
    Command::new(name)
}

/// How often each is run.
fn rounds(usual: usize) -> usize {
    std::env::var("VBOX_SMF_BENCH_ROUNDS")
        .ok()
        .and_then(|set| set.parse().ok())
        .map_or(usual, |set: usize| set.clamp(1, usual))
}
