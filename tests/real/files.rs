//! What VirtualBox's own files say is what VirtualBox says, and where they are not enough VirtualBox is asked.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::one_vm::OneVm;
use super::rig::{Call, Run, User, VBOXMANAGE, outside, rig_or_skip};

/// The programs of a run beside svcprop.
fn asked(user: &User<'_>, run: &Run) -> Vec<String> {
    let programs = user.programs_executed(run).into_iter();
    programs.filter(|p| !p.starts_with("svcprop")).collect()
}

fn settings(user: &User<'_>) -> PathBuf {
    outside(&user.home()).join(".config/VirtualBox")
}

/// A start and two stops, of which the second asks nobody: it found the file of the VM that VirtualBox started.
#[track_caller]
fn assert_found(vm: &OneVm<'_>, set: &dyn for<'c> Fn(Call<'c>) -> Call<'c>) {
    set(vm.starting())
        .run()
        .succeeds()
        .logs(&["running: the VM is running"]);
    let run = set(vm.stopping()).run();
    run.succeeds().logs(&["saved; no VM process remains"]);
    let run = set(vm.stopping()).run();
    run.succeeds().logs(&["already saved"]);
    assert_eq!(asked(&vm.user, &run), [""; 0]);
}

/// The order is that of VirtualBox's source; here the real one takes the folder that this program takes.
#[test]
fn the_settings_folder_is_the_one_that_virtualbox_takes() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    let home = outside(&vm.user.home());
    assert_found(&vm, &|call| call);

    // ~/.VirtualBox, where it is there, comes before ~/.config/VirtualBox.
    vm.user.cool_down();
    fs::rename(settings(&vm.user), home.join(".VirtualBox")).expect("to move the settings");
    assert_found(&vm, &|call| call);

    // A file of that name is none.
    vm.user.cool_down();
    fs::create_dir_all(home.join(".config")).expect("a folder");
    fs::rename(home.join(".VirtualBox"), settings(&vm.user)).expect("to move the settings");
    fs::write(home.join(".VirtualBox"), "").expect("a file");
    assert_found(&vm, &|call| call);

    // VBOX_USER_HOME comes before both.
    vm.user.cool_down();
    let other = format!("{}/other", vm.user.home());
    fs::rename(settings(&vm.user), outside(&other)).expect("to move the settings");
    assert_found(&vm, &|call| call.env("VBOX_USER_HOME", &other));
}

/// What VBoxManage starts and pauses at once is in the list of those that run.
#[test]
fn a_vm_that_is_paused_after_its_start_does_not_run() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "acpi");
    let inside = format!("/opt/pausing-{}", vm.user.uid);
    let folder = outside(&inside);
    let _none = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).expect("a folder");
    let script = folder.join("VBoxManage");
    let text = format!(
        "#!/bin/sh\n{VBOXMANAGE} \"$@\"\nstatus=$?\n[ \"$1\" != startvm ] || {VBOXMANAGE} controlvm \"$2\" pause\nexit $status\n"
    );
    fs::write(&script, text).expect("a script");
    for path in [&folder, &script] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a mode");
    }
    let path = format!("{inside}/VBoxManage");
    for (on_paused, status, words) in [
        ("refuse", 95, "the VM is paused, and vm/on_paused=refuse"),
        ("leave", 0, "paused: left paused, as set by vm/on_paused"),
        ("resume", 0, "running: the VM is running"),
    ] {
        vm.set(&[
            ("virtualbox/vboxmanage", &path),
            ("vm/on_paused", on_paused),
        ]);
        let run = vm.start();
        run.exits(status).logs(&[words]);
        vm.assert_is(if on_paused == "resume" {
            "running"
        } else {
            "paused"
        });
        vm.control("poweroff");
    }
    fs::remove_dir_all(&folder).expect("to clean");
}

