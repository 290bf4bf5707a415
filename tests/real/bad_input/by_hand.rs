//! The methods run by somebody at a terminal: as the user, as root, as somebody else.

use crate::real::one_vm::OneVm;
use crate::real::rig::{Call, PROGRAM, User, rig_or_skip};

/// An instance of its own name for each user: root sees those of all.
fn instance(user: &User<'_>) -> String {
    format!("hand{}", user.uid)
}

/// A VM of that name, which is to run as this user.
fn set_up(user: &User<'_>, runs_as: &str) -> OneVmOf {
    let name = instance(user);
    let uuid = user.mkvm(&name, "acpi");
    user.set_props(&name, &[("method_context/user", "astring", runs_as)]);
    OneVmOf { name, uuid }
}

struct OneVmOf {
    name: String,
    uuid: String,
}

fn by_hand<'user>(user: &'user User<'user>, verb: &str, name: &str) -> Call<'user> {
    user.program(PROGRAM, &[verb, "--vm", name])
}

#[test]
fn as_the_user() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let vm = set_up(&user, user.name);
    by_hand(&user, "start", &vm.name).run().succeeds();
    assert_eq!(user.vm_processes(&vm.uuid).len(), 1);
    assert_eq!(user.state(&vm.uuid), "running");
    let fmri = format!("svc:/site/xvm/vbox:{}", vm.name);
    user.program(PROGRAM, &["stop", "--fmri", &fmri])
        .run()
        .succeeds();
    assert_eq!(user.state(&vm.uuid), "saved");
}

/// Root becomes that user: its VirtualBox, its home, and nothing of root's.
#[test]
fn as_root() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let vm = set_up(&user, user.name);
    let as_root = |verb| {
        by_hand(&user, verb, &vm.name)
            .by_root()
            .env("HOME", "/root")
            .env("USER", "root")
            .env("LOGNAME", "root")
            .run()
    };
    as_root("start").succeeds().logs(&[
        &format!("as user {}", user.name),
        "running: the VM is running",
    ]);
    assert_eq!(user.vm_processes(&vm.uuid).len(), 1);
    assert_eq!(user.state(&vm.uuid), "running");
    as_root("stop").succeeds();
    assert_eq!(user.state(&vm.uuid), "saved");
}

/// A user of the method comes before that of the instance.
#[test]
fn as_root_for_a_method_with_a_user_of_its_own() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let vm = set_up(&user, "nobody");
    let users = [
        ("method_context/user", "astring", "nobody"),
        ("start/user", "astring", user.name),
    ];
    user.set_props(&vm.name, &users);
    by_hand(&user, "start", &vm.name).by_root().run().succeeds();
    assert_eq!(user.state(&vm.uuid), "running");
}

/// An instance made by hand, whose context names a user and says nothing of `use_profile`: svc.startd runs its methods as
/// root. A start by hand does not hide that.
#[test]
fn as_root_for_a_user_that_svc_startd_ignores() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let vm = set_up(&user, user.name);
    let lines = format!(
        "i start/timeout_seconds count 120\ni stop/timeout_seconds count 120\ni method_context/user astring {}\n",
        user.name
    );
    user.set_prop_lines(&vm.name, &lines);
    let run = by_hand(&user, "start", &vm.name).by_root().run();
    let told = format!("svc.startd runs its method as root, not as {}", user.name);
    let next_step = "setprop method_context/use_profile = boolean: false";
    run.fails(96, &[&told, next_step]);
    assert_eq!(user.state(&vm.uuid), "poweroff");
    // As svc.startd runs it once that is set, or another user was meant.
    user.method(&vm.name, "start").run().succeeds();
    assert_eq!(user.state(&vm.uuid), "running");
    user.set_props(&vm.name, &[("method_context/user", "astring", "nobody")]);
    user.method(&vm.name, "start").run().fails(
        96,
        &[&format!(
            "runs as user {}, but its method context names user 'nobody'",
            user.name
        )],
    );
    // A stop takes down what such a start brought up.
    let run = user.method(&vm.name, "stop").run();
    run.succeeds()
        .logs(&["but its method context names user 'nobody'"]);
    assert_eq!(user.state(&vm.uuid), "saved");
}

