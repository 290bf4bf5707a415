//! A step as it is played: the methods at once, the events in their time, and what is seen meanwhile.

use std::fs;
use std::time::{Duration, Instant};

use super::cure::Cure;
use super::invariants::GRACE;
use super::seen::{Left, Look, MethodSeen, Program, StepSeen, VmSeen};
use super::sequence::{Call, Plan, Sequence, Step, Verb, What};
use super::stage::{Stage, pause};
use crate::real::rig::Running;

mod event;
mod left;

/// Between two looks at `/proc`.
const SAMPLE: Duration = Duration::from_millis(250);

/// A step under way.
pub(super) struct Play<'a> {
    stage: &'a Stage<'a>,
    sequence: &'a Sequence,
    began: Instant,
    methods: Vec<Method>,
    over: Vec<MethodSeen>,
    elsewhere: Vec<Running>,
    happened: Vec<What>,
    vms: Vec<VmSeen>,
    /// When VBoxSVC was killed or stopped.
    server: Option<Instant>,
    still: Vec<(u32, Option<Instant>)>,
    left: Left,
}

struct Method {
    call: Call,
    /// Its number in the step.
    number: usize,
    running: Running,
    began: Instant,
    plan: String,
    signalled: bool,
    /// It is run again when it is over.
    again: bool,
}

impl<'a> Play<'a> {
    /// A step that follows on `before`, which says of each VM how it is, and whether it is about to end.
    pub(super) fn new(stage: &'a Stage<'a>, sequence: &'a Sequence, before: &[VmSeen]) -> Self {
        let vms = before.iter().zip(&stage.uuids).map(|(vm, uuid)| {
            let up = !vm.after.processes.is_empty();
            VmSeen {
                uuid: uuid.clone(),
                before: vm.after.clone(),
                most_processes: vm.after.processes.len(),
                // A slow guest goes off later.
                pressed: vm.pressed && (up || vm.after.is_saved()),
                ..VmSeen::default()
            }
        });
        Self {
            stage,
            sequence,
            began: Instant::now(),
            methods: Vec::new(),
            over: Vec::new(),
            elsewhere: Vec::new(),
            happened: Vec::new(),
            vms: vms.collect(),
            server: None,
            still: Vec::new(),
            left: Left::default(),
        }
    }

    /// Plays it to its end, and until all is at rest.
    pub(super) fn play(mut self, step: &Step) -> StepSeen {
        for (number, call) in step.calls.iter().enumerate() {
            self.begin(number, call.clone());
        }
        let mut events = step.events.clone();
        events.reverse();
        let mut sampled = Instant::now();
        while !self.methods.is_empty() {
            while let Some(event) = events.pop_if(|event| event.at <= self.began.elapsed()) {
                self.happen(event);
            }
            self.wake_servers(false);
            if sampled.elapsed() >= SAMPLE {
                self.sample();
                sampled = Instant::now();
            }
            self.reap();
            pause(Duration::from_millis(8));
        }
        self.wake_servers(true);
        self.end_elsewhere();
        self.see_what_is_left();
        // One that stands still is there to be found; one that was killed may come again.
        let mut cure = if self.happened.contains(&What::Deadlock) {
            Some(Cure::of_what_stands_still(self.stage))
        } else if self.happened.contains(&What::KillServer) {
            Cure::if_needed(self.stage)
        } else {
            None
        };
        for method in &self.over {
            let presses = self.sequence.cast[method.vm].presses() && method.verb == Verb::Stop;
            self.vms[method.vm].pressed |= presses;
        }
        let before: Vec<Look> = self.vms.iter().map(|vm| vm.before.clone()).collect();
        let looks = self.stage.looks(&before).unwrap_or_else(|| {
            self.happened.push(What::StandsStill);
            self.all_are_shot();
            cure = Some(Cure::of_what_stands_still(self.stage));
            let looks = self.stage.looks(&before);
            looks.unwrap_or_else(|| panic!("VirtualBox gives no answer, after {cure:?}"))
        });
        for (vm, look) in self.vms.iter_mut().zip(looks) {
            vm.after = look;
        }
        StepSeen {
            methods: self.over,
            happened: self.happened,
            vms: self.vms,
            left: self.left,
            cure,
            clean: false,
            user: self.stage.user.name.to_owned(),
        }
    }

    fn begin(&mut self, number: usize, call: Call) {
        let user = &self.stage.user;
        let plan = format!(
            "{}.plan",
            fs::read_dir(self.stage.plans()).map_or(0, Iterator::count)
        );
        let path = self.stage.plans().join(&plan);
        fs::write(&path, call.plan.to_string()).expect("to write a plan");
        let name = self.sequence.cast[call.vm].name;
        let running = user
            .method(name, call.verb.word())
            .env("RIG_FAULTS", format!("{}/plans/{plan}", user.home()))
            .within(Duration::from_secs(600))
            .spawn();
        self.methods.push(Method {
            call,
            number,
            running,
            began: Instant::now(),
            plan,
            signalled: false,
            again: false,
        });
    }

    /// Takes the methods that are over, and begins those again that are to be.
    fn reap(&mut self) {
        let mut at = 0;
        while at < self.methods.len() {
            let limit = self.limit(self.methods[at].call.verb);
            let method = &mut self.methods[at];
            let is_late = method.began.elapsed() > limit + GRACE;
            if is_late {
                method.running.signal(libc::SIGKILL);
            }
            if !is_late && !method.running.is_over() {
                at += 1;
                continue;
            }
            let method = self.methods.remove(at);
            let processes = self.stage.processes();
            let ended = Instant::now();
            let run = method.running.wait();
            if method.again {
                let again = Call {
                    plan: Plan::default(),
                    ..method.call.clone()
                };
                self.begin(method.number, again);
            }
            self.over.push(MethodSeen {
                vm: method.call.vm,
                verb: method.call.verb,
                code: run.code,
                signalled: method.signalled,
                took: run.took,
                limit,
                log: format!("{}{}", run.stdout, run.stderr),
                processes_at_end: processes[method.call.vm].len(),
                // What it does after its last look takes no time to speak of.
                after_server: self
                    .server
                    .is_some_and(|at| ended > at + Duration::from_millis(100)),
                programs: self.programs(&method.plan),
            });
        }
    }

    fn limit(&self, verb: Verb) -> Duration {
        let [start, stop] = self.sequence.limits;
        Duration::from_secs(match verb {
            Verb::Start => start,
            Verb::Stop => stop,
        })
    }

    fn programs(&self, plan: &str) -> Vec<Program> {
        let log = self.stage.plans().join(plan).with_extension("log");
        let text = fs::read_to_string(log).unwrap_or_default();
        text.lines()
            .map(|line| {
                let mut fields = line.split('\t').map(str::to_owned);
                Program {
                    tool: fields.next().unwrap_or_default(),
                    fault: fields.nth(1).filter(|fault| fault != "-"),
                    arguments: fields.collect(),
                }
            })
            .collect()
    }

    fn sample(&mut self) {
        let processes = self.stage.processes();
        for (vm, processes) in self.vms.iter_mut().zip(processes) {
            vm.most_processes = vm.most_processes.max(processes.len());
        }
    }
}
