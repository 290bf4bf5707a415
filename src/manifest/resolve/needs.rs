//! What VMs need, from the directives.

use std::collections::BTreeSet;

use super::super::blueprint::AccountName;
use super::super::need::Need;
use super::super::request::{Directive, Request};
use super::Known;
use super::layers::Layers;
use crate::smf::fmri::InstanceName;

/// What all need without a difference: the service says it once.
pub(super) fn for_all(request: &Request, layers: &Layers<'_>, known: &Known<'_>) -> BTreeSet<Need> {
    let needs = layers
        .all()
        .filter_map(|directive| need(&directive.want, request, known));
    needs
        .filter(|need| match need {
            // The instance itself is left out, so that each has its own.
            Need::After(_) | Need::Requires(_) => false,
            Need::Service(_) | Need::File(_) => true,
        })
        .collect()
}

/// The need that a directive is, if it is one. A VM of this manifest is the same need by whatever name.
fn need(want: &Directive, request: &Request, known: &Known<'_>) -> Option<Need> {
    let Directive::Need(need) = want else {
        return None;
    };
    Some(match need {
        Need::Service(target) => match target.instance() {
            Some(other)
                if target.service() == request.service.as_str() && known.contains_key(other) =>
            {
                Need::Requires(other.clone())
            }
            Some(_) | None => need.clone(),
        },
        Need::After(_) | Need::Requires(_) | Need::File(_) => need.clone(),
    })
}

/// What this VM needs, beside what all need.
pub(super) fn of_vm(
    name: &InstanceName,
    user: Option<&AccountName>,
    layers: &Layers<'_>,
    shared: &BTreeSet<Need>,
    request: &Request,
    known: &Known<'_>,
) -> BTreeSet<Need> {
    let mut needs = BTreeSet::new();
    for directive in layers.everything_for(name, user) {
        if let Some(need) = need(&directive.want, request, known)
            && !matches!(&need, Need::After(other) | Need::Requires(other) if other == name)
            && !shared.contains(&need)
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
    needs
}
