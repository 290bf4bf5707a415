//! The decision in words, for the log.

use std::fmt;
use std::time::Duration;

use super::{
    Action, ActionReason, Attempt, CalledOff, Class, Note, Outcome, Reason, StateFile, Unproven,
    Waiting, Worth, class,
};
use crate::text::printable::{Printable, PrintablePath};
use crate::text::shell::shell_word;
use crate::virtualbox::vm::{Intent, VmState};

/// For the log: what is being done.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start => "starting the VM",
            Self::DiscardState => "discarding the saved state",
            Self::Resume => "resuming the VM",
            Self::PressPower => "pressing the power button",
            Self::PressSleep => "pressing the sleep button",
            Self::AskAdditions => "asking the Guest Additions to shut down",
            Self::SaveState => "saving the VM state",
            Self::PowerOff => "powering off the VM",
            Self::EmergencyStop => "killing the VM process",
            Self::WriteSettings => "making VirtualBox rewrite the VM settings",
        })
    }
}

impl Note {
    /// For the log.
    pub(crate) fn told(self, state: Option<&VmState>) -> String {
        let in_words = state.map_or("off", VmState::human_words);
        let state = state.map_or("off", VmState::word);
        match self {
            Self::RanAlready => "already running".to_owned(),
            Self::Runs => "the VM is running".to_owned(),
            Self::OffAlready => format!("already {in_words}; no VM process remains"),
            Self::Off => format!("{in_words}; no VM process remains"),
            Self::Left(property) => format!("left {state}, as set by {property}"),
            Self::CalledOff(why) => format!("left {state}, not started: {why}"),
        }
    }
}

/// The end of a sentence, in which the log says why a VM is not started.
impl fmt::Display for CalledOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disabled => f.write_str(
                "the instance was disabled during vm/start_delay; svcadm enable starts it",
            ),
            Self::Deleted => f.write_str("the instance was deleted during vm/start_delay"),
            Self::RunLevel(level) => write!(
                f,
                "the host went to run level {level} during vm/start_delay; an enabled instance is started at the next boot"
            ),
        }
    }
}

impl Waiting {
    /// For the log, with the time where the wait is for nothing else.
    pub(crate) fn told(self, pause: Duration) -> String {
        // A part of a second is a second that is not over.
        let seconds = pause.as_millis().div_ceil(1000);
        match self {
            Self::Delay => format!("starting the VM in {seconds} s (vm/start_delay)"),
            Self::Retry => format!("retrying in {seconds} s"),
            _ => self.to_string(),
        }
    }
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Answer => "waiting for VirtualBox to answer",
            Self::Change => "waiting for this state to end",
            Self::Process => "VirtualBox reports the VM as off, but a VM process is still running; waiting for it to exit",
            Self::ProcessSeen => "VirtualBox reports the VM as running, but no VM process was found; checking again",
            Self::Delay => "waiting for vm/start_delay",
            Self::Guest => "waiting for the guest to shut down",
            Self::Retry => "retrying soon",
            Self::ServerEnds => "VirtualBox's server still reports the VM as stopping although no VM process remains; not contacting the server, so that it can exit",
        })
    }
}

impl fmt::Display for ActionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StartIsAsked => Ok(()),
            Self::Setting(property, value) => write!(f, " ({property}={value})"),
            Self::Fallback(fallback) => write!(
                f,
                " (vm/stop_fallback={}: the stop method did not stop the VM)",
                fallback.word()
            ),
            Self::ButtonNeedsRunning => f.write_str(" (a paused guest does not react to buttons)"),
            Self::GuestIsDead => {
                f.write_str(" (the guest has crashed; only powering off is possible)")
            }
            Self::NoAdditions => f.write_str(" (the Guest Additions are not available)"),
            Self::ProcessHangs => f.write_str(" (the VM process does not respond)"),
            Self::NotWritten => {
                f.write_str(" (the VM's settings file does not name the state that was saved)")
            }
        }
    }
}

