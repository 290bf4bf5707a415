//! `explain` on a host with SMF: where each value comes from, in a constant number of programs.

use super::rig::{PROGRAM, rig_or_skip};

/// The instance has one property itself, and one more that nobody has refreshed; the rest is the service's.
const INSTANCE: &str = "\
i vm/stop_method astring acpipowerbutton
i vm/on_saved astring discard
s vm/stop_method astring savestate
s vm/stop_timeout count 240
s start/timeout_seconds count 120
s stop/timeout_seconds count 300
!snapshot running
i vm/stop_method astring acpipowerbutton
s vm/stop_method astring savestate
s vm/stop_timeout count 240
s start/timeout_seconds count 120
s stop/timeout_seconds count 300
";

const SERVICE: &str = "\
s vm/stop_method astring savestate
s vm/stop_timeout count 240
s start/timeout_seconds count 120
s stop/timeout_seconds count 300
";

#[test]
fn each_value_its_level_and_the_time_of_a_stop() {
    let rig = rig_or_skip!();
    let user = rig.user();
    user.set_lines_of("site/explained:vm1", INSTANCE);
    user.set_lines_of("site/explained", SERVICE);
    let fmri = "svc:/site/explained:vm1";
    let run = user.program(PROGRAM, &["explain", "--fmri", fmri]).run();
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{run}");
    for part in [
        "svc:/site/explained:vm1\n\n",
        "  vm/stop_method = acpipowerbutton (instance)\n",
        "  vm/stop_timeout = 240 (service)\n",
        "  vm/stop_fallback = savestate (default)\n",
        "  vm/on_saved = restore (default)\n      Restore it.\n      Not refreshed: svcadm refresh changes it to discard.\n",
        "  stop/timeout_seconds = 300 (service)\n",
        "A stop has 240 s, by vm/stop_timeout:\n  0 to 180 s        vm/stop_method=acpipowerbutton\n  180 to 240 s      vm/stop_fallback=savestate\n  240 to 300 s      margin",
        "A start has 110 s of start/timeout_seconds=120:\n",
    ] {
        assert!(run.stdout.contains(part), "{part}\n{run}");
    }
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 80));
    let programs = user.programs_executed(&run);
    assert_eq!(programs.len(), 3, "{programs:#?}");
}

#[test]
fn an_instance_that_is_not_there() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let run = user.program(PROGRAM, &["explain", "--vm", "nosuch"]).run();
    run.fails(96, &["SMF has no instance svc:/site/xvm/vbox:nosuch"]);
}
