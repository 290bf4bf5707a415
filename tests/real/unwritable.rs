//! Places that VirtualBox cannot write: what its server holds in memory is gone when it ends, so an exit status is looked
//! at once more after that.
#![expect(
    clippy::disallowed_methods,
    reason = "tests of the real program in real time"
)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use super::one_vm::OneVm;
use super::rig::{Run, eventually, outside, rig_or_skip};

mod matrix;

/// VirtualBox's server is gone 5 s after its last client.
const SERVER_ENDS: Duration = Duration::from_secs(8);

fn give_to_root(path: &Path, mode: u32) {
    chown(path, Some(0), Some(0)).expect("to give it to root");
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("to set a mode");
}

impl OneVm<'_> {
    fn folder(&self) -> PathBuf {
        self.user.vm_folder(&self.uuid)
    }

    /// The folder of snapshots is the user's, so that a state can be written, and the VM's folder is not.
    fn keep_from_settings(&self) {
        let snapshots = self.folder().join("Snapshots");
        fs::create_dir_all(&snapshots).expect("a folder");
        chown(&snapshots, Some(self.user.uid), Some(self.user.uid)).expect("to give it");
        give_to_root(&self.folder(), 0o755);
    }

    fn give_back(&self) {
        for path in [self.folder(), self.folder().join("vm.vbox")] {
            chown(&path, Some(self.user.uid), Some(self.user.uid)).expect("to give it back");
        }
    }

    /// The state when VirtualBox has nothing in memory any more.
    fn state_that_lasts(&self) -> String {
        sleep(SERVER_ENDS);
        self.user.state(&self.uuid)
    }
}

/// What an exit status 0 of a stop by savestate claims.
#[track_caller]
fn is_true(vm: &OneVm<'_>, run: &Run) {
    let state = vm.state_that_lasts();
    if run.code == Some(0) {
        assert_eq!(state, "saved", "{run}");
    }
}

#[test]
fn a_state_that_the_settings_file_cannot_name() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    vm.bring_into("running");
    vm.keep_from_settings();
    let run = vm.stop();
    run.fails(95, &["svcadm clear"]);
    is_true(&vm, &run);
    assert_eq!(vm.user.vm_processes(&vm.uuid), [0_u32; 0]);

    // Where the state is there, what the log says to do about it brings the guest back.
    let last = run.stderr.lines().last().unwrap_or_default().to_owned();
    let Some((_, rest)) = last.split_once("VBoxManage adoptstate VM ") else {
        assert!(last.contains("lost"), "{last}");
        vm.give_back();
        return;
    };
    let (file, _) = rest.split_once(" as that user").expect("its end");
    vm.give_back();
    sleep(SERVER_ENDS);
    let adopt = format!(
        "/usr/lib/virtualbox/VBoxManage adoptstate {} {file}",
        vm.uuid
    );
    let done = vm.user.program("/bin/sh", &["-c", &adopt]).run();
    assert_eq!(done.code, Some(0), "{done}");
    assert_eq!(vm.state_that_lasts(), "saved");
    vm.start().succeeds();
    assert_eq!(vm.user.state(&vm.uuid), "running");
}

/// VirtualBox's server fails to write down one saved state in fifty, where it saves many VMs at once, and knows it as long as
/// it lives: a stop has it write once more. Here it fails because of the folder, which is the user's again a moment later.
#[test]
fn a_state_that_the_settings_file_names_at_the_second_attempt() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    vm.bring_into("running");
    vm.keep_from_settings();
    let stop = vm.user.method("vm1", "stop").spawn();
    // The state is written when the process ends.
    eventually(
        Duration::from_secs(60),
        || vm.user.vm_processes(&vm.uuid).is_empty(),
        || "its state is not saved".to_owned(),
    );
    vm.give_back();
    let run = stop.wait();
    run.succeeds().logs(&[
        "saving the VM state failed",
        "making VirtualBox rewrite the VM settings",
        "saved; no VM process remains",
    ]);
    assert_eq!(vm.state_that_lasts(), "saved");
    let kept = vm
        .user
        .vboxmanage(&["getextradata", &vm.uuid, "vbox-smf/settings"]);
    assert!(kept.stdout.contains("No value set"), "{kept}");
    vm.start().succeeds();
    assert_eq!(vm.user.state(&vm.uuid), "running");
}

type Spoil = fn(&Path);

/// The old state would be restored over what the disk has become since.
#[test]
fn a_saved_vm_whose_settings_cannot_be_written_is_not_started() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    vm.bring_into("saved");
    vm.user.cool_down();
    let spoils: [(Spoil, &str); 2] = [
        (
            |folder| give_to_root(folder, 0o755),
            "cannot write to the folder",
        ),
        (
            |folder| {
                fs::write(folder.join("vm.vbox-tmp"), "").expect("a leftover");
                give_to_root(&folder.join("vm.vbox-tmp"), 0o644);
            },
            "vm.vbox-tmp prevents VirtualBox",
        ),
    ];
    for (spoil, words) in spoils {
        spoil(&vm.folder());
        let run = vm.start();
        run.fails(96, &[words, "belongs to root"]);
        assert_eq!(vm.user.vm_processes(&vm.uuid), [0_u32; 0]);
        assert_eq!(vm.user.state(&vm.uuid), "saved");
        vm.do_as_is_told(&run);
        vm.user.cool_down();
    }
    vm.start().succeeds();
    assert_eq!(vm.user.state(&vm.uuid), "running");
}

