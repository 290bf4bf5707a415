//! A rehearsal for programs: one object.

use serde::Serialize;

use super::outcome::{Outcome, Wanted};
use super::scenario::Played;
use super::timeline::told;
use crate::host::ExitStatus;
use crate::simulation::host::{Ending, Event, SmfState, What};

/// Of this form.
const VERSION: u32 = 1;

/// Everything that was played.
#[derive(Debug, Serialize)]
pub(crate) struct Record<'p> {
    version: u32,
    events: Vec<Row<'p>>,
    results: Vec<Result<'p>>,
}

/// Something that happened: the columns of the timeline, and what of them is worth a field of its own.
#[derive(Debug, Serialize)]
struct Row<'p> {
    manifest: &'p str,
    scenario: &'static str,
    /// In seconds from the beginning of the scenario.
    time: f64,
    instance: String,
    kind: &'static str,
    what: String,
    /// The state that an instance or a VM enters.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'p str>,
    /// Of a program: its words in one, its exit status where it had one, and its seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_status: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<f64>,
}

/// How it ended for an instance.
#[derive(Debug, Serialize)]
struct Result<'p> {
    manifest: &'p str,
    scenario: &'static str,
    instance: String,
    fmri: &'p str,
    vm: &'p str,
    owner: &'p str,
    smf_state: Option<&'static str>,
    vm_state: Option<&'p str>,
    wanted: Option<&'static str>,
    ok: bool,
    troubles: &'p [String],
}

impl<'p> Record<'p> {
    /// The record of stories, each with the name of its manifest.
    pub(crate) fn of(stories: &'p [(String, Played)]) -> Self {
        let rows = stories.iter().flat_map(|(manifest, played)| {
            let events = played.events.iter();
            events.map(move |event| row(manifest, played, event))
        });
        let results = stories.iter().flat_map(|(manifest, played)| {
            let outcomes = played.outcomes.iter();
            outcomes.map(move |outcome| result(manifest, played, outcome))
        });
        Self {
            version: VERSION,
            events: rows.collect(),
            results: results.collect(),
        }
    }
}

fn row<'p>(manifest: &'p str, played: &Played, event: &'p Event) -> Row<'p> {
    let (kind, what) = told(event);
    let state = match &event.what {
        What::Smf { state, .. } => state.map(SmfState::word),
        What::Machine { to, .. } => Some(to.word()),
        What::Note(_)
        | What::Command(_)
        | What::Line(_)
        | What::VirtualBox(_)
        | What::Hazard(_) => None,
    };
    let command = match &event.what {
        What::Command(command) => Some(command),
        What::Smf { .. }
        | What::Note(_)
        | What::Line(_)
        | What::Machine { .. }
        | What::VirtualBox(_)
        | What::Hazard(_) => None,
    };
    let end = command.and_then(|command| command.end);
    Row {
        manifest,
        scenario: played.scenario.word(),
        time: event.at.as_secs_f64(),
        instance: played.name(event),
        kind,
        what: what.replace(super::timeline::GLUE, " "),
        state,
        command: command.map(|command| command.line.as_str()),
        exit_status: end.and_then(|end| match end.how {
            Ending::Itself(ExitStatus::Exited(status)) => Some(status),
            Ending::Itself(ExitStatus::Killed(_)) | Ending::Hung | Ending::WithTheMethod => None,
        }),
        seconds: end.map(|end| end.at.saturating_sub(event.at).as_secs_f64()),
    }
}

fn result<'p>(manifest: &'p str, played: &Played, outcome: &'p Outcome) -> Result<'p> {
    let (actor, last) = (&outcome.actor, outcome.looks.last());
    Result {
        manifest,
        scenario: played.scenario.word(),
        instance: played.short(actor),
        fmri: &actor.subject,
        vm: &actor.vm,
        owner: &actor.user,
        smf_state: last.map(|look| look.smf.word()),
        vm_state: last.and_then(|look| Some(look.vm.as_ref()?.word())),
        wanted: last.map(|look| match look.wanted {
            Wanted::Up => "up",
            Wanted::Down => "down",
        }),
        ok: outcome.is_good(),
        troubles: &outcome.troubles,
    }
}
