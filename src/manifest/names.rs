//! The names that a manifest may carry: stricter than [`crate::smf::fmri`], because svccfg lets names
//! through that nobody wants to have.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::failure::{Failure, Kind};
use crate::smf::fmri::{
    DEFAULT_SERVICE, FmriError, INSTANCE_NAME_MAX, InstanceName, SERVICE_NAME_MAX, is_component,
    is_service_name,
};
use crate::text::printable::Printable;
use crate::text::shell::shell_word;
use crate::virtualbox::vm::{VmName, VmNameError};

/// The name of a service, without `svc:/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceName(String);

/// Why a text cannot name the service.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum ServiceNameError {
    /// `svc:/...`, or with an instance.
    #[error("'{}' is not a bare service name: write it without 'svc:/' and without an instance", Printable(.0))]
    NotBare(String),
    /// Not made of components.
    #[error("'{}' is not a service name (letters, digits, '-' and '_', each component beginning with a letter)", Printable(.0))]
    Malformed(String),
    /// libuutil checks a part before a slash without its last character, so nothing is left to check.
    #[error("'{}' has a one-letter component before a slash, which svccfg rejects", Printable(.0))]
    OneLetter(String),
    /// `TEMP/...` is where svccfg imports.
    #[error("'{}' is reserved for svccfg", Printable(.0))]
    Reserved(String),
    /// Import would fail.
    #[error("'{}' is longer than {SERVICE_NAME_MAX} bytes, the most that svccfg can import", Printable(.0))]
    TooLong(String),
}

