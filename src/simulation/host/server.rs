//! VBoxSVC, VirtualBox's server: one for each user, started by the first client, gone 5 s after the last.

use std::time::Duration;

use super::events::What;
use super::machine::{MachineId, Mood, is_up};
use super::processes::{self, is_pending, reply, reply_after};
use super::vboxmanage::errors;
use super::world::World;
#[cfg(test)]
use crate::virtualbox::vm::VmState;

/// A warm client's way to the server (2 cores, median; `showvminfo` cold takes 100 ms longer).
const CONNECT: Duration = Duration::from_millis(20);
/// How long VBoxSVC takes to start.
const COLD: Duration = Duration::from_millis(120);
/// A client that meets another one's cold start fails at once.
const LOST_RACE: Duration = Duration::from_millis(25);
/// VBoxSVC goes so long after its last client.
const IDLE: Duration = Duration::from_secs(5);
/// The contract of a client that is none of ours.
const RIVAL: u64 = 0;
/// A VM's process looks for its server when it is this old, and again after each [`LOOKS_AGAIN`]: it ends where that is
/// gone.
const LOOKS_FIRST: Duration = Duration::from_secs(15);
/// See [`LOOKS_FIRST`].
const LOOKS_AGAIN: Duration = Duration::from_secs(30);

/// The VirtualBox of a user.
#[derive(Default)]
pub(super) struct VirtualBox {
    pub(super) server: Server,
    /// Those that VBoxSVC knows and those that it does not.
    pub(super) vm_processes: Vec<VmProcess>,
    /// The settings directory cannot be used.
    pub(super) no_home: bool,
    /// Somebody else's client begins whenever one of ours would start VBoxSVC.
    pub(super) rival: bool,
    /// Nobody gets an answer before this time.
    pub(super) stalls_until: Duration,
    /// The lock under which VBoxSVC is started: who holds it, and who waits for it.
    pub(super) lock: Option<usize>,
    pub(super) lock_waiters: Vec<usize>,
    /// Why the lock cannot be used at all.
    pub(super) lock_trouble: Option<String>,
    last_use: Duration,
}

/// VBoxSVC.
#[derive(Default)]
pub(super) enum Server {
    #[default]
    Down,
    /// A client started it, and it does not answer yet.
    Starting(Daemon),
    Up(Daemon),
    /// It was killed under its VMs, whose processes hold its socket: until the last of them is gone nobody gets an answer,
    /// and then a failure.
    Sick(Duration),
    /// It got a SIGTERM while VMs ran: it is there until their processes are gone, and whoever asks it fails at once.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "no rehearsal sends it a signal yet")
    )]
    Dead(Daemon),
}

/// VBoxSVC's process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Daemon {
    pub(super) pid: u32,
    pub(super) born: Duration,
    /// That of the client that started it.
    pub(super) contract: u64,
}

/// A VM's process.
pub(super) struct VmProcess {
    pub(super) pid: u32,
    pub(super) machine: MachineId,
    pub(super) program: &'static str,
    pub(super) args: Vec<String>,
    pub(super) born: Duration,
    /// That of the VBoxSVC that started it.
    pub(super) contract: u64,
}

impl Server {
    pub(super) fn daemon(&self) -> Option<Daemon> {
        match self {
            Self::Starting(daemon) | Self::Up(daemon) | Self::Dead(daemon) => Some(*daemon),
            Self::Down | Self::Sick(_) => None,
        }
    }

    pub(super) fn contract(&self) -> Option<u64> {
        self.daemon().map(|daemon| daemon.contract)
    }
}

