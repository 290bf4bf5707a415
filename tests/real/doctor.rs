//! `doctor` on real VirtualBox: nothing to say of what is well, and each check made to find what it is for, where the
//! rig can be spoilt in that way. (It has every locale, and its home directories are no links.)

mod commands;
mod machine;
mod users;
mod vms;

use serde_json::Value;

use super::rig::{Call, PROGRAM, Run, User};

fn doctor<'user>(user: &'user User<'user>, arguments: &[&str]) -> Call<'user> {
    let all: Vec<&str> = ["doctor", "--json"]
        .iter()
        .chain(arguments)
        .copied()
        .collect();
    user.program(PROGRAM, &all)
}

fn as_root<'user>(user: &'user User<'user>, arguments: &[&str]) -> Call<'user> {
    doctor(user, arguments)
        .by_root()
        .env("HOME", "/root")
        .env("USER", "root")
        .env("LOGNAME", "root")
}

/// An instance of this user's that is disabled, and whose VM is off: nothing is wrong with that.
fn instance(user: &User<'_>, name: &str, more: &[(&str, &str, &str)]) {
    let usual = [
        ("method_context/user", "astring", user.name),
        ("start/exec", "astring", "/lib/svc/method/vbox %m"),
    ];
    let is_set = |path: &str| more.iter().any(|(own, ..)| *own == path);
    let mut properties = more.to_vec();
    properties.extend(usual.iter().filter(|(path, ..)| !is_set(path)));
    user.set_props(name, &properties);
    user.set_state(name, "disabled", "none");
}

/// A user with one VM, `vm1`, and its instance.
fn set_up(user: &User<'_>) -> String {
    let uuid = user.mkvm("vm1", "acpi");
    instance(user, "vm1", &[]);
    uuid
}

/// The same with a name that no other user has: root sees the instances of all.
fn set_up_for_root(user: &User<'_>) -> String {
    let name = format!("vm{}", user.uid);
    user.mkvm(&name, "acpi");
    instance(user, &name, &[]);
    name
}

/// A check as JSON has it: verdict, check, subject, and all that is said.
fn checks(run: &Run) -> Vec<(String, String, String, String)> {
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e}: {run}"));
    assert_eq!(report["version"], 1);
    let text = |check: &Value, field: &str| check[field].as_str().unwrap_or_default().to_owned();
    let all = report["checks"].as_array().expect("checks");
    all.iter()
        .map(|check| {
            let said = ["finding", "hint", "command"].map(|field| text(check, field));
            (
                text(check, "verdict"),
                text(check, "check"),
                text(check, "subject"),
                said.join(" | "),
            )
        })
        .collect()
}

/// It finds this, with these words, and nothing else that is as grave.
#[track_caller]
fn finds(run: &Run, verdict: &str, topic: &str, words: &[&str]) {
    let found = checks(run);
    let matching: Vec<_> = found
        .iter()
        .filter(|(v, t, ..)| v == verdict && t == topic)
        .collect();
    assert!(!matching.is_empty(), "no {verdict} {topic}: {found:#?}");
    for word in words {
        let said = matching.iter().any(|(.., said)| said.contains(word));
        assert!(said, "`{word}` is not in {matching:#?}");
    }
    let others: Vec<_> = found
        .iter()
        .filter(|(v, t, ..)| v == "fail" && t != topic)
        .collect();
    assert!(others.is_empty(), "{others:#?}");
    let failed = found.iter().any(|(v, ..)| v == "fail");
    assert_eq!(run.code, Some(i32::from(failed)), "{run}");
}

/// Nothing is wrong.
#[track_caller]
fn finds_nothing(run: &Run) {
    let found = checks(run);
    let wrong: Vec<_> = found.iter().filter(|(v, ..)| v != "ok").collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{run}");
}
