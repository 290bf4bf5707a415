//! The join and what is made of it, on tables.

use clap::ValueEnum as _;
use proptest::prelude::*;

use super::join::{Asked, Row, join};
use super::table::{Column, table};
use super::{json, prometheus};
use crate::config::settings::Settings;
use crate::inventory::instances::{Instance, Known};
use crate::inventory::owners::{Answer, Listed, NoAnswer};
use crate::smf::credential::Credential;
use crate::smf::tools::svcprop::{Properties, Value};
use crate::smf::tools::svcs::SmfState;
use crate::text::printable::is_unprintable;
use crate::virtualbox::vm::{Intent, VmState};

const UUID: &str = "a3a21769-fdde-4a22-8ede-8f84ae391faf";
const OTHER: &str = "ed5cbdf1-edb3-492d-ba42-b9cf7e8dbdc4";

fn instance(name: &str, state: SmfState, set: &[(&str, &str)]) -> Instance {
    let properties: Properties = set
        .iter()
        .map(|(path, value)| {
            let kind = if path.ends_with("timestamp") {
                "time"
            } else {
                "astring"
            };
            let value = Value {
                value_type: kind.to_owned(),
                values: vec![(*value).to_owned()],
            };
            ((*path).to_owned(), value)
        })
        .collect();
    Instance {
        fmri: format!("svc:/site/xvm/vbox:{name}")
            .parse()
            .expect("an FMRI"),
        state,
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

fn asked(members: &[usize], answer: Answer) -> Asked {
    Asked {
        owner: "vb".to_owned(),
        user_home: None,
        members: members.to_vec(),
        answer,
    }
}

fn notes(row: &Row) -> Vec<String> {
    row.notes.iter().map(ToString::to_string).collect()
}

/// What is noted of an instance in this state, with these settings, whose VM is in this state.
fn noted(smf: SmfState, set: &[(&str, &str)], vm: &VmState) -> Vec<String> {
    let instances = [instance("vm1", smf, set)];
    let vms = Ok(vec![Listed::new(UUID, "vm1", vm)]);
    let rows = join(&instances, &[asked(&[0], vms)], true);
    assert_eq!(rows.len(), 1);
    notes(&rows[0])
}

#[test]
fn where_the_two_disagree() {
    use SmfState::{Degraded, Disabled, Maintenance, Offline, Online, Uninitialized};
    use VmState::{
        Aborted, AbortedSaved, GuruMeditation, Paused, PowerOff, Running, Saved, Saving,
        Snapshotting, Starting, Teleported, Unknown,
    };
    let plain: &[(&str, &str)] = &[];
    let leave: &[(&str, &str)] = &[
        ("vm/on_paused", "leave"),
        ("vm/on_saved", "leave"),
        ("vm/on_aborted", "leave"),
    ];
    for (smf, set, vm, expected) in [
        (Online, plain, Running, None),
        (Degraded, plain, Running, None),
        (Online, plain, PowerOff, Some("online but off")),
        (Degraded, plain, PowerOff, Some("online but off")),
        (Online, plain, Teleported, Some("online but off")),
        (Online, plain, Saved, Some("online but saved")),
        (Online, plain, AbortedSaved, Some("online but saved")),
        (Online, plain, Aborted, Some("online but aborted")),
        (Online, plain, Paused, Some("online but paused")),
        (Online, plain, GuruMeditation, Some("online but stuck")),
        (Online, leave, Saved, None),
        (Online, leave, AbortedSaved, None),
        (Online, leave, Aborted, None),
        (Online, leave, Paused, None),
        (Online, leave, PowerOff, Some("online but off")),
        (Online, plain, Starting, None),
        (Online, plain, Snapshotting, None),
        (Online, plain, Unknown, None),
        (Disabled, plain, Running, Some("disabled but running")),
        (Disabled, plain, Paused, Some("disabled but paused")),
        (Disabled, plain, GuruMeditation, Some("disabled but stuck")),
        (Disabled, plain, PowerOff, None),
        (Disabled, plain, Saved, None),
        (Disabled, plain, Aborted, None),
        (Disabled, plain, Saving, None),
        (Offline, plain, Running, Some("offline but running")),
        (Offline, plain, PowerOff, None),
        (Uninitialized, plain, Paused, Some("offline but paused")),
        (Maintenance, plain, Running, Some("see svcs -xv")),
        (Maintenance, plain, PowerOff, Some("see svcs -xv")),
    ] {
        let expected: Vec<_> = expected.into_iter().map(str::to_owned).collect();
        let row = format!("{smf} {vm} {set:?}");
        assert_eq!(noted(smf, set, &vm), expected, "{row}");
    }
}

#[test]
fn on_its_way_nothing_is_said() {
    let mut moving = instance("vm1", SmfState::Offline, &[]);
    moving.next = Some(SmfState::Online);
    let vms = Ok(vec![Listed::new(UUID, "vm1", &VmState::Running)]);
    let rows = join(&[moving], &[asked(&[0], vms)], true);
    assert_eq!(notes(&rows[0]), [] as [&str; 0]);
    let text = table(&rows, &Column::USUAL, false);
    assert_eq!(text, "vm1 offline* running 13:25:07 vb savestate -\n");
}

#[test]
fn vms_that_are_not_what_they_should_be() {
    let online = |name: &str, vm: &str| instance(name, SmfState::Online, &[("vm/name", vm)]);
    let instances = [
        online("gone", "nowhere"),
        online("lost", OTHER),
        online("one", "twin"),
        online("two", UUID),
    ];
    let mut unreadable = Listed::inaccessible(OTHER);
    unreadable.trouble = Some("/vms/lost.vbox does not exist".to_owned());
    let lost = format!("{{{OTHER}}}: /vms/lost.vbox does not exist");
    let vms = vec![
        Listed::new(UUID, "twin", &VmState::Running),
        unreadable,
        Listed::new(
            "7f332852-3b79-4a32-adc6-e5d0d73f16e8",
            "twin",
            &VmState::Saved,
        ),
    ];
    let rows = join(&instances, &[asked(&[0, 1, 2, 3], Ok(vms))], true);
    let seen: Vec<_> = rows
        .iter()
        .map(|row| (row.name.as_str(), row.vm.word(), notes(row)))
        .collect();
    let note = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        seen,
        [
            (
                "gone",
                "missing",
                note(&[&format!("no such VM; VirtualBox cannot read {lost}")])
            ),
            (
                "lost",
                "inaccessible",
                note(&[&format!("settings file lost: {lost}")])
            ),
            (
                "one",
                "running",
                note(&["first of 2 same-named", "same VM as two"])
            ),
            ("two", "running", note(&["same VM as one"])),
            ("twin", "saved", note(&["no instance"])),
        ]
    );
    // Only some instances are meant: nothing is said of VMs without one.
    let some = join(&instances[..1], &[asked(&[0], Ok(Vec::new()))], false);
    assert_eq!(some.len(), 1);
    // Where other VMs than those at home are looked for, that is said.
    let mut elsewhere = asked(&[0], Ok(Vec::new()));
    elsewhere.user_home = Some("/tank/vb".to_owned());
    let rows = join(&instances[..1], &[elsewhere], true);
    assert_eq!(notes(&rows[0]), ["no such VM in VBOX_USER_HOME=/tank/vb"]);
    // A lost VM without an instance is named, too.
    let mut alone = Listed::inaccessible(OTHER);
    alone.trouble = Some("/vms/lost.vbox does not exist".to_owned());
    let rows = join(&instances[..1], &[asked(&[0], Ok(vec![alone]))], true);
    assert_eq!(
        notes(&rows[1]),
        [
            "no instance".to_owned(),
            format!("settings file lost: {lost}")
        ]
    );
}

#[test]
fn what_cannot_be_known() {
    let no_answer = NoAnswer {
        reason: "only root and vb may ask".to_owned(),
        hint: String::new(),
        not_permitted: true,
    };
    let mut silent = instance("c", SmfState::Online, &[]);
    silent.known = None;
    let instances = [
        instance("a", SmfState::Online, &[]),
        instance("b", SmfState::Online, &[("vm/on_stuck", "x")]),
        silent,
    ];
    let rows = join(&instances, &[asked(&[0, 1], Err(no_answer))], true);
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row.vm.word() == "unknown"));
    assert_eq!(notes(&rows[0]), ["only root and vb may ask"]);
    assert!(!rows[0].notes[0].is_disagreement());
    assert!(notes(&rows[1])[0].contains("vm/on_stuck"));
    assert_eq!(notes(&rows[2]), ["its properties are unknown"]);
    assert_eq!((rows[2].owner.as_deref(), rows[2].stop), (None, None));
}

