//! Dependencies among the instances that are rehearsed, as svc.startd follows them (`smf(7)`). What is
//! not rehearsed counts as there, and as absent where it would be in the way.

use crate::manifest::model::Grouping;
use crate::simulation::host::Composed;
use crate::smf::fmri::InstanceFmri;

/// What can be said of another instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Online.
    Up,
    /// Not online, and on its way.
    Coming,
    /// Not online, and nothing will change that without an administrator.
    Down,
}

/// Whether an instance may go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ready {
    /// It may.
    Yes,
    /// Not before something else has changed.
    NotYet {
        /// For what it waits.
        why: String,
        /// It waits for another one to be up or known not to come.
        either_way: bool,
    },
    /// Not without an administrator.
    Never(String),
}

/// A dependency group.
#[derive(Debug, Clone)]
struct Group {
    name: String,
    grouping: Grouping,
    /// `restart_on` is another than none.
    restarts: bool,
    targets: Vec<Target>,
}

/// What a dependency names: an instance, or a service with its instances.
#[derive(Debug, Clone)]
struct Target {
    fmri: String,
    instances: Vec<usize>,
}

/// Who depends on whom. Instances are known by their places in the manifest.
#[derive(Debug, Default)]
pub(super) struct Relations {
    groups: Vec<Vec<Group>>,
    cycles: Vec<Option<String>>,
}

impl Relations {
    /// Those among these instances.
    pub(super) fn among(instances: &[(InstanceFmri, Composed)]) -> Self {
        let groups: Vec<Vec<Group>> = instances
            .iter()
            .map(|(_, seen)| groups(seen, instances))
            .collect();
        let mut relations = Self {
            groups,
            cycles: Vec::new(),
        };
        relations.cycles = (0..instances.len())
            .map(|who| relations.cycle(who, instances))
            .collect();
        relations
    }

    /// The cycle that an instance completes, those before it being there already: svc.startd puts this
    /// one into maintenance.
    pub(super) fn cycle_of(&self, who: usize) -> Option<&str> {
        self.cycles.get(who)?.as_deref()
    }

    fn cycle(&self, who: usize, instances: &[(InstanceFmri, Composed)]) -> Option<String> {
        let mut seen = vec![false; instances.len()];
        let path = self.path(who, who, who, &mut seen)?;
        let names = path
            .iter()
            .map(|place| instances[*place].0.instance().as_str());
        Some(names.collect::<Vec<_>>().join(" -> "))
    }

    /// A way from one instance to another over those up to `last`.
    fn path(
        &self,
        from: usize,
        to: usize,
        last: usize,
        seen: &mut Vec<bool>,
    ) -> Option<Vec<usize>> {
        for next in self.needs(from).filter(|next| *next <= last) {
            if next == to {
                return Some(vec![from, to]);
            }
            if !std::mem::replace(&mut seen[next], true)
                && let Some(mut path) = self.path(next, to, last, seen)
            {
                path.insert(0, from);
                return Some(path);
            }
        }
        None
    }

