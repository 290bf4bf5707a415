//! Simulated VMs: what they are, what their guests do, what is wrong with them.

use std::time::Duration;

use super::settings::Written;
use crate::virtualbox::vm::VmState;

/// A VM of the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MachineId(pub(super) usize);

/// What a guest does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guest {
    /// It is off 2 s after the power button (Linux and acpid; measured).
    Acpi,
    /// It is off so long after the power button.
    Slow(Duration),
    /// No button does anything.
    Deaf,
    /// It switches itself off this long after the power button was started. It heeds the power button too.
    OffByItself(Duration),
    /// So long after it was started its process dies without a word.
    Crash(Duration),
    /// It stops at a triple fault 2 s after it was started, and stays in guru meditation.
    Triple,
}

impl Guest {
    /// How long it takes to be off after the power button; for ever, where there is none.
    pub(super) fn shutdown_time(self) -> Option<Duration> {
        match self {
            Self::Acpi | Self::OffByItself(_) | Self::Crash(_) => Some(Duration::from_secs(2)),
            Self::Slow(time) => Some(time),
            Self::Deaf | Self::Triple => None,
        }
    }
}

/// What is wrong with a VM, or with the VirtualBox of its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Another client of the owner starts VBoxSVC in the moment in which one of ours would: somebody's
    /// VBoxManage, which knows nothing of our lock. Ours fails at once.
    SvcRace,
    /// VBoxSVC is killed at this time. The processes of the VMs live on until they are 15, 45, 75 s old,
    /// unnoticed.
    SvcDies(Duration),
    /// The VM's process freezes: at once where it is there already, else 5 s after the VM runs.
    Hang,
    /// A method of its instance freezes when VirtualBox has done what it wants, until svc.startd kills it.
    MethodHangs,
    /// There is no room for a saved state.
    DiskFull,
    /// VirtualBox saves the guest's state and does not write that into the VM's settings: of the savestates of many VMs
    /// at once, one in fifty (`E_ACCESSDENIED`).
    StateNotWritten,
    /// VirtualBox's kernel driver is not loaded.
    NoDriver,
    /// The host has no memory for the VM.
    NoMemory,
    /// The VM's disk image is not there.
    MissingDisk,
    /// VirtualBox does not know the VM.
    NotRegistered,
    /// VirtualBox's settings directory cannot be used.
    NoHome,
}

/// Whether VirtualBox knows a VM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Registration {
    /// It does.
    Known,
    /// It does, and cannot read its settings file.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "this VM state is not supported in a rehearsal")
    )]
    Inaccessible,
    /// It does not.
    Unknown,
}

/// What the process of a VM is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// It runs the guest, if any.
    Alive,
    /// The guest is shutting down.
    GoingDown,
    /// It does not answer.
    Frozen,
}

/// A VM.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    /// The login name of its owner.
    pub(super) owner: String,
    pub(super) name: String,
    pub(super) uuid: String,
    pub(super) state: VmState,
    /// When the state began.
    pub(super) since: Duration,
    pub(super) guest: Guest,
    /// The guest runs the Guest Additions, so that it can be told to shut down.
    pub(super) additions: bool,
    pub(super) faults: Vec<Fault>,
    pub(super) registration: Registration,
    pub(super) description: Option<String>,
    /// How long saving or restoring takes; VBoxManage's own time comes on top.
    pub(super) saving_time: Duration,
    /// How long its process is still there when VirtualBox calls it down: 10 s in one of some hundred ends, for nothing.
    pub(super) linger: Duration,
    /// The process that runs it, as far as VirtualBox knows.
    pub(super) process: Option<u32>,
    /// The frontend it was started with.
    pub(super) frontend: String,
    pub(super) mood: Mood,
    /// What its settings file says.
    pub(super) written: Written,
    /// The log of its last run, or of the one that goes on.
    pub(super) log: String,
    /// Until then a `showvminfo` holds a session on it.
    pub(super) looked_at_until: Duration,
}