/// An instance of vboxsvc: `vm/stop_method` has values of its own there.
#[test]
fn an_instance_of_another_program_is_that_programs() {
    let method = "/lib/svc/method/vbox.sh";
    let vboxsvc = [
        ("start/exec", "/lib/svc/method/vbox.sh start"),
        ("stop/exec", "/lib/svc/method/vbox.sh stop"),
        ("vm/stop_method", "poweroff-graceful"),
    ];
    let instances = [
        instance("db", SmfState::Online, &vboxsvc),
        instance("vm1", SmfState::Online, &[("vm/name", "db")]),
        instance("gone", SmfState::Maintenance, &vboxsvc),
    ];
    let vms = vec![
        Listed::new(UUID, "db", &VmState::PowerOff),
        Listed::new(OTHER, "free", &VmState::Running),
    ];
    let rows = join(&instances, &[asked(&[0, 1, 2], Ok(vms))], true);
    let managed = format!("managed by {method}, not by vbox-smf");
    assert_eq!(notes(&rows[0]), [managed.as_str(), "same VM as vm1"]);
    assert_eq!(notes(&rows[1]), ["online but off", "same VM as db"]);
    assert_eq!(notes(&rows[2]), [managed.as_str()]);
    let text = table(&rows, &Column::USUAL, false);
    assert_eq!(
        text.lines().next(),
        Some(
            format!("db   online      poweroff 13:25:07 vb -         {managed}; same VM as vm1")
                .as_str()
        )
    );
    // Only the VM that no instance at all has is without one.
    assert_eq!(notes(&rows[3]), ["no instance"]);
    assert_eq!((rows.len(), rows[3].name.as_str()), (4, "free"));
    // Alone it is no disagreement of SMF and VirtualBox.
    let alone = join(&instances[2..], &[], true);
    assert!(!alone[0].notes[0].is_disagreement());
    assert_eq!((alone[0].vm_name.as_deref(), alone[0].stop), (None, None));
}