impl ServiceName {
    /// The name as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part, by which `svcadm` finds it: `vbox`.
    pub(crate) fn short(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

impl FromStr for ServiceName {
    type Err = ServiceNameError;

    fn from_str(text: &str) -> Result<Self, ServiceNameError> {
        let name = text.to_owned();
        if text.contains(':') || text.starts_with('/') {
            return Err(ServiceNameError::NotBare(name));
        }
        // svccfg does not look at the last character before a slash: `sit!/demo` would pass.
        if !text.split('/').all(|part| is_component(part.as_bytes())) {
            return Err(ServiceNameError::Malformed(name));
        }
        if !is_service_name(text) {
            return Err(ServiceNameError::OneLetter(name));
        }
        if text.starts_with("TEMP/") {
            return Err(ServiceNameError::Reserved(name));
        }
        if text.len() > SERVICE_NAME_MAX {
            return Err(ServiceNameError::TooLong(name));
        }
        Ok(Self(name))
    }
}

impl Default for ServiceName {
    fn default() -> Self {
        Self(DEFAULT_SERVICE.to_owned())
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A VM, as it is given on the command line: `NAME`, or `INSTANCE=NAME` where the instance cannot
/// carry the VM's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Operand {
    /// The instance.
    pub(crate) instance: InstanceName,
    /// The VM, where it has another name than the instance.
    pub(crate) vm: Option<VmName>,
}

/// Why a text is not an [`Operand`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum OperandError {
    /// A VM's name that no instance can carry.
    #[error("no instance can be named after the VM '{}'", Printable(.vm))]
    NeedsInstance {
        /// The VM's name.
        vm: String,
        /// What would work.
        suggestion: String,
        /// What is wrong with it.
        source: FmriError,
    },
    /// `INSTANCE=` was given and is no name.
    #[error("no instance can have this name")]
    Instance {
        /// What would work, the VM's name included.
        suggestion: String,
        /// What is wrong with it.
        source: FmriError,
    },
    /// No VM can have that name.
    #[error(transparent)]
    Vm(#[from] VmNameError),
}

impl OperandError {
    /// An operand that would work, ready for a shell.
    pub(crate) fn suggestion(&self) -> Option<&str> {
        match self {
            Self::NeedsInstance { suggestion, .. } | Self::Instance { suggestion, .. } => {
                Some(suggestion)
            }
            Self::Vm(_) => None,
        }
    }
}

/// With the suggestion as the next step.
impl From<OperandError> for Failure {
    fn from(error: OperandError) -> Self {
        let suggestion = error.suggestion().map(|operand| format!("try {operand}"));
        let failure = Self::new(Kind::Usage, error);
        match suggestion {
            Some(suggestion) => failure.hinted(suggestion),
            None => failure,
        }
    }
}

impl FromStr for Operand {
    type Err = OperandError;

    fn from_str(text: &str) -> Result<Self, OperandError> {
        let Some((instance, vm)) = text.split_once('=') else {
            let _possible: VmName = text.parse()?;
            return match text.parse() {
                Ok(instance) => Ok(Self { instance, vm: None }),
                Err(source) => Err(OperandError::NeedsInstance {
                    vm: text.to_owned(),
                    suggestion: suggestion(text, text),
                    source,
                }),
            };
        };
        let vm: VmName = vm.parse()?;
        let instance: InstanceName = instance.parse().map_err(|source| OperandError::Instance {
            suggestion: suggestion(instance, vm.as_str()),
            source,
        })?;
        // An instance that is called like its VM needs no property to say so.
        let vm = (vm.as_str() != instance.as_str()).then_some(vm);
        Ok(Self { instance, vm })
    }
}

/// `INSTANCE=NAME` with an instance's name that is made from `wanted`.
fn suggestion(wanted: &str, vm: &str) -> String {
    shell_word(&format!("{}={vm}", instance_from(wanted)))
}

/// The longest mark behind an instance's name: a UUID and a dash fit in.
const MARK_MAX: usize = 40;

/// A name for an instance that comes as near to a VM's as SMF lets it, with a mark behind it where that is not
/// enough to tell it from others.
pub(crate) fn instance_like(vm: &str, mark: &str) -> InstanceName {
    let name: Option<InstanceName> = match mark {
        "" => vm.parse().ok(),
        _ => None,
    };
    name.unwrap_or_else(|| {
        let name = instance_from(vm);
        let mut mark = match mark {
            "" => String::new(),
            mark => format!("-{}", instance_from(&format!("x{mark}")).split_off(1)),
        };
        mark.truncate(MARK_MAX);
        let kept = name.len().min(INSTANCE_NAME_MAX - mark.len());
        let name = format!("{}{mark}", &name[..kept]);
        name.parse()
            .expect("letters, digits, '-' and '_', beginning with a letter")
    })
}

/// A name for an instance that comes as near to `wanted` as SMF lets it.
pub(crate) fn instance_from(wanted: &str) -> String {
    let mut name = String::new();
    for character in wanted.chars() {
        match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => name.push(character),
            // One dash for any number of other characters.
            _ if name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    let name = name.trim_matches(['-', '_']);
    let prefix = match name.chars().next() {
        Some(first) if first.is_ascii_alphabetic() => "",
        Some(_) => "vm-",
        None => "vm",
    };
    let mut name = format!("{prefix}{name}");
    name.truncate(INSTANCE_NAME_MAX);
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn service_names() {
        for good in [
            "site/xvm/vbox",
            "vbox",
            "v",
            "a,vbox",
            "x.org,site/b-_/V",
            "site/v",
        ] {
            assert_eq!(good.parse::<ServiceName>().map(|n| n.0), Ok(good.into()));
        }
        assert_eq!(ServiceName::default(), DEFAULT_SERVICE.parse().unwrap());
    }

    #[test]
    fn service_names_that_svccfg_would_refuse_or_should() {
        use ServiceNameError as E;
        let table: [(&str, fn(String) -> E); 19] = [
            ("", E::Malformed),
            ("svc:/site/vbox", E::NotBare),
            ("site/vbox:vm1", E::NotBare),
            ("/site/vbox", E::NotBare),
            ("site/vbox/", E::Malformed),
            ("site//vbox", E::Malformed),
            ("site/v.box", E::Malformed),
            ("1site", E::Malformed),
            ("_site", E::Malformed),
            ("si te", E::Malformed),
            ("é", E::Malformed),
            // These four svccfg lets through.
            ("sit!/demo", E::Malformed),
            ("sit./demo", E::Malformed),
            ("ab /cd", E::Malformed),
            ("ab,/cd", E::Malformed),
            ("a/b", E::OneLetter),
            ("site/a/demo", E::OneLetter),
            ("TEMP/x", E::Reserved),
            ("site/vbox@x", E::Malformed),
        ];
        for (text, error) in table {
            assert_eq!(
                text.parse::<ServiceName>(),
                Err(error(text.into())),
                "{text}"
            );
        }
        let longest = format!("site/{}", "v".repeat(SERVICE_NAME_MAX - 5));
        assert!(longest.parse::<ServiceName>().is_ok());
        let longer = format!("{longest}v");
        assert_eq!(longer.parse::<ServiceName>(), Err(E::TooLong(longer)));
    }

    #[test]
    fn operands() {
        for (text, instance, vm) in [
            ("vm1", "vm1", None),
            ("web=web.example", "web", Some("web.example")),
            ("x=a=b", "x", Some("a=b")),
            ("x= a\nb", "x", Some(" a\nb")),
            ("x=x", "x", None),
            ("org.example,x", "org.example,x", None),
        ] {
            let operand: Operand = text.parse().unwrap();
            assert_eq!(operand.instance.as_str(), instance, "{text}");
            assert_eq!(operand.vm.as_ref().map(VmName::as_str), vm, "{text}");
        }
    }

    #[test]
    fn a_name_that_no_instance_can_carry_gets_a_suggestion() {
        for (text, suggestion) in [
            ("web.example", "web-example=web.example"),
            ("1vm", "vm-1vm=1vm"),
            ("My VM", "'My-VM=My VM'"),
            ("it's", r"'it-s=it'\''s'"),
            ("-x", "x=-x"),
            ("日本", "'vm=日本'"),
            ("c49decd0-163a", "c49decd0-163a"),
            ("9c49decd", "vm-9c49decd=9c49decd"),
            ("1x=y", "vm-1x=y"),
            ("=y", "vm=y"),
            ("a:b=y", "a-b=y"),
        ] {
            match text.parse::<Operand>() {
                Ok(operand) => assert_eq!(operand.instance.as_str(), suggestion),
                Err(error) => {
                    assert_eq!(error.suggestion(), Some(suggestion), "{text}");
                    assert!(error.to_string().starts_with("no instance can "));
                }
            }
        }
    }

    #[test]
    fn names_that_no_vm_can_have() {
        for (text, error) in [
            ("", VmNameError::Empty),
            ("x=", VmNameError::Empty),
            ("x=a\0b", VmNameError::Nul),
        ] {
            assert_eq!(
                text.parse::<Operand>(),
                Err(OperandError::Vm(error)),
                "{text:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn every_suggestion_works(name in "\\PC{1,140}") {
            prop_assume!(!name.contains('='));
            let instance = instance_from(&name);
            prop_assert!(instance.parse::<InstanceName>().is_ok(), "{}", instance);
            let operand: Operand = format!("{instance}={name}").parse().unwrap();
            prop_assert_eq!(operand.instance.as_str(), instance);
        }
    }
}
