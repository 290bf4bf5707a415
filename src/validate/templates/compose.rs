//! The property groups of an instance, as SMF composes them: a property of the instance hides the one of
//! its service.

use std::borrow::Cow;

use crate::validate::entity::{Group, Instance, Property, PropertyPattern, Service};

/// A property group of a composed instance.
#[derive(Clone, Copy)]
pub(super) struct Composed<'c, 'd> {
    /// The closest one: of the instance, or else of the service.
    pub(super) group: &'c Group<'d>,
    /// That of the service, where the instance has one as well.
    behind: Option<&'c Group<'d>>,
}

impl<'c, 'd> Composed<'c, 'd> {
    /// Every property group of an instance.
    pub(super) fn groups(service: &'c Service<'d>, instance: &'c Instance<'d>) -> Vec<Self> {
        let (own, of_service) = (&instance.entity, &service.entity);
        let first = own.groups.iter().map(|group| Self {
            group,
            behind: of_service.find(&group.name, &group.kind),
        });
        let rest = of_service
            .groups
            .iter()
            .filter(|group| own.find(&group.name, &group.kind).is_none())
            .map(|group| Self {
                group,
                behind: None,
            });
        first.chain(rest).collect()
    }

    /// The properties.
    pub(super) fn properties(self) -> impl Iterator<Item = &'c Property<'d>> {
        let behind = self.behind.into_iter().flat_map(|group| &group.properties);
        let visible = move |property: &&Property<'_>| self.group.property(&property.name).is_none();
        self.group.properties.iter().chain(behind.filter(visible))
    }

    /// Whether there is a property of this name.
    pub(super) fn has(self, name: &str) -> bool {
        self.group.property(name).is_some()
            || self
                .behind
                .is_some_and(|group| group.property(name).is_some())
    }
}

/// A pattern of an instance with that of its service behind it. svccfg keeps patterns in property groups
/// as well, so that what the one does not say comes from the other.
pub(super) fn pattern<'c, 'd>(
    own: &'c PropertyPattern<'d>,
    behind: Option<&PropertyPattern<'d>>,
) -> Cow<'c, PropertyPattern<'d>> {
    let Some(behind) = behind else {
        return Cow::Borrowed(own);
    };
    let mut composed = own.clone();
    composed.cardinality = own.cardinality.or(behind.cardinality);
    if own.allowed.is_none() {
        composed.allowed.clone_from(&behind.allowed);
    }
    if own.ranges.is_empty() {
        composed.ranges.clone_from(&behind.ranges);
    }
    Cow::Owned(composed)
}
