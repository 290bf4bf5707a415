//! What somebody outside does to a simulated host while methods run, and what is really so in it: for tests that judge
//! methods without asking them.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::simulation::host::machine::{MachineId, Mood, Registration};
use crate::simulation::host::method::unwind;
use crate::simulation::host::stage::Vm;
use crate::simulation::host::world::World;
use crate::simulation::host::{Sim, SimHost, What, life, processes, server, settings};
use crate::virtualbox::vm::VmState;

/// Something that is nobody's method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accident {
    /// Somebody presses the power button.
    Press,
    /// The VM's process is killed.
    Crash,
    /// Somebody pauses the VM.
    Pause,
    /// Somebody resumes it.
    Resume,
    /// Somebody saves its state.
    Save,
    /// The VM's process stops answering.
    Freeze,
    /// The VM's process gets a SIGTERM: it saves the guest, but not one that is paused, which is lost.
    Terminate,
    /// VBoxSVC of the VM's owner is killed.
    KillServer,
    /// VBoxSVC of the VM's owner gets a SIGTERM.
    TerminateServer,
    /// VBoxSVC of the VM's owner gives no new answer for this long.
    Stall(Duration),
}

/// An accident that found what it happens to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Happened {
    /// When.
    pub(crate) at: Duration,
    /// The owner of the VM.
    pub(crate) owner: String,
    /// The VM, or one of its owner's where it happens to all of them.
    pub(crate) uuid: String,
    /// What.
    pub(crate) what: Accident,
}

impl Happened {
    /// Whether it happens to all VMs of an owner.
    pub(crate) fn is_to_all(&self) -> bool {
        matches!(
            self.what,
            Accident::KillServer | Accident::TerminateServer | Accident::Stall(_)
        )
    }
}

/// The death of a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Death {
    /// When.
    pub(crate) at: Duration,
    /// The instance.
    pub(crate) subject: String,
    /// svc.startd killed it, because its time was over.
    pub(crate) by_timeout: bool,
}

/// When somebody kills a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doom {
    /// At this time, if one runs then.
    At(Duration),
    /// When it asks the world something for the n-th time.
    Question(u32),
}

/// How much of a method is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Its process alone: what it runs goes on.
    Process,
    /// Its whole process contract, as svc.startd does.
    Contract,
}

/// What was seen that no method knows of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Witness {
    pub(crate) happened: Vec<Happened>,
    pub(crate) deaths: Vec<Death>,
    /// By instance.
    dooms: BTreeMap<String, (Doom, Reach)>,
}

/// What is so of a VM, whatever VirtualBox would say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Truth {
    /// What VirtualBox's server holds it for.
    pub(crate) state: VmState,
    /// Every process that has its disks open.
    pub(crate) processes: Vec<u32>,
    /// The state that its settings file names.
    pub(crate) written: VmState,
    /// Its process does not answer.
    pub(crate) frozen: bool,
}

impl Witness {
    /// Whether this method is to die now, and how. A death comes once.
    fn dies(&mut self, subject: &str, now: Duration) -> Option<Reach> {
        let (doom, reach) = self.dooms.get_mut(subject)?;
        let reach = *reach;
        let over = match doom {
            Doom::At(at) => now == *at,
            Doom::Question(left) => {
                *left = left.saturating_sub(1);
                *left == 0
            }
        };
        over.then(|| {
            self.dooms.remove(subject);
            reach
        })
    }

    /// When this method is to die, where a time says so.
    fn death_of(&self, subject: &str, now: Duration) -> Option<Duration> {
        match self.dooms.get(subject) {
            Some((Doom::At(at), _)) => Some(*at).filter(|at| *at > now),
            _ => None,
        }
    }
}

impl Vm<'_> {
    /// Lets something happen to it at a time.
    pub(crate) fn accident(self, at: Duration, what: Accident) {
        let id = self.id;
        self.sim.shared.with(|world| {
            world.at(at, move |world| {
                let machine = world.machine(id).clone();
                if !happen(world, id, what) {
                    return;
                }
                let told = format!("outside: {what:?}");
                world.tell_of_vm(&machine.owner, &machine.name, What::Note(told));
                let at = world.now;
                let (owner, uuid) = (machine.owner, machine.uuid);
                world.witness.happened.push(Happened {
                    at,
                    owner,
                    uuid,
                    what,
                });
            });
        });
    }

    /// What is so.
    pub(crate) fn truth(self) -> Truth {
        self.sim.shared.with(|world| {
            let machine = world.machine(self.id).clone();
            let processes = &world.virtualbox(&machine.owner).vm_processes;
            let own = processes.iter().filter(|p| p.machine == self.id);
            Truth {
                processes: own.map(|p| p.pid).collect(),
                written: machine.written.state(),
                frozen: machine.is_frozen(),
                state: machine.state,
            }
        })
    }

    /// Nothing is wrong with it any more, nor with its owner's VirtualBox; what hangs is killed.
    pub(crate) fn mend_all(self) {
        self.sim.shared.with(|world| {
            let machine = world.machine_mut(self.id);
            machine.faults.clear();
            machine.registration = Registration::Known;
            let (owner, frozen) = (machine.owner.clone(), machine.is_frozen());
            let uuid = machine.uuid.clone();
            let virtualbox = world.virtualbox(&owner);
            virtualbox.no_home = false;
            virtualbox.rival = false;
            virtualbox.stalls_until = Duration::ZERO;
            world.hung_methods.clear();
            world.witness.dooms.clear();
            world.repository_down_until = Duration::ZERO;
            world.run_level = '3';
            if frozen && let Some(pid) = world.machine(self.id).process {
                life::kill_process(world, &owner, pid, true);
                let (at, what) = (world.now, Accident::Crash);
                world.witness.happened.push(Happened {
                    at,
                    owner,
                    uuid,
                    what,
                });
            }
        });
    }
}

