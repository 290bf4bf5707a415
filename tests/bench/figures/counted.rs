//! What other tools count of a run: programs by strace, instructions by valgrind.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::program;
use super::world::World;

/// How long a run under such a tool may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Not a program of the method's: the VM, which `startvm` starts.
const VM: &str = "VBoxHeadless";

/// The programs that a method executes, itself not counted.
pub(crate) fn programs(world: &World, verb: &str, words: &[&str]) -> Result<u64, String> {
    let trace = world.root.with_file_name("trace");
    let spawner = "/opt/bench/spawner";
    if verb == "stop" {
        world.run("start", &[spawner, "/opt/bench/plan.start"])?;
    }
    let mut strace = program("strace");
    strace
        .args(["-f", "-e", "trace=execve", "-e", "signal=none", "-o"])
        .arg(&trace);
    strace
        .args(world.launch(words))
        .env_clear()
        .envs(World::environment(verb));
    // A trace of an earlier run is not this one's.
    let _none = fs::remove_file(&trace);
    let mut running = strace
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("strace: {e}"))?;
    let ended = wait_for_the_first(&mut running, &trace);
    // strace stays as long as the VM that was started.
    if verb == "start" {
        world.run("stop", &[spawner, "/opt/bench/plan.stop"])?;
    }
    running.wait().map_err(|e| e.to_string())?;
    ended?;
    let text = fs::read_to_string(&trace).map_err(|e| e.to_string())?;
    // A call may be cut in two by another process's line.
    let executed = text
        .lines()
        .filter(|line| line.contains("execve(") && !line.contains("= -1 ") && !line.contains(VM))
        .count();
    // launch, and the method.
    u64::try_from(executed)
        .ok()
        .and_then(|n| n.checked_sub(2))
        .ok_or_else(|| format!("strace: {text}"))
}

/// Waits until the process that was traced first is over.
fn wait_for_the_first(running: &mut Child, trace: &Path) -> Result<(), String> {
    let until = Instant::now() + PATIENCE;
    loop {
        let text = fs::read_to_string(trace).unwrap_or_default();
        let first = text.split(' ').next().unwrap_or_default();
        let over = |line: &str| line.starts_with(first) && line.contains("+++ exited with 0 +++");
        if !first.is_empty() && text.lines().any(over) {
            return Ok(());
        }
        if Instant::now() > until || running.try_wait().is_ok_and(|ended| ended.is_some()) {
            let _over = running.kill();
            return Err(format!("strace: it did not get to its end: {text}"));
        }
        pause();
    }
}

#[expect(clippy::disallowed_methods, reason = "nothing is simulated here")]
fn pause() {
    std::thread::sleep(Duration::from_millis(10));
}

/// The instructions of a method's own process: of a script, the shell and its copies, without the programs that it
/// executes.
pub(crate) fn instructions(world: &World, verb: &str, words: &[&str]) -> Result<u64, String> {
    if !world.root.join("usr/bin/valgrind").is_symlink() {
        return Err("valgrind is not installed".to_owned());
    }
    let mut line = vec![
        "/usr/bin/valgrind",
        "--tool=callgrind",
        "--callgrind-out-file=/dev/null",
    ];
    line.extend(words);
    world.run(verb, &line)?;
    let printed = world.printed();
    let counts = printed.lines().filter_map(|line| {
        line.split_once("Collected : ")?
            .1
            .trim()
            .parse::<u64>()
            .ok()
    });
    let all: u64 = counts.sum();
    if all == 0 {
        Err(format!("valgrind: {printed}"))
    } else {
        Ok(all)
    }
}
