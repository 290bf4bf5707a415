//! The simulated host, tried without the methods.

pub(super) mod outside;
mod programs;
mod stage;
mod svcprop;
mod time;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::{Event, Sim, SimHost, Spec, Task, What, run};
use crate::host::{Contract, ExitStatus, Host, Invocation, Output, RunError};

pub(super) const SECOND: Duration = Duration::from_secs(1);

pub(super) fn invocation(program: &str, args: &[&str], limit: Duration) -> Invocation {
    Invocation {
        program: PathBuf::from("/usr/bin").join(program),
        args: args.iter().map(OsString::from).collect(),
        env: Vec::new(),
        limit,
        contract: match program {
            "VBoxManage" => Contract::Own,
            _ => Contract::Inherited,
        },
    }
}

/// Runs VBoxManage, with a limit of a minute.
pub(super) fn vbox(host: &SimHost<'_>, args: &[&str]) -> Result<Output, RunError> {
    host.run(
        &invocation("VBoxManage", args, 60 * SECOND),
        &mut crate::host::keep_waiting,
    )
}

/// Runs VBoxManage: its standard output, or its standard error where that is not empty.
pub(super) fn said(host: &SimHost<'_>, args: &[&str]) -> String {
    let output = vbox(host, args).unwrap();
    let text = if output.stderr.is_empty() {
        output.stdout
    } else {
        output.stderr
    };
    String::from_utf8(text).unwrap()
}

/// The state that `showvminfo` tells.
pub(super) fn shown(host: &SimHost<'_>, vm: &str) -> String {
    let text = said(host, &["showvminfo", vm, "--machinereadable"]);
    let state = text.lines().find_map(|line| line.strip_prefix("VMState="));
    state.unwrap().trim_matches('"').to_owned()
}

/// A method that does this, begun at this time, killed after this.
pub(super) fn task<'a>(
    key: &str,
    at: Duration,
    timeout: Option<Duration>,
    ended: &'a mut Option<ExitStatus>,
    body: impl FnOnce(&SimHost<'_>) + Send + 'a,
) -> Task<'a> {
    let spec = Spec {
        subject: key.to_owned(),
        user: "vb".to_owned(),
        timeout,
    };
    Task {
        key: key.to_owned(),
        at,
        body: Box::new(move |turn| {
            *ended = Some(run(turn, &spec, |host| {
                body(host);
                0
            }));
        }),
    }
}

/// One method alone. A panic in it fails the test.
pub(super) fn alone(sim: &Sim, body: impl FnOnce(&SimHost<'_>) + Send) {
    let mut ended = None;
    sim.perform(vec![task("a", Duration::ZERO, None, &mut ended, body)]);
    assert_eq!(ended, Some(ExitStatus::Exited(0)), "{:#?}", sim.events());
}

/// What a method does.
pub(super) type Body<'a> = Box<dyn FnOnce(&SimHost<'_>) + Send + 'a>;

/// Several methods, begun at the same moment.
pub(super) fn together(sim: &Sim, bodies: Vec<Body<'_>>) {
    let mut ends = vec![None; bodies.len()];
    let tasks = ends.iter_mut().zip(bodies).enumerate();
    let tasks =
        tasks.map(|(i, (end, body))| task(&format!("m{i:02}"), Duration::ZERO, None, end, body));
    sim.perform(tasks.collect());
    assert!(
        ends.iter().all(|e| *e == Some(ExitStatus::Exited(0))),
        "{ends:?}"
    );
}

/// What happened of one kind.
pub(super) fn hazards(sim: &Sim) -> Vec<Event> {
    let events = sim.events().into_iter();
    events
        .filter(|e| matches!(e.what, What::Hazard(_)))
        .collect()
}
