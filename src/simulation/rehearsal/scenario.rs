//! The stories that a rehearsal plays, each with all instances of a manifest.

use std::time::Duration;

use clap::ValueEnum;

use super::notes::notes;
use super::outcome::{Look, Outcome, Wanted};
use super::startd::{Common, Program, Startd};
use crate::engine;
use crate::failure::Failure;
use crate::simulation::host::{Event, Fault, Guest, Sim, Slot, SmfState, Task, What};
use crate::simulation::rehearsal::assigned::Assigned;
use crate::simulation::rehearsal::instances::{Instances, RehearsedInstance, cast};
use crate::simulation::rehearsal::progress::Progress;
use crate::virtualbox::vm::VmState;

/// How long the VMs run between start and stop, at the least.
const LIFE: Duration = Duration::from_mins(1);
/// After the last method, and after what a guest does: time for what it left behind to end.
const AFTERMATH: Duration = Duration::from_secs(1);
/// When an instance is disabled whose start method runs, after it was enabled: sooner than any VM is up.
const EARLY: Duration = Duration::from_millis(200);
/// When the guest is stuck that cannot run.
const TRIPLE: Duration = Duration::from_secs(2);

/// A story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// Import, enable, a minute of life, disable
    Life,
    /// The host comes up: all instances start at the same moment
    Boot,
    /// svcadm disable of instances whose VMs run
    Disable,
    /// svcadm disable of instances whose start methods still run, or wait for their delay
    DisableEarly,
    /// svcadm restart of instances whose VMs run
    Restart,
    /// Starts fail, for want of memory or by --fault; svcadm clear before and after the cause is mended
    Clear,
    /// svccfg delete -f of instances that are online, and of instances that are being disabled; each is imported again
    Delete,
    /// The host goes down: dependents first, with a limit where --shutdown-limit says so
    Shutdown,
}

impl Scenario {
    /// Every story, in the order in which `--all` shows them.
    pub(crate) fn all() -> &'static [Self] {
        Self::value_variants()
    }

    /// Its word on the command line and in JSON.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Life => "life",
            Self::Boot => "boot",
            Self::Disable => "disable",
            Self::DisableEarly => "disable-early",
            Self::Restart => "restart",
            Self::Clear => "clear",
            Self::Delete => "delete",
            Self::Shutdown => "shutdown",
        }
    }
}

/// What is to be played, and with what going wrong.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    /// The story.
    pub(crate) scenario: Scenario,
    /// What guests do; the others are off 2 s after the power button.
    pub(crate) guests: Vec<Assigned<Guest>>,
    /// What is wrong.
    pub(crate) faults: Vec<Assigned<Fault>>,
    /// How long a host that goes down waits for its services.
    pub(crate) shutdown_limit: Option<Duration>,
    /// What is to be said first: about what, and what.
    pub(crate) notes: Vec<(String, String)>,
}

impl Script {
    /// How long this story's host waits.
    fn limit(&self) -> Option<Duration> {
        self.shutdown_limit
            .filter(|_| self.scenario == Scenario::Shutdown)
    }

    /// A story in which nothing goes wrong.
    pub(crate) fn of(scenario: Scenario) -> Self {
        Self {
            scenario,
            guests: Vec::new(),
            faults: Vec::new(),
            shutdown_limit: None,
            notes: Vec::new(),
        }
    }
}

/// A story that was played.
#[derive(Debug, Clone)]
pub(crate) struct Played {
    /// Which one.
    pub(crate) scenario: Scenario,
    /// Everything that happened.
    pub(crate) events: Vec<Event>,
    /// The instances, in the order of the manifest.
    pub(crate) outcomes: Vec<Outcome>,
}

/// Plays a story with the instances of a manifest, which is given as its text.
///
/// # Errors
/// The manifest holds nothing that can be rehearsed.
pub(crate) fn play(text: &str, script: &Script) -> Result<Played, Failure> {
    play_with(text, script, &engine::method::run)
}

fn play_with(text: &str, script: &Script, program: Program<'_>) -> Result<Played, Failure> {
    play_on(&Sim::new(), text, script, program)
}

