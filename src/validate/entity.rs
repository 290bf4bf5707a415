//! What svccfg holds in memory once it has read a bundle: services, instances and their property
//! groups. Methods, dependencies and notification parameters are property groups as well.

use std::borrow::Cow;
use std::collections::HashMap;

use super::value::ValueType;
use crate::smf::composition::Layers;

/// The services of a bundle, nested bundles included.
#[derive(Debug, Default)]
pub(super) struct Bundle<'d> {
    pub(super) services: Vec<Service<'d>>,
}

/// What a service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ServiceKind {
    /// A service or a milestone.
    Ordinary,
    /// A restarter, whose templates may be for what it restarts.
    Restarter,
}

/// A service.
#[derive(Debug)]
pub(super) struct Service<'d> {
    pub(super) name: &'d str,
    pub(super) at: usize,
    pub(super) entity: Entity<'d>,
    pub(super) instances: Vec<Instance<'d>>,
}

/// An instance.
#[derive(Debug)]
pub(super) struct Instance<'d> {
    pub(super) name: &'d str,
    pub(super) at: usize,
    pub(super) entity: Entity<'d>,
}

impl<'d> Instance<'d> {
    /// The instance and its service, which it is composed with.
    pub(super) const fn layers<'c>(&'c self, service: &'c Service<'d>) -> Layers<&'c Entity<'d>> {
        Layers::new(&self.entity, &service.entity)
    }
}

/// What services and instances have in common.
#[derive(Debug, Default)]
pub(super) struct Entity<'d> {
    /// In the order of the document.
    pub(super) groups: Vec<Group<'d>>,
    /// The places of the groups of a name, one for each type.
    index: HashMap<Cow<'d, str>, Vec<usize>>,
    pub(super) dependents: Vec<Dependent<'d>>,
    pub(super) group_patterns: Vec<GroupPattern<'d>>,
    pub(super) property_patterns: Vec<PropertyPattern<'d>>,
    /// Texts of the templates, which become ustrings.
    pub(super) texts: Vec<(&'d str, usize)>,
    /// The languages of its name and description, which become properties of these names.
    pub(super) languages: Vec<(String, usize)>,
    /// Where `single_instance` stands.
    pub(super) single_instance: Option<usize>,
    /// Where a group was looked for by its type, and one of its name has none: svccfg apply crashes.
    pub(super) clashes: Vec<usize>,
}

impl<'d> Entity<'d> {
    /// The group of this name and type; made where it is not there.
    pub(super) fn group(
        &mut self,
        name: impl Into<Cow<'d, str>>,
        kind: impl Into<Cow<'d, str>>,
        at: usize,
    ) -> &mut Group<'d> {
        self.group_of(name, Some(kind.into()), at)
    }

    /// The same where a profile may leave the type out: then it is the first one of the name, of whatever type.
    pub(super) fn group_of(
        &mut self,
        name: impl Into<Cow<'d, str>>,
        kind: Option<Cow<'d, str>>,
        at: usize,
    ) -> &mut Group<'d> {
        let name = name.into();
        let places = self.index.entry(name.clone()).or_default();
        let known = match &kind {
            None => places.first(),
            Some(kind) => places
                .iter()
                .find(|place| self.groups[**place].kind == *kind || self.groups[**place].untyped),
        };
        let place = known.copied().unwrap_or(self.groups.len());
        if kind.is_some() && known.is_some() && self.groups[place].untyped {
            self.clashes.push(at);
        }
        if place == self.groups.len() {
            places.push(place);
            self.groups.push(Group {
                name,
                untyped: kind.is_none(),
                kind: kind.unwrap_or_default(),
                at,
                deleted: false,
                properties: Vec::new(),
                index: HashMap::new(),
            });
        }
        &mut self.groups[place]
    }

    /// The first group of this name, of whatever type.
    pub(super) fn named(&self, name: &str) -> Option<&Group<'d>> {
        self.all_named(name).next()
    }

    /// The FMRI of the restarter and its place, from the element or from the property alone.
    pub(super) fn restarter(&self) -> Option<(&str, usize)> {
        let property = self.find("general", "framework")?.property("restarter")?;
        let value = property.values.first()?;
        (property.value_type == Some(ValueType::Fmri)).then_some((&*value.text, value.at))
    }

    /// The group of this name and type.
    pub(super) fn find(&self, name: &str, kind: &str) -> Option<&Group<'d>> {
        self.all_named(name).find(|group| group.kind == kind)
    }

    fn all_named(&self, name: &str) -> impl Iterator<Item = &Group<'d>> {
        let places = self.index.get(name).map_or(&[][..], Vec::as_slice);
        places.iter().map(|place| &self.groups[*place])
    }
}

