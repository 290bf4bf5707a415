//! The one table of the properties that an administrator may set.
//!
//! Settings are parsed by it, the templates of generated manifests are written from it, and the
//! README and the man page print it. A property exists nowhere else.

use std::fmt;

use crate::smf::value_type::ValueType;
use crate::virtualbox::vm::VmName;

mod rows;

pub(crate) use crate::config::choices::Choice;
pub(crate) use rows::*;

/// Which values a property may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// One of these.
    Choices(&'static [Choice]),
    /// A number of seconds between these, both included.
    Seconds {
        /// The least.
        min: u64,
        /// The greatest.
        max: u64,
    },
    /// A VM's name or UUID.
    VmName,
    /// An absolute path.
    AbsolutePath,
}

/// What holds when the property is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Default {
    /// This value.
    Value(&'static str),
    /// Something that no value says: a phrase for the tables.
    Absent(&'static str),
}

/// Which methods read a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadBy {
    /// The start method.
    Start,
    /// The stop method.
    Stop,
    /// Both.
    Both,
}

impl ReadBy {
    /// For the tables.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Both => "start and stop",
        }
    }
}

/// A property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Property {
    /// The property group.
    pub(crate) group: &'static str,
    /// The name within the group.
    pub(crate) name: &'static str,
    /// Its type in SMF.
    pub(crate) value_type: ValueType,
    /// What holds when it is not there.
    pub(crate) default: Default,
    /// The values it may have.
    pub(crate) allowed: Allowed,
    /// Which methods read it.
    pub(crate) read_by: ReadBy,
    /// Under 40 characters, lower case, no punctuation: `smf_template(7)`.
    pub(crate) common_name: &'static str,
    /// A sentence.
    pub(crate) description: &'static str,
}

impl Property {
    /// `group/name`.
    pub(crate) fn path(&self) -> String {
        format!("{}/{}", self.group, self.name)
    }

    /// The property of this path, where there is one.
    pub(crate) fn of_path(path: &str) -> Option<&'static Self> {
        PROPERTIES.iter().find(|property| property.path() == path)
    }

    /// The unit of its values, a plural word, where they have one.
    pub(crate) const fn units(&self) -> Option<&'static str> {
        match self.allowed {
            Allowed::Seconds { .. } => Some("seconds"),
            Allowed::Choices(_) | Allowed::VmName | Allowed::AbsolutePath => None,
        }
    }
}

impl Allowed {
    /// Whether a property may have this value.
    pub(crate) fn accepts(&self, value: &str) -> bool {
        match self {
            Self::Choices(choices) => choices.iter().any(|choice| choice.value == value),
            Self::Seconds { min, max } => {
                // `parse` alone would take "+5".
                value.bytes().all(|b| b.is_ascii_digit())
                    && value.parse().is_ok_and(|n| (*min..=*max).contains(&n))
            }
            Self::VmName => value.parse::<VmName>().is_ok(),
            Self::AbsolutePath => value.starts_with('/') && !value.contains('\0'),
        }
    }
}

/// What may be there, for messages and tables: `savestate, poweroff or none`.
impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Choices(choices) => {
                for (i, choice) in choices.iter().enumerate() {
                    let separator = match i {
                        0 => "",
                        _ if i + 1 == choices.len() => " or ",
                        _ => ", ",
                    };
                    write!(f, "{separator}{}", choice.value)?;
                }
                Ok(())
            }
            Self::Seconds { min, max } => write!(f, "{min} to {max} seconds"),
            Self::VmName => f.write_str("a VM's name or UUID"),
            Self::AbsolutePath => f.write_str("an absolute path"),
        }
    }
}

/// A property group of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Group {
    /// The group's name.
    pub(crate) name: &'static str,
    /// For its template.
    pub(crate) common_name: &'static str,
    /// For its template: a sentence.
    pub(crate) description: &'static str,
    /// Whether somebody may be authorized to change its values. Not so for `virtualbox`: whoever
    /// may tune a VM may not choose a program that runs as its user.
    pub(crate) delegated: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sound() {
        for property in PROPERTIES {
            let path = property.path();
            assert!(GROUPS.iter().any(|g| g.name == property.group), "{path}");
            assert!(property.common_name.len() < 40, "{path}");
            assert!(property.description.ends_with('.'), "{path}");
            assert_eq!(
                PROPERTIES.iter().filter(|p| p.path() == path).count(),
                1,
                "{path}"
            );
            if let Default::Value(value) = property.default {
                assert!(property.allowed.accepts(value), "{path}: default {value}");
            }
            let counted = matches!(property.allowed, Allowed::Seconds { .. });
            assert_eq!(property.value_type == ValueType::Count, counted, "{path}");
        }
    }

    #[test]
    fn values_that_are_allowed() {
        for (allowed, good, bad) in [
            (
                STOP_METHOD.allowed,
                &["savestate", "poweroff"][..],
                &["", "SaveState", "savestate "][..],
            ),
            (
                STOP_TIMEOUT.allowed,
                &["1", "86400", "0060"],
                &[
                    "",
                    "0",
                    "86401",
                    "+5",
                    "-1",
                    "1.5",
                    "0x10",
                    "99999999999999999999",
                ],
            ),
            (NAME.allowed, &["vm1", "a b", "\"\n"], &["", "a\0b"]),
            (
                VBOXMANAGE.allowed,
                &["/usr/bin/VBoxManage"],
                &["", "VBoxManage", "./x", "/a\0b"],
            ),
        ] {
            for value in good {
                assert!(allowed.accepts(value), "{allowed}: {value}");
            }
            for value in bad {
                assert!(!allowed.accepts(value), "{allowed}: {value}");
            }
        }
    }

    #[test]
    fn allowed_values_read_as_a_sentence() {
        assert_eq!(
            STOP_FALLBACK.allowed.to_string(),
            "savestate, poweroff or none"
        );
        assert_eq!(ON_STUCK.allowed.to_string(), "refuse or restart");
        assert_eq!(STOP_TIMEOUT.allowed.to_string(), "1 to 86400 seconds");
    }
}
