//! Profiles in the manner of those that illumos ships, and their mistakes. Each is reasoned from what svccfg does, function
//! by function; `tests/vectors/profiles/applied` has those that the real one was given.

use std::collections::BTreeSet;

use crate::validate::{Finding, Flavour, Included, Severity, judge};

/// What `svccfg apply` does.
#[derive(Debug, PartialEq, Eq)]
enum Does {
    /// It takes the profile; the codes of the warnings, in their order and each once.
    Take(&'static [&'static str]),
    /// It refuses it, or crashes, for this.
    Refuse(&'static str),
}
use Does::{Refuse, Take};

const CRASH: Does = Refuse("SMF0212");

fn findings(xml: &str) -> Vec<Finding> {
    let text = format!(
        "<?xml version='1.0'?>\n<!DOCTYPE service_bundle SYSTEM '/usr/share/lib/xml/dtd/service_bundle.dtd.1'>\n{xml}\n"
    );
    judge(text.as_bytes(), Flavour::Profile, &|_| Included::Missing)
}

#[track_caller]
fn assert_does(xml: &str, does: &Does) {
    let findings = findings(xml);
    let codes = |severity| {
        let all = findings.iter().filter(move |f| f.severity() == severity);
        all.map(|finding| finding.code.to_string())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
    };
    let (errors, warnings) = (codes(Severity::Error), codes(Severity::Warning));
    match does {
        Take(expected) => {
            assert_eq!(errors, [] as [&str; 0], "{xml}\n{findings:#?}");
            assert_eq!(warnings, *expected, "{xml}\n{findings:#?}");
        }
        Refuse(code) => assert_eq!(errors, [*code], "{xml}\n{findings:#?}"),
    }
}

/// A profile with these services.
#[track_caller]
fn bundle(xml: &str, does: &Does) {
    assert_does(
        &format!("<service_bundle type='profile' name='site'>{xml}</service_bundle>"),
        does,
    );
}

/// A profile of a service that holds this.
#[track_caller]
fn service(xml: &str, does: &Does) {
    bundle(
        &format!("<service name='network/demo' type='service' version='1'>{xml}</service>"),
        does,
    );
}

/// The same of an instance without `enabled`, which is its only warning.
#[track_caller]
fn instance(xml: &str, does: &Does) {
    service(
        &format!("<instance name='default' enabled='true'>{xml}</instance>"),
        does,
    );
}

/// A value of our own service.
#[track_caller]
fn ours(xml: &str, does: &Does) {
    bundle(
        &format!("<service name='site/xvm/vbox' type='service' version='1'>{xml}</service>"),
        does,
    );
}

#[test]
fn what_the_shipped_ones_have_is_taken() {
    // lxml_get_instance(): enabled may be missing where the bundle is no manifest. The document type requires it.
    service("<instance name='default'/>", &Take(&["SMF0517"]));
    service(
        "<instance name='default'><property_group name='config' type='application'><propval name='local_only' type='boolean' value='true'/></property_group></instance>",
        &Take(&["SMF0517"]),
    );
    // Only an environment, and only a user.
    instance(
        "<method_context><method_environment><envvar name='LANG' value='C'/></method_environment></method_context>",
        &Take(&[]),
    );
    instance(
        "<method_context><method_credential user='nobody'/></method_context>",
        &Take(&[]),
    );
    service("<create_default_instance enabled='true'/>", &Take(&[]));
    // lxml_get_default_instance(): what is not true is false.
    service("<create_default_instance/>", &Take(&["SMF0517"]));
    service(
        "<create_default_instance enabled='yes'/>",
        &Take(&["SMF0517"]),
    );
    // Only a property group of the service, without an instance.
    service(
        "<property_group name='config' type='application'><property name='ports' type='count'><count_list><value_node value='80'/></count_list></property></property_group>",
        &Take(&[]),
    );
    service(
        "<property_group name='config' type='application' delete='true'/>",
        &Take(&[]),
    );
    service(
        "<dependency name='net' grouping='require_all' restart_on='none' type='service' delete='true'><service_fmri value='svc:/milestone/network:default'/></dependency>",
        &Take(&[]),
    );
    // lxml_get_bundle(): bundles in bundles, and none at all.
    bundle("", &Take(&[]));
    bundle(
        "<service_bundle type='profile' name='inner'><service name='network/demo' type='service' version='1'/></service_bundle>",
        &Take(&[]),
    );
    // Services of other types, and without one (lxml_xlate_service_type()).
    for kind in ["type='milestone'", "type='restarter'", "type='service'"] {
        bundle(
            &format!("<service name='network/demo' version='0' {kind}/>"),
            &Take(&[]),
        );
    }
    bundle(
        "<service name='network/demo' version='1'/>",
        &Take(&["SMF0517"]),
    );
    // Texts for atol().
    bundle(
        "<service name='network/demo' type='service' version=''/>",
        &Take(&[]),
    );
    // Many instances, on and off.
    service(
        "<instance name='a' enabled='true'/><instance name='b' enabled='false'/><instance name='c' enabled='true'/>",
        &Take(&[]),
    );
}

