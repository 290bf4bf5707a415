//! Who may do what with the instances of a manifest, by the rules of svc.configd: `rc_node_setup_tx`, `rc_tx_commit`
//! and what they call in illumos' `usr/src/cmd/svc/configd/rc_node.c`.
//!
//! The first test holds these rules to what the real svc.configd and svcadm said to manifests as they were before;
//! the others hold what is written now to them.

use std::collections::BTreeSet;

use super::*;
use crate::manifest::blueprint::AccountName;

/// Has the profile, and so manages all VMs.
const ALICE: &[&str] = &["solaris.smf.manage.vbox", "solaris.smf.value.vbox"];
/// Manages vm1.
const BOB: &[&str] = &["solaris.smf.manage.vbox.vm1", "solaris.smf.value.vbox.vm1"];
/// Manages nothing.
const CAROL: &[&str] = &[];
/// The authorization that no manifest can take away.
const MODIFY: &str = "solaris.smf.modify";

/// What somebody asks svc.configd for: properties of a group that get values.
type Change<'a> = (&'a str, &'a [&'a str]);

const ENABLE: Change<'_> = ("general", &["enabled", "comment"]);
const ENABLE_OF_OLD: Change<'_> = ("general", &["enabled"]);
const ENABLE_T: Change<'_> = ("general_ovr", &["enabled", "comment"]);
const OVERRIDE: Change<'_> = ("general_ovr", &["enabled"]);
/// restart, refresh, clear and mark.
const ACTION: Change<'_> = ("restarter_actions", &["restart"]);

fn manifest() -> Service {
    let instance = |name: &str, delegates: &[&str]| InstanceBlueprint {
        name: name.parse().unwrap(),
        enabled: false,
        owner: Some(Owner::usual("vbox".parse::<AccountName>().unwrap())),
        settings: Vec::new(),
        needs: BTreeSet::new(),
        notify: Vec::new(),
        delegates: delegates.iter().map(|user| user.parse().unwrap()).collect(),
    };
    build(&Blueprint {
        instances: vec![instance("vm1", &["bob"]), instance("vm2", &[])],
        ..Blueprint::default()
    })
    .services
    .remove(0)
}

/// The groups of the service, or of an instance.
fn groups<'a>(service: &'a Service, instance: Option<&str>) -> &'a Vec<PropertyGroup> {
    let Some(name) = instance else {
        return &service.property_groups;
    };
    let mut instances = service.instances.iter();
    let found = instances.find(|instance| instance.name == name);
    &found.expect(name).property_groups
}

fn group_of<'a>(
    service: &'a mut Service,
    instance: Option<&str>,
    name: &str,
) -> &'a mut PropertyGroup {
    let groups = match instance {
        None => &mut service.property_groups,
        Some(of) => {
            let mut instances = service.instances.iter_mut();
            let found = instances.find(|instance| instance.name == of);
            &mut found.expect(of).property_groups
        }
    };
    groups.iter_mut().find(|group| group.name == name).unwrap()
}

fn name_of(entry: &PropertyEntry) -> &str {
    match entry {
        PropertyEntry::Propval(propval) => &propval.name,
        PropertyEntry::Property(property) => &property.name,
    }
}

fn values_of(entry: &PropertyEntry) -> Vec<&str> {
    match entry {
        PropertyEntry::Propval(propval) => vec![&propval.value],
        PropertyEntry::Property(property) => match &property.list {
            Some(ValueList::Astring(list)) => {
                list.nodes.iter().map(|node| node.value.as_str()).collect()
            }
            _ => panic!("not strings"),
        },
    }
}

fn find<'a>(groups: &'a [PropertyGroup], group: &str, property: &str) -> Option<&'a PropertyEntry> {
    let group = groups.iter().find(|of| of.name == group)?;
    group.values.iter().find(|entry| name_of(entry) == property)
}

