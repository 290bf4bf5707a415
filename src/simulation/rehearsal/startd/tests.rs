//! svc.startd itself, with methods that do what a test wants.

use super::*;
use crate::failure::Kind;
use crate::simulation::host::{Sim, Task};

/// Enables, then disables, an instance whose methods do this; gives its states and what was told.
fn life(timeout: &str, program: Program<'_>) -> ([SmfState; 2], Vec<String>) {
    play(
        timeout,
        program,
        |_, _| (),
        |startd, turn| {
            startd.enable(turn);
            let online = startd.state();
            startd.disable(turn);
            [online, startd.state()]
        },
    )
}

/// Does something with an instance whose methods do this.
fn play<R: Send>(
    timeout: &str,
    program: Program<'_>,
    prepare: impl FnOnce(&Sim, &InstanceFmri),
    what: impl FnOnce(&mut Startd<'_>, &Slot) -> R + Send,
) -> (R, Vec<String>) {
    let sim = Sim::new();
    let fmri: InstanceFmri = "svc:/site/xvm/vbox:vm1".parse().unwrap();
    sim.repository(|repository| {
        let service = repository.service_mut("site/xvm/vbox");
        for method in ["start", "stop"] {
            service.set(method, "exec", "astring", &["/lib/svc/method/vbox %m"]);
            service.set(method, "timeout_seconds", "count", &[timeout]);
        }
        repository.instance_mut(&fmri);
    });
    let (board, relations) = (
        Progress::new(vec![SmfState::Disabled]),
        Relations::default(),
    );
    board.begin(1);
    let common = Common {
        program,
        board: &board,
        relations: &relations,
    };
    prepare(&sim, &fmri);
    let mut startd = Startd::new(fmri, 0, SmfState::Disabled, common);
    let mut given = None;
    sim.perform(vec![Task {
        key: "a".to_owned(),
        at: Duration::ZERO,
        body: Box::new(|turn| given = Some(what(&mut startd, turn))),
    }]);
    let events = sim.events().into_iter();
    let told = events.filter_map(|event| match event.what {
        What::Smf { told, .. } => Some(told),
        _ => None,
    });
    (given.expect("it was done"), told.collect())
}

#[test]
fn a_good_life() {
    let (states, told) = life("60", &|host, _, _| {
        host.sleep(Duration::from_secs(1));
        Ok(())
    });
    assert_eq!(states, [SmfState::Online, SmfState::Disabled]);
    assert_eq!(
        told,
        [
            "enabled",
            "start method runs, for at most 60 s",
            "start method exits 0 after 1.00 s: online",
            "to be disabled",
            "stop method runs, for at most 60 s",
            "stop method exits 0 after 1.00 s: disabled",
        ]
    );
}

#[test]
fn a_method_that_is_killed_three_times() {
    let (states, told) = life("5", &|host, _, _| {
        host.sleep(Duration::from_mins(1));
        Ok(())
    });
    assert_eq!(states, [SmfState::Maintenance, SmfState::Disabled]);
    let ends: Vec<&String> = told.iter().filter(|t| t.contains("killed")).collect();
    assert_eq!(
        ends,
        [
            "start method is killed after 5.00 s: failure 1 of 3, retried at once",
            "start method is killed after 5.00 s: failure 2 of 3, retried at once",
            "start method is killed after 5.00 s: failure 3, maintenance",
        ]
    );
    assert_eq!(
        told.last().map(String::as_str),
        Some("disabled from maintenance: no stop method is run")
    );
}

#[test]
fn a_stop_that_refuses() {
    let (states, told) = life("0", &|_, _, request| match request.intent {
        Intent::Start => Ok(()),
        Intent::Stop => Err(Failure::told(Kind::Fatal, "no")),
    });
    assert_eq!(states, [SmfState::Online, SmfState::Maintenance]);
    assert_eq!(told[1], "start method runs, without a limit");
    assert_eq!(
        told.last().map(String::as_str),
        Some("stop method exits 95 after 0.00 s: maintenance at once")
    );
}

/// As on the real svc.startd: a start that fails is run three times, although the instance is disabled; one that ends well
/// is followed by a stop.
#[test]
fn a_disable_waits_for_the_start_that_runs() {
    for (fails, expected) in [
        (
            true,
            &[
                "enabled",
                "start method runs, for at most 60 s",
                "svcadm disable",
                "start method exits 1 after 6.00 s: failure 1 of 3, retried at once",
                "start method runs, for at most 60 s",
                "start method exits 1 after 6.00 s: failure 2 of 3, retried at once",
                "start method runs, for at most 60 s",
                "start method exits 1 after 6.00 s: failure 3, maintenance",
                "disabled from maintenance: no stop method is run",
            ][..],
        ),
        (
            false,
            &[
                "enabled",
                "start method runs, for at most 60 s",
                "svcadm disable",
                "start method exits 0 after 6.00 s: online",
                "to be disabled",
                "stop method runs, for at most 60 s",
                "stop method exits 0 after 0.00 s: disabled",
            ],
        ),
    ] {
        let program: Program<'_> = &|host, _, request| match request.intent {
            Intent::Start => {
                host.sleep(Duration::from_secs(6));
                if fails {
                    Err(Failure::told(Kind::Transient, "not yet"))
                } else {
                    Ok(())
                }
            }
            Intent::Stop => Ok(()),
        };
        let at = Duration::from_secs(2);
        let (state, told) = play(
            "60",
            program,
            |sim, fmri| sim.svcadm_at(at, fmri, false),
            |startd, turn| {
                startd.enable_and_disable(turn, at);
                startd.state()
            },
        );
        assert_eq!(told, expected);
        assert_eq!(state, SmfState::Disabled);
    }
}

