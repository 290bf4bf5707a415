//! What whoever plans this should know before it is played.

use std::time::Duration;

use crate::config::settings::{Settings, WANTED};
use crate::simulation::host::Composed;
use crate::simulation::rehearsal::instances::RehearsedInstance;
use crate::smf::tools::svcprop::{Properties, Value};
use crate::virtualbox::vm::{Intent, VmName};

/// svc.startd's default for `startd/duration`.
const CONTRACT: &str = "contract";

/// What there is to say about an instance: sentences without a full stop.
pub(super) fn notes(actor: &RehearsedInstance, shutdown_limit: Option<Duration>) -> Vec<String> {
    let mut notes = Vec::new();
    let duration = actor.seen.value("startd", "duration").unwrap_or(CONTRACT);
    if duration != "transient" {
        notes.push(format!(
            "startd/duration is {duration}, but it is simulated as transient; with {duration}, svc.startd restarts the instance whenever its processes end"
        ));
    }
    if let (Some(limit), Some(budget)) = (shutdown_limit, stop_budget(actor))
        && budget > limit
    {
        let (budget, limit) = (budget.as_secs(), limit.as_secs());
        notes.push(format!(
            "the timeout is too short: its stop may take {budget} s, but the host waits {limit} s; set vm/stop_timeout to {limit} or less"
        ));
    }
    notes
}

/// How long a stop may take. Nothing is known where a property is wrong: the method says so.
fn stop_budget(actor: &RehearsedInstance) -> Option<Duration> {
    let name: VmName = actor.fmri.instance().as_str().parse().ok()?;
    let settings = Settings::from_properties(&properties(&actor.seen), &name).ok()?;
    settings.budget(Intent::Stop).ok()
}

/// What the method would hear from svcprop.
fn properties(seen: &Composed) -> Properties {
    let mut properties = Properties::new();
    for wanted in WANTED {
        let (group, only) = match wanted.split_once('/') {
            Some((group, name)) => (group, Some(name)),
            None => (wanted, None),
        };
        for (name, property) in seen.group(group).unwrap_or_default() {
            if only.is_none_or(|only| only == name) {
                let value = Value {
                    value_type: property.type_name.clone(),
                    values: property.values.clone(),
                };
                properties.insert(format!("{group}/{name}"), value);
            }
        }
    }
    properties
}
