//! What VBoxManage prints: no name, description or path in it can make a VM look like another one.

use std::path::Path;

use super::list::{Entry, Listed};
use super::{Identity, VBoxError, error, inventory as files, list, vminfo as info};
use crate::fuzzing::assert_printable;
use crate::host::fake::Fake;
use crate::host::{ExitStatus, FileKind, Host as _, Output};
use crate::virtualbox::vm::{Uuid, VmState};

const OURS: &str = "c49decd0-163a-44f9-9d85-b6e06ddc2277";

fn ours() -> Uuid {
    OURS.parse().expect("a UUID")
}

/// `showvminfo --machinereadable`
///
/// # Panics
/// Something that is promised does not hold.
pub(crate) fn vminfo(text: &str) {
    match info::parse(text) {
        Ok(found) => assert_eq!(info::parse(&printed(&found)).as_ref(), Ok(&found)),
        Err(what) => assert_printable(&what),
    }
    // The text as the name of a VM, and as everything that follows its state.
    let vm = Identity {
        name: text.to_owned(),
        uuid: ours(),
        state: VmState::PowerOff,
    };
    let listing = printed(&vm);
    assert_eq!(info::parse(&listing).as_ref(), Ok(&vm));
    assert_eq!(info::parse(&(listing + text)), Ok(vm));
}

fn printed(vm: &Identity) -> String {
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let (name, state) = (quoted(&vm.name), quoted(vm.state.word()));
    format!(
        "name=\"{name}\"\nUUID=\"{}\"\nVMState=\"{state}\"\n",
        vm.uuid
    )
}

/// The lists in which VMs are looked for.
///
/// # Panics
/// Something that is promised does not hold.
pub(crate) fn lists(text: &str) {
    let entries = list::parse_short(text);
    let short = short_list(&entries);
    assert_eq!(list::parse_short(&short), entries, "{short}");
    let sections = format!("[vms]\n{short}\n[runningvms]\n{short}");
    let uuids: Vec<Uuid> = entries.iter().map(|entry| entry.uuid.clone()).collect();
    let listing = list::parse_sections(&sections).expect("two lists");
    // A name that holds the second heading moves entries from one list to the other.
    if !entries
        .iter()
        .any(|entry| entry.name.contains("[runningvms]"))
    {
        assert_eq!((listing.vms, listing.running), (entries, uuids));
    }
    let _any = list::parse_sections(text);
    match list::parse_long(text) {
        Ok(found) => {
            let long: String = found.iter().map(long_entry).collect();
            // What no VM has: a state with the time of another one in it.
            if !found
                .iter()
                .any(|vm| vm.state.human_words().contains(" (since "))
            {
                assert_eq!(list::parse_long(&long).as_ref(), Ok(&found), "{long}");
            }
        }
        Err(what) => assert_printable(&what),
    }
    let _any = list::parse_autostart(text);
    // The text before a VM, and as the name of one: it can add entries, and take none away.
    let vm = Identity {
        name: "vm1".to_owned(),
        uuid: ours(),
        state: VmState::Running,
    };
    let behind = format!("{text}\n{}", long_entry(&vm));
    let found = list::parse_long(&behind).expect("a listing");
    assert_eq!(found.last(), Some(&vm));
    let named = Identity {
        name: text.to_owned(),
        ..vm
    };
    let found = list::parse_long(&long_entry(&named)).expect("a listing");
    let is_it = |vm: &Listed| vm.uuid == named.uuid && vm.state == named.state;
    assert!(found.iter().any(is_it), "{found:?}");
}

fn short_list(entries: &[Entry]) -> String {
    let line = |Entry { uuid, name }: &Entry| format!("\"{name}\" {{{uuid}}}\n");
    entries.iter().map(line).collect()
}

fn long_entry(vm: &Identity) -> String {
    format!(
        "Name:                        {}\nEncryption:                  disabled\nUUID:                        {}\nState:                       {} (since x)\n\n",
        vm.name,
        vm.uuid,
        vm.state.human_words()
    )
}

/// The lists from which `gen --from-virtualbox` writes.
///
/// # Panics
/// Something that is promised does not hold.
pub(crate) fn inventory(text: &str) {
    let mut parts = text.splitn(3, '\0');
    let mut next = || parts.next().unwrap_or_default();
    let (vms, long, hdds) = (next(), next(), next());
    match files::join(vms, long, hdds) {
        Ok(found) => {
            let names = |vm: &files::Registered| (vm.uuid.clone(), vm.name.clone());
            let listed = list::parse_short(vms).into_iter();
            let listed: Vec<_> = listed.map(|entry| (entry.uuid, entry.name)).collect();
            assert_eq!(found.iter().map(names).collect::<Vec<_>>(), listed);
            for vm in &found {
                assert!(vm.disks.is_sorted_by(|one, next| one < next), "{vm:?}");
            }
            assert_eq!(files::join(vms, long, hdds).ok(), Some(found));
        }
        Err(error) => said(&error),
    }
}

/// What it says when it fails.
///
/// # Panics
/// Something that is promised does not hold.
pub(crate) fn complaints(stderr: &[u8]) {
    for ended in [
        ExitStatus::Exited(0),
        ExitStatus::Exited(1),
        ExitStatus::Killed(11),
    ] {
        let output = Output {
            ended,
            stdout: Vec::new(),
            stderr: stderr.to_vec(),
            cut: false,
        };
        let _any = error::complains(&output);
        said(&error::classify(&output));
    }
}

/// Where VBoxManage is: the first line is the path that was set, or empty; each other one is something in the
/// file system, as in `/opt/x 0 777 link ../y`.
///
/// # Panics
/// Something that is promised does not hold.
pub(crate) fn search(text: &str) {
    let mut lines = text.lines();
    let set = lines.next().filter(|path| path.starts_with('/'));
    let host = lines.take(64).fold(Fake::default(), thing);
    match super::find(&host, set.map(Path::new)) {
        Ok(found) => {
            match set.map(Path::new) {
                Some(set) => assert_eq!(found, set),
                None => assert!(
                    super::find::FOLDERS
                        .iter()
                        .any(|folder| found.starts_with(folder))
                ),
            }
            // Nobody but root can change it, or what is above it, or what the links on the way lead to.
            let mut at = found.as_path();
            if !text.contains("..") && !text.contains("link") {
                loop {
                    let facts = host.file_facts(at).expect("what is trusted is there");
                    assert!(
                        facts.owner == 0 && facts.mode & 0o022 == 0,
                        "{}",
                        at.display()
                    );
                    let Some(above) = at.parent() else { break };
                    at = above;
                }
            }
        }
        Err(error) => assert!(!error.next_step().is_empty()),
    }
}

fn thing(host: Fake, line: &str) -> Fake {
    let mut words = line.splitn(5, ' ');
    let mut next = || words.next().unwrap_or_default();
    let (path, owner, mode, kind, target) = (next(), next(), next(), next(), next());
    let kind = match kind {
        "link" => FileKind::Link(target.into()),
        "file" => FileKind::File,
        "folder" => FileKind::Directory,
        _ => FileKind::Other,
    };
    let mode = u32::from_str_radix(mode, 8).unwrap_or(0o755);
    host.file(path, owner.parse().unwrap_or(0), mode, kind)
}

fn said(error: &VBoxError) {
    assert_printable(&error.to_string());
}
