//! Calls that are not svc.startd's, or not for an instance.

use crate::real::rig::{PROGRAM, rig_or_skip};

#[test]
fn fmri_missing() {
    let rig = rig_or_skip!();
    let user = rig.user();
    for verb in ["start", "stop"] {
        user.method("vm1", verb)
            .env_remove("SMF_FMRI")
            .run()
            .fails(99, &["SMF_FMRI", "--fmri"]);
    }
    assert_eq!(user.svcprop_calls().len(), 0);
}

#[test]
fn fmri_malformed() {
    let rig = rig_or_skip!();
    let user = rig.user();
    for fmri in [
        "",
        "svc:/site/xvm/vbox",
        "svc:/site/xvm/vbox:",
        "svc:/:vm1",
        "vm1",
        "svc:/site/xvm/vbox:vm 1",
        "svc:/site/xvm/vbox:vm1\n",
        "svc:/site/xvm/vbox:-vm1",
        "svc:/site/xvm/vbox:1vm",
        "svc:/site/xvm/vbox:vm1:vm2",
        "svc:/site/xvm/vbox:vm*",
        "svc://elsewhere/site/xvm/vbox:vm1",
        "svc:/site/xvm/vbox:vm1/:properties/vm/name",
        "lrc:/etc/rc3_d/S90vbox",
        "svc:/site/xvm/vbox:../../etc/passwd",
        "svc:/site/xvm/vbox:\u{1b}[2J",
    ] {
        for verb in ["start", "stop"] {
            user.method("vm1", verb)
                .env("SMF_FMRI", fmri)
                .run()
                .fails(96, &["SMF_FMRI", "svc:/site/xvm/vbox:vm1"]);
        }
    }
    assert_eq!(user.svcprop_calls().len(), 0);
}

/// clap's own status for it is 2, which svc.startd would try again.
#[test]
fn usage_errors_under_smf() {
    let rig = rig_or_skip!();
    let user = rig.user();
    for arguments in [
        &["strat"][..],
        &["start", "--force"],
        &["start", "vm1"],
        &[],
    ] {
        let mut call = user.method("vm1", "start").without_arguments();
        for argument in arguments {
            call = call.arg(argument);
        }
        let run = call.run();
        run.exits(96);
        assert!(run.stderr.contains("Usage: "), "{run}");
    }
    // Not what svc.startd asks for: printing something is no start.
    for arguments in ["--help", "--version"] {
        let call = user.method("vm1", "start").without_arguments();
        call.arg(arguments).run().exits(96);
    }
    assert_eq!(user.svcprop_calls().len(), 0);
}

#[test]
fn usage_errors_by_hand() {
    let rig = rig_or_skip!();
    let user = rig.user();
    for arguments in [
        &["strat"][..],
        &["start", "--force"],
        &["start", "vm1"],
        &[],
    ] {
        let run = user.program(PROGRAM, arguments).run();
        run.exits(2);
        assert!(run.stderr.contains("Usage: "), "{run}");
    }
    for arguments in ["--help", "--version"] {
        let run = user.program(PROGRAM, &[arguments]).run();
        run.exits(0);
        assert!(run.stdout.contains("vbox-smf"), "{run}");
    }
}

#[test]
fn a_refresh_does_nothing() {
    let rig = rig_or_skip!();
    let user = rig.user();
    user.method("vm1", "refresh").run().succeeds();
    assert_eq!(user.svcprop_calls().len(), 0);
}
