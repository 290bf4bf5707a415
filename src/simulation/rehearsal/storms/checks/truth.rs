//! Exit 0 is a promise, and so is what SMF shows.

use std::time::Duration;

use super::{Cause, FRESH};
use crate::simulation::host::{Guest, SmfState, Truth};
use crate::simulation::rehearsal::storms::seen::{Look, MethodEnd, MethodSeen, Seen};
use crate::virtualbox::vm::{Intent, VmState};

const DONE: MethodEnd = MethodEnd::Exited(0);

/// Time enough for everything where nothing goes wrong.
const ENOUGH: u64 = 60;

/// It runs, in one process, or did so a moment ago; or it was to be left, or is not wanted any more.
pub(super) fn start(seen: &Seen) -> Vec<String> {
    let mut broken = Vec::new();
    for method in &seen.methods {
        let after = &method.after;
        if !method.is(Intent::Start, DONE) || seen.may_be_left(method, &after.state) {
            continue;
        }
        let since = method.ended.saturating_sub(FRESH).max(method.began);
        let is_right = match after.state {
            VmState::Running => after.processes.len() == 1,
            _ => seen.ran(method.who, since, method.ended),
        };
        if !is_right {
            broken.push(format!(
                "{}: it is {} with processes {:?}",
                seen.name(method),
                after.state,
                after.processes
            ));
        }
    }
    broken
}

/// No process of it is left, its settings file names the state that the last line of the log claims, and its guest is saved,
/// went by itself, or was lost before anybody looked; or losing it was told.
pub(super) fn stop(seen: &Seen) -> Vec<String> {
    let mut broken = Vec::new();
    for method in seen
        .methods
        .iter()
        .filter(|each| each.is(Intent::Stop, DONE))
    {
        let after = &method.after;
        if !after.processes.is_empty() || !is_down(after) {
            broken.push(format!(
                "{}: it is {} with processes {:?}",
                seen.name(method),
                after.state,
                after.processes
            ));
        }
        let claimed = format!(": {}: ", after.written);
        let line = method.lines.last().map_or("", String::as_str);
        if !line.contains(&claimed) {
            broken.push(format!(
                "{}: its settings file says {}, its log {line:?}",
                seen.name(method),
                after.written
            ));
        }
        let looked = seen.first_look(method);
        let lost = seen
            .guest_ends(method.who)
            .into_iter()
            .find(|end| end.cause == Cause::Lost && (looked..=method.ended).contains(&end.at));
        if let Some(end) = lost
            && !seen.storm.instances[method.who].may_lose()
        {
            broken.push(format!(
                "{}: its guest was lost at {:?}, {} to {}",
                seen.name(method),
                end.at,
                end.from,
                end.to
            ));
        }
    }
    broken
}

/// A method with which nothing goes wrong, and that has time enough, does it; or a setting says otherwise, or the guest.
pub(super) fn works(seen: &Seen) -> Vec<String> {
    let failed = seen.methods.iter().filter(|method| {
        let instance = &seen.storm.instances[method.who];
        let limits = instance
            .limits
            .iter()
            .all(|&limit| limit == 0 || limit >= ENOUGH);
        let own_limit = instance.property("stop_timeout").parse::<u64>();
        let is_patient = limits
            && own_limit.is_ok_and(|limit| limit >= ENOUGH)
                | instance.property("stop_timeout").is_empty()
            && instance.saving <= Duration::from_secs(ENOUGH / 3);
        let applies = method.began >= seen.mended || (seen.storm.calm && is_patient);
        applies && method.end != DONE && !may_fail(seen, method)
    });
    failed
        .map(|method| {
            let (name, end) = (seen.name(method), method.end);
            format!("{name}: {end:?}: {:?}", method.lines.last())
        })
        .collect()
}

fn may_fail(seen: &Seen, method: &MethodSeen) -> bool {
    let instance = &seen.storm.instances[method.who];
    // Its state may change once more before it is looked at.
    let span = method.began..=method.ended;
    let own = seen.changes(method.who).any(|change| {
        span.contains(&change.at)
            && matches!(
                (instance.guest, change.to),
                (Guest::OffByItself(_), VmState::Stopping)
                    | (Guest::Crash(_), VmState::Aborted)
                    | (Guest::Triple, VmState::GuruMeditation)
            )
    });
    let refuses = |name: &str| instance.property(name) == "refuse";
    // VirtualBox's server holds it for stopping as long as another VM runs: nothing but its end helps.
    let is_wedged = method.before.state == VmState::Stopping && method.before.processes.is_empty();
    own || is_wedged
        || match method.intent {
            Intent::Stop => instance.may_stay_up(),
            Intent::Start => match method.before.state {
                VmState::Paused => refuses("on_paused"),
                VmState::Saved | VmState::AbortedSaved => refuses("on_saved"),
                VmState::Aborted => refuses("on_aborted"),
                VmState::GuruMeditation => refuses("on_stuck"),
                _ => false,
            },
        }
}

/// An instance is online whose VM runs, and disabled after a stop that was done; in maintenance is one whose last method
/// failed. What guests and other people do without SMF, SMF does not know.
pub(super) fn smf(seen: &Seen) -> Vec<String> {
    let wrong = seen.looks.iter().filter(|look| !agrees(seen, look));
    wrong
        .map(|look| {
            let name = &seen.storm.instances[look.who].name;
            format!("{name} is {} at {:?}, and {:?}", look.smf, look.at, look.vm)
        })
        .collect()
}

fn agrees(seen: &Seen, look: &Look) -> bool {
    let before = seen.methods[..look.methods].iter().rev();
    let mut before = before.filter(|method| method.who == look.who);
    let Some(last) = before.next() else {
        return true;
    };
    let instance = &seen.storm.instances[look.who];
    let lives_on = matches!(instance.guest, Guest::Acpi | Guest::Slow(_) | Guest::Deaf);
    let ended = seen.guest_ends(look.who).into_iter().any(|end| {
        let by_itself = [Cause::Guest, Cause::Lost].contains(&end.cause);
        by_itself && (last.began..=look.at).contains(&end.at)
    });
    let undisturbed =
        lives_on && !ended && seen.happened_to(look.who).all(|each| each.at > look.at);
    match (look.smf, last.intent, last.end) {
        (SmfState::Online, Intent::Start, DONE) => {
            let is_up = look.vm.state == VmState::Running && look.vm.processes.len() == 1;
            is_up || !undisturbed || seen.may_be_left(last, &look.vm.state)
        }
        (SmfState::Disabled, Intent::Stop, DONE) => {
            look.vm.processes.is_empty() && is_down(&look.vm)
        }
        // Nothing was to be stopped, or it failed and was disabled after that.
        (SmfState::Disabled, ..) | (SmfState::Offline, Intent::Stop, DONE) => true,
        // A start that is refused because it is the fifth in a short time.
        (SmfState::Maintenance, _, end) => end != DONE || last.intent == Intent::Stop,
        _ => false,
    }
}

/// Down, or what VirtualBox's server takes for stopping although nothing of it is left.
fn is_down(vm: &Truth) -> bool {
    match vm.state {
        VmState::PowerOff | VmState::Saved | VmState::Aborted | VmState::AbortedSaved => true,
        VmState::Stopping => vm.processes.is_empty(),
        _ => false,
    }
}
