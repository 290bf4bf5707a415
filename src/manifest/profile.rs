//! A [`Blueprint`] as a site profile: which instances are enabled, and the values that are set.
//!
//! `svccfg apply` does not look at the document type, and takes a value without a type only for a
//! property that is there. So every group and every value has its type here. What a profile says is set
//! over what the manifest said, group by group, and nothing else is touched: also what is meant for all VMs of the
//! profile is set in their instances, because what the service says counts for every instance of it, whichever
//! manifest made it.

use super::blueprint::{Blueprint, value_of};
use super::build::propval;
use super::method::{self, Timeouts};
use super::model::{
    BundleKind, ExecMethod, Instance, PropertyGroup, Service, ServiceBundle, ServiceKind,
};
use super::setting::Setting;
use crate::config::schema;
use crate::smf::value_type::ValueType;

/// The profile. Whose VMs they are and what else a manifest says is not in it.
pub(crate) fn build(blueprint: &Blueprint) -> ServiceBundle {
    let manifest = Timeouts::for_settings(&[]);
    let service = Service {
        name: blueprint.service.to_string(),
        kind: ServiceKind::Service,
        version: "1".to_owned(),
        create_default_instance: None,
        single_instance: None,
        restarter: None,
        dependencies: Vec::new(),
        dependents: Vec::new(),
        method_context: None,
        exec_methods: Vec::new(),
        notification_parameters: Vec::new(),
        property_groups: Vec::new(),
        instances: blueprint
            .instances
            .iter()
            .map(|of| {
                // Its own come first.
                let mut effective = of.settings.clone();
                effective.extend_from_slice(&blueprint.settings);
                let own = Timeouts::for_settings(&effective);
                Instance {
                    name: of.name.to_string(),
                    enabled: of.enabled,
                    restarter: None,
                    dependencies: Vec::new(),
                    dependents: Vec::new(),
                    method_context: None,
                    exec_methods: Vec::new(),
                    notification_parameters: Vec::new(),
                    property_groups: groups(
                        &effective,
                        &method::longer(&blueprint.method, own, manifest),
                    ),
                    template: None,
                }
            })
            .collect(),
        stability: None,
        template: None,
    };
    ServiceBundle {
        kind: BundleKind::Profile,
        name: blueprint.service.as_str().replace('/', "-"),
        services: vec![service],
    }
}

/// What is set, and the methods whose timeouts would be too short for it.
fn groups(settings: &[Setting], methods: &[ExecMethod]) -> Vec<PropertyGroup> {
    let of_methods = methods.iter().map(|method| PropertyGroup {
        name: method.name.clone(),
        kind: "method".to_owned(),
        delete: false,
        stability: None,
        values: vec![
            propval("type", ValueType::Astring, "method"),
            propval("exec", ValueType::Astring, &method.exec),
            propval("timeout_seconds", ValueType::Count, &method.timeout_seconds),
        ],
    });
    let of_settings = schema::GROUPS
        .iter()
        .filter(|group| settings.iter().any(|s| s.property.group == group.name))
        .map(|group| PropertyGroup {
            name: group.name.to_owned(),
            kind: "application".to_owned(),
            delete: false,
            stability: None,
            values: schema::PROPERTIES
                .iter()
                .filter(|property| property.group == group.name)
                .filter_map(|property| {
                    let value = value_of(settings, property)?;
                    let kind = property.value_type;
                    Some(propval(property.name, kind, value))
                })
                .collect(),
        });
    of_methods.chain(of_settings).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::blueprint::InstanceBlueprint;
    use crate::manifest::{order, read, write};
    use std::collections::BTreeSet;

    fn set(settings: &[(&str, &str)]) -> Vec<Setting> {
        settings
            .iter()
            .map(|(path, value)| Setting::new(path, value).unwrap())
            .collect()
    }

    fn text(enabled: bool, all: &[(&str, &str)], vm1: &[(&str, &str)]) -> String {
        let instance = |name: &str, settings| InstanceBlueprint {
            name: name.parse().unwrap(),
            enabled,
            owner: None,
            settings,
            needs: BTreeSet::new(),
            notify: Vec::new(),
            delegates: BTreeSet::new(),
        };
        let bundle = build(&Blueprint {
            settings: set(all),
            instances: vec![instance("vm1", set(vm1)), instance("vm2", Vec::new())],
            ..Blueprint::default()
        });
        let text = write::to_text(&bundle).unwrap();
        assert_eq!(order::violations(&text), Vec::<String>::new());
        assert_eq!(read::from_text(&text).unwrap(), bundle);
        text
    }

    #[test]
    fn nothing_but_the_instances() {
        let text = text(false, &[], &[]);
        assert!(text.contains("<service_bundle type='profile' name='site-xvm-vbox'>"));
        assert!(text.contains("<service name='site/xvm/vbox' type='service' version='1'>"));
        assert!(
            text.contains("<instance name='vm1' enabled='false'/>"),
            "{text}"
        );
        assert!(!text.contains("property_group") && !text.contains("svccfg import"));
    }

    #[test]
    fn every_group_and_value_has_its_type() {
        let text = text(
            true,
            &[("vm/stop_method", "shutdown")],
            &[
                ("vm/stop_timeout", "600"),
                ("virtualbox/vboxmanage", "/x/y"),
            ],
        );
        for part in [
            "<propval name='stop_method' type='astring' value='shutdown'/>",
            "<property_group name='stop' type='method'>",
            "<propval name='exec' type='astring' value='/lib/svc/method/vbox %m'/>",
            "<propval name='timeout_seconds' type='count' value='610'/>",
            "<propval name='stop_timeout' type='count' value='600'/>",
            "<property_group name='virtualbox' type='application'>",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        // Defaults and authorizations are the manifest's.
        assert!(!text.contains("start_delay") && !text.contains("value_authorization"));
        assert!(!text.contains("name='start'"));
    }

    /// A third VM of the same service, which another manifest made, changed with them.
    #[test]
    fn what_is_meant_for_the_vms_named_is_set_in_their_instances_alone() {
        let text = text(
            true,
            &[("vm/start_delay", "60"), ("vm/on_saved", "leave")],
            &[("vm/start_delay", "5")],
        );
        let service = read::from_text(&text).unwrap().services.remove(0);
        assert_eq!(service.property_groups, Vec::new());
        let (before, vm1) = text.split_once("<instance name='vm1'").unwrap();
        assert!(!before.contains("property_group"), "{text}");
        let (vm1, vm2) = vm1.split_once("<instance name='vm2'").unwrap();
        for (of, delay, timeout) in [(vm1, "5", "125"), (vm2, "60", "180")] {
            for part in [
                format!("<propval name='start_delay' type='count' value='{delay}'/>"),
                "<propval name='on_saved' type='astring' value='leave'/>".to_owned(),
                "<property_group name='start' type='method'>".to_owned(),
                format!("<propval name='timeout_seconds' type='count' value='{timeout}'/>"),
            ] {
                assert_eq!(of.matches(&part).count(), 1, "{part} in {of}");
            }
        }
    }
}