/// `perm_add_enabling_values`: the instance's property hides the service's.
fn enabling<'a>(
    service: &'a Service,
    at: Option<&str>,
    group: &str,
    property: &str,
) -> Vec<&'a str> {
    find(groups(service, at), group, property)
        .or_else(|| find(groups(service, None), group, property))
        .map_or_else(Vec::new, values_of)
}

/// Whether a property is there already. An import makes `enabled` of the instance's attribute.
fn is_there(service: &Service, at: Option<&str>, group: &str, property: &str) -> bool {
    find(groups(service, at), group, property).is_some()
        || at.is_some() && (group, property) == ("general", "enabled")
}

/// Whether svc.configd lets somebody do it.
fn may(service: &Service, who: &[&str], at: Option<&str>, (group, properties): Change<'_>) -> bool {
    let holds = |wanted: &[&str]| who.iter().any(|auth| wanted.contains(auth));
    if holds(&[MODIFY]) {
        return true;
    }
    let action = enabling(service, at, "general", "action_authorization");
    let manages = || holds(&["solaris.smf.manage"]) || holds(&action);
    match group {
        "restarter_actions" => return manages(),
        // The group is not persistent, and nothing is in it that says who may change it.
        "general_ovr" => return manages() && properties == ["enabled"],
        "general" if properties.contains(&"action_authorization") => {
            return holds(&["solaris.smf.manage"]);
        }
        _ => {}
    }
    let kind = if group == "general" {
        "solaris.smf.modify.framework"
    } else {
        "solaris.smf.modify.application"
    };
    let values_alone = properties.iter().all(|property| {
        *property != "modify_authorization" && is_there(service, at, group, property)
    });
    holds(&[kind])
        || holds(&enabling(service, at, group, "modify_authorization"))
        || values_alone && holds(&enabling(service, at, group, "value_authorization"))
}

/// A manifest as they were: no comment, and no `modify_authorization`.
fn as_it_was() -> Service {
    let mut service = manifest();
    for name in ["vm1", "vm2"] {
        for group in ["general", "vm"] {
            let new = ["comment", "modify_authorization"];
            group_of(&mut service, Some(name), group)
                .values
                .retain(|entry| !new.contains(&name_of(entry)));
        }
    }
    service
}

/// The answers of the real svc.configd (illumos, 2021), to svcadm and svccfg of alice, bob and carol.
#[test]
fn the_rules_are_those_of_the_real_svc_configd() {
    let mut service = as_it_was();
    let stop_method: Change<'_> = ("vm", &["stop_method"]);
    let action: Change<'_> = ("general", &["action_authorization"]);
    for (who, at, change, allowed) in [
        (ALICE, "vm1", ENABLE, false),
        (ALICE, "vm1", ENABLE_T, false),
        (ALICE, "vm1", ACTION, true),
        (ALICE, "vm1", stop_method, false),
        (ALICE, "vm1", action, false),
        (ALICE, "vm2", ENABLE_OF_OLD, true),
        (BOB, "vm1", ENABLE, false),
        (BOB, "vm1", ENABLE_T, false),
        (BOB, "vm1", ENABLE_OF_OLD, true),
        (BOB, "vm1", OVERRIDE, true),
        (BOB, "vm1", ACTION, true),
        (BOB, "vm1", stop_method, false),
        (BOB, "vm1", action, false),
        (BOB, "vm2", ENABLE, false),
        (BOB, "vm2", ACTION, false),
        (CAROL, "vm1", ACTION, false),
    ] {
        let answer = may(&service, who, Some(at), change);
        assert_eq!(answer, allowed, "{who:?} {at} {change:?}");
    }
    assert!(may(&service, ALICE, None, stop_method));
    assert!(!may(&service, ALICE, None, ("vm", &["stop_timeout"])));

    // The mends that were tried there.
    for name in ["vm1", "vm2"] {
        let general = group_of(&mut service, Some(name), "general");
        general.values.push(astring("comment", ""));
        let vm = group_of(&mut service, Some(name), "vm");
        vm.values
            .push(astring("modify_authorization", authority::VALUE));
    }
    for (who, at, change, allowed) in [
        (ALICE, "vm1", ENABLE, true),
        (ALICE, "vm2", ENABLE, true),
        (ALICE, "vm2", ENABLE_T, false),
        (BOB, "vm1", ENABLE, true),
        (BOB, "vm1", ENABLE_T, false),
        (BOB, "vm2", ENABLE, false),
        (CAROL, "vm1", ENABLE, false),
        (ALICE, "vm1", stop_method, true),
        (ALICE, "vm1", ("vm", &["value_authorization"]), true),
        (BOB, "vm1", stop_method, false),
    ] {
        let answer = may(&service, who, Some(at), change);
        assert_eq!(answer, allowed, "{who:?} {at} {change:?}");
    }
}

