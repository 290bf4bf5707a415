//! `vbox-smf gen --from-virtualbox`: the real VirtualBox is asked, and takes no harm.

use std::fs;

use super::rig::{PROGRAM, RECORDER, Run, User, rig_or_skip};
use super::rounds;

/// `gen --from-virtualbox` as this user.
fn read_by(user: &User, arguments: &[&str]) -> Run {
    let line = [&["gen", "--from-virtualbox"], arguments].concat();
    user.program(PROGRAM, &line).run()
}

/// The same by root, who has another environment.
fn read_by_root(user: &User, arguments: &[&str]) -> Run {
    let line = [&["gen", "--from-virtualbox"], arguments].concat();
    let call = user.program(PROGRAM, &line).env("HOME", "/root");
    let call = call.env("USER", "root").env("LOGNAME", "root");
    call.directory("/").by_root().run()
}

fn vbox(user: &User, arguments: &[&str]) {
    let run = user.vboxmanage(arguments);
    assert_eq!(run.code, Some(0), "{run}");
}

/// The text of an instance's element.
#[track_caller]
fn instance<'a>(manifest: &'a Run, name: &str) -> &'a str {
    assert_eq!(manifest.code, Some(0), "{manifest}");
    let begin = format!("<instance name='{name}'");
    let text = manifest.stdout.split_once(&begin);
    let (_, rest) = text.unwrap_or_else(|| panic!("no instance {name}: {manifest}"));
    rest.split_once("</instance>").expect("its end").0
}

/// What an instance waits for, as the manifest has it.
#[track_caller]
fn files(manifest: &Run, name: &str) -> Vec<String> {
    let text = instance(manifest, name);
    text.split("<service_fmri value='file://localhost")
        .skip(1)
        .map(|rest| rest.split_once('\'').expect("its end").0.to_owned())
        .collect()
}

#[test]
fn settings_and_base_disks_whatever_their_paths_and_snapshots() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let uuids = user.mkvms(&[("plain", "acpi"), ("snäp shot", "acpi")]);
    let home = user.home();
    let disk = format!("{home}/my dïsks/b's ü & 100%.vdi");
    vbox(
        &user,
        &["createmedium", "disk", "--filename", &disk, "--size", "4"],
    );
    let attach = [
        "--storagectl",
        "ide",
        "--port",
        "0",
        "--device",
        "1",
        "--type",
        "hdd",
    ];
    let storage = [
        &["storageattach", &uuids[1]],
        &attach[..],
        &["--medium", &disk],
    ]
    .concat();
    vbox(&user, &storage);
    for snapshot in ["one", "two"] {
        vbox(&user, &["snapshot", &uuids[1], "take", snapshot]);
    }

    let manifest = read_by(&user, &[]);
    let folder = |uuid: &str| format!("{home}/VirtualBox VMs/{uuid}");
    let plain = folder(&uuids[0]);
    assert_eq!(
        files(&manifest, "plain"),
        [format!("{plain}/disk.vdi"), format!("{plain}/vm.vbox")]
    );
    let snapped = folder(&uuids[1]);
    assert_eq!(
        files(&manifest, "sn-p-shot"),
        [
            format!("{snapped}/disk.vdi"),
            format!("{snapped}/vm.vbox"),
            format!("{home}/my dïsks/b&apos;s ü &amp; 100%.vdi"),
        ]
    );
    let text = instance(&manifest, "sn-p-shot");
    assert!(
        text.contains("<propval name='name' type='astring' value='snäp shot'/>"),
        "{text}"
    );
    let owner = format!("<method_credential user='{}'", user.name);
    assert!(text.contains(&owner), "{text}");
    // Each is there: svc.startd would find it by this very path.
    for path in files(&manifest, "sn-p-shot") {
        let path = path.replace("&apos;", "'").replace("&amp;", "&");
        assert!(super::rig::outside(&path).exists(), "{path}");
    }

    // The same again, and the same when root asks: as that user, whose VirtualBox it is.
    assert_eq!(read_by(&user, &[]).stdout, manifest.stdout);
    let by_root = read_by_root(&user, &["--user", user.name]);
    assert_eq!(by_root.stdout, manifest.stdout, "{by_root}");
    assert!(user.all_vm_processes().is_empty());
}

