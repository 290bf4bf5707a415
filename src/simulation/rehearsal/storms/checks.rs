//! What must be so in every storm, whatever goes wrong in it. Each is a check with a name, on what was seen of the world
//! alone: a method is believed nothing but its exit status and its log, and these are what is checked.

use std::time::Duration;

use super::seen::{Change, MethodSeen, Seen};
use crate::simulation::host::{Accident, Command, Guest};
use crate::virtualbox::vm::{Intent, VmState};

mod kept;
mod told;
mod truth;

/// How old a method's last observation may be when it exits: what changes later, it cannot know.
const FRESH: Duration = Duration::from_secs(1);

/// An invariant that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Violation {
    pub(super) invariant: &'static str,
    pub(super) words: String,
}

/// Their names, and what checks them: each gives a sentence for each way in which it is violated.
pub(super) const ALL: [(&str, fn(&Seen) -> Vec<String>); 11] = [
    ("exit status is documented", told::status),
    ("a method ends before its timeout", told::deadline),
    (
        "a failure is one line, the last, and readable",
        told::failure,
    ),
    ("exit 0 of start: the VM runs", truth::start),
    ("exit 0 of stop: the VM is down as claimed", truth::stop),
    ("where nothing goes wrong, it works", truth::works),
    ("what SMF shows is so", truth::smf),
    ("no guest is lost without a reason", kept::guests),
    ("no command that loses is given untold", kept::commands),
    ("no saved state is lost", kept::saved_states),
    ("one process a VM, and nothing is left", kept::processes),
];

/// Checks all of them.
pub(super) fn check(seen: &Seen) -> Vec<Violation> {
    let all = ALL.iter().flat_map(|(invariant, check)| {
        check(seen)
            .into_iter()
            .map(|words| Violation { invariant, words })
    });
    all.collect()
}

/// Why a guest's run ended, as the world has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// The guest turned itself off: it is one of those, or it was asked to.
    Guest,
    /// Its process or its server was killed by somebody outside, or by itself.
    Lost,
    /// A method powered it off, or ended its process.
    Ordered,
    /// There is nothing in the world that explains it.
    Unexplained,
}

/// The end of a guest that ran, and was not saved.
struct GuestEnd<'a> {
    at: Duration,
    from: &'a VmState,
    to: &'a VmState,
    cause: Cause,
}

impl Seen {
    /// How the words about a method begin.
    fn name(&self, method: &MethodSeen) -> String {
        format!(
            "{} of {} at {:.3}",
            method.intent,
            self.storm.instances[method.who].name,
            method.began.as_secs_f64()
        )
    }

    /// The state of a VM at a time, before what happens at that time.
    fn state_before(&self, who: usize, at: Duration) -> VmState {
        let changes = self.changes(who).take_while(|change| change.at < at);
        // What the beginning put there is no news: it is in the record, too.
        let last = changes.last();
        last.map_or_else(|| VmState::PowerOff, |change| change.to.clone())
    }

    /// Whether a VM ran at some time in that span.
    fn ran(&self, who: usize, from: Duration, to: Duration) -> bool {
        self.state_before(who, from) == VmState::Running
            || self
                .changes(who)
                .any(|change| (from..=to).contains(&change.at) && *change.to == VmState::Running)
    }

    /// The programs that a VM's methods ran that are about this VM, and that were at work at this time.
    fn orders(&self, who: usize, at: Duration) -> impl Iterator<Item = &Command> {
        let commands = self.commands(who).filter(move |(began, command)| {
            *began <= at && command.end.is_none_or(|end| end.at >= at)
        });
        commands.map(|(_, command)| command)
    }

    /// Whether somebody asked the guest to turn itself off, before this time.
    fn was_pressed(&self, who: usize, at: Duration) -> bool {
        let outside = self
            .happened_to(who)
            .any(|each| each.what == Accident::Press && each.at <= at);
        let by_method = self.commands(who).any(|(began, command)| {
            let mut words = command.line.split(' ');
            began <= at && words.any(|word| ["acpipowerbutton", "shutdown"].contains(&word))
        });
        outside || by_method
    }

