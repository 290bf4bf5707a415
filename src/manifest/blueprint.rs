//! What a manifest is to say, decided and checked: no text, no XML, no command line.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::str::FromStr;

use thiserror::Error;

use super::method::MethodPath;
use super::names::ServiceName;
use super::setting::Setting;
use super::write::is_xml_char;
use crate::fmri::InstanceName;
use crate::schema;
use crate::vm::{Printable, VmName};

/// A service, and an instance for each VM.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Blueprint {
    /// The service.
    pub(crate) service: ServiceName,
    /// What SMF runs.
    pub(crate) method: MethodPath,
    /// Whether an import starts the VMs.
    pub(crate) enabled: bool,
    /// For all VMs.
    pub(crate) settings: Vec<Setting>,
    /// The instances: at least one.
    pub(crate) instances: Vec<InstanceBlueprint>,
}

/// An instance: a VM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InstanceBlueprint {
    /// Its name.
    pub(crate) name: InstanceName,
    /// Whose VM it is. Without an owner the methods run as root.
    pub(crate) owner: Option<Owner>,
    /// For this VM, before those for all.
    pub(crate) settings: Vec<Setting>,
}

impl InstanceBlueprint {
    /// What VirtualBox finds the VM by, in one form.
    fn vm(&self) -> String {
        let name = value_of(&self.settings, &schema::NAME);
        let uuid = name
            .and_then(|name| name.parse::<VmName>().ok())
            .and_then(|name| name.as_uuid());
        match (uuid, name) {
            (Some(uuid), _) => uuid.to_string(),
            (None, Some(name)) => name.to_owned(),
            (None, None) => self.name.to_string(),
        }
    }
}

/// The value that these settings give a property.
pub(super) fn value_of<'a>(
    settings: &'a [Setting],
    property: &schema::Property,
) -> Option<&'a str> {
    let setting = settings.iter().find(|s| s.property == property)?;
    Some(&setting.value)
}

/// The user whose VM it is, and the group to run as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owner {
    /// The user.
    pub(crate) user: AccountName,
    /// The group; otherwise the user's own.
    pub(crate) group: Option<AccountName>,
}

/// The name or number of a user or a group.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct AccountName(String);

impl AccountName {
    /// The name as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that no user and no group is called by.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("'{}' cannot be the name of a user or group", Printable(.0))]
pub(crate) struct AccountNameError(String);

/// Only what no passwd(5) or group(5) can hold is refused: which users there are is known on the host
/// alone, and directory services have names such as `DOMAIN\user`.
impl FromStr for AccountName {
    type Err = AccountNameError;

