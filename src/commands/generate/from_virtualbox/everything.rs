//! All VMs of some users, and what their instances are called.

use std::collections::HashMap;

use super::Found;
use crate::manifest::blueprint::AccountName;
use crate::manifest::names::instance_like;
use crate::manifest::request::{Origin, VmRequest};
use crate::manifest::setting::Setting;
use crate::smf::fmri::InstanceName;
use crate::text::printable::Printable;
use crate::virtualbox::vboxmanage::Registered;
use crate::virtualbox::vm::VmName;

/// All VMs of these users, sorted by user, name and UUID.
pub(super) fn everything(users: &[(AccountName, Vec<Registered>)]) -> Found {
    let mut found = Found::default();
    let mut vms: Vec<(&AccountName, &Registered)> = Vec::new();
    for (user, theirs) in users {
        for vm in theirs {
            if vm.settings_file.is_some() {
                vms.push((user, vm));
            } else {
                found.notes.push(format!(
                    "note: the VM {} of {} is omitted: VirtualBox cannot read its settings",
                    vm.uuid,
                    Printable(user.as_str())
                ));
            }
        }
    }
    let key = |(user, vm): &(&AccountName, &Registered)| {
        (user.as_str().to_owned(), vm.name.clone(), vm.uuid.clone())
    };
    vms.sort_by_key(key);
    let names = instances(&vms);
    for ((user, vm), instance) in vms.iter().zip(names) {
        let same =
            |other: &&(&AccountName, &Registered)| other.0 == *user && other.1.name == vm.name;
        let by_name = (vms.iter().filter(same).count() == 1)
            .then(|| by_name(&vm.name))
            .flatten();
        let name = by_name.or_else(|| vm.uuid.as_str().parse().ok());
        found.vms.push(VmRequest {
            vm: name.filter(|name| name.as_str() != instance.as_str()),
            origin: Origin::new(&format!("VirtualBox of {}", user.as_str())),
            instance: instance.clone(),
        });
        found.add(&instance, user, vm);
        found.owned(&instance, user, &format!("VirtualBox of {}", user.as_str()));
    }
    found
}

/// The name, where VirtualBox would find the VM by it, and a manifest can hold it.
fn by_name(name: &str) -> Option<VmName> {
    let vm: VmName = name.parse().ok()?;
    let storable = Setting::new("vm/name", name).is_ok();
    // VirtualBox looks a text in the form of a UUID up as one.
    (storable && vm.as_uuid().is_none()).then_some(vm)
}

/// A name of its own for each instance, as near to its VM's as can be: of VMs that would be called the same,
/// the user tells them apart, or the beginning of the UUID, or all of it. That depends on no order.
fn instances(vms: &[(&AccountName, &Registered)]) -> Vec<InstanceName> {
    let candidate = |at: usize, level: usize| {
        let (user, vm) = vms[at];
        let uuid = vm.uuid.as_str();
        let mark = match level {
            0 => "",
            1 => user.as_str(),
            2 => &uuid[..8],
            _ => uuid,
        };
        instance_like(&vm.name, mark)
    };
    let mut levels = vec![0; vms.len()];
    loop {
        let names: Vec<_> = (0..vms.len()).map(|at| candidate(at, levels[at])).collect();
        let mut counts = HashMap::new();
        for name in &names {
            *counts.entry(name.clone()).or_insert(0) += 1;
        }
        let clashing: Vec<_> = (0..vms.len())
            .filter(|at| counts[&names[*at]] > 1 && levels[*at] < 3)
            .collect();
        if clashing.is_empty() {
            return names;
        }
        for at in clashing {
            levels[at] += 1;
        }
    }
}
