//! The course of a run: look, decide, act, look again.

use std::time::Duration;

use super::Request;
use super::refused::RunFailure;
use crate::config::settings::{Settings, StopMethod};
use crate::engine::deadline::Deadline;
use crate::engine::observer::{GLANCE, Observation, Observer, ProcessSnapshot};
use crate::engine::plan::{
    self, Action, Attempt, CalledOff, Class, Note, Observed, Outcome, Reason, Step, Waiting,
};
use crate::failure::{Failure, Kind};
use crate::host::{Account, Host, RunError};
use crate::text::log::Log;
use crate::text::printable::Printable;
use crate::virtualbox::advice::{self, Advice};
use crate::virtualbox::machine_file::MachineFile;
use crate::virtualbox::refusal::Refusal;
use crate::virtualbox::registry::Registry;
use crate::virtualbox::server::{
    SHORT_CALL, has_lost_its_server, what_ends_an_orphan, what_hangs, what_keeps_it_away,
};
use crate::virtualbox::vboxmanage::{self, VBoxError, VBoxManage};
use crate::virtualbox::vm::{Intent, Uuid};

mod act;
mod called_off;
mod wait;

/// An answer that takes longer is that of a server that stood still.
const AT_ONCE: Duration = Duration::from_secs(1);
/// VirtualBox's server ends 5 s after its last client.
const SERVER_ENDS: Duration = Duration::from_secs(6);
/// How often a look may fail in a way that nobody knows before it is given up.
const FAILED_LOOKS: usize = 3;

/// A run of a method, from the first look to the end.
pub(super) struct MethodRun<'a> {
    host: &'a dyn Host,
    log: &'a Log<'a>,
    request: &'a Request,
    settings: &'a Settings,
    deadline: Deadline,
    account: &'a Account,
    vbox: &'a VBoxManage<'a>,
    observer: Observer<'a>,
    attempts: Vec<Attempt>,
    /// The last line of the log about a wait, and when.
    said: Option<(String, Duration)>,
    failed_looks: usize,
    /// How long the last look took.
    look_took: Duration,
    /// How long a call took that hung before VirtualBox had said anything in this run.
    without_a_word: Duration,
    /// What VBoxManage said when it last did not respond.
    last_words: String,
    /// Why nobody wants this start any more, as far as SMF was asked.
    called_off: Option<CalledOff>,
    /// SMF did not respond to that, and the log says so.
    smf_was_silent: bool,
}

impl<'a> MethodRun<'a> {
    /// The course of a run that has this time.
    pub(super) fn new(
        host: &'a dyn Host,
        log: &'a Log<'a>,
        request: &'a Request,
        settings: &'a Settings,
        deadline: Deadline,
        account: &'a Account,
        vbox: &'a VBoxManage<'a>,
    ) -> Self {
        let mut observer = Observer::new(host, log, vbox, &settings.vm, request.intent, deadline)
            .with_settings_in(vbox.settings_folder(account));
        // Powering off needs a state that is known. Two lists, of which the first tells it roughly, cost more.
        if request.intent == Intent::Stop && settings.stop_method == StopMethod::PowerOff {
            observer.be_exact();
        }
        if request.intent == Intent::Start && !request.dry_run && settings.start_from_any_rest() {
            observer.any_rest_will_do();
        }
        Self {
            host,
            log,
            request,
            settings,
            deadline,
            account,
            vbox,
            observer,
            attempts: Vec::new(),
            said: None,
            failed_looks: 0,
            look_took: Duration::ZERO,
            without_a_word: Duration::ZERO,
            last_words: String::new(),
            called_off: None,
            smf_was_silent: false,
        }
    }

