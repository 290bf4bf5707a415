//! What `svccfg import` makes of a manifest: property groups of services and instances.

use crate::failure::{Failure, Kind};
use crate::fmri::{FmriError, InstanceFmri};
use crate::host::sim::{Level, Repository};
use crate::manifest::model::{
    Dependency, ExecMethod, Grouping, MethodContext, PropertyEntry, PropertyGroup, PropertyType,
    RestartOn, Service, ServiceBundle, ValueList, ValueNodes,
};

/// Imports a manifest; gives the instances in its order, each with whether it is enabled.
///
/// # Errors
/// An instance has a name that cannot be.
pub(super) fn import(
    repository: &mut Repository,
    bundle: &ServiceBundle,
) -> Result<Vec<(InstanceFmri, bool)>, Failure> {
    let mut imported = Vec::new();
    for service in &bundle.services {
        let level = repository.service_mut(&service.name);
        context(level, "method_context", service.method_context.as_ref());
        service
            .dependencies
            .iter()
            .for_each(|d| dependency(level, d));
        service
            .exec_methods
            .iter()
            .for_each(|m| exec_method(level, m));
        service.property_groups.iter().for_each(|g| group(level, g));
        if let Some(default) = &service.create_default_instance {
            let fmri = fmri(service, "default")?;
            enable(repository.instance_mut(&fmri), default.enabled);
            imported.push((fmri, default.enabled));
        }
        for instance in &service.instances {
            let fmri = fmri(service, &instance.name)?;
            let level = repository.instance_mut(&fmri);
            enable(level, instance.enabled);
            context(level, "method_context", instance.method_context.as_ref());
            instance
                .dependencies
                .iter()
                .for_each(|d| dependency(level, d));
            instance
                .exec_methods
                .iter()
                .for_each(|m| exec_method(level, m));
            instance
                .property_groups
                .iter()
                .for_each(|g| group(level, g));
            imported.push((fmri, instance.enabled));
        }
    }
    for (fmri, _) in &imported {
        repository.refresh(fmri);
    }
    Ok(imported)
}

fn fmri(service: &Service, instance: &str) -> Result<InstanceFmri, Failure> {
    let name = instance.parse();
    name.and_then(|name| InstanceFmri::new(&service.name, name))
        .map_err(|error: FmriError| Failure::new(Kind::Config, error))
}

fn enable(level: &mut Level, enabled: bool) {
    level.set("general", "enabled", "boolean", &[&enabled.to_string()]);
}

fn exec_method(level: &mut Level, method: &ExecMethod) {
    if method.delete {
        return level.remove_group(&method.name);
    }
    // An instance's method replaces the service's as a whole.
    level.remove_group(&method.name);
    let name = &method.name;
    level.set(name, "type", "astring", &["method"]);
    level.set(name, "exec", "astring", &[&method.exec]);
    let timeout = count(&method.timeout_seconds);
    level.set(name, "timeout_seconds", "count", &[&timeout]);
    context(level, name, method.method_context.as_ref());
    method
        .values
        .iter()
        .for_each(|value| entry(level, name, value));
}

/// The context of a method, or of all of an entity's.
fn context(level: &mut Level, group: &str, context: Option<&MethodContext>) {
    let Some(context) = context else {
        return;
    };
    level.set(group, "use_profile", "boolean", &["false"]);
    let mut text = |name: &str, value: Option<&String>| {
        if let Some(value) = value {
            level.set(group, name, "astring", &[value]);
        }
    };
    text("working_directory", context.working_directory.as_ref());
    text("project", context.project.as_ref());
    text("resource_pool", context.resource_pool.as_ref());
    if let Some(credential) = &context.method_credential {
        text("user", Some(&credential.user));
        text("group", credential.group.as_ref());
        text("supp_groups", credential.supp_groups.as_ref());
        text("privileges", credential.privileges.as_ref());
        text("limit_privileges", credential.limit_privileges.as_ref());
    }
    if let Some(environment) = &context.method_environment {
        let variables = environment.variables.iter();
        let variables: Vec<String> = variables
            .map(|v| format!("{}={}", v.name, v.value))
            .collect();
        let variables: Vec<&str> = variables.iter().map(String::as_str).collect();
        level.set(group, "environment", "astring", &variables);
    }
}

