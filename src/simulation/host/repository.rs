//! A simulated SMF repository: services, instances, their property groups, and running snapshots.

use std::collections::{BTreeMap, BTreeSet};

use crate::smf::composition::{self, Layers};
use crate::smf::fmri::InstanceFmri;

/// A property: its type, and its values in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Property {
    /// SMF's word for the type.
    pub(crate) type_name: String,
    /// The values; there may be none.
    pub(crate) values: Vec<String>,
}

/// Property groups of a service, or of an instance, by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Level(BTreeMap<String, BTreeMap<String, Property>>);

impl Level {
    /// Adds a property group, where it is not there.
    pub(crate) fn add_group(&mut self, group: &str) {
        self.0.entry(group.to_owned()).or_default();
    }

    /// Sets a property, and adds its group where there is none.
    pub(crate) fn set(&mut self, group: &str, name: &str, type_name: &str, values: &[&str]) {
        let property = Property {
            type_name: type_name.to_owned(),
            values: values.iter().map(|v| (*v).to_owned()).collect(),
        };
        let group = self.0.entry(group.to_owned()).or_default();
        group.insert(name.to_owned(), property);
    }

    /// Takes a property group away.
    pub(crate) fn remove_group(&mut self, group: &str) {
        self.0.remove(group);
    }
}

/// What is seen of an instance: its own properties, and the service's where it has none of that name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Composed {
    pub(crate) own: Level,
    pub(crate) service: Level,
}

impl Composed {
    fn layers(&self) -> Layers<&BTreeMap<String, BTreeMap<String, Property>>> {
        Layers::new(&self.own.0, &self.service.0)
    }

    /// A property: the instance's value wins over the service's.
    pub(crate) fn get(&self, group: &str, name: &str) -> Option<&Property> {
        self.layers().find(|level| level.get(group)?.get(name))
    }

    /// The only value of a property.
    pub(crate) fn value(&self, group: &str, name: &str) -> Option<&str> {
        match self.get(group, name)?.values.as_slice() {
            [value] => Some(value),
            _ => None,
        }
    }

    /// The names of the groups.
    pub(crate) fn groups(&self) -> BTreeSet<&str> {
        let groups = self.layers().entries();
        groups.map(|(name, _)| name.as_str()).collect()
    }

    /// A group's properties, the instance's first, where there is such a group.
    pub(crate) fn group(&self, group: &str) -> Option<Vec<(&str, &Property)>> {
        let group = self.layers().part(|level| level.get(group))?;
        let properties = group.entries();
        Some(properties.map(|(n, p)| (n.as_str(), p)).collect())
    }
}

impl composition::Composed for Composed {
    fn values(&self, group: &str, name: &str) -> Option<&[String]> {
        Some(&self.get(group, name)?.values)
    }
}

/// A service.
#[derive(Debug, Clone, Default)]
struct Service {
    own: Level,
    instances: BTreeMap<String, Instance>,
}

/// An instance.
#[derive(Debug, Clone, Default)]
struct Instance {
    own: Level,
    /// What its methods see: taken when it is refreshed.
    running: Option<Composed>,
}

/// The repository.
#[derive(Debug, Clone, Default)]
pub(crate) struct Repository {
    services: BTreeMap<String, Service>,
}

/// What an operand of svcprop can be.
pub(super) enum Entity {
    /// An instance, as its methods see it.
    Instance(Composed),
    /// A service.
    Service(Level),
}

impl Repository {
    /// The properties of a service, which is added where it is not there.
    pub(crate) fn service_mut(&mut self, service: &str) -> &mut Level {
        &mut self.services.entry(service.to_owned()).or_default().own
    }

    /// The properties of an instance, which is added where it is not there.
    pub(crate) fn instance_mut(&mut self, fmri: &InstanceFmri) -> &mut Level {
        let service = self.services.entry(fmri.service().to_owned()).or_default();
        let name = fmri.instance().as_str().to_owned();
        &mut service.instances.entry(name).or_default().own
    }

