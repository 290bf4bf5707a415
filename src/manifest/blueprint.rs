//! What a manifest is to say, decided and checked: no text, no XML, no command line. The
//! [resolver](super::resolve) makes it.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::authority::LoginName;
use super::context::{ContextWord, Privileges, Variable, WorkingDirectory};
use super::duration::DurationModel;
use super::method::MethodPath;
use super::names::ServiceName;
use super::need::Need;
use super::notify::NotifyTarget;
use super::setting::Setting;
use super::write_error::is_xml_char;
use crate::config::schema;
use crate::smf::fmri::InstanceName;
use crate::text::printable::Printable;

/// A service, and an instance for each VM.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Blueprint {
    /// The service.
    pub(crate) service: ServiceName,
    /// What SMF runs.
    pub(crate) method: MethodPath,
    /// What svc.startd takes for the life of an instance.
    pub(crate) model: DurationModel,
    /// For all VMs.
    pub(crate) settings: Vec<Setting>,
    /// What every VM needs, beside what every VM needs anyway.
    pub(crate) needs: BTreeSet<Need>,
    /// Who hears of every VM's failures.
    pub(crate) notify: Vec<NotifyTarget>,
    /// The instances: at least one.
    pub(crate) instances: Vec<InstanceBlueprint>,
}

/// An instance: a VM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InstanceBlueprint {
    /// Its name.
    pub(crate) name: InstanceName,
    /// Whether an import starts the VM.
    pub(crate) enabled: bool,
    /// Whose VM it is. Without an owner the methods run as root.
    pub(crate) owner: Option<Owner>,
    /// For this VM, before those for all.
    pub(crate) settings: Vec<Setting>,
    /// What this VM needs.
    pub(crate) needs: BTreeSet<Need>,
    /// Who hears of this VM's failures, in place of those for all.
    pub(crate) notify: Vec<NotifyTarget>,
    /// Who manages this VM, beside those who manage all: the fragments of RBAC name them, the manifest
    /// only says that there are some.
    pub(crate) delegates: BTreeSet<LoginName>,
}

/// The value that these settings give a property.
pub(crate) fn value_of<'a>(
    settings: &'a [Setting],
    property: &schema::Property,
) -> Option<&'a str> {
    let setting = settings.iter().find(|s| s.property == property)?;
    Some(&setting.value)
}

/// The user whose VM it is, and what the methods run in. It is the same for all VMs of a user: VirtualBox
/// starts them all from one daemon, which keeps what its first client had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owner {
    /// The user.
    pub(crate) user: AccountName,
    /// The group; otherwise the user's own.
    pub(crate) group: Option<AccountName>,
    /// Where the methods run.
    pub(crate) working_directory: WorkingDirectory,
    /// The project; otherwise the user's default.
    pub(crate) project: Option<ContextWord>,
    /// The resource pool.
    pub(crate) resource_pool: Option<ContextWord>,
    /// The privileges.
    pub(crate) privileges: Privileges,
    /// What no child can have either.
    pub(crate) limit_privileges: Option<Privileges>,
    /// The environment, sorted by name: no name is there twice.
    pub(crate) environment: Vec<Variable>,
}

impl Owner {
    /// A user with everything else as usual.
    pub(crate) fn usual(user: AccountName) -> Self {
        Self {
            user,
            group: None,
            working_directory: WorkingDirectory::default(),
            project: None,
            resource_pool: None,
            privileges: Privileges::default(),
            limit_privileges: None,
            environment: Vec::new(),
        }
    }

    /// Gives it this part, in place of the one that it has.
    pub(crate) fn set(&mut self, part: ContextPart) {
        match part {
            ContextPart::Group(group) => self.group = Some(group),
            ContextPart::WorkingDirectory(directory) => self.working_directory = directory,
            ContextPart::Project(project) => self.project = Some(project),
            ContextPart::ResourcePool(pool) => self.resource_pool = Some(pool),
            ContextPart::Privileges(privileges) => self.privileges = privileges,
            ContextPart::LimitPrivileges(limit) => self.limit_privileges = Some(limit),
            ContextPart::Variable(variable) => {
                let by_name = |other: &Variable| other.name().cmp(variable.name());
                match self.environment.binary_search_by(by_name) {
                    Ok(at) => self.environment[at] = variable,
                    Err(at) => self.environment.insert(at, variable),
                }
            }
        }
    }

    /// All parts that it has, in no order that means anything.
    pub(crate) fn parts(&self) -> Vec<ContextPart> {
        let Self {
            user: _,
            group,
            working_directory,
            project,
            resource_pool,
            privileges,
            limit_privileges,
            environment,
        } = self;
        let mut parts = vec![
            ContextPart::WorkingDirectory(working_directory.clone()),
            ContextPart::Privileges(privileges.clone()),
        ];
        parts.extend(group.clone().map(ContextPart::Group));
        parts.extend(project.clone().map(ContextPart::Project));
        parts.extend(resource_pool.clone().map(ContextPart::ResourcePool));
        parts.extend(limit_privileges.clone().map(ContextPart::LimitPrivileges));
        parts.extend(environment.iter().cloned().map(ContextPart::Variable));
        parts
    }
}

/// A part of what the methods of a user's VMs run in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ContextPart {
    /// The group to run as.
    Group(AccountName),
    /// Where the methods run.
    WorkingDirectory(WorkingDirectory),
    /// The project.
    Project(ContextWord),
    /// The resource pool.
    ResourcePool(ContextWord),
    /// The privileges.
    Privileges(Privileges),
    /// What no program of theirs can have either.
    LimitPrivileges(Privileges),
    /// A variable of the environment.
    Variable(Variable),
}

/// The value; of a variable without its name.
impl fmt::Display for ContextPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Group(group) => group.as_str(),
            Self::WorkingDirectory(directory) => directory.as_str(),
            Self::Project(word) | Self::ResourcePool(word) => word.as_str(),
            Self::Privileges(privileges) | Self::LimitPrivileges(privileges) => privileges.as_str(),
            Self::Variable(variable) => variable.value(),
        })
    }
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
#[error("'{}' is not a valid user or group name", Printable(.0))]
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

#[cfg(test)]
mod tests {
    use super::*;

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
