//! The decision in words, for the log.

use std::fmt;
use std::time::Duration;

use super::{
    Action, Because, CalledOff, Class, Deed, Note, Outcome, Reason, StateFile, Unproven, Waiting,
    Worth, class,
};
use crate::text::printable::{Printable, PrintablePath};
use crate::text::shell::shell_word;
use crate::virtualbox::vm::{Intent, VmState};

/// For the log: what is being done.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start => "starting it",
            Self::DiscardState => "discarding its saved state",
            Self::Resume => "resuming it",
            Self::PressPower => "pressing its power button",
            Self::PressSleep => "pressing its sleep button",
            Self::AskAdditions => "asking its Guest Additions to shut down",
            Self::SaveState => "saving its state",
            Self::PowerOff => "powering it off",
            Self::EmergencyStop => "ending its process",
            Self::WriteSettings => "having VirtualBox write its settings",
        })
    }
}

impl Note {
    /// For the log.
    pub(crate) fn told(self, state: Option<&VmState>) -> String {
        let state = state.map_or("off", VmState::word);
        match self {
            Self::RanAlready => "it runs already".to_owned(),
            Self::Runs => "it runs".to_owned(),
            Self::OffAlready => format!("it is {state} already, and no process of it is left"),
            Self::Off => format!("it is {state}, and no process of it is left"),
            Self::Left(property) => format!("left {state} by {property}"),
            Self::CalledOff(why) => format!("left {state}, not started: {why}"),
        }
    }
}

/// The end of a sentence, in which the log says why a VM is not started.
impl fmt::Display for CalledOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disabled => f.write_str(
                "the instance was disabled in its vm/start_delay; svcadm enable starts it",
            ),
            Self::Deleted => f.write_str("the instance was deleted in its vm/start_delay"),
            Self::RunLevel(level) => write!(
                f,
                "the host went to run level {level} in its vm/start_delay; an instance that is enabled is started at the next boot"
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
            Self::Delay => format!("starting it in {seconds} s (vm/start_delay)"),
            Self::Retry => format!("trying again in {seconds} s"),
            _ => self.to_string(),
        }
    }
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Answer => "waiting for VirtualBox to answer",
            Self::Change => "waiting for that to end",
            Self::Process => "VirtualBox says that it is off, but a process of it is still there: waiting for its end",
            Self::ProcessSeen => "VirtualBox says that it runs, but no process of it is seen: looking again",
            Self::Delay => "waiting for vm/start_delay",
            Self::Guest => "waiting for the guest to turn itself off",
            Self::Retry => "trying again soon",
            Self::ServerEnds => "VirtualBox's server holds it as stopping, though no process of it is left: leaving the server alone, so that it can end",
        })
    }
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StartIsAsked => Ok(()),
            Self::Setting(property, value) => write!(f, " ({property}={value})"),
            Self::Fallback(fallback) => write!(
                f,
                " (vm/stop_fallback={}: the stop method did not stop it)",
                fallback.word()
            ),
            Self::ButtonNeedsRunning => f.write_str(" (a paused guest hears no button)"),
            Self::GuestIsDead => f.write_str(" (its guest is dead, and nothing else works)"),
            Self::NoAdditions => f.write_str(" (it has no Guest Additions to ask)"),
            Self::ProcessHangs => f.write_str(" (its process does not answer)"),
            Self::NotWritten => {
                f.write_str(" (its settings file does not name the state that was saved)")
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
                "its state is '{state}', which nobody can act on safely; it was not touched"
            ),
            Self::Refused(state, property) => write!(f, "it is {state}, and {property}=refuse"),
            Self::DidNotStayUp(state) => write!(f, "it was started, and is {state} again"),
            Self::Suspended(error) => {
                write!(f, "VirtualBox paused it: {}", Printable(&error.id))?;
                match &error.message {
                    Some(message) => write!(f, " ({})", Printable(message)),
                    None => Ok(()),
                }
            }
            Self::Unproven(unproven) => unproven.fmt(f),
            Self::Wedged => f.write_str(
                "VirtualBox's server holds it as stopping, though no process of it is left: it was signalled while its guest was paused, and what the guest had in memory is lost",
            ),
            Self::ActionFailed(action, words) => write!(f, "{action} failed: {words}"),
            Self::NotRestored(words) => {
                write!(f, "it could not be restored from its saved state: {words}")
            }
            Self::ActionHung(action) => write!(f, "{action}: VBoxManage gave no answer"),
            Self::OutOfTime {
                state,
                process,
                tried,
                ..
            } => {
                match state {
                    Some(state) => write!(f, "the time is over and it is {state}")?,
                    None => f.write_str("the time is over and VirtualBox does not answer")?,
                }
                if *process {
                    f.write_str(" (a process of it lives)")?;
                }
                after(f, tried)
            }
            Self::StillUp { state, tried } => {
                write!(f, "it is still {state}")?;
                after(f, tried)
            }
        }
    }
}

