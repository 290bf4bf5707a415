//! The real methods on the simulated host: whole stories.

use std::time::Duration;

use super::startd::Request;
use crate::engine;
use crate::failure::Caller;
use crate::host::FileKind;
use crate::host::Host;
use crate::simulation::host::{Fault, Guest, ROOT, What};
use crate::simulation::rehearsal::trial::{Done, Trial, USER};
use crate::smf::fmri::{DEFAULT_SERVICE, InstanceFmri};
use crate::text::log::Log;
use crate::virtualbox::vm::{Intent, VmState};

const SECOND: Duration = Duration::from_secs(1);

#[track_caller]
fn ends(done: &Done, status: i32) {
    assert_eq!(done.status, status, "{done}");
}

#[test]
fn eight_vms_at_boot_and_at_shutdown() {
    let bench = Trial::new();
    let names: Vec<String> = (1..=8).map(|i| format!("vm{i}")).collect();
    for name in &names {
        bench.vm(name);
    }
    let all = |intent| {
        names
            .iter()
            .map(move |n| (n.as_str(), intent))
            .collect::<Vec<_>>()
    };
    for done in bench.together(&all(Intent::Start)) {
        ends(&done, 0);
        assert!(done.commands.len() <= 4, "{done}");
        assert!(
            !done
                .commands
                .iter()
                .any(|c| c.contains("=> 1") && c.contains("VBox")),
            "{done}"
        );
    }
    for done in bench.together(&all(Intent::Stop)) {
        ends(&done, 0);
        assert!(done.commands.len() <= 4, "{done}");
    }
    for name in &names {
        assert_eq!(
            (bench.state(name), bench.processes(name)),
            (VmState::Saved, 0)
        );
    }
    assert_eq!(bench.hazards(), [""; 0]);
}

/// A list that many ask for at once takes each of them as long as all of them: on real VirtualBox, with 40 VMs
/// on two processors, longer than a call may take.
#[test]
fn forty_vms_take_turns_at_the_lists() {
    let bench = Trial::new();
    let names: Vec<String> = (1..=40).map(|i| format!("vm{i}")).collect();
    for name in &names {
        bench.vm(name).state(VmState::Running);
        bench.set(name, "vm/stop_method", "poweroff");
    }
    let all: Vec<_> = names.iter().map(|n| (n.as_str(), Intent::Stop)).collect();
    for done in bench.together(&all) {
        ends(&done, 0);
        // svcprop, the long list, poweroff and a last look.
        assert!(done.commands.len() <= 4, "{done}");
        assert!(!done.says("continuing without"), "{done}");
    }
    let mut lists: Vec<_> = bench
        .sim
        .events()
        .into_iter()
        .filter_map(|event| match event.what {
            What::Command(command) if command.line.starts_with("VBoxManage list") => {
                Some((event.at, command.end?.at))
            }
            _ => None,
        })
        .collect();
    lists.sort_unstable();
    assert_eq!(lists.len(), 40);
    for pair in lists.windows(2) {
        assert!(pair[0].1 <= pair[1].0, "two at once: {pair:?}");
    }
}

/// VirtualBox on a busy machine may give no answer for 20 s, and then go on; a deadlocked one never does.
#[test]
fn a_server_that_stalls_is_waited_for() {
    for (seconds, status) in [(15, 0), (50, 0), (100, 0), (1000, 95)] {
        let bench = Trial::new();
        let vm = bench.vm("vm1").state(VmState::Running);
        vm.virtualbox_stalls(seconds * SECOND);
        let stop = bench.stop("vm1");
        ends(&stop, status);
        assert_eq!(stop.says("did not respond"), status == 95, "{stop}");
    }
}

/// An answer that came when the time was over says that the VM is up, and no more: the server may stand still by now.
#[test]
fn an_answer_that_took_too_long() {
    for (stall, told) in [(9 * SECOND, true), (Duration::ZERO, false)] {
        let bench = Trial::new();
        let vm = bench.vm("vm1").guest(Guest::Deaf).state(VmState::Running);
        vm.virtualbox_stalls(stall);
        bench.set("vm1", "vm/stop_method", "acpipowerbutton");
        bench.set("vm1", "vm/stop_fallback", "none");
        bench.set("vm1", "stop/timeout_seconds", "14");
        let stop = bench.stop("vm1");
        ends(&stop, 95);
        assert!(stop.took < 14 * SECOND, "{stop}");
        assert_eq!(
            stop.says("VirtualBox took 9 s to answer: VirtualBox's server does not respond"),
            told,
            "{stop}"
        );
    }
}