/// What is wrong; what to do about it is [`Reason::next_step`].
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Untouchable(state) => write!(
                f,
                "the VM is in state '{state}', in which no action is safe; the VM was left untouched"
            ),
            Self::Refused(state, property) => write!(f, "the VM is {state}, and {property}=refuse"),
            Self::DidNotStayUp(state) => write!(f, "the VM was started, but is {state} again"),
            Self::Suspended(error) => {
                write!(f, "VirtualBox paused the VM: {}", Printable(&error.id))?;
                match &error.message {
                    Some(message) => write!(f, " ({})", Printable(message)),
                    None => Ok(()),
                }
            }
            Self::Unproven(unproven) => unproven.fmt(f),
            Self::Wedged => f.write_str(
                "VirtualBox's server still reports the VM as stopping although no VM process remains: the process received a signal while the guest was paused, and the guest's memory contents are lost",
            ),
            Self::ActionFailed(action, words) => write!(f, "{action} failed: {words}"),
            Self::NotRestored(words) => {
                write!(f, "the VM could not be restored from its saved state: {words}")
            }
            Self::ActionHung(action) => write!(f, "{action}: VBoxManage did not respond"),
            Self::OutOfTime {
                state,
                process,
                tried,
                ..
            } => {
                match state {
                    Some(state) => write!(f, "timed out; the VM is still {state}")?,
                    None => f.write_str("timed out; VirtualBox does not respond")?,
                }
                if *process {
                    f.write_str(" (a VM process is still running)")?;
                }
                after(f, tried)
            }
            Self::StillUp { state, tried } => {
                write!(f, "the VM is still {state}")?;
                after(f, tried)
            }
        }
    }
}

impl fmt::Display for Unproven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSaved { left: None } => f.write_str(
                "the VM is down, but its settings file names no saved state; the guest's memory contents are lost",
            ),
            Self::NotSaved { left: Some(left) } => write!(
                f,
                "the VM state was written to {}, but the settings file does not name it, so VirtualBox will report the VM as powered off",
                PrintablePath(left)
            ),
            Self::BadState(StateFile { path, worth }) => {
                write!(f, "the VM's settings file names the saved state {}, which ", PrintablePath(path))?;
                f.write_str(match worth {
                    Worth::Old => "is from an earlier run; restoring it would combine old memory contents with a newer disk",
                    Worth::Empty => "is empty",
                    Worth::Missing => "does not exist",
                    Worth::New => "is from this run",
                })
            }
            Self::Lost(state) => write!(
                f,
                "the VM process ended before the guest had shut down or been saved (VirtualBox reports {state}); data that the guest had not written to disk is lost"
            ),
            Self::Unreadable(why) => write!(
                f,
                "the VM is down, but its settings file does not show whether it was saved: {why}"
            ),
        }
    }
}

impl Unproven {
    /// The next step to take.
    fn next_step(&self) -> String {
        match self {
            Self::NotSaved { left: None } => {
                "check that the VM's user can write to the VM's folder and settings file and that there is free space, then run svcadm clear on the instance".to_owned()
            }
            Self::NotSaved { left: Some(left) } => format!(
                "make the VM's folder and settings file writable for its user, wait 6 s for VirtualBox's server to exit, run VBoxManage adoptstate VM {} as that user, then run svcadm clear on the instance",
                shell_word(&PrintablePath(left).to_string())
            ),
            Self::BadState(StateFile { worth, .. }) => match worth {
                Worth::Old | Worth::New => "make the VM's folder and settings file writable for its user, run VBoxManage discardstate VM as that user (the state of the earlier run is lost; the disk is not changed), then run svcadm clear on the instance".to_owned(),
                Worth::Empty | Worth::Missing => "check whether the file system is full; vm/on_saved=discard starts the VM without that state, and the guest's memory contents are lost".to_owned(),
            },
            Self::Lost(_) => {
                "see VBox.log and VBoxSVC.log for the cause, then run svcadm clear on the instance, which starts the VM again".to_owned()
            }
            Self::Unreadable(_) => {
                "make the settings file readable for its user, or restore it if it is damaged (VirtualBox keeps the previous version as .vbox-prev), check the VM with VBoxManage showvminfo, then run svcadm clear on the instance".to_owned()
            }
        }
    }
}