#[test]
fn the_order_of_elements_is_not_looked_at() {
    let dependency = "<dependency name='net' grouping='require_all' restart_on='none' type='service'><service_fmri value='svc:/milestone/network:default'/></dependency>";
    let method = "<exec_method type='method' name='start' exec=':true' timeout_seconds='60'/>";
    service(
        &format!("<instance name='a' enabled='true'/>{dependency}"),
        &Take(&["SMF0517"]),
    );
    service(
        &format!("<stability value='Evolving'/>{method}"),
        &Take(&["SMF0517"]),
    );
    instance(
        "<property_group name='c' type='application'><propval name='a' type='astring' value='b'/><stability value='Stable'/></property_group>",
        &Take(&["SMF0517"]),
    );
    service(
        "<single_instance/><single_instance/>",
        &Take(&["SMF0505", "SMF0516", "SMF0517"]),
    );
    // lxml_get_method_context(): what it does not know, it mentions.
    instance(
        "<method_context><method_environment><envvar name='A' value='b'/></method_environment><method_credential user='nobody'/></method_context>",
        &Take(&["SMF0517"]),
    );
    instance(
        "<method_context><colour/></method_context>",
        &Take(&["SMF0514", "SMF0517"]),
    );
    // Attributes, text and comments.
    instance("text<!-- comment -->", &Take(&["SMF0517"]));
    service(
        "<instance name='a' enabled='true' colour='red'/>",
        &Take(&["SMF0517"]),
    );
    // Beside services everything is passed over.
    bundle(
        "<colour><service name='!'/></colour>text<![CDATA[x]]><?pi?>",
        &Take(&["SMF0517"]),
    );
    // lxml_get_propval() looks at attributes only.
    instance(
        "<property_group name='c' type='application'><propval name='a' type='astring' value='b'><colour/></propval></property_group>",
        &Take(&["SMF0517"]),
    );
}

#[test]
fn what_it_stops_at() {
    // lxml_get_service(), lxml_get_instance(): "illegal element".
    service("<colour/>", &Refuse("SMF0225"));
    service(
        "<service_bundle type='profile' name='x'/>",
        &Refuse("SMF0225"),
    );
    instance("<instance name='b' enabled='true'/>", &Refuse("SMF0225"));
    instance("<stability value='Stable'/>", &Refuse("SMF0225"));
    instance(
        "<propval name='a' type='astring' value='b'/>",
        &Refuse("SMF0225"),
    );
    service("<?pi?>", &Refuse("SMF0211"));
    service("<![CDATA[ ]]>", &Refuse("SMF0211"));
    service("<template/>", &Refuse("SMF0223"));
    // lxml_get_instance(): "Invalid enabled value".
    for value in ["", "1", "TRUE", " true"] {
        service(
            &format!("<instance name='default' enabled='{value}'/>"),
            &Refuse("SMF0204"),
        );
    }
    // scf_service_get_instance(): invalid argument.
    service("<instance enabled='true'/>", &Refuse("SMF0226"));
    service("<instance name='1a' enabled='true'/>", &Refuse("SMF0402"));
    // internal_attach_entity(), internal_attach_service().
    service(
        "<instance name='a'/><instance name='a'/>",
        &Refuse("SMF0207"),
    );
    service(
        "<instance name='default'/><create_default_instance/>",
        &Take(&["SMF0516", "SMF0517"]),
    );
    bundle(
        "<service name='network/demo' version='1'/><service name='network/demo' version='1'/>",
        &Refuse("SMF0207"),
    );
    // lxml_get_bundle().
    assert_does("<service_bundle name='x'/>", &Refuse("SMF0201"));
    assert_does(
        "<service_bundle type='profile' name=''/>",
        &Refuse("SMF0202"),
    );
    bundle(
        "<service_bundle type='manifest' name='x'/>",
        &Refuse("SMF0201"),
    );
    // validate_service_name().
    for name in ["name=''", "name='svc:/network/demo'", "name='a b'", ""] {
        bundle(
            &format!("<service {name} type='service' version='1'/>"),
            &Refuse("SMF0203"),
        );
    }
    // lxml_get_method_environment(), lxml_get_envvar().
    for (environment, code) in [
        ("<colour/>", "SMF0225"),
        ("<envvar name='' value='b'/>", "SMF0210"),
        ("<envvar name='SMF_X' value='b'/>", "SMF0210"),
        ("<envvar name='a=b' value='b'/>", "SMF0210"),
    ] {
        instance(
            &format!(
                "<method_context><method_environment>{environment}</method_environment></method_context>"
            ),
            &Refuse(code),
        );
    }
}

