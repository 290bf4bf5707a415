//! The checks that need no machine, and those of files on a made one.

use std::time::Duration;

use super::check::{Check, Topic, Verdict};
use super::{contract, instance, machine, print, user};
use crate::commands::status::join::{Asked, join};
use crate::config::settings::Settings;
use crate::host::fake::Fake;
use crate::host::{Account, Args, FileKind, Process};
use crate::inventory::instances::{Gathered, Instance, Known};
use crate::inventory::limit::Limit;
use crate::inventory::owners::{Listed, Owner};
use crate::smf::tools::svcprop::{Properties, Value};
use crate::smf::tools::svcs::SmfState;
use crate::virtualbox::vm::VmState;

fn minute(host: &Fake) -> Limit {
    Limit::from_now(host, std::time::Duration::from_secs(60))
}

const UUID: &str = "a3a21769-fdde-4a22-8ede-8f84ae391faf";

fn instance_of(name: &str, set: &[(&str, &str)]) -> Instance {
    let properties: Properties = set
        .iter()
        .map(|(path, value)| {
            let counted = ["_seconds", "_timeout", "_delay"]
                .iter()
                .any(|end| path.ends_with(end));
            let value = Value {
                value_type: if counted { "count" } else { "astring" }.to_owned(),
                values: value.split(' ').map(str::to_owned).collect(),
            };
            ((*path).to_owned(), value)
        })
        .collect();
    Instance {
        fmri: format!("svc:/site/xvm/vbox:{name}")
            .parse()
            .expect("an FMRI"),
        state: SmfState::Online,
        next: None,
        since: "13:25:07".to_owned(),
        known: Some(Known {
            settings: Settings::from_properties(&properties, &name.parse().expect("a name")),
            user: "vb".to_owned(),
            ignored: None,
            properties,
        }),
    }
}

fn owner() -> Owner {
    Owner {
        name: "vb".to_owned(),
        account: Some(account()),
        members: vec![0, 1],
        environment: Vec::new(),
        vboxmanage: None,
    }
}

fn account() -> Account {
    Account {
        name: "vb".to_owned(),
        uid: 101,
        home: "/home/vb".into(),
    }
}

/// An instance of vboxsvc, which has the same service, and a group `vm` with other properties in it.
fn of_vboxsvc(name: &str) -> Instance {
    instance_of(
        name,
        &[
            ("start/exec", "/lib/svc/method/vbox.sh start"),
            ("stop/exec", "/lib/svc/method/vbox.sh stop"),
            ("vm/stop_method", "poweroff-graceful"),
            ("vm/kicker_vmsvccheck_enabled", "true"),
        ],
    )
}

#[test]
fn an_instance_of_another_program_is_not_examined() {
    let entry = ("start/exec", "/lib/svc/method/vbox %m");
    for (instances, smf) in [
        (
            vec![of_vboxsvc("db")],
            "1 instance, 1 managed by another program",
        ),
        (
            vec![of_vboxsvc("db"), instance_of("vm1", &[entry])],
            "2 instances, 1 managed by another program",
        ),
    ] {
        let gathered = Gathered {
            answered: true,
            instances,
            ..Gathered::default()
        };
        let checks = super::examine(&healthy(), &gathered, &[], minute(&healthy()));
        assert_eq!(only(&checks, Topic::Smf).finding, smf);
        let of_it: Vec<_> = checks
            .iter()
            .filter(|check| check.subject == "svc:/site/xvm/vbox:db")
            .collect();
        let [check] = of_it.as_slice() else {
            panic!("{checks:#?}");
        };
        assert_eq!((check.verdict, check.topic), (Verdict::Warn, Topic::Method));
        assert_eq!(
            check.finding,
            "its methods run /lib/svc/method/vbox.sh, not vbox-smf; its properties and its VM were not checked"
        );
        for check in &checks {
            let command = check.command.as_deref().unwrap_or_default();
            assert!(!command.contains("vbox:db"), "{check:#?}");
            assert!(!check.finding.contains("vbox.sh is"), "{check:#?}");
        }
        let ours = gathered.instances.len() == 2;
        // Nobody has to install our method for another program, and its user is not ours to examine.
        let about = |topic| {
            checks
                .iter()
                .any(|c| c.topic == topic && c.subject != "svc:/site/xvm/vbox:db")
        };
        assert_eq!((about(Topic::Method), about(Topic::User)), (ours, ours));
    }
}

