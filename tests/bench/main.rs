//! What vbox-smf costs, beside what else does the same: `tests/bench/run.sh`, or `cargo bench --bench figures`.
//!
//! One table, with the machine and the commit above it. Whatever is compared takes turns, so that both meet the same
//! machine: of each pair of runs the ratio and the difference are taken, and of these the median and the quartiles.
//! It measures, and asserts nothing about times; what cannot be measured here is said to be SKIPPED, and why.
//!
//! Arguments choose sections (`method`, `real`, `status`, `manifests`, `size`); none means all of them.
//! `VBOX_SMF_BENCH_ROUNDS` is how often each program is run; with `VBOX_SMF_BENCH_ALL` what is SKIPPED is a failure.

mod counted;
mod machine;
mod manifests;
mod method;
mod orphans;
#[path = "../real"]
#[expect(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "the tests need more of the rig"
)]
mod real {
    pub(crate) mod rig;
}
mod size;
mod status;
mod table;
mod virtualbox;
mod world;

use std::io::Write as _;
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

fn main() -> ExitCode {
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

/// For the rig, which says it of tests.
fn skipped(what: &str, why: &str) {
    let _closed = writeln!(std::io::stderr(), "SKIPPED {what}: {why}");
}
