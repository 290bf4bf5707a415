//! Whether the patterns of an instance and its service fit together.
//!
//! svccfg keeps the first pattern of each name and looks at those only; so does this, because a manifest
//! should be refused where svccfg refuses it and nowhere else.

use super::{Check, Level, applies};
use crate::text::printable::Printable;
use crate::validate::code::Code;
use crate::validate::entity::{GroupPattern, PropertyPattern, Target};

/// The longest name of a property group that svccfg can look for a template of, in bytes.
pub(super) const GROUP_NAME_MAX: usize = 107;
/// The longest type.
pub(super) const GROUP_TYPE_MAX: usize = 108;

impl<'d> Check<'_, 'd> {
    pub(super) fn consistency(&mut self) {
        let own = &self.instance.entity;
        let of_service = &self.service.entity;
        if own.group_patterns.is_empty() && of_service.group_patterns.is_empty() {
            return;
        }
        let mut groups: Vec<(&GroupPattern<'d>, Level)> = Vec::new();
        let of_instance = own.group_patterns.iter().map(|p| (p, Level::Instance));
        let all = of_instance.chain(
            of_service
                .group_patterns
                .iter()
                .map(|p| (p, Level::Service)),
        );
        for (pattern, level) in all {
            match groups.iter().find(|(other, _)| same_name(other, pattern)) {
                Some((other, _)) => self.conflict(pattern, other),
                None => groups.push((pattern, level)),
            }
            self.key_length(&pattern.key, pattern.at);
        }
        self.redefined(&groups);
        for (pattern, _) in &groups {
            if pattern.required && (pattern.name.is_empty() || pattern.kind.is_empty()) {
                let missing = if pattern.name.is_empty() {
                    "name"
                } else {
                    "type"
                };
                let message = format!("a pg_pattern that is required has no {missing}");
                self.say(Code::PatternIncomplete, pattern.at, message);
            }
        }
        let mut properties: Vec<&PropertyPattern<'d>> = Vec::new();
        for pattern in own
            .property_patterns
            .iter()
            .chain(&of_service.property_patterns)
        {
            match properties.iter().find(|other| other.name == pattern.name) {
                Some(other) => self.property_conflict(pattern, other),
                None => properties.push(pattern),
            }
            self.key_length(&pattern.key, pattern.at);
            self.included(pattern);
        }
        for pattern in properties {
            self.property_pattern(pattern);
        }
    }

    /// The patterns are property groups themselves, and their names may be too long for a template.
    fn key_length(&mut self, key: &str, at: usize) {
        if key.len() > GROUP_NAME_MAX {
            let message = format!(
                "the name of the pattern is {} bytes too long to be checked",
                key.len() - GROUP_NAME_MAX
            );
            self.say(Code::TemplateName, at, message);
        }
    }

    fn conflict(&mut self, pattern: &GroupPattern<'d>, other: &GroupPattern<'d>) {
        let wild = [pattern, other]
            .iter()
            .any(|p| p.name.is_empty() || p.kind.is_empty());
        if !wild && pattern.kind != other.kind {
            let message = format!(
                "the property group {} has the type {} in one pattern and {} in another",
                Printable(pattern.name),
                Printable(other.kind),
                Printable(pattern.kind)
            );
            self.say(Code::PatternConflict, pattern.at, message);
        }
    }

    fn property_conflict(&mut self, pattern: &PropertyPattern<'d>, other: &PropertyPattern<'d>) {
        if let (Some(one), Some(two)) = (other.value_type, pattern.value_type)
            && one != two
            && other.group == pattern.group
        {
            let message = format!(
                "the property {} has the type {} in one pattern and {} in another",
                Printable(pattern.name),
                one.name(),
                two.name()
            );
            self.say(Code::PatternConflict, pattern.at, message);
        }
    }

    /// Patterns for what the restarter and the global service have patterns for.
    fn redefined(&mut self, groups: &[(&GroupPattern<'d>, Level)]) {
        let framework = self.framework;
        let restarter = framework
            .restarter(self.delegated)
            .0
            .iter()
            .map(|p| (p, Level::Restarter));
        let global = framework
            .global(self.global)
            .0
            .iter()
            .map(|p| (p, Level::Global));
        for (general, level) in restarter.chain(global) {
            let Some((pattern, own)) = groups.iter().find(|(p, _)| same_name(p, general)) else {
                continue;
            };
            if applies(general.target, level) && applies(pattern.target, *own) {
                let what = if general.name.is_empty() {
                    format!("property groups of the type {}", general.kind)
                } else {
                    format!("the property group {}", general.name)
                };
                let whose = if general.target == Target::All {
                    "svc:/system/svc/global"
                } else {
                    "svc.startd"
                };
                let message = format!("{whose} already has a template for {what}");
                self.say(Code::FrameworkRedefined, pattern.at, message);
            }
        }
    }

    fn property_pattern(&mut self, pattern: &PropertyPattern<'d>) {
        if pattern.required && pattern.value_type.is_none() {
            let message = format!(
                "the pattern of {} is required and has no type",
                Printable(pattern.name)
            );
            self.say(Code::PatternIncomplete, pattern.at, message);
        }
        for kind in &pattern.included {
            let there = match *kind {
                "constraints" => pattern.allowed.is_some() || !pattern.ranges.is_empty(),
                _ => pattern.described,
            };
            if !there {
                let message = format!(
                    "the pattern of {} includes {kind} and has none{}",
                    Printable(pattern.name),
                    if *kind == "values" {
                        " with a description"
                    } else {
                        ""
                    }
                );
                self.say(Code::IncludeValues, pattern.at, message);
            }
        }
    }

    /// The global template of patterns allows one `include_values`.
    fn included(&mut self, pattern: &PropertyPattern<'d>) {
        if pattern.included.len() > 1 && self.global {
            let message = format!(
                "the pattern of {} has {} include_values; only one is allowed",
                Printable(pattern.name),
                pattern.included.len()
            );
            self.say(Code::CardinalityViolated, pattern.at, message);
        }
    }
}

/// Whether svccfg takes two patterns for the same: by name, and those without a name by type.
fn same_name(one: &GroupPattern<'_>, two: &GroupPattern<'_>) -> bool {
    one.name == two.name && (!one.name.is_empty() || one.kind == two.kind)
}
