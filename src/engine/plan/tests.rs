//! The decision as tables, as an exhaustive sweep, and as properties over any sequence of events.

use super::*;
use crate::config::settings::Frontend;
use proptest::prelude::*;

pub(super) fn settings() -> Settings {
    Settings::from_properties(
        &std::collections::BTreeMap::new(),
        &"vm1".parse().expect("a name"),
    )
    .expect("defaults")
}

const BUDGET: Duration = Duration::from_secs(290);

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn attempt(action: Action, at: u64, outcome: Outcome) -> Attempt {
    Attempt {
        action,
        at: seconds(at),
        outcome,
    }
}

/// What is seen at a time; a process lives unless the state is one of those without.
struct Scene {
    state: VmState,
    process: bool,
    elapsed: u64,
    attempts: Vec<Attempt>,
}

fn scene(state: VmState) -> Scene {
    Scene {
        process: !is_off(&state),
        state,
        elapsed: 0,
        attempts: Vec::new(),
    }
}

impl Scene {
    fn at(mut self, elapsed: u64) -> Self {
        self.elapsed = elapsed;
        self
    }

    fn process(mut self, process: bool) -> Self {
        self.process = process;
        self
    }

    fn after(mut self, action: Action, at: u64, outcome: Outcome) -> Self {
        self.attempts.push(attempt(action, at, outcome));
        self
    }

    #[track_caller]
    fn gives(&self, intent: Intent, settings: &Settings) -> Step {
        let seen = Observed {
            state: Some(&self.state),
            process: self.process,
            suspended: None,
            unchanged: Duration::ZERO,
            elapsed: seconds(self.elapsed),
            attempts: &self.attempts,
            rest: None,
            called_off: None,
        };
        next(&seen, intent, BUDGET, settings)
    }
}

/// A step in one word, for tables.
fn word(step: &Step) -> String {
    match step {
        Step::Done(Note::Left(property)) => format!("done, left by {property}"),
        Step::Done(_) => "done".to_owned(),
        Step::Wait(_, what) => format!("wait: {what:?}"),
        Step::Act(action, ..) => format!("{action:?}"),
        Step::Fail(kind, _) => format!("fail {kind:?}"),
    }
}

/// The table of design.md under the defaults: every state, and a word that is none.
#[test]
fn every_state_under_the_defaults() {
    use VmState as S;
    let rows = [
        (S::Running, "done", "SaveState"),
        (S::Paused, "Resume", "SaveState"),
        (S::PowerOff, "Start", "done"),
        (S::Teleported, "Start", "done"),
        (S::Aborted, "Start", "done"),
        (S::Saved, "Start", "done"),
        (S::AbortedSaved, "Start", "done"),
        (S::GuruMeditation, "fail Fatal", "PowerOff"),
        (S::Starting, "wait: Change", "wait: Change"),
        (S::Restoring, "wait: Change", "wait: Change"),
        (S::Saving, "wait: Change", "wait: Change"),
        (S::Stopping, "wait: Change", "wait: Change"),
        (S::Teleporting, "wait: Change", "wait: Change"),
        (S::TeleportingPausedVm, "wait: Change", "wait: Change"),
        (S::TeleportingIn, "wait: Change", "wait: Change"),
        (S::LiveSnapshotting, "wait: Change", "wait: Change"),
        (S::OnlineSnapshotting, "wait: Change", "wait: Change"),
        (S::DeletingSnapshotLive, "wait: Change", "wait: Change"),
        (
            S::DeletingSnapshotLivePaused,
            "wait: Change",
            "wait: Change",
        ),
        (S::DeletingSnapshot, "wait: Change", "wait: Change"),
        (S::RestoringSnapshot, "wait: Change", "wait: Change"),
        (S::SettingUp, "wait: Change", "wait: Change"),
        (S::Snapshotting, "wait: Change", "wait: Change"),
        (S::Unknown, "fail Fatal", "fail Fatal"),
        (S::Other("molten".into()), "fail Fatal", "fail Fatal"),
    ];
    for state in VmState::ALL {
        let is_there = rows.iter().any(|row| row.0 == state);
        assert!(is_there, "no row for {state:?}");
    }
    for (state, start, stop) in rows {
        let scene = scene(state.clone());
        assert_eq!(
            word(&scene.gives(Intent::Start, &settings())),
            start,
            "start {state:?}"
        );
        assert_eq!(
            word(&scene.gives(Intent::Stop, &settings())),
            stop,
            "stop {state:?}"
        );
    }
}

