//! Looking at a VM without harm, and from what lasts.
//!
//! A VM that no process runs, and that no client has a session on, has its state in its settings file: no program is run
//! and no server started. `showvminfo` takes a session on a VM that is up. Beside a start or a stop of the same VM that
//! makes the other one fail, and VBoxSVC can deadlock over it. So it is asked only of a VM of which no process lives and
//! that no other client has a session on; the lists, which take none, tell the rest.
//!
//! ```text
//! no process, no client   its settings file                 off, saved, aborted
//!                         showvminfo                        the same where the file is not understood
//! its log says running    nothing, for a stop               running or paused
//! else                    list --multiple vms runningvms    running or paused; who a name is
//!                         list --long vms                   any other state: costs time with every VM
//! seen running before     list runningvms, and its log      still running
//! ```
//!
//! The two longer ones take a [`Turn`]. The processes are looked at while a program runs, where that is just as good.

use std::cell::Cell;
use std::path::PathBuf;
use std::time::Duration;

use crate::engine::deadline::Deadline;
use crate::engine::plan::{self, Class, Rest};
use crate::host::{Host, Process};
use crate::text::log::Log;
use crate::virtualbox::processes::{ProcessSummary, Wanted, candidates, summary};
use crate::virtualbox::vbox_log::RuntimeError;
use crate::virtualbox::vboxmanage::{AskedRunning, VBoxError, VBoxManage};
use crate::virtualbox::vm::{Intent, Uuid, VmName, VmState};

mod asking;
mod files;
mod snapshot;
mod turn;

use crate::virtualbox::server::{LOCK_PATIENCE, SERVER_READY, SHORT_CALL};
use files::Files;
pub(crate) use snapshot::ProcessSnapshot;
use turn::TURN_PATIENCE;
pub(crate) use turn::Turn;

/// VBoxSVC is there for 5 s after its last client, so an answer this long ago means that it still is.
const ANSWER_HOLDS: Duration = Duration::from_secs(4);
/// One that nobody of ours starts at this moment answers sooner.
const SERVER_UP: Duration = Duration::from_secs(1);
/// The longest time that VirtualBox has for a look, where there is much. A busy one stalls for 20 s and goes on: to kill
/// the call and ask again would make it busier.
const LOOK_MAX: Duration = Duration::from_secs(60);
/// How often the processes are looked at; no program is run for that.
pub(crate) const GLANCE: Duration = Duration::from_millis(100);

/// What one look saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Observation {
    /// The VM's state; none when nothing tells it.
    pub(crate) state: Option<VmState>,
    /// It is running, or it is paused: for what comes next both are the same.
    pub(crate) or_paused: bool,
    /// Only the list of those that run was looked at, which has those too that are on their way to another
    /// host or of which a snapshot is taken.
    pub(crate) roughly: bool,
    /// A process of it lives.
    pub(crate) process: bool,
    /// Why VirtualBox suspended it, where it is paused and its log says so.
    pub(crate) suspended: Option<RuntimeError>,
    /// What lasts of it, where no process runs it; none where VirtualBox's word is all that there is.
    pub(crate) rest: Option<Rest>,
}

impl Observation {
    /// The state in words, for the log.
    pub(crate) fn words(&self) -> &str {
        match &self.state {
            None => "no response",
            Some(_) if self.or_paused => "running or paused",
            Some(state) => state.word(),
        }
    }
}

/// What the list of the VMs that run says.
type RunningVms = Result<Vec<Uuid>, VBoxError>;

/// What the lists say, or who the VM is at least.
enum Answer {
    State(VmState),
    /// By the list of those that run.
    Running,
    /// By the list of all and of those that run.
    RunningOrPaused,
}

/// What is held to be so until the next look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Belief {
    /// Nothing.
    Nothing,
    /// It runs: the list of those that run is enough to see that it still does.
    Runs,
    /// It runs or is paused: the same list is enough.
    IsUp,
    /// What was seen was wrong, or too little: only the long list tells what is so.
    Wrong,
}

/// Looks at one VM again and again, and remembers who it is.
pub(crate) struct Observer<'a> {
    host: &'a dyn Host,
    log: &'a Log<'a>,
    vbox: &'a VBoxManage<'a>,
    asked_for: &'a VmName,
    intent: Intent,
    name: Option<String>,
    uuid: Option<Uuid>,
    belief: Belief,
    /// A rough look is not enough: what comes next loses the guest's work.
    exact: bool,
    /// Whatever state it rests in, the same is done: that it may be another one in a moment does not matter.
    any_rest_will_do: bool,
    files: Files,
    answered: Option<Duration>,
    /// What the next look may take for the processes of now.
    snapshot: Option<ProcessSnapshot>,
    deadline: Deadline,
    /// What the calls of a look may take together.
    limit: Duration,
    /// It has not yet waited for the lock in vain.
    patient: Cell<bool>,
}

