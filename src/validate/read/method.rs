//! Methods and their contexts.

use super::{Reader, group};
use crate::text::printable::Printable;
use crate::validate::code::Code;
use crate::validate::entity::{Entity, Property, Value};
use crate::validate::tree::Element;
use crate::validate::value::{self, ValueType};

impl<'d> Reader<'_, 'd> {
    pub(super) fn exec_method(&mut self, element: Element<'d>, entity: &mut Entity<'d>) {
        if !self.is_valid(element) {
            return;
        }
        let (name, at) = element.value("name");
        let group = entity.group(name, "method", at);
        if let Some(first) = group.property("exec") {
            return self.second("method", name, at, first.at);
        }
        let exec = element.value("exec");
        self.add(group, group::astring("type", element.word("type"), at));
        self.add(group, group::astring("exec", exec.0, exec.1));
        let (timeout, at) = element.value("timeout_seconds");
        if value::count(timeout).is_none() {
            let message = format!(
                "the timeout '{}' of the method {} is not a number of seconds",
                Printable(timeout),
                Printable(name)
            );
            self.findings.add(Code::Timeout, at, message);
        }
        self.add(group, group::count("timeout_seconds", timeout, at));
        for child in element
            .elements()
            .filter(|child| child.kind() == "method_context")
        {
            self.method_context(child, entity, name, "method");
        }
        let group = entity.group(name, "method", at);
        self.properties(element, "stability", group);
        group.deleted = element.word("delete") == "true";
    }

    /// The properties of a context, in the group of the method or in `method_context`.
    pub(super) fn method_context(
        &mut self,
        element: Element<'d>,
        entity: &mut Entity<'d>,
        group: &'d str,
        kind: &'static str,
    ) {
        let group = entity.group(group, kind, element.at());
        for name in [
            "working_directory",
            "project",
            "resource_pool",
            "security_flags",
        ] {
            if let Some(attribute) = element.property(name) {
                self.add(group, group::astring(name, attribute.value, attribute.at));
            }
        }
        for child in self.elements_of(element) {
            let at = child.at();
            match child.kind() {
                "method_profile" => {
                    let (profile, place) = child.value("name");
                    if child.property("name").is_none() {
                        self.crash(at, "a method_profile has no name");
                    }
                    self.add(group, group::boolean("use_profile", true, at));
                    self.add(group, group::astring("profile", profile, place));
                }
                "method_credential" => {
                    self.add(group, group::boolean("use_profile", false, at));
                    for name in [
                        "user",
                        "group",
                        "supp_groups",
                        "privileges",
                        "limit_privileges",
                    ] {
                        if let Some(attribute) = child.property(name) {
                            self.add(group, group::astring(name, attribute.value, attribute.at));
                        }
                    }
                }
                "method_environment" => {
                    let values = self.environment(child);
                    let property = Property {
                        name: "environment".into(),
                        value_type: Some(ValueType::Astring),
                        values,
                        at,
                    };
                    self.add(group, property);
                }
                other => {
                    let message = format!("<{}> in a method context is ignored", Printable(other));
                    self.findings.add(Code::NodeIgnored, at, message);
                }
            }
        }
    }

    /// `NAME=value` for each variable.
    fn environment(&mut self, element: Element<'d>) -> Vec<Value<'d>> {
        let mut values = Vec::new();
        for variable in self.elements_of(element) {
            let (name, at) = variable.value("name");
            if variable.kind() != "envvar" {
                self.illegal(variable, "in a method environment");
                continue;
            }
            if variable.property("name").is_none() {
                self.crash(at, "an environment variable has no name");
                continue;
            }
            let fault = if name.is_empty() {
                "is empty"
            } else if name.contains('=') {
                "contains ="
            } else if name.starts_with("SMF_") {
                "begins with SMF_, which is reserved for svc.startd"
            } else {
                // svccfg apply stores what printf makes of no text.
                let value = variable
                    .property("value")
                    .map_or("(null)", |value| value.value);
                let text = format!("{name}={value}");
                values.push(Value {
                    text: text.into(),
                    at,
                });
                continue;
            };
            let message = format!(
                "the name of the environment variable '{}' {fault}",
                Printable(name)
            );
            self.findings.add(Code::EnvironmentVariable, at, message);
        }
        values
    }
}
