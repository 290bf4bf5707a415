//! The properties with a closed list of values, as enums.

#[cfg(test)]
use crate::config::schema::{self, Property};

/// An enum whose values are those of a property in the schema.
macro_rules! choices {
    ($(#[$doc:meta])* $name:ident for $property:path { $($(#[$vdoc:meta])* $variant:ident = $first:literal $(| $alias:literal)*,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(crate) enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// Every value.
            #[cfg(test)]
            pub(crate) const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The word for it in SMF and VirtualBox.
            pub(crate) const fn word(self) -> &'static str {
                match self { $(Self::$variant => $first,)+ }
            }

            /// From that word, or an older one.
            pub(super) fn parse(value: &str) -> Option<Self> {
                match value {
                    $($first $(| $alias)* => Some(Self::$variant),)+
                    _ => None,
                }
            }

            #[cfg(test)]
            /// The property, and every word for its values.
            pub(super) const WORDS: (&Property, &[&str]) = (&$property, &[$($first, $($alias,)*)+]);
        }
    };
}

choices! {
    /// `vm/stop_method`
    StopMethod for schema::STOP_METHOD {
        /// Save the state.
        SaveState = "savestate",
        /// Press the power button.
        AcpiPowerButton = "acpipowerbutton",
        /// Press the sleep button.
        AcpiSleepButton = "acpisleepbutton",
        /// Ask the Guest Additions.
        Shutdown = "shutdown",
        /// Pull the plug.
        PowerOff = "poweroff",
    }
}

choices! {
    /// `vm/stop_fallback`
    StopFallback for schema::STOP_FALLBACK {
        /// Save the state.
        SaveState = "savestate",
        /// Pull the plug.
        PowerOff = "poweroff",
        /// Leave it.
        None = "none",
    }
}

choices! {
    /// `vm/frontend`
    Frontend for schema::FRONTEND {
        /// No window.
        Headless = "headless" | "vrdp",
        /// A window.
        Gui = "gui",
        /// A bare window.
        Sdl = "sdl",
        /// A window that may come and go.
        Separate = "separate",
    }
}

choices! {
    /// `vm/on_paused`
    OnPaused for schema::ON_PAUSED {
        /// Let it go on.
        Resume = "resume",
        /// Done.
        Leave = "leave",
        /// Maintenance.
        Refuse = "refuse",
    }
}

choices! {
    /// `vm/on_saved`
    OnSaved for schema::ON_SAVED {
        /// Restore it.
        Restore = "restore",
        /// Start without it.
        Discard = "discard",
        /// Done.
        Leave = "leave",
        /// Maintenance.
        Refuse = "refuse",
    }
}

choices! {
    /// `vm/on_aborted`
    OnAborted for schema::ON_ABORTED {
        /// Start it.
        Start = "start",
        /// Done.
        Leave = "leave",
        /// Maintenance.
        Refuse = "refuse",
    }
}

choices! {
    /// `vm/on_stuck`
    OnStuck for schema::ON_STUCK {
        /// Maintenance.
        Refuse = "refuse",
        /// Power off, then start.
        Restart = "restart",
    }
}
