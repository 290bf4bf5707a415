//! Each check can fail: methods that lie, and worlds that are not as they should be.
#![expect(clippy::unnecessary_wraps, reason = "a method's type")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::checks::{ALL, check};
use super::play::play;
use super::seen::{MethodEnd, Seen};
use super::storm::{Instance, Order, Step, Storm};
use super::{draw, run};
use crate::failure::{Failure, Kind};
use crate::host::{Contract, Host, Invocation, keep_waiting};
use crate::simulation::host::{Accident, Event, Guest, Happened, SmfState, What};
use crate::simulation::rehearsal::startd::Request;
use crate::text::log::Log;
use crate::virtualbox::vm::{Intent, VmState};

const STATUS: &str = ALL[0].0;
const DEADLINE: &str = ALL[1].0;
const FAILURE: &str = ALL[2].0;
const START: &str = ALL[3].0;
const STOP: &str = ALL[4].0;
const WORKS: &str = ALL[5].0;
const SMF: &str = ALL[6].0;
const GUESTS: &str = ALL[7].0;
const COMMANDS: &str = ALL[8].0;
const SAVED: &str = ALL[9].0;
const PROCESSES: &str = ALL[10].0;

/// The invariants that are violated, each once.
fn violated(seen: &Seen) -> BTreeSet<&'static str> {
    check(seen).iter().map(|each| each.invariant).collect()
}

/// Runs VBoxManage for a method that is wrong.
fn vboxmanage(host: &dyn Host, args: &[&str]) {
    let what = Invocation {
        program: "/usr/bin/VBoxManage".into(),
        args: args.iter().map(Into::into).collect(),
        env: Vec::new(),
        limit: Duration::from_secs(2),
        contract: Contract::Own,
    };
    // What comes of it is nobody's matter here.
    let _ = host.run(&what, &mut keep_waiting);
}

fn does_nothing(_: &dyn Host, _: &Log<'_>, _: &Request) -> Result<(), Failure> {
    Ok(())
}

fn has_another_status(_: &dyn Host, _: &Log<'_>, _: &Request) -> Result<(), Failure> {
    Err(Failure::told(Kind::NoSmf, "who is there?"))
}

fn never_ends(host: &dyn Host, _: &Log<'_>, _: &Request) -> Result<(), Failure> {
    host.sleep(Duration::from_hours(24));
    Ok(())
}

fn says_too_much(host: &dyn Host, log: &Log<'_>, request: &Request) -> Result<(), Failure> {
    log.line("vbox-smf: the first of two failures");
    run(host, log, request)
}

fn gives_up(_: &dyn Host, _: &Log<'_>, _: &Request) -> Result<(), Failure> {
    Err(Failure::told(Kind::Fatal, "no"))
}

/// It does what the real one does, and nobody sees that it is up.
fn powers_off(host: &dyn Host, log: &Log<'_>, request: &Request) -> Result<(), Failure> {
    if request.intent == Intent::Stop {
        let vm = request.fmri.instance().as_str();
        vboxmanage(host, &["controlvm", vm, "poweroff"]);
    }
    run(host, log, request)
}

fn discards(host: &dyn Host, log: &Log<'_>, request: &Request) -> Result<(), Failure> {
    let vm = request.fmri.instance().as_str();
    vboxmanage(host, &["discardstate", vm]);
    run(host, log, request)
}

/// It says of every VM that it is aborted.
fn claims(host: &dyn Host, log: &Log<'_>, request: &Request) -> Result<(), Failure> {
    run(host, log, request)?;
    log.line("vm: aborted: stopped");
    Ok(())
}

/// It does not wait for the end of what it began.
fn does_not_wait(host: &dyn Host, log: &Log<'_>, request: &Request) -> Result<(), Failure> {
    let vm = request.fmri.instance().as_str();
    match request.intent {
        Intent::Start => vboxmanage(host, &["startvm", vm, "--type", "headless"]),
        Intent::Stop => vboxmanage(host, &["controlvm", vm, "savestate"]),
    }
    log.line("vm: saved: stopped");
    Ok(())
}

/// It looks where looking does harm.
fn looks_and_starts(host: &dyn Host, log: &Log<'_>, request: &Request) -> Result<(), Failure> {
    let vm = request.fmri.instance().as_str();
    let done = run(host, log, request);
    vboxmanage(host, &["controlvm", vm, "acpipowerbutton"]);
    host.sleep(Duration::from_millis(2_020));
    vboxmanage(host, &["showvminfo", vm, "--machinereadable"]);
    done
}

