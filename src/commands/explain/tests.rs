use super::*;
use crate::config::settings::WANTED;
use crate::host::fake::Fake;
use crate::smf::method::EXECS;
use crate::text::table::WIDTH;
use crate::virtualbox::vm::VmState;

const FMRI: &str = "svc:/site/xvm/vbox:vm1";

fn set(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn given(texts: &[&str]) -> Explained {
    gather(&Fake::default(), None, &set(texts)).unwrap()
}

/// The row of a state, its lines joined.
fn row(page: &str, state: &str) -> String {
    let mut lines = page
        .lines()
        .skip_while(|line| !line.starts_with("STATE"))
        .skip_while(|line| line.split_whitespace().next() != Some(state));
    let first = lines.next().unwrap_or_else(|| panic!("{state}: {page}"));
    let more = lines.take_while(|line| line.starts_with(' '));
    let column = |range: std::ops::Range<usize>| {
        let cut = |line: &str| {
            line.get(range.start..range.end.min(line.len()))
                .unwrap_or("")
                .to_owned()
        };
        let all: Vec<String> = std::iter::once(first)
            .chain(more.clone())
            .map(cut)
            .collect();
        let words: Vec<&str> = all.iter().flat_map(|l| l.split_whitespace()).collect();
        words.join(" ")
    };
    format!("{} | {}", column(28..54), column(54..80))
}

#[test]
fn the_table_of_the_defaults() {
    let page = text::page(&given(&[]));
    for (state, expected) in [
        ("running", "done | savestate (vm/stop_method)"),
        (
            "paused",
            "resume (vm/on_paused) | savestate (vm/stop_method)",
        ),
        ("poweroff", "startvm | done"),
        ("saved", "startvm (vm/on_saved) | done"),
        ("aborted", "startvm (vm/on_aborted) | done"),
        ("gurumeditation", "exit 95 (vm/on_stuck) | poweroff"),
        ("saving", "wait, at 110 s exit 1 | wait, at 290 s exit 95"),
        ("unknown", "exit 95 | exit 95"),
        ("any", "exit 95 | exit 95"),
    ] {
        assert_eq!(row(&page, state), expected, "{page}");
    }
    for state in VmState::ALL {
        let rows = page
            .lines()
            .filter(|l| l.split(' ').next() == Some(state.word()));
        assert_eq!(rows.count(), 1, "{state}");
    }
}

#[test]
fn the_table_under_other_settings() {
    let page = text::page(&given(&[
        "vm/stop_method=acpipowerbutton",
        "vm/stop_timeout=240",
        "vm/on_paused=leave",
        "vm/on_saved=discard",
        "vm/on_stuck=restart",
        "vm/start_delay=30",
    ]));
    for (state, expected) in [
        (
            "running",
            "done | acpipowerbutton (vm/stop_method), at 180 s savestate (vm/stop_fallback)",
        ),
        (
            "paused",
            "done (vm/on_paused) | resume, acpipowerbutton (vm/stop_method), at 180 s savestate (vm/stop_fallback)",
        ),
        ("poweroff", "at 30 s startvm | done"),
        (
            "saved",
            "at 30 s discardstate (vm/on_saved), at 30 s startvm | done",
        ),
        (
            "gurumeditation",
            "poweroff (vm/on_stuck), at 30 s startvm | poweroff",
        ),
    ] {
        assert_eq!(row(&page, state), expected, "{page}");
    }
    for part in [
        "A stop has 240 s, by vm/stop_timeout:\n",
        "  0 to 180 s        vm/stop_method=acpipowerbutton\n",
        "  180 to 240 s      vm/stop_fallback=savestate\n",
        "  240 to 300 s      margin before",
        "A start has 140 s of start/timeout_seconds=150:\n",
        "  0 to 30 s         vm/start_delay",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
}

#[test]
fn every_page_fits_the_terminal() {
    for settings in [
        &[][..],
        &[
            "vm/stop_method=shutdown",
            "vm/stop_fallback=none",
            "stop/timeout_seconds=0",
        ],
        &[
            "vm/stop_method=acpisleepbutton",
            "vm/stop_fallback=poweroff",
            "stop/timeout_seconds=99999",
        ],
        &["start/timeout_seconds=4", "stop/timeout_seconds=4"],
    ] {
        let page = text::page(&given(settings));
        let widest = page.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(WIDTH), "{page}");
    }
}

#[test]
fn what_cannot_be_set() {
    let host = Fake::default();
    for (text, message) in [
        (
            "vm/on_paused",
            "--set vm/on_paused: no '=' and value; write GROUP/PROPERTY=VALUE, for example vm/on_paused=leave",
        ),
        (
            "vm/on=x",
            "unknown property 'vm/on'; vbox-smf describe lists the properties",
        ),
        (
            "vm/on_paused=x",
            "vm/on_paused cannot be 'x'; allowed: resume, leave or refuse",
        ),
        (
            "stop/timeout_seconds=-1",
            "--set stop/timeout_seconds=-1: allowed: a number of seconds; 0 means no limit",
        ),
    ] {
        let failure = gather(&host, None, &set(&[text])).unwrap_err();
        assert_eq!(
            (failure.kind, failure.to_string().as_str()),
            (Kind::Usage, message)
        );
    }
    let twice = gather(
        &host,
        None,
        &set(&["vm/on_paused=leave", "vm/on_paused=refuse"]),
    );
    assert!(
        twice
            .unwrap_err()
            .to_string()
            .ends_with("the property is set twice")
    );
    let delay = ["vm/start_delay=60", "start/timeout_seconds=60"];
    let failure = gather(&host, None, &set(&delay)).unwrap_err();
    assert_eq!(failure.kind, Kind::Usage);
}

/// What svcprop is asked for.
fn question(view: &str, operand: &str) -> String {
    // Whose methods they are, the running snapshot tells.
    let beside: &[&str] = if (view, operand) == ("", FMRI) {
        &EXECS
    } else {
        &[]
    };
    let wanted: Vec<String> = WANTED
        .iter()
        .chain(beside)
        .map(|path| format!("-p {path}"))
        .collect();
    format!("-t {view}{} {operand}", wanted.join(" "))
}

const NOT_THERE: &str = "svcprop: Couldn't find property group `virtualbox' for instance `x'.\n\
    svcprop: Couldn't find property `start/timeout_seconds' for instance `x'.\n\
    svcprop: Couldn't find property `stop/timeout_seconds' for instance `x'.\n\
    svcprop: Couldn't find property `start/exec' for instance `x'.\n\
    svcprop: Couldn't find property `stop/exec' for instance `x'.\n";

/// A host on which svcprop answers: the running snapshot, the instance, the service.
fn live(running: &str, instance: &str, service: &str) -> Fake {
    Fake::default()
        .answer(&question("", FMRI), 1, running, NOT_THERE)
        .answer(&question("-C ", FMRI), 1, instance, NOT_THERE)
        .answer(&question("", "svc:/site/xvm/vbox"), 1, service, NOT_THERE)
}

#[test]
fn where_each_value_comes_from() {
    let host = live(
        "vm/stop_method astring acpipowerbutton\nvm/on_saved astring leave\nvm/on_stuck astring refuse\n\
         vm/frontend astring headless\nvm/metod astring x\nstop/timeout_seconds count 60\n",
        "vm/stop_method astring acpipowerbutton\nvm/on_saved astring discard\n",
        "vm/stop_method astring savestate\nvm/on_saved astring leave\nvm/frontend astring headless\n\
         vm/stop_timeout count 30\nstop/timeout_seconds count 60\n",
    );
    let changed = set(&["vm/on_aborted=refuse"]);
    let explained = gather(&host, Some(FMRI.parse().unwrap()), &changed).unwrap();
    let found = |path: &str| {
        let row = explained.rows.iter().find(|row| row.path == path).unwrap();
        (
            row.value.as_deref(),
            row.level.word(),
            row.after_refresh.as_deref(),
        )
    };
    for (path, expected) in [
        (
            "vm/stop_method",
            (Some("acpipowerbutton"), "instance", None),
        ),
        ("vm/on_saved", (Some("leave"), "service", Some("discard"))),
        // Neither has it any more.
        ("vm/on_stuck", (Some("refuse"), "snapshot", None)),
        ("vm/frontend", (Some("headless"), "service", None)),
        ("vm/stop_timeout", (None, "default", Some("30"))),
        ("vm/on_paused", (Some("resume"), "default", None)),
        ("vm/on_aborted", (Some("refuse"), "set", None)),
        ("vm/name", (None, "default", None)),
        ("stop/timeout_seconds", (Some("60"), "service", None)),
        ("start/timeout_seconds", (None, "default", None)),
    ] {
        assert_eq!(found(path), expected, "{path}");
    }
    assert_eq!(explained.unknown, ["vm/metod"]);
    assert_eq!(host.asked().len(), 3);

    let page = text::page(&explained);
    for part in [
        "svc:/site/xvm/vbox:vm1\n\n",
        "  vm/stop_method = acpipowerbutton (instance)\n      Press the ACPI power button",
        "  vm/on_saved = leave (service)\n      Leave it saved; the instance goes online.\n      Not refreshed: svcadm refresh changes it to discard.\n",
        "  vm/stop_timeout: limited by the method timeout (default)\n",
        "  vm/on_aborted = refuse (--set)\n",
        "A stop has 50 s of stop/timeout_seconds=60:\n  0 to 20 s         vm/stop_method=acpipowerbutton\n  20 to 50 s        vm/stop_fallback=savestate\n  50 to 60 s        margin before",
        "A start has 120 s, because start/timeout_seconds sets no limit:\n",
        "Unknown property vm/metod ignored; check the spelling.\n",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert!(
        page.lines().all(|line| line.chars().count() <= WIDTH),
        "{page}"
    );

    let object: serde_json::Value = serde_json::from_str(&json::object(&explained)).unwrap();
    assert_eq!(object["version"], 1);
    assert_eq!(object["instance"], FMRI);
    assert_eq!(object["properties"]["vm/on_saved"]["from"], "service");
    assert_eq!(
        object["properties"]["vm/on_saved"]["after_refresh"],
        "discard"
    );
    let times = serde_json::json!({"budget": 50, "method": 20, "fallback": 30, "margin": 10});
    assert_eq!(object["stop"], times);
    let rules = object["rules"].as_array().unwrap();
    assert_eq!(rules.len(), VmState::ALL.len() + 1);
    let running = rules
        .iter()
        .find(|rule| rule["state"] == "running")
        .unwrap();
    assert_eq!(
        running["stop"]["steps"][0]["command"],
        "controlvm VM acpipowerbutton"
    );
    assert_eq!(running["stop"]["steps"][1]["at"], 20);
    assert_eq!(running["stop"]["status"], 0);
}

#[test]
fn an_instance_that_cannot_be_explained() {
    let explain = |host: &Fake| gather(host, Some(FMRI.parse().unwrap()), &[]).unwrap_err();
    let host = live("vm/stop_method astring save\n", "", "");
    let failure = explain(&host);
    assert_eq!(failure.kind, Kind::Config);
    assert!(
        failure.to_string().ends_with(
            "svccfg -s svc:/site/xvm/vbox:vm1 setprop vm/stop_method = astring: VALUE, then svcadm refresh and svcadm clear"
        ),
        "{failure}"
    );
    let another = live(
        "start/exec astring /opt/VirtualBox/vbox.sh\\ start\n",
        "",
        "",
    );
    let failure = explain(&another);
    assert!(
        failure
            .to_string()
            .contains("run /opt/VirtualBox/vbox.sh, not vbox-smf"),
        "{failure}"
    );
    let none = "svcprop: Pattern 'svc:/site/xvm/vbox:vm1' doesn't match any entities\n";
    let host = Fake::default().answer(&question("", FMRI), 1, "", none);
    assert_eq!(explain(&host).kind, Kind::Config);
}

/// Whether one value is the other, where `...` stands for any text.
fn same(shown: &serde_json::Value, real: &serde_json::Value) -> bool {
    use serde_json::Value as V;
    match (shown, real) {
        (V::Object(shown), V::Object(real)) => {
            shown.keys().eq(real.keys()) && shown.iter().all(|(key, value)| same(value, &real[key]))
        }
        (V::Array(shown), V::Array(real)) => {
            shown.len() == real.len() && shown.iter().zip(real).all(|(a, b)| same(a, b))
        }
        (V::String(shown), V::String(_)) if shown == "..." => true,
        (shown, real) => shown == real,
    }
}

/// The README shows the object, cut to one property and one state.
#[test]
fn the_readme_shows_the_object() {
    let lines = include_str!("../../../README.md").lines();
    let shown: String = lines
        .skip_while(|line| !line.contains("{\"version\":1,\"instance\":"))
        .take_while(|line| line.starts_with("    "))
        .collect();
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let explained = given(&[
        "vm/stop_method=acpipowerbutton",
        "vm/stop_timeout=240",
        "vm/name=x",
    ]);
    let mut real: serde_json::Value = serde_json::from_str(&json::object(&explained)).unwrap();
    let properties = real["properties"].as_object_mut().unwrap();
    properties.retain(|path, _| path == "vm/name");
    let rules = real["rules"].as_array_mut().unwrap();
    rules.retain(|rule| rule["state"] == "running");
    assert!(
        same(&shown, &real),
        "README.md:\n{shown:#}\nthe program:\n{real:#}"
    );
}
