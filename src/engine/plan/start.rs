//! The next step of a start.

use std::time::Duration;

use super::{
    Action, ActionReason, Class, GLANCE, Kind, Note, Observed, OnAborted, OnPaused, OnSaved,
    OnStuck, Outcome, Reason, Settings, Step, TRIES, VmState, Waiting, class, is_off,
    pause_before_retry,
};
use crate::virtualbox::server::SHORT_CALL;
use crate::virtualbox::vbox_log::RuntimeError;
use crate::virtualbox::vm::Intent;

/// How long VirtualBox may say `running` while no process of the VM is seen. It notices within about a
/// second that one died; after this time its word is taken, because a process may have a name that
/// this program does not know.
const TRUST: Duration = Duration::from_secs(3);

pub(super) fn next(seen: &Observed<'_>, budget: Duration, settings: &Settings) -> Step {
    let wait = |pause, what| super::wait(seen, Intent::Start, budget, pause, what);
    let Some(state) = seen.state else {
        return wait(GLANCE, Waiting::Answer);
    };
    match class(state) {
        Class::Up if !seen.process && seen.unchanged < TRUST => wait(GLANCE, Waiting::ProcessSeen),
        Class::Up if seen.attempts.is_empty() => Step::Done(Note::RanAlready),
        Class::Up => Step::Done(Note::Runs),
        Class::Paused => match settings.on_paused {
            OnPaused::Resume if let Some(error) = is_no_use(seen) => {
                Step::Fail(Kind::Fatal, Reason::Suspended(error.clone()))
            }
            OnPaused::Resume => {
                let because = ActionReason::Setting("vm/on_paused", settings.on_paused.word());
                try_again(seen, budget, Action::Resume, because)
            }
            OnPaused::Leave => Step::Done(Note::Left("vm/on_paused")),
            OnPaused::Refuse => {
                Step::Fail(Kind::Fatal, Reason::Refused(state.clone(), "vm/on_paused"))
            }
        },
        Class::Dead => match settings.on_stuck {
            OnStuck::Refuse if seen.accepted(Action::Start) => {
                Step::Fail(Kind::Fatal, Reason::DidNotStayUp(state.clone()))
            }
            OnStuck::Refuse => {
                Step::Fail(Kind::Fatal, Reason::Refused(state.clone(), "vm/on_stuck"))
            }
            OnStuck::Restart => unstick(seen, state, budget, settings),
        },
        Class::Transitional | Class::Busy => super::change(seen, state, Intent::Start, budget),
        Class::Unknown => Step::Fail(Kind::Fatal, Reason::Untouchable(state.clone())),
        Class::Off | Class::Saved | Class::Crashed => off(seen, state, budget, settings),
    }
}

/// Why it is of no use to resume a guest: VirtualBox waits for the password of a disk, or suspended it once more.
fn is_no_use<'a>(seen: &Observed<'a>) -> Option<&'a RuntimeError> {
    seen.suspended
        .filter(|error| error.is_password_missing() || seen.accepted(Action::Resume))
}

/// The VM is off: should it be started, and how?
fn off(seen: &Observed<'_>, state: &VmState, budget: Duration, settings: &Settings) -> Step {
    debug_assert!(is_off(state));
    if seen.accepted(Action::Start) && !seen.process {
        return Step::Fail(Kind::Transient, Reason::DidNotStayUp(state.clone()));
    }
    if seen.process {
        let pause = super::PROCESS_ENDS;
        return match super::wait(seen, Intent::Start, budget, pause, Waiting::Process) {
            // Another try would wait for it as long: it is not started beside that.
            Step::Fail(_, reason) => Step::Fail(Kind::Fatal, reason),
            step => step,
        };
    }
    let refused = |property| Step::Fail(Kind::Fatal, Reason::Refused(state.clone(), property));
    // The delay counts from the beginning of the run. Once a start was tried, the VM may be on its way up, and the
    // run goes on to its end.
    let begin = |action, because| match (settings.start_delay, seen.called_off) {
        (delay, Some(why)) if !delay.is_zero() && seen.tries(Action::Start) == 0 => {
            Step::Done(Note::CalledOff(why))
        }
        (delay, _) => match delay.checked_sub(seen.elapsed) {
            Some(left) if !left.is_zero() => {
                super::wait(seen, Intent::Start, budget, left, Waiting::Delay)
            }
            _ => try_again(seen, budget, action, because),
        },
    };
    match (class(state), settings.on_saved, settings.on_aborted) {
        (Class::Saved, OnSaved::Leave, _) => Step::Done(Note::Left("vm/on_saved")),
        (Class::Saved, OnSaved::Refuse, _) => refused("vm/on_saved"),
        (Class::Saved, OnSaved::Discard, _) => begin(
            Action::DiscardState,
            ActionReason::Setting("vm/on_saved", settings.on_saved.word()),
        ),
        (Class::Saved, OnSaved::Restore, _) => begin(
            Action::Start,
            ActionReason::Setting("vm/on_saved", settings.on_saved.word()),
        ),
        (Class::Crashed, _, OnAborted::Leave) => Step::Done(Note::Left("vm/on_aborted")),
        (Class::Crashed, _, OnAborted::Refuse) => refused("vm/on_aborted"),
        (Class::Crashed, _, OnAborted::Start) => begin(
            Action::Start,
            ActionReason::Setting("vm/on_aborted", settings.on_aborted.word()),
        ),
        _ => begin(Action::Start, ActionReason::StartIsAsked),
    }
}

/// A guru meditation that may be powered off; one that comes back after a start is left.
fn unstick(seen: &Observed<'_>, state: &VmState, budget: Duration, settings: &Settings) -> Step {
    if seen.accepted(Action::Start) {
        return Step::Fail(Kind::Fatal, Reason::DidNotStayUp(state.clone()));
    }
    let because = ActionReason::Setting("vm/on_stuck", settings.on_stuck.word());
    try_again(seen, budget, Action::PowerOff, because)
}

/// Does it, or does it again after a pause when that makes sense.
fn try_again(seen: &Observed<'_>, budget: Duration, action: Action, because: ActionReason) -> Step {
    let from_saved = seen.state.is_some_and(|state| class(state) == Class::Saved);
    let failed = |words: &str| {
        let words = words.to_owned();
        let reason = match action {
            Action::Start if from_saved => Reason::NotRestored(words),
            _ => Reason::ActionFailed(action, words),
        };
        Step::Fail(Kind::Transient, reason)
    };
    if let Some(attempt) = seen.last(action) {
        match &attempt.outcome {
            Outcome::Refused(words) => return failed(words),
            Outcome::NoAdditions => return failed("no Guest Additions"),
            Outcome::Hung => return Step::Fail(Kind::Transient, Reason::ActionHung(action)),
            // It was done, and the VM is where it was: VirtualBox may take a moment.
            Outcome::Accepted if seen.tries(action) >= TRIES => {
                return failed("VirtualBox accepted the command, but nothing changed");
            }
            Outcome::Accepted
            | Outcome::Elsewhere(_)
            | Outcome::NotYet(..)
            | Outcome::ServerGone(_) => {}
        }
        if let Some(pause) = pause_before_retry(seen, attempt) {
            return super::wait(seen, Intent::Start, budget, pause, Waiting::Retry);
        }
    }
    let left = budget.saturating_sub(seen.elapsed);
    let limit = match action {
        Action::Start => left,
        _ => left.min(SHORT_CALL),
    };
    if limit.is_zero() {
        return super::wait(seen, Intent::Start, budget, GLANCE, Waiting::Retry);
    }
    Step::Act(action, limit, because)
}
