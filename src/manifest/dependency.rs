//! The `dependency` elements: those that every VM has, and those that are asked for.
//!
//! `restart_on` is none throughout: a guest is worth more than tidiness, and nothing that happens to a
//! dependency stops a VM.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Dependency, Grouping, RestartOn, ServiceFmri};
use super::names::ServiceName;
use super::need::{Need, ServiceTarget};

/// The longest name of a property group that `svccfg validate` takes, in bytes.
const NAME_MAX: usize = 107;

/// What every VM needs: name, grouping, FMRIs.
const FOR_ALL: &[(&str, Grouping, &[&str])] = &[
    (
        "multi-user-server",
        Grouping::RequireAll,
        &["svc:/milestone/multi-user-server:default"],
    ),
    (
        "network",
        Grouping::RequireAll,
        &["svc:/milestone/network:default"],
    ),
    (
        "filesystem-local",
        Grouping::RequireAll,
        &["svc:/system/filesystem/local:default"],
    ),
    (
        "filesystem-remote",
        Grouping::OptionalAll,
        &[
            "svc:/network/nfs/client:default",
            "svc:/system/filesystem/autofs:default",
        ],
    ),
];

/// What every VM needs.
pub(super) fn for_all() -> impl Iterator<Item = Dependency> {
    FOR_ALL.iter().map(|(name, grouping, fmris)| {
        let fmris = fmris.iter().map(|fmri| (*fmri).to_owned());
        dependency((*name).to_owned(), *grouping, "service", fmris)
    })
}

/// What is asked for, one element each, so that each can be taken away by its name: `svccfg delpg`.
pub(super) fn asked_for(needs: &BTreeSet<Need>, service: &ServiceName) -> Vec<Dependency> {
    let names = names(needs);
    let sibling = |instance| ServiceTarget::instance_of(service, instance).to_string();
    needs
        .iter()
        .zip(names)
        .map(|(need, name)| {
            let (grouping, kind, fmri) = match need {
                Need::After(instance) => (Grouping::OptionalAll, "service", sibling(instance)),
                Need::Requires(instance) => (Grouping::RequireAll, "service", sibling(instance)),
                Need::Service(target) => (Grouping::RequireAll, "service", target.to_string()),
                Need::File(path) => (Grouping::RequireAll, "path", path.to_string()),
            };
            dependency(name, grouping, kind, [fmri])
        })
        .collect()
}

fn dependency(
    name: String,
    grouping: Grouping,
    kind: &str,
    fmris: impl IntoIterator<Item = String>,
) -> Dependency {
    Dependency {
        name,
        grouping,
        restart_on: RestartOn::None,
        kind: kind.to_owned(),
        delete: false,
        service_fmris: fmris
            .into_iter()
            .map(|value| ServiceFmri { value })
            .collect(),
        stability: None,
        values: Vec::new(),
    }
}

/// A name for each, in their order: told from the need alone wherever that is possible, so that the same
/// need has the same name in the next manifest, too. Dependencies share their names with methods and
/// property groups; none of those begins like these.
fn names(needs: &BTreeSet<Need>) -> Vec<String> {
    let mut plain: BTreeMap<String, usize> = BTreeMap::new();
    for need in needs {
        *plain.entry(plain_name(need)).or_default() += 1;
    }
    let mut taken = BTreeSet::new();
    needs
        .iter()
        .map(|need| {
            let name = plain_name(need);
            let alone = plain[&name] == 1 && name.len() <= NAME_MAX;
            let mut wanted = if alone {
                name.clone()
            } else {
                marked(&name, hash(&full_text(need)))
            };
            // A hash can be another one's, too.
            let mut next = 0;
            while plain.contains_key(&wanted) && !alone || !taken.insert(wanted.clone()) {
                next += 1;
                wanted = marked(&name, hash(&format!("{next} {}", full_text(need))));
            }
            wanted
        })
        .collect()
}

fn full_text(need: &Need) -> String {
    match need {
        Need::After(instance) => format!("after-{instance}"),
        Need::Requires(instance) => format!("requires-{instance}"),
        Need::Service(target) => format!("service-{target}"),
        Need::File(path) => format!("path-{path}"),
    }
}

/// `after-vm1`, `service-network-ntp-default`, `path-tank-vm1-vbox`.
fn plain_name(need: &Need) -> String {
    let (prefix, text) = match need {
        Need::After(instance) => ("after", instance.to_string()),
        Need::Requires(instance) => ("requires", instance.to_string()),
        Need::Service(target) => ("service", target.to_string().replacen("svc:/", "", 1)),
        Need::File(path) => ("path", path.as_str().to_owned()),
    };
    let mut name = prefix.to_owned();
    let mut gap = true;
    for character in text.chars() {
        match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => {
                if gap {
                    name.push('-');
                    gap = false;
                }
                name.push(character);
            }
            // One dash for any number of other characters.
            _ => gap = true,
        }
    }
    name
}

