//! Methods beside each other: who sees what when, who is killed, and what that does.

use std::time::Duration;

use super::{Body, SECOND, alone, hazards, invocation, said, shown, task, together, vbox};
use crate::host::{ExitStatus, Host, LockError, RunError};
use crate::simulation::host::{Fault, Sim, SimHost, What};
use crate::virtualbox::vm::VmState;

const MS: Duration = Duration::from_millis(1);

/// As [`together`] wants it.
fn body<'a>(f: impl FnOnce(&SimHost<'_>) + Send + 'a) -> Body<'a> {
    Box::new(f)
}

#[test]
fn others_see_what_goes_on() {
    let sim = Sim::new();
    sim.vm("vb", "vm1");
    sim.vm("vb", "vm2").state(VmState::Running);
    together(
        &sim,
        vec![
            body(|host| {
                assert!(said(host, &["startvm", "vm1", "--type", "headless"]).contains("success"));
                // 20 ms to the server, 60 ms to the order, 320 ms to a guest that runs.
                assert_eq!(host.now(), 400 * MS);
            }),
            body(|host| {
                host.sleep(100 * MS);
                let long = said(host, &["list", "--long", "vms"]);
                assert!(long.contains("\nState:                       starting (since"));
                assert!(!said(host, &["list", "runningvms"]).contains("vm1"));
                let second = said(host, &["startvm", "vm1", "--type", "headless"]);
                assert!(second.contains("already locked by a session"), "{second}");
                assert_eq!(hazards_of(host), 0);
                shown(host, "vm1");
            }),
        ],
    );
    let all = hazards(&sim);
    assert_eq!(all.len(), 1);
    assert_eq!(
        all[0].what,
        What::Hazard("showvminfo of a VM that is starting".into())
    );
}

/// How many processes of VMs there are beyond one each.
fn hazards_of(host: &SimHost<'_>) -> usize {
    let processes = host.processes().unwrap();
    processes
        .iter()
        .filter(|p| p.program == "VBoxHeadless")
        .count()
        - 2
}

#[test]
fn a_look_gets_in_the_way_of_a_start() {
    let sim = Sim::new();
    sim.vm("vb", "vm1");
    sim.vm("vb", "vm2").state(VmState::Running);
    together(
        &sim,
        vec![
            body(|host| {
                let start = said(host, &["startvm", "vm1", "--type", "headless"]);
                assert!(start.contains("already locked by a session"), "{start}");
            }),
            body(|host| {
                host.sleep(40 * MS);
                assert_eq!(shown(host, "vm1"), "poweroff");
            }),
        ],
    );
}

#[test]
fn two_cold_starts_at_once() {
    let sim = Sim::new();
    sim.vm("vb", "vm1");
    let list = |host: &SimHost<'_>| said(host, &["list", "vms"]);
    together(
        &sim,
        vec![
            body(|host| assert!(list(host).contains("vm1"))),
            body(|host| {
                assert_eq!(
                    list(host),
                    "VBoxManage: error: Failed to create the VirtualBox object!\n\
                     VBoxManage: error: Code NS_ERROR_FAILURE (0x80004005) - Operation failed (extended info not available)\n\
                     VBoxManage: error: Most likely, the VirtualBox COM server is not running or failed to start.\n"
                );
                host.sleep(200 * MS);
                assert!(list(host).contains("vm1"));
            }),
        ],
    );
}

#[test]
fn the_lock_keeps_cold_starts_apart() {
    let sim = Sim::new();
    let list = |host: &SimHost<'_>| {
        let held = host.cold_start_lock(20 * SECOND).unwrap();
        assert_eq!(said(host, &["list", "vms"]), "");
        drop(held);
    };
    together(&sim, (0..8).map(|_| body(list)).collect());
}

#[test]
fn the_lock_is_waited_for_so_long() {
    let sim = Sim::new();
    together(
        &sim,
        vec![
            body(|host| {
                let _held = host.cold_start_lock(Duration::ZERO).unwrap();
                host.sleep(30 * SECOND);
            }),
            body(|host| {
                let busy = host.cold_start_lock(20 * SECOND);
                assert!(matches!(busy, Err(LockError::Busy(_))));
                assert_eq!(host.now(), 20 * SECOND);
                host.cold_start_lock(20 * SECOND).unwrap();
                assert_eq!(host.now(), 30 * SECOND);
            }),
        ],
    );
    sim.lock_trouble("vb", "it is a directory");
    alone(&sim, |host| {
        let trouble = host.cold_start_lock(SECOND);
        assert!(matches!(trouble, Err(LockError::Unusable(_))));
    });
}

