//! Rules of the house that no compiler holds.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[cfg(target_os = "linux")]
use crate::lanes::{NO_RIG_FOR, REAL};

mod floors;

/// Every source file below a folder, but for what a build left there.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("tests/fuzz/target") {
            continue;
        }
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The code of a file, without its tests and comments.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap();
    code.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_world_is_behind_the_host() {
    let real = root().join("src/host/real");
    let mut looked_at = 0;
    for path in sources(&root().join("src")) {
        looked_at += 1;
        if path.starts_with(&real) || path == root().join("src/host/real.rs") {
            continue;
        }
        let code = code(&path);
        for forbidden in [
            "unsafe",
            "process::Command",
            "Command::new(",
            "process::exit",
            "libc::fork",
            "Instant::now",
        ] {
            // libc's numbers for errors and signals do no harm.
            assert!(!code.contains(forbidden), "{}: {forbidden}", path.display());
        }
    }
    assert!(looked_at > 50, "only {looked_at} files");
}

#[test]
fn nothing_is_left_open() {
    let marks = [
        "todo!(",
        "unimplemented!(",
        "dbg!(",
        concat!("FIX", "ME"),
        concat!("XX", "X"),
    ];
    for folder in ["src", "tests"] {
        for path in sources(&root().join(folder)) {
            if path.ends_with("tests/house.rs") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for mark in marks {
                assert!(!text.contains(mark), "{}: {mark}", path.display());
            }
        }
    }
}

/// A property that is read and checked, and then changes nothing. `PartialEq` looks at every field, so that the compiler
/// finds none unused.
#[test]
fn every_setting_is_used() {
    let settings = root().join("src/config/settings.rs");
    let declared = code(&settings);
    let (_, fields) = declared.split_once("pub(crate) struct Settings {").unwrap();
    let (fields, _) = fields.split_once('}').unwrap();
    let fields: Vec<&str> = fields
        .lines()
        .filter_map(|line| Some(line.trim().strip_prefix("pub(crate) ")?.split_once(':')?.0))
        .collect();
    assert!(fields.len() > 10, "{fields:?}");
    let all: Vec<String> = sources(&root().join("src"))
        .iter()
        .filter(|path| !path.ends_with("tests.rs"))
        .map(|path| code(path))
        .collect();
    for field in fields {
        let used = |owner: &str| {
            let used = format!("{owner}.{field}");
            let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
            all.iter().any(|text| text.split(&used).skip(1).any(ends))
        };
        assert!(used("settings") || used("self"), "nothing uses {field}");
    }
}

/// A file that no `mod` names is compiled by nobody.
#[test]
fn every_test_file_is_compiled() {
    let tests = root().join("tests");
    for path in sources(&tests) {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let parent = path.parent().unwrap();
        // Cargo.toml names the programs among them.
        let programs = ["fakes", "bench", "fuzz/targets"].map(|folder| tests.join(folder));
        let is_program = programs.iter().any(|folder| folder == parent);
        if path == tests.join("main.rs") || name == "mod" || is_program {
            continue;
        }
        let owners = [
            parent.join("mod.rs"),
            parent.with_extension("rs"),
            tests.join("main.rs"),
        ];
        let named = owners
            .iter()
            .filter_map(|owner| std::fs::read_to_string(owner).ok())
            .any(|text| text.contains(&format!("mod {name};")));
        assert!(named, "no mod names {}", path.display());
    }
}

/// What changes a machine stands behind one gate, [`crate::real::rig::Rig::get`], which `VBOX_SMF_REAL` opens.
#[test]
fn only_the_rig_changes_the_machine() {
    let tests = root().join("tests");
    let rig = tests.join("real/rig");
    for path in sources(&tests) {
        let is_rig = path.starts_with(&rig) || path == tests.join("real/rig.rs");
        // The benchmarks are run by a command of their own.
        if is_rig || path.starts_with(tests.join("bench")) || path.ends_with("tests/house.rs") {
            continue;
        }
        let code = code(&path);
        if path.starts_with(tests.join("real")) && code.contains("rig_or_skip!();") {
            continue;
        }
        // As the first argument of a call: next_steps.rs has a table of such names.
        let programs = [
            "chroot",
            "mount",
            "umount",
            "unshare",
            "useradd",
            "groupadd",
            "apt-get",
            "apt",
            "dpkg",
            "debootstrap",
        ];
        let calls = programs.map(|program| format!("(\"{program}\""));
        let others = [
            "rig/setup.sh",
            "libc::mount",
            "libc::chroot",
            "libc::unshare",
        ];
        for forbidden in calls.iter().map(String::as_str).chain(others) {
            assert!(!code.contains(forbidden), "{}: {forbidden}", path.display());
        }
    }
    let text = code(&tests.join("real/rig.rs"));
    assert_eq!(
        text.matches("fn set_up() -> Result<Self, String> {\n        if !lanes::is_real() {")
            .count(),
        1
    );
    assert_eq!(
        text.matches("_installed: lock").count(),
        1,
        "a second way to make a Rig"
    );
}

