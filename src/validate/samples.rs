//! Every rule finds something: each code has a manifest or a profile for which it is said.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::code::Code;
use super::{Finding, Flavour, Included, judge};

/// The recorded files, and how each folder is judged.
const RECORDED: [(&str, Flavour); 5] = [
    ("manifests", Flavour::Manifest),
    ("field", Flavour::Manifest),
    ("field/refused", Flavour::Manifest),
    ("profiles", Flavour::Profile),
    ("profiles/applied", Flavour::Profile),
];

/// The codes that a text gets, each finding whole.
fn codes(bytes: &[u8], flavour: Flavour) -> BTreeSet<Code> {
    let findings = judge(bytes, flavour, &|_| Included::Missing);
    findings.iter().map(checked).collect()
}

/// The code of a finding that has all its parts.
fn checked(finding: &Finding) -> Code {
    let Finding {
        code,
        message,
        help,
        ..
    } = finding;
    assert!(!message.is_empty() && !help.is_empty(), "{finding:?}");
    // A long one is cut.
    let is_sentence = message.ends_with('.') && !message.ends_with("...");
    assert!(!is_sentence, "{finding:?}");
    *code
}

fn bundle(kind: &str, xml: &str) -> Vec<u8> {
    format!(
        "<!DOCTYPE service_bundle SYSTEM '/usr/share/lib/xml/dtd/service_bundle.dtd.1'><service_bundle type='{kind}' name='x'>{xml}</service_bundle>"
    )
    .into_bytes()
}

/// A service with the methods that it needs, and this.
fn service(exec: &str, xml: &str) -> Vec<u8> {
    bundle(
        "manifest",
        &format!(
            "<service name='site/x' type='service' version='1'>\
             <exec_method type='method' name='start' exec='{exec}' timeout_seconds='60'/>\
             <exec_method type='method' name='stop' exec=':kill' timeout_seconds='60'/>{xml}</service>"
        ),
    )
}

const OURS: &str = "/lib/svc/method/vbox %m";

fn instance(xml: &str) -> String {
    format!("<instance name='a' enabled='true'>{xml}</instance>")
}

fn group(name: &str, kind: &str, property: &str) -> String {
    format!("<property_group name='{name}' type='{kind}'>{property}</property_group>")
}

fn template(xml: &str) -> String {
    format!(
        "<template><common_name><loctext xml:lang='C'>x</loctext></common_name>{xml}</template>"
    )
}

/// For each rule that no recorded file breaks: one that does.
fn samples() -> Vec<(Code, Vec<u8>)> {
    let value = format!(
        "<pg_pattern name='a' type='application' target='this' required='false'>\
         <prop_pattern name='b' type='astring' required='false'>\
         <constraints><value name='{}'/></constraints></prop_pattern></pg_pattern>",
        "x".repeat(5000)
    );
    let dependent = "<dependent name='d' grouping='require_all' restart_on='none'>\
                     <service_fmri value='file:///a'/></dependent>";
    let typed = |property: &str| {
        let group = group("c", "application", property);
        bundle(
            "profile",
            &format!(
                "<service name='site/x' type='service' version='1'>{}</service>",
                instance(&group)
            ),
        )
    };
    let untyped = "<service name='site/xvm/vbox' type='service' version='1'>\
                   <instance name='a' enabled='true'><property_group name='vm'>\
                   <propval name='stop_timout' value='600'/></property_group></instance></service>";
    let stop = |property: &str| instance(&group("vm", "application", property));
    vec![
        (Code::TooLarge, bundle("manifest", &"<a>".repeat(100_000))),
        (Code::Encoding, b"\n<\xff".to_vec()),
        (Code::ValueName, service("/x", &template(&value))),
        (Code::UnknownType, typed("<propval name='a' type='colour' value='x'/>")),
        (Code::TypeNotFound, bundle("profile", untyped)),
        (
            Code::FrameworkRedefined,
            service("/x", &(instance("") + &template("<pg_pattern name='startd'/>"))),
        ),
        (
            Code::ImportDependent,
            bundle(
                "manifest",
                &format!("<service name='site/x' type='service' version='1'>{dependent}</service>"),
            ),
        ),
        (
            Code::PartialMethod,
            service(
                "/x",
                &instance(&group("stop", "method", "<propval name='timeout_seconds' type='count' value='1'/>")),
            ),
        ),
        (
            Code::ShortTimeout,
            service(OURS, &stop("<propval name='start_delay' type='count' value='55'/>")),
        ),
        (Code::ExecTokens, service("/x %q", "")),
        (
            Code::KillTransient,
            service(
                "/x",
                &group("startd", "framework", "<propval name='duration' type='astring' value='transient'/>"),
            ),
        ),
        (
            Code::VmProperty,
            service(OURS, &stop("<propval name='stop_methode' type='astring' value='savestate'/>")),
        ),
        (
            Code::NodeIgnored,
            b"<!DOCTYPE service_bundle SYSTEM '/usr/share/lib/xml/dtd/service_bundle.dtd.1' [<!ENTITY s \"<service name='' type='service' version='1'/>\">]>\
              <service_bundle type='manifest' name='x'><?pi?>&s;</service_bundle>"
                .to_vec(),
        ),
        (Code::IncludeNotRead, bundle("manifest", "<xi:include href='a'/>")),
        (Code::TooMany, bundle("manifest", &"<b/>".repeat(1001))),
    ]
}

/// What is behind a rule (title, explanation, help, stage, severity) is held in `code.rs` and by the compiler. This holds
/// that there is a check behind it, too.
#[test]
fn every_code_is_said_of_some_sample() {
    let mut said = BTreeSet::new();
    let mut wrong = Vec::new();
    for (code, text) in samples() {
        let is_profile = text.windows(14).any(|bytes| bytes == b"type='profile'");
        let flavour = if is_profile {
            Flavour::Profile
        } else {
            Flavour::Manifest
        };
        let found = codes(&text, flavour);
        if found.contains(&code) {
            said.insert(code);
        } else {
            wrong.push(format!("{code}: its sample has {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    for (folder, flavour) in RECORDED {
        for entry in fs::read_dir(vectors.join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "xml") {
                said.extend(codes(&fs::read(&path).expect("a file"), flavour));
            }
        }
    }
    let silent: Vec<_> = Code::ALL
        .iter()
        .filter(|code| !said.contains(code))
        .collect();
    assert!(
        silent.is_empty(),
        "no sample is known for {silent:?}: add one above"
    );
}
