//! What a whole run would do, by asking the plan as a run asks it.
//!
//! The VM of a forecast does at once what VirtualBox can make it do. Its guest hears no button, and a change
//! that is under way never ends: so every way that the settings leave open is seen, to the last.

use std::time::Duration;

use super::{
    Action, ActionReason, Attempt, Note, Observed, Outcome, Reason, Step, Waiting, is_off, next,
};
use crate::config::settings::Settings;
use crate::failure::Kind;
use crate::virtualbox::vm::{Intent, VmState};

/// VirtualBox has said the same for longer than any decision asks for.
const LONG_AGO: Duration = Duration::from_secs(60);

/// What a run would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Forecast {
    /// What is done and waited for, in order.
    pub(crate) stages: Vec<Stage>,
    /// How it ends.
    pub(crate) end: End,
    /// When it ends, since the run began.
    pub(crate) at: Duration,
}

/// The same thing, once or again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stage {
    /// When it begins, since the run began.
    pub(crate) at: Duration,
    /// What it is.
    pub(crate) what: Activity,
    /// How often it is done.
    pub(crate) times: usize,
}

/// What a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activity {
    /// It waits for a change to end, or for `vm/start_delay`.
    Wait(Waiting),
    /// It acts.
    Act(Action, ActionReason),
}

/// How a run ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// The VM is where it should be, in this state.
    Done(Note, VmState),
    /// It is not.
    Fail(Kind, Reason),
}

/// What a run would do with a VM in this state.
pub(crate) fn forecast(
    state: &VmState,
    intent: Intent,
    budget: Duration,
    settings: &Settings,
) -> Forecast {
    let mut state = state.clone();
    let mut elapsed = Duration::ZERO;
    let mut attempts: Vec<Attempt> = Vec::new();
    let mut stages: Vec<Stage> = Vec::new();
    let mut waits = 0;
    loop {
        let ask = |at: Duration, attempts: &[Attempt]| {
            let seen = Observed {
                state: Some(&state),
                process: !is_off(&state),
                suspended: None,
                unchanged: LONG_AGO,
                elapsed: at,
                attempts,
                rest: None,
                called_off: None,
            };
            next(&seen, intent, budget, settings)
        };
        let end = match ask(elapsed, &attempts) {
            Step::Done(note) => End::Done(note, state),
            Step::Fail(kind, reason) => End::Fail(kind, without_deeds(reason)),
            Step::Wait(pause, what) => {
                waits += 1;
                if matches!(what, Waiting::Change | Waiting::Delay) && waits == 1 {
                    note(&mut stages, elapsed, Activity::Wait(what));
                }
                let again = |times| {
                    let step = ask(elapsed + pause * times, &attempts);
                    matches!(step, Step::Wait(_, other) if other == what)
                };
                let times = if waits > OFTEN {
                    last(pause, budget, again)
                } else {
                    1
                };
                elapsed += pause * times.max(1);
                continue;
            }
            Step::Act(action, _, because) => {
                let before = attempts.last().map(|attempt| attempt.at);
                waits = 0;
                let newest = note(&mut stages, elapsed, Activity::Act(action, because));
                let attempt = |at| Attempt {
                    action,
                    at,
                    outcome: Outcome::Accepted,
                };
                attempts.push(attempt(elapsed));
                if let Some(before) = before
                    && newest.times > OFTEN
                {
                    let period = elapsed.saturating_sub(before);
                    let mut so_far = attempts.clone();
                    let times = last(period, budget, |times| {
                        // The time before this one is the last that it was done.
                        let previous = elapsed + period * times.saturating_sub(1);
                        if let Some(last) = so_far.last_mut() {
                            *last = attempt(previous);
                        }
                        let step = ask(previous + period, &so_far);
                        matches!(step, Step::Act(other, ..) if other == action)
                    });
                    newest.times += usize::try_from(times).unwrap_or(usize::MAX);
                    elapsed += period * times;
                    attempts.push(attempt(elapsed));
                }
                state = after(action, state);
                continue;
            }
        };
        return Forecast {
            stages,
            end,
            at: elapsed,
        };
    }
}

/// So often the same thing is asked for step by step, before the times that it goes on for are counted at
/// once: svc.startd's limit may be years.
const OFTEN: usize = 100;

/// How many times a period fits into the budget before an answer changes that then stays changed.
fn last(period: Duration, budget: Duration, mut same: impl FnMut(u32) -> bool) -> u32 {
    let most = budget.as_millis() / period.as_millis().max(1);
    let (mut yes, mut no) = (0, u32::try_from(most).unwrap_or(u32::MAX - 1) + 1);
    while no - yes > 1 {
        let middle = yes + (no - yes) / 2;
        if same(middle) {
            yes = middle;
        } else {
            no = middle;
        }
    }
    yes
}

/// The stages tell what was tried.
fn without_deeds(reason: Reason) -> Reason {
    match reason {
        Reason::OutOfTime {
            state,
            process,
            intent,
            ..
        } => Reason::OutOfTime {
            state,
            process,
            tried: Vec::new(),
            intent,
        },
        Reason::StillUp { state, .. } => Reason::StillUp {
            state,
            tried: Vec::new(),
        },
        Reason::Untouchable(_)
        | Reason::Refused(..)
        | Reason::DidNotStayUp(_)
        | Reason::Suspended(_)
        | Reason::Unproven(_)
        | Reason::Wedged
        | Reason::ActionFailed(..)
        | Reason::NotRestored(_)
        | Reason::ActionHung(_) => reason,
    }
}

/// Writes down what is done, or that it is done again.
fn note(stages: &mut Vec<Stage>, at: Duration, what: Activity) -> &mut Stage {
    match stages.last_mut() {
        Some(last) if last.what == what => last.times += 1,
        _ => stages.push(Stage { at, what, times: 1 }),
    }
    let newest = stages.len() - 1;
    &mut stages[newest]
}

