//! Whole stories, from a manifest to where each instance ended.

use super::*;
use crate::simulation::rehearsal::assigned::{FAULTS, GUESTS, words};
use crate::simulation::rehearsal::timeline::{Letters, Text};

const SECOND: Duration = Duration::from_secs(1);

/// A manifest with these instances; what stands inside each is given.
fn manifest(instances: &[(&str, &str)]) -> String {
    let instances: Vec<String> = instances
        .iter()
        .map(|(name, inside)| {
            format!("<instance name='{name}' enabled='false'>{inside}</instance>")
        })
        .collect();
    let instances = instances.concat();
    format!(
        "<service_bundle type='manifest' name='x'>
        <service name='site/vbox' type='service' version='1'>
        <method_context><method_credential user='vb'/></method_context>
        <property_group name='startd' type='framework'><propval name='duration' type='astring' value='transient'/></property_group>
        <exec_method type='method' name='start' exec='/lib/svc/method/vbox %m' timeout_seconds='120'/>
        <exec_method type='method' name='stop' exec='/lib/svc/method/vbox %m' timeout_seconds='300'/>
        {instances}</service></service_bundle>"
    )
}

fn depends(grouping: &str, on: &str) -> String {
    format!(
        "<dependency name='d' grouping='{grouping}' restart_on='none' type='service'>\
         <service_fmri value='svc:/site/vbox:{on}'/></dependency>"
    )
}

fn vm(properties: &[(&str, &str)]) -> String {
    let properties: Vec<String> = properties
        .iter()
        .map(|(name, value)| {
            let kind = if value.parse::<u32>().is_ok() {
                "count"
            } else {
                "astring"
            };
            format!("<propval name='{name}' type='{kind}' value='{value}'/>")
        })
        .collect();
    let properties = properties.concat();
    format!("<property_group name='vm' type='application'>{properties}</property_group>")
}

fn script(scenario: Scenario, guests: &[&str], faults: &[&str]) -> Script {
    Script {
        guests: guests.iter().map(|g| g.parse().unwrap()).collect(),
        faults: faults.iter().map(|f| f.parse().unwrap()).collect(),
        ..Script::of(scenario)
    }
}

fn shown(played: &Played) -> String {
    let ink = Letters::Plain;
    Text { played, ink }.to_string()
}

/// When svc.startd first said this of an instance.
#[track_caller]
fn when(played: &Played, instance: &str, said: &str) -> Duration {
    let fmri = format!("svc:/site/vbox:{instance}");
    let found = played.events.iter().find(|event| {
        let told = matches!(&event.what, What::Smf { told, .. } if told.contains(said));
        told && event.subject == fmri
    });
    match found {
        Some(event) => event.at,
        None => panic!("{instance}: no {said:?} in\n{}", shown(played)),
    }
}

/// How an instance ended.
fn end(played: &Played, nth: usize) -> (SmfState, Option<VmState>, bool) {
    let outcome = &played.outcomes[nth];
    let last = outcome.looks.last().unwrap();
    (last.smf, last.vm.clone(), outcome.is_good())
}

fn presses(played: &Played) -> Vec<Duration> {
    let pressed = |event: &&Event| matches!(&event.what, What::Command(c) if c.line.ends_with(" acpipowerbutton"));
    played.events.iter().filter(pressed).map(|e| e.at).collect()
}

const DEAF: [(&str, &str); 2] = [("stop_method", "acpipowerbutton"), ("stop_timeout", "240")];

#[test]
fn a_deaf_guest_is_pressed_every_ten_seconds_and_saved_with_time_to_spare() {
    let text = manifest(&[("vm1", &vm(&DEAF))]);
    let played = play(&text, &script(Scenario::Disable, &["deaf"], &[])).unwrap();
    assert_eq!(
        end(&played, 0),
        (SmfState::Disabled, Some(VmState::Saved), true),
        "{}",
        shown(&played)
    );
    let presses = presses(&played);
    assert!((17..=18).contains(&presses.len()), "{presses:?}");
    for pair in presses.windows(2) {
        let gap = pair[1].saturating_sub(pair[0]);
        assert!((10 * SECOND..11 * SECOND).contains(&gap), "{presses:?}");
    }
    assert!(played.outcomes[0].looks[0].took < 200 * SECOND);
}

