//! Dependencies and dependents.

use super::{Reader, Scope, group};
use crate::text::printable::Printable;
use crate::validate::code::Code;
use crate::validate::entity::{Dependent, Entity, Property, Value};
use crate::validate::tree::Element;
use crate::validate::value::ValueType;

impl<'d> Reader<'_, 'd> {
    pub(super) fn dependency(&mut self, element: Element<'d>, entity: &mut Entity<'d>) {
        if !self.is_valid(element) {
            return;
        }
        let (name, at) = element.value("name");
        let group = entity.group(name, "dependency", at);
        if let Some(first) = group.property("entities") {
            return self.second("dependency", name, at, first.at);
        }
        for attribute in ["type", "restart_on", "grouping"] {
            let (value, at) = element.value(attribute);
            self.add(group, group::astring(attribute, value, at));
        }
        let mut entities = Vec::new();
        for fmri in element
            .elements()
            .filter(|child| child.kind() == "service_fmri")
        {
            let (text, at) = fmri.value("value");
            self.value("service_fmri", Some(ValueType::Fmri), text, at);
            entities.push(Value {
                text: text.into(),
                at,
            });
        }
        let at = element.at();
        let property = Property {
            name: "entities".into(),
            value_type: Some(ValueType::Fmri),
            values: entities,
            at,
        };
        self.add(group, property);
        self.properties(element, "stability", group);
        group.deleted = element.word("delete") == "true";
    }

    pub(super) fn dependent(
        &mut self,
        element: Element<'d>,
        scope: Scope<'d>,
        entity: &mut Entity<'d>,
    ) {
        if !self.is_valid(element) {
            return;
        }
        let (name, at) = element.value("name");
        let taken = entity.named(name).map(|group| group.at);
        let twice = entity
            .dependents
            .iter()
            .find(|d| d.name == name)
            .map(|d| d.at);
        if let Some(first) = taken.or(twice) {
            let message = format!(
                "{} already has a property group or dependent named {}",
                Printable(&scope.fmri()),
                Printable(name)
            );
            let help = format!(
                "give the dependent another name; {}",
                self.first_on_line(first)
            );
            self.findings
                .add_with_help(self.twice(Code::DependentTwice), at, message, help);
            return;
        }
        let fmri = element
            .element("service_fmri")
            .map_or(("", element.at()), |fmri| fmri.value("value"));
        let mut elsewhere = Entity::default();
        let group = elsewhere.group(name, "dependency", at);
        for attribute in ["restart_on", "grouping"] {
            let (value, at) = element.value(attribute);
            self.add(group, group::astring(attribute, value, at));
        }
        self.add(group, group::fmri("entities", scope.fmri(), at));
        self.add(group, group::boolean("external", true, at));
        self.properties(element, "entity_stability", group);
        let dependents = entity.group("dependents", "framework", at);
        self.add(dependents, group::fmri(name, fmri.0, at));
        entity.dependents.push(Dependent {
            name,
            at,
            fmri,
            elsewhere,
        });
    }
}
