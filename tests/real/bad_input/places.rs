//! Places that VirtualBox needs and cannot use: the home directory, its settings, and the folder in /tmp in which its
//! clients and its server meet.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use crate::real::one_vm::OneVm;
use crate::real::rig::{outside, rig_or_skip};

#[track_caller]
fn assert_both_fail(vm: &OneVm<'_>, words: &[&str]) {
    for run in [vm.start(), vm.stop()] {
        run.fails(96, words);
        assert!(run.took.as_secs() < 20, "{run}");
    }
    assert_eq!(vm.deeds(), [""; 0]);
}

/// A VM that is off needs no VirtualBox to be stopped: its settings file says that it is off.
#[track_caller]
fn assert_start_fails(vm: &OneVm<'_>, words: &[&str]) {
    let run = vm.start();
    run.fails(96, words);
    assert!(run.took.as_secs() < 20, "{run}");
    vm.stop()
        .succeeds()
        .logs(&["already powered off; no VM process remains"]);
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("to set a mode");
}

#[test]
fn home_not_writable() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    vm.user.cool_down();
    let home = outside(&vm.user.home());
    fs::remove_dir_all(home.join(".config")).expect("to remove the settings");
    chown(&home, Some(0), Some(0)).expect("to give the home to root");
    assert_both_fail(
        &vm,
        &[
            "global settings directory",
            "write to its home directory",
            &vm.user.home(),
        ],
    );
    chown(&home, Some(vm.user.uid), Some(vm.user.uid)).expect("to give the home back");
}

#[test]
fn home_missing() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    vm.user.cool_down();
    let home = outside(&vm.user.home());
    fs::remove_dir_all(&home).expect("to remove the home");
    // svc.startd goes to / where there is no home.
    for verb in ["start", "stop"] {
        let run = vm.user.method("vm1", verb).directory("/").run();
        run.fails(
            96,
            &["Failed to initialize COM", &vm.user.home(), "svcadm clear"],
        );
    }
    assert_eq!(vm.deeds(), [""; 0]);
}

#[test]
fn vbox_user_home_not_usable() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    vm.user.cool_down();
    for verb in ["start", "stop"] {
        let run = vm
            .user
            .method("vm1", verb)
            .env("VBOX_USER_HOME", "/proc/nosuch")
            .run();
        run.fails(96, &["VBOX_USER_HOME"]);
    }
    assert_eq!(vm.deeds(), [""; 0]);
}

/// As after a full disk; VirtualBox keeps the one before.
#[test]
fn virtualbox_xml_broken() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    vm.user.cool_down();
    let settings = outside(&vm.user.home()).join(".config/VirtualBox/VirtualBox.xml");
    let whole = fs::read(&settings).expect("VirtualBox.xml");
    for broken in [&whole[..0], &whole[..whole.len() / 2]] {
        fs::write(&settings, broken).expect("to break VirtualBox.xml");
        assert_both_fail(
            &vm,
            &[
                ".config/VirtualBox/VirtualBox.xml'",
                "VirtualBox.xml-prev",
                "svcadm clear",
            ],
        );
        vm.user.cool_down();
    }
    // The next step that was given.
    fs::write(&settings, &whole).expect("to mend VirtualBox.xml");
    vm.start().succeeds();
    vm.assert_is("running");
}

// --- /tmp/.vbox-USER-ipc

fn ipc_folder(vm: &OneVm<'_>) -> PathBuf {
    outside(&format!("/tmp/.vbox-{}-ipc", vm.user.name))
}

/// It is named, and the next step helps.
#[track_caller]
fn assert_ipc_refused(spoil: fn(&Path)) {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    vm.user.cool_down();
    let folder = ipc_folder(&vm);
    spoil(&folder);
    let name = format!("/tmp/.vbox-{}-ipc", vm.user.name);
    assert_start_fails(&vm, &[&name, "svcadm clear"]);

    vm.user.kill_all();
    let there = fs::symlink_metadata(&folder).expect("what was put there");
    let removed = if there.is_dir() {
        fs::remove_dir_all(&folder)
    } else {
        fs::remove_file(&folder)
    };
    removed.expect("to remove it");
    vm.start().succeeds();
    vm.assert_is("running");
}

#[test]
fn ipc_folder_of_somebody_else() {
    assert_ipc_refused(|folder| {
        fs::create_dir(folder).expect("must be owned by root");
        mode(folder, 0o700);
    });
}

#[test]
fn ipc_folder_a_file() {
    assert_ipc_refused(|folder| fs::write(folder, "").expect("a file owned by root"));
}

#[test]
fn ipc_folder_a_link() {
    assert_ipc_refused(|folder| symlink("/nosuch", folder).expect("a link"));
}

#[test]
fn ipc_folder_open_to_all() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    vm.user.cool_down();
    let folder = ipc_folder(&vm);
    fs::create_dir(&folder).expect("a folder");
    chown(&folder, Some(vm.user.uid), Some(vm.user.uid)).expect("to give it to the user");
    mode(&folder, 0o777);
    let name = format!("/tmp/.vbox-{}-ipc", vm.user.name);
    assert_start_fails(&vm, &[&name, "svcadm clear"]);
}