#[test]
fn the_settings_of_a_start() {
    use VmState as S;
    let with = |set: fn(&mut Settings)| {
        let mut settings = settings();
        set(&mut settings);
        settings
    };
    for (state, settings, expected) in [
        (
            S::Paused,
            with(|s| s.on_paused = OnPaused::Leave),
            "done, left by vm/on_paused",
        ),
        (
            S::Paused,
            with(|s| s.on_paused = OnPaused::Refuse),
            "fail Fatal",
        ),
        (
            S::Saved,
            with(|s| s.on_saved = OnSaved::Discard),
            "DiscardState",
        ),
        (
            S::Saved,
            with(|s| s.on_saved = OnSaved::Leave),
            "done, left by vm/on_saved",
        ),
        (
            S::Saved,
            with(|s| s.on_saved = OnSaved::Refuse),
            "fail Fatal",
        ),
        (
            S::AbortedSaved,
            with(|s| s.on_saved = OnSaved::Discard),
            "DiscardState",
        ),
        (
            S::AbortedSaved,
            with(|s| s.on_saved = OnSaved::Refuse),
            "fail Fatal",
        ),
        (
            S::Aborted,
            with(|s| s.on_aborted = OnAborted::Leave),
            "done, left by vm/on_aborted",
        ),
        (
            S::Aborted,
            with(|s| s.on_aborted = OnAborted::Refuse),
            "fail Fatal",
        ),
        (
            S::PowerOff,
            with(|s| s.on_aborted = OnAborted::Refuse),
            "Start",
        ),
        (
            S::GuruMeditation,
            with(|s| s.on_stuck = OnStuck::Restart),
            "PowerOff",
        ),
        (
            S::PowerOff,
            with(|s| s.start_delay = seconds(30)),
            "wait: Delay",
        ),
        (
            S::Saved,
            with(|s| s.start_delay = seconds(30)),
            "wait: Delay",
        ),
        (S::Running, with(|s| s.start_delay = seconds(30)), "done"),
        (S::Paused, with(|s| s.start_delay = seconds(30)), "Resume"),
        (S::PowerOff, with(|s| s.frontend = Frontend::Gui), "Start"),
    ] {
        let step = scene(state.clone()).gives(Intent::Start, &settings);
        assert_eq!(word(&step), expected, "{state:?} {settings:?}");
    }
}