#[test]
fn without_a_fallback_it_ends_in_maintenance() {
    let text = manifest(&[(
        "vm1",
        &vm(&[&DEAF[..], &[("stop_fallback", "none")]].concat()),
    )]);
    let played = play(&text, &script(Scenario::Disable, &["deaf"], &[])).unwrap();
    let expected = (SmfState::Maintenance, Some(VmState::Running), false);
    assert_eq!(end(&played, 0), expected, "{}", shown(&played));
    let text = shown(&played).replace("\n          ", " ");
    let told = "ended maintenance with its VM running, should be disabled with its VM down";
    assert!(text.contains(told), "{text}");
}

#[test]
fn who_requires_waits_and_stops_first() {
    // The first by its name is the last to start.
    let text = manifest(&[("a", &depends("require_all", "b")), ("b", "")]);
    for (scenario, first, then) in [
        (
            Scenario::Boot,
            ("b", ": online"),
            ("a", "start method runs"),
        ),
        (Scenario::Restart, ("a", ": offline"), ("a", ": online")),
        (
            Scenario::Shutdown,
            ("a", ": disabled"),
            ("b", "stop method runs"),
        ),
    ] {
        let played = play(&text, &script(scenario, &[], &[])).unwrap();
        let (first, then) = (
            when(&played, first.0, first.1),
            when(&played, then.0, then.1),
        );
        assert!(first <= then, "{}", shown(&played));
        assert!(then > Duration::ZERO);
        assert!(end(&played, 0).2 && end(&played, 1).2, "{}", shown(&played));
    }
    // To disable both asks for no order: restart_on is none.
    let played = play(&text, &script(Scenario::Disable, &[], &[])).unwrap();
    assert_eq!(when(&played, "b", "stop method runs"), Duration::ZERO);
}

#[test]
fn what_a_failure_does_to_those_that_depend_on_it() {
    for (grouping, state) in [
        ("require_all", SmfState::Offline),
        ("require_any", SmfState::Offline),
        ("optional_all", SmfState::Online),
        ("exclude_all", SmfState::Online),
    ] {
        let text = manifest(&[("a", &depends(grouping, "b")), ("b", "")]);
        let played = play(&text, &script(Scenario::Boot, &[], &["b=no-driver"])).unwrap();
        assert_eq!(end(&played, 0).0, state, "{grouping}: {}", shown(&played));
        assert_eq!(end(&played, 1).0, SmfState::Maintenance);
    }
    // A chain: c is optional to b, which never comes, because a does not.
    let text = manifest(&[
        ("a", ""),
        ("b", &depends("require_all", "a")),
        ("c", &depends("optional_all", "b")),
    ]);
    let played = play(&text, &script(Scenario::Boot, &[], &["a=no-driver"])).unwrap();
    let states = [0, 1, 2].map(|nth| end(&played, nth).0);
    let expected = [SmfState::Maintenance, SmfState::Offline, SmfState::Online];
    assert_eq!(states, expected, "{}", shown(&played));
}

#[test]
fn who_excludes_an_instance_that_runs_stays_offline() {
    let text = manifest(&[
        ("a", &depends("exclude_all", "b")),
        ("b", ""),
        ("c", &depends("optional_all", "a")),
    ]);
    let played = play(&text, &script(Scenario::Boot, &[], &[])).unwrap();
    let states = [0, 1, 2].map(|nth| end(&played, nth).0);
    let expected = [SmfState::Offline, SmfState::Online, SmfState::Online];
    assert_eq!(states, expected, "{}", shown(&played));
    when(
        &played,
        "a",
        "stays offline: waits for the end of svc:/site/vbox:b",
    );
}

#[test]
fn a_cycle_is_told() {
    let text = manifest(&[
        ("a", &depends("require_all", "b")),
        ("b", &depends("optional_all", "a")),
    ]);
    let played = play(&text, &script(Scenario::Boot, &[], &[])).unwrap();
    when(
        &played,
        "b",
        "completes a dependency cycle (b -> a -> b): maintenance",
    );
    assert!(!end(&played, 0).2 && !end(&played, 1).2);
}

