//! What is judged: files, folders, standard input, and what cannot be read.

use std::fs;
use std::os::unix::fs::symlink;

use super::call::{BAD, GOOD, command, entries, folder, folder_with, run, validate_in};

#[test]
fn files_folders_and_standard_input() {
    let folder = folder_with(
        "operands",
        &[
            ("good.xml", GOOD),
            ("deep/er/bad.xml", BAD),
            ("deep/good.xml", GOOD),
            ("deep/notes.txt", BAD),
        ],
    );
    symlink("..", folder.join("deep/round")).unwrap();
    let good = validate_in(&folder, ["good.xml"]);
    assert_eq!(good.status, Some(0), "{good:?}");
    assert_eq!(good.stdout, "", "svccfg is silent too");
    assert_eq!(good.stderr, "1 file: 1 accepted\n");

    let all = validate_in(&folder, ["good.xml", "deep"]);
    assert_eq!(all.status, Some(1), "{all:?}");
    assert!(
        all.stdout.starts_with("deep/er/bad.xml:4:3: error[dtd]: "),
        "{all:?}"
    );
    assert_eq!(all.stderr, "3 files: 2 accepted, 1 refused\n");

    let mut stdin = command();
    let stdin = run(stdin.arg("-").write_stdin(BAD));
    assert_eq!(stdin.status, Some(1), "{stdin:?}");
    assert!(stdin.stdout.starts_with("<stdin>:4:3: "), "{stdin:?}");
}

#[test]
fn the_others_are_judged_where_one_cannot_be_read() {
    let folder = folder_with("unread", &[("bad.xml", BAD), ("good.xml", GOOD)]);
    fs::create_dir(folder.join("x.xml")).unwrap();
    for (operands, stderr) in [
        (
            ["missing.xml", "bad.xml"],
            "vbox-smf: cannot read missing.xml: No such file or directory (os error 2)\n",
        ),
        (["x.xml", "bad.xml"], "vbox-smf: no *.xml below x.xml\n"),
        (
            ["bad.xml", "bad.xml/x.xml"],
            "vbox-smf: cannot read bad.xml/x.xml: Not a directory (os error 20)\n",
        ),
    ] {
        let text = validate_in(&folder, operands);
        assert_eq!(text.status, Some(2), "{text:?}");
        assert!(text.stdout.starts_with("bad.xml:4:3: "), "{text:?}");
        assert!(text.stderr.starts_with(stderr), "{text:?}");
        assert!(
            text.stderr.ends_with("\n2 files: 1 refused, 1 not read\n"),
            "{text:?}"
        );
        let json = validate_in(&folder, ["--json", operands[0], operands[1]]);
        assert_eq!(json.status, Some(2), "{json:?}");
        assert!(json.stderr.starts_with(stderr), "{json:?}");
        let entries = entries(&json.stdout);
        assert_eq!(entries.len(), 1);
        assert!(!entries["bad"].accepted);
    }
}

#[test]
fn a_device_ends_and_below_a_folder_nothing_but_files_is_opened() {
    let zero = validate_in(&folder("zero"), ["/dev/zero"]);
    assert_eq!(zero.status, Some(1), "{zero:?}");
    let folder = folder("devices");
    symlink("/dev/zero", folder.join("zero.xml")).unwrap();
    let below = validate_in(&folder, ["."]);
    assert_eq!(below.status, Some(2), "{below:?}");
    assert_eq!(
        below.stderr,
        "vbox-smf: cannot read ./zero.xml: it is not a file\n1 file: 1 not read\n"
    );
}

