//! Names of VMs as VirtualBox lets people choose them.

use crate::real::one_vm::OneVm;
use crate::real::rig::{VBOXMANAGE, rig_or_skip};

/// A VM of this name, beside others that could be mistaken for it, goes up and down by its name.
#[track_caller]
fn assert_works(name: &str, others: &[&str]) {
    let rig = rig_or_skip!();
    let user = rig.user();
    let vms: Vec<_> = others
        .iter()
        .chain([&name])
        .map(|name| (*name, "acpi"))
        .collect();
    let mut uuids = user.mkvms(&vms);
    let uuid = uuids.pop().expect("the VM of the name");
    let mut vm = OneVm::of(user, uuid);
    vm.set(&[("vm/name", name)]);
    // From off and from saved, cold and warm.
    for state in ["poweroff", "saved"] {
        vm.assert_is(state);
        vm.start()
            .succeeds()
            .logs(&[&vm.uuid, "running: the VM is running"]);
        vm.assert_is("running");
        vm.start().succeeds().logs(&["running: already running"]);
        vm.stop()
            .succeeds()
            .logs(&[&vm.uuid, "saved: saved; no VM process remains"]);
        vm.assert_is("saved");
    }
    assert_eq!(vm.deeds(), ["startvm headless", "savestate"].repeat(2));
    for other in uuids {
        assert_eq!(vm.user.state(&other), "poweroff");
    }
}

#[test]
fn spaces() {
    assert_works(" two  words ", &["two words", "two"]);
}

#[test]
fn quotes() {
    assert_works(r#"it's "quoted""#, &["its quoted"]);
}

#[test]
fn backslashes() {
    assert_works(r"back\slash\n\", &["backslash", r"back\\slash"]);
}

#[test]
fn a_newline() {
    assert_works("first\nsecond", &["first", "second"]);
}

/// Read carelessly, the lists show another VM in it.
#[test]
fn a_forged_listing() {
    let forged = "vm1\" {11111111-2222-4333-8444-555555555555}\n\"vm2";
    assert_works(forged, &["vm1", "vm2"]);
}

#[test]
fn a_forged_state() {
    assert_works(r#"q"; VMState="running"#, &["q"]);
}

/// The long list shows a VM that is off, whatever this one is.
#[test]
fn a_forged_block() {
    let forged = "vm1\nUUID:                        11111111-2222-4333-8444-555555555555\nState:                       powered off";
    assert_works(forged, &["vm1"]);
}

/// VBoxManage takes it for an option.
#[test]
fn a_dash_in_front() {
    assert_works("-h", &["h"]);
}

#[test]
fn two_dashes_in_front() {
    assert_works("--machinereadable", &["machinereadable"]);
}

#[test]
fn not_ascii() {
    assert_works("Größe 大 ☃", &["Grosse"]);
}

/// In the C locale no list would be whole because of it, and more would have to be asked, of a VM that is starting.
#[test]
fn a_neighbour_that_is_not_ascii() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let uuids = user.mkvms(&[("Größe 大 ☃", "acpi"), ("vm1", "acpi")]);
    user.cool_down();
    user.set_props("neighbour", &[("vm/name", "astring", &uuids[0])]);
    user.method("neighbour", "start").run().succeeds();
    let vm = OneVm::of(user, uuids[1].clone());
    for run in [vm.start(), vm.stop()] {
        run.succeeds();
        let programs = vm.user.programs_executed(&run);
        assert!(programs.len() <= 4, "{programs:#?}");
    }
    vm.assert_is("saved");
    assert_eq!(vm.user.state(&uuids[0]), "running");
}

/// Of the locales that svc.startd has from /etc/default/init, one that is not UTF-8 is not taken, nor one that this
/// machine does not have.
#[test]
fn not_ascii_in_other_locales() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let name = "Größe 大 ☃";
    let uuid = user.mkvm(name, "acpi");
    let mut vm = OneVm::of(user, uuid);
    vm.set(&[("vm/name", name)]);
    for (variable, locale) in [
        ("LC_ALL", "C"),
        ("LANG", "xx_XX.UTF-8"),
        ("LC_CTYPE", "POSIX"),
    ] {
        vm.user.cool_down();
        vm.starting().env(variable, locale).run().succeeds();
        vm.assert_is("running");
        vm.stopping().env(variable, locale).run().succeeds();
        vm.assert_is("saved");
    }
}

/// Somebody else has started VirtualBox's server in the C locale: it can pass such a name on to no VM process.
#[test]
fn not_ascii_and_a_server_in_the_c_locale() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let name = "Größe";
    let uuids = user.mkvms(&[(name, "acpi"), ("vm2", "acpi")]);
    user.cool_down();
    let other = ["startvm", &uuids[1], "--type", "headless"];
    let other = user.program(VBOXMANAGE, &other).env("LC_ALL", "C").run();
    assert_eq!(other.code, Some(0), "{other}");
    let mut vm = OneVm::of(user, uuids[0].clone());
    vm.set(&[("vm/name", name)]);
    vm.start().fails(96, &[name, "locale that is not UTF-8"]);
    vm.assert_is("poweroff");
}

#[test]
fn shell_and_printf() {
    assert_works("$(reboot) %s ; `id` | * > /dev/null", &["$"]);
}

/// 200 characters: the UUID on the command line of its process is far to the right.
#[test]
fn long() {
    let name = "long ".repeat(40) + ".";
    assert_works(&name, &[&name[..100]]);
}

/// VirtualBox looks what has the shape of a UUID up as a UUID only. By its own UUID it works.
#[test]
fn the_shape_of_a_uuid() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let name = "c49decd0-163a-44f9-9d85-b6e06ddc2277";
    let uuid = user.mkvm(name, "acpi");
    let mut vm = OneVm::of(user, uuid);
    vm.set(&[("vm/name", name)]);
    for run in [vm.start(), vm.stop()] {
        run.fails(
            96,
            &["Could not find a registered machine", name, "vm/name"],
        );
    }
    let uuid = vm.uuid.clone();
    for written in [uuid.to_uppercase(), format!("{{{uuid}}}"), uuid] {
        vm.set(&[("vm/name", &written)]);
        vm.start().succeeds();
        vm.assert_is("running");
        vm.stop().succeeds();
        vm.assert_is("saved");
    }
}