/// Cut where it is too long, with a mark that tells it from others.
fn marked(name: &str, hash: u64) -> String {
    let mark = format!("-{hash:016x}");
    let kept = name.len().min(NAME_MAX - mark.len());
    // Only ASCII is in it.
    format!("{}{mark}", &name[..kept])
}

/// FNV-1a: the same on every machine and in every version, which the standard library's is not.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::Grouping::{OptionalAll, RequireAll};
    use super::*;
    use crate::smf::fmri::{INSTANCE_NAME_MAX, is_component};
    use proptest::prelude::*;

    fn needs(list: impl IntoIterator<Item = Need>) -> BTreeSet<Need> {
        list.into_iter().collect()
    }

    fn file(path: &str) -> Need {
        Need::File(path.parse().unwrap())
    }

    fn service(fmri: &str) -> Need {
        Need::Service(fmri.parse().unwrap())
    }

    #[test]
    fn what_is_asked_for() {
        let instance = |name: &str| name.parse().unwrap();
        let all = asked_for(
            &needs([
                Need::After(instance("vm1")),
                Need::Requires(instance("db")),
                service("network/ntp"),
                file("/tank/my vms/ü.vdi"),
            ]),
            &ServiceName::default(),
        );
        let told: Vec<_> = all
            .iter()
            .map(|d| {
                assert_eq!(d.restart_on, RestartOn::None);
                let fmri = d.service_fmris[0].value.as_str();
                (d.name.as_str(), d.grouping, d.kind.as_str(), fmri)
            })
            .collect();
        assert_eq!(
            told,
            [
                (
                    "after-vm1",
                    OptionalAll,
                    "service",
                    "svc:/site/xvm/vbox:vm1"
                ),
                (
                    "requires-db",
                    RequireAll,
                    "service",
                    "svc:/site/xvm/vbox:db"
                ),
                (
                    "service-network-ntp",
                    RequireAll,
                    "service",
                    "svc:/network/ntp"
                ),
                (
                    "path-tank-my-vms-vdi",
                    RequireAll,
                    "path",
                    "file://localhost/tank/my vms/ü.vdi"
                ),
            ]
        );
    }

    #[test]
    fn names_that_would_be_one_are_told_apart_whatever_else_is_there() {
        let both = names(&needs([file("/a/b"), file("/a b"), file("/c")]));
        assert_eq!(both.iter().collect::<BTreeSet<_>>().len(), 3);
        assert_eq!(both[2], "path-c");
        let more = names(&needs([
            file("/a/b"),
            file("/a b"),
            file("/a_b"),
            file("/c"),
        ]));
        assert!(
            both.iter().all(|name| more.contains(name)),
            "{both:?} {more:?}"
        );
    }

    #[test]
    fn long_names_are_cut() {
        let long = "x".repeat(INSTANCE_NAME_MAX - 1);
        let list = ["a", "b"].map(|end| Need::After(format!("{long}{end}").parse().unwrap()));
        let names = names(&needs(list));
        assert_ne!(names[0], names[1]);
        assert_eq!((names[0].len(), names[1].len()), (NAME_MAX, NAME_MAX));
        // The marks are part of what is imported: another hash would be another dependency.
        assert!(names[0].ends_with("-0809c218bcd77057"), "{}", names[0]);
    }

    fn need() -> impl Strategy<Value = Need> {
        let instance = "([a-z][a-z.]{0,55},)?[a-z][a-z_-]{0,58}";
        prop_oneof![
            instance.prop_map(|text| Need::After(text.parse().unwrap())),
            instance.prop_map(|text| Need::Requires(text.parse().unwrap())),
            "[a-z]{2,4}(/[a-z]{2}-?[a-z]){0,18}(:[a-z]{1,3})?".prop_map(|text| service(&text)),
            "/[a-bü ./-]{1,9}".prop_map(|text| file(&text)),
            "/[\\PC]{1,150}".prop_map(|text| file(&text)),
        ]
    }

    proptest! {
        #[test]
        fn every_name_is_valid_and_its_own(list in proptest::collection::btree_set(need(), 0..40)) {
            let names = names(&list);
            let fixed = FOR_ALL.iter().map(|row| row.0.to_owned());
            let mut all: BTreeSet<String> = fixed.collect();
            for name in &names {
                prop_assert!(is_component(name.as_bytes()) && name.len() <= NAME_MAX, "{}", name);
                prop_assert!(all.insert(name.clone()), "{} is there twice", name);
            }
        }
    }
}
