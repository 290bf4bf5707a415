//! The patterns of a template: which property groups and properties there are, and what they may hold.
//!
//! svccfg keeps each pattern in a property group of its own, under a name that it builds from the
//! pattern's. The names matter: they decide what is too long and what is there twice.

use std::collections::HashSet;

use super::template::{NAME_MAX, Used};
use super::{GLOBAL, Reader, Scope};
use crate::smf::fmri::is_component;
use crate::text::printable::Printable;
use crate::validate::code::Code;
use crate::validate::entity::{Entity, GroupPattern, PropertyPattern, ServiceKind, Target};
use crate::validate::tree::Element;
use crate::validate::value::{self, ValueType};

/// The beginning of the name of every group pattern's property group.
const BASE: &str = "tm_pgpat";

/// The name of the property group of a group pattern.
pub(in crate::validate) fn group_key(name: &str, kind: &str) -> String {
    match (name.is_empty(), kind.is_empty()) {
        (true, true) => format!("{BASE}_"),
        (true, false) => format!("{BASE}t_{kind}"),
        (false, true) => format!("{BASE}n_{name}"),
        (false, false) => format!("{BASE}nt_{name}"),
    }
}

/// The name of the property group of a property pattern.
pub(in crate::validate) fn property_key(group: &str, name: &str) -> String {
    format!(
        "tm_proppat_{}_{name}",
        group.strip_prefix(BASE).unwrap_or(group)
    )
}

