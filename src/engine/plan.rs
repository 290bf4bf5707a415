//! The decision, pure: what is seen, what is wanted and what is allowed, and the next step.
//!
//! It is asked again after every look, and remembers nothing: what this run has done so far comes with
//! what it sees. Time comes as durations since the run began.
//!
//! ```text
//! start   running                      -> done
//!         off, saved, aborted...       -> (as the settings say) [delay] start -> running
//!         the same, and in the delay it is disabled or the host goes down    -> done, untouched
//!         paused                       -> (as the settings say) resume        -> running
//!         gurumeditation               -> (as the settings say) power off     -> off
//! stop    off, saved, aborted...       -> done, once no process of it is left
//!         running, paused              -> stop method -> fallback -> fail
//!         gurumeditation               -> power off
//! both    on its way somewhere         -> wait
//!         unknown                      -> fail, untouched
//! ```

use std::time::Duration;

use crate::config::settings::{
    OnAborted, OnPaused, OnSaved, OnStuck, Settings, StopFallback, StopMethod,
};
use crate::failure::Kind;
use crate::virtualbox::refusal::Awaited;
use crate::virtualbox::vbox_log::RuntimeError;
use crate::virtualbox::vm::{Intent, VmState};

mod class;
mod fallback;
mod forecast;
mod ladder;
mod rest;
mod start;
mod stop;
mod words;

pub(crate) use class::{Class, class, is_off};
pub(crate) use fallback::fallback_share;
pub(crate) use forecast::{Activity, End, Forecast, Stage, forecast};
pub(crate) use rest::{Rest, StateFile, Unproven, Worth};

#[cfg(test)]
mod tests;

/// Something done to a VM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Action {
    /// `startvm`: from saved it restores.
    Start,
    /// `discardstate`
    DiscardState,
    /// `controlvm resume`
    Resume,
    /// `controlvm acpipowerbutton`
    PressPower,
    /// `controlvm acpisleepbutton`
    PressSleep,
    /// `controlvm shutdown`
    AskAdditions,
    /// `controlvm savestate`
    SaveState,
    /// `controlvm poweroff`
    PowerOff,
    /// `startvm --type emergencystop`: ends the VM's process.
    EmergencyStop,
    /// `setextradata`: has VirtualBox's server write what it knows of the VM into its settings file.
    WriteSettings,
}

impl Action {
    /// Whether the guest loses what it has not written: what must not happen unless told.
    #[cfg(test)]
    pub(crate) const fn loses(self) -> bool {
        match self {
            Self::PowerOff | Self::EmergencyStop | Self::DiscardState => true,
            Self::Start
            | Self::Resume
            | Self::PressPower
            | Self::PressSleep
            | Self::AskAdditions
            | Self::SaveState
            | Self::WriteSettings => false,
        }
    }
}

/// What came of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// VBoxManage said yes.
    Accepted,
    /// The VM was in another state than we thought, or somebody else is at it.
    Elsewhere(String),
    /// The guest has no Guest Additions.
    NoAdditions,
    /// Something that the VM needs is not there yet, as a network interface while the host boots.
    NotYet(Awaited, String),
    /// VBoxManage said no, in these words.
    Refused(String),
    /// No answer; VBoxManage was killed.
    Hung,
    /// VBoxSVC went away.
    ServerGone(String),
}

/// An action of this run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// What was done.
    pub(crate) action: Action,
    /// When it was over, since the run began.
    pub(crate) at: Duration,
    /// What came of it.
    pub(crate) outcome: Outcome,
}

/// What is seen of a VM, and what this run has done to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Observed<'a> {
    /// Its state; none when VirtualBox did not respond this time.
    pub(crate) state: Option<&'a VmState>,
    /// A process of it lives.
    pub(crate) process: bool,
    /// Why VirtualBox suspended its guest, where it is paused and its log says so.
    pub(crate) suspended: Option<&'a RuntimeError>,
    /// How long every look has said the same.
    pub(crate) unchanged: Duration,
    /// Time since the run began.
    pub(crate) elapsed: Duration,
    /// What this run has done, in order.
    pub(crate) attempts: &'a [Attempt],
    /// What lasts of it, where no process runs it; none where VirtualBox's word is all that there is.
    pub(crate) rest: Option<&'a Rest>,
    /// Why nobody wants this start any more; none where that was not asked, or is not so.
    pub(crate) called_off: Option<CalledOff>,
}

/// Why a start that waits in its `vm/start_delay` is not wanted any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CalledOff {
    /// The instance is disabled, for good or for now.
    Disabled,
    /// The instance is deleted.
    Deleted,
    /// The host goes down, to this run level.
    RunLevel(char),
}

impl Observed<'_> {
    /// How often this action was tried.
    fn tries(&self, action: Action) -> usize {
        self.attempts.iter().filter(|d| d.action == action).count()
    }

    /// The last time this action was tried.
    fn last(&self, action: Action) -> Option<&Attempt> {
        self.attempts.iter().rev().find(|d| d.action == action)
    }

    /// Whether VBoxManage once said yes to this action.
    fn accepted(&self, action: Action) -> bool {
        self.attempts
            .iter()
            .any(|d| d.action == action && d.outcome == Outcome::Accepted)
    }

    /// How long ago something was.
    fn since(&self, attempt: &Attempt) -> Duration {
        self.elapsed.saturating_sub(attempt.at)
    }
}

/// The next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// It is where it should be.
    Done(Note),
    /// Look again after this time.
    Wait(Duration, Waiting),
    /// Do this, for at most this long.
    Act(Action, Duration, ActionReason),
    /// It is not where it should be, and will not be.
    Fail(Kind, Reason),
}

