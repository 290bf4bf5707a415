//! Why VirtualBox does not start a VM: the cause is named with its file and owner, the exit status says whether another
//! attempt makes sense, and a next step that is a command helps when it is run by the user it is meant for.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::one_vm::OneVm;
use super::rig::{Run, VBOXMANAGE, outside, rig_or_skip};

fn give_to_root(path: &Path, mode: u32) {
    chown(path, Some(0), Some(0)).expect("to give it to root");
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("to set a mode");
}

fn disk(vm: &OneVm<'_>) -> PathBuf {
    vm.user.vm_folder(&vm.uuid).join("disk.vdi")
}

/// The path as the user sees it.
fn inside(path: &Path) -> String {
    let root = outside("/");
    let below = path.strip_prefix(root).expect("a path in the rig");
    format!("/{}", below.display())
}

impl OneVm<'_> {
    /// Does what the last line of a log says, as somebody for whom the path that it names is meant for the VM's user, and
    /// nothing else.
    #[track_caller]
    pub(super) fn do_as_is_told(&self, run: &Run) {
        let user = self.user.name;
        let last = run.stderr.lines().last().unwrap_or_default();
        let shell = |arguments: &[&str]| {
            let call = self.user.program("/bin/sh", arguments);
            call.within(Duration::from_mins(1))
        };
        let done = if let Some((_, rest)) = last.split_once("may control where ") {
            let (path, rest) = rest.split_once(" leads: only if").expect("a path");
            assert!(
                rest.contains(&format!("let {user} read and write it")),
                "{last}"
            );
            let script = "chown -h \"$0\" \"$1\" && chmod u+rwX \"$1\"";
            shell(&["-c", script, user, path]).by_root().run()
        } else {
            let (_, told) = last.split_once(&format!("as {user}: ")).expect("a command");
            let (command, _) = told.split_once("; then run svcadm clear").expect("its end");
            shell(&["-c", command]).run()
        };
        assert_eq!(done.code, Some(0), "{last}: {done}");
    }

    #[track_caller]
    fn starts_now(&self) {
        self.start().succeeds();
        assert_eq!(self.user.state(&self.uuid), "running");
    }
}

#[test]
fn a_disk_of_root() {
    let rig = rig_or_skip!();
    for (mode, verb, code) in [
        (0o600, "read", "VERR_ACCESS_DENIED"),
        (0o644, "write", "VERR_VD_IMAGE_READ_ONLY"),
    ] {
        let vm = OneVm::new(rig, "acpi");
        let disk = disk(&vm);
        give_to_root(&disk, mode);
        let named = format!(
            "{} cannot {verb} the disk {}, which belongs to root (mode {mode:04o})",
            vm.user.name,
            inside(&disk)
        );
        let run = vm.start();
        run.fails(96, &[code, &named]);
        vm.do_as_is_told(&run);
        vm.starts_now();
    }
}

#[test]
fn a_disk_in_a_folder_of_root() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    vm.user.cool_down();
    let folder = vm.user.vm_folder(&vm.uuid);
    let closed = folder.join("closed");
    fs::create_dir(&closed).expect("a folder");
    fs::rename(folder.join("disk.vdi"), closed.join("disk.vdi")).expect("to move the disk");
    let settings = folder.join("vm.vbox");
    let text = fs::read_to_string(&settings).expect("the settings");
    fs::write(&settings, text.replace("disk.vdi", "closed/disk.vdi")).expect("to write them");
    let registry = outside(&vm.user.home()).join(".config/VirtualBox/VirtualBox.xml");
    let text = fs::read_to_string(&registry).expect("the registry");
    fs::write(&registry, text.replace("disk.vdi", "closed/disk.vdi")).expect("to write it");
    give_to_root(&closed, 0o700);
    let named = format!(
        "{} cannot enter the folder {}, which belongs to root (mode 0700)",
        vm.user.name,
        inside(&closed)
    );
    vm.start().fails(96, &[&named]);
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).expect("as it is told");
    vm.starts_now();
}

