//! Writing and judging manifests. Whole processes, from the start to the exit, because that is what somebody waits for.
//!
//! `xmllint --noout`, which only looks whether a manifest is well-formed, is what `validate` stands beside.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use super::table::{Beside, Table, milliseconds, spread};
use super::{VBOX_SMF, program, rounds};

pub(crate) fn measure(table: &mut Table) -> Result<(), String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench");
    std::fs::create_dir_all(&folder).expect("a folder for the manifests");
    many_instances(table, &folder);
    let done = one_file(table, &folder);
    std::fs::remove_dir_all(folder).expect("the folder is ours");
    done
}

/// Writes the manifest of so many VMs, and gives the milliseconds that took.
fn generate(folder: &Path, vms: usize) -> (PathBuf, f64) {
    let file = folder.join(format!("{vms}.xml"));
    let names: Vec<_> = (1..=vms).map(|i| format!("vm{i}")).collect();
    let mut command = program(VBOX_SMF);
    command
        .arg("gen")
        .args(&names)
        .args(["--user", "u", "--force"]);
    command.arg("--output").arg(&file);
    let taken = run(&mut command);
    (file, taken)
}

/// Runs a program to its end, which is to be a good one, and gives the milliseconds. What it prints goes nowhere.
fn run(command: &mut Command) -> f64 {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let begun = Instant::now();
    let status = command.status().expect("it can be run");
    let taken = begun.elapsed();
    assert!(status.success(), "{command:?}: {status}");
    taken.as_secs_f64() * 1000.0
}

/// One manifest of 20 KB, judged and looked at.
fn one_file(table: &mut Table, folder: &Path) -> Result<(), String> {
    let size = |file: &Path| std::fs::metadata(file).expect("it was written").len();
    let file = (1..1000)
        .map(|vms| generate(folder, vms).0)
        .find(|file| size(file) >= 20_000)
        .expect("it grows with each VM");
    if program("xmllint").arg("--version").output().is_err() {
        return Err("xmllint is not installed".to_owned());
    }
    let (mut ours, mut its) = (Vec::new(), Vec::new());
    for _ in 0..=rounds(100) {
        ours.push(run(program(VBOX_SMF).arg("validate").arg(&file)));
        its.push(run(program("xmllint").arg("--noout").arg(&file)));
    }
    // The first of each warms the caches.
    let beside = Beside {
        name: "xmllint --noout",
        times: &its[1..],
    };
    let what = format!("validate, a manifest of {} KB", size(&file) / 1000);
    table.paired(&what, &ours[1..], &beside, "");
    Ok(())
}

/// Manifests of 1, 100 and 10,000 instances.
fn many_instances(table: &mut Table, folder: &Path) {
    for (vms, times) in [(1_u16, 50), (100, 50), (10_000, 5)] {
        let (mut written, mut judged) = (Vec::new(), Vec::new());
        for _ in 0..rounds(times) {
            let (file, taken) = generate(folder, usize::from(vms));
            written.push(taken);
            judged.push(run(program(VBOX_SMF)
                .args(["validate", "--strict"])
                .arg(&file)));
        }
        for (what, times) in [("gen", written), ("validate --strict", judged)] {
            let median = spread(times).median;
            let each = milliseconds(median / f64::from(vms));
            table.alone(
                &format!("{what}, {vms} instances"),
                &milliseconds(median),
                &format!("{each} each"),
            );
        }
    }
}
