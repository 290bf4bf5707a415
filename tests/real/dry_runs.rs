//! `--dry-run`: it looks, says what it would do, does nothing, and ends as that would end.

use super::one_vm::OneVm;
use super::rig::rig_or_skip;

/// The state, the verb, the settings, and what is said: `Ok` words of the log, or `Err` a status and words.
type Row = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
    Result<&'static str, (i32, &'static str)>,
);

const ROWS: [Row; 15] = [
    ("poweroff", "start", &[], Ok("poweroff: starting the VM")),
    ("poweroff", "stop", &[], Ok("poweroff: already powered off")),
    (
        "poweroff",
        "start",
        &[("vm/start_delay", "100")],
        Ok("starting the VM in 100 s (vm/start_delay)"),
    ),
    (
        "poweroff",
        "start",
        &[("vm/start_delay", "200")],
        Err((96, "vm/start_delay")),
    ),
    ("running", "start", &[], Ok("running: already running")),
    (
        "running",
        "stop",
        &[],
        Ok("saving the VM state (vm/stop_method=savestate)"),
    ),
    (
        "running",
        "stop",
        &[("vm/stop_method", "acpipowerbutton")],
        Ok("pressing the power button"),
    ),
    ("paused", "start", &[], Ok("paused: resuming the VM")),
    (
        "paused",
        "start",
        &[("vm/on_paused", "refuse")],
        Err((95, "vm/on_paused=refuse")),
    ),
    (
        "saved",
        "start",
        &[],
        Ok("saved: starting the VM (vm/on_saved=restore)"),
    ),
    (
        "saved",
        "start",
        &[("vm/on_saved", "discard")],
        Ok("saved: discarding the saved state"),
    ),
    (
        "saved",
        "stop",
        &[("vm/stop_method", "poweroff")],
        Ok("saved: already saved"),
    ),
    (
        "gurumeditation",
        "start",
        &[],
        Err((95, "vm/on_stuck=refuse")),
    ),
    (
        "gurumeditation",
        "start",
        &[("vm/on_stuck", "restart")],
        Ok("powering off the VM (vm/on_stuck=restart)"),
    ),
    (
        "gurumeditation",
        "stop",
        &[],
        Ok("powering off the VM (the guest has crashed"),
    ),
];

#[track_caller]
fn assert_rows(state: &str) {
    let rig = rig_or_skip!();
    let mut vm = OneVm::new(
        rig,
        if state == "gurumeditation" {
            "triple"
        } else {
            "beat"
        },
    );
    vm.bring_into(state);
    let before = vm.user.vm_processes(&vm.uuid);
    let mut rows = 0;
    for (_, verb, settings, expected) in ROWS.iter().filter(|row| row.0 == state) {
        rows += 1;
        vm.set(settings);
        let run = vm.user.method("vm1", verb).arg("--dry-run").run();
        match expected {
            Ok(words) => run.succeeds().logs(&[words]),
            Err((status, words)) => run.fails(*status, &[words]),
        };
        vm.assert_is(state);
        assert_eq!(vm.user.vm_processes(&vm.uuid), before);
        assert_eq!(vm.deeds(), [""; 0]);
    }
    assert!(rows > 1, "no rows for {state}");
}

#[test]
fn of_a_vm_that_is_off() {
    assert_rows("poweroff");
}

#[test]
fn of_a_running_vm() {
    assert_rows("running");
}

#[test]
fn of_a_paused_vm() {
    assert_rows("paused");
}

#[test]
fn of_a_saved_vm() {
    assert_rows("saved");
}

#[test]
fn of_a_stuck_vm() {
    assert_rows("gurumeditation");
}

/// Nothing would be done: it says so in so many words.
#[test]
fn it_says_that_nothing_is_done() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    let run = vm.starting().arg("--dry-run").run();
    run.succeeds()
        .logs(&["poweroff: starting the VM (dry run: not done)"]);
    let run = vm.user.method("nosuch", "start").arg("--dry-run").run();
    run.fails(96, &["nosuch"]);
    vm.assert_is("poweroff");
}
