//! The next step of a stop.

use std::time::Duration;

use super::ladder::Ladder;
use super::{ActionReason, Class, GLANCE, Kind, Observed, Reason, Settings, Step, Waiting, class};
use crate::virtualbox::vm::Intent;

pub(super) fn next(seen: &Observed<'_>, budget: Duration, settings: &Settings) -> Step {
    let wait = |pause, what| super::wait(seen, Intent::Stop, budget, pause, what);
    let Some(state) = seen.state else {
        return wait(GLANCE, Waiting::Answer);
    };
    match class(state) {
        Class::Off | Class::Saved | Class::Crashed if seen.process => {
            wait(super::PROCESS_ENDS, Waiting::Process)
        }
        Class::Off | Class::Saved | Class::Crashed => {
            super::rest::end_of_stop(seen, state, budget, settings)
        }
        Class::Transitional | Class::Busy => super::change(seen, state, Intent::Stop, budget),
        Class::Unknown => Step::Fail(Kind::Fatal, Reason::Untouchable(state.clone())),
        Class::Dead => {
            let ladder = Ladder {
                seen,
                state,
                budget,
                settings,
            };
            ladder
                .power_off(budget, ActionReason::GuestIsDead)
                .unwrap_or_else(|| ladder.still_up())
        }
        Class::Up | Class::Paused => Ladder {
            seen,
            state,
            budget,
            settings,
        }
        .step(),
    }
}