#[test]
fn a_deaf_guest_is_pressed_and_saved_in_time() {
    let bench = Trial::new();
    bench.vm("vm1").guest(Guest::Deaf).state(VmState::Running);
    bench.set("vm1", "vm/stop_method", "acpipowerbutton");
    bench.set("vm1", "vm/stop_timeout", "100");
    let stop = bench.stop("vm1");
    ends(&stop, 0);
    assert_eq!(bench.state("vm1"), VmState::Saved);
    assert!(stop.took < 100 * SECOND, "{stop}");
    let presses = stop
        .acts()
        .iter()
        .filter(|a| a.contains("acpipowerbutton"))
        .count();
    assert!((6..=8).contains(&presses), "{stop}");
    assert_eq!(bench.hazards(), [""; 0]);
}

#[test]
fn a_deaf_guest_without_a_fallback_is_left_alone() {
    let bench = Trial::new();
    bench.vm("vm1").guest(Guest::Deaf).state(VmState::Running);
    bench.set("vm1", "vm/stop_method", "acpipowerbutton");
    bench.set("vm1", "vm/stop_fallback", "none");
    bench.set("vm1", "vm/stop_timeout", "30");
    ends(&bench.stop("vm1"), 95);
    assert_eq!(bench.state("vm1"), VmState::Running);
}

#[test]
fn a_slow_guest_goes_down_by_itself() {
    let bench = Trial::new();
    bench
        .vm("vm1")
        .guest(Guest::Slow(90 * SECOND))
        .state(VmState::Running);
    bench.set("vm1", "vm/stop_method", "acpipowerbutton");
    let stop = bench.stop("vm1");
    ends(&stop, 0);
    assert_eq!(bench.state("vm1"), VmState::PowerOff);
    assert!(stop.took < 95 * SECOND, "{stop}");
    assert!(
        !stop.acts().iter().any(|act| act.contains("savestate")),
        "{stop}"
    );
}

#[test]
fn vboxsvc_killed_at_any_moment_of_a_start() {
    for tenth in 0..20 {
        let bench = Trial::new();
        let vm = bench.vm("vm1");
        vm.fault(Fault::SvcDies(Duration::from_millis(50 * tenth)));
        let start = bench.start("vm1");
        ends(&start, 0);
        assert_eq!(bench.state("vm1"), VmState::Running, "{tenth}: {start}");
        assert_eq!(bench.processes("vm1"), 1, "{tenth}: {start}");
        assert_eq!(bench.hazards(), [""; 0], "{tenth}: {start}");
    }
}

#[test]
fn vboxsvc_killed_at_any_moment_of_a_stop() {
    for tenth in 0..20 {
        let bench = Trial::new();
        let vm = bench.vm("vm1").state(VmState::Running);
        vm.fault(Fault::SvcDies(Duration::from_millis(30 * tenth)));
        let stop = bench.stop("vm1");
        // The guest goes with its server, unless it was saved before: 0 would be a lie.
        let saved = bench.state("vm1") == VmState::Saved;
        ends(&stop, if saved { 0 } else { 95 });
        assert_eq!(stop.says("is lost"), !saved, "{stop}");
        assert_eq!(bench.processes("vm1"), 0, "{tenth}: {stop}");
        assert_eq!(bench.hazards(), [""; 0], "{tenth}: {stop}");
    }
}

#[test]
fn a_frozen_process() {
    for (fallback, status, state) in [
        ("savestate", 95, VmState::Running),
        ("poweroff", 0, VmState::Aborted),
    ] {
        let bench = Trial::new();
        bench.vm("vm1").state(VmState::Running).fault(Fault::Hang);
        bench.set("vm1", "vm/stop_fallback", fallback);
        let stop = bench.stop("vm1");
        ends(&stop, status);
        assert_eq!(bench.state("vm1"), state, "{stop}");
        assert!(stop.took < 300 * SECOND, "{stop}");
    }
}