#[test]
fn values_are_looked_at_although_the_grammar_is_not() {
    let group = |xml: &str, does: &Does| {
        instance(
            &format!("<property_group name='c' type='application'>{xml}</property_group>"),
            does,
        );
    };
    group(
        "<propval name='a' type='count' value='x'/>",
        &Refuse("SMF0204"),
    );
    group(
        "<propval name='a' type='colour' value='x'/>",
        &Refuse("SMF0227"),
    );
    group("<propval name='a' type='astring'/>", &Refuse("SMF0226"));
    group("<propval type='astring' value='x'/>", &Refuse("SMF0205"));
    group(
        "<property name='a' type='astring'><colour/></property>",
        &Refuse("SMF0225"),
    );
    group(
        "<property name='a' type='astring'><astring_list><colour/></astring_list></property>",
        &Refuse("SMF0225"),
    );
    group(
        "<property name='a' type='astring'><astring_list><value_node/></astring_list></property>",
        &Refuse("SMF0226"),
    );
    group(
        "<property name='a' type='astring'><count_list/></property>",
        &Refuse("SMF0206"),
    );
    group(
        "<property name='a'><count_list><value_node value='1'/></count_list></property>",
        &Take(&[]),
    );
    group(
        "<property name='a' type='astring'><astring_list/></property>",
        &Take(&["SMF0517"]),
    );
    // Twice: the first one stays (internal_attach_property()).
    group(
        "<propval name='a' type='astring' value='b'/><propval name='a' type='astring' value='c'/>",
        &Take(&["SMF0516"]),
    );
    // lxml_get_pgroup_stability() is checked against the document type.
    group("<stability value='Stable'/>", &Take(&[]));
    group("<stability value='Committed'/>", &Refuse("SMF0116"));
    group("<stability/>", &Refuse("SMF0115"));
    // That of a service is not (lxml_get_entity_stability()).
    service("<stability/>", &Take(&["SMF0517"]));
    service("<stability value='Committed'/>", &Take(&["SMF0517"]));
    // Prefixes are nothing to xmlGetProp() and to the names of elements.
    group(
        "<propval xmlns:q='urn:q' q:name='a' type='astring' value='b'/>",
        &Take(&["SMF0517"]),
    );
    bundle(
        "<q:service xmlns:q='urn:q' name='!' version='1'/>",
        &Refuse("SMF0203"),
    );
    // But one that is not declared is a part of the name.
    bundle("<q:service name='!'/>", &Take(&["SMF0517"]));
    service(
        "<instance name='a' enabled='true' q:x='y'/>",
        &Take(&["SMF0517"]),
    );
}