/// The table under *Who may manage which VM* in the README.
#[test]
fn everybody_may_do_what_the_readme_says_and_no_more() {
    let service = manifest();
    let vm_name: Change<'_> = ("vm", &["name"]);
    let vboxmanage: Change<'_> = ("virtualbox", &["vboxmanage"]);
    // Alice with vm1, alice with vm2, bob with vm1, bob with vm2, carol with vm1.
    for (change, allowed) in [
        (ENABLE, [true, true, true, false, false]),
        (ACTION, [true, true, true, false, false]),
        (OVERRIDE, [true, true, true, false, false]),
        (ENABLE_T, [false, false, false, false, false]),
        (vm_name, [true, true, false, false, false]),
        (
            ("vm", &["modify_authorization"]),
            [true, true, false, false, false],
        ),
        (vboxmanage, [false; 5]),
        (("general", &["action_authorization"]), [false; 5]),
        // What is left to a delegate: whom else the own authorization's place is given to.
        (
            ("general", &["value_authorization"]),
            [true, false, true, false, false],
        ),
        (
            ("general", &["modify_authorization"]),
            [true, false, false, false, false],
        ),
        (
            ("general", &["restarter"]),
            [true, false, false, false, false],
        ),
    ] {
        let pairs = [
            (ALICE, "vm1"),
            (ALICE, "vm2"),
            (BOB, "vm1"),
            (BOB, "vm2"),
            (CAROL, "vm1"),
        ];
        let answers = pairs.map(|(who, at)| may(&service, who, Some(at), change));
        assert_eq!(answers, allowed, "{change:?}");
    }
    // The service's own: what an administrator changes there counts for all VMs.
    for (who, change, allowed) in [
        (ALICE, ("vm", &["stop_method"][..]), true),
        (ALICE, ("vm", &["stop_timeout"]), false),
        (ALICE, ("general", &["value_authorization"]), true),
        (ALICE, ("general", &["action_authorization"]), false),
        (ALICE, ("general", &["modify_authorization"]), false),
        (BOB, ("vm", &["stop_method"]), false),
        (BOB, ("general", &["value_authorization"]), false),
    ] {
        let answer = may(&service, who, None, change);
        assert_eq!(answer, allowed, "{who:?} {change:?}");
    }
}

/// Before, the delegate of one VM could keep those who manage all from enabling and disabling it.
#[test]
fn a_delegate_takes_a_vm_from_nobody_who_manages_all() {
    let mut service = manifest();
    assert!(may(
        &service,
        BOB,
        Some("vm1"),
        ("general", &["value_authorization"])
    ));
    let general = group_of(&mut service, Some("vm1"), "general");
    general
        .values
        .retain(|entry| name_of(entry) != "value_authorization");
    general
        .values
        .push(astring("value_authorization", "solaris.smf.value.vbox.vm1"));
    for change in [ENABLE, ACTION, OVERRIDE, ("vm", &["stop_method"])] {
        assert!(may(&service, ALICE, Some("vm1"), change), "{change:?}");
    }
    // And so they can undo it.
    assert!(may(
        &service,
        ALICE,
        Some("vm1"),
        ("general", &["value_authorization"])
    ));
}
