//! The one table of the properties that an administrator may set.
//!
//! Settings are parsed by it, the templates of generated manifests are written from it, and the
//! README and the man page print it. A property exists nowhere else.

use std::fmt;

use crate::vm::VmName;

/// A type of SMF, as far as the properties here need one (`scf_value_create(3SCF)`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueType {
    /// Text.
    Astring,
    /// A number from 0 to 2^64-1.
    Count,
}

impl ValueType {
    /// The name that SMF has for it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Astring => "astring",
            Self::Count => "count",
        }
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One of the values of a property with a closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice {
    /// The value.
    pub(crate) value: &'static str,
    /// What it means: a sentence.
    pub(crate) description: &'static str,
}

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

/// The group that says how a VM is started and stopped.
pub(crate) const VM: &str = "vm";
/// The group that says which VirtualBox is used.
pub(crate) const VIRTUALBOX: &str = "virtualbox";

/// The groups, in the order of the tables.
pub(crate) const GROUPS: &[Group] = &[
    Group {
        name: VM,
        common_name: "virtual machine",
        description: "How this virtual machine is started and stopped.",
        delegated: true,
    },
    Group {
        name: VIRTUALBOX,
        common_name: "VirtualBox",
        description: "Which VirtualBox is used.",
        delegated: false,
    },
];

const fn choice(value: &'static str, description: &'static str) -> Choice {
    Choice { value, description }
}

/// Every property, in the order of the tables.
pub(crate) const PROPERTIES: &[Property] = &[
    NAME,
    STOP_METHOD,
    STOP_FALLBACK,
    STOP_TIMEOUT,
    FRONTEND,
    START_DELAY,
    ON_PAUSED,
    ON_SAVED,
    ON_ABORTED,
    ON_STUCK,
    VBOXMANAGE,
];

/// `vm/name`
pub(crate) const NAME: Property = Property {
    group: VM,
    name: "name",
    value_type: ValueType::Astring,
    default: Default::Absent("the instance's name"),
    allowed: Allowed::VmName,
    common_name: "VM name",
    description: "The name or UUID of the virtual machine, where it is not the name of the instance.",
};

/// `vm/stop_method`
pub(crate) const STOP_METHOD: Property = Property {
    group: VM,
    name: "stop_method",
    value_type: ValueType::Astring,
    default: Default::Value("savestate"),
    allowed: Allowed::Choices(&[
        choice(
            "savestate",
            "Save the state of the virtual machine to disk.",
        ),
        choice(
            "acpipowerbutton",
            "Press the ACPI power button, again every 10 seconds, and wait for the guest.",
        ),
        choice(
            "acpisleepbutton",
            "Press the ACPI sleep button, wait 15 seconds, then use the fallback.",
        ),
        choice(
            "shutdown",
            "Ask the Guest Additions to shut down; without them, press the ACPI power button.",
        ),
        choice("poweroff", "Power off at once, as if the plug was pulled."),
    ]),
    common_name: "stop method",
    description: "What is done to the virtual machine when the instance is stopped.",
};

/// `vm/stop_fallback`
pub(crate) const STOP_FALLBACK: Property = Property {
    group: VM,
    name: "stop_fallback",
    value_type: ValueType::Astring,
    default: Default::Value("savestate"),
    allowed: Allowed::Choices(&[
        choice(
            "savestate",
            "Save the state of the virtual machine to disk: nothing is lost.",
        ),
        choice(
            "poweroff",
            "Power off: what the guest has not written is lost.",
        ),
        choice(
            "none",
            "Leave the virtual machine as it is and go to maintenance.",
        ),
    ]),
    common_name: "stop fallback",
    description: "What is done when the stop method does not stop the virtual machine in time.",
};

