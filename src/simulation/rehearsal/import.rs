//! What `svccfg import` makes of a manifest: property groups of services and instances.
//!
//! The manifest was judged before (`validate`), so what stands in an odd place does not get here.
//! Whatever else is in it (templates, other services) is read over.

use roxmltree::{Document, Node, ParsingOptions};

use crate::failure::{Failure, Kind};
use crate::simulation::host::{Level, Repository};
use crate::smf::fmri::{FmriError, InstanceFmri};

/// Imports a manifest; gives the instances in its order.
///
/// # Errors
/// The text is no XML, or an instance has a name that cannot be.
pub(super) fn import(
    repository: &mut Repository,
    text: &str,
) -> Result<Vec<InstanceFmri>, Failure> {
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options)
        .map_err(|error| Failure::new(Kind::Config, error))?;
    let mut imported = Vec::new();
    let root = document.root_element();
    for service in children(root, "service") {
        let name = attribute(service, "name");
        entity(repository.service_mut(name), service);
        for instance in service.children() {
            let called = match instance.tag_name().name() {
                "create_default_instance" => "default",
                "instance" => attribute(instance, "name"),
                _ => continue,
            };
            let fmri = fmri(name, called)?;
            let level = repository.instance_mut(&fmri);
            let enabled = attribute(instance, "enabled");
            level.set("general", "enabled", "boolean", &[enabled]);
            entity(level, instance);
            imported.push(fmri);
        }
    }
    for fmri in &imported {
        repository.refresh(fmri);
    }
    Ok(imported)
}

fn fmri(service: &str, instance: &str) -> Result<InstanceFmri, Failure> {
    let name = instance.parse();
    name.and_then(|name| InstanceFmri::new(service, name))
        .map_err(|error: FmriError| Failure::new(Kind::Config, error))
}

fn children<'a>(node: Node<'a, 'a>, name: &'a str) -> impl Iterator<Item = Node<'a, 'a>> {
    node.children()
        .filter(move |child| child.has_tag_name(name))
}

/// An attribute; the document type says which are there.
fn attribute<'a>(node: Node<'a, '_>, name: &str) -> &'a str {
    node.attribute(name).unwrap_or_default()
}

/// What a service or an instance has.
fn entity(level: &mut Level, node: Node<'_, '_>) {
    for child in node.children().filter(Node::is_element) {
        match child.tag_name().name() {
            "method_context" => context(level, "method_context", child),
            "exec_method" => exec_method(level, child),
            "dependency" => dependency(level, child),
            "property_group" => group(level, child),
            _ => {}
        }
    }
}

fn exec_method(level: &mut Level, node: Node<'_, '_>) {
    let name = attribute(node, "name");
    // An instance's method replaces the service's as a whole, and so does one that is imported again.
    level.remove_group(name);
    if attribute(node, "delete") == "true" {
        return;
    }
    level.set(name, "type", "astring", &["method"]);
    level.set(name, "exec", "astring", &[attribute(node, "exec")]);
    let timeout = count(attribute(node, "timeout_seconds"));
    level.set(name, "timeout_seconds", "count", &[&timeout]);
    children(node, "method_context").for_each(|node| context(level, name, node));
    values(level, name, node);
}

/// The context of a method, or of all of an entity's.
fn context(level: &mut Level, group: &str, node: Node<'_, '_>) {
    level.set(group, "use_profile", "boolean", &["false"]);
    let credential = children(node, "method_credential").next();
    for (node, names) in [
        (
            Some(node),
            &["working_directory", "project", "resource_pool"][..],
        ),
        (
            credential,
            &[
                "user",
                "group",
                "supp_groups",
                "privileges",
                "limit_privileges",
            ],
        ),
    ] {
        for name in names {
            if let Some(value) = node.and_then(|node| node.attribute(*name)) {
                level.set(group, name, "astring", &[value]);
            }
        }
    }
    if let Some(environment) = children(node, "method_environment").next() {
        let variables = children(environment, "envvar");
        let variables: Vec<String> = variables
            .map(|v| format!("{}={}", attribute(v, "name"), attribute(v, "value")))
            .collect();
        let variables: Vec<&str> = variables.iter().map(String::as_str).collect();
        level.set(group, "environment", "astring", &variables);
    }
}

fn dependency(level: &mut Level, node: Node<'_, '_>) {
    let name = attribute(node, "name");
    level.remove_group(name);
    if attribute(node, "delete") == "true" {
        return;
    }
    for attribute_name in ["grouping", "restart_on", "type"] {
        let value = attribute(node, attribute_name);
        level.set(name, attribute_name, "astring", &[value]);
    }
    let fmris: Vec<&str> = children(node, "service_fmri")
        .map(|fmri| attribute(fmri, "value"))
        .collect();
    level.set(name, "entities", "fmri", &fmris);
    values(level, name, node);
}

