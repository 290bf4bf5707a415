//! What happened as bars over time: for each instance a bar of SMF's states and one of its VM's.

use std::time::Duration;

use super::outcome::is_about;
use super::scenario::Played;
use crate::host::ExitStatus;
use crate::simulation::host::{Command, Ending, SmfState, What};
use crate::virtualbox::vm::VmState;

/// A piece of a bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span<S> {
    /// When it begins.
    pub(crate) from: Duration,
    /// When it ends.
    pub(crate) to: Duration,
    /// The state from the one to the other.
    pub(crate) state: S,
}

/// What is marked on a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// A button is pressed, or the guest asked.
    Press,
    /// A program fails, or gives no answer.
    Failure,
    /// What does harm on real VirtualBox.
    Hazard,
}

/// The bars of an instance.
#[derive(Debug, Clone)]
pub(crate) struct Lane {
    /// The instance.
    pub(crate) name: String,
    /// Whether it ended where it should.
    pub(crate) good: bool,
    /// What SMF says.
    pub(crate) smf: Vec<Span<SmfState>>,
    /// What VirtualBox says; nothing, where there is no such VM.
    pub(crate) vm: Vec<Span<VmState>>,
    /// What is worth a mark, and when.
    pub(crate) marks: Vec<(Duration, Mark)>,
}

/// The lanes of a story, in the order of its instances.
pub(crate) fn lanes(played: &Played) -> Vec<Lane> {
    let end = end(played);
    let outcomes = played.outcomes.iter();
    outcomes
        .map(|outcome| {
            let (mut smf, mut vm, mut marks) = (Vec::new(), Vec::new(), Vec::new());
            let mut before = outcome.looks.last().and_then(|look| look.vm.clone());
            for event in &played.events {
                let own = event.subject == outcome.actor.subject && event.owner.is_none();
                let about = event.owner.is_some() && is_about(event, &outcome.actor);
                match &event.what {
                    What::Smf {
                        state: Some(state), ..
                    } if own => smf.push((event.at, *state)),
                    What::Machine { from, to } if about => {
                        if vm.is_empty() {
                            before = Some(from.clone());
                        }
                        vm.push((event.at, to.clone()));
                    }
                    What::Hazard(_) if about => marks.push((event.at, Mark::Hazard)),
                    What::Command(command) if own => marks.extend(mark(event.at, command)),
                    What::Smf { .. }
                    | What::Note(_)
                    | What::Command(_)
                    | What::Line(_)
                    | What::Machine { .. }
                    | What::VirtualBox(_)
                    | What::Hazard(_) => {}
                }
            }
            if let Some(before) = before {
                vm.insert(0, (Duration::ZERO, before));
            }
            Lane {
                name: played.short(&outcome.actor),
                good: outcome.is_good(),
                smf: spans(smf, end),
                vm: spans(vm, end),
                marks,
            }
        })
        .collect()
}

/// When the story ends.
pub(crate) fn end(played: &Played) -> Duration {
    let last = played.events.iter().map(|event| event.at).max();
    last.unwrap_or_default() + Duration::from_secs(1)
}

/// What a program is marked as, and when.
fn mark(at: Duration, command: &Command) -> Option<(Duration, Mark)> {
    let words: Vec<&str> = command.line.split(' ').collect();
    let end = command.end?;
    match end.how {
        Ending::Itself(ExitStatus::Exited(0)) => {
            let pressed = ["acpipowerbutton", "acpisleepbutton", "shutdown"];
            let last = words.last().copied().unwrap_or_default();
            (words.get(1) == Some(&"controlvm") && pressed.contains(&last))
                .then_some((at, Mark::Press))
        }
        Ending::Itself(_) | Ending::Hung | Ending::WithTheMethod
            if words.first() == Some(&"VBoxManage") =>
        {
            Some((end.at, Mark::Failure))
        }
        Ending::Itself(_) | Ending::Hung | Ending::WithTheMethod => None,
    }
}

/// Pieces from changes; one without length is left out, and the same state twice is one piece.
fn spans<S: Clone + PartialEq>(changes: Vec<(Duration, S)>, end: Duration) -> Vec<Span<S>> {
    let mut spans: Vec<Span<S>> = Vec::new();
    for (at, state) in changes {
        if let Some(last) = spans.last_mut() {
            last.to = at;
            if last.from == last.to {
                spans.pop();
            }
        }
        match spans.last_mut() {
            Some(last) if last.state == state => last.to = end,
            _ => spans.push(Span {
                from: at,
                to: end,
                state,
            }),
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces() {
        let s = Duration::from_secs;
        let found = spans(
            vec![(s(0), 'a'), (s(0), 'b'), (s(2), 'b'), (s(3), 'c')],
            s(5),
        );
        let piece = |from, to, state| Span {
            from: s(from),
            to: s(to),
            state,
        };
        assert_eq!(found, [piece(0, 3, 'b'), piece(3, 5, 'c')]);
    }
}
