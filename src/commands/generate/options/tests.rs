use super::super::tests::arguments;
use super::*;
use crate::manifest::blueprint::{AccountName, Blueprint, InstanceBlueprint};
use crate::manifest::need::Need;
use crate::manifest::resolve::resolve;
use crate::manifest::setting::Setting;

fn made(line: &[&str]) -> Result<Blueprint, Failure> {
    Ok(resolve(&request(&arguments(line))?)?)
}

#[test]
fn an_option_for_one_vm_comes_before_one_for_all() {
    let plan = made(&[
        "a",
        "b=b b",
        "--user",
        "vbox",
        "--user",
        "b:bob",
        "--group",
        "b:staff",
        "--set",
        "b:vm/stop_method=poweroff",
        "--set",
        "vm/on_saved=leave",
    ])
    .unwrap();
    let owner = |i: usize| {
        let owner = plan.instances[i].owner.as_ref().unwrap();
        (
            owner.user.as_str(),
            owner.group.as_ref().map(AccountName::as_str),
        )
    };
    assert_eq!(owner(0), ("vbox", None));
    assert_eq!(owner(1), ("bob", Some("staff")));
    assert_eq!(
        plan.settings,
        [Setting::new("vm/on_saved", "leave").unwrap()]
    );
    assert_eq!(plan.instances[0].settings, []);
    assert_eq!(
        plan.instances[1].settings,
        [
            Setting::new("vm/stop_method", "poweroff").unwrap(),
            Setting::new("vm/name", "b b").unwrap()
        ]
    );
}

#[test]
fn a_value_may_hold_colons_and_equals_signs() {
    let plan = made(&[
        "a",
        "--user",
        "u",
        "--set",
        "a:vm/name=x:y=z",
        "--set",
        "virtualbox/vboxmanage=/opt/a:b=c",
    ])
    .unwrap();
    assert_eq!(plan.instances[0].settings[0].value, "x:y=z");
    assert_eq!(plan.settings[0].value, "/opt/a:b=c");
}

#[test]
fn every_refusal_is_a_usage_error_that_names_the_operand() {
    let table: &[(&[&str], &str)] = &[
        (
            &["vm1"],
            "no user for vm1: VirtualBox keeps VMs per user, so SMF has to start it as its owner; add --user NAME (--user root if the VM belongs to root)",
        ),
        (&["a", "b", "--user", "a:u"], "no user for b: "),
        (
            &["web.example", "--user", "u"],
            "no instance can be named after the VM 'web.example': 'web.example' is not an instance name (a letter, then letters, digits, '-' and '_', at most 119 bytes); try vbox-smf gen web-example=web.example",
        ),
        (
            &["1x=My VM", "--user", "u"],
            "no instance can have this name: '1x' is not an instance name (a letter, then letters, digits, '-' and '_', at most 119 bytes); try vbox-smf gen 'vm-1x=My VM'",
        ),
        (&["", "--user", "u"], "a VM's name cannot be empty"),
        (
            &["a=b\u{1}", "--user", "u"],
            "vm/name cannot be 'b\\u{1}' in a manifest",
        ),
        (
            &["a", "--user", "b:u"],
            "--user b:u: no specified VM has the instance 'b'",
        ),
        (
            &["a", "--user", "u", "--user", "v"],
            "the user is set twice for all VMs: --user u and --user v",
        ),
        (
            &["a", "--user", "a:u", "--user", "a:v"],
            "the user is set twice for a: --user a:u and --user a:v",
        ),
        (
            &["a", "--user", ""],
            "--user: '' is not a valid user or group name",
        ),
        (
            &["a", "--user", "u", "--group", "g h"],
            "--group: 'g h' is not a valid user or group name",
        ),
        (
            &["a", "--user", "u", "--set", "vm/stop_method"],
            "--set vm/stop_method: no '=' and value; write",
        ),
        (
            &["a", "--user", "u", "--set", "vm/stopmethod=x"],
            "unknown property 'vm/stopmethod'; available: vm/name, vm/stop_method, ",
        ),
        (
            &["a", "--user", "u", "--set", "b:vm/stop_method=poweroff"],
            "--set b:vm/stop_method: no specified VM has the instance 'b'",
        ),
        (
            &["a", "--user", "u", "--set", "a:vm/stop_method=off"],
            "vm/stop_method cannot be 'off'; allowed: savestate, acpipowerbutton, ",
        ),
        (
            &["a", "--user", "u", "--service", "svc:/site/x"],
            "--service: 'svc:/site/x' is not a bare service name",
        ),
        (
            &["a", "--user", "u", "--method", "vbox"],
            "--method: 'vbox' is not an absolute path",
        ),
        (
            &["a", "--user", "u", "--path", "/"],
            "--path: '/' always exists",
        ),
        (
            &["a", "--user", "u", "--depends-on", "file:///x"],
            "--depends-on: 'file:///x' is not a service FMRI",
        ),
    ];
    for (line, message) in table {
        let failure = made(line).unwrap_err();
        assert_eq!(failure.kind, Kind::Usage, "{line:?}");
        assert!(failure.to_string().contains(message), "{line:?}: {failure}");
    }
}

