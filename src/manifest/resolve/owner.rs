//! What the methods run in, and that it is the same for all VMs of a user.

use std::collections::{BTreeMap, HashMap};

use super::super::blueprint::{AccountName, InstanceBlueprint, Owner};
use super::super::context::{ContextWord, Privileges};
use super::super::request::Want;
use super::ResolveError;
use super::error::Different;
use super::layers::Layers;
use crate::smf::fmri::InstanceName;

/// The owner as the wishes have it.
pub(super) fn owner(instance: &InstanceName, user: &AccountName, layers: &Layers<'_>) -> Owner {
    let mut owner = Owner::usual(user.clone());
    let mut environment = BTreeMap::new();
    let mut wishes: Vec<_> = layers.everything_for(instance, Some(user)).collect();
    // The closest last, so that it stays.
    wishes.reverse();
    for wish in wishes {
        match &wish.want {
            Want::Group(group) => owner.group = Some(group.clone()),
            Want::WorkingDirectory(directory) => owner.working_directory = directory.clone(),
            Want::Project(project) => owner.project = Some(project.clone()),
            Want::ResourcePool(pool) => owner.resource_pool = Some(pool.clone()),
            Want::Privileges(privileges) => owner.privileges = privileges.clone(),
            Want::LimitPrivileges(limit) => owner.limit_privileges = Some(limit.clone()),
            Want::Variable(variable) => {
                environment.insert(variable.name().to_owned(), variable.clone());
            }
            Want::User(_)
            | Want::Setting(_)
            | Want::Enabled(_)
            | Want::After(_)
            | Want::Requires(_)
            | Want::DependsOn(_)
            | Want::Path(_)
            | Want::Notify(_)
            | Want::Delegate(_) => {}
        }
    }
    owner.environment = environment.into_values().collect();
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
    let Owner {
        user: _,
        group,
        working_directory,
        project,
        resource_pool,
        privileges,
        limit_privileges,
        environment,
    } = owner;
    let mut parts = BTreeMap::new();
    let mut add = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            parts.insert(name.to_owned(), value.to_owned());
        }
    };
    add("group", group.as_ref().map(AccountName::as_str));
    add("working directory", Some(working_directory.as_str()));
    add("project", project.as_ref().map(ContextWord::as_str));
    add(
        "resource pool",
        resource_pool.as_ref().map(ContextWord::as_str),
    );
    add("privileges", Some(privileges.as_str()));
    add(
        "limit privileges",
        limit_privileges.as_ref().map(Privileges::as_str),
    );
    for variable in environment {
        add(
            &format!("variable {}", variable.name()),
            Some(variable.value()),
        );
    }
    parts
}
