//! svc.startd, as far as it runs the methods of transient services (`svc.startd(8)`, and its source).
//!
//! ```text
//!            enable: start method            disable: stop method
//! disabled ------> offline ------> online ------> offline ------> disabled
//!                     |    exit 0            |         exit 0         ^
//!                     `----> maintenance <---'                        |
//!                  95, 96, 99, 100: at once   `------- disable -------'
//!                  (and back to offline with clear, for one try where three failures led there)
//!                  (also one that was asked for while the start method ran)
//!                  anything else: the third time in a row
//!                  the fifth start in a row, each within ten minutes of the one before
//! ```

mod verdict;

use std::collections::VecDeque;
use std::time::Duration;

use self::verdict::{FAULT_LIMIT, Verdict, ending, verdict};
use super::depends::{Ready, Relations, Standing};
use super::exec::{self, Method, Run};
use crate::failure::{Caller, Failure};
use crate::host::{ExitStatus, Host};
use crate::simulation::host::{self as sim, Level, SimHost, Slot, SmfState, Spec, What};
use crate::simulation::rehearsal::progress::{Progress, Waited};
use crate::smf::fmri::InstanceFmri;
use crate::text::log::Log;
use crate::virtualbox::vm::Intent;

pub(super) use crate::engine::method::Request;

/// So many starts are remembered; where the oldest of so many is too near, the next one is not run.
const STARTS: usize = 5;
/// The least time between two starts, in the middle of those that are remembered.
const START_EVERY: Duration = Duration::from_secs(600);

/// What the methods of this program do: `engine::method::run`, except in tests of svc.startd itself.
pub(super) type Program<'a> =
    &'a (dyn Fn(&dyn Host, &Log<'_>, &Request) -> Result<(), Failure> + Sync);

/// What all instances have in common.
#[derive(Clone, Copy)]
pub(super) struct Common<'a> {
    pub(super) program: Program<'a>,
    pub(super) board: &'a Progress,
    pub(super) relations: &'a Relations,
}

/// svc.startd's side of an instance.
pub(super) struct Startd<'a> {
    fmri: InstanceFmri,
    /// Its place on the board.
    who: usize,
    common: Common<'a>,
    state: SmfState,
    /// Failures in a row. Nothing but a success forgets them: neither `svcadm clear` nor a disable.
    failures: u32,
    /// When the last starts began.
    starts: VecDeque<Duration>,
    /// When the host goes, whatever is still to be done.
    host_ends: Option<Duration>,
    /// The instance's own properties, as its manifest gave them.
    own: Level,
}

impl<'a> Startd<'a> {
    /// An instance in this state.
    pub(super) fn new(fmri: InstanceFmri, who: usize, state: SmfState, common: Common<'a>) -> Self {
        common.board.put(who, state);
        Self {
            fmri,
            who,
            common,
            state,
            failures: 0,
            starts: VecDeque::new(),
            host_ends: None,
            own: Level::default(),
        }
    }

    pub(super) fn state(&self) -> SmfState {
        self.state
    }

    /// `svcadm enable`, and a boot: everybody is offline before anybody is started.
    pub(super) fn enable(&mut self, turn: &Slot) {
        turn.set_enabled(&self.fmri, true);
        self.come_up(turn, "enabled");
    }

    /// It is offline, and started where nothing is in the way.
    fn come_up(&mut self, turn: &Slot, told: &str) {
        self.enter(turn, SmfState::Offline, told);
        if let Some(cycle) = self.common.relations.cycle_of(self.who) {
            let told = format!("completes a dependency cycle ({cycle}): maintenance");
            return self.enter(turn, SmfState::Maintenance, &told);
        }
        self.start(turn);
    }

    /// Waits for its dependencies, then runs the start method.
    fn start(&mut self, turn: &Slot) {
        let (relations, who) = (self.common.relations, self.who);
        let question = |standing: &dyn Fn(usize) -> Standing| {
            if turn.is_disabled(&self.fmri) {
                return Ready::Never("it was disabled before it could start".to_owned());
            }
            relations.may_start(who, standing)
        };
        match self.wait(turn, question) {
            Waited::Ready => self.method(turn, Intent::Start, SmfState::Online),
            Waited::GaveUp(why) => {
                self.tell(turn, &format!("stays offline: {why}"));
                self.common.board.give_up(turn, self.who);
            }
            Waited::TimeUp => {}
        }
    }

    /// `svcadm enable`, and at that time, while the start method runs or before its turn comes, `svcadm disable`: no method
    /// is interrupted, and one that fails is run again all the same, until it has failed often enough.
    pub(super) fn enable_and_disable(&mut self, turn: &Slot, at: Duration) {
        self.enable(turn);
        while turn.now() < at {
            turn.park(Some(at));
        }
        self.disable(turn);
    }

