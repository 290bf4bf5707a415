use super::*;
use crate::manifest::blueprint::{ContextPart, Owner};
use proptest::prelude::*;

fn vm(name: &str) -> VmRequest {
    let (instance, vm) = match name.split_once('=') {
        Some((instance, vm)) => (instance, Some(vm.parse().unwrap())),
        None => (name, None),
    };
    VmRequest {
        instance: instance.parse().unwrap(),
        vm,
        origin: Origin::new(name),
    }
}

fn all() -> Scope {
    Scope::All
}

fn user(name: &str) -> Scope {
    Scope::User(name.parse().unwrap())
}

fn one(name: &str) -> Scope {
    Scope::Instance(name.parse().unwrap())
}

fn set(path: &str, value: &str) -> Directive {
    Directive::Setting(Setting::new(path, value).unwrap())
}

fn owned_by(name: &str) -> Directive {
    Directive::User(name.parse().unwrap())
}

fn after(name: &str) -> Directive {
    Directive::Need(Need::After(name.parse().unwrap()))
}

fn mail(address: &str) -> Directive {
    Directive::Notify(format!("mailto:{address}").parse().unwrap())
}

/// The origin of each is its number: `#1`.
fn asked(vms: &[&str], directives: impl IntoIterator<Item = (Scope, Directive)>) -> Request {
    let directives = directives
        .into_iter()
        .enumerate()
        .map(|(i, (scope, want))| ScopedDirective {
            scope,
            want,
            origin: Origin::new(&format!("#{}", i + 1)),
        });
    Request {
        vms: vms.iter().map(|name| vm(name)).collect(),
        directives: directives.collect(),
        owners: Owners::Optional,
        ..Request::default()
    }
}

#[test]
fn the_closest_directive_counts() {
    let blueprint = resolve(&asked(
        &["a", "b", "c"],
        [
            (one("a"), set("vm/on_saved", "leave")),
            (user("u"), set("vm/on_saved", "refuse")),
            (all(), set("vm/on_saved", "discard")),
            (all(), owned_by("u")),
            (one("c"), owned_by("v")),
            (all(), Directive::Enabled(true)),
            (user("u"), Directive::Enabled(false)),
            (one("b"), Directive::Enabled(true)),
        ],
    ))
    .unwrap();
    let told: Vec<_> = blueprint
        .instances
        .iter()
        .map(|i| {
            let values: Vec<_> = i.settings.iter().map(|s| s.value.as_str()).collect();
            (i.enabled, values)
        })
        .collect();
    assert_eq!(
        told,
        [
            (false, vec!["leave"]),
            (true, vec!["refuse"]),
            (true, vec![])
        ]
    );
    assert_eq!(blueprint.settings[0].value, "discard");
}

