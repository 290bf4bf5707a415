//! A [`Blueprint`] as a manifest.
//!
//! What all VMs share is said once, by the service; SMF hands it to every instance that does not say
//! otherwise. So an instance holds little: who it runs as, and what is set for it alone.

use super::authority::{self, VmAuthority};
use super::blueprint::{Blueprint, InstanceBlueprint, Owner, value_of};
use super::context::{ContextWord, Privileges};
use super::dependency;
use super::describe::template;
use super::method::{self, Timeouts};
use super::model::{
    BundleKind, Envvar, Instance, MethodContext, MethodCredential, MethodEnvironment, Property,
    PropertyEntry, PropertyGroup, Propval, Service, ServiceBundle, ServiceKind, Stability,
    StabilityLevel, ValueList, ValueNode, ValueNodes,
};
use super::names::{Operand, ServiceName};
use super::notify;
use super::request::{Origin, Owners, Request, VmRequest};
use super::resolve::resolve;
use super::setting::Setting;
use crate::config::schema::{self, Default as SchemaDefault, Group};
use crate::failure::Failure;
use crate::smf::value_type::ValueType;

/// The manifest for VMs that are given as on the command line, `NAME` or `INSTANCE=NAME`, with
/// nothing else said: no owner, every property at its default.
///
/// # Errors
/// A name cannot be, or is there twice.
pub(crate) fn bundle_for(operands: &[String]) -> Result<ServiceBundle, Failure> {
    let mut vms = Vec::new();
    for text in operands {
        let operand: Operand = text.parse().map_err(Failure::from)?;
        vms.push(VmRequest {
            instance: operand.instance,
            vm: operand.vm,
            origin: Origin::new(text),
        });
    }
    let blueprint = resolve(&Request {
        vms,
        owners: Owners::Optional,
        ..Request::default()
    })?;
    Ok(build(&blueprint))
}

/// The manifest.
pub(crate) fn build(blueprint: &Blueprint) -> ServiceBundle {
    let timeouts = Timeouts::for_settings(&blueprint.settings);
    let asked_for = dependency::asked_for(&blueprint.needs, &blueprint.service);
    let service = Service {
        name: blueprint.service.to_string(),
        kind: ServiceKind::Service,
        version: "1".to_owned(),
        create_default_instance: None,
        single_instance: None,
        restarter: None,
        dependencies: dependency::for_all().chain(asked_for).collect(),
        dependents: Vec::new(),
        // Whose VM it is, and what the methods run in, each instance says for itself: another manifest of this
        // service, for a VM of another user, would otherwise change under which user the VMs of this one are
        // looked for.
        method_context: None,
        exec_methods: method::all(&blueprint.method, timeouts),
        notification_parameters: notify::parameters(&blueprint.notify),
        property_groups: service_groups(blueprint),
        instances: blueprint
            .instances
            .iter()
            .map(|of| instance(of, blueprint, timeouts))
            .collect(),
        stability: Some(Stability {
            value: StabilityLevel::Evolving,
        }),
        template: Some(template()),
    };
    ServiceBundle {
        kind: BundleKind::Manifest,
        name: blueprint.service.as_str().replace('/', "-"),
        services: vec![service],
    }
}

/// VirtualBox needs the user's home; svc.startd sets no HOME, so at least the directory is there.
fn context(owner: &Owner) -> MethodContext {
    // Field by field, so that none is forgotten.
    let Owner {
        user,
        group,
        working_directory,
        project,
        resource_pool,
        privileges,
        limit_privileges,
        environment,
    } = owner;
    let text = |word: &ContextWord| word.to_string();
    let variables: Vec<_> = environment
        .iter()
        .map(|variable| Envvar {
            name: variable.name().to_owned(),
            value: variable.value().to_owned(),
        })
        .collect();
    MethodContext {
        working_directory: Some(working_directory.to_string()),
        project: project.as_ref().map(text),
        resource_pool: resource_pool.as_ref().map(text),
        security_flags: None,
        method_profile: None,
        method_credential: Some(MethodCredential {
            user: user.as_str().to_owned(),
            group: group.as_ref().map(|group| group.as_str().to_owned()),
            supp_groups: None,
            privileges: Some(privileges.to_string()),
            limit_privileges: limit_privileges.as_ref().map(Privileges::to_string),
        }),
        method_environment: (!variables.is_empty()).then_some(MethodEnvironment { variables }),
    }
}

