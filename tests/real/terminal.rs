//! Root's terminal: whatever runs as a VM's user, and that user may trace it, is nowhere near it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use super::one_vm::OneVm;
use super::prober::Prober;
use super::rig::{Call, PROBER, PROGRAM, Process, Rig, User, eventually, outside, rig_or_skip};

/// Longer than this takes nothing that does not hang.
const WITHIN: Duration = Duration::from_secs(120);

/// Says in a file whether it can reach a terminal, as whom it runs, and goes on as VBoxManage.
const SPY: &str = r#"#!/bin/sh
notes=/tmp/terminal-$(/usr/bin/id -u)
{
    echo "run $1"
    (exec 9<>/dev/tty) 2>/dev/null && echo "opened /dev/tty"
    for fd in 0 1 2 3 4 5 6 7 8 9; do
        [ -t $fd ] && echo "has a terminal as $fd"
    done
    [ -n "$SECRET" ] && echo "has root's environment"
} >>$notes
exec /usr/lib/virtualbox/VBoxManage "$@"
"#;

struct Spy(PathBuf);

/// Root sees everybody's instances: no other test may have one meanwhile.
fn alone(rig: &Rig) -> OneVm<'_> {
    let user = rig.exclusive();
    let uuid = user.mkvm("vm1", "acpi");
    OneVm::of(user, uuid)
}

impl Spy {
    fn for_the_vm(vm: &mut OneVm<'_>) -> Self {
        let path = format!("/opt/spy-{}/VBoxManage", vm.user.uid);
        let program = outside(&path);
        fs::create_dir_all(program.parent().expect("a folder")).expect("a folder");
        fs::write(&program, SPY).expect("a spy");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("a mode");
        let notes = Self(outside(&format!("/tmp/terminal-{}", vm.user.uid)));
        notes.clear();
        vm.set(&[
            ("virtualbox/vboxmanage", path.as_str()),
            ("method_context/user", vm.user.name),
        ]);
        notes
    }

    fn notes(&self) -> String {
        fs::read_to_string(&self.0).unwrap_or_default()
    }

    fn clear(&self) {
        let _none = fs::remove_file(&self.0);
    }
}

#[test]
fn no_program_of_the_user_reaches_it() {
    let rig = rig_or_skip!();
    let mut vm = alone(rig);
    let spy = Spy::for_the_vm(&mut vm);
    let path = format!("/opt/spy-{}/VBoxManage", vm.user.uid);

    // What the spy would say if it could.
    vm.user.program(&path, &["--version"]).on_terminal().run();
    let notes = spy.notes();
    assert!(notes.contains("opened /dev/tty"), "{notes}");
    assert!(notes.contains("has a terminal as 0"), "{notes}");

    let user = format!("--user={}", vm.user.name);
    let set = format!("--set=virtualbox/vboxmanage={path}");
    for (arguments, asks) in [
        (vec!["start", "--vm", "vm1"], "startvm"),
        // A VM that runs has to be asked about.
        (vec!["status"], "list"),
        (vec!["doctor"], "list"),
        (vec!["gen", "--from-virtualbox", "vm1", &user, &set], "list"),
        (vec!["stop", "--vm", "vm1"], "controlvm"),
    ] {
        spy.clear();
        let call = vm.user.program(PROGRAM, &arguments).by_root();
        let run = call.env("SECRET", "x").on_terminal().run();
        let notes = spy.notes();
        assert!(
            notes.contains(&format!("run {asks}")),
            "{arguments:?}: {notes}\n{run}"
        );
        for line in notes.lines() {
            assert!(line.starts_with("run "), "{arguments:?}: {notes}\n{run}");
        }
    }
    assert_eq!(vm.user.state(&vm.uuid), "saved");
    spy.clear();
}

/// How root calls from a terminal, in an environment that is nobody else's matter.
fn by_root<'user>(user: &'user User<'user>, program: &str, words: &[&str]) -> Call<'user> {
    user.program(program, words)
        .by_root()
        .env("HOME", "/root")
        .env("VBOX_USER_HOME", "/of/the/caller")
        .env("TZ", "Of/The_Caller")
        .env("SECRET", "of the caller")
        .on_terminal()
}

/// Everything that root calls and that runs something as a user.
fn calls(user: &User<'_>) -> [Vec<String>; 5] {
    let ask = format!(
        "gen --from-virtualbox --user={} --set=virtualbox/vboxmanage={PROBER}",
        user.name
    );
    [&ask, "status", "doctor", "start --vm=vm1", "stop --vm=vm1"]
        .map(|line| line.split(' ').map(str::to_owned).collect())
}

fn words(call: &[String]) -> Vec<&str> {
    call.iter().map(String::as_str).collect()
}

/// A VBoxManage that types into whatever it can reach, and sees what is in its environment. That of root's own, too.
#[test]
fn a_program_that_was_taken_over_finds_nothing_of_root() {
    let rig = rig_or_skip!();
    let user = rig.exclusive();
    let prober = Prober::set_up();
    Prober::instance(&user, "vm1");

    // What it would find.
    by_root(&user, PROBER, &["list", "vms"]).run();
    let found = prober.found(0);
    let expected = ["terminal 0", "terminal 1", "terminal 2", "opened /dev/tty"];
    for finding in expected {
        assert!(found[0].findings.iter().any(|f| f == finding), "{found:?}");
    }

    for call in calls(&user) {
        prober.forget();
        let run = by_root(&user, PROGRAM, &words(&call)).run();
        let found = prober.found(user.uid);
        assert!(!found.is_empty(), "{run}");
        for one in &found {
            assert_eq!(one.findings, [""; 0], "{run}");
            assert_ne!(one.session, run.pid.to_string(), "{one:?}: {run}");
        }
        for one in found.iter().chain(&prober.found(0)) {
            for name in ["VBOX_USER_HOME=", "TZ=", "SECRET="] {
                let has_it = one.environment.iter().any(|own| own.starts_with(name));
                assert!(!has_it, "{one:?}: {run}");
            }
        }
    }
}

