//! Plays a storm: simulated SMF and VirtualBox, the real methods, and a witness who asks neither.

use std::collections::BTreeMap;
use std::time::Duration;

use super::recorder::Recorder;
use super::seen::{Look, Seen};
use super::storm::{Instance, Order, Step, Storm};
use crate::host::Host;
use crate::simulation::host::stage::Vm;
use crate::simulation::host::{Doom, Fault, Sim, Slot, SmfState, Task};
use crate::simulation::rehearsal::depends::Relations;
use crate::simulation::rehearsal::progress::Progress;
use crate::simulation::rehearsal::startd::{Common, Program, Request, Startd};
use crate::smf::fmri::{DEFAULT_SERVICE, InstanceFmri};
use crate::text::log::Log;
use crate::virtualbox::vm::VmState;

/// For the last step, in which nothing goes wrong: the limits of both methods, in seconds.
pub(super) const PATIENT: u64 = 600;
/// So long nothing happens before that: what VBoxSVC left when it died is gone, and svc.startd has forgotten the starts.
const CALM: Duration = Duration::from_hours(2);

pub(super) fn fmri(name: &str) -> InstanceFmri {
    let instance = name.parse().expect("a name");
    InstanceFmri::new(DEFAULT_SERVICE, instance).expect("an FMRI")
}

/// Plays it with these methods.
pub(super) fn play(storm: &Storm, program: Program<'_>) -> Seen {
    let sim = Sim::new();
    if storm.short_arguments {
        sim.short_arguments();
    }
    let vms: Vec<Vm<'_>> = storm
        .instances
        .iter()
        .map(|each| set_up(&sim, each))
        .collect();
    let witness = Recorder::new(&sim, storm, &vms);
    let watched = |host: &dyn Host, log: &Log<'_>, request: &Request| {
        witness.watch(host, log, request, program)
    };
    let board = Progress::new(vec![SmfState::Disabled; vms.len()]);
    let relations = Relations::default();
    let common = Common {
        program: &watched,
        board: &board,
        relations: &relations,
    };
    let instances = storm.instances.iter().enumerate().map(|(who, instance)| {
        let is_up = !matches!(
            instance.before,
            VmState::PowerOff | VmState::Saved | VmState::Aborted | VmState::AbortedSaved
        );
        let state = if is_up {
            SmfState::Online
        } else {
            SmfState::Disabled
        };
        Startd::new(fmri(&instance.name), who, state, common)
    });
    let mut play = Play {
        instances: instances.collect(),
        sim: &sim,
        storm,
        vms: &vms,
        board: &board,
        witness: &witness,
        looks: Vec::new(),
        no_repository: Vec::new(),
    };
    for step in &storm.steps {
        play.step(step);
    }
    let mended = play.finish();
    let (looks, no_repository) = (play.looks, play.no_repository);
    let uuids = vms.iter().map(|vm| vm.uuid()).collect();
    let methods = witness.methods();
    Seen {
        uuids,
        events: sim.events(),
        happened: sim.witness().happened,
        methods,
        looks,
        no_repository,
        locks: super::draw::OWNERS
            .iter()
            .filter(|owner| sim.lock_is_held(owner))
            .map(|owner| (*owner).to_owned())
            .collect(),
        programs: sim.programs(),
        mended,
        storm: storm.clone(),
    }
}

fn set_up<'s>(sim: &'s Sim, instance: &Instance) -> Vm<'s> {
    let fmri = fmri(&instance.name);
    sim.repository(|repository| {
        let level = repository.instance_mut(&fmri);
        level.add_group("general");
        for (method, limit) in ["start", "stop"].into_iter().zip(instance.limits) {
            level.set(method, "exec", "astring", &["/lib/svc/method/vbox %m"]);
            level.set(method, "timeout_seconds", "count", &[&limit.to_string()]);
        }
        level.set("method_context", "user", "astring", &[instance.owner]);
        level.set("method_context", "use_profile", "boolean", &["false"]);
        for (name, value) in &instance.properties {
            let kind = match *name {
                "stop_timeout" | "start_delay" => "count",
                _ => "astring",
            };
            level.set("vm", name, kind, &[value]);
        }
    });
    let mut vm = sim
        .vm(instance.owner, &instance.name)
        .guest(instance.guest)
        .saving_time(instance.saving)
        .lingers(instance.lingers)
        .state(instance.before.clone());
    if instance.additions {
        vm = vm.with_additions();
    }
    for fault in &instance.faults {
        if *fault == Fault::MethodHangs {
            sim.hang_methods_of(&fmri.to_string());
        }
        vm = vm.fault(*fault);
    }
    vm
}

