//! What a seed makes: how often what goes wrong, and when.

use std::time::Duration;

use super::cast::Role;
use super::fault::Fault;
use super::random::Random;
use super::sequence::{Call, Event, Plan, Sequence, Step, Verb, What};

/// Limits of svc.startd: short ones, so that what hangs does not cost minutes, and some in which there is time for more
/// than one try.
const SHORT: [u64; 2] = [12, 14];
const LONGER: [u64; 2] = [26, 30];

/// Makes the sequence of a seed.
pub(super) fn sequence(seed: u64) -> Sequence {
    let mut random = Random::new(seed);
    let cast = Role::draw(&mut random);
    let limits = if random.percent(75) { SHORT } else { LONGER };
    let mut drawer = Drawer {
        up: vec![false; cast.len()],
        may_hang: limits == SHORT,
        random,
    };
    let count = 4 + drawer.random.weighed(&[8, 4, 2, 1, 1]);
    let mut steps = vec![drawer.first()];
    steps.extend((1..count).map(|_| drawer.step()));
    Sequence {
        seed,
        cast,
        limits,
        steps,
    }
}

struct Drawer {
    random: Random,
    /// Which VMs are meant to be up.
    up: Vec<bool>,
    /// What hangs costs all of a method's time.
    may_hang: bool,
}

impl Drawer {
    /// Some VMs to begin with, and nothing goes wrong.
    fn first(&mut self) -> Step {
        let mut step = Step::default();
        for vm in self.some_vms(3) {
            self.up[vm] = true;
            step.calls.push(Call {
                vm,
                verb: Verb::Start,
                plan: Plan::default(),
            });
        }
        step
    }

    fn step(&mut self) -> Step {
        let mut step = Step::default();
        let count = 1 + self.random.weighed(&[3, 4, 2, 1]);
        let mut vms = self.some_vms(count);
        if count > 1 && self.random.percent(12) {
            vms[1] = vms[0];
        }
        for vm in vms {
            let towards = self.random.percent(75);
            let verb = if self.up[vm] == towards {
                Verb::Stop
            } else {
                Verb::Start
            };
            self.up[vm] = verb == Verb::Start;
            let plan = self.plan();
            step.calls.push(Call { vm, verb, plan });
        }
        for _ in 0..self.random.weighed(&[62, 30, 8]) {
            let event = self.event(&step);
            step.events.push(event);
        }
        step.events.sort_by_key(|event| event.at);
        // A deadlock is looked at alone: nobody could tell it from what else goes wrong.
        if let Some(at) = step.events.iter().position(|e| e.what == What::Deadlock) {
            step.events = vec![step.events[at]];
            for call in &mut step.calls {
                call.plan = Plan::default();
            }
        }
        step
    }

    fn some_vms(&mut self, count: usize) -> Vec<usize> {
        let mut left: Vec<usize> = (0..self.up.len()).collect();
        (0..count)
            .map(|_| left.remove(self.random.index(left.len())))
            .collect()
    }

    fn plan(&mut self) -> Plan {
        let mut plan = Plan::default();
        for _ in 0..self.random.weighed(&[42, 36, 16, 6]) {
            let number = self.random.weighed(&[5, 5, 5, 2, 1, 1]);
            let fault = self.fault();
            plan.0.insert(("VBoxManage", number), fault);
        }
        if self.random.percent(8) {
            let fault = self.fault_of_svcprop();
            plan.0.insert(("svcprop", 0), fault);
        }
        plan
    }