/// Why a run is over, and well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Note {
    /// It runs, and did so before.
    RanAlready,
    /// It runs because of us.
    Runs,
    /// It is off, and was so before.
    OffAlready,
    /// It is off because of us.
    Off,
    /// A start leaves it as it is.
    Left(&'static str),
    /// It was not started: nobody wants that any more.
    CalledOff(CalledOff),
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// VirtualBox to answer.
    Answer,
    /// A change that is under way to end.
    Change,
    /// The VM's process to end.
    Process,
    /// The VM's process to be seen.
    ProcessSeen,
    /// `vm/start_delay` to be over.
    Delay,
    /// The guest to turn itself off.
    Guest,
    /// Time for another try.
    Retry,
    /// A server that holds a VM as stopping of which nothing is left, to end: asking it would keep it.
    ServerEnds,
}

/// Why an action is the next step: the setting behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ActionReason {
    /// A start starts what is off.
    StartIsAsked,
    /// This property, with this value.
    Setting(&'static str, &'static str),
    /// The fallback, because the stop method did not do it.
    Fallback(StopFallback),
    /// A button is of no use to a paused guest.
    ButtonNeedsRunning,
    /// There is nothing else that works on a dead guest.
    GuestIsDead,
    /// The Guest Additions are not there.
    NoAdditions,
    /// Its process does not answer, and powering off the VM is what was told.
    ProcessHangs,
    /// Its settings file does not name the state that was saved.
    NotWritten,
}

/// Why a run is over, and not well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reason {
    /// A state that nobody can act on.
    Untouchable(VmState),
    /// A setting says so.
    Refused(VmState, &'static str),
    /// It was started and did not stay up.
    DidNotStayUp(VmState),
    /// VirtualBox suspended its guest, and resuming the VM does not help.
    Suspended(RuntimeError),
    /// It is down, and what lasts of it is not what a stop was to reach.
    Unproven(Unproven),
    /// VirtualBox's server still reports the VM as stopping, and nothing of it is left.
    Wedged,
    /// VBoxManage does not do it.
    ActionFailed(Action, String),
    /// VBoxManage does not start it from its saved state.
    NotRestored(String),
    /// No answer to an action.
    ActionHung(Action),
    /// The time is over.
    OutOfTime {
        /// The last state, where VirtualBox told one.
        state: Option<VmState>,
        /// A process of it lives.
        process: bool,
        /// What was tried, and what came of it.
        tried: Vec<Attempt>,
        /// What was wanted.
        intent: Intent,
    },
    /// Everything that the settings allow was tried.
    StillUp {
        /// The last state.
        state: VmState,
        /// What was tried, and what came of it.
        tried: Vec<Attempt>,
    },
}

/// How long until a change that is under way is looked at again.
const GLANCE: Duration = Duration::from_millis(500);
/// How long until something that failed is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// The longest pause before that.
const RETRY_MAX: Duration = Duration::from_secs(10);
/// How often the processes of a VM that VirtualBox takes for off are followed by a look at VirtualBox.
const PROCESS_ENDS: Duration = Duration::from_secs(5);
/// How long the server may take to see that a process has ended.
const WEDGED: Duration = Duration::from_secs(2);
/// The server ends 5 s after its last client.
const SERVER_ENDS: Duration = Duration::from_secs(6);
/// How often the same thing is tried before it is given up.
const TRIES: usize = 3;

/// The next step.
pub(crate) fn next(
    seen: &Observed<'_>,
    intent: Intent,
    budget: Duration,
    settings: &Settings,
) -> Step {
    match intent {
        Intent::Start => start::next(seen, budget, settings),
        Intent::Stop => stop::next(seen, budget, settings),
    }
}

/// What to do about a VM that changes: wait, and look again.
///
/// A process that got a signal while its guest was paused is gone, and the server goes on saying `stopping`: it does so
/// until it ends, 5 s after its last client, and it does not end while another VM runs. Every question keeps it alive.
fn change(seen: &Observed<'_>, state: &VmState, intent: Intent, budget: Duration) -> Step {
    let wait = |pause, what| wait(seen, intent, budget, pause, what);
    match seen.unchanged {
        _ if seen.process || *state != VmState::Stopping => wait(GLANCE, Waiting::Change),
        // It has just ended, and the server is about to see that.
        short if short < WEDGED => wait(GLANCE, Waiting::Change),
        long if long < WEDGED + SERVER_ENDS => wait(SERVER_ENDS, Waiting::ServerEnds),
        _ => Step::Fail(Kind::Fatal, Reason::Wedged),
    }
}

/// Waits, unless the time is over.
fn wait(
    seen: &Observed<'_>,
    intent: Intent,
    budget: Duration,
    pause: Duration,
    what: Waiting,
) -> Step {
    match budget.checked_sub(seen.elapsed) {
        Some(left) if !left.is_zero() => Step::Wait(pause.min(left), what),
        _ => Step::Fail(
            match intent {
                Intent::Start => Kind::Transient,
                Intent::Stop => Kind::Fatal,
            },
            Reason::OutOfTime {
                state: seen.state.cloned(),
                process: seen.process,
                tried: seen.attempts.to_vec(),
                intent,
            },
        ),
    }
}

/// What is left of the pause before an action that was tried is tried again: [`RETRY`], and twice as long
/// each time that it did not reach the VM, up to [`RETRY_MAX`]. The VM is looked at meanwhile.
fn pause_before_retry(seen: &Observed<'_>, attempt: &Attempt) -> Option<Duration> {
    let times = u32::try_from(seen.tries(attempt.action)).unwrap_or(u32::MAX);
    let pause = RETRY
        .saturating_mul(2_u32.saturating_pow(times.saturating_sub(1)))
        .min(RETRY_MAX);
    pause
        .checked_sub(seen.since(attempt))
        .filter(|left| !left.is_zero())
        .map(|left| left.min(RETRY))
}