#[test]
fn a_disk_that_is_gone_or_broken() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    let disk = disk(&vm);
    let whole = fs::read(&disk).expect("the disk");
    fs::write(&disk, "garbage").expect("to break the disk");
    let words = [
        "VERR_VD_VDI_INVALID_HEADER",
        "restore the disk from a backup",
    ];
    vm.start().fails(96, &words);
    fs::remove_file(&disk).expect("to remove the disk");
    let words = ["VERR_FILE_NOT_FOUND", "disk.vdi", "restore the disk"];
    vm.start().fails(96, &words);
    fs::write(&disk, whole).expect("to restore the disk");
    chown(&disk, Some(vm.user.uid), Some(vm.user.uid)).expect("to give it back");
    vm.starts_now();
}

/// Nothing is said of discarding the state: it is not the cause, and the guest's memory is in it.
#[test]
fn a_saved_vm_whose_disk_is_gone() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    vm.bring_into("saved");
    let disk = disk(&vm);
    let away = disk.with_extension("away");
    fs::rename(&disk, &away).expect("to move the disk away");
    let run = vm.start();
    run.fails(96, &["VERR_FILE_NOT_FOUND", "restore the disk"]);
    assert!(!run.stderr.contains("discard"), "{run}");
    let state = vm.user.state(&vm.uuid);
    assert!(
        ["saved", "aborted-saved"].contains(&state.as_str()),
        "{state}"
    );
    fs::rename(&away, &disk).expect("to restore the disk");
    vm.starts_now();
}

#[test]
fn another_disk_in_the_place_of_the_registered_one() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    vm.user.cool_down();
    let disk = disk(&vm);
    let mut bytes = fs::read(&disk).expect("the disk");
    // Where a VDI keeps its own UUID.
    bytes[392..408].copy_from_slice(b"0123456789abcdef");
    fs::write(&disk, bytes).expect("not the disk");
    let run = vm.start();
    run.fails(96, &["does not match the value", "sethduuid"]);
    assert!(!run.stderr.contains("VirtualBox.xml-prev"), "{run}");
    let last = run.stderr.lines().last().unwrap_or_default();
    let (_, told) = last
        .split_once("VBoxManage internalcommands")
        .expect("a command");
    let (arguments, _) = told
        .split_once(&format!(" as {}", vm.user.name))
        .expect("for whom");
    let command = format!("/usr/lib/virtualbox/VBoxManage internalcommands{arguments}");
    let done = vm.user.program("/bin/sh", &["-c", &command]).run();
    assert_eq!(done.code, Some(0), "{command}: {done}");
    vm.starts_now();
}

#[test]
fn a_disk_that_another_vm_runs_with() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    let other = vm.user.mkvm("other", "ignore");
    let shared = inside(&vm.user.vm_folder(&other).join("disk.vdi"));
    vm.real(&["startvm", &other, "--type", "headless"]);
    let attach = [
        "storageattach",
        &vm.uuid,
        "--storagectl",
        "ide",
        "--port",
        "0",
        "--device",
        "0",
        "--type",
        "hdd",
        "--medium",
        &shared,
    ];
    vm.real(&attach);
    let named = format!("other {{{other}}} is running with the same disk {shared}");
    let run = vm.start();
    run.fails(96, &["Locking of attached media failed", &named]);
    // One attempt: nothing changes until somebody does something.
    assert_eq!(run.stderr.matches("starting the VM").count(), 1, "{run}");
    vm.real(&["controlvm", &other, "poweroff"]);
    vm.starts_now();
}