impl<'d> Reader<'_, 'd> {
    pub(super) fn group_pattern(
        &mut self,
        element: Element<'d>,
        scope: Scope<'d>,
        entity: &mut Entity<'d>,
        keys: &mut HashSet<String>,
    ) {
        let (name, at) = element.value("name");
        let (kind, _) = element.value("type");
        if !name.is_empty() {
            self.pattern_name(name, at);
        }
        let key = group_key(name, kind);
        self.pattern_length(&key, at);
        if !keys.insert(key.clone()) {
            let message = format!(
                "a pattern for the property group '{}' of the type '{}' already exists",
                Printable(name),
                Printable(kind)
            );
            self.findings.add(Code::PatternTwice, at, message);
        }
        let target = self.target(element, scope);
        let mut used = Used::new();
        for child in self.elements_of(element) {
            match child.name() {
                "common_name" => self.texts(child, "common_name_", &mut used, entity),
                "description" => self.texts(child, "description_", &mut used, entity),
                "prop_pattern" => self.property_pattern(child, &key, entity, keys),
                _ => {}
            }
        }
        entity.group_patterns.push(GroupPattern {
            key: key.into(),
            name,
            kind,
            target,
            required: element.word("required") == "true",
            at: element.at(),
        });
    }

    fn pattern_name(&mut self, name: &str, at: usize) {
        if !is_component(name.as_bytes()) {
            let message = format!("'{}' is not a valid pattern name", Printable(name));
            self.findings.add(Code::PatternName, at, message);
        }
    }

    fn pattern_length(&mut self, key: &str, at: usize) {
        if key.len() > NAME_MAX {
            let message = format!("the name is {} bytes too long", key.len() - NAME_MAX);
            self.findings.add(Code::PatternName, at, message);
        }
    }

    fn target(&mut self, element: Element<'d>, scope: Scope<'d>) -> Target {
        let (target, allowed) = match element.word("target") {
            "instance" => (Target::Instance, scope.instance.is_none()),
            "delegate" => (Target::Delegate, scope.kind == ServiceKind::Restarter),
            "all" => (
                Target::All,
                scope.instance.is_none() && scope.service == GLOBAL,
            ),
            _ => (Target::This, true),
        };
        if !allowed {
            let (word, at) = element.value("target");
            let message = format!(
                "the target '{}' is not for templates of {}",
                Printable(word),
                Printable(&scope.fmri())
            );
            self.findings.add(Code::PatternTarget, at, message);
        }
        target
    }

    fn property_pattern(
        &mut self,
        element: Element<'d>,
        group: &str,
        entity: &mut Entity<'d>,
        keys: &mut HashSet<String>,
    ) {
        let (name, at) = element.value("name");
        if name.is_empty() {
            self.findings
                .add(Code::PatternName, at, "a prop_pattern has an empty name");
        } else {
            self.pattern_name(name, at);
        }
        let key = property_key(group, name);
        self.pattern_length(&key, at);
        if !keys.insert(key.clone()) {
            let message = format!(
                "a pattern for the property {} already exists",
                Printable(name)
            );
            self.findings.add(Code::PatternTwice, at, message);
        }
        let mut pattern = PropertyPattern {
            key: key.into(),
            group: group.to_owned().into(),
            name,
            value_type: ValueType::named(element.word("type")),
            required: element.word("required") == "true",
            at: element.at(),
            ..PropertyPattern::default()
        };
        let mut used = Used::new();
        for child in self.elements_of(element) {
            match child.name() {
                "common_name" => self.texts(child, "common_name_", &mut used, entity),
                "description" => self.texts(child, "description_", &mut used, entity),
                "units" => self.texts(child, "units_", &mut used, entity),
                "cardinality" => pattern.cardinality = self.cardinality(child),
                "internal_separators" => self.separators(child),
                "values" | "constraints" | "choices" => {
                    self.values(child, &mut pattern, &mut used, entity);
                }
                _ => {}
            }
        }
        entity.property_patterns.push(pattern);
    }

    /// Both limits, which the document type completes; an empty one means that nothing is checked.
    fn cardinality(&mut self, element: Element<'d>) -> Option<(u64, u64)> {
        let mut limit = |name: &str, default: u64| {
            let Some(attribute) = element.attribute(name) else {
                return Some(default);
            };
            let text = attribute.value;
            if text.is_empty() {
                return None;
            }
            let number = value::count(text).filter(|_| !text.trim_start().starts_with(['-', '+']));
            if number.is_none() {
                let message = format!(
                    "{name} of the cardinality is '{}', not a count",
                    Printable(text)
                );
                self.findings.add(Code::Cardinality, attribute.at, message);
            }
            number
        };
        let (min, max) = (limit("min", 0), limit("max", u64::MAX));
        let (min, max) = min.zip(max)?;
        if max < min {
            let message = format!("max of the cardinality ({max}) is less than min ({min})");
            self.findings.add(Code::Cardinality, element.at(), message);
        }
        Some((min, max))
    }

    /// `values`, `constraints` or `choices`.
    fn values(
        &mut self,
        element: Element<'d>,
        pattern: &mut PropertyPattern<'d>,
        used: &mut Used,
        entity: &mut Entity<'d>,
    ) {
        let constraints = element.name() == "constraints";
        for child in self.elements_of(element) {
            match child.name() {
                "value" => {
                    let name = self.described_value(child, pattern, used, entity);
                    if constraints {
                        pattern.allowed.get_or_insert_default().push(name);
                    }
                }
                "range" => {
                    let range = self.range(child);
                    if constraints {
                        pattern.ranges.push(range);
                    }
                }
                "include_values" => pattern.included.push(child.word("type")),
                _ => {}
            }
        }
    }

    /// A value and its texts, which become properties `value_NAME_description_LANGUAGE`: NAME in base 32,
    /// five bytes in eight characters.
    fn described_value(
        &mut self,
        element: Element<'d>,
        pattern: &mut PropertyPattern<'d>,
        used: &mut Used,
        entity: &mut Entity<'d>,
    ) -> &'d str {
        let (name, at) = element.value("name");
        let encoded = name.len().div_ceil(5) * 8;
        let longest = "value_".len() + encoded + "_common_name_%s".len();
        if longest > NAME_MAX {
            let message = format!("the value '{}' is too long for a template", Printable(name));
            self.findings.add(Code::ValueName, at, message);
        }
        for child in self.elements_of(element) {
            pattern.described = true;
            // What the names have in common is their length; the value itself tells them apart.
            let prefix = format!("value_{name:=<encoded$}_{}_", child.name());
            self.texts(child, &prefix, used, entity);
        }
        name
    }

    fn range(&mut self, element: Element<'d>) -> (&'d str, &'d str) {
        let ((min, min_at), (max, max_at)) = (element.value("min"), element.value("max"));
        let inverted = if value::is_negative(min) || value::is_negative(max) {
            self.limits(min, min_at, max, max_at, value::template_integer)
        } else {
            self.limits(min, min_at, max, max_at, value::template_count)
        };
        if inverted {
            let message = format!(
                "max of the range ({}) is less than min ({})",
                Printable(max),
                Printable(min)
            );
            self.findings.add(Code::Range, element.at(), message);
        }
        (min, max)
    }

    /// Whether the greatest is less than the least; what is no number is reported.
    fn limits<N: PartialOrd>(
        &mut self,
        min: &str,
        min_at: usize,
        max: &str,
        max_at: usize,
        number: impl Fn(&str) -> Option<N>,
    ) -> bool {
        for (name, text, at) in [("min", min, min_at), ("max", max, max_at)] {
            if number(text).is_none() {
                let message = format!(
                    "{name} of the range is '{}', not a whole number",
                    Printable(text)
                );
                self.findings.add(Code::Range, at, message);
            }
        }
        matches!((number(min), number(max)), (Some(min), Some(max)) if max < min)
    }
}