#[test]
fn a_host_that_goes_before_the_guest_is_down() {
    let text = manifest(&[("a", &depends("require_all", "b")), ("b", &vm(&DEAF))]);
    let mut script = script(Scenario::Shutdown, &["deaf"], &[]);
    script.shutdown_limit = Some(30 * SECOND);
    let played = play(&text, &script).unwrap();
    assert_eq!(
        end(&played, 0),
        (SmfState::Disabled, Some(VmState::Saved), true)
    );
    let (_, vm, good) = end(&played, 1);
    assert_eq!(
        (vm, good),
        (Some(VmState::Aborted), false),
        "{}",
        shown(&played)
    );
    let told = when(&played, "b", "the host's shutdown limit expired");
    assert_eq!(told, 30 * SECOND);
    let words = shown(&played)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let note = "b note the timeout is too short: its stop may take 240 s, but the host waits 30 s";
    assert!(words.contains(note), "{words}");
    // With time enough it is saved.
    script.shutdown_limit = Some(250 * SECOND);
    let played = play(&text, &script).unwrap();
    assert!(end(&played, 1).2, "{}", shown(&played));
}

/// What ends well, by guest or fault and scenario: life, boot, disable, disable-early, restart, clear, delete, shutdown.
#[test]
fn every_guest_and_every_fault() {
    let text = manifest(&[
        ("vm1", ""),
        ("vm2", &vm(&[("stop_method", "acpipowerbutton")])),
    ]);
    let rows = [
        ("acpi", [true, true, true, true, true, true, true, true]),
        ("slow=90s", [true, true, true, true, true, true, true, true]),
        ("deaf", [true, true, true, true, true, true, true, true]),
        (
            "off-by-itself=5m",
            [true, false, true, true, true, false, true, true],
        ),
        (
            "crash=1m",
            [true, false, true, true, true, false, true, true],
        ),
        (
            "triple",
            [true, false, true, true, true, false, false, true],
        ),
        ("svc-race", [true, true, true, true, true, true, true, true]),
        (
            "svc-dies=100ms",
            [true, true, false, true, false, true, true, false],
        ),
        ("hang", [false, true, false, true, false, true, true, false]),
        (
            "method-hangs",
            [true, true, true, true, true, true, true, true],
        ),
        (
            "disk-full",
            [false, true, false, false, false, true, true, false],
        ),
        (
            "state-not-written",
            [true, true, true, true, true, true, true, true],
        ),
        (
            "no-driver",
            [false, false, true, true, false, true, true, true],
        ),
        (
            "no-memory",
            [false, false, true, true, false, true, true, true],
        ),
        (
            "no-home",
            [false, false, false, true, false, true, false, false],
        ),
        (
            "missing-disk",
            [false, false, true, true, false, true, true, true],
        ),
        (
            "not-registered",
            [false, false, false, false, false, true, false, false],
        ),
    ];
    let known = [words(GUESTS), words(FAULTS)].join(", ");
    for word in known.split(", ") {
        // A time may be another one here.
        let mut words = rows.iter().map(|row| row.0.split('=').next());
        let is_there = words.any(|there| there == word.split('=').next());
        assert!(is_there, "no row for {word}");
    }
    for (wish, expected) in rows {
        assert_eq!(expected.len(), Scenario::all().len(), "{wish}");
        for (scenario, expected) in Scenario::all().iter().copied().zip(expected) {
            let mut script = Script::of(scenario);
            match wish.parse() {
                Ok(guest) => script.guests = vec![guest],
                Err(_) => script.faults = vec![wish.parse().unwrap()],
            }
            let played = play(&text, &script).unwrap();
            let good = end(&played, 0).2;
            assert_eq!(good, expected, "{wish}, {scenario:?}:\n{}", shown(&played));
            let again = play(&text, &script).unwrap();
            assert_eq!(played.events, again.events, "{wish}, {scenario:?}");
        }
    }
}

/// Eight instances of one user boot. The first one's start hangs when its VM runs, until svc.startd kills it.
fn boot_beside_a_hung_method(sim: &Sim) -> Played {
    let names: Vec<String> = (1..=8).map(|n| format!("vm{n}")).collect();
    let instances: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
    let script = script(Scenario::Boot, &[], &["vm1:method-hangs"]);
    let played = play_on(
        sim,
        &manifest(&instances),
        &script,
        &crate::engine::method::run,
    );
    let played = played.unwrap();
    let killed = when(&played, "vm1", "start method is killed");
    assert_eq!(killed, 120 * SECOND, "{}", shown(&played));
    for nth in 1..8 {
        assert!(
            played.outcomes[nth].looks[0].took < 120 * SECOND,
            "{nth} was to be up before:\n{}",
            shown(&played)
        );
    }
    played
}

#[test]
fn a_method_that_hangs_does_no_harm_to_its_neighbours() {
    let played = boot_beside_a_hung_method(&Sim::new());
    // The first one's next start finds its VM running.
    for nth in 0..8 {
        assert_eq!(
            end(&played, nth),
            (SmfState::Online, Some(VmState::Running), true),
            "{nth}\n{}",
            shown(&played)
        );
    }
    assert!(!shown(&played).contains("process contract"));
}