#[test]
fn the_device_behind_a_raw_disk() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    let folder = vm.user.vm_folder(&vm.uuid);
    let device = outside(&format!("/srv/raw-{}", vm.user.name));
    fs::write(&device, vec![0; 1 << 20]).expect("a device");
    chown(&device, Some(vm.user.uid), None).expect("to give it");
    let description = format!(
        "# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\ncreateType=\"monolithicFlat\"\n\nRW 2048 FLAT \"{}\" 0\n\nddb.virtualHWVersion = \"4\"\nddb.adapterType=\"ide\"\nddb.geometry.cylinders=\"2\"\nddb.geometry.heads=\"16\"\nddb.geometry.sectors=\"63\"\n",
        inside(&device)
    );
    let vmdk = folder.join("raw.vmdk");
    fs::write(&vmdk, description).expect("a description");
    chown(&vmdk, Some(vm.user.uid), None).expect("to give it");
    let vmdk = inside(&vmdk);
    let attach = [
        "storageattach",
        &vm.uuid,
        "--storagectl",
        "ide",
        "--port",
        "0",
        "--device",
        "0",
        "--type",
        "hdd",
        "--medium",
        &vmdk,
    ];
    vm.real(&attach);
    vm.user.cool_down();
    give_to_root(&device, 0o600);
    let named = format!(
        "{} cannot read the file or device behind the disk {vmdk}, {}, which belongs to root (mode 0600)",
        vm.user.name,
        inside(&device)
    );
    let run = vm.start();
    run.fails(96, &["VERR_ACCESS_DENIED", &named]);
    vm.do_as_is_told(&run);
    vm.starts_now();
    vm.control("poweroff");
    fs::remove_file(&device).expect("to remove the device");
}

/// It may come while the host boots: there are several attempts, with pauses, until the time is over.
#[test]
fn a_network_interface_that_is_missing() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "acpi");
    vm.real(&[
        "modifyvm",
        &vm.uuid,
        "--nic1",
        "bridged",
        "--bridgeadapter1",
        "nosuch0",
    ]);
    vm.set(&[("start/timeout_seconds", "25")]);
    let run = vm.start();
    let words = [
        "Nonexistent host networking interface, name 'nosuch0'",
        "list bridgedifs",
    ];
    run.fails(1, &words);
    let attempts = run.stderr.matches(": starting the VM\n").count();
    assert!((2..=8).contains(&attempts), "{attempts} attempts: {run}");
    vm.real(&["modifyvm", &vm.uuid, "--nic1", "null"]);
    vm.starts_now();
}

/// A host that is short of memory, by a limit on what VirtualBox may have: another attempt may find more.
#[test]
fn too_little_memory() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "acpi");
    let small = "/opt/small/VBoxManage";
    let script = outside(small);
    fs::create_dir_all(script.parent().expect("a folder")).expect("a folder");
    let text = format!("#!/bin/bash\nulimit -v 6000000\nexec {VBOXMANAGE} \"$@\"\n");
    fs::write(&script, text).expect("a script");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("to set a mode");
    vm.real(&["modifyvm", &vm.uuid, "--memory", "8192"]);
    vm.set(&[("virtualbox/vboxmanage", small)]);
    // The server has the limit of whoever starts it.
    vm.user.cool_down();
    vm.start().fails(
        1,
        &[
            "VERR_NO_MEMORY",
            "free memory on the host",
            "reduce the VM's memory",
        ],
    );
    vm.assert_is("poweroff");
    vm.real(&["modifyvm", &vm.uuid, "--memory", "64"]);
    vm.starts_now();
}

/// What each wants of the port, the words for it, and whether somebody may come to listen there.
#[test]
fn a_serial_port_that_goes_nowhere() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "acpi");
    vm.set(&[("start/timeout_seconds", "25")]);
    let port = |vm: &OneVm, mode: &[&str]| {
        let mut words = vec![
            "modifyvm",
            vm.uuid.as_str(),
            "--uart1",
            "0x3f8",
            "4",
            "--uartmode1",
        ];
        words.extend(mode);
        vm.real(&words);
    };
    for (mode, words, may_come) in [
        (
            &["file", "/root/serial"][..],
            "failed to create the raw output file /root/serial",
            false,
        ),
        (
            &["server", "/root/pipe"],
            "failed to bind to local socket /root/pipe",
            false,
        ),
        (&["/dev/ttyS99"], "Failed to open host device", false),
        (
            &["client", "/tmp/nobody"],
            "failed to connect to local socket /tmp/nobody",
            true,
        ),
    ] {
        port(&vm, mode);
        let run = vm.start();
        if may_come {
            run.fails(1, &[words, "start the program that listens there"]);
            let attempts = run.stderr.matches(": starting the VM\n").count();
            assert!((2..=8).contains(&attempts), "{attempts} attempts: {run}");
        } else {
            run.fails(96, &[words, "serial or parallel port"]);
        }
        vm.assert_is("poweroff");
    }
    vm.real(&["modifyvm", &vm.uuid, "--uart1", "off"]);
    vm.starts_now();
}

