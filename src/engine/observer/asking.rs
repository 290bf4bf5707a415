//! What VirtualBox says when an [`Observer`] asks: which list tells enough, and which entry is the VM.

use std::time::Duration;

use super::turn::Turn;
use super::{Answer, Belief, GLANCE, Observer, RunningVms};
use crate::virtualbox::vboxmanage::{Listed, VBoxError, is_bare};
use crate::virtualbox::vm::{Intent, Uuid, VmState};

/// How long a VM that has just left the list of those that run may take to be gone.
const LEAVING: Duration = Duration::from_secs(1);

impl Observer<'_> {
    /// What `showvminfo` says.
    pub(super) fn show(&mut self, until: Duration) -> Result<Answer, VBoxError> {
        let vm = match &self.uuid {
            Some(uuid) => uuid.as_str(),
            None => self.asked_for.as_str(),
        };
        let info = self.vbox.show(vm, self.left(until))?;
        self.recognize(info.uuid, info.name);
        Ok(Answer::State(info.state))
    }

    /// The same. A VM whose process got a signal while its guest was paused is `stopping` as long as the server lives: what
    /// would take a session on it fails without a reason then, and only the long list tells that.
    pub(super) fn show_or_list(
        &mut self,
        turn: &mut Turn,
        end: Duration,
    ) -> Result<Answer, VBoxError> {
        match self.show(self.until(end)) {
            Err(VBoxError::Other(words)) if is_bare(&words) && self.uuid.is_some() => {
                self.take(turn, end);
                self.ask_the_long_list(self.until(end))
            }
            told => told,
        }
    }

    /// How a VM rests of which no process lives any more.
    fn rest(&mut self, turn: &mut Turn, end: Duration) -> Result<Answer, VBoxError> {
        self.belief = Belief::Nothing;
        match self
            .look_at_files()?
            .and_then(|observation| observation.state)
        {
            Some(state) => Ok(Answer::State(state)),
            None => self.show_or_list(turn, end),
        }
    }

    /// Whether an entry of a list is the VM that is looked for.
    fn is_it(&self, uuid: &Uuid, name: &str) -> bool {
        match &self.uuid {
            Some(ours) => uuid == ours,
            None => name == self.asked_for.as_str(),
        }
    }

    /// From now on it is known who it is.
    pub(super) fn recognize(&mut self, uuid: Uuid, name: String) {
        self.uuid = Some(uuid);
        self.name = Some(name);
    }

    /// What the lists say: the one of those that run, where it is here already, first.
    pub(super) fn ask_the_lists(
        &mut self,
        running: Option<RunningVms>,
        turn: &mut Turn,
        end: Duration,
    ) -> Result<Answer, VBoxError> {
        if let Some(uuid) = self.still_up() {
            let until = self.until(end);
            let running = running.unwrap_or_else(|| self.vbox.running(self.left(until)))?;
            if running.contains(uuid) {
                return match (self.belief, self.intent) {
                    (Belief::Runs, Intent::Start) => self.running_or_paused(turn, end),
                    (Belief::Runs, Intent::Stop) => Ok(Answer::Running),
                    _ => Ok(Answer::RunningOrPaused),
                };
            }
            // It is on its way down, most likely, and about to be gone.
            let patience = LEAVING.min(end.saturating_sub(self.host.now()));
            if self.is_gone_within(patience)? {
                return self.rest(turn, end);
            }
            self.take(turn, end);
            return self.ask_the_long_list(self.until(end));
        }
        self.take(turn, end);
        let until = self.until(end);
        if self.belief == Belief::Wrong || self.exact {
            return self.ask_the_long_list(until);
        }
        if let Some(uuid) = &self.uuid
            && self.files.file.is_some()
        {
            let running = self.vbox.running(self.left(until))?;
            return match (running.contains(uuid), self.intent) {
                (true, Intent::Start) => self.running_or_paused(turn, end),
                (true, Intent::Stop) => Ok(Answer::RunningOrPaused),
                (false, _) if self.is_gone()? => self.rest(turn, end),
                (false, _) => self.ask_the_long_list(until),
            };
        }
        let listing = self.vbox.listing(self.left(until))?;
        let found = listing.vms.iter().find(|vm| self.is_it(&vm.uuid, &vm.name));
        let Some(found) = found else {
            self.must_have_named("list vms", listing.vms.is_empty())?;
            // VirtualBox says so in its own words.
            return self.show(until);
        };
        let up = listing.running.contains(&found.uuid);
        self.recognize(found.uuid.clone(), found.name.clone());
        if up && self.intent == Intent::Stop {
            // Saving and powering off are the same for both, and a button is refused when it is paused.
            return Ok(Answer::RunningOrPaused);
        }
        if up {
            return self.running_or_paused(turn, end);
        }
        // Now that its UUID is known, another VM's process is told apart.
        if self.is_gone()? {
            return self.show_or_list(turn, end);
        }
        self.ask_the_long_list(until)
    }

    /// A VM that is among those that run may be paused. A guest can add lines to its log but remove none: where the log
    /// of this process says that it runs and nothing after that suggests something else, it does. Any doubt is for the
    /// long list.
    fn running_or_paused(&mut self, turn: &mut Turn, end: Duration) -> Result<Answer, VBoxError> {
        if self.log_says_running()? {
            return Ok(Answer::State(VmState::Running));
        }
        self.take(turn, end);
        self.ask_the_long_list(self.until(end))
    }

    /// What the long list says. Two entries of one UUID that differ are somebody's forgery in a name or a
    /// description: then nothing is known.
    fn ask_the_long_list(&mut self, until: Duration) -> Result<Answer, VBoxError> {
        let all = self.vbox.all(self.left(until))?;
        let found = all.vms.iter().find(|vm| self.is_it(&vm.uuid, &vm.name));
        let Some(found) = found else {
            if let Some(complaint) = all.complaint {
                return Err(complaint);
            }
            self.must_have_named("list --long vms", all.vms.is_empty())?;
            // It is not accessible, and has no session to take: showvminfo says why.
            return self.show(until);
        };
        let differs = |other: &Listed| other.uuid == found.uuid && other.state != found.state;
        if all.vms.iter().any(differs) {
            return Err(VBoxError::Garbled(
                "its UUID is listed twice, with two states: check VM names and descriptions for text that looks like a listing"
                    .to_owned(),
            ));
        }
        self.recognize(found.uuid.clone(), found.name.clone());
        Ok(Answer::State(found.state.clone()))
    }

    /// A list without this VM, while its process lives, is an answer of which a part was lost, and so is a list of no VM at
    /// all while the process of any lives. To go on with `showvminfo` would take a session on a VM that is up.
    fn must_have_named(&self, list: &str, is_empty: bool) -> Result<(), VBoxError> {
        let summary = self.summary()?;
        let what = if is_empty && summary.vm_processes > 0 {
            "names no VM, although a VM process is running"
        } else if self.uuid.is_some() && summary.lives {
            "does not name the VM, although its process is running"
        } else {
            return Ok(());
        };
        Err(VBoxError::Garbled(format!("{list} {what}")))
    }

    /// Waits for a turn at the lists.
    fn take(&mut self, turn: &mut Turn, end: Duration) {
        turn.at_the_lists(self.host, self.log, self.asked_for, &self.patient, end);
    }

    /// Whether no process of the VM lives, and nobody has a session on it.
    fn is_gone(&self) -> Result<bool, VBoxError> {
        let summary = self.summary()?;
        Ok(!summary.may_live && !summary.handled)
    }

    /// The same, within a time.
    fn is_gone_within(&self, patience: Duration) -> Result<bool, VBoxError> {
        let until = self.host.now() + patience;
        loop {
            if self.is_gone()? {
                return Ok(true);
            }
            if self.host.now() >= until {
                return Ok(false);
            }
            self.host.sleep(GLANCE);
        }
    }
}
