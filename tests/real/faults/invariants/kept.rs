//! What a guest has is not lost, and nothing else is left behind.

use super::{Scene, Verb};

/// A guest that ran goes on, or its state is saved; or there is a reason for its end.
pub(super) fn guests(scene: Scene<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    for (at, vm, role) in scene.vms() {
        if !vm.before.is_up() || vm.before.processes == vm.after.processes {
            continue;
        }
        let is_kept = if vm.after.is_up() {
            // Another process has it: from the state that was saved, which does not boot again.
            !(vm.before.booted && vm.after.serial.contains("BOOTED"))
        } else {
            vm.after.is_saved() && vm.after.state_file
        };
        if !is_kept && !scene.may_be_lost(at) {
            broken.push(format!(
                "{}: it was {}, and is {}; its guest said {:?}",
                role.name, vm.before.state, vm.after.state, vm.after.serial
            ));
        }
        let told = role.may_lose() && scene.had(at, Verb::Stop);
        if vm.after.state == "poweroff"
            && !vm.shot
            && !told
            && !scene.had(at, Verb::Start)
            && !vm.after.serial.contains("OFF")
        {
            broken.push(format!(
                "{}: it is off, and its guest said only {:?}",
                role.name, vm.after.serial
            ));
        }
    }
    broken
}

/// `poweroff` and the like are for a stop whose method or fallback says so. (No guest here dies, and `on_saved` is not
/// set.)
pub(super) fn commands(scene: Scene<'_>) -> Vec<String> {
    const LOSING: [&str; 5] = [
        "poweroff",
        "emergencystop",
        "discardstate",
        "reset",
        "unregistervm",
    ];
    let mut broken = Vec::new();
    for method in &scene.seen.methods {
        let told = method.verb == Verb::Stop && scene.cast[method.vm].may_lose();
        for program in &method.programs {
            let losing = |word: &String| LOSING.contains(&word.as_str());
            let gone = program.tool == "VBoxManage" && program.arguments.iter().any(losing);
            if gone && (!told || program.arguments.iter().any(|word| word == "discardstate")) {
                broken.push(format!("{}: {:?}", scene.name(method), program.arguments));
            }
        }
    }
    broken
}

/// A state that was saved is still there, or the VM was started from it.
pub(super) fn saved_states(scene: Scene<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    for (at, vm, role) in scene.vms() {
        if !vm.before.is_saved() {
            continue;
        }
        let is_kept = if vm.after.is_saved() {
            vm.after.state_file
        } else if vm.after.is_up() || vm.after.serial != vm.before.serial {
            !(vm.before.booted && vm.after.serial.contains("BOOTED")) || scene.may_be_lost(at)
        } else {
            scene.had(at, Verb::Start) && scene.may_be_lost(at)
        };
        if !is_kept {
            broken.push(format!(
                "{}: it was saved, and is {}{}; its guest said {:?}",
                role.name,
                vm.after.state,
                if vm.after.state_file {
                    ""
                } else {
                    " without a state file"
                },
                vm.after.serial
            ));
        }
    }
    broken
}

pub(super) fn one_process_and_nothing_left(scene: Scene<'_>) -> Vec<String> {
    let mut broken: Vec<String> = scene
        .vms()
        .filter(|(_, vm, _)| vm.most_processes > 1)
        .map(|(_, vm, role)| format!("{} had {} processes", role.name, vm.most_processes))
        .collect();
    let left = &scene.seen.left;
    if left.lock {
        broken.push("the lock is held".to_owned());
    }
    if !left.files.is_empty() {
        broken.push(format!("files are left: {:?}", left.files));
    }
    if !left.processes.is_empty() {
        broken.push(format!("processes are left: {:?}", left.processes));
    }
    broken
}
