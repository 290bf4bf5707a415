//! VBoxSVC killed at any moment. Its VM processes live on for up to 31 s, while VirtualBox already says
//! `poweroff`; a `startvm` then would make a second process on the same disks.
#![expect(
    clippy::disallowed_methods,
    reason = "tests of the real program in real time"
)]

use std::thread::sleep;
use std::time::Duration;

use super::rig::{Run, Running, User, rig_or_skip};
use super::rounds;

mod ages;

/// From the method's last look to its end.
const LAST_STEP: Duration = Duration::from_millis(60);

/// Twenty moments of a start or a stop, or as many of them as there are rounds.
fn moments() -> impl Iterator<Item = Duration> {
    let all = 20;
    let some = rounds(all);
    (0..some).map(move |i| Duration::from_millis((i * all / some * 50) as u64))
}

/// Waits for the method, and sees that there are never two processes of the VM.
fn watch(user: &User, uuid: &str, mut running: Running) -> Run {
    while !running.is_over() {
        let processes = user.vm_processes(uuid);
        assert!(
            processes.len() <= 1,
            "two processes of one VM: {processes:?}"
        );
        sleep(Duration::from_millis(20));
    }
    running.wait()
}

fn kill_server(user: &User) {
    for pid in user.vboxsvc_pids() {
        user.kill(pid, libc::SIGKILL);
    }
}

/// What the exit status says must be so. A run that failed is repeated, as svc.startd and an administrator
/// would, and in the end it must work. What is killed after the method's last look cannot be in its answer.
#[track_caller]
fn assert_true(user: &User, uuid: &str, run: Run, verb: &str, moment: Duration) {
    if run.took <= moment + LAST_STEP {
        assert_eq!(run.code, Some(0), "{moment:?}: {run}");
        return;
    }
    let mut run = run;
    let again = || watch(user, uuid, user.method("vm1", verb).spawn());
    for _ in 0..2 {
        if matches!(run.code, Some(1 | 95)) {
            assert!(run.stderr.contains("vbox-smf: "), "{moment:?}: {run}");
            run = again();
        }
    }
    if run.code != Some(0) {
        // VirtualBox cannot be had out of it by asking; then what the log says must help.
        eprintln!("{moment:?}: mending by what the log says: {run}");
        mend(user, &[&run]);
        run = again();
    }
    assert_eq!(run.code, Some(0), "{moment:?}: {run}");
    let processes = user.vm_processes(uuid);
    let state = user.state(uuid);
    if verb == "start" {
        assert_eq!(
            (processes.len(), state.as_str()),
            (1, "running"),
            "{moment:?}: {run}"
        );
    } else {
        assert_eq!(processes.len(), 0, "{moment:?}: {run}");
        let down = ["saved", "poweroff", "aborted", "aborted-saved"];
        assert!(down.contains(&state.as_str()), "{moment:?}: {state}: {run}");
    }
}

/// Does what the last lines of these logs say: ends processes.
#[track_caller]
pub(super) fn mend(user: &User, runs: &[&Run]) {
    for run in runs {
        assert!(run.stderr.contains("kill -9 "), "no way out: {run}");
    }
    let told: String = runs.iter().map(|run| run.stderr.as_str()).collect();
    let ended = user.end_as_told(&told, " ");
    assert!(!ended.is_empty(), "nothing of what they name runs: {told}");
}

/// Brings everything of this user down, as a crash of the host would.
fn crash(user: &User) {
    user.kill_all();
    user.cool_down();
}

#[test]
fn during_a_start() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let uuid = user.mkvm("vm1", "acpi");
    user.set_props("vm1", &[]);
    for moment in moments() {
        crash(&user);
        let running = user.method("vm1", "start").spawn();
        sleep(moment);
        kill_server(&user);
        let run = watch(&user, &uuid, running);
        assert_true(&user, &uuid, run, "start", moment);
    }
}

#[test]
fn during_a_stop() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let uuid = user.mkvm("vm1", "acpislow");
    for (i, moment) in moments().enumerate() {
        crash(&user);
        let method = ["savestate", "acpipowerbutton"][i % 2];
        user.set_props("vm1", &[("vm/stop_method", "astring", method)]);
        let run = user.method("vm1", "start").run();
        assert_eq!(run.code, Some(0), "{run}");
        let running = user.method("vm1", "stop").spawn();
        sleep(moment);
        kill_server(&user);
        let run = watch(&user, &uuid, running);
        assert_true(&user, &uuid, run, "stop", moment);
    }
}

#[test]
fn just_before_a_start() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let uuid = user.mkvm("vm1", "acpi");
    user.set_props("vm1", &[]);
    for moment in moments() {
        crash(&user);
        let run = user.method("vm1", "start").run();
        assert_eq!(run.code, Some(0), "{run}");
        kill_server(&user);
        sleep(moment);
        let running = user.method("vm1", "start").spawn();
        let run = watch(&user, &uuid, running);
        assert_eq!(run.code, Some(0), "{moment:?}: {run}");
        assert!(run.took < Duration::from_secs(60), "{moment:?}: {run}");
        assert_true(&user, &uuid, run, "start", Duration::ZERO);
    }
}

/// A stop right after VBoxSVC died: the VM's process is still there, so `poweroff` is not yet true.
#[test]
fn just_before_a_stop() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let uuid = user.mkvm("vm1", "acpi");
    user.set_props("vm1", &[]);
    let run = user.method("vm1", "start").run();
    assert_eq!(run.code, Some(0), "{run}");
    kill_server(&user);
    let running = user.method("vm1", "stop").spawn();
    let run = watch(&user, &uuid, running);
    // The guest goes with its server, unless it was saved before: 0 would be a lie.
    let state = user.state(&uuid);
    let expected = if state == "saved" { 0 } else { 95 };
    assert_eq!(run.code, Some(expected), "{state}: {run}");
    assert_true(&user, &uuid, run, "stop", Duration::ZERO);
}