#[test]
fn two_programs_with_one_vm_are_told_and_neither_is_deleted_for_the_others_sake() {
    let instances = [of_vboxsvc("db"), instance_of("vm1", &[("vm/name", "db")])];
    let asked = Asked {
        owner: "vb".to_owned(),
        user_home: None,
        members: vec![0, 1],
        answer: Ok(vec![Listed::new(UUID, "db", &VmState::Running)]),
    };
    let rows = join(&instances, &[asked], false);
    let checks = instance::of_another(&rows[0], "/lib/svc/method/vbox.sh");
    let shared = only(&checks, Topic::Vm);
    assert_eq!(shared.finding, "it manages the same VM as vm1");
    assert_eq!(shared.command, None);
    let others = [of_vboxsvc("db"), of_vboxsvc("mail")];
    let environment = instance::environment(&others, &owner());
    assert_eq!(environment, None);
}

/// The only check of a topic.
#[track_caller]
fn only(checks: &[Check], topic: Topic) -> &Check {
    let all: Vec<_> = checks.iter().filter(|c| c.topic == topic).collect();
    assert_eq!(all.len(), 1, "{checks:#?}");
    all[0]
}

#[test]
fn budgets() {
    use Verdict::{Fail, Ok, Warn};
    let acpi = ("vm/stop_method", "acpipowerbutton");
    let none = ("vm/stop_fallback", "none");
    let stop = |seconds| ("stop/timeout_seconds", seconds);
    let start = |seconds| ("start/timeout_seconds", seconds);
    let whole = |seconds| ("vm/stop_timeout", seconds);
    let delay = |seconds| ("vm/start_delay", seconds);
    for (set, verdict, words, command) in [
        (&[][..], Ok, "a start has 120 s; a stop has 180 s", ""),
        (
            &[stop("300"), whole("240"), acpi],
            Ok,
            "a stop has 240 s, of which 60 s are reserved for the fallback",
            "",
        ),
        (
            &[stop("60"), whole("240"), acpi],
            Fail,
            "vm/stop_timeout is 240 s, but of stop/timeout_seconds, 60 s, only 50 s are available for a stop",
            "svccfg -s svc:/site/xvm/vbox setprop stop/timeout_seconds = count: 250 && svcadm refresh svc:/site/xvm/vbox:vm1",
        ),
        (
            &[stop("249"), whole("240")],
            Fail,
            "only 239 s are available",
            "count: 250",
        ),
        (&[stop("250"), whole("240")], Ok, "a stop has 240 s", ""),
        (&[stop("0"), whole("240")], Ok, "a stop has 240 s", ""),
        (
            &[stop("60"), acpi],
            Warn,
            "of 50 s for a stop, the guest has 20 s before the fallback",
            "setprop stop/timeout_seconds = count: 100",
        ),
        (
            &[stop("300"), whole("45"), acpi],
            Warn,
            "of 45 s for a stop, the guest has 15 s",
            "-s svc:/site/xvm/vbox:vm1 setprop vm/stop_timeout = count: 90",
        ),
        (
            &[stop("100"), acpi],
            Ok,
            "a stop has 90 s, of which 30 s are reserved for the fallback",
            "",
        ),
        (
            &[stop("70"), acpi, none],
            Ok,
            "a stop has 60 s, of which 0 s are reserved for the fallback",
            "",
        ),
        (&[stop("30")], Warn, "saving has 20 s", "count: 70"),
        (
            &[stop("20"), ("vm/stop_method", "poweroff")],
            Ok,
            "a stop has 10 s",
            "",
        ),
        (
            &[start("30")],
            Warn,
            "a start has 20 s for VirtualBox",
            "start/timeout_seconds = count: 40",
        ),
        (
            &[start("120"), delay("90")],
            Warn,
            "a start has 20 s for VirtualBox",
            "start/timeout_seconds = count: 130",
        ),
        (
            &[start("120"), delay("200")],
            Fail,
            "vm/start_delay is 200 s",
            "start/timeout_seconds = count: 240",
        ),
    ] {
        let checks = instance::configuration(&instance_of("vm1", set));
        let check = only(&checks, Topic::Budget);
        assert_eq!(check.verdict, verdict, "{set:?}: {check:?}");
        assert!(check.finding.contains(words), "{set:?}: {check:?}");
        let told = check.command.clone().unwrap_or_default();
        assert!(
            told.contains(command) && told.is_empty() == command.is_empty(),
            "{check:?}"
        );
        assert_eq!(only(&checks, Topic::Settings).verdict, Ok);
    }
}