#[test]
fn what_is_wrong_with_a_start() {
    for (fault, status) in [
        (Fault::NoDriver, 96),
        (Fault::MissingDisk, 96),
        (Fault::NotRegistered, 96),
        (Fault::NoHome, 96),
    ] {
        let bench = Trial::new();
        bench.vm("vm1").fault(fault);
        let start = bench.start("vm1");
        ends(&start, status);
        assert!(start.says("vbox-smf: "), "{start}");
        assert!(start.took < 10 * SECOND, "{start}");
    }
}

/// VirtualBox saves the state and fails to write that down, as it does of one in fifty of many VMs at once: it is made to
/// write once more, and what it was made to write is taken away.
#[test]
fn a_state_that_virtualbox_did_not_write_down() {
    let bench = Trial::new();
    bench
        .vm("vm1")
        .state(VmState::Running)
        .fault(Fault::StateNotWritten);
    let stop = bench.stop("vm1");
    ends(&stop, 0);
    assert!(
        stop.says(
            "making VirtualBox rewrite the VM settings (the VM's settings file does not name the state"
        ),
        "{stop}"
    );
    let written = stop.commands.iter().filter(|c| c.contains("setextradata"));
    assert_eq!(written.count(), 2, "{stop}");
    assert_eq!(bench.state("vm1"), VmState::Saved);
}

#[test]
fn a_full_disk() {
    let bench = Trial::new();
    bench
        .vm("vm1")
        .state(VmState::Running)
        .fault(Fault::DiskFull);
    let stop = bench.stop("vm1");
    assert_ne!(stop.status, 0, "{stop}");
    assert_eq!(bench.state("vm1"), VmState::Running);
}

#[test]
fn a_restore_that_takes_too_long() {
    let bench = Trial::new();
    bench
        .vm("vm1")
        .state(VmState::Saved)
        .saving_time(600 * SECOND);
    bench.set("vm1", "start/timeout_seconds", "30");
    let start = bench.start("vm1");
    ends(&start, 1);
    assert!(
        start.took < 30 * SECOND,
        "it ends before svc.startd ends it: {start}"
    );
    assert_eq!(bench.hazards(), [""; 0], "{start}");
}

/// The process of a VM outlives the VBoxSVC that started it, and the next one calls the VM off.
#[test]
fn a_start_beside_a_process_that_virtualbox_forgot() {
    for short in [false, true] {
        let bench = Trial::new();
        if short {
            bench.sim.short_arguments();
        }
        let vm = bench.vm("vm1").state(VmState::Running);
        vm.fault(Fault::SvcDies(Duration::ZERO));
        bench.sim.pass(Duration::from_millis(1));
        let start = bench.start("vm1");
        ends(&start, 0);
        assert!(start.took >= 12 * SECOND, "{start}");
        assert_eq!(bench.state("vm1"), VmState::Running);
        assert_eq!(bench.processes("vm1"), 1, "{start}");
        assert_eq!(bench.hazards(), [""; 0], "{start}");
    }
}

#[test]
fn somebody_else_is_at_work() {
    let bench = Trial::new();
    let vm = bench.vm("vm1").state(VmState::Snapshotting);
    vm.becomes(7 * SECOND, VmState::PowerOff);
    let start = bench.start("vm1");
    ends(&start, 0);
    assert!(start.took > 7 * SECOND, "{start}");
    assert_eq!(bench.state("vm1"), VmState::Running);

    let vm = bench.vm("vm2").state(VmState::Saving);
    vm.becomes(bench.sim.now() + 5 * SECOND, VmState::Saved);
    let stop = bench.stop("vm2");
    ends(&stop, 0);
    assert_eq!(stop.acts(), [""; 0], "{stop}");
    assert_eq!(bench.hazards(), [""; 0], "{stop}");
}

