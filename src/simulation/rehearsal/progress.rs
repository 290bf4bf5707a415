//! The board on which the states of all instances stand, and before which those wait that depend on
//! others.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::depends::{Ready, Standing};
use crate::simulation::host::{Slot, SmfState};

/// How far each instance is. The scheduler lets one of them at a time look at it.
pub(crate) struct Progress(Mutex<Inside>);

struct Inside {
    states: Vec<SmfState>,
    /// Those that will not come without an administrator.
    stuck: Vec<bool>,
    /// The actors that wait, by their seats.
    waiting: Vec<usize>,
    /// How many actors neither wait nor have ended.
    busy: usize,
    /// Everybody waited: nothing will change any more, unless somebody gives up.
    settled: bool,
}

/// How a wait ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Waited {
    /// What was waited for is so.
    Ready,
    /// It will never be: why.
    GaveUp(String),
    /// There is no more time.
    TimeUp,
}

impl Progress {
    /// A board for instances in these states.
    pub(crate) fn new(states: Vec<SmfState>) -> Self {
        Self(Mutex::new(Inside {
            stuck: vec![false; states.len()],
            states,
            waiting: Vec::new(),
            busy: 0,
            settled: false,
        }))
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// So many actors begin.
    pub(crate) fn begin(&self, actors: usize) {
        let mut inside = self.inside();
        inside.busy = actors;
        inside.settled = false;
    }

    /// An instance is in another state.
    pub(crate) fn set(&self, turn: &Slot, who: usize, state: SmfState) {
        let mut inside = self.inside();
        inside.states[who] = state;
        inside.stuck[who] = false;
        inside.changed(turn);
    }

    /// An instance is in a state from the beginning.
    pub(crate) fn put(&self, who: usize, state: SmfState) {
        let mut inside = self.inside();
        inside.states[who] = state;
        inside.stuck[who] = false;
    }

    /// An instance waits for nothing any more, and does not come.
    pub(crate) fn give_up(&self, turn: &Slot, who: usize) {
        let mut inside = self.inside();
        inside.stuck[who] = true;
        inside.changed(turn);
    }

    /// An actor has ended.
    pub(crate) fn leave(&self, turn: &Slot) {
        let mut inside = self.inside();
        inside.busy = inside.busy.saturating_sub(1);
        if inside.busy == 0 {
            inside.settle(turn);
        }
    }

    /// Waits for something, until then at the most; `begin` is told once what it waits for.
    pub(crate) fn wait(
        &self,
        turn: &Slot,
        until: Option<Duration>,
        question: impl Fn(&dyn Fn(usize) -> Standing) -> Ready,
        begin: impl FnOnce(&str),
    ) -> Waited {
        let mut begin = Some(begin);
        loop {
            let mut inside = self.inside();
            let (why, either_way) = match question(&|who| inside.standing(who)) {
                Ready::Yes => return Waited::Ready,
                Ready::Never(why) => return Waited::GaveUp(why),
                Ready::NotYet { why, either_way } => (why, either_way),
            };
            // Whoever waits for somebody to come or not is patient: that one has to give up first.
            let others = inside.busy > 1 || !inside.waiting.is_empty();
            if inside.settled && !(either_way && others) {
                return Waited::GaveUp(why);
            }
            if until.is_some_and(|until| turn.now() >= until) {
                return Waited::TimeUp;
            }
            if let Some(begin) = begin.take() {
                begin(&why);
            }
            inside.busy -= 1;
            if inside.busy == 0 {
                inside.settle(turn);
                inside.busy += 1;
                continue;
            }
            inside.waiting.push(turn.waiter());
            drop(inside);
            turn.park(until);
            let mut inside = self.inside();
            if let Some(at) = inside
                .waiting
                .iter()
                .position(|waiter| *waiter == turn.waiter())
            {
                inside.waiting.remove(at);
                inside.busy += 1;
            }
        }
    }
}

impl Inside {
    fn standing(&self, who: usize) -> Standing {
        match self.states[who] {
            SmfState::Online | SmfState::Stopping => Standing::Up,
            SmfState::Disabled | SmfState::Maintenance | SmfState::Deleted => Standing::Down,
            SmfState::Offline | SmfState::Starting if self.stuck[who] => Standing::Down,
            SmfState::Offline | SmfState::Starting => Standing::Coming,
        }
    }

    /// Everybody looks again.
    fn changed(&mut self, turn: &Slot) {
        self.settled = false;
        self.wake_all(turn);
    }

    fn settle(&mut self, turn: &Slot) {
        self.settled = true;
        self.wake_all(turn);
    }

    fn wake_all(&mut self, turn: &Slot) {
        self.busy += self.waiting.len();
        for waiter in self.waiting.drain(..) {
            turn.wake(waiter);
        }
    }
}
