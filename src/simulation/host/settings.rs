//! The files that VirtualBox writes: which VMs a user has, how each rests, and the log of its last run.
//!
//! They are made when they are read, from what VirtualBox wrote last: a VM's settings file is as it was before its start
//! for as long as a process runs the VM, and behind by a moment where the process was killed.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::machine::{Machine, MachineId, Registration};
use super::world::World;
use crate::host::{FileFacts, FileKind};
use crate::virtualbox::vm::VmState;

/// For so long a settings file is not there while it is written.
const ABSENT: Duration = Duration::from_millis(2);
/// So long after a VM's process was killed VirtualBox writes the VM's settings file.
const NOTICED: Duration = Duration::from_millis(3);
/// What a small VM's saved state takes.
const STATE_SIZE: u64 = 249_736;

/// What a VM's settings file says of its state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Written {
    /// The name of the file with its memory.
    state_file: Option<String>,
    aborted: bool,
    at: Duration,
}

impl Written {
    /// The state of a VM that no process runs, as VirtualBox reads it.
    pub(super) fn state(&self) -> VmState {
        match (&self.state_file, self.aborted) {
            (None, false) => VmState::PowerOff,
            (Some(_), false) => VmState::Saved,
            (None, true) => VmState::Aborted,
            (Some(_), true) => VmState::AbortedSaved,
        }
    }
}

/// VirtualBox writes down that a VM has entered a state, where that is something to write.
pub(super) fn write(world: &mut World, id: MachineId) {
    let now = world.now;
    let machine = world.machine_mut(id);
    let state_file = match &machine.state {
        VmState::Saved | VmState::AbortedSaved => {
            let new = format!("{}.sav", now.as_millis());
            Some(machine.written.state_file.clone().unwrap_or(new))
        }
        _ => None,
    };
    let aborted = match &machine.state {
        VmState::PowerOff | VmState::Saved | VmState::Teleported => false,
        VmState::Aborted | VmState::AbortedSaved => true,
        // It is restored now, and the rest is as it was.
        VmState::Running => machine.written.aborted,
        _ => return,
    };
    machine.written = Written {
        state_file,
        aborted,
        at: now,
    };
}

/// The same where its process was killed: VirtualBox takes a moment to see that.
pub(super) fn write_late(world: &mut World, id: MachineId, before: Written) {
    let new = std::mem::replace(&mut world.machine_mut(id).written, before);
    world.after(NOTICED, move |world| {
        let at = world.now;
        world.machine_mut(id).written = Written { at, ..new };
    });
}

/// A line of the log of the VM's process.
pub(super) fn log(world: &mut World, id: MachineId, line: &str) {
    let now = world.now;
    let log = &mut world.machine_mut(id).log;
    let (seconds, micros) = (now.as_secs(), now.subsec_micros());
    // Writing to a String does not fail.
    let _ = writeln!(
        log,
        "00:{:02}:{:02}.{micros:06} {line}",
        seconds / 60 % 60,
        seconds % 60
    );
}

/// A process begins to run a VM: its log is a new one.
pub(super) fn begin_log(world: &mut World, id: MachineId, pid: u32) {
    world.machine_mut(id).log.clear();
    log(
        world,
        id,
        "VirtualBox VM 7.2.22 r175245 solaris.amd64 release log",
    );
    log(world, id, &format!("Process ID: {pid}"));
}

/// What the log says of a state that a VM enters.
pub(super) fn log_state(world: &mut World, id: MachineId, from: &VmState, to: &VmState) {
    let machine = |state: &VmState| match state {
        VmState::Running => Some("RUNNING"),
        VmState::Paused => Some("SUSPENDED"),
        VmState::GuruMeditation => Some("GURU_MEDITATION"),
        VmState::PowerOff | VmState::Saved => Some("TERMINATED"),
        _ => None,
    };
    if let Some(state) = machine(to) {
        let before = machine(from).unwrap_or("CREATED");
        log(
            world,
            id,
            &format!("Changing the VM state from '{before}' to '{state}'"),
        );
    }
    let console = match to {
        VmState::Running => "Running",
        VmState::Paused => "Paused",
        VmState::GuruMeditation => "Stuck",
        VmState::Starting => "Starting",
        VmState::Restoring => "Restoring",
        VmState::Saving => "Saving",
        VmState::Stopping => "Stopping",
        VmState::PowerOff => "PoweredOff",
        VmState::Saved => "Saved",
        _ => return,
    };
    log(
        world,
        id,
        &format!("Console: Machine state changed to '{console}'"),
    );
}

/// The guest turns itself off: the log says so before the machine's state changes.
pub(super) fn log_guest_off(world: &mut World, id: MachineId) {
    for line in [
        "ACPI: Entering S5 power state (power down)",
        "Changing the VM state from 'RUNNING' to 'POWERING_OFF'",
        "Changing the VM state from 'POWERING_OFF' to 'OFF'",
    ] {
        log(world, id, line);
    }
}

