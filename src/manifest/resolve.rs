//! From what is asked for to a [`Blueprint`]: what comes before what, and what cannot be together. The only
//! place that knows; pure.

mod circle;
mod error;
mod layers;
mod owner;
#[cfg(test)]
mod tests;

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use super::blueprint::{AccountName, Blueprint, InstanceBlueprint, value_of};
use super::need::Need;
use super::notify::NotifyTarget;
use super::request::{Origin, Owners, Request, VmRequest, Want, Whom, Wish};
use super::setting::Setting;
use crate::fmri::InstanceName;
use crate::schema;
use crate::vm::VmName;
pub(crate) use error::ResolveError;
use layers::Layers;

/// What a manifest for these requests says.
///
/// # Errors
/// Something is there twice, is not known, or cannot be together with something else.
pub(crate) fn resolve(request: &Request) -> Result<Blueprint, ResolveError> {
    if request.vms.is_empty() {
        return Err(ResolveError::NoVm);
    }
    let known = known(&request.vms)?;
    for wish in &request.wishes {
        check_wish(wish, request, &known)?;
    }
    Layers::check_once(&request.wishes)?;
    let layers = Layers::of(&request.wishes);
    let users = users(request, &layers)?;
    for wish in &request.wishes {
        if let Whom::User(user) = &wish.whom
            && !users.contains(&Some(user))
        {
            return Err(ResolveError::UnknownUser {
                origin: wish.origin.clone(),
                user: user.clone(),
            });
        }
    }
    let shared = Shared {
        settings: layers.settings_for_all(),
        needs: needs_for_all(request, &layers, &known),
        notify: targets(layers.all()),
    };
    let mut instances = Vec::with_capacity(request.vms.len());
    for (vm, user) in request.vms.iter().zip(users) {
        instances.push(instance(vm, user, request, &layers, &shared, &known)?);
    }
    check_vms(&instances)?;
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

/// Looks at a wish alone.
fn check_wish(wish: &Wish, request: &Request, known: &Known<'_>) -> Result<(), ResolveError> {
    let here = |instance: &InstanceName| match known.get(instance) {
        Some(_) => Ok(()),
        None => Err(ResolveError::UnknownInstance {
            origin: wish.origin.clone(),
            instance: instance.clone(),
        }),
    };
    let not_itself = |other: &InstanceName| match &wish.whom {
        Whom::Instance(instance) if instance == other => Err(ResolveError::Itself {
            origin: wish.origin.clone(),
            instance: instance.clone(),
        }),
        Whom::All | Whom::User(_) | Whom::Instance(_) => Ok(()),
    };
    if let Whom::Instance(instance) = &wish.whom {
        here(instance)?;
    }
    match &wish.want {
        Want::After(other) | Want::Requires(other) => {
            here(other)?;
            not_itself(other)
        }
        Want::DependsOn(target) if target.service() == request.service.as_str() => {
            match target.instance() {
                Some(other) => not_itself(other),
                None => Err(ResolveError::OwnService {
                    origin: wish.origin.clone(),
                    target: target.clone(),
                }),
            }
        }
        Want::Setting(setting)
            if *setting.property == schema::NAME && !matches!(wish.whom, Whom::Instance(_)) =>
        {
            Err(ResolveError::NameForMany {
                origin: wish.origin.clone(),
                whom: wish.whom.clone(),
            })
        }
        Want::User(_) if matches!(wish.whom, Whom::User(_)) => Err(ResolveError::UserOfUser {
            origin: wish.origin.clone(),
        }),
        Want::User(_)
        | Want::Group(_)
        | Want::Setting(_)
        | Want::Enabled(_)
        | Want::DependsOn(_)
        | Want::Path(_)
        | Want::Variable(_)
        | Want::WorkingDirectory(_)
        | Want::Project(_)
        | Want::ResourcePool(_)
        | Want::Privileges(_)
        | Want::LimitPrivileges(_)
        | Want::Notify(_) => Ok(()),
    }
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
                if let Want::User(user) = want {
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
                whom: Whom::Instance(name.clone()),
                first: vm.origin.clone(),
                second: second.clone(),
            });
        }
        settings.push(name_setting(vm_name, &vm.origin)?);
    }
    let mut needs = BTreeSet::new();
    for wish in layers.everything_for(name, user) {
        if let Some(need) = need(&wish.want, request, known)
            && !matches!(&need, Need::After(other) | Need::Requires(other) if other == name)
            && !shared.needs.contains(&need)
        {
            needs.insert(need);
        }
    }
    // Who requires another one waits for it anyway.
    let required: Vec<_> = needs
        .iter()
        .filter_map(|need| match need {
            Need::Requires(other) => Some(Need::After(other.clone())),
            Need::After(_) | Need::Service(_) | Need::File(_) => None,
        })
        .collect();
    for after in required {
        needs.remove(&after);
    }
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
                if let Want::Enabled(enabled) = want {
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
    })
}

fn name_setting(name: &VmName, origin: &Origin) -> Result<Setting, ResolveError> {
    Setting::new(&schema::NAME.path(), name.as_str()).map_err(|source| ResolveError::Name {
        origin: origin.clone(),
        source,
    })
}

/// What all need without a difference: the service says it once.
fn needs_for_all(request: &Request, layers: &Layers<'_>, known: &Known<'_>) -> BTreeSet<Need> {
    let needs = layers
        .all()
        .filter_map(|wish| need(&wish.want, request, known));
    needs
        .filter(|need| match need {
            // The instance itself is left out, so that each has its own.
            Need::After(_) | Need::Requires(_) => false,
            Need::Service(_) | Need::File(_) => true,
        })
        .collect()
}

/// The need that a wish is, if it is one. A VM of this manifest is the same need by whatever name.
fn need(want: &Want, request: &Request, known: &Known<'_>) -> Option<Need> {
    match want {
        Want::After(other) => Some(Need::After(other.clone())),
        Want::Requires(other) => Some(Need::Requires(other.clone())),
        Want::DependsOn(target) => Some(match target.instance() {
            Some(other)
                if target.service() == request.service.as_str() && known.contains_key(other) =>
            {
                Need::Requires(other.clone())
            }
            Some(_) | None => Need::Service(target.clone()),
        }),
        Want::Path(path) => Some(Need::File(path.clone())),
        Want::User(_)
        | Want::Group(_)
        | Want::Setting(_)
        | Want::Enabled(_)
        | Want::Variable(_)
        | Want::WorkingDirectory(_)
        | Want::Project(_)
        | Want::ResourcePool(_)
        | Want::Privileges(_)
        | Want::LimitPrivileges(_)
        | Want::Notify(_) => None,
    }
}

/// Who is to hear, sorted, each once.
fn targets<'w>(wishes: impl Iterator<Item = &'w Wish>) -> Vec<NotifyTarget> {
    let targets: BTreeSet<_> = wishes
        .filter_map(|wish| {
            if let Want::Notify(target) = &wish.want {
                Some(target.clone())
            } else {
                None
            }
        })
        .collect();
    targets.into_iter().collect()
}

/// Two instances of one VM would fight over it.
fn check_vms(instances: &[InstanceBlueprint]) -> Result<(), ResolveError> {
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
