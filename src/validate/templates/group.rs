//! The check of a property group against its pattern.

use std::borrow::Cow;

use super::consistency::{GROUP_NAME_MAX, GROUP_TYPE_MAX};
use super::{Check, applies};
use crate::smf::composition::Layers;
use crate::text::printable::Printable;
use crate::validate::code::Code;
use crate::validate::entity::{Group, GroupPattern, Property, PropertyPattern};
use crate::validate::value::{self, ValueType};

/// So many of the values that are allowed are named.
const SHOWN: usize = 20;

impl<'c, 'd> Check<'c, 'd> {
    pub(super) fn groups(&mut self) {
        let layers = self.layers();
        let same = |group: &Group<'d>| layers.part(|entity| entity.find(&group.name, &group.kind));
        let all = layers.all(
            |entity| &entity.groups,
            |own, group| own.find(&group.name, &group.kind).is_some(),
        );
        for group in all
            .filter(|group| group.kind != "template")
            .filter_map(same)
        {
            self.group(group);
        }
    }

    fn group(&mut self, composed: Layers<&'c Group<'d>>) {
        let group = composed.closest();
        for (what, length, longest) in [
            ("name", group.name.len(), GROUP_NAME_MAX),
            ("type", group.kind.len(), GROUP_TYPE_MAX),
        ] {
            if length > longest {
                let message = format!(
                    "the {what} of the property group {} has {length} bytes; the limit for templates is {longest}",
                    Printable(&group.name)
                );
                self.say(Code::TemplateName, group.at, message);
                return;
            }
        }
        let Some(pattern) = self.pattern_of(&group.name, &group.kind) else {
            return;
        };
        if !pattern.kind.is_empty() && pattern.kind != group.kind {
            let message = format!(
                "the property group {} has type {}, but its template requires {}",
                Printable(&group.name),
                Printable(&group.kind),
                Printable(pattern.kind)
            );
            self.say(Code::GroupType, group.at, message);
        }
        let properties = composed.all(
            |group| &group.properties,
            |own, property| own.property(&property.name).is_some(),
        );
        for property in properties {
            self.property(group, property, pattern);
        }
        self.required_properties(composed, pattern);
    }

