//! The story that a rehearsal plays: import, enable, a minute of life, disable.

use std::collections::BTreeSet;
use std::time::Duration;

use super::exec::{self, Run};
use super::import::import;
use super::startd::{Program, Startd, State};
use crate::commands;
use crate::failure::{Failure, Kind};
use crate::fmri::InstanceFmri;
use crate::host::FileKind;
use crate::host::sim::{Event, Sim, Task, Turn, What};
use crate::manifest::model::ServiceBundle;
use crate::vm::{Intent, VmState};

/// How long the VMs run between start and stop.
const LIFE: Duration = Duration::from_mins(1);
/// After the last method: time for what it left behind to end.
const AFTERMATH: Duration = Duration::from_secs(1);

/// An instance in the story.
#[derive(Debug, Clone)]
pub(crate) struct Actor {
    /// Its FMRI.
    pub(crate) fmri: InstanceFmri,
    /// What its VM is found by.
    pub(crate) vm: String,
    /// Whose VM it is.
    pub(crate) user: String,
}

/// How it ended for an instance.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// The instance.
    pub(crate) actor: Actor,
    /// After the start.
    pub(crate) started: State,
    /// The VM after the start.
    pub(crate) vm_started: Option<VmState>,
    /// How long the start took, all its tries together.
    pub(crate) start_took: Duration,
    /// After the stop.
    pub(crate) stopped: State,
    /// How long the stop took, all its tries together.
    pub(crate) stop_took: Duration,
    /// The VM at the end.
    pub(crate) vm_state: Option<VmState>,
    /// A process of the VM is left.
    pub(crate) left_over: bool,
    /// Something went well that does harm on real VirtualBox.
    pub(crate) hazard: Option<String>,
}

impl Outcome {
    /// Whether the instance ended where it should: up after the start, down after the stop.
    pub(crate) fn is_good(&self) -> bool {
        let down = matches!(
            self.vm_state,
            Some(
                VmState::PowerOff
                    | VmState::Saved
                    | VmState::Aborted
                    | VmState::AbortedSaved
                    | VmState::Teleported
            )
        );
        self.started == State::Online
            && self.vm_started == Some(VmState::Running)
            && self.stopped == State::Disabled
            && down
            && !self.left_over
            && self.hazard.is_none()
    }
}

/// A story that was played.
#[derive(Debug, Clone)]
pub(crate) struct Played {
    /// Everything that happened.
    pub(crate) events: Vec<Event>,
    /// The instances, in the order of the manifest.
    pub(crate) outcomes: Vec<Outcome>,
}

/// Plays the story with the instances of a manifest.
///
/// # Errors
/// The manifest holds nothing that can be rehearsed.
pub(crate) fn play(bundle: &ServiceBundle) -> Result<Played, Failure> {
    play_with(bundle, &commands::method::run)
}

fn play_with(bundle: &ServiceBundle, program: Program<'_>) -> Result<Played, Failure> {
    let sim = Sim::new();
    let actors = cast(&sim, bundle)?;
    let mut instances: Vec<Startd<'_>> = actors
        .iter()
        .map(|actor| Startd::new(actor.fmri.clone(), program))
        .collect();

    let starts = all(&sim, &actors, &mut instances, Startd::enable);
    sim.pass(LIFE);
    let stops = all(&sim, &actors, &mut instances, Startd::disable);
    sim.pass(AFTERMATH);

    let events = sim.events();
    let outcomes = actors.into_iter().zip(starts).zip(stops);
    let outcomes = outcomes.map(|((actor, start), stop)| Outcome {
        started: start.smf,
        vm_started: start.vm,
        start_took: start.took,
        stopped: stop.smf,
        stop_took: stop.took,
        vm_state: sim.state(&actor.user, &actor.vm),
        left_over: sim.processes(&actor.user, &actor.vm) > 0,
        hazard: hazard(&events, &actor),
        actor,
    });
    Ok(Played {
        outcomes: outcomes.collect(),
        events,
    })
}

/// The first hazard that is about an instance's VM, or its owner's VirtualBox.
fn hazard(events: &[Event], actor: &Actor) -> Option<String> {
    events.iter().find_map(|event| match &event.what {
        What::Hazard(told) if event.subject == actor.vm || event.subject == actor.user => {
            Some(told.clone())
        }
        _ => None,
    })
}

/// Imports the manifest, and registers the VMs that it names.
fn cast(sim: &Sim, bundle: &ServiceBundle) -> Result<Vec<Actor>, Failure> {
    let imported = sim.repository(|repository| import(repository, bundle))?;
    let mut actors = Vec::new();
    let mut registered = BTreeSet::new();
    for (fmri, enabled) in imported {
        let seen = sim.repository(|repository| repository.running(&fmri));
        let seen = seen.unwrap_or_default();
        for intent in [Intent::Start, Intent::Stop] {
            let method = exec::method(&seen, &fmri, intent);
            if let Ok(Run::Another(exec)) = method.map(|method| method.run) {
                let told = format!("the {intent} method of {fmri} is not vbox-smf but '{exec}'");
                return Err(Failure::told(Kind::Config, told)
                    .hinted("only instances of this program can be rehearsed"));
            }
        }
        // Where a method cannot be expanded, svc.startd says so in its time.
        let user = exec::method(&seen, &fmri, Intent::Start).map(|method| method.user);
        let vm = seen.value("vm", "name").unwrap_or(fmri.instance().as_str());
        let actor = Actor {
            vm: vm.to_owned(),
            user: user.unwrap_or_default(),
            fmri,
        };
        let whether = if enabled { "enabled" } else { "disabled" };
        sim.tell(
            &actor.fmri.to_string(),
            What::Smf(format!("imported, {whether}")),
        );
        // VirtualBox is installed where the manifest says that it is.
        if let Some(path) = seen.value("virtualbox", "vboxmanage") {
            sim.file(path, FileKind::File, 0, 0o755);
        }
        if registered.insert((actor.user.clone(), actor.vm.clone())) {
            sim.vm(&actor.user, &actor.vm);
        }
        actors.push(actor);
    }
    if actors.is_empty() {
        return Err(Failure::told(Kind::Config, "the manifest has no instance"));
    }
    Ok(actors)
}

/// What something led to for an instance.
struct Step {
    smf: State,
    vm: Option<VmState>,
    took: Duration,
}

/// Does something with all instances at once.
fn all<'p>(
    sim: &Sim,
    actors: &[Actor],
    instances: &mut [Startd<'p>],
    what: impl Fn(&mut Startd<'p>, &Turn) + Sync,
) -> Vec<Step> {
    let begin = sim.now();
    let mut steps: Vec<Option<Step>> = instances.iter().map(|_| None).collect();
    let what = &what;
    let places = instances.iter_mut().zip(actors).zip(&mut steps);
    let tasks = places.map(|((instance, actor), step)| Task {
        key: actor.fmri.to_string(),
        at: begin,
        body: Box::new(move |turn: &Turn| {
            what(instance, turn);
            *step = Some(Step {
                smf: instance.state(),
                vm: sim.state(&actor.user, &actor.vm),
                took: turn.now().saturating_sub(begin),
            });
        }),
    });
    sim.perform(tasks.collect());
    steps.into_iter().flatten().collect()
}
