//! What the methods run in, and that it is the same for all VMs of a user.

use std::collections::{BTreeMap, HashMap};

use super::super::blueprint::{AccountName, InstanceBlueprint, Owner};
use super::super::request::Directive;
use super::ResolveError;
use super::error::Different;
use super::layers::Layers;
use crate::smf::fmri::InstanceName;

/// The owner as the directives have it.
pub(super) fn owner(instance: &InstanceName, user: &AccountName, layers: &Layers<'_>) -> Owner {
    let mut owner = Owner::usual(user.clone());
    let mut directives: Vec<_> = layers.everything_for(instance, Some(user)).collect();
    // The closest last, so that it stays.
    directives.reverse();
    for directive in directives {
        if let Directive::Context(part) = &directive.want {
            owner.set(part.clone());
        }
    }
    owner
}

/// VirtualBox starts all VMs of a user from one daemon, which keeps what its first client had: which of two
/// different values a VM gets would depend on who came first.
pub(super) fn check_alike(instances: &[InstanceBlueprint]) -> Result<(), ResolveError> {
    let mut first_of: HashMap<&AccountName, (&InstanceName, &Owner)> = HashMap::new();
    for instance in instances {
        let Some(owner) = &instance.owner else {
            continue;
        };
        let (first, before) = *first_of
            .entry(&owner.user)
            .or_insert((&instance.name, owner));
        if owner == before {
            continue;
        }
        let (ours, theirs) = (parts(owner), parts(before));
        let differs = theirs
            .keys()
            .chain(ours.keys())
            .find(|part| ours.get(*part) != theirs.get(*part));
        if let Some(part) = differs {
            let value = |parts: &BTreeMap<String, String>| parts.get(part).cloned();
            return Err(ResolveError::UserDiffers(Box::new(Different {
                part: part.clone(),
                user: owner.user.clone(),
                first: first.clone(),
                first_value: value(&theirs),
                second: instance.name.clone(),
                second_value: value(&ours),
            })));
        }
    }
    Ok(())
}

/// What there is to compare, in words.
fn parts(owner: &Owner) -> BTreeMap<String, String> {
    owner
        .parts()
        .into_iter()
        .map(Directive::Context)
        .filter_map(|part| Some((part.noun()?, part.to_string())))
        .collect()
}
