//! `status` and `doctor` as far as they need neither SMF nor VirtualBox.

use assert_cmd::Command;

fn command(name: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vbox-smf"));
    command.arg(name).env_clear();
    command
}

#[test]
fn help_is_enough_to_use_it() {
    for (name, words) in [
        (
            "doctor",
            &[
                "--json",
                "Checks:",
                "Examples:",
                "Exit status:",
                "autostart",
            ][..],
        ),
        (
            "status",
            &[
                "--watch",
                "--prometheus",
                "Examples:",
                "Exit status:",
                "vbox_smf_vm_running",
            ][..],
        ),
    ] {
        let help = command(name).arg("--help").assert().code(0).stderr("");
        let text = String::from_utf8_lossy(&help.get_output().stdout).into_owned();
        for word in words {
            assert!(text.contains(word), "{name}: {word}");
        }
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
    }
}

#[test]
fn what_makes_no_sense() {
    for arguments in [
        &["--json", "--prometheus"][..],
        &["--json", "-o", "name"],
        &["-o", "nosuch"],
        &["--watch", "0"],
        &["-s", "a b"],
        &["no such"],
    ] {
        command("status")
            .args(arguments)
            .assert()
            .code(2)
            .stdout("");
    }
}

/// A development machine has no SMF: that is told, and the exit status says it.
#[cfg(target_os = "linux")]
#[test]
fn without_smf() {
    let output = command("status").assert().code(1);
    let stderr = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
    assert!(stderr.contains("this machine has no SMF"), "{stderr}");
}

/// What has nothing to do with SMF is checked all the same, and what is not is said.
#[cfg(target_os = "linux")]
#[test]
fn doctor_without_smf() {
    let output = command("doctor").assert();
    let stdout = String::from_utf8_lossy(&output.get_output().stdout).into_owned();
    let words = stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("this machine has no SMF; skipped: the instances"),
        "{stdout}"
    );
    for check in ["host virtualbox:", "host driver:", " home:", " server:"] {
        assert!(words.contains(check), "{check}: {stdout}");
    }
    command("doctor").args(["a b"]).assert().code(2).stdout("");
}
