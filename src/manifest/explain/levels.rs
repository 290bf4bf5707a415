//! At which level of SMF the manifest has what is asked for.

use super::super::blueprint::{Blueprint, InstanceBlueprint};
use super::super::need::Need;
use super::super::options::Placement;
use super::super::request::Directive;

/// Whether the service says it where it is asked for for all VMs. The rest is in each instance: with its
/// user, or because it leaves out the instance itself.
pub(super) fn is_for_the_service(want: &Directive, blueprint: &Blueprint) -> bool {
    match want.option().placement {
        Placement::Property | Placement::List => true,
        // A VM of this manifest is each instance's own need, by whatever name.
        Placement::Dependency => {
            matches!(want, Directive::Need(need) if blueprint.needs.contains(need))
        }
        Placement::Instance | Placement::EachInstance => false,
    }
}

/// Whether an instance says again what the service says: its own list replaces the service's.
pub(super) fn repeats(of: &InstanceBlueprint, want: &Directive) -> bool {
    want.option().placement == Placement::List && !of.notify.is_empty()
}

/// What is asked for for a VM and is not in its instance: to wait for itself, or for one that it requires.
pub(super) fn is_left_out(of: &InstanceBlueprint, want: &Directive) -> bool {
    matches!(
        want,
        Directive::Need(need @ (Need::After(_) | Need::Requires(_))) if !of.needs.contains(need)
    )
}

/// Whether it is the value of a property of the schema, which has rows of its own.
pub(super) fn is_property(want: &Directive) -> bool {
    want.option().placement == Placement::Property
}
