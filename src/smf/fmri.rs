//! Names and FMRIs of SMF.
//!
//! The grammar is that of libscf and libuutil (`uu_check_name`), holes included: what SMF can
//! hold is accepted here, because svc.startd hands it to the method. One of them is closed: a service's
//! name may not hold what would forge a line of the log or move the cursor of a terminal.
//!
//! ```text
//! ident   = [A-Za-z] [A-Za-z0-9_-]*
//! domain  = [A-Za-z] [A-Za-z0-9_.-]*
//! comp    = [domain ","] ident
//! service = comp ("/" comp)*
//! fmri    = ["svc:"] ["//" scope ["@localhost"]] ["/"] service [":" instance] ["/:properties/" pg ["/" property]]
//! ```

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::text::printable::{Printable, is_unprintable};

/// The longest instance name that `svccfg import` takes, in bytes.
pub(crate) const INSTANCE_NAME_MAX: usize = 119;

/// The longest service name that `svccfg import` takes: it imports into `TEMP/NAME` first.
pub(crate) const SERVICE_NAME_MAX: usize = 114;

/// The service whose instances are VMs, unless another one is named.
pub(crate) const DEFAULT_SERVICE: &str = "site/xvm/vbox";

/// Why a text is not a name or an FMRI.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum FmriError {
    /// Nothing before the instance, or nothing at all.
    #[error("'{}' does not name a service", Printable(.0))]
    NoService(String),
    /// The name of the service is not made of components.
    #[error("'{}' is not a service name (letters, digits, '-' and '_', each component beginning with a letter)", Printable(.0))]
    Service(String),
    /// No `:instance`.
    #[error("'{}' names a service, not an instance", Printable(.0))]
    NoInstance(String),
    /// The instance's name is not a component.
    #[error("'{}' is not an instance name (a letter, then letters, digits, '-' and '_', at most {INSTANCE_NAME_MAX} bytes)", Printable(.0))]
    Instance(String),
    /// `/:properties/...` where an instance is wanted, or a malformed one.
    #[error("'{}' names a property, not an instance", Printable(.0))]
    Property(String),
    /// `//scope` that is not this host.
    #[error("'{}' names a scope other than localhost", Printable(.0))]
    Scope(String),
    /// `file:`, `lrc:`, `http:`...
    #[error("'{}' is not a service FMRI (svc:/service:instance)", Printable(.0))]
    Scheme(String),
}

/// `ident`: a letter, then letters, digits, `_` and `-`.
pub(crate) fn is_ident(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_alphabetic)
        && text
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

/// `domain`: an ident that may hold dots.
fn is_domain(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_alphabetic)
        && text
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}

/// `comp`: a property group's, property's or instance's name, or a part of a service's.
pub(crate) fn is_component(text: &[u8]) -> bool {
    match text.iter().position(|b| *b == b',') {
        None => is_ident(text),
        Some(comma) => is_domain(&text[..comma]) && is_ident(&text[comma + 1..]),
    }
}

/// A service's name, as libuutil checks it: for a part that is followed by a slash the check ends one
/// character early, so `a/bb` is refused and `sit!/demo` is not.
pub(crate) fn is_service_name(text: &str) -> bool {
    let mut parts = text.as_bytes().rsplit(|b| *b == b'/');
    parts.next().is_some_and(is_component)
        && parts.all(|part| is_component(&part[..part.len().saturating_sub(1)]))
}

/// The name of an instance: valid, and short enough for `svccfg import`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct InstanceName(String);

impl InstanceName {
    /// The name as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for InstanceName {
    type Err = FmriError;

    fn from_str(text: &str) -> Result<Self, FmriError> {
        if is_component(text.as_bytes()) && text.len() <= INSTANCE_NAME_MAX {
            Ok(Self(text.to_owned()))
        } else {
            Err(FmriError::Instance(text.to_owned()))
        }
    }
}

impl fmt::Display for InstanceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The FMRI of an instance. It prints in the canonical form `svc:/service:instance`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct InstanceFmri {
    service: String,
    instance: InstanceName,
}

impl InstanceFmri {
    /// An instance of a service whose name is known to be valid.
    ///
    /// # Errors
    /// The name of the service is not one.
    pub(crate) fn new(service: &str, instance: InstanceName) -> Result<Self, FmriError> {
        if !is_service_name(service) || service.contains(is_unprintable) {
            return Err(FmriError::Service(service.to_owned()));
        }
        Ok(Self {
            service: service.to_owned(),
            instance,
        })
    }

    /// The instance's name.
    pub(crate) fn instance(&self) -> &InstanceName {
        &self.instance
    }

    /// The name of the service, without `svc:/`.
    pub(crate) fn service(&self) -> &str {
        &self.service
    }
}

impl fmt::Display for InstanceFmri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "svc:/{}:{}", self.service, self.instance)
    }
}

impl FromStr for InstanceFmri {
    type Err = FmriError;

    fn from_str(text: &str) -> Result<Self, FmriError> {
        let rest = strip_scheme_and_scope(text)?;
        if rest.contains("/:properties") {
            return Err(FmriError::Property(text.to_owned()));
        }
        let (service, instance) = match rest.split_once(':') {
            Some((service, instance)) => (service, Some(instance)),
            None => (rest, None),
        };
        if service.is_empty() {
            return Err(FmriError::NoService(text.to_owned()));
        }
        if !is_service_name(service) {
            return Err(FmriError::Service(service.to_owned()));
        }
        let instance = instance.ok_or_else(|| FmriError::NoInstance(text.to_owned()))?;
        Self::new(service, instance.parse()?)
    }
}

