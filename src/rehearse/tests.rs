//! The real methods on the simulated host: whole stories.

use std::time::Duration;

use super::bench::{Bench, Done, USER};
use crate::fmri::DEFAULT_SERVICE;
use crate::host::FileKind;
use crate::host::sim::{Fault, Guest, ROOT, What};
use crate::vm::{Intent, VmState};

const SECOND: Duration = Duration::from_secs(1);

#[track_caller]
fn ends(done: &Done, status: i32) {
    assert_eq!(done.status, status, "{done}");
}

#[test]
fn eight_vms_at_boot_and_at_shutdown() {
    let bench = Bench::new();
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
    let bench = Bench::new();
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
        assert!(!done.says("going on without"), "{done}");
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
        let bench = Bench::new();
        let vm = bench.vm("vm1").state(VmState::Running);
        vm.virtualbox_stalls(seconds * SECOND);
        let stop = bench.stop("vm1");
        ends(&stop, status);
        assert_eq!(stop.says("gave no answer"), status == 95, "{stop}");
    }
}

/// An answer that came when the time was over says that the VM is up, and no more: the server may stand still by now.
#[test]
fn an_answer_that_took_too_long() {
    for (stall, told) in [(9 * SECOND, true), (Duration::ZERO, false)] {
        let bench = Bench::new();
        let vm = bench.vm("vm1").guest(Guest::Deaf).state(VmState::Running);
        vm.virtualbox_stalls(stall);
        bench.set("vm1", "vm/stop_method", "acpipowerbutton");
        bench.set("vm1", "vm/stop_fallback", "none");
        bench.set("vm1", "stop/timeout_seconds", "14");
        let stop = bench.stop("vm1");
        ends(&stop, 95);
        assert!(stop.took < 14 * SECOND, "{stop}");
        assert_eq!(
            stop.says("VirtualBox took 9 s to answer: VirtualBox's server does not answer"),
            told,
            "{stop}"
        );
    }
}

#[test]
fn a_deaf_guest_is_pressed_and_saved_in_time() {
    let bench = Bench::new();
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
    let bench = Bench::new();
    bench.vm("vm1").guest(Guest::Deaf).state(VmState::Running);
    bench.set("vm1", "vm/stop_method", "acpipowerbutton");
    bench.set("vm1", "vm/stop_fallback", "none");
    bench.set("vm1", "vm/stop_timeout", "30");
    ends(&bench.stop("vm1"), 95);
    assert_eq!(bench.state("vm1"), VmState::Running);
}

#[test]
fn a_slow_guest_goes_down_by_itself() {
    let bench = Bench::new();
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
        let bench = Bench::new();
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
        let bench = Bench::new();
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
        let bench = Bench::new();
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
        let bench = Bench::new();
        bench.vm("vm1").fault(fault);
        let start = bench.start("vm1");
        ends(&start, status);
        assert!(start.says("vbox-smf: "), "{start}");
        assert!(start.took < 10 * SECOND, "{start}");
    }
}

#[test]
fn a_full_disk() {
    let bench = Bench::new();
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
    let bench = Bench::new();
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
        let bench = Bench::new();
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
    let bench = Bench::new();
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
    let bench = Bench::new();
    bench.vm("vm1").forgotten_process(9 * SECOND);
    let stop = bench.stop("vm1");
    ends(&stop, 95);
    assert!(stop.took >= 9 * SECOND, "{stop}");
    assert!(
        stop.says("its process ended before the guest had turned itself off"),
        "{stop}"
    );
    bench.set("vm1", "vm/stop_method", "poweroff");
    bench.vm("vm1").forgotten_process(9 * SECOND);
    ends(&bench.stop("vm1"), 0);
}

#[test]
fn an_instance_without_a_vm() {
    let bench = Bench::new();
    bench.instance("vm1");
    let start = bench.start("vm1");
    ends(&start, 96);
    assert!(start.says("looked for as user vb"), "{start}");
    bench.vm("www.example.org");
    bench.set("vm1", "vm/name", "www.example.org");
    ends(&bench.start("vm1"), 0);
    assert_eq!(bench.state("www.example.org"), VmState::Running);
}

#[test]
fn a_virtualbox_that_cannot_be_used() {
    let bench = Bench::new();
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

/// The state of a large VM takes minutes to save, and the log is not silent meanwhile.
#[test]
fn a_long_save_is_heard_of() {
    let bench = Bench::new();
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
        .filter(|line| line.contains("still saving its state"))
        .count();
    assert_eq!(heard, 4, "{stop}");
}

/// An instance made by hand, whose context names a user and says nothing of `use_profile`: svc.startd runs its methods as
/// root, who may have a VM of that name.
#[test]
fn a_user_that_svc_startd_ignores() {
    let bench = Bench::new();
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
    assert!(stop.says("as root, within"), "{stop}");
    // The next step helps.
    bench.set_as("vm1", "method_context/use_profile", "boolean", &["false"]);
    let start = bench.start("vm1");
    ends(&start, 0);
    assert!(start.says("as vb, within"), "{start}");
    assert_eq!(bench.state("vm1"), VmState::Running);
}