fn some_rows() -> Vec<Row> {
    let stamp = ("restarter/state_timestamp", "1795270000.5");
    let instances = [
        instance("vm1", SmfState::Online, &[stamp]),
        instance(
            "web-server-1",
            SmfState::Maintenance,
            &[("vm/stop_method", "acpipowerbutton")],
        ),
    ];
    let vms = vec![
        Listed::new(UUID, "vm1", &VmState::PowerOff),
        Listed::new(OTHER, "evil\n\"\\\u{1b}", &VmState::Running),
    ];
    join(&instances, &[asked(&[0, 1], Ok(vms))], true)
}

#[test]
fn the_table_fits() {
    let text = table(&some_rows(), &Column::USUAL, true);
    assert_eq!(
        text,
        "NAME           SMF         VM       SINCE    OWNER STOP            NOTE\n\
         vm1            online      poweroff 13:25:07 vb    savestate       online but off\n\
         web-server-1   maintenance missing  13:25:07 vb    acpipowerbutton no such VM\n\
         evil\\n\"\\\\u{1b} -           running  -        vb    -               no instance\n"
    );
    let text = table(
        &some_rows(),
        &[Column::Vm, Column::Name, Column::Uuid],
        false,
    );
    let first = format!("poweroff vm1            {UUID}");
    assert_eq!(text.lines().next(), Some(first.as_str()));
    assert!(
        table(&some_rows()[..2], &Column::USUAL, true)
            .lines()
            .all(|line| line.len() <= 80)
    );
    assert_eq!(table(&[], &Column::USUAL, false), "");
}

#[test]
fn json_has_every_row() {
    let rows = some_rows();
    let value: serde_json::Value = serde_json::from_str(&json::json(&rows)).expect("JSON");
    assert_eq!(value["version"], 1);
    let first = serde_json::json!({
        "fmri": "svc:/site/xvm/vbox:vm1", "name": "vm1", "smf": "online", "next_state": null,
        "vm": "poweroff", "vm_name": "vm1", "uuid": UUID, "since": "2026-11-21T14:06:40Z",
        "owner": "vb", "stop": "savestate", "note": "online but off", "disagreement": true
    });
    assert_eq!(value["instances"][0], first);
    assert_eq!(value["instances"][1]["since"], serde_json::Value::Null);
    assert_eq!(value["instances"][2]["fmri"], serde_json::Value::Null);
    assert_eq!(value["instances"][2]["name"], "evil\n\"\\\u{1b}");
    assert_eq!(json::json(&[]), "{\"version\":1,\"instances\":[]}\n");
}