    /// Runs it. The processes may have been looked at just now.
    ///
    /// # Errors
    /// The VM is not proven where it should be.
    pub(super) fn run(mut self, snapshot: Option<ProcessSnapshot>) -> Result<(), Failure> {
        self.observer.recall(snapshot);
        let mut seen_since: Option<(Observation, Duration)> = None;
        loop {
            let observation = self.look()?;
            let now = self.host.now();
            let since = match &seen_since {
                Some((before, since)) if *before == observation => *since,
                _ => now,
            };
            seen_since = Some((observation.clone(), since));
            let observed = Observed {
                state: observation.state.as_ref(),
                process: observation.process,
                suspended: observation.suspended.as_ref(),
                unchanged: now.saturating_sub(since),
                elapsed: self.elapsed(),
                attempts: &self.attempts,
                rest: observation.rest.as_ref(),
                called_off: self.called_off,
            };
            match plan::next(
                &observed,
                self.request.intent,
                self.deadline.budget(),
                self.settings,
            ) {
                Step::Done(Note::CalledOff(_)) if !self.stays_called_off() => {}
                Step::Done(note) => {
                    self.say(&observation, note.told(observation.state.as_ref()));
                    return Ok(());
                }
                Step::Fail(kind, reason) => return Err(self.failure(kind, &reason)),
                Step::Wait(pause, what) if self.request.dry_run && what != Waiting::Answer => {
                    self.say(
                        &observation,
                        format_args!("{} (dry run: not done)", what.told(pause)),
                    );
                    return Ok(());
                }
                Step::Wait(pause, Waiting::Delay) => self.wait_for_delay(&observation, pause),
                Step::Wait(pause, what) => self.wait(&observation, pause, what),
                Step::Act(action, _, because) if self.request.dry_run => {
                    self.say(
                        &observation,
                        format_args!("{action}{because} (dry run: not done)"),
                    );
                    return Ok(());
                }
                // What loses the guest's work is done to a state that is known.
                Step::Act(Action::PowerOff | Action::EmergencyStop, ..) if observation.roughly => {
                    self.observer.be_exact();
                }
                Step::Act(action @ (Action::Start | Action::DiscardState), limit, because) => {
                    self.say(&observation, format_args!("{action}{because}"));
                    self.can_write_settings(&observation)?;
                    self.act(action, limit)?;
                }
                Step::Act(action, limit, because) => {
                    self.say(&observation, format_args!("{action}{because}"));
                    self.act(action, limit)?;
                }
            }
        }
    }

    /// One line of the log: the VM, the state seen, and what is done.
    fn say(&self, observation: &Observation, what: impl std::fmt::Display) {
        self.log.line(format_args!(
            "{}: {}: {what}",
            self.named(),
            observation.words()
        ));
    }

    /// The VM with its UUID, once that is known.
    fn named(&self) -> String {
        let vm = &self.settings.vm;
        match self.observer.uuid() {
            Some(uuid) if vm.as_uuid().as_ref() != Some(uuid) => format!("{vm} {{{uuid}}}"),
            _ => vm.to_string(),
        }
    }

    fn failure(&self, kind: Kind, reason: &Reason) -> Failure {
        let words = match reason {
            Reason::OutOfTime { state: None, .. } if !self.last_words.is_empty() => {
                format!(" ({})", self.last_words)
            }
            _ => String::new(),
        };
        if let Some((kind, advice)) = self.advice_by_the_files(kind, reason) {
            let told = format_args!("{}: {reason}: {}", self.named(), advice.finding);
            return Failure::told(kind, told).hinted(advice.next_step);
        }
        let hint = self.hint_by_the_processes(reason);
        Failure::told(kind, format_args!("{}: {reason}{words}", self.named()))
            .hinted(hint.unwrap_or_else(|| reason.next_step()))
    }

    /// What the files tell about a server that gives no answer, and about a state that cannot be written.
    fn advice_by_the_files(&self, kind: Kind, reason: &Reason) -> Option<(Kind, Advice)> {
        let folder = self.vbox.settings_folder(self.account)?;
        match reason {
            Reason::ActionHung(_) if !self.observer.heard_of_virtualbox() => {
                let advice = advice::of_settings_folder(self.host, self.account, &folder)?;
                Some((advice.refusal.kind(), advice))
            }
            Reason::StillUp { tried, .. } | Reason::OutOfTime { tried, .. } => {
                let is_refused = |attempt: &Attempt| {
                    attempt.action == Action::SaveState
                        && matches!(attempt.outcome, Outcome::Refused(_))
                };
                if !tried.iter().any(is_refused) {
                    return None;
                }
                let registry = Registry::read(self.host, &folder).ok()?;
                let file = &registry.only(self.observer.uuid()?)?.settings_file;
                let machine = MachineFile::read(self.host, file).ok()?;
                let mut advice = advice::of_snapshots(self.host, self.account, &machine)?;
                advice.next_step = format!(
                    "disabling the instance again will not stop the VM: {}",
                    advice.next_step
                );
                Some((kind, advice))
            }
            _ => None,
        }
    }

