//! Processes: the programs that methods run, and the contracts in which svc.startd kills them.

use std::ffi::OsString;
use std::time::Duration;

use crate::host::{Args, Contract, Invocation, Output, Process};

use super::events::{Command, CommandEnd, Ending, What};
use super::machine::MachineId;
use super::world::World;
use super::{life, server, svcprop, vboxmanage};

/// svcprop's time; VBoxManage's are its own.
const SVCPROP_TIME: Duration = Duration::from_millis(10);

/// How much of its arguments a process of illumos shows (`pr_psargs` in `proc(5)`).
const PSARGS: usize = 80;

/// Who runs a program.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    /// The instance, for the record.
    pub(super) subject: String,
    /// The login name.
    pub(super) user: String,
    /// The process contract: svc.startd kills whole ones.
    pub(super) contract: u64,
    /// Who is to be woken when the program has ended.
    pub(super) waiter: usize,
}

/// A program that runs.
pub(super) struct Client {
    pub(super) origin: Origin,
    pub(super) program: String,
    pub(super) args: Vec<String>,
    path: String,
    pid: u32,
    born: Duration,
    /// What it printed and how it ended, once it has.
    reply: Option<Output>,
    /// Its place among the events.
    record: usize,
    /// The VM for which a `startvm` said that it waits.
    pub(super) waits_for: Option<String>,
    /// The VM whose process it asked for something.
    pub(super) asks: Option<MachineId>,
    /// The method that ran it was killed, and this was not: nobody waits for it any more.
    abandoned: bool,
}

/// Starts a program. There is nothing where it cannot be executed.
pub(super) fn launch(world: &mut World, origin: &Origin, what: &Invocation) -> Option<u64> {
    let program = what.program.file_name()?.to_str()?.to_owned();
    let known = ["svcprop", "VBoxManage"].contains(&program.as_str());
    if !known || !world.files.is_program(&what.program) {
        return None;
    }
    let command = Command {
        line: what.summary(),
        end: None,
    };
    let record = world.tell(&origin.subject, What::Command(command));
    let (id, pid) = (world.number(), world.pid());
    let mut origin = origin.clone();
    if what.contract == Contract::Own && !world.contracts_inherited {
        origin.contract = world.number();
    }
    let client = Client {
        origin: origin.clone(),
        args: what.args.iter().map(text).collect(),
        path: what.program.to_string_lossy().into_owned(),
        pid,
        born: world.now,
        reply: None,
        record,
        waits_for: None,
        asks: None,
        abandoned: false,
        program: program.clone(),
    };
    world.clients.insert(id, client);
    if program == "svcprop" {
        world.after(SVCPROP_TIME, move |world| {
            let Some(client) = world.clients.get(&id) else {
                return;
            };
            let output = svcprop::answer(world, &client.args);
            reply(world, id, output);
        });
    } else {
        let smf = what
            .env
            .iter()
            .find(|(name, _)| text(name).starts_with("SMF_"));
        if let Some((name, _)) = smf {
            let hazard = format!("VBoxSVC and every VM would inherit {}", text(name));
            world.tell(&origin.user, What::Hazard(hazard));
        }
        vboxmanage::begin(world, id);
    }
    Some(id)
}

fn text(word: &OsString) -> String {
    word.to_string_lossy().into_owned()
}

/// Whether a program still waits for its answer: it was neither given one nor killed.
pub(super) fn is_pending(world: &World, id: u64) -> bool {
    world.clients.get(&id).is_some_and(|c| c.reply.is_none())
}

/// Ends a program that still runs, with what it printed.
pub(super) fn reply(world: &mut World, id: u64, output: Output) {
    let now = world.now;
    let Some(client) = world.clients.get_mut(&id).filter(|c| c.reply.is_none()) else {
        return;
    };
    if client.abandoned {
        return forget(world, id, Ending::Itself(output.ended));
    }
    client.reply = Some(output);
    world.waiters.wake(client.origin.waiter, now);
}

/// A program asks the process of a VM for something, and gets no answer from it where that ends first.
pub(super) fn asks(world: &mut World, id: u64, machine: MachineId) {
    if let Some(client) = world.clients.get_mut(&id) {
        client.asks = Some(machine);
    }
}

/// The process of a VM is gone: who asked it for something is told so.
pub(super) fn process_is_gone(world: &mut World, machine: MachineId) {
    let name = world.machine(machine).name.clone();
    let clients = world
        .clients
        .iter()
        .filter(|(_, c)| c.asks == Some(machine));
    let clients: Vec<(u64, Option<String>)> =
        clients.map(|(id, c)| (*id, c.waits_for.clone())).collect();
    for (id, waits_for) in clients {
        let output = match waits_for {
            Some(wanted) => vboxmanage::errors::killed_at_start(&wanted, &name),
            None => vboxmanage::errors::call_failed(),
        };
        reply(world, id, output);
    }
}

