//! One VM, `vm1`, with the instance of that name: what most tests are about.

use std::fs;
use std::time::Duration;

use super::rig::{Call, Rig, Run, User, VBOXMANAGE, eventually};

const BOOT: Duration = Duration::from_mins(1);

/// States in which a VM has a process, and in which it must have none.
const UP: [&str; 3] = ["running", "paused", "gurumeditation"];
const DOWN: [&str; 4] = ["poweroff", "saved", "aborted", "aborted-saved"];

pub(crate) struct OneVm<'rig> {
    pub(crate) user: User<'rig>,
    pub(crate) uuid: String,
    timeouts: Timeouts,
}

/// What svc.startd grants the methods.
struct Timeouts {
    start: Duration,
    stop: Duration,
}

impl<'rig> OneVm<'rig> {
    /// A VM that is off, and an instance without properties of its own.
    pub(crate) fn new(rig: &'rig Rig, guest: &str) -> Self {
        let user = rig.user();
        let uuid = user.mkvm("vm1", guest);
        Self::of(user, uuid)
    }

    /// The same for a VM that a test has made in its own way.
    pub(crate) fn of(user: User<'rig>, uuid: String) -> Self {
        user.set_props("vm1", &[]);
        let timeouts = Timeouts {
            start: Duration::from_mins(2),
            stop: Duration::from_mins(2),
        };
        Self {
            user,
            uuid,
            timeouts,
        }
    }

    /// Gives the instance these properties and no others. What is a number of seconds is a count.
    pub(crate) fn set(&mut self, properties: &[(&str, &str)]) {
        let seconds = |name: &str| {
            ["_timeout", "_seconds", "_delay"]
                .iter()
                .any(|end| name.ends_with(end))
        };
        let typed: Vec<_> = properties
            .iter()
            .map(|&(name, value)| {
                let kind = if seconds(name) { "count" } else { "astring" };
                (name, kind, value)
            })
            .collect();
        self.user.set_props("vm1", &typed);
        for (name, _, value) in typed {
            let limit = || Duration::from_secs(value.parse().expect("a number of seconds"));
            match name {
                "start/timeout_seconds" => self.timeouts.start = limit(),
                "stop/timeout_seconds" => self.timeouts.stop = limit(),
                _ => {}
            }
        }
    }

    /// Runs the start method. It must end before svc.startd would kill it.
    pub(crate) fn start(&self) -> Run {
        self.starting().run()
    }

    pub(crate) fn stop(&self) -> Run {
        self.stopping().run()
    }