#[test]
fn a_log_that_cannot_be_written() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    let logs = vm.user.vm_folder(&vm.uuid).join("Logs");
    fs::create_dir_all(&logs).expect("a folder");
    give_to_root(&logs, 0o755);
    let named = format!(
        "{} cannot write to the folder {}, which belongs to root (mode 0755)",
        vm.user.name,
        inside(&logs)
    );
    let run = vm.start();
    run.fails(96, &["The VM session was closed", &named]);
    vm.do_as_is_told(&run);
    vm.starts_now();
}

#[test]
fn a_saved_state_that_virtualbox_does_not_take() {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(rig, "acpi");
    let snapshots = vm.user.vm_folder(&vm.uuid).join("Snapshots");
    let state_file = || {
        let mut files = fs::read_dir(&snapshots).expect("the folder of the state");
        files.next().expect("a state").expect("an entry").path()
    };
    let discards = |vm: &mut OneVm<'_>, words: &[&str]| {
        let mut all = vec!["vm/on_saved=discard", "lost"];
        all.extend(words);
        vm.start().fails(96, &all);
        assert_eq!(vm.user.state(&vm.uuid), "saved");
        vm.set(&[("vm/on_saved", "discard")]);
        vm.starts_now();
        vm.control("poweroff");
        vm.user
            .wait_state(&vm.uuid, &["poweroff"], Duration::from_secs(60));
        vm.set(&[]);
    };

    vm.bring_into("saved");
    fs::write(state_file(), "garbage").expect("to break the state");
    discards(&mut vm, &["VirtualBox does not accept the saved state"]);

    vm.bring_into("saved");
    let file = state_file();
    fs::remove_file(&file).expect("to remove the state");
    let gone = format!("the saved state {} is missing", inside(&file));
    discards(&mut vm, &[&gone]);

    vm.bring_into("saved");
    give_to_root(&state_file(), 0o600);
    let run = vm.start();
    run.fails(
        96,
        &["cannot read the saved state", "belongs to root (mode 0600)"],
    );
    assert!(!run.stderr.contains("discard"), "{run}");
    vm.do_as_is_told(&run);
    vm.starts_now();
}

#[test]
fn a_registry_that_cannot_be_read() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    let folder = outside(&vm.user.home()).join(".config/VirtualBox");
    let registry = folder.join("VirtualBox.xml");
    for (path, mode) in [(&registry, 0o600), (&folder, 0o700)] {
        vm.user.cool_down();
        give_to_root(path, mode);
        let named = format!("{} belongs to root (mode {mode:04o})", inside(path));
        let run = vm.start();
        run.fails(96, &["Failed to create the VirtualBox object", &named]);
        // It is said at once.
        assert!(run.stderr.lines().count() <= 3, "{run}");
        vm.do_as_is_told(&run);
        vm.starts_now();
        vm.control("poweroff");
    }
}

/// VirtualBox has lost its name with its settings: it is named by its UUID and its file.
#[test]
fn a_vm_whose_settings_cannot_be_read() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    vm.user.cool_down();
    let settings = vm.user.vm_folder(&vm.uuid).join("vm.vbox");
    give_to_root(&settings, 0o600);
    let named = format!("{{{}}}: cannot read {}", vm.uuid, inside(&settings));
    vm.start()
        .fails(96, &["Could not find a registered machine", &named]);
    vm.stop().fails(96, &[&named]);
    chown(&settings, Some(vm.user.uid), None).expect("to give it back");
    vm.user.cool_down();
    vm.starts_now();
}
