//! The checks themselves: each invariant has what keeps it, and what breaks it and nothing else.

use std::time::Duration;

use super::cast::{Role, VMS};
use super::cure::Cure;
use super::invariants::{ALL, check};
use super::seen::{Look, MethodSeen, Program, StepSeen, VmSeen};
use super::sequence::{Verb, What};

const STATUS: &str = "exit status is documented";
const DEADLINE: &str = "each call ends within its deadline";
const SAID: &str = "a failure is said, and readably";
const SERVER: &str = "trouble with VBoxSVC is named, and what mends it";
const START: &str = "exit 0 of start: the VM runs";
const STOP: &str = "exit 0 of stop: the VM is where it should be";
const RECOVERY: &str = "when nothing goes wrong any more, it works";
const GUESTS: &str = "no VM is powered off that was not to be";
const COMMANDS: &str = "no command that loses is given untold";
const SAVED: &str = "no saved state is lost";
const LEFT: &str = "one process a VM; nothing is left behind";

/// The last line of a stop whose VM hangs.
const PROCESS_BLAMED: &str =
    "vbox-smf: the VM process does not respond; VBoxManage startvm --type emergencystop kills it\n";

/// `alpha` hears the button, `bravo` is deaf and is saved, `charlie` is deaf and may be powered off.
fn cast() -> Vec<Role> {
    let methods = [
        ("acpipowerbutton", "savestate"),
        ("savestate", "none"),
        ("acpipowerbutton", "poweroff"),
    ];
    VMS.iter()
        .zip(methods)
        .map(|(&(name, guest), (method, fallback))| Role {
            name,
            guest,
            method,
            fallback,
            timeout: None,
        })
        .collect()
}

fn look(state: &str, process: Option<u32>, serial: &str) -> Look {
    Look {
        state: state.to_owned(),
        processes: process.into_iter().collect(),
        state_file: ["saved", "aborted-saved"].contains(&state),
        serial: serial.to_owned(),
        booted: serial.contains("BOOTED") || state == "saved",
    }
}

fn method(vm: usize, verb: Verb, code: i32) -> MethodSeen {
    MethodSeen {
        vm,
        verb,
        code: Some(code),
        signalled: false,
        took: Duration::from_secs(2),
        limit: Duration::from_secs(12),
        log: match code {
            0 => "alpha: it runs\n".to_owned(),
            _ => "alpha: checking again\nvbox-smf: alpha: no answer\n".to_owned(),
        },
        processes_at_end: usize::from((verb, code) == (Verb::Start, 0)),
        after_server: false,
        programs: Vec::new(),
    }
}

fn program(words: &[&str]) -> Program {
    Program {
        tool: "VBoxManage".to_owned(),
        fault: None,
        arguments: words.iter().map(|word| (*word).to_owned()).collect(),
    }
}

/// `alpha` was started, `bravo` was stopped, `charlie` was left alone.
fn good() -> StepSeen {
    let vm = |before, after| VmSeen {
        before,
        after,
        most_processes: 1,
        ..VmSeen::default()
    };
    StepSeen {
        methods: vec![method(0, Verb::Start, 0), method(1, Verb::Stop, 0)],
        vms: vec![
            vm(
                look("poweroff", None, ""),
                look("running", Some(7), "BOOTED\r\n"),
            ),
            vm(
                look("running", Some(8), "BOOTED\r\nab"),
                look("saved", None, "BOOTED\r\nabc"),
            ),
            vm(
                look("running", Some(9), "BOOTED\r\n"),
                look("running", Some(9), "BOOTED\r\n"),
            ),
        ],
        user: "vbox0".to_owned(),
        ..StepSeen::default()
    }
}

/// What was seen with something else in it, and which invariants do not hold then.
fn broken(change: impl Fn(&mut StepSeen)) -> Vec<&'static str> {
    let mut seen = good();
    change(&mut seen);
    let mut names: Vec<_> = check(&seen, &cast()).iter().map(|b| b.invariant).collect();
    names.dedup();
    names
}