fn play_on(
    sim: &Sim,
    text: &str,
    script: &Script,
    program: Program<'_>,
) -> Result<Played, Failure> {
    for (about, note) in &script.notes {
        sim.tell(about, What::Note(note.clone()));
    }
    let cast = cast(sim, text, &script.guests, &script.faults)?;
    for actor in &cast.actors {
        for note in notes(actor, script.limit()) {
            sim.tell(&actor.subject, What::Note(note));
        }
    }
    let (looks, cut_off) = perform(sim, &cast, script, program);
    let events = sim.events();
    let ends = cast.actors.into_iter().zip(looks).zip(cut_off);
    let outcomes = ends
        .map(|((actor, looks), cut_off)| Outcome::new(sim, &events, actor, looks, cut_off))
        .collect();
    Ok(Played {
        scenario: script.scenario,
        events,
        outcomes,
    })
}

/// Each instance's looks, and whether its VM was up when the host went off.
type Ends = (Vec<Vec<Look>>, Vec<bool>);

fn perform(sim: &Sim, cast: &Instances<'_>, script: &Script, program: Program<'_>) -> Ends {
    let begin = match script.scenario {
        Scenario::Life | Scenario::Boot | Scenario::DisableEarly | Scenario::Clear => {
            SmfState::Disabled
        }
        Scenario::Disable | Scenario::Restart | Scenario::Delete | Scenario::Shutdown => {
            SmfState::Online
        }
    };
    let board = Progress::new(vec![begin; cast.actors.len()]);
    let common = Common {
        program,
        board: &board,
        relations: &cast.relations,
    };
    let actors = cast.actors.iter().enumerate();
    let mut stage = Playing {
        sim,
        board: &board,
        actors: &cast.actors,
        looks: vec![Vec::new(); cast.actors.len()],
        instances: actors
            .map(|(who, actor)| Startd::new(actor.fmri.clone(), who, begin, common))
            .collect(),
    };
    let events = cast
        .actors
        .iter()
        .filter_map(|actor| own_event(actor.guest));
    let event = events.max().map_or(Duration::ZERO, |at| at + AFTERMATH);
    if begin == SmfState::Online {
        cast.are_up(sim);
        sim.repository(|repository| {
            for actor in &cast.actors {
                repository.set_enabled(&actor.fmri, true);
            }
        });
        sim.pass(event);
    }
    cast.faults_begin(sim);
    let mut cut_off = vec![false; cast.actors.len()];
    match script.scenario {
        Scenario::Life => {
            stage.start();
            sim.pass(LIFE.max(event));
            stage.all(Wanted::Down, Startd::disable);
            sim.pass(AFTERMATH);
        }
        Scenario::Boot => {
            stage.start();
            sim.pass(LIFE.max(event));
            stage.look_again();
        }
        Scenario::Disable => {
            stage.all(Wanted::Down, Startd::disable);
            sim.pass(AFTERMATH);
        }
        Scenario::DisableEarly => {
            let at = sim.now() + EARLY;
            for actor in &cast.actors {
                sim.svcadm_at(at, &actor.fmri, false);
            }
            stage.are_offline();
            stage.all(Wanted::Down, |instance, turn| {
                instance.enable_and_disable(turn, at);
            });
            sim.pass(AFTERMATH);
        }
        Scenario::Restart => {
            stage.all(Wanted::Up, Startd::restart);
            sim.pass(AFTERMATH);
        }
        Scenario::Clear => {
            if script.faults.is_empty() {
                cast.memory_is_short();
            }
            stage.are_offline();
            stage.on_the_way(Startd::enable);
            // Too early: svc.startd gives one more try, not three.
            stage.are_cleared();
            stage.on_the_way(Startd::clear);
            cast.faults_end(sim);
            stage.are_cleared();
            stage.all(Wanted::Up, Startd::clear);
            sim.pass(LIFE.max(event));
            stage.look_again();
        }
        Scenario::Delete => {
            stage.on_the_way(Startd::delete);
            sim.pass(LIFE);
            stage.are_offline();
            stage.on_the_way(Startd::import_again);
            stage.on_the_way(Startd::disable_and_delete);
            sim.pass(LIFE);
            stage.are_offline();
            stage.all(Wanted::Up, Startd::import_again);
            sim.pass(AFTERMATH);
            stage.look_again();
        }
        Scenario::Shutdown => {
            let end = script.limit().map(|limit| sim.now() + limit);
            // Written down before anything is stopped.
            sim.run_level_at(sim.now(), '5');
            stage.all(Wanted::Down, |instance, turn| instance.shut_down(turn, end));
            // A moment for what VirtualBox has not quite ended, where there is one.
            if end.is_none_or(|end| sim.now() < end) {
                sim.pass(AFTERMATH);
            }
            let up = |actor: &RehearsedInstance| sim.processes(&actor.user, &actor.vm) > 0;
            cut_off = cast.actors.iter().map(up).collect();
            sim.tell("host", What::Note("the host powers off".to_owned()));
            sim.cut_power();
            stage.look_again();
        }
    }
    (stage.looks, cut_off)
}

