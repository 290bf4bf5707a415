//! One deed, and what came of it.

use std::ops::ControlFlow;
use std::time::Duration;

use super::{MethodRun, SERVER_ENDS};
use crate::engine::method::verbs::{KEY, command};
use crate::engine::plan::{Action, Attempt, Outcome};
use crate::failure::Failure;
use crate::host::RunError;
use crate::virtualbox::refusal::Refusal;
use crate::virtualbox::server::SHORT_CALL;
use crate::virtualbox::vboxmanage::{Command, VBoxError, is_bare};

/// How long the process of a VM that was saved or powered off, or that could not be started, may take to end before
/// VirtualBox is asked, or the run ends.
const PROCESS_ENDS: Duration = Duration::from_secs(5);

impl MethodRun<'_> {
    /// Does it, and remembers what came of it.
    pub(super) fn act(&mut self, action: Action, limit: Duration) -> Result<(), Failure> {
        let Some(uuid) = self.observer.uuid().cloned() else {
            unreachable!("a state was seen, so the UUID is known");
        };
        let began = self.host.now();
        let turn = self.observer.alone_if_cold(self.deadline.end());
        if matches!(action, Action::Start | Action::DiscardState) && self.is_called_off_now() {
            return Ok(());
        }
        let waited = self.host.now().saturating_sub(began);
        let mut without_server = 0;
        let mut still = || {
            self.note(format_args!("still {action}, {} s left", self.left()));
            // A client whose server died waits until the last VM of that server is gone, up to 31 s, and fails then, or
            // never: it is the processes that are waited for.
            if self
                .observer
                .summary()
                .is_ok_and(|summary| summary.server_age.is_none() && summary.vm_processes == 0)
            {
                without_server += 1;
            }
            if without_server < 2 {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        };
        let verb = command(action, self.settings);
        let limit = limit.saturating_sub(waited).max(limit / 2);
        let result = self.vbox.command(&uuid, verb, limit, &mut still);
        drop(turn);
        self.observer.doubt();
        if action == Action::Start
            && matches!(
                &result,
                Err(VBoxError::Refused(..) | VBoxError::EndedEarly(_))
            )
        {
            self.wait_for_the_process();
        }
        let outcome = match result {
            Ok(()) => Outcome::Accepted,
            Err(VBoxError::Refused(Refusal::NoAdditions, _)) => Outcome::NoAdditions,
            Err(VBoxError::Run(RunError::Hung { .. })) if without_server >= 2 => {
                Outcome::ServerGone("VirtualBox's server has ended".to_owned())
            }
            Err(VBoxError::Run(RunError::Hung { .. })) => Outcome::Hung,
            Err(VBoxError::ServerGone(words)) if self.ipc_folder_is_wrong(&words) => {
                return Err(self.refused(VBoxError::ServerGone(words)));
            }
            Err(VBoxError::ServerGone(words)) => Outcome::ServerGone(words),
            Err(VBoxError::Elsewhere(words)) => Outcome::Elsewhere(words),
            // A VM that VirtualBox takes for stopping, though nothing of it is left, says no more than this: VirtualBox is
            // asked once.
            Err(VBoxError::Other(words)) if is_bare(&words) && !self.met_bare_failure(action) => {
                Outcome::Elsewhere(words)
            }
            // A server that could not read its registry says so as long as it lives, whatever was mended meanwhile.
            Err(VBoxError::Refused(Refusal::Registry | Refusal::RegistryDenied, words))
                if !self.attempts.iter().any(|attempt| attempt.action == action)
                    && self.registry_can_be_read() =>
            {
                self.note(format_args!(
                    "{words}; VirtualBox's server still has the old registry; waiting for it to exit"
                ));
                let left = self.deadline.left_to_end(self.host.now());
                self.host.sleep(SERVER_ENDS.min(left));
                Outcome::ServerGone(words.text)
            }
            Err(VBoxError::NotYet(awaited, words)) => Outcome::NotYet(awaited, words),
            Err(VBoxError::EndedEarly(words)) => match self.ended_early(&uuid, &words) {
                Some(failure) => return Err(failure),
                None => Outcome::Refused(words),
            },
            Err(VBoxError::Other(words) | VBoxError::Garbled(words)) => Outcome::Refused(words),
            Err(error @ (VBoxError::Refused(..) | VBoxError::Run(RunError::Spawn { .. }))) => {
                return Err(self.refused(error));
            }
        };
        if outcome == Outcome::Hung && !self.observer.heard_of_virtualbox() {
            self.without_a_word = self.host.now().saturating_sub(began);
        }
        match &outcome {
            Outcome::Accepted => {}
            Outcome::NoAdditions => self.note(format_args!(
                "{action}: the Guest Additions are not available"
            )),
            Outcome::Hung => self.note(format_args!(
                "{action}: VBoxManage did not respond within {} s and was killed",
                limit.as_secs()
            )),
            Outcome::ServerGone(words)
            | Outcome::Elsewhere(words)
            | Outcome::NotYet(_, words)
            | Outcome::Refused(words) => {
                self.note(format_args!("{action} failed: {words}"));
            }
        }
        if let Outcome::Elsewhere(_) = &outcome {
            self.observer.contradict();
        }
        self.said = None;
        let accepted = outcome == Outcome::Accepted;
        self.attempts.push(Attempt {
            action,
            at: self.elapsed(),
            outcome,
        });
        if accepted {
            self.settle(action);
        }
        Ok(())
    }

    /// Whether this action failed without a reason before.
    fn met_bare_failure(&self, action: Action) -> bool {
        self.attempts.iter().any(|attempt| {
            attempt.action == action
                && matches!(&attempt.outcome, Outcome::Elsewhere(words) if is_bare(words))
        })
    }

    /// What VBoxManage accepted is not yet seen: a short list, or the process's end, is what to look for.
    fn settle(&mut self, action: Action) {
        match action {
            Action::SaveState | Action::PowerOff | Action::EmergencyStop => {
                self.wait_for_the_process();
            }
            Action::Start | Action::PressPower | Action::PressSleep | Action::AskAdditions => {
                self.observer.expect_running();
            }
            Action::Resume | Action::DiscardState => {}
            // What was set was of no use but that VirtualBox wrote.
            Action::WriteSettings => self.forget_key(),
        }
    }

    /// Takes away what [`Action::WriteSettings`] has set. Where it cannot, it does no harm there.
    fn forget_key(&self) {
        let Some(uuid) = self.observer.uuid() else {
            return;
        };
        let limit = SHORT_CALL.min(self.deadline.left_to_end(self.host.now()));
        let forget = Command::ExtraData(KEY, None);
        let mut still = || ControlFlow::Continue(());
        if let Err(error) = self.vbox.command(uuid, forget, limit, &mut still) {
            self.note(format_args!(
                "cannot remove {KEY} from the VM's extra data: {error}"
            ));
        }
    }

    /// Waits for the end of a process that is about to end: where a start failed, the next one must not meet it.
    fn wait_for_the_process(&self) {
        let left = self.deadline.left_to_end(self.host.now());
        self.watch(PROCESS_ENDS.min(left / 2), |_| {});
    }
}
