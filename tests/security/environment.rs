//! The caller's environment: nothing in it chooses what is executed or where is written, and no result changes.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use assert_cmd::Command;

use super::{assert_harmless, folder, program, words};

/// Programs that a shell, or a careless exec, would look for in PATH.
const PROGRAMS: [&str; 22] = [
    "VBoxManage",
    "VBoxSVC",
    "VBoxHeadless",
    "svcprop",
    "svcs",
    "svcadm",
    "svccfg",
    "sh",
    "bash",
    "env",
    "cat",
    "id",
    "whoami",
    "uname",
    "ps",
    "ls",
    "getent",
    "fuser",
    "pfexec",
    "vbox-smf",
    "locale",
    "echo",
];

/// A folder full of programs that leave a mark.
fn trap(folder: &Path) -> PathBuf {
    let trap = folder.join("trap");
    fs::create_dir(&trap).unwrap();
    let mark = folder.join("MARK");
    for program in PROGRAMS {
        let path = trap.join(program);
        let script = format!("#!/bin/sh\necho {program} >>'{}'\n", mark.display());
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    trap
}

/// Everything that has ever led a program astray.
fn spoil(command: &mut Command, trap: &Path) {
    let startup = trap.join("startup.sh");
    fs::write(&startup, format!("{}\n", trap.join("id").display())).unwrap();
    for (name, value) in [
        ("PATH", trap.as_os_str()),
        ("IFS", "/ :s".as_ref()),
        ("HOME", trap.as_os_str()),
        ("TMPDIR", trap.as_os_str()),
        ("SHELL", trap.join("sh").as_os_str()),
        ("ENV", startup.as_os_str()),
        ("BASH_ENV", startup.as_os_str()),
        ("CDPATH", trap.as_os_str()),
        ("FPATH", trap.as_os_str()),
        ("LD_LIBRARY_PATH", trap.as_os_str()),
        ("LANG", "../../../../../tmp/x.UTF-8".as_ref()),
        ("LC_ALL", "/tmp/x.UTF-8".as_ref()),
        ("LANGUAGE", "xx".as_ref()),
        ("LOCPATH", trap.as_os_str()),
        ("NLSPATH", trap.as_os_str()),
        ("TZ", "/etc/passwd".as_ref()),
        ("USER", "root; reboot".as_ref()),
        ("LOGNAME", "../../root".as_ref()),
        ("XDG_RUNTIME_DIR", trap.as_os_str()),
        ("XDG_CONFIG_HOME", trap.as_os_str()),
        ("VBOX_USER_HOME", trap.as_os_str()),
        ("VBOX_IPC_SOCKETID", "../../x".as_ref()),
        ("VBOX_APP_HOME", trap.as_os_str()),
        ("VBOX_INSTALL_PATH", trap.as_os_str()),
        ("SMF_ZONENAME", "\u{1b}[2J".as_ref()),
        ("SMF_RESTARTER", "x".as_ref()),
        ("RUST_LOG", "trace".as_ref()),
        ("TERM", "\u{1b}[2J".as_ref()),
        ("PAGER", trap.join("cat").as_os_str()),
    ] {
        command.env(name, value);
    }
}

/// What prints the same on every machine prints the same in every environment.
#[test]
fn results_do_not_depend_on_it() {
    let folder = folder("environment");
    let trap = trap(&folder);
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/manifests/vbox.xml");
    let fleet = concat!(env!("CARGO_MANIFEST_DIR"), "/manifests/fleet.toml");
    for line in [
        &["gen", "vm1", "--user=u"][..],
        &["gen", "--fleet", fleet],
        &["gen", "--fleet", fleet, "--explain", "--json"],
        &["gen", "rbac", "vm1", "--admin=a"],
        &["gen", "profile", "vm1"],
        &["validate", manifest],
        &["validate", "--explain"],
        &["rehearse", "vm1"],
        &["rehearse", "vm1", "--json"],
        &["explain"],
        &["explain", "--fmri=svc:/site/xvm/vbox:vm1"],
        &["describe"],
        &["man"],
        &["completions", "zsh"],
        &["status", "-x"],
        &["--version"],
    ] {
        let clean = program(&folder).args(line).output().unwrap();
        let mut command = program(&folder);
        spoil(&mut command, &trap);
        let spoilt = command.args(line).output().unwrap();
        assert_eq!(clean, spoilt, "{line:?}");
    }
    assert!(!folder.join("MARK").exists(), "{}", marks(&folder));
}

/// What looks at this machine executes nothing out of PATH, in whichever way it ends.
#[test]
fn nothing_is_executed_out_of_it() {
    let folder = folder("executed");
    let trap = trap(&folder);
    for line in [
        &["start", "--vm=vm1"][..],
        &["stop", "--vm=vm1", "--dry-run"],
        &["refresh"],
        &["status"],
        &["status", "--json"],
        &["doctor"],
        &["explain", "--vm=vm1"],
        &["gen", "--from-virtualbox"],
        &["gen", "vm1", "--user=u", "--svccfg"],
    ] {
        for under_smf in [false, true] {
            let mut command = program(&folder);
            spoil(&mut command, &trap);
            if under_smf {
                command.env("SMF_METHOD", "start");
                command.env("SMF_FMRI", "svc:/site/xvm/vbox:vm1");
            }
            let output = command.args(line).output().unwrap();
            assert_harmless(&words(line), &output);
        }
    }
    assert!(!folder.join("MARK").exists(), "{}", marks(&folder));
    let mut left: Vec<_> = fs::read_dir(&trap)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !PROGRAMS.contains(&name.as_str()))
        .collect();
    left.sort();
    assert_eq!(left, ["startup.sh"], "something was left in TMPDIR or HOME");
}

/// `method/vbox` is what SMF executes, by a shell.
#[test]
fn the_entry_executes_nothing_out_of_it() {
    let folder = folder("entry");
    let trap = trap(&folder);
    let method = folder.join("a b");
    fs::create_dir(&method).unwrap();
    let entry = method.join("vbox");
    fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/method/vbox"), &entry).unwrap();
    let binary = method.join("vbox-smf");
    fs::write(&binary, "#!/bin/sh\nprintf '<%s>' \"$@\"\n").unwrap();
    fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).unwrap();
    for shell in [
        "/bin/sh",
        "/bin/bash",
        "/bin/dash",
        "/bin/ksh93",
        "/usr/bin/ksh",
    ] {
        if !Path::new(shell).exists() {
            continue;
        }
        let mut command = Command::new(shell);
        command.env_clear().current_dir(&trap);
        spoil(&mut command, &trap);
        // bash runs BASH_ENV before the script, which is no part of it; others read ENV only for a terminal.
        command.env_remove("BASH_ENV");
        command.arg(&entry).args(["start", "a b"]);
        command.assert().code(0).stdout("<start><a b>");
        // Called by a name alone, it does not take the folder in which the caller happens to be.
        let mut command = Command::new(shell);
        command.env_clear().current_dir(&method).arg("vbox");
        fs::create_dir_all(method.join("vbox.d")).unwrap();
        let told = command.assert().code(96).stdout("");
        let stderr = String::from_utf8_lossy(&told.get_output().stderr).into_owned();
        assert!(
            stderr.contains("no vbox-smf in /lib/svc/method"),
            "{stderr}"
        );
    }
    assert!(!folder.join("MARK").exists(), "{}", marks(&folder));
}

fn marks(folder: &Path) -> String {
    let marks = fs::read_to_string(folder.join("MARK")).unwrap_or_default();
    format!("executed out of PATH: {marks}")
}