fn group(level: &mut Level, node: Node<'_, '_>) {
    let name = attribute(node, "name");
    if attribute(node, "delete") == "true" {
        return level.remove_group(name);
    }
    level.add_group(name);
    values(level, name, node);
}

/// The properties that stand in a group.
fn values(level: &mut Level, group: &str, node: Node<'_, '_>) {
    for child in node.children().filter(Node::is_element) {
        let name = attribute(child, "name");
        let kind = child.attribute("type").unwrap_or("astring");
        let stored = |text: &str| match kind {
            "count" => count(text),
            _ => text.to_owned(),
        };
        let values: Vec<String> = match child.tag_name().name() {
            "propval" => vec![stored(attribute(child, "value"))],
            "property" => child
                .descendants()
                .filter(|node| node.has_tag_name("value_node"))
                .map(|node| stored(attribute(node, "value")))
                .collect(),
            _ => continue,
        };
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        level.set(group, name, kind, &values);
    }
}

/// A count as SMF keeps it: a negative one is taken modulo 2^64.
fn count(text: &str) -> String {
    match text.trim_start().parse::<i64>() {
        Ok(number) if number < 0 => number.cast_unsigned().to_string(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_methods_and_contexts() {
        let text = "<service_bundle type='manifest' name='x'><service name='site/x' type='service' version='1'>
            <dependency name='net' grouping='require_all' restart_on='none' type='service'><service_fmri value='svc:/milestone/network:default'/></dependency>
            <exec_method type='method' name='stop' exec=':true' timeout_seconds='-1'/>
            <notification_parameters><event value='to-maintenance'/></notification_parameters>
            <property_group name='vm' type='application'><propval name='stop_timeout' type='count' value='9'/></property_group>
            <instance name='vm1' enabled='true'>
              <method_context working_directory=':home'><method_credential user='vb' privileges='basic'/><method_environment><envvar name='TZ' value='UTC'/><envvar name='A' value='b c'/></method_environment></method_context>
              <property_group name='vm' type='application'><property name='l' type='astring'><astring_list><value_node value='a'/><value_node value='b'/></astring_list></property></property_group>
            </instance></service></service_bundle>";
        let mut repository = Repository::default();
        let imported = import(&mut repository, text).unwrap();
        let fmri: InstanceFmri = "svc:/site/x:vm1".parse().unwrap();
        assert_eq!(imported, std::slice::from_ref(&fmri));
        let seen = repository.running(&fmri).unwrap();
        for (group, name, type_name, values) in [
            ("general", "enabled", "boolean", &["true"][..]),
            ("stop", "exec", "astring", &[":true"]),
            (
                "stop",
                "timeout_seconds",
                "count",
                &["18446744073709551615"],
            ),
            ("vm", "stop_timeout", "count", &["9"]),
            ("vm", "l", "astring", &["a", "b"]),
            ("method_context", "user", "astring", &["vb"]),
            (
                "method_context",
                "environment",
                "astring",
                &["TZ=UTC", "A=b c"],
            ),
            (
                "net",
                "entities",
                "fmri",
                &["svc:/milestone/network:default"],
            ),
        ] {
            let property = seen.get(group, name).unwrap();
            assert_eq!(property.type_name, type_name, "{group}/{name}");
            assert_eq!(property.values, values, "{group}/{name}");
        }
    }

    #[test]
    fn what_is_imported_again_replaces_and_what_is_deleted_goes() {
        let text = "<!DOCTYPE service_bundle SYSTEM 'x'><service_bundle><service name='site/x'>
            <create_default_instance enabled='false'/>
            <dependency name='net' delete='true'/><exec_method name='start' delete='true'/>
            <property_group name='vm' delete='true'/></service></service_bundle>";
        let mut repository = Repository::default();
        let old = repository.service_mut("site/x");
        for (group, name) in [("net", "entities"), ("start", "exec"), ("vm", "name")] {
            old.set(group, name, "astring", &["old"]);
        }
        let imported = import(&mut repository, text).unwrap();
        let seen = repository.running(&imported[0]).unwrap();
        assert_eq!(imported[0].to_string(), "svc:/site/x:default");
        for group in ["net", "start", "vm"] {
            assert_eq!(seen.group(group), None, "{group}");
        }
    }
}
