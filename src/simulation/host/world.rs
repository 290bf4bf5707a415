//! The simulated world: a virtual clock, what is to happen, and everything there is.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::events::{Event, What};
use super::files::Files;
use super::machine::{Machine, MachineId, Registration};
use super::processes::Client;
use super::repository::Repository;
use super::server::VirtualBox;
use crate::simulation::host::scheduler::Waiters;
use crate::smf::fmri::InstanceFmri;

/// Something that is to happen at its time.
type Change = Box<dyn FnOnce(&mut World) + Send>;

/// The world. Only one thread looks at it at a time, and no time passes while it does.
pub(crate) struct World {
    /// The virtual time.
    pub(super) now: Duration,
    pub(super) waiters: Waiters,
    /// By time, then in the order in which they were decided.
    queue: BTreeMap<(Duration, u64), Change>,
    /// What happened so far.
    pub(super) events: Vec<Event>,
    /// What SMF knows.
    pub(super) repository: Repository,
    /// Nothing answers svcprop before.
    pub(super) repository_down_until: Duration,
    /// The run level, as init writes it down.
    pub(super) run_level: char,
    /// Every user's VMs, in the order of their registration.
    pub(super) machines: Vec<Machine>,
    /// The VirtualBox of each user.
    pub(super) virtualboxes: BTreeMap<String, VirtualBox>,
    /// Programs that run, each for a method that waits for it.
    pub(super) clients: BTreeMap<u64, Client>,
    pub(super) files: Files,
    /// Processes show their arguments as illumos does: joined, 80 bytes of them.
    pub(super) short_arguments: bool,
    /// No program gets a process contract of its own, as where there is no contract file system: all are members of
    /// their method's.
    pub(super) contracts_inherited: bool,
    /// The instances whose methods hang.
    pub(super) hung_methods: BTreeSet<String>,
    /// What tests judge methods by.
    #[cfg(test)]
    pub(super) witness: super::tests::outside::Witness,
    last_number: u64,
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            now: Duration::ZERO,
            waiters: Waiters::default(),
            queue: BTreeMap::new(),
            events: Vec::new(),
            repository: Repository::default(),
            repository_down_until: Duration::ZERO,
            run_level: '3',
            machines: Vec::new(),
            virtualboxes: BTreeMap::new(),
            clients: BTreeMap::new(),
            files: Files::of_a_host(),
            short_arguments: false,
            contracts_inherited: false,
            hung_methods: BTreeSet::new(),
            #[cfg(test)]
            witness: super::tests::outside::Witness::default(),
            // Process ids begin above those of the system.
            last_number: 1000,
        }
    }

    /// A number that nothing else has: process ids, contracts.
    pub(super) fn number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// A process id that nothing else has.
    pub(super) fn pid(&mut self) -> u32 {
        u32::try_from(self.number()).unwrap_or(u32::MAX)
    }

    /// Lets something happen at a time; what is past happens at once.
    pub(super) fn at(&mut self, when: Duration, change: impl FnOnce(&mut World) + Send + 'static) {
        let when = when.max(self.now);
        let number = self.number();
        self.queue.insert((when, number), Box::new(change));
    }

    /// Lets something happen after a while.
    pub(super) fn after(
        &mut self,
        delay: Duration,
        change: impl FnOnce(&mut World) + Send + 'static,
    ) {
        self.at(self.now.saturating_add(delay), change);
    }

    /// When the next change comes.
    pub(super) fn next_change(&self) -> Option<Duration> {
        self.queue.first_key_value().map(|(key, _)| key.0)
    }

    /// Makes the next change.
    pub(super) fn change(&mut self) {
        if let Some(((when, _), change)) = self.queue.pop_first() {
            self.now = when;
            change(self);
        }
    }

    /// Lets time pass while no method runs.
    pub(super) fn pass(&mut self, until: Duration) {
        while self.next_change().is_some_and(|when| when <= until) {
            self.change();
        }
        self.now = self.now.max(until);
    }

    /// `svccfg delete -f`: no method is run, and none is interrupted.
    pub(super) fn delete(&mut self, fmri: &InstanceFmri) {
        self.repository.remove(fmri);
        let (told, state) = ("svccfg delete -f".to_owned(), None);
        self.tell(&fmri.to_string(), What::Smf { told, state });
    }

    /// Writes down what happened, and gives its place in the record.
    pub(super) fn tell(&mut self, subject: &str, what: What) -> usize {
        self.write_down(None, subject, what)
    }

    /// Writes down what happened to a user's VM.
    pub(super) fn tell_of_vm(&mut self, owner: &str, vm: &str, what: What) {
        self.write_down(Some(owner), vm, what);
    }

    fn write_down(&mut self, owner: Option<&str>, subject: &str, what: What) -> usize {
        self.events.push(Event {
            at: self.now,
            subject: subject.to_owned(),
            owner: owner.map(str::to_owned),
            what,
        });
        self.events.len() - 1
    }

    pub(super) fn machine(&self, id: MachineId) -> &Machine {
        &self.machines[id.0]
    }

    pub(super) fn machine_mut(&mut self, id: MachineId) -> &mut Machine {
        &mut self.machines[id.0]
    }

    /// The VMs that a user's VirtualBox knows, in the order of their registration.
    pub(super) fn machines_of(&self, user: &str) -> impl Iterator<Item = (MachineId, &Machine)> {
        let all = self.machines.iter().enumerate();
        all.filter(move |(_, machine)| {
            machine.registration != Registration::Unknown && machine.owner == user
        })
        .map(|(i, machine)| (MachineId(i), machine))
    }

    /// A user's VirtualBox, installed at the first look.
    pub(super) fn virtualbox(&mut self, user: &str) -> &mut VirtualBox {
        self.virtualboxes.entry(user.to_owned()).or_default()
    }
}