/// VirtualBox calls a VM off that lives on, and its guest is lost when its process ends.
#[test]
fn a_stop_of_a_vm_that_virtualbox_forgot() {
    let bench = Trial::new();
    bench.vm("vm1").forgotten_process(9 * SECOND);
    let stop = bench.stop("vm1");
    ends(&stop, 95);
    assert!(stop.took >= 9 * SECOND, "{stop}");
    assert!(
        stop.says("the VM process ended before the guest had shut down"),
        "{stop}"
    );
    bench.set("vm1", "vm/stop_method", "poweroff");
    bench.vm("vm1").forgotten_process(9 * SECOND);
    ends(&bench.stop("vm1"), 0);
}

#[test]
fn an_instance_without_a_vm() {
    let bench = Trial::new();
    bench.instance("vm1");
    let start = bench.start("vm1");
    ends(&start, 96);
    assert!(start.says("searched for as user vb"), "{start}");
    bench.vm("www.example.org");
    bench.set("vm1", "vm/name", "www.example.org");
    ends(&bench.start("vm1"), 0);
    assert_eq!(bench.state("www.example.org"), VmState::Running);
}

#[test]
fn a_virtualbox_that_cannot_be_used() {
    let bench = Trial::new();
    bench.vm("vm1");
    bench
        .sim
        .file("/usr/bin/VBoxManage", FileKind::File, 0, 0o777);
    bench.set("vm1", "virtualbox/vboxmanage", "/usr/bin/VBoxManage");
    ends(&bench.start("vm1"), 96);
    for path in ["/usr/bin/VBoxManage", "/opt/VirtualBox/VBoxManage"] {
        bench.sim.remove_file(path);
    }
    ends(&bench.start("vm1"), 96);
}

/// The one that is looked for is another's to change; the next step helps.
#[test]
fn a_virtualbox_that_others_may_change() {
    let bench = Trial::new();
    bench.vm("vm1");
    let paths = ["/usr/bin/VBoxManage", "/opt/VirtualBox/VBoxManage"];
    for path in paths {
        bench.sim.file(path, FileKind::File, 7, 0o777);
    }
    let start = bench.start("vm1");
    ends(&start, 96);
    assert!(
        start.says("chown root and chmod go-w that file or folder"),
        "{start}"
    );
    for path in paths {
        bench.sim.file(path, FileKind::File, 0, 0o755);
    }
    ends(&bench.start("vm1"), 0);
    assert_eq!(bench.state("vm1"), VmState::Running);
}

/// The state of a large VM takes minutes to save, and the log is not silent meanwhile.
#[test]
fn a_long_save_is_heard_of() {
    let bench = Trial::new();
    bench
        .vm("vm1")
        .saving_time(45 * SECOND)
        .state(VmState::Running);
    let stop = bench.stop("vm1");
    ends(&stop, 0);
    assert_eq!(bench.state("vm1"), VmState::Saved);
    let heard = stop
        .log
        .iter()
        .filter(|line| line.contains("still saving the VM state"))
        .count();
    assert_eq!(heard, 4, "{stop}");
}

/// An instance made by hand, whose context names a user and says nothing of `use_profile`: svc.startd runs its methods as
/// root, who may have a VM of that name.
#[test]
fn a_user_that_svc_startd_ignores() {
    let bench = Trial::new();
    bench.vm("vm1");
    bench.sim.vm(ROOT, "vm1").state(VmState::Running);
    bench.sim.repository(|repository| {
        let service = repository.service_mut(DEFAULT_SERVICE);
        service.remove_group("method_context");
    });
    bench.set("vm1", "method_context/user", USER);
    let start = bench.start("vm1");
    ends(&start, 96);
    assert!(start.says("runs its method as root, not as vb"), "{start}");
    assert!(
        start.says(
            "svccfg -s svc:/site/xvm/vbox:vm1 setprop method_context/use_profile = boolean: false"
        ),
        "{start}"
    );
    assert!(
        start
            .commands
            .iter()
            .all(|command| !command.contains("VBoxManage")),
        "{start}"
    );
    // What such a start brought up goes down, and that is said.
    let stop = bench.stop("vm1");
    ends(&stop, 0);
    assert!(
        stop.says("warning: svc:/site/xvm/vbox:vm1: svc.startd runs its method as root"),
        "{stop}"
    );
    assert!(stop.says("as user root, time limit"), "{stop}");
    // The next step helps.
    bench.set_as("vm1", "method_context/use_profile", "boolean", &["false"]);
    let start = bench.start("vm1");
    ends(&start, 0);
    assert!(start.says("as user vb, time limit"), "{start}");
    assert_eq!(bench.state("vm1"), VmState::Running);
}

