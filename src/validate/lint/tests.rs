use crate::validate::code::Code;
use crate::validate::{Flavour, Included, Severity, judge};

const METHODS: &str = "<exec_method type='method' name='start' exec='/x %m' timeout_seconds='60'/><exec_method type='method' name='stop' exec=':true' timeout_seconds='60'/>";

/// The codes of the findings of a service that svccfg takes.
fn of(name: &str, xml: &str) -> Vec<String> {
    let xml = format!(
        "<!DOCTYPE service_bundle SYSTEM '/usr/share/lib/xml/dtd/service_bundle.dtd.1'><service_bundle type='manifest' name='x'><service name='{name}' type='service' version='1'>{xml}</service></service_bundle>"
    );
    let findings = judge(xml.as_bytes(), Flavour::Manifest, &|_| Included::Missing);
    for finding in &findings {
        assert_eq!(finding.severity(), Severity::Warning, "{finding:?}");
    }
    findings
        .iter()
        .map(|finding| finding.code.to_string())
        .collect()
}

fn in_service(xml: &str) -> Vec<String> {
    of("site/x", xml)
}

const NONE: [&str; 0] = [];

#[test]
fn services() {
    assert_eq!(in_service(METHODS), NONE);
    assert_eq!(of("sit!/x", METHODS), ["SMF0506"]);
    assert_eq!(
        in_service(&format!("<single_instance/>{METHODS}")),
        ["SMF0505"]
    );
    let long = METHODS.replace("/x %m", &"x".repeat(4096));
    assert_eq!(in_service(&long), ["SMF0507"]);
    assert_eq!(in_service(&METHODS.replace("%m", "%q")), ["SMF0503"]);
    let inetd = "<restarter><service_fmri value='svc:/network/inetd:default'/></restarter>";
    assert_eq!(
        in_service(&format!("{inetd}{}", METHODS.replace("%m", "%A"))),
        NONE
    );
    let in_instance = format!(
        "<instance name='a' enabled='false'>{}</instance>",
        METHODS.replace("%m", "%A")
    );
    assert_eq!(in_service(&in_instance), ["SMF0503"]);
    assert_eq!(in_service(&format!("{inetd}{in_instance}")), NONE);
}

#[test]
fn transient_services_have_nothing_to_kill() {
    let service = |duration: &str, exec: &str| {
        in_service(&format!(
            "{}<property_group name='startd' type='framework'><propval name='duration' type='astring' value='{duration}'/></property_group>",
            METHODS.replace(":true", exec)
        ))
    };
    assert_eq!(service("transient", ":kill -HUP"), ["SMF0504"]);
    assert_eq!(service("transient", ":killall"), NONE);
    assert_eq!(service("contract", ":kill"), NONE);
}

#[test]
fn dependencies() {
    let dependency = |kind: &str, fmri: &str| {
        in_service(&format!(
            "<dependency name='d' grouping='require_all' restart_on='none' type='{kind}'><service_fmri value='{fmri}'/></dependency>{METHODS}"
        ))
    };
    assert_eq!(dependency("service", "svc:/aa:default"), NONE);
    assert_eq!(dependency("path", "file://localhost/a"), NONE);
    assert_eq!(
        dependency("service", "system/filesystem/local"),
        ["SMF0512"]
    );
    assert_eq!(dependency("path", "svc:/aa"), ["SMF0513"]);
    assert_eq!(dependency("service", "file:///a"), ["SMF0513"]);
}

#[test]
fn a_method_of_an_instance_is_whole() {
    let instance = |group: &str| {
        in_service(&format!(
            "{METHODS}<instance name='a' enabled='true'>{group}</instance>"
        ))
    };
    assert_eq!(
        instance("<exec_method type='method' name='stop' exec=':true' timeout_seconds='1'/>"),
        NONE
    );
    assert_eq!(
        instance(
            "<property_group name='stop' type='method'><propval name='timeout_seconds' type='count' value='1'/></property_group>"
        ),
        ["SMF0501"]
    );
}

/// What is said about anybody's manifest speaks of SMF alone.
#[test]
fn virtual_machines_are_spoken_of_where_the_method_is_ours() {
    let help = |exec: &str| {
        let xml = format!(
            "<!DOCTYPE service_bundle SYSTEM '/usr/share/lib/xml/dtd/service_bundle.dtd.1'><service_bundle type='manifest' name='x'><service name='site/x' type='service' version='1'>{}<instance name='1a' enabled='true'/></service></service_bundle>",
            METHODS.replace("/x %m", exec)
        );
        let findings = judge(xml.as_bytes(), Flavour::Manifest, &|_| Included::Missing);
        assert_eq!(findings.len(), 1, "{findings:?}");
        findings[0].help.clone()
    };
    let plain = "use letters, digits, - and _, beginning with a letter";
    assert_eq!(help("/lib/svc/method/sshd %m"), plain);
    assert_eq!(help("/lib/svc/method/vbox.sh %m"), plain);
    assert_eq!(
        help("/lib/svc/method/vbox %m"),
        format!("{plain}; the VM's name can be set in vm/name")
    );
    for code in Code::ALL {
        // These are found at instances whose method is this program.
        if matches!(code, Code::ShortTimeout | Code::VmProperty) {
            continue;
        }
        let rule = code.rule();
        for text in [rule.title, rule.explanation, rule.help] {
            for word in ["VM", "vm/", "xvm", "VirtualBox", "guest"] {
                assert!(!text.contains(word), "{code}: {text}");
            }
        }
    }
}

#[test]
fn negative_counts_are_what_is_stored() {
    let stop = |timeout: &str| {
        let methods = METHODS.replace("/x %m", "/lib/svc/method/vbox %m").replace(
            ":true' timeout_seconds='60'",
            &format!(":true' timeout_seconds='{timeout}'"),
        );
        in_service(&format!(
            "{methods}<instance name='a' enabled='true'><property_group name='vm' type='application'><propval name='stop_timeout' type='count' value='3600'/></property_group></instance>"
        ))
    };
    for long in ["0", "-1", "18446744073709551615", "-2", " 4000", "+4000"] {
        assert_eq!(stop(long), NONE, "{long}");
    }
    for short in ["60", " 60", "+60", "-18446744073709551556"] {
        assert_eq!(stop(short), ["SMF0502"], "{short}");
    }
}

#[test]
fn the_methods_of_this_program() {
    let vm = |properties: &str| {
        let methods = METHODS
            .replace("/x %m", "/lib/svc/method/vbox %m")
            .replace(":true", "/lib/svc/method/vbox %m");
        in_service(&format!(
            "{methods}<instance name='a' enabled='true'><property_group name='vm' type='application'>{properties}</property_group></instance>"
        ))
    };
    assert_eq!(
        vm("<propval name='stop_timeout' type='count' value='50'/>"),
        NONE
    );
    assert_eq!(
        vm("<propval name='stop_timeout' type='count' value='51'/>"),
        ["SMF0502"]
    );
    assert_eq!(
        vm("<propval name='start_delay' type='count' value='55'/>"),
        ["SMF0502"]
    );
    assert_eq!(
        vm("<propval name='stop_methode' type='astring' value='savestate'/>"),
        ["SMF0511"]
    );
    assert_eq!(
        vm("<propval name='stop_method' type='astring' value='save'/>"),
        ["SMF0511"]
    );
    assert_eq!(
        vm("<propval name='value_authorization' type='astring' value='a.b'/>"),
        NONE
    );
}
