//! What is printed, and the exit status.

use std::time::Duration;

use assert_cmd::Command;
use serde_json::Value;

use super::call::{BAD, GOOD, WARNED, command, folder, folder_with, run, validate_in};

#[test]
fn a_finding_is_a_place_a_stage_a_message_a_code_and_help() {
    let folder = folder_with("finding", &[("bad.xml", BAD)]);
    let run = validate_in(&folder, ["bad.xml"]);
    let lines: Vec<_> = run.stdout.lines().collect();
    assert_eq!(lines.len() % 2, 0, "{run:?}");
    for pair in lines.chunks(2) {
        assert!(pair[0].starts_with("bad.xml:4:3: error[dtd]: "), "{run:?}");
        assert!(
            pair[0].contains(" (SMF01") && pair[0].ends_with(')'),
            "{run:?}"
        );
        assert!(pair[1].starts_with("  help: "), "{run:?}");
    }
    let quiet = validate_in(&folder, ["--quiet", "bad.xml"]);
    assert_eq!(
        (quiet.status, &*quiet.stdout, &*quiet.stderr),
        (Some(1), "", "")
    );
}

#[test]
fn strict_refuses_for_warnings_and_says_so() {
    let folder = folder_with("strict", &[("good.xml", GOOD), ("warned.xml", WARNED)]);
    let lax = validate_in(&folder, ["."]);
    assert_eq!(lax.status, Some(0), "{lax:?}");
    assert!(
        lax.stdout.starts_with("./warned.xml:5:5: warning[lint]: "),
        "{lax:?}"
    );
    assert_eq!(lax.stderr, "2 files: 2 accepted; 1 warning\n");
    let strict = validate_in(&folder, ["--strict", "."]);
    assert_eq!(strict.status, Some(1), "{strict:?}");
    assert_eq!(strict.stdout, lax.stdout);
    assert_eq!(
        strict.stderr,
        "2 files: 1 accepted, 1 refused; 1 warning, because of which --strict refused 1\n"
    );
}

#[test]
fn json_is_one_object() {
    let folder = folder_with(
        "json",
        &[("bad.xml", BAD), ("good.xml", GOOD), ("warned.xml", WARNED)],
    );
    for (strict, verdicts) in [
        (false, ["refused", "accepted", "accepted"]),
        (true, ["refused", "accepted", "refused"]),
    ] {
        let arguments = ["--json", ".", "--strict"];
        let run = validate_in(&folder, &arguments[..2 + usize::from(strict)]);
        assert_eq!(run.status, Some(1), "{run:?}");
        assert_eq!(run.stderr, "");
        assert_eq!(run.stdout.lines().count(), 1);
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        let keys = |value: &Value| -> Vec<String> {
            let mut keys: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
            keys.sort();
            keys
        };
        assert_eq!(keys(&report), ["files", "version"]);
        let files = report["files"].as_array().unwrap();
        for (file, verdict) in files.iter().zip(verdicts) {
            assert_eq!(keys(file), ["file", "findings", "verdict"]);
            assert_eq!(file["verdict"], verdict, "{file}");
        }
        let finding = &files[0]["findings"][0];
        assert_eq!(
            keys(finding),
            [
                "code", "column", "help", "line", "message", "severity", "stage"
            ]
        );
        assert_eq!(
            (&finding["line"], &finding["column"]),
            (&4.into(), &3.into())
        );
        assert_eq!(finding["severity"], "error");
        assert_eq!(files[2]["findings"][0]["severity"], "warning");
        assert_eq!(files[2]["findings"][0]["stage"], "lint");
    }
}

#[test]
fn names_cannot_forge_lines_or_move_the_cursor() {
    let name = "a\u{1b}[2J\nb.xml:1:1: error[dtd]: x";
    let content = BAD
        .replace("'service'", "'\u{9b}31m'")
        .replace("servise", "service");
    let folder = folder_with("control", &[(name, &content)]);
    let shown = "a\\u{1b}[2J\\nb.xml:1:1: error[dtd]: x";
    let text = validate_in(&folder, [name, "no\nfile"]);
    assert!(
        text.stdout.starts_with(&format!("{shown}:4:28: ")),
        "{text:?}"
    );
    assert!(
        text.stderr.starts_with("vbox-smf: cannot read no\\nfile: "),
        "{text:?}"
    );
    let json = validate_in(&folder, ["--json", name]);
    let report: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(report["files"][0]["file"], name);
    for output in [text.stdout, text.stderr, json.stdout] {
        let odd = |c: char| c.is_control() && c != '\n';
        assert!(!output.contains(odd), "{output:?}");
    }
}

