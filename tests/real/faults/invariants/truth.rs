//! Exit 0 is a promise.

use super::Scene;
use crate::real::faults::sequence::{Verb, What};

/// It runs, in one process; unless something else happened to it meanwhile.
pub(super) fn start(scene: Scene<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    for method in &scene.seen.methods {
        if method.verb != Verb::Start || method.code != Some(0) {
            continue;
        }
        let (vm, _) = scene.vm(method);
        let taken_down = scene.had(method.vm, Verb::Stop)
            || scene.happened(What::Save(method.vm))
            || scene.may_be_lost(method.vm);
        let held = scene.happened(What::Pause(method.vm));
        if method.processes_at_end != 1 && !taken_down {
            broken.push(format!(
                "{}: it had {} processes then",
                scene.name(method),
                method.processes_at_end
            ));
        }
        let is_right = vm.after.processes.len() == 1
            && (vm.after.state == "running" || (held && vm.after.state == "paused"));
        if !is_right && !taken_down {
            broken.push(format!(
                "{}: it is {} with processes {:?}",
                scene.name(method),
                vm.after.state,
                vm.after.processes
            ));
        }
    }
    broken
}

/// No process of it is left, and if it was up its state is one that the stop method or the fallback leads to.
pub(super) fn stop(scene: Scene<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    for method in &scene.seen.methods {
        if method.verb != Verb::Stop || method.code != Some(0) || scene.had(method.vm, Verb::Start)
        {
            continue;
        }
        let (vm, role) = scene.vm(method);
        if method.processes_at_end != 0 || !vm.after.processes.is_empty() || !vm.after.is_off() {
            broken.push(format!(
                "{}: it had {} processes then, and is {} with {:?}",
                scene.name(method),
                method.processes_at_end,
                vm.after.state,
                vm.after.processes
            ));
        }
        let mut states = role.stopped_states();
        if scene.happened(What::Save(method.vm)) {
            states.push("saved");
        }
        if scene.may_go_itself(method.vm) {
            states.push("poweroff");
        }
        // What its process was ended by leaves another state than what powers it off; `commands` judges whether it may.
        let mut programs = scene.seen.methods.iter().flat_map(|each| &each.programs);
        if programs.any(|program| program.ended_process(&vm.uuid)) {
            states.push("aborted");
        }
        if vm.before.is_up() && !vm.shot && !states.contains(&vm.after.state.as_str()) {
            broken.push(format!(
                "{}: it is {}, not one of {states:?}",
                scene.name(method),
                vm.after.state
            ));
        }
    }
    broken
}

/// A method with which nothing goes wrong, and that has time enough, does it; or VirtualBox's server or the VM's process
/// deadlocked by itself, which it says.
pub(super) fn recovery(scene: Scene<'_>) -> Vec<String> {
    if !scene.seen.clean {
        return Vec::new();
    }
    let failed = scene.seen.methods.iter().filter(|method| {
        let may_fail = method.verb == Verb::Stop && scene.cast[method.vm].may_stay_up();
        let hung =
            scene.happened(What::StandsStill) && method.log.contains(&scene.what_ends_the_server());
        let process_hung =
            scene.happened(What::ProcessHangs(method.vm)) && method.blames_the_process();
        method.code != Some(0) && !may_fail && !hung && !process_hung
    });
    failed
        .map(|method| format!("{}: exit {:?}", scene.name(method), method.code))
        .collect()
}
