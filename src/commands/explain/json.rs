//! The explanation for programs: one object.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Explained;
use super::rules::{ended_by, property, rules, status, word};
use crate::config::settings::Settings;
use crate::engine::method::verbs;
use crate::engine::plan::{Activity, End, Forecast, Stage, Waiting, fallback_share};
use crate::text::output;

/// Rises when something is renamed or goes, not when something is added.
const VERSION: u8 = 1;

#[derive(Debug, Serialize)]
struct Report<'a> {
    version: u8,
    instance: Option<String>,
    properties: BTreeMap<&'a str, Property<'a>>,
    unknown: &'a [String],
    /// Seconds.
    start: StartTime,
    stop: StopTime,
    rules: Vec<Rule>,
}

#[derive(Debug, Serialize)]
struct Property<'a> {
    value: Option<&'a str>,
    from: &'static str,
    after_refresh: Option<&'a str>,
    read_by: &'static str,
    meaning: &'a str,
}

#[derive(Debug, Serialize)]
struct StartTime {
    budget: u64,
    delay: u64,
    /// Until svc.startd's limit, where there is one.
    margin: Option<u64>,
}

#[derive(Debug, Serialize)]
struct StopTime {
    budget: u64,
    method: u64,
    fallback: u64,
    margin: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Rule {
    state: String,
    start: Run,
    stop: Run,
}

#[derive(Debug, Serialize)]
struct Run {
    steps: Vec<Step>,
    /// When it ends, in seconds since it began.
    at: u64,
    status: u8,
    note: String,
    /// The property that ended it, where one did.
    property: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Step {
    at: u64,
    what: &'static str,
    command: Option<String>,
    times: usize,
    property: Option<&'static str>,
}

/// The object and a line break.
pub(super) fn object(explained: &Explained) -> String {
    let settings = &explained.settings;
    let share = fallback_share(explained.stop, settings);
    let method = explained.stop.saturating_sub(share).as_secs();
    let margin = |limit: Option<std::time::Duration>, budget| {
        limit.map(|limit| limit.saturating_sub(budget).as_secs())
    };
    let properties = explained.rows.iter().map(|row| {
        let property = Property {
            value: row.value.as_deref(),
            from: row.level.word(),
            after_refresh: row.after_refresh.as_deref(),
            read_by: row.read_by.words(),
            meaning: &row.meaning,
        };
        (row.path.as_str(), property)
    });
    output::json(&Report {
        version: VERSION,
        instance: explained.fmri.as_ref().map(ToString::to_string),
        properties: properties.collect(),
        unknown: &explained.unknown,
        start: StartTime {
            budget: explained.start.as_secs(),
            delay: settings.start_delay.as_secs(),
            margin: margin(settings.start_limit, explained.start),
        },
        stop: StopTime {
            budget: explained.stop.as_secs(),
            method,
            // Whole seconds that add up.
            fallback: explained.stop.as_secs() - method,
            margin: margin(settings.stop_limit, explained.stop),
        },
        rules: rules(settings, explained.start, explained.stop)
            .into_iter()
            .map(|rule| Rule {
                state: rule.state,
                start: run(&rule.start, settings),
                stop: run(&rule.stop, settings),
            })
            .collect(),
    })
}

fn run(forecast: &Forecast, settings: &Settings) -> Run {
    Run {
        steps: forecast
            .stages
            .iter()
            .map(|stage| step(stage, settings))
            .collect(),
        at: forecast.at.as_secs(),
        status: status(&forecast.end),
        note: match &forecast.end {
            End::Done(note, state) => note.told(Some(state)),
            End::Fail(_, reason) => reason.to_string(),
        },
        property: ended_by(&forecast.end),
    }
}

fn step(stage: &Stage, settings: &Settings) -> Step {
    let (what, command, property) = match stage.what {
        Activity::Wait(Waiting::Delay) => ("delay", None, Some("vm/start_delay")),
        Activity::Wait(_) => ("wait", None, None),
        Activity::Act(action, because) => {
            let command = verbs::command(action, settings).args("VM").join(" ");
            (word(action, settings), Some(command), property(because))
        }
    };
    Step {
        at: stage.at.as_secs(),
        what,
        command,
        times: stage.times,
        property,
    }
}
