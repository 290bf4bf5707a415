//! Every row, of twenty VMs of two users.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use super::{as_root, instance, status};
use crate::real::rig::{Run, User, rig_or_skip};

const UP: (&str, &str) = ("online", "none");
const DOWN: (&str, &str) = ("disabled", "none");
const WITHIN: Duration = Duration::from_secs(60);

/// What a row of the JSON says: SMF's state, the VM's, whose it is, and the note.
type Row = (String, String, String, String);

fn rows(run: &Run) -> BTreeMap<String, Row> {
    let report: serde_json::Value = serde_json::from_str(&run.stdout).expect("one JSON object");
    assert_eq!(report["version"], 1);
    let rows = report["instances"].as_array().expect("rows");
    let text = |row: &serde_json::Value, field: &str| match &row[field] {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Null => "-".to_owned(),
        other => panic!("{other}"),
    };
    rows.iter()
        .map(|row| {
            let smf = match row["next_state"].as_str() {
                Some(next) => format!("{}->{next}", text(row, "smf")),
                None => text(row, "smf"),
            };
            let rest = (smf, text(row, "vm"), text(row, "owner"), text(row, "note"));
            (text(row, "name"), rest)
        })
        .collect()
}

#[track_caller]
fn real(user: &User<'_>, arguments: &[&str]) {
    let done = user.vboxmanage(arguments);
    assert_eq!(done.code, Some(0), "{done}");
}

fn start(user: &User<'_>, uuids: &[&String]) {
    for uuid in uuids {
        real(user, &["startvm", uuid, "--type", "headless"]);
    }
}

fn save(user: &User<'_>, uuids: &[&String]) {
    start(user, uuids);
    for uuid in uuids {
        real(user, &["controlvm", uuid, "savestate"]);
    }
    // Nothing that VirtualBox still remembers is to be in the way of what is done to its files.
    let gone = || user.all_vm_processes().is_empty();
    crate::real::rig::eventually(WITHIN, gone, || "a VM runs".to_owned());
    user.cool_down();
}

/// As if the process of a VM had died while it was restored.
fn abort_saved(user: &User<'_>, uuid: &str) {
    let path = user.vm_folder(uuid).join("vm.vbox");
    let text = fs::read_to_string(&path).expect("settings");
    assert!(text.contains(" stateFile="), "{text}");
    let aborted = text.replacen(" stateFile=", " aborted=\"true\" stateFile=", 1);
    fs::write(&path, aborted).expect("to write settings");
}

/// The programs of the calls since `before`, without their arguments.
fn since(user: &User<'_>, before: usize) -> Vec<String> {
    user.programs_so_far().split_off(before)
}

