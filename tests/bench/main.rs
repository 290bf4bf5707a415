//! What vbox-smf costs, beside what else does the same: `tests/bench/run.sh`, or `cargo bench --bench figures`.
//!
//! One table, with the machine and the commit above it. Whatever is compared takes turns, so that both meet the same
//! machine: of each pair of runs the ratio and the difference are taken, and of these the median and the quartiles.
//! It measures, and asserts nothing about times; what cannot be measured here is said to be SKIPPED, and why.
//!
//! Arguments choose sections (`method`, `real`, `status`, `manifests`, `size`); none means all of them.
//! `VBOX_SMF_BENCH_ROUNDS` is how often each program is run; with `VBOX_SMF_BENCH_ALL` what is SKIPPED is a failure.

#[cfg(target_os = "linux")]
mod figures;
#[cfg(target_os = "linux")]
#[path = "../lanes.rs"]
#[expect(
    dead_code,
    reason = "the benchmarks leave out what they do by themselves"
)]
mod lanes;
#[cfg(target_os = "linux")]
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

#[cfg(not(target_os = "linux"))]
use std::io::Write as _;
use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    figures::run()
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    skipped("the benchmarks", "they need Linux: namespaces, and the rig");
    ExitCode::SUCCESS
}

/// Past whatever captures the output.
#[cfg(not(target_os = "linux"))]
fn skipped(what: &str, why: &str) {
    // Where stderr is closed, there is nobody to tell.
    let _closed = writeln!(std::io::stderr(), "SKIPPED {what}: {why}");
}
