//! What a log says to do, done by the user it is meant for: after it a start or a stop goes well. More of the same stand in
//! `causes` and `doctor`; `tests/next_steps.rs` names the test of each.

use std::fs;

use super::one_vm::OneVm;
use super::rig::{Run, rig_or_skip};
use super::stop_trouble::frozen;

/// The last line of a log, which has the next step.
#[track_caller]
fn told(run: &Run, words: &str) {
    let last = run.stderr.lines().last().unwrap_or_default();
    assert!(last.contains(words), "{run}");
}

/// Both ways that the log names; what the second costs stands beside it.
#[test]
fn a_vm_that_hears_no_button_is_stopped_as_the_log_says() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "ignoreacpi");
    vm.set(&[
        ("vm/stop_method", "acpipowerbutton"),
        ("vm/stop_fallback", "none"),
        ("stop/timeout_seconds", "25"),
    ]);
    for (verb, state) in [("savestate", "saved"), ("poweroff", "poweroff")] {
        vm.start().succeeds();
        let run = vm.stop();
        run.fails(
            95,
            &[
                "running",
                "disabling the instance again will not stop the VM",
            ],
        );
        told(
            &run,
            "VBoxManage controlvm VM savestate (or poweroff; data that the guest has not written is lost)",
        );
        vm.control(verb);
        vm.assert_is(state);
        vm.stop().succeeds();
        vm.assert_is(state);
    }
    vm.start().succeeds();
    vm.assert_is("running");
}

#[test]
fn a_frozen_vm_is_ended_as_the_log_says() {
    let rig = rig_or_skip!();
    let (vm, pid) = frozen(rig, &[]);
    let run = vm.stop();
    run.fails(95, &["running"]);
    told(
        &run,
        "VBoxManage startvm --type emergencystop kills it, and data that the guest has not written is lost",
    );
    assert_eq!(vm.user.vm_processes(&vm.uuid), [pid]);
    vm.real(&["startvm", &vm.uuid, "--type", "emergencystop"]);
    vm.stop().succeeds();
    vm.assert_is("aborted");
    vm.start().succeeds();
    vm.assert_is("running");
}

#[test]
fn a_missing_disk_is_detached_as_the_log_says() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    let all = vm
        .user
        .vboxmanage(&["showvminfo", &vm.uuid, "--machinereadable"]);
    // "ide-0-0"="/home/vbox1/VirtualBox VMs/vm/disk.vdi"
    let place = all.stdout.lines().find_map(|line| {
        let (place, disk) = line.split_once("\"=\"")?;
        disk.ends_with("disk.vdi\"")
            .then(|| place.trim_start_matches('"').to_owned())
    });
    let place = place.unwrap_or_else(|| panic!("no disk: {all}"));
    let [device, port, controller] = place.rsplitn(3, '-').collect::<Vec<_>>()[..] else {
        panic!("no place: {place}");
    };
    fs::remove_file(vm.user.vm_folder(&vm.uuid).join("disk.vdi")).expect("to remove the disk");
    let run = vm.start();
    run.fails(96, &["VERR_FILE_NOT_FOUND"]);
    told(&run, "or detach it with VBoxManage storageattach");
    vm.real(&[
        "storageattach",
        &vm.uuid,
        "--storagectl",
        controller,
        "--port",
        port,
        "--device",
        device,
        "--medium",
        "none",
    ]);
    vm.start().succeeds();
    vm.assert_is("running");
}