#[test]
fn twenty_vms_of_two_users() {
    let rig = rig_or_skip!();
    let (a, b) = rig.exclusive_pair();

    // With one VM a user, for the number of programs.
    let (run1, run2) = (a.mkvm("run1", "acpi"), b.mkvm("run 2", "acpi"));
    instance(&a, "run1", "run1", UP, &[]);
    instance(&b, "run2", &run2, UP, &[]);
    let before = [&a, &b].map(|user| user.programs_so_far().len());
    as_root(&a, &[]).run().exits(0);
    let few = [(&a, before[0]), (&b, before[1])].map(|(user, before)| since(user, before));
    // Both are off: that is in their settings files.
    assert_eq!(few, [const { Vec::<String>::new() }; 2]);

    let made = |user: &User<'_>, vms: &[(&str, &str)]| user.mkvms(vms);
    let of_a = made(
        &a,
        &[
            ("dis1", "acpi"),
            ("pau1", "acpi"),
            ("sav1", "acpi"),
            ("sav2", "acpi"),
            ("off1", "acpi"),
            ("off2", "acpi"),
            ("gur1", "triple"),
            ("abt1", "acpi"),
            ("asv1", "acpi"),
        ],
    );
    let [dis1, pau1, sav1, sav2, _, _, gur1, abt1, asv1] = &of_a[..] else {
        panic!("{of_a:?}");
    };
    let odd = "ünï \"→\"\nState:  x";
    let of_b = made(
        &b,
        &[
            ("lost", "acpi"),
            ("twin", "acpi"),
            ("twin", "acpi"),
            ("shared", "acpi"),
            ("alone", "acpi"),
            ("mnt", "acpi"),
            ("moving", "acpi"),
            ("leave", "acpi"),
            (odd, "acpi"),
        ],
    );
    let [lost, _, _, shared, _, _, moving, leave, odd_uuid] = &of_b[..] else {
        panic!("{of_b:?}");
    };
    for (name, smf) in [
        ("dis1", DOWN),
        ("pau1", UP),
        ("sav1", UP),
        ("sav2", DOWN),
        ("off1", UP),
        ("off2", DOWN),
        ("gur1", UP),
        ("abt1", UP),
        ("asv1", DOWN),
    ] {
        instance(&a, name, name, smf, &[]);
    }
    let leave_it = [
        ("vm/on_saved", "astring", "leave"),
        ("vm/stop_method", "astring", "acpipowerbutton"),
    ];
    for (name, vm, smf, more) in [
        ("lost", lost.as_str(), UP, &[][..]),
        ("twin", "twin", DOWN, &[]),
        ("sh1", "shared", UP, &[]),
        ("sh2", shared, UP, &[]),
        ("mnt", "mnt", ("maintenance", "none"), &[]),
        ("moving", "moving", ("offline", "online"), &[]),
        ("leave", "leave", UP, &leave_it),
        ("odd", odd, UP, &[]),
        ("gone", "nowhere", DOWN, &[]),
    ] {
        instance(&b, name, vm, smf, more);
    }

    save(&a, &[sav1, sav2, asv1]);
    abort_saved(&a, asv1);
    save(&b, &[leave]);
    fs::remove_file(b.vm_folder(lost).join("vm.vbox")).expect("to lose settings");
    start(&a, &[&run1, dis1, pau1, gur1, abt1]);
    start(&b, &[&run2, shared, moving, odd_uuid]);
    real(&a, &["controlvm", pau1, "pause"]);
    for pid in a.vm_processes(abt1) {
        a.kill(pid, libc::SIGKILL);
    }
    a.wait_state(abt1, &["aborted"], WITHIN);
    a.wait_state(gur1, &["gurumeditation"], WITHIN);

    let before = [&a, &b].map(|user| user.programs_so_far().len());
    let run = as_root(&a, &["--json"]).run();
    run.exits(0);
    let many = [(&a, before[0]), (&b, before[1])].map(|(user, before)| since(user, before));
    // Paused, stuck and moving ones are told by the long list, once for all.
    for programs in many {
        assert!(
            programs.is_empty()
                || programs[..1] == ["VBoxManage list runningvms"]
                    && (programs.len() == 1 || programs[1..] == ["VBoxManage list --long vms"]),
            "{programs:?}"
        );
    }

    let row = |smf: &str, vm: &str, owner: &User<'_>, note: &str| {
        let owner = owner.name.to_owned();
        (smf.to_owned(), vm.to_owned(), owner, note.to_owned())
    };
    let folder = b.vm_folder(lost).to_string_lossy().into_owned();
    let inside = &folder[folder.find("/home/").expect("a home")..];
    let which = format!("{{{lost}}}: {inside}/vm.vbox does not exist");
    let lost = format!("settings file lost: {which}");
    let gone = format!("no such VM; VirtualBox cannot read {which}");
    let expected: BTreeMap<String, Row> = [
        ("run1", row("online", "running", &a, "-")),
        (
            "dis1",
            row("disabled", "running", &a, "disabled but running"),
        ),
        ("pau1", row("online", "paused", &a, "online but paused")),
        ("sav1", row("online", "saved", &a, "online but saved")),
        ("sav2", row("disabled", "saved", &a, "-")),
        ("off1", row("online", "poweroff", &a, "online but off")),
        ("off2", row("disabled", "poweroff", &a, "-")),
        (
            "gur1",
            row("online", "gurumeditation", &a, "online but stuck"),
        ),
        ("abt1", row("online", "aborted", &a, "online but aborted")),
        ("asv1", row("disabled", "aborted-saved", &a, "-")),
        ("run2", row("online", "running", &b, "-")),
        ("lost", row("online", "inaccessible", &b, &lost)),
        ("sh1", row("online", "running", &b, "same VM as sh2")),
        ("sh2", row("online", "running", &b, "same VM as sh1")),
        ("mnt", row("maintenance", "poweroff", &b, "see svcs -xv")),
        ("moving", row("offline->online", "running", &b, "-")),
        ("leave", row("online", "saved", &b, "-")),
        ("odd", row("online", "running", &b, "-")),
        ("gone", row("disabled", "missing", &b, &gone)),
        // The second of the two twins has no instance, the first one has.
        ("alone", row("-", "poweroff", &b, "no instance")),
    ]
    .into_iter()
    .map(|(name, row)| (name.to_owned(), row))
    .collect();
    let mut seen = rows(&run);
    // Both twins have a row of the same name.
    let twin = seen.remove("twin").expect("a twin");
    assert_eq!(twin, row("-", "poweroff", &b, "no instance"));
    assert_eq!(seen, expected);
    assert!(run.stdout.contains("first of 2 same-named"), "{run}");

    let table = as_root(
        &a,
        &["run1", "dis1", "mnt", "moving", "leave", "sh1", "twin"],
    )
    .run();
    table.exits(0);
    let fits = |line: &str| line.chars().count() <= 80;
    assert!(table.stdout.lines().all(fits), "{table}");
    let line = |name: &str| {
        table
            .stdout
            .lines()
            .find(|line| line.split(' ').next() == Some(name))
    };
    assert!(
        line("moving").is_some_and(|l| l.contains(" offline* ")),
        "{table}"
    );
    assert!(
        line("leave").is_some_and(|l| l.contains(" acpipowerbutton ")),
        "{table}"
    );
    let some = as_root(&a, &["-H", "-o", "vm,name", "run1", "off2"]).run();
    assert_eq!(some.exits(0).stdout, "poweroff off2\nrunning  run1\n");
    let metrics = as_root(&a, &["--prometheus"]).run();
    let running = "vbox_smf_vm_running{fmri=\"svc:/site/xvm/vbox:run1\"} 1\n";
    assert!(metrics.exits(0).stdout.contains(running), "{metrics}");

    // The owner sees his own, and is told why he does not see the other's.
    b.set_props("foreign", &[("method_context/user", "astring", a.name)]);
    b.set_state("foreign", "online", "none");
    let own = status(&b, &["--json"]).run();
    own.exits(1);
    let mut seen = rows(&own);
    let note = format!("only root and {} may ask", a.name);
    assert_eq!(
        seen.remove("foreign"),
        Some(row("online", "unknown", &a, &note))
    );
    assert_eq!(seen.len(), 11);
    assert_eq!(seen["run2"], expected["run2"]);
    assert!(own.stderr.contains(&note), "{own}");

    for user in [&a, &b] {
        let programs = user.programs_so_far();
        let shown = programs.iter().find(|each| each.contains("showvminfo"));
        assert_eq!(shown, None);
    }
}