impl Reason {
    /// The next step to take.
    pub(crate) fn next_step(&self) -> String {
        match self {
            Self::Untouchable(_) => "check the VM with VBoxManage showvminfo".to_owned(),
            Self::Refused(_, property) => format!(
                "check the VM; change its state with VBoxManage, or change {property}, then run svcadm clear on the instance"
            ),
            Self::DidNotStayUp(_) => "see the VM's VBox.log for the cause".to_owned(),
            Self::Suspended(error) if error.is_password_missing() => {
                "supply the password with VBoxManage controlvm VM addencpassword ID FILE, which resumes the VM; then run svcadm clear on the instance".to_owned()
            }
            Self::Suspended(error) if error.is_disk_full() => {
                "free space on the file system of the VM's disks, then run svcadm clear on the instance, which resumes the VM; no data is lost".to_owned()
            }
            Self::Suspended(_) => {
                "correct this, then run svcadm clear on the instance, which resumes the VM".to_owned()
            }
            Self::Unproven(unproven) => unproven.next_step(),
            Self::Wedged => "this lasts until VirtualBox's server exits, 5 s after its last client has gone and only when no other VM of the user is running: stop the user's other VMs, run no VirtualBox command for 6 s, then run svcadm clear on the instance".to_owned(),
            Self::ActionFailed(..) => "see the VM's VBox.log for details".to_owned(),
            Self::NotRestored(_) => {
                "the saved state is unchanged; see the VM's VBox.log for details".to_owned()
            }
            Self::ActionHung(_) => {
                "the operation continues inside VirtualBox; the next attempt will find its result".to_owned()
            }
            Self::OutOfTime {
                intent: Intent::Start,
                tried,
                ..
            } if let Some(Outcome::NotYet(awaited, _)) = tried.last().map(|attempt| &attempt.outcome) => {
                awaited.next_step().to_owned()
            }
            Self::OutOfTime {
                intent: Intent::Start,
                state,
                ..
            } => match state {
                None => "run VBoxManage list vms as the VM's user for details".to_owned(),
                Some(_) => "see the VM's VBox.log for details".to_owned(),
            },
            Self::OutOfTime {
                intent: Intent::Stop,
                state,
                tried,
                ..
            } => by_hand(state.as_ref(), tried),
            Self::StillUp { state, tried } => by_hand(Some(state), tried),
        }
    }
}

/// The next step for somebody whose VM does not stop: it depends on where the VM is now, then on what
/// was tried last.
fn by_hand(state: Option<&VmState>, tried: &[Attempt]) -> String {
    let how = match state.map(class) {
        None => {
            return "run VBoxManage list vms as the VM's user to see whether VirtualBox responds, then run svcadm clear on the instance".to_owned();
        }
        Some(Class::Transitional | Class::Busy) => {
            return "the operation continues inside VirtualBox: wait until VBoxManage list --long vms shows another state, then run svcadm clear on the instance and disable it again".to_owned();
        }
        // A process of it lives, or this would be no failure.
        Some(Class::Off | Class::Saved | Class::Crashed) => {
            return "find the VM process with ps -ef | grep VBoxHeadless; when it has ended, run svcadm clear on the instance".to_owned();
        }
        Some(Class::Up | Class::Paused | Class::Dead | Class::Unknown) => {
            match tried
                .last()
                .map(|attempt| (attempt.action, &attempt.outcome))
            {
                Some((Action::SaveState, Outcome::Refused(_))) => {
                    "check for free space and see the VM's VBox.log; or power off the VM with VBoxManage controlvm VM poweroff, and data that the guest has not written is lost"
                }
                // Every controlvm would hang as well.
                Some((_, Outcome::Hung)) => {
                    "the VM process does not respond; VBoxManage startvm --type emergencystop kills it, and data that the guest has not written is lost"
                }
                _ => {
                    "stop the VM with VBoxManage controlvm VM savestate (or poweroff; data that the guest has not written is lost)"
                }
            }
        }
    };
    format!(
        "disabling the instance again will not stop the VM: {how}; then run svcadm clear on the instance"
    )
}

