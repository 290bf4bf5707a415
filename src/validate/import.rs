//! What `svccfg validate` lets pass and `svccfg import` refuses.
//!
//! An import writes into the repository, where configd looks at every name; the validation never does.

use super::code::Code;
use super::entity::{Bundle, Entity, Group, Instance, Service};
use super::finding::Findings;
use super::fmri::{self, Fmri};
use super::lint::vm::runs_us;
use super::value::USTRING_MAX;
use crate::smf::fmri::SERVICE_NAME_MAX;
use crate::smf::fmri::{INSTANCE_NAME_MAX, is_component, is_service_name};
use crate::text::printable::Printable;

/// The longest name of a property group or property, and the longest type, in bytes.
pub(super) const NAME_MAX: usize = 119;

/// Checks what would be written.
pub(super) fn check(bundle: &Bundle<'_>, findings: &mut Findings) {
    for service in &bundle.services {
        service_name(service.name, service.at, findings);
        let fmri = format!("svc:/{}", service.name);
        entity(&service.entity, &fmri, findings);
        for instance in &service.instances {
            instance_name(service, instance, findings);
            let fmri = format!("{fmri}:{}", instance.name);
            entity(&instance.entity, &fmri, findings);
        }
    }
}

fn service_name(name: &str, at: usize, findings: &mut Findings) {
    let message = if !is_service_name(name) {
        format!("'{}' is not a valid service name", Printable(name))
    } else if name.len() > SERVICE_NAME_MAX {
        format!(
            "the service name has {} bytes; the limit is {SERVICE_NAME_MAX}",
            name.len()
        )
    } else {
        return;
    };
    findings.add(Code::ImportServiceName, at, message);
}

/// Checks the name of an instance.
pub(super) fn instance_name(
    service: &Service<'_>,
    instance: &Instance<'_>,
    findings: &mut Findings,
) {
    if is_component(instance.name.as_bytes()) && instance.name.len() <= INSTANCE_NAME_MAX {
        return;
    }
    let message = format!(
        "'{}' is not a valid instance name",
        Printable(instance.name)
    );
    let mut help = Code::ImportInstanceName.rule().help.to_owned();
    if runs_us(service, instance) {
        help.push_str("; the VM's name can be set in vm/name");
    }
    findings.add_with_help(Code::ImportInstanceName, instance.at, message, help);
}

/// Whether the repository takes the name of a property group or a property, or the type of a group.
pub(super) fn is_name(name: &str) -> bool {
    is_component(name.as_bytes()) && name.len() <= NAME_MAX
}

/// What becomes of a template in the repository.
fn patterns(entity: &Entity<'_>, findings: &mut Findings) {
    let groups = entity.group_patterns.iter().map(|p| (&p.key, p.at));
    let properties = entity.property_patterns.iter().map(|p| (&p.key, p.at));
    for (key, at) in groups.chain(properties) {
        if !is_name(key) {
            let message = format!(
                "the pattern becomes a property group '{}', which is not a valid name",
                Printable(key)
            );
            findings.add(Code::ImportGroupName, at, message);
        }
    }
    for (language, at) in &entity.languages {
        if !is_name(language) {
            let message = format!(
                "the language becomes a property '{}', which is not a valid name",
                Printable(language)
            );
            let help =
                "specify a language, for example xml:lang='C' or xml:lang='de_AT'".to_owned();
            findings.add_with_help(Code::ImportPropertyName, *at, message, help);
        }
    }
}

fn property_names(group: &Group<'_>, findings: &mut Findings) {
    for property in &group.properties {
        if !is_name(&property.name) {
            let message = format!(
                "'{}' is not a valid property name",
                Printable(&property.name)
            );
            findings.add(Code::ImportPropertyName, property.at, message);
        }
    }
}