#[test]
fn settings_that_are_wrong() {
    let checks = instance::configuration(&instance_of("vm1", &[("vm/on_stuck", "x")]));
    let check = only(&checks, Topic::Settings);
    assert_eq!(check.verdict, Verdict::Fail);
    let command = "svccfg -s svc:/site/xvm/vbox:vm1 setprop 'vm/on_stuck = astring: VALUE' && svcadm refresh svc:/site/xvm/vbox:vm1";
    assert_eq!(check.command.as_deref(), Some(command));

    let checks = instance::configuration(&instance_of("vm1", &[("vm/stop_metod", "poweroff")]));
    let check = only(&checks, Topic::Settings);
    assert_eq!(check.verdict, Verdict::Warn);
    assert!(check.finding.contains("vm/stop_metod"));
}

/// What is told of one instance `vm1` with these VMs.
fn told(set: &[(&str, &str)], vms: Vec<Listed>) -> Vec<Check> {
    let instances = [instance_of("vm1", set)];
    let asked = [Asked {
        owner: "vb".to_owned(),
        user_home: None,
        members: vec![0],
        answer: Ok(vms),
    }];
    instance::vm(&join(&instances, &asked, false)[0])
}

#[test]
fn instances_beside_their_vms() {
    let running = || Listed::new(UUID, "vm1", &VmState::Running);
    let well = told(&[], vec![running()]);
    assert!(
        well.iter().all(|check| check.verdict == Verdict::Ok),
        "{well:?}"
    );
    assert_eq!(well.len(), 2);
    let mut orphaned = Listed::new(UUID, "vm1", &VmState::PowerOff);
    orphaned.orphan = Some(4711);
    for (set, vms, topic, verdict, command) in [
        (&[][..], vec![], Topic::Vm, Verdict::Fail, ""),
        (
            &[],
            vec![orphaned],
            Topic::State,
            Verdict::Fail,
            "pgrep -U vb Box | grep '^4711$' && kill -9 4711",
        ),
        (
            &[("vm/name", UUID)],
            vec![Listed::inaccessible(UUID)],
            Topic::Vm,
            Verdict::Fail,
            "",
        ),
        (
            &[],
            vec![
                running(),
                Listed::new(
                    "ed5cbdf1-edb3-492d-ba42-b9cf7e8dbdc4",
                    "vm1",
                    &VmState::Saved,
                ),
            ],
            Topic::Vm,
            Verdict::Warn,
            "",
        ),
        (
            &[],
            vec![Listed::new(UUID, "vm1", &VmState::PowerOff)],
            Topic::State,
            Verdict::Warn,
            "svcadm restart svc:/site/xvm/vbox:vm1",
        ),
    ] {
        let checks = told(set, vms);
        let check = only(&checks, topic);
        assert_eq!(check.verdict, verdict, "{check:?}");
        assert!(check.hint.is_some(), "{check:?}");
        assert_eq!(check.command.as_deref().unwrap_or_default(), command);
    }
}