/// `lxml_validate_element()`: methods, dependencies, dependents and types of notifications follow the document type.
#[test]
fn some_elements_are_checked_as_in_a_manifest() {
    for (xml, code) in [
        (
            "<dependency name='d' grouping='require_all' restart_on='none' type='service' colour='red'/>",
            "SMF0114",
        ),
        (
            "<dependency name='d' grouping='some' restart_on='none' type='service'/>",
            "SMF0116",
        ),
        (
            "<dependency name='d' grouping='require_all' restart_on='none'/>",
            "SMF0115",
        ),
        (
            "<exec_method type='method' name='start' exec=':true'/>",
            "SMF0115",
        ),
        (
            "<exec_method type='method' name='start' exec=':true' timeout_seconds='1'>x</exec_method>",
            "SMF0112",
        ),
        (
            "<exec_method type='method' name='start' exec=':true' timeout_seconds='soon'/>",
            "SMF0224",
        ),
        (
            "<dependent name='d' grouping='require_all' restart_on='none'/>",
            "SMF0111",
        ),
        (
            "<notification_parameters><event value='to-maintenance'/><type name='smtp'><colour/></type></notification_parameters>",
            "SMF0110",
        ),
    ] {
        service(xml, &Refuse(code));
        instance(xml, &Refuse(code));
    }
    // lxml_get_notification_parameters(): what is around the types is not.
    service(
        "<notification_parameters><colour/><event value='to-maintenance' x='y'/><type name='smtp'/></notification_parameters>",
        &Take(&["SMF0514", "SMF0517"]),
    );
    service(
        "<notification_parameters><type name='smtp'/><event value='to-maintenance'/></notification_parameters>",
        &Take(&["SMF0517"]),
    );
    for (xml, code) in [
        ("", "SMF0226"),
        ("<event/>", "SMF0226"),
        ("<event value='all'/><event value='all'/>", "SMF0226"),
        ("<event value='to-nowhere'/>", "SMF0221"),
    ] {
        service(
            &format!("<notification_parameters>{xml}</notification_parameters>"),
            &Refuse(code),
        );
    }
    // A dependent that is there already is mentioned (lxml_get_dependent()).
    let dependent = "<dependent name='d' grouping='require_all' restart_on='none'><service_fmri value='svc:/milestone/network'/></dependent>";
    service(&format!("{dependent}{dependent}"), &Take(&["SMF0516"]));
}

#[test]
fn what_kills_it() {
    // atol() of nothing.
    bundle("<service name='network/demo' type='service'/>", &CRASH);
    // strcmp() and strdup() of nothing.
    service("<property_group type='application'/>", &CRASH);
    instance("<property_group type='framework'/>", &CRASH);
    service(
        "<property_group name='c'/><property_group name='c' type='application'/>",
        &CRASH,
    );
    service(
        "<property_group name='c' type='application'/><property_group name='c'/>",
        &Take(&[]),
    );
    // strlen() of nothing; printf() of nothing is (null).
    instance(
        "<method_context><method_environment><envvar value='b'/></method_environment></method_context>",
        &CRASH,
    );
    instance(
        "<method_context><method_environment><envvar name='b'/></method_environment></method_context>",
        &Take(&["SMF0517"]),
    );
    // abort() in lxml_get_pgroup().
    service(
        "<property_group name='c' type='application'><colour/></property_group>",
        &CRASH,
    );
    service(
        "<property_group name='c' type='application'><?pi?></property_group>",
        &CRASH,
    );
    service(
        "<property_group name='c' type='application'><![CDATA[]]></property_group>",
        &CRASH,
    );
    // A value that is nothing, in lscf_property_import().
    instance("<method_context><method_profile/></method_context>", &CRASH);
    service("<restarter/>", &CRASH);
    service("<restarter><service_fmri/></restarter>", &CRASH);
    service(
        "<restarter><service_fmri value='svc:/network/inetd:default'/></restarter>",
        &Take(&[]),
    );
    service("<restarter><colour/></restarter>", &Refuse("SMF0225"));
}

