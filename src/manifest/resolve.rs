//! From what is asked for to a [`Blueprint`]: what comes before what, and what cannot be together. The only
//! place that knows; pure.

mod check;
mod circle;
mod error;
mod layers;
mod needs;
mod owner;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};

use super::authority::{LoginName, VmAuthority};
use super::blueprint::{AccountName, Blueprint, InstanceBlueprint};
use super::need::Need;
use super::notify::NotifyTarget;
use super::request::{Directive, Origin, Owners, Request, Scope, ScopedDirective, VmRequest};
use super::setting::Setting;
use crate::config::schema;
use crate::smf::fmri::InstanceName;
use crate::virtualbox::vm::VmName;
pub(crate) use error::ResolveError;
pub(super) use layers::Layers;

/// So many VMs are in one manifest, or in a fleet file. Whoever has more has more than one host.
pub(crate) const VMS_MAX: usize = 10_000;

/// What a manifest for these requests says.
///
/// # Errors
/// Something is there twice, is not known, or cannot be together with something else.
pub(crate) fn resolve(request: &Request) -> Result<Blueprint, ResolveError> {
    if request.vms.is_empty() {
        return Err(ResolveError::NoVm);
    }
    if request.vms.len() > VMS_MAX {
        return Err(ResolveError::TooManyVms(request.vms.len()));
    }
    let known = known(&request.vms)?;
    for directive in &request.directives {
        check::directive(directive, request, &known)?;
    }
    Layers::check_once(&request.directives)?;
    let layers = Layers::of(&request.directives);
    let users = users(request, &layers)?;
    for directive in &request.directives {
        if let Scope::User(user) = &directive.scope
            && !users.contains(&Some(user))
        {
            return Err(ResolveError::UnknownUser {
                origin: directive.origin.clone(),
                user: user.clone(),
            });
        }
    }
    let shared = Shared {
        settings: layers.settings_for_all(),
        needs: needs::for_all(request, &layers, &known),
        notify: targets(layers.all()),
    };
    let mut instances = Vec::with_capacity(request.vms.len());
    for (vm, user) in request.vms.iter().zip(users) {
        instances.push(instance(vm, user, request, &layers, &shared, &known)?);
    }
    check::vms(&instances)?;
    owner::check_alike(&instances)?;
    if let Some(names) = circle::find(&instances) {
        return Err(ResolveError::Circle(names));
    }
    Ok(Blueprint {
        service: request.service.clone(),
        method: request.method.clone(),
        model: request.model,
        settings: shared.settings,
        needs: shared.needs,
        notify: shared.notify,
        instances,
    })
}

/// What the service says for all.
struct Shared {
    settings: Vec<Setting>,
    needs: BTreeSet<Need>,
    notify: Vec<NotifyTarget>,
}

type Known<'r> = HashMap<&'r InstanceName, &'r Origin>;

fn known(vms: &[VmRequest]) -> Result<Known<'_>, ResolveError> {
    let mut known = Known::new();
    for vm in vms {
        if let Some(first) = known.insert(&vm.instance, &vm.origin) {
            return Err(ResolveError::InstanceTwice {
                instance: vm.instance.clone(),
                first: first.clone(),
                second: vm.origin.clone(),
            });
        }
    }
    Ok(known)
}

/// Whose VM each of them is.
fn users<'r>(
    request: &'r Request,
    layers: &Layers<'r>,
) -> Result<Vec<Option<&'r AccountName>>, ResolveError> {
    request
        .vms
        .iter()
        .map(|vm| {
            let user = layers.first(&vm.instance, None, |want| {
                if let Directive::User(user) = want {
                    Some(user)
                } else {
                    None
                }
            });
            match (user, request.owners) {
                (None, Owners::Needed) => Err(ResolveError::NoUser(vm.instance.clone())),
                (user, Owners::Needed | Owners::Optional) => Ok(user),
            }
        })
        .collect()
}

fn instance(
    vm: &VmRequest,
    user: Option<&AccountName>,
    request: &Request,
    layers: &Layers<'_>,
    shared: &Shared,
    known: &Known<'_>,
) -> Result<InstanceBlueprint, ResolveError> {
    let name = &vm.instance;
    let mut settings = layers.settings_for(name, user);
    if let Some(vm_name) = &vm.vm {
        if let Some(second) = layers.named(name) {
            return Err(ResolveError::Twice {
                slot: schema::NAME.path(),
                scope: Scope::Instance(name.clone()),
                first: vm.origin.clone(),
                second: second.clone(),
            });
        }
        settings.push(name_setting(vm_name, &vm.origin)?);
    }
    let needs = needs::of_vm(name, user, layers, &shared.needs, request, known);
    let own = targets(layers.closer_for(name, user));
    let notify = if own.is_empty() {
        own
    } else {
        // Whether SMF composes these groups or takes the instance's whole is nothing to rely on.
        targets(layers.everything_for(name, user))
    };
    Ok(InstanceBlueprint {
        name: name.clone(),
        enabled: layers
            .first(name, user, |want| {
                if let Directive::Enabled(enabled) = want {
                    Some(enabled)
                } else {
                    None
                }
            })
            .copied()
            .unwrap_or_default(),
        owner: user.map(|user| owner::owner(name, user, layers)),
        settings,
        needs,
        notify,
        delegates: delegates(name, user, request, layers)?,
    })
}

/// Who manages this VM, where it can have authorizations of its own.
fn delegates(
    name: &InstanceName,
    user: Option<&AccountName>,
    request: &Request,
    layers: &Layers<'_>,
) -> Result<BTreeSet<LoginName>, ResolveError> {
    let mut delegates = BTreeSet::new();
    for directive in layers.everything_for(name, user) {
        if let Directive::Delegate(delegate) = &directive.want {
            VmAuthority::of(&request.service, name).map_err(|source| ResolveError::Authority {
                origin: directive.origin.clone(),
                source,
            })?;
            delegates.insert(delegate.clone());
        }
    }
    Ok(delegates)
}

fn name_setting(name: &VmName, origin: &Origin) -> Result<Setting, ResolveError> {
    Setting::new(&schema::NAME.path(), name.as_str()).map_err(|source| ResolveError::Name {
        origin: origin.clone(),
        source,
    })
}

/// Who is to hear, sorted, each once.
fn targets<'w>(directives: impl Iterator<Item = &'w ScopedDirective>) -> Vec<NotifyTarget> {
    let targets: BTreeSet<_> = directives
        .filter_map(|directive| {
            if let Directive::Notify(target) = &directive.want {
                Some(target.clone())
            } else {
                None
            }
        })
        .collect();
    targets.into_iter().collect()
}
