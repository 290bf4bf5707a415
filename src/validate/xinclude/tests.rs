//! Inclusions, each of which was given to libxml2 2.9.14 as well.

use crate::validate::{Finding, Flavour, Included, Severity, judge};

const HEAD: &str =
    "<!DOCTYPE service_bundle SYSTEM '/usr/share/lib/xml/dtd/service_bundle.dtd.1'>\n";
const DEMO: &str = "<service name='network/demo' type='service' version='1'/>";

fn profile(xml: &str) -> String {
    format!(
        "{HEAD}<service_bundle type='profile' name='site' xmlns:xi='http://www.w3.org/2001/XInclude'>\n{xml}</service_bundle>"
    )
}

/// The files that can be included.
fn file(name: &str) -> Included {
    let other = "<service name='network/other' type='service' version='1'/>";
    let text = match name {
        "own.xml" => return Included::Itself,
        "large.xml" => return Included::Outside,
        "demo.xml" => profile(DEMO),
        "sub/other.xml" => profile(&format!("{other}<xi:include href='../demo.xml'/>")),
        "nested.xml" => profile("<xi:include href='sub/other.xml'/>"),
        "manifest.xml" => profile("").replace("'profile'", "'manifest'"),
        "service.xml" => DEMO.to_owned(),
        "instance.xml" => "<instance name='a' enabled='true'/>".to_owned(),
        "credential.xml" => "<method_credential user='x'/>".to_owned(),
        "wrong.xml" => profile("\n<service name='!' type='service' version='1'/>"),
        "missing-inside.xml" => profile("<xi:include href='not-there.xml'/>"),
        "one.xml" => profile("<xi:include href='two.xml'/>"),
        "two.xml" => profile("<xi:include href='one.xml'/>"),
        "broken.xml" => "<a>".to_owned(),
        "note.txt" => "no XML & no harm".to_owned(),
        "deep.xml" => profile("<xi:include href='deeper/deep.xml'/>"),
        name if name.ends_with("/deep.xml") => profile("<xi:include href='deeper/deep.xml'/>"),
        _ => return Included::Missing,
    };
    Included::Content(text.into_bytes())
}

/// The findings, but for the namespace declaration, which the document type does not have.
fn findings(xml: &str) -> Vec<Finding> {
    let mut found = judge(profile(xml).as_bytes(), Flavour::Profile, &file);
    found.retain(|finding| !finding.message.contains("xmlns:xi"));
    found
}

/// The codes of errors and of warnings.
fn codes(xml: &str) -> (Vec<String>, Vec<String>) {
    let found = findings(xml);
    let of = |severity| {
        let all = found.iter().filter(move |f| f.severity() == severity);
        all.map(|f| f.code.to_string()).collect()
    };
    (of(Severity::Error), of(Severity::Warning))
}

#[track_caller]
fn assert_taken(xml: &str, warnings: &[&str]) {
    let (errors, found) = codes(xml);
    assert_eq!(errors, [] as [&str; 0], "{xml} {:#?}", findings(xml));
    assert_eq!(found, warnings, "{xml} {:#?}", findings(xml));
}

#[track_caller]
fn assert_refused(xml: &str, error: &str) {
    assert_eq!(codes(xml).0, [error], "{xml} {:#?}", findings(xml));
}

const FALLBACK: &str =
    "<xi:fallback><service name='network/other' type='service' version='1'/></xi:fallback>";

fn include(href: &str, inside: &str) -> String {
    format!("<xi:include href='{href}'>{inside}</xi:include>")
}