/// What the real svc.startd does where VBoxSVC was born in the contract of a method: it kills them all, and the
/// neighbours stay online.
#[test]
fn a_method_that_hangs_takes_its_neighbours_along_where_contracts_are_inherited() {
    let sim = Sim::new();
    sim.inherit_contracts();
    let played = boot_beside_a_hung_method(&sim);
    assert_eq!(end(&played, 0).0, SmfState::Maintenance);
    for nth in 1..8 {
        assert_eq!(
            end(&played, nth),
            (SmfState::Online, Some(VmState::PowerOff), false),
            "{nth}\n{}",
            shown(&played)
        );
    }
    let told = "cannot run VBoxManage in its own process contract (No such file or directory";
    let lines = played
        .events
        .iter()
        .filter(|event| matches!(&event.what, What::Line(line) if line.contains(told)));
    // Once in each method: three starts of the one that hangs.
    assert_eq!(lines.count(), 10, "{}", shown(&played));
}

#[test]
fn two_users_with_a_vm_of_the_same_name() {
    let of = |user: &str| {
        format!(
            "<method_context><method_credential user='{user}'/></method_context>{}",
            vm(&[("name", "web")])
        )
    };
    let text = manifest(&[("a", &of("anne")), ("b", &of("bob"))]);
    let played = play(&text, &script(Scenario::Boot, &["b=crash=10s"], &[])).unwrap();
    assert_eq!(end(&played, 0).1, Some(VmState::Running));
    assert_eq!(end(&played, 1).1, Some(VmState::Aborted));
    let text = shown(&played);
    assert!(
        text.contains("b         vm    running -> aborted"),
        "{text}"
    );
    assert!(
        !text.contains("a         vm    running -> aborted"),
        "{text}"
    );
}

#[test]
fn what_is_not_of_this_program_is_passed_by() {
    let other = "<exec_method type='method' name='start' exec='/bin/other' timeout_seconds='0'/>\
                 <exec_method type='method' name='stop' exec=':kill' timeout_seconds='0'/>";
    let text = manifest(&[("a", ""), ("b", other)]);
    let played = play(&text, &Script::of(Scenario::Life)).unwrap();
    assert_eq!(played.outcomes.len(), 1);
    let text = shown(&played);
    assert!(
        text.contains("b         note  not an instance of this program"),
        "{text}"
    );

    let failure = play(&manifest(&[("b", other)]), &Script::of(Scenario::Life)).unwrap_err();
    assert!(
        failure.to_string().contains("are not this program"),
        "{failure}"
    );
    let half = "<exec_method type='method' name='stop' exec='/bin/other' timeout_seconds='0'/>";
    let failure = play(&manifest(&[("b", half)]), &Script::of(Scenario::Life)).unwrap_err();
    let told = "the stop method of svc:/site/vbox:b is '/bin/other', not vbox-smf";
    assert!(failure.to_string().contains(told), "{failure}");
    let empty = "<service_bundle type='manifest' name='x'/>";
    let failure = play(empty, &Script::of(Scenario::Life)).unwrap_err();
    assert!(
        failure
            .to_string()
            .starts_with("the manifest has no instances"),
        "{failure}"
    );
}

#[test]
fn an_exec_that_cannot_be_expanded_is_maintenance() {
    let odd = "<exec_method type='method' name='start' exec='/lib/svc/method/vbox %q' timeout_seconds='0'/>";
    let played = play(&manifest(&[("a", odd)]), &Script::of(Scenario::Boot)).unwrap();
    assert_eq!(end(&played, 0).0, SmfState::Maintenance);
    when(&played, "a", "could not expand '%q'");
}

#[test]
fn another_duration_than_transient_is_told() {
    let text = manifest(&[("a", "")]).replace("value='transient'", "value='contract'");
    let played = play(&text, &Script::of(Scenario::Boot)).unwrap();
    let told = "note  startd/duration is contract, but it is simulated";
    assert!(shown(&played).contains(told), "{}", shown(&played));
}

