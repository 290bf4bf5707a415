//! Looking at a VM without harm.
//!
//! `showvminfo` takes a session on a VM that is up. Beside a start or a stop of the same VM that makes the
//! other one fail, and VBoxSVC can deadlock over it. So it is asked only of a VM of which no process
//! lives and that no other client is starting or stopping; the lists, which take no session, tell the rest.

use std::time::Duration;

use crate::host::{Held, Host, LockError};
use crate::log::Log;
use crate::plan;
use crate::tools::processes::{Census, Wanted, census};
use crate::tools::vboxmanage::{Listed, VBoxError, VBoxManage};
use crate::vm::{Uuid, VmName, VmState};

/// VBoxSVC is there for 5 s after its last client, so an answer this long ago means that it still is.
const ANSWER_HOLDS: Duration = Duration::from_secs(4);
/// A VBoxSVC that has been there for this long answers.
const SERVER_READY: Duration = Duration::from_secs(3);
/// How long the lock for cold starts is waited for.
const LOCK_PATIENCE: Duration = Duration::from_secs(20);

/// What one look saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sight {
    /// The VM's state; none when no listing tells it.
    pub(crate) state: Option<VmState>,
    /// A process of it lives.
    pub(crate) process: bool,
}

/// Looks at one VM again and again, and remembers who it is.
pub(crate) struct Looker<'a> {
    host: &'a dyn Host,
    log: &'a Log<'a>,
    vbox: &'a VBoxManage<'a>,
    asked_for: &'a VmName,
    name: Option<String>,
    uuid: Option<Uuid>,
    /// Every listing since this one has shown the VM as running.
    running: bool,
    answered: Option<Duration>,
}

impl<'a> Looker<'a> {
    /// For the VM of this name or UUID.
    pub(crate) fn new(
        host: &'a dyn Host,
        log: &'a Log<'a>,
        vbox: &'a VBoxManage<'a>,
        vm: &'a VmName,
    ) -> Self {
        let uuid = vm.as_uuid();
        Self {
            host,
            log,
            vbox,
            asked_for: vm,
            // VirtualBox takes a UUID-shaped text for a UUID only.
            name: uuid.is_none().then(|| vm.as_str().to_owned()),
            uuid,
            running: false,
            answered: None,
        }
    }

    /// The VM's UUID, once a look has told it.
    pub(crate) fn uuid(&self) -> Option<&Uuid> {
        self.uuid.as_ref()
    }

    /// VBoxManage said that the VM was started: a short list is enough to see it run.
    pub(crate) fn expect_running(&mut self) {
        self.running = true;
    }

    /// What was seen may hold no longer: the next look is a whole one.
    pub(crate) fn doubt(&mut self) {
        self.running = false;
    }

    /// The processes of VirtualBox, as far as they matter to this VM.
    pub(crate) fn census(&self) -> Result<Census, VBoxError> {
        let processes = self
            .host
            .processes()
            .map_err(|e| VBoxError::Other(format!("cannot read /proc: {e}")))?;
        let wanted = Wanted {
            name: self.name.as_deref(),
            uuid: self.uuid.as_ref(),
        };
        Ok(census(&processes, wanted))
    }

    /// Looks once, for at most this long.
    ///
    /// # Errors
    /// As VBoxManage says.
    pub(crate) fn look(&mut self, limit: Duration) -> Result<Sight, VBoxError> {
        let before = self.census()?;
        let lock = self.lock_if_cold(&before);
        let seen = if before.may_live || before.handled {
            self.look_at_lists(limit)
        } else {
            self.show(limit).map(Some)
        };
        drop(lock);
        match &seen {
            Ok(_) => self.answered = Some(self.host.now()),
            Err(_) => self.answered = None,
        }
        let state = seen?;
        self.running = state == Some(VmState::Running);
        // The processes of before the call would miss one that it was about to see.
        let process = if state.as_ref().is_some_and(plan::is_off) || !before.lives {
            self.census()?.lives
        } else {
            before.lives
        };
        Ok(Sight { state, process })
    }

    /// VirtualBox's clients race when no server answers: one at a time until it does.
    fn lock_if_cold(&self, census: &Census) -> Option<Box<dyn Held>> {
        let answers = self
            .answered
            .is_some_and(|at| self.host.now().saturating_sub(at) < ANSWER_HOLDS);
        if answers || census.server_age.is_some_and(|age| age >= SERVER_READY) {
            return None;
        }
        match self.host.cold_start_lock(LOCK_PATIENCE) {
            Ok(lock) => Some(lock),
            Err(error @ (LockError::Busy(_) | LockError::Unusable(_))) => {
                self.log.line(format_args!(
                    "{}: going on without the lock for cold starts: {error}",
                    self.asked_for
                ));
                None
            }
        }
    }

    /// What `showvminfo` says.
    fn show(&mut self, limit: Duration) -> Result<VmState, VBoxError> {
        let vm = match &self.uuid {
            Some(uuid) => uuid.as_str(),
            None => self.asked_for.as_str(),
        };
        let info = self.vbox.show(vm, limit)?;
        self.uuid = Some(info.uuid);
        self.name = Some(info.name);
        Ok(info.state)
    }

    /// What the lists say. The short one says that a VM is running or paused; for more, and for who a
    /// name is, the long one is needed.
    fn look_at_lists(&mut self, limit: Duration) -> Result<Option<VmState>, VBoxError> {
        if self.running
            && let Some(uuid) = &self.uuid
            && self.vbox.running(limit)?.contains(uuid)
        {
            return Ok(Some(VmState::Running));
        }
        let all = self.vbox.all(limit)?;
        let Some(found) = self.find(&all) else {
            // Not among those that are accessible: the process is another VM's, or this one's settings
            // file is gone. showvminfo says which, and has no session to take.
            return self.show(limit).map(Some);
        };
        let uuid = found.uuid.clone();
        self.name = Some(found.name.clone());
        let mut states = all.iter().filter(|vm| vm.uuid == uuid).map(|vm| &vm.state);
        let state = states.next().cloned();
        let state = state.filter(|first| states.all(|other| other == first));
        self.uuid = Some(uuid);
        Ok(state)
    }

    /// The VM in a listing: by its UUID, else the first of its name, as VirtualBox itself does it.
    fn find<'l>(&self, all: &'l [Listed]) -> Option<&'l Listed> {
        all.iter().find(|vm| match &self.uuid {
            Some(uuid) => vm.uuid == *uuid,
            None => vm.name == self.asked_for.as_str(),
        })
    }
}