/// `find_current_pg_type()` and `find_current_prop_type()` look into the repository, and `lxml_store_value()` puts a number where
/// a text is freed later.
#[test]
fn types_that_are_left_out() {
    ours("<property_group name='vm'/>", &Take(&[]));
    ours(
        "<property_group name='vm'><propval name='stop_method' value='shutdown'/></property_group>",
        &Take(&[]),
    );
    ours(
        "<property_group name='vm' type='application'><propval name='name' value='x'/></property_group>",
        &Take(&[]),
    );
    ours(
        "<property_group name='vm'><propval name='stop_timeout' value='600'/></property_group>",
        &CRASH,
    );
    ours(
        "<property_group name='vm' type='application'><propval name='stop_timeout' value='600'/></property_group>",
        &CRASH,
    );
    ours(
        "<property_group name='vm'><propval name='stop_timeout' type='' value='soon'/></property_group>",
        &Refuse("SMF0204"),
    );
    ours(
        "<property_group name='vm'><propval name='stop_timout' value='600'/></property_group>",
        &Refuse("SMF0228"),
    );
    ours(
        "<property_group name='vm'><property name='stop_timeout'/></property_group>",
        &Take(&[]),
    );
    service(
        "<instance name='a'><property_group name='general'><propval name='enabled' value='true'/></property_group></instance>",
        &CRASH,
    );
    service(
        "<property_group name='stop' type='method'><propval name='timeout_seconds' value='60'/></property_group>",
        &CRASH,
    );
    // Of others nothing is known.
    service(
        "<property_group name='config' type='application'><propval name='port' value='80'/></property_group>",
        &Take(&["SMF0519"]),
    );
    service("<property_group name='config'/>", &Take(&["SMF0519"]));
    service(
        "<property_group name='config'><propval name='port' value='80'/></property_group>",
        &Take(&["SMF0519"]),
    );
}

/// `entity_pgroup_import()`: an invalid argument is reported, and the exit status is 0.
#[test]
fn what_the_repository_does_not_take_is_left_out() {
    service("<property_group name='c' type='é'/>", &Take(&["SMF0518"]));
    service(
        "<property_group name='a b' type='application'/>",
        &Take(&["SMF0518"]),
    );
    service("<property_group name='c' type=''/>", &Take(&["SMF0518"]));
    service(
        "<property_group name='c' type='application'><propval name='a b' type='astring' value='c'/></property_group>",
        &Take(&["SMF0518"]),
    );
    // Only the first is reached.
    service(
        "<property_group name='a b' type='application'/><property_group name='c d' type='application'/>",
        &Take(&["SMF0518"]),
    );
    service(
        "<property_group name='a b' type='application' delete='true'/>",
        &Take(&[]),
    );
    service(
        "<restarter><service_fmri value='not an FMRI'/></restarter>",
        &Take(&["SMF0518"]),
    );
    service(
        "<property_group name='c' type='application'/><property_group name='c' type='framework'/>",
        &Take(&["SMF0516"]),
    );
    service(
        "<dependent name='d' grouping='require_all' restart_on='none'><service_fmri value='file:///x'/></dependent>",
        &Take(&["SMF0518"]),
    );
    // scf_scope_get_service(): what cannot be a name ends it.
    let long = |length: usize| {
        format!(
            "<service name='{}' type='service' version='1'/>",
            "a".repeat(length)
        )
    };
    bundle(&long(119), &Take(&[]));
    bundle(&long(120), &Refuse("SMF0401"));
}

#[test]
fn the_document() {
    let text = |doctype: &str| {
        let text = format!("{doctype}<service_bundle type='profile' name='site'/>");
        let findings = judge(text.as_bytes(), Flavour::Profile, &|_| Included::Missing);
        findings
            .iter()
            .map(|f| f.code.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(text(""), ["SMF0104"]);
    assert_eq!(text("<!DOCTYPE service_bundle SYSTEM 'x'>"), ["SMF0105"]);
    // Only the check against the document type looks at its name.
    assert_eq!(
        text("<!DOCTYPE x SYSTEM '/usr/share/lib/xml/dtd/service_bundle.dtd.1'>"),
        ["SMF0517"]
    );
    assert_does("<bundle type='profile' name='x'/>", &Refuse("SMF0106"));
    assert_does(
        "<service_bundle type='profile' name='x'>",
        &Refuse("SMF0101"),
    );
    // What the grammar says is not said where there is an error already.
    let found = findings(
        "<service_bundle type='profile' name='x'><service name='a' version='1' type='x'><colour/></service></service_bundle>",
    );
    let codes: Vec<_> = found
        .iter()
        .map(|f| (f.code.to_string(), f.column))
        .collect();
    assert_eq!(
        codes,
        [("SMF0225".to_owned(), 80), ("SMF0517".to_owned(), 71)]
    );
}
