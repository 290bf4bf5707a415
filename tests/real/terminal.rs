//! Root's terminal: whatever runs as a VM's user, and that user may trace it, is nowhere near it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use super::one_vm::OneVm;
use super::rig::{PROGRAM, Rig, VBOXMANAGE, eventually, outside, rig_or_skip};

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
[ -e $notes.hang ] && exec /bin/sleep 600
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
        let _none = fs::remove_file(self.hang());
    }

    fn hang(&self) -> PathBuf {
        self.0.with_extension("hang")
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

/// As long as others work for it, the whole ends with it.
#[test]
fn the_interrupt_key_ends_the_whole() {
    let rig = rig_or_skip!();
    let mut vm = alone(rig);
    let spy = Spy::for_the_vm(&mut vm);
    fs::write(spy.hang(), "").expect("to have it hang");
    for verb in [&["start", "--vm", "vm1"][..], &["doctor"]] {
        let call = vm.user.program(PROGRAM, verb).by_root();
        let mut running = call.on_terminal().spawn();
        let hangs = || {
            vm.user
                .processes()
                .iter()
                .any(|process| process.name == "sleep")
        };
        let what = || {
            format!(
                "{verb:?}: nothing hangs: {}{}",
                spy.notes(),
                running.stdout_so_far()
            )
        };
        eventually(Duration::from_secs(60), hangs, what);
        running.types(b"\x03");
        let run = running.wait();
        assert_eq!(run.signal, Some(libc::SIGINT), "{run}");
        let gone = || vm.user.processes().is_empty();
        let what = || format!("{verb:?}: left: {:?}", vm.user.processes());
        eventually(Duration::from_secs(20), gone, what);
    }
    spy.clear();
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

/// Stops the process that asks, as its user may, and never ends.
const STOPPER: &str = "#!/bin/sh\n/bin/kill -STOP $PPID\nexec /bin/sleep 600\n";

/// The limit holds for all users together, and a process that one of them has stopped costs the others nothing.
#[test]
fn a_user_who_stops_the_process_keeps_nobody_else_waiting() {
    let rig = rig_or_skip!();
    let (slow, quick) = rig.exclusive_pair();
    let path = format!("/opt/spy-{}/VBoxManage", slow.uid);
    let program = outside(&path);
    fs::create_dir_all(program.parent().expect("a folder")).expect("a folder");
    fs::write(&program, STOPPER).expect("a program");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("a mode");
    for (user, name, vboxmanage) in [(&slow, "vm1", path.as_str()), (&quick, "vm2", VBOXMANAGE)] {
        let uuid = user.mkvm(name, "acpi");
        user.vboxmanage(&["startvm", &uuid, "--type", "headless"]);
        user.set_props(
            name,
            &[
                ("virtualbox/vboxmanage", "astring", vboxmanage),
                ("method_context/user", "astring", user.name),
            ],
        );
    }
    let limit = Duration::from_secs(10);
    for command in ["status", "doctor"] {
        let call = slow.program(PROGRAM, &[command, "--timeout", "10", "--json"]);
        let run = call.by_root().run();
        assert!(run.took >= limit, "{command}: nobody was waited for: {run}");
        assert!(run.took < limit * 3, "{command}: {run}");
        let said = format!("{}{}", run.stdout, run.stderr);
        let reason = format!("the process for {} gave no answer within", slow.name);
        assert!(said.contains(&reason), "{command}: {run}");
        let other = format!("the process for {}", quick.name);
        assert!(!said.contains(&other), "{command}: {run}");
        if command == "status" {
            assert!(run.stdout.contains("\"vm\":\"running\""), "{run}");
        }
        let what = || format!("left: {:?}", slow.processes());
        let is_left = |name: &str| slow.processes().iter().any(|process| process.name == name);
        eventually(Duration::from_secs(20), || !is_left("sleep"), what);
    }
}