    /// What the processes of VirtualBox tell about a VM that is not where it should be in time.
    fn hint_by_the_processes(&self, reason: &Reason) -> Option<String> {
        let state = match reason {
            Reason::ActionHung(_) if !self.observer.heard_of_virtualbox() => {
                return Some(what_hangs(&self.account.name, self.observer.summary().ok()));
            }
            Reason::OutOfTime { state, .. } => state.as_ref(),
            Reason::StillUp { state, .. } => Some(state),
            _ => return None,
        };
        if let (Some(true), Ok(Some(pid))) =
            (state.map(plan::is_off), self.observer.runs_elsewhere())
        {
            return Some(format!(
                "process {pid} of another user runs a VM with this UUID, and two VMs on the same disks would corrupt them: end that process, or give the copy its own UUID, then run svcadm clear on the instance"
            ));
        }
        let summary = self.observer.summary().ok()?;
        match state {
            None => what_keeps_it_away(&self.account.name, Some(summary)),
            Some(state) if plan::is_off(state) => summary.process.map(|pid| {
                format!(
                    "{}; then run svcadm clear on the instance",
                    what_ends_an_orphan(&self.account.name, pid)
                )
            }),
            Some(_)
                if self.request.intent == Intent::Stop
                    && has_lost_its_server(&summary, self.elapsed()) =>
            {
                Some(format!(
                    "the VirtualBox server that started the VM has ended; {}",
                    reason.next_step()
                ))
            }
            // A client whose server stands still may end all the same, after some ten seconds, with what it had printed.
            Some(_) if self.look_took > self.deadline.budget() / 2 => Some(format!(
                "VirtualBox took {} s to answer: {}; {}",
                self.look_took.as_secs(),
                what_hangs(&self.account.name, Some(summary)),
                reason.next_step()
            )),
            Some(_) => None,
        }
    }

    /// Looks at the VM. VirtualBox not answering this time is no failure yet.
    fn look(&mut self) -> Result<Observation, Failure> {
        let began = self.host.now();
        let looked = self.observer.look(self.deadline.end());
        self.look_took = self.host.now().saturating_sub(began);
        let without_a_word = std::mem::take(&mut self.without_a_word);
        // Where VirtualBox answers at once, it was the VM's process that did not.
        if self.look_took >= AT_ONCE {
            self.look_took += without_a_word;
        }
        let error = match looked {
            Ok(observation) => {
                self.failed_looks = 0;
                return Ok(observation);
            }
            Err(error) => self.with_the_registry_in_mind(error),
        };
        self.observer.doubt();
        self.failed_looks += 1;
        self.last_words = error.to_string();
        let may_pass = match &error {
            VBoxError::ServerGone(words) => !self.ipc_folder_is_wrong(words),
            // A server that stands still goes on, and a guest that is not saved now is lost when the host goes down.
            VBoxError::Elsewhere(_)
            | VBoxError::NotYet(..)
            | VBoxError::Run(RunError::Hung { .. }) => {
                !self.deadline.left(self.host.now()).is_zero()
            }
            VBoxError::EndedEarly(_) | VBoxError::Other(_) | VBoxError::Garbled(_) => {
                self.failed_looks < FAILED_LOOKS
            }
            VBoxError::Refused(Refusal::Registry | Refusal::RegistryDenied, _) => {
                self.failed_looks == 1 && self.registry_can_be_read()
            }
            VBoxError::Run(_) | VBoxError::Refused(..) => false,
        };
        if !may_pass {
            return Err(self.refused(error));
        }
        self.log
            .line(format_args!("{}: {error}; checking again", self.named()));
        let exponent = u32::try_from(self.failed_looks.min(5)).unwrap_or_default();
        let pause = match error {
            VBoxError::Refused(..) => SERVER_ENDS,
            _ => GLANCE * 2_u32.pow(exponent),
        };
        self.host
            .sleep(pause.min(self.deadline.left_to_end(self.host.now())));
        let process = self.observer.summary().is_ok_and(|summary| summary.lives);
        Ok(Observation {
            state: None,
            or_paused: false,
            roughly: true,
            process,
            rest: None,
            suspended: None,
        })
    }

    /// A server that cannot reach its settings folder ends without a word: to its clients it looks like one that is gone.
    fn with_the_registry_in_mind(&self, error: VBoxError) -> VBoxError {
        let VBoxError::ServerGone(words) = error else {
            return error;
        };
        let folder = self.vbox.settings_folder(self.account);
        match folder.filter(|folder| advice::is_out_of_reach(self.host, folder)) {
            Some(_) => VBoxError::Refused(Refusal::RegistryDenied, words.into()),
            None => VBoxError::ServerGone(words),
        }
    }

    /// A server that could not read its registry says so as long as it lives, whatever was mended meanwhile.
    fn registry_can_be_read(&self) -> bool {
        let folder = self.vbox.settings_folder(self.account);
        folder.is_some_and(|folder| Registry::read(self.host, &folder).is_ok())
    }

