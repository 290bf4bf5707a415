//! Integration tests: one crate, one module a subject.

mod entry;
mod fleet;
mod generate;
mod generate_more;
mod house;
mod illumos_ci;
#[cfg(target_os = "linux")]
mod limits;
mod manual;
// The rig is a chroot of Debian.
#[cfg(target_os = "linux")]
mod real;
mod recipes;
mod rehearse;
mod security;
mod status;
mod validate;

use std::io::Write;

/// Says that a test is skipped, and why, past the capture of the test harness: a test that could not run
/// is not one that passed.
pub(crate) fn skipped(test: &str, why: &str) {
    // The harness captures what the print macros print, and nothing else. Where stderr is closed, there is
    // nobody to tell.
    let _closed = writeln!(std::io::stderr(), "SKIPPED {test}: {why}");
}

#[cfg(not(target_os = "linux"))]
#[test]
fn on_real_virtualbox() {
    skipped(
        "on_real_virtualbox",
        "the rig needs Linux; illumos-ci has the tests for a real host",
    );
}