#[test]
fn one_environment_for_all_vms_of_a_user() {
    let of = |one: &[(&str, &str)], two: &[(&str, &str)]| {
        let instances = [instance_of("vm1", one), instance_of("vm2", two)];
        instance::environment(&instances, &owner()).expect("a check")
    };
    let vienna = ("method_context/environment", "TZ=Europe/Vienna");
    assert_eq!(of(&[vienna], &[vienna]).verdict, Verdict::Ok);
    assert_eq!(
        of(&[vienna], &[("start/environment", "TZ=Europe/Vienna")]).verdict,
        Verdict::Ok
    );
    let harmless = ("method_context/environment", "TZ=Europe/Vienna EDITOR=vi");
    assert_eq!(of(&[vienna], &[harmless]).verdict, Verdict::Ok);
    let check = of(&[vienna], &[]);
    assert_eq!(check.verdict, Verdict::Warn);
    assert!(
        check
            .finding
            .contains("vm1 has TZ=Europe/Vienna, but vm2 has none"),
        "{check:?}"
    );
}

#[test]
fn autostart_of_virtualbox_itself() {
    let check = |marked: bool, service: Option<&SmfState>| {
        let mut vm = Listed::new(UUID, "vm1", &VmState::Running);
        vm.autostart = marked;
        let asked = [Asked {
            owner: "vb".to_owned(),
            user_home: None,
            members: vec![0],
            answer: Ok(vec![vm]),
        }];
        let checks = instance::autostart(&[instance_of("vm1", &[])], &asked, service);
        only(&checks, Topic::Autostart).verdict
    };
    assert_eq!(check(false, Some(&SmfState::Online)), Verdict::Ok);
    assert_eq!(check(true, None), Verdict::Warn);
    assert_eq!(check(true, Some(&SmfState::Disabled)), Verdict::Warn);
    assert_eq!(check(true, Some(&SmfState::Online)), Verdict::Fail);
}

/// A user with whom nothing is wrong.
fn healthy() -> Fake {
    Fake::default()
        .locale("C.UTF-8")
        .file("/home/vb/.", 101, 0o700, FileKind::Directory)
        .file("/tmp/.vbox-vb-ipc", 101, 0o700, FileKind::Directory)
        .content(
            XML,
            101,
            "<?xml version=\"1.0\"?>\n<VirtualBox version=\"1.12-linux\"></VirtualBox>\n",
        )
}

/// In whose contract VBoxSVC is, by what svcs says of contracts.
#[test]
fn the_contract_of_virtualboxs_server() {
    let server = |age, contract| Process {
        pid: 452,
        program: "VBoxSVC".to_owned(),
        args: Args::Cut("/opt/VirtualBox/amd64/VBoxSVC --auto-shutdown".to_owned()),
        age: Duration::from_secs(age),
        contract,
    };
    let owners = "    79 svc:/site/vma:default   \n-      svc:/site/xvm/vbox:vm1    \n";
    let asked = |server: Process, status, stdout: &str| {
        let host = Fake::default().process(server);
        let host = host.answer("-aH -o ctid,fmri", status, stdout, "");
        let check = contract::of_server(&host, "vb", minute(&host));
        (check, host.asked().len())
    };
    let (check, _) = asked(server(9, Some(72)), 0, owners);
    let check = check.expect("a check");
    assert_eq!((check.verdict, check.topic), (Verdict::Ok, Topic::Contract));
    assert!(check.finding.contains("contract 72, which belongs to no"));
    let (check, _) = asked(server(9, Some(79)), 0, owners);
    let check = check.expect("a check");
    assert_eq!(check.verdict, Verdict::Warn);
    assert!(
        check.finding.contains("pid 452")
            && check
                .finding
                .contains("contract 79 of svc:/site/vma:default"),
        "{check:?}"
    );
    assert_eq!(
        check.command.as_deref(),
        Some("svcs -p svc:/site/vma:default")
    );
    let (check, _) = asked(server(9, Some(79)), 3, "");
    let check = check.expect("a check");
    assert_eq!(check.verdict, Verdict::Warn);
    assert!(check.finding.contains("cannot determine"), "{check:?}");
    // Where there are no contracts, nothing is asked and nothing is said; and so without a VBoxSVC.
    assert_eq!(asked(server(9, None), 0, owners), (None, 0));
    assert!(contract::of_server(&Fake::default(), "vb", minute(&Fake::default())).is_none());
    // A VBoxSVC that has not ended yet is not the one that VirtualBox uses.
    let host = Fake::default()
        .process(server(99, Some(79)))
        .process(server(1, Some(80)))
        .answer("-aH -o ctid,fmri", 0, owners, "");
    let check = contract::of_server(&host, "vb", minute(&host)).expect("a check");
    assert_eq!(check.verdict, Verdict::Ok);
}

