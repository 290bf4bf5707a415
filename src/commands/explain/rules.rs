//! The decision table, by asking the plan about every state.

use std::time::Duration;

use crate::config::settings::Settings;
use crate::engine::method::verbs;
use crate::engine::plan::{
    Action, ActionReason, Activity, End, Forecast, Note, Reason, Stage, forecast,
};
use crate::failure::Caller;
use crate::virtualbox::vboxmanage::Command;
use crate::virtualbox::vm::{Intent, VmState};

/// A state, and what is done in it.
#[derive(Debug)]
pub(super) struct Rule {
    /// VirtualBox's word for it.
    pub(super) state: String,
    /// What a start does.
    pub(super) start: Forecast,
    /// What a stop does.
    pub(super) stop: Forecast,
}

/// For a word of a VirtualBox that is newer than this program.
pub(super) const ANY_OTHER: &str = "any other word";

/// Every state, then any other word.
pub(super) fn rules(settings: &Settings, start: Duration, stop: Duration) -> Vec<Rule> {
    VmState::ALL
        .into_iter()
        .chain([VmState::Other(ANY_OTHER.to_owned())])
        .map(|state| Rule {
            start: forecast(&state, Intent::Start, start, settings),
            stop: forecast(&state, Intent::Stop, stop, settings),
            state: state.word().to_owned(),
        })
        .collect()
}

/// VBoxManage's word for an action.
pub(super) fn word(action: Action, settings: &Settings) -> &'static str {
    match verbs::command(action, settings) {
        Command::Control(verb) => verb,
        Command::DiscardState => "discardstate",
        Command::ExtraData(..) => "setextradata",
        Command::Start(kind) if action == Action::EmergencyStop => kind,
        Command::Start(_) => "startvm",
    }
}

/// The property behind an action, where there is one.
pub(super) const fn property(because: ActionReason) -> Option<&'static str> {
    match because {
        ActionReason::Setting(property, _) => Some(property),
        ActionReason::Fallback(_) => Some("vm/stop_fallback"),
        ActionReason::StartIsAsked
        | ActionReason::ButtonNeedsRunning
        | ActionReason::GuestIsDead
        | ActionReason::NoAdditions
        | ActionReason::ProcessHangs
        | ActionReason::NotWritten => None,
    }
}

/// The property that ends a run before anything is done, where there is one.
pub(super) const fn ended_by(end: &End) -> Option<&'static str> {
    match end {
        End::Done(Note::Left(property), _) | End::Fail(_, Reason::Refused(_, property)) => {
            Some(*property)
        }
        End::Done(..) | End::Fail(..) => None,
    }
}

/// The exit status of a run.
pub(super) fn status(end: &End) -> u8 {
    match end {
        End::Done(..) => crate::failure::SUCCESS,
        End::Fail(kind, _) => kind.exit_status(Caller::Smf),
    }
}

/// A run in few words: `resume, acpipowerbutton (vm/stop_method), at 180 s savestate`.
pub(super) fn cell(run: &Forecast, settings: &Settings) -> String {
    let mut parts: Vec<String> = Vec::new();
    for Stage { at, what, .. } in &run.stages {
        parts.push(match what {
            Activity::Wait(crate::engine::plan::Waiting::Delay) => continue,
            Activity::Wait(_) => "wait".to_owned(),
            Activity::Act(action, because) => {
                let word = word(*action, settings);
                format!("{}{word}{}", when(*at), by(property(*because)))
            }
        });
    }
    match &run.end {
        End::Done(..) if parts.is_empty() => {
            parts.push(format!("done{}", by(ended_by(&run.end))));
        }
        // What was done has brought it there.
        End::Done(..) => {}
        End::Fail(..) => {
            let status = status(&run.end);
            parts.push(format!(
                "{}exit {status}{}",
                when(run.at),
                by(ended_by(&run.end))
            ));
        }
    }
    parts.join(", ")
}

fn when(at: Duration) -> String {
    match at.as_secs() {
        0 => String::new(),
        seconds => format!("at {seconds} s "),
    }
}

fn by(property: Option<&str>) -> String {
    property.map_or(String::new(), |property| format!(" ({property})"))
}