/// However many are off: their files say so, and one list says of those that run that they do.
#[test]
fn many_vms_of_which_some_run() {
    let rig = rig_or_skip!();
    let user = rig.exclusive();
    let (all, up) = if std::env::var_os("VBOX_SMF_FULL").is_some() {
        (100, 10)
    } else {
        (30, 3)
    };
    let names: Vec<String> = (0..all).map(|n| format!("vm{n}")).collect();
    let mut uuids = Vec::new();
    for some in names.chunks(10) {
        let wanted: Vec<_> = some.iter().map(|name| (name.as_str(), "acpi")).collect();
        uuids.extend(user.mkvms(&wanted));
    }
    for (at, (name, uuid)) in names.iter().zip(&uuids).enumerate() {
        instance(&user, name, name, if at < up { UP } else { DOWN }, &[]);
        if at < up {
            let run = user.vboxmanage(&["startvm", uuid, "--type", "headless"]);
            assert_eq!(run.code, Some(0), "{run}");
        }
    }
    let before = user.programs_so_far().len();
    let run = status(&user, &["-H", "-o", "vm"]).run();
    run.exits(0);
    let programs = since(&user, before).into_iter();
    let asked: Vec<_> = programs.filter(|p| p.starts_with("VBoxManage")).collect();
    assert_eq!(asked, ["VBoxManage list runningvms"]);
    let states: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(states.len(), all);
    assert_eq!(
        states.iter().filter(|state| **state == "running").count(),
        up
    );
    assert_eq!(
        states.iter().filter(|state| **state == "poweroff").count(),
        all - up
    );
    println!("status of {all} VMs, {up} of them running: {:?}", run.took);
}
