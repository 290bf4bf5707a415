//! Restart loops beside `status --watch` on a terminal.
#![expect(
    clippy::disallowed_methods,
    reason = "tests of the real program in real time"
)]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use super::Fleet;
use crate::real::rig::{PROGRAM, Run, Running, rig_or_skip};
use crate::real::rounds;

/// The first of them wait for the watch to show what was done, the others do not wait for anything.
const VMS: usize = 6;
const FOLLOWED: usize = 3;

/// What a terminal shows is cleared by this before each table.
const CLEAR: &str = "\u{1b}[H\u{1b}[J";
/// How long a table may be waited for, of which there is to be one a second.
const PATIENCE: Duration = Duration::from_secs(90);

/// A table that was printed whole: instance and state of its VM, a line each.
fn tables(shown: &str) -> Vec<Vec<(&str, &str)>> {
    let mut texts: Vec<&str> = shown.split(CLEAR).skip(1).collect();
    // More of the last one may follow.
    let last = texts.pop().unwrap_or_default();
    if last.lines().count() == VMS && last.ends_with('\n') {
        texts.push(last);
    }
    let row = |line| -> (&str, &str) {
        let mut words = str::split_whitespace(line);
        (
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default(),
        )
    };
    texts
        .into_iter()
        .map(|text| text.lines().map(row).collect())
        .collect()
}

/// Waits for the first table that was looked for after this moment, and says what it shows.
fn shown_next(watch: &Running, instance: &str) -> String {
    let shown = watch.stdout_so_far();
    // The one that comes next may have been looked for before.
    let wanted = shown.matches(CLEAR).count() + 1;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let shown = watch.stdout_so_far();
        if let Some(table) = tables(&shown).get(wanted) {
            let row = table.iter().find(|(name, _)| *name == instance);
            return row.map_or_else(|| "not there".to_owned(), |(_, state)| (*state).to_owned());
        }
        assert!(Instant::now() < deadline, "no table: {shown:?}");
        sleep(Duration::from_millis(100));
    }
}

/// Starts and stops a VM until it is enough, and counts.
struct Loop<'a> {
    fleet: &'a Fleet<'a>,
    vm: usize,
    done: &'a [AtomicUsize; 2],
    /// Where it waits for what the watch shows.
    watch: Option<&'a Running>,
}

impl Loop<'_> {
    fn turn(&self, first: bool) {
        let uuid = &self.fleet.uuids[self.vm];
        self.step("start", "running");
        // One that is saved in the middle of its first word hangs on its serial port when it is restored.
        if first {
            self.fleet.user.booted(uuid, Duration::from_mins(4));
        }
        self.step("stop", Fleet::stop_of(self.vm).1);
    }

    fn step(&self, verb: &str, state: &str) {
        let run = self.fleet.method(self.vm, verb).run();
        assert_eq!(run.code, Some(0), "{run}");
        self.done[usize::from(verb == "stop")].fetch_add(1, Ordering::Relaxed);
        if let Some(watch) = self.watch {
            let name = &self.fleet.names[self.vm];
            assert_eq!(shown_next(watch, name), state, "{name}, after {run}");
        }
    }
}

/// Says that it is over, also when a test fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn restart_loops_beside_a_watch() {
    let rig = rig_or_skip!();
    let user = rig.exclusive();
    let fleet = Fleet::new(&user, VMS);
    for name in &fleet.names {
        user.set_state(name, "online", "none");
    }
    let command = format!("{PROGRAM} status --watch 1 -H -o name,vm");
    let watching = user
        .program("/usr/bin/script", &["-qefc", &command, "/dev/null"])
        .by_root()
        .env("HOME", "/root")
        .env("USER", "root")
        .env("LOGNAME", "root")
        // As long as the turns take.
        .within(Duration::from_mins(60))
        .spawn();
    let turns = rounds(25);
    let done = [AtomicUsize::new(0), AtomicUsize::new(0)];
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let (fleet, done, over, watch) = (&fleet, &done, &over, &watching);
        let turning = |vm, watch| Loop {
            fleet,
            vm,
            done,
            watch,
        };
        for vm in FOLLOWED..VMS {
            scope.spawn(move || {
                let _failed = Over(over);
                let mut first = true;
                while first || !over.load(Ordering::Relaxed) {
                    turning(vm, None).turn(first);
                    first = false;
                }
            });
        }
        let followed: Vec<_> = (0..FOLLOWED)
            .map(|vm| {
                scope.spawn(move || (0..turns).for_each(|n| turning(vm, Some(watch)).turn(n == 0)))
            })
            .collect();
        let _over = Over(over);
        for thread in followed {
            thread.join().expect("every turn");
        }
    });
    let shown: Vec<String> = fleet
        .names
        .iter()
        .map(|name| shown_next(&watching, name))
        .collect();
    let states: Vec<_> = (0..VMS).map(|vm| Fleet::stop_of(vm).1).collect();
    assert_eq!(shown, states);
    let all = looks_without_fault(watching);
    let [starts, stops] = done.map(AtomicUsize::into_inner);
    eprintln!("| VMs | turns | starts | stops | tables of `status --watch 1` |");
    eprintln!(
        "| {VMS} in restart loops | {turns} and more | {starts}/{starts} | {stops}/{stops} | {all} |"
    );
}

/// Ends the watch, and sees that none of its looks failed. Says how many there were.
fn looks_without_fault(mut watching: Running) -> usize {
    assert!(!watching.is_over(), "it ended by itself");
    let shown = watching.stdout_so_far();
    watching.signal(libc::SIGTERM);
    let _ended: Run = watching.wait();
    assert!(!shown.contains("vbox-smf: "), "it complained: {shown:?}");
    let all = tables(&shown);
    for table in &all {
        assert_eq!(table.len(), VMS, "{table:?}");
        for (name, state) in table {
            let strange = ["unknown", "missing", "inaccessible", ""];
            assert!(!strange.contains(state), "{name} is {state}: {table:?}");
        }
    }
    all.len()
}

#[test]
fn what_a_terminal_showed() {
    let row = "vm1 running\r\n";
    let whole = row.repeat(VMS);
    let shown = format!("{CLEAR}{whole}{CLEAR}{row}");
    assert_eq!(tables(&shown).len(), 1);
    assert_eq!(tables(&shown)[0][1], ("vm1", "running"));
    assert_eq!(tables(&format!("{CLEAR}{whole}{CLEAR}{whole}")).len(), 2);
}