/// When a guest does something by itself, counted from its start.
fn own_event(guest: Guest) -> Option<Duration> {
    match guest {
        Guest::OffByItself(after) | Guest::Crash(after) => Some(after),
        Guest::Triple => Some(TRIPLE),
        Guest::Acpi | Guest::Slow(_) | Guest::Deaf => None,
    }
}

/// The instances, and what was seen of them.
struct Playing<'a> {
    sim: &'a Sim,
    board: &'a Progress,
    actors: &'a [RehearsedInstance],
    instances: Vec<Startd<'a>>,
    looks: Vec<Vec<Look>>,
}

impl<'a> Playing<'a> {
    /// All instances are enabled at once, whatever the manifest says.
    fn start(&mut self) {
        self.are_offline();
        self.all(Wanted::Up, Startd::enable);
    }

    /// Nobody takes another one for disabled that only had no turn yet.
    fn are_offline(&self) {
        for who in 0..self.actors.len() {
            self.board.put(who, SmfState::Offline);
        }
    }

    /// Nobody takes another one for stuck that only had no turn yet.
    fn are_cleared(&self) {
        for (who, instance) in self.instances.iter().enumerate() {
            if instance.state() == SmfState::Maintenance || instance.state() == SmfState::Offline {
                self.board.put(who, SmfState::Offline);
            }
        }
    }

    /// Does something with all instances at once, and looks where it led.
    fn all(&mut self, wanted: Wanted, what: impl Fn(&mut Startd<'a>, &Slot) + Sync) {
        self.each(Some(wanted), what);
    }

    /// The same in the middle of a story, where nobody is yet where it should be.
    fn on_the_way(&mut self, what: impl Fn(&mut Startd<'a>, &Slot) + Sync) {
        self.each(None, what);
    }

    fn each(&mut self, wanted: Option<Wanted>, what: impl Fn(&mut Startd<'a>, &Slot) + Sync) {
        let (sim, board, begin) = (self.sim, self.board, self.sim.now());
        self.board.begin(self.actors.len());
        let what = &what;
        let places = self.instances.iter_mut().zip(self.actors);
        let tasks = places
            .zip(&mut self.looks)
            .map(|((instance, actor), looks)| Task {
                key: actor.subject.clone(),
                at: begin,
                body: Box::new(move |turn: &Slot| {
                    what(instance, turn);
                    looks.extend(wanted.map(|wanted| Look {
                        wanted,
                        smf: instance.state(),
                        vm: vm(sim, actor),
                        took: turn.now().saturating_sub(begin),
                    }));
                    board.leave(turn);
                }),
            });
        sim.perform(tasks.collect());
    }

    /// Looks again after a while: VMs change without SMF.
    fn look_again(&mut self) {
        for (looks, actor) in self.looks.iter_mut().zip(self.actors) {
            let Some(last) = looks.last() else { continue };
            let now = vm(self.sim, actor);
            if last.vm != now {
                let last = last.clone();
                looks.push(Look { vm: now, ..last });
            }
        }
    }
}

fn vm(sim: &Sim, actor: &RehearsedInstance) -> Option<VmState> {
    sim.state(&actor.user, &actor.vm)
}

#[cfg(test)]
mod tests;
