//! What VBoxManage's errors mean.
//!
//! They are told apart by their codes, and by their words only where VBoxManage gives no code, or one
//! code for different things. All of them were recorded: tests/vectors/vboxmanage.

use thiserror::Error;

use crate::host::{Ended, Output, RunError};
use crate::printable::Printable;

/// Why VBoxManage did not do it.
#[derive(Debug, Error)]
pub(crate) enum VBoxError {
    /// It could not be executed, or it hung.
    #[error(transparent)]
    Run(#[from] RunError),
    /// VBoxSVC is gone, is not there yet, or two clients started it at once: worth another try.
    #[error("VirtualBox's server is not there: {0}")]
    ServerGone(String),
    /// Somebody else has the VM, or it is in another state than we thought: look again.
    #[error("{0}")]
    Elsewhere(String),
    /// Another try would say the same.
    #[error("{1}")]
    Refused(Refusal, String),
    /// VBoxManage printed what it should not.
    #[error("VBoxManage printed what cannot be understood: {0}")]
    Garbled(String),
    /// Anything else, in VBoxManage's own first line.
    #[error("{0}")]
    Other(String),
}

/// What has to be mended before another try makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Refusal {
    /// This user has no such VM.
    NotRegistered,
    /// Its settings file is missing or broken.
    Inaccessible,
    /// A disk is missing or cannot be opened.
    Disk,
    /// VirtualBox's kernel driver is not loaded, or a frontend with a window found no screen.
    Driver,
    /// The program of the frontend is not there, or VirtualBox knows no such frontend.
    Frontend,
    /// The home directory, or `VBOX_USER_HOME`, cannot be used.
    Home,
    /// VirtualBox.xml is broken.
    Registry,
    /// The server, or VBoxManage, was started in a locale that does not have a character of the VM's name.
    Locale,
    /// The guest has no Guest Additions.
    NoAdditions,
}

impl Refusal {
    /// The next step to take.
    pub(crate) const fn next_step(self) -> &'static str {
        match self {
            Self::NotRegistered => {
                "VBoxManage list vms, run as that user, shows the VMs it has (one that is <inaccessible> there has lost its settings file, and with it its name): set vm/name, or method_context/user, or register the VM"
            }
            Self::Inaccessible => {
                "VBoxManage list vms shows it as <inaccessible>: put its .vbox file back (there is a .vbox-prev), then svcadm clear the instance"
            }
            Self::Disk => {
                "put the disk back, or detach it with VBoxManage storageattach, then svcadm clear the instance"
            }
            // Without a screen a window ends with the same words as any VM without the driver.
            Self::Driver => {
                "load VirtualBox's kernel driver (svcs -a | grep virtualbox, modinfo | grep vbox), or set vm/frontend=headless: a window needs a screen; then svcadm clear the instance"
            }
            Self::Frontend => "set vm/frontend=headless, or install that frontend",
            Self::Home => {
                "make the home directory writable for that user, then svcadm clear the instance"
            }
            Self::Registry => {
                "put VirtualBox.xml-prev back in the place of VirtualBox.xml, then svcadm clear the instance"
            }
            Self::Locale => {
                "VirtualBox was started in a locale that is not UTF-8: it ends by itself when no VM of that user runs; or give the VM a name in ASCII; then svcadm clear the instance"
            }
            Self::NoAdditions => {
                "install the Guest Additions, or set vm/stop_method=acpipowerbutton"
            }
        }
    }
}

/// Words that decide, in the order in which they are looked for, and what they mean.
///
/// `NS_ERROR_FAILURE` alone says nothing, so the words in front of it do; words come before codes where
/// one code stands for different things.
const MEANINGS: [(&str, Meaning); 29] = {
    use Meaning::{Elsewhere, Refused, ServerGone};
    use Refusal::{
        Disk, Driver, Frontend, Home, Inaccessible, Locale, NoAdditions, NotRegistered, Registry,
    };
    [
        (
            "Could not find a registered machine",
            Refused(NotRegistered),
        ),
        ("The object functionality is limited", Refused(Inaccessible)),
        ("Could not create guest session", Refused(NoAdditions)),
        ("global settings directory", Refused(Home)),
        ("Failed to initialize COM!", Refused(Home)),
        ("VirtualBox.xml'", Refused(Registry)),
        ("VERR_SUP_DRIVERLESS", Refused(Driver)),
        ("Kernel driver not installed", Refused(Driver)),
        ("VERR_VM_DRIVER_NOT_INSTALLED", Refused(Driver)),
        (
            "terminated unexpectedly during startup with exit code 1 ",
            Refused(Driver),
        ),
        ("VERR_PROC_NO_ARG_TRANSLATION", Refused(Locale)),
        ("VERR_NO_TRANSLATION", Refused(Locale)),
        ("Could not launch the VM process", Refused(Frontend)),
        ("Invalid frontend name", Refused(Frontend)),
        ("Could not open the medium", Refused(Disk)),
        ("Failed to create the VirtualBox object!", ServerGone),
        ("NS_ERROR_SOCKET_FAIL", ServerGone),
        ("NS_ERROR_FACTORY_NOT_REGISTERED", ServerGone),
        ("NS_ERROR_ABORT", ServerGone),
        ("NS_ERROR_CALL_FAILED", ServerGone),
        ("NS_ERROR_NOT_INITIALIZED", ServerGone),
        ("has tried to lock the machine", Elsewhere),
        ("The object is not ready", Elsewhere),
        ("already has a lock request pending", Elsewhere),
        ("VBOX_E_INVALID_OBJECT_STATE", Elsewhere),
        ("VBOX_E_INVALID_VM_STATE", Elsewhere),
        ("is not currently running", Elsewhere),
        ("Machine in invalid state", Elsewhere),
        ("VBOX_E_OBJECT_NOT_FOUND", Refused(NotRegistered)),
    ]
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    ServerGone,
    Elsewhere,
    Refused(Refusal),
}

