//! What lasts of a VM that no process runs, and whether it is what a stop was to reach.
//!
//! VirtualBox's server says `saved` of a VM whose settings file it could not write, and `powered off` of a guest that was
//! lost with its server. So a stop that did something believes what lasts: the settings file, the saved state that it
//! names, and the log of the run for the difference between a guest that turned itself off and one that was lost.

use std::path::PathBuf;
use std::time::Duration;

use super::fallback::may_lose;
use super::{
    Action, ActionReason, Attempt, Kind, Note, Observed, Reason, Settings, Step, TRIES, Waiting,
    pause_before_retry,
};
use crate::virtualbox::vbox_log::End;
use crate::virtualbox::vm::{Intent, VmState};

use super::class::{Class, class};
use crate::virtualbox::server::SHORT_CALL;

/// What lasts of a VM that no process runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rest {
    /// The settings file was read.
    Known {
        /// The saved state that it names.
        state_file: Option<StateFile>,
        /// How the VM's last run ended, by its log.
        end: End,
        /// The process of that run was seen alive since this run of the method began.
        was_alive: bool,
        /// A saved state of that run which the settings file does not name.
        left: Option<PathBuf>,
    },
    /// The settings file cannot be read, in words.
    Unreadable(String),
}

/// A saved state that a settings file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StateFile {
    /// The file.
    pub(crate) path: PathBuf,
    /// What it is good for.
    pub(crate) worth: Worth,
}

/// What a saved state is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Worth {
    /// It was written in the VM's last run.
    New,
    /// It was written before the VM's last run began.
    Old,
    /// There is nothing in it.
    Empty,
    /// It is not there.
    Missing,
}

/// What a stop reached instead of what it was to reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unproven {
    /// The settings file names no saved state.
    NotSaved {
        /// The state that was written and is not named.
        left: Option<PathBuf>,
    },
    /// The settings file names this state, which is not of the run that was to be saved.
    BadState(StateFile),
    /// The VM's process ended, and nothing says that its guest had turned itself off.
    Lost(VmState),
    /// The settings file cannot be read.
    Unreadable(String),
}

/// The end of a stop of a VM that is off, saved or aborted, and of which no process lives.
pub(super) fn end_of_stop(
    seen: &Observed<'_>,
    state: &VmState,
    budget: Duration,
    settings: &Settings,
) -> Step {
    let to_stop = |attempt: &&Attempt| match attempt.action {
        Action::PressPower
        | Action::PressSleep
        | Action::AskAdditions
        | Action::SaveState
        | Action::PowerOff
        | Action::EmergencyStop => true,
        Action::Start | Action::DiscardState | Action::Resume | Action::WriteSettings => false,
    };
    let fail = |unproven| Step::Fail(Kind::Fatal, Reason::Unproven(unproven));
    if !seen.attempts.iter().any(|attempt| to_stop(&attempt)) {
        return match seen.rest {
            // It ended before anything was done to it, and with its guest: its server had died, or it was killed.
            Some(Rest::Known {
                was_alive: true,
                state_file: None,
                end: End::None | End::Lost | End::Guru,
                ..
            }) if !may_lose(settings) => fail(Unproven::Lost(state.clone())),
            // An earlier run saved it and did not live to see that written down: VirtualBox's server alone knows the state.
            Some(Rest::Known {
                state_file: None,
                left,
                ..
            }) if class(state) == Class::Saved || seen.tries(Action::WriteSettings) > 0 => {
                not_saved(seen, left.as_ref(), budget)
            }
            // It was so before, or became so by itself.
            _ => Step::Done(Note::OffAlready),
        };
    }
    let (state_file, end, left) = match seen.rest {
        Some(Rest::Known {
            state_file,
            end,
            left,
            ..
        }) => (state_file.as_ref(), *end, left),
        Some(Rest::Unreadable(why)) => return fail(Unproven::Unreadable(why.clone())),
        // Only VirtualBox understands its settings.
        None => return Step::Done(Note::Off),
    };
    let told_to_lose = [Action::PowerOff, Action::EmergencyStop]
        .iter()
        .any(|action| seen.tries(*action) > 0);
    match (state_file, class(state)) {
        (Some(file), _) if file.worth == Worth::New => Step::Done(Note::Off),
        (Some(file), _) => fail(Unproven::BadState(file.clone())),
        (None, Class::Saved) => not_saved(seen, left.as_ref(), budget),
        (None, _) if told_to_lose => Step::Done(Note::Off),
        (None, Class::Off) if matches!(end, End::ByGuest | End::ByHost) => Step::Done(Note::Off),
        (None, Class::Off)
            if left.is_some() || end == End::Saved || seen.accepted(Action::SaveState) =>
        {
            not_saved(seen, left.as_ref(), budget)
        }
        (None, _) => fail(Unproven::Lost(state.clone())),
    }
}

