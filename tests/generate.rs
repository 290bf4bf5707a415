//! `vbox-smf gen`: what it writes, byte for byte, and what it refuses.
//!
//! `UPDATE_GOLDEN=1 cargo test generate` writes the golden files in `manifests/` anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assert_cmd::Command;

/// One VM with everything at its default: the shipped manifest.
const ONE: &[&str] = &["vm1", "--user", "vbox", "--group", "vbox"];

/// Three VMs of two users, settings for all and for one, names and paths that need care.
const THREE: &[&str] = &[
    "web",
    "mail=mail.example",
    "lab=R&D <\"old\"> 'lab'; VMState=\"running",
    "--user=alice",
    "--user=lab:bob",
    "--group=lab:staff",
    "--set=vm/stop_method=acpipowerbutton",
    "--set=vm/stop_timeout=400",
    "--set=virtualbox/vboxmanage=/opt/VirtualBox 7/VBoxManage",
    "--set=mail:vm/start_delay=60",
    "--set=lab:vm/stop_timeout=900",
    "--set=lab:vm/stop_fallback=none",
    "--requires=web:mail",
    "--after=lab",
    "--depends-on=svc:/network/ntp:default",
    "--path=/tank/gäste & \"co\"",
    "--path=lab:/tank/lab/100% 'lab'.vbox",
    "--timezone=Europe/Vienna",
    "--env=bob:VBOX_USER_HOME=/tank/bob's vms",
    "--project=alice:user.alice",
    "--privileges=bob:basic,!proc_info",
    "--notify=mailto:root@localhost",
    "--notify=lab:snmp:active",
    "--enabled",
    "--service=site/guests",
    "--method=/opt/100% ours/vbox",
];

/// What a run gave: exit status, standard output, standard error.
pub(crate) type Run = (i32, String, String);

