//! The commands of several words that the README and doctor give to people, run by a shell against stand-ins.
#![expect(
    clippy::disallowed_methods,
    reason = "a test runs the shell that people have"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

/// What the README says under this heading, as one script.
fn recipe(heading: &str) -> String {
    let readme = include_str!("../README.md");
    let section = readme.split(heading).nth(1).expect("the section");
    let lines = section
        .lines()
        .skip_while(|line| !line.starts_with("    "))
        .take_while(|line| line.starts_with("    "));
    lines.collect::<Vec<_>>().join("\n")
}

fn script(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("a script");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("to set a mode");
}

/// Runs the removal of an instance whose states are these, one a look; what was run, but for the looks.
fn removed(states: &[&str]) -> Vec<String> {
    let folder = std::env::temp_dir().join(format!(
        "vbox-smf-recipe-{}",
        states.join("-").replace('*', "x")
    ));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("states"), states.join("\n") + "\n").expect("the states");
    let note = "echo \"$(basename \"$0\") $*\" >>\"$(dirname \"$0\")/ran\"";
    for tool in ["svcadm", "svccfg"] {
        script(&folder, tool, note);
    }
    // The last state stays.
    let state = "cd \"$(dirname \"$0\")\"; head -n 1 states; \
                 [ \"$(wc -l <states)\" -le 1 ] || { tail -n +2 states >rest; mv rest states; }";
    script(
        &folder,
        "svcs",
        &format!("case $1 in -xv) {note};; *) {state};; esac"),
    );
    script(&folder, "sleep", ":");
    let path = format!("{}:/usr/bin:/bin", folder.display());
    // Ten looks are as good as six hundred.
    let patient = recipe("## Remove an instance");
    let script = patient.replace("-lt 600", "-lt 10");
    assert_ne!(script, patient, "the recipe has no limit");
    let done = Command::new("/bin/sh")
        .args(["-c", &script])
        .env("PATH", path)
        .output()
        .expect("a shell");
    assert!(done.status.success(), "{done:?}");
    let ran = fs::read_to_string(folder.join("ran")).expect("what was run");
    fs::remove_dir_all(&folder).expect("to clean up");
    ran.lines().map(str::to_owned).collect()
}

/// It is removed once its stop is over, and never while its VM may be up.
#[test]
fn an_instance_is_removed_when_it_is_disabled() {
    let gone = &["svcadm disable vbox:vm1", "svccfg delete vbox:vm1"][..];
    let kept = &["svcadm disable vbox:vm1", "svcs -xv vbox:vm1"][..];
    for (states, expected) in [
        (&["disabled"][..], gone),
        (&["online*", "online*", "disabled"], gone),
        // Its start runs still, then its stop.
        (&["offline*", "online", "online*", "disabled"], gone),
        (&["online*", "maintenance"], kept),
        (&["online"], kept),
        // It would be disabled without a stop.
        (&["maintenance"], &["svcs -xv vbox:vm1"]),
    ] {
        assert_eq!(removed(states), expected, "{states:?}");
    }
}
