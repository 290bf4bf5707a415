//! Instances that depend on each other: svc.startd would put them into maintenance when they are enabled.

use std::collections::HashMap;

use super::super::blueprint::InstanceBlueprint;
use super::super::need::Need;
use crate::smf::fmri::InstanceName;

/// For whom this one waits, among the VMs of the manifest.
fn others(instance: &InstanceBlueprint) -> impl Iterator<Item = &InstanceName> {
    instance.needs.iter().filter_map(|need| match need {
        Need::After(other) | Need::Requires(other) => Some(other),
        Need::Service(_) | Need::File(_) => None,
    })
}

/// A circle, if there is one: each waits for the next, the last for the first.
pub(super) fn find(instances: &[InstanceBlueprint]) -> Option<Vec<InstanceName>> {
    // Take away who waits for nobody that is left, until nobody of that kind is left.
    let mut waiting: HashMap<&InstanceName, usize> = HashMap::new();
    let mut followers: HashMap<&InstanceName, Vec<&InstanceName>> = HashMap::new();
    for instance in instances {
        waiting.insert(&instance.name, others(instance).count());
        for other in others(instance) {
            followers.entry(other).or_default().push(&instance.name);
        }
    }
    let mut free: Vec<&InstanceName> = instances
        .iter()
        .map(|instance| &instance.name)
        .filter(|name| waiting[name] == 0)
        .collect();
    while let Some(name) = free.pop() {
        waiting.remove(name);
        for follower in followers.remove(name).into_iter().flatten() {
            if let Some(count) = waiting.get_mut(follower) {
                *count -= 1;
                if *count == 0 {
                    free.push(follower);
                }
            }
        }
    }
    // Whoever is left waits for somebody who is left: going on ends where it has been before.
    let by_name: HashMap<_, _> = instances.iter().map(|i| (&i.name, i)).collect();
    let mut at = *instances
        .iter()
        .find(|i| waiting.contains_key(&i.name))
        .as_ref()?;
    let mut path: Vec<&InstanceName> = Vec::new();
    let mut places: HashMap<&InstanceName, usize> = HashMap::new();
    loop {
        if let Some(start) = places.get(&at.name) {
            return Some(path[*start..].iter().map(|name| (*name).clone()).collect());
        }
        places.insert(&at.name, path.len());
        path.push(&at.name);
        let next = others(at).find(|other| waiting.contains_key(other))?;
        at = by_name[next];
    }
}
