//! What VirtualBox's files say when an [`Observer`] looks: no program is run for it.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Belief, Observation, Observer};
use crate::engine::plan::{Rest, StateFile, Worth};
use crate::host::{FileKind, Process};
use crate::virtualbox::file::FileTrouble;
use crate::virtualbox::machine_file::MachineFile;
use crate::virtualbox::processes::{ProcessSummary, another_users, candidates, summary};
use crate::virtualbox::registry::Registry;
use crate::virtualbox::vbox_log::{self, End, VBoxLog};
use crate::virtualbox::vboxmanage::VBoxError;
use crate::virtualbox::vm::{Intent, Uuid, VmState};

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
    /// The processes that were the VM, or may have been it, whenever one was seen.
    pub(super) ran_as: RefCell<Vec<RanAs>>,
}

/// A process that was the VM, or may have been it: of one that is ending, and on illumos of one whose name is long, nobody
/// can tell which VM's it is. The VM's log can.
#[derive(Debug, Clone, Copy)]
pub(super) struct RanAs {
    pid: u32,
    /// How old it was when it was seen last.
    age: Duration,
    /// When that was, since the run began.
    seen: Duration,
}

impl Files {
    /// Remembers these processes, which were seen now.
    pub(super) fn remember(&self, candidates: &[&Process], now: Duration) {
        let mut ran_as = self.ran_as.borrow_mut();
        for process in candidates {
            ran_as.retain(|before| before.pid != process.pid);
            ran_as.push(RanAs {
                pid: process.pid,
                age: process.age,
                seen: now,
            });
        }
    }

    /// The VM's last run, whose log is the one of this process, where it is of that run.
    fn last_run(&self, log_of: Option<u32>, now: Duration, run: Duration) -> LastRun {
        let ran_as = self.ran_as.borrow();
        let age = |ran_as: &RanAs| ran_as.age.saturating_add(now.saturating_sub(ran_as.seen));
        let logged = ran_as.iter().find(|ran_as| Some(ran_as.pid) == log_of);
        LastRun {
            has_the_log: ran_as.is_empty() || logged.is_some(),
            was_alive: logged.is_some(),
            age: match logged {
                Some(logged) => age(logged),
                None => ran_as.iter().map(age).min().unwrap_or(run),
            },
        }
    }
}

/// The last run of a VM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct LastRun {
    /// The VM's log is of it.
    has_the_log: bool,
    /// Its process was seen, and was certainly the VM's: the log is of that process.
    was_alive: bool,
    /// How long ago its process began: of several the youngest, where the log tells of none of them. Where none was seen,
    /// how long this run of the method goes on.
    age: Duration,
}

/// The system counts the ages of files and of processes in ticks, of 10 ms at most. Between the state of an earlier run and
/// the next process of the VM lies more: a look at the files, and the start of VBoxManage.
const CLOCKS: Duration = Duration::from_millis(50);

/// As many saved states may be in a VM's folder of snapshots to look for one.
const STATES_MAX: usize = 1000;

