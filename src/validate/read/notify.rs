//! Notification parameters (`smf(7)`, "State Transition Notification").

use super::{GLOBAL, Reader, Scope, group};
use crate::text::printable::Printable;
use crate::validate::code::Code;
use crate::validate::entity::{Entity, Group, Property, Value};
use crate::validate::tree::Element;
use crate::validate::value::ValueType;

/// The longest name of a property, in bytes.
const NAME_MAX: usize = 119;

/// The instance that holds the parameters for events of the fault manager.
const FAULT_MANAGER: &str = "svc:/system/fm/notify-params:default";

/// In the order in which svccfg goes through them.
const STATES: [&str; 6] = [
    "uninitialized",
    "maintenance",
    "offline",
    "disabled",
    "online",
    "degraded",
];

/// The events behind a list like `to-maintenance,online`.
enum Events {
    /// The names of property groups: `to-maintenance`, `from-online`...
    Smf(Vec<String>),
    /// The same for the fault manager: `list.suspect,fmnotify`.
    FaultManager(Vec<String>),
    /// Both kinds.
    Mixed,
    /// None, or something else.
    Unknown(String),
}

fn events(text: &str) -> Events {
    let mut smf: Vec<String> = Vec::new();
    let mut faults: Vec<String> = Vec::new();
    for token in text.split(',').filter(|token| !token.is_empty()) {
        let tag = match token {
            "problem-diagnosed" => Some("list.suspect"),
            "problem-updated" => Some("list.updated"),
            "problem-repaired" => Some("list.repaired"),
            "problem-resolved" => Some("list.resolved"),
            _ if token.starts_with("list.") || token.starts_with("ireport.") => Some(token),
            _ => None,
        };
        if let Some(class) = tag {
            faults.push(format!("{class},fmnotify"));
            continue;
        }
        let (directions, state): (&[&str], _) = match token.split_once('-') {
            Some(("to", state)) => (&["to"], state),
            Some(("from", state)) => (&["from"], state),
            Some(_) | None => (&["to", "from"], token),
        };
        let states: Vec<_> = STATES
            .into_iter()
            .filter(|s| state == "all" || *s == state)
            .collect();
        if states.is_empty() {
            return Events::Unknown(token.to_owned());
        }
        for state in states {
            for direction in directions {
                let event = format!("{direction}-{state}");
                if !smf.contains(&event) {
                    smf.push(event);
                }
            }
        }
    }
    match (smf.is_empty(), faults.is_empty()) {
        (false, true) => Events::Smf(smf),
        (true, false) => Events::FaultManager(faults),
        (false, false) => Events::Mixed,
        (true, true) => Events::Unknown(text.to_owned()),
    }
}

impl<'d> Reader<'_, 'd> {
    pub(super) fn notification(
        &mut self,
        element: Element<'d>,
        scope: Scope<'d>,
        entity: &mut Entity<'d>,
    ) {
        let children = self.elements_of(element);
        for child in &children {
            if !["event", "type"].contains(&child.kind()) {
                let message = format!(
                    "<{}> among notification parameters is ignored",
                    Printable(child.kind())
                );
                self.findings.add(Code::NodeIgnored, child.at(), message);
            }
        }
        let mut all = children.iter().filter(|child| child.kind() == "event");
        let (event, more) = (all.next(), all.next());
        let Some(event) = event.filter(|event| more.is_none() && event.property("value").is_some())
        else {
            let message = "notification_parameters without one event that has a value";
            let at = more.or(event).copied().unwrap_or(element).at();
            self.findings.add(Code::Incomplete, at, message);
            return;
        };
        let (text, at) = event.value("value");
        let groups = match events(text) {
            Events::Unknown(token) => {
                let message = format!("unknown event '{}'", Printable(&token));
                self.findings.add(Code::Event, at, message);
                return;
            }
            Events::Mixed => {
                let message = "events of SMF and of the fault manager cannot be mixed";
                self.findings.add(Code::Event, at, message);
                return;
            }
            Events::FaultManager(_) if scope.fmri() != FAULT_MANAGER => {
                let message = format!("events of the fault manager belong to {FAULT_MANAGER}");
                self.findings.add(Code::Event, at, message);
                return;
            }
            Events::Smf(_) if scope.instance.is_none() && scope.service == GLOBAL => {
                let message = "the global service cannot have events";
                self.findings.add(Code::Event, at, message);
                return;
            }
            Events::FaultManager(groups) | Events::Smf(groups) => groups,
        };
        for name in groups {
            let group = entity.group(name, "notify_params", element.at());
            for child in children.iter().filter(|child| child.kind() == "type") {
                self.notification_type(*child, group);
            }
        }
    }

    fn notification_type(&mut self, element: Element<'d>, group: &mut Group<'d>) {
        if !self.is_valid(element) {
            return;
        }
        let (name, at) = element.value("name");
        if name.is_empty() {
            let message = "the type of a notification has no name";
            self.findings.add(Code::NotificationParameter, at, message);
        }
        for child in self.elements_of(element) {
            let (parameter, at) = child.value("name");
            let property = self.parameter_name(name, parameter, at);
            let values: Vec<_> = if child.kind() == "paramval" {
                let (text, at) = child.value("value");
                if text.is_empty() {
                    let message = format!("the parameter {} has no value", Printable(&property));
                    self.findings.add(Code::NotificationParameter, at, message);
                }
                vec![Value {
                    text: text.into(),
                    at,
                }]
            } else {
                let nodes = self
                    .elements_of(child)
                    .into_iter()
                    .map(|node| node.value("value"));
                nodes
                    .map(|(text, at)| Value {
                        text: text.into(),
                        at,
                    })
                    .collect()
            };
            let value_type = Some(ValueType::Astring);
            self.add(
                group,
                Property {
                    name: property.into(),
                    value_type,
                    values,
                    at,
                },
            );
        }
        let active = element.property("active").is_none() || element.word("active") == "true";
        let property = self.parameter_name(name, "active", at);
        self.add(group, group::boolean(property, active, at));
    }

    /// `type,name`
    fn parameter_name(&mut self, kind: &str, name: &str, at: usize) -> String {
        if name.is_empty() {
            let message = format!("a parameter of the type {} has no name", Printable(kind));
            self.findings.add(Code::NotificationParameter, at, message);
        }
        let property = format!("{kind},{name}");
        if property.len() > NAME_MAX {
            let message = format!("the name '{}' is too long", Printable(&property));
            self.findings.add(Code::NotificationParameter, at, message);
        }
        property
    }
}
