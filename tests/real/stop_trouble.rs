//! `stop` where VirtualBox itself does not do it: a VM process that is frozen, a disk that is full.

#![expect(
    clippy::disallowed_methods,
    reason = "tests of the real program in real time"
)]

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use super::one_vm::OneVm;
use super::rig::{Tmpfs, rig_or_skip};

/// A VM whose process gives no answer, and what its stop has to do with.
pub(super) fn frozen<'rig>(
    rig: &'rig super::rig::Rig,
    settings: &[(&str, &str)],
) -> (OneVm<'rig>, u32) {
    let mut vm = OneVm::new(rig, "ignoreacpi");
    vm.boot();
    vm.set(&[settings, &[("stop/timeout_seconds", "30")]].concat());
    let pid = vm.pid();
    vm.user.kill(pid, libc::SIGSTOP);
    (vm, pid)
}

/// Nobody has said that what the guest holds may be lost.
#[test]
fn a_frozen_vm_is_left() {
    let rig = rig_or_skip!();
    let (vm, pid) = frozen(rig, &[]);
    let run = vm.stop();
    run.fails(
        95,
        &[
            "running",
            "saving the VM state (VBoxManage did not respond)",
            "disabling the instance again will not stop the VM",
            "emergencystop",
        ],
    );
    assert_eq!(vm.user.vm_processes(&vm.uuid), [pid]);
    assert_eq!(vm.deeds(), ["savestate"]);
}

#[test]
fn a_frozen_vm_that_was_to_hear_a_button_is_left() {
    let rig = rig_or_skip!();
    let button = ("vm/stop_method", "acpipowerbutton");
    let (vm, pid) = frozen(rig, &[button, ("vm/stop_fallback", "none")]);
    vm.stop()
        .fails(95, &["running", "pressing the power button"]);
    assert_eq!(vm.user.vm_processes(&vm.uuid), [pid]);
}

#[test]
fn a_frozen_vm_is_ended_where_poweroff_is_the_method() {
    let rig = rig_or_skip!();
    let (vm, _) = frozen(rig, &[("vm/stop_method", "poweroff")]);
    vm.stop().succeeds().logs(&[
        "powering off the VM (vm/stop_method=poweroff)",
        "VBoxManage did not respond",
        "killing the VM process (the VM process does not respond)",
        "aborted: aborted; no VM process remains",
    ]);
    vm.assert_is("aborted");
    assert_eq!(vm.deeds(), ["poweroff", "startvm emergencystop"]);
}

#[test]
fn a_frozen_vm_is_ended_where_poweroff_is_the_fallback() {
    let rig = rig_or_skip!();
    for method in ["savestate", "acpipowerbutton"] {
        let (vm, _) = frozen(
            rig,
            &[("vm/stop_method", method), ("vm/stop_fallback", "poweroff")],
        );
        vm.stop().succeeds().logs(&[
            "killing the VM process",
            "aborted: aborted; no VM process remains",
        ]);
        vm.assert_is("aborted");
    }
}

/// The state does not fit on the disk: the VM stays up, and the log says why.
#[test]
fn a_full_disk() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "beat");
    vm.boot();
    vm.set(&[("stop/timeout_seconds", "50")]);
    let snapshots = vm.user.vm_folder(&vm.uuid).join("Snapshots");
    let full = Tmpfs::over(&snapshots, &vm.user, "16k");
    let pid = vm.pid();
    let run = vm.stop();
    run.fails(
        95,
        &[
            "running",
            "saving the VM state (3 times: Failed to save machine state [NS_ERROR_FAILURE])",
            "is full",
        ],
    )
    .logs(&["saving the VM state failed: "]);
    vm.assert_is("running");
    assert_eq!(vm.pid(), pid);
    assert!(run.took < Duration::from_secs(50), "{run}");
    vm.wait_for_letters(2);
    // Where the failure sends its reader.
    let log = vm.user.vm_folder(&vm.uuid).join("Logs/VBox.log");
    let log = String::from_utf8_lossy(&fs::read(log).expect("VBox.log")).into_owned();
    assert!(log.contains("VERR_DISK_FULL"), "{log}");

    drop(full);
    vm.stop().succeeds();
    vm.assert_is("saved");
}

/// VirtualBox's server may stand still for 30 s and go on. At a shutdown of the host a stop that gives up before its time
/// is over loses the guest.
#[test]
fn a_server_that_stands_still_for_most_of_the_time() {
    let rig = rig_or_skip!();
    // On a busy machine the button may come so late that the fallback saves the guest: nothing is lost either way.
    for (method, states) in [
        ("savestate", &["saved"][..]),
        ("acpipowerbutton", &["poweroff", "saved"]),
    ] {
        let mut vm = OneVm::new(rig, "acpi");
        vm.boot();
        vm.set(&[("vm/stop_method", method), ("stop/timeout_seconds", "70")]);
        let signal = |signal| {
            for server in vm.user.vboxsvc_pids() {
                vm.user.kill(server, signal);
            }
        };
        signal(libc::SIGSTOP);
        let stop = vm.stopping().spawn();
        sleep(Duration::from_secs(30));
        signal(libc::SIGCONT);
        stop.wait().succeeds();
        let state = vm.user.state(&vm.uuid);
        assert!(states.contains(&state.as_str()), "{method}: {state}");
    }
}
