//! svcprop that fails, hangs or prints what it should not; a repository that is away.

use std::time::Duration;

use crate::real::one_vm::OneVm;
use crate::real::rig::{Run, rig_or_skip};

/// The longest that the repository is waited for, and some seconds for a slow machine.
const PATIENCE: Duration = Duration::from_secs(50);

/// Runs both methods with this fault in svcprop, beside each other.
fn both(vm: &OneVm<'_>, fault: &str) -> [Run; 2] {
    vm.user.set_prop_lines(
        "vm1",
        &format!("i vm/stop_method astring savestate\n{fault}\n"),
    );
    let running =
        ["start", "stop"].map(|verb| vm.user.method("vm1", verb).within(PATIENCE).spawn());
    running.map(crate::real::rig::Running::wait)
}

#[track_caller]
fn assert_untouched(vm: &OneVm<'_>) {
    assert_eq!(vm.user.vboxmanage_calls().len(), 0);
    vm.assert_is("poweroff");
}

#[test]
fn svcprop_fails() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    for run in both(&vm, "!stderr svcprop: out of memory\n!exit 1") {
        run.fails(1, &["svcprop failed", "out of memory", "run svcprop"]);
    }
    for run in both(&vm, "!exit 2") {
        run.fails(1, &["svcprop failed", "exit status 2"]);
    }
    assert_untouched(&vm);
}

#[test]
fn svcprop_prints_garbage() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    for garbage in [
        "",
        " vm/stop_method",
        " vm/stop_method nosuchtype poweroff",
        " Segmentation fault",
        " vm astring x",
        " svc:/site/xvm/vbox:vm1/:properties/vm/stop_method astring poweroff",
    ] {
        for run in both(&vm, &format!("!garbage{garbage}")) {
            run.fails(96, &["unexpected output from svcprop", "run svcprop"]);
        }
    }
    assert_untouched(&vm);
}

/// As while svc.configd is restarted.
#[test]
fn the_repository_is_away_for_a_while() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    vm.user.set_prop_lines(
        "vm1",
        "i vm/stop_method astring poweroff\ni start/timeout_seconds count 120\n!configd-down 3\n",
    );
    let run = vm.start();
    run.succeeds().logs(&[
        "repository server unavailable.; retrying",
        "running: the VM is running",
    ]);
    assert_eq!(vm.user.svcprop_calls().len(), 4);
    vm.assert_is("running");
}

#[test]
fn the_repository_is_away_for_ever() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    for run in both(&vm, "!configd-down") {
        run.fails(
            1,
            &[
                "the SMF repository does not respond",
                "Could not connect to configuration repository",
                "svcs -xv svc:/system/svc/repository-server",
            ],
        );
        assert!(run.took >= Duration::from_secs(25), "{run}");
    }
    assert_untouched(&vm);
}

#[test]
fn svcprop_hangs() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    for run in both(&vm, "!sleep 600") {
        run.fails(1, &["the SMF repository does not respond", "svcprop"]);
    }
    assert_untouched(&vm);
    let left: Vec<_> = vm.user.processes();
    let left = left
        .iter()
        .filter(|process| process.name == "svcprop")
        .count();
    assert_eq!(left, 0, "svcprop processes");
}

#[test]
fn no_such_instance() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let told = "SMF has no instance svc:/site/xvm/vbox:nosuch";
    for (verb, found) in [
        (
            "start",
            "the instance was deleted while svc.startd was starting the VM",
        ),
        ("stop", "runs a VM of that name"),
    ] {
        user.method("nosuch", verb).run().fails(96, &[told, found]);
    }
    assert_eq!(user.vboxmanage_calls().len(), 0);
}

/// An instance of a service that was imported without the groups, and the search for VBoxManage.
#[test]
fn nothing_is_set_at_all() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    vm.user
        .set_prop_lines("vm1", "i general/enabled boolean true\n");
    vm.start().succeeds().logs(&["time limit 120 s"]);
    vm.assert_is("running");
    vm.stop().succeeds().logs(&["time limit 180 s"]);
    vm.assert_is("saved");
}
