//! What VBoxManage's errors mean.
//!
//! The table of the words that decide is [`crate::virtualbox::refusal`].

use std::fmt;
use std::path::PathBuf;

use thiserror::Error;

use crate::host::{ExitStatus, Output, RunError};
use crate::text::printable::{Excerpt, Printable};
use crate::virtualbox::refusal::{Awaited, MEANINGS, Meaning, Refusal};
use crate::virtualbox::vm::Uuid;

/// Why VBoxManage did not do it.
#[derive(Debug, Error)]
pub(crate) enum VBoxError {
    /// It could not be executed, or it hung.
    #[error(transparent)]
    Run(#[from] RunError),
    /// VBoxSVC is gone, is not there yet, or two clients started it at once: worth another try.
    #[error("VirtualBox's server is not available: {0}")]
    ServerGone(String),
    /// Somebody else has the VM, or it is in another state than we thought: look again.
    #[error("{0}")]
    Elsewhere(String),
    /// Something that the VM needs is not there yet, and may come while the host boots.
    #[error("{1}")]
    NotYet(Awaited, String),
    /// The VM's process ended before it did anything.
    #[error("{0}")]
    EndedEarly(String),
    /// Another attempt would say the same.
    #[error("{1}")]
    Refused(Refusal, Words),
    /// VBoxManage printed what it should not.
    #[error("unexpected output from VBoxManage: {0}")]
    Garbled(String),
    /// Anything else, in VBoxManage's own words.
    #[error("{0}")]
    Other(String),
}

/// What VBoxManage said, and what it said it of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Words {
    /// Its error lines up to the one with the code, as one printable line, and the code.
    pub(crate) text: String,
    /// The disk that they name.
    pub(crate) disk: Option<PathBuf>,
    /// The UUID that VirtualBox has registered for that disk, where it is another one.
    pub(crate) registered: Option<Uuid>,
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<String> for Words {
    fn from(text: String) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }
}

/// What VBoxManage puts before an error.
const ERROR: &str = "VBoxManage: error: ";

/// Whether these are VBoxManage's words for a failure of which VirtualBox gives no reason.
pub(crate) fn is_bare(words: &str) -> bool {
    words.starts_with("Code NS_ERROR_FAILURE")
}

/// Whether it printed an error, whatever its exit status.
pub(super) fn complains(output: &Output) -> bool {
    String::from_utf8_lossy(&output.stderr)
        .lines()
        .any(|line| line.starts_with(ERROR))
}

/// What a failed VBoxManage means.
pub(super) fn classify(output: &Output) -> VBoxError {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let words = own_words(&stderr, output.ended);
    if let ExitStatus::Killed(_) = output.ended {
        // VBoxManage itself crashes when VBoxSVC goes away under it.
        return VBoxError::ServerGone(words);
    }
    let decides = |(row, _): &&(&[&str], Meaning)| row.iter().all(|word| stderr.contains(word));
    match MEANINGS.iter().find(decides).map(|(_, meaning)| *meaning) {
        Some(Meaning::ServerGone) => VBoxError::ServerGone(words),
        Some(Meaning::Elsewhere) => VBoxError::Elsewhere(words),
        Some(Meaning::NotYet(awaited)) => VBoxError::NotYet(awaited, words),
        Some(Meaning::EndedEarly) => VBoxError::EndedEarly(words),
        Some(Meaning::Refused(refusal)) => {
            let words = Words {
                text: words,
                disk: disk(&stderr).map(PathBuf::from),
                registered: registered(&stderr),
            };
            VBoxError::Refused(refusal, words)
        }
        None => VBoxError::Other(words),
    }
}

/// The disk that an error names: what stands between these words. A name may hold any of VirtualBox's own words, so the
/// last one that could be the end is.
fn disk(stderr: &str) -> Option<&str> {
    const AROUND: [(&str, &str); 4] = [
        ("opening image file '", "' (VERR_"),
        ("Failed to open image '", "' for writing"),
        ("of the medium '", "' does not match the value"),
        ("Could not open the medium '", "'."),
    ];
    AROUND.iter().find_map(|(before, after)| {
        let (_, rest) = stderr.split_once(before)?;
        let (disk, _) = rest.lines().next()?.rsplit_once(after)?;
        Some(disk)
    })
}

/// `does not match the value {UUID} stored in the media registry`
fn registered(stderr: &str) -> Option<Uuid> {
    let (_, rest) = stderr.split_once("does not match the value {")?;
    let (uuid, _) = rest.split_once('}')?;
    uuid.parse().ok()
}

/// The longest line of VBoxManage's words in the log, in characters.
const WORDS_MAX: usize = 2000;

