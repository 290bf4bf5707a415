//! What VirtualBox's files say when a [`Looker`] looks: no program is run for it.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Belief, Looker, Sight};
use crate::host::{FileKind, Process};
use crate::plan::{Rest, StateFile, Worth};
use crate::tools::processes::{Census, another_users, candidates, census};
use crate::tools::vboxmanage::VBoxError;
use crate::virtualbox::file::FileTrouble;
use crate::virtualbox::machine_file::MachineFile;
use crate::virtualbox::registry::Registry;
use crate::virtualbox::vbox_log::{self, End, VBoxLog};
use crate::vm::{Intent, Uuid, VmState};

/// How long after the end of a VM's process VirtualBox may take to write its settings file: 3 ms were seen, where the
/// process was killed. The file is read before and after this time.
const SETTLE: Duration = Duration::from_millis(50);
/// How soon a file that is being written is read again.
const REWRITE: Duration = Duration::from_millis(5);

/// VirtualBox's files, as far as they are known and believed.
#[derive(Default)]
pub(super) struct Files {
    /// Where this user's VMs are registered, where that is known.
    pub(super) settings_folder: Option<PathBuf>,
    /// What the VM's settings file said when it was last read; none where it was not understood.
    pub(super) file: Option<MachineFile>,
    /// VirtualBox's last word was a state that the settings file does not have: until it says another one, the file is
    /// not believed.
    pub(super) in_motion: bool,
    /// The log was enough once: it is to begin with, and not to go on with.
    relied_on_log: bool,
    /// Why the settings file could not be read when it was last tried, where VirtualBox could not either.
    unreadable: RefCell<Option<String>>,
    /// The process that ran the VM when one was last seen.
    pub(super) runs_as: Cell<Option<RunsAs>>,
}

/// A process that runs the VM.
#[derive(Debug, Clone, Copy)]
pub(super) struct RunsAs {
    pub(super) pid: u32,
    /// How old it was when it was seen.
    pub(super) age: Duration,
    /// When that was, since the run began.
    pub(super) seen: Duration,
}

/// The system counts the ages of files and of processes in ticks, of 10 ms at most. Between the state of an earlier run and
/// the next process of the VM lies more: a look at the files, and the start of VBoxManage.
const CLOCKS: Duration = Duration::from_millis(50);

/// As many saved states may be in a VM's folder of snapshots to look for one.
const STATES_MAX: usize = 1000;

