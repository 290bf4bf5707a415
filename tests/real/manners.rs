//! How the method behaves towards others: what it runs, and what it leaves behind.

use super::rig::rig_or_skip;

#[test]
fn at_most_four_programs_a_start_and_a_stop() {
    let rig = rig_or_skip!();
    let user = rig.user();
    user.mkvm("vm1", "acpi");
    user.set_props("vm1", &[]);
    for verb in ["start", "stop", "start", "stop"] {
        let run = user.method("vm1", verb).run();
        assert_eq!(run.code, Some(0), "{run}");
        let programs = user.programs_executed(&run);
        assert!(programs.len() <= 4, "{verb}: {programs:#?}");
    }
}