impl<'a> Observer<'a> {
    /// For the VM of this name or UUID, in a run that has this time.
    pub(crate) fn new(
        host: &'a dyn Host,
        log: &'a Log<'a>,
        vbox: &'a VBoxManage<'a>,
        vm: &'a VmName,
        intent: Intent,
        deadline: Deadline,
    ) -> Self {
        let uuid = vm.as_uuid();
        Self {
            host,
            log,
            vbox,
            asked_for: vm,
            intent,
            // VirtualBox takes a UUID-shaped text for a UUID only.
            name: uuid.is_none().then(|| vm.as_str().to_owned()),
            uuid,
            belief: Belief::Nothing,
            exact: false,
            any_rest_will_do: false,
            files: Files::default(),
            answered: None,
            snapshot: None,
            deadline,
            limit: (deadline.budget() / 4).clamp(SHORT_CALL, LOOK_MAX),
            patient: Cell::new(true),
        }
    }

    /// Where the files are that say how a VM rests.
    pub(crate) fn with_settings_in(mut self, folder: Option<PathBuf>) -> Self {
        self.files.settings_folder = folder;
        self
    }

    /// A VM that is off, saved or aborted is treated alike.
    pub(crate) fn any_rest_will_do(&mut self) {
        self.any_rest_will_do = true;
    }

    /// The VM's UUID, once it is known.
    pub(crate) fn uuid(&self) -> Option<&Uuid> {
        self.uuid.as_ref()
    }

    /// Whether VirtualBox said anything in this run.
    pub(crate) fn heard_of_virtualbox(&self) -> bool {
        self.answered.is_some()
    }

    /// VBoxManage said what can only be so when the VM runs.
    pub(crate) fn expect_running(&mut self) {
        self.belief = Belief::Runs;
        self.answered = Some(self.host.now());
        self.vbox.expect_answers(true);
    }

    /// VirtualBox refused what would have been right for the state that was seen.
    pub(crate) fn contradict(&mut self) {
        self.belief = Belief::Wrong;
    }

    /// What comes next needs more than a rough look.
    pub(crate) fn be_exact(&mut self) {
        self.exact = true;
    }

    /// What was seen may hold no longer.
    pub(crate) fn doubt(&mut self) {
        if self.belief != Belief::Wrong {
            self.belief = Belief::Nothing;
        }
    }

    /// The processes of VirtualBox, as far as they matter to this VM.
    pub(crate) fn summary(&self) -> Result<ProcessSummary, VBoxError> {
        Ok(summary(&self.processes()?, self.wanted()))
    }

