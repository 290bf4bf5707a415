//! What a boot and a shutdown look like: everything at the same moment, and no VBoxSVC to begin with.
//!
//! The method's timeouts are those that `gen` writes for these VMs, and a method that takes longer, which svc.startd
//! would kill, is a failed test.

mod boot;
mod server_dies;
mod tally;
mod watched;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::rig::{Call, PROGRAM, Run, Running, User};
use super::rounds;

/// The stop methods, of which each third of the VMs has one, and the state in which each leaves a VM.
const STOPS: [(&str, &str); 3] = [
    ("savestate", "saved"),
    ("acpipowerbutton", "poweroff"),
    ("poweroff", "poweroff"),
];

/// The full number, or one: a round of so many VMs takes half a minute and more.
fn once_or(full: usize) -> usize {
    match rounds(full) {
        all if all == full => full,
        _ => 1,
    }
}

/// VMs of one user, each with an instance of its name. Their guests halt their processor until they are asked to go.
struct Fleet<'a> {
    user: &'a User<'a>,
    names: Vec<String>,
    uuids: Vec<String>,
    start_within: Duration,
    stop_within: Duration,
}

impl<'a> Fleet<'a> {
    fn new(user: &'a User<'a>, vms: usize) -> Self {
        let names: Vec<String> = (1..=vms).map(|n| format!("vm{n}")).collect();
        let wanted: Vec<_> = names.iter().map(|name| (name.as_str(), "acpi")).collect();
        let uuids = user.mkvms(&wanted);
        let manifest = manifest(user, &names);
        let (start, stop) = (timeout(&manifest, "start"), timeout(&manifest, "stop"));
        for (i, name) in names.iter().enumerate() {
            user.set_props(
                name,
                &[
                    ("method_context/user", "astring", user.name),
                    ("vm/stop_method", "astring", STOPS[i % STOPS.len()].0),
                    ("start/timeout_seconds", "count", &start.to_string()),
                    ("stop/timeout_seconds", "count", &stop.to_string()),
                ],
            );
        }
        Self {
            user,
            names,
            uuids,
            start_within: Duration::from_secs(start),
            stop_within: Duration::from_secs(stop),
        }
    }

    fn len(&self) -> usize {
        self.names.len()
    }

    /// How VM `i` is stopped, and the state in which it is then.
    fn stop_of(i: usize) -> (&'static str, &'static str) {
        STOPS[i % STOPS.len()]
    }

    /// The method of the instance of VM `i`, with the time that svc.startd gives it.
    fn method(&self, i: usize, verb: &str) -> Call<'_> {
        let within = match verb {
            "start" => self.start_within,
            _ => self.stop_within,
        };
        self.user.method(&self.names[i], verb).within(within)
    }

    /// How many processes each VM has, in the order of the VMs.
    fn processes(&self) -> Vec<usize> {
        let mut by_uuid: BTreeMap<String, usize> = BTreeMap::new();
        for process in self.user.all_vm_processes() {
            for uuid in process.arguments {
                *by_uuid.entry(uuid).or_default() += 1;
            }
        }
        self.uuids
            .iter()
            .map(|uuid| by_uuid.get(uuid).copied().unwrap_or_default())
            .collect()
    }

    /// State and number of processes of each VM, in the order of the VMs.
    fn look(&self) -> Vec<(String, usize)> {
        let mut states = self.user.states();
        let state = |uuid: &String| states.remove(uuid).expect("a state of each VM");
        let states: Vec<String> = self.uuids.iter().map(state).collect();
        states.into_iter().zip(self.processes()).collect()
    }
}

/// What `gen` writes for these VMs.
fn manifest(user: &User<'_>, names: &[String]) -> String {
    let arguments: Vec<&str> = ["gen", "--user", user.name]
        .into_iter()
        .chain(names.iter().map(String::as_str))
        .collect();
    let run = user.program(PROGRAM, &arguments).run();
    assert_eq!(run.code, Some(0), "{run}");
    run.stdout
}

/// The longest time that a manifest gives a method.
fn timeout(manifest: &str, method: &str) -> u64 {
    let of_method = format!("name='{method}'");
    let seconds = manifest
        .split("<exec_method")
        .skip(1)
        .filter(|element| element.contains(&of_method))
        .filter_map(|element| {
            let (_, value) = element.split_once("timeout_seconds='")?;
            value.split('\'').next()?.parse().ok()
        });
    seconds
        .max()
        .unwrap_or_else(|| panic!("no timeout of {method} in {manifest}"))
}

/// Runs the method of all these VMs at once: what came of it, for each fleet in the order of its VMs, and how long
/// it was until the last had ended.
fn all_at_once(fleets: &[&Fleet], verb: &str) -> (Vec<Vec<Run>>, Duration) {
    let began = Instant::now();
    let running: Vec<Vec<Running>> = fleets
        .iter()
        .map(|fleet| {
            (0..fleet.len())
                .map(|i| fleet.method(i, verb).spawn())
                .collect()
        })
        .collect();
    let runs = running
        .into_iter()
        .map(|fleet| fleet.into_iter().map(Running::wait).collect())
        .collect();
    (runs, began.elapsed())
}
