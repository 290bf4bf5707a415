//! The rows for programs: one object.

use serde::Serialize;

use super::join::Row;
use super::table::{note, vm_word};
use crate::commands::output;
use crate::tools::svcs::SmfState;

/// Rises when something is renamed or goes, not when something is added.
const VERSION: u8 = 1;

#[derive(Debug, Serialize)]
struct Report<'a> {
    version: u8,
    instances: Vec<Entry<'a>>,
}

#[derive(Debug, Serialize)]
struct Entry<'a> {
    /// Null: a VM without an instance.
    fmri: Option<String>,
    name: &'a str,
    smf: Option<&'a str>,
    next_state: Option<&'a str>,
    vm: String,
    vm_name: Option<&'a str>,
    uuid: Option<&'a str>,
    since: Option<String>,
    owner: Option<&'a str>,
    stop: Option<&'static str>,
    note: Option<String>,
    disagreement: bool,
}

impl<'a> From<&'a Row> for Entry<'a> {
    fn from(row: &'a Row) -> Self {
        Self {
            fmri: row.fmri.as_ref().map(ToString::to_string),
            name: &row.name,
            smf: row.smf.as_ref().map(SmfState::word),
            next_state: row.next.as_ref().map(SmfState::word),
            vm: vm_word(&row.vm),
            vm_name: row.vm_name.as_deref(),
            uuid: row.uuid.as_deref(),
            since: row.since_seconds.map(output::rfc3339),
            owner: row.owner.as_deref(),
            stop: row.stop,
            note: note(row),
            disagreement: row.notes.iter().any(super::note::Note::is_disagreement),
        }
    }
}

/// The object, and a line end.
pub(super) fn json(rows: &[Row]) -> String {
    output::json(&Report {
        version: VERSION,
        instances: rows.iter().map(Entry::from).collect(),
    })
}
