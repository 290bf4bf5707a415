//! What VirtualBox and SMF hold and say, as somebody would choose it who wants something else to happen: nothing of it
//! reaches a terminal or forges a line of the log.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::one_vm::OneVm;
use super::rig::{PROGRAM, Run, User, outside, rig_or_skip};
use crate::security::{is_harmful, row};

/// XML can hold it, so a VM can be called so.
const NAME: &str = "\u{9b}2J\u{85}FORGED \u{202e}gpj.\u{2066}\u{200b}\u{feff}\u{7f}\nFORGED\r\tx";

/// What only a tool's output can hold.
const OUTPUT: &str = "\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}31m\u{8}\u{202e}\rFORGED\u{2028}\t\u{7f}";

#[track_caller]
fn assert_harmless(run: &Run) {
    let documented = [0, 1, 2, 95, 96, 99, 100].map(Some);
    assert!(documented.contains(&run.code), "{run}");
    for text in [&run.stdout, &run.stderr] {
        assert!(!text.contains(is_harmful), "{text:?}");
        assert!(
            !text.lines().any(|line| line.starts_with("FORGED")),
            "{run}"
        );
    }
}

/// Everything that looks and does not act.
const LOOKS: [&[&str]; 12] = [
    &["status"],
    &[
        "status",
        "-o",
        "name,vm-name,smf,vm,note,owner,fmri,uuid,stop,since",
    ],
    &["status", "--json"],
    &["status", "--prometheus"],
    &["doctor"],
    &["doctor", "--json"],
    &["explain", "--vm=vm1"],
    &["explain", "--vm=vm1", "--json"],
    &["start", "--vm=vm1", "--dry-run"],
    &["stop", "--vm=vm1", "--dry-run"],
    &["gen", "--from-virtualbox"],
    &["gen", "--from-virtualbox", "--explain", "--json"],
];

/// How many were run.
#[track_caller]
fn assert_all_harmless(user: &User<'_>) -> usize {
    for words in LOOKS {
        assert_harmless(&user.program(PROGRAM, words).run());
    }
    LOOKS.len()
}

/// A VM of this name, on real VirtualBox, up and down, seen by every command.
#[test]
fn the_name_of_a_vm() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let mut runs = 0;
    let uuid = user.mkvm(NAME, "acpi");
    let mut vm = OneVm::of(user, uuid);
    for by in [NAME.to_owned(), vm.uuid.clone()] {
        vm.set(&[("vm/name", &by)]);
        vm.user.set_state("vm1", "online", "none");
        let start = vm.start();
        start.succeeds();
        assert_harmless(&start);
        vm.assert_is("running");
        runs += assert_all_harmless(&vm.user);
        let stop = vm.stop();
        stop.succeeds();
        assert_harmless(&stop);
        vm.assert_is("saved");
        runs += 2;
    }
    row("a VM of a hostile name, on real VirtualBox", runs);
}

