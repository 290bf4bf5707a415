//! A method's process in the simulated world: the [`Host`] it sees, and how svc.startd kills it.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::ffi::OsString;
use std::io;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::events::{Ending, What};
use super::processes::{self, Origin};
use super::settings;
use crate::failure::{Caller, Kind};
use crate::host::{
    Access, Account, AsUserError, ExitStatus, FileEnds, FileFacts, Held, Host, Invocation,
    LockError, Output, Process, RunError, RunningProgram, STILL_RUNNING, UserTask,
};
use crate::simulation::host::scheduler::{Shared, Slot};

/// A method that asks so often hangs without waiting: it is stopped as if it had panicked.
const QUESTIONS_MAX: u32 = 100_000;

/// How long a method hangs that has no timeout.
const FROZEN: Duration = Duration::from_hours(24 * 7);

/// SIGKILL.
const SIGKILL: i32 = 9;

/// What a killed method unwinds with. It is nobody's error, so the panic hook is not told.
struct Killed;

/// Ends the method that runs here: it is killed.
pub(super) fn unwind() -> ! {
    resume_unwind(Box::new(Killed))
}

/// How svc.startd runs a method.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    /// The instance's FMRI.
    pub(crate) subject: String,
    /// As whom.
    pub(crate) user: String,
    /// When it is killed, counted from its beginning.
    pub(crate) timeout: Option<Duration>,
}

/// Runs a method to its end, or until it is killed. What it gives back is its exit status.
pub(crate) fn run(turn: &Slot, spec: &Spec, body: impl FnOnce(&SimHost<'_>) -> u8) -> ExitStatus {
    let began = turn.now();
    let host = SimHost {
        origin: RefCell::new(Origin {
            subject: spec.subject.clone(),
            user: spec.user.clone(),
            contract: turn.with(super::world::World::number),
            waiter: turn.waiter(),
        }),
        turn,
        began,
        killed_at: spec.timeout.map(|timeout| began.saturating_add(timeout)),
        questions: Cell::new(0),
    };
    match catch_unwind(AssertUnwindSafe(|| body(&host))) {
        Ok(status) => ExitStatus::Exited(i32::from(status)),
        Err(payload) if payload.is::<Killed>() => ExitStatus::Killed(SIGKILL),
        // As main does it: a panic is a failure that another try does not mend.
        Err(payload) => {
            let told = format!("panic: {}", message(payload.as_ref()));
            turn.with(|world| world.tell(&spec.subject, What::Line(told)));
            ExitStatus::Exited(i32::from(Kind::Fatal.exit_status(Caller::Smf)))
        }
    }
}

fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

/// The world as a method sees it.
pub(crate) struct SimHost<'a> {
    pub(super) turn: &'a Slot,
    pub(super) origin: RefCell<Origin>,
    began: Duration,
    killed_at: Option<Duration>,
    questions: Cell<u32>,
}

impl SimHost<'_> {
    /// Adds a line to the log of the instance.
    pub(crate) fn log(&self, line: &str) {
        let subject = self.origin.borrow().subject.clone();
        let line = line.to_owned();
        self.turn
            .with(|world| world.tell(&subject, What::Line(line)));
    }

    fn user(&self) -> String {
        self.origin.borrow().user.clone()
    }

    /// Counts what is asked.
    fn asked(&self) {
        self.questions.set(self.questions.get() + 1);
        assert!(
            self.questions.get() < QUESTIONS_MAX,
            "the method made {QUESTIONS_MAX} calls without waiting"
        );
        #[cfg(test)]
        self.die_if_doomed();
    }

    /// Waits until then, or until something wakes this method. It may be killed meanwhile.
    fn park(&self, until: Duration) {
        let until = self.killed_at.map_or(until, |killed| killed.min(until));
        #[cfg(test)]
        let until = self.until_doomed(until);
        self.turn.park(Some(until));
        if self
            .killed_at
            .is_some_and(|killed| self.turn.now() >= killed)
        {
            let method = self.origin.borrow().clone();
            self.turn
                .with(|world| processes::kill_method(world, &method));
            #[cfg(test)]
            self.died(true);
            unwind();
        }
        #[cfg(test)]
        self.die_if_doomed();
    }
}

impl SimHost<'_> {
    /// The method's process freezes, where it is one of those, until svc.startd kills it, or somebody a week later.
    fn freeze_if_hung(&self) {
        let subject = self.origin.borrow().subject.clone();
        if !self
            .turn
            .with(|world| world.hung_methods.contains(&subject))
        {
            return;
        }
        let until = self.turn.now().saturating_add(FROZEN);
        while self.turn.now() < until {
            self.park(until);
        }
    }
}

/// Whether a program changes a VM, rather than only looks.
fn acts(what: &Invocation) -> bool {
    let verb = what.args.first().and_then(|word| word.to_str());
    matches!(
        verb,
        Some("startvm" | "controlvm" | "discardstate" | "setextradata")
    )
}

/// A program of a simulated method.
struct Launched<'h> {
    host: &'h SimHost<'h>,
    id: u64,
    limit: Duration,
    hung: RunError,
    acts: bool,
}

impl RunningProgram for Launched<'_> {
    fn finish(
        self: Box<Self>,
        still_running: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Output, RunError> {
        let turn = self.host.turn;
        let until = turn.now().saturating_add(self.limit);
        let mut beat = turn.now().saturating_add(STILL_RUNNING);
        loop {
            if let Some(output) = turn.with(|world| processes::collect(world, self.id)) {
                if self.acts {
                    self.host.freeze_if_hung();
                }
                return Ok(output);
            }
            let is_beat = turn.now() >= beat;
            if turn.now() >= until || (is_beat && still_running().is_break()) {
                turn.with(|world| processes::kill(world, self.id, Ending::Hung));
                return Err(self.hung);
            }
            if is_beat {
                beat = beat.saturating_add(STILL_RUNNING);
            }
            self.host.park(until.min(beat));
        }
    }
}