/// svccfg applies what is included with the profile, so it is judged with it; nothing outside of its folder is read.
#[test]
fn what_a_profile_includes_is_judged_with_it() {
    let profile = |xml: &str| {
        format!(
            "<?xml version='1.0'?>\n<!DOCTYPE service_bundle SYSTEM '/usr/share/lib/xml/dtd/service_bundle.dtd.1'>\n<service_bundle type='profile' name='site'>\n{xml}\n</service_bundle>\n"
        )
    };
    let include = |href: &str, fallback: &str| {
        profile(&format!(
            "<xi:include href='{href}' xmlns:xi='http://www.w3.org/2001/XInclude'>{fallback}</xi:include>"
        ))
    };
    let service = "<service name='site/demo' type='service' version='1'/>";
    let fallback = "<xi:fallback><service name='no name' version='1'/></xi:fallback>";
    let folder = folder_with(
        "profile includes",
        &[
            ("p/good.xml", &include("parts/good.part", "")),
            ("p/up-and-down.xml", &include("parts/up.part", "")),
            ("p/bad.xml", &include("parts/bad.part", "")),
            ("p/itself.xml", &include("itself.xml", "<xi:fallback/>")),
            ("p/missing.xml", &include("parts/missing.part", "")),
            ("p/fallback.xml", &include("parts/missing.part", fallback)),
            ("p/unused.xml", &include("parts/good.part", fallback)),
            ("p/link.xml", &include("parts/link.part", fallback)),
            ("p/pipe.xml", &include("parts/pipe.part", fallback)),
            ("p/outside.xml", &include("../secret", "")),
            ("p/parts/good.part", &profile(service)),
            ("p/parts/up.part", &include("../parts/good.part", "")),
            (
                "p/parts/bad.part",
                &profile("\n<service name='secret name' version='1'/>"),
            ),
            (
                "secret",
                &profile("<service name='root:x:0:0' version='1'/>"),
            ),
        ],
    );
    std::os::unix::fs::symlink("../../secret", folder.join("p/parts/link.part")).unwrap();
    assert_cmd::Command::new("mkfifo")
        .arg(folder.join("p/parts/pipe.part"))
        .assert()
        .code(0);
    let json = validate_in(&folder, ["--json", "--profile", "p"]);
    let entries = entries(&json.stdout);
    for (name, codes) in [
        ("good", &[][..]),
        ("up-and-down", &[]),
        ("bad", &["SMF0203"]),
        ("itself", &["SMF0108"]),
        ("missing", &["SMF0108"]),
        ("fallback", &["SMF0203"]),
        ("unused", &[]),
        ("link", &[]),
        // What is no file cannot be read.
        ("pipe", &["SMF0203"]),
        ("outside", &[]),
    ] {
        assert_eq!(entries[name].codes, codes, "{name}: {}", json.stdout);
    }
    for read in ["good", "up-and-down", "unused"] {
        assert_eq!(entries[read].findings, 0, "{read}: {}", json.stdout);
    }
    assert!(
        json.stdout
            .contains("in parts/bad.part, line 5: 'secret name'"),
        "{}",
        json.stdout
    );
    assert!(!json.stdout.contains("root:x"), "{}", json.stdout);
}

#[test]
fn what_is_included_comes_from_the_manifests_own_folder() {
    let namespace = "http://www.w3.org/2001/XInclude";
    let fallback = format!("<xi:fallback xmlns:xi='{namespace}'/>");
    let with = |href: &str| {
        BAD.replace(
            "<servise name='site/bad' type='service' version='1'/>",
            &format!("<xi:include href='{href}' xmlns:xi='{namespace}'>{fallback}</xi:include>"),
        )
    };
    let service = "<service name='site/part' type='service' version='1'/>";
    let folder = folder_with(
        "includes",
        &[
            ("m/inside.xml", &with("part")),
            ("m/outside.xml", &with("../secret")),
            ("m/absolute.xml", &with("/etc/passwd")),
            ("m/missing.xml", &with("missing")),
            ("m/part", service),
            ("m/text.xml", &with("note").replace(&fallback, "")),
            ("m/note", "no XML"),
            ("secret", "root:x:0:0"),
        ],
    );
    let json = validate_in(&folder, ["--json", "m"]);
    let entries = entries(&json.stdout);
    // What svccfg would make of it, nobody knows who does not read it: a warning.
    for name in ["inside", "outside", "absolute"] {
        assert!(entries[name].accepted, "{json:?}");
        assert_eq!(entries[name].findings, 1, "{json:?}");
    }
    // For what is not there the document has something else.
    assert_eq!(entries["missing"].findings, 0, "{json:?}");
    assert!(!entries["text"].accepted, "{json:?}");
    assert!(
        json.stdout.contains("'part' is not checked here"),
        "{json:?}"
    );
    assert!(
        json.stdout.contains("'../secret' is not followed"),
        "{json:?}"
    );
    assert!(!json.stdout.contains("root:x"), "{json:?}");
}