/// Runs `vbox-smf gen` with an empty environment.
pub(crate) fn gen_in(directory: &Path, arguments: &[&str]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_vbox-smf"))
        .arg("gen")
        .args(arguments)
        .env_clear()
        .current_dir(directory)
        .timeout(Duration::from_secs(900))
        .output()
        .unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

pub(crate) fn run(arguments: &[&str]) -> Run {
    gen_in(Path::new("/"), arguments)
}

/// An empty directory for one test.
pub(crate) fn directory(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _gone = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

pub(crate) fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("manifests")
        .join(name)
}

#[track_caller]
pub(crate) fn assert_golden(name: &str, arguments: &[&str]) -> String {
    let (status, text, stderr) = run(arguments);
    assert_eq!(status, 0, "{stderr}");
    assert_same(&golden(name), &text);
    text
}

/// A golden file holds this text, byte for byte.
#[track_caller]
pub(crate) fn assert_same(path: &Path, text: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(path, text).unwrap();
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    assert!(
        text == expected,
        "{} differs; UPDATE_GOLDEN=1 writes it anew:\n{text}",
        path.display()
    );
}

#[test]
fn the_shipped_manifest_is_what_gen_writes() {
    assert_golden("vbox.xml", ONE);
}

#[test]
fn three_vms_of_two_users() {
    let text = assert_golden("three-vms.xml", THREE);
    for part in [
        "<service name='site/guests' ",
        "exec='&apos;/opt/100%% ours/vbox&apos; %m'",
        "<instance name='web' enabled='true'>",
        "value='mail.example'",
        "value='R&amp;D &lt;\"old\"&gt; &apos;lab&apos;; VMState=\"running'",
        "<method_credential user='bob' group='staff' privileges='basic,!proc_info'/>",
        "<method_context working_directory=':home' project='user.alice'>",
        "<envvar name='VBOX_USER_HOME' value='/tank/bob&apos;s vms'/>",
        "<service_fmri value='svc:/site/guests:mail'/>",
        "<service_fmri value='file://localhost/tank/gäste &amp; \"co\"'/>",
        "<service_fmri value='file://localhost/tank/lab/100% &apos;lab&apos;.vbox'/>",
        "<type name='snmp' active='true'/>",
        "value='/opt/VirtualBox 7/VBoxManage'",
        "timeout_seconds='410'",
        "timeout_seconds='910'",
        "timeout_seconds='180'",
    ] {
        assert!(text.contains(part), "{part}");
    }
    // Each method that an instance has is a whole one.
    assert_eq!(
        text.matches("<exec_method ").count(),
        text.matches(" exec='").count()
    );
}

#[test]
fn the_same_words_give_the_same_bytes() {
    assert_eq!(run(THREE), run(THREE));
}

/// Asks xmllint, where there is one.
#[track_caller]
fn well_formed(path: &Path) {
    let name = path.display().to_string();
    match Command::new("xmllint")
        .arg("--noout")
        .arg("--nonet")
        .arg(path)
        .output()
    {
        Ok(output) => assert!(
            output.status.success(),
            "{name}: {}",
            String::from_utf8_lossy(&output.stderr)
        ),
        Err(error) => crate::skipped(&name, &format!("xmllint is not to be had ({error})")),
    }
}

#[test]
fn the_shipped_manifests_are_well_formed_to_xmllint() {
    for name in ["vbox.xml", "three-vms.xml", "profile.xml", "fleet.xml"] {
        well_formed(&golden(name));
    }
}

#[test]
fn the_manifest_goes_to_standard_output_and_the_next_step_to_standard_error() {
    let (status, stdout, stderr) = run(ONE);
    assert_eq!(status, 0);
    assert!(stdout.starts_with("<?xml version=\"1.0\"?>\n<!DOCTYPE service_bundle SYSTEM \"/usr/share/lib/xml/dtd/service_bundle.dtd.1\">\n"));
    assert!(stdout.ends_with("</service_bundle>\n"));
    assert_eq!(
        stderr,
        "next: save it as vbox.xml, then svccfg import vbox.xml; svcadm enable vbox:vm1\n"
    );
}

#[test]
fn a_file_is_written_once() {
    let directory = directory("written-once");
    let arguments: Vec<_> = ONE.iter().copied().chain(["--output", "v.xml"]).collect();
    let (status, stdout, stderr) = gen_in(&directory, &arguments);
    assert_eq!((status, stdout.as_str()), (0, ""));
    assert_eq!(
        stderr,
        "next: svccfg import v.xml; svcadm enable vbox:vm1\n"
    );
    let path = directory.join("v.xml");
    assert_eq!(fs::read_to_string(&path).unwrap(), run(ONE).1);

    fs::write(&path, "mine").unwrap();
    let (status, stdout, stderr) = gen_in(&directory, &arguments);
    assert_eq!((status, stdout.as_str()), (96, ""));
    assert_eq!(
        stderr,
        "vbox-smf: v.xml exists; use --force to replace it\n"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");

    let forced: Vec<_> = arguments.iter().copied().chain(["--force"]).collect();
    assert_eq!(gen_in(&directory, &forced).0, 0);
    assert_ne!(fs::read_to_string(&path).unwrap(), "mine");
    assert_eq!(
        fs::read_dir(&directory).unwrap().count(),
        1,
        "nothing is left beside it"
    );
}

#[test]
fn a_folder_that_is_not_there() {
    let (status, stdout, stderr) = run(&["vm1", "--user=u", "--output=/nonexistent/v.xml"]);
    assert_eq!((status, stdout.as_str()), (96, ""));
    assert_eq!(
        stderr,
        "vbox-smf: cannot write /nonexistent/v.xml: /nonexistent: No such file or directory (os error 2); check that the folder exists\n"
    );
}

#[test]
fn refusals_are_one_line_on_standard_error_and_nothing_is_written() {
    let directory = directory("refusals");
    let table: &[(&[&str], &str)] = &[
        (&["vm1"], "no user for vm1: "),
        (
            &["web.example", "--user=u"],
            "try vbox-smf gen web-example=web.example",
        ),
        (&["a", "a", "--user=u"], "the instance a is defined twice"),
        (
            &["a=x", "b=x", "--user=u"],
            "a and b are the same VM, 'x'; a VM can have only one instance",
        ),
        (
            &["a", "--user=u", "--set=vm/name=x"],
            "vm/name cannot be set for all VMs; give each VM as INSTANCE=NAME",
        ),
        (
            &["a", "--user=u", "--set=vm/on_saved=keep"],
            "vm/on_saved cannot be 'keep'; allowed: restore, discard, leave or refuse",
        ),
        (
            &[
                "a",
                "--user=u",
                "--set=a:vm/on_saved=leave",
                "--set=a:vm/on_saved=leave",
            ],
            "vm/on_saved is set twice for a",
        ),
        (
            &["a", "b", "--user=u", "--timezone=a:UTC"],
            "a has the variable TZ 'UTC' and b has no variable TZ, but both belong to the user 'u'",
        ),
        (
            &["a", "b", "--user=u", "--after=a:b", "--requires=b:a"],
            "a and b depend on each other: a -> b -> a; remove one of these dependencies",
        ),
        (
            &["a", "--user=u", "--model=contract"],
            "--model: 'contract' is not supported: VirtualBox starts all VMs of a user from one daemon",
        ),
        (
            &["a", "--user=u", "--model=child"],
            "--model: 'child' is not supported: VirtualBox starts a VM from its own daemon",
        ),
        (
            &["a=new\nline\u{1b}[2J", "--user=u"],
            "cannot be 'new\\nline\\u{1b}[2J' in a manifest",
        ),
        (
            &["a", "--user=u", "--service=a/b"],
            "--service: 'a/b' has a one-letter component",
        ),
        (
            &["a", "--user=u", "--service=sit!/demo"],
            "--service: 'sit!/demo' is not a service name",
        ),
    ];
    for (arguments, message) in table {
        let to_file: Vec<_> = arguments
            .iter()
            .copied()
            .chain(["--output=v.xml"])
            .collect();
        let (status, stdout, stderr) = gen_in(&directory, &to_file);
        assert_eq!(
            (status, stdout.as_str()),
            (2, ""),
            "{arguments:?}: {stderr}"
        );
        assert!(
            stderr.starts_with("vbox-smf: ") && stderr.contains(message),
            "{arguments:?}: {stderr}"
        );
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 0);
}

/// The options by which the tests below write several files.
const FOLDER: &[&str] = &[
    "a",
    "b=b b",
    "c",
    "--user=u",
    "--user=c:v",
    "--after=b:a",
    "--notify=mailto:root",
    "--output-dir=.",
];

#[test]
fn a_folder_with_a_manifest_for_each_vm() {
    let directory = directory("folder");
    let (status, stdout, stderr) = gen_in(&directory, FOLDER);
    assert_eq!((status, stdout.as_str()), (0, ""), "{stderr}");
    assert_eq!(
        stderr,
        "next: svccfg import ./a.xml ./b.xml ./c.xml; svcadm enable vbox:a vbox:b vbox:c\n"
    );
    let names = |directory: &Path| {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&directory), ["a.xml", "b.xml", "c.xml"]);
    // What they say of the service is the same: no import changes what another one said.
    let mut services = Vec::new();
    for name in ["a", "b", "c"] {
        let path = directory.join(format!("{name}.xml"));
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches("<instance ").count(), 1);
        let (before, rest) = text.split_once("    <instance ").unwrap();
        assert!(rest.starts_with(&format!("name='{name}'")), "{rest}");
        let (_, after) = rest.split_once("</instance>").unwrap();
        services.push(format!("{before}{after}"));
        well_formed(&path);
    }
    assert!(services.iter().all(|service| *service == services[0]));
    let two = directory.join("b.xml");
    assert!(
        fs::read_to_string(&two)
            .unwrap()
            .contains("value='svc:/site/xvm/vbox:a'")
    );

    // One that exists: none is written.
    fs::remove_file(directory.join("a.xml")).unwrap();
    fs::write(&two, "mine").unwrap();
    let (status, _, stderr) = gen_in(&directory, FOLDER);
    assert_eq!(status, 96);
    assert_eq!(
        stderr,
        "vbox-smf: ./b.xml exists; use --force to replace it\n"
    );
    assert_eq!(names(&directory), ["b.xml", "c.xml"]);
    let forced: Vec<_> = FOLDER.iter().copied().chain(["--force"]).collect();
    assert_eq!(gen_in(&directory, &forced).0, 0);
    assert_ne!(fs::read_to_string(&two).unwrap(), "mine");
    assert_eq!(names(&directory), ["a.xml", "b.xml", "c.xml"]);
}

