//! What svccfg lets pass, and somebody will regret.

use super::code::Code;
use super::entity::{Bundle, Entity, Group, Instance, Service};
use super::finding::Findings;
use super::fmri::{Fmri, parse};
use super::value::{TEXT_MAX, ValueType};
use crate::smf::composition::Layers;
use crate::smf::exec;
use crate::smf::fmri::is_component;
use crate::text::printable::Printable;

pub(super) mod vm;

/// Looks at a bundle that svccfg takes.
pub(super) fn check(bundle: &Bundle<'_>, findings: &mut Findings) {
    for service in &bundle.services {
        name_by_mistake(service, findings);
        let elsewhere = service.entity.restarter().is_some();
        entity(&service.entity, elsewhere, findings);
        transient(Layers::alone(&service.entity), findings);
        for instance in &service.instances {
            let elsewhere = elsewhere || instance.entity.restarter().is_some();
            entity(&instance.entity, elsewhere, findings);
            partial_methods(instance, findings);
            transient(instance.layers(service), findings);
            vm::check(service, instance, findings);
        }
    }
}

fn name_by_mistake(service: &Service<'_>, findings: &mut Findings) {
    if !service
        .name
        .split('/')
        .all(|part| is_component(part.as_bytes()))
    {
        let message = format!(
            "svccfg accepts the name '{}' by mistake",
            Printable(service.name)
        );
        findings.add(Code::NameByMistake, service.at, message);
    }
}

/// What can be seen of a service or an instance alone. What has a restarter of its own expands its methods
/// as that one likes.
fn entity(entity: &Entity<'_>, restarted_elsewhere: bool, findings: &mut Findings) {
    if let Some(at) = entity.single_instance {
        findings.add(Code::SingleInstance, at, "single_instance has no effect");
    }
    for group in &entity.groups {
        match group.kind.as_ref() {
            "method" if !restarted_elsewhere => method(group, findings),
            "dependency" => dependency(group, findings),
            _ => {}
        }
        for property in &group.properties {
            for value in &property.values {
                if property.value_type == Some(ValueType::Astring) && value.text.len() > TEXT_MAX {
                    let message = format!(
                        "{}/{} has {} bytes; only {TEXT_MAX} are stored",
                        Printable(&group.name),
                        Printable(&property.name),
                        value.text.len()
                    );
                    findings.add(Code::TextCut, value.at, message);
                }
            }
        }
    }
}

/// The only value of a property.
fn value<'c>(group: &'c Group<'_>, name: &str) -> Option<(&'c str, usize)> {
    let [value] = group.property(name)?.values.as_slice() else {
        return None;
    };
    Some((&value.text, value.at))
}

fn method(group: &Group<'_>, findings: &mut Findings) {
    let Some((exec, at)) = value(group, "exec") else {
        return;
    };
    if let Err(fault) = exec::check(exec) {
        let message = format!(
            "svc.startd cannot expand the method {}: {fault}",
            Printable(&group.name)
        );
        findings.add(Code::ExecTokens, at, message);
    }
}

fn dependency(group: &Group<'_>, findings: &mut Findings) {
    let kind = value(group, "type").map(|(kind, _)| kind);
    for fmri in group
        .property("entities")
        .map_or(&[][..], |property| &property.values)
    {
        let shown = Printable(&fmri.text);
        match (parse(&fmri.text), kind) {
            (Some(Fmri::Service { full: false, .. }), _) => {
                let message = format!("'{shown}' does not begin with svc:/");
                findings.add(Code::ShortFmri, fmri.at, message);
            }
            (Some(Fmri::Service { .. }), Some("path")) => {
                let message = format!("'{shown}' is a service, but the dependency is of type path");
                findings.add(Code::DependencyKind, fmri.at, message);
            }
            (Some(Fmri::File), Some("service")) => {
                let message = format!("'{shown}' is a file, but the dependency is of type service");
                findings.add(Code::DependencyKind, fmri.at, message);
            }
            (Some(Fmri::Service { .. } | Fmri::File) | None, _) => {}
        }
    }
}

/// A method of an instance hides that of the service, and svc.startd reads one group only.
fn partial_methods(instance: &Instance<'_>, findings: &mut Findings) {
    for name in ["start", "stop", "refresh"] {
        let Some(group) = instance.entity.find(name, "method") else {
            continue;
        };
        let missing: Vec<_> = ["exec", "type", "timeout_seconds"]
            .into_iter()
            .filter(|property| group.property(property).is_none())
            .collect();
        if !missing.is_empty() {
            let message = format!(
                "the method {name} of the instance {} lacks {}",
                Printable(instance.name),
                missing.join(" and ")
            );
            findings.add(Code::PartialMethod, group.at, message);
        }
    }
}

/// `:kill` among the methods of an entity that is transient, or whose service is.
fn transient(layers: Layers<&Entity<'_>>, findings: &mut Findings) {
    let duration = layers.find(|entity| value(entity.find("startd", "framework")?, "duration"));
    if duration.is_none_or(|(duration, _)| duration != "transient") {
        return;
    }
    let groups = layers.closest().groups.iter();
    for group in groups.filter(|group| group.kind == "method") {
        if let Some((exec, at)) = value(group, "exec")
            && exec::is_kill(exec)
        {
            let message = format!(
                "the method {} of a transient service is :kill",
                Printable(&group.name)
            );
            findings.add(Code::KillTransient, at, message);
        }
    }
}

#[cfg(test)]
mod tests;
