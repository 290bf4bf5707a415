//! For any fleet: what the service and an instance say together is what the file says of the VM, and
//! `--explain` tells of exactly what the manifest has.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use super::File;
use super::tests::{GOOD, composed, request, values};
use crate::config::schema::{self, Default as SchemaDefault};
use crate::manifest::blueprint::Blueprint;
use crate::manifest::explain::{Level, rows};
use crate::manifest::model::Service;
use crate::manifest::request::Request;
use crate::manifest::{build, resolve};

/// Some properties, each with some of its values.
fn settings() -> impl Strategy<Value = BTreeMap<usize, usize>> {
    btree_map(0..ROWS.len(), 0..3_usize, 0..4)
}

/// A key, and three values as TOML has them.
const ROWS: &[(&str, [&str; 3])] = &[
    ("stop_method", ["'savestate'", "'poweroff'", "'shutdown'"]),
    ("stop_timeout", ["1", "400", "86400"]),
    ("start_delay", ["0", "60", "3600"]),
    ("on_saved", ["'restore'", "'leave'", "'discard'"]),
    ("vboxmanage", ["'/a/b'", "'/c/d'", "'/e f/g'"]),
];

/// A table: the templates before it, and what it sets.
type Plan = (Vec<usize>, BTreeMap<usize, usize>);

fn written(title: &str, (templates, settings): &Plan) -> String {
    let names: Vec<_> = templates.iter().map(|t| format!("'t{t}'")).collect();
    let mut text = format!("[{title}]\n");
    if !names.is_empty() {
        let _infallible = writeln!(text, "templates = [{}]", names.join(","));
    }
    for (row, value) in settings {
        let (key, values) = ROWS[*row];
        let _infallible = writeln!(text, "{key} = {}", values[*value]);
    }
    text
}

/// What a VM should have: told again, in another way.
fn expected(defaults: &Plan, templates: &[Plan], vm: &Plan) -> BTreeMap<usize, usize> {
    fn visit(plan: &Plan, templates: &[Plan], seen: &mut Vec<usize>, order: &mut Vec<usize>) {
        for template in &plan.0 {
            if !seen.contains(template) {
                seen.push(*template);
                visit(&templates[*template], templates, seen, order);
                order.push(*template);
            }
        }
    }
    let mut order = Vec::new();
    visit(vm, templates, &mut Vec::new(), &mut order);
    let mut values = defaults.1.clone();
    for template in order {
        values.extend(&templates[template].1);
    }
    values.extend(&vm.1);
    values
}

/// Every value of the schema's properties, every timeout, and where it is: the service, or an instance.
type Said = BTreeSet<(String, String, String)>;

/// As `--explain` tells it.
fn explained(request: &Request, blueprint: &Blueprint) -> Said {
    let mut said = Said::new();
    for row in rows(request, blueprint) {
        let levels = match row.level {
            Level::Absent => Vec::new(),
            Level::Service => vec!["service".to_owned()],
            Level::Instances(names) => names.iter().map(ToString::to_string).collect(),
        };
        for level in levels.into_iter().filter(|_| row.property.contains('/')) {
            said.insert((level, row.property.clone(), row.value.clone()));
        }
    }
    said
}

/// As the manifest has it.
fn said(service: &Service) -> Said {
    let instances = service.instances.iter();
    let levels = instances.map(|of| (of.name.as_str(), &of.property_groups, &of.exec_methods));
    let whole = ("service", &service.property_groups, &service.exec_methods);
    let mut said = Said::new();
    for (level, groups, methods) in levels.chain([whole]) {
        for (property, value) in values(groups) {
            if schema::PROPERTIES.iter().any(|p| p.path() == property) {
                said.insert((level.to_owned(), property, value));
            }
        }
        for method in methods.iter().filter(|method| method.name != "refresh") {
            let property = format!("{}/timeout_seconds", method.name);
            said.insert((level.to_owned(), property, method.timeout_seconds.clone()));
        }
    }
    said
}

proptest! {
    #[test]
    fn service_and_instance_together_say_what_the_fleet_says(
        defaults in settings(),
        templates in vec((vec(0..5_usize, 0..4), settings()), 0..7),
        vms in vec((vec(0..7_usize, 0..4), settings()), 1..6),
        chosen in option::of(0..6_usize),
    ) {
        // A template inherits from earlier ones only, so that there is no circle.
        let count = templates.len();
        let templates: Vec<Plan> = templates
            .into_iter()
            .enumerate()
            .map(|(i, (names, set))| (names.into_iter().filter(|n| *n < i).collect(), set))
            .collect();
        let vms: Vec<Plan> = vms
            .into_iter()
            .map(|(names, set)| (names.into_iter().filter(|n| *n < count).collect(), set))
            .collect();
        let defaults: Plan = (Vec::new(), defaults);
        let mut text = written("defaults", &defaults) + "user = 'u'\n";
        for (i, template) in templates.iter().enumerate() {
            text += &written(&format!("template.t{i}"), template);
        }
        for (i, vm) in vms.iter().enumerate() {
            text += &written(&format!("vm.v{i}"), vm);
        }
        let request = request(&text);
        let mut blueprint = resolve::resolve(&request).unwrap();
        // Whichever instances are written: the levels are those of the whole fleet.
        if let Some(one) = chosen.filter(|one| *one < vms.len()) {
            blueprint.instances.retain(|of| of.name.as_str() == format!("v{one}"));
        }
        let service = build::build(&blueprint).services.remove(0);
        prop_assert!(!service.instances.is_empty());
        prop_assert_eq!(explained(&request, &blueprint), said(&service), "{}", &text);
        for instance in &service.instances {
            let vm: usize = instance.name[1..].parse().unwrap();
            let expected = expected(&defaults, &templates, &vms[vm]);
            for (row, (key, values)) in ROWS.iter().enumerate() {
                let property = schema::PROPERTIES.iter().find(|p| p.name == *key).unwrap();
                let wanted = match (expected.get(&row), property.default) {
                    (Some(value), _) => Some(values[*value].trim_matches('\'')),
                    (None, SchemaDefault::Value(default)) => Some(default),
                    (None, SchemaDefault::Absent(_)) => None,
                };
                let found = composed(&service, instance, &property.path());
                prop_assert_eq!(found.as_deref(), wanted, "{} {}\n{}", &instance.name, key, &text);
            }
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,60}", cut in 0..GOOD.len(), bytes in "[\\[\\]a-z.='\n ]{0,30}") {
        for text in [text.clone(), format!("{}{text}", &GOOD[..cut]), bytes.clone(), format!("{}{bytes}{}", &GOOD[..cut], &GOOD[cut..])] {
            let _outcome = File::parse(&text)
                .and_then(|file| file.request());
        }
    }
}
