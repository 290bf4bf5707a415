//! VBoxSVC killed at some moment of a boot, with svc.startd's retries and an administrator who does what the log says.
#![expect(
    clippy::disallowed_methods,
    reason = "tests of the real program in real time"
)]

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{Fleet, all_at_once, once_or};
use crate::real::rig::{Run, Running, monotonic, rig_or_skip};
use crate::real::server_killed::mend;

const VMS: usize = 8;
/// After so many failures in a row svc.startd gives up.
const TRIES: usize = 3;
/// How often an administrator may have to do what the log says.
const MENDINGS: usize = 3;
const GLANCE: Duration = Duration::from_millis(50);

/// An instance, as svc.startd has it.
enum Instance {
    Starting(Running, usize),
    Online(Run, usize),
    Maintenance(Run),
}

/// When VBoxSVC is killed, and when that was done, on the clock of the recorder.
struct Kill {
    at: Instant,
    done: Option<Duration>,
}

impl Kill {
    /// Kills the server when it is time; what was asked before it was gone may be an answer of that server.
    fn glance(&mut self, fleet: &Fleet<'_>) {
        if self.done.is_some() || Instant::now() < self.at {
            return;
        }
        let pids = fleet.user.vboxsvc_pids();
        for &pid in &pids {
            fleet.user.kill(pid, libc::SIGKILL);
        }
        while fleet
            .user
            .vboxsvc_pids()
            .iter()
            .any(|pid| pids.contains(pid))
        {
            sleep(Duration::from_millis(1));
        }
        self.done = Some(monotonic());
    }
}

/// Starts these instances at once, as svc.startd does, until each is online or in maintenance.
fn start(
    fleet: &Fleet<'_>,
    which: &[usize],
    mut kill: Option<&mut Kill>,
) -> Vec<(usize, Instance)> {
    let begin = |vm: usize, tries| Instance::Starting(fleet.method(vm, "start").spawn(), tries);
    let mut instances: Vec<_> = which.iter().map(|&vm| (vm, begin(vm, 1))).collect();
    let is_starting =
        |(_, instance): &(usize, Instance)| matches!(instance, Instance::Starting(..));
    while instances.iter().any(is_starting) {
        if let Some(kill) = kill.as_deref_mut() {
            kill.glance(fleet);
        }
        let processes = fleet.processes();
        assert!(
            processes.iter().all(|&n| n <= 1),
            "two processes of one VM: {processes:?}"
        );
        let ended = instances.into_iter().map(|(vm, instance)| {
            let Instance::Starting(mut running, tries) = instance else {
                return (vm, instance);
            };
            if !running.is_over() {
                return (vm, Instance::Starting(running, tries));
            }
            let run = running.wait();
            let next = match run.code {
                Some(0) => Instance::Online(run, tries),
                Some(1) if tries < TRIES => {
                    eprintln!("svc.startd tries again: {run}");
                    begin(vm, tries + 1)
                }
                _ => Instance::Maintenance(run),
            };
            (vm, next)
        });
        instances = ended.collect();
        sleep(GLANCE);
    }
    instances
}

/// Whether the run last asked VirtualBox before the server was gone: what came of the VM after that cannot be in its answer.
fn asked_before(fleet: &Fleet<'_>, run: &Run, kill: &Kill) -> bool {
    let calls = fleet.user.vboxmanage_calls();
    let last = calls.iter().rev().find(|call| call.parent == run.pid);
    let asked = last.expect("a start asks VirtualBox").begin;
    kill.done.is_none_or(|killed| asked < killed)
}

/// How the VMs came up.
#[derive(Default)]
struct Ways {
    at_once: usize,
    retried: usize,
    again: usize,
    mended: usize,
}

/// One boot in which the server dies, until all VMs are up.
fn boot(fleet: &Fleet<'_>, moment: Duration, ways: &mut Ways) {
    let all: Vec<usize> = (0..fleet.len()).collect();
    let mut kill = Kill {
        at: Instant::now() + moment,
        done: None,
    };
    let mut instances = start(fleet, &all, Some(&mut kill));
    // It died after all were up.
    if kill.done.is_none() {
        sleep(kill.at.saturating_duration_since(Instant::now()));
        kill.glance(fleet);
    }
    let mut first = true;
    for _ in 0..=MENDINGS {
        let mut down = Vec::new();
        let mut to_mend = Vec::new();
        let processes = fleet.processes();
        for (vm, instance) in &instances {
            match instance {
                Instance::Online(run, _) if first && asked_before(fleet, run, &kill) => {
                    ways.again += 1;
                    down.push(*vm);
                }
                Instance::Online(run, tries) => {
                    assert_eq!(processes[*vm], 1, "a false 0: {run}");
                    match (first, tries) {
                        (true, 1) => ways.at_once += 1,
                        (true, _) => ways.retried += 1,
                        (false, _) => {}
                    }
                }
                Instance::Maintenance(run) => {
                    eprintln!("{moment:?}: in maintenance: {run}");
                    ways.mended += 1;
                    to_mend.push(run);
                    down.push(*vm);
                }
                Instance::Starting(..) => unreachable!("each has ended"),
            }
        }
        if !to_mend.is_empty() {
            mend(fleet.user, &to_mend);
            // With a server go all its VMs.
            down.clone_from(&all);
        }
        if down.is_empty() {
            break;
        }
        first = false;
        instances = start(fleet, &down, None);
    }
    for (i, seen) in fleet.look().into_iter().enumerate() {
        assert_eq!(seen, ("running".to_owned(), 1), "{}", fleet.names[i]);
    }
}

/// A number from 0 to 999 that looks like chance: splitmix64.
fn chance(seed: u64, round: usize) -> u32 {
    let mut z = seed.wrapping_add((round as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    u32::try_from((z ^ (z >> 31)) % 1000).expect("a small number")
}

#[test]
fn killed_in_a_boot_of_eight() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let fleet = Fleet::new(&user, VMS);
    let crash = || {
        user.kill_all();
        user.cool_down();
    };
    // How long a boot takes here, within which the moments are.
    crash();
    let (runs, usual) = all_at_once(&[&fleet], "start");
    assert!(runs[0].iter().all(|run| run.code == Some(0)), "{runs:?}");
    let seed = std::env::var("VBOX_SMF_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(5);
    let rounds = once_or(25);
    let mut ways = Ways::default();
    let mut times = Vec::new();
    for round in 1..=rounds {
        let moment = usual * chance(seed, round) / 1000;
        eprintln!("VBOX_SMF_SEED={seed}, round {round}: killed after {moment:?} of {usual:?}");
        crash();
        let began = Instant::now();
        boot(&fleet, moment, &mut ways);
        times.push(began.elapsed());
    }
    let all = VMS * rounds;
    eprintln!(
        "| VMs | rounds | up | at the first try | by svc.startd's retries | killed after they were up, started again | as the log said | until all were up: median, max |"
    );
    eprintln!(
        "| {VMS}, VBoxSVC killed | {rounds} | {all}/{all} | {} | {} | {} | {} | {} |",
        ways.at_once,
        ways.retried,
        ways.again,
        ways.mended,
        super::tally::median_and_max(times)
    );
}
