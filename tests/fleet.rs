//! `vbox-smf gen --fleet` and `--explain`: the shipped fleet, byte for byte, and how the command is told
//! what is wrong.

use std::fs;
use std::path::Path;

use crate::generate::{assert_golden, assert_same, directory, gen_in, golden, run};

/// The shipped fleet file.
fn fleet() -> String {
    golden("fleet.toml").to_str().unwrap().to_owned()
}

#[test]
fn the_shipped_fleet() {
    let text = assert_golden("fleet.xml", &["--fleet", &fleet()]);
    assert_eq!(text.matches("<instance ").count(), 5);
    assert_eq!(run(&["--fleet", &fleet()]).1, text, "the same bytes");
}

#[test]
fn some_vms_of_a_fleet() {
    let all = run(&["--fleet", &fleet()]).1;
    let (status, some, stderr) = run(&["--fleet", &fleet(), "lab", "web"]);
    assert_eq!(status, 0, "{stderr}");
    assert_eq!(some.matches("<instance ").count(), 2);
    // What the service says is the same: it is said for every manifest of this service.
    let service = |text: &str| {
        let end = text.find("<instance ").unwrap();
        text[..end].to_owned()
    };
    assert_eq!(service(&some), service(&all));
    assert!(
        stderr.contains("svcadm enable vbox:web vbox:lab"),
        "{stderr}"
    );
}

#[test]
fn a_file_for_each_vm_of_a_fleet() {
    let directory = directory("fleet-files");
    let (status, stdout, stderr) = gen_in(&directory, &["--fleet", &fleet(), "--output-dir=."]);
    assert_eq!((status, stdout.as_str()), (0, ""), "{stderr}");
    for name in ["db", "db-test", "web", "mail", "lab"] {
        let text = fs::read_to_string(directory.join(format!("{name}.xml"))).unwrap();
        assert_eq!(text, run(&["--fleet", &fleet(), name]).1, "{name}");
    }
}

#[test]
fn explain_tells_of_the_shipped_fleet() {
    let (status, table, stderr) = run(&["--fleet", &fleet(), "--explain"]);
    assert_eq!((status, stderr.as_str()), (0, ""));
    assert_same(&golden("fleet.explain"), &table);
    for line in table.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let (status, json, _) = run(&["--fleet", &fleet(), "--explain", "--json"]);
    assert_eq!(status, 0);
    for part in [
        "\"version\":1,",
        "\"property\":\"vm/stop_method\",",
        "\"level\":\"service\",",
        "\"from\":\"[defaults] line 8\"",
        "\"level\":null,",
    ] {
        assert!(json.contains(part), "{part} in {json}");
    }
}

#[test]
fn explain_without_a_fleet() {
    let (status, table, stderr) = run(&[
        "a",
        "b=b b",
        "--user=u",
        "--set=b:vm/stop_method=shutdown",
        "--explain",
    ]);
    assert_eq!((status, stderr.as_str()), (0, ""));
    for row in [
        "vm/stop_method         savestate         service           schema default\n",
        "                       shutdown          instance b        --set\n",
        "                       b b               instance b        b=b b\n",
        "user                   u                 instances a, b    --user=u\n",
    ] {
        let row = row.replace("--user=u", "--user u");
        assert!(table.contains(&row), "{row:?} in:\n{table}");
    }
    assert!(!table.contains("<service"));
}

