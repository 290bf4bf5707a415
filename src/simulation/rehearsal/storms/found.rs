//! What storms have found, each as a story of its own: a seed is another storm when more is drawn.

use std::collections::BTreeMap;
use std::time::Duration;

use super::checks::check;
use super::fault::Fault;
use super::play::play;
use super::run;
use super::seen::Seen;
use super::storm::{Order, Plan, Step, Storm};
use super::wrong::instance;
use crate::simulation::host::Guest;
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
