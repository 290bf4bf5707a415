//! VBoxManage, as far as one client is concerned.

use super::{SECOND, alone, hazards, said, shown, vbox};
use crate::host::{Args, ExitStatus, Host};
use crate::simulation::host::{Fault, Guest, Sim};
use crate::virtualbox::vm::VmState;

#[test]
fn a_life() {
    let sim = Sim::new();
    let uuid = sim.vm("vb", "vm1").uuid();
    alone(&sim, |host| {
        assert_eq!(said(host, &["--version"]), "7.2.22r175245\n");
        assert_eq!(shown(host, "vm1"), "poweroff");
        assert_eq!(
            said(host, &["startvm", &uuid, "--type", "headless"]),
            format!(
                "Waiting for VM \"{uuid}\" to power on...\nVM \"{uuid}\" has been successfully started.\n"
            )
        );
        assert_eq!(
            said(host, &["list", "runningvms"]),
            format!("\"vm1\" {{{uuid}}}\n")
        );
        for (verb, state) in [
            ("pause", "paused"),
            ("resume", "running"),
            ("acpisleepbutton", "running"),
            ("savestate", "saved"),
        ] {
            vbox(host, &["controlvm", "vm1", verb]).unwrap();
            assert_eq!(shown(host, "vm1"), state);
        }
        assert_eq!(said(host, &["list", "runningvms"]), "");
        assert_eq!(said(host, &["discardstate", "vm1"]), "");
        assert_eq!(shown(host, "vm1"), "poweroff");
        let again = vbox(host, &["discardstate", "vm1"]).unwrap();
        assert_eq!(again.ended, ExitStatus::Exited(0));
        assert!(String::from_utf8_lossy(&again.stderr).contains("(machine state: PoweredOff)"));
    });
    assert_eq!(hazards(&sim), []);
}