#[test]
fn rbac_and_a_profile_of_a_fleet() {
    let (status, fragments, stderr) = run(&["rbac", "--admin=ann", "--fleet", &fleet()]);
    assert_eq!(status, 0, "{stderr}");
    // The manifest asks for every authorization that somebody is given, and for no other.
    let manifest = run(&["--fleet", &fleet()]).1;
    let mut asked: Vec<_> = manifest
        .split('\'')
        .filter(|value| value.starts_with("solaris.smf."))
        .collect();
    asked.sort_unstable();
    asked.dedup();
    let mut there: Vec<_> = fragments
        .lines()
        .filter(|line| line.starts_with("solaris.smf."))
        .map(|line| line.split(':').next().unwrap())
        .collect();
    there.sort_unstable();
    assert_eq!(asked, there);
    assert!(fragments.contains("\nann::::profiles=VirtualBox Administration\n"));
    assert!(fragments.contains("\nalice::::auths=solaris.smf.manage.vbox.lab,"));

    let (status, profile, stderr) = run(&["profile", "--fleet", &fleet(), "db", "lab"]);
    assert_eq!(status, 0, "{stderr}");
    assert!(profile.contains("<instance name='db' enabled='true'>"));
    assert!(profile.contains("<instance name='lab' enabled='false'>"));
    assert!(!profile.contains("name='web'"));
}

#[test]
fn what_is_wrong_is_one_line_with_its_place() {
    let directory = directory("fleet-errors");
    let table = [
        (
            "[vm.a]\nusr = 'u'\n",
            "vbox-smf: f.toml:2:1: [vm.a] has no key 'usr'; did you mean user?\n",
        ),
        (
            "[vm.a]\nuser = 'u'\nstop_timeout = 'x'\n",
            "vbox-smf: f.toml:3:16: stop_timeout is a string; it must be an integer, in seconds\n",
        ),
        (
            "[vm.a]\n",
            "vbox-smf: f.toml: no user for a: VirtualBox keeps VMs per user, so SMF has to start it as its owner; set user = \"NAME\" in [defaults], in [vm.a] or in one of its templates\n",
        ),
        (
            "[defaults]\nuser = 'u'\n[vm.a]\nafter = ['b']\n",
            "vbox-smf: f.toml: [vm.a] line 4: no specified VM has the instance 'b'; ",
        ),
        (
            "[defaults]\nuser = 'u'\n[vm.a]\ntimezone = 'UTC'\n[vm.b]\n",
            "vbox-smf: f.toml: a has ",
        ),
        (
            "[defaults]\nuser = 'u'\n[vm.a]\nrequires = ['b']\n[vm.b]\nafter = ['a']\n",
            "vbox-smf: f.toml: a and b depend on each other: a -> b -> a; remove one",
        ),
        (
            "[defaults]\nuser = 'u'\ndelegate = ['bob']\n[vm.grant]\n",
            "vbox-smf: f.toml: [defaults] line 3: solaris.smf.manage.vbox.grant would let its holder delegate the authorizations of other VMs; rename the table, and set the VM's name with the key name",
        ),
        ("\u{1b}[2J", "vbox-smf: f.toml:1:2: this is not TOML: "),
    ];
    for (text, message) in table {
        fs::write(directory.join("f.toml"), text).unwrap();
        let arguments = ["--fleet=f.toml", "--output=v.xml"];
        let (status, stdout, stderr) = gen_in(&directory, &arguments);
        assert_eq!((status, stdout.as_str()), (96, ""), "{stderr}");
        assert!(stderr.starts_with(message), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
    assert!(!directory.join("v.xml").exists());
    let (status, _, stderr) = gen_in(Path::new("/"), &["--fleet=/nonexistent"]);
    assert_eq!(status, 96);
    assert!(
        stderr.starts_with("vbox-smf: cannot read /nonexistent: "),
        "{stderr}"
    );
}

#[test]
fn a_fleet_says_everything_itself() {
    for option in [
        "--user=u",
        "--set=vm/on_saved=leave",
        "--enabled",
        "--delegate=bob",
    ] {
        let (status, _, stderr) = run(&["--fleet", &fleet(), option]);
        assert_eq!(status, 2, "{stderr}");
        assert!(stderr.contains("cannot be used with"), "{stderr}");
    }
    let (status, _, stderr) = run(&["--fleet", &fleet(), "nope"]);
    assert_eq!(status, 2);
    assert!(
        stderr.ends_with("has no [vm.nope]; available: db, db-test, web, mail, lab\n"),
        "{stderr}"
    );
}
