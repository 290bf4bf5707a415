//! What happens while methods run.

use std::time::{Duration, Instant};

use super::Play;
use crate::real::faults::sequence::{Event, What};
use crate::real::faults::stage::pause;
use crate::real::rig::VBOXMANAGE;

/// What a call of somebody else's may take.
const ELSEWHERE: Duration = Duration::from_secs(5);

impl Play<'_> {
    /// Has it happen, if what it happens to is there.
    pub(super) fn happen(&mut self, event: Event) {
        let user = &self.stage.user;
        let happened = match event.what {
            What::Press(vm) => self.elsewhere(vm, "acpipowerbutton"),
            What::Pause(vm) => self.elsewhere(vm, "pause"),
            What::Resume(vm) => self.elsewhere(vm, "resume"),
            What::Save(vm) => self.elsewhere(vm, "savestate"),
            What::Crash(vm) => {
                let processes = user.vm_processes(&self.stage.uuids[vm]);
                for pid in &processes {
                    user.kill(*pid, libc::SIGKILL);
                }
                // One that is about to be made is not hit.
                !processes.is_empty()
            }
            What::KillServer => self.signal_servers(libc::SIGKILL, None),
            What::StopServer(how_long) => {
                self.signal_servers(libc::SIGSTOP, Some(Instant::now() + how_long))
            }
            What::Deadlock => self.signal_servers(libc::SIGSTOP, None),
            // Nobody has them happen.
            What::StandsStill | What::ProcessHangs(_) => false,
            What::KillMethod(number) => self.signal_method(number, libc::SIGKILL, false),
            What::KillContract(number) => self.signal_method(number, libc::SIGKILL, true),
            What::EndMethod(number) => self.signal_method(number, libc::SIGTERM, false),
        };
        if !happened {
            return;
        }
        self.happened.push(event.what);
        match event.what {
            What::Crash(vm) => self.vms[vm].shot = true,
            What::Press(vm) => self.vms[vm].pressed = true,
            What::KillServer | What::Deadlock => self.all_are_shot(),
            What::Pause(_)
            | What::Resume(_)
            | What::Save(_)
            | What::StopServer(_)
            | What::StandsStill
            | What::ProcessHangs(_)
            | What::KillMethod(_)
            | What::KillContract(_)
            | What::EndMethod(_) => {}
        }
    }

    /// The server ends, and all VMs with it: also one that is being started, and has no process yet.
    pub(super) fn all_are_shot(&mut self) {
        for vm in &mut self.vms {
            vm.shot = true;
        }
    }

    /// Somebody else gives the VM a command.
    fn elsewhere(&mut self, vm: usize, verb: &str) -> bool {
        let arguments = ["controlvm", &self.stage.uuids[vm], verb];
        let call = self.stage.user.program(VBOXMANAGE, &arguments);
        self.elsewhere
            .push(call.within(Duration::from_secs(600)).spawn());
        true
    }

    /// What others do is over after some time, one way or the other.
    pub(super) fn end_elsewhere(&mut self) {
        let deadline = Instant::now() + ELSEWHERE;
        for mut running in self.elsewhere.drain(..) {
            while !running.is_over() && Instant::now() < deadline {
                pause(Duration::from_millis(10));
            }
            running.signal(libc::SIGKILL);
        }
    }

    fn signal_servers(&mut self, signal: libc::c_int, until: Option<Instant>) -> bool {
        let pids = self.stage.user.vboxsvc_pids();
        for pid in &pids {
            self.stage.user.kill(*pid, signal);
            if signal == libc::SIGSTOP {
                self.still.push((*pid, until));
            }
        }
        if until.is_none() && !pids.is_empty() {
            self.server = Some(Instant::now());
        }
        !pids.is_empty()
    }

    /// Lets those go on that stood still for their time; at the end of a step, all that were not to stand for good.
    pub(super) fn wake_servers(&mut self, all: bool) {
        let user = &self.stage.user;
        self.still.retain(|(pid, until)| {
            let is_due = until.is_some_and(|until| all || Instant::now() >= until);
            if is_due {
                user.kill(*pid, libc::SIGCONT);
            }
            !is_due
        });
    }

    fn signal_method(&mut self, number: usize, signal: libc::c_int, with_child: bool) -> bool {
        let mut methods = self.methods.iter_mut();
        let Some(method) = methods.find(|method| method.number == number && !method.signalled)
        else {
            return false;
        };
        if method.running.is_over() {
            return false;
        }
        let pid = method.running.pid();
        let children = if with_child {
            self.stage.user.processes()
        } else {
            Vec::new()
        };
        method.running.signal(signal);
        method.signalled = true;
        method.again = signal == libc::SIGKILL;
        for child in children.iter().filter(|process| process.parent == pid) {
            self.stage.user.kill(child.pid, signal);
        }
        true
    }
}
