//! What of `illumos-ci` can be tested without illumos: its scripts' logic against stand-ins, and the package's files.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::skipped;
use crate::lanes::some_or_many;

const PROGRAM: &str = env!("CARGO_BIN_EXE_vbox-smf");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[expect(clippy::disallowed_methods, reason = "scripts are run, too")]
fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(root())
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null());
    command
}

#[track_caller]
fn assert_succeeds(output: &Output) {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stdout}\n{stderr}");
}

fn is_there(program: &str) -> bool {
    ["/usr/local/bin", "/usr/bin", "/bin"]
        .iter()
        .any(|folder| Path::new(folder).join(program).exists())
}

/// The self-test of `on-illumos.sh`, run by a shell.
fn self_test(test: &str, shell: &str) {
    // Elsewhere the tools that the self-test itself needs have other options.
    if cfg!(not(target_os = "linux")) {
        return skipped(test, "the self-test needs Linux");
    }
    // `ps` is of the package procps, which a minimal Debian lacks.
    if let Some(lacking) = [shell, "ps"].into_iter().find(|program| !is_there(program)) {
        return skipped(test, &format!("there is no {lacking}"));
    }
    let output = command("sh")
        .args(["illumos-ci/on-illumos.sh", "--self-test", "--binary"])
        .arg(PROGRAM)
        .env("VBOX_SMF_CI_SHELL", shell)
        .env("VBOX_SMF_CI_EVERY", some_or_many("20", "1"))
        .output()
        .unwrap();
    assert_succeeds(&output);
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains(" tests, 0 failed"), "{stdout}");
}

#[test]
fn on_illumos_tests_itself() {
    self_test("on_illumos_tests_itself", "sh");
}

/// ksh93 is what `/bin/sh` is on illumos.
#[test]
fn on_illumos_tests_itself_by_ksh93() {
    self_test("on_illumos_tests_itself_by_ksh93", "ksh93");
}

/// Every shell script of the project, found by its first line.
fn scripts(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(scripts(&path));
        } else if fs::read(&path).is_ok_and(|bytes| {
            let first = bytes.split(|byte| *byte == b'\n').next().unwrap();
            first == b"# shellcheck shell=sh"
                || [&b"sh"[..], b"bash"].iter().any(|shell| {
                    first.starts_with(b"#!")
                        && first.rsplit(|b| b"/ ".contains(b)).next() == Some(shell)
                })
        }) {
            found.push(path);
        }
    }
    found
}

#[test]
fn every_script_passes_shellcheck() {
    if !is_there("shellcheck") {
        return skipped("every_script_passes_shellcheck", "there is no shellcheck");
    }
    let folders = ["illumos-ci", "method", "tests", ".ci", ".github"];
    let found: Vec<PathBuf> = folders
        .iter()
        .map(|folder| root().join(folder))
        // The crate leaves out what is for its own repository.
        .filter(|folder| folder.exists())
        .flat_map(|folder| scripts(&folder))
        .collect();
    assert!(found.len() > 25, "{found:?}");
    assert_succeeds(&command("shellcheck").args(found).output().unwrap());
}

/// Every file below a folder, with its mode.
fn files(folder: &Path) -> BTreeMap<String, u32> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let entry = entry.unwrap();
            let metadata = entry.metadata().unwrap();
            if metadata.is_dir() {
                folders.push(entry.path());
                continue;
            }
            let path = entry.path();
            let path = path.strip_prefix(folder).unwrap().to_str().unwrap();
            found.insert(path.to_owned(), metadata.permissions().mode() & 0o7777);
        }
    }
    found
}

/// The value of an attribute of an action of an IPS manifest.
fn attribute<'a>(action: &'a str, name: &str) -> Option<&'a str> {
    action
        .split_whitespace()
        .find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
}

/// Builds the proto area, and compares it with the manifest.
fn assert_package(prefix: &str) {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("package")
        .join(prefix.replace('/', "-"));
    let _none = fs::remove_dir_all(&place);
    fs::create_dir_all(&place).unwrap();
    let (proto, manifest) = (place.join("proto"), place.join("vbox-smf.p5m"));
    let output = command("sh")
        .args(["illumos-ci/pkg/proto.sh", "--binary", PROGRAM])
        .args(["--prefix", prefix, "--proto"])
        .arg(&proto)
        .arg("--manifest")
        .arg(&manifest)
        .output()
        .unwrap();
    assert_succeeds(&output);

    let manifest = fs::read_to_string(manifest).unwrap();
    let actions = || manifest.lines().filter(|line| !line.starts_with('#'));
    assert!(!actions().any(|line| line.contains("$(")), "{manifest}");
    let version = format!("/vbox-smf@{}", env!("CARGO_PKG_VERSION"));
    assert!(manifest.contains(&version), "{manifest}");
    let mut listed = BTreeMap::new();
    for action in actions() {
        match action.split_whitespace().next() {
            Some("file") => {
                let mode = u32::from_str_radix(attribute(action, "mode").unwrap(), 8).unwrap();
                assert_eq!(attribute(action, "owner"), Some("root"), "{action}");
                let path = attribute(action, "path").unwrap();
                assert_eq!(listed.insert(path.to_owned(), mode), None, "{path} twice");
            }
            // It has no mode: pkg keeps licences for itself.
            Some("license") => {
                let path = action.split_whitespace().nth(1).unwrap();
                listed.insert(path.to_owned(), 0o444);
            }
            Some("dir") => assert!(proto.join(attribute(action, "path").unwrap()).is_dir()),
            _ => assert!(action.starts_with("set name="), "{action}"),
        }
    }
    assert_eq!(listed, files(&proto));

    // The method finds the binary there.
    let method = fs::read_to_string(root().join("method/vbox")).unwrap();
    assert!(method.contains(&format!("/{prefix}/bin")), "{prefix}");
    let page = fs::read_to_string(proto.join(prefix).join("share/man/man8/vbox-smf.8")).unwrap();
    assert!(page.contains(".TH vbox-smf 8 "));
    for database in ["auth_attr", "prof_attr"] {
        let path = format!("etc/security/{database}.d/vbox-smf-base");
        assert!(
            fs::read_to_string(proto.join(path))
                .unwrap()
                .contains("VirtualBox")
        );
    }
}

#[test]
fn the_package_for_openindiana_is_what_its_manifest_says() {
    assert_package("usr");
}

#[test]
fn the_package_for_omnios_is_what_its_manifest_says() {
    assert_package("opt/ooce");
}

#[test]
fn a_package_is_not_built_over_another() {
    let output = command("sh")
        .args([
            "illumos-ci/pkg/proto.sh",
            "--binary",
            PROGRAM,
            "--proto",
            "/tmp",
        ])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("/tmp is there already"), "{stderr}");
}
