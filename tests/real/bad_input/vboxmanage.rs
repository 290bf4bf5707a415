//! VBoxManage that is not there, that somebody else could replace, or that says what it should not.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::PathBuf;
use std::time::Duration;

use crate::real::one_vm::OneVm;
use crate::real::rig::{NOISY_WRAPPER, RECORDER, rig_or_skip};

/// A folder of root's in the chroot, of this test alone.
struct Folder {
    inside: String,
    outside: PathBuf,
}

impl Folder {
    fn new(vm: &OneVm<'_>) -> Self {
        let inside = format!("/opt/test-{}", vm.user.uid);
        let outside = crate::real::rig::outside(&inside);
        // From a run that was interrupted.
        let _ = fs::remove_dir_all(&outside);
        fs::create_dir(&outside).expect("a folder");
        let folder = Self { inside, outside };
        folder.mode("", 0o755);
        folder
    }

    fn mode(&self, name: &str, mode: u32) {
        let path = self.outside.join(name);
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("to set a mode");
    }

    /// Puts a script there and gives its path.
    fn script(&self, name: &str, text: &str) -> String {
        fs::write(self.outside.join(name), format!("#!/bin/sh\n{text}\n")).expect("a script");
        self.mode(name, 0o755);
        format!("{}/{name}", self.inside)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // It is made anew by the next test of this user.
        let _ = fs::remove_dir_all(&self.outside);
    }
}

/// Both methods refuse to run it.
#[track_caller]
fn assert_refused(vm: &mut OneVm<'_>, path: &str, words: &[&str]) {
    vm.set(&[("virtualbox/vboxmanage", path)]);
    for run in [vm.start(), vm.stop()] {
        run.fails(
            96,
            &[words, &["virtualbox/vboxmanage", "svcadm clear"]].concat(),
        );
    }
}

#[test]
fn not_to_be_run() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "acpi");
    let folder = Folder::new(&vm);
    let here = folder.inside.clone();
    let ran = vm.user.home() + "/ran";
    let bad = format!("touch {ran}");

    assert_refused(&mut vm, "/nosuch/VBoxManage", &["/nosuch"]);
    let missing = format!("{here}/missing");
    assert_refused(&mut vm, &missing, &[&missing]);
    assert_refused(&mut vm, &here, &[&here, "not an executable file"]);
    assert_refused(&mut vm, "/dev/null", &["/dev/null"]);

    let plain = folder.script("plain", &bad);
    folder.mode("plain", 0o644);
    assert_refused(&mut vm, &plain, &[&plain, "not an executable file"]);

    let writable = folder.script("writable", &bad);
    folder.mode("writable", 0o775);
    assert_refused(
        &mut vm,
        &writable,
        &[&writable, "can be written to by others"],
    );

    // The mode bits alone would say that its group may write.
    let listed = folder.script("listed", &bad);
    let named = format!("u:{}:rwx", vm.user.uid);
    let set = assert_cmd::Command::new("setfacl")
        .args(["-m", &named])
        .arg(folder.outside.join("listed"))
        .output();
    if set.is_ok_and(|output| output.status.success()) {
        assert_refused(
            &mut vm,
            &listed,
            &[&listed, "access control list", "getfacl"],
        );
    } else {
        crate::skipped(
            "not_to_be_run: access control lists",
            "setfacl cannot set one here",
        );
    }

    let foreign = folder.script("foreign", &bad);
    chown(folder.outside.join("foreign"), Some(vm.user.uid), None).expect("to give it away");
    assert_refused(&mut vm, &foreign, &[&foreign, "does not belong to root"]);

    // Somebody else could put another link, or another program behind it.
    let home = vm.user.home();
    symlink(&home, folder.outside.join("link")).expect("a link");
    let linked = format!("{here}/link/VBoxManage");
    assert_refused(&mut vm, &linked, &[&home, "does not belong to root"]);

    let good = folder.script("VBoxManage", &bad);
    folder.mode("", 0o777);
    assert_refused(&mut vm, &good, &[&here, "can be written to by others"]);
    assert!(
        !crate::real::rig::outside(&ran).exists(),
        "one of them was run"
    );
}

