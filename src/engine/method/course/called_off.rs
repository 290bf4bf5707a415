//! A start in its `vm/start_delay`, which nobody may want any more when the delay is over.
//!
//! svc.startd lets no disable and no shutdown interrupt a method: both would wait for the whole delay, and the VM would be
//! started only to be stopped.

use std::time::Duration;

use super::MethodRun;
use crate::engine::observer::Observation;
use crate::engine::plan::{Action, CalledOff, Waiting};
use crate::failure::Caller;
use crate::host::STILL_RUNNING;
use crate::smf::tools::svcprop::{self, Asked, SVCPROP_LIMIT, SvcpropError, View};
use crate::smf::{enabled, run_level};
use crate::virtualbox::vm::Intent;

/// The first pause between two questions; each one is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest one.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// What SMF says to that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// It is wanted.
    Wanted,
    /// It is not, and why.
    CalledOff(CalledOff),
    /// Nothing.
    Silence,
}

impl Answer {
    /// Why nobody wants it, as far as that is known.
    fn reason(self) -> Option<CalledOff> {
        match self {
            Self::CalledOff(why) => Some(why),
            Self::Wanted | Self::Silence => None,
        }
    }
}

impl MethodRun<'_> {
    /// Waits for the delay to be over, or for a reason not to wait any longer.
    pub(super) fn wait_for_delay(&mut self, observation: &Observation, pause: Duration) {
        let until = self.host.now() + pause;
        let mut say_at = self.host.now();
        let mut between = FIRST_PAUSE;
        let mut ask_at = self.may_be_called_off().then(|| say_at + between);
        loop {
            let now = self.host.now();
            if now >= until {
                return;
            }
            if now >= say_at {
                let told = Waiting::Delay.told(until.saturating_sub(now));
                self.say(observation, format_args!("{told}, {} s left", self.left()));
                say_at = now + STILL_RUNNING;
            }
            if ask_at.is_some_and(|at| now >= at) {
                self.called_off = self.ask_smf().reason();
                if self.called_off.is_some() {
                    return;
                }
                between = (between * 2).min(LONGEST_PAUSE);
                ask_at = Some(self.host.now() + between);
                continue;
            }
            let next = ask_at.unwrap_or(until).min(until).min(say_at);
            self.host.sleep(next.saturating_sub(now));
        }
    }

    /// Whether to leave the VM as it is, asked in the last moment: whoever enables the instance meanwhile takes the end of
    /// this run for a VM that runs. An answer that does not come does not count.
    pub(super) fn stays_called_off(&mut self) -> bool {
        let answer = self.ask_smf();
        if answer == Answer::Wanted {
            self.note("the instance was enabled again; the start continues");
        }
        self.called_off = answer.reason();
        self.called_off.is_some()
    }

    /// Whether to leave the VM as it is, although its delay is over: asked in the moment before anything is done to it.
    pub(super) fn is_called_off_now(&mut self) -> bool {
        if self.may_be_called_off()
            && !self
                .attempts
                .iter()
                .any(|attempt| attempt.action == Action::Start)
        {
            self.called_off = self.ask_smf().reason();
        }
        self.called_off.is_some()
    }

    /// Only a start that waits can be: by hand somebody wants it whatever SMF says.
    fn may_be_called_off(&self) -> bool {
        self.request.caller == Caller::Smf
            && self.request.intent == Intent::Start
            && !self.settings.start_delay.is_zero()
    }

    /// Whether anybody wants this start any more.
    fn ask_smf(&mut self) -> Answer {
        if let Some(level) = self.host.run_level().filter(|l| run_level::goes_down(*l)) {
            return Answer::CalledOff(CalledOff::RunLevel(level));
        }
        // Not so long that a start has no time any more.
        let left = self.deadline.left(self.host.now());
        let limit = SVCPROP_LIMIT.min(left / 4).max(FIRST_PAUSE);
        let (fmri, wanted) = (&self.request.fmri, &enabled::WANTED);
        let asked = svcprop::begin(self.host, View::Current, fmri, wanted, limit);
        match asked.and_then(Asked::answer) {
            Ok(properties) if enabled::is_disabled(&properties) => {
                Answer::CalledOff(CalledOff::Disabled)
            }
            Ok(_) => Answer::Wanted,
            Err(SvcpropError::NoInstance(_)) => Answer::CalledOff(CalledOff::Deleted),
            Err(error) => {
                if !self.smf_was_silent {
                    self.note(format_args!(
                        "cannot determine whether the instance is still enabled: {error}; the VM is started when vm/start_delay ends, unless SMF reports otherwise before then"
                    ));
                }
                self.smf_was_silent = true;
                Answer::Silence
            }
        }
    }
}