/// The guest's state was saved, and the settings file does not name it. VirtualBox's server fails in that now and then, where
/// it saves many VMs at once (`E_ACCESSDENIED`), and knows the state as long as it lives: it is made to write once more. Where
/// it cannot, or does not know the state any more, nothing is lost by it.
fn not_saved(seen: &Observed<'_>, left: Option<&PathBuf>, budget: Duration) -> Step {
    let fail = || {
        let left = left.cloned();
        Step::Fail(Kind::Fatal, Reason::Unproven(Unproven::NotSaved { left }))
    };
    let action = Action::WriteSettings;
    let limit = budget.saturating_sub(seen.elapsed).min(SHORT_CALL);
    if limit.is_zero() || seen.accepted(action) || seen.tries(action) >= TRIES {
        return fail();
    }
    if let Some(pause) = seen
        .last(action)
        .and_then(|attempt| pause_before_retry(seen, attempt))
    {
        return super::wait(seen, Intent::Stop, budget, pause, Waiting::Retry);
    }
    Step::Act(action, limit, ActionReason::NotWritten)
}

#[cfg(test)]
mod tests {
    use super::super::tests::settings;
    use super::super::{Outcome, StopMethod};
    use super::*;

    fn state_file(worth: Worth) -> StateFile {
        StateFile {
            path: "/vm/s.sav".into(),
            worth,
        }
    }

    /// What was done, the state, the state file's worth, the log's end; and the word for what comes of it.
    #[test]
    fn what_lasts_is_what_a_stop_believes() {
        use Action as A;
        use VmState as S;
        for (action, state, worth, end, expected) in [
            (A::SaveState, S::Saved, Some(Worth::New), End::Saved, "done"),
            (
                A::SaveState,
                S::Saved,
                Some(Worth::Old),
                End::Saved,
                "bad state",
            ),
            (
                A::SaveState,
                S::Saved,
                Some(Worth::Empty),
                End::Saved,
                "bad state",
            ),
            (
                A::SaveState,
                S::Saved,
                Some(Worth::Missing),
                End::Saved,
                "bad state",
            ),
            (
                A::SaveState,
                S::AbortedSaved,
                Some(Worth::Old),
                End::None,
                "bad state",
            ),
            // The server says so, and the settings file does not.
            (A::SaveState, S::Saved, None, End::Saved, "not saved"),
            (A::SaveState, S::PowerOff, None, End::Saved, "not saved"),
            (A::SaveState, S::PowerOff, None, End::None, "not saved"),
            (A::SaveState, S::Aborted, None, End::None, "lost"),
            // It turned itself off before it was saved, or somebody did.
            (A::SaveState, S::PowerOff, None, End::ByGuest, "done"),
            (A::SaveState, S::PowerOff, None, End::ByHost, "done"),
            (A::PressPower, S::PowerOff, None, End::ByGuest, "done"),
            (A::PressPower, S::PowerOff, None, End::ByHost, "done"),
            (A::PressPower, S::PowerOff, None, End::None, "lost"),
            (A::PressPower, S::PowerOff, None, End::Lost, "lost"),
            (A::PressPower, S::Aborted, None, End::None, "lost"),
            (
                A::PressPower,
                S::Saved,
                Some(Worth::New),
                End::Saved,
                "done",
            ),
            (
                A::PressPower,
                S::Saved,
                Some(Worth::Old),
                End::ByGuest,
                "bad state",
            ),
            (A::AskAdditions, S::PowerOff, None, End::None, "lost"),
            (A::PressSleep, S::PowerOff, None, End::ByGuest, "done"),
            (A::PowerOff, S::PowerOff, None, End::ByHost, "done"),
            (A::PowerOff, S::PowerOff, None, End::None, "done"),
            (A::PowerOff, S::Aborted, None, End::None, "done"),
            (A::EmergencyStop, S::Aborted, None, End::None, "done"),
            // It would be restored over what the disk is now.
            (
                A::PowerOff,
                S::Saved,
                Some(Worth::Old),
                End::ByHost,
                "bad state",
            ),
            // Nothing of what stops a VM was done.
            (A::Resume, S::Aborted, None, End::None, "lost"),
            (A::Resume, S::PowerOff, None, End::ByGuest, "done"),
        ] {
            let rest = Rest::Known {
                state_file: worth.map(state_file),
                end,
                was_alive: true,
                left: None,
            };
            let told = told(&[action], &state, Some(&rest), &settings());
            assert_eq!(told, expected, "{action:?} {state:?} {worth:?} {end:?}");
        }
        let unreadable = Rest::Unreadable("why".to_owned());
        for (action, rest, expected) in [
            (A::SaveState, Some(&unreadable), "unreadable"),
            (A::Resume, Some(&unreadable), "done"),
            (A::SaveState, None, "done"),
        ] {
            assert_eq!(
                told(&[action], &S::Saved, rest, &settings()),
                expected,
                "{action:?}"
            );
        }
    }

