//! Where instances ended, and whether they should have.

use std::fmt;
use std::time::Duration;

use crate::config::schema::{ON_ABORTED, ON_SAVED};
use crate::simulation::host::{Event, Sim, SmfState, What};
use crate::simulation::rehearsal::instances::RehearsedInstance;
use crate::virtualbox::vm::VmState;

/// Where an instance should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Online, and its VM runs.
    Up,
    /// Disabled, and its VM is down.
    Down,
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Up => "online with its VM running",
            Self::Down => "disabled with its VM down",
        })
    }
}

/// A look at an instance.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    /// Where it should be.
    pub(crate) wanted: Wanted,
    /// What SMF says.
    pub(crate) smf: SmfState,
    /// What VirtualBox says; nothing, where it knows no such VM.
    pub(crate) vm: Option<VmState>,
    /// How long it took to get there.
    pub(crate) took: Duration,
}

impl Look {
    /// Whether it is where it should be.
    fn is_good(&self, actor: &RehearsedInstance) -> bool {
        match self.wanted {
            Wanted::Up => {
                self.smf == SmfState::Online && self.vm.as_ref().is_some_and(|vm| is_up(vm, actor))
            }
            Wanted::Down => self.smf == SmfState::Disabled && self.vm.as_ref().is_some_and(is_down),
        }
    }
}

/// `online with its VM running`
impl fmt::Display for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.vm {
            Some(vm) => write!(f, "{} with its VM {}", self.smf, vm.human_words()),
            None => write!(f, "{} without a VM", self.smf),
        }
    }
}

/// Running, or left as it was where its properties say so.
fn is_up(vm: &VmState, actor: &RehearsedInstance) -> bool {
    let left = |property: &crate::config::schema::Property| {
        actor.seen.value(property.group, property.name) == Some("leave")
    };
    *vm == VmState::Running
        || matches!(vm, VmState::Saved | VmState::AbortedSaved) && left(&ON_SAVED)
        || *vm == VmState::Aborted && left(&ON_ABORTED)
}

fn is_down(vm: &VmState) -> bool {
    matches!(
        vm,
        VmState::PowerOff
            | VmState::Saved
            | VmState::Aborted
            | VmState::AbortedSaved
            | VmState::Teleported
    )
}

/// How it ended for an instance.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// The instance.
    pub(crate) actor: RehearsedInstance,
    /// Where it was after each part of the story; the last one counts, and every one that is not good.
    pub(crate) looks: Vec<Look>,
    /// What is wrong with the end: sentences without a full stop.
    pub(crate) troubles: Vec<String>,
}

impl Outcome {
    /// Judges the end.
    pub(super) fn new(
        sim: &Sim,
        events: &[Event],
        actor: RehearsedInstance,
        looks: Vec<Look>,
        cut_off: bool,
    ) -> Self {
        let mut troubles = Vec::new();
        if let Some(look) = looks.iter().find(|look| !look.is_good(&actor)) {
            troubles.push(format!("ended {look}, should be {}", look.wanted));
        }
        if cut_off {
            troubles.push("its VM was still running when the host powered off".to_owned());
        }
        if looks.last().is_some_and(|look| look.wanted == Wanted::Down)
            && sim.processes(&actor.user, &actor.vm) > 0
        {
            troubles.push("a VM process is still running".to_owned());
        }
        if let Some(hazard) = hazard(events, &actor) {
            troubles.push(format!("harmful with the real VirtualBox: {hazard}"));
        }
        Self {
            actor,
            looks,
            troubles,
        }
    }

    /// Whether the instance ended where it should.
    pub(crate) fn is_good(&self) -> bool {
        self.troubles.is_empty()
    }
}

/// The first hazard that is about an instance's VM, or its owner's VirtualBox.
fn hazard<'e>(events: &'e [Event], actor: &RehearsedInstance) -> Option<&'e str> {
    events.iter().find_map(|event| match &event.what {
        What::Hazard(told) if is_about(event, actor) => Some(told.as_str()),
        _ => None,
    })
}

/// Whether something that happened to a VM, or to a user's VirtualBox, concerns an instance.
pub(super) fn is_about(event: &Event, actor: &RehearsedInstance) -> bool {
    match &event.owner {
        Some(owner) => *owner == actor.user && event.subject == actor.vm,
        None => event.subject == actor.user,
    }
}
