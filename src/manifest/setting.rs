//! Values for properties, checked against the [schema](crate::schema) before a manifest holds them:
//! an import only warns of a value that no template allows, and the method would refuse to start.

use thiserror::Error;

use super::write_error::is_xml_char;
use crate::config::schema::{self, Allowed, Property};
use crate::text::printable::Printable;

/// The longest value that SMF keeps whole.
const VALUE_MAX: usize = 4095;

/// A property and the value that it is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    /// The property.
    pub(crate) property: &'static Property,
    /// A value that it may have.
    pub(crate) value: String,
}

/// Why a property cannot have a value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum SettingError {
    /// Not in the schema.
    #[error("unknown property '{}'", Printable(.0))]
    Unknown(String),
    /// Not one of the values.
    #[error("{path} cannot be '{}'; allowed: {allowed}", Printable(.value))]
    Value {
        /// `group/name`.
        path: String,
        /// What it was to be.
        value: String,
        /// What it may be.
        allowed: Allowed,
    },
    /// SMF would cut it.
    #[error("{path} cannot have a value of {length} bytes: the SMF limit is {VALUE_MAX}")]
    TooLong {
        /// `group/name`.
        path: String,
        /// The length of the value.
        length: usize,
    },
    /// A manifest could not hold it.
    #[error("{path} cannot be '{}' in a manifest: XML cannot represent {}", Printable(.value), .character.escape_unicode())]
    Character {
        /// `group/name`.
        path: String,
        /// What it was to be.
        value: String,
        /// The first such character.
        character: char,
    },
}

impl Setting {
    /// `group/name` and a value.
    ///
    /// # Errors
    /// There is no such property, or it cannot have this value.
    pub(crate) fn new(path: &str, value: &str) -> Result<Self, SettingError> {
        let property = schema::PROPERTIES
            .iter()
            .find(|property| property.path() == path)
            .ok_or_else(|| SettingError::Unknown(path.to_owned()))?;
        if value.len() > VALUE_MAX {
            return Err(SettingError::TooLong {
                path: property.path(),
                length: value.len(),
            });
        }
        if let Some(character) = value.chars().find(|c| !is_xml_char(*c) && *c != '\0') {
            return Err(SettingError::Character {
                path: property.path(),
                value: value.to_owned(),
                character,
            });
        }
        if !property.allowed.accepts(value) {
            return Err(SettingError::Value {
                path: property.path(),
                value: value.to_owned(),
                allowed: property.allowed,
            });
        }
        // One way to write a number: the same manifest for the same settings.
        let value = match property.allowed {
            Allowed::Seconds { .. } => match value.trim_start_matches('0') {
                "" => "0",
                digits => digits,
            },
            Allowed::Choices(_) | Allowed::VmName | Allowed::AbsolutePath => value,
        };
        Ok(Self {
            property,
            value: value.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_the_schema_allows() {
        for (path, value, kept) in [
            ("vm/stop_method", "acpipowerbutton", "acpipowerbutton"),
            ("vm/stop_timeout", "600", "600"),
            ("vm/stop_timeout", "0060", "60"),
            ("vm/start_delay", "0", "0"),
            ("vm/name", "a&b 'c'\n", "a&b 'c'\n"),
            (
                "virtualbox/vboxmanage",
                "/opt/my vbox/VBoxManage",
                "/opt/my vbox/VBoxManage",
            ),
        ] {
            let setting = Setting::new(path, value).unwrap();
            assert_eq!(
                (setting.property.path().as_str(), setting.value.as_str()),
                (path, kept)
            );
        }
        for property in schema::PROPERTIES {
            if let schema::Default::Value(value) = property.default {
                assert!(
                    Setting::new(&property.path(), value).is_ok(),
                    "{}",
                    property.path()
                );
            }
        }
    }

    #[test]
    fn everything_else_names_property_value_and_what_is_allowed() {
        for (path, value, message) in [
            ("vm/stop", "x", "unknown property 'vm/stop'"),
            ("vm", "x", "unknown property 'vm'"),
            (
                "vm/stop_fallback",
                "save",
                "vm/stop_fallback cannot be 'save'; allowed: savestate, poweroff or none",
            ),
            (
                "vm/stop_fallback",
                "",
                "vm/stop_fallback cannot be ''; allowed: savestate, poweroff or none",
            ),
            (
                "vm/stop_timeout",
                "0",
                "vm/stop_timeout cannot be '0'; allowed: 1 to 86400 seconds",
            ),
            (
                "vm/stop_timeout",
                "86401",
                "vm/stop_timeout cannot be '86401'; allowed: 1 to 86400 seconds",
            ),
            (
                "vm/start_delay",
                "-1",
                "vm/start_delay cannot be '-1'; allowed: 0 to 3600 seconds",
            ),
            (
                "vm/start_delay",
                "+1",
                "vm/start_delay cannot be '+1'; allowed: 0 to 3600 seconds",
            ),
            (
                "vm/start_delay",
                "5s",
                "vm/start_delay cannot be '5s'; allowed: 0 to 3600 seconds",
            ),
            (
                "vm/name",
                "",
                "vm/name cannot be ''; allowed: a VM's name or UUID",
            ),
            (
                "vm/name",
                "a\0",
                "vm/name cannot be 'a\\u{0}'; allowed: a VM's name or UUID",
            ),
            (
                "vm/name",
                "a\u{1b}",
                "vm/name cannot be 'a\\u{1b}' in a manifest: XML cannot represent \\u{1b}",
            ),
            (
                "virtualbox/vboxmanage",
                "VBoxManage",
                "virtualbox/vboxmanage cannot be 'VBoxManage'; allowed: an absolute path",
            ),
        ] {
            assert_eq!(Setting::new(path, value).unwrap_err().to_string(), message);
        }
        let long = format!("/{}", "x".repeat(VALUE_MAX));
        assert_eq!(
            Setting::new("virtualbox/vboxmanage", &long)
                .unwrap_err()
                .to_string(),
            "virtualbox/vboxmanage cannot have a value of 4096 bytes: the SMF limit is 4095"
        );
    }
}