fn entity(entity: &Entity<'_>, fmri: &str, findings: &mut Findings) {
    for group in entity.groups.iter().filter(|group| !group.deleted) {
        let (name, kind) = (Printable(&group.name), Printable(&group.kind));
        if !is_name(&group.name) {
            let message = format!("'{name}' is not a valid property group name");
            findings.add(Code::ImportGroupName, group.at, message);
        }
        if !is_name(&group.kind) {
            let message = format!("'{kind}' is not a valid property group type");
            findings.add(Code::ImportGroupName, group.at, message);
        }
        // The first of a name stays; every other one has another type.
        if let Some(first) = entity
            .named(&group.name)
            .filter(|first| !first.deleted && first.at != group.at && first.kind != group.kind)
        {
            let message = format!(
                "{} has '{name}' with type {kind} and with type {}",
                Printable(fmri),
                Printable(&first.kind)
            );
            findings.add(Code::ImportGroupTwice, group.at, message);
        }
        property_names(group, findings);
    }
    if let Some((text, at)) = entity.restarter()
        && fmri::parse(text).is_none()
    {
        let message = format!("the restarter '{}' is not an FMRI", Printable(text));
        findings.add(Code::ImportFmri, at, message);
    }
    patterns(entity, findings);
    for dependent in &entity.dependents {
        for group in &dependent.elsewhere.groups {
            property_names(group, findings);
        }
        let (text, at) = dependent.fmri;
        match fmri::parse(text) {
            None => {
                let message = format!("'{}' is not an FMRI", Printable(text));
                findings.add(Code::ImportFmri, at, message);
            }
            Some(
                Fmri::File
                | Fmri::Service { property: true, .. }
                | Fmri::Service { service: "", .. },
            ) => {
                let message = format!("'{}' is neither a service nor an instance", Printable(text));
                findings.add(Code::ImportDependent, at, message);
            }
            Some(Fmri::Service { .. }) => {}
        }
    }
    for (text, at) in &entity.texts {
        if text.len() > USTRING_MAX {
            let message = format!(
                "the text has {} bytes; the limit is {USTRING_MAX}",
                text.len()
            );
            findings.add(Code::ImportText, *at, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::entity::{Dependent, Instance, Property, PropertyPattern, Service, Value};
    use crate::validate::value::ValueType;

    fn codes(name: &str, instance: &str, make: impl FnOnce(&mut Entity<'static>)) -> Vec<Code> {
        let (name, instance) = (name.to_owned().leak(), instance.to_owned().leak());
        let mut own = Entity::default();
        make(&mut own);
        let bundle = Bundle {
            services: vec![Service {
                name,
                at: 0,
                entity: own,
                instances: vec![Instance {
                    name: instance,
                    at: 0,
                    entity: Entity::default(),
                }],
            }],
        };
        let mut findings = Findings::default();
        check(&bundle, &mut findings);
        findings
            .into_parts()
            .0
            .into_iter()
            .map(|found| found.code)
            .collect()
    }

    #[test]
    fn names() {
        let long = |n: usize| "a".repeat(n);
        for (service, instance, expected) in [
            ("site/x", "default", &[][..]),
            ("sit!/x", "default", &[]),
            ("/site/x", "default", &[Code::ImportServiceName]),
            (&long(114), "a", &[]),
            (&long(115), "a", &[Code::ImportServiceName]),
            ("site/x", &long(119), &[]),
            ("site/x", &long(120), &[Code::ImportInstanceName]),
            ("site/x", "example.com,a", &[]),
            ("site/x", "1a", &[Code::ImportInstanceName]),
            ("site/x", "", &[Code::ImportInstanceName]),
        ] {
            assert_eq!(
                codes(service, instance, |_| ()),
                expected,
                "{service}:{instance}"
            );
        }
    }

    #[test]
    fn groups() {
        let groups = |groups: &[(&'static str, &'static str)]| {
            codes("x", "a", |entity| {
                for (at, (name, kind)) in groups.iter().enumerate() {
                    let _made = entity.group(*name, *kind, at);
                }
            })
        };
        assert_eq!(groups(&[("a", "b"), ("c", "b")]), []);
        assert_eq!(groups(&[("a b", "c")]), [Code::ImportGroupName]);
        assert_eq!(groups(&[("a", "1c")]), [Code::ImportGroupName]);
        assert_eq!(groups(&[("a", "b"), ("a", "c")]), [Code::ImportGroupTwice]);
        let deleted = codes("x", "a", |entity| {
            entity.group("a b", "c", 0).deleted = true;
            entity.group("d", "e", 1).deleted = true;
            let _made = entity.group("d", "f", 2);
        });
        assert_eq!(deleted, []);
    }

    #[test]
    fn templates_become_groups_and_properties() {
        let pattern = |key: &'static str| {
            codes("x", "a", |entity| {
                let pattern = PropertyPattern {
                    key: key.into(),
                    ..PropertyPattern::default()
                };
                entity.property_patterns.push(pattern);
            })
        };
        assert_eq!(pattern("tm_proppat_t_notify_params_smtp,to"), []);
        assert_eq!(pattern("tm_proppat_t_a b_p"), [Code::ImportGroupName]);
        assert_eq!(pattern("tm_proppat_nt_a,b_c,d"), [Code::ImportGroupName]);
        let language = |name: &str| codes("x", "a", |e| e.languages.push((name.to_owned(), 0)));
        assert_eq!(language("en_US_UTF_8"), []);
        assert_eq!(language("_x"), [Code::ImportPropertyName]);
    }

    #[test]
    fn fmris_and_texts() {
        let dependent = |fmri: &'static str| {
            codes("x", "a", |entity| {
                entity.dependents.push(Dependent {
                    name: "d",
                    at: 0,
                    fmri: (fmri, 0),
                    elsewhere: Entity::default(),
                });
            })
        };
        for fmri in ["svc:/aa", "aa", "svc:/aa:b", "svc://localhost/aa"] {
            assert_eq!(dependent(fmri), [], "{fmri}");
        }
        assert_eq!(dependent("svc:/a b"), [Code::ImportFmri]);
        assert_eq!(dependent("file:///a"), [Code::ImportDependent]);
        assert_eq!(dependent("svc:/aa/:properties/b"), [Code::ImportDependent]);
        assert_eq!(
            codes("x", "a", |e| {
                let value = Value {
                    text: "not a fmri".into(),
                    at: 0,
                };
                let restarter = Property {
                    name: "restarter".into(),
                    value_type: Some(ValueType::Fmri),
                    values: vec![value],
                    at: 0,
                };
                e.group("general", "framework", 0).add(restarter).unwrap();
            }),
            [Code::ImportFmri]
        );
        assert_eq!(
            codes("x", "a", |e| e.texts.push(("x".repeat(4095).leak(), 0))),
            [Code::ImportText]
        );
    }
}