    /// The pattern for a group: the most special one, by name and type, by name, by type, for anything;
    /// of two alike the closest one.
    fn pattern_of(&self, name: &str, kind: &str) -> Option<&'c GroupPattern<'d>> {
        let rank = |pattern: &GroupPattern<'_>| {
            match (pattern.name.is_empty(), pattern.kind.is_empty()) {
                // A pattern is found by its name alone; that the type differs is reported afterwards.
                (false, false) if pattern.name == name => Some(0),
                (false, true) if pattern.name == name => Some(1),
                (true, false) if pattern.kind == kind => Some(2),
                (true, true) => Some(3),
                (false | true, false) | (false, true) => None,
            }
        };
        self.group_patterns()
            .filter(|(pattern, level)| applies(pattern.target, *level))
            .filter_map(|(pattern, _)| rank(pattern).map(|rank| (rank, pattern)))
            .min_by_key(|(rank, _)| *rank)
            .map(|(_, pattern)| pattern)
    }

    fn property(
        &mut self,
        group: &Group<'d>,
        property: &Property<'d>,
        group_pattern: &GroupPattern<'d>,
    ) {
        let path = format!("{}/{}", Printable(&group.name), Printable(&property.name));
        let pattern = self
            .property_patterns()
            .find(|pattern| pattern.group == group_pattern.key && pattern.name == property.name);
        let Some(pattern) = pattern else {
            return;
        };
        if let (Some(wanted), Some(found)) = (pattern.value_type, property.value_type)
            && !found.is_a(wanted)
        {
            let message = format!(
                "{path} has type {}, but its template requires {}",
                found.name(),
                wanted.name()
            );
            self.say(Code::PropertyType, property.at, message);
        }
        let behind = self.pattern_behind(pattern);
        let pattern = &*composed(pattern, behind);
        self.cardinality(&path, property, pattern);
        self.ranges(&path, property, pattern);
        self.allowed(&path, property, pattern);
    }

    /// The pattern of the service that a pattern of the instance hides.
    fn pattern_behind(&self, pattern: &PropertyPattern<'_>) -> Option<&'c PropertyPattern<'d>> {
        let same = |other: &&PropertyPattern<'_>| other.key == pattern.key;
        let own = &self.instance.entity.property_patterns;
        own.iter().find(same)?;
        self.service.entity.property_patterns.iter().find(same)
    }

    fn cardinality(&mut self, path: &str, property: &Property<'d>, pattern: &PropertyPattern<'d>) {
        let found = property.values.len() as u64;
        if found == 0 && pattern.group == "tm_pgpatt_dependency" {
            let message = format!("{path} is empty: the dependency depends on nothing");
            let help = "add <service_fmri value='svc:/...'/>".to_owned();
            self.say_with_help(Code::CardinalityViolated, property.at, message, help);
            return;
        }
        if let Some((min, max)) = pattern.cardinality
            && !(min..=max).contains(&found)
        {
            let wanted = match (min, max) {
                (min, max) if min == max => format!("{min}"),
                (min, u64::MAX) => format!("at least {min}"),
                (min, max) => format!("{min} to {max}"),
            };
            let message = format!("{path} has {found} values, but its template requires {wanted}");
            self.say(Code::CardinalityViolated, property.at, message);
        }
    }

    fn ranges(&mut self, path: &str, property: &Property<'d>, pattern: &PropertyPattern<'d>) {
        if pattern.ranges.is_empty() {
            return;
        }
        let within = |text: &str| match property.value_type {
            Some(ValueType::Count) => in_ranges(value::count(text), pattern, value::template_count),
            _ => in_ranges(value::integer(text), pattern, value::template_integer),
        };
        if !matches!(
            property.value_type,
            Some(ValueType::Count | ValueType::Integer)
        ) {
            let kind = property.value_type.map_or("no type", ValueType::name);
            let message = format!("the template has a range for {path}, which is of type {kind}");
            self.say(Code::RangeType, property.at, message);
            return;
        }
        let readable = |limit: &str| match property.value_type {
            Some(ValueType::Count) => value::template_count(limit).is_some(),
            _ => value::template_integer(limit).is_some(),
        };
        let broken = |(min, max): &&(&str, &str)| !readable(min) || !readable(max);
        if let Some((min, max)) = pattern.ranges.iter().find(broken) {
            let message = format!(
                "the template has a range for {path} that its type cannot hold: {} to {}",
                Printable(min),
                Printable(max)
            );
            self.say(Code::RangeType, property.at, message);
            return;
        }
        let shown: Vec<_> = pattern
            .ranges
            .iter()
            .map(|(min, max)| format!("{min} to {max}"))
            .collect();
        for value in &property.values {
            if !within(&value.text) {
                let message = format!(
                    "{path} is {}, but its template requires {}",
                    Printable(&value.text),
                    Printable(&shown.join(" or "))
                );
                self.say(Code::OutOfRange, value.at, message);
            }
        }
    }

    fn allowed(&mut self, path: &str, property: &Property<'d>, pattern: &PropertyPattern<'d>) {
        let Some(allowed) = &pattern.allowed else {
            return;
        };
        // svccfg converts the allowed values first, and stops where one cannot be.
        let same: &dyn Fn(&str, &str) -> bool = match property.value_type {
            Some(ValueType::Boolean) => {
                &|value, allowed| value::template_count(allowed) == Some(u64::from(value == "true"))
            }
            Some(ValueType::Count) => {
                &|value, allowed| value::count(value) == value::template_count(allowed)
            }
            Some(ValueType::Integer) => {
                &|value, allowed| value::integer(value) == value::template_integer(allowed)
            }
            _ => &|value, allowed| value == allowed,
        };
        let number = matches!(
            property.value_type,
            Some(ValueType::Boolean | ValueType::Count | ValueType::Integer)
        );
        let broken = allowed.iter().find(|a| {
            number && value::template_integer(a).is_none() && value::template_count(a).is_none()
        });
        if let Some(broken) = broken {
            let message = format!(
                "the template allows '{}' for {path}, which is not a value of its type",
                Printable(broken)
            );
            self.say(Code::ConstraintType, property.at, message);
            return;
        }
        let shown = allowed
            .iter()
            .take(SHOWN)
            .copied()
            .collect::<Vec<_>>()
            .join(", ");
        let more = match allowed.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        for value in &property.values {
            if self.findings.is_full() {
                return;
            }
            if !allowed.iter().any(|allowed| same(&value.text, allowed)) {
                let message = format!(
                    "{path} cannot be '{}'; its template allows {}{more}",
                    Printable(&value.text),
                    Printable(&shown)
                );
                self.say(Code::ValueNotAllowed, value.at, message);
            }
        }
    }

    fn required_properties(
        &mut self,
        group: Layers<&'c Group<'d>>,
        group_pattern: &GroupPattern<'d>,
    ) {
        let missing: Vec<_> = self
            .property_patterns()
            .filter(|pattern| pattern.required && pattern.group == group_pattern.key)
            .filter(|pattern| group.find(|group| group.property(pattern.name)).is_none())
            .collect();
        let group = group.closest();
        for pattern in missing {
            let message = format!(
                "the property group {} lacks the property {}",
                Printable(&group.name),
                Printable(pattern.name)
            );
            self.say(Code::PropertyMissing, group.at, message);
        }
    }
}

/// A pattern of an instance with that of its service behind it. svccfg keeps patterns in property groups
/// as well, so that what the one does not say comes from the other.
fn composed<'c, 'd>(
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

fn in_ranges<N: PartialOrd>(
    value: Option<N>,
    pattern: &PropertyPattern<'_>,
    limit: impl Fn(&str) -> Option<N>,
) -> bool {
    let Some(value) = value else {
        return false;
    };
    pattern
        .ranges
        .iter()
        .any(|(min, max)| match (limit(min), limit(max)) {
            (Some(min), Some(max)) => min <= value && value <= max,
            _ => false,
        })
}