fn instance(of: &InstanceBlueprint, blueprint: &Blueprint, timeouts: Timeouts) -> Instance {
    // What counts for this VM: its own settings before those for all.
    let mut effective = of.settings.clone();
    effective.extend_from_slice(&blueprint.settings);
    let own = Timeouts::for_settings(&effective);
    Instance {
        name: of.name.to_string(),
        enabled: of.enabled,
        restarter: None,
        dependencies: dependency::asked_for(&of.needs, &blueprint.service),
        dependents: Vec::new(),
        method_context: of.owner.as_ref().map(context),
        exec_methods: method::longer(&blueprint.method, own, timeouts),
        notification_parameters: notify::parameters(&of.notify),
        property_groups: std::iter::once(general(of, &blueprint.service))
            .chain(instance_groups(of))
            .collect(),
        template: None,
    }
}

fn instance_groups(of: &InstanceBlueprint) -> impl Iterator<Item = PropertyGroup> {
    schema::GROUPS
        .iter()
        // svccfg can set a property of an instance only where the instance has the group.
        .filter(|group| group.delegated || holds(&of.settings, group))
        .map(|group| settings_group(group, &of.settings, Level::Instance))
}

/// What svcadm changes in an instance, and who may have it do so, where that is not the service's to say.
///
/// `comment` is there, and empty, because svcadm has written it together with `enabled` since illumos 12721:
/// `value_authorization` lets its holder change what is there, and add nothing. An import keeps what it says.
///
/// A VM that somebody manages beside those who manage all asks for either of two authorizations. Whoever holds
/// one of the values of `value_authorization` may change every value in the group, except that
/// `action_authorization` takes `solaris.smf.manage` or `solaris.smf.modify`, and `modify_authorization` cannot
/// be changed by it (`rc_tx_commit` and `tx_allow_value` in svc.configd's `rc_node.c`). So `modify_authorization`
/// keeps the VM to those who manage all, whatever a delegate makes of `value_authorization`.
/// `vm/value_authorization` stays the service's: who may change `vm/name` could have any VM of the same user.
fn general(of: &InstanceBlueprint, service: &ServiceName) -> PropertyGroup {
    let mut values = vec![astring("comment", "")];
    // The resolver refuses a VM that cannot have them.
    let own = VmAuthority::of(service, &of.name);
    if let (false, Ok(own)) = (of.delegates.is_empty(), own) {
        values.extend([
            astring("modify_authorization", authority::VALUE),
            either("action_authorization", authority::MANAGE, &own.manage),
            either("value_authorization", authority::VALUE, &own.value),
        ]);
    }
    property_group("general", "framework", values)
}

/// A property with two values.
fn either(name: &str, all: &str, own: &str) -> PropertyEntry {
    let nodes = [all, own].map(|value| ValueNode {
        value: value.to_owned(),
    });
    PropertyEntry::Property(Property {
        name: name.to_owned(),
        kind: ValueType::Astring,
        overrides: false,
        list: Some(ValueList::Astring(ValueNodes {
            nodes: nodes.to_vec(),
        })),
    })
}

fn service_groups(blueprint: &Blueprint) -> Vec<PropertyGroup> {
    let settings = &blueprint.settings;
    let mut groups = vec![
        property_group(
            "general",
            "framework",
            vec![
                astring("action_authorization", authority::MANAGE),
                astring("value_authorization", authority::VALUE),
            ],
        ),
        property_group(
            "startd",
            "framework",
            vec![astring("duration", &blueprint.model.to_string())],
        ),
    ];
    groups.extend(
        schema::GROUPS
            .iter()
            .filter(|group| group.delegated || holds(settings, group))
            .map(|group| settings_group(group, settings, Level::Service)),
    );
    groups
}

fn holds(settings: &[Setting], group: &Group) -> bool {
    settings.iter().any(|s| s.property.group == group.name)
}

/// Where a group stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Service,
    Instance,
}

/// A group of the schema: what is set, in the order of the schema, whatever the order of the options.
///
/// The service's also holds every default, so that an administrator sees what there is to change. An instance's holds
/// little, and somebody who holds `value_authorization` alone can change values, but not add a property: so that
/// an administrator can set one there, it takes `modify_authorization`, too.
fn settings_group(group: &Group, settings: &[Setting], level: Level) -> PropertyGroup {
    let mut values = Vec::new();
    for property in schema::PROPERTIES.iter().filter(|p| p.group == group.name) {
        let default = match property.default {
            SchemaDefault::Value(value) if level == Level::Service => Some(value),
            SchemaDefault::Value(_) | SchemaDefault::Absent(_) => None,
        };
        if let Some(value) = value_of(settings, property).or(default) {
            let kind = property.value_type;
            values.push(propval(property.name, kind, value));
        }
    }
    if group.delegated {
        values.push(astring("value_authorization", authority::VALUE));
        if level == Level::Instance {
            values.push(astring("modify_authorization", authority::VALUE));
        }
    }
    property_group(group.name, "application", values)
}

