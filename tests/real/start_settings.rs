//! What the settings make of a start.

use std::time::Duration;

use super::one_vm::OneVm;
use super::rig::{PROGRAM, eventually, rig_or_skip};

/// The state, the setting, and what is done: nothing, which is reported as this status, or these deeds.
struct Policy {
    state: &'static str,
    set: (&'static str, &'static str),
    status: i32,
    deeds: &'static [&'static str],
}

const POLICIES: [Policy; 9] = [
    Policy {
        state: "paused",
        set: ("vm/on_paused", "leave"),
        status: 0,
        deeds: &[],
    },
    Policy {
        state: "paused",
        set: ("vm/on_paused", "refuse"),
        status: 95,
        deeds: &[],
    },
    Policy {
        state: "saved",
        set: ("vm/on_saved", "leave"),
        status: 0,
        deeds: &[],
    },
    Policy {
        state: "saved",
        set: ("vm/on_saved", "refuse"),
        status: 95,
        deeds: &[],
    },
    Policy {
        state: "saved",
        set: ("vm/on_saved", "discard"),
        status: 0,
        deeds: &["discardstate", "startvm headless"],
    },
    Policy {
        state: "aborted-saved",
        set: ("vm/on_saved", "refuse"),
        status: 95,
        deeds: &[],
    },
    Policy {
        state: "aborted-saved",
        set: ("vm/on_saved", "discard"),
        status: 0,
        deeds: &["discardstate", "startvm headless"],
    },
    Policy {
        state: "aborted",
        set: ("vm/on_aborted", "leave"),
        status: 0,
        deeds: &[],
    },
    Policy {
        state: "aborted",
        set: ("vm/on_aborted", "refuse"),
        status: 95,
        deeds: &[],
    },
];

#[track_caller]
fn assert_policy(state: &str) {
    let rig = rig_or_skip!();
    let policies = POLICIES.iter().filter(|policy| policy.state == state);
    let mut vm = OneVm::new(rig, "acpi");
    vm.bring_into(state);
    let mut tried = 0;
    // Those that leave the VM as it is come first in the table.
    for policy in policies {
        tried += 1;
        vm.set(&[policy.set]);
        let before = vm.user.vm_processes(&vm.uuid);
        let run = vm.start();
        let (property, value) = policy.set;
        match (policy.status, policy.deeds) {
            (0, []) => run
                .succeeds()
                .logs(&[&format!("{state}: left {state}, as set by {property}")]),
            (0, _) => run.succeeds().logs(&[
                &format!("{state}: discarding the saved state ({property}={value})"),
                "running: the VM is running",
            ]),
            (status, _) => run.fails(
                status,
                &[state, &format!("{property}={value}"), "svcadm clear"],
            ),
        };
        assert_eq!(vm.deeds(), policy.deeds);
        if policy.deeds.is_empty() {
            vm.assert_is(state);
            assert_eq!(vm.user.vm_processes(&vm.uuid), before);
        } else {
            vm.assert_is("running");
            // Its memory was thrown away: it boots.
            vm.user.booted(&vm.uuid, Duration::from_secs(60));
        }
    }
    assert!(tried > 1, "no rows for {state}");
}

#[test]
fn of_a_paused_vm() {
    assert_policy("paused");
}

#[test]
fn of_a_saved_vm() {
    assert_policy("saved");
}

#[test]
fn of_an_aborted_saved_vm() {
    assert_policy("aborted-saved");
}

#[test]
fn of_an_aborted_vm() {
    assert_policy("aborted");
}

/// A guru meditation is left for somebody to look at, unless told otherwise.
#[test]
fn of_a_stuck_vm() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "tripleonce");
    vm.bring_into("gurumeditation");
    let pid = vm.pid();
    vm.start().fails(
        95,
        &["gurumeditation", "vm/on_stuck=refuse", "svcadm clear"],
    );
    vm.assert_is("gurumeditation");
    assert_eq!(vm.pid(), pid);
    assert_eq!(vm.deeds(), [""; 0]);

    vm.set(&[("vm/on_stuck", "restart")]);
    vm.start().succeeds().logs(&[
        "gurumeditation: powering off the VM (vm/on_stuck=restart)",
        "poweroff: starting the VM",
        "running: the VM is running",
    ]);
    vm.assert_is("running");
    assert_ne!(vm.pid(), pid);
    assert_eq!(vm.deeds(), ["poweroff", "startvm headless"]);
}