/// Brings a client to the server, which is started where there is none; `then` runs when it is there.
/// A client that does not get there has its answer.
pub(super) fn connect(
    world: &mut World,
    id: u64,
    then: impl FnOnce(&mut World, u64) + Send + 'static,
) {
    let Some(client) = world.clients.get(&id) else {
        return;
    };
    let (user, contract) = (client.origin.user.clone(), client.origin.contract);
    if world.virtualbox(&user).no_home {
        return reply_after(world, id, CONNECT, errors::no_home(&super::home_of(&user)));
    }
    let (now, rival) = (world.now, world.virtualbox(&user).rival);
    match world.virtualbox(&user).server {
        Server::Up(_) => world.after(CONNECT, move |world| {
            if is_pending(world, id) {
                then(world, id);
            }
        }),
        Server::Starting(_) | Server::Dead(_) => {
            reply_after(world, id, LOST_RACE, errors::lost_race());
        }
        Server::Sick(until) if until > now => world.at(until, move |world| {
            world.virtualbox(&user).server = Server::Down;
            reply(world, id, errors::server_gone());
        }),
        Server::Down | Server::Sick(_) if rival => {
            let told = "another VBoxManage, which does not use the lock, starts first";
            world.tell(&user, What::VirtualBox(told.into()));
            cold_start(world, &user, RIVAL, |_| ());
            reply_after(world, id, LOST_RACE, errors::lost_race());
        }
        Server::Down | Server::Sick(_) => {
            cold_start(world, &user, contract, move |world| {
                if is_pending(world, id) {
                    then(world, id);
                }
            });
        }
    }
}

/// VBoxSVC starts; `then` comes when it answers, or when it would have.
fn cold_start(
    world: &mut World,
    user: &str,
    contract: u64,
    then: impl FnOnce(&mut World) + Send + 'static,
) {
    let daemon = start(world, user, contract);
    let user = user.to_owned();
    world.after(COLD, move |world| {
        if matches!(world.virtualbox(&user).server, Server::Starting(this) if this == daemon) {
            world.virtualbox(&user).server = Server::Up(daemon);
            note_use(world, &user);
        }
        then(world);
    });
}

fn start(world: &mut World, user: &str, contract: u64) -> Daemon {
    let daemon = Daemon {
        pid: world.pid(),
        born: world.now,
        contract,
    };
    world.virtualbox(user).server = Server::Starting(daemon);
    world.tell(user, What::VirtualBox("VBoxSVC starts".into()));
    daemon
}

/// The server's contract; where no server is up, as for VMs that are there from the beginning, one is
/// put there first, in a contract of its own.
pub(super) fn contract(world: &mut World, user: &str) -> u64 {
    if let Some(contract) = world.virtualbox(user).server.contract() {
        return contract;
    }
    let daemon = Daemon {
        pid: world.pid(),
        born: world.now,
        contract: 0,
    };
    world.virtualbox(user).server = Server::Up(daemon);
    daemon.contract
}

/// Somebody used the server: it stays for another 5 s.
pub(super) fn note_use(world: &mut World, user: &str) {
    world.virtualbox(user).last_use = world.now;
    let user = user.to_owned();
    world.after(IDLE, move |world| {
        let unused = world.virtualbox(&user).last_use.saturating_add(IDLE) <= world.now;
        let clients = world.clients.values();
        let client = |c: &processes::Client| c.origin.user == user && c.program == "VBoxManage";
        let in_use = clients.into_iter().any(client)
            || world.machines_of(&user).any(|(_, m)| m.process.is_some());
        if unused && !in_use && matches!(world.virtualbox(&user).server, Server::Up(_)) {
            world.virtualbox(&user).server = Server::Down;
            let told = "VBoxSVC exits: not used for 5 s".into();
            world.tell(&user, What::VirtualBox(told));
            read_again(world, &user);
        }
    });
}

/// VBoxSVC is killed. Its clients fail; the processes of its VMs live on for a while, and the next
/// VBoxSVC does not know them.
pub(super) fn die(world: &mut World, user: &str) {
    if world.virtualbox(user).server.daemon().is_none() {
        return;
    }
    world.tell(user, What::VirtualBox("VBoxSVC is killed".into()));
    fail_clients(world, user);
    forget_vms(world, user);
    read_again(world, user);
    let until = orphan(world, user);
    world.virtualbox(user).server = match until {
        None => Server::Down,
        Some(until) => Server::Sick(until),
    };
}