const XML: &str = "/home/vb/.config/VirtualBox/VirtualBox.xml";
const PREV: &str = "/home/vb/.config/VirtualBox/VirtualBox.xml-prev";

#[test]
fn users_and_their_files() {
    let whole = "<VirtualBox></VirtualBox>";
    for (what, host, topic, verdict, words) in [
        ("home", healthy(), Topic::Home, Verdict::Ok, "/home/vb"),
        (
            "home of root's",
            healthy().file("/home/vb/.", 0, 0o755, FileKind::Directory),
            Topic::Home,
            Verdict::Fail,
            "belongs to user id 0",
        ),
        (
            "read-only home",
            healthy().file("/home/vb/.", 101, 0o500, FileKind::Directory),
            Topic::Home,
            Verdict::Fail,
            "cannot write",
        ),
        (
            "no home",
            Fake::default(),
            Topic::Home,
            Verdict::Fail,
            "/home/vb",
        ),
        ("locale", healthy(), Topic::Locale, Verdict::Ok, "C.UTF-8"),
        (
            "no locale",
            Fake::default(),
            Topic::Locale,
            Verdict::Warn,
            "no UTF-8",
        ),
        (
            "ipc",
            healthy(),
            Topic::Ipc,
            Verdict::Ok,
            "only vb can access",
        ),
        (
            "no ipc",
            Fake::default(),
            Topic::Ipc,
            Verdict::Ok,
            "has not used VirtualBox",
        ),
        (
            "open ipc",
            healthy().file("/tmp/.vbox-vb-ipc", 101, 0o777, FileKind::Directory),
            Topic::Ipc,
            Verdict::Fail,
            "/tmp/.vbox-vb-ipc",
        ),
        (
            "no lock",
            healthy(),
            Topic::Lock,
            Verdict::Ok,
            "does not exist yet",
        ),
        (
            "a lock that cannot be used",
            healthy().file("/tmp/.vbox-smf-101", 101, 0o777, FileKind::Directory),
            Topic::Lock,
            Verdict::Fail,
            "none are available",
        ),
        (
            "registry",
            healthy(),
            Topic::Registry,
            Verdict::Ok,
            "is valid",
        ),
        (
            "no registry",
            Fake::default(),
            Topic::Registry,
            Verdict::Warn,
            "no VMs yet",
        ),
        (
            "an empty registry",
            healthy().content(XML, 101, "").content(PREV, 101, whole),
            Topic::Registry,
            Verdict::Fail,
            "it is empty",
        ),
        (
            "a cut registry",
            healthy().content(XML, 101, "<VirtualBox><Global>"),
            Topic::Registry,
            Verdict::Fail,
            "VirtualBox.xml: ",
        ),
        (
            "another file",
            healthy().content(XML, 101, "<x/>"),
            Topic::Registry,
            Verdict::Fail,
            "its end is missing",
        ),
        (
            "a name that is far too long for a message",
            healthy().content(
                XML,
                101,
                &format!("<{0}:a></VirtualBox>", "x".repeat(1 << 20)),
            ),
            Topic::Registry,
            Verdict::Fail,
            "...",
        ),
        (
            "many attributes, of which each is compared with each",
            healthy().content(
                XML,
                101,
                &format!("<VirtualBox {}></VirtualBox>", "a='' ".repeat(200_000)),
            ),
            Topic::Registry,
            Verdict::Fail,
            "an element with many attributes",
        ),
        (
            "the old folder",
            healthy()
                .file("/home/vb/.VirtualBox/.", 101, 0o700, FileKind::Directory)
                .content("/home/vb/.VirtualBox/VirtualBox.xml", 101, ""),
            Topic::Registry,
            Verdict::Fail,
            "/home/vb/.VirtualBox/VirtualBox.xml: it is empty",
        ),
    ] {
        let examined = user::examine(&host, &owner(), &account(), minute(&host));
        let check = only(&examined.checks, topic);
        assert_eq!(check.verdict, verdict, "{what}: {check:?}");
        assert!(check.finding.contains(words), "{what}: {check:?}");
        let helped = check.hint.is_some() || check.command.is_some();
        assert_eq!(helped, verdict != Verdict::Ok, "{what}: {check:?}");
    }
    let spoilt = healthy().content(XML, 101, "").content(PREV, 101, whole);
    let examined = user::examine(&spoilt, &owner(), &account(), minute(&spoilt));
    let check = only(&examined.checks, Topic::Registry);
    let step = format!("as vb, because either file may be a link: cp -p {PREV} {XML}");
    assert!(
        check
            .hint
            .as_ref()
            .is_some_and(|hint| hint.ends_with(&step))
    );
    assert_eq!(check.command, None);
}