#[test]
fn a_start_step_by_step() {
    use Outcome::{Accepted, Elsewhere, Hung, Refused, ServerGone};
    let words = || String::from("x");
    for (what, scene, expected) in [
        (
            "a process of the last run is still there",
            scene(VmState::PowerOff).process(true),
            "wait: Process",
        ),
        (
            "no process yet",
            scene(VmState::Running).process(false),
            "wait: ProcessSeen",
        ),
        (
            "it runs",
            scene(VmState::Running).after(Action::Start, 1, Accepted),
            "done",
        ),
        (
            "it comes up",
            scene(VmState::Starting).after(Action::Start, 1, Accepted),
            "wait: Change",
        ),
        (
            "off again",
            scene(VmState::PowerOff).after(Action::Start, 1, Accepted),
            "fail Transient",
        ),
        (
            "crashed at once",
            scene(VmState::Aborted).after(Action::Start, 1, Accepted),
            "fail Transient",
        ),
        (
            "dead at once",
            scene(VmState::GuruMeditation).after(Action::Start, 1, Accepted),
            "fail Fatal",
        ),
        (
            "going down after it came up",
            scene(VmState::PowerOff)
                .process(true)
                .after(Action::Start, 1, Accepted),
            "wait: Process",
        ),
        (
            "locked, just now",
            scene(VmState::PowerOff).after(Action::Start, 0, Elsewhere(words())),
            "wait: Retry",
        ),
        (
            "locked, a while ago",
            scene(VmState::PowerOff)
                .at(2)
                .after(Action::Start, 1, Elsewhere(words())),
            "Start",
        ),
        (
            "the server went",
            scene(VmState::PowerOff)
                .at(2)
                .after(Action::Start, 1, ServerGone(words())),
            "Start",
        ),
        (
            "the server went, the VM is there",
            scene(VmState::PowerOff).process(true).at(2).after(
                Action::Start,
                1,
                ServerGone(words()),
            ),
            "wait: Process",
        ),
        (
            "refused",
            scene(VmState::PowerOff).after(Action::Start, 1, Refused(words())),
            "fail Transient",
        ),
        (
            "hung",
            scene(VmState::PowerOff).after(Action::Start, 1, Hung),
            "fail Transient",
        ),
        (
            "resumed, not yet seen",
            scene(VmState::Paused)
                .at(1)
                .after(Action::Resume, 1, Accepted),
            "wait: Retry",
        ),
        (
            "the time is over",
            scene(VmState::Starting).at(290),
            "fail Transient",
        ),
        (
            "the time is over, and it runs",
            scene(VmState::Running).at(291),
            "done",
        ),
        (
            "the time is over, and it is off",
            scene(VmState::PowerOff).at(290),
            "fail Transient",
        ),
    ] {
        assert_eq!(
            word(&scene.gives(Intent::Start, &settings())),
            expected,
            "{what}"
        );
    }
    let seen = Observed {
        state: Some(&VmState::Running),
        process: false,
        suspended: None,
        unchanged: seconds(3),
        elapsed: seconds(4),
        attempts: &[],
        rest: None,
        called_off: None,
    };
    assert_eq!(
        next(&seen, Intent::Start, BUDGET, &settings()),
        Step::Done(Note::RanAlready)
    );
}

fn stopping(method: StopMethod, fallback: StopFallback) -> Settings {
    Settings {
        stop_method: method,
        stop_fallback: fallback,
        ..settings()
    }
}