/// Runs the tests under `tests/real` in the fast lane, with programs in PATH that tell of it when one of them is used.
#[cfg(target_os = "linux")]
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the test program is run as cargo runs it"
)]
fn the_fast_lane_does_not_touch_the_rig() {
    use std::os::unix::fs::PermissionsExt as _;
    use std::process::Command;

    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("house-traps");
    let _none = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let mark = folder.join("used");
    for program in [
        "apt-get",
        "apt",
        "dpkg",
        "debootstrap",
        "mount",
        "umount",
        "chroot",
        "unshare",
        "useradd",
        "groupadd",
        "setup.sh",
    ] {
        let trap = folder.join(program);
        std::fs::write(
            &trap,
            format!("#!/bin/sh\necho \"$0 $*\" >>'{}'\n", mark.display()),
        )
        .unwrap();
        std::fs::set_permissions(&trap, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let run = |arguments: &[&str], real: Option<&str>| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(arguments)
            .env("PATH", &path)
            .env_remove(REAL)
            .env_remove("VBOX_SMF_REQUIRE_RIG");
        if let Some(value) = real {
            command.env(REAL, value);
        }
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.success(),
            text(output.stdout),
            text(output.stderr),
        )
    };
    let (_, listed, _) = run(&["real::", "--list"], None);
    let listed: BTreeSet<&str> = listed
        .lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .collect();
    for value in [None, Some("0")] {
        let (passed, stdout, stderr) = run(&["real::", "--nocapture"], value);
        assert!(passed, "{stdout}{stderr}");
        assert!(
            !mark.exists(),
            "{}",
            std::fs::read_to_string(&mark).unwrap()
        );
        // What each test prints can be in the midst of another line.
        let words = stdout.split(NO_RIG_FOR).skip(1);
        let not_run: BTreeSet<&str> = words.map(|rest| rest.lines().next().unwrap()).collect();
        let others: BTreeSet<&str> = listed.difference(&not_run).copied().collect();
        assert!(not_run.len() > 150, "{not_run:?}");
        for test in &others {
            let known = WITHOUT_RIG.iter().any(|known| test.starts_with(known));
            assert!(
                known,
                "{test} is neither behind the gate nor known to need no VirtualBox (WITHOUT_RIG)"
            );
        }
        let told = format!(
            "{0} tests were not run: {0} on real VirtualBox",
            not_run.len()
        );
        assert!(
            stderr.lines().last().unwrap().starts_with(&told),
            "{told}: {stderr}"
        );
    }
}

/// The tests under `tests/real` of the rig itself and of the stand-ins, which need no VirtualBox.
#[cfg(target_os = "linux")]
const WITHOUT_RIG: [&str; 8] = [
    "real::bad_input::properties::every_property_has_a_row",
    "real::faults::draw::",
    "real::faults::random::",
    "real::faults::selftest::",
    "real::rig::",
    "real::storms::tally::",
    "real::storms::watched::what_a_terminal_showed",
    "real::svcprop_fake::",
];

/// The table in CONTRIBUTING of what can be set names what the tests look at, and nothing else.
#[test]
fn every_variable_of_the_tests_is_documented() {
    let page = root().join(".github/CONTRIBUTING.md");
    let Ok(page) = std::fs::read_to_string(page) else {
        return crate::skipped(
            "every_variable_of_the_tests_is_documented",
            "the crate does not have .github",
        );
    };
    let documented: BTreeSet<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|line| line.split('`').next())
        .map(|name| name.trim_end_matches("=1").to_owned())
        .filter(|name| name.starts_with("VBOX_SMF_") || name == "UPDATE_GOLDEN")
        .collect();
    let mut used = BTreeSet::new();
    let mut files = sources(&root().join("tests"));
    files.extend(sources(&root().join("src")));
    files.extend(["tests/bench/run.sh", ".ci/run"].map(|file| root().join(file)));
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let words = text.split(|c: char| c != '_' && !c.is_ascii_uppercase());
        let names = words.filter(|word| {
            word.strip_prefix("VBOX_SMF_")
                .is_some_and(|rest| !rest.is_empty())
                || *word == "UPDATE_GOLDEN"
        });
        used.extend(names.map(str::to_owned));
    }
    assert_eq!(documented, used);
}