    /// How the log ends, whether the process was seen, the stop method; and the word for a stop that did nothing.
    #[test]
    fn a_vm_that_ended_by_itself_is_off_or_lost() {
        use StopMethod as M;
        use VmState as S;
        for (state, worth, end, was_alive, stop_method, expected) in [
            // It was off before.
            (S::PowerOff, None, End::ByGuest, false, M::SaveState, "done"),
            (S::Aborted, None, End::None, false, M::SaveState, "done"),
            (
                S::PowerOff,
                None,
                End::None,
                false,
                M::AcpiPowerButton,
                "done",
            ),
            // It ended meanwhile.
            (S::PowerOff, None, End::ByGuest, true, M::SaveState, "done"),
            (
                S::PowerOff,
                None,
                End::ByHost,
                true,
                M::AcpiPowerButton,
                "done",
            ),
            (
                S::Saved,
                Some(Worth::New),
                End::Saved,
                true,
                M::SaveState,
                "done",
            ),
            // Its restore failed: the state is there still.
            (
                S::AbortedSaved,
                Some(Worth::Old),
                End::None,
                true,
                M::SaveState,
                "done",
            ),
            // Its server had died, and it some seconds later; VirtualBox says powered off of it.
            (S::PowerOff, None, End::None, true, M::SaveState, "lost"),
            (
                S::PowerOff,
                None,
                End::Lost,
                true,
                M::AcpiPowerButton,
                "lost",
            ),
            (S::Aborted, None, End::None, true, M::SaveState, "lost"),
            (S::Aborted, None, End::Guru, true, M::SaveState, "lost"),
            (S::Aborted, None, End::None, true, M::PowerOff, "done"),
        ] {
            let rest = Rest::Known {
                state_file: worth.map(state_file),
                end,
                was_alive,
                left: None,
            };
            let settings = Settings {
                stop_method,
                ..settings()
            };
            let told = told(&[], &state, Some(&rest), &settings);
            assert_eq!(
                told, expected,
                "{state:?} {worth:?} {end:?} {was_alive} {stop_method:?}"
            );
        }
    }

    /// What became of the attempts to have VirtualBox write, how long ago the last was, and what comes next.
    #[test]
    fn virtualbox_writes_once_more() {
        let refused = || Outcome::Refused("no".to_owned());
        let rest = Rest::Known {
            state_file: None,
            end: End::Saved,
            was_alive: true,
            left: Some("/vm/s.sav".into()),
        };
        for (attempts, ago, expected) in [
            (vec![], 0, "write"),
            (vec![Outcome::Accepted], 0, "fail"),
            (vec![refused()], 0, "wait"),
            (vec![refused()], 9, "write"),
            (vec![refused(), refused()], 9, "write"),
            (vec![refused(), refused(), refused()], 9, "fail"),
            (vec![Outcome::Hung], 9, "write"),
        ] {
            let now = Duration::from_secs(30);
            let attempts = attempts.into_iter().map(|outcome| Attempt {
                action: Action::WriteSettings,
                at: now.saturating_sub(Duration::from_secs(ago)),
                outcome,
            });
            let save = Attempt {
                action: Action::SaveState,
                at: Duration::ZERO,
                outcome: refused(),
            };
            let attempts: Vec<Attempt> = std::iter::once(save).chain(attempts).collect();
            for state in [VmState::Saved, VmState::PowerOff] {
                let seen = Observed {
                    state: Some(&state),
                    process: false,
                    suspended: None,
                    unchanged: Duration::ZERO,
                    elapsed: now,
                    attempts: &attempts,
                    rest: Some(&rest),
                    called_off: None,
                };
                let word = |budget| match end_of_stop(&seen, &state, budget, &settings()) {
                    Step::Act(Action::WriteSettings, ..) => "write",
                    Step::Wait(..) => "wait",
                    Step::Fail(Kind::Fatal, Reason::Unproven(Unproven::NotSaved { .. })) => "fail",
                    other => panic!("{other:?}"),
                };
                assert_eq!(word(Duration::from_mins(1)), expected, "{attempts:?}");
                assert_eq!(word(now), "fail", "the time is over");
            }
        }
    }

    fn told(
        actions: &[Action],
        state: &VmState,
        rest: Option<&Rest>,
        settings: &Settings,
    ) -> &'static str {
        let accepted = |action: &Action| Attempt {
            action: *action,
            at: Duration::ZERO,
            outcome: Outcome::Accepted,
        };
        let attempts: Vec<Attempt> = actions.iter().map(accepted).collect();
        let seen = Observed {
            state: Some(state),
            process: false,
            suspended: None,
            unchanged: Duration::ZERO,
            elapsed: Duration::ZERO,
            attempts: &attempts,
            rest,
            called_off: None,
        };
        match end_of_stop(&seen, state, Duration::from_mins(1), settings) {
            Step::Done(_) => "done",
            // VirtualBox did that, and what lasts is the same.
            Step::Act(Action::WriteSettings, ..) => {
                let more = [actions, &[Action::WriteSettings]].concat();
                told(&more, state, rest, settings)
            }
            Step::Fail(Kind::Fatal, Reason::Unproven(unproven)) => match unproven {
                Unproven::NotSaved { .. } => "not saved",
                Unproven::BadState(_) => "bad state",
                Unproven::Lost(_) => "lost",
                Unproven::Unreadable(_) => "unreadable",
            },
            other => panic!("{other:?}"),
        }
    }
}