#[test]
fn as_root_for_a_user_that_is_not_there() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let vm = set_up(&user, "nosuchuser");
    by_hand(&user, "start", &vm.name)
        .by_root()
        .run()
        .fails(100, &["nosuchuser", "method_context/user"]);
    assert_eq!(user.state(&vm.uuid), "poweroff");
}

#[test]
fn as_somebody_else() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let vm = set_up(&user, "nobody");
    for verb in ["start", "stop"] {
        by_hand(&user, verb, &vm.name)
            .run()
            .fails(100, &["'nobody'", user.name, "root"]);
    }
    assert_eq!(user.vboxmanage_calls().len(), 0);
}

/// Of a VM that another user has, nothing is known to this one.
#[test]
fn a_vm_of_another_user() {
    let rig = rig_or_skip!();
    let vm = OneVm::new(rig, "acpi");
    vm.boot();
    let other = rig.user();
    other.set_props("vm1", &[]);
    for verb in ["start", "stop"] {
        let as_other = format!("as user {}", other.name);
        other
            .method("vm1", verb)
            .run()
            .fails(96, &["Could not find a registered machine", &as_other]);
    }
    vm.assert_is("running");
}

/// A stop of svc.startd's whose instance was deleted under it: the VM is named, and left up.
#[test]
fn an_instance_that_was_deleted_while_it_was_online() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let vm = set_up(&user, user.name);
    user.method(&vm.name, "start").run().succeeds();
    user.delete_props(&vm.name);
    let [pid] = user.vm_processes(&vm.uuid)[..] else {
        panic!("a process");
    };
    let run = user.method(&vm.name, "stop").run();
    run.fails(
        96,
        &[
            "the instance was deleted before its VM was stopped",
            &format!("process {pid} of {} runs a VM of that name", user.name),
            &format!(
                "VBoxManage controlvm {} savestate as {}",
                vm.name, user.name
            ),
        ],
    );
    assert_eq!(user.state(&vm.uuid), "running");
    // The next step helps.
    user.vboxmanage(&["controlvm", &vm.name, "savestate"]);
    assert_eq!(user.state(&vm.uuid), "saved");
    user.method(&vm.name, "stop")
        .run()
        .fails(96, &["no process of", "runs a VM of that name"]);
    user.method(&vm.name, "stop")
        .env("VBOX_USER_HOME", "/data/two words")
        .run()
        .fails(
            96,
            &["VBOX_USER_HOME='/data/two words' VBoxManage controlvm"],
        );
    user.method(&vm.name, "start").run().fails(
        96,
        &["the instance was deleted while svc.startd was starting the VM"],
    );
}

/// VirtualBox's own vboxsvc has instances of the same service, whose properties mean something else.
#[test]
fn an_instance_of_another_program() {
    let rig = rig_or_skip!();
    let user = rig.user();
    let vm = set_up(&user, user.name);
    user.set_props(
        &vm.name,
        &[
            ("method_context/user", "astring", user.name),
            ("start/exec", "astring", "/opt/VirtualBox/vbox.sh start"),
            ("stop/exec", "astring", "/opt/VirtualBox/vbox.sh stop"),
        ],
    );
    for verb in ["start", "stop", "explain"] {
        by_hand(&user, verb, &vm.name)
            .run()
            .fails(96, &["run /opt/VirtualBox/vbox.sh, not vbox-smf", "svcadm"]);
    }
    assert_eq!(user.state(&vm.uuid), "poweroff");
    let none_of_ours = user
        .vboxmanage_calls()
        .iter()
        .all(|call| call.arguments[0] == "list");
    assert!(none_of_ours, "VirtualBox was asked to do something");
}

#[test]
fn an_instance_that_is_not_there() {
    let rig = rig_or_skip!();
    let user = rig.user();
    by_hand(&user, "start", "nosuch")
        .run()
        .fails(96, &["SMF has no instance svc:/site/xvm/vbox:nosuch"]);
    by_hand(&user, "start", "no such")
        .run()
        .fails(96, &["--vm", "'no such'"]);
}