impl Observer<'_> {
    /// How the VM rests, by its settings file; none where only VirtualBox can tell: a process is or may be that VM's,
    /// somebody may have a session on it, the file is not understood, or VirtualBox has just said otherwise.
    pub(super) fn look_at_files(&mut self) -> Result<Option<Observation>, VBoxError> {
        // What was started and has no process that is seen may have one that this program does not know.
        let up = matches!(self.belief, Belief::Runs | Belief::IsUp);
        if self.belief == Belief::Wrong
            || self.files.in_motion
            || (up && self.intent == Intent::Start)
        {
            return Ok(None);
        }
        let before = match &self.snapshot {
            Some(snapshot) if snapshot.holds(self.host.now()) => snapshot.processes.clone(),
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
        if !self.any_rest_will_do && !self.names_a_new_state(&first) {
            self.host.sleep(SETTLE);
        }
        let second = self.read_settings();
        let after = self.processes()?;
        // What was seen before is of no use any more.
        self.snapshot = None;
        if second.as_ref() != Some(&first) || self.is_touched(&after) {
            self.files.file = second;
            return Ok(None);
        }
        self.belief = Belief::Nothing;
        Ok(Some(Observation {
            state: Some(first.resting.state()),
            or_paused: false,
            roughly: false,
            process: self.runs_elsewhere()?.is_some(),
            suspended: None,
            rest: self.what_lasts(),
        }))
    }

    /// Whether the file names a state that was saved in the run that a stop has ended. That is its proof: nothing that
    /// VirtualBox may still write is waited for.
    fn names_a_new_state(&self, file: &MachineFile) -> bool {
        let run = self.files.last_run(None, self.host.now(), self.run());
        self.intent == Intent::Stop
            && file
                .resting
                .state_file()
                .is_some_and(|path| self.worth(path, run.age) == Worth::New)
    }

    /// How long ago this run began.
    fn run(&self) -> Duration {
        self.deadline.elapsed(self.host.now())
    }

    /// Whether a process is or may be the VM, or a client of this user has or may have a session on it.
    fn is_touched(&self, processes: &[Process]) -> bool {
        let summary = summary(processes, self.wanted());
        summary.may_live || summary.handled
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
        let log = VBoxLog::read(self.host, &file.log(), vbox_log::END).unwrap_or_default();
        let run = self.files.last_run(log.pid, self.host.now(), self.run());
        let state_file = file.resting.state_file().map(|path| StateFile {
            path: path.to_owned(),
            worth: self.worth(path, run.age),
        });
        let left = match &state_file {
            Some(_) => None,
            None => self.state_left_in(&file.snapshot_folder, run.age),
        };
        Some(Rest::Known {
            state_file,
            end: if run.has_the_log { log.end } else { End::None },
            was_alive: run.was_alive,
            left,
        })
    }

    fn worth(&self, state_file: &Path, run_age: Duration) -> Worth {
        match self.host.file_facts(state_file) {
            Ok(facts) if facts.kind != FileKind::File || facts.size == 0 => Worth::Empty,
            Ok(facts) if facts.age <= run_age.saturating_add(CLOCKS) => Worth::New,
            Ok(_) => Worth::Old,
            Err(_) => Worth::Missing,
        }
    }

    /// A state that was saved in the VM's last run, and that its settings file does not name.
    fn state_left_in(&self, folder: &Path, run_age: Duration) -> Option<PathBuf> {
        let names = self.host.names_in(folder, STATES_MAX).ok()?;
        names
            .into_iter()
            .map(|name| folder.join(name))
            .filter(|path| path.extension().is_some_and(|ending| ending == "sav"))
            .find(|path| self.worth(path, run_age) == Worth::New)
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
    pub(super) fn log_is_enough(&self, before: &ProcessSummary) -> Result<bool, VBoxError> {
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
    pub(super) fn up_by_its_log(&mut self) -> Observation {
        self.belief = Belief::IsUp;
        self.files.relied_on_log = true;
        Observation {
            state: Some(VmState::Running),
            or_paused: true,
            roughly: true,
            process: true,
            suspended: None,
            rest: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Args;

    /// The processes of three looks, at 1, 2 and 3 s; the process whose log it is; whether it is the log of the last run,
    /// and how old that is at 10 s.
    #[test]
    fn the_last_run_is_that_of_the_log() {
        type Seen = &'static [(u32, u64)];
        for (looks, log_of, (has_the_log, was_alive), age) in [
            // Nothing was seen: the log is all that there is.
            ([&[][..] as Seen, &[], &[]], Some(7), (true, false), 10),
            ([&[], &[], &[]], None, (true, false), 10),
            (
                [&[(7, 60)], &[(7, 61)], &[(7, 62)]],
                Some(7),
                (true, true),
                69,
            ),
            ([&[(7, 60)], &[], &[]], Some(8), (false, false), 69),
            ([&[(7, 60)], &[], &[]], None, (false, false), 69),
            // Another VM's process ends beside it, and nobody can tell whose it is.
            (
                [&[(7, 60)], &[(7, 61), (8, 2)], &[(8, 3)]],
                Some(7),
                (true, true),
                69,
            ),
            (
                [&[(7, 60), (8, 2)], &[(8, 3)], &[]],
                Some(7),
                (true, true),
                69,
            ),
            ([&[(7, 60)], &[(8, 2)], &[]], Some(9), (false, false), 10),
            // It is another process by now.
            ([&[(7, 60)], &[(8, 9)], &[(7, 1)]], Some(7), (true, true), 8),
        ] {
            let files = Files::default();
            for (at, seen) in (1..).zip(looks) {
                let seen: Vec<Process> = seen
                    .iter()
                    .map(|&(pid, age)| Process {
                        pid,
                        program: "VBoxHeadless".to_owned(),
                        args: Args::Whole(Vec::new()),
                        age: Duration::from_secs(age),
                        contract: None,
                    })
                    .collect();
                files.remember(&seen.iter().collect::<Vec<_>>(), Duration::from_secs(at));
            }
            let expected = LastRun {
                has_the_log,
                was_alive,
                age: Duration::from_secs(age),
            };
            let found = files.last_run(log_of, Duration::from_secs(10), Duration::from_secs(10));
            assert_eq!(found, expected, "{looks:?}, log of {log_of:?}");
        }
    }
}