/// A start that freezes when its VM is up, and is killed after a second.
fn killed_start(sim: &Sim) {
    let mut ended = None;
    sim.perform(vec![task(
        "a",
        Duration::ZERO,
        Some(SECOND),
        &mut ended,
        |host| {
            let _lock = host.cold_start_lock(SECOND).unwrap();
            vbox(host, &["startvm", "vm1", "--type", "headless"]).unwrap();
            host.sleep(60 * SECOND);
            unreachable!("it is killed");
        },
    )]);
    assert_eq!(ended, Some(ExitStatus::Killed(9)));
    assert_eq!(sim.now(), SECOND);
}

/// The whole contract dies: VBoxManage, the VBoxSVC that it started, the VM that this one started.
#[test]
fn a_killed_start_takes_its_virtualbox_along_where_contracts_are_inherited() {
    let sim = Sim::new();
    sim.inherit_contracts();
    sim.vm("vb", "vm1");
    killed_start(&sim);
    assert_eq!(sim.state("vb", "vm1"), Some(VmState::PowerOff));
    assert_eq!(sim.processes("vb", "vm1"), 0);
    alone(&sim, |host| {
        assert_eq!(host.processes().unwrap(), []);
        host.cold_start_lock(Duration::ZERO).unwrap();
        assert_eq!(shown(host, "vm1"), "poweroff");
    });
}

/// VBoxSVC and the VM are members of the contract that VBoxManage had to itself.
#[test]
fn a_killed_start_leaves_virtualbox_alone() {
    let sim = Sim::new();
    sim.vm("vb", "vm1");
    killed_start(&sim);
    assert_eq!(sim.state("vb", "vm1"), Some(VmState::Running));
    assert_eq!(sim.processes("vb", "vm1"), 1);
    alone(&sim, |host| {
        let processes = host.processes().unwrap();
        assert_eq!(processes.len(), 2, "{processes:?}");
        assert_eq!(processes[0].contract, processes[1].contract);
        host.cold_start_lock(Duration::ZERO).unwrap();
        assert_eq!(shown(host, "vm1"), "running");
    });
}

/// A VBoxManage in a contract of its own outlives the method that waited for it, and ends by itself.
#[test]
fn a_program_outlives_its_method() {
    let sim = Sim::new();
    sim.vm("vb", "vm1");
    let mut ended = None;
    let limit = Some(250 * MS);
    sim.perform(vec![task("a", Duration::ZERO, limit, &mut ended, |host| {
        vbox(host, &["startvm", "vm1", "--type", "headless"]).unwrap();
    })]);
    assert_eq!(ended, Some(ExitStatus::Killed(9)));
    assert_eq!(sim.state("vb", "vm1"), Some(VmState::Starting));
    let clients = |host: &SimHost<'_>| {
        let processes = host.processes().unwrap().into_iter();
        processes.filter(|p| p.program == "VBoxManage").count()
    };
    alone(&sim, |host| assert_eq!(clients(host), 1));
    sim.pass(SECOND);
    assert_eq!(sim.state("vb", "vm1"), Some(VmState::Running));
    alone(&sim, |host| assert_eq!(clients(host), 0));
}

#[test]
fn a_start_goes_on_in_somebody_elses_virtualbox() {
    let sim = Sim::new();
    sim.vm("vb", "vm1");
    sim.vm("vb", "vm2").state(VmState::Running);
    let mut ended = None;
    let limit = Some(150 * MS);
    sim.perform(vec![task("a", Duration::ZERO, limit, &mut ended, |host| {
        vbox(host, &["startvm", "vm1", "--type", "headless"]).unwrap();
    })]);
    assert_eq!(ended, Some(ExitStatus::Killed(9)));
    assert_eq!(sim.state("vb", "vm1"), Some(VmState::Starting));
    sim.pass(SECOND);
    assert_eq!(sim.state("vb", "vm1"), Some(VmState::Running));
}

#[test]
fn vboxsvc_killed_under_a_vm() {
    let sim = Sim::new();
    let vm = sim.vm("vb", "vm1").state(VmState::Running);
    vm.fault(Fault::SvcDies(SECOND));
    alone(&sim, |host| {
        host.sleep(SECOND + MS);
        // VirtualBox does not know it any more, but it lives.
        assert_eq!(host.processes().unwrap().len(), 1);
        // It has the socket of its server: whoever connects waits for its end.
        let gone = said(host, &["list", "runningvms"]);
        assert!(gone.contains("NS_ERROR_FACTORY_NOT_REGISTERED"), "{gone}");
        assert_eq!(host.now().as_secs(), 15);
        assert_eq!(shown(host, "vm1"), "poweroff");
        vbox(host, &["startvm", "vm1", "--type", "headless"]).unwrap();
        host.sleep(5 * SECOND);
        // VBoxSVC and the VM.
        assert_eq!(host.processes().unwrap().len(), 2);
    });
    assert_eq!(hazards(&sim), []);
}

