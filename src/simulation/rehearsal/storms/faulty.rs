//! A host whose programs go wrong as a plan says; the simulated one does what they do.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::fault::Fault;
use super::storm::Plan;
use super::{damage, texts};
use crate::host::{
    Access, Account, AsUserError, ExitStatus, FileEnds, FileFacts, Held, Host, Invocation,
    LockError, Output, Process, RunError, RunningProgram, STILL_RUNNING, UserTask,
};

/// What a program takes that only fails.
const AT_ONCE: Duration = Duration::from_millis(30);

/// What methods of one instance have called in a step, and how much of it went wrong.
#[derive(Debug, Default)]
pub(super) struct Calls {
    by_tool: BTreeMap<&'static str, usize>,
    pub(super) faults: usize,
}

/// The host of one method.
pub(super) struct Faulty<'h> {
    pub(super) host: &'h dyn Host,
    pub(super) plan: &'h Plan,
    pub(super) calls: &'h Mutex<Calls>,
    /// Hears what goes wrong.
    pub(super) told: &'h dyn Fn(&str),
}

impl Faulty<'_> {
    /// What goes wrong with this call.
    fn fault(&self, what: &Invocation) -> Option<(&'static str, Fault)> {
        let program = what.program.file_name()?.to_str()?;
        let tool = ["VBoxManage", "svcprop"]
            .into_iter()
            .find(|tool| *tool == program)?;
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let count = calls.by_tool.entry(tool).or_default();
        let fault = self.plan.get(&(tool, *count)).copied();
        *count += 1;
        calls.faults += usize::from(fault.is_some());
        fault.map(|fault| (tool, fault))
    }
}

/// A program that goes wrong.
struct Broken<'h> {
    host: &'h dyn Host,
    what: Invocation,
    tool: &'static str,
    fault: Fault,
}

impl Broken<'_> {
    fn hung(&self) -> RunError {
        RunError::Hung {
            summary: self.what.summary(),
            limit: self.what.limit,
        }
    }

    /// Waits until then, or until the caller has enough of it.
    fn wait(&self, until: Duration, still: &mut dyn FnMut() -> ControlFlow<()>) -> bool {
        loop {
            let left = until.saturating_sub(self.host.now());
            if left.is_zero() {
                return true;
            }
            self.host.sleep(left.min(STILL_RUNNING));
            if self.host.now() < until && still().is_break() {
                return false;
            }
        }
    }

    fn failure(&self, which: u64) -> Output {
        let word = |at: usize| {
            let word = self.what.args.get(at);
            word.map_or_else(String::new, |word| word.to_string_lossy().into_owned())
        };
        let text = match self.tool {
            "svcprop" => texts::svcprop(which, &word(self.what.args.len().saturating_sub(1))),
            _ => texts::vboxmanage(which, &word(1)),
        };
        output(ExitStatus::Exited(1), Vec::new(), text.into_bytes())
    }
}

fn output(ended: ExitStatus, stdout: Vec<u8>, stderr: Vec<u8>) -> Output {
    Output {
        ended,
        stdout,
        stderr,
        cut: false,
    }
}