    /// The ends of a VM's guests.
    fn guest_ends(&self, who: usize) -> Vec<GuestEnd<'_>> {
        let mut ends = Vec::new();
        let mut lives = false;
        let mut stopping = None;
        for change in self.changes(who) {
            match change.to {
                VmState::Running | VmState::Paused => (lives, stopping) = (true, None),
                VmState::GuruMeditation => lives = false,
                VmState::Stopping => stopping = Some(change.at),
                VmState::PowerOff | VmState::Aborted | VmState::AbortedSaved if lives => {
                    lives = false;
                    ends.push(GuestEnd {
                        at: change.at,
                        from: change.from,
                        to: change.to,
                        cause: self.cause(who, change, stopping),
                    });
                }
                VmState::PowerOff | VmState::Aborted | VmState::AbortedSaved | VmState::Saved => {
                    lives = false;
                }
                _ => {}
            }
        }
        ends
    }

    fn cause(&self, who: usize, change: Change<'_>, stopping: Option<Duration>) -> Cause {
        let guest = self.storm.instances[who].guest;
        let mut outside = self.happened_to(who).filter(|each| each.at == change.at);
        let ended_paused = |began: Duration| {
            let mut happened = self.happened_to(who);
            happened.any(|each| each.at == began && each.what == Accident::Terminate)
        };
        if stopping.is_some_and(ended_paused) && *change.from == VmState::Stopping {
            return Cause::Lost;
        }
        if let Some(began) = stopping.filter(|_| *change.from == VmState::Stopping) {
            let is_ordered = self
                .orders(who, began)
                .any(|c| c.line.ends_with(" poweroff"));
            let turns_off = match guest {
                Guest::OffByItself(_) => true,
                Guest::Acpi | Guest::Slow(_) | Guest::Crash(_) => self.was_pressed(who, began),
                Guest::Deaf | Guest::Triple => false,
            };
            return match (is_ordered, turns_off) {
                (true, _) => Cause::Ordered,
                (false, true) => Cause::Guest,
                (false, false) => Cause::Unexplained,
            };
        }
        let ends = [
            Accident::Crash,
            Accident::KillServer,
            Accident::TerminateServer,
        ];
        if outside.any(|each| ends.contains(&each.what)) {
            Cause::Lost
        } else if self
            .orders(who, change.at)
            .any(|command| command.line.ends_with(" emergencystop"))
        {
            Cause::Ordered
        } else if matches!(guest, Guest::Crash(_)) && *change.to == VmState::Aborted {
            Cause::Lost
        } else {
            Cause::Unexplained
        }
    }

    /// The first moment at which a method knew of its VM.
    fn first_look(&self, method: &MethodSeen) -> Duration {
        let mut commands = self.commands(method.who).filter(|(at, command)| {
            (method.began..=method.ended).contains(at) && command.line.starts_with("VBoxManage")
        });
        commands.next().map_or(method.ended, |(at, _)| at)
    }

    /// The method that ran at a time.
    fn method_at(&self, who: usize, at: Duration) -> Option<&MethodSeen> {
        let mut of_it = self.methods.iter().filter(|method| method.who == who);
        of_it.find(|method| (method.began..=method.ended).contains(&at))
    }

    /// Whether a start may leave this VM as it is, and call that success.
    fn may_be_left(&self, method: &MethodSeen, state: &VmState) -> bool {
        let instance = &self.storm.instances[method.who];
        let leaves = |name: &str| instance.property(name) == "leave";
        let by_setting = match state {
            VmState::Paused => leaves("on_paused"),
            VmState::Saved | VmState::AbortedSaved => leaves("on_saved"),
            VmState::Aborted => leaves("on_aborted"),
            _ => false,
        };
        let called_off =
            method.intent == Intent::Start && instance.has_delay() && method.not_wanted;
        by_setting || called_off
    }
}