fn asks(prober: &Prober, user: &User<'_>) -> bool {
    let found = prober.found(user.uid);
    found.iter().any(|one| one.arguments != "--version")
}

/// A key, a signal, and SIGKILL, of which the process that is ended hears nothing.
#[test]
fn what_ends_roots_process_ends_the_whole() {
    let rig = rig_or_skip!();
    let user = rig.exclusive();
    let prober = Prober::set_up();
    Prober::instance(&user, "vm1");
    prober.tell(user.uid, "hang");
    for (nth, call) in calls(&user).iter().enumerate() {
        let ways = [libc::SIGINT, libc::SIGKILL, libc::SIGTERM, libc::SIGHUP];
        // The first two with each call, all of them with one.
        for signal in ways.into_iter().take(if nth == 0 { 4 } else { 2 }) {
            prober.forget();
            let mut running = by_root(&user, PROGRAM, &words(call)).spawn();
            let runs_nothing = || format!("{call:?} asks nothing: {}", running.stdout_so_far());
            eventually(WITHIN, || asks(&prober, &user), runs_nothing);
            match signal {
                libc::SIGINT => running.types(b"\x03"),
                _ => running.signal(signal),
            }
            let run = running.wait();
            assert_eq!(run.signal, Some(signal), "{run}");
            let gone = || user.processes().is_empty();
            eventually(WITHIN, gone, || {
                format!("{:?} are left: {run}", user.processes())
            });
        }
    }
}

/// Ctrl-Z, and `fg` of a shell.
#[test]
fn what_stops_roots_process_stops_the_whole_and_it_goes_on() {
    let rig = rig_or_skip!();
    let user = rig.exclusive();
    let prober = Prober::set_up();
    Prober::instance(&user, "vm1");
    prober.tell(user.uid, "meet 2");
    // A shell with job control: it says how the program came back to it, and waits until it is to go on.
    let script = format!(
        "set -m; {PROGRAM} doctor; echo came back: $?; until [ -e /var/prober/on ]; do sleep 0.1; done; fg; echo ended: $?"
    );
    let mut running = by_root(&user, "/bin/sh", &["-c", &script]).spawn();
    let runs_nothing = || format!("it asks nothing: {}", running.stdout_so_far());
    eventually(WITHIN, || asks(&prober, &user), runs_nothing);
    running.types(b"\x1a");
    let all_are = |stopped: bool| {
        let processes = user.processes();
        let fits = |process: &Process| is_stopped(process.pid) == stopped;
        !processes.is_empty() && processes.iter().all(fits)
    };
    let told = || format!("{:?}: {}", user.processes(), running.stdout_so_far());
    eventually(WITHIN, || all_are(true), told);
    let shows = |words: &str| running.stdout_so_far().contains(words);
    eventually(WITHIN, || shows("came back: 148"), told);
    prober.touch("on");
    eventually(WITHIN, || all_are(false), told);
    // As if it had been run for another user, too.
    prober.touch("other.run");
    eventually(WITHIN, || shows("ended: "), told);
    assert!(shows("VirtualBox's server responds; VMs: 1"), "{}", told());
}

fn is_stopped(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| rest.starts_with('T'))
}

/// Under SMF nothing of this is needed: there is no terminal, and svc.startd has become the user.
#[test]
fn under_smf_the_method_does_the_work_itself() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    let run = vm.user.method("vm1", "start").run();
    assert_eq!(run.code, Some(0), "{run}");
    let parents = vm.user.vboxmanage_calls();
    assert!(!parents.is_empty(), "{run}");
    for call in parents {
        assert_eq!(call.parent, run.pid, "{run}");
    }
}

/// A caller that ignores SIGCHLD cannot be told how a child ended, and what ignores a signal, has a limit or lets everybody
/// write hands that on to VirtualBox's server and to the VMs.
#[test]
fn what_root_has_from_its_caller_reaches_no_vm() {
    let rig = rig_or_skip!();
    let user = rig.exclusive();
    let prober = Prober::set_up();
    Prober::instance(&user, "vm1");
    // What it would find.
    user.program(PROBER, &["list", "vms"]).badly_raised().run();
    let found = prober.found(user.uid);
    for finding in ["ignores 17", "blocks 15", "umask 000", "limit"] {
        assert!(found[0].findings.iter().any(|f| f == finding), "{found:?}");
    }
    for call in calls(&user) {
        prober.forget();
        let call = user.program(PROGRAM, &words(&call)).by_root();
        let run = call.badly_raised().run();
        assert!(run.took < Duration::from_secs(60), "{run}");
        assert!(!run.stderr.contains("did not respond"), "{run}");
        let found = prober.found(user.uid);
        assert!(!found.is_empty(), "{run}");
        for one in &found {
            assert_eq!(one.findings, [""; 0], "{run}");
        }
    }
}
