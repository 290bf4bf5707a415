//! How long `vbox-smf validate` takes: `cargo bench --bench validate`.
//!
//! Whole processes, from the start to the exit, because that is what somebody waits for. A manifest of 20 KB
//! is judged beside `xmllint --noout`, which only looks whether it is well-formed: the two take turns, so
//! that both meet the same machine. Then manifests of many instances are written and judged. Nothing is
//! asserted about times.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const VBOX_SMF: &str = env!("CARGO_BIN_EXE_vbox-smf");

/// A program, with nothing around its process.
#[expect(
    clippy::disallowed_methods,
    reason = "what is measured is a process, not the host that runs it with a deadline"
)]
fn program(name: &str) -> Command {
    Command::new(name)
}

/// How often each program is run.
const ROUNDS: usize = 50;

fn main() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench");
    std::fs::create_dir_all(&folder).expect("a folder for the manifests");
    one_file(&folder);
    many_instances(&folder);
    std::fs::remove_dir_all(folder).expect("the folder is ours");
}

/// Writes the manifest of so many VMs, and says how long that took.
fn generate(folder: &Path, vms: usize) -> (PathBuf, Duration) {
    let file = folder.join(format!("{vms}.xml"));
    let names: Vec<_> = (1..=vms).map(|i| format!("vm{i}")).collect();
    let mut command = program(VBOX_SMF);
    command
        .arg("gen")
        .args(&names)
        .args(["--user", "u", "--force"]);
    command.arg("--output").arg(&file);
    let (taken, status) = run(&mut command);
    assert_eq!(status, Some(0), "gen of {vms} VMs");
    (file, taken)
}

/// Runs a program to its end. What it prints goes nowhere.
fn run(command: &mut Command) -> (Duration, Option<i32>) {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let begun = Instant::now();
    let status = command.status().expect("it can be run");
    (begun.elapsed(), status.code())
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}

/// One manifest of 20 KB.
fn one_file(folder: &Path) {
    let size = |file: &Path| std::fs::metadata(file).expect("it was written").len();
    let file = (1..1000)
        .map(|vms| generate(folder, vms).0)
        .find(|file| size(file) >= 20_000)
        .expect("it grows with each VM");
    let judge = || {
        let mut command = program(VBOX_SMF);
        command.arg("validate").arg(&file);
        command
    };
    let xmllint = || {
        let mut command = program("xmllint");
        command.arg("--noout").arg(&file);
        command
    };
    let nothing = || program("true");
    let mut programs: Vec<(&str, &dyn Fn() -> Command, Vec<Duration>)> = vec![
        ("vbox-smf validate", &judge, Vec::new()),
        ("true", &nothing, Vec::new()),
    ];
    if xmllint().arg("--version").output().is_ok() {
        programs.insert(1, ("xmllint --noout", &xmllint, Vec::new()));
    } else {
        println!("SKIPPED xmllint: it is not installed");
    }
    for round in 0..=ROUNDS {
        for (name, command, times) in &mut programs {
            let (taken, status) = run(&mut command());
            assert_eq!(status, Some(0), "{name}");
            // The first round warms the caches.
            if round > 0 {
                times.push(taken);
            }
        }
    }
    println!(
        "one manifest of {} bytes, {ROUNDS} runs of each in turn, whole processes:",
        size(&file)
    );
    println!("{:<20} {:>10} {:>10}", "program", "median", "least");
    for (name, _, times) in &mut programs {
        let median = median(times);
        println!(
            "{name:<20} {:>10} {:>10}",
            milliseconds(median),
            milliseconds(times[0])
        );
    }
}

/// Manifests of 100, 1,000 and 10,000 instances.
fn many_instances(folder: &Path) {
    println!("\nmanifests of many instances, one run of each:");
    println!(
        "{:>9} {:>10} {:>12} {:>12} {:>12} {:>12}",
        "instances", "KB", "gen", "per instance", "validate", "per instance"
    );
    for vms in [100, 1_000, 10_000] {
        let (file, generated) = generate(folder, vms);
        let mut command = program(VBOX_SMF);
        let (judged, status) = run(command.args(["validate", "--strict"]).arg(&file));
        let length = std::fs::metadata(&file).expect("it was written").len();
        let each = |time: Duration| {
            let count = u32::try_from(vms).expect("a small number");
            format!("{:.1} us", (time / count).as_secs_f64() * 1e6)
        };
        println!(
            "{vms:>9} {:>10} {:>12} {:>12} {:>12} {:>12}",
            length / 1000,
            milliseconds(generated),
            each(generated),
            milliseconds(judged),
            each(judged)
        );
        if status != Some(0) {
            println!("          refused: exit {status:?}");
        }
    }
}