/// What a command for root names, nobody else has chosen: of the user's own home, files and processes, and of what anybody
/// may have put into `/tmp`, root is told none that follows a link, gives something away or goes through it.
#[test]
fn no_command_for_root_goes_where_others_lead() {
    let folder = |path: &str, owner, mode| healthy().file(path, owner, mode, FileKind::Directory);
    for (what, host) in [
        ("a home that is /", folder("/home/vb/.", 0, 0o755)),
        ("another one's home", folder("/home/vb/.", 1, 0o755)),
        ("a home that is closed", folder("/home/vb/.", 101, 0o500)),
        (
            "a home that is a file",
            healthy().file("/home/vb/.", 101, 0o600, FileKind::File),
        ),
        (
            "sockets of another one's",
            folder("/tmp/.vbox-vb-ipc", 1, 0o777),
        ),
        (
            "sockets by a link",
            healthy().file("/tmp/.vbox-vb-ipc", 1, 0o777, FileKind::Link("/etc".into())),
        ),
        (
            "a lock of another one's",
            folder("/tmp/.vbox-smf-101", 1, 0o777),
        ),
        (
            "a broken registry beside a whole one",
            healthy()
                .content(XML, 101, "")
                .content(PREV, 101, "<VirtualBox></VirtualBox>"),
        ),
    ] {
        let examined = user::examine(&host, &owner(), &account(), minute(&host));
        let failed: Vec<_> = examined
            .checks
            .iter()
            .filter(|check| check.verdict == Verdict::Fail)
            .collect();
        assert!(!failed.is_empty(), "{what}");
        for check in failed {
            let Some(command) = &check.command else {
                continue;
            };
            // A rename of that very name, and nothing else.
            let (verb, rest) = command.split_once(' ').expect("a command");
            assert_eq!(verb, "mv", "{what}: {command}");
            let (from, to) = rest.split_once(' ').expect("two names");
            assert!(from.starts_with("/tmp/.vbox-"), "{what}: {command}");
            assert_eq!(to, "\"$(TMPDIR=/tmp mktemp -d)\"", "{what}");
        }
    }
}

