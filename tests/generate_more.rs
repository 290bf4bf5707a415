//! `vbox-smf gen rbac` and `gen profile`: what they write, byte for byte, and what they refuse.

use std::fs;
use std::path::Path;

use crate::generate::{assert_golden, assert_same, directory, gen_in, golden, run};

/// The fragments that are shipped: somebody for all VMs, somebody for one.
const RBAC: &[&str] = &[
    "rbac",
    "vm1",
    "vm2",
    "--admin=alice",
    "--delegate=vm1:bob",
    "--delegate=vm2:bob",
];

/// A host that runs two VMs, each a little otherwise than the manifest says.
const PROFILE: &[&str] = &[
    "profile",
    "vm1",
    "db=db.example",
    "--set=vm/stop_method=acpipowerbutton",
    "--set=db:vm/stop_timeout=600",
    "--set=db:virtualbox/vboxmanage=/opt/VirtualBox/VBoxManage",
];

#[test]
fn the_fragments() {
    let directory = directory("rbac");
    let arguments: Vec<_> = RBAC.iter().copied().chain(["--output-dir=."]).collect();
    let (status, stdout, stderr) = gen_in(&directory, &arguments);
    assert_eq!((status, stdout.as_str()), (0, ""), "{stderr}");
    assert_eq!(
        stderr,
        "next: cp ./auth_attr /etc/security/auth_attr.d/vbox-smf; \
         cp ./prof_attr /etc/security/prof_attr.d/vbox-smf; \
         cp ./user_attr /etc/user_attr.d/vbox-smf; svcadm restart svc:/system/rbac\n"
    );
    let (_, together, _) = run(RBAC);
    let mut expected = String::new();
    for (name, path) in [
        ("auth_attr", "/etc/security/auth_attr.d/vbox-smf"),
        ("prof_attr", "/etc/security/prof_attr.d/vbox-smf"),
        ("user_attr", "/etc/user_attr.d/vbox-smf"),
    ] {
        let text = fs::read_to_string(directory.join(name)).unwrap();
        assert_same(&golden("rbac").join(name), &text);
        expected += &["# ", path, "\n", &text].concat();
    }
    assert_eq!(together, expected);
}

#[test]
fn no_fragment_is_written_where_one_exists() {
    let directory = directory("rbac-exists");
    fs::write(directory.join("user_attr"), "mine").unwrap();
    let arguments = ["rbac", "--admin=alice", "--output-dir=."];
    let (status, _, stderr) = gen_in(&directory, &arguments);
    assert_eq!(status, 96);
    assert_eq!(
        stderr,
        "vbox-smf: ./user_attr exists; use --force to replace it\n"
    );
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);
    let forced = [&arguments[..], &["--force"]].concat();
    assert_eq!(gen_in(&directory, &forced).0, 0);
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 3);
    assert_eq!(
        fs::read_to_string(directory.join("user_attr")).unwrap(),
        "alice::::profiles=VirtualBox Administration\n"
    );
}

/// Seen with the real svc.configd: without an empty comment nobody but root can enable or disable, and without
/// `vm/modify_authorization` an administrator can set nothing in an instance.
#[test]
fn what_administrators_and_delegates_need_is_in_every_instance() {
    let directory = directory("delegation");
    let line = &[
        "vm1",
        "vm2",
        "--user=vbox",
        "--group=vbox",
        "--delegate=vm1:bob",
        "-o",
        "vbox.xml",
    ];
    assert_eq!(gen_in(&directory, line).0, 0);
    let text = fs::read_to_string(directory.join("vbox.xml")).unwrap();
    let (service, instances) = text.split_once("<instance name='vm1'").unwrap();
    let (vm1, vm2) = instances.split_once("<instance name='vm2'").unwrap();
    let comment = "<propval name='comment' type='astring' value=''/>";
    let modify =
        "<propval name='modify_authorization' type='astring' value='solaris.smf.value.vbox'/>";
    assert!(!service.contains(comment) && !service.contains(modify));
    for (of, times) in [(vm1, 2), (vm2, 1)] {
        assert_eq!(of.matches(comment).count(), 1, "{of}");
        // In vm, and in the general of the delegated one.
        assert_eq!(of.matches(modify).count(), times, "{of}");
    }
    for arguments in [
        &["validate", "--strict", "vbox.xml"][..],
        &["rehearse", "vbox.xml"],
    ] {
        let output = assert_cmd::Command::new(assert_cmd::cargo::cargo_bin!("vbox-smf"))
            .args(arguments)
            .current_dir(&directory)
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }
}

#[test]
fn the_profile() {
    let text = assert_golden("profile.xml", PROFILE);
    assert_eq!(text.matches("enabled='true'").count(), 2);
    let disabled = [PROFILE, &["--disabled"]].concat();
    assert_eq!(
        run(&disabled).1,
        text.replace("enabled='true'", "enabled='false'")
    );
    let directory = directory("profile");
    let to_file = [PROFILE, &["-o", "my site.xml"]].concat();
    let (status, stdout, stderr) = gen_in(&directory, &to_file);
    assert_eq!((status, stdout.as_str()), (0, ""));
    assert_eq!(stderr, "next: svccfg apply 'my site.xml'\n");
    assert_eq!(gen_in(&directory, &to_file).0, 96, "it exists");
}

#[test]
fn a_vm_may_be_called_like_a_command() {
    for line in [
        &["rbac=rbac", "--user=u"][..],
        &["--user=u", "rbac"],
        &["vm1", "rbac", "--user=u"],
        &["help", "--user=u"],
    ] {
        let (status, stdout, stderr) = run(line);
        assert_eq!(status, 0, "{stderr}");
        let name = if line[0] == "help" { "help" } else { "rbac" };
        assert!(
            stdout.contains(&format!("<instance name='{name}' enabled='false'>")),
            "{line:?}"
        );
    }
}

#[test]
fn refusals_name_what_is_allowed() {
    let table: &[(&[&str], &str)] = &[
        (
            &["rbac", "--admin=a:b"],
            "--admin: 'a:b' is not a valid user name for user_attr; allowed: a letter or '_'",
        ),
        (
            &["rbac", "--delegate=bob"],
            "--delegate bob: no VM specified; specify the VMs, or use --admin",
        ),
        (
            &["rbac", "vm1", "--delegate=vm2:bob"],
            "--delegate vm2:bob: no specified VM has the instance 'vm2'",
        ),
        (
            &["rbac", "grant", "--delegate=grant:bob"],
            "would let its holder delegate the authorizations of other VMs; give the VM another instance name",
        ),
        (
            &["profile", "web.example"],
            "no instance can be named after the VM 'web.example'",
        ),
        (
            &["profile", "a", "--set=vm/on_saved=keep"],
            "vm/on_saved cannot be 'keep'; allowed: restore, discard, leave or refuse",
        ),
        (&["profile", "a", "a"], "the instance a is defined twice"),
    ];
    for (arguments, message) in table {
        let (status, stdout, stderr) = gen_in(Path::new("/"), arguments);
        assert_eq!((status, stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(stderr.contains(message), "{arguments:?}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
}
