use super::*;
use crate::validate::finding::Lines;
use crate::validate::places::Inserted;
use crate::validate::tree::File;

/// The codes of the findings in a service that holds this.
fn codes(xml: &str) -> Vec<String> {
    let files = [File::alone(xml)];
    let mut findings = Findings::default();
    let lines = Lines::new(xml);
    bundle(
        Element::root(&files),
        Flavour::Manifest,
        &Places::of(&lines, Inserted::default()),
        &mut findings,
    );
    let (found, _) = findings.into_parts();
    found.into_iter().map(|f| f.code.to_string()).collect()
}

fn in_service(xml: &str) -> Vec<String> {
    codes(&format!(
        "<service_bundle type='manifest' name='x'><service name='site/x' type='service' version='1'>{xml}</service></service_bundle>"
    ))
}

fn in_template(xml: &str) -> Vec<String> {
    in_service(&format!(
        "<template><common_name><loctext xml:lang='C'>x</loctext></common_name>{xml}</template>"
    ))
}

const NONE: [&str; 0] = [];

#[test]
fn bundles_and_services() {
    assert_eq!(codes("<service_bundle type='manifest' name='x'/>"), NONE);
    assert_eq!(
        codes("<service_bundle type='profile' name='x'/>"),
        ["SMF0201"]
    );
    assert_eq!(
        codes("<service_bundle type='manifest' name=''/>"),
        ["SMF0202"]
    );
    let service = "<service name='site/a' type='service' version='1'/>";
    let twice = format!(
        "<service_bundle type='manifest' name='x'>{service}<service_bundle type='manifest' name='y'>{service}</service_bundle></service_bundle>"
    );
    assert_eq!(codes(&twice), ["SMF0207"]);
    assert_eq!(
        in_service(
            "<create_default_instance enabled='true'/><instance name='default' enabled='false'/>"
        ),
        ["SMF0207"]
    );
    assert_eq!(
        in_service("<instance name='a' enabled='true'/><instance name='b' enabled='false'/>"),
        NONE
    );
    assert_eq!(in_service("<?pi?>"), ["SMF0211"]);
    // svccfg does not look behind a reference: the service is not there, whatever its name.
    let entity =
        "<!DOCTYPE service_bundle [<!ENTITY s \"<service name='' type='service' version='1'/>\">]>";
    let bundle =
        format!("{entity}<service_bundle type='manifest' name='x'><?pi?>&s;</service_bundle>");
    assert_eq!(codes(&bundle), ["SMF0514"]);
}

#[test]
fn a_dependent_has_properties_of_its_own_before_any_is_added() {
    let dependent = |properties: &str| {
        in_service(&format!(
            "<dependent name='d' grouping='optional_all' restart_on='none'><service_fmri value='svc:/aa'/>{properties}</dependent>"
        ))
    };
    for name in ["grouping", "restart_on", "entities", "external"] {
        let property = format!("<propval name='{name}' type='astring' value='x'/>");
        assert_eq!(dependent(&property), ["SMF0208"], "{name}");
    }
    assert_eq!(
        dependent("<propval name='type' type='astring' value='path'/>"),
        NONE
    );
    let stability = "<stability value='Stable'/><propval name='{}' type='astring' value='x'/>";
    assert_eq!(dependent(&stability.replace("{}", "stability")), NONE);
    assert_eq!(
        dependent(&stability.replace("{}", "entity_stability")),
        ["SMF0208"]
    );
}

#[test]
fn groups_and_methods() {
    for (xml, expected) in [
        (
            "<property_group name='a' type='b'><propval name='p' type='count' value='x'/></property_group>",
            &["SMF0204"][..],
        ),
        (
            "<property_group name='a' type='b'><propval name='' type='count' value='1'/></property_group>",
            &["SMF0205"],
        ),
        (
            "<property_group name='a' type='b'><property name='p' type='count'><astring_list><value_node value='x'/></astring_list></property></property_group>",
            &["SMF0206"],
        ),
        (
            "<property_group name='a' type='b'><propval name='p' type='count' value='1'/></property_group><property_group name='a' type='b'><propval name='p' type='count' value='1'/></property_group>",
            &["SMF0208"],
        ),
        (
            "<property_group name='a' type='b'><propval name='p' type='count' value='1'/></property_group><property_group name='a' type='c'><propval name='p' type='count' value='1'/></property_group>",
            &[],
        ),
        (
            "<property_group name='a' type='b'><?pi?></property_group>",
            &["SMF0212"],
        ),
        (
            "<exec_method type='method' name='start' exec='x' timeout_seconds='1.5'/>",
            &["SMF0224"],
        ),
        (
            "<exec_method type='method' name='a' exec='x' timeout_seconds='-1'><propval name='exec' type='astring' value='y'/></exec_method>",
            &["SMF0208"],
        ),
        (
            "<method_context><method_environment><envvar name='SMF_X' value=''/><envvar name='' value=''/><envvar name='A=B' value=''/><envvar name='smf_x' value=''/></method_environment></method_context>",
            &["SMF0210", "SMF0210", "SMF0210"],
        ),
        (
            "<dependency name='a' grouping='require_all' restart_on='none' type='service'><service_fmri value='a b'/></dependency>",
            &["SMF0204"],
        ),
        (
            "<dependency name='a' grouping='require_all' restart_on='none' type='service'/><dependent name='a' grouping='require_all' restart_on='none'><service_fmri value='svc:/bb'/></dependent>",
            &["SMF0209"],
        ),
        (
            "<single_instance/><property_group name='general' type='framework'><propval name='single_instance' type='boolean' value='true'/></property_group>",
            &["SMF0208"],
        ),
    ] {
        assert_eq!(in_service(xml), expected, "{xml}");
    }
}

