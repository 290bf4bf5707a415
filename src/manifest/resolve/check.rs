//! Directives that cannot be, whatever the others are, and VMs that are there twice.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::super::blueprint::{InstanceBlueprint, value_of};
use super::super::need::Need;
use super::super::request::{Directive, Request, Scope, ScopedDirective};
use super::{Known, ResolveError};
use crate::config::schema;
use crate::smf::fmri::InstanceName;
use crate::virtualbox::vm::VmName;

/// Looks at a directive alone.
pub(super) fn directive(
    directive: &ScopedDirective,
    request: &Request,
    known: &Known<'_>,
) -> Result<(), ResolveError> {
    let here = |instance: &InstanceName| match known.get(instance) {
        Some(_) => Ok(()),
        None => Err(ResolveError::UnknownInstance {
            origin: directive.origin.clone(),
            instance: instance.clone(),
        }),
    };
    let not_itself = |other: &InstanceName| match &directive.scope {
        Scope::Instance(instance) if instance == other => Err(ResolveError::Itself {
            origin: directive.origin.clone(),
            instance: instance.clone(),
        }),
        Scope::All | Scope::User(_) | Scope::Instance(_) => Ok(()),
    };
    if let Scope::Instance(instance) = &directive.scope {
        here(instance)?;
    }
    match &directive.want {
        Directive::Need(Need::After(other) | Need::Requires(other)) => {
            here(other)?;
            not_itself(other)
        }
        Directive::Need(Need::Service(target)) if target.service() == request.service.as_str() => {
            match target.instance() {
                Some(other) => not_itself(other),
                None => Err(ResolveError::OwnService {
                    origin: directive.origin.clone(),
                    target: target.clone(),
                }),
            }
        }
        Directive::Setting(setting)
            if *setting.property == schema::NAME
                && !matches!(directive.scope, Scope::Instance(_)) =>
        {
            Err(ResolveError::NameForMany {
                origin: directive.origin.clone(),
                scope: directive.scope.clone(),
            })
        }
        Directive::User(_) if matches!(directive.scope, Scope::User(_)) => {
            Err(ResolveError::UserOfUser {
                origin: directive.origin.clone(),
            })
        }
        Directive::User(_)
        | Directive::Setting(_)
        | Directive::Enabled(_)
        | Directive::Need(Need::Service(_) | Need::File(_))
        | Directive::Context(_)
        | Directive::Notify(_)
        | Directive::Delegate(_) => Ok(()),
    }
}

/// Two instances of one VM would fight over it.
pub(super) fn vms(instances: &[InstanceBlueprint]) -> Result<(), ResolveError> {
    let mut vms = HashMap::new();
    for instance in instances {
        let name = value_of(&instance.settings, &schema::NAME);
        let uuid = name
            .and_then(|name| name.parse::<VmName>().ok())
            .and_then(|name| name.as_uuid());
        let vm = match (uuid, name) {
            (Some(uuid), _) => uuid.to_string(),
            (None, Some(name)) => name.to_owned(),
            (None, None) => instance.name.to_string(),
        };
        // Two users may each have a VM of that name.
        let user = instance.owner.as_ref().map(|owner| &owner.user);
        match vms.entry((user, vm)) {
            Entry::Vacant(free) => {
                free.insert(&instance.name);
            }
            Entry::Occupied(taken) => {
                return Err(ResolveError::SameVm {
                    first: (*taken.get()).clone(),
                    second: instance.name.clone(),
                    vm: taken.key().1.clone(),
                });
            }
        }
    }
    Ok(())
}
