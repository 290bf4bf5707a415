use super::*;
use crate::commands::generate::{options, tests::arguments};
use crate::config::schema;
use crate::host::fake::Fake;
use crate::manifest::blueprint::{Blueprint, value_of};
use crate::manifest::need::Need;
use crate::manifest::resolve::resolve;
use proptest::prelude::*;

fn uuid(number: u32) -> String {
    format!("{number:08x}-0000-4000-8000-000000000000")
}

fn vm(number: u32, name: &str) -> Registered {
    Registered {
        uuid: uuid(number).parse().unwrap(),
        name: name.to_owned(),
        settings_file: Some(format!("/vms/{number}.vbox")),
        disks: vec![format!("/vms/{number} ü.vdi")],
    }
}

fn user(name: &str) -> AccountName {
    name.parse().unwrap()
}

/// Instance, user and VM of each.
fn told(found: &Found) -> Vec<String> {
    found
        .vms
        .iter()
        .map(|vm| {
            let owner = found
                .directives
                .iter()
                .find_map(|directive| match &directive.want {
                    Directive::User(user)
                        if directive.scope == Scope::Instance(vm.instance.clone()) =>
                    {
                        Some(user.as_str())
                    }
                    _ => None,
                });
            let name = vm.vm.as_ref().map_or("", VmName::as_str);
            format!("{} {} {name}", vm.instance, owner.unwrap_or("?"))
        })
        .collect()
}

#[test]
fn instances_are_called_like_their_vms_as_far_as_can_be() {
    let mut broken = vm(9, "<inaccessible>");
    broken.settings_file = None;
    let found = everything(&[
        (user("bob"), vec![vm(5, "web"), vm(4, "My VM"), broken]),
        (
            user("alice"),
            vec![
                vm(3, "web"),
                vm(2, "twice"),
                vm(1, "twice"),
                vm(6, &uuid(0xabcd_ef01)),
                vm(7, "bell\u{7}"),
                vm(8, "plain"),
            ],
        ),
    ]);
    assert_eq!(
        told(&found),
        [
            // A name in the form of a UUID is looked up as one.
            format!("abcdef01-0000-4000-8000-000000000000 alice {}", uuid(6)),
            format!("bell alice {}", uuid(7)),
            "plain alice ".to_owned(),
            format!("twice-00000001 alice {}", uuid(1)),
            format!("twice-00000002 alice {}", uuid(2)),
            "web-alice alice web".to_owned(),
            "My-VM bob My VM".to_owned(),
            "web-bob bob web".to_owned(),
        ]
    );
    assert_eq!(
        found.notes,
        [format!(
            "note: the VM {} of bob is omitted: VirtualBox cannot read its settings",
            uuid(9)
        )]
    );
}

const LISTS: [(&str, &str); 3] = [
    (
        "list vms",
        "\"vm1\" {00000001-0000-4000-8000-000000000000}\n\"two words\" {00000002-0000-4000-8000-000000000000}\n\
         \"same\" {00000003-0000-4000-8000-000000000000}\n\"same\" {00000004-0000-4000-8000-000000000000}\n",
    ),
    (
        "list --long vms",
        "Name:                        vm1\nUUID:                        00000001-0000-4000-8000-000000000000\n\
         Config file:                 /vms/1.vbox\n\
         Snapshot folder:             /vms/Snapshots\nStorage Controllers:\n\
         \x20 Port 0, Unit 0: UUID: 0000000d-0000-4000-8000-000000000000\n\
         NIC 1:                       disabled\n\
         Name:                        two words\nUUID:                        00000002-0000-4000-8000-000000000000\n\
         Config file:                 /vms/2.vbox\nNIC 1:                       disabled\n\
         Name:                        same\nUUID:                        00000003-0000-4000-8000-000000000000\n\
         Config file:                 /vms/3.vbox\nNIC 1:                       disabled\n\
         Name:                        same\nUUID:                        00000004-0000-4000-8000-000000000000\n\
         Config file:                 /vms/4.vbox\nNIC 1:                       disabled\n",
    ),
    (
        "list hdds",
        "UUID:           0000000d-0000-4000-8000-000000000000\nParent UUID:    base\n\
         Location:       iscsi.example|disk\nStorage format: iSCSI\n",
    ),
];

/// A machine with VirtualBox, and this user.
fn host(name: &str) -> Fake {
    let program = crate::host::FileKind::File;
    let host = ["/", "/usr", "/usr/bin"]
        .iter()
        .fold(Fake::default(), |host, path| {
            host.file(path, 0, 0o755, crate::host::FileKind::Directory)
        })
        .account(name, 100)
        .file("/usr/bin/VBoxManage", 0, 0o755, program);
    LISTS
        .iter()
        .fold(host, |host, (call, text)| host.answer(call, 0, text, ""))
}

fn made(line: &[&str]) -> Result<(Blueprint, Vec<String>), Failure> {
    let arguments = arguments(line);
    let found = look(&host("alice"), &Log::new(&|_| ()), &[], &arguments)?;
    let request = options::request_for(&arguments, found.vms, found.directives)?;
    Ok((resolve(&request)?, found.notes))
}