#[test]
fn who_hears_of_one_vm_hears_beside_who_hears_of_all() {
    let blueprint = resolve(&asked(
        &["a", "b"],
        [
            (all(), mail("root")),
            (one("a"), mail("me")),
            (one("a"), mail("root")),
        ],
    ))
    .unwrap();
    let mails = |targets: &[NotifyTarget]| format!("{targets:?}");
    assert_eq!(mails(&blueprint.notify), r#"[Mail("root")]"#);
    assert_eq!(
        mails(&blueprint.instances[0].notify),
        r#"[Mail("me"), Mail("root")]"#
    );
    assert_eq!(blueprint.instances[1].notify, []);
}

#[test]
fn two_users_may_have_a_vm_of_one_name() {
    let blueprint = resolve(&asked(
        &["a=web", "b=web", "web"],
        [
            (one("a"), owned_by("alice")),
            (one("b"), owned_by("bob")),
            (all(), set("vm/stop_method", "savestate")),
        ],
    ));
    assert!(blueprint.is_ok(), "{blueprint:?}");
}

#[test]
fn what_cannot_be_together() {
    let uuid = "c49decd0-163a-44f9-9d85-b6e06ddc2277";
    let (low, high) = (
        format!("a={uuid}"),
        format!("b={{{}}}", uuid.to_uppercase()),
    );
    let table = [
        (asked(&[], []), "no VM specified"),
        (
            asked(&["a", "a=x"], []),
            "the instance a is defined twice: a and a=x",
        ),
        (
            asked(
                &["a"],
                [
                    (all(), set("vm/on_stuck", "restart")),
                    (all(), set("vm/on_stuck", "refuse")),
                ],
            ),
            "vm/on_stuck is set twice for all VMs: #1 and #2",
        ),
        (
            asked(&["a"], [(all(), set("vm/name", "x"))]),
            "#1: vm/name cannot be set for all VMs",
        ),
        (
            asked(
                &["a"],
                [(all(), owned_by("u")), (user("u"), set("vm/name", "x"))],
            ),
            "#2: vm/name cannot be set for the VMs of u",
        ),
        (asked(&["a", "b=a"], []), "a and b are the same VM, 'a'"),
        (
            asked(&[&low, &high], []),
            "a and b are the same VM, 'c49decd0-163a-44f9-9d85-b6e06ddc2277'",
        ),
        (
            asked(&["a"], [(user("u"), Directive::Enabled(true))]),
            "#1: no specified VM belongs to the user 'u'",
        ),
        (
            asked(&["a"], [(one("x"), Directive::Enabled(true))]),
            "#1: no specified VM has the instance 'x'",
        ),
        (
            asked(&["a"], [(user("u"), owned_by("v"))]),
            "#1: the owner can be set for all VMs or for one VM, not for the VMs of a user",
        ),
        (
            asked(&["a=\u{1}"], []),
            "a=\\u{1}: vm/name cannot be '\\u{1}' in a manifest",
        ),
    ];
    for (request, message) in table {
        let failure = crate::failure::Failure::from(resolve(&request).unwrap_err());
        assert!(failure.to_string().starts_with(message), "{failure}");
    }
}

#[test]
fn a_circle_is_named_without_those_who_only_wait_for_it() {
    let request = asked(
        &["outside", "a", "b", "free"],
        [
            (one("outside"), after("a")),
            (one("a"), after("b")),
            (one("b"), after("a")),
            (one("a"), after("free")),
        ],
    );
    let error = resolve(&request).unwrap_err().to_string();
    assert_eq!(error, "a and b depend on each other: a -> b -> a");
}

#[test]
fn ten_thousand_in_a_row_are_no_circle() {
    let names: Vec<_> = (0..10_000).map(|i| format!("vm{i}")).collect();
    let refs: Vec<_> = names.iter().map(String::as_str).collect();
    let row = names
        .windows(2)
        .map(|pair| (one(&pair[0]), after(&pair[1])));
    assert!(resolve(&asked(&refs, row)).is_ok());
}

proptest! {
    /// Whatever the directives: what comes out is without a circle, and one user has one context.
    #[test]
    fn a_blueprint_keeps_its_promises(
        edges in proptest::collection::vec((0..6_usize, 0..6_usize), 0..8),
        users in proptest::collection::vec(0..3_usize, 6),
        zones in proptest::collection::vec(proptest::option::of(0..2_usize), 6),
    ) {
        let names = ["a", "b", "c", "d", "e", "f"];
        let mut directives = Vec::new();
        for (i, name) in names.iter().enumerate() {
            directives.push((one(name), owned_by(["u", "v", "w"][users[i]])));
            if let Some(zone) = zones[i] {
                let zone = ["TZ=UTC", "TZ=CET"][zone].parse().unwrap();
                directives.push((one(name), Directive::Context(ContextPart::Variable(zone))));
            }
        }
        for (from, to) in &edges {
            directives.push((one(names[*from]), after(names[*to])));
        }
        let alike = (0..6).all(|i| (0..6).all(|j| users[i] != users[j] || zones[i] == zones[j]));
        // Steps of length 6 lead everywhere a walk can lead; a circle leads back.
        let mut reach = [[false; 6]; 6];
        for (from, to) in &edges {
            reach[*from][*to] = true;
        }
        for middle in 0..6 {
            for from in 0..6 {
                for to in 0..6 {
                    reach[from][to] |= reach[from][middle] && reach[middle][to];
                }
            }
        }
        let circle = (0..6).any(|i| reach[i][i]);
        let outcome = resolve(&asked(&names, directives));
        prop_assert_eq!(outcome.is_ok(), alike && !circle, "{:?}", outcome);
        if let Ok(blueprint) = outcome {
            let owners: Vec<Owner> = blueprint.instances.iter().filter_map(|i| i.owner.clone()).collect();
            for a in &owners {
                prop_assert!(owners.iter().all(|b| a.user != b.user || a == b));
            }
        }
    }
}