impl Host for SimHost<'_> {
    fn begin(&self, what: &Invocation) -> Result<Box<dyn RunningProgram + '_>, RunError> {
        self.asked();
        let origin = self.origin.borrow().clone();
        let launched = self
            .turn
            .with(|world| processes::launch(world, &origin, what));
        let id = launched.ok_or_else(|| RunError::Spawn {
            program: what.program.clone(),
            source: io::Error::from_raw_os_error(libc::ENOENT),
        })?;
        Ok(Box::new(Launched {
            host: self,
            id,
            limit: what.limit,
            hung: what.hung(),
            acts: acts(what),
        }))
    }

    fn isolation_trouble(&self) -> Option<String> {
        let inherited = self.turn.with(|world| world.contracts_inherited);
        inherited.then(|| io::Error::from_raw_os_error(libc::ENOENT).to_string())
    }

    fn run_level(&self) -> Option<char> {
        self.asked();
        Some(self.turn.with(|world| world.run_level))
    }

    fn now(&self) -> Duration {
        self.asked();
        self.turn.now().saturating_sub(self.began)
    }

    fn sleep(&self, how_long: Duration) {
        self.asked();
        let until = self.turn.now().saturating_add(how_long);
        while self.turn.now() < until {
            self.park(until);
        }
    }

    fn account(&self) -> io::Result<Account> {
        self.asked();
        super::account_of(&self.user()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn processes(&self) -> io::Result<Vec<Process>> {
        self.asked();
        let user = self.user();
        Ok(self.turn.with(|world| processes::of_user(world, &user)))
    }

    fn cold_start_lock(&self, wait: Duration) -> Result<Box<dyn Held>, LockError> {
        self.asked();
        let (user, waiter) = (self.user(), self.turn.waiter());
        let until = self.turn.now().saturating_add(wait);
        loop {
            let taken = self.turn.with(|world| {
                let virtualbox = world.virtualbox(&user);
                if let Some(trouble) = &virtualbox.lock_trouble {
                    return Err(LockError::Unusable(trouble.clone()));
                }
                if virtualbox.lock.is_some() {
                    virtualbox.lock_waiters.push(waiter);
                    return Ok(false);
                }
                virtualbox.lock = Some(waiter);
                Ok(true)
            })?;
            if taken {
                let shared = Arc::clone(self.turn.shared());
                return Ok(Box::new(Lock { shared, user }));
            }
            if self.turn.now() >= until {
                return Err(LockError::Busy(wait));
            }
            self.park(until);
        }
    }

    fn has_locale(&self, name: &str) -> bool {
        self.asked();
        name == "C.UTF-8"
    }

    fn file_facts(&self, path: &Path) -> io::Result<FileFacts> {
        self.asked();
        self.turn.with(|world| match settings::facts(world, path) {
            Some(facts) => Ok(facts),
            None => world.files.facts(path),
        })
    }

    fn acl_lets_others_change(&self, _: &Path) -> io::Result<bool> {
        // The files of this world have modes, and nothing else.
        Ok(false)
    }

    fn read_file(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.asked();
        let user = self.user();
        // Other files of this world have no contents.
        self.turn
            .with(|world| settings::read(world, &user, path))
            .map(|(_, bytes)| bytes)
    }

    fn read_ends(&self, path: &Path, head: u64, tail: u64) -> io::Result<FileEnds> {
        self.asked();
        let user = self.user();
        let (facts, bytes) = self.turn.with(|world| settings::read(world, &user, path))?;
        Ok(FileEnds::of(facts, &bytes, head, tail))
    }

    fn names_in(&self, _: &Path, _: usize) -> io::Result<Vec<OsString>> {
        self.asked();
        // VirtualBox leaves nothing here that it does not name.
        Ok(Vec::new())
    }

    fn may(&self, path: &Path, _: Access) -> io::Result<()> {
        // Everything in this world belongs to the one who asks.
        self.file_facts(path).map(|_| ())
    }

    fn free_space(&self, _: &Path) -> io::Result<u64> {
        Ok(u64::MAX)
    }

    fn account_of(&self, user: &str) -> io::Result<Account> {
        self.asked();
        super::account_of(user).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn as_users(
        &self,
        tasks: &[UserTask<'_>],
        _: Duration,
        _: &dyn Fn(&str),
    ) -> Vec<Result<Vec<u8>, AsUserError>> {
        self.asked();
        let ours = self.user();
        let given = |task: &UserTask<'_>| {
            let account = super::account_of(task.user)
                .ok_or_else(|| AsUserError::NoSuchUser(task.user.to_owned()))?;
            if account.name != ours && ours != super::ROOT {
                return Err(AsUserError::NotPermitted(task.user.to_owned()));
            }
            self.origin.borrow_mut().user = account.name;
            let given = (task.work)(self);
            self.origin.borrow_mut().user.clone_from(&ours);
            Ok(given)
        };
        tasks.iter().map(given).collect()
    }
}

/// The lock for cold starts, held. A method that is killed lets go of it too, as the kernel does.
struct Lock {
    shared: Arc<Shared>,
    user: String,
}

impl Held for Lock {}

impl Drop for Lock {
    fn drop(&mut self) {
        self.shared.with(|world| {
            let virtualbox = world.virtualbox(&self.user);
            virtualbox.lock = None;
            let waiters = std::mem::take(&mut virtualbox.lock_waiters);
            let now = world.now;
            for waiter in waiters {
                world.waiters.wake(waiter, now);
            }
        });
    }
}