/// A property group.
#[derive(Debug)]
pub(super) struct Group<'d> {
    pub(super) name: Cow<'d, str>,
    /// Its type; empty where a profile does not say it.
    pub(super) kind: Cow<'d, str>,
    /// Whether it says none.
    pub(super) untyped: bool,
    pub(super) at: usize,
    /// Whether it is there to be removed: then it is never imported.
    pub(super) deleted: bool,
    pub(super) properties: Vec<Property<'d>>,
    /// The places of the properties, once there are many.
    index: HashMap<Cow<'d, str>, usize>,
}

/// A group of fewer properties is searched one by one.
const MANY: usize = 24;

impl<'d> Group<'d> {
    /// The property of this name.
    pub(super) fn property(&self, name: &str) -> Option<&Property<'d>> {
        if self.properties.len() <= MANY {
            return self
                .properties
                .iter()
                .find(|property| property.name == name);
        }
        self.index.get(name).map(|place| &self.properties[*place])
    }

    /// Adds a property.
    ///
    /// # Errors
    /// There is one of this name; its place.
    pub(super) fn add(&mut self, property: Property<'d>) -> Result<(), usize> {
        if let Some(before) = self.property(&property.name) {
            return Err(before.at);
        }
        self.properties.push(property);
        if self.properties.len() > MANY {
            // Those that were few enough until now come first.
            for place in self.index.len()..self.properties.len() {
                self.index
                    .insert(self.properties[place].name.clone(), place);
            }
        }
        Ok(())
    }
}

/// A property.
#[derive(Debug)]
pub(super) struct Property<'d> {
    pub(super) name: Cow<'d, str>,
    /// Its type; a profile may leave it out.
    pub(super) value_type: Option<ValueType>,
    pub(super) values: Vec<Value<'d>>,
    pub(super) at: usize,
}

/// A value, as it is written.
#[derive(Debug, Clone)]
pub(super) struct Value<'d> {
    pub(super) text: Cow<'d, str>,
    pub(super) at: usize,
}

/// A dependency that is declared by what others depend on.
#[derive(Debug)]
pub(super) struct Dependent<'d> {
    pub(super) name: &'d str,
    pub(super) at: usize,
    pub(super) fmri: (&'d str, usize),
    /// The dependency that it gives to the other service.
    pub(super) elsewhere: Entity<'d>,
}

/// To what a pattern applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// To the service or instance that has it.
    This,
    /// To the instances of the service.
    Instance,
    /// To what the restarter restarts.
    Delegate,
    /// To everything.
    All,
}

/// A `pg_pattern`.
#[derive(Debug, Clone)]
pub(super) struct GroupPattern<'d> {
    /// The name of the property group that svccfg keeps it in.
    pub(super) key: Cow<'d, str>,
    /// The name of the groups that it is for; empty for any.
    pub(super) name: &'d str,
    /// Their type; empty for any.
    pub(super) kind: &'d str,
    pub(super) target: Target,
    pub(super) required: bool,
    pub(super) at: usize,
}

/// A `prop_pattern`. What it does not say is empty or absent.
#[derive(Debug, Clone, Default)]
pub(super) struct PropertyPattern<'d> {
    /// The name of the property group that svccfg keeps it in.
    pub(super) key: Cow<'d, str>,
    /// The key of its `pg_pattern`.
    pub(super) group: Cow<'d, str>,
    /// The property.
    pub(super) name: &'d str,
    pub(super) value_type: Option<ValueType>,
    pub(super) required: bool,
    /// The least and the greatest number of values.
    pub(super) cardinality: Option<(u64, u64)>,
    /// The values that are allowed: absent for any.
    pub(super) allowed: Option<Vec<&'d str>>,
    /// The least and the greatest value, as they are written.
    pub(super) ranges: Vec<(&'d str, &'d str)>,
    /// The types of its `include_values`.
    pub(super) included: Vec<&'d str>,
    /// Whether one of its values has a text of its own.
    pub(super) described: bool,
    pub(super) at: usize,
}
