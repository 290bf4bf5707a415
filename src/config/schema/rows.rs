//! The rows of the table.

use super::{Allowed, Default, Group, Property, ReadBy, ValueType};
use crate::config::choices::{
    Frontend, OnAborted, OnPaused, OnSaved, OnStuck, StopFallback, StopMethod,
};

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
        description: "The VirtualBox installation to use.",
        delegated: false,
    },
];

/// Declares the properties, in the order of the tables: each as a constant, and all of them as [`PROPERTIES`].
macro_rules! properties {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $value:expr,)+ })+) => {
        $($(#[$doc])* pub(crate) const $name: Property = Property { $($field: $value,)+ };)+

        /// Every property, in the order of the tables.
        pub(crate) const PROPERTIES: &[Property] = &[$($name,)+];
    };
}

properties! {
    /// `vm/name`
    NAME {
        group: VM,
        name: "name",
        value_type: ValueType::Astring,
        default: Default::Absent("the instance's name"),
        allowed: Allowed::VmName,
        read_by: ReadBy::Both,
        common_name: "VM name",
        description: "The name or UUID of the virtual machine, if it differs from the name of the instance.",
    }

    /// `vm/stop_method`
    STOP_METHOD {
        group: VM,
        name: "stop_method",
        value_type: ValueType::Astring,
        default: Default::Value("savestate"),
        allowed: Allowed::Choices(StopMethod::CHOICES),
        read_by: ReadBy::Stop,
        common_name: "stop method",
        description: "How the virtual machine is stopped when the instance is stopped.",
    }

    /// `vm/stop_fallback`
    STOP_FALLBACK {
        group: VM,
        name: "stop_fallback",
        value_type: ValueType::Astring,
        default: Default::Value("savestate"),
        allowed: Allowed::Choices(StopFallback::CHOICES),
        read_by: ReadBy::Stop,
        common_name: "stop fallback",
        description: "What to do if the stop method does not stop the virtual machine in time.",
    }

    /// `vm/stop_timeout`
    STOP_TIMEOUT {
        group: VM,
        name: "stop_timeout",
        value_type: ValueType::Count,
        default: Default::Absent("limited by the method timeout"),
        allowed: Allowed::Seconds {
            min: 1,
            max: 86_400,
        },
        read_by: ReadBy::Stop,
        common_name: "stop timeout",
        description: "How long a stop may take, including the fallback.",
    }

    /// `vm/frontend`
    FRONTEND {
        group: VM,
        name: "frontend",
        value_type: ValueType::Astring,
        default: Default::Value("headless"),
        allowed: Allowed::Choices(Frontend::CHOICES),
        read_by: ReadBy::Start,
        common_name: "frontend",
        description: "The frontend with which VirtualBox starts the virtual machine.",
    }

    /// `vm/start_delay`
    START_DELAY {
        group: VM,
        name: "start_delay",
        value_type: ValueType::Count,
        default: Default::Value("0"),
        allowed: Allowed::Seconds { min: 0, max: 3_600 },
        read_by: ReadBy::Start,
        common_name: "start delay",
        description: "How long a start waits before starting a virtual machine that is off; a disable or a host shutdown during the delay cancels the start.",
    }

    /// `vm/on_paused`
    ON_PAUSED {
        group: VM,
        name: "on_paused",
        value_type: ValueType::Astring,
        default: Default::Value("resume"),
        allowed: Allowed::Choices(OnPaused::CHOICES),
        read_by: ReadBy::Start,
        common_name: "on paused",
        description: "What a start does with a virtual machine that is paused.",
    }

    /// `vm/on_saved`
    ON_SAVED {
        group: VM,
        name: "on_saved",
        value_type: ValueType::Astring,
        default: Default::Value("restore"),
        allowed: Allowed::Choices(OnSaved::CHOICES),
        read_by: ReadBy::Start,
        common_name: "on saved",
        description: "What a start does with a virtual machine that is saved or aborted-saved.",
    }

    /// `vm/on_aborted`
    ON_ABORTED {
        group: VM,
        name: "on_aborted",
        value_type: ValueType::Astring,
        default: Default::Value("start"),
        allowed: Allowed::Choices(OnAborted::CHOICES),
        read_by: ReadBy::Start,
        common_name: "on aborted",
        description: "What a start does with a virtual machine whose process ended unexpectedly.",
    }

    /// `vm/on_stuck`
    ON_STUCK {
        group: VM,
        name: "on_stuck",
        value_type: ValueType::Astring,
        default: Default::Value("refuse"),
        allowed: Allowed::Choices(OnStuck::CHOICES),
        read_by: ReadBy::Start,
        common_name: "on stuck",
        description: "What a start does with a virtual machine in guru meditation.",
    }

    /// `virtualbox/vboxmanage`
    VBOXMANAGE {
        group: VIRTUALBOX,
        name: "vboxmanage",
        value_type: ValueType::Astring,
        default: Default::Absent("searched"),
        allowed: Allowed::AbsolutePath,
        read_by: ReadBy::Both,
        common_name: "VBoxManage",
        description: "The VBoxManage program to use; it and the folders above it must belong to root and be writable by root only.",
    }
}