/// What VBoxManage puts before an error.
const ERROR: &str = "VBoxManage: error: ";

/// Whether it printed an error, whatever its exit status.
pub(super) fn complains(output: &Output) -> bool {
    String::from_utf8_lossy(&output.stderr)
        .lines()
        .any(|line| line.starts_with(ERROR))
}

/// What a failed VBoxManage means.
pub(super) fn classify(output: &Output) -> VBoxError {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let first = first_line(&stderr, output.ended);
    if let Ended::Killed(_) = output.ended {
        // VBoxManage itself crashes when VBoxSVC goes away under it.
        return VBoxError::ServerGone(first);
    }
    for (words, meaning) in MEANINGS {
        if stderr.contains(words) {
            return match meaning {
                Meaning::ServerGone => VBoxError::ServerGone(first),
                Meaning::Elsewhere => VBoxError::Elsewhere(first),
                Meaning::Refused(Refusal::Registry) => {
                    VBoxError::Refused(Refusal::Registry, around(&stderr, words).unwrap_or(first))
                }
                Meaning::Refused(refusal) => VBoxError::Refused(refusal, first),
            };
        }
    }
    VBoxError::Other(first)
}

/// The line with these words, and the one before it, which says what is wrong there:
/// `Document is empty. Location: '/home/vb/.config/VirtualBox/VirtualBox.xml', line 1 (0), column 1.`
fn around(stderr: &str, words: &str) -> Option<String> {
    let lines: Vec<&str> = stderr
        .lines()
        .filter_map(|line| line.strip_prefix(ERROR))
        .collect();
    let at = lines.iter().position(|line| line.contains(words))?;
    let both = lines[at.saturating_sub(1)..=at].join(" ");
    Some(Printable(both.trim_end_matches('.')).to_string())
}