    fn groups_of(&self, who: usize) -> &[Group] {
        self.groups.get(who).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whom an instance depends on. An exclusion is none: it completes no cycle and orders no shutdown.
    fn needs(&self, who: usize) -> impl Iterator<Item = usize> {
        let groups = self.groups_of(who).iter();
        groups
            .filter(|group| group.grouping != Grouping::ExcludeAll)
            .flat_map(|group| &group.targets)
            .flat_map(|target| target.instances.iter().copied())
    }

    /// Whether an instance may start.
    pub(super) fn may_start(&self, who: usize, standing: &dyn Fn(usize) -> Standing) -> Ready {
        let mut waiting = None;
        for group in self.groups_of(who) {
            match group.ready(standing) {
                Ready::Yes => {}
                Ready::Never(why) => return Ready::Never(why),
                not_yet @ Ready::NotYet { .. } => {
                    waiting.get_or_insert(not_yet);
                }
            }
        }
        waiting.unwrap_or(Ready::Yes)
    }

    /// Whether an instance may stop: when those that depend on it are down. With `all` as at shutdown;
    /// otherwise only those count that `restart_on` ties to it.
    pub(super) fn may_stop(
        &self,
        who: usize,
        all: bool,
        standing: &dyn Fn(usize) -> Standing,
    ) -> Ready {
        let dependents = self.groups.iter().enumerate().filter(|(_, groups)| {
            groups.iter().any(|group| {
                group.grouping != Grouping::ExcludeAll
                    && (all || group.restarts)
                    && group.targets.iter().any(|t| t.instances.contains(&who))
            })
        });
        let up = dependents
            .map(|(place, _)| place)
            .filter(|place| *place != who && standing(*place) == Standing::Up);
        match up.count() {
            0 => Ready::Yes,
            1 => not_yet("the instance that depends on it to stop"),
            n => not_yet(&format!("{n} instances that depend on it to stop")),
        }
    }
}

fn not_yet(what: &str) -> Ready {
    Ready::NotYet {
        why: format!("waits for {what}"),
        either_way: true,
    }
}

fn groups(seen: &Composed, instances: &[(InstanceFmri, Composed)]) -> Vec<Group> {
    let names = seen.groups().into_iter();
    names
        .filter_map(|name| {
            let grouping = match seen.value(name, "grouping")? {
                "require_all" => Grouping::RequireAll,
                "require_any" => Grouping::RequireAny,
                "optional_all" => Grouping::OptionalAll,
                "exclude_all" => Grouping::ExcludeAll,
                _ => return None,
            };
            let entities = &seen.get(name, "entities")?.values;
            Some(Group {
                name: name.to_owned(),
                grouping,
                restarts: seen.value(name, "restart_on") != Some("none"),
                targets: entities.iter().map(|e| target(e, instances)).collect(),
            })
        })
        .collect()
}

fn target(fmri: &str, instances: &[(InstanceFmri, Composed)]) -> Target {
    let name = fmri.trim_start_matches("svc:").trim_start_matches('/');
    let named = |other: &InstanceFmri| match name.strip_prefix(other.service()) {
        Some("") => true,
        Some(rest) => rest.strip_prefix(':') == Some(other.instance().as_str()),
        None => false,
    };
    let places = instances.iter().enumerate();
    Target {
        fmri: fmri.to_owned(),
        instances: places
            .filter(|(_, (other, _))| named(other))
            .map(|(place, _)| place)
            .collect(),
    }
}

impl Group {
    fn ready(&self, standing: &dyn Fn(usize) -> Standing) -> Ready {
        let standings = self.targets.iter().map(|target| {
            let each = target.instances.iter().map(|place| standing(*place));
            let each: Vec<Standing> = each.collect();
            (target, together(&each))
        });
        // What is not rehearsed is there, where it is wanted, and absent, where it is not.
        let mut known = standings.filter_map(|(target, standing)| Some((target, standing?)));
        let told = |what: &str, target: &Target| {
            let grouping = word(self.grouping);
            format!("{what} {} ({grouping} '{}')", target.fmri, self.name)
        };
        match self.grouping {
            Grouping::RequireAll => {
                let mut ready = Ready::Yes;
                for (target, standing) in known {
                    match standing {
                        Standing::Up => {}
                        Standing::Coming => ready = wait(told("waits for", target), false),
                        Standing::Down => return Ready::Never(told("depends on", target)),
                    }
                }
                ready
            }
            Grouping::RequireAny => {
                let all: Vec<_> = known.collect();
                let any = |wanted| all.iter().find(|(_, standing)| *standing == wanted);
                if all.len() < self.targets.len() || any(Standing::Up).is_some() || all.is_empty() {
                    Ready::Yes
                } else if let Some((target, _)) = any(Standing::Coming) {
                    wait(told("waits for", target), false)
                } else {
                    Ready::Never(told("depends on", all[0].0))
                }
            }
            Grouping::OptionalAll => known
                .find(|(_, standing)| *standing == Standing::Coming)
                .map_or(Ready::Yes, |(target, _)| {
                    wait(told("waits for", target), true)
                }),
            Grouping::ExcludeAll => known
                .find(|(_, standing)| *standing != Standing::Down)
                .map_or(Ready::Yes, |(target, _)| {
                    wait(told("waits for the end of", target), false)
                }),
        }
    }
}

fn wait(why: String, either_way: bool) -> Ready {
    Ready::NotYet { why, either_way }
}

/// The standing of a service is that of its best instance.
fn together(standings: &[Standing]) -> Option<Standing> {
    let best = [Standing::Up, Standing::Coming, Standing::Down];
    best.into_iter().find(|wanted| standings.contains(wanted))
}

const fn word(grouping: Grouping) -> &'static str {
    match grouping {
        Grouping::RequireAll => "require_all",
        Grouping::RequireAny => "require_any",
        Grouping::OptionalAll => "optional_all",
        Grouping::ExcludeAll => "exclude_all",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Instances `a`, `b` and `c` of `site/x`, with dependencies: who, grouping, on what.
    fn relations(dependencies: &[(&str, &str, &[&str])]) -> Relations {
        let instances: Vec<_> = ["a", "b", "c"]
            .map(|name| {
                let mut seen = Composed::default();
                for (who, grouping, entities) in dependencies.iter().filter(|d| d.0 == name) {
                    let group = format!("{who}-{grouping}");
                    seen.own.set(&group, "grouping", "astring", &[grouping]);
                    seen.own.set(&group, "restart_on", "astring", &["none"]);
                    seen.own.set(&group, "entities", "fmri", entities);
                }
                (format!("svc:/site/x:{name}").parse().unwrap(), seen)
            })
            .into();
        Relations::among(&instances)
    }

    #[test]
    fn the_four_groupings() {
        use Standing::{Coming, Down, Up};
        for (grouping, b, c, expected) in [
            ("require_all", Up, Up, "yes"),
            ("require_all", Up, Coming, "wait"),
            ("require_all", Coming, Down, "never"),
            ("require_any", Up, Down, "yes"),
            ("require_any", Coming, Down, "wait"),
            ("require_any", Down, Down, "never"),
            ("optional_all", Up, Down, "yes"),
            ("optional_all", Up, Coming, "wait"),
            ("exclude_all", Down, Down, "yes"),
            ("exclude_all", Down, Up, "wait"),
            ("exclude_all", Coming, Down, "wait"),
        ] {
            let relations = relations(&[("a", grouping, &["svc:/site/x:b", "site/x:c"])]);
            let ready = relations.may_start(0, &|who| [Up, b, c][who]);
            let found = match &ready {
                Ready::Yes => "yes",
                Ready::NotYet { .. } => "wait",
                Ready::Never(_) => "never",
            };
            assert_eq!(found, expected, "{grouping} {b:?} {c:?}: {ready:?}");
        }
    }

    #[test]
    fn what_is_not_rehearsed_is_there_and_in_nobodys_way() {
        for grouping in ["require_all", "require_any", "optional_all", "exclude_all"] {
            let relations = relations(&[("a", grouping, &["svc:/milestone/network:default"])]);
            assert_eq!(relations.may_start(0, &|_| Standing::Down), Ready::Yes);
        }
    }

    #[test]
    fn the_last_of_a_cycle_completes_it() {
        let circle: [(&str, &str, &[&str]); 3] = [
            ("a", "optional_all", &["svc:/site/x:b"]),
            ("b", "require_all", &["svc:/site/x:c"]),
            ("c", "require_any", &["svc:/site/x:a"]),
        ];
        let relations = relations(&circle);
        assert_eq!(relations.cycle_of(0), None);
        assert_eq!(relations.cycle_of(1), None);
        assert_eq!(relations.cycle_of(2), Some("c -> a -> b -> c"));
    }

    #[test]
    fn dependents_stop_first_at_shutdown() {
        let relations = relations(&[("b", "require_all", &["svc:/site/x:a"])]);
        let up = |_| Standing::Up;
        assert!(matches!(
            relations.may_stop(0, true, &up),
            Ready::NotYet { .. }
        ));
        assert_eq!(relations.may_stop(0, false, &up), Ready::Yes);
        assert_eq!(relations.may_stop(1, true, &up), Ready::Yes);
    }
}