/// Ends a program after a while.
pub(super) fn reply_after(world: &mut World, id: u64, delay: Duration, output: Output) {
    world.after(delay, move |world| reply(world, id, output));
}

/// Takes what a program where it has ended.
pub(super) fn collect(world: &mut World, id: u64) -> Option<Output> {
    let output = world.clients.get_mut(&id)?.reply.take()?;
    forget(world, id, Ending::Itself(output.ended));
    Some(output)
}

/// Kills a program.
pub(super) fn kill(world: &mut World, id: u64, how: Ending) {
    forget(world, id, how);
}

/// Somebody kills a user's VBoxManage, all of them.
#[cfg(test)]
pub(super) fn kill_clients(world: &mut World, user: &str) {
    let clients = world.clients.iter();
    let of_user = clients.filter(|(_, c)| c.origin.user == user && c.program == "VBoxManage");
    let of_user: Vec<u64> = of_user.map(|(id, _)| *id).collect();
    for id in of_user {
        let mut output = Output::exited(0, "", "");
        output.ended = crate::host::ExitStatus::Killed(9);
        reply(world, id, output);
    }
}

fn forget(world: &mut World, id: u64, how: Ending) {
    let Some(client) = world.clients.remove(&id) else {
        return;
    };
    let at = world.now;
    if let What::Command(command) = &mut world.events[client.record].what {
        command.end = Some(CommandEnd { at, how });
    }
    if client.program == "VBoxManage" {
        server::note_use(world, &client.origin.user);
    }
}

/// A method's time is over: svc.startd kills its contract. What it ran in contracts of their own goes on without it.
pub(super) fn kill_method(world: &mut World, method: &Origin) {
    kill_contract(world, method.contract);
    abandon(world, method);
}

/// A method is gone: what it ran goes on without it.
pub(super) fn abandon(world: &mut World, method: &Origin) {
    let clients = world.clients.iter();
    let left = clients.filter(|(_, c)| c.origin.subject == method.subject);
    let left: Vec<u64> = left.map(|(id, _)| *id).collect();
    for id in left {
        let Some(client) = world.clients.get_mut(&id) else {
            continue;
        };
        client.abandoned = true;
        if let Some(output) = client.reply.take() {
            forget(world, id, Ending::Itself(output.ended));
        }
    }
}

/// SIGKILL to every process of a contract, as svc.startd does when a method's time is over.
fn kill_contract(world: &mut World, contract: u64) {
    let of_contract = world
        .clients
        .iter()
        .filter(|(_, c)| c.origin.contract == contract);
    let clients: Vec<u64> = of_contract.map(|(id, _)| *id).collect();
    for id in clients {
        kill(world, id, Ending::WithTheMethod);
    }
    let users: Vec<String> = world.virtualboxes.keys().cloned().collect();
    for user in users {
        let server_dies = world.virtualbox(&user).server.contract() == Some(contract);
        let processes = &world.virtualbox(&user).vm_processes;
        let vms = processes.iter().filter(|p| p.contract == contract);
        let vms: Vec<u32> = vms.map(|p| p.pid).collect();
        for pid in vms {
            life::kill_process(world, &user, pid, !server_dies);
        }
        if server_dies {
            server::die(world, &user);
        }
    }
}

/// A user's processes of VirtualBox.
pub(super) fn of_user(world: &World, user: &str) -> Vec<Process> {
    let mut all = Vec::new();
    let mut add = |pid, program: &str, args: Vec<String>, born: Duration, contract: u64| {
        all.push(Process {
            pid,
            program: program.to_owned(),
            args: if world.short_arguments {
                Args::Cut(cut(&args.join(" ")))
            } else {
                Args::Whole(args)
            },
            age: world.now.saturating_sub(born),
            contract: contract.try_into().ok(),
        });
    };
    for client in world.clients.values() {
        if client.origin.user == user && client.program == "VBoxManage" {
            let words = std::iter::once(&client.path).chain(&client.args);
            add(
                client.pid,
                "VBoxManage",
                words.cloned().collect(),
                client.born,
                client.origin.contract,
            );
        }
    }
    if let Some(virtualbox) = world.virtualboxes.get(user) {
        if let Some(daemon) = virtualbox.server.daemon() {
            let args = ["/opt/VirtualBox/amd64/VBoxSVC", "--auto-shutdown"];
            add(
                daemon.pid,
                "VBoxSVC",
                args.map(str::to_owned).into(),
                daemon.born,
                daemon.contract,
            );
        }
        for vm in &virtualbox.vm_processes {
            add(vm.pid, vm.program, vm.args.clone(), vm.born, vm.contract);
        }
    }
    all.sort_by_key(|process| process.pid);
    all
}

/// As much of a text as illumos shows, a byte of the 80 being the terminator.
fn cut(text: &str) -> String {
    let bytes = text.as_bytes();
    String::from_utf8_lossy(&bytes[..bytes.len().min(PSARGS - 1)]).into_owned()
}