impl Machine {
    pub(super) fn new(owner: &str, name: &str, uuid: String) -> Self {
        Self {
            owner: owner.to_owned(),
            name: name.to_owned(),
            uuid,
            state: VmState::PowerOff,
            since: Duration::ZERO,
            guest: Guest::Acpi,
            additions: false,
            faults: Vec::new(),
            registration: Registration::Known,
            description: None,
            saving_time: Duration::from_millis(100),
            linger: Duration::from_millis(80),
            process: None,
            frontend: "headless".to_owned(),
            mood: Mood::Alive,
            written: Written::default(),
            log: String::new(),
            looked_at_until: Duration::ZERO,
        }
    }

    pub(super) fn is_frozen(&self) -> bool {
        self.mood == Mood::Frozen
    }

    /// VBoxSVC holds it for stopping, and there is nothing left of it: its process got a signal while it was paused. It is so
    /// until VBoxSVC ends.
    pub(super) fn is_wedged(&self) -> bool {
        self.state == VmState::Stopping && self.process.is_none()
    }

    pub(super) fn is_accessible(&self) -> bool {
        self.registration == Registration::Known
    }

    pub(super) fn has(&self, fault: Fault) -> bool {
        self.faults.contains(&fault)
    }
}

/// Whether a process runs the VM in this state.
pub(super) fn is_up(state: &VmState) -> bool {
    match state {
        VmState::Running
        | VmState::Paused
        | VmState::GuruMeditation
        | VmState::Teleporting
        | VmState::LiveSnapshotting
        | VmState::Starting
        | VmState::Stopping
        | VmState::Saving
        | VmState::Restoring
        | VmState::TeleportingPausedVm
        | VmState::TeleportingIn
        | VmState::DeletingSnapshotLive
        | VmState::DeletingSnapshotLivePaused
        | VmState::OnlineSnapshotting => true,
        VmState::PowerOff
        | VmState::Saved
        | VmState::Teleported
        | VmState::Aborted
        | VmState::AbortedSaved
        | VmState::RestoringSnapshot
        | VmState::DeletingSnapshot
        | VmState::SettingUp
        | VmState::Snapshotting
        | VmState::Unknown
        | VmState::Other(_) => false,
    }
}

/// Whether `showvminfo` does harm in this state: the session it takes gets in the way.
pub(super) fn is_between(state: &VmState) -> bool {
    matches!(
        state,
        VmState::Starting | VmState::Stopping | VmState::Saving | VmState::Restoring
    )
}

/// A UUID that depends on nothing but the owner, the name, and how many have that name already
/// (FNV-1a, twice).
pub(super) fn uuid_for(owner: &str, name: &str, nth: usize) -> String {
    let text = format!("{owner}\0{name}\0{nth}");
    let fnv = |seed: u64| {
        text.bytes().fold(seed, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    };
    let (a, b) = (fnv(0xcbf2_9ce4_8422_2325), fnv(0x8422_2325_cbf2_9ce4));
    // Version 4, variant 1.
    let a = a & !0xf000 | 0x4000;
    let b = b & !(0xc << 60) | (0x8 << 60);
    let hex = format!("{a:016x}{b:016x}");
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::virtualbox::vm::Uuid;

    #[test]
    fn a_vm_has_a_process_exactly_while_it_is_up() {
        assert_eq!(VmState::ALL.iter().filter(|s| is_up(s)).count(), 14);
        assert!(!is_up(&VmState::Saved));
        assert!(is_up(&VmState::GuruMeditation));
    }

    #[test]
    fn uuids_are_uuids_and_differ() {
        let one = uuid_for("vb", "vm1", 0);
        assert_eq!(one.parse().map(|u: Uuid| u.to_string()), Ok(one.clone()));
        assert_eq!(one, uuid_for("vb", "vm1", 0));
        for other in [
            uuid_for("vb", "vm2", 0),
            uuid_for("vc", "vm1", 0),
            uuid_for("vb", "vm1", 1),
        ] {
            assert_ne!(one, other);
        }
    }
}
