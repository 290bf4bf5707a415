//! The properties with a closed list of values, as enums. A value stands here and nowhere else: the rows of the schema take
//! their lists from here, and the settings what they read.

/// One of the values of a property with a closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice {
    /// The value.
    pub(crate) value: &'static str,
    /// What it means: a sentence.
    pub(crate) description: &'static str,
}

const fn choice(value: &'static str, description: &'static str) -> Choice {
    Choice { value, description }
}

/// An enum whose values are those of a property: each with its word and its description. `old` are words that are still
/// read, and what each stands for.
macro_rules! choices {
    ($(#[$doc:meta])* $name:ident {
        $($variant:ident = $word:literal, $description:literal;)+
    } $(old { $($old:literal = $of:ident, $old_description:literal;)+ })?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(crate) enum $name { $(#[doc = $description] $variant,)+ }

        impl $name {
            /// Every value.
            #[cfg(test)]
            #[allow(dead_code, reason = "tests go over the values that a plan depends on")]
            pub(crate) const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Every word with its description, for the schema.
            pub(super) const CHOICES: &[Choice] = &[
                $(choice($word, $description),)+
                $($(choice($old, $old_description),)+)?
            ];

            /// The word for it in SMF and VirtualBox.
            pub(crate) const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// From that word, or an older one.
            pub(super) fn parse(value: &str) -> Option<Self> {
                match value {
                    $($word => Some(Self::$variant),)+
                    $($($old => Some(Self::$of),)+)?
                    _ => None,
                }
            }
        }
    };
}

choices! {
    /// `vm/stop_method`
    StopMethod {
        SaveState = "savestate", "Save the state of the virtual machine to disk.";
        AcpiPowerButton = "acpipowerbutton", "Press the ACPI power button every 10 seconds until the guest has shut down.";
        AcpiSleepButton = "acpisleepbutton", "Press the ACPI sleep button, wait 15 seconds, then use the fallback.";
        Shutdown = "shutdown", "Ask the Guest Additions to shut down; without them, press the ACPI power button.";
        PowerOff = "poweroff", "Power off at once, like pulling the power cord.";
    }
}

choices! {
    /// `vm/stop_fallback`
    StopFallback {
        SaveState = "savestate", "Save the state of the virtual machine to disk; no data is lost.";
        PowerOff = "poweroff", "Power off; data that the guest has not written is lost.";
        None = "none", "Leave the virtual machine running; the instance goes to maintenance.";
    }
}

choices! {
    /// `vm/frontend`
    Frontend {
        Headless = "headless", "No window; the display is available over the network only, if enabled.";
        Gui = "gui", "The VirtualBox window; it needs a display.";
        Sdl = "sdl", "A bare window; it needs a display.";
        Separate = "separate", "Headless, with a window that can be closed and reopened.";
    } old {
        "vrdp" = Headless, "The old name for headless.";
    }
}

choices! {
    /// `vm/on_paused`
    OnPaused {
        Resume = "resume", "Resume it.";
        Leave = "leave", "Leave it paused; the instance goes online.";
        Refuse = "refuse", "Leave it paused; the instance goes to maintenance.";
    }
}

choices! {
    /// `vm/on_saved`
    OnSaved {
        Restore = "restore", "Restore it.";
        Discard = "discard", "Discard the saved state, then start; the guest's memory contents are lost.";
        Leave = "leave", "Leave it saved; the instance goes online.";
        Refuse = "refuse", "Leave it saved; the instance goes to maintenance.";
    }
}

choices! {
    /// `vm/on_aborted`
    OnAborted {
        Start = "start", "Start it.";
        Leave = "leave", "Leave it off; the instance goes online.";
        Refuse = "refuse", "Leave it off; the instance goes to maintenance.";
    }
}

choices! {
    /// `vm/on_stuck`
    OnStuck {
        Refuse = "refuse", "Leave it for manual intervention; the instance goes to maintenance.";
        Restart = "restart", "Power it off, then start it.";
    }
}