impl Looker<'_> {
    /// How the VM rests, by its settings file; none where only VirtualBox can tell: a process is or may be that VM's,
    /// somebody may have a session on it, the file is not understood, or VirtualBox has just said otherwise.
    pub(super) fn look_at_files(&mut self) -> Result<Option<Sight>, VBoxError> {
        // What was started and has no process that is seen may have one that this program does not know.
        let up = matches!(self.belief, Belief::Runs | Belief::IsUp);
        if self.belief == Belief::Wrong
            || self.files.in_motion
            || (up && self.intent == Intent::Start)
        {
            return Ok(None);
        }
        let before = match &self.glimpse {
            Some(glimpse) if glimpse.holds(self.host.now()) => glimpse.processes.clone(),
            _ => self.processes()?,
        };
        if up && self.is_touched(&before) {
            return Ok(None);
        }
        let Some(first) = self.read_settings() else {
            self.files.file = None;
            return Ok(None);
        };
        self.recognize(first.uuid.clone(), first.name.clone());
        self.files.file = Some(first.clone());
        if self.is_touched(&before) {
            return Ok(None);
        }
        self.host.sleep(SETTLE);
        let second = self.read_settings();
        let after = self.processes()?;
        // What was seen before is of no use any more.
        self.glimpse = None;
        if second.as_ref() != Some(&first) || self.is_touched(&after) {
            self.files.file = second;
            return Ok(None);
        }
        self.belief = Belief::Nothing;
        Ok(Some(Sight {
            state: Some(first.resting.state()),
            or_paused: false,
            roughly: false,
            process: self.runs_elsewhere()?.is_some(),
            suspended: None,
            rest: self.what_lasts(),
        }))
    }

    /// Whether a process is or may be the VM, or a client of this user has or may have a session on it.
    fn is_touched(&self, processes: &[Process]) -> bool {
        let census = census(processes, self.wanted());
        census.may_live || census.handled
    }

    /// The process of another user that a VM has which is to be started: VirtualBox knows of its own user's alone, and
    /// would start another one on the same disks.
    pub(crate) fn runs_elsewhere(&self) -> Result<Option<u32>, VBoxError> {
        let Some(uuid) = self.uuid.as_ref().filter(|_| self.intent == Intent::Start) else {
            return Ok(None);
        };
        let others = self
            .host
            .processes_of_others()
            .map_err(|e| VBoxError::Other(format!("cannot read /proc: {e}")))?;
        Ok(another_users(&others, uuid))
    }

    /// What the VM's settings file says, if it is the only one that can be meant and is understood.
    fn read_settings(&self) -> Option<MachineFile> {
        let folder = self.files.settings_folder.as_deref()?;
        let registry = self.patiently(|| Registry::read(self.host, folder))?;
        self.vbox.expect_vms(registry.entries.len());
        if let Some(uuid) = &self.uuid {
            return self.read_machine(&registry, uuid);
        }
        let files: Option<Vec<MachineFile>> = registry
            .entries
            .iter()
            .map(|entry| self.read_file(&entry.settings_file))
            .collect();
        // One that cannot be read may have the name that is looked for.
        let mut files = files?.into_iter();
        let is_it = |file: &MachineFile| file.name == self.asked_for.as_str();
        let found = files.find(is_it)?;
        // VirtualBox takes the first of several, and what is the first is for itself to say.
        if files.any(|file| is_it(&file)) {
            return None;
        }
        registry.only(&found.uuid)?;
        Some(found)
    }

    fn read_machine(&self, registry: &Registry, uuid: &Uuid) -> Option<MachineFile> {
        let entry = registry.only(uuid)?;
        let file = self.read_file(&entry.settings_file)?;
        (file.uuid == *uuid).then_some(file)
    }

    fn read_file(&self, path: &Path) -> Option<MachineFile> {
        self.patiently(|| MachineFile::read(self.host, path))
    }

    /// VirtualBox renames a settings file away before it writes the new one.
    fn patiently<T>(&self, read: impl Fn() -> Result<T, FileTrouble>) -> Option<T> {
        let until = self.host.now() + SETTLE;
        loop {
            match read() {
                Ok(read) => return Some(read),
                Err(trouble) if trouble.may_pass() && self.host.now() < until => {
                    self.host.sleep(REWRITE);
                }
                Err(trouble) => {
                    if !trouble.is_for_virtualbox() {
                        *self.files.unreadable.borrow_mut() = Some(trouble.to_string());
                    }
                    return None;
                }
            }
        }
    }

    /// What lasts of a VM that no process runs any more. Its settings file is read once more: what it said while a process
    /// lived was of before.
    pub(super) fn what_lasts(&self) -> Option<Rest> {
        *self.files.unreadable.borrow_mut() = None;
        let Some(file) = self.read_settings() else {
            return self.files.unreadable.take().map(Rest::Unreadable);
        };
        let state_file = file.resting.state_file().map(|path| StateFile {
            path: path.to_owned(),
            worth: self.worth(path),
        });
        let log = VBoxLog::read(self.host, &file.log(), vbox_log::END).unwrap_or_default();
        let runs_as = self.files.runs_as.get();
        let is_its_log = runs_as.is_none_or(|runs_as| log.pid == Some(runs_as.pid));
        let left = match &state_file {
            Some(_) => None,
            None => self.state_left_in(&file.snapshot_folder),
        };
        Some(Rest::Known {
            state_file,
            end: if is_its_log { log.end } else { End::None },
            left,
        })
    }

    fn worth(&self, state_file: &Path) -> Worth {
        match self.host.file_facts(state_file) {
            Ok(facts) if facts.kind != FileKind::File || facts.size == 0 => Worth::Empty,
            Ok(facts) if facts.age <= self.run_age().saturating_add(CLOCKS) => Worth::New,
            Ok(_) => Worth::Old,
            Err(_) => Worth::Missing,
        }
    }

    /// How long ago the process began that ran the VM last; where none was seen, how long this run goes on.
    fn run_age(&self) -> Duration {
        let now = self.host.now();
        self.files.runs_as.get().map_or(now, |runs_as| {
            runs_as.age.saturating_add(now.saturating_sub(runs_as.seen))
        })
    }

    /// A state that was saved in the VM's last run, and that its settings file does not name.
    fn state_left_in(&self, folder: &Path) -> Option<PathBuf> {
        let names = self.host.names_in(folder, STATES_MAX).ok()?;
        names
            .into_iter()
            .map(|name| folder.join(name))
            .filter(|path| path.extension().is_some_and(|ending| ending == "sav"))
            .find(|path| self.worth(path) == Worth::New)
    }

    /// What the log of the VM's last run says, or of the one that goes on.
    pub(super) fn log(&self) -> Option<VBoxLog> {
        let path = self.files.file.as_ref()?.log();
        VBoxLog::read(self.host, &path, vbox_log::RUN).ok()
    }

    /// Whether the log of a process that is or may be the VM says that it runs.
    pub(super) fn log_says_running(&self) -> Result<bool, VBoxError> {
        let Some(log) = self.log() else {
            return Ok(false);
        };
        let processes = self.processes()?;
        Ok(candidates(&processes, self.wanted())
            .iter()
            .any(|process| log.says_running(process.pid)))
    }

    /// Whether a look at the log is enough to begin a stop with: it says that the VM runs. If that is wrong, VirtualBox
    /// refuses what is done then, and is asked.
    pub(super) fn log_is_enough(&self, before: &Census) -> Result<bool, VBoxError> {
        let is_enough = self.intent == Intent::Stop
            && !self.files.relied_on_log
            && self.belief == Belief::Nothing
            && !self.exact
            && !self.files.in_motion
            && !before.handled
            && before.lives;
        Ok(is_enough && self.log_says_running()?)
    }

    /// What is seen then.
    pub(super) fn up_by_its_log(&mut self) -> Sight {
        self.belief = Belief::IsUp;
        self.files.relied_on_log = true;
        Sight {
            state: Some(VmState::Running),
            or_paused: true,
            roughly: true,
            process: true,
            suspended: None,
            rest: None,
        }
    }
}
