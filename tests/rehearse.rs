//! `vbox-smf rehearse`: the command as it is typed, and the picture of the README.
//!
//! `UPDATE_GOLDEN=1 cargo test rehearse` draws the picture in `tests/golden/` anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assert_cmd::Command;
use serde_json::Value;

/// What a run gave: exit status, standard output, standard error.
type Run = (i32, String, String);

fn run_in(directory: &Path, arguments: &[&str], stdin: &str) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_vbox-smf"))
        .args(arguments)
        .env_clear()
        .current_dir(directory)
        .write_stdin(stdin)
        .timeout(Duration::from_secs(900))
        .output()
        .unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

fn run(arguments: &[&str]) -> Run {
    run_in(Path::new("/"), arguments, "")
}

/// An empty directory for one test.
fn directory(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("rehearse-{name}"));
    let _gone = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

/// Eight VMs of which one does not listen, one is slow, one is stuck and one cannot start.
#[test]
fn the_picture_of_the_readme() {
    let folder = directory("picture");
    let (status, manifest, _) = run(&[
        "gen",
        "web",
        "mail",
        "db",
        "build",
        "lab",
        "files",
        "old",
        "new",
        "--user=vbox",
        "--set=db:vm/stop_method=acpipowerbutton",
        "--set=lab:vm/stop_method=acpipowerbutton",
        "--set=lab:vm/stop_timeout=90",
        "--set=build:vm/stop_method=poweroff",
    ]);
    assert_eq!(status, 0);
    fs::write(folder.join("vbox.xml"), manifest).unwrap();
    let arguments = [
        "rehearse",
        "vbox.xml",
        "--guest=db=slow=25s",
        "--guest=lab=deaf",
        "--guest=old=triple",
        "--fault=new=missing-disk",
        "--svg=rehearsal.svg",
    ];
    let (status, _, stderr) = run_in(&folder, &arguments, "");
    assert_eq!(status, 1, "{stderr}");
    let drawn = fs::read_to_string(folder.join("rehearsal.svg")).unwrap();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/rehearsal.svg");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&golden, &drawn).unwrap();
    }
    assert_eq!(
        drawn,
        fs::read_to_string(&golden).unwrap(),
        "{} differs; UPDATE_GOLDEN=1 draws it anew",
        golden.display()
    );
}

/// The README says less than a second. The limit is ten times that in processor time, which does not depend on what else the
/// machine does: a run that needs more has another kind of fault.
#[test]
fn every_scenario_of_forty_vms_at_once() {
    let names: Vec<String> = (1..=40).map(|nth| format!("vm{nth}")).collect();
    let names = names.iter().map(String::as_str);
    let arguments: Vec<&str> = ["rehearse", "--all"].into_iter().chain(names).collect();
    let seconds = if cfg!(debug_assertions) { "60" } else { "10" };
    let output = Command::new("/bin/sh")
        .args([
            "-c",
            r#"ulimit -t "$1" && shift && exec "$@""#,
            "sh",
            seconds,
        ])
        .arg(env!("CARGO_BIN_EXE_vbox-smf"))
        .args(arguments)
        .env_clear()
        .timeout(Duration::from_secs(900))
        .output()
        .unwrap();
    // A signal ends what has used up its time.
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let all = "40 of 40 instances ended in the expected state.\n";
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(stdout.matches(all).count(), 8);
}