#[test]
fn root_asks_for_many_users() {
    let rig = rig_or_skip!();
    let (one, other) = rig.pair();
    let ours = one.mkvms(&[("web", "acpi"), ("same", "acpi"), ("same", "acpi")]);
    other.mkvms(&[("web", "acpi"), ("line\nend", "acpi")]);
    let (first, second) = (one.name, other.name);
    let manifest = read_by_root(&one, &["--user", second, "--user", first]);
    for (name, user, vm) in [
        (format!("web-{first}"), first, "web"),
        (format!("web-{second}"), second, "web"),
        ("line-end".to_owned(), second, "line&#10;end"),
        (format!("same-{}", &ours[1][..8]), first, ours[1].as_str()),
        (format!("same-{}", &ours[2][..8]), first, ours[2].as_str()),
    ] {
        let text = instance(&manifest, &name);
        assert!(text.contains(&format!(" user='{user}'")), "{text}");
        assert!(text.contains(&format!("value='{vm}'")), "{text}");
        assert_eq!(files(&manifest, &name).len(), 2, "{name}");
    }
    let named = [
        "w1=web",
        "w2=web",
        "--user",
        first,
        "--user",
        &format!("w2:{second}"),
    ];
    let manifest = read_by_root(&one, &named);
    let home = one.home();
    assert!(
        files(&manifest, "w1")
            .iter()
            .all(|path| path.starts_with(&home))
    );
    assert_eq!(manifest.stdout.matches("<instance ").count(), 2);
    // One user cannot ask for another one.
    let run = read_by(&one, &["--user", second]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(100), ""), "{run}");
    assert!(run.stderr.contains("run it as root, or as"), "{run}");
    // Nobody has that name.
    let run = read_by_root(&one, &["--user", "nobody-at-all"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(100), ""), "{run}");
    assert!(
        run.stderr.contains("there is no user 'nobody-at-all'"),
        "{run}"
    );
}

#[test]
fn what_virtualbox_cannot_read_is_left_out_and_said() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let uuids = user.mkvms(&[("there", "acpi"), ("gone", "acpi")]);
    user.cool_down();
    fs::remove_file(user.vm_folder(&uuids[1]).join("vm.vbox")).expect("to remove the settings");
    let manifest = read_by(&user, &[]);
    assert_eq!(files(&manifest, "there").len(), 2);
    assert_eq!(manifest.stdout.matches("<instance ").count(), 1);
    let note = format!("note: the VM {} of {} is omitted", uuids[1], user.name);
    assert!(manifest.stderr.contains(&note), "{manifest}");
    let run = read_by(&user, &["gone"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(96), ""), "{run}");
    assert!(
        run.stderr.contains("has no VM 'gone'; available: 'there'"),
        "{run}"
    );
    let by_uuid = format!("x={}", uuids[1]);
    let run = read_by(&user, &[&by_uuid]);
    assert_eq!(run.code, Some(96), "{run}");
    assert!(
        run.stderr.contains("cannot read the settings of the VM"),
        "{run}"
    );
}

#[test]
fn no_vm_at_all() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let run = read_by(&user, &[]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(96), ""), "{run}");
    assert!(run.stderr.contains("has no VMs in VirtualBox"), "{run}");
}

/// Beside starts and stops: neither fails because of the other, and nothing but lists is asked for.
#[test]
fn asking_does_no_harm_to_vms_that_start_and_stop() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let uuid = user.mkvm("vm1", "acpi");
    user.set_props("vm1", &[("vm/stop_method", "astring", "poweroff")]);
    let recorder = format!("--set=virtualbox/vboxmanage={RECORDER}");
    let expected = read_by(&user, &[&recorder]);
    for round in 0..rounds(50) {
        for verb in ["start", "stop"] {
            let line = ["gen", "--from-virtualbox", &recorder];
            let asking: Vec<_> = (0..2)
                .map(|_| user.program(PROGRAM, &line).spawn())
                .collect();
            let method = user.method("vm1", verb).run();
            assert_eq!(method.code, Some(0), "round {round}: {method}");
            for running in asking {
                let run = running.wait();
                assert_eq!(run.stdout, expected.stdout, "round {round}: {run}");
            }
        }
    }
    assert_eq!(user.state(&uuid), "poweroff");
}
