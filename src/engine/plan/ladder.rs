//! The ways to get a VM down that is up: the stop method, and the fallback.

use std::time::Duration;

use super::fallback::{fallback, fallback_share, may_lose};
use super::{
    Action, ActionReason, Class, GLANCE, Kind, Observed, Outcome, RETRY, Reason, Settings, Step,
    StopFallback, StopMethod, TRIES, VmState, Waiting, class, pause_before_retry,
};
use crate::virtualbox::server::SHORT_CALL;
use crate::virtualbox::vm::Intent;

/// How often a button is pressed: a guest that is booting misses it.
const PRESS_EVERY: Duration = Duration::from_secs(10);
/// How long a guest may take to hear the sleep button. A sleeping guest is still a running VM, so
/// this is only to let it write what it wants to.
const SLEEP: Duration = Duration::from_secs(15);
/// How long a state that could not be saved is left before the next try.
const SAVE_EVERY: Duration = Duration::from_secs(10);

/// A VM that is up, and the ways to get it down.
pub(super) struct Ladder<'a> {
    pub(super) seen: &'a Observed<'a>,
    pub(super) state: &'a VmState,
    pub(super) budget: Duration,
    pub(super) settings: &'a Settings,
}

impl Ladder<'_> {
    /// The stop method while it has time and may help, then the fallback, then the end.
    pub(super) fn step(&self) -> Step {
        let method_ends = self.method_ends();
        if self.seen.elapsed < method_ends
            && !self.fell_back()
            && let Some(step) = self.stop_method(method_ends)
        {
            return step;
        }
        let fallback = fallback(self.settings);
        let because = ActionReason::Fallback(fallback);
        match fallback {
            StopFallback::SaveState => self.save(self.budget, RETRY, because),
            StopFallback::PowerOff => self.power_off(self.budget, because),
            StopFallback::None => None,
        }
        .unwrap_or_else(|| self.still_up())
    }

    /// When the fallback's time begins. However long it took to see the VM at all, the stop method is tried
    /// before that: then it has half of what is left.
    fn method_ends(&self) -> Duration {
        let share = fallback_share(self.budget, self.settings);
        let ends = self.budget.saturating_sub(share);
        if !self.seen.attempts.is_empty() {
            return ends;
        }
        let left = self.budget.saturating_sub(self.seen.elapsed);
        ends.max(self.seen.elapsed + left / 2)
    }

    /// Whether the fallback has begun: there is no way back from it.
    fn fell_back(&self) -> bool {
        let step = match fallback(self.settings) {
            StopFallback::SaveState => Action::SaveState,
            StopFallback::PowerOff => Action::PowerOff,
            StopFallback::None => return false,
        };
        self.seen.tries(step) > 0
    }

    /// The next step of the stop method, which may go on until `ends`; none when it is of no more use.
    fn stop_method(&self, ends: Duration) -> Option<Step> {
        let method = self.settings.stop_method;
        let because = ActionReason::Setting("vm/stop_method", method.word());
        match method {
            StopMethod::SaveState => self.save(ends, SAVE_EVERY, because),
            StopMethod::PowerOff => self.power_off(ends, because),
            StopMethod::AcpiPowerButton => self.press(ends, because),
            StopMethod::AcpiSleepButton => self.sleep(ends, because),
            StopMethod::Shutdown => self.ask(ends, because),
        }
    }

    /// Presses the power button every ten seconds.
    fn press(&self, ends: Duration, because: ActionReason) -> Option<Step> {
        if let Some(step) = self.awake(ends)? {
            return Some(step);
        }
        if self.hung_twice(Action::PressPower) {
            return None;
        }
        Some(self.every(PRESS_EVERY, Action::PressPower, ends, because))
    }

    /// Presses the sleep button once.
    fn sleep(&self, ends: Duration, because: ActionReason) -> Option<Step> {
        if let Some(step) = self.awake(ends)? {
            return Some(step);
        }
        match self.seen.last(Action::PressSleep) {
            None => Some(self.act(Action::PressSleep, ends, because)),
            Some(attempt) => match &attempt.outcome {
                Outcome::Accepted => {
                    let left = SLEEP
                        .checked_sub(self.seen.since(attempt))
                        .filter(|l| !l.is_zero())?;
                    Some(self.wait(left, Waiting::Guest))
                }
                Outcome::Elsewhere(_) | Outcome::NotYet(..) | Outcome::ServerGone(_)
                    if self.seen.tries(Action::PressSleep) < TRIES =>
                {
                    Some(self.every(RETRY, Action::PressSleep, ends, because))
                }
                _ => None,
            },
        }
    }

    /// Asks the Guest Additions; where there are none, presses the power button.
    fn ask(&self, ends: Duration, because: ActionReason) -> Option<Step> {
        let none = self
            .seen
            .attempts
            .iter()
            .any(|d| d.action == Action::AskAdditions && d.outcome == Outcome::NoAdditions);
        if none {
            return self.press(ends, ActionReason::NoAdditions);
        }
        if let Some(step) = self.awake(ends)? {
            return Some(step);
        }
        if self.hung_twice(Action::AskAdditions) {
            return None;
        }
        match self.seen.last(Action::AskAdditions) {
            // It was asked, and answers by going off.
            Some(attempt) if attempt.outcome == Outcome::Accepted => {
                Some(self.wait(self.until(ends, PRESS_EVERY), Waiting::Guest))
            }
            _ => Some(self.every(PRESS_EVERY, Action::AskAdditions, ends, because)),
        }
    }

    /// A paused guest hears nothing: it is resumed first. The outer none: that is of no use.
    #[expect(clippy::option_option, reason = "of no use, no need, or this step")]
    fn awake(&self, ends: Duration) -> Option<Option<Step>> {
        if class(self.state) != Class::Paused {
            return Some(None);
        }
        if self.seen.tries(Action::Resume) >= TRIES || self.hung_twice(Action::Resume) {
            return None;
        }
        Some(Some(self.every(
            RETRY,
            Action::Resume,
            ends,
            ActionReason::ButtonNeedsRunning,
        )))
    }

    /// Saves the state, up to three times.
    fn save(&self, ends: Duration, pause: Duration, because: ActionReason) -> Option<Step> {
        let Some(attempt) = self.seen.last(Action::SaveState) else {
            return Some(self.act(Action::SaveState, ends, because));
        };
        let another_way = fallback(self.settings) == StopFallback::PowerOff;
        match &attempt.outcome {
            Outcome::Hung => None,
            Outcome::Refused(_) | Outcome::NoAdditions if another_way => None,
            Outcome::Refused(_) | Outcome::NoAdditions | Outcome::Accepted
                if self.seen.tries(Action::SaveState) >= TRIES =>
            {
                None
            }
            Outcome::Refused(_) | Outcome::NoAdditions => {
                Some(self.every(pause, Action::SaveState, ends, because))
            }
            Outcome::Accepted
            | Outcome::Elsewhere(_)
            | Outcome::NotYet(..)
            | Outcome::ServerGone(_) => Some(self.every(RETRY, Action::SaveState, ends, because)),
        }
    }

    /// Powers off, up to three times; a process that does not answer is ended where that was told.
    pub(super) fn power_off(&self, ends: Duration, because: ActionReason) -> Option<Step> {
        let hung = |action| {
            self.seen
                .last(action)
                .is_some_and(|d| d.outcome == Outcome::Hung)
        };
        if hung(Action::PowerOff) || self.seen.tries(Action::EmergencyStop) > 0 {
            return self.end_process(ends);
        }
        match self.seen.last(Action::PowerOff) {
            None => Some(self.act(Action::PowerOff, self.leave_half(ends), because)),
            Some(_) if self.seen.tries(Action::PowerOff) >= TRIES => None,
            Some(_) => Some(self.every(RETRY, Action::PowerOff, self.leave_half(ends), because)),
        }
    }

    fn end_process(&self, ends: Duration) -> Option<Step> {
        if !may_lose(self.settings) || self.seen.tries(Action::EmergencyStop) >= TRIES {
            return None;
        }
        Some(self.every(
            RETRY,
            Action::EmergencyStop,
            ends,
            ActionReason::ProcessHangs,
        ))
    }

    /// Half of the time until `ends`, where a process that does not answer may be ended after that.
    fn leave_half(&self, ends: Duration) -> Duration {
        let left = ends.saturating_sub(self.seen.elapsed);
        if may_lose(self.settings) {
            self.seen.elapsed + (left / 2).min(SHORT_CALL)
        } else {
            ends
        }
    }

    fn hung_twice(&self, action: Action) -> bool {
        self.seen
            .attempts
            .iter()
            .filter(|d| d.action == action && d.outcome == Outcome::Hung)
            .count()
            >= 2
    }

    /// Acts now, or when this long has passed since the last time; sooner when the last time did not
    /// reach the guest.
    fn every(
        &self,
        period: Duration,
        action: Action,
        ends: Duration,
        because: ActionReason,
    ) -> Step {
        let Some(attempt) = self.seen.last(action) else {
            return self.act(action, ends, because);
        };
        let (period, what) = match attempt.outcome {
            Outcome::Elsewhere(_) | Outcome::NotYet(..) | Outcome::ServerGone(_) => {
                (RETRY, Waiting::Retry)
            }
            Outcome::Accepted | Outcome::Hung => (period, Waiting::Guest),
            Outcome::NoAdditions | Outcome::Refused(_) => (period, Waiting::Retry),
        };
        let due = period.saturating_sub(self.seen.since(attempt));
        match due.max(pause_before_retry(self.seen, attempt).unwrap_or_default()) {
            Duration::ZERO => self.act(action, ends, because),
            due => self.wait(self.until(ends, due), what),
        }
    }

    /// Acts for as long as there is: a call that is not the heart of the matter has 20 s at most.
    fn act(&self, action: Action, ends: Duration, because: ActionReason) -> Step {
        let left = ends.min(self.budget).saturating_sub(self.seen.elapsed);
        let limit = match action {
            Action::SaveState | Action::PowerOff | Action::EmergencyStop | Action::Start => left,
            Action::Resume
            | Action::PressPower
            | Action::PressSleep
            | Action::AskAdditions
            | Action::DiscardState
            | Action::WriteSettings => left.min(SHORT_CALL),
        };
        if limit.is_zero() {
            return self.wait(GLANCE, Waiting::Guest);
        }
        Step::Act(action, limit, because)
    }

    /// This time, or what is left until `ends`.
    fn until(&self, ends: Duration, pause: Duration) -> Duration {
        pause.min(ends.saturating_sub(self.seen.elapsed).max(GLANCE))
    }

    fn wait(&self, pause: Duration, what: Waiting) -> Step {
        super::wait(self.seen, Intent::Stop, self.budget, pause, what)
    }

    pub(super) fn still_up(&self) -> Step {
        Step::Fail(
            Kind::Fatal,
            Reason::StillUp {
                state: self.state.clone(),
                tried: self.seen.attempts.to_vec(),
            },
        )
    }
}
