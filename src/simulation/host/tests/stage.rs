//! What only tests say about the world.

use std::path::Path;
use std::time::Duration;

use crate::simulation::host::machine::Registration;
use crate::simulation::host::stage::Vm;
use crate::simulation::host::world::World;
use crate::simulation::host::{Sim, life, processes};
use crate::virtualbox::vm::VmState;

impl Vm<'_> {
    /// Its UUID.
    pub(crate) fn uuid(self) -> String {
        self.sim
            .shared
            .with(|world| world.machine(self.id).uuid.clone())
    }

    /// Its guest runs the Guest Additions.
    pub(crate) fn with_additions(self) -> Self {
        self.change(|machine| machine.additions = true)
    }

    /// Its settings file cannot be read.
    pub(crate) fn inaccessible(self) -> Self {
        self.change(|machine| machine.registration = Registration::Inaccessible)
    }

    /// Its owner's VirtualBox gives no answer before this time.
    pub(crate) fn virtualbox_stalls(self, until: Duration) -> Self {
        self.sim.shared.with(|world| {
            let owner = world.machine(self.id).owner.clone();
            world.virtualbox(&owner).stalls_until = until;
        });
        self
    }

    pub(crate) fn described(self, description: &str) -> Self {
        self.change(|machine| machine.description = Some(description.to_owned()))
    }

    /// How long saving and restoring take.
    pub(crate) fn saving_time(self, time: Duration) -> Self {
        self.change(|machine| machine.saving_time = time)
    }

    /// How long its process is still there when it is down.
    pub(crate) fn lingers(self, time: Duration) -> Self {
        self.change(|machine| machine.linger = time)
    }

    /// Somebody else puts it into a state, at a time.
    pub(crate) fn becomes(self, at: Duration, state: VmState) -> Self {
        let id = self.id;
        self.sim
            .shared
            .with(|world| world.at(at, move |world| life::put(world, id, state)));
        self
    }

    /// A process of it that VirtualBox knows nothing of, until a time.
    pub(crate) fn forgotten_process(self, until: Duration) -> Self {
        let id = self.id;
        self.sim.shared.with(|world| {
            let pid = life::spawn(world, id);
            let machine = world.machine_mut(id);
            machine.process = None;
            let owner = machine.owner.clone();
            world.at(until, move |world| {
                life::kill_process(world, &owner, pid, false);
            });
        });
        self
    }
}

impl Sim {
    /// Nothing answers svcprop before.
    pub(crate) fn repository_goes(&self, from: Duration, until: Duration) {
        let go = move |world: &mut World| world.repository_down_until = until;
        self.shared.with(|world| world.at(from, go));
    }

    /// Nothing answers svcprop before this time.
    pub(crate) fn repository_down_until(&self, at: Duration) {
        self.shared.with(|world| world.repository_down_until = at);
    }

    /// Processes show their arguments as on illumos: 80 bytes.
    pub(crate) fn short_arguments(&self) {
        self.shared.with(|world| world.short_arguments = true);
    }

    /// The lock for cold starts cannot be used.
    pub(crate) fn lock_trouble(&self, user: &str, trouble: &str) {
        let trouble = Some(trouble.to_owned());
        self.shared
            .with(|world| world.virtualbox(user).lock_trouble = trouble);
    }

    /// Takes away what is at a path.
    pub(crate) fn remove_file(&self, path: &str) {
        self.shared
            .with(|world| world.files.remove(Path::new(path)));
    }

    /// Somebody kills every VBoxManage of a user that runs at a time.
    pub(crate) fn clients_die(&self, user: &str, at: Duration) {
        let user = user.to_owned();
        self.shared.with(|world| {
            world.at(at, move |world| processes::kill_clients(world, &user));
        });
    }
}
