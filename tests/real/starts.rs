//! `start` on real VirtualBox, from every state that a VM can be brought into.

use std::time::Duration;

use super::rig::rig_or_skip;

const BOOT: Duration = Duration::from_secs(30);

#[test]
fn from_poweroff() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let uuid = user.mkvm("vm1", "acpi");
    user.set_props("vm1", &[]);
    let run = user.method("vm1", "start").run();
    assert_eq!(run.code, Some(0), "{run}");
    assert!(run.stderr.contains("poweroff: starting it\n"), "{run}");
    assert!(run.stderr.ends_with("running: it runs\n"), "{run}");
    user.booted(&uuid, BOOT);
    assert_eq!(user.state(&uuid), "running");
    assert_eq!(user.vm_processes(&uuid).len(), 1);
}
