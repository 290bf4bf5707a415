//! `start` on real VirtualBox, from every state that a VM can be brought into.

use std::time::Duration;

use super::one_vm::OneVm;
use super::rig::{Running, eventually, rig_or_skip};

const SOON: Duration = Duration::from_secs(60);

#[test]
fn from_poweroff() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    vm.start()
        .succeeds()
        .logs(&["poweroff: starting the VM", "running: the VM is running"]);
    vm.assert_is("running");
    vm.user.booted(&vm.uuid, SOON);
    assert_eq!(vm.deeds(), ["startvm headless"]);
}

/// The guest goes on where it was: it says the next letter of the alphabet, and does not boot.
#[test]
fn from_saved_nothing_is_lost() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "beat");
    vm.boot();
    vm.wait_for_letters(2);
    vm.control("savestate");
    let before = vm.letters();
    vm.start().succeeds().logs(&[
        "saved: starting the VM (vm/on_saved=restore)",
        "running: the VM is running",
    ]);
    vm.assert_is("running");
    assert_eq!(vm.deeds(), ["startvm headless"]);
    vm.wait_for_letters(2);
    vm.assert_went_on_from(&before);
}

#[test]
fn from_aborted() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    vm.bring_into("aborted");
    vm.start().succeeds().logs(&[
        "aborted: starting the VM (vm/on_aborted=start)",
        "running: the VM is running",
    ]);
    vm.assert_is("running");
    vm.user.booted(&vm.uuid, SOON);
    assert_eq!(vm.deeds(), ["startvm headless"]);
}

/// The process died while it restored the state: the state is still there.
#[test]
fn from_aborted_saved() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "beat");
    vm.boot();
    vm.wait_for_letters(2);
    vm.take_into("aborted-saved");
    vm.start().succeeds().logs(&[
        "aborted-saved: starting the VM (vm/on_saved=restore)",
        "running: the VM is running",
    ]);
    vm.assert_is("running");
    assert_eq!(vm.deeds(), ["startvm headless"]);
    vm.wait_for_letters(1);
    vm.assert_was_restored();
}

#[test]
fn from_paused() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    vm.bring_into("paused");
    let pid = vm.pid();
    vm.start().succeeds().logs(&[
        "paused: resuming the VM (vm/on_paused=resume)",
        "running: the VM is running",
    ]);
    vm.assert_is("running");
    assert_eq!(vm.pid(), pid);
    assert_eq!(vm.deeds(), ["resume"]);
}

/// No outage: nothing is done to the VM, and its process stays the same.
#[test]
fn a_running_vm_is_adopted() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "beat");
    vm.boot();
    let pid = vm.pid();
    for _ in 0..2 {
        vm.start().succeeds().logs(&["running: already running"]);
        vm.assert_is("running");
        assert_eq!(vm.pid(), pid);
    }
    assert_eq!(vm.deeds(), [""; 0]);
}

/// It answers nothing, and is no less up for that: what takes a session on it would hang.
#[test]
fn a_frozen_vm_is_adopted() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "acpi");
    vm.boot();
    vm.set(&[("start/timeout_seconds", "30")]);
    let pid = vm.pid();
    vm.user.kill(pid, libc::SIGSTOP);
    vm.start().succeeds().logs(&["running: already running"]);
    assert_eq!(vm.user.vm_processes(&vm.uuid), [pid]);
    assert_eq!(vm.deeds(), [""; 0]);
}

/// Its end has to be seen before it is started again.
#[test]
fn after_the_guest_has_turned_itself_off() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "selfoff");
    for _ in 0..2 {
        vm.start().succeeds().logs(&["running: the VM is running"]);
        vm.user.wait_state(&vm.uuid, &["poweroff"], SOON);
    }
    assert_eq!(vm.deeds(), ["startvm headless", "startvm headless"]);
}

/// A guest that reboots is still the same VM.
#[test]
fn a_guest_that_resets_itself_stays_up() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "selfreset");
    vm.start().succeeds();
    let pid = vm.pid();
    let boots = || vm.user.serial(&vm.uuid).matches("BOOTED").count();
    eventually(SOON, || boots() > 1, || format!("{} boots", boots()));
    vm.start().succeeds().logs(&["running: already running"]);
    assert_eq!(vm.pid(), pid);
}

/// As by hand beside svc.startd: one of them starts it, the others find it started.
#[test]
fn several_starts_of_one_vm_at_once() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    for _ in 0..3 {
        let running: Vec<_> = (0..4).map(|_| vm.starting().spawn()).collect();
        for run in running.into_iter().map(Running::wait) {
            run.exits(0);
        }
        vm.assert_is("running");
        vm.stop().succeeds();
        vm.assert_is("saved");
    }
}

/// Somebody pulls the plug of a start: what it began goes on inside VirtualBox, and the next one waits for it.
#[test]
fn a_start_after_one_that_was_killed() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    let mut killed = vm.starting().spawn();
    let begun = || !vm.user.vm_processes(&vm.uuid).is_empty();
    eventually(SOON, begun, || "no process of the VM".to_owned());
    killed.signal(libc::SIGKILL);
    assert_eq!(killed.wait().signal, Some(libc::SIGKILL));
    let pid = vm.pid();
    vm.start().succeeds();
    vm.assert_is("running");
    assert_eq!(vm.pid(), pid);
}