/// A command is there to be copied into root's shell: a path is one word in it, whatever it is.
#[test]
fn what_is_to_be_copied_runs_nothing_else() {
    let strange = Account {
        home: "/home/x'; reboot '".into(),
        ..account()
    };
    let host = healthy().file("/home/x'; reboot '/.", 101, 0o500, FileKind::Directory);
    let examined = user::examine(&host, &owner(), &strange, minute(&host));
    let hint = only(&examined.checks, Topic::Home).hint.clone();
    let home = r"'/home/x'\''; reboot '\'''";
    let expected = format!("VirtualBox keeps its settings there; as vb: chmod u+rwx {home}");
    assert_eq!(hint, Some(expected));
}

#[test]
fn the_machine() {
    let none = Gathered {
        no_smf: true,
        ..Gathered::default()
    };
    let checks = machine::smf(&none);
    assert_eq!(only(&checks, Topic::Smf).verdict, Verdict::Warn);
    assert!(checks[0].finding.contains("skipped"));

    let services = "svc:/application/virtualbox/run-once:default svc:/application/virtualbox/autostart:default";
    let asked = format!("-H -o state,nstate,stime,fmri {services}");
    let absent = "svcs: Pattern 'svc:/x' doesn't match any instances\n";
    for (line, device, driver, service) in [
        ("", true, Verdict::Ok, None),
        ("", false, Verdict::Fail, None),
        ("online", true, Verdict::Ok, Some(Verdict::Ok)),
        ("disabled", true, Verdict::Ok, Some(Verdict::Warn)),
        ("disabled", false, Verdict::Fail, Some(Verdict::Fail)),
        ("maintenance", true, Verdict::Ok, Some(Verdict::Fail)),
    ] {
        let stdout = match line {
            "" => String::new(),
            state => format!("{state} - 13:25:07 svc:/application/virtualbox/run-once:default\n"),
        };
        let mut host = Fake::default().answer(&asked, 1, &stdout, absent);
        if device {
            host = host.file("/dev/vboxdrv", 0, 0o600, FileKind::Other);
        }
        let checks = machine::driver(&host, &machine::services(&host, minute(&host)));
        assert_eq!(only(&checks, Topic::Driver).verdict, driver, "{line}");
        let found = checks.iter().find(|c| c.topic == Topic::DriverService);
        assert_eq!(found.map(|c| c.verdict), service, "{line}");
    }
}

#[test]
fn the_method_and_the_program() {
    let folders = [
        "/",
        "/lib",
        "/lib/svc",
        "/lib/svc/method",
        "/usr",
        "/usr/bin",
        "/opt",
    ];
    let bare = || {
        folders.iter().fold(Fake::default(), |host, path| {
            host.file(path, 0, 0o755, FileKind::Directory)
        })
    };
    let entry = || bare().file("/lib/svc/method/vbox", 0, 0o755, FileKind::File);
    let exec = [("start/exec", "/lib/svc/method/vbox %m")];
    let instances = [instance_of("vm1", &exec), instance_of("vm2", &exec)];
    let program = "/lib/svc/method/vbox-smf";
    for (host, verdict, words) in [
        (bare(), Verdict::Fail, "cannot examine /lib/svc/method/vbox"),
        (entry(), Verdict::Fail, "does not find vbox-smf"),
        (
            entry().file(program, 0, 0o755, FileKind::File),
            Verdict::Ok,
            program,
        ),
        (
            entry().file("/usr/bin/vbox-smf", 0, 0o755, FileKind::File),
            Verdict::Ok,
            "/usr/bin/vbox-smf",
        ),
        (
            entry().file(program, 0, 0o775, FileKind::File),
            Verdict::Fail,
            "written to by others",
        ),
        (
            entry().file(program, 101, 0o755, FileKind::File),
            Verdict::Fail,
            "belong to root",
        ),
    ] {
        let checks = machine::methods(&host, &instances);
        let check = only(&checks, Topic::Method);
        assert_eq!(check.verdict, verdict, "{check:?}");
        assert!(check.finding.contains(words), "{check:?}");
    }
    assert_eq!(machine::methods(&bare(), &[]), []);
}