/// VirtualBox knows of its own user's processes alone, and would start the VM beside another user's on the same disks.
#[test]
fn a_vm_that_another_user_runs_is_not_started_beside_it() {
    let rig = rig_or_skip!();
    let (ours, theirs) = rig.exclusive_pair();
    let uuid = ours.mkvm("vm1", "acpi");
    let (from, to) = (ours.vm_folder(&uuid), theirs.vm_folder(&uuid));
    fs::create_dir_all(&to).expect("a folder");
    for name in ["vm.vbox", "disk.vdi"] {
        let text = fs::read(from.join(name)).expect("a file");
        let text = match String::from_utf8(text) {
            Ok(text) => text.replace(&ours.home(), &theirs.home()).into_bytes(),
            Err(binary) => binary.into_bytes(),
        };
        fs::write(to.join(name), text).expect("a copy");
    }
    let own = |path: &Path| chown(path, Some(theirs.uid), Some(theirs.uid)).expect("an owner");
    let home = outside(&theirs.home());
    for path in to.ancestors().take_while(|path| *path != home) {
        own(path);
    }
    for name in ["vm.vbox", "disk.vdi"] {
        own(&to.join(name));
    }
    let inside = format!("{}/VirtualBox VMs/{uuid}/vm.vbox", theirs.home());
    for arguments in [
        &["registervm", inside.as_str()][..],
        &["startvm", uuid.as_str(), "--type", "headless"],
    ] {
        let run = theirs.vboxmanage(arguments);
        assert_eq!(run.code, Some(0), "{run}");
    }
    let mut vm = OneVm::of(ours, uuid);
    vm.set(&[("start/timeout_seconds", "16")]);
    vm.start()
        .fails(95, &["poweroff", "of another user", "its own UUID"]);
    assert_eq!(vm.deeds(), [""; 0]);
    // It is off all the same, and theirs goes on.
    vm.stop().succeeds().logs(&["already powered off"]);
    assert_eq!(theirs.state(&vm.uuid), "running");
    let run = theirs.vboxmanage(&["controlvm", &vm.uuid, "poweroff"]);
    assert_eq!(run.code, Some(0), "{run}");
    vm.start().succeeds();
}

/// A file that this program does not understand is VirtualBox's to read: here it has what VirtualBox takes, and we do not.
#[test]
fn what_is_not_understood_is_asked_of_virtualbox() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    vm.user.cool_down();
    let path = vm.user.vm_folder(&vm.uuid).join("vm.vbox");
    let text = fs::read_to_string(&path).expect("settings");
    fs::write(&path, format!("{text}<!-- behind the end -->\n")).expect("to write");
    let run = vm.stop();
    run.succeeds().logs(&["already powered off"]);
    assert_eq!(asked(&vm.user, &run).len(), 1, "{run}");
    vm.start().succeeds().logs(&["running: the VM is running"]);
    vm.assert_is("running");
    vm.control("poweroff");

    // A name that two VMs have is for VirtualBox to look up.
    let second = vm.user.mkvm("vm1", "acpi");
    let run = vm.stop();
    run.succeeds().logs(&["already powered off"]);
    assert!(!asked(&vm.user, &run).is_empty(), "{run}");
    assert_eq!(vm.user.state(&second), "poweroff");
}

/// At a boot the methods start together, and no server is there: one starts it, and then all go on.
#[test]
fn eight_cold_starts_at_once() {
    let rig = rig_or_skip!();
    let user = rig.exclusive();
    let names: Vec<String> = (1..=8).map(|n| format!("vm{n}")).collect();
    let wanted: Vec<_> = names.iter().map(|name| (name.as_str(), "acpi")).collect();
    user.mkvms(&wanted);
    for name in &names {
        user.set_props(name, &[]);
    }
    user.cool_down();
    let all: Vec<_> = names
        .iter()
        .map(|name| user.method(name, "start").spawn())
        .collect();
    for running in all {
        let run = running.wait();
        run.succeeds();
        assert!(run.took < Duration::from_secs(60), "{run}");
        assert!(!run.stderr.contains("Failed to create"), "{run}");
        assert!(asked(&user, &run).len() <= 3, "{run}");
    }
}
