//! Properties of a wrong type, with a value that is not allowed, or that nobody reads.

use crate::real::one_vm::OneVm;
use crate::real::rig::rig_or_skip;

/// A property of the schema, its type, values that are not allowed, and words of what is.
struct Row {
    path: &'static str,
    kind: &'static str,
    bad: &'static [&'static str],
    allowed: &'static str,
}

const ROWS: [Row; 11] = [
    Row {
        path: "vm/name",
        kind: "astring",
        bad: &[""],
        allowed: "a VM's name or UUID",
    },
    Row {
        path: "vm/stop_method",
        kind: "astring",
        bad: &["", "SaveState", "acpi", "poweroff ", "reset", "none"],
        allowed: "savestate, acpipowerbutton, acpisleepbutton, shutdown or poweroff",
    },
    Row {
        path: "vm/stop_fallback",
        kind: "astring",
        bad: &["", "acpipowerbutton", "no"],
        allowed: "savestate, poweroff or none",
    },
    Row {
        path: "vm/stop_timeout",
        kind: "count",
        bad: &["0", "86401", "18446744073709551615"],
        allowed: "1 to 86400 seconds",
    },
    Row {
        path: "vm/frontend",
        kind: "astring",
        bad: &["", "Headless", "capture", "emergencystop"],
        allowed: "headless, gui, sdl, separate",
    },
    Row {
        path: "vm/start_delay",
        kind: "count",
        bad: &["3601", "18446744073709551615"],
        allowed: "0 to 3600 seconds",
    },
    Row {
        path: "vm/on_paused",
        kind: "astring",
        bad: &["", "restore"],
        allowed: "resume, leave or refuse",
    },
    Row {
        path: "vm/on_saved",
        kind: "astring",
        bad: &["", "resume"],
        allowed: "restore, discard, leave or refuse",
    },
    Row {
        path: "vm/on_aborted",
        kind: "astring",
        bad: &["", "restart"],
        allowed: "start, leave or refuse",
    },
    Row {
        path: "vm/on_stuck",
        kind: "astring",
        bad: &["", "leave"],
        allowed: "refuse or restart",
    },
    Row {
        path: "virtualbox/vboxmanage",
        kind: "astring",
        bad: &["", "VBoxManage", "./VBoxManage", "../../usr/bin/VBoxManage"],
        allowed: "an absolute path",
    },
];

/// The schema's own list, as `describe` of the design has it in its rows: none is forgotten above.
const SCHEMA: &str = include_str!("../../../src/config/schema/rows.rs");

/// Both methods refuse it, first of these words being its path, since a stop under settings that nobody meant can lose what a guest has.
#[track_caller]
fn assert_refused(vm: &OneVm<'_>, words: &[&str]) {
    let setprop = format!("svccfg -s svc:/site/xvm/vbox:vm1 setprop {} = ", words[0]);
    for run in [vm.start(), vm.stop()] {
        run.fails(96, &[words, &[setprop.as_str(), "svcadm clear"]].concat());
        assert!(run.took.as_secs() < 10, "{run}");
    }
}

#[test]
fn values_that_are_not_allowed() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    for row in &ROWS {
        for bad in row.bad {
            vm.user.set_props("vm1", &[(row.path, row.kind, bad)]);
            assert_refused(&vm, &[row.path, &format!("'{bad}'"), row.allowed]);
        }
    }
    assert_eq!(vm.user.vboxmanage_calls().len(), 0);
    vm.assert_is("poweroff");
}

#[test]
fn wrong_types() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    for row in &ROWS {
        for (kind, value) in [
            ("astring", "1"),
            ("count", "1"),
            ("integer", "1"),
            ("boolean", "true"),
            ("ustring", "savestate"),
            ("uri", "http://x/?a&b"),
        ] {
            if kind == row.kind {
                continue;
            }
            vm.user.set_props("vm1", &[(row.path, kind, value)]);
            assert_refused(&vm, &[row.path, kind, row.kind, row.allowed]);
        }
    }
    assert_eq!(vm.user.vboxmanage_calls().len(), 0);
    vm.assert_is("poweroff");
}

#[test]
fn several_values_and_none() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    for row in &ROWS {
        let good = match row.kind {
            "count" => "5",
            _ => "savestate",
        };
        for (values, words) in [
            (format!(" {good} {good}"), "2 values"),
            (String::new(), "0 values"),
        ] {
            let line = format!("i {} {}{values}\n", row.path, row.kind);
            vm.user.set_prop_lines("vm1", &line);
            assert_refused(&vm, &[row.path, words]);
        }
    }
    assert_eq!(vm.user.vboxmanage_calls().len(), 0);
}

#[test]
fn every_property_has_a_row() {
    let (_, rows) = SCHEMA.split_once("\nproperties! {\n").unwrap();
    let names = rows.lines().filter_map(|line| {
        let name = line.trim().strip_prefix("name: \"")?;
        name.strip_suffix("\",")
    });
    let tried = ROWS.iter().map(|row| row.path.split_once('/').unwrap().1);
    assert_eq!(names.collect::<Vec<_>>(), tried.collect::<Vec<_>>());
}

/// A typing error would go unseen; SMF's own properties of a group are no error.
#[test]
fn properties_that_nobody_reads() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    vm.user.set_props(
        "vm1",
        &[
            ("vm/stop_metod", "astring", "poweroff"),
            (
                "vm/value_authorization",
                "astring",
                "solaris.smf.value.vbox/vm1",
            ),
            ("vm/stability", "astring", "Evolving"),
        ],
    );
    let run = vm.start();
    run.succeeds()
        .logs(&["vm/stop_metod", "running: the VM is running"])
        .logs_nowhere("value_authorization")
        .logs_nowhere("stability");
    vm.stop().succeeds().logs(&["vm/stop_metod"]);
    vm.assert_is("saved");
}