struct Play<'a> {
    sim: &'a Sim,
    storm: &'a Storm,
    vms: &'a [Vm<'a>],
    board: &'a Progress,
    witness: &'a Recorder<'a>,
    instances: Vec<Startd<'a>>,
    looks: Vec<Look>,
    no_repository: Vec<(Duration, Duration)>,
}

impl Play<'_> {
    fn step(&mut self, step: &Step) {
        let begin = self.sim.now();
        for &(who, at, what) in &step.accidents {
            self.vms[who].accident(begin + at, what);
        }
        for &(who, doom, reach) in &step.dooms {
            let doom = match doom {
                Doom::At(at) => Doom::At(begin + at),
                doom @ Doom::Question(_) => doom,
            };
            let subject = fmri(&self.storm.instances[who].name).to_string();
            self.sim.doom(&subject, doom, reach);
        }
        if let Some((at, time)) = step.no_repository {
            let span = (begin + at, begin + at + time);
            self.sim.repository_goes(span.0, span.1);
            self.no_repository.push(span);
        }
        if let Some(at) = step.goes_down {
            self.sim.run_level_at(begin + at, '5');
        }
        self.witness.plans(&step.plans);
        self.orders(&step.orders, begin);
        self.sim.pass(step.pause);
        self.look();
    }

    fn orders(&mut self, orders: &[(usize, Duration, Order)], begin: Duration) {
        self.board.begin(orders.len());
        for &(who, at, order) in orders {
            if let Order::UpAndDown(after) = order {
                let fmri = fmri(&self.storm.instances[who].name);
                self.sim.svcadm_at(begin + at + after, &fmri, false);
            }
        }
        let (storm, board) = (self.storm, self.board);
        let instances = self.instances.iter_mut().enumerate();
        let tasks = instances.filter_map(|(who, startd)| {
            let &(_, at, order) = orders.iter().find(|(of, ..)| *of == who)?;
            Some(Task {
                key: storm.instances[who].name.clone(),
                at: begin + at,
                body: Box::new(move |turn: &Slot| {
                    let fmri = fmri(&storm.instances[who].name);
                    follow(startd, turn, order, &fmri);
                    board.leave(turn);
                }),
            })
        });
        self.sim.perform(tasks.collect());
    }

    fn look(&mut self) {
        let at = self.sim.now();
        for (who, (startd, vm)) in self.instances.iter().zip(self.vms).enumerate() {
            self.looks.push(Look {
                who,
                at,
                methods: self.witness.count(),
                smf: startd.state(),
                vm: vm.truth(),
            });
        }
    }

    /// Nothing goes wrong any more, and there is time: everything is started, then stopped. Says when that began.
    fn finish(&mut self) -> Duration {
        self.witness.plans(&BTreeMap::new());
        // What is still to happen happens.
        self.sim.pass(CALM);
        for (instance, vm) in self.storm.instances.iter().zip(self.vms) {
            vm.mend_all();
            self.sim.repository(|repository| {
                let level = repository.instance_mut(&fmri(&instance.name));
                let patient = PATIENT.to_string();
                for method in ["start", "stop"] {
                    level.set(method, "timeout_seconds", "count", &[&patient]);
                }
                level.set("vm", "stop_timeout", "count", &[&patient]);
            });
        }
        self.sim.pass(CALM);
        let mended = self.sim.now();
        for order in [Order::Up, Order::Down] {
            let begin = self.sim.now();
            let all = (0..self.vms.len()).map(|who| (who, Duration::ZERO, order));
            self.orders(&all.collect::<Vec<_>>(), begin);
            self.sim.pass(Duration::from_secs(1));
            self.look();
        }
        self.sim.pass(CALM);
        mended
    }
}

fn follow(startd: &mut Startd<'_>, turn: &Slot, order: Order, fmri: &InstanceFmri) {
    match order {
        // Nothing happens to what is enabled already.
        Order::Up if startd.state() == SmfState::Online => {}
        Order::Up if startd.state() == SmfState::Maintenance => {
            turn.set_enabled(fmri, true);
            startd.clear(turn);
        }
        Order::Up => startd.enable(turn),
        Order::Down => startd.disable(turn),
        Order::Restart => startd.restart(turn),
        Order::UpAndDown(after) => {
            let at = turn.now() + after;
            if startd.state() == SmfState::Online {
                while turn.now() < at {
                    turn.park(Some(at));
                }
                startd.disable(turn);
            } else {
                startd.enable_and_disable(turn, at);
            }
        }
    }
}
