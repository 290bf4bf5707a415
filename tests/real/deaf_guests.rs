//! `stop` of guests that do nothing about a button: the fallback, and the time that is kept for it.

use std::time::Duration;

use super::one_vm::OneVm;
use super::rig::rig_or_skip;

/// Pressed every 10 s, for as long as the fallback does not need the time: 75 s, less 10 for svc.startd, less 30.
#[test]
fn the_fallback_saves_what_the_guest_has() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "beat");
    vm.boot();
    vm.set(&[
        ("vm/stop_method", "acpipowerbutton"),
        ("stop/timeout_seconds", "75"),
    ]);
    let run = vm.stop();
    run.succeeds().logs(&[
        "pressing the power button (vm/stop_method=acpipowerbutton)",
        "waiting for the guest to shut down",
        "pressing the power button (vm/stop_method=acpipowerbutton)",
        "saving the VM state (vm/stop_fallback=savestate: the stop method did not stop the VM)",
        "saved: saved; no VM process remains",
    ]);
    vm.assert_is("saved");
    let (method_ends, budget) = (Duration::from_secs(35), Duration::from_secs(65));
    assert!(run.took > method_ends && run.took < budget, "{run}");

    // Four in 35 s; VirtualBox itself may take ten of them to answer the first question.
    let mut deeds = vm.deeds();
    assert_eq!(deeds.pop().as_deref(), Some("savestate"));
    assert!((3..=4).contains(&deeds.len()), "{deeds:?}");
    assert!(
        deeds.iter().all(|deed| deed == "acpipowerbutton"),
        "{deeds:?}"
    );
    let calls = vm.user.vboxmanage_calls();
    let presses: Vec<Duration> = calls
        .iter()
        .filter(|call| call.arguments.contains(&"acpipowerbutton".to_owned()))
        .map(|call| call.begin)
        .collect();
    for pair in presses.windows(2) {
        let period = pair[1].saturating_sub(pair[0]).as_secs_f64();
        assert!((9.5..12.0).contains(&period), "{period} s between presses");
    }

    let before = vm.letters();
    vm.start().succeeds();
    vm.wait_for_letters(1);
    vm.assert_went_on_from(&before);
}

/// The VM is as it was, and the log says that nothing else will stop it.
#[test]
fn without_a_fallback_it_is_left() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "ignoreacpi");
    vm.boot();
    let pid = vm.pid();
    vm.set(&[
        ("vm/stop_method", "acpipowerbutton"),
        ("vm/stop_fallback", "none"),
        ("stop/timeout_seconds", "40"),
    ]);
    let run = vm.stop();
    run.fails(
        95,
        &[
            "running",
            "pressing the power button (",
            "disabling the instance again will not stop the VM",
            "svcadm clear",
        ],
    );
    vm.assert_is("running");
    assert_eq!(vm.pid(), pid);
    // Three in 30 s; VirtualBox itself may take ten of them to answer the first question.
    let deeds = vm.deeds();
    assert!((2..=3).contains(&deeds.len()), "{deeds:?}");
    assert!(
        deeds.iter().all(|deed| deed == "acpipowerbutton"),
        "{deeds:?}"
    );
    assert!(run.took < Duration::from_secs(40), "{run}");
}

/// A guest without ACPI does not even see the button.
#[test]
fn the_fallback_pulls_the_plug_where_told() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "ignore");
    vm.boot();
    vm.set(&[
        ("vm/stop_method", "acpipowerbutton"),
        ("vm/stop_fallback", "poweroff"),
        ("stop/timeout_seconds", "35"),
    ]);
    let run = vm.stop();
    run.succeeds().logs(&[
        "pressing the power button",
        "powering off the VM (vm/stop_fallback=poweroff: the stop method did not stop the VM)",
        "poweroff: powered off; no VM process remains",
    ]);
    vm.assert_is("poweroff");
    assert!(run.took < Duration::from_secs(35), "{run}");
    assert_eq!(vm.deeds(), ["acpipowerbutton", "poweroff"]);
}

/// A guest that sleeps is still a VM that runs: it has 15 s, and then the fallback comes.
#[test]
fn after_the_sleep_button_comes_the_fallback() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "beat");
    vm.boot();
    vm.set(&[("vm/stop_method", "acpisleepbutton")]);
    let run = vm.stop();
    run.succeeds().logs(&[
        "pressing the sleep button (vm/stop_method=acpisleepbutton)",
        "saving the VM state (vm/stop_fallback=savestate: the stop method did not stop the VM)",
        "saved: saved; no VM process remains",
    ]);
    vm.assert_is("saved");
    assert_eq!(vm.deeds(), ["acpisleepbutton", "savestate"]);
    let expected = Duration::from_secs(15)..Duration::from_secs(90);
    assert!(expected.contains(&run.took), "{run}");
}

/// The setting of the VM is tighter than the method's timeout.
#[test]
fn stop_timeout_is_the_vm_s_own() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "spin");
    vm.boot();
    vm.set(&[
        ("vm/stop_method", "acpipowerbutton"),
        ("vm/stop_fallback", "none"),
        ("vm/stop_timeout", "20"),
    ]);
    let run = vm.stop();
    run.fails(95, &["running", "pressing the power button"])
        .logs(&["time limit 20 s"]);
    vm.assert_is("running");
    let expected = Duration::from_secs(19)..Duration::from_secs(60);
    assert!(expected.contains(&run.took), "{run}");
}

/// Repeated, it finds the VM where it left it, and does the same.
#[test]
fn another_stop_after_one_that_failed() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "ignoreacpi");
    vm.boot();
    vm.set(&[
        ("vm/stop_method", "acpipowerbutton"),
        ("vm/stop_fallback", "none"),
        ("vm/stop_timeout", "15"),
    ]);
    for _ in 0..2 {
        vm.stop().fails(95, &["running"]);
    }
    vm.assert_is("running");
    vm.set(&[("vm/stop_method", "savestate")]);
    vm.stop().succeeds();
    vm.assert_is("saved");
}