    /// `svcadm clear`: back to offline, or to disabled where somebody disabled it. svc.startd forgets no failure by that.
    /// What waits for another one that is cleared goes on waiting.
    pub(super) fn clear(&mut self, turn: &Slot) {
        match self.state {
            SmfState::Maintenance => {}
            SmfState::Offline => return self.start(turn),
            SmfState::Disabled
            | SmfState::Starting
            | SmfState::Online
            | SmfState::Stopping
            | SmfState::Deleted => {
                let told = format!("svcadm clear from {}: it is refused", self.state);
                return self.tell(turn, &told);
            }
        }
        self.starts.clear();
        if turn.is_disabled(&self.fmri) {
            let told = "svcadm clear: disabled, no method is run";
            return self.enter(turn, SmfState::Disabled, told);
        }
        self.come_up(turn, "svcadm clear");
    }

    /// `svccfg delete -f`: no method is run, and the VM is left as it is.
    pub(super) fn delete(&mut self, turn: &Slot) {
        self.own = turn.running(&self.fmri).own;
        turn.delete(&self.fmri);
        turn.park(Some(turn.now()));
        self.is_deleted(
            turn,
            "deleted: no method is run, and its VM is left as it is",
        );
    }

    /// `svcadm disable`, and `svccfg delete -f` without waiting: where the stop method runs, it finds no instance.
    pub(super) fn disable_and_delete(&mut self, turn: &Slot) {
        if self.state != SmfState::Online {
            self.disable(turn);
            return self.delete(turn);
        }
        self.own = turn.running(&self.fmri).own;
        turn.delete(&self.fmri);
        self.disable(turn);
    }

    fn is_deleted(&mut self, turn: &Slot, told: &str) {
        self.enter(turn, SmfState::Deleted, told);
    }

    /// `svccfg import` of the manifest of an instance that was deleted, whose failures are forgotten, and `svcadm enable`.
    pub(super) fn import_again(&mut self, turn: &Slot) {
        turn.import_again(&self.fmri, self.own.clone());
        self.failures = 0;
        self.starts.clear();
        self.enter(turn, SmfState::Disabled, "imported again");
        self.enable(turn);
    }

    /// `svcadm disable`: only what is up is stopped.
    pub(super) fn disable(&mut self, turn: &Slot) {
        turn.set_enabled(&self.fmri, false);
        self.starts.clear();
        self.stop(turn, "to be disabled", false);
    }

    /// `svcadm restart`: of what is not up nothing is heard.
    pub(super) fn restart(&mut self, turn: &Slot) {
        if self.state != SmfState::Online {
            return self.tell(turn, &format!("restarted from {}: no effect", self.state));
        }
        self.starts.clear();
        self.tell(turn, "to be restarted");
        self.stop_method(turn, false, SmfState::Offline);
        if self.state == SmfState::Offline {
            self.start(turn);
        }
    }

    /// The host goes down: dependents first, and at that time whether or not all is done.
    pub(super) fn shut_down(&mut self, turn: &Slot, host_ends: Option<Duration>) {
        self.host_ends = host_ends;
        self.stop(turn, "to be stopped with the host", true);
    }

    fn stop(&mut self, turn: &Slot, why: &str, all: bool) {
        if self.state != SmfState::Online {
            let told = format!("disabled from {}: no stop method is run", self.state);
            return self.enter(turn, SmfState::Disabled, &told);
        }
        self.tell(turn, why);
        self.stop_method(turn, all, SmfState::Disabled);
    }

    fn stop_method(&mut self, turn: &Slot, all: bool, goal: SmfState) {
        let (relations, who) = (self.common.relations, self.who);
        let question =
            |standing: &dyn Fn(usize) -> Standing| relations.may_stop(who, all, standing);
        match self.wait(turn, question) {
            Waited::Ready | Waited::GaveUp(_) => self.method(turn, Intent::Stop, goal),
            Waited::TimeUp => self.tell(
                turn,
                "the host's shutdown limit expired before it could stop",
            ),
        }
    }

    fn wait(&self, turn: &Slot, question: impl Fn(&dyn Fn(usize) -> Standing) -> Ready) -> Waited {
        let begin = |why: &str| self.tell(turn, why);
        self.common
            .board
            .wait(turn, self.host_ends, question, begin)
    }

    fn tell(&self, turn: &Slot, told: &str) {
        let (told, state) = (told.to_owned(), None);
        turn.tell(&self.fmri.to_string(), What::Smf { told, state });
    }

    /// The instance is in another state from now on.
    fn enter(&mut self, turn: &Slot, state: SmfState, told: &str) {
        self.state = state;
        let (told, state) = (told.to_owned(), Some(state));
        turn.tell(&self.fmri.to_string(), What::Smf { told, state });
        self.common.board.set(turn, self.who, self.state);
    }