    /// VirtualBox's clients and server meet in a folder in /tmp; one that is not this user's looks like
    /// a server that is gone, for ever.
    pub(super) fn ipc_folder_is_wrong(&self, words: &str) -> bool {
        words.contains("SOCKET_FAIL")
            && vboxmanage::ipc_folder_is_wrong(self.host, self.account, &self.vbox.ipc_folder())
    }

    /// A VBoxManage failure that ends the run.
    fn refused(&self, error: VBoxError) -> Failure {
        let ended = RunFailure {
            host: self.host,
            vm: &self.named(),
            account: self.account,
            ipc_folder: &self.vbox.ipc_folder(),
            summary: self.observer.summary().ok(),
            intent: self.request.intent,
            settings_folder: self.vbox.settings_folder(self.account),
        };
        match &error {
            VBoxError::Refused(Refusal::DiskInUse, _) => {
                ended.by(error).also(self.who_has_the_disk())
            }
            _ => ended.by(error),
        }
    }

    /// Which VMs that run have a disk of this one; none where VirtualBox does not say.
    fn who_has_the_disk(&self) -> Option<String> {
        let uuid = self.observer.uuid()?;
        let limit = SHORT_CALL.min(self.deadline.left_to_end(self.host.now()));
        let all = self.vbox.inventory(limit).ok()?;
        let running = self.vbox.running(limit).ok()?;
        let own = &all.iter().find(|vm| vm.uuid == *uuid)?.disks;
        let others = all
            .iter()
            .filter(|vm| vm.uuid != *uuid && running.contains(&vm.uuid));
        let shared = others.filter_map(|vm| {
            let disk = vm.disks.iter().find(|disk| own.contains(disk))?;
            Some(format!(
                "{} {{{}}} is running with the same disk {}",
                Printable(&vm.name),
                vm.uuid,
                Printable(disk)
            ))
        });
        let told: Vec<String> = shared.collect();
        (!told.is_empty()).then(|| told.join(", "))
    }

    /// Whether VirtualBox will be able to write the VM's settings. Where it is not, a saved VM is left as it is: started, it
    /// would keep its old state beside a newer disk. Where there is no room for them, no VM is started: VirtualBox would
    /// replace the settings with a file that is empty. Any other VM is started, and the log says what a stop cannot do.
    fn can_write_settings(&self, observation: &Observation) -> Result<(), Failure> {
        let trouble = self
            .observer
            .uuid()
            .zip(self.vbox.settings_folder(self.account))
            .and_then(|(uuid, folder)| {
                let registry = Registry::read(self.host, &folder).ok()?;
                let file = &registry.only(uuid)?.settings_file;
                advice::of_settings(self.host, self.account, file)
            });
        let Some(trouble) = trouble else {
            return Ok(());
        };
        let is_saved = observation
            .state
            .as_ref()
            .is_some_and(|state| plan::class(state) == Class::Saved);
        let why_not = if is_saved {
            "the VM is saved, and VirtualBox could not remove the saved state after starting the VM"
        } else if trouble.refusal == Refusal::NoSpace {
            "VirtualBox could not write the VM's settings when the VM ends, and would lose them"
        } else {
            self.note(format_args!(
                "warning: a stop will not be able to save the VM: {}",
                trouble.finding
            ));
            return Ok(());
        };
        let told = format_args!("{}: {why_not}: {}", self.named(), trouble.finding);
        Err(Failure::told(trouble.refusal.kind(), told).hinted(trouble.next_step))
    }

    /// Why the VM's process ended before it did anything, where its files tell.
    fn ended_early(&self, uuid: &Uuid, words: &str) -> Option<Failure> {
        let folder = self.vbox.settings_folder(self.account)?;
        let registry = Registry::read(self.host, &folder).ok()?;
        let file = &registry.only(uuid)?.settings_file;
        let machine = MachineFile::read(self.host, file).ok()?;
        let advice = advice::of_early_end(self.host, self.account, file, &machine)?;
        let told = format_args!("{}: {words}: {}", self.named(), advice.finding);
        Some(Failure::told(advice.refusal.kind(), told).hinted(advice.next_step))
    }

    /// How long ago the run began.
    fn elapsed(&self) -> Duration {
        self.deadline.elapsed(self.host.now())
    }

    /// What is left of the time, in seconds.
    fn left(&self) -> u64 {
        self.deadline.left(self.host.now()).as_secs()
    }

    /// One line of the log about the VM, whatever its state.
    fn note(&self, what: impl std::fmt::Display) {
        self.log.line(format_args!("{}: {what}", self.named()));
    }
}