/// First lines and codes, as they were recorded.
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn refusals() {
    let sim = Sim::new();
    sim.vm("vb", "off");
    sim.vm("vb", "up").state(VmState::Running);
    sim.vm("vb", "held").state(VmState::Paused);
    sim.vm("vb", "guru").state(VmState::GuruMeditation);
    sim.vm("vb", "diskless").fault(Fault::MissingDisk);
    sim.vm("vb", "driverless").fault(Fault::NoDriver);
    sim.vm("vb", "full")
        .state(VmState::Running)
        .fault(Fault::DiskFull);
    sim.vm("vb", "gone").fault(Fault::NotRegistered);
    let broken = sim.vm("vb", "broken").inaccessible().uuid();
    alone(&sim, |host| {
        for (args, first, code) in [
            (
                &["showvminfo", "nosuch", "--machinereadable"][..],
                "Could not find a registered machine named 'nosuch'",
                "VBOX_E_OBJECT_NOT_FOUND (0x80bb0001)",
            ),
            (
                &["controlvm", "gone", "poweroff"],
                "Could not find a registered machine named 'gone'",
                "VBOX_E_OBJECT_NOT_FOUND (0x80bb0001)",
            ),
            (
                &[
                    "startvm",
                    "11111111-2222-3333-4444-555555555555",
                    "--type",
                    "headless",
                ],
                "Could not find a registered machine with UUID {11111111-2222-3333-4444-555555555555}",
                "VBOX_E_OBJECT_NOT_FOUND (0x80bb0001)",
            ),
            (
                &["startvm", "off", "--type", "bogus"],
                "Invalid frontend name: 'bogus'",
                "NS_ERROR_INVALID_ARG (0x80070057)",
            ),
            (
                &["startvm", "up", "--type", "headless"],
                "The machine 'up' is already locked by a session (or being locked or unlocked)",
                "VBOX_E_INVALID_OBJECT_STATE (0x80bb0007)",
            ),
            (
                &["startvm", "off", "--type", "emergencystop"],
                "The machine 'off' is not locked by a session",
                "VBOX_E_INVALID_OBJECT_STATE (0x80bb0007)",
            ),
            (
                &["startvm", "diskless", "--type", "headless"],
                "Could not open the medium '/export/home/vb/VirtualBox VMs/diskless/diskless.vdi'.",
                "VERR_FILE_NOT_FOUND",
            ),
            (
                &["startvm", "driverless", "--type", "headless"],
                "The virtual machine 'driverless' has terminated unexpectedly during startup with exit code 1 (0x1)",
                "NS_ERROR_FAILURE (0x80004005)",
            ),
            (
                &["controlvm", "off", "acpipowerbutton"],
                "Machine 'off' is not currently running.",
                "",
            ),
            (
                &["controlvm", "held", "acpipowerbutton"],
                "Invalid machine state: Paused",
                "VBOX_E_INVALID_VM_STATE (0x80bb0002)",
            ),
            (
                &["controlvm", "held", "pause"],
                "Already paused",
                "VBOX_E_INVALID_VM_STATE (0x80bb0002)",
            ),
            (
                &["controlvm", "up", "resume"],
                "Cannot resume the machine as it is not paused (machine state: Running)",
                "VBOX_E_INVALID_VM_STATE (0x80bb0002)",
            ),
            (
                &["controlvm", "up", "shutdown"],
                "Could not create guest session: VERR_NOT_FOUND",
                "VBOX_E_IPRT_ERROR (0x80bb0005)",
            ),
            (
                &["controlvm", "guru", "acpipowerbutton"],
                "Invalid machine state: GuruMeditation",
                "VBOX_E_INVALID_VM_STATE (0x80bb0002)",
            ),
            (
                &["controlvm", "guru", "savestate"],
                "Machine in invalid state 8 -- guru meditation.",
                "",
            ),
            (
                &["showvminfo", &broken, "--machinereadable"],
                "The object functionality is limited",
                "E_ACCESSDENIED (0x80070005)",
            ),
            (
                &["showvminfo", "broken", "--machinereadable"],
                "Could not find a registered machine named 'broken'",
                "VBOX_E_OBJECT_NOT_FOUND (0x80bb0001)",
            ),
        ] {
            let output = vbox(host, args).unwrap();
            let stderr = String::from_utf8(output.stderr).unwrap();
            let line = stderr.lines().next();
            assert_eq!(output.ended, ExitStatus::Exited(1), "{args:?}");
            assert_eq!(line, Some(format!("VBoxManage: error: {first}").as_str()));
            assert!(stderr.contains(code), "{stderr}");
        }
        let full = said(host, &["controlvm", "full", "savestate"]);
        assert!(full.contains("VBoxManage: error: Failed to save machine state.\n"));
        for (vm, state) in [
            ("full", "running"),
            ("diskless", "poweroff"),
            ("driverless", "poweroff"),
        ] {
            assert_eq!(shown(host, vm), state);
        }
        vbox(host, &["controlvm", "guru", "poweroff"]).unwrap();
        assert_eq!(shown(host, "guru"), "poweroff");
    });
}

#[test]
fn names() {
    let sim = Sim::new();
    let first = sim.vm("vb", "same").uuid();
    let second = sim.vm("vb", "same").uuid();
    let odd = sim.vm("vb", "q\"; VMState=\"running").uuid();
    sim.vm("vb", "new\nline")
        .described("line1\nVMState=\"running\"");
    let broken = sim.vm("vb", "broken").inaccessible().uuid();
    sim.vm("other", "theirs");
    alone(&sim, |host| {
        let shown = |vm: &str| said(host, &["showvminfo", vm, "--machinereadable"]);
        assert!(shown("same").contains(&format!("UUID=\"{first}\"")));
        assert!(shown(&format!("{{{}}}", second.to_uppercase())).contains(&second));
        assert!(shown(&odd).starts_with("name=\"q\\\"; VMState=\\\"running\"\n"));
        assert!(shown("new\nline").contains("description=\"line1\nVMState=\\\"running\\\"\"\n"));
        let list = said(host, &["list", "vms"]);
        assert!(list.contains("\"q\"; VMState=\"running\" {"));
        assert!(list.contains(&format!("\"<inaccessible>\" {{{broken}}}\n")));
        assert!(!list.contains("theirs"));
        let long = said(host, &["list", "--long", "vms"]);
        assert!(long.starts_with("Name:                        same\n"));
        assert!(long.contains(
            "\nState:                       powered off (since 2026-01-01T00:00:00.000000000)\n"
        ));
        assert!(long.contains("\nName:            <inaccessible!>\n"));
        assert!(long.contains("\nDescription:\nline1\nVMState=\"running\"\n* Guest:\n"));
    });
}