/// The lock keeps our own clients apart; another one loses no start either, and costs one try.
#[test]
fn a_race_with_a_client_that_knows_no_lock() {
    let instances: Vec<String> = (1..=8).map(|nth| format!("vm{nth}")).collect();
    let instances: Vec<(&str, &str)> = instances.iter().map(|name| (name.as_str(), "")).collect();
    for (faults, expected) in [(&[][..], 0), (&["svc-race"], 1)] {
        let script = script(Scenario::Boot, &[], faults);
        let played = play(&manifest(&instances), &script).unwrap();
        let text = shown(&played);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("8 of 8 instances ended"), "{text}");
        let first = text
            .matches("another VBoxManage, which does not use the lock")
            .count();
        assert_eq!(first, expected, "{text}");
        let lost = text.contains("Failed to create the VirtualBox object");
        assert_eq!(lost, expected > 0, "{text}");
    }
}

/// A disable while the start method runs: without a delay the VM is started and stopped again, in its delay it is left as
/// it is, and who waits for another one has no start method run.
#[test]
fn a_disable_that_comes_early() {
    let delayed = vm(&[("start_delay", "60")]);
    let text = manifest(&[
        ("a", &depends("require_all", "b")),
        ("b", ""),
        ("c", &delayed),
    ]);
    let played = play(&text, &script(Scenario::DisableEarly, &[], &[])).unwrap();
    let story = shown(&played);
    let state = |nth: usize| end(&played, nth);
    assert_eq!(
        state(0),
        (SmfState::Disabled, Some(VmState::PowerOff), true),
        "{story}"
    );
    assert_eq!(
        state(1),
        (SmfState::Disabled, Some(VmState::Saved), true),
        "{story}"
    );
    assert_eq!(
        state(2),
        (SmfState::Disabled, Some(VmState::PowerOff), true),
        "{story}"
    );
    when(&played, "a", "it was disabled before it could start");
    when(&played, "a", "disabled from offline: no stop method is run");
    assert!(when(&played, "b", "svcadm disable") < when(&played, "b", ": online"));
    when(&played, "b", "stop method exits 0");
    let over = when(&played, "c", "start method exits 0");
    assert!(over < 3 * SECOND, "{story}");
    let starts = played
        .events
        .iter()
        .filter(|event| matches!(&event.what, What::Command(c) if c.line.contains(" startvm ")));
    assert_eq!(starts.count(), 1, "{story}");
}

/// What the manifest says of `enabled` is not what somebody has done since.
#[test]
fn a_delay_of_an_instance_that_the_manifest_disables() {
    let text = manifest(&[("vm1", &vm(&[("start_delay", "60")]))]);
    for scenario in [Scenario::Life, Scenario::Boot, Scenario::Restart] {
        let played = play(&text, &script(scenario, &[], &[])).unwrap();
        assert!(played.outcomes[0].is_good(), "{}", shown(&played));
        let story = shown(&played);
        assert!(
            story.contains("startvm") && !story.contains("not started"),
            "{story}"
        );
    }
}

/// The exit statuses of an instance's methods, in their order.
fn statuses(played: &Played, instance: &str) -> Vec<String> {
    let fmri = format!("svc:/site/vbox:{instance}");
    let of_it = played.events.iter().filter(|event| event.subject == fmri);
    of_it
        .filter_map(|event| match &event.what {
            What::Smf { told, .. } => {
                let (method, rest) = told.split_once(" method exits ")?;
                Some(format!("{method} {}", rest.split(' ').next()?))
            }
            _ => None,
        })
        .collect()
}

/// As the real svc.startd did it (tests/vectors/startd/clear.txt): who depends on the instance comes up with it.
#[test]
fn clear_helps_when_the_cause_is_mended() {
    let text = manifest(&[
        ("a", &depends("require_all", "b")),
        ("b", ""),
        ("c", &depends("optional_all", "b")),
    ]);
    let played = play(&text, &script(Scenario::Clear, &[], &["b:no-memory"])).unwrap();
    let story = shown(&played);
    let up = (SmfState::Online, Some(VmState::Running), true);
    for nth in 0..3 {
        assert_eq!(end(&played, nth), up, "{story}");
    }
    let of_b = ["start 1", "start 1", "start 1", "start 1", "start 0"];
    assert_eq!(statuses(&played, "b"), of_b, "{story}");
    assert_eq!(statuses(&played, "a"), ["start 0"], "{story}");
    assert_eq!(statuses(&played, "c"), ["start 0"], "{story}");
    // c does not wait for what is stuck, a does.
    let online = when(&played, "b", ": online");
    assert!(when(&played, "c", ": online") < online, "{story}");
    assert!(when(&played, "a", ": online") > online, "{story}");
    assert!(story.contains("(VERR_NO_MEMORY)"), "{story}");
    // Without a fault it is the memory that is short, for everybody.
    let text = manifest(&[("vm1", ""), ("vm2", "")]);
    let played = play(&text, &Script::of(Scenario::Clear)).unwrap();
    for (nth, name) in ["vm1", "vm2"].into_iter().enumerate() {
        assert_eq!(statuses(&played, name), of_b);
        assert_eq!(end(&played, nth), up);
    }
}

