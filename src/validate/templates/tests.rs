use super::*;
use crate::validate::finding::Lines;
use crate::validate::places::{Inserted, Places};
use crate::validate::tree::{Element, File};
use crate::validate::{Flavour, read};

const METHODS: &str = "<exec_method type='method' name='start' exec=':true' timeout_seconds='0'/><exec_method type='method' name='stop' exec=':true' timeout_seconds='0'/>";

/// `CODE message` of the findings in a service that holds this.
fn in_service(name: &str, kind: &str, xml: &str) -> Vec<String> {
    let xml = format!(
        "<service_bundle type='manifest' name='x'><service name='{name}' type='{kind}' version='1'>{xml}</service></service_bundle>"
    );
    let files = [File::alone(&xml)];
    let mut findings = Findings::default();
    let root = Element::root(&files);
    let lines = Lines::new(&xml);
    let bundle = read::bundle(
        root,
        Flavour::Manifest,
        &Places::of(&lines, Inserted::default()),
        &mut findings,
    );
    assert!(!findings.any_error(), "{findings:?}");
    check(&bundle, &mut findings);
    let (found, _) = findings.into_parts();
    found
        .into_iter()
        .map(|f| format!("{} {}", f.code, f.message))
        .collect()
}

fn of(xml: &str) -> Vec<String> {
    in_service("site/x", "service", xml)
}

fn codes(xml: &str) -> Vec<String> {
    of(xml).into_iter().map(|f| f[..7].to_owned()).collect()
}

const NONE: [&str; 0] = [];

/// A service with one instance and both methods, and a property `config/p`.
fn with_pattern(property: &str, pattern: &str) -> Vec<String> {
    of(&format!(
        "<create_default_instance enabled='false'/>{METHODS}<property_group name='config' type='application'>{property}</property_group><template><common_name><loctext xml:lang='C'>x</loctext></common_name>{pattern}</template>"
    ))
}

fn with_property_pattern(property: &str, attributes: &str, pattern: &str) -> Vec<String> {
    with_pattern(
        property,
        &format!("<pg_pattern name='config' type='application'><prop_pattern name='p' {attributes}>{pattern}</prop_pattern></pg_pattern>"),
    )
    .into_iter()
    .map(|f| f[..7].to_owned())
    .collect()
}

#[test]
fn methods_are_required_of_instances_alone() {
    assert_eq!(
        of("<create_default_instance enabled='true'/>"),
        [
            "SMF0301 svc:/site/x:default has no method start",
            "SMF0301 svc:/site/x:default has no method stop",
        ]
    );
    assert_eq!(of(""), NONE);
    assert_eq!(
        of(&format!(
            "<create_default_instance enabled='true'/>{METHODS}"
        )),
        NONE
    );
    assert_eq!(
        of(&format!(
            "<instance name='a' enabled='true'>{METHODS}</instance>"
        )),
        NONE
    );
    let (start, stop) = METHODS.split_at(METHODS.find("/>").unwrap() + 2);
    assert_eq!(
        of(&format!(
            "{start}<instance name='a' enabled='true'>{stop}</instance>"
        )),
        NONE
    );
}

#[test]
fn other_restarters_require_nothing_here() {
    let restarter = |fmri: &str| format!("<restarter><service_fmri value='{fmri}'/></restarter>");
    let service = |fmri: &str| {
        format!(
            "<create_default_instance enabled='true'/>{}",
            restarter(fmri)
        )
    };
    let instance = |fmri: &str| {
        format!(
            "<instance name='a' enabled='true'>{}</instance>",
            restarter(fmri)
        )
    };
    for fmri in ["svc:/network/inetd:default", "svc:/site/own:default"] {
        assert_eq!(codes(&service(fmri)), NONE, "{fmri}");
    }
    assert_eq!(
        codes(&service("svc:/system/svc/restarter:default")),
        ["SMF0301", "SMF0301"]
    );
    assert_eq!(codes(&service("svc:/system/svc/restarter")), ["SMF0508"]);
    assert_eq!(codes(&service("")), ["SMF0508"]);
    assert_eq!(
        codes(
            "<property_group name='general' type='framework'><propval name='restarter' type='fmri' value='svc:/network/inetd:default'/></property_group><instance name='a' enabled='true'/>"
        ),
        NONE
    );
    assert_eq!(codes(&instance("svc:/network/inetd:default")), NONE);
    assert_eq!(
        codes(&instance("svc:/site/own:default")),
        ["SMF0301", "SMF0301"]
    );
}