    /// Whether this start would be one too many; if not, it is remembered.
    fn too_quick(&mut self, now: Duration) -> bool {
        self.starts.push_back(now);
        if self.starts.len() < STARTS {
            return false;
        }
        let gaps = u32::try_from(STARTS - 1).unwrap_or(u32::MAX);
        let first = self.starts.pop_front().unwrap_or(now);
        now.saturating_sub(first) / gaps < START_EVERY
    }

    /// Runs a method until svc.startd is content with it, which leads to `goal`, or gives up.
    fn method(&mut self, turn: &Slot, intent: Intent, goal: SmfState) {
        let going = match intent {
            Intent::Start => SmfState::Starting,
            Intent::Stop => SmfState::Stopping,
        };
        let maintenance = SmfState::Maintenance;
        loop {
            let method = match exec::method(&turn.running(&self.fmri), &self.fmri, intent) {
                Ok(method) => method,
                Err(error) => {
                    let told = format!("the {intent} method {error}: maintenance");
                    return self.enter(turn, maintenance, &told);
                }
            };
            let began = turn.now();
            if intent == Intent::Start && self.too_quick(began) {
                let told = "restarting too quickly: maintenance, the start method is not run";
                return self.enter(turn, maintenance, told);
            }
            let ended = match method.run {
                Run::Nothing => {
                    self.failures = 0;
                    let told = format!("no {intent} method to run: {goal}");
                    return self.enter(turn, goal, &told);
                }
                Run::Kill | Run::Another(_) => {
                    let why = "is not supported here for a transient service";
                    let told = format!("the {intent} method {why}: maintenance");
                    return self.enter(turn, maintenance, &told);
                }
                Run::Ours(asked) => {
                    let limit = match method.timeout {
                        Some(limit) => format!("for at most {} s", limit.as_secs()),
                        None => "without a limit".to_owned(),
                    };
                    let told = format!("{intent} method runs, {limit}");
                    self.enter(turn, going, &told);
                    self.run(turn, &method, asked)
                }
            };
            if self.host_ends.is_some_and(|end| turn.now() >= end) {
                return self.tell(
                    turn,
                    "the host's shutdown limit expired: the stop method is killed",
                );
            }
            let took = turn.now().saturating_sub(began);
            if !turn.is_there(&self.fmri) {
                let end = ending(intent, ended, took);
                return self.is_deleted(turn, &format!("{end}: the instance is deleted"));
            }
            let verdict = verdict(ended, self.failures);
            self.failures = match verdict {
                Verdict::Success => 0,
                Verdict::Again | Verdict::Threshold => self.failures + 1,
                Verdict::Permanent => self.failures,
            };
            let end = ending(intent, ended, took);
            match verdict {
                Verdict::Success => return self.enter(turn, goal, &format!("{end}: {goal}")),
                Verdict::Again => {
                    let (so_far, limit) = (self.failures, FAULT_LIMIT);
                    let told = format!("{end}: failure {so_far} of {limit}, retried at once");
                    self.tell(turn, &told);
                }
                Verdict::Permanent => {
                    let told = format!("{end}: maintenance at once");
                    return self.enter(turn, maintenance, &told);
                }
                Verdict::Threshold => {
                    let failures = self.failures;
                    let why = match failures {
                        FAULT_LIMIT => "",
                        _ => " after one try: no success since the first",
                    };
                    let told = format!("{end}: failure {failures}, maintenance{why}");
                    return self.enter(turn, maintenance, &told);
                }
            }
        }
    }

    /// Runs this program once.
    fn run(&self, turn: &Slot, method: &Method, intent: Intent) -> ExitStatus {
        let left = self.host_ends.map(|end| end.saturating_sub(turn.now()));
        let spec = Spec {
            subject: self.fmri.to_string(),
            user: method.user.clone(),
            timeout: [method.timeout, left].into_iter().flatten().min(),
        };
        let request = Request {
            intent,
            fmri: self.fmri.clone(),
            environment: method.environment.clone(),
            caller: Caller::Smf,
            dry_run: false,
            began: Duration::ZERO,
        };
        sim::run(turn, &spec, |host| {
            run_program(self.common.program, host, &request)
        })
    }
}

/// The program's own frame, as `cli` has it: errors to the log, their kind to the exit status.
pub(super) fn run_program(program: Program<'_>, host: &SimHost<'_>, request: &Request) -> u8 {
    let sink = |line: &str| host.log(line);
    let log = Log::new(&sink);
    match program(host, &log, request) {
        Ok(()) => crate::failure::SUCCESS,
        Err(failure) => {
            log.line(format_args!("vbox-smf: {failure}"));
            failure.kind.exit_status(request.caller)
        }
    }
}

#[cfg(test)]
mod tests;
