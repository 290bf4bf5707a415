//! How the method behaves towards others: what it runs, what it asks when, and what it leaves behind.
#![expect(
    clippy::disallowed_methods,
    reason = "tests of the real program in real time"
)]

use std::thread;
use std::time::Duration;

use super::rig::{Recorded, User, descriptors, environment, has_leaked, rig_or_skip};
use super::rounds;

/// How long a stop waits for the VM's process to end before it asks VirtualBox.
const PROCESS_ENDS: Duration = Duration::from_secs(5);

#[test]
fn at_most_three_programs_a_start_and_a_stop() {
    let rig = rig_or_skip!();
    let user = rig.user();
    user.mkvm("vm1", "acpi");
    user.set_props("vm1", &[]);
    // Off, running, saved, running, off: a stop that saves has no need to look before, and its proof is the file.
    let lives = [
        ("savestate", "start", 3),
        ("savestate", "start", 2),
        ("savestate", "stop", 2),
        ("savestate", "stop", 1),
        ("poweroff", "start", 3),
        ("poweroff", "stop", 3),
        ("poweroff", "stop", 1),
    ];
    // Now and then a VM's process lingers for many seconds after it has done all that it had to, or a list hangs, is killed
    // and asked again: that is VirtualBox's own doing, and such a life is lived once more.
    let killed = || {
        let calls = user.vboxmanage_calls();
        calls.iter().filter(|call| call.end.is_none()).count()
    };
    let stumbled = (0..3).all(|_| {
        let mut stumbled = false;
        for (method, verb, most) in lives {
            user.set_props("vm1", &[("vm/stop_method", "astring", method)]);
            let killed_before = killed();
            let run = user.method("vm1", verb).run();
            assert_eq!(run.code, Some(0), "{run}");
            let programs = user.programs_executed(&run);
            let lingered = verb == "stop" && run.took >= PROCESS_ENDS;
            let excused = lingered || killed() > killed_before;
            assert!(programs.len() <= most || excused, "{verb}: {programs:#?}");
            stumbled |= excused;
        }
        stumbled
    });
    assert!(
        !stumbled,
        "VirtualBox lingered or hung in each of three lives"
    );
    assert!(
        user.vboxmanage_calls()
            .iter()
            .all(|call| about(call).0 != "showvminfo"),
        "a settings file says the same and takes no session"
    );
}

/// What the first client of VBoxSVC has, VBoxSVC and every VM would have for as long as they live.
#[test]
fn nothing_of_ours_lives_on_in_virtualbox() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let uuid = user.mkvm("vm1", "acpi");
    user.set_props("vm1", &[]);
    user.cool_down();
    let run = user
        .method("vm1", "start")
        .env("TZ", "Pacific/Chatham")
        .env("LD_PRELOAD", "/nowhere.so")
        .env("SECRET", "x")
        .leak(37)
        .run();
    assert_eq!(run.code, Some(0), "{run}");
    let mut looked_at = user.vboxsvc_pids();
    looked_at.extend(user.vm_processes(&uuid));
    assert_eq!(looked_at.len(), 2, "{run}");
    for pid in looked_at {
        let mut names: Vec<String> = environment(pid)
            .iter()
            .map(|entry| entry.split('=').next().unwrap_or_default().to_owned())
            // VirtualBox's own.
            .filter(|name| name != "VBOX_XPCOM_HOME")
            .collect();
        names.sort();
        assert_eq!(names, ["HOME", "LC_ALL", "LOGNAME", "PATH", "TZ", "USER"]);
        assert!(environment(pid).contains(&"TZ=Pacific/Chatham".to_owned()));
        let open = descriptors(pid);
        assert!(!has_leaked(&open), "{open:?}");
        let lock = open
            .iter()
            .find(|(_, path)| path.to_string_lossy().contains(".vbox-smf-"));
        assert_eq!(lock, None, "{open:?}");
    }
}

/// What a call of VBoxManage is about: the verb, and the VM.
fn about(call: &Recorded) -> (&str, &str) {
    let word = |at: usize| call.arguments.get(at).map_or("", String::as_str);
    (word(0), word(1))
}

/// No `showvminfo` of a VM while a client starts or stops it, and none that failed.
fn assert_no_harm(user: &User, vms: &[(String, String)]) {
    let calls = user.vboxmanage_calls();
    let same = |a: &str, b: &str| {
        a == b
            || vms.iter().any(|(name, uuid)| {
                [name, uuid].contains(&&a.to_owned()) && [name, uuid].contains(&&b.to_owned())
            })
    };
    assert!(!calls.is_empty(), "no call was recorded");
    for show in calls.iter().filter(|c| about(c).0 == "showvminfo") {
        let Some((end, status)) = &show.end else {
            continue; // killed with the method that asked
        };
        assert_eq!(status, "0", "{show:?}");
        for change in calls
            .iter()
            .filter(|c| ["startvm", "controlvm"].contains(&about(c).0))
        {
            let ended = change.end.as_ref().map_or(Duration::MAX, |(end, _)| *end);
            let apart = ended <= show.begin || *end <= change.begin || change.end.is_none();
            assert!(
                apart || !same(about(show).1, about(change).1),
                "{show:?}\nbeside\n{change:?}"
            );
        }
    }
}

/// Eight VMs go up and down beside each other; one of them by a method that is killed again and again and
/// repeated at once, as svc.startd does it. What the killed one began goes on inside VirtualBox.
#[test]
fn no_look_does_harm() {
    let rig = rig_or_skip!();
    let user = rig.exclusive();
    let names: Vec<String> = (1..=8).map(|n| format!("vm{n}")).collect();
    let wanted: Vec<_> = names.iter().map(|name| (name.as_str(), "acpi")).collect();
    let uuids = user.mkvms(&wanted);
    for name in &names {
        user.set_props(name, &[]);
    }
    let rounds = rounds(25);
    thread::scope(|scope| {
        for name in &names[1..] {
            let user = &user;
            scope.spawn(move || {
                for _ in 0..rounds {
                    for verb in ["start", "stop"] {
                        let run = user.method(name, verb).run();
                        assert_eq!(run.code, Some(0), "{run}");
                    }
                }
            });
        }
        let user = &user;
        let name = &names[0];
        scope.spawn(move || {
            for i in 0..rounds * 2 {
                let verb = ["start", "stop"][i % 2];
                for part in 0..4 {
                    let mut killed = user.method(name, verb).spawn();
                    thread::sleep(Duration::from_millis(((i * 4 + part) * 37 % 600) as u64));
                    killed.signal(libc::SIGKILL);
                    drop(killed);
                }
                let run = user.method(name, verb).run();
                assert_eq!(run.code, Some(0), "{run}");
            }
        });
    });
    let vms: Vec<_> = names.into_iter().zip(uuids).collect();
    assert_no_harm(&user, &vms);
}