/// ` after pressing the power button (12 times), saving the VM state (Failed to save machine state.)`
fn after(f: &mut fmt::Formatter<'_>, tried: &[Attempt]) -> fmt::Result {
    let mut counted: Vec<(&Attempt, usize)> = Vec::new();
    for attempt in tried {
        match counted
            .iter_mut()
            .find(|(seen, _)| seen.action == attempt.action)
        {
            // The last outcome is the one that tells.
            Some((seen, n)) => (*seen, *n) = (attempt, *n + 1),
            None => counted.push((attempt, 1)),
        }
    }
    for (i, (attempt, n)) in counted.iter().enumerate() {
        f.write_str(if i == 0 { " after " } else { ", " })?;
        write!(f, "{}", attempt.action)?;
        match (*n, attempt.outcome.words()) {
            (1, None) => {}
            (1, Some(words)) => write!(f, " ({words})")?,
            (n, None) => write!(f, " ({n} times)")?,
            (n, Some(words)) => write!(f, " ({n} times: {words})")?,
        }
    }
    Ok(())
}

impl Outcome {
    /// Why an action did not do it, where that is known.
    fn words(&self) -> Option<&str> {
        match self {
            Self::Accepted => None,
            Self::NoAdditions => Some("the Guest Additions are not available"),
            Self::Hung => Some("VBoxManage did not respond"),
            Self::Elsewhere(words)
            | Self::NotYet(_, words)
            | Self::Refused(words)
            | Self::ServerGone(words) => Some(words),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::virtualbox::vm::VmState as S;

    fn next_step(state: Option<VmState>, process: bool, tried: &[(Action, Outcome)]) -> String {
        let tried = tried
            .iter()
            .map(|(action, outcome)| Attempt {
                action: *action,
                at: Duration::ZERO,
                outcome: outcome.clone(),
            })
            .collect();
        Reason::OutOfTime {
            state,
            process,
            tried,
            intent: Intent::Stop,
        }
        .next_step()
    }

    /// The advice must not cost the guest more than it has lost.
    #[test]
    fn the_next_step_fits_the_state() {
        let hung = [(Action::SaveState, Outcome::Hung)];
        let pressed = [(Action::PressPower, Outcome::Accepted)];
        for (state, process, tried, has, has_not) in [
            (
                Some(S::Saving),
                true,
                &hung[..],
                "the operation continues inside VirtualBox",
                "emergencystop",
            ),
            (
                Some(S::DeletingSnapshot),
                false,
                &[],
                "the operation continues inside VirtualBox",
                "controlvm",
            ),
            (
                Some(S::PowerOff),
                true,
                &[],
                "find the VM process",
                "controlvm",
            ),
            (
                None,
                true,
                &[],
                "to see whether VirtualBox responds",
                "controlvm",
            ),
            (Some(S::Running), true, &hung, "emergencystop", "goes on"),
            (
                Some(S::Running),
                true,
                &pressed,
                "controlvm VM savestate (or poweroff; data that the guest has not written is lost)",
                "emergencystop",
            ),
        ] {
            let told = next_step(state.clone(), process, tried);
            assert!(
                told.contains(has) && !told.contains(has_not),
                "{state:?}: {told}"
            );
        }
    }
}