    pub(crate) fn starting(&self) -> Call<'_> {
        self.user.method("vm1", "start").within(self.timeouts.start)
    }

    pub(crate) fn stopping(&self) -> Call<'_> {
        self.user.method("vm1", "stop").within(self.timeouts.stop)
    }

    // --- past the program under test

    /// Starts the VM from `poweroff`, and waits until its guest runs.
    pub(crate) fn boot(&self) {
        self.real(&["startvm", &self.uuid, "--type", "headless"]);
        self.user.booted(&self.uuid, BOOT);
    }

    pub(crate) fn control(&self, verb: &str) {
        self.real(&["controlvm", &self.uuid, verb]);
    }

    #[track_caller]
    pub(crate) fn real(&self, arguments: &[&str]) {
        let done = self.user.vboxmanage(arguments);
        assert_eq!(done.code, Some(0), "{done}");
    }

    /// Brings the VM from `poweroff` into a state that stays.
    pub(crate) fn bring_into(&self, state: &str) {
        if state == "poweroff" {
            return;
        }
        self.boot();
        self.take_into(state);
    }

    /// The same for a VM that runs.
    pub(crate) fn take_into(&self, state: &str) {
        match state {
            // Into the second one it goes by itself, where the guest is one that does that.
            "running" | "gurumeditation" => {}
            "paused" => self.control("pause"),
            "saved" => self.control("savestate"),
            "aborted" => self.user.kill(self.pid(), libc::SIGKILL),
            "aborted-saved" => self.die_while_it_is_restored(),
            other => panic!("no way into {other}"),
        }
        self.user
            .wait_state(&self.uuid, &[state], Duration::from_secs(60));
        self.assert_is(state);
    }

    /// Kills the VM's process while it restores the state, which takes a third of a second: so it is tried
    /// again when that was missed.
    fn die_while_it_is_restored(&self) {
        for _ in 0..20 {
            match self.user.state(&self.uuid).as_str() {
                "running" => {}
                "aborted" => self.boot(),
                "aborted-saved" => return,
                "saved" => {
                    self.kill_at("Machine state changed to 'Restoring'");
                    continue;
                }
                other => panic!("killed while it was restored it is {other}"),
            }
            self.control("savestate");
        }
        panic!("twenty times the process was killed too late, or too early");
    }

    /// Starts the VM, and kills its process as soon as its log has these words.
    fn kill_at(&self, words: &str) {
        let log = self.user.vm_folder(&self.uuid).join("Logs/VBox.log");
        fs::remove_file(&log).expect("the log of the last run");
        let startvm = ["startvm", &self.uuid, "--type", "headless"];
        let starting = self.user.program(VBOXMANAGE, &startvm).spawn();
        eventually(
            Duration::from_secs(60),
            || fs::read(&log).is_ok_and(|log| String::from_utf8_lossy(&log).contains(words)),
            || format!("`{words}` is not in the VM's log"),
        );
        self.user.kill(self.pid(), libc::SIGKILL);
        // It says that it failed.
        starting.wait();
        let gone = || self.user.vm_processes(&self.uuid).is_empty();
        eventually(Duration::from_secs(60), gone, || {
            "the process is not gone".to_owned()
        });
    }

    /// What the guest has said since its process began.
    pub(crate) fn said(&self) -> Vec<String> {
        let serial = self.user.serial(&self.uuid);
        serial.lines().map(str::to_owned).collect()
    }

    // --- the guest `beat`

    /// The letters that it has said since its process began.
    pub(crate) fn letters(&self) -> String {
        let said = self.user.serial(&self.uuid);
        said.rsplit('\n').next().unwrap_or_default().to_owned()
    }

    pub(crate) fn wait_for_letters(&self, at_least: usize) {
        eventually(
            Duration::from_secs(60),
            || self.letters().len() >= at_least,
            || format!("the guest says no more than `{}`", self.letters()),
        );
    }

    /// It says what comes after what it said before its state was saved.
    #[track_caller]
    pub(crate) fn assert_went_on_from(&self, before: &str) {
        self.assert_was_restored();
        let after = self.letters();
        let last = before.bytes().last().expect("a letter from before");
        let first = after.bytes().next().expect("a letter");
        assert_eq!(first, last + 1, "after `{before}` it said `{after}`");
    }

    /// It has not booted, but was there.
    #[track_caller]
    pub(crate) fn assert_was_restored(&self) {
        let said = self.user.serial(&self.uuid);
        assert!(!said.contains("BOOTED"), "it booted: {said}");
    }

    // --- what is so

    /// The VM's only process.
    #[track_caller]
    pub(crate) fn pid(&self) -> u32 {
        let processes = self.user.vm_processes(&self.uuid);
        let [pid] = processes[..] else {
            panic!("not one process of the VM: {processes:?}");
        };
        pid
    }

    /// The VM is in this state, with one process where it is up and none where it is not.
    #[track_caller]
    pub(crate) fn assert_is(&self, state: &str) {
        assert!(UP.contains(&state) || DOWN.contains(&state), "{state}");
        // First: in the moment after a method nothing may be there that goes away by and by.
        let processes = self.user.vm_processes(&self.uuid);
        assert_eq!(self.user.state(&self.uuid), state);
        let expected = usize::from(UP.contains(&state));
        assert_eq!(
            processes.len(),
            expected,
            "processes of a VM that is {state}"
        );
    }

    /// The verbs of the VBoxManage calls that change something, as the program under test made them.
    pub(crate) fn deeds(&self) -> Vec<String> {
        let calls = self.user.vboxmanage_calls();
        let deeds = calls.iter().filter_map(|call| {
            let words: Vec<&str> = call.arguments.iter().map(String::as_str).collect();
            match words[..] {
                ["showvminfo" | "list", ..] => None,
                ["startvm", _, "--type", kind] => Some(format!("startvm {kind}")),
                ["controlvm", _, verb, ..] | [verb, ..] => Some(verb.to_owned()),
                [] => Some("nothing".to_owned()),
            }
        });
        deeds.collect()
    }
}
