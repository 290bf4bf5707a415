//! For whom an option is: `VALUE`, `INSTANCE:VALUE` or `USER:VALUE`.

use crate::failure::{Failure, Kind};
use crate::manifest::blueprint::AccountName;
use crate::manifest::options::Per;
use crate::manifest::request::{Directive, Scope, ScopedDirective, VmRequest};
use crate::smf::fmri::InstanceName;
use crate::text::printable::Printable;

/// How a value may begin that holds a colon itself: an FMRI, an address, `:home`, a path.
const VALUES: [&str; 6] = ["svc:", "file:", "mailto:", "snmp:", ":", "/"];

/// Who there is.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    instances: Vec<InstanceName>,
    users: Vec<(Scope, AccountName)>,
}

impl Scopes {
    pub(super) fn new(vms: &[VmRequest]) -> Self {
        Self::of(vms.iter().map(|vm| vm.instance.clone()).collect())
    }

    /// The same for these instances.
    pub(super) fn of(instances: Vec<InstanceName>) -> Self {
        Self {
            instances,
            users: Vec::new(),
        }
    }

    /// Takes over who the VMs' users are.
    pub(super) fn learn_users(&mut self, directives: &[ScopedDirective]) {
        self.users = directives
            .iter()
            .filter_map(|directive| {
                if let Directive::User(user) = &directive.want {
                    Some((directive.scope.clone(), user.clone()))
                } else {
                    None
                }
            })
            .collect();
    }

    fn user_of(&self, instance: &InstanceName) -> Option<&AccountName> {
        let of = |wanted: &Scope| {
            let (_, user) = self.users.iter().find(|(scope, _)| scope == wanted)?;
            Some(user)
        };
        of(&Scope::Instance(instance.clone())).or_else(|| of(&Scope::All))
    }

    /// For whom, and the value.
    ///
    /// # Errors
    /// Nobody here is called so, or a VM and another one's user are.
    pub(super) fn split<'a>(
        &self,
        option: &str,
        text: &'a str,
        per: Per,
    ) -> Result<(Scope, &'a str), Failure> {
        let begins = |text: &str| VALUES.iter().any(|value| text.starts_with(value));
        let (prefix, rest) = match text.split_once(':') {
            Some(parts) if !begins(text) => parts,
            Some(_) | None => return Ok((Scope::All, text)),
        };
        let instance = self.instances.iter().find(|i| i.as_str() == prefix);
        let user = match per {
            Per::Vm => None,
            Per::User => {
                let found = self.users.iter().find(|(_, user)| user.as_str() == prefix);
                found.map(|(_, user)| user)
            }
        };
        let refused = |what: &str| {
            Err(Failure::told(
                Kind::Usage,
                format_args!(
                    "{option} {}: {what} '{}'",
                    Printable(text),
                    Printable(prefix)
                ),
            ))
        };
        match (instance, user) {
            (Some(instance), None) => Ok((Scope::Instance(instance.clone()), rest)),
            (None, Some(user)) => Ok((Scope::User(user.clone()), rest)),
            // What is for a user's VM is for all of that user's.
            (Some(instance), Some(user)) if self.user_of(instance) == Some(user) => {
                Ok((Scope::User(user.clone()), rest))
            }
            (Some(_), Some(_)) => {
                let failure = refused("a VM and the user of another VM have the same name:");
                failure
                    .map_err(|failure| failure.hinted("use another instance name: INSTANCE=NAME"))
            }
            // What cannot be a name is part of the value.
            (None, None) if prefix.parse::<InstanceName>().is_err() => Ok((Scope::All, text)),
            (None, None) => match per {
                Per::Vm => refused("no specified VM has the instance"),
                Per::User => refused("no specified VM has the instance or the user"),
            },
        }
    }
}