#[test]
fn five_starts_in_a_row_are_one_too_many() {
    let (board, relations) = (
        Progress::new(vec![SmfState::Disabled]),
        Relations::default(),
    );
    let common = Common {
        program: &|_, _, _| Ok(()),
        board: &board,
        relations: &relations,
    };
    let fmri: InstanceFmri = "svc:/site/xvm/vbox:vm1".parse().unwrap();
    let minute = Duration::from_secs(60);
    for (gap, expected) in [
        (minute, [false, false, false, false, true, true]),
        (10 * minute, [false; 6]),
    ] {
        let mut startd = Startd::new(fmri.clone(), 0, SmfState::Disabled, common);
        let found = [0, 1, 2, 3, 4, 5].map(|nth| startd.too_quick(nth * gap));
        assert_eq!(found, expected, "{gap:?}");
    }
}

/// How the methods of a record of the real svc.startd ended: `Method "start" exited with status 1.`
fn ends_of(record: &str) -> Vec<(String, i32)> {
    record
        .lines()
        .filter_map(|line| {
            let (_, line) = line.split_once("Method \"")?;
            let (method, status) = line.split_once("\" exited with status ")?;
            let status = status.trim_end_matches(['.', ' ', ']']);
            Some((method.to_owned(), status.parse().expect("a status")))
        })
        .collect()
}

/// The same of what was told here: `start method exits 1 after 0.00 s: ...`
fn ends_told(told: &[String]) -> Vec<(String, i32)> {
    told.iter()
        .filter_map(|line| {
            let (method, rest) = line.split_once(" method exits ")?;
            let status = rest.split(' ').next()?.parse().expect("a status");
            Some((method.to_owned(), status))
        })
        .collect()
}

/// Three failures lead to maintenance, clear gives one try as long as the cause is there, and forgets the starts before it:
/// the fifth is not one too many.
#[test]
fn clear_after_three_failures_as_on_the_real_one() {
    let tries = std::sync::atomic::AtomicU32::new(0);
    let program: Program<'_> = &|_, _, _| {
        let nth = tries.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        if nth <= 4 {
            Err(Failure::told(Kind::Transient, "no disk"))
        } else {
            Ok(())
        }
    };
    let (states, told) = play(
        "60",
        program,
        |_, _| (),
        |startd, turn| {
            startd.enable(turn);
            let mut states = vec![startd.state()];
            for _ in 0..2 {
                startd.clear(turn);
                states.push(startd.state());
            }
            states
        },
    );
    let record = include_str!("../../../../tests/vectors/startd/clear.txt");
    assert_eq!(ends_told(&told), ends_of(record), "{told:?}");
    let recorded: Vec<&str> = record
        .lines()
        .filter(|line| line.ends_with("svc:/site/xvm/vbox:deaf") && !line.starts_with("svcadm"))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    // After the first three, `svcadm enable -s` says it in words.
    assert!(record.contains("is in maintenance state"));
    let found: Vec<&str> = states.iter().map(|state| state.word()).collect();
    assert_eq!(found, [&["maintenance"], recorded.as_slice()].concat());
    assert_eq!(
        told[7..9],
        ["svcadm clear", "start method runs, for at most 60 s"]
    );
    assert!(told[9].ends_with("failure 4, maintenance after one try: no success since the first"));
}

