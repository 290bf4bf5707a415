//! The rehearsal against real VirtualBox: for every guest and every fault that the real one can be made to
//! have, the same method with the same properties in both worlds. The exit status, the state of the VM after
//! it, and what was done in which order must be the same.
#![expect(
    clippy::disallowed_methods,
    reason = "tests of the real program in real time"
)]

mod rehearsed;

use std::collections::VecDeque;
use std::fs;
use std::os::unix::fs::chown;
use std::sync::Mutex;
use std::thread::sleep;
use std::time::Duration;

use self::rehearsed::rehearsed;
use super::one_vm::OneVm;
use super::rig::{Rig, Tmpfs, outside, rig_or_skip};

/// Takes back what was done to make a fault, before anybody asks VirtualBox.
type Undo = Box<dyn FnOnce()>;

/// The same in both worlds.
struct Case {
    name: &'static str,
    verb: &'static str,
    /// The real guest: one of `tests/rig/guest.s`.
    guest: &'static str,
    /// What makes the rehearsed one the same.
    options: &'static [&'static str],
    settings: &'static [(&'static str, &'static str)],
    /// Brings the real VM to where the method begins.
    prepare: fn(&OneVm<'_>) -> Undo,
    /// What happens to it so long after the method has begun.
    then: Option<(Duration, fn(&OneVm<'_>))>,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct End {
    status: Option<i64>,
    /// None: there is no such VM.
    state: Option<String>,
    deeds: Vec<String>,
}

const POWER_BUTTON: (&str, &str) = ("vm/stop_method", "acpipowerbutton");

/// The long ones come first, so that all end together.
const CASES: [Case; 25] = [
    Case {
        name: "a full disk",
        verb: "stop",
        guest: "beat",
        options: &["--fault", "disk-full"],
        settings: &[("stop/timeout_seconds", "50")],
        prepare: |vm| {
            vm.boot();
            let snapshots = vm.user.vm_folder(&vm.uuid).join("Snapshots");
            let full = Tmpfs::over(&snapshots, &vm.user, "16k");
            Box::new(move || drop(full))
        },
        then: None,
    },
    Case {
        name: "a frozen process, saved",
        verb: "stop",
        guest: "ignoreacpi",
        options: &["--fault", "hang"],
        settings: &[("stop/timeout_seconds", "30")],
        prepare: freeze,
        then: None,
    },
    Case {
        name: "a frozen process, powered off",
        verb: "stop",
        guest: "ignoreacpi",
        options: &["--fault", "hang"],
        settings: &[
            ("vm/stop_method", "poweroff"),
            // VirtualBox may take ten seconds to list a VM that does not answer.
            ("stop/timeout_seconds", "60"),
        ],
        prepare: freeze,
        then: None,
    },
    Case {
        name: "a sleep button that does nothing",
        verb: "stop",
        guest: "ignoreacpi",
        options: &["--guest", "deaf"],
        settings: &[
            ("vm/stop_method", "acpisleepbutton"),
            ("vm/stop_timeout", "60"),
        ],
        prepare: up,
        then: None,
    },
    Case {
        name: "a deaf guest without a fallback",
        verb: "stop",
        guest: "ignoreacpi",
        options: &["--guest", "deaf"],
        settings: &[
            POWER_BUTTON,
            ("vm/stop_fallback", "none"),
            ("vm/stop_timeout", "15"),
        ],
        prepare: up,
        then: None,
    },
    Case {
        name: "the server killed before a stop",
        verb: "stop",
        guest: "acpi",
        options: &["--fault", "svc-dies=0s"],
        settings: &[],
        prepare: |vm| {
            vm.boot();
            kill_server(vm);
            nothing()
        },
        then: None,
    },
    Case {
        name: "the server killed during a stop",
        verb: "stop",
        guest: "ignoreacpi",
        options: &["--guest", "deaf", "--fault", "svc-dies=5s"],
        settings: &[POWER_BUTTON],
        prepare: up,
        then: Some((Duration::from_secs(5), kill_server)),
    },
    Case {
        name: "a deaf guest is saved",
        verb: "stop",
        guest: "ignoreacpi",
        options: &["--guest", "deaf"],
        settings: &[POWER_BUTTON, ("vm/stop_timeout", "27")],
        prepare: up,
        then: None,
    },
    Case {
        name: "a deaf guest is powered off",
        verb: "stop",
        guest: "ignore",
        options: &["--guest", "deaf"],
        settings: &[
            POWER_BUTTON,
            ("vm/stop_fallback", "poweroff"),
            ("vm/stop_timeout", "22"),
        ],
        prepare: up,
        then: None,
    },
    Case {
        name: "a slow guest",
        verb: "stop",
        guest: "acpislow",
        options: &["--guest", "slow=6s"],
        settings: &[POWER_BUTTON],
        prepare: up,
        then: None,
    },
    Case {
        name: "a guest that listens",
        verb: "stop",
        guest: "acpi",
        options: &["--guest", "acpi"],
        settings: &[POWER_BUTTON],
        prepare: up,
        then: None,
    },
    Case {
        name: "no guest additions",
        verb: "stop",
        guest: "acpi",
        options: &[],
        settings: &[("vm/stop_method", "shutdown")],
        prepare: up,
        then: None,
    },
    Case {
        name: "saved",
        verb: "stop",
        guest: "beat",
        options: &[],
        settings: &[],
        prepare: up,
        then: None,
    },
    Case {
        name: "powered off",
        verb: "stop",
        guest: "acpi",
        options: &[],
        settings: &[("vm/stop_method", "poweroff")],
        prepare: up,
        then: None,
    },
    Case {
        name: "a triple fault",
        verb: "stop",
        guest: "triple",
        options: &["--guest", "triple"],
        settings: &[],
        prepare: |vm| {
            vm.boot();
            let stuck = ["gurumeditation"];
            vm.user
                .wait_state(&vm.uuid, &stuck, Duration::from_secs(60));
            nothing()
        },
        then: None,
    },
    Case {
        name: "a process that died",
        verb: "stop",
        guest: "acpi",
        options: &["--guest", "crash=1s"],
        settings: &[],
        prepare: |vm| {
            vm.bring_into("aborted");
            nothing()
        },
        then: None,
    },
    Case {
        name: "a guest that switched itself off",
        verb: "stop",
        guest: "selfoff",
        options: &["--guest", "off-by-itself=3s"],
        settings: &[],
        prepare: |vm| {
            vm.boot();
            let off = ["poweroff"];
            vm.user.wait_state(&vm.uuid, &off, Duration::from_secs(60));
            nothing()
        },
        then: None,
    },
    Case {
        name: "a stop of a VM that is not registered",
        verb: "stop",
        guest: "acpi",
        options: &["--fault", "not-registered"],
        settings: &[],
        prepare: unregister,
        then: None,
    },
    Case {
        name: "a start of a VM that is not registered",
        verb: "start",
        guest: "acpi",
        options: &["--fault", "not-registered"],
        settings: &[],
        prepare: unregister,
        then: None,
    },
    Case {
        name: "a start",
        verb: "start",
        guest: "acpi",
        options: &[],
        settings: &[],
        prepare: |_| nothing(),
        then: None,
    },
    Case {
        name: "a start beside another client, no server running",
        verb: "start",
        guest: "acpi",
        options: &["--fault", "svc-race"],
        settings: &[],
        prepare: |vm| {
            vm.user.cool_down();
            nothing()
        },
        // It may win the race, lose it, or come too late: the start does not care.
        then: Some((Duration::from_millis(8), |vm| {
            vm.user.vboxmanage(&["list", "vms"]);
        })),
    },
    Case {
        name: "a start without the disk",
        verb: "start",
        guest: "acpi",
        options: &["--fault", "missing-disk"],
        settings: &[],
        prepare: |vm| {
            let disk = vm.user.vm_folder(&vm.uuid).join("disk.vdi");
            fs::remove_file(disk).expect("to remove the disk");
            nothing()
        },
        then: None,
    },
    Case {
        name: "a start without the driver",
        verb: "start",
        guest: "acpi",
        options: &["--fault", "no-driver"],
        settings: &[],
        prepare: |vm| {
            // The rig's VMs are the only ones that run without it.
            vm.real(&["modifyvm", &vm.uuid, "--vm-execution-engine", "default"]);
            nothing()
        },
        then: None,
    },
    Case {
        name: "a start without a home",
        verb: "start",
        guest: "acpi",
        options: &["--fault", "no-home"],
        settings: &[],
        prepare: no_home,
        then: None,
    },
    Case {
        name: "a stop without a home",
        verb: "stop",
        guest: "acpi",
        options: &["--fault", "no-home", "--guest", "off-by-itself=1s"],
        settings: &[],
        prepare: no_home,
        then: None,
    },
];

fn kill_server(vm: &OneVm<'_>) {
    for pid in vm.user.vboxsvc_pids() {
        vm.user.kill(pid, libc::SIGKILL);
    }
}

fn nothing() -> Undo {
    Box::new(|| ())
}

fn up(vm: &OneVm<'_>) -> Undo {
    vm.boot();
    nothing()
}

fn freeze(vm: &OneVm<'_>) -> Undo {
    vm.boot();
    vm.user.kill(vm.pid(), libc::SIGSTOP);
    nothing()
}

fn unregister(vm: &OneVm<'_>) -> Undo {
    vm.real(&["unregistervm", &vm.uuid]);
    nothing()
}

/// The settings are put aside and the home belongs to somebody else, while no server runs.
fn no_home(vm: &OneVm<'_>) -> Undo {
    vm.user.cool_down();
    let (home, uid) = (outside(&vm.user.home()), vm.user.uid);
    let (settings, aside) = (home.join(".config"), home.join("aside"));
    fs::rename(&settings, &aside).expect("to put the settings aside");
    chown(&home, Some(0), Some(0)).expect("to give the home to root");
    Box::new(move || {
        chown(&home, Some(uid), Some(uid)).expect("to give the home back");
        fs::rename(&aside, &settings).expect("to put the settings back");
    })
}

impl End {
    /// Whether the first startvm meets a race for the server is a matter of milliseconds.
    fn started_once(mut self) -> Self {
        self.deeds
            .dedup_by(|again, first| again == first && first.starts_with("startvm"));
        self
    }
}

impl Case {
    /// In the real world.
    fn really(&self, rig: &Rig) -> End {
        let mut vm = OneVm::new(rig, self.guest);
        let undo = (self.prepare)(&vm);
        vm.set(self.settings);
        let running = vm.user.method("vm1", self.verb).spawn();
        if let Some((after, act)) = self.then {
            sleep(after);
            act(&vm);
        }
        let run = running.wait();
        println!("--- {}: {run}", self.name);
        undo();
        End {
            status: run.code.map(i64::from),
            deeds: vm.deeds(),
            state: vm.user.states().remove(&vm.uuid),
        }
    }
}

#[test]
fn the_rehearsal_is_like_the_real_thing() {
    let rig = rig_or_skip!();
    let cases = Mutex::new(VecDeque::from_iter(&CASES));
    let differences = Mutex::new(Vec::new());
    // Most of a case is waiting; one user is left for other tests.
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    let Some(case) = cases.lock().expect("no panic").pop_front() else {
                        break;
                    };
                    let rehearsed = rehearsed(case).started_once();
                    let mut real = case.really(rig).started_once();
                    if real != rehearsed {
                        // VirtualBox takes ten seconds for an answer now and then, which is the time of some
                        // cases. What differs twice differs.
                        println!("--- {}: {real:?}, once more", case.name);
                        real = case.really(rig).started_once();
                    }
                    if real != rehearsed {
                        let told =
                            format!("{}:\n real {real:?}\n rehearsed {rehearsed:?}", case.name);
                        differences.lock().expect("no panic").push(told);
                    }
                }
            });
        }
    });
    let differences = differences.into_inner().expect("no panic");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
