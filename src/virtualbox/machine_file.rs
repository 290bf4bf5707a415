//! A VM's settings file, `NAME.vbox`: the state in which it rests.
//!
//! ```text
//! <VirtualBox><Machine uuid="{...}" name="vm1" stateFile="Snapshots/....sav" aborted="true" ...>
//! ```
//!
//! | state | stateFile | aborted |
//! |---|---|---|
//! | powered off | | |
//! | saved | yes | |
//! | aborted | | true |
//! | aborted-saved | yes | true |
//!
//! So `Machine::i_loadMachineDataFromSettings` has it. While a process runs the VM, both are as they were before its
//! start: the file says nothing then. And it is absent for about 2 ms each time that VirtualBox writes it; savestate
//! writes it twice, 5 ms apart, first without a state file.

use std::path::{Path, PathBuf};

use roxmltree::{Document, ParsingOptions};

use super::file::{self, FileTrouble, What};
use crate::host::Host;
use crate::virtualbox::vm::{Uuid, VmState};

/// The longest that is read: 2 KB is usual, and a VM with a thousand snapshots has 2 MB.
const FILE_MAX: u64 = 4 << 20;
/// How many nodes such a file may have.
const NODES_MAX: u32 = 400_000;
/// How many attributes an element may have: the parser compares each with each.
const ATTRIBUTES_MAX: usize = 1000;
/// The longest name or path that is taken, in bytes: no path may be longer, and of many VMs all are in memory.
pub(crate) const WORD_MAX: usize = 4096;
/// How often a namespace may be declared: each copies those around it. VirtualBox declares one.
const NAMESPACES_MAX: usize = 16;

/// What a VM's settings file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MachineFile {
    /// The VM's UUID.
    pub(crate) uuid: Uuid,
    /// Its name.
    pub(crate) name: String,
    /// In which state it is while no process runs it.
    pub(crate) resting: Resting,
    /// Where its logs are.
    pub(crate) log_folder: PathBuf,
    /// Where the states go that are saved, and the disks of snapshots.
    pub(crate) snapshot_folder: PathBuf,
    /// The snapshot that its disks come from, where there is one.
    pub(crate) current_snapshot: Option<Uuid>,
    /// VirtualBox's own autostart is to start it.
    pub(crate) autostart: bool,
}

/// The state of a VM that no process runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resting {
    /// Off.
    PoweredOff,
    /// Off, and its memory is in this file.
    Saved {
        /// The file, absolute where the settings file's path is.
        state_file: PathBuf,
    },
    /// Off: its process died.
    Aborted,
    /// Off: its process died while it was restored from this file.
    AbortedSaved {
        /// The file.
        state_file: PathBuf,
    },
}

impl Resting {
    /// VirtualBox's word for it.
    pub(crate) fn state(&self) -> VmState {
        match self {
            Self::PoweredOff => VmState::PowerOff,
            Self::Saved { .. } => VmState::Saved,
            Self::Aborted => VmState::Aborted,
            Self::AbortedSaved { .. } => VmState::AbortedSaved,
        }
    }

    /// The file with its memory.
    pub(crate) fn state_file(&self) -> Option<&Path> {
        match self {
            Self::PoweredOff | Self::Aborted => None,
            Self::Saved { state_file } | Self::AbortedSaved { state_file } => Some(state_file),
        }
    }
}

impl MachineFile {
    /// What is in a settings file now.
    ///
    /// # Errors
    /// It cannot be read, or only VirtualBox understands it.
    pub(crate) fn read(host: &dyn Host, path: &Path) -> Result<Self, FileTrouble> {
        let text = file::read(host, path, FILE_MAX)?;
        parse(&text, path).map_err(|why| FileTrouble::new(path, What::Nonsense(why)))
    }

    /// The log of the VM's last run, or of the one that goes on.
    pub(crate) fn log(&self) -> PathBuf {
        self.log_folder.join("VBox.log")
    }
}