#[test]
fn a_file_and_a_folder_cannot_both_be_meant() {
    let (status, _, stderr) = run(&["a", "--user=u", "--output=x", "--output-dir=y"]);
    assert_eq!(status, 2);
    assert!(stderr.contains("cannot be used with"), "{stderr}");
    let (status, _, stderr) = run(&["a", "--user=u", "--output-dir=/nonexistent"]);
    assert_eq!(status, 96);
    assert!(
        stderr.contains("cannot write /nonexistent/a.xml"),
        "{stderr}"
    );
}

#[test]
fn svccfg_is_asked_before_anything_is_written() {
    let directory = directory("svccfg");
    let (status, _, stderr) = gen_in(&directory, &["a", "--user=u", "--svccfg", "-o", "a.xml"]);
    if Path::new("/usr/sbin/svccfg").exists() {
        assert_eq!(status, 0, "{stderr}");
        return;
    }
    assert_eq!(status, 96);
    assert_eq!(
        stderr,
        "vbox-smf: /usr/sbin/svccfg not found: only illumos and Solaris have it; omit --svccfg\n"
    );
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 0);
}

#[test]
fn a_variable_that_virtualbox_does_not_see_is_said() {
    let (status, stdout, stderr) = run(&["a", "--user=u", "--env=DISPLAY=:0", "--env=TZ=UTC"]);
    assert_eq!(status, 0);
    assert!(stdout.contains("<envvar name='DISPLAY' value=':0'/>"));
    assert!(
        stderr.starts_with("note: DISPLAY is not passed to VirtualBox; "),
        "{stderr}"
    );
    assert_eq!(stderr.lines().count(), 2);
}