    /// What `svcadm enable` and `svcadm disable` write: it holds until somebody says otherwise.
    pub(crate) fn set_enabled(&mut self, fmri: &InstanceFmri, enabled: bool) {
        let level = self.instance_mut(fmri);
        let word = if enabled { "true" } else { "false" };
        level.set("general", "enabled", "boolean", &[word]);
        level.remove_group("general_ovr");
    }

    /// Whether the instance is disabled at this moment.
    pub(crate) fn is_disabled(&self, fmri: &InstanceFmri) -> bool {
        let current = self.current(fmri).unwrap_or_default();
        let for_now = current.value("general_ovr", "enabled");
        for_now.or_else(|| current.value("general", "enabled")) == Some("false")
    }

    /// Forgets an instance, as `svccfg delete -f` does.
    pub(super) fn remove(&mut self, fmri: &InstanceFmri) {
        if let Some(service) = self.services.get_mut(fmri.service()) {
            service.instances.remove(fmri.instance().as_str());
        }
    }

    /// Brings an instance back that was deleted, with the properties that its manifest gives it.
    pub(super) fn import_again(&mut self, fmri: &InstanceFmri, own: Level) {
        *self.instance_mut(fmri) = own;
        self.refresh(fmri);
    }

    /// Takes a running snapshot: from now on the methods see what is there now.
    pub(crate) fn refresh(&mut self, fmri: &InstanceFmri) {
        let current = self.current(fmri);
        let instance = self
            .services
            .get_mut(fmri.service())
            .and_then(|service| service.instances.get_mut(fmri.instance().as_str()));
        if let Some(instance) = instance {
            instance.running = current;
        }
    }

    /// What is there now.
    pub(crate) fn current(&self, fmri: &InstanceFmri) -> Option<Composed> {
        let service = self.services.get(fmri.service())?;
        let instance = service.instances.get(fmri.instance().as_str())?;
        Some(Composed {
            own: instance.own.clone(),
            service: service.own.clone(),
        })
    }

    /// What the methods see.
    pub(crate) fn running(&self, fmri: &InstanceFmri) -> Option<Composed> {
        let service = self.services.get(fmri.service())?;
        let instance = service.instances.get(fmri.instance().as_str())?;
        instance.running.clone().or_else(|| self.current(fmri))
    }

    /// What svcprop finds under an operand. Patterns and abbreviations are left to the real one.
    pub(super) fn find(&self, operand: &str, current: bool) -> Option<Entity> {
        if let Ok(fmri) = operand.parse::<InstanceFmri>() {
            let seen = if current {
                self.current(&fmri)
            } else {
                self.running(&fmri)
            };
            return seen.map(Entity::Instance);
        }
        let name = operand.strip_prefix("svc:").unwrap_or(operand);
        let service = self.services.get(name.trim_start_matches('/'))?;
        Some(Entity::Service(service.own.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_see_the_running_snapshot_composed_by_property() {
        let mut repository = Repository::default();
        let fmri: InstanceFmri = "svc:/site/propdemo:default".parse().unwrap();
        let service = repository.service_mut("site/propdemo");
        service.set("config", "both", "astring", &["from-service"]);
        service.set("config", "int", "integer", &["-42"]);
        let instance = repository.instance_mut(&fmri);
        instance.set("config", "both", "astring", &["from-instance"]);
        repository.refresh(&fmri);
        repository
            .service_mut("site/propdemo")
            .set("config", "int", "integer", &["7"]);

        let running = repository.running(&fmri).unwrap();
        assert_eq!(running.value("config", "both"), Some("from-instance"));
        assert_eq!(running.value("config", "int"), Some("-42"));
        assert_eq!(running.get("config", "nosuch"), None);
        assert_eq!(running.group("nosuch"), None);
        let names: Vec<&str> = running
            .group("config")
            .unwrap()
            .iter()
            .map(|p| p.0)
            .collect();
        assert_eq!(names, ["both", "int"]);
        let current = repository.current(&fmri).unwrap();
        assert_eq!(current.value("config", "int"), Some("7"));
    }
}
