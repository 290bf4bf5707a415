//! What must be so after every step, whatever went wrong in it. Each is a check with a name, on what was seen alone.

use std::time::Duration;

use super::cast::Role;
use super::seen::{MethodSeen, StepSeen, VmSeen};
use super::sequence::{Verb, What};

mod kept;
mod told;
mod truth;

/// What this busy machine may add to a limit.
pub(super) const GRACE: Duration = Duration::from_secs(5);

/// An invariant that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) invariant: &'static str,
    pub(super) words: String,
}

/// A step, and the cast it was played with.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) seen: &'a StepSeen,
    pub(super) cast: &'a [Role],
}

/// Their names, and what checks them: each gives a sentence for each way in which it is broken.
pub(super) const ALL: [(&str, fn(Scene<'_>) -> Vec<String>); 11] = [
    ("exit status is documented", told::status),
    ("each call ends within its deadline", told::deadline),
    ("a failure is said, and readably", told::failure),
    (
        "trouble with VBoxSVC is named, and what mends it",
        told::server,
    ),
    ("exit 0 of start: the VM runs", truth::start),
    ("exit 0 of stop: the VM is where it should be", truth::stop),
    (
        "when nothing goes wrong any more, it works",
        truth::recovery,
    ),
    ("no VM is powered off that was not to be", kept::guests),
    ("no command that loses is given untold", kept::commands),
    ("no saved state is lost", kept::saved_states),
    (
        "one process a VM; nothing is left behind",
        kept::one_process_and_nothing_left,
    ),
];

/// Checks all of them.
pub(super) fn check(seen: &StepSeen, cast: &[Role]) -> Vec<Broken> {
    let scene = Scene { seen, cast };
    ALL.iter()
        .flat_map(|(invariant, check)| {
            check(scene)
                .into_iter()
                .map(|words| Broken { invariant, words })
        })
        .collect()
}

impl<'a> Scene<'a> {
    fn vms(self) -> impl Iterator<Item = (usize, &'a VmSeen, &'a Role)> {
        let numbered = self.seen.vms.iter().zip(self.cast).enumerate();
        numbered.map(|(at, (vm, role))| (at, vm, role))
    }

    fn vm(self, method: &MethodSeen) -> (&'a VmSeen, &'a Role) {
        (&self.seen.vms[method.vm], &self.cast[method.vm])
    }

    /// How the words about a method begin.
    fn name(self, method: &MethodSeen) -> String {
        format!("{} of {}", method.verb.word(), self.cast[method.vm].name)
    }

    /// Whether a method of this kind ran for the VM.
    fn had(self, vm: usize, verb: Verb) -> bool {
        let mut methods = self.seen.methods.iter();
        methods.any(|method| method.vm == vm && method.verb == verb)
    }

    fn happened(self, what: What) -> bool {
        self.seen.happened.contains(&what)
    }

    /// The command that ends a server which stands still.
    fn what_ends_the_server(self) -> String {
        format!("pkill -9 -u {} VBoxSVC", self.seen.user)
    }

    /// Whether the guest may have gone off by itself: it was asked to, or does so anyway.
    fn may_go_itself(self, vm: usize) -> bool {
        let role = &self.cast[vm];
        let pressed = self.seen.vms[vm].pressed || (role.presses() && self.had(vm, Verb::Stop));
        role.goes_by_itself() || (role.listens() && pressed)
    }

    /// Whether a guest's work may be lost, for a reason that is not the method's, or one that was told.
    fn may_be_lost(self, vm: usize) -> bool {
        let told = self.cast[vm].may_lose() && self.had(vm, Verb::Stop);
        self.seen.vms[vm].shot || told || self.may_go_itself(vm)
    }
}