impl fmt::Display for Unproven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSaved { left: None } => f.write_str(
                "it is down, but its settings file names no saved state: what the guest had in memory is lost",
            ),
            Self::NotSaved { left: Some(left) } => write!(
                f,
                "its state was written to {}, but its settings file does not name it, and VirtualBox will say that the VM is powered off",
                PrintablePath(left)
            ),
            Self::BadState(StateFile { path, worth }) => {
                write!(f, "its settings file names the saved state {}, which ", PrintablePath(path))?;
                f.write_str(match worth {
                    Worth::Old => "is that of an earlier run: to restore it now would bring back old memory over a newer disk",
                    Worth::Empty => "is empty",
                    Worth::Missing => "is not there",
                    Worth::New => "is the one of this run",
                })
            }
            Self::Lost(state) => write!(
                f,
                "its process ended before the guest had turned itself off or was saved (VirtualBox says {state}): what the guest had not written to its disk is lost"
            ),
            Self::Unreadable(why) => write!(
                f,
                "it is down, but its settings file does not say how: {why}"
            ),
        }
    }
}

impl Unproven {
    /// The next step to take.
    fn next_step(&self) -> String {
        match self {
            Self::NotSaved { left: None } => {
                "can the VM's user write to the VM's folder and settings file, and is there room? Then svcadm clear the instance".to_owned()
            }
            Self::NotSaved { left: Some(left) } => format!(
                "make the VM's folder and settings file writable for its user, wait 6 s for VirtualBox's server to end, then as that user VBoxManage adoptstate VM {} and svcadm clear the instance",
                shell_word(&PrintablePath(left).to_string())
            ),
            Self::BadState(StateFile { worth, .. }) => match worth {
                Worth::Old | Worth::New => "make the VM's folder and settings file writable for its user, then VBoxManage discardstate VM as that user (the state of the earlier run is lost, the disk stays as it is), and svcadm clear the instance".to_owned(),
                Worth::Empty | Worth::Missing => "is the file system full? vm/on_saved=discard starts the VM without that state, and what the guest had in memory is lost".to_owned(),
            },
            Self::Lost(_) => {
                "its VBox.log, and that of VirtualBox's server, may say why; svcadm clear the instance, and it is started anew".to_owned()
            }
            Self::Unreadable(_) => {
                "make the settings file readable for its user, or restore it where it is broken (VirtualBox keeps the one before it as .vbox-prev), look at the VM with VBoxManage showvminfo, then svcadm clear the instance".to_owned()
            }
        }
    }
}