#[test]
fn groups_of_the_framework() {
    let group = |name: &str, kind: &str, properties: &str| {
        codes(&format!(
            "<create_default_instance enabled='true'/>{METHODS}<property_group name='{name}' type='{kind}'>{properties}</property_group>"
        ))
    };
    let duration = |kind: &str, value: &str| {
        format!("<propval name='duration' type='{kind}' value='{value}'/>")
    };
    assert_eq!(
        group("startd", "framework", &duration("astring", "transient")),
        NONE
    );
    assert_eq!(
        group("startd", "framework", &duration("astring", "Transient")),
        ["SMF0305"]
    );
    assert_eq!(
        group("startd", "framework", &duration("count", "1")),
        ["SMF0304", "SMF0314"]
    );
    assert_eq!(
        group("startd", "application", &duration("astring", "child")),
        ["SMF0303"]
    );
    assert_eq!(
        group(
            "startd",
            "framework",
            "<property name='duration' type='astring'/>"
        ),
        ["SMF0307"]
    );
    assert_eq!(
        group(
            "startd",
            "framework",
            "<propval name='other' type='count' value='1'/>"
        ),
        NONE
    );
    // `general` of the service has the wrong type and lacks what that of the instance has.
    assert_eq!(group("general", "application", ""), ["SMF0303", "SMF0302"]);
    assert_eq!(
        group(
            "to-online",
            "notify_params",
            "<propval name='smtp,active' type='count' value='1'/>"
        ),
        ["SMF0304"]
    );
    assert_eq!(
        group("x".repeat(108).as_str(), "application", ""),
        ["SMF0312"]
    );
    assert_eq!(group("x", &"y".repeat(109), ""), ["SMF0312"]);
    // svccfg notes that it finds no template for the property, and goes on.
    let long = format!(
        "<propval name='{}' type='count' value='1'/>",
        "p".repeat(119)
    );
    assert_eq!(group("startd", "framework", &long), NONE);
    assert_eq!(group("x".repeat(108).as_str(), "template", ""), NONE);
    assert_eq!(
        group("config", "dependency", ""),
        ["SMF0302", "SMF0302", "SMF0302", "SMF0302"]
    );
}

#[test]
fn dependencies_have_a_type_and_somebody_to_depend_on() {
    let dependency = |kind: &str, fmris: &str| {
        codes(&format!(
            "<create_default_instance enabled='true'/><dependency name='d' grouping='require_all' restart_on='none' type='{kind}'>{fmris}</dependency>{METHODS}"
        ))
    };
    assert_eq!(
        dependency("service", "<service_fmri value='svc:/aa'/>"),
        NONE
    );
    assert_eq!(dependency("service", ""), ["SMF0307"]);
    assert_eq!(
        dependency("Service", "<service_fmri value='svc:/aa'/>"),
        ["SMF0305"]
    );
}