/// The state after an action that VirtualBox did, with a guest that hears nothing.
fn after(action: Action, before: VmState) -> VmState {
    match action {
        Action::Start | Action::Resume => VmState::Running,
        Action::DiscardState | Action::PowerOff => VmState::PowerOff,
        Action::SaveState => VmState::Saved,
        Action::EmergencyStop => VmState::Aborted,
        Action::PressPower | Action::PressSleep | Action::AskAdditions | Action::WriteSettings => {
            before
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::Settings;
    use crate::smf::tools::svcprop::{Properties, Value};

    fn settings(rows: &[(&str, &str)]) -> Settings {
        let properties: Properties = rows
            .iter()
            .map(|(path, value)| {
                let row = crate::config::schema::PROPERTIES
                    .iter()
                    .find(|row| row.path() == *path);
                let value = Value {
                    value_type: row.map_or("count", |row| row.value_type.name()).to_owned(),
                    values: vec![(*value).to_owned()],
                };
                ((*path).to_owned(), value)
            })
            .collect();
        Settings::from_properties(&properties, &"vm1".parse().unwrap()).unwrap()
    }

    fn told(state: &VmState, intent: Intent, rows: &[(&str, &str)]) -> Forecast {
        let settings = settings(rows);
        let budget = settings.budget(intent).unwrap();
        forecast(state, intent, budget, &settings)
    }

    fn acts(forecast: &Forecast) -> Vec<(u64, Action, usize)> {
        let act = |stage: &Stage| match stage.what {
            Activity::Act(action, _) => Some((stage.at.as_secs(), action, stage.times)),
            Activity::Wait(_) => None,
        };
        forecast.stages.iter().filter_map(act).collect()
    }

    #[test]
    fn a_deaf_guest_is_pressed_every_ten_seconds_and_saved() {
        let seen = told(
            &VmState::Running,
            Intent::Stop,
            &[
                ("vm/stop_method", "acpipowerbutton"),
                ("vm/stop_timeout", "240"),
                ("stop/timeout_seconds", "300"),
            ],
        );
        assert_eq!(
            acts(&seen),
            [(0, Action::PressPower, 18), (180, Action::SaveState, 1)]
        );
        assert_eq!(seen.end, End::Done(Note::Off, VmState::Saved));
    }

    #[test]
    fn without_a_fallback_it_ends_in_maintenance() {
        let seen = told(
            &VmState::Paused,
            Intent::Stop,
            &[
                ("vm/stop_method", "acpipowerbutton"),
                ("vm/stop_fallback", "none"),
                ("stop/timeout_seconds", "60"),
            ],
        );
        assert_eq!(
            acts(&seen),
            [(0, Action::Resume, 1), (0, Action::PressPower, 5)]
        );
        assert!(matches!(seen.end, End::Fail(Kind::Fatal, _)), "{seen:?}");
        assert_eq!(seen.at, Duration::from_secs(50));
    }

    #[test]
    fn a_discarded_state_is_followed_by_a_start() {
        let rows = [("vm/on_saved", "discard"), ("vm/start_delay", "5")];
        let seen = told(&VmState::Saved, Intent::Start, &rows);
        assert_eq!(seen.stages[0].what, Activity::Wait(Waiting::Delay));
        assert_eq!(
            acts(&seen),
            [(5, Action::DiscardState, 1), (5, Action::Start, 1)]
        );
        assert_eq!(seen.end, End::Done(Note::Runs, VmState::Running));
    }

    /// svc.startd's limit may be ten years, and nobody waits for those.
    #[test]
    fn a_long_time_is_leapt_over() {
        for seconds in [4_000, 86_410, 10 * 365 * 86_400_u64] {
            let text = seconds.to_string();
            let budget = seconds - 10;
            let method_ends = budget - budget / 4;
            for (method, times) in [
                ("acpipowerbutton", method_ends.div_ceil(10)),
                ("shutdown", 1),
            ] {
                let rows = [
                    ("vm/stop_method", method),
                    ("stop/timeout_seconds", text.as_str()),
                ];
                let stop = told(&VmState::Running, Intent::Stop, &rows);
                let [asked, saved] = acts(&stop)[..] else {
                    panic!("{stop:?}");
                };
                assert_eq!((asked.0, asked.2 as u64), (0, times), "{seconds} {method}");
                assert!(saved.0.abs_diff(method_ends) <= 1, "{saved:?}");
                assert_eq!(saved.1, Action::SaveState);
            }
            let rows = [("stop/timeout_seconds", text.as_str())];
            let moving = told(&VmState::Saving, Intent::Stop, &rows);
            assert_eq!(moving.at, Duration::from_secs(budget));
        }
    }

    /// Every state, and the longest time, under every setting of a stop.
    #[test]
    fn every_forecast_ends_within_the_time() {
        let states = VmState::ALL
            .into_iter()
            .chain([VmState::Other("x".to_owned())]);
        for state in states {
            for method in crate::config::settings::StopMethod::ALL {
                for fallback in crate::config::settings::StopFallback::ALL {
                    let rows = [
                        ("vm/stop_method", method.word()),
                        ("vm/stop_fallback", fallback.word()),
                        ("vm/stop_timeout", "3600"),
                    ];
                    let stop = told(&state, Intent::Stop, &rows);
                    assert!(stop.at <= Duration::from_secs(3600), "{state}: {stop:?}");
                }
            }
            for intent in [Intent::Start, Intent::Stop] {
                assert!(told(&state, intent, &[]).at <= Duration::from_secs(180));
            }
        }
    }
}
