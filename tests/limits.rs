//! How much of what comes from elsewhere is worked on: up to a limit, within 512 MB and in a time that grows as the input
//! does; beyond it is refused, with the number and the limit. The fast lane refuses as much, and works on a tenth of it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assert_cmd::Command;

use crate::lanes::some_or_many;

/// Kilobytes of address space, so of memory too.
const MEMORY_KB: &str = "524288";

const VMS: usize = 10_000;
const REHEARSED: usize = 256;

/// So many VMs are worked on.
fn worked_on() -> usize {
    some_or_many(VMS / 10, VMS)
}

struct Run {
    status: Option<i32>,
    stdout: String,
    stderr: String,
    /// What the processor spent for it, in seconds.
    user: f64,
}

/// Runs the program within that memory.
fn run(folder: &Path, arguments: &[&str]) -> Run {
    // What the shell itself spends comes first, what its children do in the second line.
    let script = r#"ulimit -v "$1" && shift && "$@"; status=$?; times > times; exit $status"#;
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", script, "sh", MEMORY_KB])
        .arg(env!("CARGO_BIN_EXE_vbox-smf"))
        .args(arguments)
        .env_clear()
        // Each thread would have 64 MB of addresses to itself otherwise, without using them.
        .env("MALLOC_ARENA_MAX", "1")
        .current_dir(folder)
        .timeout(Duration::from_secs(900));
    let output = shell.output().unwrap();
    let times = fs::read_to_string(folder.join("times")).unwrap();
    let children = times.lines().nth(1).unwrap().split(' ').next().unwrap();
    let (minutes, seconds) = children.trim_end_matches('s').split_once('m').unwrap();
    Run {
        status: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        user: minutes.parse::<f64>().unwrap() * 60.0 + seconds.parse::<f64>().unwrap(),
    }
}

fn folder(test: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("limits {test}"));
    let _gone = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

/// The end of something that may be long.
fn cut(text: &str) -> &str {
    let from = text.len().saturating_sub(300);
    text.get(from..).unwrap_or(text)
}

#[track_caller]
fn accepted(folder: &Path, arguments: &[&str]) -> f64 {
    let run = run(folder, arguments);
    assert_eq!(run.status, Some(0), "{}", cut(&run.stderr));
    run.user
}

#[track_caller]
fn refused(folder: &Path, arguments: &[&str], status: i32, why: &str) {
    let run = run(folder, arguments);
    assert_eq!(run.status, Some(status), "{}", cut(&run.stderr));
    let told = format!("{}{}", run.stdout, run.stderr);
    assert!(told.contains(why), "{}", cut(&told));
}

/// Twice as much takes about twice as long: four times would be a loop in a loop.
#[track_caller]
fn grows_with(half: f64, whole: f64) {
    println!("{half:.2} s, {whole:.2} s");
    assert!(
        whole < 3.2 * half.max(0.05),
        "{half} s, and {whole} s for twice as much"
    );
}

/// A fleet in which each VM has much of its own.
fn fleet(folder: &Path, name: &str, vms: usize) {
    let mut text = String::from(
        "[defaults]\nuser = 'u'\nstop_method = 'shutdown'\n[template.t]\non_saved = 'leave'\n",
    );
    for vm in 0..vms {
        writeln!(
            text,
            "[vm.vm{vm}]\ntemplates = ['t']\nname = 'Machine number {vm}'\nstop_timeout = {}\ndelegate = ['d{vm}']\nnotify = ['mailto:a{vm}@x']\ndepends_on = ['svc:/site/xx/y{vm}:z']",
            vm % 300 + 1
        )
        .unwrap();
        if vm > 0 {
            writeln!(text, "after = ['vm{}']", vm - 1).unwrap();
        }
    }
    fs::write(folder.join(name), text).unwrap();
}

#[test]
fn a_fleet() {
    let folder = folder("fleet");
    fleet(&folder, "half.toml", worked_on() / 2);
    fleet(&folder, "whole.toml", worked_on());
    fleet(&folder, "more.toml", VMS + 1);
    let half = accepted(&folder, &["gen", "--fleet", "half.toml", "-o", "half.xml"]);
    let whole = accepted(
        &folder,
        &["gen", "--fleet", "whole.toml", "-o", "whole.xml"],
    );
    grows_with(half, whole);
    let why = "the file has 10001 VMs; the limit is 10000; split it into several files";
    refused(&folder, &["gen", "--fleet", "more.toml"], 96, why);
    let half = accepted(&folder, &["gen", "--fleet", "half.toml", "--explain"]);
    let whole = accepted(&folder, &["gen", "--fleet", "whole.toml", "--explain"]);
    grows_with(half, whole);
    // What was written can be judged, with the same memory.
    let half = accepted(&folder, &["validate", "half.xml"]);
    let whole = accepted(&folder, &["validate", "whole.xml"]);
    grows_with(half, whole);
    fs::remove_dir_all(folder).unwrap();
}