#[test]
fn the_callers_vms() {
    let (blueprint, notes) =
        made(&["--from-virtualbox", "--set=two-words:vm/on_saved=leave"]).unwrap();
    let told: Vec<_> = blueprint
        .instances
        .iter()
        .map(|i| {
            let files = i.needs.iter().map(|need| match need {
                Need::File(path) => path.as_str(),
                other => panic!("{other:?}"),
            });
            (
                i.name.as_str(),
                i.owner.as_ref().unwrap().user.as_str(),
                value_of(&i.settings, &schema::NAME).unwrap_or_default(),
                files.collect::<Vec<_>>(),
            )
        })
        .collect();
    let (three, four) = (uuid(3), uuid(4));
    assert_eq!(
        told,
        [
            (
                "same-00000003",
                "alice",
                three.as_str(),
                vec!["/vms/3.vbox"]
            ),
            ("same-00000004", "alice", four.as_str(), vec!["/vms/4.vbox"]),
            ("two-words", "alice", "two words", vec!["/vms/2.vbox"]),
            ("vm1", "alice", "", vec!["/vms/1.vbox"]),
        ]
    );
    assert_eq!(
        notes,
        [
            "note: vm1 does not depend on 'iscsi.example|disk': 'iscsi.example|disk' is not an absolute path"
        ]
    );
}

#[test]
fn only_those_that_are_named() {
    let (blueprint, _) = made(&["--from-virtualbox", "x=two words", "vm1"]).unwrap();
    let names: Vec<_> = blueprint
        .instances
        .iter()
        .map(|i| i.name.as_str())
        .collect();
    assert_eq!(names, ["x", "vm1"]);
    let owner = blueprint.instances[0].owner.as_ref().unwrap();
    assert_eq!(owner.user.as_str(), "alice");
    let four = format!("y={}", uuid(4));
    assert!(made(&["--from-virtualbox", "--user=alice", &four]).is_ok());
}

/// The server that answers may be the one that starts the VMs a moment later.
#[test]
fn virtualbox_is_asked_in_the_environment_that_the_vms_are_to_have() {
    let shell = [
        ("TZ", "UTC"),
        ("LANG", "de_AT.UTF-8"),
        ("VBOX_USER_HOME", "/x"),
        ("A", "b"),
    ];
    let shell = shell.map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let arguments = arguments(&[
        "--from-virtualbox",
        "--env=VBOX_LOG=all",
        "--env=alice:VBOX_USER_HOME=/tank",
        "--env=bob:VBOX_USER_HOME=/bob",
        "--timezone=vm1:CET",
        "--timezone=EST5EDT,M3.2.0/2:00:00",
        "--timezone=carol:EET",
    ]);
    let vm1 = "vm1".parse().unwrap();
    let asked = |user: &str, instances: &[&InstanceName]| {
        question(&shell, &arguments, &user.parse().unwrap(), instances).environment
    };
    assert_eq!(
        asked("alice", &[&vm1]),
        [
            "LANG=de_AT.UTF-8",
            "TZ=CET",
            "VBOX_LOG=all",
            "VBOX_USER_HOME=/tank"
        ]
    );
    assert_eq!(
        asked("bob", &[]),
        [
            "LANG=de_AT.UTF-8",
            "TZ=EST5EDT,M3.2.0/2:00:00",
            "VBOX_LOG=all",
            "VBOX_USER_HOME=/bob"
        ]
    );
}

#[test]
fn what_virtualbox_does_not_have() {
    for (line, message) in [
        (
            &["--from-virtualbox", "vm2"][..],
            "'alice' has no VM 'vm2'; available: 'same', 'same', 'two words', 'vm1'",
        ),
        (
            &["--from-virtualbox", "same"],
            "'alice' has two VMs named 'same': 00000003-0000-4000-8000-000000000000 and 00000004-0000-4000-8000-000000000000; specify one by its UUID: same=00000003-0000-4000-8000-000000000000",
        ),
        (
            &["--from-virtualbox", "vm1", "--user=bob"],
            "only 'bob' can access that user's VMs, and the current user is 'alice'; run it as root, or as bob",
        ),
        (
            &["--from-virtualbox", "--user=vm1:bob"],
            "--user vm1:bob: with --from-virtualbox and no VM specified, --user takes only a user name; repeat --user USER for each user",
        ),
    ] {
        let failure = made(line).unwrap_err();
        assert_eq!(failure.to_string(), message);
    }
}

proptest! {
    #[test]
    fn every_vm_has_an_instance_of_its_own_whatever_the_order(
        vms in proptest::collection::vec((0..3_usize, "[a\\-. ]{1,3}|a{118,121}"), 1..8),
        turn in 0..8_usize,
    ) {
        let of = |wanted: usize, turn: usize| {
            let mut theirs: Vec<_> = vms
                .iter()
                .zip(1..)
                .filter(|((user, _), _)| *user == wanted)
                .map(|((_, name), number)| vm(number, name))
                .collect();
            if !theirs.is_empty() {
                let middle = turn % theirs.len();
                theirs.rotate_left(middle);
            }
            theirs
        };
        let users = |turn| [0, 1, 2].map(|i| (user(["u", "u.", "v"][i]), of(i, turn)));
        let found = everything(&users(0));
        let names: std::collections::BTreeSet<_> = found.vms.iter().map(|vm| &vm.instance).collect();
        prop_assert_eq!(names.len(), vms.len());
        let turned = everything(&users(turn));
        prop_assert_eq!(told(&found), told(&turned));
    }
}