#[test]
fn methods_that_are_wrong_are_seen() {
    type Wrong = fn(&dyn Host, &Log<'_>, &Request) -> Result<(), Failure>;
    let all: [(&str, Wrong, &[&str]); 10] = [
        ("does nothing", does_nothing, &[START, STOP, SMF]),
        ("another status", has_another_status, &[STATUS, WORKS]),
        ("never ends", never_ends, &[DEADLINE, WORKS]),
        ("two failures", says_too_much, &[FAILURE]),
        ("gives up", gives_up, &[WORKS]),
        ("powers off", powers_off, &[COMMANDS]),
        ("discards", discards, &[COMMANDS]),
        ("claims another state", claims, &[STOP]),
        ("does not wait", does_not_wait, &[STOP, START]),
        ("does harm", looks_and_starts, &[PROCESSES]),
    ];
    for (what, program, expected) in all {
        let mut seen = BTreeSet::new();
        let is_seen = |seen: &BTreeSet<&str>| expected.iter().all(|each| seen.contains(each));
        for seed in 0..60 {
            seen.extend(violated(&play(&draw::storm(seed), &program)));
            if is_seen(&seen) {
                break;
            }
        }
        assert!(is_seen(&seen), "{what}: only {seen:?}");
    }
}

pub(super) fn instance(name: &str, before: VmState, guest: Guest) -> Instance {
    Instance {
        name: name.to_owned(),
        owner: draw::OWNERS[0],
        guest,
        additions: false,
        faults: Vec::new(),
        saving: Duration::from_millis(100),
        lingers: Duration::from_millis(80),
        before,
        properties: BTreeMap::new(),
        limits: [120, 300],
    }
}

/// One that starts, one that stops, and one that is restored; all goes well.
fn story() -> Seen {
    let orders = [Order::Up, Order::Down, Order::Up];
    let orders = orders.into_iter().enumerate();
    let storm = Storm {
        seed: 0,
        calm: true,
        short_arguments: false,
        instances: vec![
            instance("alpha", VmState::PowerOff, Guest::Acpi),
            instance("bravo", VmState::Running, Guest::Deaf),
            instance("charlie", VmState::Saved, Guest::Acpi),
        ],
        steps: vec![Step {
            orders: orders
                .map(|(who, order)| (who, Duration::ZERO, order))
                .collect(),
            pause: Duration::from_secs(1),
            ..Step::default()
        }],
    };
    play(&storm, &run)
}

/// The first method of an instance.
fn method(seen: &mut Seen, who: usize) -> &mut super::seen::MethodSeen {
    let mut methods = seen.methods.iter_mut();
    methods
        .find(|method| method.who == who)
        .expect("it has one")
}

/// The first change of a VM to a state is one to another state. Says when.
fn change(seen: &mut Seen, name: &str, to: &VmState, instead: &VmState) -> Duration {
    let mut changes = seen.events.iter_mut().filter(|event| event.subject == name);
    let found = changes.find_map(|event| match &mut event.what {
        What::Machine { to: state, .. } if state == to => {
            *state = instead.clone();
            Some(event.at)
        }
        _ => None,
    });
    found.expect("there is such a change")
}

/// The first command about this is another one.
fn order(seen: &mut Seen, about: &str, instead: &str) {
    let mut commands = seen
        .events
        .iter_mut()
        .filter_map(|event| match &mut event.what {
            What::Command(command) => Some(command),
            _ => None,
        });
    let command = commands.find(|command| command.line.contains(about));
    instead.clone_into(&mut command.expect("there is such a command").line);
}

fn happened(seen: &mut Seen, who: usize, at: Duration, what: Accident) {
    let owner = draw::OWNERS[0].to_owned();
    let uuid = seen.uuids[who].clone();
    seen.happened.push(Happened {
        at,
        owner,
        uuid,
        what,
    });
}

#[test]
fn worlds_that_are_wrong_are_seen() {
    type Change = fn(&mut Seen);
    let all: &[(&str, &str, Change)] = &[
        ("an exit status that nobody knows", STATUS, |s| {
            method(s, 0).end = MethodEnd::Exited(99);
        }),
        ("one for who may not do it", STATUS, |s| {
            method(s, 1).end = MethodEnd::Exited(100);
        }),
        ("svc.startd killed it", DEADLINE, |s| {
            method(s, 0).end = MethodEnd::TimedOut;
        }),
        ("a stop took longer than vm/stop_timeout", DEADLINE, |s| {
            let properties = &mut s.storm.instances[1].properties;
            properties.insert("stop_timeout", "5".to_owned());
            method(s, 1).ended += Duration::from_secs(9);
        }),
        ("a failure that is none", FAILURE, |s| {
            method(s, 0).lines.push("vbox-smf: no".to_owned());
        }),
        ("a failure of which nothing is said", FAILURE, |s| {
            method(s, 0).end = MethodEnd::Exited(95);
        }),
        ("a line that clears the screen", FAILURE, |s| {
            method(s, 0).lines.insert(0, "\u{1b}[2J".to_owned());
        }),
        ("started, and off", START, |s| {
            s.events.retain(|event| event.subject != "alpha");
            method(s, 0).after.state = VmState::PowerOff;
        }),
        ("started, and nothing runs it", START, |s| {
            method(s, 0).after.processes.clear();
        }),
        ("started twice", START, |s| {
            method(s, 0).after.processes.push(7);
        }),
        ("stopped, and something runs it", STOP, |s| {
            method(s, 1).after.processes.push(7);
        }),
        ("stopped, and running", STOP, |s| {
            method(s, 1).after.state = VmState::Running;
        }),
        ("stopped, and its settings file says otherwise", STOP, |s| {
            method(s, 1).after.written = VmState::PowerOff;
        }),
        ("stopped, and killed before it was saved", STOP, |s| {
            let at = change(s, "bravo", &VmState::Saved, &VmState::Aborted);
            happened(s, 1, at, Accident::Crash);
        }),
        ("stopped, and its server killed meanwhile", STOP, |s| {
            let at = change(s, "bravo", &VmState::Saved, &VmState::PowerOff);
            happened(s, 1, at, Accident::KillServer);
        }),
        ("nothing goes wrong, and it is not started", WORKS, |s| {
            method(s, 0).end = MethodEnd::Exited(1);
        }),
        ("mended, and not stopped", WORKS, |s| {
            s.storm.calm = false;
            let last = s.methods.last_mut().expect("it has one");
            last.end = MethodEnd::Exited(95);
        }),
        ("online, and off", SMF, |s| {
            s.looks[0].vm.state = VmState::PowerOff;
        }),
        ("disabled, and running", SMF, |s| {
            s.looks[1].vm.processes.push(7);
        }),
        ("in maintenance for nothing", SMF, |s| {
            s.looks[0].smf = SmfState::Maintenance;
        }),
        ("it ends, and nobody ended it", GUESTS, |s| {
            change(s, "bravo", &VmState::Saved, &VmState::Aborted);
        }),
        ("a deaf guest turns itself off", GUESTS, |s| {
            change(s, "bravo", &VmState::Saving, &VmState::Stopping);
            change(s, "bravo", &VmState::Saved, &VmState::PowerOff);
        }),
        ("powered off untold", COMMANDS, |s| {
            order(s, "savestate", "VBoxManage controlvm bravo poweroff");
        }),
        ("its process ended untold", COMMANDS, |s| {
            order(
                s,
                "startvm",
                "VBoxManage startvm alpha --type emergencystop",
            );
        }),
        ("a saved state discarded untold", COMMANDS, |s| {
            order(s, "startvm", "VBoxManage discardstate charlie");
        }),
        ("reset", COMMANDS, |s| {
            order(s, "startvm", "VBoxManage controlvm alpha reset");
        }),
        ("a saved state is gone", SAVED, |s| {
            change(s, "charlie", &VmState::Restoring, &VmState::PowerOff);
        }),
        ("a restore ends with nothing", SAVED, |s| {
            change(s, "charlie", &VmState::Running, &VmState::Aborted);
        }),
        ("saved, and its settings file does not say so", SAVED, |s| {
            s.looks.last_mut().expect("one").vm.written = VmState::PowerOff;
        }),
        ("two processes of one VM", PROCESSES, |s| {
            s.events.push(Event {
                at: Duration::ZERO,
                subject: "alpha".to_owned(),
                owner: Some(draw::OWNERS[0].to_owned()),
                what: What::Hazard("two processes of this VM".to_owned()),
            });
        }),
        ("a lock is held", PROCESSES, |s| {
            s.locks.push("vb".to_owned());
        }),
        ("a program is left", PROCESSES, |s| {
            s.programs.push("VBoxManage list vms".to_owned());
        }),
    ];
    let good = story();
    assert_eq!(check(&good), [], "{good}");
    for (what, expected, change) in all {
        let mut seen = good.clone();
        change(&mut seen);
        let violated = violated(&seen);
        assert!(violated.contains(expected), "{what}: only {violated:?}");
    }
    for (invariant, _) in ALL {
        assert!(
            all.iter().any(|(_, expected, _)| *expected == invariant),
            "nothing violates `{invariant}`"
        );
    }
}
