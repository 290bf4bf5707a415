//! What must be there before a VM is started: services and files.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::names::{ServiceName, ServiceNameError};
use super::write_error::is_xml_char;
use crate::smf::fmri::{FmriError, InstanceName, strip_scheme_and_scope};
use crate::text::printable::Printable;

/// What a path is written after. svc.startd takes what follows as it is: nothing is percent-encoded.
const FILE_PREFIX: &str = "file://localhost";
/// The longest value that SMF keeps of an FMRI.
const FMRI_MAX: usize = 4094;

/// A service or an instance that is depended on. It prints in full, `svc:/network/ntp:default`: svc.startd
/// takes FMRIs as they are written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ServiceTarget {
    service: String,
    instance: Option<InstanceName>,
}

/// Why a text is not a [`ServiceTarget`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum TargetError {
    /// Not `svc:`, or another host's.
    #[error(transparent)]
    Fmri(#[from] FmriError),
    /// The name of the service.
    #[error(transparent)]
    Service(#[from] ServiceNameError),
    /// `/:properties/...`
    #[error("'{}' names a property, not a service", Printable(.0))]
    Property(String),
}

impl ServiceTarget {
    /// An instance of a service.
    pub(crate) fn instance_of(service: &ServiceName, instance: &InstanceName) -> Self {
        Self {
            service: service.to_string(),
            instance: Some(instance.clone()),
        }
    }

    /// The name of the service, without `svc:/`.
    pub(crate) fn service(&self) -> &str {
        &self.service
    }

    /// The instance, where one is named.
    pub(crate) fn instance(&self) -> Option<&InstanceName> {
        self.instance.as_ref()
    }
}

impl fmt::Display for ServiceTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "svc:/{}", self.service)?;
        match &self.instance {
            Some(instance) => write!(f, ":{instance}"),
            None => Ok(()),
        }
    }
}

/// Takes what libscf takes, the short forms included, but no name that svccfg lets through by mistake.
impl FromStr for ServiceTarget {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let rest = strip_scheme_and_scope(text)?;
        if rest.contains("/:properties") {
            return Err(TargetError::Property(text.to_owned()));
        }
        let (service, instance) = match rest.split_once(':') {
            Some((service, instance)) => (service, Some(instance.parse()?)),
            None => (rest, None),
        };
        if service.is_empty() {
            return Err(FmriError::NoService(text.to_owned()).into());
        }
        Ok(Self {
            service: service.parse::<ServiceName>()?.to_string(),
            instance,
        })
    }
}

/// A file or folder that must be there: an absolute path. It prints as `file://localhost/tank/vm1.vbox`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct FilePath(String);

/// Why a text is not a [`FilePath`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum FilePathError {
    /// svc.startd looks from nowhere in particular.
    #[error("'{}' is not an absolute path", Printable(.0))]
    Relative(String),
    /// It is always there, and svccfg would refuse it.
    #[error("'/' always exists")]
    Root,
    /// A manifest could not hold it.
    #[error("'{}' holds {}, which XML cannot represent", Printable(.0), .1.escape_unicode())]
    Character(String, char),
    /// svccfg would refuse it.
    #[error("a path of {0} bytes is too long for SMF")]
    TooLong(usize),
}

impl FilePath {
    /// The path.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{FILE_PREFIX}{}", self.0)
    }
}

impl FromStr for FilePath {
    type Err = FilePathError;

    fn from_str(text: &str) -> Result<Self, FilePathError> {
        if !text.starts_with('/') {
            return Err(FilePathError::Relative(text.to_owned()));
        }
        if text == "/" {
            return Err(FilePathError::Root);
        }
        if let Some(bad) = text.chars().find(|c| !is_xml_char(*c)) {
            return Err(FilePathError::Character(text.to_owned(), bad));
        }
        if FILE_PREFIX.len() + text.len() > FMRI_MAX {
            return Err(FilePathError::TooLong(text.len()));
        }
        Ok(Self(text.to_owned()))
    }
}

/// What a dependency is on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Need {
    /// That instance of the same service goes first, where it is enabled.
    After(InstanceName),
    /// That instance of the same service is online.
    Requires(InstanceName),
    /// That service is online.
    Service(ServiceTarget),
    /// That file is there.
    File(FilePath),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_in_full() {
        for (text, full) in [
            ("svc:/network/ntp:default", "svc:/network/ntp:default"),
            ("network/ntp", "svc:/network/ntp"),
            ("/network/ntp:default", "svc:/network/ntp:default"),
            ("svc://localhost/network/ntp", "svc:/network/ntp"),
            ("svc:///network/ntp", "svc:/network/ntp"),
            ("a.b,xx/y.z,w:c.d,e", "svc:/a.b,xx/y.z,w:c.d,e"),
        ] {
            assert_eq!(text.parse::<ServiceTarget>().unwrap().to_string(), full);
        }
        for bad in [
            "",
            "svc:/",
            "svc:/x/",
            "svc:/x:",
            "svc:/a/bb",
            "svc:/sit!/x",
            "svc:/x y",
            "svc:/x/*",
            "SVC:/xx",
            "lrc:/etc/rc3_d/S90foo",
            "file:///x",
            "http://x/",
            "svc://otherhost/x",
            "svc:/xx:default/:properties/a/b",
            "svc:/xx:1a",
        ] {
            assert!(bad.parse::<ServiceTarget>().is_err(), "{bad}");
        }
    }

    #[test]
    fn files_as_they_are() {
        for (text, fmri) in [
            ("/tank/vm1.vbox", "file://localhost/tank/vm1.vbox"),
            (
                "/tank/my vms/ü 100%.vdi",
                "file://localhost/tank/my vms/ü 100%.vdi",
            ),
            ("/tank/a'b&c<d>", "file://localhost/tank/a'b&c<d>"),
        ] {
            assert_eq!(text.parse::<FilePath>().unwrap().to_string(), fmri);
        }
        for bad in ["", "tank", "~/x", "file:///x", "/", "/a\u{1}", "/a\0"] {
            assert!(bad.parse::<FilePath>().is_err(), "{bad}");
        }
        let long = |n: usize| format!("/{}", "x".repeat(n));
        assert!(long(4077).parse::<FilePath>().is_ok());
        assert!(long(4078).parse::<FilePath>().is_err());
    }
}
