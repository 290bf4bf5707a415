//! The check of instances against templates: `svccfg validate` and `svccfg import -V`.
//!
//! An instance is checked as it will be composed: its own property groups and patterns before those of
//! its service. Patterns apply from three levels: the instance and its service, the restarter, and
//! `svc:/system/svc/global` ([framework]). (`smf_template(7)`; svccfg's `svccfg_tmpl.c`.)

use std::collections::HashSet;

use super::code::Code;
use super::entity::{Bundle, Entity, GroupPattern, Instance, PropertyPattern, Service, Target};
use super::finding::Findings;
use super::fmri::{Fmri, parse};
use crate::smf::composition::Layers;
use crate::text::printable::Printable;

mod consistency;
mod framework;
mod group;

use framework::Framework;

/// Where a pattern stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Instance,
    Service,
    Restarter,
    Global,
}

/// Whether a pattern with this target applies when it stands at this level.
fn applies(target: Target, level: Level) -> bool {
    match target {
        Target::This => matches!(level, Level::Instance | Level::Service),
        Target::Instance => level == Level::Service,
        Target::Delegate => matches!(level, Level::Restarter | Level::Global),
        Target::All => level == Level::Global,
    }
}

/// Checks every instance of a bundle. A service without an instance is not checked.
pub(super) fn check(bundle: &Bundle<'_>, findings: &mut Findings) {
    let framework = Framework::new();
    let mut said = HashSet::new();
    for service in &bundle.services {
        if work(service) > WORK_MAX {
            let message = format!(
                "the service {} has more instances, property groups and patterns than can be compared",
                Printable(service.name)
            );
            findings.add(Code::TooLarge, service.at, message);
            continue;
        }
        let restarter = restarter(&service.entity, findings);
        for instance in &service.instances {
            if findings.is_full() {
                return;
            }
            let own = restarter_of_instance(&instance.entity, restarter, findings);
            let mut check = Check {
                service,
                instance,
                framework: &framework,
                delegated: own == Restarter::Startd,
                global: service.name != GLOBAL,
                findings,
                said: &mut said,
            };
            check.consistency();
            check.groups();
            check.required_groups();
        }
    }
}

/// So many comparisons take some seconds. 10,000 instances with the templates of this program's own
/// manifests need a fiftieth of it.
const WORK_MAX: usize = 1_000_000_000;

/// How many comparisons a service takes: each property of each instance with each pattern.
fn work(service: &Service<'_>) -> usize {
    let size = |entity: &Entity<'_>| {
        let properties: usize = entity
            .groups
            .iter()
            .map(|group| 1 + group.properties.len())
            .sum();
        let patterns = entity.group_patterns.len() + entity.property_patterns.len();
        (properties, patterns)
    };
    let (properties, patterns) = size(&service.entity);
    service
        .instances
        .iter()
        .map(|instance| {
            let own = size(&instance.entity);
            let patterns = patterns + own.1;
            // The templates of the framework are about 80 patterns.
            (properties + own.0)
                .saturating_add(patterns)
                .saturating_mul(patterns + 80)
        })
        .fold(0, usize::saturating_add)
}

const GLOBAL: &str = "system/svc/global";

/// Whose templates count besides those of the bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Restarter {
    /// svc.startd.
    Startd,
    /// inetd, which is known and has no patterns that would be required here.
    Inetd,
    /// None that is in the repository before the import.
    Unknown,
}

fn restarter(entity: &Entity<'_>, findings: &mut Findings) -> Restarter {
    let Some((text, at)) = entity.restarter() else {
        return Restarter::Startd;
    };
    match parse(text) {
        Some(Fmri::Service {
            service,
            instance: Some(instance),
            property: false,
            ..
        }) => match (service, instance) {
            ("system/svc/restarter", "default") => Restarter::Startd,
            ("network/inetd", "default") => Restarter::Inetd,
            _ => Restarter::Unknown,
        },
        Some(Fmri::Service { .. } | Fmri::File) | None => {
            let message = format!("the restarter '{}' is not an instance", Printable(text));
            findings.add(Code::RestarterFmri, at, message);
            Restarter::Unknown
        }
    }
}