/// What an instance needs, as the manifest's author would say it.
fn needs(instance: &InstanceBlueprint) -> Vec<String> {
    let words = |need: &Need| match need {
        Need::After(other) => format!("after {other}"),
        Need::Requires(other) => format!("requires {other}"),
        Need::Service(target) => target.to_string(),
        Need::File(path) => path.to_string(),
    };
    instance.needs.iter().map(words).collect()
}

#[test]
fn what_goes_first() {
    let plan = made(&[
        "web",
        "db",
        "log",
        "--user=u",
        "--after=log",
        "--requires=web:db",
        "--after=web:db",
        "--depends-on=network/ntp",
        "--depends-on=db:svc:/network/ldap/client:default",
        "--depends-on=web:svc:/site/xvm/vbox:log",
        "--depends-on=svc:/site/other:x",
        "--path=/tank/a:b",
        "--path=web:/tank/my vms/ü.vdi",
    ])
    .unwrap();
    assert_eq!(
        needs(&plan.instances[0]),
        [
            "requires db",
            "requires log",
            "file://localhost/tank/my vms/ü.vdi"
        ]
    );
    assert_eq!(
        needs(&plan.instances[1]),
        ["after log", "svc:/network/ldap/client:default"]
    );
    assert_eq!(needs(&plan.instances[2]), Vec::<String>::new());
    let shared: Vec<_> = plan.needs.iter().cloned().collect();
    assert_eq!(
        shared,
        [
            Need::Service("svc:/network/ntp".parse().unwrap()),
            Need::Service("svc:/site/other:x".parse().unwrap()),
            Need::File("/tank/a:b".parse().unwrap()),
        ]
    );
}

#[test]
fn what_a_users_vms_have() {
    let plan = made(&[
        "a1",
        "a2",
        "b",
        "--user=alice",
        "--user=b:bob",
        "--timezone=Europe/Vienna",
        "--timezone=b:EST5EDT,M3.2.0/2:00:00,M11.1.0/2:00:00",
        "--env=alice:VBOX_USER_HOME=/tank/a:b=c",
        "--env=LANG=C",
        "--group=bob:staff",
        "--project=bob:user.bob",
        "--resource-pool=b:pool_vm",
        "--privileges=basic,!proc_info",
        "--limit-privileges=b:all",
        "--working-directory=b::default",
    ])
    .unwrap();
    let of = |i: usize| plan.instances[i].owner.clone().unwrap();
    let variables = |i: usize| {
        let all = of(i).environment;
        all.iter()
            .map(|v| format!("{}={}", v.name(), v.value()))
            .collect::<Vec<_>>()
    };
    assert_eq!(of(0), of(1));
    assert_eq!(
        variables(0),
        ["LANG=C", "TZ=Europe/Vienna", "VBOX_USER_HOME=/tank/a:b=c"]
    );
    assert_eq!(
        variables(2),
        ["LANG=C", "TZ=EST5EDT,M3.2.0/2:00:00,M11.1.0/2:00:00"]
    );
    let bob = of(2);
    assert_eq!(bob.group.as_ref().map(AccountName::as_str), Some("staff"));
    assert_eq!(bob.project.unwrap().as_str(), "user.bob");
    assert_eq!(bob.resource_pool.unwrap().as_str(), "pool_vm");
    assert_eq!(bob.privileges.as_str(), "basic,!proc_info");
    assert_eq!(bob.limit_privileges.unwrap().as_str(), "all");
    assert_eq!(bob.working_directory.as_str(), ":default");
    assert_eq!(of(0).working_directory.as_str(), ":home");
}

#[test]
fn a_name_before_the_colon_that_is_a_vm_and_a_user() {
    // The VM vbox is a VM of the user vbox: either way it is for all of that user's.
    let plan = made(&["vbox", "x", "--user=vbox", "--timezone=vbox:UTC"]).unwrap();
    assert_eq!(plan.instances[0].owner, plan.instances[1].owner);
    let failure = made(&[
        "vbox",
        "x",
        "--user=u",
        "--user=x:vbox",
        "--timezone=vbox:UTC",
    ])
    .unwrap_err();
    assert_eq!(
        failure.to_string(),
        "--timezone vbox:UTC: a VM and the user of another VM have the same name: 'vbox'; use another instance name: INSTANCE=NAME"
    );
}