#[test]
fn metrics_are_well_formed() {
    let rows = some_rows();
    let text = prometheus::metrics(&rows, &[asked(&[0], Ok(Vec::new()))], true);
    for line in [
        "vbox_smf_smf_state{fmri=\"svc:/site/xvm/vbox:vm1\",state=\"online\"} 1",
        "vbox_smf_smf_state{fmri=\"svc:/site/xvm/vbox:vm1\",state=\"disabled\"} 0",
        "vbox_smf_vm_running{fmri=\"svc:/site/xvm/vbox:vm1\"} 0",
        "vbox_smf_disagreement{fmri=\"svc:/site/xvm/vbox:vm1\"} 1",
        "vbox_smf_smf_state_since_seconds{fmri=\"svc:/site/xvm/vbox:vm1\"} 1795270000",
        "vbox_smf_virtualbox_asked{owner=\"vb\"} 1",
        "vbox_smf_smf_asked 1",
        "# TYPE vbox_smf_vm_running gauge",
    ] {
        assert!(text.lines().any(|l| l == line), "{line}\n{text}");
    }
    let evil = format!(
        "vbox_smf_vm_without_instance{{vm=\"evil\\n\\\"\\\\\\\\u{{1b}}\",uuid=\"{OTHER}\",owner=\"vb\"}} 1"
    );
    assert!(text.contains(&evil), "{text}");
    let mut series: Vec<_> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.rsplit_once(' ').expect("a value").0)
        .collect();
    let all = series.len();
    series.sort_unstable();
    series.dedup();
    assert_eq!(series.len(), all, "{text}");
}

/// A thousand VMs of one user, each with its own.
#[test]
fn many_vms() {
    let uuid = |n: usize| format!("a3a21769-fdde-4a22-8ede-{n:012}");
    let instances: Vec<_> = (0..1_000)
        .map(|n| instance(&format!("vm{n}"), SmfState::Online, &[]))
        .collect();
    let vms = (0..1_000)
        .map(|n| Listed::new(&uuid(n), &format!("vm{n}"), &VmState::Running))
        .collect();
    let members: Vec<_> = (0..1_000).collect();
    let rows = join(&instances, &[asked(&members, Ok(vms))], true);
    assert_eq!(rows.len(), 1_000);
    assert!(rows.iter().all(|row| row.notes.is_empty()));
}

/// The README without the breaks and margins of its examples.
fn readme() -> String {
    let lines = include_str!("../../../README.md").lines();
    lines.map(str::trim_start).collect()
}

#[test]
fn the_readme_shows_it() {
    let set = [
        ("restarter/state_timestamp", "1795270000.5"),
        ("vm/stop_method", "acpipowerbutton"),
    ];
    let vms = vec![Listed::new(UUID, "mail", &VmState::PowerOff)];
    let mut asked = asked(&[0], Ok(vms));
    asked.owner = "vbox".to_owned();
    let rows = join(&[instance("mail", SmfState::Online, &set)], &[asked], true);
    let object = json::json(&rows);
    assert!(readme().contains(object.trim_end()), "README.md: {object}");

    let mut metrics = String::from("| metric | value ||---|---|");
    for metric in prometheus::Metric::ALL {
        let (name, help) = (metric.name(), metric.help());
        metrics.extend(["| `", name, "` | ", help, " |"]);
    }
    assert!(readme().contains(&metrics), "README.md: {metrics}");
}

proptest! {
    /// Whatever VirtualBox and SMF call things, no form does something to a terminal, and a row is a line.
    #[test]
    fn nothing_reaches_a_terminal(name in any::<String>(), state in any::<String>(), stop in any::<String>()) {
        let instances = [instance("vm1", SmfState::Other(state.clone()), &[("vm/stop_method", &stop)])];
        let vms = vec![
            Listed::new(UUID, &name, &VmState::Other(state.clone())),
            Listed::new(OTHER, &state, &VmState::Running),
        ];
        let asked = [asked(&[0], Ok(vms))];
        let rows = join(&instances, &asked, true);
        let table = table(&rows, Column::value_variants(), true);
        prop_assert_eq!(table.lines().count(), rows.len() + 1);
        for text in [table, json::json(&rows), prometheus::metrics(&rows, &asked, true)] {
            prop_assert!(!text.contains(|c| is_unprintable(c) && c != '\n'), "{text:?}");
        }
    }
}

/// svc.startd ignores the user of a context that says nothing of `use_profile`, and a start would be that of root's VM.
#[test]
fn a_user_that_svc_startd_ignores() {
    let mut instance = instance("vm1", SmfState::Maintenance, &[]);
    let known = instance.known.as_mut().expect("properties");
    let value = |text: &str| Value {
        value_type: "astring".to_owned(),
        values: vec![text.to_owned()],
    };
    known
        .properties
        .insert("method_context/user".to_owned(), value("vb"));
    let credential = Credential::new(&known.properties, Intent::Start.method());
    assert_eq!(credential.user(), Some("root"));
    known.ignored = credential.ignored();
    let rows = join(&[instance], &[], false);
    assert_eq!(
        notes(&rows[0]),
        ["its methods run as root: use_profile is not set"]
    );
}
