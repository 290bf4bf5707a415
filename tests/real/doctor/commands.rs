//! The commands of doctor's checks, run by a shell as whoever they are for: after each the check finds nothing.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};

use super::*;
use crate::real::rig::{VBOXMANAGE, outside, rig_or_skip};

/// The command of the first check of this topic that is not well.
#[track_caller]
fn command_of(run: &Run, topic: &str) -> String {
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e}: {run}"));
    let checks = report["checks"].as_array().expect("checks");
    let check = checks
        .iter()
        .find(|check| check["check"] == topic && check["verdict"] != "ok");
    let command = check.and_then(|check| check["command"].as_str());
    command
        .unwrap_or_else(|| panic!("no command of {topic}: {run}"))
        .replace("VBoxManage ", &format!("{VBOXMANAGE} "))
}

#[track_caller]
fn run_as_user(user: &User<'_>, command: &str) {
    let done = user.program("/bin/sh", &["-c", command]).run();
    assert_eq!(done.code, Some(0), "{command}: {done}");
}

#[track_caller]
fn run_as_root(user: &User<'_>, command: &str) {
    let done = user.program("/bin/sh", &["-c", command]).by_root().run();
    assert_eq!(done.code, Some(0), "{command}: {done}");
}

/// Nothing is wrong with this topic.
#[track_caller]
fn is_mended(run: &Run, topic: &str) {
    let found = checks(run);
    let wrong = found.iter().find(|(v, t, ..)| v != "ok" && t == topic);
    assert!(wrong.is_none(), "{wrong:?}");
}

#[test]
fn a_name_that_two_vms_have() {
    let rig = rig_or_skip!();
    let user = rig.user();
    set_up(&user);
    user.mkvm("vm1", "acpi");
    let command = command_of(&doctor(&user, &[]).run(), "names");
    assert!(command.ends_with(" --name OTHER"), "{command}");
    run_as_user(&user, &command.replace("OTHER", "vm9"));
    is_mended(&doctor(&user, &[]).run(), "names");
    is_mended(&doctor(&user, &[]).run(), "vm");
}

#[test]
fn autostart_beside_smf() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let uuid = set_up(&user);
    for arguments in [
        ["setproperty", "autostartdbpath", &user.home()].as_slice(),
        &["modifyvm", &uuid, "--autostart-enabled", "on"],
    ] {
        let done = user.vboxmanage(arguments);
        assert_eq!(done.code, Some(0), "{done}");
    }
    let command = command_of(&doctor(&user, &[]).run(), "autostart");
    assert!(command.contains("--autostart-enabled off"), "{command}");
    run_as_user(&user, &command);
    is_mended(&doctor(&user, &[]).run(), "autostart");
}

/// Neither VirtualBox.xml nor the one before it can be read: the VMs are registered again from their own files.
#[test]
fn a_registry_that_is_lost() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let uuid = set_up(&user);
    user.cool_down();
    let settings = user.vm_folder(&uuid).join("vm.vbox");
    let folder = outside(&user.home()).join(".config/VirtualBox");
    for name in ["VirtualBox.xml", "VirtualBox.xml-prev"] {
        fs::write(folder.join(name), "").expect("to empty it");
    }
    let run = doctor(&user, &[]).run();
    let found = checks(&run);
    let said = found
        .iter()
        .find(|(verdict, topic, ..)| verdict == "fail" && topic == "registry")
        .map(|(.., said)| said.as_str());
    let words = "remove both and register each VM again (VBoxManage registervm FILE.vbox)";
    assert!(said.is_some_and(|said| said.contains(words)), "{found:#?}");
    user.cool_down();
    for name in ["VirtualBox.xml", "VirtualBox.xml-prev"] {
        fs::remove_file(folder.join(name)).expect("to remove it");
    }
    let below = settings
        .strip_prefix(outside("/"))
        .expect("a file of the rig");
    let done = user.vboxmanage(&["registervm", &format!("/{}", below.display())]);
    assert_eq!(done.code, Some(0), "{done}");
    is_mended(&doctor(&user, &[]).run(), "registry");
    is_mended(&doctor(&user, &[]).run(), "vm");
    user.method("vm1", "start").run().succeeds();
    assert_eq!(user.state(&uuid), "running");
}

#[test]
fn a_home_of_root() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let name = set_up_for_root(&user);
    user.cool_down();
    chown(outside(&user.home()), Some(0), Some(0)).expect("to give it to root");
    // No command to be copied: it may be `/`, or where the user has had the name lead to.
    let run = as_root(&user, &[&name]).run();
    finds(
        &run,
        "fail",
        "home",
        &["belongs to user id 0", "(chown -h)"],
    );
    run_as_root(&user, &format!("chown -h {} {}", user.name, user.home()));
    finds_nothing(&doctor(&user, &[]).run());

    user.cool_down();
    let closed = fs::Permissions::from_mode(0o500);
    fs::set_permissions(outside(&user.home()), closed).expect("a mode");
    let run = doctor(&user, &[]).run();
    let found = checks(&run);
    let home = found.iter().find(|(v, t, ..)| v == "fail" && t == "home");
    let said = home.map(|(.., said)| said.as_str()).unwrap_or_default();
    let (_, command) = said.split_once(&format!("as {}: ", user.name)).expect(said);
    let command = command.trim_end_matches(" | ");
    run_as_user(&user, command);
    finds_nothing(&doctor(&user, &[]).run());
}

#[test]
fn a_lock_and_an_ipc_folder_of_somebody_else() {
    let rig = rig_or_skip!();
    let user = rig.user();
    set_up(&user);
    user.cool_down();
    // Made by a look.
    finds_nothing(&doctor(&user, &[]).run());
    user.cool_down();
    for (topic, folder) in [
        ("lock", format!("/tmp/.vbox-smf-{}", user.uid)),
        ("ipc", format!("/tmp/.vbox-{}-ipc", user.name)),
    ] {
        let there = outside(&folder);
        if !there.exists() {
            fs::create_dir(&there).expect("a folder");
        }
        chown(&there, Some(0), Some(0)).expect("to give it to root");
        let command = command_of(&doctor(&user, &[]).run(), topic);
        assert_eq!(command, format!("mv {folder} \"$(TMPDIR=/tmp mktemp -d)\""));
        run_as_root(&user, &command);
        finds_nothing(&doctor(&user, &[]).run());
        user.cool_down();
    }
}
