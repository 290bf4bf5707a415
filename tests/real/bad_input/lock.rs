//! /tmp/.vbox-smf-UID, which anybody may have made before: without the lock it goes on, and says so.
#![expect(
    clippy::disallowed_methods,
    reason = "tests of the real program in real time"
)]

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt, chown, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::real::one_vm::OneVm;
use crate::real::rig::{lock_as_a_method_does, outside, rig_or_skip};

const WARNING: &str = "continuing without the lock for cold starts";
const MISSED: &str = "continuing without the lock for VirtualBox queries";

fn lock_folder(vm: &OneVm<'_>) -> PathBuf {
    outside(&format!("/tmp/.vbox-smf-{}", vm.user.uid))
}

/// The folder as the program makes it.
fn make_folder(vm: &OneVm<'_>) -> PathBuf {
    let folder = lock_folder(vm);
    fs::create_dir(&folder).expect("a folder");
    mode(&folder, 0o700);
    give_to(&folder, vm);
    folder
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("to set a mode");
}

fn give_to(path: &Path, vm: &OneVm<'_>) {
    chown(path, Some(vm.user.uid), Some(vm.user.uid)).expect("to give it to the user");
}

/// It starts from cold all the same; the log says what is wrong with which path, and nothing there was touched.
#[track_caller]
fn assert_warned(spoil: impl Fn(&OneVm<'_>)) {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    vm.user.cool_down();
    spoil(&vm);
    let path = format!("/tmp/.vbox-smf-{}", vm.user.uid);
    let run = vm.start();
    run.succeeds()
        .logs(&[WARNING, "running: the VM is running"]);
    let warning = run.log().find(|line| line.contains(WARNING));
    assert!(warning.is_some_and(|line| line.contains(&path)), "{run}");
    vm.assert_is("running");
}

#[test]
fn a_link() {
    assert_warned(|vm| {
        let target = outside(&vm.user.home()).join("target");
        fs::create_dir(&target).expect("a folder");
        mode(&target, 0o700);
        give_to(&target, vm);
        let inside = format!("{}/target", vm.user.home());
        symlink(inside, lock_folder(vm)).expect("a link");
    });
}

#[test]
fn a_file() {
    assert_warned(|vm| fs::write(lock_folder(vm), "").expect("a file"));
}

#[test]
fn a_folder_of_somebody_else() {
    assert_warned(|vm| {
        fs::create_dir(lock_folder(vm)).expect("must be owned by root");
        mode(&lock_folder(vm), 0o777);
    });
}

#[test]
fn a_folder_open_to_all() {
    assert_warned(|vm| mode(&make_folder(vm), 0o777));
}

#[test]
fn the_lock_a_link() {
    assert_warned(|vm| {
        let folder = make_folder(vm);
        symlink("/etc/passwd", folder.join("lock")).expect("a link");
    });
}

#[test]
fn the_lock_a_folder() {
    assert_warned(|vm| fs::create_dir(make_folder(vm).join("lock")).expect("a folder"));
}

/// Somebody holds it for ever: 20 s, and then it goes on.
#[test]
fn held_by_another() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    vm.user.cool_down();
    let lock = make_folder(&vm).join("lock");
    fs::write(&lock, "").expect("a lock file");
    give_to(&lock, &vm);
    let held = lock_as_a_method_does(&lock);
    let run = vm.start();
    drop(held);
    run.succeeds()
        .logs(&[WARNING, "running: the VM is running"]);
    let expected = Duration::from_secs(20)..Duration::from_secs(60);
    assert!(expected.contains(&run.took), "{run}");
    vm.assert_is("running");

    // And nothing is said where nothing is wrong.
    vm.stop().succeeds();
    vm.user.cool_down();
    vm.start().succeeds().logs_nowhere("lock");
}

/// What else may be there, and in the place of the file: none is waited for, touched or written through.
#[test]
fn every_other_neighbour() {
    type Spoil = fn(&Path, &OneVm<'_>);
    let fifo: Spoil = |path, _| {
        assert_cmd::Command::new("mkfifo")
            .arg(path)
            .assert()
            .code(0);
        mode(path, 0o666);
    };
    let socket: Spoil = |path, _| drop(UnixListener::bind(path).expect("a socket"));
    let dangling: Spoil = |path, _| symlink("/tmp/made-behind-it", path).expect("a link");
    let circle: Spoil = |path, _| symlink(path.file_name().expect("a name"), path).expect("a link");
    let device: Spoil = |path, _| {
        let mut mknod = assert_cmd::Command::new("mknod");
        mknod.arg(path).args(["c", "1", "3"]).assert().code(0);
    };
    let roots: Spoil = |path, _| fs::write(path, "theirs").expect("a file owned by root");
    let hard_link: Spoil = |path, vm| {
        let theirs = outside(&vm.user.home()).join("theirs");
        fs::write(&theirs, "theirs").expect("a file owned by root");
        fs::hard_link(theirs, path).expect("a hard link");
    };
    let closed: Spoil = |path, vm| {
        fs::write(path, "").expect("a file");
        give_to(path, vm);
        mode(path, 0o000);
    };
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    let neighbours = [
        ("a FIFO", false, fifo),
        ("a socket", false, socket),
        ("a link to nowhere", false, dangling),
        ("a circle", false, circle),
        ("a device", false, device),
        ("a FIFO", true, fifo),
        ("a socket", true, socket),
        ("a link to nowhere", true, dangling),
        ("a circle", true, circle),
        ("a device", true, device),
        ("root's", true, roots),
        ("a hard link", true, hard_link),
        ("closed", true, closed),
    ];
    for (what, in_the_folder, spoil) in neighbours {
        vm.user.cool_down();
        let folder = lock_folder(&vm);
        let path = if in_the_folder {
            make_folder(&vm).join("lock")
        } else {
            folder.clone()
        };
        spoil(&path, &vm);
        let look =
            || fs::symlink_metadata(&path).map(|there| (there.ino(), there.mode(), there.len()));
        let before = look().expect("what is in the way");
        let run = vm.start();
        vm.control("poweroff");
        let warning = run.succeeds().log().find(|line| line.contains(WARNING));
        assert!(
            warning.is_some_and(|line| line.ends_with("remove it")),
            "{what}: {run}"
        );
        assert!(run.took < Duration::from_secs(60), "{what}: {run}");
        assert_eq!(look().expect("what is in the way"), before, "{what}");
        assert!(!outside("/tmp/made-behind-it").exists(), "{what}");
        if in_the_folder {
            fs::remove_dir_all(&folder).expect("to clean");
        } else {
            fs::remove_file(&folder).expect("to clean");
        }
    }
    crate::security::row(
        "neighbours of the lock, as a start meets them",
        neighbours.len(),
    );
}

/// The same where VirtualBox runs: then it is a turn at the lists that is waited for, once, and for half of the time.
#[test]
fn held_by_another_beside_a_stop() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "acpi");
    // What powers off asks the long list first; what saves asks nothing.
    vm.set(&[
        ("stop/timeout_seconds", "50"),
        ("vm/stop_method", "poweroff"),
    ]);
    vm.start().succeeds();
    let held = lock_as_a_method_does(&lock_folder(&vm).join("lock"));
    // After that a server needs no lock.
    std::thread::sleep(Duration::from_secs(5));
    let run = vm.stop();
    drop(held);
    run.succeeds().logs(&[MISSED, "powered off"]);
    assert_eq!(run.stderr.matches(MISSED).count(), 1, "{run}");
    let expected = Duration::from_secs(22)..Duration::from_secs(50);
    assert!(expected.contains(&run.took), "{run}");
    vm.assert_is("poweroff");
}