/// `svcadm disable` and `svccfg delete -f` at once: the stop finds no instance. The VM stays up, and the log says how to stop
/// it.
#[test]
fn a_stop_whose_instance_is_gone() {
    let bench = Trial::new();
    bench.vm("vm1").state(VmState::Running);
    let fmri = "svc:/site/xvm/vbox:vm1".parse().unwrap();
    bench.sim.delete_at(bench.sim.now(), &fmri);
    let stop = bench.stop("vm1");
    ends(&stop, 96);
    for words in [
        "SMF has no instance svc:/site/xvm/vbox:vm1",
        "the instance was deleted before its VM was stopped: process",
        "to stop the VM, run VBoxManage controlvm vm1 savestate as vb",
    ] {
        assert!(stop.says(words), "{words}: {stop}");
    }
    assert_eq!(stop.acts(), [""; 0], "{stop}");
    assert_eq!(
        (bench.state("vm1"), bench.processes("vm1")),
        (VmState::Running, 1)
    );
}

/// A VM that waits for a minute, and what becomes of its start.
fn waits_for_a_minute() -> (Trial, InstanceFmri) {
    let bench = Trial::new();
    bench.vm("vm1").state(VmState::Saved);
    bench.set("vm1", "vm/start_delay", "60");
    bench.set_as("vm1", "general/enabled", "boolean", &["true"]);
    (bench, "svc:/site/xvm/vbox:vm1".parse().unwrap())
}

fn asked_smf(done: &Done) -> usize {
    let asks = |c: &&String| c.starts_with("svcprop -t -c ");
    done.commands.iter().filter(asks).count()
}

/// svc.startd lets neither a disable nor a shutdown interrupt a method: it has to see that it is not wanted any more.
#[test]
fn a_start_in_its_delay_sees_that_it_is_disabled() {
    // Questions come 1, 3, 7, 15, 30 and 45 s after the first look, and before the start.
    for (at, between) in [
        (0, 1..2),
        (2, 3..4),
        (5, 7..8),
        (14, 15..16),
        (16, 30..31),
        (44, 45..46),
        (58, 60..61),
    ] {
        let (bench, fmri) = waits_for_a_minute();
        bench.sim.svcadm_at(at * SECOND, &fmri, false);
        let done = bench.start("vm1");
        ends(&done, 0);
        assert!(between.contains(&done.took.as_secs()), "{at}: {done}");
        assert_eq!(done.acts(), [""; 0], "{at}: {done}");
        assert_eq!(
            (bench.state("vm1"), bench.processes("vm1")),
            (VmState::Saved, 0)
        );
        let told = "left saved, not started: the instance was disabled during vm/start_delay; svcadm enable starts it";
        assert!(done.log.last().is_some_and(|l| l.ends_with(told)), "{done}");
        assert!(!done.says("vbox-smf: "), "{done}");
        // The stop that svc.startd runs then has nothing to do.
        let stop = bench.stop("vm1");
        ends(&stop, 0);
        assert_eq!(bench.state("vm1"), VmState::Saved);
    }
}

/// Changes the stage.
type Set<'s> = &'s dyn Fn(&Trial);

