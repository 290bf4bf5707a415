//! Integration tests: one crate, one module a subject.

mod entry;
mod fleet;
mod generate;
mod generate_more;
mod house;
mod illumos_ci;
mod lanes;
#[cfg(target_os = "linux")]
mod limits;
mod manual;
mod next_steps;
// The rig is a chroot of Debian.
#[cfg(target_os = "linux")]
mod real;
mod recipes;
mod rehearse;
mod security;
mod status;
mod validate;

pub(crate) use lanes::skipped;

#[cfg(not(target_os = "linux"))]
#[test]
fn on_real_virtualbox() {
    skipped(
        "on_real_virtualbox",
        "the rig needs Linux; illumos-ci has the tests for a real host",
    );
}