fn property_group(name: &str, kind: &str, values: Vec<PropertyEntry>) -> PropertyGroup {
    PropertyGroup {
        name: name.to_owned(),
        kind: kind.to_owned(),
        delete: false,
        stability: None,
        values,
    }
}

fn astring(name: &str, value: &str) -> PropertyEntry {
    propval(name, ValueType::Astring, value)
}

pub(super) fn propval(name: &str, kind: ValueType, value: &str) -> PropertyEntry {
    PropertyEntry::Propval(Propval {
        name: name.to_owned(),
        kind,
        value: value.to_owned(),
        overrides: false,
    })
}

#[cfg(test)]
mod permission;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::{Settings, unknown_properties};
    use crate::failure::Kind;
    use crate::manifest::context::Variable;
    use crate::manifest::model::RestartOn;
    use crate::manifest::need::Need;
    use crate::manifest::notify::NotifyTarget;
    use crate::manifest::{order, read, write};
    use crate::smf::tools::svcprop::{self, Properties};
    use crate::virtualbox::vm::Intent;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn blueprint(instances: &[(&str, Option<&str>, &[(&str, &str)])]) -> Blueprint {
        Blueprint {
            instances: instances
                .iter()
                .map(|(name, user, settings)| InstanceBlueprint {
                    name: name.parse().unwrap(),
                    enabled: false,
                    owner: user.map(|user| Owner::usual(user.parse().unwrap())),
                    settings: set(settings),
                    needs: BTreeSet::new(),
                    notify: Vec::new(),
                    delegates: BTreeSet::new(),
                })
                .collect(),
            ..Blueprint::default()
        }
    }

    fn set(settings: &[(&str, &str)]) -> Vec<Setting> {
        settings
            .iter()
            .map(|(path, value)| Setting::new(path, value).unwrap())
            .collect()
    }

    fn built(blueprint: &Blueprint) -> Service {
        build(blueprint).services.remove(0)
    }

    /// `group/name` to value.
    fn values(groups: &[PropertyGroup]) -> Vec<(String, String)> {
        let mut all = Vec::new();
        for group in groups {
            for value in &group.values {
                let PropertyEntry::Propval(propval) = value else {
                    panic!("a list in {}", group.name)
                };
                all.push((
                    format!("{}/{}", group.name, propval.name),
                    propval.value.clone(),
                ));
            }
        }
        all
    }

    #[test]
    fn a_service_with_one_instance() {
        let service = built(&blueprint(&[("vm1", Some("vbox"), &[])]));
        assert_eq!(service.name, "site/xvm/vbox");
        assert!(service.single_instance.is_none() && service.create_default_instance.is_none());
        assert!(
            service
                .dependencies
                .iter()
                .all(|d| d.restart_on == RestartOn::None)
        );
        let groups = values(&service.property_groups);
        for expected in [
            ("general/action_authorization", "solaris.smf.manage.vbox"),
            ("general/value_authorization", "solaris.smf.value.vbox"),
            ("startd/duration", "transient"),
            ("vm/stop_method", "savestate"),
            ("vm/start_delay", "0"),
            ("vm/value_authorization", "solaris.smf.value.vbox"),
        ] {
            let expected = (expected.0.to_owned(), expected.1.to_owned());
            assert!(groups.contains(&expected), "{expected:?} in {groups:?}");
        }
        assert!(
            !groups
                .iter()
                .any(|(path, _)| path.starts_with("virtualbox/"))
        );
        assert!(
            !groups
                .iter()
                .any(|(path, _)| path == "vm/stop_timeout" || path == "vm/name")
        );
        let [instance] = &service.instances[..] else {
            panic!()
        };
        assert!(!instance.enabled);
        assert!(instance.exec_methods.is_empty() && instance.method_context.is_some());
    }

    /// The templates of the shipped manifests are those of the schema: each property has its own there.
    #[test]
    fn every_manifest_has_the_templates_of_every_property() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("manifests");
        for name in ["vbox.xml", "three-vms.xml"] {
            let text = std::fs::read_to_string(folder.join(name)).unwrap();
            let service = read::from_text(&text).unwrap().services.remove(0);
            assert_eq!(service.template, Some(template()), "{name}");
            for property in schema::PROPERTIES {
                let pattern = format!(
                    "<prop_pattern name='{}' type='{}' required='false'>",
                    property.name, property.value_type
                );
                assert_eq!(
                    text.matches(&pattern).count(),
                    1,
                    "{name}: {}",
                    property.path()
                );
            }
        }
    }

    #[test]
    fn what_differs_is_said_by_the_instance() {
        let mut plan = blueprint(&[
            ("a", Some("alice"), &[("vm/stop_timeout", "600")]),
            ("b", Some("bob"), &[("virtualbox/vboxmanage", "/opt/x")]),
            ("c", None, &[("vm/name", "c c")]),
        ]);
        plan.settings = set(&[("vm/stop_timeout", "400"), ("vm/start_delay", "30")]);
        let service = built(&plan);
        assert!(service.method_context.is_none());
        let timeout = |methods: &[super::super::model::ExecMethod], name: &str| {
            methods
                .iter()
                .find(|m| m.name == name)
                .map(|m| m.timeout_seconds.clone())
        };
        assert_eq!(
            timeout(&service.exec_methods, "start").as_deref(),
            Some("150")
        );
        assert_eq!(
            timeout(&service.exec_methods, "stop").as_deref(),
            Some("410")
        );
        let [a, b, c] = &service.instances[..] else {
            panic!()
        };
        let user = |instance: &Instance| {
            let context = instance.method_context.as_ref()?;
            Some(context.method_credential.as_ref()?.user.clone())
        };
        assert_eq!(user(a).as_deref(), Some("alice"));
        assert_eq!(user(b).as_deref(), Some("bob"));
        assert_eq!(user(c), None);
        assert_eq!(timeout(&a.exec_methods, "stop").as_deref(), Some("610"));
        assert_eq!(timeout(&a.exec_methods, "start"), None);
        assert!(b.exec_methods.is_empty());
        let has = |instance: &Instance, path: &str, value: &str| {
            values(&instance.property_groups).contains(&(path.to_owned(), value.to_owned()))
        };
        assert!(has(a, "vm/stop_timeout", "600"));
        assert!(has(b, "virtualbox/vboxmanage", "/opt/x"));
        assert!(!has(b, "virtualbox/value_authorization", authority::VALUE));
        assert!(has(c, "vm/name", "c c"));
        // Every instance has a group to set something in.
        for instance in &service.instances {
            assert!(has(instance, "vm/value_authorization", authority::VALUE));
        }
    }

    #[test]
    fn a_vm_that_is_delegated_asks_for_either_of_two_authorizations() {
        let mut plan = blueprint(&[("a", Some("u"), &[]), ("b", Some("u"), &[])]);
        plan.instances[1].delegates = BTreeSet::from(["bob".parse().unwrap()]);
        let text = write::to_text(&build(&plan)).unwrap();
        let (before, of_b) = text.split_once("<instance name='b'").unwrap();
        assert!(!before.contains("solaris.smf.manage.vbox.b"));
        for (property, authorization) in [
            ("action_authorization", "solaris.smf.manage.vbox"),
            ("value_authorization", "solaris.smf.value.vbox"),
        ] {
            let lines: Vec<_> = of_b
                .lines()
                .map(str::trim)
                .skip_while(|line| !line.starts_with(&format!("<property name='{property}' ")))
                .take(5)
                .collect();
            assert_eq!(
                lines,
                [
                    format!("<property name='{property}' type='astring'>").as_str(),
                    "<astring_list>",
                    &format!("<value_node value='{authorization}'/>"),
                    &format!("<value_node value='{authorization}.b'/>"),
                    "</astring_list>",
                ]
            );
        }
        assert_eq!(order::violations(&text), Vec::<String>::new());
    }

    #[test]
    fn the_order_of_options_changes_nothing() {
        let one = [("vm/on_saved", "leave"), ("vm/stop_method", "shutdown")];
        let other = [("vm/stop_method", "shutdown"), ("vm/on_saved", "leave")];
        assert_eq!(
            built(&blueprint(&[("a", None, &one)])),
            built(&blueprint(&[("a", None, &other)]))
        );
    }

    /// What `svcprop` would tell of an instance: its own groups before the service's.
    fn composed(service: &Service, instance: &Instance) -> Properties {
        let mut properties = Properties::new();
        let mut add = |path: String, kind: &str, value: &str| {
            properties.entry(path).or_insert_with(|| svcprop::Value {
                value_type: kind.to_owned(),
                values: vec![value.to_owned()],
            });
        };
        for groups in [&instance.property_groups, &service.property_groups] {
            for group in groups {
                for entry in &group.values {
                    let PropertyEntry::Propval(value) = entry else {
                        continue;
                    };
                    let path = format!("{}/{}", group.name, value.name);
                    add(path, value.kind.name(), &value.value);
                }
            }
        }
        for methods in [&instance.exec_methods, &service.exec_methods] {
            for method in methods {
                let path = format!("{}/timeout_seconds", method.name);
                add(path, "count", &method.timeout_seconds);
            }
        }
        properties
    }

    #[test]
    fn the_methods_take_what_gen_writes_and_every_budget_fits() {
        let mut plan = blueprint(&[
            ("a", Some("u"), &[]),
            ("b", Some("u"), &[("vm/start_delay", "3600")]),
            ("c", Some("u"), &[("vm/stop_timeout", "86400")]),
            (
                "d",
                Some("u"),
                &[("vm/stop_timeout", "1"), ("vm/start_delay", "0")],
            ),
            (
                "e",
                Some("u"),
                &[("vm/name", "e e"), ("vm/frontend", "vrdp")],
            ),
        ]);
        plan.settings = set(&[
            ("vm/start_delay", "100"),
            ("vm/stop_timeout", "1000"),
            ("virtualbox/vboxmanage", "/opt/x/VBoxManage"),
        ]);
        let service = built(&plan);
        let budgets = [
            (210, 1000),
            (3710, 1000),
            (210, 86_400),
            (210, 1),
            (210, 1000),
        ];
        for (instance, (start, stop)) in service.instances.iter().zip(budgets) {
            let properties = composed(&service, instance);
            assert_eq!(unknown_properties(&properties), Vec::<&str>::new());
            let name = instance.name.parse().unwrap();
            let settings = Settings::from_properties(&properties, &name).unwrap();
            let budget = |intent| settings.budget(intent).unwrap().as_secs();
            assert_eq!(budget(Intent::Start), start, "{}", instance.name);
            assert_eq!(budget(Intent::Stop), stop, "{}", instance.name);
        }
    }

    #[test]
    fn names_alone_are_enough_for_a_rehearsal() {
        let names = ["vm1".to_owned(), "web=web.example".to_owned()];
        let service = bundle_for(&names).unwrap().services.remove(0);
        assert!(service.method_context.is_none());
        assert_eq!(service.instances.len(), 2);
        let error = bundle_for(&["web.example".to_owned()]).unwrap_err();
        assert_eq!(error.kind, Kind::Usage);
        assert!(
            error.to_string().ends_with("; try web-example=web.example"),
            "{error}"
        );
    }

    proptest! {
        #[test]
        fn every_manifest_is_in_order_and_can_be_read(
            names in proptest::collection::btree_set("[a-z][a-z0-9-]{0,8}", 1..6),
            user in proptest::option::of("[a-z]{1,8}"),
            vm in "[\\PC\t\n\r&&[^\u{fffe}\u{ffff}]]{1,30}",
            delay in 0..=3600_u64,
            timeout in 1..=86_400_u64,
            path in "/[\\PC&&[^\u{fffe}\u{ffff}]]{1,30}",
            variable in "[\\PC\t\n\r&&[^\u{fffe}\u{ffff}]]{0,30}",
            address in "[a-z&']{1,8}@[a-z]{1,8}",
        ) {
            let delay = delay.to_string();
            let timeout = timeout.to_string();
            let own = [("vm/name", vm.as_str()), ("vm/stop_timeout", timeout.as_str())];
            let mut instances: Vec<(&str, Option<&str>, &[(&str, &str)])> =
                names.iter().map(|name| (name.as_str(), user.as_deref(), &[][..])).collect();
            instances[0].2 = &own;
            let mut plan = blueprint(&instances);
            plan.settings = set(&[("vm/start_delay", &delay)]);
            let need = Need::File(path.parse().unwrap());
            let mail: NotifyTarget = format!("mailto:{address}").parse().unwrap();
            plan.notify = vec![mail.clone()];
            plan.needs.insert(need.clone());
            let first = &mut plan.instances[0];
            first.notify = vec![mail, NotifyTarget::Snmp];
            first.needs.extend([need, Need::After("x".parse().unwrap())]);
            if let Some(owner) = &mut first.owner {
                owner.environment = vec![Variable::new("TZ", &variable).unwrap()];
            }
            let bundle = build(&plan);
            let text = write::to_text(&bundle).unwrap();
            prop_assert_eq!(order::violations(&text), Vec::<String>::new());
            prop_assert_eq!(read::from_text(&text).unwrap(), bundle);
        }
    }
}
