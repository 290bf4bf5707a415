//! The rows for programs: one object.

use serde::Serialize;

use super::join::Row;
use super::table::{note, vm_word};
use crate::smf::tools::svcs::SmfState;
use crate::text::output;

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
            since: row.since_seconds.map(rfc3339),
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

/// Seconds since 1970 as RFC 3339, in universal time.
fn rfc3339(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // The calendar repeats every 400 years of 146 097 days; counted from a 1 March, leap days come last.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        rest / 3_600,
        rest / 60 % 60,
        rest % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_all_kinds() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (86_399, "1970-01-01T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (1_795_270_000, "2026-11-21T14:06:40Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(seconds), expected);
        }
    }
}
