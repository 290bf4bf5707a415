//! VBoxSVC that stands still, or is dead and does not come again: what doctor says, and that this mends it.

use std::time::{Duration, Instant};

use super::stage::{Stage, pause};
use crate::real::rig::PROGRAM;

/// How long a server that was killed may take to be there again: its VMs live for 12 s.
const PATIENCE: Duration = Duration::from_secs(25);
/// How long doctor may take, who waits for each answer.
const DOCTOR: Duration = Duration::from_secs(90);
/// How often doctor may have another command to mend it by.
const ROUNDS: usize = 3;

/// What was said and done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cure {
    /// The programs that doctor said to end.
    pub(super) ended: Vec<String>,
    /// VirtualBox answers in the end, and knows of all its processes.
    pub(super) is_well: bool,
    /// What doctor said last.
    pub(super) said: String,
}

impl Cure {
    /// Asks doctor first.
    pub(super) fn of_what_stands_still(stage: &Stage<'_>) -> Self {
        let mut cure = Self::default();
        if cure.follow_doctor(stage) {
            cure.go_on(stage);
        }
        cure
    }

    /// None, where the server comes again by itself.
    pub(super) fn if_needed(stage: &Stage<'_>) -> Option<Self> {
        if is_well(stage) {
            return None;
        }
        let mut cure = Self::default();
        cure.go_on(stage);
        Some(cure)
    }

    fn go_on(&mut self, stage: &Stage<'_>) {
        for _ in 0..ROUNDS {
            self.is_well = is_well(stage);
            if self.is_well || !self.follow_doctor(stage) {
                break;
            }
        }
        // Doctor waits longer than this, and may have seen it answer.
        self.is_well = self.is_well || is_well(stage);
    }

    /// Does what doctor says. Says whether that was something.
    fn follow_doctor(&mut self, stage: &Stage<'_>) -> bool {
        let user = &stage.user;
        let run = user.program(PROGRAM, &["doctor", "--json"]).at_most(DOCTOR);
        let (_, of_the_server) = run
            .stdout
            .split_once("\"check\":\"server\"")
            .unwrap_or(("", &run.stdout));
        let some: String = of_the_server.chars().take(600).collect();
        self.said = format!("exit {:?}: {some}", run.code);
        if run.code != Some(1) {
            return false;
        }
        let ended = user.end_as_told(&run.stdout, "&& ");
        let was_something = !ended.is_empty();
        self.ended.extend(ended);
        was_something
    }
}

/// Whether VBoxManage answers, and knows of all processes of the VMs; within some time.
fn is_well(stage: &Stage<'_>) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        let left = deadline.saturating_duration_since(Instant::now());
        let answers = stage.vboxmanage(&["list", "vms"], left).code == Some(0);
        if answers && stage.is_settled() {
            return true;
        }
        pause(Duration::from_millis(500));
    }
    false
}