#[test]
fn codes_are_explained() {
    let nowhere = folder("explain");
    let one = validate_in(&nowhere, ["--explain", "smf104"]);
    assert_eq!((one.status, &*one.stderr), (Some(0), ""));
    assert!(one.stdout.starts_with("SMF0104: "), "{one:?}");
    for word in ["the document type is missing", "What to do: ", "Stage: dtd"] {
        assert!(one.stdout.contains(word), "{one:?}");
    }
    let all = validate_in(&nowhere, ["--explain", "all"]);
    assert!(all.stdout.lines().count() > 50, "{all:?}");
    assert!(all.stdout.lines().all(|l| l.starts_with("SMF0")), "{all:?}");
    assert_eq!(validate_in(&nowhere, ["--explain"]), all);
    let unknown = validate_in(&nowhere, ["--explain", "SMF9\n"]);
    assert_eq!((unknown.status, &*unknown.stdout), (Some(2), ""));
    assert!(
        unknown.stderr.contains("'SMF9\\n' is not a code")
            && unknown.stderr.contains("--explain all"),
        "{unknown:?}"
    );
}

#[test]
fn usage_errors() {
    let folder = folder("usage");
    for arguments in [
        &[][..],
        &["--json"],
        &["-", "-"],
        &["--quiet", "--json", "x"],
        &["--explain", "101", "x"],
        &["--frob", "x"],
    ] {
        let hand = validate_in(&folder, arguments);
        assert_eq!((hand.status, &*hand.stdout), (Some(2), ""), "{hand:?}");
        assert!(!hand.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn under_smf_no_other_status_leaves_the_program() {
    let folder = folder_with("smf", &[("bad.xml", BAD), ("good.xml", GOOD)]);
    for (arguments, status) in [
        (&["good.xml"][..], 0),
        (&["bad.xml"], 1),
        (&["missing.xml"], 96),
        (&["bad.xml", "missing.xml"], 96),
        (&[], 96),
        (&["--explain", "x"], 96),
    ] {
        let mut command = command();
        command.args(arguments).current_dir(&folder);
        let run = run(command.env("SMF_METHOD", "start"));
        assert_eq!(run.status, Some(status), "{arguments:?}: {run:?}");
    }
}

/// Runs the program in a shell that does this with it.
fn in_shell(script: &str, arguments: &[&str]) -> super::call::Run {
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", script, env!("CARGO_BIN_EXE_vbox-smf"), "validate"])
        .args(arguments)
        .timeout(Duration::from_secs(900));
    run(&mut shell)
}

#[test]
fn a_reader_who_leaves_is_no_error() {
    let folder = folder_with("closed", &[("bad.xml", BAD)]);
    let file = folder.join("bad.xml");
    // More than a pipe holds.
    let many = vec![file.to_str().unwrap(); 2000];
    let run = in_shell(r#"{ "$0" "$@"; echo "exit $?" >&2; } | true"#, &many);
    assert_eq!(run.stderr, "2000 files: 2000 refused\nexit 1\n");
    for closed in [r#""$0" "$@" >&-"#, r#""$0" "$@" 2>&-"#] {
        assert_eq!(in_shell(closed, &many).status, Some(1), "{closed}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_verdict_that_cannot_be_written_is_none() {
    let folder = folder_with("full", &[("bad.xml", BAD)]);
    let file = folder.join("bad.xml");
    let run = in_shell(r#""$0" "$@" >/dev/full"#, &[file.to_str().unwrap()]);
    assert_eq!(run.status, Some(2), "{run:?}");
    assert!(
        run.stderr.contains("cannot write to standard output: "),
        "{run:?}"
    );
}

#[test]
fn the_help_fits_a_terminal() {
    for flag in ["-h", "--help"] {
        let help = validate_in(&folder("help"), [flag]);
        assert_eq!(help.status, Some(0));
        assert!(
            help.stdout.contains("Exit status:\n  0  "),
            "{}",
            help.stdout
        );
        let long = help.stdout.lines().find(|line| line.chars().count() > 80);
        assert_eq!(long, None);
    }
}