#[test]
fn a_stop_step_by_step() {
    use Outcome::{Accepted, Elsewhere, Hung, NoAdditions, Refused};
    use StopFallback as F;
    use StopMethod as M;
    let words = || String::from("x");
    let run = || scene(VmState::Running);
    for (what, method, fallback, scene, expected) in [
        (
            "pressed",
            M::AcpiPowerButton,
            F::SaveState,
            run().at(1).after(Action::PressPower, 1, Accepted),
            "wait: Guest",
        ),
        (
            "pressed again",
            M::AcpiPowerButton,
            F::SaveState,
            run().at(11).after(Action::PressPower, 1, Accepted),
            "PressPower",
        ),
        // A quarter of 290 s is kept for the fallback: 217.5 s are the method's.
        (
            "the method's last second",
            M::AcpiPowerButton,
            F::SaveState,
            run().at(217).after(Action::PressPower, 1, Accepted),
            "PressPower",
        ),
        (
            "the fallback's first",
            M::AcpiPowerButton,
            F::SaveState,
            run().at(218).after(Action::PressPower, 217, Accepted),
            "SaveState",
        ),
        (
            "poweroff needs less",
            M::AcpiPowerButton,
            F::PowerOff,
            run().at(274).after(Action::PressPower, 260, Accepted),
            "PressPower",
        ),
        (
            "poweroff's first",
            M::AcpiPowerButton,
            F::PowerOff,
            run().at(275).after(Action::PressPower, 274, Accepted),
            "PowerOff",
        ),
        (
            "none needs nothing",
            M::AcpiPowerButton,
            F::None,
            run().at(289).after(Action::PressPower, 270, Accepted),
            "PressPower",
        ),
        (
            "none",
            M::AcpiPowerButton,
            F::None,
            run().at(290).after(Action::PressPower, 289, Accepted),
            "fail Fatal",
        ),
        (
            "paused: resume before a button",
            M::AcpiPowerButton,
            F::SaveState,
            scene(VmState::Paused),
            "Resume",
        ),
        (
            "paused: saved as it is",
            M::SaveState,
            F::None,
            scene(VmState::Paused),
            "SaveState",
        ),
        (
            "paused: powered off as it is",
            M::PowerOff,
            F::None,
            scene(VmState::Paused),
            "PowerOff",
        ),
        (
            "paused in the fallback",
            M::AcpiPowerButton,
            F::SaveState,
            scene(VmState::Paused)
                .at(250)
                .after(Action::PressPower, 217, Accepted),
            "SaveState",
        ),
        // However late the VM is seen, the stop method comes before the fallback.
        (
            "seen late",
            M::AcpiPowerButton,
            F::PowerOff,
            run().at(280),
            "PressPower",
        ),
        (
            "seen late, saved",
            M::SaveState,
            F::PowerOff,
            run().at(280),
            "SaveState",
        ),
        (
            "seen late, pressed",
            M::AcpiPowerButton,
            F::PowerOff,
            run().at(281).after(Action::PressPower, 280, Accepted),
            "PowerOff",
        ),
        (
            "seen too late",
            M::SaveState,
            F::PowerOff,
            run().at(290),
            "fail Fatal",
        ),
        (
            "a guest that cannot be resumed",
            M::AcpiPowerButton,
            F::SaveState,
            scene(VmState::Paused)
                .at(9)
                .after(Action::Resume, 1, Refused(words()))
                .after(Action::Resume, 3, Refused(words()))
                .after(Action::Resume, 5, Refused(words())),
            "SaveState",
        ),
        (
            "a button that hangs twice",
            M::AcpiPowerButton,
            F::SaveState,
            run()
                .at(60)
                .after(Action::PressPower, 20, Hung)
                .after(Action::PressPower, 50, Hung),
            "SaveState",
        ),
        (
            "the state changed under the button",
            M::AcpiPowerButton,
            F::SaveState,
            run().at(2).after(Action::PressPower, 1, Elsewhere(words())),
            "PressPower",
        ),
        (
            "sleep is pressed once",
            M::AcpiSleepButton,
            F::SaveState,
            run().at(15).after(Action::PressSleep, 1, Accepted),
            "wait: Guest",
        ),
        (
            "then the fallback",
            M::AcpiSleepButton,
            F::SaveState,
            run().at(16).after(Action::PressSleep, 1, Accepted),
            "SaveState",
        ),
        (
            "then nothing",
            M::AcpiSleepButton,
            F::None,
            run().at(16).after(Action::PressSleep, 1, Accepted),
            "fail Fatal",
        ),
        (
            "asked",
            M::Shutdown,
            F::SaveState,
            run().at(50).after(Action::AskAdditions, 1, Accepted),
            "wait: Guest",
        ),
        (
            "without Guest Additions",
            M::Shutdown,
            F::SaveState,
            run().at(1).after(Action::AskAdditions, 1, NoAdditions),
            "PressPower",
        ),
        (
            "asked again",
            M::Shutdown,
            F::SaveState,
            run()
                .at(12)
                .after(Action::AskAdditions, 1, Refused(words())),
            "AskAdditions",
        ),
        (
            "a save that fails is tried again",
            M::SaveState,
            F::SaveState,
            run().at(11).after(Action::SaveState, 1, Refused(words())),
            "SaveState",
        ),
        (
            "but not at once",
            M::SaveState,
            F::SaveState,
            run().at(2).after(Action::SaveState, 1, Refused(words())),
            "wait: Retry",
        ),
        (
            "three times",
            M::SaveState,
            F::SaveState,
            run()
                .at(40)
                .after(Action::SaveState, 1, Refused(words()))
                .after(Action::SaveState, 12, Refused(words()))
                .after(Action::SaveState, 23, Refused(words())),
            "fail Fatal",
        ),
        (
            "or powered off, where that was told",
            M::SaveState,
            F::PowerOff,
            run().at(1).after(Action::SaveState, 1, Refused(words())),
            "PowerOff",
        ),
        (
            "a save that hangs",
            M::SaveState,
            F::None,
            run().at(289).after(Action::SaveState, 289, Hung),
            "fail Fatal",
        ),
        (
            "a save that hangs, and poweroff",
            M::SaveState,
            F::PowerOff,
            run().at(275).after(Action::SaveState, 275, Hung),
            "PowerOff",
        ),
        (
            "poweroff that hangs",
            M::PowerOff,
            F::SaveState,
            run().at(20).after(Action::PowerOff, 19, Hung),
            "EmergencyStop",
        ),
        (
            "poweroff that hangs, as fallback",
            M::SaveState,
            F::PowerOff,
            run()
                .at(283)
                .after(Action::SaveState, 275, Hung)
                .after(Action::PowerOff, 282, Hung),
            "EmergencyStop",
        ),
        (
            "a dead guest's process that hangs",
            M::SaveState,
            F::SaveState,
            scene(VmState::GuruMeditation)
                .at(20)
                .after(Action::PowerOff, 19, Hung),
            "fail Fatal",
        ),
        (
            "a dead guest, under none",
            M::AcpiPowerButton,
            F::None,
            scene(VmState::GuruMeditation),
            "PowerOff",
        ),
        (
            "off, a process is left",
            M::SaveState,
            F::SaveState,
            scene(VmState::PowerOff).process(true),
            "wait: Process",
        ),
        (
            "off, a process is left for ever",
            M::SaveState,
            F::SaveState,
            scene(VmState::PowerOff).process(true).at(290),
            "fail Fatal",
        ),
        (
            "off at last",
            M::SaveState,
            F::SaveState,
            scene(VmState::Saved)
                .at(290)
                .after(Action::SaveState, 289, Accepted),
            "done",
        ),
        (
            "saving for ever",
            M::SaveState,
            F::SaveState,
            scene(VmState::Saving).at(290),
            "fail Fatal",
        ),
    ] {
        let step = scene.gives(Intent::Stop, &stopping(method, fallback));
        assert_eq!(word(&step), expected, "{what}");
    }
}