#[test]
fn an_included_file_is_a_part_of_the_profile() {
    assert_taken(&include("demo.xml", ""), &[]);
    assert_taken(&include("demo.xml", FALLBACK), &[]);
    assert_taken(&include("nested.xml", ""), &[]);
    // The root need not be a bundle.
    assert_taken(&include("service.xml", ""), &[]);
    // Anything may be between services.
    assert_taken(&include("instance.xml", ""), &[]);
    // What is in an inclusion and no fallback is not read.
    assert_taken(&include("demo.xml", "<service name='!'/>"), &[]);
    // Its services are those of the profile.
    assert_refused(&format!("{DEMO}{}", include("demo.xml", "")), "SMF0207");
    assert_refused(&include("demo.xml", "").repeat(2), "SMF0207");
    assert_refused(&format!("{}{DEMO}", include("nested.xml", "")), "SMF0207");
    // And so are their mistakes, with their place.
    assert_refused(&include("manifest.xml", ""), "SMF0201");
    assert_refused(&include("wrong.xml", ""), "SMF0203");
    let wrong = &findings(&include("wrong.xml", ""))[0];
    assert_eq!((wrong.line, wrong.column), (3, 1));
    assert_eq!(
        wrong.message,
        "in wrong.xml, line 4: '!' is not a bare service name"
    );
    let twice = &findings(&format!(
        "<service name='network/x' version='1' type='service'><instance name='a'/>{0}<instance name='a'/></service>",
        ""
    ))[0];
    assert_eq!(twice.code.to_string(), "SMF0207");
}

#[test]
fn what_cannot_be_had_has_a_fallback() {
    assert_taken(&include("not-there.xml", FALLBACK), &[]);
    assert_taken(&include("broken.xml", FALLBACK), &[]);
    assert_taken(&include("note.txt", FALLBACK), &[]);
    assert_taken(&include("demo.xml#x", FALLBACK), &[]);
    assert_taken(&include("not-there.xml", "<xi:fallback/>"), &[]);
    for missing in [
        "not-there.xml",
        "broken.xml",
        "note.txt",
        "svc:/x",
        "demo.xml?x",
        "/",
    ] {
        assert_refused(&include(missing, ""), "SMF0108");
    }
    // The fallback is read as if it stood there.
    let wrong = "<xi:fallback><service name='!' version='1'/></xi:fallback>";
    assert_refused(&include("not-there.xml", wrong), "SMF0203");
    assert_taken(&include("demo.xml", wrong), &[]);
    // Another inclusion in it.
    let again = format!("<xi:fallback>{}</xi:fallback>", include("demo.xml", ""));
    assert_taken(&include("not-there.xml", &again), &[]);
    assert_refused(
        &format!("{DEMO}{}", include("not-there.xml", &again)),
        "SMF0207",
    );
    let nothing = format!("<xi:fallback>{}</xi:fallback>", include("nor-this.xml", ""));
    assert_taken(&include("not-there.xml", &nothing), &["SMF0509"]);
    assert_taken(&include("demo.xml", &nothing), &[]);
}

#[test]
fn what_is_wrong_has_none() {
    for href in ["", "own.xml", "./own.xml", "::1", "a b", "%", "demo.xml#"] {
        assert_refused(&include(href, FALLBACK), "SMF0108");
    }
    for wrong in [
        "<xi:include><xi:fallback/></xi:include>",
        "<xi:include href='demo.xml' parse='html'><xi:fallback/></xi:include>",
        "<xi:include href='not-there.xml'><xi:fallback/><xi:fallback/></xi:include>",
        "<xi:include href='demo.xml'><xi:include href='service.xml'/></xi:include>",
        "<xi:fallback/>",
    ] {
        assert_eq!(
            codes(wrong).0.first().map(String::as_str),
            Some("SMF0108"),
            "{wrong}"
        );
    }
}

#[test]
fn the_inclusion_itself_stays_where_it_was() {
    // It is an element that svccfg does not know, so that it can stand between services only, and where nothing is minded.
    let inside =
        |xml: &str| format!("<service name='network/x' type='service' version='1'>{xml}</service>");
    let (errors, _) = codes(&inside(&include("instance.xml", "")));
    assert_eq!(errors, ["SMF0225"]);
    let group = format!(
        "<property_group name='c' type='application'>{}</property_group>",
        include("instance.xml", "")
    );
    assert_eq!(
        codes(&inside(&group)).0.first().map(String::as_str),
        Some("SMF0212")
    );
    let context = format!(
        "<method_context>{}</method_context>",
        include("credential.xml", "")
    );
    assert_taken(&inside(&context), &["SMF0514", "SMF0517"]);
}