/// Where a stop led to maintenance: after a restart clear runs the start method, after a disable none.
#[test]
fn clear_after_a_stop_that_failed_as_on_the_real_one() {
    let record = include_str!("../../../../tests/vectors/startd/clear-stop.txt");
    let (after_restart, after_disable) = record.split_once("=== 3.").expect("two cases");
    let program: Program<'_> = &|_, _, request| match request.intent {
        Intent::Start => Ok(()),
        Intent::Stop => Err(Failure::told(Kind::Config, "no")),
    };
    // The record begins behind the first start.
    let (states, told) = play(
        "60",
        program,
        |_, _| (),
        |startd, turn| {
            startd.enable(turn);
            startd.restart(turn);
            let before = startd.state();
            startd.clear(turn);
            [before, startd.state()]
        },
    );
    assert_eq!(states, [SmfState::Maintenance, SmfState::Online]);
    assert!(after_restart.contains("after clear: online"));
    assert_eq!(ends_told(&told)[1..], ends_of(after_restart));

    let (states, told) = play(
        "60",
        program,
        |_, _| (),
        |startd, turn| {
            startd.enable(turn);
            startd.disable(turn);
            let before = startd.state();
            startd.clear(turn);
            let cleared = startd.state();
            startd.enable(turn);
            [before, cleared, startd.state()]
        },
    );
    let expected = [SmfState::Maintenance, SmfState::Disabled, SmfState::Online];
    assert_eq!(states, expected);
    assert!(after_disable.contains("after clear: disabled"));
    assert!(after_disable.contains("after enable: online"));
    assert_eq!(ends_told(&told)[1..], ends_of(after_disable));
}

/// svcadm refuses it, and no method is run.
#[test]
fn clear_of_what_is_in_no_maintenance() {
    let (state, told) = play(
        "60",
        &|_, _, _| Ok(()),
        |_, _| (),
        |startd, turn| {
            startd.enable(turn);
            startd.clear(turn);
            startd.state()
        },
    );
    assert_eq!(state, SmfState::Online);
    let last = told.last().map(String::as_str);
    assert_eq!(last, Some("svcadm clear from online: it is refused"));
}

/// An instance that is deleted while its method runs, or between two methods: svc.startd does nothing more about it, and an
/// instance that is imported again has three tries.
#[test]
fn an_instance_that_is_deleted_and_comes_back() {
    let program: Program<'_> = &|_, _, request| match request.intent {
        Intent::Start => Err(Failure::told(Kind::Transient, "not yet")),
        Intent::Stop => Ok(()),
    };
    let (states, told) = play(
        "60",
        program,
        |_, _| (),
        |startd, turn| {
            startd.enable(turn);
            startd.delete(turn);
            let deleted = startd.state();
            startd.import_again(turn);
            [deleted, startd.state()]
        },
    );
    assert_eq!(states, [SmfState::Deleted, SmfState::Maintenance]);
    assert_eq!(ends_told(&told).len(), 6, "{told:?}");
    let threshold = "failure 3, maintenance";
    assert!(told.last().is_some_and(|last| last.ends_with(threshold)));

    let slow: Program<'_> = &|host, _, _| {
        host.sleep(Duration::from_secs(6));
        Err(Failure::told(Kind::Transient, "not yet"))
    };
    let at = Duration::from_secs(2);
    let (state, told) = play(
        "60",
        slow,
        |sim, fmri| sim.delete_at(at, fmri),
        |startd, turn| {
            startd.enable(turn);
            startd.state()
        },
    );
    assert_eq!(state, SmfState::Deleted);
    assert_eq!(
        told[1..],
        [
            "start method runs, for at most 60 s",
            "svccfg delete -f",
            "start method exits 1 after 6.00 s: the instance is deleted",
        ]
    );
}