#[test]
fn each_check_can_fail() {
    let cases: [(&str, &[&str], fn(&mut StepSeen)); 50] = [
        ("all is well", &[], |_| {}),
        ("an odd status", &[STATUS], |s| {
            s.methods[0] = method(0, Verb::Start, 2);
        }),
        ("a panic's status of Rust", &[STATUS], |s| {
            s.methods[0] = method(0, Verb::Start, 101);
        }),
        ("a signal of its own", &[STATUS], |s| {
            s.methods[0].code = None;
        }),
        ("a signal of ours", &[], |s| {
            s.methods[0].code = None;
            s.methods[0].signalled = true;
        }),
        ("late", &[DEADLINE], |s| {
            s.methods[0].took = Duration::from_secs(18);
        }),
        ("a failure without a word", &[SAID], |s| {
            s.methods[1] = method(1, Verb::Stop, 1);
            s.methods[1].log = "alpha: checking again\n".to_owned();
        }),
        ("a failure that is not the last word", &[SAID], |s| {
            s.methods[1] = method(1, Verb::Stop, 1);
            s.methods[1].log.push_str("one more line\n");
        }),
        ("a failure, and exit 0", &[SAID], |s| {
            s.methods[0].log.push_str("vbox-smf: it failed\n");
        }),
        ("a terminal would do what it says", &[SAID], |s| {
            s.methods[0].log.push_str("printed \u{1b}[2J\n");
        }),
        (
            "a server that stands still, and nobody says so",
            &[SERVER],
            |s| {
                s.happened.push(What::Deadlock);
                s.methods[1] = method(1, Verb::Stop, 95);
                s.methods[1].after_server = true;
                s.cure = Some(cure(&["VBoxSVC"], true));
            },
        ),
        ("the same, and doctor is content", &[SERVER], |s| {
            s.happened.push(What::Deadlock);
            s.cure = Some(cure(&[], false));
        }),
        (
            "one that deadlocked by itself, and doctor is content",
            &[SERVER],
            |s| {
                s.happened.push(What::StandsStill);
                s.cure = Some(cure(&[], false));
            },
        ),
        (
            "the same, where nothing goes wrong, and a stop says so",
            &[],
            |s| {
                s.clean = true;
                s.happened.push(What::StandsStill);
                s.methods[1] = method(1, Verb::Stop, 95);
                s.methods[1].log =
                    "vbox-smf: no answer; pkill -9 -u vbox0 VBoxSVC ends it\n".to_owned();
                s.cure = Some(cure(&["VBoxSVC"], true));
            },
        ),
        (
            "a VM's process that hangs by itself, and a stop that says nothing of it",
            &[RECOVERY],
            |s| {
                s.clean = true;
                s.happened.push(What::ProcessHangs(1));
                s.methods[1] = method(1, Verb::Stop, 95);
            },
        ),
        ("the same, and the stop says so", &[], |s| {
            s.clean = true;
            s.happened.push(What::ProcessHangs(1));
            s.methods[1] = method(1, Verb::Stop, 95);
            s.methods[1].log = PROCESS_BLAMED.to_owned();
        }),
        ("a stop that says so of another VM", &[RECOVERY], |s| {
            s.clean = true;
            s.happened.push(What::ProcessHangs(0));
            s.methods[1] = method(1, Verb::Stop, 95);
            s.methods[1].log = PROCESS_BLAMED.to_owned();
        }),
        (
            "a server that was killed, and nothing brings it back",
            &[SERVER],
            |s| {
                s.happened.push(What::KillServer);
                s.cure = Some(cure(&["VBoxHeadless"], false));
            },
        ),
        ("the same, and what doctor says mends it", &[], |s| {
            s.happened.push(What::KillServer);
            s.cure = Some(cure(&["VBoxHeadless"], true));
        }),
        (
            "one that stands still, and doctor never came back",
            &[SERVER],
            |s| {
                s.happened.push(What::Deadlock);
            },
        ),
        ("the same, and all is said", &[], |s| {
            s.happened.push(What::Deadlock);
            s.methods[1] = method(1, Verb::Stop, 95);
            s.methods[1].after_server = true;
            s.methods[1].log =
                "vbox-smf: no answer; pkill -9 -u vbox0 VBoxSVC ends it\n".to_owned();
            s.cure = Some(cure(&["VBoxSVC"], true));
        }),
        (
            "a server that was killed, and nobody says so",
            &[SERVER],
            |s| {
                s.happened.push(What::KillServer);
                s.methods[1] = method(1, Verb::Stop, 95);
                s.methods[1].after_server = true;
            },
        ),
        ("started, and off", &[START], |s| {
            s.vms[0].after = look("poweroff", None, "");
        }),
        ("started, and paused", &[START], |s| {
            s.vms[0].after.state = "paused".to_owned();
        }),
        ("started, and paused by somebody else", &[], |s| {
            s.vms[0].after.state = "paused".to_owned();
            s.happened.push(What::Pause(0));
        }),
        (
            "started, and paused by nobody, while another VM is",
            &[START],
            |s| {
                s.vms[0].after.state = "paused".to_owned();
                s.happened.push(What::Pause(1));
            },
        ),
        ("started, and there was no process then", &[START], |s| {
            s.methods[0].processes_at_end = 0;
        }),
        ("started, and killed", &[], |s| {
            s.vms[0].after = look("aborted", None, "");
            s.vms[0].shot = true;
        }),
        (
            "started, and off after somebody pressed the button",
            &[],
            |s| {
                s.vms[0].after = look("poweroff", None, "BOOTED\r\nBUTTON\r\nOFF\r\n");
                s.vms[0].pressed = true;
            },
        ),
        ("stopped, and running", &[STOP], |s| {
            s.vms[1].after = s.vms[1].before.clone();
        }),
        ("stopped, and VBoxSVC took it for off", &[STOP], |s| {
            s.methods[1].processes_at_end = 1;
        }),
        (
            "stopped by its state, and powered off",
            &[STOP, GUESTS],
            |s| {
                s.vms[1].after = look("poweroff", None, "BOOTED\r\nOFF\r\n");
            },
        ),
        (
            "stopped, and the state cannot be named",
            &[STOP, GUESTS],
            |s| {
                s.vms[1].after = look("unknown", None, "");
            },
        ),
        ("stopped, and started by another method", &[], |s| {
            s.methods.push(method(1, Verb::Start, 0));
            s.vms[1].after = look("running", Some(18), "cd");
        }),
        (
            "nothing goes wrong, and it does not start",
            &[RECOVERY],
            |s| {
                s.clean = true;
                s.methods[0] = method(0, Verb::Start, 1);
                s.vms[0].after = look("poweroff", None, "");
            },
        ),
        ("left alone, and off", &[GUESTS], |s| {
            s.vms[2].after = look("aborted", None, "BOOTED\r\n");
        }),
        ("left alone, and booted again", &[GUESTS], |s| {
            s.vms[2].after = look("running", Some(19), "BOOTED\r\n");
        }),
        ("left alone, and saved without a file", &[GUESTS], |s| {
            s.vms[2].after = look("saved", None, "");
            s.vms[2].after.state_file = false;
        }),
        ("powered off as it was told", &[], |s| {
            s.methods.push(method(2, Verb::Stop, 0));
            s.methods[2].programs = vec![program(&["controlvm", "uuid", "poweroff"])];
            s.vms[2].after = look("poweroff", None, "BOOTED\r\n");
        }),
        ("its process was ended as it was told", &[], |s| {
            s.methods.push(method(2, Verb::Stop, 0));
            s.methods[2].programs = vec![program(&["startvm", "id", "--type", "emergencystop"])];
            s.vms[2].uuid = "id".to_owned();
            s.vms[2].after = look("aborted", None, "BOOTED\r\n");
        }),
        ("aborted, and nobody ended its process", &[STOP], |s| {
            s.methods.push(method(2, Verb::Stop, 0));
            s.vms[2].after = look("aborted", None, "BOOTED\r\n");
        }),
        ("powered off, and nobody was told to", &[COMMANDS], |s| {
            s.methods[1].programs = vec![program(&["controlvm", "uuid", "poweroff"])];
        }),
        (
            "its process was ended, and nobody was told to",
            &[COMMANDS],
            |s| {
                s.methods[1].programs =
                    vec![program(&["startvm", "uuid", "--type", "emergencystop"])];
            },
        ),
        ("a state was discarded", &[COMMANDS], |s| {
            s.methods[0].programs = vec![program(&["discardstate", "uuid"])];
        }),
        ("a saved state is gone", &[SAVED], |s| {
            s.vms[2].before = look("saved", None, "BOOTED\r\nab");
            s.vms[2].after = look("poweroff", None, "BOOTED\r\nab");
            s.vms[2].after.booted = false;
            // That a guest that is off never said so is another matter.
            s.vms[2].shot = true;
        }),
        ("a saved state has no file", &[SAVED], |s| {
            s.vms[2].before = look("saved", None, "");
            s.vms[2].after = look("saved", None, "");
            s.vms[2].after.state_file = false;
        }),
        ("a saved guest booted", &[SAVED], |s| {
            s.vms[0].before = look("saved", None, "");
        }),
        ("two processes of one VM", &[LEFT], |s| {
            s.vms[2].most_processes = 2;
        }),
        ("a lock is held", &[LEFT], |s| s.left.lock = true),
        ("a file and a program are left", &[LEFT], |s| {
            s.left.files.push("/tmp/x".to_owned());
            s.left.processes.push("VBoxManage".to_owned());
        }),
    ];
    for (what, expected, change) in cases {
        assert_eq!(broken(change), expected, "{what}");
    }
    let can_fail = |name: &str| cases.iter().any(|(_, expected, _)| *expected == [name]);
    for (invariant, _) in ALL {
        assert!(can_fail(invariant), "nothing breaks `{invariant}`");
    }
}

fn cure(ended: &[&str], is_well: bool) -> Cure {
    Cure {
        ended: ended.iter().map(|program| (*program).to_owned()).collect(),
        is_well,
        said: String::new(),
    }
}
