//! The rows of the table.

use super::{Allowed, Choice, Default, Group, Property, ReadBy, ValueType};

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
    read_by: ReadBy::Both,
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
    read_by: ReadBy::Stop,
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
    read_by: ReadBy::Stop,
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
    read_by: ReadBy::Stop,
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
    read_by: ReadBy::Start,
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
    read_by: ReadBy::Start,
    common_name: "start delay",
    description: "How long a start waits before it starts a virtual machine that is off; a disable or a shutdown of the host meanwhile calls the start off.",
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
    read_by: ReadBy::Start,
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
    read_by: ReadBy::Start,
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
    read_by: ReadBy::Start,
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
    read_by: ReadBy::Start,
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
    read_by: ReadBy::Both,
    common_name: "VBoxManage",
    description: "The VBoxManage to use; it and its folders must belong to root and be writable by nobody else.",
};
