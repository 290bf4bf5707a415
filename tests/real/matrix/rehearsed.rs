//! A case in the simulated world, as the program itself tells it.
#![expect(
    clippy::disallowed_methods,
    reason = "the program under test is run as by hand, beside the rig"
)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{Case, End};

/// What the rehearsal of a case says, up to the end of the first method: svc.startd would run some again.
pub(super) fn rehearsed(case: &Case) -> End {
    let scenario = match case.verb {
        "start" => "boot",
        _ => "disable",
    };
    let mut child = Command::new(env!("CARGO_BIN_EXE_vbox-smf"))
        .args(["rehearse", "-", "--json", "--scenario", scenario])
        .args(case.options)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("to run the program");
    let manifest = manifest(case.settings);
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(manifest.as_bytes()).expect("to write");
    drop(stdin);
    let output = child.wait_with_output().expect("to wait");
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let known = told["results"][0]["vm_state"].is_string();
    let events = told["events"].as_array().expect("events");
    let mut end = End {
        status: None,
        state: known.then(|| "poweroff".to_owned()),
        deeds: Vec::new(),
    };
    for event in events {
        let text = |field: &str| event[field].as_str().unwrap_or_default();
        match text("kind") {
            "vm" => end.state = Some(text("state").to_owned()),
            "run" => end.deeds.extend(deed(text("command"))),
            "smf" => {
                if let Some(status) = status(text("what"), case.verb) {
                    end.status = Some(status);
                    break;
                }
            }
            _ => {}
        }
    }
    end
}

/// `stop method exits 95 after 4.00 s: maintenance at once`
fn status(told: &str, verb: &str) -> Option<i64> {
    let rest = told.strip_prefix(&format!("{verb} method exits "))?;
    rest.split(' ').next()?.parse().ok()
}

/// The verb of a VBoxManage that changes something, in the words of `OneVm::deeds`.
fn deed(command: &str) -> Option<String> {
    let words: Vec<&str> = command.split(' ').collect();
    match words[..] {
        ["VBoxManage", "startvm", _, "--type", kind] => Some(format!("startvm {kind}")),
        ["VBoxManage", "controlvm", _, verb] => Some(verb.to_owned()),
        ["VBoxManage", verb, ..] if !["list", "showvminfo"].contains(&verb) => {
            Some(verb.to_owned())
        }
        _ => None,
    }
}

/// A manifest with these properties, and where they are not among them the rig's.
fn manifest(settings: &[(&str, &str)]) -> String {
    let (mut timeouts, mut own) = ([("start", "120"), ("stop", "120")], String::new());
    for (path, value) in settings {
        match path.split_once('/') {
            Some((method, "timeout_seconds")) => {
                for (name, seconds) in &mut timeouts {
                    if *name == method {
                        *seconds = value;
                    }
                }
            }
            Some(("vm", name)) => {
                let kind = if value.parse::<u64>().is_ok() {
                    "count"
                } else {
                    "astring"
                };
                write!(
                    own,
                    "<propval name='{name}' type='{kind}' value='{value}'/>"
                )
                .expect("a String");
            }
            _ => panic!("{path}"),
        }
    }
    let methods = timeouts.map(|(name, seconds)| {
        format!(
            "<exec_method type='method' name='{name}' exec='/lib/svc/method/vbox %m' timeout_seconds='{seconds}'/>"
        )
    });
    format!(
        "<?xml version='1.0'?>
<!DOCTYPE service_bundle SYSTEM '/usr/share/lib/xml/dtd/service_bundle.dtd.1'>
<service_bundle type='manifest' name='x'><service name='site/xvm/vbox' type='service' version='1'>
<method_context><method_credential user='vbox'/></method_context>{}
<property_group name='startd' type='framework'><propval name='duration' type='astring' value='transient'/></property_group>
<property_group name='vm' type='application'>{own}</property_group>
<instance name='vm1' enabled='true'/></service></service_bundle>",
        methods.concat()
    )
}
