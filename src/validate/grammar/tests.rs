use super::*;
use crate::validate::tree::File;

/// The findings of a piece of XML, as `CODE message`.
fn findings_of(xml: &str, flavour: Flavour) -> Vec<String> {
    let files = [File::alone(xml)];
    let mut findings = Findings::default();
    check(Element::root(&files), flavour, &mut findings);
    let (found, _) = findings.into_parts();
    found
        .into_iter()
        .map(|f| format!("{} {}", f.code, f.message))
        .collect()
}

fn manifest(xml: &str) -> Vec<String> {
    findings_of(xml, Flavour::Manifest)
}

#[test]
fn the_table_is_sound() {
    let mut seen = std::collections::HashSet::new();
    for rule in table::ELEMENTS {
        assert!(seen.insert(rule.name), "{} twice", rule.name);
        let names: Vec<&str> = match rule.content {
            Content::Sequence(particles) => {
                // Greedy matching is right where no two particles share an element.
                let all: Vec<_> = particles.iter().flat_map(|p| p.names).copied().collect();
                let distinct: std::collections::HashSet<_> = all.iter().collect();
                assert_eq!(distinct.len(), all.len(), "{}", rule.name);
                all
            }
            Content::OneKind(names) => names.to_vec(),
            Content::Empty | Content::Any | Content::Text => Vec::new(),
        };
        for name in names {
            assert!(table::rule(name).is_some(), "{name} in {}", rule.name);
        }
    }
}

#[test]
fn what_is_right() {
    for xml in [
        "<service_bundle type='manifest' name='x'/>",
        "<service_bundle type='manifest' name='x'> <!-- c --> <?pi?> <service_bundle type='' name=''/></service_bundle>",
        "<dependency name='a' grouping='require_all' restart_on='none' type='service'><service_fmri value=''/><service_fmri value='b'/><stability value='Stable'/><propval name='c' type='count' value='1'/><property name='d' type='count'/></dependency>",
        "<method_context><method_environment><envvar name='a' value='b'/></method_environment></method_context>",
        "<loctext xml:lang='C'>text<!-- c --></loctext>",
        "<!DOCTYPE units [<!ENTITY e ' '>]><units>&e;<loctext xml:lang='C'>a</loctext>&#32;</units>",
        "<xi:include href='a' xmlns:xi='http://www.w3.org/2001/XInclude'><xi:fallback><b/></xi:fallback></xi:include>",
    ] {
        assert_eq!(manifest(xml), Vec::<String>::new(), "{xml}");
    }
}

#[test]
fn what_is_wrong() {
    for (xml, expected) in [
        ("<b/>", "SMF0110 unknown element <b>"),
        ("<restarter/>", "SMF0111 <restarter> lacks <service_fmri>"),
        (
            "<restarter><service_fmri value='a'/><service_fmri value='b'/></restarter>",
            "SMF0111 <restarter> contains <service_fmri> only once",
        ),
        (
            "<property_group name='a' type='b'><propval name='c' type='count' value='1'/><stability value='Stable'/></property_group>",
            "SMF0111 <stability> is out of order: it comes before <propval> or <property>",
        ),
        (
            "<property_group name='a' type='b'><envvar name='c' value='d'/></property_group>",
            "SMF0111 <envvar> cannot be in <property_group>",
        ),
        ("<values></values>", "SMF0111 <values> lacks <value>"),
        (
            "<units>text</units>",
            "SMF0112 <units> contains only elements, not text",
        ),
        (
            "<!DOCTYPE units [<!ENTITY e 'text'>]><units>&e;<loctext xml:lang='C'>a</loctext></units>",
            "SMF0112 <units> contains only elements, not text",
        ),
        (
            "<stability value='Stable'> </stability>",
            "SMF0113 <stability> must be empty, but has content",
        ),
        (
            "<stability value='Stable'><!----></stability>",
            "SMF0113 <stability> must be empty, but has content",
        ),
        (
            "<single_instance color='red'/>",
            "SMF0114 <single_instance> has no attribute color",
        ),
        (
            "<units xmlns='x'><loctext xml:lang='C'>a</loctext></units>",
            "SMF0114 <units> has no attribute xmlns",
        ),
        (
            "<stability/>",
            "SMF0115 <stability> lacks the attribute value",
        ),
        (
            "<stability value='Committed'/>",
            "SMF0116 value of <stability> cannot be 'Committed'; it is one of Standard, Stable, Evolving, Unstable, External, Obsolete",
        ),
        (
            "<create_default_instance enabled=' true'/>",
            "SMF0116 enabled of <create_default_instance> cannot be ' true'; it is one of true, false",
        ),
        (
            "<loctext xml:lang='C'>a<b/></loctext>",
            "SMF0111 <loctext> contains only text, not <b>",
        ),
        (
            "<service_bundle type='a' name='b'><service_bundle type='' name=''/><service name='a' type='service' version=''/></service_bundle>",
            "SMF0111 <service_bundle> already contains <service_bundle> and cannot also contain <service>",
        ),
    ] {
        let found = manifest(xml);
        assert!(found.iter().any(|f| f == expected), "{xml}: {found:#?}");
    }
}

#[test]
fn a_profile_may_leave_types_out() {
    let xml = "<property_group name='a'><propval name='b' value='c'/></property_group>";
    assert_eq!(findings_of(xml, Flavour::Profile), Vec::<String>::new());
    assert_eq!(
        manifest(xml),
        [
            "SMF0115 <property_group> lacks the attribute type",
            "SMF0115 <propval> lacks the attribute type"
        ]
    );
}
