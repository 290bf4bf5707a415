//! VBoxSVC killed or terminated at any age of its VM, and a start or a stop up to 35 s later. The VM's process lives on until
//! 15, 45, 75 s after its own start; no program is started twice, no lost guest is called saved, and nobody is told to kill
//! what is about to end.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::super::rig::{Rig, Run, User, rig_or_skip};
use super::watch;

/// After the end of what keeps VirtualBox from answering, with some time for a busy machine.
const ALMOST_OVER: Duration = Duration::from_secs(2);

struct Trial {
    age: Duration,
    signal: libc::c_int,
    later: Duration,
    verb: &'static str,
}

/// Twenty of each verb, or three: on both sides of the first two ticks, by both signals, at once and much later.
fn trials(verb: &'static str) -> Vec<Trial> {
    let all = std::env::var_os("VBOX_SMF_FULL").is_some();
    let moments: Vec<u64> = if all {
        (0..20).map(|i| 1 + i * 49 / 19).collect()
    } else {
        vec![2, 14, 17]
    };
    let trial = |(i, age): (usize, u64)| Trial {
        age: Duration::from_secs(age),
        signal: [libc::SIGKILL, libc::SIGTERM][i % 2],
        later: Duration::from_secs((i as u64 * 11) % 36),
        verb,
    };
    moments.into_iter().enumerate().map(trial).collect()
}

fn play(rig: &Rig, trial: &Trial) -> Result<(), String> {
    let user = rig.user();
    let uuid = user.mkvm("vm1", "ignoreacpi");
    user.set_props("vm1", &[]);
    let started = user.method("vm1", "start").run();
    assert_eq!(started.code, Some(0), "{started}");
    sleep(trial.age);
    for pid in user.vboxsvc_pids() {
        user.kill(pid, trial.signal);
    }
    sleep(trial.later);
    let lived = !user.vm_processes(&uuid).is_empty();
    let began = Instant::now();
    let run = watch(&user, &uuid, user.method("vm1", trial.verb).spawn());
    let wrong = what_is_wrong(&user, &uuid, trial.verb, lived, began.elapsed(), &run);
    wrong.map_or(Ok(()), |wrong| {
        Err(format!(
            "{} {:?} after signal {} at {:?}: {wrong}: {run}",
            trial.verb, trial.later, trial.signal, trial.age
        ))
    })
}

fn what_is_wrong(
    user: &User<'_>,
    uuid: &str,
    verb: &str,
    lived: bool,
    took: Duration,
    run: &Run,
) -> Option<String> {
    if run.stderr.contains("deadlocked, and pkill") && run.code != Some(0) {
        return Some("it is told to kill".to_owned());
    }
    let processes = user.vm_processes(uuid).len();
    let state = user.state(uuid);
    let is_so = match verb {
        "start" => run.code == Some(0) && (processes, state.as_str()) == (1, "running"),
        // What was gone before, or within the first look, is off and was so.
        _ if !lived || took < ALMOST_OVER => processes == 0,
        _ => processes == 0 && run.code == Some(if state == "saved" { 0 } else { 95 }),
    };
    (!is_so).then(|| format!("{processes} processes, {state}"))
}

fn play_all(verb: &'static str) {
    let rig = rig_or_skip!();
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let runs: Vec<_> = trials(verb)
            .into_iter()
            .map(|trial| scope.spawn(move || play(rig, &trial)))
            .collect();
        runs.into_iter()
            .filter_map(|run| run.join().expect("a trial").err())
            .collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_start_after_the_end_of_the_server() {
    play_all("start");
}

#[test]
fn a_stop_after_the_end_of_the_server() {
    play_all("stop");
}