#[test]
fn what_else_calls_a_start_off_in_its_delay() {
    let for_now = |bench: &Trial, usual: &str, now: &str| {
        bench.set_as("vm1", "general/enabled", "boolean", &[usual]);
        bench.set_as("vm1", "general_ovr/enabled", "boolean", &[now]);
    };
    let cases: [(&str, Set<'_>, Option<&str>); 8] = [
        (
            "power off",
            &|b| b.sim.run_level_at(2 * SECOND, '5'),
            Some("run level 5"),
        ),
        (
            "a halt",
            &|b| b.sim.run_level_at(2 * SECOND, '0'),
            Some("run level 0"),
        ),
        (
            "a reboot",
            &|b| b.sim.run_level_at(2 * SECOND, '6'),
            Some("run level 6"),
        ),
        ("multi-user", &|b| b.sim.run_level_at(2 * SECOND, '2'), None),
        (
            "disable -t",
            &|b| for_now(b, "true", "false"),
            Some("disabled"),
        ),
        ("enable -t", &|b| for_now(b, "false", "true"), None),
        (
            "deleted",
            &|b| {
                b.sim
                    .delete_at(2 * SECOND, &"svc:/site/xvm/vbox:vm1".parse().unwrap());
            },
            Some("the instance was deleted"),
        ),
        ("nothing", &|_| (), None),
    ];
    for (what, set, expected) in cases {
        let (bench, _) = waits_for_a_minute();
        set(&bench);
        let done = bench.start("vm1");
        ends(&done, 0);
        if let Some(words) = expected {
            assert!(done.took < 5 * SECOND && done.says(words), "{what}: {done}");
            assert_eq!(
                (done.acts(), bench.state("vm1")),
                (vec![], VmState::Saved),
                "{what}"
            );
        } else {
            assert!(done.took > 60 * SECOND, "{what}: {done}");
            assert_eq!(bench.state("vm1"), VmState::Running, "{what}");
            // 1, 3, 7, 15, 30, 45 s, and before the start.
            assert_eq!(asked_smf(&done), 7, "{what}: {done}");
        }
        assert_eq!(bench.hazards(), [""; 0]);
    }
}

/// Exit status 0 without a VM is no lie only as long as the instance is disabled at that moment.
#[test]
fn an_instance_that_is_enabled_again_is_started() {
    let (mut started, mut again) = (0, 0);
    for ms in (1_000..1_400).step_by(10) {
        let (bench, fmri) = waits_for_a_minute();
        let enabled = Duration::from_millis(ms);
        bench.sim.svcadm_at(SECOND / 2, &fmri, false);
        bench.sim.svcadm_at(enabled, &fmri, true);
        let done = bench.start("vm1");
        ends(&done, 0);
        if bench.state("vm1") == VmState::Running {
            started += 1;
            again += usize::from(done.says("the instance was enabled again; the start continues"));
            assert!(done.took > 60 * SECOND, "{done}");
        } else {
            // Its last question was on its way.
            assert!(enabled + SECOND / 10 > done.took, "{ms}: {done}");
            assert_eq!(done.acts(), [""; 0], "{done}");
        }
    }
    assert!((1..40).contains(&started) && again > 0, "{started} {again}");
}

/// By hand somebody wants it, whatever SMF says; without a delay nothing has to wait for it.
#[test]
fn a_start_that_is_not_asked_about() {
    for (caller, delay) in [(Caller::Hand, "60"), (Caller::Smf, "0")] {
        let (bench, _) = waits_for_a_minute();
        bench.set("vm1", "vm/start_delay", delay);
        bench.set_as("vm1", "general/enabled", "boolean", &["false"]);
        let program = |host: &dyn Host, log: &Log<'_>, request: &Request| {
            let request = Request {
                caller,
                ..request.clone()
            };
            engine::method::run(host, log, &request)
        };
        let done = bench.at_times(&[("vm1", Intent::Start, Duration::ZERO)], &program);
        ends(&done[0], 0);
        assert_eq!(asked_smf(&done[0]), 0, "{}", done[0]);
        assert_eq!(bench.state("vm1"), VmState::Running);
    }
}

/// What is not known calls nothing off, and the log says it once.
#[test]
fn a_repository_that_is_away_during_the_delay() {
    let (bench, _) = waits_for_a_minute();
    let at = bench.sim.now() + SECOND / 2;
    bench.sim.repository_goes(at, at + 40 * SECOND);
    let done = bench.start("vm1");
    ends(&done, 0);
    assert_eq!(bench.state("vm1"), VmState::Running);
    let says = |l: &&String| l.contains("cannot determine whether the instance is still enabled");
    assert_eq!(done.log.iter().filter(says).count(), 1, "{done}");
}
