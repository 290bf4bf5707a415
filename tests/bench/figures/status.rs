//! `status` of 1, 10 and 100 VMs on real VirtualBox, of which as many as ten run, beside the long list.

use std::time::Duration;

use super::rounds;
use super::table::{Beside, Table};
use crate::real::rig::{PROGRAM, Rig};

/// How many of them run.
const UP: usize = 10;

pub(crate) fn measure(table: &mut Table) -> Result<(), String> {
    let rig = Rig::get()?;
    let user = rig.user();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    let (mut made, mut running, mut uuids) = (0, 0, Vec::new());
    for (vms, times) in [(1, 20), (10, 20), (100, 10)] {
        let names: Vec<String> = (made + 1..=vms).map(|n| format!("vm{n}")).collect();
        let wanted: Vec<_> = names.iter().map(|name| (name.as_str(), "acpi")).collect();
        // One call of mkvm for some, which has its time, too.
        for some in wanted.chunks(10) {
            uuids.extend(user.mkvms(some));
        }
        for uuid in uuids.iter().take(UP).skip(running) {
            let run = user.vboxmanage(&["startvm", uuid, "--type", "headless"]);
            if run.code != Some(0) {
                return Err(run.to_string());
            }
            running += 1;
        }
        for name in &names {
            let properties = [
                ("method_context/user", "astring", user.name),
                ("vm/name", "astring", name),
            ];
            user.set_props(name, &properties);
            user.set_state(name, "online", "none");
        }
        made = vms;

        let (mut ours, mut its) = (Vec::new(), Vec::new());
        let mut programs = 0;
        for round in 0..=rounds(times) {
            let before = user.programs_so_far().len();
            let run = user.program(PROGRAM, &["status", "-H"]).run();
            programs = user.programs_so_far().len() - before;
            if run.code != Some(0) || run.stdout.lines().count() != vms {
                return Err(run.to_string());
            }
            let list = user.vboxmanage(&["list", "--long", "vms"]);
            if round > 0 {
                ours.push(milliseconds(run.took));
                its.push(milliseconds(list.took));
            }
        }
        let wanted = if vms == 100 { "0.3 s" } else { "" };
        let beside = Beside {
            name: "one list --long vms",
            times: &its,
        };
        table.paired(&format!("status, {vms} VMs"), &ours, &beside, wanted);
        table.alone("    programs executed", &programs.to_string(), "1");
    }
    Ok(())
}
