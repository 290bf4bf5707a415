//! Property groups, properties and values.

use std::borrow::Cow;

use super::Reader;
use crate::text::printable::Printable;
use crate::validate::Flavour;
use crate::validate::code::Code;
use crate::validate::entity::{Entity, Group, Property, Value};
use crate::validate::tree::Element;
use crate::validate::value::ValueType;

/// A property with one value.
fn property<'d>(
    name: impl Into<Cow<'d, str>>,
    value_type: ValueType,
    text: impl Into<Cow<'d, str>>,
    at: usize,
) -> Property<'d> {
    Property {
        name: name.into(),
        value_type: Some(value_type),
        values: vec![Value {
            text: text.into(),
            at,
        }],
        at,
    }
}

pub(super) fn boolean<'d>(name: impl Into<Cow<'d, str>>, value: bool, at: usize) -> Property<'d> {
    property(
        name,
        ValueType::Boolean,
        if value { "true" } else { "false" },
        at,
    )
}

pub(super) fn astring<'d>(
    name: impl Into<Cow<'d, str>>,
    text: impl Into<Cow<'d, str>>,
    at: usize,
) -> Property<'d> {
    property(name, ValueType::Astring, text, at)
}

pub(super) fn fmri<'d>(name: &'d str, text: impl Into<Cow<'d, str>>, at: usize) -> Property<'d> {
    property(name, ValueType::Fmri, text, at)
}

pub(super) fn count<'d>(name: &'d str, text: &'d str, at: usize) -> Property<'d> {
    property(name, ValueType::Count, text, at)
}

impl<'d> Reader<'_, 'd> {
    /// Adds a property to a group, unless it is there.
    pub(super) fn add(&mut self, group: &mut Group<'d>, property: Property<'d>) {
        let (name, at) = (property.name.clone(), property.at);
        if let Err(first) = group.add(property) {
            self.findings.add_with_help(
                self.twice(Code::PropertyTwice),
                at,
                format!(
                    "the property {} is defined twice in the property group {}",
                    Printable(&name),
                    Printable(&group.name)
                ),
                format!("keep one of the two; {}", self.first_on_line(first)),
            );
        }
    }

    pub(super) fn property_group(&mut self, element: Element<'d>, entity: &mut Entity<'d>) {
        let (name, at) = element.value("name");
        if element.property("name").is_none() {
            return self.crash(at, "a property group has no name");
        }
        let kind = element.property("type").map(|kind| kind.value.into());
        let group = entity.group_of(name, kind, at);
        self.properties(element, "stability", group);
        group.deleted = element.word("delete") == "true";
    }

    /// The `stability`, `propval` and `property` elements in an element, and what svccfg calls the
    /// property for the first.
    pub(super) fn properties(
        &mut self,
        element: Element<'d>,
        stability: &'static str,
        group: &mut Group<'d>,
    ) {
        for child in self.elements_of(element) {
            match child.kind() {
                "stability" if self.is_valid(child) => {
                    let (value, at) = child.value("value");
                    self.add(group, astring(stability, value, at));
                }
                "stability" => {}
                "propval" => self.propval(child, group),
                "property" => self.property(child, group),
                // Methods and dependencies have others, which are read elsewhere.
                _ if element.kind() != "property_group" => {}
                other => {
                    let what = format!("<{}> in a property group", Printable(other));
                    self.crash(child.at(), what);
                }
            }
        }
    }

    /// The name and the type of a property.
    fn name_and_type(
        &mut self,
        element: Element<'d>,
        group: &Group<'d>,
    ) -> (&'d str, Option<ValueType>) {
        let (name, at) = element.value("name");
        if name.is_empty() {
            let message = format!(
                "a property in the group {} has no name",
                Printable(&group.name)
            );
            self.findings.add(Code::PropertyName, at, message);
        }
        let (kind, at) = element.value("type");
        let value_type = ValueType::named(kind);
        // One that is empty counts as left out.
        if value_type.is_none() && !kind.is_empty() {
            let message = format!("unknown type '{}'", Printable(kind));
            self.findings.add(Code::UnknownType, at, message);
        }
        (name, value_type)
    }

    fn propval(&mut self, element: Element<'d>, group: &mut Group<'d>) {
        let (name, value_type) = self.name_and_type(element, group);
        let (text, at) = element.value("value");
        if element.property("value").is_none() {
            let message = format!("the property {} has no value", Printable(name));
            self.findings.add(Code::Incomplete, at, message);
        } else {
            // What has no type is first read as a text.
            let read_as = value_type.or(Some(ValueType::Astring));
            self.value(name, read_as, text, at);
        }
        let value = Value {
            text: text.into(),
            at,
        };
        let property = Property {
            name: name.into(),
            value_type,
            values: vec![value],
            at: element.at(),
        };
        self.add(group, property);
    }

    fn property(&mut self, element: Element<'d>, group: &mut Group<'d>) {
        let (name, mut value_type) = self.name_and_type(element, group);
        let mut values = Vec::new();
        for list in self.elements_of(element) {
            let list_type = list.kind().strip_suffix("_list").and_then(ValueType::named);
            if list_type.is_none() {
                self.illegal(list, "in a property");
                continue;
            }
            if self.flavour == Flavour::Profile && value_type.is_none() {
                value_type = list_type;
            } else if list_type != value_type {
                let wanted = value_type.map_or("none", ValueType::name);
                self.findings.add_with_help(
                    Code::ListType,
                    list.at(),
                    format!(
                        "the property {} has type {wanted}, but its values are in a {}",
                        Printable(name),
                        list.kind()
                    ),
                    format!("put them into a <{wanted}_list>, or change the type"),
                );
            }
            for node in self.elements_of(list) {
                if node.kind() != "value_node" {
                    self.illegal(node, "in a list of values");
                    continue;
                }
                let (text, at) = node.value("value");
                if node.property("value").is_none() {
                    let message = format!("a value of the property {} is missing", Printable(name));
                    self.findings.add(Code::Incomplete, at, message);
                    continue;
                }
                self.value(name, list_type, text, at);
                values.push(Value {
                    text: text.into(),
                    at,
                });
            }
        }
        let property = Property {
            name: name.into(),
            value_type,
            values,
            at: element.at(),
        };
        self.add(group, property);
    }

    /// Checks a value, where the type is known.
    pub(super) fn value(
        &mut self,
        name: &str,
        value_type: Option<ValueType>,
        text: &str,
        at: usize,
    ) {
        let Some(value_type) = value_type.filter(|value_type| !value_type.takes(text)) else {
            return;
        };
        let shown: String = text.chars().take(60).collect();
        let dots = if shown.len() < text.len() { "..." } else { "" };
        self.findings.add_with_help(
            Code::Value,
            at,
            format!(
                "'{}{dots}' is not of type {}, the type of {}",
                Printable(&shown),
                value_type.name(),
                if name.is_empty() {
                    "it".to_owned()
                } else {
                    Printable(name).to_string()
                }
            ),
            format!(
                "a value of type {} is {}",
                value_type.name(),
                value_type.looks()
            ),
        );
    }
}