/// What the settings file at `path` says.
///
/// # Errors
/// It makes no sense, or only VirtualBox can tell, in words.
pub(crate) fn parse(text: &str, path: &Path) -> Result<MachineFile, String> {
    let document = document(text)?;
    let root = document.root_element();
    if root.tag_name().name() != "VirtualBox" {
        return Err("its root element is not VirtualBox".to_owned());
    }
    let mut children = root.children().filter(roxmltree::Node::is_element);
    let machine = children.next().ok_or("it has no Machine element")?;
    if children.next().is_some() {
        return Err("it has more than a Machine".to_owned());
    }
    if machine.tag_name().name() != "Machine" {
        // MachineEncrypted: only VirtualBox has the password.
        return Err(format!("it has a {}", machine.tag_name().name()));
    }
    let kept = ["name", "stateFile", "snapshotFolder"];
    let is_long = |name: &str| {
        machine
            .attribute(name)
            .is_some_and(|word| word.len() > WORD_MAX)
    };
    if let Some(name) = kept.into_iter().find(|name| is_long(name)) {
        return Err(format!("its {name} is too long"));
    }
    let folder = path.parent().unwrap_or(Path::new("/"));
    let place = |name: &str, usual: &str| {
        let set = machine.attribute(name).filter(|set| !set.is_empty());
        file::resolve(folder, set.unwrap_or(usual))
    };
    let uuid = machine.attribute("uuid").and_then(|uuid| uuid.parse().ok());
    let name = machine.attribute("name");
    let state_file = machine
        .attribute("stateFile")
        .filter(|file| !file.is_empty())
        .map(|state_file| file::resolve(folder, state_file));
    let resting = match (state_file, flag(machine.attribute("aborted"))?) {
        (None, false) => Resting::PoweredOff,
        (Some(state_file), false) => Resting::Saved { state_file },
        (None, true) => Resting::Aborted,
        (Some(state_file), true) => Resting::AbortedSaved { state_file },
    };
    let current_snapshot = machine
        .attribute("currentSnapshot")
        .and_then(|uuid| uuid.parse().ok());
    Ok(MachineFile {
        uuid: uuid.ok_or("its Machine element has no UUID")?,
        name: name.ok_or("its Machine element has no name")?.to_owned(),
        resting,
        // VirtualBox has no setting for it: it is beside the settings file.
        log_folder: folder.join("Logs"),
        snapshot_folder: place("snapshotFolder", "Snapshots"),
        current_snapshot,
        autostart: starts_by_itself(machine),
    })
}

/// `<Autostart enabled="true"/>`, of the machine or of its hardware, not of a snapshot.
fn starts_by_itself(machine: roxmltree::Node<'_, '_>) -> bool {
    let hardware = machine
        .children()
        .filter(|node| node.tag_name().name() == "Hardware");
    std::iter::once(machine)
        .chain(hardware)
        .flat_map(|node| node.children())
        .filter(|node| node.tag_name().name() == "Autostart")
        .any(|node| flag(node.attribute("enabled")) == Ok(true))
}

/// The words that VirtualBox takes (`AttributeNode::getValue(bool *)`). One that it does not know is for itself to judge.
fn flag(value: Option<&str>) -> Result<bool, String> {
    match value {
        None | Some("false" | "no" | "0") => Ok(false),
        Some("true" | "yes" | "1") => Ok(true),
        Some(other) => Err(format!("aborted is '{other}'")),
    }
}

