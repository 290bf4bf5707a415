//! The composition of an instance: what it has itself, and behind that what its service has.
//!
//! SMF composes by property, not by property group: a property of the instance hides the one of its name in the group of
//! that name of the service, and what the instance lacks is the service's (`svcprop` prints instances so; its answers are
//! in `tests/vectors/svcprop`). The context of a method is composed of the method's property group and the entity's
//! `method_context` in the same way (`smf_method(7)`). What a level consists of is its owner's matter: a manifest that was
//! read, a simulated repository.

use std::collections::BTreeMap;

/// A level of an instance and the same level of its service: whole entities, one property group of each, or whatever else
/// both can have. One of the two is there at least.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layers<L> {
    closest: L,
    behind: Option<L>,
}

impl<L: Copy> Layers<L> {
    /// Of two levels that are both there.
    pub(crate) const fn new(own: L, service: L) -> Self {
        Self {
            closest: own,
            behind: Some(service),
        }
    }

    /// Of one level with nothing behind it: a service as such.
    pub(crate) const fn alone(level: L) -> Self {
        Self {
            closest: level,
            behind: None,
        }
    }

    /// The instance's, or else the service's.
    pub(crate) const fn closest(self) -> L {
        self.closest
    }

    /// A part that both levels may have, such as a property group of a name, composed in its turn.
    pub(crate) fn part<P>(self, part: impl Fn(L) -> Option<P>) -> Option<Layers<P>> {
        let behind = self.behind.and_then(&part);
        let (closest, behind) = match part(self.closest) {
            Some(own) => (own, behind),
            None => (behind?, None),
        };
        Some(Layers { closest, behind })
    }

    /// What is found on the closest level that has it.
    pub(crate) fn find<V>(self, find: impl Fn(L) -> Option<V>) -> Option<V> {
        find(self.closest).or_else(|| self.behind.and_then(find))
    }

    /// Everything on both levels, the closest first, without what that one hides.
    pub(crate) fn all<I: IntoIterator>(
        self,
        items: impl Fn(L) -> I,
        hides: impl Fn(L, &I::Item) -> bool,
    ) -> impl Iterator<Item = I::Item> {
        let behind = self.behind.map(&items).into_iter().flatten();
        let visible = behind.filter(move |item| !hides(self.closest, item));
        items(self.closest).into_iter().chain(visible)
    }
}

impl<'l, K: Ord, V> Layers<&'l BTreeMap<K, V>> {
    /// The entries of both maps, the closest first.
    pub(crate) fn entries(self) -> impl Iterator<Item = (&'l K, &'l V)> {
        self.all(BTreeMap::iter, |closest, (key, _)| {
            closest.contains_key(*key)
        })
    }
}

/// The property groups in which a part of a method's context may be, the closest first: the method's own, and the one of
/// the whole entity.
pub(crate) const fn context_groups(method: &str) -> [&str; 2] {
    [method, "method_context"]
}

/// The properties of an instance, composed.
pub(crate) trait Composed {
    /// The values of a property. There may be none, and there may be no such property.
    fn values(&self, group: &str, name: &str) -> Option<&[String]>;
}

#[cfg(test)]
mod tests {
    use super::*;

    type Group = BTreeMap<&'static str, u8>;
    type Entity = BTreeMap<&'static str, Group>;

    fn entity(groups: &[(&'static str, &[(&'static str, u8)])]) -> Entity {
        groups
            .iter()
            .map(|(name, properties)| (*name, properties.iter().copied().collect()))
            .collect()
    }

    #[test]
    fn composes_by_property_and_not_by_group() {
        let own = entity(&[("both", &[("a", 1), ("z", 2)]), ("own", &[("o", 3)])]);
        let service = entity(&[
            ("both", &[("a", 7), ("b", 8)]),
            ("empty", &[]),
            ("service", &[("s", 9)]),
        ]);
        let layers = Layers::new(&own, &service);
        let names: Vec<&str> = layers.entries().map(|(name, _)| *name).collect();
        assert_eq!(names, ["both", "own", "empty", "service"]);
        for (group, properties) in [
            ("both", Some(&[("a", 1), ("z", 2), ("b", 8)][..])),
            ("own", Some(&[("o", 3)])),
            ("service", Some(&[("s", 9)])),
            ("empty", Some(&[])),
            ("nosuch", None),
        ] {
            let found = layers.part(|entity| entity.get(group));
            let found: Option<Vec<_>> = found.map(|group| {
                group
                    .entries()
                    .map(|(name, value)| (*name, *value))
                    .collect()
            });
            assert_eq!(found.as_deref(), properties, "{group}");
        }
        let value = |group, name| layers.find(|entity| entity.get(group)?.get(name));
        assert_eq!(value("both", "a"), Some(&1));
        assert_eq!(value("both", "b"), Some(&8));
        assert_eq!(value("service", "s"), Some(&9));
        assert_eq!(value("both", "s"), None);
    }

    #[test]
    fn the_closest_group_is_the_one_of_the_instance() {
        let own = entity(&[("both", &[("a", 1)])]);
        let service = entity(&[("both", &[("a", 2)]), ("service", &[("a", 3)])]);
        let layers = Layers::new(&own, &service);
        for (group, value) in [("both", Some(1)), ("service", Some(3)), ("nosuch", None)] {
            let found = layers.part(|entity| entity.get(group));
            assert_eq!(found.map(|group| group.closest()["a"]), value, "{group}");
        }
    }
}