/// VBoxSVC gets a SIGTERM. It writes down that its VMs are aborted, whose processes live on for a while, and so does it.
#[cfg(test)]
pub(super) fn terminate(world: &mut World, user: &str) -> bool {
    let Server::Up(daemon) = world.virtualbox(user).server else {
        return false;
    };
    world.tell(user, What::VirtualBox("VBoxSVC gets SIGTERM".into()));
    fail_clients(world, user);
    for id in forget_vms(world, user) {
        let machine = world.machine_mut(id);
        let aborted = match machine.state {
            VmState::Restoring => VmState::AbortedSaved,
            _ => VmState::Aborted,
        };
        super::life::enter(world, id, aborted);
    }
    let until = orphan(world, user);
    world.virtualbox(user).server = match until {
        None => Server::Down,
        Some(_) => Server::Dead(daemon),
    };
    if let Some(until) = until {
        let user = user.to_owned();
        world.at(until, move |world| {
            if matches!(world.virtualbox(&user).server, Server::Dead(this) if this == daemon) {
                world.virtualbox(&user).server = Server::Down;
                world.tell(&user, What::VirtualBox("VBoxSVC ends".into()));
            }
        });
    }
    true
}

/// The VMs that VBoxSVC held for up, whose processes it no longer knows.
fn forget_vms(world: &mut World, user: &str) -> Vec<MachineId> {
    let known = world.machines_of(user).filter(|(_, m)| is_up(&m.state));
    let known: Vec<MachineId> = known.map(|(id, _)| id).collect();
    for id in &known {
        let machine = world.machine_mut(*id);
        machine.process = None;
        machine.mood = Mood::Alive;
    }
    known
}

/// Whoever asked VBoxSVC something gets a failure.
fn fail_clients(world: &mut World, user: &str) {
    let clients = world.clients.iter();
    let of_user = clients.filter(|(_, c)| c.origin.user == user && c.program == "VBoxManage");
    let clients: Vec<(u64, Option<String>)> =
        of_user.map(|(id, c)| (*id, c.waits_for.clone())).collect();
    for (id, waits_for) in clients {
        let output = waits_for.map_or_else(errors::server_gone, |vm| errors::aborted(&vm));
        reply(world, id, output);
    }
}

/// Of a VM that VBoxSVC held for up and that has no process, the next one reads what this one wrote.
fn read_again(world: &mut World, user: &str) {
    let known = world.machines_of(user);
    let known = known.filter(|(_, m)| is_up(&m.state) && m.process.is_none());
    let known: Vec<MachineId> = known.map(|(id, _)| id).collect();
    for id in known {
        let written = world.machine(id).written.clone();
        super::life::enter(world, id, written.state());
        world.machine_mut(id).written = written;
    }
}

/// The processes of VMs have no server any more. Says when the last of them is gone, where there is one.
fn orphan(world: &mut World, user: &str) -> Option<Duration> {
    let now = world.now;
    let processes = world.virtualbox(user).vm_processes.iter();
    let orphans: Vec<(u32, Duration)> = processes
        .map(|p| (p.pid, now + outlives(now.saturating_sub(p.born))))
        .collect();
    for &(pid, until) in &orphans {
        let user = user.to_owned();
        world.at(until, move |world| {
            world
                .virtualbox(&user)
                .vm_processes
                .retain(|p| p.pid != pid);
        });
    }
    orphans.into_iter().map(|(_, until)| until).max()
}

/// How long a VM's process of this age outlives a server that was killed.
fn outlives(age: Duration) -> Duration {
    let mut end = LOOKS_FIRST;
    while end <= age {
        end = end.saturating_add(LOOKS_AGAIN);
    }
    end.saturating_sub(age)
}