/// Files are made one after the other: together they are many times as long as one manifest.
#[test]
fn a_fleet_in_a_folder() {
    let folder = folder("fleet in a folder");
    let vms = some_or_many(500, VMS);
    fleet(&folder, "whole.toml", vms);
    fs::create_dir(folder.join("d")).unwrap();
    accepted(
        &folder,
        &["gen", "--fleet", "whole.toml", "--output-dir", "d"],
    );
    assert_eq!(fs::read_dir(folder.join("d")).unwrap().count(), vms);
    fs::remove_dir_all(folder).unwrap();
}

/// What VMs inherit counts for each of them.
#[test]
fn what_a_fleet_inherits() {
    let folder = folder("inherited");
    let mut text = String::from("[defaults]\nuser = 'u'\n[defaults.env]\n");
    for variable in 0..1000 {
        writeln!(text, "V{variable} = 'x'").unwrap();
    }
    for vm in 0..1000 {
        writeln!(text, "[vm.vm{vm}]").unwrap();
    }
    fs::write(folder.join("inherited.toml"), text).unwrap();
    let why = "have more than 400000 values";
    refused(&folder, &["gen", "--fleet", "inherited.toml"], 96, why);
    let mut text = String::from("[vm.a]\n");
    for template in 0..1001 {
        writeln!(text, "[template.t{template}]").unwrap();
    }
    fs::write(folder.join("templates.toml"), text).unwrap();
    let why = "the file has 1001 templates; the limit is 1000";
    refused(&folder, &["gen", "--fleet", "templates.toml"], 96, why);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn vms_on_the_command_line() {
    let folder = folder("operands");
    let names: Vec<String> = (0..=VMS).map(|vm| format!("v{vm}")).collect();
    let line = |count: usize| -> Vec<&str> {
        let names = names[..count].iter().map(String::as_str);
        ["gen", "--user=u", "-o", "out.xml", "--force"]
            .into_iter()
            .chain(names)
            .collect()
    };
    grows_with(
        accepted(&folder, &line(worked_on() / 2)),
        accepted(&folder, &line(worked_on())),
    );
    let why = "10001 VMs specified; the limit for one manifest is 10000";
    refused(&folder, &line(VMS + 1), 2, why);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_rehearsal() {
    let folder = folder("rehearsal");
    let names: Vec<String> = (0..=REHEARSED).map(|vm| format!("v{vm}")).collect();
    let line = |count: usize| -> Vec<&str> {
        let names = names[..count].iter().map(String::as_str);
        ["rehearse", "--svg", "out.svg", "--force"]
            .into_iter()
            .chain(names)
            .collect()
    };
    accepted(&folder, &line(some_or_many(REHEARSED / 8, REHEARSED)));
    let why = "257 instances are too many to rehearse at once; the limit is 256";
    refused(&folder, &line(REHEARSED + 1), 96, why);
    fs::remove_dir_all(folder).unwrap();
}

/// The largest manifests of each kind that are taken, and one more.
#[test]
fn manifests() {
    const HEAD: &str = "<?xml version='1.0'?>\n<!DOCTYPE service_bundle SYSTEM '/usr/share/lib/xml/dtd/service_bundle.dtd.1'>\n<service_bundle type='manifest' name='x'>\n";
    let folder = folder("manifests");
    let method = |nth: usize| {
        format!("<exec_method type='method' name='m{nth}' exec=':true' timeout_seconds='60'/>\n")
    };
    let services = |count: usize, inside: &str| {
        let mut text = HEAD.to_owned();
        for nth in 0..count {
            writeln!(
                text,
                "<service name='site/a{nth}' type='service' version='1'>{inside}</service>"
            )
            .unwrap();
        }
        text + "</service_bundle>\n"
    };
    let most: String = (0..5000).map(method).collect();
    let fewer = some_or_many(10, 1);
    for (name, text, limit) in [
        ("entities", services(50_000 / fewer, ""), None),
        (
            "more entities",
            services(50_001, ""),
            Some("more than 50000 services"),
        ),
        ("groups", services(30 / fewer, &most), None),
        (
            "more groups",
            services(31, &most),
            Some("more than 150000 property groups"),
        ),
    ] {
        let file = format!("{name}.xml");
        fs::write(folder.join(&file), text).unwrap();
        let run = run(&folder, &["validate", &file]);
        // They are no good manifests: the point is that they were looked at.
        assert!(
            matches!(run.status, Some(0 | 1)),
            "{name}: {:?} {}",
            run.status,
            cut(&run.stderr)
        );
        assert_eq!(
            run.stdout.contains("SMF0102"),
            limit.is_some(),
            "{name}: {}",
            cut(&run.stdout)
        );
        if let Some(limit) = limit {
            assert!(run.stdout.contains(limit), "{name}: {}", cut(&run.stdout));
        }
    }
    fs::remove_dir_all(folder).unwrap();
}