/// `vm/stop_timeout`
pub(crate) const STOP_TIMEOUT: Property = Property {
    group: VM,
    name: "stop_timeout",
    value_type: ValueType::Count,
    default: Default::Absent("as long as the method may"),
    allowed: Allowed::Seconds {
        min: 1,
        max: 86_400,
    },
    common_name: "stop timeout",
    description: "How long a stop may take, the fallback included.",
};

/// `vm/frontend`
pub(crate) const FRONTEND: Property = Property {
    group: VM,
    name: "frontend",
    value_type: ValueType::Astring,
    default: Default::Value("headless"),
    allowed: Allowed::Choices(&[
        choice(
            "headless",
            "No window: the display is reached over the network, if at all.",
        ),
        choice("gui", "The VirtualBox window; it needs a display."),
        choice("sdl", "A bare window; it needs a display."),
        choice("separate", "Headless, with a window that may come and go."),
        choice("vrdp", "The old word for headless."),
    ]),
    common_name: "frontend",
    description: "What VirtualBox starts the virtual machine with.",
};

/// `vm/start_delay`
pub(crate) const START_DELAY: Property = Property {
    group: VM,
    name: "start_delay",
    value_type: ValueType::Count,
    default: Default::Value("0"),
    allowed: Allowed::Seconds { min: 0, max: 3_600 },
    common_name: "start delay",
    description: "How long a start waits before it starts a virtual machine that is off.",
};

/// `vm/on_paused`
pub(crate) const ON_PAUSED: Property = Property {
    group: VM,
    name: "on_paused",
    value_type: ValueType::Astring,
    default: Default::Value("resume"),
    allowed: Allowed::Choices(&[
        choice("resume", "Let it go on."),
        choice("leave", "Leave it paused; the instance goes online."),
        choice(
            "refuse",
            "Leave it paused; the instance goes to maintenance.",
        ),
    ]),
    common_name: "on paused",
    description: "What a start does with a virtual machine that is paused.",
};

/// `vm/on_saved`
pub(crate) const ON_SAVED: Property = Property {
    group: VM,
    name: "on_saved",
    value_type: ValueType::Astring,
    default: Default::Value("restore"),
    allowed: Allowed::Choices(&[
        choice("restore", "Restore it."),
        choice(
            "discard",
            "Discard the saved state, then start: what was only in memory is lost.",
        ),
        choice("leave", "Leave it saved; the instance goes online."),
        choice(
            "refuse",
            "Leave it saved; the instance goes to maintenance.",
        ),
    ]),
    common_name: "on saved",
    description: "What a start does with a virtual machine that is saved or aborted-saved.",
};

/// `vm/on_aborted`
pub(crate) const ON_ABORTED: Property = Property {
    group: VM,
    name: "on_aborted",
    value_type: ValueType::Astring,
    default: Default::Value("start"),
    allowed: Allowed::Choices(&[
        choice("start", "Start it."),
        choice("leave", "Leave it off; the instance goes online."),
        choice("refuse", "Leave it off; the instance goes to maintenance."),
    ]),
    common_name: "on aborted",
    description: "What a start does with a virtual machine whose process ended without a word.",
};

/// `vm/on_stuck`
pub(crate) const ON_STUCK: Property = Property {
    group: VM,
    name: "on_stuck",
    value_type: ValueType::Astring,
    default: Default::Value("refuse"),
    allowed: Allowed::Choices(&[
        choice(
            "refuse",
            "Leave it for somebody to look at; the instance goes to maintenance.",
        ),
        choice("restart", "Power it off, then start it."),
    ]),
    common_name: "on stuck",
    description: "What a start does with a virtual machine in guru meditation.",
};

/// `virtualbox/vboxmanage`
pub(crate) const VBOXMANAGE: Property = Property {
    group: VIRTUALBOX,
    name: "vboxmanage",
    value_type: ValueType::Astring,
    default: Default::Absent("searched"),
    allowed: Allowed::AbsolutePath,
    common_name: "VBoxManage",
    description: "The VBoxManage to use; it and its folders must belong to root and be writable by nobody else.",
};

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
