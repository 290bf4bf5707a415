//! Root asks many users: side by side, and within one limit for all of them, whatever one of them does.

use std::time::Duration;

use super::prober::Prober;
use super::rig::{Call, PROGRAM, Run, User, eventually, rig_or_skip};

/// Far more than the limit that is set.
const WITHIN: Duration = Duration::from_secs(200);

fn by_root<'user>(user: &'user User<'user>, words: &[&str]) -> Call<'user> {
    user.program(PROGRAM, words)
        .by_root()
        .env("HOME", "/root")
        .within(WITHIN)
}

/// One instance of each user, in their order.
fn set_up(users: &[User<'_>; 4]) -> Prober {
    let prober = Prober::set_up();
    for user in users {
        Prober::instance(user, &format!("of-{}", user.name));
    }
    prober
}

/// The rows of `status`, each as the VM's state and the rest.
fn rows(run: &Run) -> Vec<(String, String)> {
    run.stdout
        .lines()
        .map(|line| {
            let (state, note) = line.split_once(' ').unwrap_or((line, ""));
            (state.to_owned(), note.trim().to_owned())
        })
        .collect()
}

/// Nobody's VirtualBox answers before that of everybody was asked.
#[test]
fn users_are_asked_side_by_side() {
    let rig = rig_or_skip!();
    let users = rig.exclusive_all();
    let prober = set_up(&users);
    for user in &users {
        prober.tell(user.uid, "meet 4");
    }
    let status = by_root(&users[0], &["status", "-H", "-o", "vm,note"]).run();
    assert_eq!(status.code, Some(0), "{status}");
    let expected = vec![("poweroff".to_owned(), "-".to_owned()); 4];
    assert_eq!(rows(&status), expected, "{status}");

    prober.forget();
    let doctor = by_root(&users[0], &["doctor"]).run();
    let answers = doctor
        .stdout
        .matches("VirtualBox's server responds; VMs: 1");
    assert_eq!(answers.count(), 4, "{doctor}");

    prober.forget();
    let setting = format!("virtualbox/vboxmanage={}", super::rig::PROBER);
    let mut words = vec!["gen", "--from-virtualbox", "--set", &setting];
    for user in &users {
        words.extend(["--user", user.name]);
    }
    let manifest = by_root(&users[0], &words).run();
    assert_eq!(
        manifest.stdout.matches("<instance name=").count(),
        4,
        "{manifest}"
    );
}

/// One stops VBoxManage, one the process by which root asks: both are told of, and the others are as ever.
#[test]
fn a_user_who_stops_what_root_waits_for_costs_the_others_nothing() {
    let rig = rig_or_skip!();
    let users = rig.exclusive_all();
    let prober = set_up(&users);
    prober.tell(users[0].uid, "stop");
    prober.tell(users[2].uid, "stop-parent");
    // Both at once, so that the limit passes once.
    let status = by_root(
        &users[0],
        &["status", "-H", "-o", "vm,note", "--timeout", "30"],
    );
    let status = status.spawn();
    let doctor = by_root(&users[0], &["doctor", "--timeout=30"]).spawn();
    let (status, doctor) = (status.wait(), doctor.wait());

    assert_eq!(status.code, Some(1), "{status}");
    let seen = rows(&status);
    let vms: Vec<&str> = seen.iter().map(|(state, _)| state.as_str()).collect();
    assert_eq!(
        vms,
        ["unknown", "poweroff", "unknown", "poweroff"],
        "{status}"
    );
    assert!(
        seen[0]
            .1
            .contains("VBoxManage list vms did not respond within"),
        "{status}"
    );
    let of_the_process = format!(
        "the process for user {} did not respond within 30 s",
        users[2].name
    );
    assert!(seen[2].1.contains(&of_the_process), "{status}");
    assert!(status.took >= Duration::from_secs(30), "{status}");

    assert_eq!(doctor.code, Some(1), "{doctor}");
    let answers = doctor
        .stdout
        .matches("VirtualBox's server responds; VMs: 1");
    assert_eq!(answers.count(), 2, "{doctor}");
    // Its lines are broken at the width of a terminal.
    let words: Vec<&str> = doctor.stdout.split_whitespace().collect();
    assert!(words.join(" ").contains(&of_the_process), "{doctor}");
    for user in &users {
        eventually(
            WITHIN,
            || user.processes().is_empty(),
            || format!("{:?} are left", user.processes()),
        );
    }
}
