//! A storm: what a seed says will be there, be asked for, go wrong and happen, before anything of it has.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::fault::Fault as CallFault;
use crate::simulation::host::{Accident, Doom, Fault, Guest, Reach};
use crate::virtualbox::vm::VmState;

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Storm {
    pub(super) seed: u64,
    /// Nothing goes wrong.
    pub(super) calm: bool,
    /// Processes show 80 bytes of their arguments, as on illumos.
    pub(super) short_arguments: bool,
    pub(super) instances: Vec<Instance>,
    pub(super) steps: Vec<Step>,
}

/// An instance, its VM and its settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Instance {
    pub(super) name: String,
    pub(super) owner: &'static str,
    pub(super) guest: Guest,
    pub(super) additions: bool,
    pub(super) faults: Vec<Fault>,
    /// How long saving and restoring take.
    pub(super) saving: Duration,
    /// How long its process is there when it is down.
    pub(super) lingers: Duration,
    /// The state that its VM has at the beginning.
    pub(super) before: VmState,
    /// Its `vm/` properties, as an administrator writes them.
    pub(super) properties: BTreeMap<&'static str, String>,
    /// svc.startd's limits of a start and of a stop, in seconds; 0 is none.
    pub(super) limits: [u64; 2],
}

impl Instance {
    /// A property, or what holds where there is none.
    pub(super) fn property(&self, name: &str) -> &str {
        let default = match name {
            "stop_method" | "stop_fallback" => "savestate",
            "on_paused" => "resume",
            "on_saved" => "restore",
            "on_aborted" => "start",
            "on_stuck" => "refuse",
            "start_delay" => "0",
            _ => "",
        };
        self.properties.get(name).map_or(default, String::as_str)
    }

    /// Whether a stop may lose what the guest has not written.
    pub(super) fn may_lose(&self) -> bool {
        [self.property("stop_method"), self.property("stop_fallback")].contains(&"poweroff")
    }

    /// Whether a stop presses a button, or asks the Guest Additions.
    pub(super) fn presses(&self) -> bool {
        ["acpipowerbutton", "acpisleepbutton", "shutdown"].contains(&self.property("stop_method"))
    }

    /// Whether a stop in which nothing goes wrong may leave the VM up: the guest does not obey in time, and nothing else is
    /// allowed.
    pub(super) fn may_stay_up(&self) -> bool {
        let obeys = matches!(
            self.guest,
            Guest::Acpi | Guest::OffByItself(_) | Guest::Crash(_)
        ) && self.property("stop_method") != "acpisleepbutton";
        self.presses() && self.property("stop_fallback") == "none" && !obeys
    }

    pub(super) fn has_delay(&self) -> bool {
        self.property("start_delay") != "0"
    }

    pub(super) fn has(&self, fault: Fault) -> bool {
        self.faults.contains(&fault)
    }
}

/// What is asked for at about the same time, and what happens meanwhile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Step {
    /// For instances, by their numbers, so long after the beginning of the step; each has at most one.
    pub(super) orders: Vec<(usize, Duration, Order)>,
    /// To VMs, by their numbers.
    pub(super) accidents: Vec<(usize, Duration, Accident)>,
    /// What goes wrong with the programs that an instance's methods run.
    pub(super) plans: BTreeMap<usize, Plan>,
    /// Somebody kills a method; a time counts from the beginning of the step.
    pub(super) dooms: Vec<(usize, Doom, Reach)>,
    /// When svc.configd goes, and for how long.
    pub(super) no_repository: Option<(Duration, Duration)>,
    /// When the host goes to run level 5.
    pub(super) goes_down: Option<Duration>,
    /// What passes between the end of the last method and the next step.
    pub(super) pause: Duration,
}

/// What an administrator asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// `svcadm enable`, and `svcadm clear` of an instance in maintenance.
    Up,
    /// `svcadm disable`
    Down,
    /// `svcadm restart`
    Restart,
    /// `svcadm enable`, and so long after it `svcadm disable`.
    UpAndDown(Duration),
}

/// By tool and number of the call, what goes wrong with it.
pub(super) type Plan = BTreeMap<(&'static str, usize), CallFault>;

/// For a person, and complete.
impl fmt::Display for Storm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calm = if self.calm {
            ", nothing goes wrong"
        } else {
            ""
        };
        writeln!(f, "seed {}{calm}", self.seed)?;
        for instance in &self.instances {
            writeln!(f, "  {instance}")?;
        }
        for (number, step) in self.steps.iter().enumerate() {
            writeln!(f, "  step {number}: {step:?}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [start, stop] = self.limits;
        write!(
            f,
            "{} of {}: {}, guest {:?}, saves in {:?}, lingers {:?}, start/timeout_seconds={start} stop/timeout_seconds={stop}",
            self.name, self.owner, self.before, self.guest, self.saving, self.lingers
        )?;
        for (name, value) in &self.properties {
            write!(f, " vm/{name}={value}")?;
        }
        if self.additions {
            f.write_str(", with Guest Additions")?;
        }
        match self.faults.as_slice() {
            [] => Ok(()),
            faults => write!(f, ", {faults:?}"),
        }
    }
}
