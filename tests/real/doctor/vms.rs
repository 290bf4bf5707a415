//! The instances, beside their VMs.

use std::fs;
use std::os::unix::fs::chown;

use super::{doctor, finds, finds_nothing, instance, set_up};
use crate::real::rig::rig_or_skip;

#[test]
fn names_and_shared_vms() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let first = set_up(&user);
    let second = user.mkvm("vm1", "acpi");
    let run = doctor(&user, &[]).run();
    finds(
        &run,
        "warn",
        "names",
        &["two VMs are named 'vm1'", &first, &second, "--name"],
    );
    finds(&run, "warn", "vm", &["VirtualBox uses the first"]);
    instance(&user, "vm1", &[("vm/name", "astring", &first)]);
    instance(&user, "vm2", &[("vm/name", "astring", &second)]);
    let run = doctor(&user, &[]).run();
    finds(&run, "warn", "names", &["two VMs are named"]);

    instance(&user, "vm2", &[("vm/name", "astring", &first)]);
    let run = doctor(&user, &[]).run();
    finds(
        &run,
        "fail",
        "vm",
        &["it manages the same VM as vm2", "same VM as vm1"],
    );
}

#[test]
fn vms_that_are_lost() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let uuid = set_up(&user);
    instance(&user, "vm1", &[("vm/name", "astring", "nowhere")]);
    let run = doctor(&user, &[]).run();
    finds(&run, "fail", "vm", &["no such VM", "vm/name"]);
    instance(&user, "vm1", &[("vm/name", "astring", &uuid)]);
    finds_nothing(&doctor(&user, &[]).run());
    user.cool_down();
    fs::write(user.vm_folder(&uuid).join("vm.vbox"), "").expect("to empty it");
    let run = doctor(&user, &[]).run();
    finds(
        &run,
        "fail",
        "vm",
        &[
            "missing or damaged",
            &uuid,
            "/vm.vbox is invalid",
            ".vbox-prev",
        ],
    );
}

#[test]
fn states_that_do_not_go_together() {
    let rig = rig_or_skip!();
    let user = rig.user();
    set_up(&user);
    user.set_state("vm1", "online", "none");
    let set = |state: &str| {
        instance(&user, "vm1", &[]);
        let path = format!("/var/svcprop/{}/site%xvm%vbox@vm1.props", user.uid);
        let path = crate::real::rig::outside(&path);
        let text = fs::read_to_string(&path).expect("properties");
        fs::write(
            &path,
            text.replace("astring disabled", &format!("astring {state}")),
        )
        .expect("a state");
    };
    set("online");
    let run = doctor(&user, &[]).run();
    finds(
        &run,
        "warn",
        "state",
        &["online but off", "svcadm restart svc:/site/xvm/vbox:vm1"],
    );
    set("maintenance");
    let run = doctor(&user, &[]).run();
    finds(
        &run,
        "fail",
        "state",
        &["in maintenance", "svcs -xv svc:/site/xvm/vbox:vm1"],
    );
}

#[test]
fn settings_budgets_and_environments() {
    let rig = rig_or_skip!();
    let user = rig.user();
    set_up(&user);
    let counted = |path, seconds| (path, "count", seconds);
    instance(
        &user,
        "vm1",
        &[
            ("vm/stop_method", "astring", "acpipowerbutton"),
            counted("vm/stop_timeout", "240"),
            counted("stop/timeout_seconds", "60"),
        ],
    );
    let run = doctor(&user, &["vm1"]).run();
    let short = "the timeout is too short: vm/stop_timeout is 240 s";
    finds(
        &run,
        "fail",
        "budget",
        &[short, "stop/timeout_seconds = count: 250"],
    );
    instance(
        &user,
        "vm1",
        &[
            ("vm/stop_method", "astring", "acpipowerbutton"),
            counted("vm/stop_timeout", "240"),
            counted("stop/timeout_seconds", "300"),
        ],
    );
    finds_nothing(&doctor(&user, &["vm1"]).run());

    instance(
        &user,
        "vm1",
        &[
            ("vm/on_stuck", "astring", "x"),
            ("vm/on_stick", "astring", "x"),
        ],
    );
    let run = doctor(&user, &[]).run();
    finds(
        &run,
        "fail",
        "settings",
        &[
            "refuse or restart",
            "setprop 'vm/on_stuck = astring: VALUE'",
        ],
    );
    finds(&run, "warn", "settings", &["vm/on_stick"]);

    user.mkvm("vm2", "acpi");
    let zone = (
        "method_context/environment",
        "astring",
        "TZ=Pacific/Chatham",
    );
    instance(&user, "vm1", &[zone]);
    instance(&user, "vm2", &[]);
    let run = doctor(&user, &[]).run();
    finds(
        &run,
        "warn",
        "environment",
        &["vm1 has TZ=Pacific/Chatham, but vm2 has none"],
    );
    instance(&user, "vm2", &[zone]);
    finds_nothing(&doctor(&user, &[]).run());
}

/// Found before a stop loses the guest, or a start restores an old state over a newer disk.
#[test]
fn settings_that_virtualbox_cannot_write() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let uuid = set_up(&user);
    let folder = user.vm_folder(&uuid);
    chown(&folder, Some(0), Some(0)).expect("to give it to root");
    let run = doctor(&user, &[]).run();
    let words = [uuid.as_str(), "cannot be saved", "belongs to root"];
    finds(&run, "fail", "vm", &words);
    chown(&folder, Some(user.uid), Some(user.uid)).expect("to give it back");
    finds_nothing(&doctor(&user, &[]).run());
}