impl Reason {
    /// The next step to take.
    pub(crate) fn next_step(&self) -> String {
        match self {
            Self::Untouchable(_) => "look at it with VBoxManage showvminfo".to_owned(),
            Self::Refused(_, property) => format!(
                "look at it, and bring it out of that state with VBoxManage or set {property}, then svcadm clear the instance"
            ),
            Self::DidNotStayUp(_) => "its VBox.log says why".to_owned(),
            Self::Suspended(error) if error.is_password_missing() => {
                "give it the password with VBoxManage controlvm VM addencpassword ID FILE, which resumes it; then svcadm clear the instance".to_owned()
            }
            Self::Suspended(error) if error.is_disk_full() => {
                "make room where its disks are, then svcadm clear the instance, which resumes it; nothing is lost meanwhile".to_owned()
            }
            Self::Suspended(_) => {
                "mend that, then svcadm clear the instance, which resumes it".to_owned()
            }
            Self::Unproven(unproven) => unproven.next_step(),
            Self::Wedged => "that ends with the server, 5 s after its last client, and not while another VM of its user runs: stop those, leave VirtualBox alone for 6 s, then svcadm clear the instance".to_owned(),
            Self::ActionFailed(..) => "its VBox.log may tell more".to_owned(),
            Self::NotRestored(_) => {
                "its saved state is as it was; its VBox.log may tell more".to_owned()
            }
            Self::ActionHung(_) => {
                "it goes on inside VirtualBox, and another try will see what came of it".to_owned()
            }
            Self::OutOfTime {
                intent: Intent::Start,
                tried,
                ..
            } if let Some(Outcome::NotYet(awaited, _)) = tried.last().map(|deed| &deed.outcome) => {
                awaited.next_step().to_owned()
            }
            Self::OutOfTime {
                intent: Intent::Start,
                state,
                ..
            } => match state {
                None => "VBoxManage list vms, run as its user, may tell more".to_owned(),
                Some(_) => "its VBox.log may tell more".to_owned(),
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
fn by_hand(state: Option<&VmState>, tried: &[Deed]) -> String {
    let how = match state.map(class) {
        None => {
            return "VBoxManage list vms, run as its user, shows whether VirtualBox answers; then svcadm clear the instance".to_owned();
        }
        Some(Class::Moving | Class::Busy) => {
            return "VirtualBox goes on with it: wait until VBoxManage list --long vms shows another state, then svcadm clear the instance and disable it again".to_owned();
        }
        // A process of it lives, or this would be no failure.
        Some(Class::Off | Class::Stored | Class::Crashed) => {
            return "ps -ef | grep VBoxHeadless shows its process: when that is gone, svcadm clear the instance".to_owned();
        }
        Some(Class::Up | Class::Held | Class::Dead | Class::Strange) => {
            match tried.last().map(|deed| (deed.action, &deed.outcome)) {
                Some((Action::SaveState, Outcome::Refused(_))) => {
                    "is there room for its state? its VBox.log may tell; or power it off with VBoxManage controlvm VM poweroff, and what the guest has not written is lost"
                }
                // Every controlvm would hang as well.
                Some((_, Outcome::Hung)) => {
                    "its process does not answer, VBoxManage startvm --type emergencystop ends it, and what the guest has not written is lost"
                }
                _ => {
                    "stop it with VBoxManage controlvm VM savestate (or poweroff: what the guest has not written is lost)"
                }
            }
        }
    };
    format!("disabling the instance again will not stop it: {how}; then svcadm clear the instance")
}

/// ` after pressing its power button (12 times), saving its state (Failed to save machine state.)`
fn after(f: &mut fmt::Formatter<'_>, tried: &[Deed]) -> fmt::Result {
    let mut counted: Vec<(&Deed, usize)> = Vec::new();
    for deed in tried {
        match counted
            .iter_mut()
            .find(|(seen, _)| seen.action == deed.action)
        {
            // The last outcome is the one that tells.
            Some((seen, n)) => (*seen, *n) = (deed, *n + 1),
            None => counted.push((deed, 1)),
        }
    }
    for (i, (deed, n)) in counted.iter().enumerate() {
        f.write_str(if i == 0 { " after " } else { ", " })?;
        write!(f, "{}", deed.action)?;
        match (*n, deed.outcome.words()) {
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
            Self::NoAdditions => Some("it has no Guest Additions"),
            Self::Hung => Some("VBoxManage gave no answer"),
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
            .map(|(action, outcome)| Deed {
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
                "VirtualBox goes on with it",
                "emergencystop",
            ),
            (
                Some(S::DeletingSnapshot),
                false,
                &[],
                "VirtualBox goes on with it",
                "controlvm",
            ),
            (
                Some(S::PowerOff),
                true,
                &[],
                "shows its process",
                "controlvm",
            ),
            (
                None,
                true,
                &[],
                "shows whether VirtualBox answers",
                "controlvm",
            ),
            (Some(S::Running), true, &hung, "emergencystop", "goes on"),
            (
                Some(S::Running),
                true,
                &pressed,
                "controlvm VM savestate (or poweroff: what the guest has not written is lost)",
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
