//! Files that are made to do harm, or that something has harmed: each is rejected with a finding, soon, and
//! within 512 MB.

mod broken;
mod huge;

use std::path::Path;
use std::time::{Duration, Instant};

use assert_cmd::Command;

use super::call::{Run, run};

/// What the shell's `ulimit -v` takes: kilobytes of address space, so of memory too.
const MEMORY_KB: &str = "524288";

/// The processor's time in seconds: how busy the machine is does not count. A tenth of it is what one would expect;
/// without optimization everything takes ten times as long.
const PROCESSOR_SECONDS: &str = if cfg!(debug_assertions) { "120" } else { "20" };

/// Judges under a limit of memory and of the processor's time. With too little of them the program ends by a signal.
#[track_caller]
fn judge(folder: &Path, arguments: &[&str]) -> Run {
    let script = r#"ulimit -v "$1" && ulimit -t "$2" && shift 2 && exec "$@""#;
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", script, "sh", MEMORY_KB, PROCESSOR_SECONDS])
        .args([env!("CARGO_BIN_EXE_vbox-smf"), "validate"])
        .args(arguments)
        .env_clear()
        .current_dir(folder)
        // Whoever waits for something uses no processor.
        .timeout(Duration::from_secs(900));
    let begun = Instant::now();
    let run = run(&mut shell);
    let taken = begun.elapsed();
    println!("{arguments:?}: {:?} after {taken:.2?}", run.status);
    assert!(run.status.is_some(), "a signal ended {arguments:?}");
    run
}

/// Judges one file that has to be refused, with a message that can be read.
#[track_caller]
fn assert_refused(folder: &Path, file: &str) {
    let run = judge(folder, &[file]);
    assert_eq!(run.status, Some(1), "{file}: {}", cut(&run.stderr));
    let first = run.stdout.lines().next().expect("a finding");
    assert!(first.contains(": error["), "{file}: {}", cut(first));
    let longest = run.stdout.lines().map(str::len).max();
    assert!(longest < Some(2000), "{file}: a line of {longest:?} bytes");
    assert!(run.stderr.ends_with("1 refused\n") || run.stderr.contains("1 refused; "));
}

/// The beginning of something that may be long.
fn cut(text: &str) -> String {
    text.chars().take(300).collect()
}