/// design.md: savestate max(30 s, a quarter), poweroff 15 s, none 0, and 0 where it adds nothing.
#[test]
fn the_share_of_the_fallback() {
    use StopFallback as F;
    use StopMethod as M;
    for (method, fallback, budget, share) in [
        // The method is left ten seconds, or half.
        (M::AcpiPowerButton, F::SaveState, 40, 30),
        (M::AcpiPowerButton, F::SaveState, 30, 20),
        (M::SaveState, F::PowerOff, 15, 7),
        (M::AcpiPowerButton, F::SaveState, 4, 2),
        (M::AcpiPowerButton, F::SaveState, 290, 72),
        (M::AcpiPowerButton, F::SaveState, 100, 30),
        (M::AcpiPowerButton, F::PowerOff, 290, 15),
        (M::AcpiPowerButton, F::None, 290, 0),
        (M::SaveState, F::SaveState, 290, 0),
        (M::SaveState, F::PowerOff, 290, 15),
        (M::PowerOff, F::SaveState, 290, 0),
        (M::PowerOff, F::PowerOff, 290, 0),
    ] {
        let kept = fallback::fallback_share(seconds(budget), &stopping(method, fallback));
        assert_eq!(kept.as_secs(), share, "{method:?} {fallback:?} {budget}");
    }
}

#[test]
fn no_answer_is_waited_for_until_the_time_is_over() {
    for (intent, kind) in [
        (Intent::Start, Kind::Transient),
        (Intent::Stop, Kind::Fatal),
    ] {
        let mut seen = Observed {
            state: None,
            process: true,
            suspended: None,
            unchanged: Duration::ZERO,
            elapsed: Duration::ZERO,
            attempts: &[],
            rest: None,
            called_off: None,
        };
        assert!(matches!(
            next(&seen, intent, BUDGET, &settings()),
            Step::Wait(_, Waiting::Answer)
        ));
        seen.elapsed = BUDGET;
        assert!(matches!(next(&seen, intent, BUDGET, &settings()), Step::Fail(k, _) if k == kind));
    }
}

fn every_setting() -> impl Iterator<Item = Settings> {
    let mut all = Vec::new();
    for stop_method in StopMethod::ALL {
        for stop_fallback in StopFallback::ALL {
            for on_paused in OnPaused::ALL {
                for on_saved in OnSaved::ALL {
                    for on_aborted in OnAborted::ALL {
                        for on_stuck in OnStuck::ALL {
                            all.push(Settings {
                                stop_method: *stop_method,
                                stop_fallback: *stop_fallback,
                                on_paused: *on_paused,
                                on_saved: *on_saved,
                                on_aborted: *on_aborted,
                                on_stuck: *on_stuck,
                                ..settings()
                            });
                        }
                    }
                }
            }
        }
    }
    all.into_iter()
}

