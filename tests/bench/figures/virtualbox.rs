//! A whole start and stop on real VirtualBox, by vbox-smf and by the script, by turns.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use super::table::{Beside, Table, spread};
use super::{HERE, rounds};
use crate::real::rig::{RECORDER, Rig, Run, User, outside};

const SCRIPT: &str = "/lib/svc/method/baseline";

pub(crate) fn measure(table: &mut Table) -> Result<(), String> {
    let rig = Rig::get()?;
    let script = outside(SCRIPT);
    fs::copy(format!("{HERE}/baseline.sh"), &script)
        .and_then(|_| fs::set_permissions(&script, fs::Permissions::from_mode(0o755)))
        .map_err(|e| format!("{}: {e}", script.display()))?;
    let user = rig.user();
    user.mkvm("vm1", "acpi");
    user.set_props("vm1", &[("vm/stop_method", "astring", "savestate")]);

    let mut ours: [Vec<f64>; 2] = Default::default();
    let mut own: [Vec<f64>; 2] = Default::default();
    let mut its: [Vec<f64>; 2] = Default::default();
    for round in 0..=rounds(20) {
        for (at, verb) in ["start", "stop"].into_iter().enumerate() {
            let before = user.vboxmanage_calls().len();
            let run = good(user.method("vm1", verb).run())?;
            let tools = in_vboxmanage(&user, before);
            if round > 0 {
                ours[at].push(milliseconds(run.took));
                own[at].push(milliseconds(run.took.saturating_sub(tools)));
            }
        }
        for (at, verb) in ["start", "stop"].into_iter().enumerate() {
            let by_script = user
                .program(SCRIPT, &[verb])
                .env("SMF_FMRI", "svc:/site/xvm/vbox:vm1")
                .env("SMF_METHOD", verb)
                .env("PATH", "/usr/sbin:/usr/bin")
                .env("VBOXMANAGE", RECORDER);
            let run = good(by_script.run())?;
            if round > 0 {
                its[at].push(milliseconds(run.took));
            }
        }
    }
    for (at, verb) in ["start from saved", "stop by savestate"]
        .into_iter()
        .enumerate()
    {
        let beside = Beside {
            name: "method script",
            times: &its[at],
        };
        table.paired(&format!("{verb}, real VirtualBox"), &ours[at], &beside, "");
        let shares = own[at]
            .iter()
            .zip(&ours[at])
            .map(|(own, all)| 100.0 * own / all)
            .collect();
        table.alone(
            "    outside VBoxManage (svcprop too)",
            &super::table::milliseconds(spread(own[at].clone()).median),
            &format!("{:.1} % of it", spread(shares).median),
        );
    }
    Ok(())
}

/// The time that the calls of VBoxManage took since the first so many.
fn in_vboxmanage(user: &User<'_>, before: usize) -> Duration {
    let calls = user.vboxmanage_calls();
    calls[before..]
        .iter()
        .filter_map(|call| Some(call.end.as_ref()?.0.saturating_sub(call.begin)))
        .sum()
}

fn good(run: Run) -> Result<Run, String> {
    if run.code == Some(0) {
        Ok(run)
    } else {
        Err(run.to_string())
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
