//! What a guest has is not lost, and nothing else is left behind.

use super::Cause;
use crate::simulation::host::{Accident, Fault, What};
use crate::simulation::rehearsal::storms::seen::Seen;
use crate::virtualbox::vm::{Intent, VmState};

/// Whoever ran goes on, is saved, turned itself off, or there is somebody who ended it.
pub(super) fn guests(seen: &Seen) -> Vec<String> {
    let mut broken = Vec::new();
    for (who, instance) in seen.storm.instances.iter().enumerate() {
        for end in seen.guest_ends(who) {
            if end.cause == Cause::Unexplained {
                let (name, at) = (&instance.name, end.at);
                broken.push(format!("{name}: {} to {} at {at:?}", end.from, end.to));
            }
        }
    }
    broken
}

/// `poweroff` and the like are for a stop whose method or fallback says so, and for a guest that is dead; a saved state is
/// discarded where `vm/on_saved` says so.
pub(super) fn commands(seen: &Seen) -> Vec<String> {
    let mut broken = Vec::new();
    for (who, instance) in seen.storm.instances.iter().enumerate() {
        for (at, command) in seen.commands(who) {
            let words: Vec<&str> = command.line.split(' ').collect();
            let (stop, intent) = (
                instance.may_lose(),
                seen.method_at(who, at).map(|method| method.intent),
            );
            let is_dead = || seen.state_before(who, at) == VmState::GuruMeditation;
            let told = match words.as_slice() {
                ["VBoxManage", "controlvm", _, "poweroff"]
                | ["VBoxManage", "startvm", _, "--type", "emergencystop"] => match intent {
                    Some(Intent::Stop) => stop || is_dead(),
                    Some(Intent::Start) => instance.property("on_stuck") == "restart" && is_dead(),
                    None => false,
                },
                ["VBoxManage", "discardstate", ..] => {
                    intent == Some(Intent::Start) && instance.property("on_saved") == "discard"
                }
                ["VBoxManage", "controlvm", _, "reset"] | ["VBoxManage", "unregistervm", ..] => {
                    false
                }
                _ => true,
            };
            if !told {
                broken.push(format!("{}: {} at {at:?}", instance.name, command.line));
            }
        }
    }
    broken
}

/// A state that was saved is there until it is restored, or discarded as told.
pub(super) fn saved_states(seen: &Seen) -> Vec<String> {
    let mut broken = Vec::new();
    for (who, instance) in seen.storm.instances.iter().enumerate() {
        let is_saved = |state: &VmState| matches!(state, VmState::Saved | VmState::AbortedSaved);
        for change in seen.changes(who) {
            let is_lost = match (change.from, change.to) {
                (from, VmState::Restoring) => !is_saved(from),
                (VmState::Restoring, to) => !is_saved(to) && *to != VmState::Running,
                (from, to) => is_saved(from) && !is_saved(to),
            };
            let discarded = || {
                let mut orders = seen.orders(who, change.at);
                orders.any(|command| command.line.contains(" discardstate "))
            };
            // VirtualBox's server alone knew it.
            let unwritten = || {
                let mut happened = seen.happened_to(who);
                instance.has(Fault::StateNotWritten)
                    && happened.any(|h| h.at == change.at && h.what == Accident::KillServer)
            };
            if is_lost && !discarded() && !unwritten() {
                let (name, at) = (&instance.name, change.at);
                broken.push(format!(
                    "{name}: {} to {} at {at:?}",
                    change.from, change.to
                ));
            }
        }
        let last = seen.looks.iter().rev().find(|look| look.who == who);
        if let Some(look) = last
            && is_saved(&look.vm.state)
            && !is_saved(&look.vm.written)
        {
            broken.push(format!(
                "{}: it is saved, and its settings file says {}",
                instance.name, look.vm.written
            ));
        }
    }
    broken
}

pub(super) fn processes(seen: &Seen) -> Vec<String> {
    let mut broken = Vec::new();
    for event in &seen.events {
        if let What::Hazard(told) = &event.what {
            broken.push(format!("{}: {told} at {:?}", event.subject, event.at));
        }
    }
    let locks = seen
        .locks
        .iter()
        .map(|user| format!("{user}'s lock is held"));
    broken.extend(locks);
    let programs = seen
        .programs
        .iter()
        .map(|line| format!("it runs still: {line}"));
    broken.extend(programs);
    broken
}