fn dependency(level: &mut Level, dependency: &Dependency) {
    let name = &dependency.name;
    if dependency.delete {
        return level.remove_group(name);
    }
    let grouping = match dependency.grouping {
        Grouping::RequireAll => "require_all",
        Grouping::RequireAny => "require_any",
        Grouping::ExcludeAll => "exclude_all",
        Grouping::OptionalAll => "optional_all",
    };
    let restart_on = match dependency.restart_on {
        RestartOn::Error => "error",
        RestartOn::Restart => "restart",
        RestartOn::Refresh => "refresh",
        RestartOn::None => "none",
    };
    level.set(name, "grouping", "astring", &[grouping]);
    level.set(name, "restart_on", "astring", &[restart_on]);
    level.set(name, "type", "astring", &[&dependency.kind]);
    let fmris: Vec<&str> = dependency
        .service_fmris
        .iter()
        .map(|f| f.value.as_str())
        .collect();
    level.set(name, "entities", "fmri", &fmris);
    dependency
        .values
        .iter()
        .for_each(|value| entry(level, name, value));
}

fn group(level: &mut Level, group: &PropertyGroup) {
    if group.delete {
        return level.remove_group(&group.name);
    }
    level.add_group(&group.name);
    group
        .values
        .iter()
        .for_each(|value| entry(level, &group.name, value));
}

fn entry(level: &mut Level, group: &str, entry: &PropertyEntry) {
    match entry {
        PropertyEntry::Propval(value) => {
            let stored = match value.kind {
                PropertyType::Count => count(&value.value),
                _ => value.value.clone(),
            };
            level.set(group, &value.name, type_name(value.kind), &[&stored]);
        }
        PropertyEntry::Property(property) => {
            let nodes = property.list.as_ref().map(|list| nodes(list).nodes.iter());
            let values = nodes.into_iter().flatten().map(|node| node.value.as_str());
            let values: Vec<&str> = values.collect();
            level.set(group, &property.name, type_name(property.kind), &values);
        }
    }
}

/// A count as SMF keeps it: a negative one is taken modulo 2^64.
fn count(text: &str) -> String {
    match text.trim_start().parse::<i64>() {
        Ok(number) if number < 0 => number.cast_unsigned().to_string(),
        _ => text.to_owned(),
    }
}

/// SMF's word for a type.
fn type_name(kind: PropertyType) -> &'static str {
    match kind {
        PropertyType::Count => "count",
        PropertyType::Integer => "integer",
        PropertyType::Opaque => "opaque",
        PropertyType::Host => "host",
        PropertyType::Hostname => "hostname",
        PropertyType::NetAddress => "net_address",
        PropertyType::NetAddressV4 => "net_address_v4",
        PropertyType::NetAddressV6 => "net_address_v6",
        PropertyType::Time => "time",
        PropertyType::Astring => "astring",
        PropertyType::Ustring => "ustring",
        PropertyType::Boolean => "boolean",
        PropertyType::Fmri => "fmri",
        PropertyType::Uri => "uri",
    }
}

fn nodes(list: &ValueList) -> &ValueNodes {
    match list {
        ValueList::Count(nodes)
        | ValueList::Integer(nodes)
        | ValueList::Opaque(nodes)
        | ValueList::Host(nodes)
        | ValueList::Hostname(nodes)
        | ValueList::NetAddress(nodes)
        | ValueList::NetAddressV4(nodes)
        | ValueList::NetAddressV6(nodes)
        | ValueList::Time(nodes)
        | ValueList::Astring(nodes)
        | ValueList::Ustring(nodes)
        | ValueList::Boolean(nodes)
        | ValueList::Fmri(nodes)
        | ValueList::Uri(nodes) => nodes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::read;

    #[test]
    fn groups_methods_and_contexts() {
        let text = "<service_bundle type='manifest' name='x'><service name='site/x' type='service' version='1'>
            <dependency name='net' grouping='require_all' restart_on='none' type='service'><service_fmri value='svc:/milestone/network:default'/></dependency>
            <exec_method type='method' name='stop' exec=':true' timeout_seconds='-1'/>
            <property_group name='vm' type='application'><propval name='stop_timeout' type='count' value='9'/></property_group>
            <instance name='vm1' enabled='true'>
              <method_context working_directory=':home'><method_credential user='vb' privileges='basic'/><method_environment><envvar name='TZ' value='UTC'/><envvar name='A' value='b c'/></method_environment></method_context>
              <property_group name='vm' type='application'><property name='l' type='astring'><astring_list><value_node value='a'/><value_node value='b'/></astring_list></property></property_group>
            </instance></service></service_bundle>";
        let mut repository = Repository::default();
        let bundle = read::from_text(text).unwrap();
        let imported = import(&mut repository, &bundle).unwrap();
        let fmri: InstanceFmri = "svc:/site/x:vm1".parse().unwrap();
        assert_eq!(imported, [(fmri.clone(), true)]);
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
}