/// As the real svc.startd did it (tests/vectors/startd/delete.txt): no stop is run, or the stop finds no instance; the VM
/// goes on either way, and the start of the instance that is imported again finds it running.
#[test]
fn an_instance_that_is_deleted_leaves_its_vm_running() {
    let record = include_str!("../../../../tests/vectors/startd/delete.txt");
    assert!(record.contains("Method \"stop\" exited with status 96."));
    assert!(record.contains("SMF has no instance svc:/site/xvm/vbox:vm7"));
    assert!(record.contains("running: it runs already"));
    let played = play(&manifest(&[("vm1", "")]), &Script::of(Scenario::Delete)).unwrap();
    let story = shown(&played);
    let expected = ["start 0", "stop 96", "start 0"];
    assert_eq!(statuses(&played, "vm1"), expected, "{story}");
    let up = (SmfState::Online, Some(VmState::Running), true);
    assert_eq!(end(&played, 0), up, "{story}");
    let words = story.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "deleted: no method is run, and its VM is left as it is",
        "SMF has no instance svc:/site/vbox:vm1",
        "the instance was deleted before its VM was stopped: process",
        "stop method exits 96 after",
        "the instance is deleted",
        "running: already running",
    ] {
        assert!(words.contains(said), "{said}: {story}");
    }
    let changes = played
        .events
        .iter()
        .filter(|event| matches!(event.what, What::Machine { .. }) && event.at > Duration::ZERO);
    assert_eq!(changes.count(), 0, "{story}");
}

/// A start that is called off ends with 0: svc.startd takes the instance for online, for a moment, and starts who waited for
/// that. With `restart_on` none nobody stops them again.
#[test]
fn who_depends_on_a_start_that_is_called_off() {
    for grouping in ["require_all", "require_any", "optional_all"] {
        let delayed = vm(&[("start_delay", "60")]);
        let text = manifest(&[("a", &depends(grouping, "b")), ("b", &delayed)]);
        let sim = Sim::new();
        let cast = cast(&sim, &text, &[], &[]).unwrap();
        let board = Progress::new(vec![SmfState::Offline; 2]);
        let common = Common {
            program: &crate::engine::method::run,
            board: &board,
            relations: &cast.relations,
        };
        let fmris = cast.actors.iter().map(|actor| actor.fmri.clone());
        let instances = fmris.enumerate();
        let instances =
            instances.map(|(who, fmri)| Startd::new(fmri, who, SmfState::Offline, common));
        let mut instances: Vec<_> = instances.collect();
        let at = 10 * SECOND;
        sim.svcadm_at(at, &cast.actors[1].fmri, false);
        board.begin(2);
        let tasks = instances.iter_mut().zip(&cast.actors).enumerate();
        let tasks = tasks.map(|(who, (instance, actor))| Task {
            key: actor.subject.clone(),
            at: Duration::ZERO,
            body: Box::new({
                let board = &board;
                move |turn: &Slot| {
                    match who {
                        0 => instance.enable(turn),
                        _ => instance.enable_and_disable(turn, at),
                    }
                    board.leave(turn);
                }
            }),
        });
        sim.perform(tasks.collect());
        let found = [0, 1].map(|who| (instances[who].state(), super::vm(&sim, &cast.actors[who])));
        let expected = [
            (SmfState::Online, Some(VmState::Running)),
            (SmfState::Disabled, Some(VmState::PowerOff)),
        ];
        let told: Vec<_> = sim.events();
        assert_eq!(found, expected, "{grouping}: {told:#?}");
        // The dependent waited for the delayed one, and not for the end of its delay.
        let started = told.iter().find(|event| {
            let runs = matches!(&event.what, What::Smf { told, .. } if told.starts_with("start method runs"));
            runs && event.subject == cast.actors[0].subject
        });
        let started = started.map(|event| event.at);
        assert!(
            started.is_some_and(|time| time > at && time < at + 20 * SECOND),
            "{grouping}: {started:?}"
        );
    }
}