/// Whole listings stay as they were recorded.
#[test]
fn listings_are_whole() {
    let sim = Sim::new();
    sim.vm("vb", "vm1");
    sim.vm("vb", "vm2").state(VmState::Running);
    alone(&sim, |host| {
        let off = said(host, &["showvminfo", "vm1", "--machinereadable"]);
        let up = said(host, &["showvminfo", "vm2", "--machinereadable"]);
        assert_eq!(off.lines().count(), 118);
        assert_eq!(up.lines().count(), 124);
        assert!(up.contains("\nVideoMode=\"720,400,0\"@0,0 1\n"));
        assert!(up.contains("\nVRDEClients==0\n"));
        assert!(off.contains("\n rec_screen0\n"));
        let long = said(host, &["list", "--long", "vms"]);
        assert_eq!(
            long.split("\n\n").count(),
            3,
            "a block a VM, an empty line after each"
        );
        assert!(long.contains("\nSession name:                headless\n"));
        assert!(!long.contains('@'), "{long}");
    });
}

#[test]
fn guests() {
    let sim = Sim::new();
    for (name, guest) in [
        ("acpi", Guest::Acpi),
        ("slow", Guest::Slow(6 * SECOND)),
        ("deaf", Guest::Deaf),
        ("self", Guest::OffByItself(20 * SECOND)),
        ("crash", Guest::Crash(20 * SECOND)),
        ("triple", Guest::Triple),
    ] {
        sim.vm("vb", name).guest(guest).state(VmState::Running);
    }
    sim.vm("vb", "told")
        .with_additions()
        .state(VmState::Running);
    alone(&sim, |host| {
        for vm in ["acpi", "slow", "deaf"] {
            assert_eq!(said(host, &["controlvm", vm, "acpipowerbutton"]), "");
        }
        assert_eq!(said(host, &["controlvm", "told", "shutdown"]), "");
        host.sleep(3 * SECOND);
        let states = ["acpi", "slow", "deaf", "self", "crash", "triple", "told"];
        let all = || states.map(|vm| shown(host, vm));
        let (off, up) = ("poweroff", "running");
        assert_eq!(all(), [off, up, up, up, up, "gurumeditation", off]);
        host.sleep(30 * SECOND);
        assert_eq!(all(), [off, off, up, off, "aborted", "gurumeditation", off]);
    });
}

#[test]
fn processes_are_shown() {
    let sim = Sim::new();
    let vm = sim.vm(
        "vb",
        "a machine with quite a long name, as people give them to machines",
    );
    let uuid = vm.uuid();
    let vm = vm.state(VmState::Running);
    alone(&sim, |host| {
        host.sleep(3 * SECOND);
        let processes = host.processes().unwrap();
        let programs: Vec<&str> = processes.iter().map(|p| p.program.as_str()).collect();
        assert_eq!(programs, ["VBoxSVC", "VBoxHeadless"]);
        assert_eq!(processes[1].age, 3 * SECOND);
        let Args::Whole(args) = &processes[1].args else {
            panic!("{processes:?}");
        };
        assert_eq!(args[3..], ["--startvm", &uuid, "--vrde", "config"]);
    });
    sim.short_arguments();
    alone(&sim, |host| {
        let processes = host.processes().unwrap();
        assert_eq!(
            processes[1].args,
            Args::Cut(
                "/opt/VirtualBox/amd64/VBoxHeadless --comment a machine with quite a long name, a"
                    .chars()
                    .take(79)
                    .collect()
            )
        );
    });
    vm.state(VmState::PowerOff);
    sim.pass(SECOND / 10);
    alone(&sim, |host| {
        assert_eq!(host.processes().unwrap().len(), 1);
        host.sleep(6 * SECOND);
        assert_eq!(host.processes().unwrap(), []);
    });
}
