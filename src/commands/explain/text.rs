//! The explanation for people, in 80 columns.

use std::fmt::Write;
use std::time::Duration;

use super::Explained;
use super::level::{Level, Row};
use super::rules::{cell, rules};
use crate::config::schema::ReadBy;
use crate::config::settings::StopFallback;
use crate::engine::plan::fallback_share;
use crate::text::printable::Printable;
use crate::text::table::{paragraph, table};
use crate::virtualbox::vm::Intent;

/// The widths of the decision table: state, start, stop.
const WIDTHS: [usize; 3] = [26, 24, 26];

const LEGEND: &str = "\
State and command names are those of VBoxManage. The property that decides is in parentheses. Times assume a guest that does not react; the stop ends as soon as the guest has shut down. wait: the state is checked again until it changes. exit: the status of a run that does not bring the VM into the requested state.";

/// What svc.startd makes of an exit status, as far as it surprises people (measured on the real one).
const STARTD: &str = "\
svc.startd runs a method that exits 1 three times, then puts the instance into maintenance; after svcadm clear it runs the method only once, until a method succeeds. A disable waits for a running start and its three attempts. A failed stop is not run again: after svcadm clear or a second disable the instance is disabled, whether or not its VM is running.";

/// The whole page.
pub(super) fn page(explained: &Explained) -> String {
    let mut text = String::new();
    if let Some(fmri) = &explained.fmri {
        writeln!(text, "{fmri}\n").expect("a String");
        properties(&mut text, explained, ReadBy::Both);
        properties(&mut text, explained, ReadBy::Stop);
    }
    budget(&mut text, explained, Intent::Stop);
    if explained.fmri.is_some() {
        properties(&mut text, explained, ReadBy::Start);
    }
    budget(&mut text, explained, Intent::Start);
    for path in &explained.unknown {
        let path = Printable(path).to_string();
        text.push_str(&paragraph(
            0,
            &format!("Unknown property {path} ignored; check the spelling."),
        ));
        text.push('\n');
    }
    decisions(&mut text, explained);
    text.push('\n');
    text.push_str(&paragraph(0, LEGEND));
    text.push('\n');
    text.push_str(&paragraph(0, STARTD));
    text
}

/// The properties that these methods read.
fn properties(text: &mut String, explained: &Explained, read_by: ReadBy) {
    writeln!(text, "Read by {}:", read_by.words()).expect("a String");
    for row in explained.rows.iter().filter(|row| row.read_by == read_by) {
        text.push_str(&paragraph(2, &heading(row)));
        text.push_str(&paragraph(6, &row.meaning));
        if let Some(next) = &row.after_refresh {
            let next = Printable(next).to_string();
            text.push_str(&paragraph(
                6,
                &format!("Not refreshed: svcadm refresh changes it to {next}."),
            ));
        }
    }
    text.push('\n');
}

/// `vm/stop_method = savestate (service)`
fn heading(row: &Row) -> String {
    let from = match row.level {
        Level::Set => "--set",
        Level::Snapshot => "until the next refresh",
        Level::Instance | Level::Service | Level::Default | Level::Generated => row.level.word(),
    };
    match &row.value {
        Some(value) => format!("{} = {} ({from})", row.path, Printable(value)),
        None => format!("{}: {} ({from})", row.path, row.without),
    }
}

/// What a run does with its time, to the second.
fn budget(text: &mut String, explained: &Explained, intent: Intent) {
    let settings = &explained.settings;
    let (budget, limit) = match intent {
        Intent::Start => (explained.start, settings.start_limit),
        Intent::Stop => (explained.stop, settings.stop_limit),
    };
    writeln!(
        text,
        "A {intent} has {} s{}:",
        budget.as_secs(),
        why(explained, intent)
    )
    .expect("a String");
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut part = |from: Duration, to: Duration, what: &str| {
        let time = format!("{} to {} s", from.as_secs(), to.as_secs());
        rows.push(vec![String::new(), time, what.to_owned()]);
    };
    match intent {
        Intent::Start => {
            let delay = settings.start_delay;
            if !delay.is_zero() {
                part(
                    Duration::ZERO,
                    delay,
                    "vm/start_delay, if the VM is off; ends early with exit 0 and the VM untouched if the instance is disabled or the host shuts down",
                );
            }
            let frontend = settings.frontend.word();
            let what = format!("startvm --type {frontend}, until the VM is running");
            part(delay, budget, &what);
        }
        Intent::Stop => {
            let share = fallback_share(budget, settings);
            let method_ends = budget.saturating_sub(share);
            let method = format!("vm/stop_method={}", settings.stop_method.word());
            part(Duration::ZERO, method_ends, &method);
            if !share.is_zero() {
                let fallback = format!("vm/stop_fallback={}", settings.stop_fallback.word());
                part(method_ends, budget, &fallback);
            } else if settings.stop_fallback == StopFallback::None {
                part(budget, budget, "vm/stop_fallback=none: then exit 95");
            }
        }
    }
    if let Some(limit) = limit {
        part(
            budget,
            limit,
            "margin before svc.startd would kill the method",
        );
    }
    text.push_str(&table(&[0, 16, 58], &rows));
    text.push('\n');
}

/// Where a budget comes from.
fn why(explained: &Explained, intent: Intent) -> String {
    let settings = &explained.settings;
    let limit = match intent {
        Intent::Start => settings.start_limit,
        Intent::Stop => settings.stop_limit,
    };
    if intent == Intent::Stop && settings.stop_timeout == Some(explained.stop) {
        ", by vm/stop_timeout".to_owned()
    } else if let Some(limit) = limit {
        format!(" of {intent}/timeout_seconds={}", limit.as_secs())
    } else {
        format!(", because {intent}/timeout_seconds sets no limit")
    }
}

fn decisions(text: &mut String, explained: &Explained) {
    let settings = &explained.settings;
    let mut rows = vec![["STATE", "START", "STOP"].map(str::to_owned).to_vec()];
    for rule in rules(settings, explained.start, explained.stop) {
        rows.push(vec![
            rule.state,
            cell(&rule.start, settings),
            cell(&rule.stop, settings),
        ]);
    }
    text.push_str(&table(&WIDTHS, &rows));
}
