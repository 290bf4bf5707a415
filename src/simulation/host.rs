//! A simulated host: an SMF repository and a VirtualBox in memory, under a virtual clock.
//!
//! ```text
//! Sim            sets the stage, lets methods run, tells what happened
//!  |- scheduler  one thread a method, one at a time: every run is the same
//!  |- world      the clock, what is to happen, everything there is
//!  |- method     a method's process: the Host it sees, how it is killed
//!  |- processes  programs, and the contracts that hold them
//!  |    |- svcprop     over repository
//!  |    `- vboxmanage  over server (VBoxSVC), machine and life (the VMs)
//!  |- files      owners and modes
//!  `- settings   what VirtualBox writes: its registry, settings files, logs
//! ```
//!
//! What it knows about VirtualBox was measured on the real one (`tests/rig`); texts are recordings.

mod events;
mod files;
mod life;
mod machine;
mod method;
mod processes;
mod repository;
mod scheduler;
mod server;
mod settings;
pub(crate) mod stage;
mod svcprop;
#[cfg(test)]
mod tests;
mod vboxmanage;
mod world;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use self::scheduler::{Shared, perform};
use self::world::World;
use crate::host::Account;
use crate::smf::fmri::InstanceFmri;
use crate::virtualbox::vm::VmState;

#[cfg(test)]
pub(crate) use self::events::CommandEnd;
pub(crate) use self::events::{Command, Ending, Event, SmfState, What};
pub(crate) use self::machine::{Fault, Guest};
pub(crate) use self::method::{SimHost, Spec, run};
pub(crate) use self::repository::{Composed, Level, Repository};
pub(crate) use self::scheduler::{Slot, Task};
#[cfg(test)]
pub(crate) use self::tests::outside::{Accident, Doom, Happened, Reach, Truth};

/// The superuser's login name.
pub(crate) const ROOT: &str = "root";

/// A simulated host.
pub(crate) struct Sim {
    shared: Arc<Shared>,
}

impl Sim {
    /// A host with SMF and VirtualBox, and nothing in them.
    pub(crate) fn new() -> Self {
        Self {
            shared: Shared::new(World::new()),
        }
    }

    /// Lets actors act until all have ended.
    pub(crate) fn perform(&self, tasks: Vec<Task<'_>>) {
        perform(&self.shared, tasks);
    }

    /// Lets time pass while no method runs.
    pub(crate) fn pass(&self, how_long: Duration) {
        self.shared
            .with(|world| world.pass(world.now.saturating_add(how_long)));
    }

    /// The host is switched off, and with it every VM that is still up.
    pub(crate) fn cut_power(&self) {
        self.shared.with(life::cut_power);
    }

    /// The virtual time.
    pub(crate) fn now(&self) -> Duration {
        self.shared.with(|world| world.now)
    }

    /// Changes what SMF knows.
    pub(crate) fn repository<R>(&self, change: impl FnOnce(&mut Repository) -> R) -> R {
        self.shared.with(|world| change(&mut world.repository))
    }

    /// Lets somebody enable or disable an instance at a time, whatever runs then.
    pub(crate) fn svcadm_at(&self, when: Duration, fmri: &InstanceFmri, enabled: bool) {
        let fmri = fmri.clone();
        let change = move |world: &mut World| {
            world.repository.set_enabled(&fmri, enabled);
            let verb = if enabled { "enable" } else { "disable" };
            let (told, state) = (format!("svcadm {verb}"), None);
            world.tell(&fmri.to_string(), What::Smf { told, state });
        };
        self.shared.with(|world| world.at(when, change));
    }

    /// `svccfg delete -f` at a time: no method is run, and none is interrupted.
    #[cfg(test)]
    pub(crate) fn delete_at(&self, when: Duration, fmri: &InstanceFmri) {
        let fmri = fmri.clone();
        self.shared
            .with(|world| world.at(when, move |world| world.delete(&fmri)));
    }

    /// Lets the host go to a run level at a time.
    pub(crate) fn run_level_at(&self, when: Duration, level: char) {
        self.shared
            .with(|world| world.at(when, move |world| world.run_level = level));
    }

    /// Writes into the record.
    pub(crate) fn tell(&self, subject: &str, what: What) {
        self.shared.with(|world| world.tell(subject, what));
    }

    /// What happened so far.
    pub(crate) fn events(&self) -> Vec<Event> {
        self.shared.with(|world| world.events.clone())
    }

    /// The state of a user's VM, by its name or UUID, as VirtualBox would tell it.
    pub(crate) fn state(&self, user: &str, vm: &str) -> Option<VmState> {
        self.shared.with(|world| {
            let mut machines = world.machines_of(user);
            let found = machines.find(|(_, m)| m.name == vm || m.uuid == vm);
            found.map(|(_, machine)| machine.state.clone())
        })
    }

    /// How many processes run a user's VM.
    pub(crate) fn processes(&self, user: &str, vm: &str) -> usize {
        self.shared.with(|world| {
            let machines = world
                .machines_of(user)
                .filter(|(_, m)| m.name == vm || m.uuid == vm);
            let ids: Vec<_> = machines.map(|(id, _)| id).collect();
            let processes = &world.virtualbox(user).vm_processes;
            processes
                .iter()
                .filter(|p| ids.contains(&p.machine))
                .count()
        })
    }
}

/// Every name is somebody's, except one that says it is nobody's.
fn account_of(user: &str) -> Option<Account> {
    let uid = match user {
        ROOT => 0,
        "nosuch" => return None,
        // As good as any other number above those of the system.
        name => 100 + name.bytes().map(u32::from).sum::<u32>(),
    };
    Some(Account {
        name: user.to_owned(),
        uid,
        home: home_of(user),
    })
}

/// A user's home directory.
fn home_of(user: &str) -> PathBuf {
    match user {
        ROOT => PathBuf::from("/root"),
        user => PathBuf::from("/export/home").join(user),
    }
}