#[test]
fn text_fits_and_commands_stay_whole() {
    let long = "word ".repeat(40);
    let command = format!("svccfg -s {}", "x".repeat(100));
    let checks = [
        Check::ok(Topic::Lock, "vb", "free"),
        Check::fail(Topic::Vm, "svc:/site/xvm/vbox:vm1", long.trim_end())
            .hint(long.trim_end())
            .command(&command),
        Check::warn(Topic::Names, "vb\n\u{1b}", "x"),
    ];
    let text = print::text(&checks);
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("ok   vb lock: free"));
    let whole = format!("     # {command}");
    assert!(text.lines().any(|line| line == whole), "{text}");
    for line in text.lines().filter(|line| *line != whole) {
        assert!(line.len() <= 80 && !line.contains('\u{1b}'), "{line}");
    }
    assert!(text.ends_with("warn vb\\n\\u{1b} names: x\n"), "{text}");
    assert_eq!(text.matches("word").count(), 80);
}

#[test]
fn json_has_every_check() {
    let check = Check::fail(Topic::DriverService, "host", "x").command("y");
    assert_eq!(
        print::json(&[check]),
        "{\"version\":1,\"checks\":[{\"verdict\":\"fail\",\"check\":\"driver-service\",\"subject\":\"host\",\"finding\":\"x\",\"hint\":null,\"command\":\"y\"}]}\n"
    );
    for topic in Topic::ALL {
        let word = serde_json::to_string(&topic).expect("JSON");
        assert_eq!(word, format!("\"{}\"", topic.word()));
        assert!(topic.word().len() <= 14, "the column of --help: {word}");
    }
    for verdict in [Verdict::Ok, Verdict::Warn, Verdict::Fail] {
        let word = serde_json::to_string(&verdict).expect("JSON");
        assert_eq!(word, format!("\"{}\"", verdict.word()));
    }
}

#[test]
fn the_readme_shows_it() {
    let lines = include_str!("../../../README.md").lines();
    let readme: String = lines.map(str::trim_start).collect();
    let check = Check::fail(Topic::Driver, "host", "...").hint("...");
    let object = print::json(&[check]);
    assert!(readme.contains(object.trim_end()), "README.md: {object}");

    let set = [
        ("stop/timeout_seconds", "60"),
        ("vm/stop_timeout", "240"),
        ("vm/stop_method", "acpipowerbutton"),
    ];
    let checks = instance::configuration(&instance_of("vm1", &set));
    let text = print::text(&[only(&checks, Topic::Budget).clone()]);
    let example: String = text.lines().map(str::trim_start).collect();
    assert!(readme.contains(&example), "README.md:\n{text}");
}

/// A topic that no check has would stand in `--help`, and one that no test has would be held by nobody.
#[test]
fn every_topic_is_looked_at_and_tested() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let files_of = |folder: &str| {
        let found = std::fs::read_dir(root.join(folder)).expect("the folder");
        found.map(|entry| {
            let path = entry.expect("an entry").path();
            let text = std::fs::read_to_string(&path).expect("a source");
            (path.ends_with("tests.rs"), text)
        })
    };
    let (tests, checks): (Vec<_>, Vec<_>) =
        files_of("src/commands/doctor").partition(|file| file.0);
    let code = |text: String| {
        text.split("\n#[cfg(test)]\nmod")
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let mut checks: Vec<String> = checks.into_iter().map(|file| code(file.1)).collect();
    checks.push(include_str!("../doctor.rs").to_owned());
    let tests: Vec<String> = tests
        .into_iter()
        .chain(files_of("tests/real/doctor"))
        .map(|file| file.1)
        .collect();
    for topic in Topic::ALL {
        let name = format!("Topic::{topic:?}");
        let named = |text: &String| {
            let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric());
            text.split(&name).skip(1).any(ends)
        };
        assert!(checks.iter().any(named), "no check is about {name}");
        let word = format!("\"{}\"", topic.word());
        assert!(
            tests.iter().any(|text| named(text) || text.contains(&word)),
            "no test is about {name}"
        );
    }
}
