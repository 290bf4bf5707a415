//! The machine: VirtualBox, its driver and its services, the method.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::PathBuf;

use super::{as_root, checks, doctor, finds, finds_nothing, instance, set_up, set_up_for_root};
use crate::real::rig::{User, outside, rig_or_skip};

/// A service of VirtualBox's own, in this state.
fn service(user: &User<'_>, name: &str, state: &str) {
    let path = outside(&format!(
        "/var/svcprop/{}/application%virtualbox%{name}@default.props",
        user.uid
    ));
    fs::write(path, format!("v restarter/state astring {state}\n")).expect("a service");
}

#[test]
fn all_is_well() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let name = set_up_for_root(&user);
    service(&user, "run-once", "online");
    let run = doctor(&user, &[]).run();
    finds_nothing(&run);
    let found = checks(&run);
    let topics: Vec<&str> = found.iter().map(|(_, topic, ..)| topic.as_str()).collect();
    let expected = [
        "smf",
        "virtualbox",
        "driver",
        "driver-service",
        "method",
        "user",
        "home",
        "locale",
        "ipc",
        "lock",
        "registry",
        "server",
        "names",
        "environment",
        "settings",
        "budget",
        "vm",
        "state",
        "autostart",
    ];
    assert_eq!(topics, expected);
    assert!(run.stdout.contains("VirtualBox 7."), "{run}");
    // For people the same, and root sees it, too.
    let text = user.program(crate::real::rig::PROGRAM, &["doctor"]).run();
    assert_eq!(text.stdout.matches("\nok   ").count() + 1, expected.len());
    finds_nothing(&as_root(&user, &[&name]).run());
    let shown = user.programs_so_far();
    assert!(
        shown.iter().all(|each| !each.contains("showvminfo")),
        "{shown:?}"
    );
}

/// The driver's device, put aside while this lives.
struct Aside(PathBuf);

impl Drop for Aside {
    fn drop(&mut self) {
        fs::rename(self.0.with_extension("aside"), &self.0).expect("to put it back");
    }
}

#[test]
fn no_driver() {
    let rig = rig_or_skip!();
    let user = rig.exclusive();
    set_up(&user);
    let device = outside("/dev/vboxdrv");
    fs::rename(&device, device.with_extension("aside")).expect("to put it aside");
    let _aside = Aside(device);
    let run = doctor(&user, &[]).run();
    finds(
        &run,
        "fail",
        "driver",
        &["/dev/vboxdrv does not exist", "modinfo"],
    );
    service(&user, "run-once", "online");
    let run = doctor(&user, &[]).run();
    finds(
        &run,
        "fail",
        "driver",
        &["svcadm restart svc:/application/virtualbox/run-once"],
    );
}

#[test]
fn the_services_of_virtualbox() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let uuid = set_up(&user);
    service(&user, "run-once", "maintenance");
    let run = doctor(&user, &[]).run();
    finds(
        &run,
        "fail",
        "driver-service",
        &["is maintenance", "svcadm clear"],
    );
    service(&user, "run-once", "disabled");
    let run = doctor(&user, &[]).run();
    finds(&run, "warn", "driver-service", &["svcadm enable"]);
    service(&user, "run-once", "online");

    // VirtualBox marks a VM only where its administrator has a folder for that.
    for arguments in [
        ["setproperty", "autostartdbpath", &user.home()].as_slice(),
        &["modifyvm", &uuid, "--autostart-enabled", "on"],
    ] {
        let done = user.vboxmanage(arguments);
        assert_eq!(done.code, Some(0), "{done}");
    }
    let run = doctor(&user, &[]).run();
    finds(
        &run,
        "warn",
        "autostart",
        &["--autostart-enabled off", &uuid],
    );
    service(&user, "autostart", "online");
    let run = doctor(&user, &[]).run();
    finds(&run, "fail", "autostart", &["also starts and stops it"]);
}

#[test]
fn programs_that_others_can_change() {
    let rig = rig_or_skip!();
    let user = rig.user();
    set_up(&user);
    let inside = format!("{}/vbox", user.home());
    let path = outside(&inside);
    fs::write(&path, "#!/bin/sh\nexit 0\n").expect("a program");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
    chown(&path, Some(user.uid), Some(user.uid)).expect("to give it to the user");

    let exec = format!("{inside} %m");
    instance(&user, "vm1", &[("start/exec", "astring", &exec)]);
    let run = doctor(&user, &[]).run();
    finds(
        &run,
        "fail",
        "method",
        &["does not belong to root", "chown root"],
    );
    instance(
        &user,
        "vm1",
        &[("start/exec", "astring", "/nowhere/vbox %m")],
    );
    let run = doctor(&user, &[]).run();
    finds(&run, "fail", "method", &["/nowhere"]);

    instance(
        &user,
        "vm1",
        &[("virtualbox/vboxmanage", "astring", &inside)],
    );
    let run = doctor(&user, &[]).run();
    let found = checks(&run);
    let failed = |topic: &str| {
        found
            .iter()
            .any(|(verdict, t, _, said)| verdict == "fail" && t == topic && said.contains("root"))
    };
    assert!(failed("virtualbox") && failed("server"), "{run}");
    assert_eq!(run.code, Some(1));
}

#[test]
fn smf_that_gives_no_answer() {
    let rig = rig_or_skip!();
    let user = rig.user();
    set_up(&user);
    let run = doctor(&user, &["nosuch"]).run();
    finds(&run, "fail", "smf", &["nosuch", "svcs -a"]);
    fs::write(outside(&format!("/var/svcprop/{}/svcs.down", user.uid)), "").expect("a fault");
    let run = doctor(&user, &[]).run();
    finds(&run, "fail", "smf", &["does not respond", "svcs -xv"]);
}