fn folder(machine: &Machine) -> PathBuf {
    super::home_of(&machine.owner)
        .join("VirtualBox VMs")
        .join(&machine.uuid)
}

/// A file of VirtualBox, where one has this path.
struct File {
    owner: String,
    content: Vec<u8>,
    size: u64,
    written: Duration,
}

impl File {
    fn new(owner: &str, content: String, written: Duration) -> Self {
        Self {
            owner: owner.to_owned(),
            size: content.len() as u64,
            content: content.into(),
            written,
        }
    }
}

fn find(world: &World, path: &Path) -> Option<File> {
    for machine in world.machines.iter().filter(|m| m.is_accessible()) {
        let Ok(inside) = path.strip_prefix(folder(machine)) else {
            continue;
        };
        let is = |name: &str| inside == Path::new(name);
        if is("vm.vbox") {
            let absent = world.now < machine.written.at.saturating_add(ABSENT)
                && !machine.written.at.is_zero();
            let file = File::new(&machine.owner, machine_file(machine), machine.written.at);
            return (!absent).then_some(file);
        }
        if is("Logs/VBox.log") && !machine.log.is_empty() {
            return Some(File::new(&machine.owner, machine.log.clone(), world.now));
        }
        let state_file = machine.written.state_file.as_deref()?;
        let is_state = is(&format!("Snapshots/{state_file}"));
        return is_state.then(|| File {
            owner: machine.owner.clone(),
            content: b"\x7fVirtualBox SavedState V2.0\n".to_vec(),
            size: STATE_SIZE,
            written: machine.written.at,
        });
    }
    let name = Path::new(".config/VirtualBox/VirtualBox.xml");
    let owner = world.machines.iter().map(|machine| &machine.owner);
    let owner = owner
        .into_iter()
        .find(|owner| super::home_of(owner).join(name) == path)?;
    let no_home = world
        .virtualboxes
        .get(owner)
        .is_some_and(|vbox| vbox.no_home);
    (!no_home).then(|| File::new(owner, registry(world, owner), Duration::ZERO))
}

/// What is at a path, if it is one of VirtualBox's files.
pub(super) fn facts(world: &World, path: &Path) -> Option<FileFacts> {
    let file = find(world, path)?;
    Some(FileFacts {
        owner: super::account_of(&file.owner)?.uid,
        mode: 0o600,
        kind: FileKind::File,
        size: file.size,
        age: world.now.saturating_sub(file.written),
    })
}

/// What a user reads of one.
pub(super) fn read(world: &World, user: &str, path: &Path) -> io::Result<(FileFacts, Vec<u8>)> {
    let file = find(world, path).ok_or(io::ErrorKind::NotFound)?;
    if file.owner != user && user != super::ROOT {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let facts = facts(world, path).ok_or(io::ErrorKind::NotFound)?;
    Ok((facts, file.content))
}

fn registry(world: &World, owner: &str) -> String {
    let known = world
        .machines
        .iter()
        .filter(|m| m.owner == owner && m.registration != Registration::Unknown);
    let mut entries = String::new();
    for machine in known {
        let path = folder(machine).join("vm.vbox");
        let source = attribute(&path.to_string_lossy());
        let _ = writeln!(
            entries,
            "      <MachineEntry uuid=\"{{{}}}\" src=\"{source}\"/>",
            machine.uuid
        );
    }
    format!(
        "<?xml version=\"1.0\"?>\n<VirtualBox xmlns=\"http://www.virtualbox.org/\" version=\"1.12-solaris\">\n  <Global>\n    <MachineRegistry>\n{entries}    </MachineRegistry>\n  </Global>\n</VirtualBox>\n"
    )
}

fn machine_file(machine: &Machine) -> String {
    let Written {
        state_file,
        aborted,
        ..
    } = &machine.written;
    let state_file = state_file
        .as_ref()
        .map(|file| format!(" stateFile=\"Snapshots/{file}\""));
    format!(
        "<?xml version=\"1.0\"?>\n<VirtualBox xmlns=\"http://www.virtualbox.org/\" version=\"1.20-solaris\">\n  <Machine uuid=\"{{{}}}\" name=\"{}\" OSType=\"Other\"{}{} snapshotFolder=\"Snapshots\">\n    <Hardware/>\n  </Machine>\n</VirtualBox>\n",
        machine.uuid,
        attribute(&machine.name),
        state_file.unwrap_or_default(),
        if *aborted { " aborted=\"true\"" } else { "" },
    )
}

/// As libxml2 writes the value of an attribute.
fn attribute(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\n' => text.push_str("&#10;"),
            '\r' => text.push_str("&#13;"),
            '\t' => text.push_str("&#9;"),
            c => text.push(c),
        }
    }
    text
}