#[test]
fn namespaces() {
    let with = |namespace: &str, prefix: &str| {
        let text = profile(&include("not-there.xml", ""))
            .replace("http://www.w3.org/2001/XInclude", namespace)
            .replace("xmlns:xi", &format!("xmlns:{prefix}"))
            .replace("xi:include", &format!("{prefix}:include"));
        let found = judge(text.as_bytes(), Flavour::Profile, &file);
        found.iter().any(|f| f.severity() == Severity::Error)
    };
    assert!(with("http://www.w3.org/2001/XInclude", "xi"));
    assert!(with("http://www.w3.org/2003/XInclude", "xi"));
    assert!(with("http://www.w3.org/2001/XInclude", "q"));
    // Nothing is included, and svccfg passes over the element.
    assert!(!with("http://www.w3.org/2005/XInclude", "xi"));
    let undeclared = profile(&include("not-there.xml", ""))
        .replace(" xmlns:xi='http://www.w3.org/2001/XInclude'", "");
    let found = judge(undeclared.as_bytes(), Flavour::Profile, &file);
    assert!(
        found.iter().all(|f| f.severity() == Severity::Warning),
        "{found:#?}"
    );
}

#[test]
fn what_is_not_read_is_said() {
    for href in [
        "../demo.xml",
        "/etc/svc/profile/inetd_services.xml",
        "file:/etc/svc/profile/name_service.xml",
        "http://example.org/x.xml",
        "large.xml",
        "demo.xml#xpointer(/1)",
    ] {
        assert_taken(&include(href, ""), &["SMF0509"]);
        // Whether the fallback would be taken is not known.
        assert_taken(
            &include(href, "<xi:fallback><service name='!'/></xi:fallback>"),
            &["SMF0509"],
        );
    }
    assert_taken(
        "<xi:include href='demo.xml' xpointer='element(/1)'/>",
        &["SMF0509"],
    );
    assert_taken(
        "<xi:include xml:base='sub/' href='demo.xml'/>",
        &["SMF0509"],
    );
    let network = &findings(&include("http://example.org/x.xml", ""))[0];
    assert_eq!(
        network.message,
        "'http://example.org/x.xml' was not read: nothing is fetched from a network"
    );
    // libxml2 goes on where an included file is wrong.
    assert_taken(&include("missing-inside.xml", ""), &["SMF0509"]);
    assert_taken(&include("one.xml", ""), &["SMF0509"]);
    let inside = &findings(&include("missing-inside.xml", ""))[0];
    assert_eq!(
        inside.message,
        "in missing-inside.xml: the included file 'not-there.xml' cannot be read"
    );
}

#[test]
fn a_text_is_passed_over() {
    for (href, code) in [
        ("note.txt", None),
        ("own.xml", None),
        ("not-there.xml", Some("SMF0108")),
    ] {
        let xml = format!("<xi:include href='{href}' parse='text'/>");
        match code {
            None => assert_taken(&xml, &[]),
            Some(code) => assert_refused(&xml, code),
        }
    }
}

#[test]
fn there_is_an_end_to_it() {
    assert_taken(&include("deep.xml", ""), &["SMF0509"]);
    let deep = &findings(&include("deep.xml", ""))[0];
    assert!(deep.message.starts_with("in deeper/deeper/"), "{deep:?}");
    let reads = std::cell::Cell::new(0);
    let counted = |name: &str| {
        reads.set(reads.get() + 1);
        file(name)
    };
    let many = profile(&include("instance.xml", "").repeat(1000));
    let found = judge(many.as_bytes(), Flavour::Profile, &counted);
    assert_eq!(reads.get(), super::FILES_MAX);
    assert!(found.iter().all(|f| f.severity() == Severity::Warning));
}