#[test]
fn many_properties_are_told_apart() {
    let many: Vec<String> = (0..100)
        .map(|i| format!("<propval name='p{i}' type='count' value='1'/>"))
        .collect();
    let many = many.concat();
    let group =
        |more: &str| format!("<property_group name='a' type='b'>{many}{more}</property_group>");
    assert_eq!(in_service(&group("")), NONE);
    for name in ["p0", "p23", "p24", "p25", "p99"] {
        let more = format!("<propval name='{name}' type='count' value='1'/>");
        assert_eq!(in_service(&group(&more)), ["SMF0208"], "{name}");
    }
}

#[test]
fn notifications() {
    let of = |event: &str, rest: &str| {
        in_service(&format!(
            "<notification_parameters><event value='{event}'/><type name='smtp'>{rest}</type></notification_parameters>"
        ))
    };
    for event in [
        "to-maintenance",
        "from-online",
        "all",
        "to-all,online",
        ",online,",
    ] {
        assert_eq!(
            of(event, "<paramval name='to' value='root'/>"),
            NONE,
            "{event}"
        );
    }
    for event in [
        "",
        "whenever",
        "to-",
        "to-online, from-online",
        "problem-diagnosed",
        "list.suspect",
        "online,list.x",
    ] {
        assert_eq!(of(event, ""), ["SMF0221"], "{event}");
    }
    assert_eq!(
        of("online", "<paramval name='to' value=''/>"),
        ["SMF0222", "SMF0222"]
    );
    assert_eq!(
        of("to-online", "<parameter name='to'/><parameter name='to'/>"),
        ["SMF0208"]
    );
}

#[test]
fn texts_of_templates() {
    for (xml, expected) in [
        (
            "<description><loctext xml:lang='C'> </loctext></description>",
            &[][..],
        ),
        (
            "<description><loctext xml:lang='C'><!-- a -->b</loctext></description>",
            &[],
        ),
        (
            "<description><loctext xml:lang='C'>a&amp;b<![CDATA[c]]></loctext></description>",
            &[],
        ),
        (
            "<description><loctext xml:lang='C'></loctext></description>",
            &["SMF0213"],
        ),
        (
            "<description><loctext xml:lang='C'><![CDATA[a]]></loctext></description>",
            &["SMF0212"],
        ),
        (
            "<description><loctext xml:lang='C'><?pi?>a</loctext></description>",
            &["SMF0211"],
        ),
        (
            "<description><loctext xml:lang='en-US'>a</loctext><loctext xml:lang='en_US'>b</loctext></description>",
            &["SMF0208"],
        ),
        (
            "<documentation><manpage title='a' section='1'/><manpage title='a' section='8'/></documentation>",
            &[],
        ),
        (
            "<documentation><manpage title='a' section='1'/><manpage title='a' section='1'/></documentation>",
            &["SMF0208"],
        ),
    ] {
        assert_eq!(in_template(xml), expected, "{xml}");
    }
}

#[test]
fn patterns() {
    let property = |xml: &str| {
        format!(
            "<pg_pattern name='a'><prop_pattern name='p' type='count'>{xml}</prop_pattern></pg_pattern>"
        )
    };
    let long = "x".repeat(61);
    for (xml, expected) in [
        ("<pg_pattern name='a' type='b'/><pg_pattern name='a'/><pg_pattern type='b'/><pg_pattern/>".to_owned(), &[][..]),
        ("<pg_pattern name='a' type='b'/><pg_pattern name='a' type='c'/>".to_owned(), &["SMF0218"]),
        ("<pg_pattern name='a b'/>".to_owned(), &["SMF0217"]),
        (format!("<pg_pattern name='{}' type='b'/>", "x".repeat(109)), &["SMF0217"]),
        ("<pg_pattern name='a'><prop_pattern name='b_c'/></pg_pattern><pg_pattern name='a_b'><prop_pattern name='c'/></pg_pattern>".to_owned(), &["SMF0218"]),
        ("<pg_pattern name='a' target='instance'/>".to_owned(), &[]),
        ("<pg_pattern name='a' target='delegate'/>".to_owned(), &["SMF0219"]),
        ("<pg_pattern name='a' target='all'/>".to_owned(), &["SMF0219"]),
        (property("<cardinality min='' max=' 5'/>"), &[]),
        (property("<cardinality min='2' max='1'/>"), &["SMF0214"]),
        (property("<cardinality min='-1'/>"), &["SMF0214"]),
        (property("<internal_separators></internal_separators>"), &["SMF0216"]),
        (property("<internal_separators> </internal_separators>"), &[]),
        (property("<constraints><range min='0x10' max='020'/></constraints>"), &[]),
        (property("<constraints><range min='-1' max='-2'/></constraints>"), &["SMF0215"]),
        (property("<constraints><range min='a' max='2'/></constraints>"), &["SMF0215"]),
        (property(&format!("<constraints><value name='{long}'/></constraints>")), &["SMF0220"]),
        (property(&format!("<constraints><value name='{}'/></constraints>", &long[1..])), &[]),
        (property("<values><value name='1'><description><loctext xml:lang='C'>a</loctext></description></value></values><constraints><value name='1'><description><loctext xml:lang='C'>a</loctext></description></value></constraints>"), &["SMF0208"]),
    ] {
        assert_eq!(in_template(&xml), expected, "{xml}");
    }
}