/// A file of VirtualBox as a tree. It may be half written: then its end is missing. What declares a document type was not
/// written by VirtualBox.
///
/// # Errors
/// It is not such a file, in words.
pub(crate) fn document(text: &str) -> Result<Document<'_>, String> {
    if !text.trim_end().ends_with("</VirtualBox>") {
        return Err("its end is missing".to_owned());
    }
    if text.matches("xmlns").count() > NAMESPACES_MAX {
        return Err("it has many namespaces".to_owned());
    }
    // No value of an attribute has a '<' in it.
    let attributes = text.split('<').map(|tag| tag.matches('=').count());
    if attributes.max() > Some(ATTRIBUTES_MAX) {
        return Err("it has an element with many attributes".to_owned());
    }
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: NODES_MAX,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(text, options).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const UUID: &str = "c49decd0-163a-44f9-9d85-b6e06ddc2277";
    const PATH: &str = "/vms/vm1/vm1.vbox";

    /// Of ten thousand VMs that a user has all are in memory.
    #[test]
    fn no_word_is_kept_that_is_far_too_long() {
        for (length, is_taken) in [(4096, true), (4097, false)] {
            let word = "x".repeat(length);
            for of in ["stateFile", "snapshotFolder"] {
                let parsed = parse(&text(&format!("{of}=\"{word}\"")), Path::new(PATH));
                assert_eq!(parsed.is_ok(), is_taken, "{of} of {length}");
            }
            let named = text("").replace("name=\"vm1\"", &format!("name=\"{word}\""));
            assert_eq!(parse(&named, Path::new(PATH)).is_ok(), is_taken, "{length}");
        }
    }

    /// As VirtualBox 7.2 writes it, with these attributes beside the UUID and the name.
    fn text(attributes: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?>\n<!--\n** DO NOT EDIT THIS FILE.\n-->\n<VirtualBox xmlns=\"http://www.virtualbox.org/\" version=\"1.16-linux\">\n  <Machine uuid=\"{{{UUID}}}\" name=\"vm1\" OSType=\"Other\" {attributes} lastStateChange=\"2026-11-21T03:18:59Z\">\n    <ExtraData/>\n    <Snapshot uuid=\"{{{UUID}}}\" stateFile=\"Snapshots/of-the-snapshot.sav\"/>\n    <Hardware/>\n  </Machine>\n</VirtualBox>\n"
        )
    }

    fn read(text: &str) -> Result<MachineFile, String> {
        parse(text, Path::new(PATH))
    }

    #[test]
    fn the_state_is_in_two_attributes() {
        let saved = |path: &str| Resting::Saved {
            state_file: path.into(),
        };
        for (attributes, expected) in [
            ("", Resting::PoweredOff),
            ("stateFile=\"\"", Resting::PoweredOff),
            ("aborted=\"false\"", Resting::PoweredOff),
            ("aborted=\"true\"", Resting::Aborted),
            ("aborted=\"1\"", Resting::Aborted),
            (
                "stateFile=\"Snapshots/a &amp; b.sav\"",
                saved("/vms/vm1/Snapshots/a & b.sav"),
            ),
            ("stateFile=\"/data/x.sav\"", saved("/data/x.sav")),
            (
                "aborted=\"true\" stateFile=\"x.sav\"",
                Resting::AbortedSaved {
                    state_file: "/vms/vm1/x.sav".into(),
                },
            ),
        ] {
            let file = read(&text(attributes)).expect(attributes);
            assert_eq!(file.resting, expected, "{attributes}");
            assert_eq!(file.uuid.as_str(), UUID);
            assert_eq!(file.name, "vm1");
        }
    }

    #[test]
    fn names_and_folders() {
        let name = "a &quot;b&quot; &lt;c&gt;&#10;d";
        let named = text("").replace("\"vm1\"", &format!("\"{name}\""));
        assert_eq!(read(&named).expect("a file").name, "a \"b\" <c>\nd");
        let usual = read(&text("")).expect("a file");
        assert_eq!(usual.snapshot_folder, Path::new("/vms/vm1/Snapshots"));
        assert_eq!(usual.log(), Path::new("/vms/vm1/Logs/VBox.log"));
        assert_eq!(usual.current_snapshot, None);
        let moved = format!("snapshotFolder=\"/data/s\" currentSnapshot=\"{{{UUID}}}\"");
        let moved = read(&text(&moved)).expect("a file");
        assert_eq!(moved.snapshot_folder, Path::new("/data/s"));
        assert_eq!(moved.current_snapshot, UUID.parse().ok());
        assert!(!moved.autostart);
        let mark = "<Autostart enabled=\"true\" delay=\"0\" autostop=\"Disabled\"/>";
        let marked = text("").replace("<Hardware/>", &format!("<Hardware>{mark}</Hardware>"));
        assert!(read(&marked).expect("a file").autostart);
        let marked = text("").replace("<ExtraData/>", mark);
        assert!(read(&marked).expect("a file").autostart);
    }

    /// Whatever VirtualBox may make of it, the file does not say.
    #[test]
    fn refuses_what_only_virtualbox_understands() {
        let whole = text("");
        let twice = whole.replace("</Machine>", "</Machine><Machine/>");
        for (why, text) in [
            ("empty", String::new()),
            ("half written", whole[..whole.len() - 30].to_owned()),
            ("encrypted", whole.replace("Machine", "MachineEncrypted")),
            ("two machines", twice),
            (
                "something beside it",
                whole.replace("<Machine ", "<Other/><Machine "),
            ),
            ("another root", whole.replace("VirtualBox ", "VirtualBux ")),
            ("no UUID", whole.replace(UUID, "x")),
            ("no name", whole.replace(" name=", " title=")),
            ("a strange word", text("aborted=\"perhaps\"")),
            (
                "an attribute twice",
                text("aborted=\"true\" aborted=\"true\""),
            ),
            (
                "a document type",
                whole.replace(
                    "<VirtualBox",
                    "<!DOCTYPE x [<!ENTITY e \"e\">]>\n<VirtualBox",
                ),
            ),
        ] {
            assert!(read(&text).is_err(), "{why}");
        }
    }

    /// None of them takes more than a moment, or more memory than there is.
    #[test]
    fn hostile_files_end_in_a_word() {
        let around = |inside: &str| format!("<VirtualBox>{inside}</VirtualBox>");
        let many =
            |count, each: &dyn Fn(u32) -> String| (0..count).map(each).collect::<Vec<_>>().concat();
        let attributes = many(200_000, &|n| format!(" a{n}=''"));
        let namespaces = many(50_000, &|n| format!("<a xmlns:n{n}='x'>"));
        for text in [
            around(&"<a>".repeat(300_000)),
            around(&("<a>".repeat(300_000) + &"</a>".repeat(300_000))),
            around(&format!("<Machine{attributes}/>")),
            around(&namespaces),
            around(&"<a/>".repeat(1_000_000)),
            "<".repeat(4 << 20) + "</VirtualBox>",
        ] {
            assert!(read(&text).is_err());
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(inserted in "\\PC*", at in 0..500_usize) {
            let _ = read(&inserted);
            let mut whole = text("aborted=\"true\"");
            if whole.is_char_boundary(at.min(whole.len())) {
                whole.insert_str(at.min(whole.len()), &inserted);
            }
            let _ = read(&whole);
        }
    }
}