/// It is looked for where VirtualBox's packages put it.
#[test]
fn found_by_itself_and_by_a_link_of_root_s() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "acpi");
    let folder = Folder::new(&vm);
    symlink(RECORDER, folder.outside.join("link")).expect("a link");
    let link = format!("{}/link", folder.inside);
    vm.set(&[("virtualbox/vboxmanage", &link)]);
    vm.start().succeeds();
    assert_eq!(vm.deeds(), ["startvm headless"]);
    vm.user.set_prop_lines("vm1", "i vm/name astring vm1\n");
    vm.stop().succeeds();
    assert_eq!(vm.deeds(), ["startvm headless"], "the recorder was found");
    vm.assert_is("saved");
}

/// Debian's wrapper says a WARNING on stdout before each answer.
#[test]
fn a_wrapper_that_talks() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "acpi");
    vm.set(&[("virtualbox/vboxmanage", NOISY_WRAPPER)]);
    let listing = vm.user.program(NOISY_WRAPPER, &["list", "vms"]).run();
    assert!(listing.stdout.starts_with("WARNING: "), "{listing}");
    for _ in 0..2 {
        vm.start().succeeds();
        vm.assert_is("running");
        vm.start().succeeds().logs(&["running: already running"]);
        vm.stop().succeeds();
        vm.assert_is("saved");
    }
}

/// What cannot be understood is asked again, and is never taken for an answer.
#[test]
fn it_prints_garbage() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "acpi");
    let folder = Folder::new(&vm);
    for (script, words) in [
        ("exit 0", "unexpected output"),
        ("echo VMState=\\\"poweroff\\\"", "unexpected output"),
        ("printf '\\377\\376'", "not valid UTF-8"),
        ("head -c 50000000 /dev/zero | tr '\\0' x", "too much output"),
        ("exit 3", "VBoxManage exited with 3 and no message"),
        ("kill -SEGV $$", "signal 11"),
        (
            "echo 'Illegal instruction' >&2; exit 1",
            "Illegal instruction",
        ),
    ] {
        let path = folder.script("VBoxManage", script);
        vm.set(&[
            ("virtualbox/vboxmanage", &path),
            ("start/timeout_seconds", "20"),
            ("stop/timeout_seconds", "20"),
        ]);
        let started = vm.start();
        started.fails(1, &["vm1"]);
        assert!(started.stderr.contains(words), "{started}");
        // That it is off is in its settings file, and no process says otherwise.
        vm.stop().succeeds().logs(&["already powered off"]);
    }
    vm.assert_is("poweroff");
}

/// Neither a server nor a VM process is there to be blamed.
#[test]
fn it_hangs() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "acpi");
    let folder = Folder::new(&vm);
    let path = folder.script("VBoxManage", "exec sleep 1000");
    vm.set(&[("virtualbox/vboxmanage", &path)]);
    let running = [vm.starting(), vm.stopping()].map(crate::real::rig::Call::spawn);
    let [start, stop] = running.map(crate::real::rig::Running::wait);
    let words = ["vm1", "run VBoxManage list vms as", vm.user.name];
    start.fails(1, &words);
    // The whole time of a start, which is less than svc.startd's.
    assert!(start.took < Duration::from_secs(118), "{start}");
    stop.succeeds().logs(&["already powered off"]);
    assert!(stop.took < Duration::from_secs(60), "{stop}");
    let sleeping = vm.user.processes();
    let sleeping = sleeping
        .iter()
        .filter(|process| process.name == "sleep")
        .count();
    assert_eq!(sleeping, 0, "VBoxManage lives on");
}

/// One list in eighty hangs for ten seconds in VBoxManage's own exit, with what it printed held back: it is killed alone,
/// and asked again.
#[test]
fn a_list_that_lingers_in_its_exit() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "acpi");
    let folder = Folder::new(&vm);
    let home = vm.user.home();
    let text = format!(
        "real=/usr/lib/virtualbox/VBoxManage\n\
         if [ \"$1\" = list ] && mkdir {home}/first 2>/dev/null; then\n\
         said=`\"$real\" \"$@\"`; sleep 10; mkdir {home}/lingered; echo \"$said\"; exit 0\n\
         fi\n\
         exec \"$real\" \"$@\""
    );
    let path = folder.script("lingers", &text);
    vm.set(&[("virtualbox/vboxmanage", &path)]);
    vm.start().succeeds();
    vm.assert_is("running");
    let home = crate::real::rig::outside(&home);
    assert!(home.join("first").exists(), "no list was asked for");
    assert!(!home.join("lingered").exists(), "it was waited for");
}