impl RunningProgram for Broken<'_> {
    fn finish(
        self: Box<Self>,
        still: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Output, RunError> {
        let until = self.host.now() + self.what.limit;
        let killed = || output(ExitStatus::Killed(9), Vec::new(), Vec::new());
        match self.fault {
            Fault::Delay(time) => {
                let begins = self.host.now() + Duration::from_millis(time);
                if !self.wait(begins.min(until), still) || begins >= until {
                    return Err(self.hung());
                }
                let mut what = self.what.clone();
                what.limit = until.saturating_sub(self.host.now());
                self.host.run(&what, still).map_err(|error| match error {
                    RunError::Hung { .. } => self.hung(),
                    error @ RunError::Spawn { .. } => error,
                })
            }
            Fault::Hang | Fault::HangDeaf | Fault::FloodLines => {
                self.wait(until, still);
                Err(self.hung())
            }
            Fault::HangAfter => {
                self.host.run(&self.what, still)?;
                self.wait(until, still);
                Err(self.hung())
            }
            Fault::KilledBefore => Ok(killed()),
            Fault::KilledAfter => {
                self.host.run(&self.what, still)?;
                Ok(killed())
            }
            Fault::KilledMidway(thousandths) => {
                let mut done = self.host.run(&self.what, still)?;
                damage::cut(&mut done.stdout, thousandths);
                Ok(output(ExitStatus::Killed(9), done.stdout, Vec::new()))
            }
            Fault::Truncate(thousandths) => {
                let mut done = self.host.run(&self.what, still)?;
                damage::cut(&mut done.stdout, thousandths);
                Ok(done)
            }
            Fault::Garble(seed) => {
                let mut done = self.host.run(&self.what, still)?;
                damage::garble(&mut done.stdout, seed, self.tool == "VBoxManage");
                Ok(done)
            }
            Fault::Flood => {
                self.host.sleep(AT_ONCE);
                let mut flood = output(ExitStatus::Exited(0), vec![b'x'; 1 << 10], Vec::new());
                flood.cut = true;
                Ok(flood)
            }
            Fault::Fail(which) => {
                self.host.sleep(AT_ONCE);
                Ok(self.failure(which))
            }
            Fault::FailAfter(which) => {
                self.host.run(&self.what, still)?;
                Ok(self.failure(which))
            }
            Fault::Lie => {
                self.host.sleep(AT_ONCE);
                Ok(output(ExitStatus::Exited(0), Vec::new(), Vec::new()))
            }
        }
    }
}

impl Host for Faulty<'_> {
    fn begin(&self, what: &Invocation) -> Result<Box<dyn RunningProgram + '_>, RunError> {
        let Some((tool, fault)) = self.fault(what) else {
            return self.host.begin(what);
        };
        (self.told)(&format!("outside: {fault}: {}", what.summary()));
        Ok(Box::new(Broken {
            host: self.host,
            what: what.clone(),
            tool,
            fault,
        }))
    }

    fn isolation_trouble(&self) -> Option<String> {
        self.host.isolation_trouble()
    }

    fn run_level(&self) -> Option<char> {
        self.host.run_level()
    }

    fn now(&self) -> Duration {
        self.host.now()
    }

    fn sleep(&self, how_long: Duration) {
        self.host.sleep(how_long);
    }

    fn account(&self) -> io::Result<Account> {
        self.host.account()
    }

    fn processes(&self) -> io::Result<Vec<Process>> {
        self.host.processes()
    }

    fn processes_of_others(&self) -> io::Result<Vec<Process>> {
        self.host.processes_of_others()
    }

    fn cold_start_lock(&self, wait: Duration) -> Result<Box<dyn Held>, LockError> {
        self.host.cold_start_lock(wait)
    }

    fn has_locale(&self, name: &str) -> bool {
        self.host.has_locale(name)
    }

    fn file_facts(&self, path: &Path) -> io::Result<FileFacts> {
        self.host.file_facts(path)
    }

    fn acl_lets_others_change(&self, path: &Path) -> io::Result<bool> {
        self.host.acl_lets_others_change(path)
    }

    fn read_file(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.host.read_file(path)
    }

    fn read_ends(&self, path: &Path, head: u64, tail: u64) -> io::Result<FileEnds> {
        self.host.read_ends(path, head, tail)
    }

    fn names_in(&self, folder: &Path, limit: usize) -> io::Result<Vec<OsString>> {
        self.host.names_in(folder, limit)
    }

    fn may(&self, path: &Path, access: Access) -> io::Result<()> {
        self.host.may(path, access)
    }

    fn free_space(&self, path: &Path) -> io::Result<u64> {
        self.host.free_space(path)
    }

    fn account_of(&self, user: &str) -> io::Result<Account> {
        self.host.account_of(user)
    }

    fn as_users(
        &self,
        tasks: &[UserTask<'_>],
        limit: Duration,
        line: &dyn Fn(&str),
    ) -> Vec<Result<Vec<u8>, AsUserError>> {
        self.host.as_users(tasks, limit, line)
    }
}
