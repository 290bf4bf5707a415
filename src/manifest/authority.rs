//! The authorizations that instances ask for: `smf_security(7)`.
//!
//! All VMs ask for the two of the service. A VM that is delegated also takes two of its own, each as a
//! second value: svc.configd lets whoever holds one of the values, and a property of an instance hides
//! the service's, so both have to be there.

use thiserror::Error;

use super::names::ServiceName;
use crate::fmri::InstanceName;

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
    #[error("{MANAGE}.{0} would let its holder hand on the other VMs' authorizations")]
    Grant(InstanceName),
    /// Lists of authorizations are parted by commas.
    #[error("no authorization can be called like the instance {0}: it holds a comma")]
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
                "solaris.smf.manage.vbox.grant would let its holder hand on the other VMs' authorizations",
            ),
            (
                "x.org,a",
                "no authorization can be called like the instance x.org,a: it holds a comma",
            ),
        ] {
            let error = of("site/xvm/vbox", instance).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
        assert!(of("site/xvm/vbox", "grant2").is_ok());
    }
}