/// Whether this step may be the first one in this state: said once more, independently of the code.
fn allowed(
    step: &Step,
    state: &VmState,
    process: bool,
    intent: Intent,
    settings: &Settings,
) -> bool {
    use VmState as S;
    let told_to_lose = settings.stop_method == StopMethod::PowerOff
        || settings.stop_fallback == StopFallback::PowerOff;
    match (intent, step) {
        (Intent::Start, Step::Done(_)) => match state {
            S::Running => process,
            S::Paused => settings.on_paused == OnPaused::Leave,
            S::Saved | S::AbortedSaved => !process && settings.on_saved == OnSaved::Leave,
            S::Aborted => !process && settings.on_aborted == OnAborted::Leave,
            _ => false,
        },
        (Intent::Start, Step::Act(action, ..)) => match action {
            Action::Start => !process && is_off(state),
            Action::DiscardState => {
                !process
                    && matches!(state, S::Saved | S::AbortedSaved)
                    && settings.on_saved == OnSaved::Discard
            }
            Action::Resume => *state == S::Paused && settings.on_paused == OnPaused::Resume,
            Action::PowerOff => {
                *state == S::GuruMeditation && settings.on_stuck == OnStuck::Restart
            }
            _ => false,
        },
        (Intent::Stop, Step::Done(_)) => !process && is_off(state),
        (Intent::Stop, Step::Act(action, ..)) => match action {
            Action::PowerOff => {
                *state == S::GuruMeditation
                    || (matches!(state, S::Running | S::Paused) && told_to_lose)
            }
            Action::EmergencyStop => told_to_lose,
            Action::Start | Action::DiscardState => false,
            Action::Resume => *state == S::Paused,
            Action::WriteSettings => is_off(state),
            _ => matches!(state, S::Running | S::Paused),
        },
        (_, Step::Fail(kind, _)) => *kind == Kind::Fatal,
        (_, Step::Wait(pause, _)) => !pause.is_zero(),
    }
}

#[test]
fn every_state_under_every_setting() {
    let mut states = VmState::ALL.to_vec();
    states.push(VmState::Other("molten".to_owned()));
    for settings in every_setting() {
        for state in &states {
            for process in [false, true] {
                for intent in [Intent::Start, Intent::Stop] {
                    let scene = scene(state.clone()).process(process);
                    let step = scene.gives(intent, &settings);
                    assert!(
                        allowed(&step, state, process, intent, &settings),
                        "{intent:?} {state:?} process {process} {settings:?}: {step:?}"
                    );
                }
            }
        }
    }
}

fn any_state() -> impl Strategy<Value = Option<VmState>> {
    // Up, held and dead more often than the rest: that is where decisions are made.
    prop_oneof![
        1 => Just(None),
        6 => Just(Some(VmState::Running)),
        2 => Just(Some(VmState::Paused)),
        2 => Just(Some(VmState::GuruMeditation)),
        6 => proptest::sample::select(VmState::ALL.to_vec()).prop_map(Some),
    ]
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        4 => Just(Outcome::Accepted),
        1 => Just(Outcome::Elsewhere("x".into())),
        1 => Just(Outcome::NoAdditions),
        1 => Just(Outcome::Refused("x".into())),
        1 => Just(Outcome::Hung),
        1 => Just(Outcome::ServerGone("x".into())),
    ]
}

fn any_settings() -> impl Strategy<Value = Settings> {
    proptest::sample::select(every_setting().collect::<Vec<_>>())
}

/// How far an action goes; escalation never goes back.
fn rank(action: Action) -> u8 {
    match action {
        Action::Resume | Action::PressPower | Action::PressSleep | Action::AskAdditions => 0,
        Action::SaveState => 1,
        Action::PowerOff => 2,
        Action::EmergencyStop => 3,
        Action::WriteSettings => 4,
        Action::Start | Action::DiscardState => panic!("{action:?} in a stop"),
    }
}

