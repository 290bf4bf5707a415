//! What svccfg checks while it reads a document into memory (`lxml_get_bundle()` and what it calls).
//!
//! svccfg stops at the first mistake; this goes on, so that all of them are seen at once.

use std::collections::HashSet;

use super::Flavour;
use super::code::Code;
use super::entity::{Bundle, Entity, Instance, Service, ServiceKind};
use super::finding::Findings;
use super::fmri::is_bare_service;
use super::places::Places;
use super::tree::Element;
use super::value::ValueType;
use crate::text::printable::Printable;

mod dependency;
mod group;
mod method;
mod names;
mod notify;
mod pattern;
mod profile;
mod stray;
mod template;

pub(super) use pattern::{group_key, property_key};

/// Reads the root element of a manifest that follows the document type, or of a profile, of which svccfg checks some parts
/// only.
pub(super) fn bundle<'d>(
    root: Element<'d>,
    flavour: Flavour,
    places: &Places<'_>,
    findings: &mut Findings,
) -> Bundle<'d> {
    let mut reader = Reader {
        flavour,
        places,
        findings,
        bundle: Bundle::default(),
        services: HashSet::new(),
    };
    reader.bundle(root);
    reader.bundle
}

struct Reader<'r, 'd> {
    flavour: Flavour,
    places: &'r Places<'r>,
    findings: &'r mut Findings,
    bundle: Bundle<'d>,
    services: HashSet<&'d str>,
}

/// The entity that is being read.
#[derive(Clone, Copy)]
struct Scope<'d> {
    service: &'d str,
    kind: ServiceKind,
    instance: Option<&'d str>,
}

impl Scope<'_> {
    fn fmri(&self) -> String {
        match self.instance {
            Some(instance) => format!("svc:/{}:{instance}", self.service),
            None => format!("svc:/{}", self.service),
        }
    }
}

/// The service whose templates are for everybody.
const GLOBAL: &str = "system/svc/global";