    fn from_str(text: &str) -> Result<Self, AccountNameError> {
        let possible =
            |c: char| !c.is_whitespace() && c != ':' && !c.is_control() && is_xml_char(c);
        if text.is_empty() || text.len() > 255 || !text.chars().all(possible) {
            return Err(AccountNameError(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

/// Why a blueprint cannot become a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum BlueprintError {
    /// An import would do nothing.
    #[error("no VM is named")]
    NoInstance,
    /// svccfg would refuse it.
    #[error("the instance {0} is there twice")]
    InstanceTwice(InstanceName),
    /// One of the two would be lost.
    #[error("{property} is set twice for {whom}")]
    SettingTwice {
        /// `group/name`.
        property: String,
        /// An instance's name, or `all VMs`.
        whom: String,
    },
    /// All instances would start one VM.
    #[error("vm/name cannot be set for all VMs")]
    NameForAll,
    /// Two instances would fight over it.
    #[error("{first} and {second} are the same VM, '{}'", Printable(.vm))]
    SameVm {
        /// One instance.
        first: InstanceName,
        /// The other one.
        second: InstanceName,
        /// The VM.
        vm: String,
    },
}

impl Blueprint {
    /// Whether a manifest can say it.
    ///
    /// # Errors
    /// Something is there twice, or nothing is there.
    pub(crate) fn check(&self) -> Result<(), BlueprintError> {
        if self.instances.is_empty() {
            return Err(BlueprintError::NoInstance);
        }
        if value_of(&self.settings, &schema::NAME).is_some() {
            return Err(BlueprintError::NameForAll);
        }
        check_once(&self.settings, "all VMs")?;
        let mut names = HashSet::new();
        let mut vms = HashMap::new();
        for instance in &self.instances {
            check_once(&instance.settings, instance.name.as_str())?;
            if !names.insert(&instance.name) {
                return Err(BlueprintError::InstanceTwice(instance.name.clone()));
            }
            // Two users may each have a VM of that name.
            let user = instance.owner.as_ref().map(|owner| &owner.user);
            match vms.entry((user, instance.vm())) {
                Entry::Vacant(free) => {
                    free.insert(&instance.name);
                }
                Entry::Occupied(taken) => {
                    return Err(BlueprintError::SameVm {
                        first: (*taken.get()).clone(),
                        second: instance.name.clone(),
                        vm: instance.vm(),
                    });
                }
            }
        }
        Ok(())
    }
}

fn check_once(settings: &[Setting], whom: &str) -> Result<(), BlueprintError> {
    for (i, setting) in settings.iter().enumerate() {
        if value_of(&settings[..i], setting.property).is_some() {
            return Err(BlueprintError::SettingTwice {
                property: setting.property.path(),
                whom: whom.to_owned(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(name: &str, user: Option<&str>, settings: &[(&str, &str)]) -> InstanceBlueprint {
        InstanceBlueprint {
            name: name.parse().unwrap(),
            owner: user.map(|user| Owner {
                user: user.parse().unwrap(),
                group: None,
            }),
            settings: settings
                .iter()
                .map(|(path, value)| Setting::new(path, value).unwrap())
                .collect(),
        }
    }

    fn check(
        settings: &[(&str, &str)],
        instances: Vec<InstanceBlueprint>,
    ) -> Result<(), BlueprintError> {
        Blueprint {
            settings: instance("x", None, settings).settings,
            instances,
            ..Blueprint::default()
        }
        .check()
    }

    #[test]
    fn two_users_may_have_a_vm_of_one_name() {
        let name = [("vm/name", "web")];
        let both = vec![
            instance("a", Some("alice"), &name),
            instance("b", Some("bob"), &name),
            instance("web", None, &[("vm/stop_method", "poweroff")]),
        ];
        assert_eq!(check(&[("vm/stop_method", "savestate")], both), Ok(()));
    }

    #[test]
    fn nothing_may_be_there_twice() {
        let uuid = "c49decd0-163a-44f9-9d85-b6e06ddc2277";
        let table = [
            (check(&[], vec![]), "no VM is named"),
            (
                check(
                    &[],
                    vec![instance("a", None, &[]), instance("a", Some("u"), &[])],
                ),
                "the instance a is there twice",
            ),
            (
                check(
                    &[("vm/on_stuck", "restart"), ("vm/on_stuck", "refuse")],
                    vec![instance("a", None, &[])],
                ),
                "vm/on_stuck is set twice for all VMs",
            ),
            (
                check(
                    &[],
                    vec![instance("a", None, &[("vm/name", "x"), ("vm/name", "x")])],
                ),
                "vm/name is set twice for a",
            ),
            (
                check(&[("vm/name", "x")], vec![instance("a", None, &[])]),
                "vm/name cannot be set for all VMs",
            ),
            (
                check(
                    &[],
                    vec![
                        instance("a", Some("u"), &[]),
                        instance("b", Some("u"), &[("vm/name", "a")]),
                    ],
                ),
                "a and b are the same VM, 'a'",
            ),
            (
                check(
                    &[],
                    vec![
                        instance("a", None, &[("vm/name", uuid)]),
                        instance(
                            "b",
                            None,
                            &[("vm/name", &format!("{{{}}}", uuid.to_uppercase()))],
                        ),
                    ],
                ),
                "a and b are the same VM, 'c49decd0-163a-44f9-9d85-b6e06ddc2277'",
            ),
        ];
        for (outcome, message) in table {
            assert_eq!(outcome.unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn names_of_users_and_groups() {
        for good in [
            "vbox",
            "_x",
            "1000",
            "DOMAIN\\user",
            "a.b-c",
            "user@realm",
            "é",
        ] {
            assert_eq!(good.parse::<AccountName>().unwrap().as_str(), good);
        }
        for bad in ["", "a b", "a:b", "a\n", "\u{1b}", &"x".repeat(256)] {
            assert!(bad.parse::<AccountName>().is_err(), "{bad:?}");
        }
    }
}
