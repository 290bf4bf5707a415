//! The authorizations that instances ask for: `smf_security(7)`.
//!
//! All VMs ask for the two of the service. A VM that is delegated also takes two of its own, each as a
//! second value: svc.configd lets whoever holds one of the values, and a property of an instance hides
//! the service's, so both have to be there.

use std::str::FromStr;

use thiserror::Error;

use super::names::ServiceName;
use crate::smf::fmri::InstanceName;
use crate::text::printable::Printable;

/// Who may enable, disable, restart and refresh the instances.
pub(crate) const MANAGE: &str = "solaris.smf.manage.vbox";
/// Who may change values of `general` and of the groups that are delegated.
pub(crate) const VALUE: &str = "solaris.smf.value.vbox";

/// The two authorizations for one VM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VmAuthority {
    /// For `general/action_authorization`.
    pub(crate) manage: String,
    /// For `general/value_authorization`: `general/enabled` takes both.
    pub(crate) value: String,
}

/// Why a VM cannot have authorizations of its own.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum AuthorityError {
    /// `auth_attr(5)`: who holds it may hand on every authorization that begins alike.
    #[error("{MANAGE}.{0} would let its holder delegate the authorizations of other VMs")]
    Grant(InstanceName),
    /// Lists of authorizations are parted by commas.
    #[error("no authorization can be named after the instance {0}: its name contains a comma")]
    Comma(InstanceName),
}

impl VmAuthority {
    /// Those of this instance: `solaris.smf.manage.vbox.vm1`, or with the name of a service that is not
    /// the usual one before the instance's.
    ///
    /// # Errors
    /// Their names would mean something else.
    pub(crate) fn of(
        service: &ServiceName,
        instance: &InstanceName,
    ) -> Result<Self, AuthorityError> {
        let name = instance.as_str();
        if name == "grant" {
            return Err(AuthorityError::Grant(instance.clone()));
        }
        if name.contains(',') {
            return Err(AuthorityError::Comma(instance.clone()));
        }
        let below = if *service == ServiceName::default() {
            name.to_owned()
        } else {
            format!("{}.{name}", service.as_str().replace(['/', ','], "."))
        };
        Ok(Self {
            manage: format!("{MANAGE}.{below}"),
            value: format!("{VALUE}.{below}"),
        })
    }
}

/// The longest name of a user: `LOGNAME_MAX`, and `passwd(5)`.
const LOGIN_MAX: usize = 32;

/// A user, as the databases of RBAC know one: by name, never by number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LoginName(String);

/// Why a text does not name a user.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "'{}' is not a valid user name for user_attr; allowed: a letter or '_', then letters, digits, '.', '_' and '-', {LOGIN_MAX} in all",
    Printable(.0)
)]
pub(crate) struct LoginNameError(String);

impl LoginName {
    /// The name as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LoginName {
    type Err = LoginNameError;

    fn from_str(text: &str) -> Result<Self, LoginNameError> {
        let first = |b: u8| b.is_ascii_alphabetic() || b == b'_';
        let rest = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        let sound = text.bytes().next().is_some_and(first) && text.bytes().all(rest);
        if !sound || text.len() > LOGIN_MAX {
            return Err(LoginNameError(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(service: &str, instance: &str) -> Result<VmAuthority, AuthorityError> {
        VmAuthority::of(&service.parse().unwrap(), &instance.parse().unwrap())
    }

    #[test]
    fn names_of_authorizations() {
        for (service, manage) in [
            ("site/xvm/vbox", "solaris.smf.manage.vbox.vm-1"),
            ("site/guests", "solaris.smf.manage.vbox.site.guests.vm-1"),
            ("site/x.org,g", "solaris.smf.manage.vbox.site.x.org.g.vm-1"),
        ] {
            let authority = of(service, "vm-1").unwrap();
            assert_eq!(authority.manage, manage);
            assert_eq!(authority.value, manage.replace("manage", "value"));
        }
    }

    #[test]
    fn names_that_mean_something_else() {
        for (instance, message) in [
            (
                "grant",
                "solaris.smf.manage.vbox.grant would let its holder delegate the authorizations of other VMs",
            ),
            (
                "x.org,a",
                "no authorization can be named after the instance x.org,a: its name contains a comma",
            ),
        ] {
            let error = of("site/xvm/vbox", instance).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
        assert!(of("site/xvm/vbox", "grant2").is_ok());
    }

    #[test]
    fn names_of_users() {
        for good in ["vbox", "_x", "a.b-c", "A1"] {
            assert_eq!(good.parse::<LoginName>().unwrap().as_str(), good);
        }
        let long = "x".repeat(33);
        for bad in [
            "", "1000", "a b", "a:b", "a\\b", "a=b", "a,b", "a;b", "é", "a\n", "-a", &long,
        ] {
            assert!(bad.parse::<LoginName>().is_err(), "{bad:?}");
        }
    }
}
