//! VMs that are not there, that are there twice, or whose files are not what they were.

use std::fs;

use crate::real::one_vm::OneVm;
use crate::real::rig::rig_or_skip;

const VERBS: [&str; 2] = ["start", "stop"];

#[test]
fn unknown() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "acpi");
    let nobody = "0e8d2b4c-1111-4222-8333-444455556666";
    for name in ["nosuch", nobody] {
        vm.set(&[("vm/name", name)]);
        for verb in VERBS {
            let run = vm.user.method("vm1", verb).run();
            let user = format!("as user {}", vm.user.name);
            let words = [
                name,
                "Could not find a registered machine",
                &user,
                "vm/name",
            ];
            run.fails(96, &words);
        }
    }
    assert_eq!(vm.deeds(), [""; 0]);
}

/// Without vm/name the VM is the one that is called as the instance is.
#[test]
fn of_no_name_like_the_instance() {
    let rig = rig_or_skip!();
    let user = rig.user();
    user.mkvm("vm2", "acpi");
    user.set_props("vm1", &[]);
    user.method("vm1", "start")
        .run()
        .fails(96, &["vm1", "Could not find a registered machine"]);
}

/// VirtualBox's first of that name is meant, and named in the log; the other one can be had by its UUID.
#[test]
fn two_of_one_name() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let uuids = user.mkvms(&[("twin", "acpi"), ("twin", "acpi")]);
    let [first, second] = &uuids[..] else {
        panic!("two VMs: {uuids:?}");
    };
    user.set_props("first", &[("vm/name", "astring", "twin")]);
    user.set_props("second", &[("vm/name", "astring", second)]);
    let states = || [user.state(first), user.state(second)];
    let processes = || [user.vm_processes(first), user.vm_processes(second)];
    let run = |instance, verb| user.method(instance, verb).run();
    let named = format!("twin {{{first}}}");

    run("first", "start").succeeds().logs(&[&named]);
    assert_eq!(states(), ["running", "poweroff"]);
    run("second", "start").succeeds().logs(&[second.as_str()]);
    assert_eq!(states(), ["running", "running"]);
    let [_, its_process] = processes();
    assert_eq!(its_process.len(), 1);

    // Twice: the second time only the other one runs.
    for _ in 0..2 {
        run("first", "stop").succeeds().logs(&[&named]);
        assert_eq!(states(), ["saved", "running"]);
        assert_eq!(processes(), [vec![], its_process.clone()]);
    }
    run("second", "stop").succeeds();
    assert_eq!(states(), ["saved", "saved"]);
    assert_eq!(processes(), [Vec::<u32>::new(), vec![]]);
}

/// VirtualBox knows that there is such a VM, but not what it is called: its settings are gone, or are none.
#[track_caller]
fn assert_inaccessible(spoil: fn(&std::path::Path)) {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "acpi");
    vm.user.cool_down();
    spoil(&vm.user.vm_folder(&vm.uuid).join("vm.vbox"));
    for verb in VERBS {
        vm.set(&[]);
        let run = vm.user.method("vm1", verb).run();
        run.fails(96, &["Could not find a registered machine named 'vm1'"]);

        let uuid = vm.uuid.clone();
        vm.set(&[("vm/name", &uuid)]);
        let run = vm.user.method("vm1", verb).run();
        run.fails(95, &[&uuid, "<inaccessible>", "svcadm clear"]);
    }
    assert_eq!(vm.user.state(&vm.uuid), "inaccessible");
    assert_eq!(vm.deeds(), [""; 0]);
}

#[test]
fn settings_file_missing() {
    assert_inaccessible(|file| fs::remove_file(file).expect("to remove the settings"));
}

#[test]
fn settings_file_empty() {
    assert_inaccessible(|file| fs::write(file, "").expect("to empty the settings"));
}

#[test]
fn settings_file_truncated() {
    assert_inaccessible(|file| {
        let whole = fs::read(file).expect("the settings");
        fs::write(file, &whole[..whole.len() / 2]).expect("to cut the settings");
    });
}

/// The long list then comes with an error about that one, whatever VM is meant.
#[test]
fn another_vm_of_the_user_is_inaccessible() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let mut uuids = user.mkvms(&[("gone", "acpi"), ("vm1", "acpi"), ("gone too", "acpi")]);
    user.cool_down();
    for gone in [uuids.remove(2), uuids.remove(0)] {
        fs::remove_file(user.vm_folder(&gone).join("vm.vbox")).expect("to remove the settings");
    }
    let vm = OneVm::of(user, uuids.remove(0));
    for (from, stopped) in [("poweroff", "saved"), ("saved", "saved")] {
        vm.assert_is(from);
        vm.start().succeeds();
        vm.start().succeeds().logs(&["already running"]);
        vm.take_into("paused");
        vm.start().succeeds();
        vm.assert_is("running");
        vm.stop().succeeds();
        vm.stop().succeeds();
        vm.assert_is(stopped);
    }
}

#[test]
fn disk_missing() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    let disk = vm.user.vm_folder(&vm.uuid).join("disk.vdi");
    let aside = disk.with_extension("aside");
    fs::rename(&disk, &aside).expect("to move the disk away");
    vm.start().fails(
        96,
        &["Could not open the medium", "disk.vdi", "restore the disk"],
    );
    vm.assert_is("poweroff");
    // That it does not start is no reason not to stop.
    vm.stop().succeeds();

    fs::rename(&aside, &disk).expect("to move the disk back");
    vm.start().succeeds();
    vm.assert_is("running");
}

/// The state that it was saved in cannot be read: it stays saved, for somebody to look at.
#[test]
fn saved_state_broken() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "acpi");
    vm.bring_into("saved");
    let snapshots = vm.user.vm_folder(&vm.uuid).join("Snapshots");
    let mut broken = 0;
    for file in fs::read_dir(snapshots).expect("a folder with the state") {
        fs::write(file.expect("a file").path(), "no state").expect("to break the state");
        broken += 1;
    }
    assert_eq!(broken, 1);
    vm.start()
        .fails(96, &["saved state", "VBox.log", "vm/on_saved=discard"]);
    vm.assert_is("saved");
    // What its reader may want to do about it.
    vm.set(&[("vm/on_saved", "discard")]);
    vm.start().succeeds();
    vm.assert_is("running");
}
