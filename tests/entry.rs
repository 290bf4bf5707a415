//! `method/vbox`, what SMF executes: it finds the binary and becomes it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use assert_cmd::Command;

/// A folder with a copy of the entry, and nothing else.
fn folder(test: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("entry {test}"));
    let _gone = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let entry = concat!(env!("CARGO_MANIFEST_DIR"), "/method/vbox");
    fs::copy(entry, folder.join("vbox")).unwrap();
    folder
}

/// Runs it as svc.startd's shell would; Linux has no `/sbin/sh` everywhere.
fn entry(folder: &Path) -> Command {
    let mut command = Command::new("/bin/sh");
    command.arg(folder.join("vbox")).env_clear();
    command
}

#[test]
fn it_becomes_the_binary_beside_it_with_the_same_arguments() {
    let folder = folder("beside");
    let binary = folder.join("vbox-smf");
    fs::write(&binary, "#!/bin/sh\nprintf '<%s>' \"$@\"\nexit 95\n").unwrap();
    fs::set_permissions(&binary, PermissionsExt::from_mode(0o755)).unwrap();
    entry(&folder)
        .args(["stop", "--fmri", "a b", "$(id)", ""])
        .assert()
        .code(95)
        .stdout("<stop><--fmri><a b><$(id)><>");
}

#[test]
fn without_a_binary_it_is_a_configuration_error() {
    let folder = folder("nothing");
    // Neither a folder of that name nor a file that cannot be executed is a binary.
    fs::create_dir(folder.join("vbox-smf")).unwrap();
    let output = entry(&folder).arg("start").assert().code(96).stdout("");
    let stderr = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(
        stderr.contains("no vbox-smf in") && stderr.contains("install it"),
        "{stderr}"
    );
}