    fn processes(&self) -> Result<Vec<Process>, VBoxError> {
        let processes = self
            .host
            .processes()
            .map_err(|e| VBoxError::Other(format!("cannot read /proc: {e}")))?;
        let own = candidates(&processes, self.wanted());
        self.files.remember(&own, self.host.now());
        Ok(processes)
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            name: self.name.as_deref(),
            uuid: self.uuid.as_ref(),
        }
    }

    /// The same, as it was a moment ago, if it was looked at then.
    fn recent_census(&mut self) -> Result<ProcessSummary, VBoxError> {
        match self.snapshot.take() {
            Some(snapshot) if snapshot.holds(self.host.now()) => {
                Ok(summary(&snapshot.processes, self.wanted()))
            }
            _ => self.summary(),
        }
    }

    /// The first look is spared to look at the processes, where these are new enough.
    pub(crate) fn recall(&mut self, snapshot: Option<ProcessSnapshot>) {
        self.snapshot = snapshot;
    }

    /// Looks once. Whatever it waits for, it is over at `end`.
    ///
    /// # Errors
    /// As VBoxManage says.
    pub(crate) fn look(&mut self, end: Duration) -> Result<Observation, VBoxError> {
        if let Some(observation) = self.look_at_files()? {
            return Ok(observation);
        }
        let (running, before) = self.glance(end)?;
        if self.log_is_enough(&before)? {
            return Ok(self.up_by_its_log());
        }
        let by_lists = before.may_live || before.handled || !self.can_be_shown();
        self.vbox
            .expect_answers(before.server_age.is_some_and(|age| age >= SERVER_UP));
        let mut turn = self.lock_if_cold(&before, by_lists, end);
        let told = if by_lists {
            self.ask_the_lists(running, &mut turn, end)
        } else {
            self.show_or_list(&mut turn, end)
        };
        drop(turn);
        self.answered = told.is_ok().then(|| self.host.now());
        let (state, belief, roughly) = match told? {
            Answer::State(VmState::Running) => (VmState::Running, Belief::Runs, false),
            Answer::State(state) => (state, Belief::Nothing, false),
            Answer::Running => (VmState::Running, Belief::Runs, true),
            Answer::RunningOrPaused => (VmState::Running, Belief::IsUp, true),
        };
        self.belief = belief;
        self.exact &= roughly;
        self.files.in_motion = !matches!(
            plan::class(&state),
            Class::Off | Class::Saved | Class::Crashed | Class::Up | Class::Paused | Class::Dead
        );
        let is_off = plan::is_off(&state);
        // The processes of before the call would miss one that it was about to see. VirtualBox refuses to start a second
        // one only where it knows of the first.
        let process = if is_off || !before.lives {
            self.summary()?.lives || (is_off && self.runs_elsewhere()?.is_some())
        } else {
            true
        };
        let suspended = (state == VmState::Paused && !roughly)
            .then(|| self.log().and_then(|log| log.error))
            .flatten();
        let rest = (is_off && !process).then(|| self.what_lasts()).flatten();
        Ok(Observation {
            state: Some(state),
            or_paused: belief == Belief::IsUp,
            roughly,
            process,
            suspended,
            rest,
        })
    }

    /// The processes, and what is asked meanwhile: the list of the VMs that run, where the VM is looked for in that and
    /// it is known without the processes that a server answers.
    fn glance(&mut self, end: Duration) -> Result<(Option<RunningVms>, ProcessSummary), VBoxError> {
        if self.still_up().is_none() || !self.server_answers() {
            return Ok((None, self.recent_census()?));
        }
        let asked = self.vbox.ask_running(self.left(self.until(end)));
        let summary = self.summary();
        let running = asked.and_then(AskedRunning::answer);
        Ok((Some(running), summary?))
    }

    /// Holds the lock for cold starts while something is done to the VM, where no server is there: one client starts it
    /// alone, then all go on together.
    pub(crate) fn alone_if_cold(&self, end: Duration) -> Turn {
        let ready_for = |least: Duration| {
            self.summary()
                .is_ok_and(|summary| summary.server_age.is_some_and(|age| age >= least))
        };
        if self.server_answers() || ready_for(SERVER_READY) {
            return Turn::default();
        }
        let began = self.host.now();
        let turn = self.cold(LOCK_PATIENCE, end);
        // Whoever had it has the server answering by now; where nobody had it, somebody's client may just have begun.
        let waited = self.host.now() > began;
        if ready_for(if waited { Duration::ZERO } else { SERVER_UP }) {
            return Turn::default();
        }
        turn
    }

    /// The VM that is held to be up.
    fn still_up(&self) -> Option<&Uuid> {
        if self.exact {
            return None;
        }
        match self.belief {
            Belief::Runs | Belief::IsUp => self.uuid.as_ref(),
            Belief::Nothing | Belief::Wrong => None,
        }
    }

    /// Whether VirtualBox's server answered just now.
    fn server_answers(&self) -> bool {
        self.answered
            .is_some_and(|at| self.host.now().saturating_sub(at) < ANSWER_HOLDS)
    }

    /// VirtualBox's clients race when no server answers: one at a time until it does.
    fn lock_if_cold(&self, summary: &ProcessSummary, by_lists: bool, end: Duration) -> Turn {
        match summary.server_age {
            _ if self.server_answers() => Turn::default(),
            Some(age) if age >= SERVER_READY => Turn::default(),
            // Where a server is there, whoever holds the lock asks for a list, most likely.
            Some(_) if by_lists => self.cold(TURN_PATIENCE, end),
            _ => self.cold(LOCK_PATIENCE, end),
        }
    }

    fn cold(&self, patience: Duration, end: Duration) -> Turn {
        let (host, log, vm) = (self.host, self.log, self.asked_for);
        Turn::cold(host, log, vm, (&self.patient, patience), end)
    }

    /// VBoxManage takes a name with a dash in front for an option; the lists know it.
    fn can_be_shown(&self) -> bool {
        self.uuid.is_some() || !self.asked_for.as_str().starts_with('-')
    }

    /// When the calls of a look that begins now are over.
    fn until(&self, end: Duration) -> Duration {
        end.min(self.host.now() + self.limit)
    }

    /// What a call may take of the time that a look has.
    fn left(&self, until: Duration) -> Duration {
        until.saturating_sub(self.host.now()).max(GLANCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::fake::Fake;
    use crate::host::{Args, Process};

    #[test]
    fn a_snapshot_holds_for_a_moment_and_for_one_observation() {
        let vm_process = Process {
            pid: 1,
            program: "VBoxHeadless".to_owned(),
            args: Args::Whole(vec!["VBoxHeadless".to_owned()]),
            age: Duration::from_secs(9),
            contract: None,
        };
        let snapshot = |at| ProcessSnapshot {
            at,
            processes: vec![vm_process.clone()],
        };
        for (at, now, holds) in [(0, 0, true), (5, 104, true), (5, 105, false)] {
            let (at, now) = (Duration::from_millis(at), Duration::from_millis(now));
            assert_eq!(snapshot(at).holds(now), holds, "{at:?}, {now:?}");
        }
        let host = Fake::default();
        let log = Log::new(&|_| {});
        let vbox = VBoxManage::new(&host, "/usr/bin/VBoxManage".into(), Vec::new());
        let vm: VmName = "vm1".parse().expect("a name");
        let mut observer = Observer::new(
            &host,
            &log,
            &vbox,
            &vm,
            Intent::Start,
            Deadline::new(Duration::ZERO, LOOK_MAX),
        );
        observer.recall(Some(snapshot(Duration::ZERO)));
        for may_live in [true, false] {
            let summary = observer.recent_census().expect("processes");
            assert_eq!(summary.may_live, may_live);
        }
    }
}