/// VBoxManage's own words for the log: its first error, without the prefix, and its code.
fn first_line(stderr: &str, ended: Ended) -> String {
    let mut errors = stderr.lines().filter_map(|line| line.strip_prefix(ERROR));
    let Some(first) = errors
        .next()
        .or_else(|| stderr.lines().find(|line| !line.is_empty()))
    else {
        return match ended {
            Ended::Exited(status) => format!("VBoxManage exited with {status} and no message"),
            Ended::Killed(signal) => format!("VBoxManage was ended by signal {signal}"),
        };
    };
    let code = errors
        .filter_map(|line| line.split_once("ode "))
        .find_map(|(_, rest)| {
            rest.split([' ', ','])
                .next()
                .filter(|word| word.contains("_E"))
        });
    match code {
        Some(code) => format!("{} [{}]", Printable(first), Printable(code)),
        None => Printable(first).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(status: i32, stderr: &str) -> Output {
        Output {
            ended: Ended::Exited(status),
            stdout: Vec::new(),
            stderr: stderr.into(),
            cut: false,
        }
    }

    #[test]
    fn a_code_is_printable_too() {
        let stderr = "VBoxManage: error: x\nVBoxManage: error: Details: code NS_ERROR\u{1b}X\n";
        let error = classify(&output(1, stderr));
        assert_eq!(error.to_string(), "x [NS_ERROR\\u{1b}X]");
    }

    fn told(error: &VBoxError) -> &'static str {
        match error {
            VBoxError::Run(_) => "run",
            VBoxError::ServerGone(_) => "server gone",
            VBoxError::Elsewhere(_) => "elsewhere",
            VBoxError::Refused(refusal, _) => match refusal {
                Refusal::NotRegistered => "not registered",
                Refusal::Inaccessible => "inaccessible",
                Refusal::Disk => "disk",
                Refusal::Driver => "driver",
                Refusal::Frontend => "frontend",
                Refusal::Home => "home",
                Refusal::Registry => "registry",
                Refusal::Locale => "locale",
                Refusal::NoAdditions => "no additions",
            },
            VBoxError::Garbled(_) => "garbled",
            VBoxError::Other(_) => "other",
        }
    }

    /// The recorded failures: `### label`, `$ command`, `--- stdout`, `--- stderr`, `--- rc=N`.
    fn recorded() -> Vec<(String, i32, String)> {
        let folder =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/vboxmanage");
        let mut found = Vec::new();
        for file in std::fs::read_dir(folder).expect("vectors") {
            let bytes = std::fs::read(file.expect("an entry").path()).expect("text");
            let text = String::from_utf8_lossy(&bytes).into_owned();
            for record in text.split("\n### ") {
                let (Some((head, rest)), true) =
                    (record.split_once("--- stderr\n"), record.contains("$ "))
                else {
                    continue;
                };
                let Some((stderr, end)) = rest.split_once("--- rc=") else {
                    continue;
                };
                let status = end
                    .split([' ', '\n'])
                    .next()
                    .and_then(|n| n.parse().ok())
                    .expect("rc");
                let label = head
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .trim_start_matches("### ");
                found.push((label.to_owned(), status, stderr.to_owned()));
            }
        }
        found
    }

    #[test]
    fn every_recorded_failure_is_told_apart() {
        let mut seen = 0;
        for (label, status, stderr) in recorded() {
            let output = output(status, &stderr);
            if !complains(&output) {
                continue;
            }
            seen += 1;
            let has = |words: &str| stderr.contains(words);
            let expected = match () {
                () if has("Could not find a registered machine") => "not registered",
                () if has("object functionality is limited") => "inaccessible",
                () if has("Document is empty") => "registry",
                () if has("Failed to create the VirtualBox object") || has("NS_ERROR_ABORT") => {
                    "server gone"
                }
                () if has("Could not open the medium") => "disk",
                () if has("already locked")
                    || has("not locked by a session")
                    || has("while it is locked") =>
                {
                    "elsewhere"
                }
                () if has("Could not create guest session") => "no additions",
                () if has("VBOX_E_INVALID_VM_STATE")
                    || has("not currently running")
                    || has("invalid state") =>
                {
                    "elsewhere"
                }
                () if has("DRIVERLESS") || has("terminated unexpectedly") => "driver",
                () if has("Could not launch the VM process") || has("Invalid frontend name") => {
                    "frontend"
                }
                () => "other",
            };
            assert_eq!(told(&classify(&output)), expected, "{label}:\n{stderr}");
        }
        assert!(seen > 60, "only {seen} recorded failures found");
    }

    #[test]
    fn failures_that_were_seen_but_not_recorded() {
        for (stderr, expected) in [
            (
                "VBoxManage: error: Failed to initialize COM because the global settings directory '/home/vb/.config/VirtualBox' is not accessible!\n",
                "home",
            ),
            (
                "VBoxManage: error: Failed to initialize COM! (hrc=NS_ERROR_FAILURE)\n",
                "home",
            ),
            (
                "VBoxManage: error: An unexpected process (PID=0x00001234) has tried to lock the machine 'vm1', while only the process started by LaunchVMProcess (PID=0x00001233) is allowed\n",
                "elsewhere",
            ),
            (
                "VBoxManage: error: The object is not ready\nVBoxManage: error: Details: code E_ACCESSDENIED (0x80070005), component SessionMachine\n",
                "elsewhere",
            ),
            (
                "VBoxManage: error: The machine 'vm1' already has a lock request pending\nVBoxManage: error: Details: code VBOX_E_INVALID_OBJECT_STATE (0x80bb0007)\n",
                "elsewhere",
            ),
            (
                "VBoxManage: error: Could not launch the VM process for the machine 'Größe' (VERR_PROC_NO_ARG_TRANSLATION)\nVBoxManage: error: Details: code VBOX_E_IPRT_ERROR (0x80bb0005)\n",
                "locale",
            ),
            (
                "VBoxManage: fatal error: RTR3Init: VERR_NO_TRANSLATION\n",
                "locale",
            ),
            ("", "other"),
            ("Segmentation fault\n", "other"),
        ] {
            assert_eq!(told(&classify(&output(1, stderr))), expected, "{stderr}");
        }
    }

    #[test]
    fn one_line_with_the_code() {
        let stderr = "VBoxManage: error: Could not find a registered machine named 'no\u{1b}such'\n\
            VBoxManage: error: Details: code VBOX_E_OBJECT_NOT_FOUND (0x80bb0001), component VirtualBoxWrap\n\
            VBoxManage: error: Context: \"FindMachine(...)\" at line 3248 of file VBoxManageInfo.cpp\n";
        assert_eq!(
            classify(&output(1, stderr)).to_string(),
            "Could not find a registered machine named 'no\\u{1b}such' [VBOX_E_OBJECT_NOT_FOUND]"
        );
        assert_eq!(
            classify(&output(3, "")).to_string(),
            "VBoxManage exited with 3 and no message"
        );
    }
}
