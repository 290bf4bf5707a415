//! Setting the stage: VMs, what their guests do, what is wrong with them.

use super::Sim;
use super::machine::{Fault, Guest, Machine, MachineId, Mood, Registration, uuid_for};
use super::{life, server};
use crate::host::FileKind;
use crate::virtualbox::vm::VmState;

/// A VM that is being set up. Every word takes effect at once.
#[derive(Clone, Copy)]
pub(crate) struct Vm<'a> {
    pub(super) sim: &'a Sim,
    pub(super) id: MachineId,
}

impl Sim {
    /// Registers a VM: off, with a guest that heeds the power button.
    pub(crate) fn vm(&self, owner: &str, name: &str) -> Vm<'_> {
        let id = self.shared.with(|world| {
            let namesakes = world
                .machines_of(owner)
                .filter(|(_, m)| m.name == name)
                .count();
            let uuid = match name.parse::<crate::virtualbox::vm::Uuid>() {
                Ok(uuid) => uuid.to_string(),
                Err(_) => uuid_for(owner, name, namesakes),
            };
            world.machines.push(Machine::new(owner, name, uuid));
            MachineId(world.machines.len() - 1)
        });
        Vm { sim: self, id }
    }

    /// No program gets a process contract of its own from now on: all are members of their method's.
    #[cfg(test)]
    pub(crate) fn inherit_contracts(&self) {
        self.shared.with(|world| world.contracts_inherited = true);
    }

    /// The methods of this instance hang from now on, each when VirtualBox has done what it wants.
    pub(crate) fn hang_methods_of(&self, subject: &str) {
        self.shared
            .with(|world| world.hung_methods.insert(subject.to_owned()));
    }

    /// They hang no more.
    pub(crate) fn mend_methods_of(&self, subject: &str) {
        self.shared.with(|world| world.hung_methods.remove(subject));
    }

    /// Puts something at a path; its folders are there with it, root's and safe.
    pub(crate) fn file(&self, path: &str, kind: FileKind, owner: u32, mode: u32) {
        let path = path.into();
        self.shared
            .with(|world| world.files.set(path, kind, owner, mode));
    }
}

impl Vm<'_> {
    pub(super) fn change(self, change: impl FnOnce(&mut Machine)) -> Self {
        self.sim
            .shared
            .with(|world| change(world.machine_mut(self.id)));
        self
    }

    /// What its guest does.
    pub(crate) fn guest(self, guest: Guest) -> Self {
        self.change(|machine| machine.guest = guest)
    }

    /// Puts it into a state.
    pub(crate) fn state(self, state: VmState) -> Self {
        self.sim
            .shared
            .with(|world| life::put(world, self.id, state));
        self
    }

    /// Something is wrong with it.
    pub(crate) fn fault(self, fault: Fault) -> Self {
        let id = self.id;
        self.sim.shared.with(|world| {
            let machine = world.machine_mut(id);
            machine.faults.push(fault);
            let owner = machine.owner.clone();
            match fault {
                Fault::Hang if machine.process.is_some() => machine.mood = Mood::Frozen,
                Fault::NotRegistered => machine.registration = Registration::Unknown,
                Fault::SvcRace => world.virtualbox(&owner).rival = true,
                Fault::NoHome => world.virtualbox(&owner).no_home = true,
                Fault::SvcDies(at) => world.at(at, move |world| server::die(world, &owner)),
                Fault::Hang
                | Fault::MethodHangs
                | Fault::DiskFull
                | Fault::StateNotWritten
                | Fault::NoDriver
                | Fault::NoMemory
                | Fault::MissingDisk => (),
            }
        });
        self
    }

    /// Nothing is wrong with it any more. What has happened is not undone.
    pub(crate) fn mend(self) -> Self {
        let id = self.id;
        self.sim.shared.with(|world| {
            let machine = world.machine_mut(id);
            machine.faults.clear();
            machine.registration = Registration::Known;
            if machine.is_frozen() {
                machine.mood = Mood::Alive;
            }
            let owner = machine.owner.clone();
            let virtualbox = world.virtualbox(&owner);
            virtualbox.rival = false;
            virtualbox.no_home = false;
        });
        self
    }
}
