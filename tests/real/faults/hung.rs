//! The process of a VM that hangs though nobody had it do so. VirtualBox's deadlock now and then, as where the button is
//! pressed while the guest turns itself off.

use std::time::{Duration, Instant};

use super::seen::{Look, MethodSeen, StepSeen, VmSeen};
use super::sequence::Verb;
use super::stage::{Stage, pause};
use crate::real::rig::rig_or_skip;

/// What saving the state of these small VMs never takes, however busy the machine.
const SAVING: Duration = Duration::from_secs(45);
/// What the end of a process may take.
const END: Duration = Duration::from_secs(15);

impl MethodSeen {
    /// It says that the VM's process does not answer, and what ends it.
    pub(super) fn blames_the_process(&self) -> bool {
        self.log
            .contains("VBoxManage startvm --type emergencystop kills it")
    }
}

/// The VMs that a stop blames, that do not answer to VBoxManage alone either, and that the command ends which the stop
/// names.
pub(super) fn found_and_ended(stage: &Stage<'_>, seen: &StepSeen) -> Vec<usize> {
    let blamed = seen.methods.iter().filter(|method| {
        let up = !seen.vms[method.vm].after.processes.is_empty();
        method.verb == Verb::Stop && up && method.undisturbed() && method.blames_the_process()
    });
    blamed
        .map(|method| method.vm)
        .filter(|&vm| hangs(stage, vm) && can_be_ended(stage, vm))
        .collect()
}

fn hangs(stage: &Stage<'_>, vm: usize) -> bool {
    let saving = ["controlvm", &stage.uuids[vm], "savestate"];
    stage.vboxmanage(&saving, SAVING).code.is_none()
}

fn can_be_ended(stage: &Stage<'_>, vm: usize) -> bool {
    let ending = ["startvm", &stage.uuids[vm], "--type", "emergencystop"];
    stage.vboxmanage(&ending, END);
    let deadline = Instant::now() + END;
    while !stage.processes()[vm].is_empty() {
        if Instant::now() >= deadline {
            return false;
        }
        pause(Duration::from_millis(100));
    }
    true
}

/// One of two VMs that are blamed stands still.
#[test]
fn a_process_that_stands_still_is_found_and_ended() {
    let stage = Stage::new(rig_or_skip!());
    let blamed = |vm: usize| {
        let uuid = &stage.uuids[vm];
        let starting = ["startvm", uuid, "--type", "headless"];
        let start = stage.vboxmanage(&starting, SAVING);
        assert_eq!(start.code, Some(0), "{start}");
        MethodSeen {
            vm,
            verb: Verb::Stop,
            code: Some(95),
            signalled: false,
            took: SAVING,
            limit: SAVING,
            log: "VBoxManage startvm --type emergencystop kills it".to_owned(),
            processes_at_end: 1,
            after_server: false,
            programs: Vec::new(),
        }
    };
    let methods = vec![blamed(0), blamed(1)];
    let processes = stage.processes().into_iter().take(2);
    let vms: Vec<VmSeen> = processes
        .map(|processes| VmSeen {
            after: Look {
                processes,
                ..Look::default()
            },
            ..VmSeen::default()
        })
        .collect();
    stage.user.kill(vms[1].after.processes[0], libc::SIGSTOP);
    let seen = StepSeen {
        methods,
        vms,
        ..StepSeen::default()
    };
    assert_eq!(found_and_ended(&stage, &seen), [1]);
    assert_eq!(stage.processes()[..2], [[0; 0]; 2]);
}
