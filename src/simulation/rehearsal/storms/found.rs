//! What storms have found, each as a story of its own: a seed is another storm when more is drawn.

use std::collections::BTreeMap;
use std::time::Duration;

use super::checks::check;
use super::fault::Fault;
use super::play::play;
use super::run;
use super::seen::{MethodEnd, Seen};
use super::storm::{Order, Plan, Step, Storm};
use super::wrong::instance;
use crate::simulation::host::{Doom, Fault as VmFault, Guest, Reach};
use crate::virtualbox::vm::VmState;

/// One VM, one order, and what goes wrong with the programs that its methods run.
fn story(mut storm: Storm, order: Order, plan: Plan) -> Seen {
    storm.steps.push(Step {
        orders: vec![(0, Duration::ZERO, order)],
        plans: BTreeMap::from([(0, plan)]),
        pause: Duration::from_secs(1),
        ..Step::default()
    });
    play(&storm, &run)
}

fn one(before: VmState) -> Storm {
    Storm {
        seed: 0,
        calm: false,
        short_arguments: false,
        instances: vec![instance("alpha", before, Guest::Acpi)],
        steps: Vec::new(),
    }
}

/// A list that prints nothing and exits 0, while the VM is restored: `showvminfo` would take a session on it.
#[test]
fn an_empty_list_is_no_reason_to_take_a_session() {
    let mut storm = one(VmState::Saved);
    storm.instances[0].saving = Duration::from_secs(30);
    storm.instances[0].limits = [8, 60];
    let plan = Plan::from([(("VBoxManage", 2), Fault::Lie)]);
    let played = story(storm, Order::Up, plan);
    assert_eq!(check(&played), [], "{played}");
    assert!(played.methods[0].faults > 0, "{played}");
}

/// A long list that is cut behind another VM's entry, while the VM is restored, wherever it is cut.
#[test]
fn a_list_that_is_cut_is_no_reason_to_take_a_session() {
    for call in 1..6 {
        for thousandths in (450..1000).step_by(50) {
            let mut storm = one(VmState::Saved);
            storm.instances[0].saving = Duration::from_secs(30);
            storm.instances[0].limits = [8, 60];
            storm.instances[0].name = "beta".to_owned();
            let other = instance("alpha", VmState::PowerOff, Guest::Acpi);
            storm.instances.insert(0, other);
            storm.steps.push(Step {
                orders: vec![(1, Duration::ZERO, Order::Up)],
                plans: BTreeMap::from([(
                    1,
                    Plan::from([(("VBoxManage", call), Fault::Truncate(thousandths))]),
                )]),
                pause: Duration::from_secs(1),
                ..Step::default()
            });
            let played = play(&storm, &run);
            assert_eq!(check(&played), [], "call {call}, {thousandths}: {played}");
        }
    }
}

/// VirtualBox saved the guest and did not write that down, and the method was killed before it could have it written: the
/// next one finds a VM that the server alone holds for saved.
#[test]
fn a_stop_that_was_killed_leaves_nothing_unwritten() {
    let mut storm = one(VmState::Running);
    storm.instances[0].faults = vec![VmFault::StateNotWritten];
    storm.steps.push(Step {
        orders: vec![(0, Duration::ZERO, Order::Down)],
        dooms: vec![(0, Doom::At(Duration::from_millis(185)), Reach::Contract)],
        pause: Duration::from_secs(1),
        ..Step::default()
    });
    let played = play(&storm, &run);
    assert_eq!(check(&played), [], "{played}");
    assert_eq!(played.methods[0].end, MethodEnd::Killed, "{played}");
    assert_eq!(played.looks[0].vm.written, VmState::Saved, "{played}");
}

/// A VM that has left the list of those that run is waited for, but not beyond the end of a method that has little time.
#[test]
fn a_vm_that_leaves_the_list_is_not_waited_for_beyond_the_timeout() {
    let mut storm = one(VmState::PowerOff);
    storm.instances[0].limits = [3, 30];
    let plan = Plan::from([
        (("VBoxManage", 0), Fault::Delay(800)),
        (("VBoxManage", 1), Fault::HangDeaf),
        (("VBoxManage", 2), Fault::Lie),
    ]);
    let played = story(storm, Order::Up, plan);
    assert_eq!(check(&played), [], "{played}");
    assert_eq!(played.methods[0].faults, 3, "{played}");
}