proptest! {
    /// Whatever VirtualBox does, a run ends within its time, and does nothing that it was not told to.
    #[test]
    fn a_run_ends_in_time_and_is_told(
        settings in any_settings(),
        intent in prop_oneof![Just(Intent::Start), Just(Intent::Stop)],
        budget in 2_u64..400,
        events in proptest::collection::vec((any_state(), any::<bool>(), any_outcome(), 0_u64..100), 1..40),
        stays in any::<bool>(),
    ) {
        let budget = seconds(budget);
        let mut elapsed = Duration::ZERO;
        let mut attempts: Vec<Attempt> = Vec::new();
        let mut reached = 0;
        let mut steps = 0;
        let mut events = events.iter().cycle();
        let first = events.next().expect("an event");
        loop {
            steps += 1;
            prop_assert!(steps < 5_000, "no end");
            let event = if stays { first } else { events.next().expect("a cycle") };
            let (state, process, outcome, part) = event;
            let seen = Observed { state: state.as_ref(), process: *process, suspended: None, unchanged: Duration::ZERO, elapsed, attempts: &attempts, rest: None, called_off: None };
            match next(&seen, intent, budget, &settings) {
                Step::Done(_) => {
                    let state = state.as_ref().expect("nothing is proven by no answer");
                    prop_assert!(intent == Intent::Start || (is_off(state) && !process));
                    break;
                }
                Step::Fail(..) => break,
                Step::Wait(pause, _) => {
                    prop_assert!(!pause.is_zero());
                    elapsed += pause;
                }
                Step::Act(action, limit, because) => {
                    prop_assert!(!limit.is_zero());
                    prop_assert!(elapsed + limit <= budget, "{action:?} may take {limit:?} at {elapsed:?} of {budget:?}");
                    if let ActionReason::Fallback(_) = because {
                        prop_assert!(!attempts.is_empty(), "{action:?} before the stop method was tried");
                    }
                    prop_assert!(!(action.loses() && intent == Intent::Stop)
                        || because == ActionReason::GuestIsDead
                        || settings.stop_method == StopMethod::PowerOff
                        || settings.stop_fallback == StopFallback::PowerOff, "{action:?} was not told");
                    if intent == Intent::Stop && because != ActionReason::GuestIsDead && because != ActionReason::ProcessHangs {
                        prop_assert!(rank(action) >= reached, "{action:?} after a step of rank {reached}");
                        reached = rank(action);
                    }
                    if intent == Intent::Start {
                        prop_assert!(state.as_ref() != Some(&VmState::Running), "a running VM is left alone");
                    }
                    let took = if *outcome == Outcome::Hung { limit } else { limit * u32::try_from(*part).expect("small") / 100 };
                    elapsed += took;
                    attempts.push(Attempt { action, at: elapsed, outcome: outcome.clone() });
                }
            }
        }
        prop_assert!(elapsed <= budget);
    }
}