#[test]
fn own_patterns() {
    let p = "<propval name='p' type='astring' value='x'/>";
    let count = |value: &str| format!("<propval name='p' type='count' value='{value}'/>");
    assert_eq!(with_property_pattern(p, "type='astring'", ""), NONE);
    assert_eq!(with_property_pattern(p, "type='count'", ""), ["SMF0304"]);
    assert_eq!(with_property_pattern(p, "", ""), NONE);
    assert_eq!(
        with_property_pattern("", "type='count' required='true'", ""),
        ["SMF0302"]
    );
    assert_eq!(with_property_pattern(p, "required='true'", ""), ["SMF0310"]);
    assert_eq!(
        with_property_pattern(p, "type='astring'", "<cardinality min='2'/>"),
        ["SMF0307"]
    );
    assert_eq!(
        with_property_pattern(p, "type='astring'", "<cardinality min='2' max=''/>"),
        NONE
    );
    let range = "<constraints><range min='1' max='5'/><range min='0x10' max='0x20'/></constraints>";
    for (value, expected) in [
        ("1", &[][..]),
        ("5", &[]),
        ("16", &[]),
        ("6", &["SMF0306"]),
        ("-1", &["SMF0306"]),
    ] {
        assert_eq!(
            with_property_pattern(&count(value), "type='count'", range),
            expected,
            "{value}"
        );
    }
    assert_eq!(
        with_property_pattern(p, "type='astring'", range),
        ["SMF0313"]
    );
    let values = "<constraints><value name='x'/><value name='0x10'/></constraints>";
    assert_eq!(with_property_pattern(p, "type='astring'", values), NONE);
    assert_eq!(
        with_property_pattern("<propval name='p' type='astring' value='y'/>", "", values),
        ["SMF0305"]
    );
    assert_eq!(
        with_property_pattern(&count("16"), "type='count'", values),
        ["SMF0314"]
    );
    let sixteen = "<constraints><value name='0x10'/></constraints>";
    assert_eq!(
        with_property_pattern(&count("16"), "type='count'", sixteen),
        NONE
    );
    let boolean = "<propval name='p' type='boolean' value='true'/>";
    assert_eq!(
        with_property_pattern(
            boolean,
            "type='boolean'",
            "<constraints><value name='1'/></constraints>"
        ),
        NONE
    );
    assert_eq!(
        with_property_pattern(
            boolean,
            "type='boolean'",
            "<constraints><value name='true'/></constraints>"
        ),
        ["SMF0314"]
    );
}

#[test]
fn what_is_included_must_be_there() {
    let include = |values: &str, kinds: &[&str]| {
        let kinds: Vec<String> = kinds
            .iter()
            .map(|k| format!("<include_values type='{k}'/>"))
            .collect();
        let kinds = kinds.concat();
        with_property_pattern(
            "",
            "type='astring'",
            &format!("{values}<choices>{kinds}</choices>"),
        )
    };
    let described = "<values><value name='a'><description><loctext xml:lang='C'>d</loctext></description></value></values>";
    assert_eq!(
        include(
            "<constraints><value name='a'/></constraints>",
            &["constraints"]
        ),
        NONE
    );
    assert_eq!(include("", &["constraints"]), ["SMF0311"]);
    assert_eq!(include(described, &["values"]), NONE);
    assert_eq!(
        include("<values><value name='a'/></values>", &["values"]),
        ["SMF0311"]
    );
    assert_eq!(include(described, &["values", "values"]), ["SMF0307"]);
}

#[test]
fn group_patterns() {
    let codes = |property: &str, pattern: &str| -> Vec<String> {
        with_pattern(property, pattern)
            .into_iter()
            .map(|f| f[..7].to_owned())
            .collect()
    };
    assert_eq!(
        codes("", "<pg_pattern name='config' type='framework'/>"),
        ["SMF0303"]
    );
    assert_eq!(
        codes("", "<pg_pattern name='other' type='x' required='true'/>"),
        ["SMF0301"]
    );
    assert_eq!(
        codes("", "<pg_pattern name='other' required='true'/>"),
        ["SMF0310", "SMF0301"]
    );
    for name in [
        "general",
        "startd",
        "start",
        "refresh",
        "method_context",
        "firewall_config",
    ] {
        assert_eq!(
            codes("", &format!("<pg_pattern name='{name}'/>")),
            ["SMF0309"],
            "{name}"
        );
    }
    assert_eq!(codes("", "<pg_pattern type='dependency'/>"), ["SMF0309"]);
    for name in ["options", "system"] {
        assert_eq!(
            codes("", &format!("<pg_pattern name='{name}'/>")),
            NONE,
            "{name}"
        );
    }
}

