//! What a method says: its exit status, when, and its log.

use super::{GRACE, Scene};
use crate::real::faults::sequence::What;

/// 99 and 100 are for what the harness does not do.
const DOCUMENTED: [i32; 4] = [0, 1, 95, 96];

pub(super) fn status(scene: Scene<'_>) -> Vec<String> {
    let wrong = scene
        .seen
        .methods
        .iter()
        .filter(|method| match method.code {
            Some(code) => !DOCUMENTED.contains(&code),
            None => !method.signalled,
        });
    wrong
        .map(|method| format!("{}: {:?}", scene.name(method), method.code))
        .collect()
}

pub(super) fn deadline(scene: Scene<'_>) -> Vec<String> {
    let late = scene
        .seen
        .methods
        .iter()
        .filter(|method| method.took > method.limit + GRACE);
    late.map(|method| {
        format!(
            "{}: {:?} of {:?}",
            scene.name(method),
            method.took,
            method.limit
        )
    })
    .collect()
}

/// One line, the last, and no character in the log that does anything to a terminal.
pub(super) fn failure(scene: Scene<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    for method in &scene.seen.methods {
        let lines: Vec<&str> = method.log.split_terminator('\n').collect();
        if let Some(line) = lines.iter().find(|line| line.contains(char::is_control)) {
            broken.push(format!("{}: {line:?}", scene.name(method)));
        }
        if method.signalled || method.code.is_none() {
            continue;
        }
        let said: Vec<usize> = (0..lines.len())
            .filter(|&at| lines[at].starts_with("vbox-smf: "))
            .collect();
        let expected = match method.code {
            Some(0) => vec![],
            _ => vec![lines.len().saturating_sub(1)],
        };
        if said != expected {
            broken.push(format!(
                "{}: exit {:?}, and lines {said:?} of {} are failures",
                scene.name(method),
                method.code,
                lines.len()
            ));
        }
    }
    broken
}

/// A server that is dead or stands still is named by who could not do without it. For one that stands still, so is the
/// command that ends it, and doctor finds it, too.
pub(super) fn server(scene: Scene<'_>) -> Vec<String> {
    let mut broken = Vec::new();
    let command = scene.what_ends_the_server();
    let stands_still = scene.happened(What::Deadlock) || scene.happened(What::StandsStill);
    let killed = scene.happened(What::KillServer);
    for method in &scene.seen.methods {
        if !method.after_server || !method.undisturbed() || method.code == Some(0) {
            continue;
        }
        if stands_still && !method.log.contains(&command) {
            broken.push(format!("{}: no `{command}`", scene.name(method)));
        }
        if killed && !method.log.contains("server") {
            broken.push(format!("{}: no word of the server", scene.name(method)));
        }
    }
    match &scene.seen.cure {
        None if stands_still => broken.push("nobody asked doctor".to_owned()),
        Some(cure) if stands_still && cure.ended.first().is_none_or(|p| p != "VBoxSVC") => {
            broken.push(format!("doctor does not find it: {}", cure.said));
        }
        Some(cure) if !cure.is_well => {
            broken.push(format!("what doctor says does not mend it: {cure:?}"));
        }
        Some(_) | None => {}
    }
    broken
}