/// A full disk pauses the guest again as soon as it is resumed; a disk without its password is not resumed at all.
#[test]
fn what_virtualbox_suspended_is_resumed_once() {
    let error = |id: &str| RuntimeError {
        id: id.to_owned(),
        message: Some("why".to_owned()),
    };
    let (full, locked) = (error("DevATA_DISKFULL"), error("DrvVD_DEKMISSING"));
    let resumed = [attempt(Action::Resume, 1, Outcome::Accepted)];
    for (suspended, attempts, expected) in [
        (Some(&full), &[][..], "Resume"),
        (Some(&full), &resumed[..], "fatal"),
        (Some(&locked), &[], "fatal"),
        (None, &[], "Resume"),
    ] {
        let seen = Observed {
            state: Some(&VmState::Paused),
            process: true,
            suspended,
            unchanged: Duration::ZERO,
            elapsed: seconds(20),
            attempts,
            rest: None,
            called_off: None,
        };
        let told = match next(&seen, Intent::Start, BUDGET, &settings()) {
            Step::Act(Action::Resume, ..) => "Resume",
            Step::Fail(Kind::Fatal, Reason::Suspended(why)) => {
                assert_eq!(Some(&why), suspended);
                "fatal"
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(told, expected, "{suspended:?}, {attempts:?}");
    }
    let hint = |error: &RuntimeError| Reason::Suspended(error.clone()).next_step();
    assert!(hint(&full).contains("free space"));
    assert!(hint(&locked).contains("addencpassword"));
}

/// A server that holds a VM as stopping is left alone once, and given up after that; one that is about to notice is not.
#[test]
fn a_vm_that_is_stopping_without_a_process() {
    for (process, unchanged, expected) in [
        (true, 60, "wait: Change"),
        (false, 1, "wait: Change"),
        (false, 3, "wait: ServerEnds"),
        (false, 9, "fail Fatal"),
    ] {
        for intent in [Intent::Start, Intent::Stop] {
            let seen = Observed {
                state: Some(&VmState::Stopping),
                process,
                suspended: None,
                unchanged: seconds(unchanged),
                elapsed: seconds(unchanged),
                attempts: &[],
                rest: None,
                called_off: None,
            };
            let step = next(&seen, intent, BUDGET, &settings());
            assert_eq!(word(&step), expected, "{process} {unchanged} {intent:?}");
        }
    }
}

/// A start that is called off is consulted where a delay would be waited for, and nowhere else.
#[test]
fn a_start_that_is_called_off() {
    let delayed = |on_saved, on_aborted| Settings {
        start_delay: seconds(60),
        on_saved,
        on_aborted,
        ..settings()
    };
    let usual = delayed(OnSaved::Restore, OnAborted::Start);
    let discard = delayed(OnSaved::Discard, OnAborted::Start);
    let refuse = delayed(OnSaved::Refuse, OnAborted::Refuse);
    let leave = delayed(OnSaved::Leave, OnAborted::Leave);
    let discarded = || Outcome::Accepted;
    let not_yet = || Outcome::Elsewhere("x".to_owned());
    for why in [
        CalledOff::Disabled,
        CalledOff::Deleted,
        CalledOff::RunLevel('5'),
    ] {
        use VmState as S;
        let off = "called off";
        for (what, scene, settings, expected) in [
            ("off", scene(S::PowerOff).at(3), &usual, off),
            ("saved", scene(S::Saved).at(3), &usual, off),
            ("to be discarded", scene(S::Saved).at(3), &discard, off),
            ("aborted", scene(S::Aborted).at(3), &usual, off),
            ("half saved", scene(S::AbortedSaved).at(3), &usual, off),
            ("moved", scene(S::Teleported).at(3), &usual, off),
            ("the delay is over", scene(S::PowerOff).at(61), &usual, off),
            (
                "its state is discarded",
                scene(S::PowerOff)
                    .at(61)
                    .after(Action::DiscardState, 60, discarded()),
                &discard,
                off,
            ),
            (
                "a start was tried",
                scene(S::PowerOff)
                    .at(70)
                    .after(Action::Start, 61, not_yet()),
                &usual,
                "Start",
            ),
            ("no delay", scene(S::PowerOff), &settings(), "Start"),
            ("it runs", scene(S::Running), &usual, "done"),
            ("paused", scene(S::Paused), &usual, "Resume"),
            ("stuck", scene(S::GuruMeditation), &usual, "fail Fatal"),
            ("on its way", scene(S::Saving), &usual, "wait: Change"),
            (
                "unknown",
                scene(S::Other("x".to_owned())),
                &usual,
                "fail Fatal",
            ),
            (
                "its process lives",
                scene(S::PowerOff).process(true),
                &usual,
                "wait: Process",
            ),
            ("refused", scene(S::Saved), &refuse, "fail Fatal"),
            ("refused, too", scene(S::Aborted), &refuse, "fail Fatal"),
            ("left", scene(S::Saved), &leave, "done, left by vm/on_saved"),
        ] {
            let seen = Observed {
                state: Some(&scene.state),
                process: scene.process,
                suspended: None,
                unchanged: Duration::ZERO,
                elapsed: seconds(scene.elapsed),
                attempts: &scene.attempts,
                rest: None,
                called_off: Some(why),
            };
            let step = next(&seen, Intent::Start, BUDGET, settings);
            let found = match &step {
                Step::Done(Note::CalledOff(found)) if *found == why => off.to_owned(),
                step => word(step),
            };
            assert_eq!(found, expected, "{what}, {why:?}");
        }
        // A stop is what whoever calls it off wants.
        let told = Note::CalledOff(why).told(Some(&VmState::Saved));
        assert!(told.starts_with("left saved, not started: the "), "{told}");
    }
}