#[test]
fn a_delay_comes_before_the_start() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "acpi");
    vm.set(&[("vm/start_delay", "3")]);
    let run = vm.start();
    run.succeeds().logs(&[
        "poweroff: starting the VM in 3 s (vm/start_delay)",
        "poweroff: starting the VM",
        "running: the VM is running",
    ]);
    assert!(run.took >= Duration::from_secs(3), "{run}");
    vm.assert_is("running");
}

/// svc.startd lets no disable interrupt a start: a start that waits sees it, and leaves the VM as it is.
#[test]
fn a_start_that_is_called_off_in_its_delay() {
    const DELAY: &str = "100";
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "acpi");
    for (state, disable) in [
        ("poweroff", "i general/enabled boolean false\n"),
        ("saved", "v general_ovr/enabled boolean false\n"),
    ] {
        vm.bring_into(state);
        vm.set(&[("vm/start_delay", DELAY)]);
        let deeds = vm.deeds();
        let programs = vm.user.programs_so_far().len();
        let starting = vm.starting().spawn();
        let asked = || {
            let so_far = vm.user.programs_so_far();
            so_far[programs..]
                .iter()
                .any(|p| p.starts_with("svcprop -t -c "))
        };
        eventually(Duration::from_mins(1), asked, || {
            "nobody asked whether the instance is enabled".to_owned()
        });
        vm.user.add_prop_lines("vm1", disable);
        let run = starting.wait();
        run.succeeds().logs(&[
            &format!("{state}: starting the VM in {DELAY} s (vm/start_delay)"),
            &format!("{state}: left {state}, not started: the instance was disabled"),
        ]);
        assert!(run.took < Duration::from_secs(95), "{run}");
        vm.assert_is(state);
        assert_eq!(vm.deeds(), deeds);
        // svc.startd takes that for online, and runs the stop that was asked for.
        vm.stop().succeeds();
        vm.assert_is(state);
        assert_eq!(vm.deeds(), deeds);
    }
    // By hand it is started all the same.
    vm.set(&[("vm/start_delay", "1")]);
    vm.user
        .add_prop_lines("vm1", "i general/enabled boolean false\n");
    let run = vm.user.program(PROGRAM, &["start", "--vm", "vm1"]).run();
    run.succeeds()
        .logs(&["starting the VM", "running: the VM is running"]);
    vm.assert_is("running");
}

#[test]
fn no_delay_for_a_vm_that_runs() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "acpi");
    vm.boot();
    vm.set(&[("vm/start_delay", "100")]);
    let run = vm.start();
    run.succeeds().logs_nowhere("start_delay");
    assert!(run.took < Duration::from_secs(90), "{run}");
}

/// The next step is to give the method more time, or to wait less.
#[test]
fn a_delay_that_does_not_fit_is_refused() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "acpi");
    vm.set(&[("vm/start_delay", "101"), ("start/timeout_seconds", "120")]);
    vm.start().fails(
        96,
        &["vm/start_delay", "101", "start/timeout_seconds", "121"],
    );
    vm.assert_is("poweroff");
    assert_eq!(vm.deeds(), [""; 0]);
}

#[test]
fn frontends_without_a_window() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "acpi");
    for frontend in ["headless", "vrdp"] {
        vm.set(&[("vm/frontend", frontend), ("vm/stop_method", "poweroff")]);
        vm.start().succeeds();
        vm.assert_is("running");
        vm.stop().succeeds();
        vm.assert_is("poweroff");
    }
    // VirtualBox itself reads the old word so.
    let deeds = vm.deeds();
    let starts: Vec<_> = deeds.iter().filter(|deed| *deed != "poweroff").collect();
    assert_eq!(starts, ["startvm headless"; 2]);
}

/// Here is no screen, and the programs of these frontends are not installed or do not start.
#[test]
fn frontends_with_a_window() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "acpi");
    for frontend in ["gui", "sdl", "separate"] {
        vm.set(&[("vm/frontend", frontend)]);
        vm.start().fails(96, &["vm/frontend=headless"]);
        vm.assert_is("poweroff");
    }
    assert_eq!(
        vm.deeds(),
        ["startvm gui", "startvm sdl", "startvm separate"]
    );
}