    fn fault(&mut self) -> Fault {
        let some = self.random.next() % 1000;
        let late = match self.random.weighed(&[6, 2, 1]) {
            0 => 100 + some,
            1 => 1000 + some,
            _ => 2000 + 2 * some,
        };
        let hangs = u64::from(self.may_hang);
        match self.random.weighed(&[
            36,
            28,
            28,
            28,
            16,
            16,
            10,
            12,
            12,
            4 * hangs,
            2 * hangs,
            4 * hangs,
            3,
            hangs,
        ]) {
            0 => Fault::Delay(late),
            1 => Fault::Truncate(some),
            2 => Fault::Garble(self.random.next() >> 32),
            3 => Fault::Fail(some),
            4 => Fault::FailAfter(some),
            5 => Fault::Lie,
            6 => Fault::KilledBefore,
            7 => Fault::KilledAfter,
            8 => Fault::KilledMidway(some),
            9 => Fault::Hang,
            10 => Fault::HangDeaf,
            11 => Fault::HangAfter,
            12 => Fault::Flood,
            _ => Fault::FloodLines,
        }
    }

    fn fault_of_svcprop(&mut self) -> Fault {
        let some = self.random.next() % 1000;
        match self.random.weighed(&[4, 5, 5, 4, 2, 2, 1, 2, 2, 1]) {
            0 => Fault::Delay(100 + some),
            1 => Fault::Truncate(some),
            2 => Fault::Garble(self.random.next() >> 32),
            3 => Fault::Fail(some),
            4 => Fault::FailAfter(some),
            5 => Fault::Lie,
            6 => Fault::KilledBefore,
            7 => Fault::KilledMidway(some),
            8 if self.may_hang => Fault::Hang,
            _ => Fault::Flood,
        }
    }

    fn event(&mut self, step: &Step) -> Event {
        let method = self.random.index(step.calls.len());
        // One that a method is for, or another one.
        let vm = if self.random.percent(75) {
            step.calls[method].vm
        } else {
            self.random.index(self.up.len())
        };
        let what = match self
            .random
            .weighed(&[30, 20, 30, 20, 25, 8, 12, 6, 22, 16, 14])
        {
            0 => What::Press(vm),
            1 => What::Crash(vm),
            2 => What::Pause(vm),
            3 => What::Resume(vm),
            4 => What::Save(vm),
            5 => What::KillServer,
            6 => What::StopServer(Duration::from_millis(self.random.between(300, 3000))),
            7 => What::Deadlock,
            8 => What::KillMethod(method),
            9 => What::KillContract(method),
            _ => What::EndMethod(method),
        };
        let at = match self.random.weighed(&[2, 6, 2]) {
            0 => 0,
            1 => self.random.between(20, 900),
            _ => self.random.between(900, 2500),
        };
        Event {
            at: Duration::from_millis(at),
            what,
        }
    }
}

#[test]
fn a_seed_is_a_sequence() {
    assert_eq!(sequence(3), sequence(3));
    assert_ne!(sequence(3).steps, sequence(4).steps);
    let all: Vec<Sequence> = (0..500).map(sequence).collect();
    for each in &all {
        assert_eq!(each.cast.len(), 8);
        assert!((4..=8).contains(&each.steps.len()), "{each}");
        for step in &each.steps {
            assert!((1..=4).contains(&step.calls.len()), "{each}");
        }
    }
    // Every fault and every event is drawn.
    let text: String = all.iter().map(Sequence::to_string).collect();
    for word in [
        "delay",
        "hang 0",
        "hang-deaf",
        "hang-after",
        "killed-before",
        "killed-after",
        "killed-midway",
        "truncate",
        "garble",
        "flood 0",
        "flood-lines",
        "fail ",
        "fail-after",
        "lie",
        "svcprop#0",
        "Press",
        "Crash",
        "Pause",
        "Resume",
        "Save",
        "KillServer",
        "StopServer",
        "Deadlock",
        "KillMethod",
        "KillContract",
        "EndMethod",
    ] {
        assert!(text.contains(word), "{word}");
    }
}

#[test]
fn a_fault_is_read_back() {
    let mut drawer = Drawer {
        random: Random::new(1),
        up: vec![false; 8],
        may_hang: true,
    };
    for _ in 0..500 {
        let fault = drawer.fault();
        assert_eq!(fault.to_string().parse(), Ok(fault));
    }
}
