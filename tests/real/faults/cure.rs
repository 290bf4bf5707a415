//! VBoxSVC that stands still, or is dead and does not come again: what doctor says, and that this mends it.

use std::time::{Duration, Instant};

use super::stage::pause;
use crate::real::rig::{PROGRAM, Run, Running, User, VBOXMANAGE};

/// How long a server that was killed may take to be there again: its VMs live for 12 s.
const PATIENCE: Duration = Duration::from_secs(25);
/// How long doctor may take, who waits for each answer.
const DOCTOR: Duration = Duration::from_secs(90);
/// How often doctor may have another command to mend it by.
const ROUNDS: usize = 3;

/// What was said and done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cure {
    /// The programs that doctor said to end, one a time.
    pub(super) ended: Vec<String>,
    /// VBoxManage answers in the end.
    pub(super) answers: bool,
    /// What doctor said last.
    pub(super) said: String,
}

impl Cure {
    /// Asks doctor first.
    pub(super) fn of_what_stands_still(user: &User<'_>) -> Self {
        let mut cure = Self::default();
        if cure.follow_doctor(user) {
            cure.go_on(user);
        }
        cure
    }

    /// None, where the server comes again by itself.
    pub(super) fn if_needed(user: &User<'_>) -> Option<Self> {
        if answers(user) {
            return None;
        }
        let mut cure = Self::default();
        cure.go_on(user);
        Some(cure)
    }

    fn go_on(&mut self, user: &User<'_>) {
        for _ in 0..ROUNDS {
            self.answers = answers(user);
            if self.answers || !self.follow_doctor(user) {
                break;
            }
        }
        // Doctor waits longer than this, and may have seen it answer.
        self.answers |= answers(user);
    }

    /// Does what doctor says: `pkill -9 -u USER PROGRAM`. Says whether that was something.
    fn follow_doctor(&mut self, user: &User<'_>) -> bool {
        let doctor = user.program(PROGRAM, &["doctor", "--json"]);
        let run = at_most(DOCTOR, doctor.within(DOCTOR * 2).spawn());
        let program = command(&run.stdout, user.name).filter(|_| run.code == Some(1));
        let (_, of_the_server) = run
            .stdout
            .split_once("\"check\":\"server\"")
            .unwrap_or(("", &run.stdout));
        let some: String = of_the_server.chars().take(600).collect();
        self.said = format!("exit {:?}: {some}", run.code);
        let Some(program) = program else { return false };
        for process in user.processes() {
            if process.name == program {
                user.kill(process.pid, libc::SIGKILL);
            }
        }
        self.ended.push(program);
        true
    }
}

/// The program that a text says to end.
pub(super) fn command(text: &str, user: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("pkill -9 -u {user} "))?;
    let word = |c: char| !c.is_ascii_alphanumeric();
    rest.split(word).next().map(str::to_owned)
}

/// Whether VBoxManage answers, within some time.
fn answers(user: &User<'_>) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        let left = deadline.saturating_duration_since(Instant::now());
        let asked = user.program(VBOXMANAGE, &["list", "vms"]);
        if at_most(left, asked.within(PATIENCE * 2).spawn()).code == Some(0) {
            return true;
        }
        pause(Duration::from_millis(200));
    }
    false
}

/// Waits so long, and then kills it.
fn at_most(limit: Duration, mut running: Running) -> Run {
    let deadline = Instant::now() + limit;
    while !running.is_over() && Instant::now() < deadline {
        pause(Duration::from_millis(20));
    }
    running.signal(libc::SIGKILL);
    running.wait()
}

#[test]
fn the_command_in_a_text() {
    let said = "{\"hint\": \"deadlocked: pkill -9 -u vbox1 VBoxSVC ends it, and\"}";
    assert_eq!(command(said, "vbox1").as_deref(), Some("VBoxSVC"));
    assert_eq!(command(said, "vbox2"), None);
}
