//! The eight VMs of a sequence: the same guests in every one, with the settings that the seed gives them.

use std::fmt;

use super::random::Random;

/// Names of which none is another one with a letter changed, and their guests (`tests/rig/guest.s`).
pub(super) const VMS: [(&str, &str); 8] = [
    ("alpha", "acpi"),
    ("bravo", "beat"),
    ("charlie", "ignoreacpi"),
    ("delta", "acpi"),
    ("echo", "beat"),
    ("foxtrot", "acpislow"),
    ("golf", "selfoff"),
    ("hotel", "beat"),
];

/// A VM and its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Role {
    pub(super) name: &'static str,
    pub(super) guest: &'static str,
    pub(super) method: &'static str,
    pub(super) fallback: &'static str,
    pub(super) timeout: Option<u64>,
}

impl Role {
    /// What the guests and a seed make of it.
    pub(super) fn draw(random: &mut Random) -> Vec<Self> {
        VMS.iter()
            .map(|&(name, guest)| {
                let method = match random.weighed(&[4, 4, 1, 1]) {
                    0 => "savestate",
                    1 => "acpipowerbutton",
                    2 => "poweroff",
                    _ => "shutdown",
                };
                let fallback = match random.weighed(&[5, 2, 2]) {
                    0 => "savestate",
                    1 => "none",
                    _ => "poweroff",
                };
                Self {
                    name,
                    guest,
                    method,
                    fallback,
                    timeout: random.one_of(&[None, None, Some(5), Some(8)]),
                }
            })
            .collect()
    }

    /// Whether a stop presses a button.
    pub(super) fn presses(&self) -> bool {
        // There are no Guest Additions here: then `shutdown` is the button, too.
        ["acpipowerbutton", "shutdown"].contains(&self.method)
    }

    /// Whether losing what the guest has not written was told.
    pub(super) fn may_lose(&self) -> bool {
        self.method == "poweroff" || self.fallback == "poweroff"
    }

    /// Whether the guest switches itself off at the button.
    pub(super) fn listens(&self) -> bool {
        ["acpi", "acpislow"].contains(&self.guest)
    }

    /// Whether the guest switches itself off at any time.
    pub(super) fn goes_by_itself(&self) -> bool {
        self.guest == "selfoff"
    }

    /// Whether a stop in which nothing goes wrong may end with the VM up.
    pub(super) fn may_stay_up(&self) -> bool {
        self.presses() && self.fallback == "none" && !self.listens()
    }

    /// Where a stop may leave it that was up, if nobody else has a hand in it.
    pub(super) fn stopped_states(&self) -> Vec<&'static str> {
        let mut states = Vec::new();
        if self.method == "savestate" || self.fallback == "savestate" {
            states.push("saved");
        }
        if self.presses() && self.listens() || self.may_lose() || self.goes_by_itself() {
            states.push("poweroff");
        }
        states
    }

    /// The properties of its instance, under these limits of svc.startd.
    pub(super) fn properties(
        &self,
        limits: [u64; 2],
        program: &str,
    ) -> Vec<(&'static str, &'static str, String)> {
        let [start, stop] = limits.map(|limit| limit.to_string());
        let mut properties = vec![
            ("start/timeout_seconds", "count", start),
            ("stop/timeout_seconds", "count", stop),
            ("virtualbox/vboxmanage", "astring", program.to_owned()),
            ("vm/stop_method", "astring", self.method.to_owned()),
            ("vm/stop_fallback", "astring", self.fallback.to_owned()),
        ];
        if let Some(timeout) = self.timeout {
            properties.push(("vm/stop_timeout", "count", timeout.to_string()));
        }
        properties
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            guest,
            method,
            fallback,
            timeout,
        } = self;
        write!(
            f,
            "{name} ({guest}): stop_method={method} stop_fallback={fallback}"
        )?;
        timeout.map_or(Ok(()), |timeout| write!(f, " stop_timeout={timeout}"))
    }
}