/// Takes `svc:`, `//localhost` and the slash before the service's name away.
pub(crate) fn strip_scheme_and_scope(text: &str) -> Result<&str, FmriError> {
    let rest = match text.strip_prefix("svc:") {
        Some(rest) => rest,
        None if ["file:", "lrc:", "http:", "https:"]
            .iter()
            .any(|scheme| text.starts_with(scheme)) =>
        {
            return Err(FmriError::Scheme(text.to_owned()));
        }
        None => text,
    };
    let Some(scoped) = rest.strip_prefix("//") else {
        return Ok(rest.strip_prefix('/').unwrap_or(rest));
    };
    let (scope, rest) = scoped
        .split_once('/')
        .ok_or_else(|| FmriError::NoService(text.to_owned()))?;
    match scope.strip_suffix("@localhost").unwrap_or(scope) {
        "" | "localhost" => Ok(rest),
        _ => Err(FmriError::Scope(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn canonical_forms() {
        for (text, canonical) in [
            ("svc:/site/xvm/vbox:vm1", "svc:/site/xvm/vbox:vm1"),
            ("/site/xvm/vbox:vm1", "svc:/site/xvm/vbox:vm1"),
            ("site/xvm/vbox:vm1", "svc:/site/xvm/vbox:vm1"),
            (
                "svc://localhost/site/xvm/vbox:vm1",
                "svc:/site/xvm/vbox:vm1",
            ),
            ("svc:///site/xvm/vbox:vm1", "svc:/site/xvm/vbox:vm1"),
            ("svc://localhost@localhost/site/x:y", "svc:/site/x:y"),
            ("//localhost/site/x:y", "svc:/site/x:y"),
            ("vbox:vm1", "svc:/vbox:vm1"),
            (
                "svc:/example.com,site/vbox:v.org,vm-1_A",
                "svc:/example.com,site/vbox:v.org,vm-1_A",
            ),
            // What libuutil lets through by mistake can exist, so svc.startd can hand it over.
            ("svc:/sit!/demo:vm1", "svc:/sit!/demo:vm1"),
            ("svc:/xx/a,bb:vm1", "svc:/xx/a,bb:vm1"),
        ] {
            let fmri: InstanceFmri = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(fmri.to_string(), canonical, "{text}");
        }
    }

    #[test]
    fn refused() {
        let no_service = |t: &str| FmriError::NoService(t.to_owned());
        for (text, error) in [
            ("", no_service("")),
            ("svc:", no_service("svc:")),
            ("svc:/", no_service("svc:/")),
            ("svc://localhost", no_service("svc://localhost")),
            ("svc:/:vm1", no_service("svc:/:vm1")),
            (
                "svc:/site/vbox",
                FmriError::NoInstance("svc:/site/vbox".into()),
            ),
            ("svc:/site/vbox:", FmriError::Instance(String::new())),
            ("svc:/site/vbox:1vm", FmriError::Instance("1vm".into())),
            (
                "svc:/site/vbox:web.example",
                FmriError::Instance("web.example".into()),
            ),
            ("svc:/site/vbox:a:b", FmriError::Instance("a:b".into())),
            ("svc:/site/vbox:a b", FmriError::Instance("a b".into())),
            ("svc:/site/vbox:a\n", FmriError::Instance("a\n".into())),
            ("svc:/site/vbox:vm1/", FmriError::Instance("vm1/".into())),
            ("svc:/site/vbox:*", FmriError::Instance("*".into())),
            ("svc:/site/vbox:é", FmriError::Instance("é".into())),
            (
                "svc:/site/a/vbox:x",
                FmriError::Service("site/a/vbox".into()),
            ),
            ("svc:/site//vbox:x", FmriError::Service("site//vbox".into())),
            ("svc:/site/vbox/:x", FmriError::Service("site/vbox/".into())),
            ("svc:/si te/v b:x", FmriError::Service("si te/v b".into())),
            ("svc:/sit\n/demo:x", FmriError::Service("sit\n/demo".into())),
            (
                "SVC:/site/vbox:x",
                FmriError::Instance("/site/vbox:x".into()),
            ),
            (
                "svc:/site/vbox:x/:properties/vm/name",
                FmriError::Property("svc:/site/vbox:x/:properties/vm/name".into()),
            ),
            (
                "svc://other/site/vbox:x",
                FmriError::Scope("svc://other/site/vbox:x".into()),
            ),
            (
                "file:///etc/passwd",
                FmriError::Scheme("file:///etc/passwd".into()),
            ),
            (
                "lrc:/etc/rc3_d/S90x",
                FmriError::Scheme("lrc:/etc/rc3_d/S90x".into()),
            ),
        ] {
            assert_eq!(text.parse::<InstanceFmri>(), Err(error), "{text}");
        }
    }

    #[test]
    fn the_longest_instance_name() {
        let longest = "v".repeat(INSTANCE_NAME_MAX);
        assert!(longest.parse::<InstanceName>().is_ok());
        assert!(format!("{longest}v").parse::<InstanceName>().is_err());
    }

    proptest! {
        #[test]
        fn never_panics_and_prints_what_it_reads(text in ".{0,40}") {
            if let Ok(fmri) = text.parse::<InstanceFmri>() {
                let printed = fmri.to_string();
                prop_assert_eq!(printed.parse::<InstanceFmri>(), Ok(fmri));
            }
        }

        #[test]
        fn canonical_form_is_stable(service in "[a-z][a-z0-9_-]{1,8}(/[a-z][a-z0-9_-]{1,8}){0,3}", instance in "[A-Za-z][A-Za-z0-9_-]{0,30}") {
            let text = format!("svc:/{service}:{instance}");
            prop_assert_eq!(text.parse::<InstanceFmri>().map(|f| f.to_string()), Ok(text));
        }
    }
}
