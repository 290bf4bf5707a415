//! Beside starts and stops, in a pipe, and where SMF or VirtualBox gives no answer.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::{as_root, instance, status};
use crate::real::rig::{PROGRAM, outside, rig_or_skip};
use crate::real::rounds;

const UP: (&str, &str) = ("online", "none");

/// How many starts and stops there are beside it.
fn turns() -> usize {
    if std::env::var_os("VBOX_SMF_FULL").is_some() {
        100
    } else {
        30
    }
}

#[test]
fn starts_and_stops_beside_it_all_succeed() {
    let rig = rig_or_skip!();
    let user = rig.exclusive();
    user.mkvms(&[("vm1", "acpi"), ("vm2", "acpi")]);
    instance(&user, "vm1", "vm1", UP, &[]);
    instance(&user, "vm2", "vm2", UP, &[]);
    let over = AtomicBool::new(false);
    let looks = thread::scope(|scope| {
        let looking = scope.spawn(|| {
            let mut looks = 0;
            while !over.load(Ordering::Relaxed) {
                let run = as_root(&user, &["-H", "-o", "name,vm"]).run();
                run.exits(0);
                assert_eq!(run.stdout.lines().count(), 2, "{run}");
                assert!(!run.stdout.contains("unknown"), "{run}");
                looks += 1;
            }
            looks
        });
        for turn in 0..turns() {
            let verb = ["start", "stop"][turn % 2];
            let run = user.method("vm1", verb).run();
            if run.code != Some(0) {
                over.store(true, Ordering::Relaxed);
            }
            run.succeeds();
        }
        over.store(true, Ordering::Relaxed);
        looking.join().expect("every look")
    });
    assert!(looks > 5, "only {looks} looks");
    // The methods look once by showvminfo, when nothing moves; status never does.
    let calls = user.vboxmanage_calls();
    let shown = calls
        .iter()
        .filter(|call| call.arguments[0] == "showvminfo")
        .count();
    assert!(shown <= 2 * turns(), "{shown} calls of showvminfo");
}

/// Clients of VirtualBox race when no server answers; status and a start take turns.
#[test]
fn at_a_cold_start_too() {
    let rig = rig_or_skip!();
    let user = rig.exclusive();
    user.mkvm("vm1", "acpi");
    instance(&user, "vm1", "vm1", UP, &[]);
    for _ in 0..rounds(20) {
        user.cool_down();
        let looking = as_root(&user, &[]).spawn();
        let also_looking = status(&user, &[]).spawn();
        user.method("vm1", "start").run().succeeds();
        for run in [looking.wait(), also_looking.wait()] {
            run.exits(0);
        }
        user.method("vm1", "stop").run().succeeds();
    }
}

/// What root starts for a user is that user's: his lock, his server, nothing of root's environment.
#[test]
fn nothing_of_root_s_is_left_behind() {
    let rig = rig_or_skip!();
    let user = rig.user();
    user.mkvm("own", "acpi");
    let name = format!("own{}", user.uid);
    instance(&user, &name, "own", UP, &[]);
    user.cool_down();
    as_root(&user, &[&name]).env("SECRET", "x").run().exits(0);
    let servers = user.vboxsvc_pids();
    assert_eq!(servers, [0; 0], "a VM that is off needs no server");
    // What is wrong with an instance that is online is not asked here.
    let doctor = user.program(PROGRAM, &["doctor", &name]).by_root();
    doctor.env("HOME", "/root").env("SECRET", "x").run();
    let [server] = user.vboxsvc_pids()[..] else {
        panic!("not one server");
    };
    let environment = crate::real::rig::environment(server);
    for entry in &environment {
        assert!(
            !entry.starts_with("SECRET") && !entry.contains("root"),
            "{environment:?}"
        );
    }
    let lock = outside(&format!("/tmp/.vbox-smf-{}", user.uid));
    let owner =
        std::os::unix::fs::MetadataExt::uid(&fs::metadata(lock).expect("the lock's folder"));
    assert_eq!(owner, user.uid);
}

#[test]
fn a_reader_who_leaves() {
    let rig = rig_or_skip!();
    let user = rig.user();
    user.mkvm("vm1", "acpi");
    instance(&user, "vm1", "vm1", UP, &[]);
    let script = format!("{{ {PROGRAM} status --watch 1; echo \"exit $?\" >&2; }} | head -1");
    let run = user
        .program("/bin/sh", &["-c", &script])
        .within(Duration::from_secs(60))
        .run();
    run.exits(0);
    assert_eq!(run.stdout.lines().count(), 1, "{run}");
    assert_eq!(run.stderr, "exit 0\n");
}

#[test]
fn where_there_is_no_answer() {
    let rig = rig_or_skip!();
    let user = rig.user();
    user.mkvm("vm1", "acpi");
    let nothing = status(&user, &[]).run();
    nothing.exits(0);
    assert_eq!(nothing.stdout.lines().count(), 1, "{nothing}");

    instance(&user, "vm1", "vm1", UP, &[]);
    let missing = status(&user, &["vm1", "nosuch"]).run();
    missing.exits(1);
    assert!(
        missing.stderr.contains("nosuch: no such instance"),
        "{missing}"
    );
    assert!(missing.stdout.contains("online but off"), "{missing}");

    // svc.configd gives svcprop no answer: the states are told all the same.
    let name = user.uid.to_string();
    let folder = outside("/var/svcprop").join(name);
    let props = folder.join("site%xvm%vbox@vm1.props");
    let text = fs::read_to_string(&props).expect("properties");
    fs::write(&props, format!("{text}!configd-down\n")).expect("a fault");
    let half = status(&user, &["-H", "-o", "name,smf,vm"]).run();
    half.exits(1);
    assert_eq!(half.stdout, "vm1 online unknown\n");

    fs::write(folder.join("svcs.down"), "").expect("a fault");
    let down = status(&user, &[]).run();
    down.exits(1);
    assert!(
        down.stderr.contains("repository does not respond"),
        "{down}"
    );
    fs::remove_file(folder.join("svcs.down")).expect("no fault");
    fs::write(&props, text).expect("no fault");

    // A folder in which nobody can meet VirtualBox; a VM that is off is off all the same.
    user.cool_down();
    let ipc = outside(&format!("/tmp/.vbox-{}-ipc", user.name));
    fs::write(&ipc, "").expect("a file in its place");
    let run = status(&user, &["-H", "-o", "name,smf,vm"]).run();
    run.exits(0);
    assert_eq!(run.stdout, "vm1 online poweroff\n");
    fs::remove_file(&ipc).expect("to remove it");

    // A server that hangs: whether its VMs run is for it to say.
    user.method("vm1", "start").run().exits(0);
    let [server] = user.vboxsvc_pids()[..] else {
        panic!("not one server");
    };
    user.kill(server, libc::SIGSTOP);
    let run = status(&user, &["-H", "-o", "name,smf,vm"]).run();
    user.kill(server, libc::SIGKILL);
    run.exits(1);
    assert_eq!(run.stdout, "vm1 online unknown\n");
    assert!(
        run.stderr.contains(&format!("the VMs of {}", user.name)),
        "{run}"
    );
}