/// VBoxManage's own words for the log: all its errors up to the one with the code, without their prefix, and the code.
/// The first is often too general: the reason stands in the second, and the advice in a third.
fn own_words(stderr: &str, ended: ExitStatus) -> String {
    let errors: Vec<&str> = stderr
        .lines()
        .filter_map(|line| line.strip_prefix(ERROR))
        .collect();
    let is_code = |line: &&str| line.starts_with("Details: ") || line.starts_with("Code ");
    let mut told: Vec<&str> = Vec::new();
    for line in errors.iter().take_while(|line| !is_code(line)) {
        // A line of VirtualBox's source tells nobody anything.
        let line = line.trim().trim_end_matches('.');
        if !line.is_empty() && !line.contains(".cpp[") && !told.contains(&line) {
            told.push(line);
        }
    }
    if told.is_empty() {
        told.extend(errors.first().copied());
    }
    if told.is_empty() {
        told.extend(stderr.lines().find(|line| !line.is_empty()));
    }
    if told.is_empty() {
        return match ended {
            ExitStatus::Exited(status) => format!("VBoxManage exited with {status} and no message"),
            ExitStatus::Killed(signal) => format!("VBoxManage was killed by signal {signal}"),
        };
    }
    let code = errors
        .iter()
        .filter_map(|line| line.split_once("ode "))
        .find_map(|(_, rest)| {
            rest.split([' ', ','])
                .next()
                .filter(|word| word.contains("_E"))
        });
    let mut text = told.join("; ");
    if let Some((end, _)) = text.char_indices().nth(WORDS_MAX) {
        text.truncate(end);
        text.push_str("...");
    }
    match code {
        Some(code) => format!("{} [{}]", Printable(&text), Excerpt(code)),
        None => Printable(&text).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(status: i32, stderr: &str) -> Output {
        Output::exited(status, "", stderr)
    }

    #[test]
    fn a_code_is_printable_too() {
        let stderr = "VBoxManage: error: x\nVBoxManage: error: Details: code NS_ERROR\u{1b}X\n";
        let error = classify(&output(1, stderr));
        assert_eq!(error.to_string(), "x [NS_ERROR\\u{1b}X]");
    }

    fn told(error: &VBoxError) -> String {
        match error {
            VBoxError::Run(_) => "run".to_owned(),
            VBoxError::ServerGone(_) => "server gone".to_owned(),
            VBoxError::Elsewhere(_) => "elsewhere".to_owned(),
            VBoxError::NotYet(awaited, _) => format!("not yet: {awaited:?}"),
            VBoxError::EndedEarly(_) => "ended early".to_owned(),
            VBoxError::Refused(refusal, _) => format!("{refusal:?}"),
            VBoxError::Garbled(_) => "garbled".to_owned(),
            VBoxError::Other(_) => "other".to_owned(),
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
                () if has("Could not find a registered machine") => "NotRegistered",
                () if has("object functionality is limited") => "Inaccessible",
                () if has("Document is empty") => "Registry",
                () if has("VirtualBox.xml' for reading VERR_ACCESS_DENIED") => "RegistryDenied",
                () if has("does not match the value") => "DiskReplaced",
                () if has("Locking of attached media failed") => "DiskInUse",
                () if has("Failed to initialize COM") => "Home",
                () if has("Failed to create the VirtualBox object") || has("NS_ERROR_ABORT") => {
                    "server gone"
                }
                () if has("opening image file") && has("VERR_ACCESS_DENIED") => "DiskDenied",
                () if has("VERR_VD_IMAGE_READ_ONLY") => "DiskDenied",
                () if has("opening image file") && has("VERR_FILE_NOT_FOUND") => "DiskMissing",
                () if has("error: File not found. (VERR_FILE_NOT_FOUND)") => "DiskMissing",
                () if has("VERR_VD_VDI_INVALID_HEADER") => "DiskBroken",
                () if has("Nonexistent host networking interface") => "not yet: Interface",
                () if has("failed to connect to") => "not yet: Listener",
                () if has("RawFile#") || has("NamedPipe#") || has("DrvTCP#") => "Port",
                () if has("host device '/dev/tty") => "Port",
                () if has("Failed to load unit") => "SavedState",
                () if has("session was closed before any attempt") => "ended early",
                () if has("already locked")
                    || has("not locked by a session")
                    || has("while it is locked") =>
                {
                    "elsewhere"
                }
                () if has("Could not create guest session") => "NoAdditions",
                () if has("VBOX_E_INVALID_VM_STATE")
                    || has("not currently running")
                    || has("invalid state") =>
                {
                    "elsewhere"
                }
                () if has("DRIVERLESS") || has("terminated unexpectedly") => "Driver",
                () if has("Could not launch the VM process") || has("Invalid frontend name") => {
                    "Frontend"
                }
                () => "other",
            };
            assert_eq!(told(&classify(&output)), expected, "{label}:\n{stderr}");
        }
        assert!(seen > 100, "only {seen} recorded failures found");
    }

    #[test]
    fn failures_that_were_seen_but_not_recorded() {
        for (stderr, expected) in [
            (
                "VBoxManage: error: Failed to initialize COM because the global settings directory '/home/vb/.config/VirtualBox' is not accessible!\n",
                "Home",
            ),
            (
                "VBoxManage: error: Failed to initialize COM! (hrc=NS_ERROR_FAILURE)\n",
                "Home",
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
                "Locale",
            ),
            (
                "VBoxManage: fatal error: RTR3Init: VERR_NO_TRANSLATION\n",
                "Locale",
            ),
            (
                "VBoxManage: error: VT-x is being used by another hypervisor (VERR_VMX_IN_VMX_ROOT_MODE).\nVBoxManage: error: VirtualBox can't operate in VMX root mode. Please disable the KVM kernel extension, recompile your kernel and reboot (VERR_VMX_IN_VMX_ROOT_MODE)\nVBoxManage: error: Details: code NS_ERROR_FAILURE (0x80004005), component ConsoleWrap, interface IConsole\n",
                "OtherHypervisor",
            ),
            (
                "VBoxManage: error: AMD-V is disabled in the BIOS (or by the host OS) (VERR_SVM_DISABLED)\n",
                "NoVirtualization",
            ),
            (
                "VBoxManage: error: VT-x is not available (VERR_VMX_NO_VMX)\n",
                "NoVirtualization",
            ),
            (
                "VBoxManage: error: The VirtualBox support driver which is running is from a different version of VirtualBox (VERR_VM_DRIVER_VERSION_MISMATCH)\n",
                "DriverVersion",
            ),
            (
                "VBoxManage: error: The VirtualBox kernel driver is not accessible to the current user (VERR_VM_DRIVER_NOT_ACCESSIBLE)\n",
                "DriverDenied",
            ),
            (
                "VBoxManage: error: Failed to open/create the internal network 'HostInterfaceNetworking-e1000g0' (VERR_SUPDRV_COMPONENT_NOT_FOUND).\n",
                "Driver",
            ),
            (
                "VBoxManage: error: Failed to open/create the internal network 'HostInterfaceNetworking-e1000g0' (VERR_INTNET_FLT_IF_NOT_FOUND).\n",
                "not yet: Interface",
            ),
            (
                "VBoxManage: error: Implementation of the USB 2.0 controller not found!\nVBoxManage: error: Because the USB 2.0 controller state is part of the saved VM state, the VM cannot be started. To fix this problem, either install the 'Oracle VirtualBox Extension Pack' or disable USB 2.0 support in the VM settings.\n",
                "ExtensionPack",
            ),
            (
                "VBoxManage: error: Failed to allocate the VM structure (VERR_NO_MEMORY)\n",
                "NoMemory",
            ),
            (
                "VBoxManage: error: Out of memory condition when allocating memory with low physical backing (VERR_NO_LOW_MEMORY)\n",
                "NoMemory",
            ),
            ("", "other"),
            ("Segmentation fault\n", "other"),
        ] {
            assert_eq!(told(&classify(&output(1, stderr))), expected, "{stderr}");
        }
    }

    /// The reason and the advice stand in the second and third line.
    #[test]
    fn every_line_before_the_code_is_told() {
        let stderr = "VBoxManage: error: Could not open the medium '/vm/a' (VERR_x.vdi'.\n\
            VBoxManage: error: VDI: error reading pre-header in '/vm/a' (VERR_x.vdi' (VERR_EOF).\n\
            VBoxManage: error: VD: error VERR_VD_VDI_INVALID_HEADER opening image file '/vm/a' (VERR_x.vdi' (VERR_VD_VDI_INVALID_HEADER)\n\
            VBoxManage: error: Details: code NS_ERROR_FAILURE (0x80004005), component MediumWrap\n\
            VBoxManage: error: Context: \"x\"\n";
        let error = classify(&output(1, stderr));
        assert_eq!(
            error.to_string(),
            "Could not open the medium '/vm/a' (VERR_x.vdi'; VDI: error reading pre-header in '/vm/a' (VERR_x.vdi' (VERR_EOF); VD: error VERR_VD_VDI_INVALID_HEADER opening image file '/vm/a' (VERR_x.vdi' (VERR_VD_VDI_INVALID_HEADER)"
                .to_owned()
                + " [NS_ERROR_FAILURE]"
        );
        let VBoxError::Refused(Refusal::DiskBroken, words) = error else {
            panic!("{error}");
        };
        assert_eq!(words.disk, Some("/vm/a' (VERR_x.vdi".into()));
    }

    #[test]
    fn a_flood_of_words_is_cut() {
        let stderr = format!("VBoxManage: error: {}\n", "\u{e4}".repeat(100_000));
        let told = classify(&output(1, &stderr)).to_string();
        assert_eq!(told.chars().count(), WORDS_MAX + 3);
    }

    #[test]
    fn a_disk_that_was_replaced_is_named_with_its_registered_uuid() {
        let stderr = "VBoxManage: error: UUID {1da34285-9f4c-c236-875f-66a8bb2291aa} of the medium '/vm/d.vdi' does not match the value {1cba3c65-3315-4ab0-a6c4-c7d3385b2984} stored in the media registry ('/home/vb/.config/VirtualBox/VirtualBox.xml')\n";
        let VBoxError::Refused(Refusal::DiskReplaced, words) = classify(&output(1, stderr)) else {
            panic!("{stderr}");
        };
        assert_eq!(words.disk, Some("/vm/d.vdi".into()));
        let registered = words.registered.map(|uuid| uuid.to_string());
        assert_eq!(
            registered.as_deref(),
            Some("1cba3c65-3315-4ab0-a6c4-c7d3385b2984")
        );
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