/// It was to be saved, and its process dies under that.
#[test]
fn a_process_that_dies_while_it_is_saved() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    vm.bring_into("running");
    vm.user.kill(vm.pid(), libc::SIGSTOP);
    let stop = vm.stopping().spawn();
    sleep(Duration::from_secs(2));
    vm.user.kill(vm.pid(), libc::SIGKILL);
    let run = stop.wait();
    run.fails(95, &["the VM process ended before", "is lost", "aborted"]);
    assert_eq!(vm.state_that_lasts(), "aborted");
}

/// The button was pressed, and it was not the guest that ended.
#[test]
fn a_process_that_dies_after_the_button() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "ignore");
    vm.set(&[("vm/stop_method", "acpipowerbutton")]);
    vm.bring_into("running");
    let stop = vm.stopping().spawn();
    sleep(Duration::from_secs(2));
    vm.user.kill(vm.pid(), libc::SIGKILL);
    stop.wait()
        .fails(95, &["the VM process ended before", "is lost"]);
}

/// VirtualBox says 'powered off' of a guest that was lost with its server.
#[test]
fn a_server_that_dies_after_the_button() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "ignore");
    vm.set(&[
        ("vm/stop_method", "acpipowerbutton"),
        ("vm/stop_fallback", "none"),
    ]);
    vm.bring_into("running");
    let stop = vm.stopping().spawn();
    sleep(Duration::from_secs(1));
    for server in vm.user.vboxsvc_pids() {
        vm.user.kill(server, libc::SIGKILL);
    }
    stop.wait()
        .fails(95, &["the VM process ended before", "is lost"]);
    assert_eq!(vm.state_that_lasts(), "poweroff");
}

/// VirtualBox does not write to the file but puts another one in its place: whose it was does not matter.
#[test]
fn settings_of_root_in_a_folder_of_the_user() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    vm.bring_into("running");
    give_to_root(&vm.folder().join("vm.vbox"), 0o644);
    let run = vm.stop();
    run.succeeds();
    assert_eq!(vm.state_that_lasts(), "saved");
    give_to_root(&vm.folder().join("vm.vbox"), 0o644);
    vm.start().succeeds();
    assert_eq!(vm.user.state(&vm.uuid), "running");
}

/// A signal to a paused VM's process leaves a server that says `stopping` as long as it lives. It is left alone, and ends;
/// beside another VM it does not, and that is said, with what helps.
#[test]
fn a_server_that_holds_a_vm_as_stopping() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    let wedge = || {
        vm.bring_into("paused");
        vm.user.kill(vm.pid(), libc::SIGTERM);
        let gone = || vm.user.vm_processes(&vm.uuid).is_empty();
        eventually(Duration::from_secs(60), gone, || "it lives".to_owned());
        assert_eq!(vm.user.state(&vm.uuid), "stopping");
    };
    wedge();
    vm.start().succeeds();
    assert_eq!(vm.user.state(&vm.uuid), "running");
    vm.control("poweroff");

    let other = vm.user.mkvm("other", "beat");
    vm.real(&["startvm", &other, "--type", "headless"]);
    wedge();
    let run = vm.start();
    run.fails(
        95,
        &[
            "still reports the VM as stopping",
            "stop the user's other VMs",
            "for 6 s",
        ],
    );
    assert_eq!(vm.user.vm_processes(&vm.uuid), [0_u32; 0]);
    vm.real(&["controlvm", &other, "poweroff"]);
    sleep(SERVER_ENDS);
    vm.start().succeeds();
    assert_eq!(vm.user.state(&vm.uuid), "running");
}

/// Its server gives no answer then: to end it, as is right for one that is deadlocked, would not help.
#[test]
fn a_settings_folder_that_cannot_be_written() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "acpi");
    vm.set(&[("start/timeout_seconds", "40")]);
    vm.user.cool_down();
    let folder = outside(&vm.user.home()).join(".config/VirtualBox");
    let set_mode = |mode| {
        fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).expect("to set a mode");
    };
    set_mode(0o555);
    let run = vm.start();
    set_mode(0o700);
    run.fails(96, &["cannot write to the folder", "chmod u+rwx"])
        .logs_nowhere("pkill");
    vm.user.kill_all();
    vm.start().succeeds();
}

/// A stop that cannot save the VM names what is in the way.
#[test]
fn a_folder_of_snapshots_that_cannot_be_written() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "acpi");
    vm.set(&[("stop/timeout_seconds", "40")]);
    vm.bring_into("running");
    let snapshots = vm.folder().join("Snapshots");
    fs::create_dir_all(&snapshots).expect("a folder");
    give_to_root(&snapshots, 0o755);
    vm.stop().fails(
        95,
        &[
            "still running",
            "cannot write to the folder",
            "is meant to have access",
        ],
    );
    vm.assert_is("running");
    chown(&snapshots, Some(vm.user.uid), Some(vm.user.uid)).expect("to give it back");
    vm.stop().succeeds();
    vm.assert_is("saved");
}
