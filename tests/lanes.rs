//! The two lanes of the tests, and the line at the end of a run that says what it did not run.
//!
//! The fast lane is what runs when nothing is set: it needs no VirtualBox and changes nothing on the machine. With
//! `VBOX_SMF_REAL` the tests on real VirtualBox run as well. `VBOX_SMF_MANY` asks for the numbers of cases and the sizes
//! that `.ci/run` tests; the fast lane uses smaller ones.

use std::collections::BTreeSet;
use std::sync::{Mutex, Once, PoisonError};

/// If this is set, the tests on real VirtualBox run as well.
pub(crate) const REAL: &str = "VBOX_SMF_REAL";

/// Before the name of a test that is not run because it needs real VirtualBox, for whom reads the captured output.
#[cfg(target_os = "linux")]
pub(crate) const NO_RIG_FOR: &str = "not run without real VirtualBox: ";

/// The tests that were not run, by name: a test that skips several of its parts counts once.
struct NotRun {
    real: BTreeSet<String>,
    other: BTreeSet<String>,
}

static NOT_RUN: Mutex<NotRun> = Mutex::new(NotRun {
    real: BTreeSet::new(),
    other: BTreeSet::new(),
});

fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0")
}

/// Whether the tests on real VirtualBox are to run.
pub(crate) fn is_real() -> bool {
    is_set(REAL)
}

/// `some` in the fast lane; `many` with `VBOX_SMF_MANY`, or with `VBOX_SMF_FULL`, which asks for even more elsewhere.
pub(crate) fn some_or_many<T>(some: T, many: T) -> T {
    if is_set("VBOX_SMF_MANY") || is_set("VBOX_SMF_FULL") {
        many
    } else {
        some
    }
}

/// Prints a line past the capture of the test harness, which shows what a test prints only if the test fails.
pub(crate) fn say(words: &str) {
    use std::io::Write as _;
    // If stderr is closed, there is no place to print it.
    let _closed = writeln!(std::io::stderr(), "{words}");
}

/// Reports a test as skipped, and why: a test that could not run has not passed.
pub(crate) fn skipped(test: &str, why: &str) {
    say(&format!("SKIPPED {test}: {why}"));
    note(|not_run| not_run.other.insert(name(test)));
}

/// Counts a test on real VirtualBox that is not run. No line names it: there are about two hundred of them.
#[cfg(target_os = "linux")]
pub(crate) fn no_rig_for(test: &str) {
    let test = name(test);
    println!("{NO_RIG_FOR}{test}");
    note(|not_run| not_run.real.insert(test));
}

/// The name of the test that runs in this thread: the harness calls its threads so. Several tests can call one function.
fn name(otherwise: &str) -> String {
    match std::thread::current().name() {
        None | Some("main") => otherwise.to_owned(),
        Some(name) => name.to_owned(),
    }
}

fn note(add: impl FnOnce(&mut NotRun) -> bool) {
    static AT_EXIT: Once = Once::new();
    add(&mut NOT_RUN.lock().unwrap_or_else(PoisonError::into_inner));
    AT_EXIT.call_once(|| {
        #[expect(
            unsafe_code,
            reason = "std has nothing that runs at the end of a process"
        )]
        // SAFETY: the handler does not unwind, and it uses only statics and stderr.
        let _full = unsafe { libc::atexit(at_exit) };
    });
}

/// Runs after the test harness has printed its results.
extern "C" fn at_exit() {
    let not_run = NOT_RUN.lock().unwrap_or_else(PoisonError::into_inner);
    say(&summary(not_run.real.len(), not_run.other.len(), is_real()));
}

/// The one line at the end.
fn summary(real: usize, other: usize, is_real: bool) -> String {
    let mut parts = Vec::new();
    if real > 0 {
        let how = if is_real {
            "it could not be set up, see SKIPPED above".to_owned()
        } else {
            format!("to run them, as root on Debian: {REAL}=1 cargo test --release")
        };
        parts.push(format!("{real} on real VirtualBox ({how})"));
    }
    if other > 0 {
        parts.push(format!(
            "{other} that lack what the lines with SKIPPED name"
        ));
    }
    let all = real + other;
    let tests = if all == 1 { "test was" } else { "tests were" };
    format!("{all} {tests} not run: {}", parts.join(", "))
}

#[test]
fn the_line_at_the_end() {
    for (real, other, is_real, line) in [
        (
            197,
            0,
            false,
            "197 tests were not run: 197 on real VirtualBox (to run them, as root on Debian: VBOX_SMF_REAL=1 cargo test \
             --release)",
        ),
        (
            197,
            2,
            true,
            "199 tests were not run: 197 on real VirtualBox (it could not be set up, see SKIPPED above), 2 that lack \
             what the lines with SKIPPED name",
        ),
        (
            0,
            1,
            false,
            "1 test was not run: 1 that lack what the lines with SKIPPED name",
        ),
    ] {
        assert_eq!(summary(real, other, is_real), line);
    }
}
