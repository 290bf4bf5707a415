//! A user: his home, the folders in /tmp, VirtualBox.xml, the server.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

use super::{as_root, checks, doctor, finds, finds_nothing, instance, set_up, set_up_for_root};
use crate::real::rig::{lock_as_a_method_does, outside, rig_or_skip};

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("to set a mode");
}

#[test]
fn users_that_are_not_there_or_not_ours() {
    let rig = rig_or_skip!();
    let user = rig.user();
    set_up(&user);
    instance(
        &user,
        "other",
        &[("method_context/user", "astring", "nobody")],
    );
    let run = doctor(&user, &[]).run();
    finds(
        &run,
        "warn",
        "user",
        &["only root and nobody may ask", "run it as root"],
    );
    instance(
        &user,
        "other",
        &[("method_context/user", "astring", "nosuchuser")],
    );
    let run = doctor(&user, &[]).run();
    finds(
        &run,
        "fail",
        "user",
        &["no such user", "useradd -m nosuchuser"],
    );
}

#[test]
fn homes() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let name = set_up_for_root(&user);
    user.cool_down();
    let home = outside(&user.home());
    let failed = |words: &str| {
        let run = as_root(&user, &[&name]).run();
        run.exits(1);
        let found = checks(&run);
        let home = found
            .iter()
            .find(|(verdict, topic, ..)| verdict == "fail" && topic == "home");
        assert!(
            home.is_some_and(|(.., said)| said.contains(words)),
            "{found:#?}"
        );
    };
    mode(&home, 0o500);
    failed("cannot write to it");
    mode(&home, 0o755);
    chown(&home, Some(0), Some(0)).expect("to give it to root");
    failed("belongs to user id 0");
    chown(&home, Some(user.uid), Some(user.uid)).expect("to give it back");
    finds_nothing(&doctor(&user, &[]).run());
}

#[test]
fn folders_in_tmp() {
    let rig = rig_or_skip!();
    let user = rig.user();
    set_up(&user);
    user.cool_down();
    let lock_folder = outside(&format!("/tmp/.vbox-smf-{}", user.uid));
    finds_nothing(&doctor(&user, &[]).run());

    // A start holds it for a moment; one that hangs, for ever.
    let held = lock_as_a_method_does(&lock_folder.join("lock"));
    let run = doctor(&user, &[]).run();
    finds(&run, "warn", "lock", &["is held", "fuser"]);
    drop(held);
    mode(&lock_folder, 0o777);
    let run = doctor(&user, &[]).run();
    finds(
        &run,
        "fail",
        "lock",
        &["is not a folder owned by user id", "mv /tmp/.vbox-smf-"],
    );
    mode(&lock_folder, 0o700);

    user.cool_down();
    let ipc = outside(&format!("/tmp/.vbox-{}-ipc", user.name));
    fs::create_dir(&ipc).expect("must be owned by root");
    mode(&ipc, 0o777);
    let run = doctor(&user, &[]).run();
    let found = checks(&run);
    for topic in ["ipc", "server"] {
        let failed = found
            .iter()
            .any(|(verdict, t, _, said)| verdict == "fail" && t == topic && said.contains("ipc"));
        assert!(failed, "{topic}: {found:#?}");
    }
    assert_eq!(run.code, Some(1));
}

/// A full disk leaves VirtualBox.xml empty; what doctor says brings the VMs back.
#[test]
fn a_truncated_registry() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let uuid = set_up(&user);
    // Saved once more, so that there is one of before.
    assert_eq!(
        user.vboxmanage(&["setextradata", "global", "x", "y"]).code,
        Some(0)
    );
    user.cool_down();
    let folder = outside(&user.home()).join(".config/VirtualBox");
    let file = folder.join("VirtualBox.xml");
    assert!(folder.join("VirtualBox.xml-prev").exists());
    fs::write(&file, "").expect("to empty it");
    let run = doctor(&user, &[]).run();
    let found = checks(&run);
    let failed = |topic: &str| {
        let mut all = found.iter();
        all.find(|(verdict, t, ..)| verdict == "fail" && t == topic)
            .unwrap_or_else(|| panic!("no fail {topic}: {found:#?}"))
    };
    failed("server");
    let (.., said) = failed("registry");
    assert!(said.contains("VirtualBox.xml: it is empty"), "{said}");
    // To be run as the user: as root it would write wherever that user has the name lead to.
    let (_, command) = said.split_once("may be a link: ").expect("a command");
    let command = command.trim_end_matches(" | ");
    assert!(command.starts_with("cp -p "), "{said}");

    user.cool_down();
    let mended = user.program("/bin/sh", &["-c", command]).run();
    assert_eq!(mended.code, Some(0), "{mended}");
    finds_nothing(&doctor(&user, &[]).run());
    assert_eq!(user.state(&uuid), "poweroff");

    // Both are broken: there is no command for that.
    user.cool_down();
    fs::write(&file, "<VirtualBox>").expect("to break it");
    fs::write(folder.join("VirtualBox.xml-prev"), "").expect("to empty it");
    let run = doctor(&user, &[]).run();
    let found = checks(&run);
    let registry = found.iter().find(|(_, topic, ..)| topic == "registry");
    assert!(
        registry.is_some_and(|(.., said)| said.contains("registervm")),
        "{found:#?}"
    );
}

/// A server that hangs as a deadlocked one does: all of the user's calls wait for ever.
#[test]
fn a_server_that_does_not_answer() {
    let rig = rig_or_skip!();
    let user = rig.user();
    set_up(&user);
    user.vboxmanage(&["list", "vms"]);
    let [server] = user.vboxsvc_pids()[..] else {
        panic!("not one server");
    };
    user.kill(server, libc::SIGSTOP);
    let run = doctor(&user, &[]).run();
    let command = format!("pkill -9 -u {} VBoxSVC", user.name);
    let aborts = format!("aborts the VMs of {}", user.name);
    user.kill(server, libc::SIGKILL);
    finds(
        &run,
        "fail",
        "server",
        &["did not respond within", &command, &aborts],
    );
}
