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
    what: impl FnOnce(&mut Startd<'_>, &Turn) -> R + Send,
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
    let (board, relations) = (Board::new(vec![SmfState::Disabled]), Relations::default());
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
            "start method is killed after 5.00 s: failure 1 of 3, run again at once",
            "start method is killed after 5.00 s: failure 2 of 3, run again at once",
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
                "start method exits 1 after 6.00 s: failure 1 of 3, run again at once",
                "start method runs, for at most 60 s",
                "start method exits 1 after 6.00 s: failure 2 of 3, run again at once",
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
    let (board, relations) = (Board::new(vec![SmfState::Disabled]), Relations::default());
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