#[test]
fn a_picture_replaces_nothing_unasked() {
    let folder = directory("force");
    let draw = |more: &[&str]| {
        let arguments = [&["rehearse", "vm1", "--svg", "a.svg"], more].concat();
        run_in(&folder, &arguments, "")
    };
    assert_eq!(draw(&[]).0, 0);
    fs::write(folder.join("a.svg"), "mine").unwrap();
    let (status, stdout, stderr) = draw(&[]);
    assert_eq!((status, stdout.as_str()), (96, ""));
    assert_eq!(
        stderr,
        "vbox-smf: a.svg exists; use --force to replace it\n"
    );
    assert_eq!(fs::read_to_string(folder.join("a.svg")).unwrap(), "mine");
    assert_eq!(draw(&["--force"]).0, 0);
    let left: Vec<_> = fs::read_dir(&folder).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn the_exit_status_and_where_each_ended() {
    let (status, stdout, stderr) = run(&["rehearse", "vm1", "vm2", "--fault", "vm2=no-driver"]);
    assert_eq!(status, 1);
    assert!(stdout.contains("\n1 of 2 instances ended in the expected state.\n"));
    let joined = stdout.replace("\n          ", " ");
    let expected = "NOT OK: ended maintenance with its VM powered off, \
                    should be online with its VM running\n";
    assert!(joined.contains(expected), "{stdout}");
    assert!(
        stderr.starts_with("vbox-smf: an instance did not end"),
        "{stderr}"
    );
    assert_eq!(stderr.lines().count(), 1);
    assert!(!stdout.contains('\x1b'), "no colours where no terminal is");
    let widest = stdout.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{stdout}");
}

#[test]
fn a_manifest_from_standard_input_as_json() {
    let (_, manifest, _) = run(&["gen", "vm1", "--user", "vbox"]);
    let arguments = ["rehearse", "-", "--json", "--scenario", "boot"];
    let (status, stdout, stderr) = run_in(Path::new("/"), &arguments, &manifest);
    assert_eq!((status, stderr.as_str()), (0, ""));
    let told: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(told["version"], 1);
    assert_eq!(told["results"][0]["smf_state"], "online");
    assert_eq!(told["events"][0]["manifest"], "<stdin>");
}

#[test]
fn a_budget_that_is_too_short() {
    let (_, manifest, _) = run(&[
        "gen",
        "vm1",
        "--user=vbox",
        "--set=vm/stop_method=acpipowerbutton",
        "--set=vm/stop_timeout=240",
    ]);
    for (limit, told) in [("300", false), ("60", true)] {
        let with = format!("timeout_seconds='{limit}'");
        let manifest = manifest.replace("timeout_seconds='300'", &with);
        assert!(manifest.contains(&with));
        let arguments = ["rehearse", "-", "--scenario=disable", "--guest=deaf"];
        let (status, stdout, _) = run_in(Path::new("/"), &arguments, &manifest);
        assert_eq!(status, 0, "{stdout}");
        let text = stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        let note = "note the timeout is too short: vm1 may take 240 s to stop";
        assert_eq!(text.contains(note), told, "{stdout}");
    }
}

#[test]
fn what_cannot_be_read_or_is_none() {
    for (arguments, status, expected) in [
        (&["./nosuch.xml"][..], 96, "cannot read ./nosuch.xml"),
        (&["-"], 96, "svccfg would not import <stdin>: "),
        (&["-", "-"], 2, "- is given twice"),
        (&["--guest", "vm9=deaf"], 2, "the instances are vm1"),
        (&["--guest", "sleepy"], 2, "off-by-itself=5m"),
        (&["--force"], 2, "--svg"),
        (&["two words"], 2, "two words"),
    ] {
        let arguments = [&["rehearse"], arguments].concat();
        let (found, stdout, stderr) = run(&arguments);
        assert_eq!(
            (found, stdout.as_str()),
            (status, ""),
            "{arguments:?}: {stderr}"
        );
        assert!(stderr.contains(expected), "{arguments:?}: {stderr}");
    }
}

#[test]
fn the_help_is_enough() {
    let (status, help, _) = run(&["rehearse", "--help"]);
    assert_eq!(status, 0);
    for word in [
        "--scenario",
        "off-by-itself=5m",
        "not-registered",
        "--shutdown-limit",
        "Examples:",
        "shutdown:",
    ] {
        assert!(help.contains(word), "no {word} in:\n{help}");
    }
    let widest = help.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{help}");
}

/// `-` is standard output, as it is for `gen -o`; a file of that name is never made.
#[test]
fn a_picture_on_standard_output() {
    let folder = directory("picture-to-stdout");
    let (status, stdout, stderr) = run_in(&folder, &["rehearse", "vm1", "--svg", "-"], "");
    assert_eq!(status, 0, "{stderr}");
    assert!(stdout.starts_with("<svg") || stdout.starts_with("<?xml"));
    assert!(stdout.trim_end().ends_with("</svg>"), "nothing beside it");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    let both = ["rehearse", "vm1", "--svg", "-", "--json"];
    assert_eq!(run_in(&folder, &both, "").0, 2);
}

/// A wish of which nothing would come is an error, and is said once.
#[test]
fn what_would_be_passed_by_is_said() {
    let (status, _, stderr) = run(&["rehearse", "vm1", "--shutdown-limit=10s"]);
    assert_eq!(status, 2);
    assert!(stderr.contains("--scenario shutdown"), "{stderr}");
    let (status, _, _) = run(&["rehearse", "vm1", "--all", "--shutdown-limit=10s"]);
    assert_eq!(status, 0);
    let (status, _, stderr) = run(&["rehearse", "./nowhere.xml"]);
    assert_eq!(status, 96);
    assert_eq!(stderr.matches("No such file").count(), 1, "{stderr}");
}

/// As in `gen --set`, with a colon; the other sign means the same.
#[test]
fn whose_guest_it_is() {
    let played = |guest: &str| run(&["rehearse", "vm1", "vm2", "--guest", guest]);
    assert_eq!(
        played("vm2:off-by-itself=5s"),
        played("vm2=off-by-itself=5s")
    );
    let fmri = "svc:/site/xvm/vbox:vm2:off-by-itself=5s";
    assert_eq!(played(fmri), played("vm2:off-by-itself=5s"));
}

/// A name of a manifest does nothing to a terminal that shows the object.
#[test]
fn json_reaches_no_terminal() {
    let (status, stdout, _) = run(&["rehearse", "x=a\u{202e}b\u{9b}1m", "--json"]);
    assert_eq!(status, 0);
    assert!(!stdout.contains(['\u{202e}', '\u{9b}']));
    let object: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(object["results"][0]["vm"], "a\u{202e}b\u{9b}1m");
}
