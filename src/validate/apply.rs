//! What `svccfg apply` makes of a profile that it has read (`lscf_bundle_apply()`).
//!
//! A service or an instance that is not there is passed over without a word, so here all are taken to be there. What the
//! repository does not take is reported, left out, and ends with exit status 0; but a name that no service or instance can
//! have ends it, and types that are left out are looked for.

use super::code::Code;
use super::entity::{Bundle, Entity, Group, Property};
use super::finding::Findings;
use super::fmri;
use super::import::{NAME_MAX, instance_name, is_name};
use super::value::ValueType;
use crate::config::schema;
use crate::smf::fmri::{DEFAULT_SERVICE, is_service_name};
use crate::text::printable::Printable;

/// Checks what would be written.
pub(super) fn check(bundle: &Bundle<'_>, findings: &mut Findings) {
    for service in &bundle.services {
        let instances = service.instances.iter().map(|instance| &instance.entity);
        for entity in std::iter::once(&service.entity).chain(instances) {
            for group in &entity.groups {
                types(group, service.name, findings);
            }
        }
    }
    if findings.any_error() {
        return;
    }
    for service in &bundle.services {
        if !is_service_name(service.name) || service.name.len() > NAME_MAX {
            let message = format!("'{}' is not a valid service name", Printable(service.name));
            findings.add(Code::ImportServiceName, service.at, message);
        }
        let fmri = format!("svc:/{}", service.name);
        entity(&service.entity, &fmri, findings);
        for instance in &service.instances {
            instance_name(service, instance, findings);
            let fmri = format!("{fmri}:{}", instance.name);
            entity(&instance.entity, &fmri, findings);
        }
    }
}

fn entity(entity: &Entity<'_>, fmri: &str, findings: &mut Findings) {
    for group in entity.groups.iter().filter(|group| !group.deleted) {
        if let Some((at, what)) = refused(group) {
            let message = format!(
                "the repository rejects {what}: the property group {} and those after it are omitted from {}",
                Printable(&group.name),
                Printable(fmri)
            );
            findings.add(Code::ProfileLeftOut, at, message);
            break;
        }
        let first = entity.named(&group.name);
        if let Some(first) = first.filter(|first| first.at != group.at && first.kind != group.kind)
        {
            let message = format!(
                "{} has {} with type {} and with type {}: the first one, or the existing one, is kept",
                Printable(fmri),
                Printable(&group.name),
                Printable(&group.kind),
                Printable(&first.kind)
            );
            findings.add(Code::ProfileTwice, group.at, message);
        }
    }
    for dependent in &entity.dependents {
        let (text, at) = dependent.fmri;
        let what = match fmri::parse(text) {
            None => "no FMRI",
            Some(
                fmri::Fmri::File
                | fmri::Fmri::Service { property: true, .. }
                | fmri::Fmri::Service { service: "", .. },
            ) => "neither a service nor an instance",
            Some(fmri::Fmri::Service { .. }) => continue,
        };
        let message = format!(
            "'{}' is {what}: the dependents of {} from here on are omitted",
            Printable(text),
            Printable(fmri)
        );
        findings.add(Code::ProfileLeftOut, at, message);
        break;
    }
}

/// The first thing in a group that the repository does not take.
fn refused(group: &Group<'_>) -> Option<(usize, String)> {
    if !is_name(&group.name) {
        let what = format!("the name '{}'", Printable(&group.name));
        return Some((group.at, what));
    }
    if !group.untyped && !is_name(&group.kind) {
        let what = format!("the type '{}'", Printable(&group.kind));
        return Some((group.at, what));
    }
    group.properties.iter().find_map(|property| {
        if !is_name(&property.name) {
            let what = format!("the name '{}'", Printable(&property.name));
            return Some((property.at, what));
        }
        // Those of restarters and dependents are read without a look.
        let values = property.values.iter();
        let value = values
            .filter(|_| property.value_type == Some(ValueType::Fmri))
            .find(|value| fmri::parse(&value.text).is_none())?;
        let what = format!("'{}' for an FMRI", Printable(&value.text));
        Some((value.at, what))
    })
}

/// What is known of a property in the repository.
enum Known {
    Type(ValueType),
    /// It is not there.
    Absent,
    Unknown,
}

/// Types that the profile leaves out (`find_current_pg_type()`, `find_current_prop_type()`).
fn types(group: &Group<'_>, service: &str, findings: &mut Findings) {
    if group.untyped && !is_ours(service, &group.name) {
        let message = format!("the property group {} has no type", Printable(&group.name));
        findings.add(Code::MissingType, group.at, message);
    }
    for property in &group.properties {
        if property.value_type.is_some() {
            continue;
        }
        let path = format!("{}/{}", group.name, property.name);
        match known(service, &group.name, &property.name) {
            Known::Type(value_type) => of_known_type(property, &path, value_type, findings),
            Known::Absent => {
                let message = format!(
                    "{} has no type, and svc:/{service} has no such property",
                    Printable(&path)
                );
                findings.add(Code::TypeNotFound, property.at, message);
            }
            Known::Unknown => {
                let message = format!("{} has no type", Printable(&path));
                findings.add(Code::MissingType, property.at, message);
            }
        }
    }
}

/// svccfg reads the value anew, as one of the type. Where that is a number, the number is later freed as if it were a text.
fn of_known_type(
    property: &Property<'_>,
    path: &str,
    value_type: ValueType,
    findings: &mut Findings,
) {
    let name = value_type.name();
    for value in &property.values {
        if !value_type.takes(&value.text) {
            let message = format!(
                "'{}' is not of type {name}, the type of {}",
                Printable(&value.text),
                Printable(path)
            );
            let help = format!("a value of type {name} is {}", value_type.looks());
            findings.add_with_help(Code::Value, value.at, message, help);
            return;
        }
    }
    let is_number = matches!(
        value_type,
        ValueType::Count | ValueType::Integer | ValueType::Boolean
    );
    if is_number && !property.values.is_empty() {
        let message = format!(
            "{} has no type: svccfg applies the profile and crashes, because it is a {name}",
            Printable(path)
        );
        let help = format!("add type='{name}'");
        findings.add_with_help(Code::Crash, property.at, message, help);
    }
}

/// Whether a group is one of the property groups of our own service, of which every property is known.
fn is_ours(service: &str, group: &str) -> bool {
    service == DEFAULT_SERVICE && schema::GROUPS.iter().any(|known| known.name == group)
}

fn known(service: &str, group: &str, property: &str) -> Known {
    if is_ours(service, group) {
        let path = format!("{group}/{property}");
        let row = schema::PROPERTIES.iter().find(|row| row.path() == path);
        return match (row, property) {
            (Some(row), _) => Known::Type(row.value_type),
            (None, "value_authorization" | "modify_authorization" | "stability") => {
                Known::Type(ValueType::Astring)
            }
            (None, _) => Known::Absent,
        };
    }
    match (group, property) {
        ("general", "enabled" | "single_instance") | (_, "use_profile") => {
            Known::Type(ValueType::Boolean)
        }
        ("start" | "stop" | "refresh", "timeout_seconds") => Known::Type(ValueType::Count),
        _ => Known::Unknown,
    }
}

#[cfg(test)]
mod tests;