/// One that is no child of VBoxSVC hinders nobody.
#[test]
fn a_process_that_vboxsvc_does_not_know() {
    let sim = Sim::new();
    sim.vm("vb", "vm1").forgotten_process(60 * SECOND);
    alone(&sim, |host| {
        assert_eq!(shown(host, "vm1"), "poweroff");
        vbox(host, &["startvm", "vm1", "--type", "headless"]).unwrap();
        assert_eq!(host.processes().unwrap().len(), 3);
    });
    let told: Vec<What> = hazards(&sim).into_iter().map(|e| e.what).collect();
    assert_eq!(
        told,
        [What::Hazard(
            "two processes of this VM write to the same disks".into()
        )]
    );
}

#[test]
fn vboxsvc_killed_under_a_start() {
    let sim = Sim::new();
    sim.vm("vb", "vm1").fault(Fault::SvcDies(SECOND + 200 * MS));
    alone(&sim, |host| {
        shown(host, "vm1");
        host.sleep(SECOND.saturating_sub(host.now()));
        let output = vbox(host, &["startvm", "vm1", "--type", "headless"]).unwrap();
        assert_eq!(output.ended, ExitStatus::Exited(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains("NS_ERROR_ABORT (0x80004004)"));
        host.sleep(20 * SECOND);
        assert_eq!(host.processes().unwrap(), []);
        assert_eq!(shown(host, "vm1"), "poweroff");
    });
}

#[test]
fn a_frozen_process() {
    let sim = Sim::new();
    sim.vm("vb", "vm1")
        .state(VmState::Running)
        .fault(Fault::Hang);
    alone(&sim, |host| {
        for args in [
            &["showvminfo", "vm1", "--machinereadable"][..],
            &["controlvm", "vm1", "poweroff"],
        ] {
            let hung = host.run(
                &invocation("VBoxManage", args, 20 * SECOND),
                &mut crate::host::keep_waiting,
            );
            assert!(matches!(hung, Err(RunError::Hung { .. })), "{hung:?}");
        }
        assert_eq!(host.now(), 40 * SECOND);
        assert!(said(host, &["list", "runningvms"]).contains("vm1"));
        assert_eq!(
            said(host, &["startvm", "vm1", "--type", "emergencystop"]),
            ""
        );
        assert_eq!(shown(host, "vm1"), "aborted");
    });
    assert_eq!(sim.processes("vb", "vm1"), 0);
}

#[test]
fn vboxsvc_ends_when_nobody_uses_it() {
    let sim = Sim::new();
    alone(&sim, |host| {
        said(host, &["list", "vms"]);
        host.sleep(4 * SECOND);
        said(host, &["list", "vms"]);
        host.sleep(4 * SECOND);
        assert_eq!(host.processes().unwrap().len(), 1);
        host.sleep(2 * SECOND);
        assert_eq!(host.processes().unwrap(), []);
    });
}

#[test]
fn a_vboxmanage_that_somebody_kills() {
    let sim = Sim::new();
    sim.vm("vb", "vm1");
    sim.clients_die("vb", 300 * MS);
    alone(&sim, |host| {
        let output = vbox(host, &["startvm", "vm1", "--type", "headless"]).unwrap();
        assert_eq!(output.ended, ExitStatus::Killed(9));
        host.sleep(SECOND);
        assert_eq!(shown(host, "vm1"), "running");
    });
}

#[test]
fn the_method_that_does_not_wait_is_stopped() {
    let sim = Sim::new();
    let mut ended = None;
    sim.perform(vec![task("a", Duration::ZERO, None, &mut ended, |host| {
        loop {
            host.now();
        }
    })]);
    assert_eq!(ended, Some(ExitStatus::Exited(95)));
}

/// Eight methods in each other's way.
fn crowd() -> Sim {
    let sim = Sim::new();
    for i in 0..8 {
        sim.vm("vb", &format!("vm{i}"));
    }
    let bodies = (0..8).map(|i| {
        body(move |host: &SimHost<'_>| {
            let vm = format!("vm{i}");
            for _ in 0..3 {
                let _lock = host.cold_start_lock(SECOND);
                said(host, &["startvm", &vm, "--type", "headless"]);
                said(host, &["list", "--long", "vms"]);
            }
            said(host, &["controlvm", &vm, "savestate"]);
        })
    });
    together(&sim, bodies.collect());
    sim.pass(60 * SECOND);
    sim
}

#[test]
fn every_run_is_the_same() {
    let first = crowd().events();
    assert!(first.len() > 60);
    for _ in 0..5 {
        assert_eq!(crowd().events(), first);
    }
}