impl<'d> Reader<'_, 'd> {
    fn bundle(&mut self, bundle: Element<'d>) {
        let wanted = match self.flavour {
            Flavour::Manifest => "manifest",
            Flavour::Profile => "profile",
        };
        let (kind, at) = bundle.value("type");
        if kind != wanted {
            let message = format!("the bundle has type '{}', not {wanted}", Printable(kind));
            let help = match (kind, self.flavour) {
                ("profile", Flavour::Manifest) => {
                    "svccfg apply accepts it; check it with --profile".to_owned()
                }
                ("archive", Flavour::Manifest | Flavour::Profile) => {
                    "an archive can only be restored, by svccfg restore".to_owned()
                }
                ("manifest", Flavour::Profile) => {
                    "svccfg import accepts it; check it without --profile".to_owned()
                }
                _ => format!("write type='{wanted}'"),
            };
            self.findings
                .add_with_help(Code::BundleType, at, message, help);
        }
        let (name, at) = bundle.value("name");
        if name.is_empty() {
            self.findings
                .add(Code::BundleName, at, "the bundle has an empty name");
        }
        for element in self.elements_of(bundle) {
            match element.kind() {
                "service" => self.service(element),
                "service_bundle" => self.bundle(element),
                _ => {}
            }
        }
    }

    fn service(&mut self, service: Element<'d>) {
        let (name, at) = service.value("name");
        if !is_bare_service(name) {
            self.service_name(name, at);
        }
        if service.property("version").is_none() {
            let at = service.at();
            self.crash(
                at,
                format!("the service {} has no version", Printable(name)),
            );
        }
        let kind = match service.word("type") {
            "restarter" => ServiceKind::Restarter,
            _ => ServiceKind::Ordinary,
        };
        let scope = Scope {
            service: name,
            kind,
            instance: None,
        };
        let mut entity = Entity::default();
        let mut instances = Vec::new();
        let mut names = HashSet::new();
        for child in self.elements_of(service) {
            match child.kind() {
                "create_default_instance" if self.second_default(child, name, &names) => {}
                "create_default_instance" => {
                    self.instance_name("default", child.at(), name, &mut names);
                    instances.push(self.default_instance(child));
                }
                "instance" => {
                    let (instance, at) = child.value("name");
                    if child.property("name").is_none() {
                        let message = format!("an instance of {} has no name", Printable(name));
                        self.findings.add(Code::Incomplete, at, message);
                        continue;
                    }
                    self.instance_name(instance, at, name, &mut names);
                    instances.push(self.instance(child, instance, scope));
                }
                "single_instance" => {
                    entity.single_instance = Some(child.at());
                    let at = child.at();
                    let general = entity.group("general", "framework", at);
                    let property = group::boolean("single_instance", true, at);
                    self.add(general, property);
                }
                "stability" => {
                    let (value, at) = child.value("value");
                    let general = entity.group("general", "framework", at);
                    self.add(general, group::astring("entity_stability", value, at));
                }
                _ => self.part(child, scope, &mut entity),
            }
        }
        self.clashes(&entity);
        if !self.services.insert(name) {
            let message = format!("the service {} is defined twice", Printable(name));
            self.findings.add(Code::EntityTwice, at, message);
            return;
        }
        self.bundle.services.push(Service {
            name,
            at,
            entity,
            instances,
        });
    }

    fn default_instance(&mut self, element: Element<'d>) -> Instance<'d> {
        let mut entity = Entity::default();
        let at = element.at();
        // Whatever it is but true is false, and nothing too.
        let enabled = group::boolean("enabled", element.word("enabled") == "true", at);
        self.add(entity.group("general", "framework", at), enabled);
        Instance {
            name: "default",
            at: element.at(),
            entity,
        }
    }

    /// `general/enabled` from the attribute.
    fn enabled(&mut self, element: Element<'d>, entity: &mut Entity<'d>) {
        if let Some(enabled) = element.property("enabled") {
            if !["true", "false"].contains(&enabled.value) {
                self.value(
                    "enabled",
                    Some(ValueType::Boolean),
                    enabled.value,
                    enabled.at,
                );
            }
            let general = entity.group("general", "framework", element.at());
            let value = element.word("enabled") == "true";
            self.add(general, group::boolean("enabled", value, enabled.at));
        }
    }

    fn instance(&mut self, element: Element<'d>, name: &'d str, scope: Scope<'d>) -> Instance<'d> {
        let scope = Scope {
            instance: Some(name),
            ..scope
        };
        let mut entity = Entity::default();
        self.enabled(element, &mut entity);
        for child in self.elements_of(element) {
            self.part(child, scope, &mut entity);
        }
        self.clashes(&entity);
        Instance {
            name,
            at: element.at(),
            entity,
        }
    }

    /// What services and instances both have.
    fn part(&mut self, element: Element<'d>, scope: Scope<'d>, entity: &mut Entity<'d>) {
        match element.kind() {
            "restarter" => self.restarter(element, entity),
            "dependency" => self.dependency(element, entity),
            "dependent" => self.dependent(element, scope, entity),
            "method_context" => {
                let at = element.at();
                let _made = entity.group("method_context", "framework", at);
                self.method_context(element, entity, "method_context", "framework");
            }
            "exec_method" => self.exec_method(element, entity),
            "notification_parameters" => self.notification(element, scope, entity),
            "property_group" => self.property_group(element, entity),
            "template" => self.template(element, scope, entity),
            _ => self.illegal(element, &format!("in {}", Printable(&scope.fmri()))),
        }
    }

    fn restarter(&mut self, element: Element<'d>, entity: &mut Entity<'d>) {
        let mut last = None;
        let mut known = true;
        for fmri in self.elements_of(element) {
            if fmri.kind() == "service_fmri" {
                last = fmri.property("value");
            } else {
                self.illegal(fmri, "in a restarter");
                known = false;
            }
        }
        let general = entity.group("general", "framework", element.at());
        match last {
            Some(fmri) => self.add(general, group::fmri("restarter", fmri.value, fmri.at)),
            None if known => self.crash(element.at(), "a restarter has no FMRI"),
            None => {}
        }
    }

    /// The code for something that is there twice: svccfg apply only mentions it.
    fn twice(&self, in_manifest: Code) -> Code {
        match self.flavour {
            Flavour::Manifest => in_manifest,
            Flavour::Profile => Code::ProfileTwice,
        }
    }

    /// A method or dependency that is there already: svccfg complains of each of its properties.
    fn second(&mut self, what: &str, name: &str, at: usize, first: usize) {
        let message = format!("the {what} {} is defined twice", Printable(name));
        let help = format!("keep one of the two; {}", self.first_on_line(first));
        self.findings
            .add_with_help(self.twice(Code::PropertyTwice), at, message, help);
    }

    /// Says where the first of two is.
    fn first_on_line(&self, at: usize) -> String {
        format!("the first one is on {}", self.places.line(at))
    }
}

#[cfg(test)]
mod tests;
