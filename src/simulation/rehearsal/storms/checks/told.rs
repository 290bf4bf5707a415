//! What a method says: its exit status, when, and its log.

use std::time::Duration;

use crate::simulation::host::Fault;
use crate::simulation::rehearsal::storms::seen::{MethodEnd, Seen};
use crate::virtualbox::vm::Intent;

/// Those of the table in the README that a method of SMF's can have here: 99 and 100 are for what no storm does.
const DOCUMENTED: [u8; 4] = [0, 1, 95, 96];

pub(super) fn status(seen: &Seen) -> Vec<String> {
    let wrong = seen.methods.iter().filter(
        |method| matches!(method.end, MethodEnd::Exited(status) if !DOCUMENTED.contains(&status)),
    );
    wrong
        .map(|method| format!("{}: {:?}", seen.name(method), method.end))
        .collect()
}

/// svc.startd's timeout is a SIGKILL to whatever the method started: only one that hangs itself may meet it, or one that
/// cannot read its properties and so has not begun. A stop is over within `vm/stop_timeout`, and what a last observation takes.
pub(super) fn deadline(seen: &Seen) -> Vec<String> {
    let mut broken = Vec::new();
    for method in &seen.methods {
        let instance = &seen.storm.instances[method.who];
        let hangs = instance.has(Fault::MethodHangs) && method.began < seen.mended;
        let away = seen.without_repository(method);
        let has_begun = seen.first_look(method) < method.ended;
        let can_read = away.is_zero() && method.faults == 0;
        if method.end == MethodEnd::TimedOut && !hangs && (can_read || has_begun) {
            broken.push(format!("{}: svc.startd killed it", seen.name(method)));
        }
        let own_limit = instance.property("stop_timeout").parse().ok();
        if let Some(seconds) = own_limit.filter(|_| method.intent == Intent::Stop && !hangs)
            && method.began < seen.mended
        {
            let limit = Duration::from_secs(seconds);
            let last_look = Duration::from_secs(5).min(limit / 2);
            let took = method.ended.saturating_sub(method.began + away);
            if took > limit + last_look + Duration::from_millis(500) {
                broken.push(format!("{}: {took:?} of {limit:?}", seen.name(method)));
            }
        }
    }
    broken
}

/// No character in the log does anything to a terminal. (What a killed method wrote last is no failure.)
pub(super) fn failure(seen: &Seen) -> Vec<String> {
    let mut broken = Vec::new();
    for method in &seen.methods {
        let lines = &method.lines;
        if let Some(line) = lines.iter().find(|line| line.contains(char::is_control)) {
            broken.push(format!("{}: {line:?}", seen.name(method)));
        }
        let MethodEnd::Exited(status) = method.end else {
            continue;
        };
        let said: Vec<usize> = (0..lines.len())
            .filter(|&at| lines[at].starts_with("vbox-smf: "))
            .collect();
        let expected = match status {
            0 => vec![],
            _ => vec![lines.len().saturating_sub(1)],
        };
        if said != expected {
            broken.push(format!(
                "{}: exit {status}, and lines {said:?} of {} are failures; the last is {:?}",
                seen.name(method),
                lines.len(),
                lines.last()
            ));
        }
    }
    broken
}