/// Whether it could happen.
fn happen(world: &mut World, id: MachineId, what: Accident) -> bool {
    let machine = world.machine(id).clone();
    let (answers, owner) = (!machine.is_frozen(), machine.owner);
    match (what, machine.state) {
        (Accident::Press, VmState::Running) if answers => life::press(world, id),
        (Accident::Crash, _) => match machine.process {
            Some(pid) => life::kill_process(world, &owner, pid, true),
            None => return false,
        },
        (Accident::Pause, VmState::Running) if answers => life::enter(world, id, VmState::Paused),
        (Accident::Resume, VmState::Paused) if answers => {
            life::enter(world, id, VmState::Running);
            world.machine_mut(id).mood = Mood::Alive;
        }
        (Accident::Terminate, VmState::Paused) if answers => wedge(world, id),
        (Accident::TerminateServer, _) => return server::terminate(world, &owner),
        (Accident::Save, VmState::Running | VmState::Paused)
        | (Accident::Terminate, VmState::Running)
            if answers =>
        {
            let time = machine.saving_time;
            life::between(world, id, VmState::Saving, time, |world, id| {
                life::off(world, id, VmState::Saved);
            });
        }
        (Accident::Freeze, VmState::Running) => world.machine_mut(id).mood = Mood::Frozen,
        (Accident::KillServer, _) => {
            let is_there = world.virtualbox(&owner).server.daemon().is_some();
            server::die(world, &owner);
            return is_there;
        }
        (Accident::Stall(time), _) => {
            world.virtualbox(&owner).stalls_until = world.now.saturating_add(time);
        }
        _ => return false,
    }
    true
}

/// The process is gone with its guest, and VBoxSVC has not understood it.
fn wedge(world: &mut World, id: MachineId) {
    let owner = world.machine(id).owner.clone();
    settings::log(
        world,
        id,
        "Console::powerDown(): A request to power off the VM has been issued (mMachineState=Paused, InUninit=1)",
    );
    life::enter(world, id, VmState::Stopping);
    if let Some(pid) = world.machine_mut(id).process.take() {
        let processes = &mut world.virtualbox(&owner).vm_processes;
        processes.retain(|process| process.pid != pid);
    }
    processes::process_is_gone(world, id);
    server::note_use(world, &owner);
}

impl Sim {
    /// Somebody kills a method of this instance.
    pub(crate) fn doom(&self, subject: &str, doom: Doom, reach: Reach) {
        let subject = subject.to_owned();
        self.shared
            .with(|world| world.witness.dooms.insert(subject, (doom, reach)));
    }

    /// What was seen that no method knows of.
    pub(crate) fn witness(&self) -> Witness {
        self.shared.with(|world| world.witness.clone())
    }

    /// Whether the host is on its way down.
    pub(crate) fn goes_down(&self) -> bool {
        self.shared.with(|world| world.run_level != '3')
    }

    /// How much there is in the record.
    pub(crate) fn record_length(&self) -> usize {
        self.shared.with(|world| world.events.len())
    }

    /// Whether somebody has this user's lock for cold starts, or waits for it.
    pub(crate) fn lock_is_held(&self, user: &str) -> bool {
        self.shared
            .with(|world| world.virtualbox(user).lock.is_some())
    }

    /// The programs that still run.
    pub(crate) fn programs(&self) -> Vec<String> {
        self.shared.with(|world| {
            let clients = world.clients.values();
            clients
                .map(|client| format!("{} {}", client.program, client.args.join(" ")))
                .collect()
        })
    }
}

impl SimHost<'_> {
    fn subject(&self) -> String {
        self.origin.borrow().subject.clone()
    }

    /// Until then, or until somebody kills this method.
    pub(in crate::simulation::host) fn until_doomed(&self, until: Duration) -> Duration {
        let subject = self.subject();
        let death = self
            .turn
            .with(|world| world.witness.death_of(&subject, world.now));
        death.map_or(until, |death| death.min(until))
    }

    /// Somebody kills this method, where its time has come.
    pub(in crate::simulation::host) fn die_if_doomed(&self) {
        let method = self.origin.borrow().clone();
        let reach = self.turn.with(|world| {
            let now = world.now;
            let reach = world.witness.dies(&method.subject, now)?;
            match reach {
                Reach::Process => processes::abandon(world, &method),
                Reach::Contract => processes::kill_method(world, &method),
            }
            let told = format!("outside: the method is killed ({reach:?})");
            world.tell(&method.subject, What::Note(told));
            Some(reach)
        });
        if reach.is_some() {
            self.died(false);
            unwind();
        }
    }

    /// Writes down that this method is killed.
    pub(in crate::simulation::host) fn died(&self, by_timeout: bool) {
        let subject = self.subject();
        self.turn.with(|world| {
            let at = world.now;
            world.witness.deaths.push(Death {
                at,
                subject,
                by_timeout,
            });
        });
    }
}