/// A VBoxManage that says such things: in lists that can be read, as errors, and as garbage, with bytes that are no
/// characters.
#[test]
fn the_output_of_vboxmanage() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let mut runs = 0;
    let uuid = "c49decd0-163a-44f9-9d85-b6e06ddc2277";
    let folder = outside("/opt/hostile");
    fs::create_dir_all(&folder).expect("a folder");
    let program = folder.join("VBoxManage");
    let script = "#!/bin/sh\ncase \"$*\" in\n--version) f=version;;\n'list vms') f=list;;\n'list runningvms') f=running;;\n\
        list*) f=long;;\nshowvminfo*) f=info;;\n*) f=other;;\nesac\n\
        cat \"$HOME/hostile/$f\" 2>/dev/null\ncat \"$HOME/hostile/err\" >&2\nexit \"$(cat \"$HOME/hostile/status\")\"\n";
    // Of root's alone, beside other tests that may run it.
    let beside = folder.join(format!("VBoxManage-{}", user.uid));
    fs::write(&beside, script).expect("a script");
    fs::set_permissions(&beside, fs::Permissions::from_mode(0o755)).expect("a mode");
    fs::rename(beside, program).expect("the script in its place");
    let said = outside(&user.home()).join("hostile");
    fs::create_dir(&said).expect("a folder");
    let say = |file: &str, bytes: &[u8]| fs::write(said.join(file), bytes).expect("what it says");

    user.set_props(
        "vm1",
        &[
            (
                "virtualbox/vboxmanage",
                "astring",
                "/opt/hostile/VBoxManage",
            ),
            ("method_context/user", "astring", user.name),
            ("start/timeout_seconds", "count", "30"),
            ("stop/timeout_seconds", "count", "30"),
        ],
    );
    user.set_state("vm1", "online", "none");
    let list = format!("\"{OUTPUT}\" {{{uuid}}}\n\"vm1\" {{{uuid}}}\n");
    let info = |state: &str| {
        format!(
            "name=\"{OUTPUT}\"\nUUID=\"{uuid}\"\nCfgFile=\"/{OUTPUT}\"\nVMState=\"{state}\"\nVMStateChangeTime=\"{OUTPUT}\"\n"
        )
    };
    let long = |state: &str| {
        format!(
            "Name:                        vm1\nGroups:                      /\nUUID:                        {uuid}\n\
             Config file:                 /{OUTPUT}\nState:                       {state} (since {OUTPUT})\n\n"
        )
    };
    let bytes = [b"\xff\xfe\x1b[2J\x9b\0".as_slice(), OUTPUT.as_bytes()].concat();
    let error = format!(
        "VBoxManage: error: {OUTPUT}\nVBoxManage: error: Details: code VBOX_E_{OUTPUT} (0x80bb0001)\n"
    );
    for state in [OUTPUT, "poweroff", "garbage", "error"] {
        for (file, text) in [
            ("version", format!("7.2.{OUTPUT}\n")),
            ("list", list.clone()),
            ("running", String::new()),
            ("long", long(state)),
            ("info", info(state)),
            ("other", OUTPUT.to_owned()),
        ] {
            match state {
                "garbage" => say(file, &bytes),
                "error" => say(file, b""),
                _ => say(file, text.as_bytes()),
            }
        }
        let fails = state == "error";
        say("status", if fails { b"1" } else { b"0" });
        say(
            "err",
            if fails {
                error.as_bytes()
            } else {
                OUTPUT.as_bytes()
            },
        );
        runs += assert_all_harmless(&user);
        for verb in ["start", "stop"] {
            let run = user.method("vm1", verb).run();
            assert_harmless(&run);
            // Of a VM that is off there is nothing to stop.
            let done = state == "poweroff" && verb == "stop";
            assert_eq!(run.code == Some(0), done, "{state:?}: {run}");
            runs += 1;
        }
    }
    row("a hostile VBoxManage", runs);
}

/// The repository: values, types and names of properties, and states.
#[test]
fn the_output_of_svcprop_and_svcs() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let mut runs = 0;
    for (path, value) in [
        ("vm/name", OUTPUT),
        ("vm/stop_method", OUTPUT),
        ("vm/stop_timeout", OUTPUT),
        ("vm/on_\u{1b}[2J", "x"),
        ("virtualbox/vboxmanage", OUTPUT),
        ("virtualbox/vboxmanage", "/\u{1b}[2J/VBoxManage"),
        ("method_context/user", OUTPUT),
        ("method_context/environment", "VBOX_USER_HOME=/\u{1b}[2J"),
        ("start/exec", "/\u{1b}[2J %m"),
        ("start/timeout_seconds", OUTPUT),
    ] {
        let own = if path == "method_context/user" {
            value
        } else {
            user.name
        };
        user.set_props(
            "vm1",
            &[
                (path, "astring", value),
                ("method_context/user", "astring", own),
            ],
        );
        user.set_state("vm1", "online", "none");
        runs += assert_all_harmless(&user);
        for verb in ["start", "stop"] {
            let mut call = user.method("vm1", verb);
            if path == "method_context/environment" {
                call = call.env("VBOX_USER_HOME", "/\u{1b}[2J");
            }
            assert_harmless(&call.run());
            runs += 1;
        }
    }
    for state in [OUTPUT, "-", "online\u{1b}[2J"] {
        user.set_props("vm1", &[("method_context/user", "astring", user.name)]);
        user.set_state("vm1", state, OUTPUT);
        runs += assert_all_harmless(&user);
    }
    user.set_prop_lines("vm1", &format!("i vm/name {OUTPUT} {OUTPUT}\n{OUTPUT}\n"));
    runs += assert_all_harmless(&user);
    row("hostile svcprop and svcs", runs);
}