#[test]
fn an_instance_and_its_service() {
    let template = |kind: &str, property: &str| {
        format!(
            "<template><common_name><loctext xml:lang='C'>x</loctext></common_name><pg_pattern name='config' type='{kind}'><prop_pattern name='p' type='{property}'/></pg_pattern></template>"
        )
    };
    let both = |one: &str, two: &str| {
        of(&format!(
            "{METHODS}<instance name='a' enabled='true'>{one}</instance>{two}"
        ))
        .into_iter()
        .map(|f| f[..7].to_owned())
        .collect::<Vec<_>>()
    };
    assert_eq!(both(&template("a", "count"), &template("a", "count")), NONE);
    assert_eq!(
        both(&template("a", "count"), &template("b", "count")),
        ["SMF0308"]
    );
    assert_eq!(
        both(&template("a", "count"), &template("a", "time")),
        ["SMF0308"]
    );
}

#[test]
fn a_pattern_of_an_instance_is_completed_by_that_of_its_service() {
    let template = |inner: &str| {
        format!(
            "<template><common_name><loctext xml:lang='C'>x</loctext></common_name><pg_pattern name='config' type='application'><prop_pattern name='p' type='count'>{inner}</prop_pattern></pg_pattern></template>"
        )
    };
    let both = |of_instance: &str, of_service: &str| {
        let (one, two) = (template(of_instance), template(of_service));
        codes(&format!(
            "{METHODS}<property_group name='config' type='application'><propval name='p' type='count' value='7'/></property_group><instance name='a' enabled='true'>{one}</instance>{two}"
        ))
    };
    let list = |n: u8| format!("<constraints><value name='{n}'/></constraints>");
    let range = |n: u8| format!("<constraints><range min='{n}' max='{n}'/></constraints>");
    let many = "<cardinality min='2'/>";
    assert_eq!(both("", ""), NONE);
    assert_eq!(both("", &list(1)), ["SMF0305"]);
    assert_eq!(both("", &range(1)), ["SMF0306"]);
    assert_eq!(both("", many), ["SMF0307"]);
    assert_eq!(both(&list(7), &list(1)), NONE);
    assert_eq!(both(&range(7), &range(1)), NONE);
    assert_eq!(both("<cardinality/>", many), NONE);
    assert_eq!(both(&list(7), &range(1)), ["SMF0306"]);
}

#[test]
fn a_range_is_read_as_the_type_of_the_property() {
    let range = "<constraints><range min='0' max='9'/><range min='10' max='18446744073709551615'/></constraints>";
    for (kind, expected) in [("count", &NONE[..]), ("integer", &["SMF0313"])] {
        let property = format!("<propval name='p' type='{kind}' value='7'/>");
        let kind = format!("type='{kind}'");
        assert_eq!(
            with_property_pattern(&property, &kind, range),
            expected,
            "{kind}"
        );
    }
}

#[test]
fn the_framework_may_define_itself() {
    let template = "<template><common_name><loctext xml:lang='C'>x</loctext></common_name><pg_pattern name='general' type='framework' target='all' required='true'/></template>";
    let service = format!("<create_default_instance enabled='true'/>{METHODS}{template}");
    assert_eq!(in_service("system/svc/global", "service", &service), NONE);
    let delegate = service
        .replace("'all'", "'delegate'")
        .replace("general", "start");
    assert_eq!(
        in_service("system/svc/restarter", "restarter", &delegate),
        NONE
    );
}

#[test]
fn a_mistake_of_the_service_is_said_once() {
    let service = format!(
        "{METHODS}<property_group name='startd' type='framework'><propval name='duration' type='astring' value='x'/></property_group><instance name='a' enabled='true'/><instance name='b' enabled='true'/>"
    );
    assert_eq!(codes(&service), ["SMF0305"]);
}