/// An instance whose restarter is not there yet is checked as its service's restarter wants it.
fn restarter_of_instance(
    entity: &Entity<'_>,
    of_service: Restarter,
    findings: &mut Findings,
) -> Restarter {
    if entity.restarter().is_none() {
        return of_service;
    }
    match restarter(entity, findings) {
        Restarter::Unknown => of_service,
        known @ (Restarter::Startd | Restarter::Inetd) => known,
    }
}

/// The check of one instance.
struct Check<'c, 'd> {
    service: &'c Service<'d>,
    instance: &'c Instance<'d>,
    framework: &'c Framework,
    /// Whether svc.startd restarts it.
    delegated: bool,
    /// Whether the global templates apply: they do, but to the global service itself.
    global: bool,
    findings: &'c mut Findings,
    /// What was said already: a mistake of the service is found with each of its instances.
    said: &'c mut HashSet<(Code, usize, String)>,
}

impl<'c, 'd> Check<'c, 'd> {
    fn say(&mut self, code: Code, at: usize, message: String) {
        if self.said.insert((code, at, message.clone())) {
            self.findings.add(code, at, message);
        }
    }

    fn say_with_help(&mut self, code: Code, at: usize, message: String, help: String) {
        if self.said.insert((code, at, message.clone())) {
            self.findings.add_with_help(code, at, message, help);
        }
    }

    /// The group patterns of all levels, the closest first. A pattern of the instance hides one of the
    /// service under the same key.
    fn group_patterns(&self) -> impl Iterator<Item = (&'c GroupPattern<'d>, Level)> + use<'c, 'd> {
        let own = &self.instance.entity.group_patterns;
        let of_service = &self.service.entity.group_patterns;
        let framework = self.framework;
        Layers::new((own, Level::Instance), (of_service, Level::Service))
            .all(
                |(patterns, level)| patterns.iter().map(move |pattern| (pattern, level)),
                |(own, _), (pattern, _)| own.iter().any(|other| other.key == pattern.key),
            )
            .chain(
                framework
                    .restarter(self.delegated)
                    .0
                    .iter()
                    .map(|p| (p, Level::Restarter)),
            )
            .chain(
                framework
                    .global(self.global)
                    .0
                    .iter()
                    .map(|p| (p, Level::Global)),
            )
    }

    /// The property patterns of all levels, the closest first.
    fn property_patterns(&self) -> impl Iterator<Item = &'c PropertyPattern<'d>> + use<'c, 'd> {
        let framework = self.framework;
        self.layers()
            .all(
                |entity| &entity.property_patterns,
                |own, pattern| {
                    let mut own = own.property_patterns.iter();
                    own.any(|other| other.key == pattern.key)
                },
            )
            .chain(framework.restarter(self.delegated).1.iter())
            .chain(framework.global(self.global).1.iter())
    }

    const fn layers(&self) -> Layers<&'c Entity<'d>> {
        self.instance.layers(self.service)
    }

    fn fmri(&self) -> String {
        let fmri = format!("svc:/{}:{}", self.service.name, self.instance.name);
        Printable(&fmri).to_string()
    }

    /// The groups that a template requires.
    fn required_groups(&mut self) {
        let required: Vec<_> = self
            .group_patterns()
            .filter(|(pattern, level)| pattern.required && applies(pattern.target, *level))
            .collect();
        for (pattern, level) in required {
            let there = |entity: &'c Entity<'d>| entity.find(pattern.name, pattern.kind);
            if self.layers().find(there).is_some() {
                continue;
            }
            let (name, kind) = (Printable(pattern.name), Printable(pattern.kind));
            let fmri = self.fmri();
            if pattern.kind == "method" && level == Level::Restarter {
                let message = format!("{fmri} has no method {name}");
                let help = format!(
                    "svc.startd requires one: <exec_method type='method' name='{name}' exec=':true' timeout_seconds='60'/> where there is nothing to do"
                );
                self.say_with_help(Code::GroupMissing, self.instance.at, message, help);
            } else {
                let message = format!(
                    "{fmri} has no property group {name} of the type {kind}, which is required"
                );
                self.say(Code::GroupMissing, self.instance.at, message);
            }
        }
    }
}

#[cfg(test)]
mod tests;
