use super::*;

fn codes_with(text: &str, include: &dyn Fn(&str) -> Included) -> Vec<String> {
    judge(text.as_bytes(), Flavour::Manifest, include)
        .iter()
        .map(|f| format!("{} {}:{}", f.code, f.line, f.column))
        .collect()
}

fn codes(text: &str) -> Vec<String> {
    codes_with(text, &|_| Included::Missing)
}

/// A bundle with a document type, from the second line on.
fn bundle(xml: &str) -> String {
    format!(
        "<!DOCTYPE service_bundle SYSTEM '{SYSTEM_ID}'>\n<service_bundle type='manifest' name='x'>{xml}</service_bundle>"
    )
}

const NONE: [&str; 0] = [];

#[test]
fn documents() {
    assert_eq!(codes(&bundle("")), NONE);
    assert_eq!(codes(""), ["SMF0101 1:1"]);
    assert_eq!(codes("\n "), ["SMF0101 1:1"]);
    assert_eq!(codes("hello"), ["SMF0101 1:1"]);
    assert_eq!(codes("<a/>"), ["SMF0104 1:1"]);
    assert_eq!(codes("<!DOCTYPE a>\n<a/>"), ["SMF0105 1:1"]);
    assert_eq!(
        codes("<!DOCTYPE service_bundle SYSTEM 'file:///x'><service_bundle/>"),
        ["SMF0105 1:34"]
    );
    assert_eq!(
        codes(&bundle("").replace("DOCTYPE service_bundle", "DOCTYPE x")),
        ["SMF0106 1:1"]
    );
    assert_eq!(codes(&bundle("<service/>")).len(), 3);
    assert_eq!(codes(&bundle("\n <b>é</b>")), ["SMF0110 3:2"]);
    assert_eq!(codes(&bundle("é&b;")), ["SMF0107 2:43"]);
    assert_eq!(
        codes(&format!("<?xml version='1.1'?>{}", bundle(""))),
        ["SMF0510 1:16"]
    );
    assert_eq!(
        judge(b"\n<\xff", Flavour::Manifest, &|_| Included::Missing)[0].line,
        2
    );
}

#[test]
fn only_ascii_blanks_around_a_text_are_none_of_it() {
    let service = |text: &str| {
        bundle(&format!(
            "<service name='xx' type='service' version='1'><template><common_name><loctext xml:lang='C'>{text}</loctext></common_name></template></service>"
        ))
    };
    let long = "x".repeat(4094);
    assert_eq!(codes(&service(&format!(" {long}\n"))), NONE);
    assert_eq!(codes(&service(&format!("{long}\u{a0}"))).len(), 1);
}

#[test]
fn a_manifest_is_not_a_profile() {
    let profile = bundle("").replace("'manifest'", "'profile'");
    assert_eq!(codes(&profile), ["SMF0201 2:17"]);
    assert_eq!(
        judge(profile.as_bytes(), Flavour::Profile, &|_| Included::Missing),
        []
    );
    assert_eq!(
        judge(bundle("").as_bytes(), Flavour::Profile, &|_| {
            Included::Missing
        })
        .len(),
        1
    );
}

#[test]
fn inclusions() {
    let declared = bundle("<xi:include href='a' xmlns:xi='http://www.w3.org/2001/XInclude'/>");
    for (there, expected) in [
        (Included::Outside, "SMF0509 2:54"),
        (
            Included::Content(b"<service_bundle/>".to_vec()),
            "SMF0509 2:54",
        ),
        (Included::Missing, "SMF0108 2:54"),
        (Included::Content(b"<a>".to_vec()), "SMF0108 2:54"),
    ] {
        assert_eq!(codes_with(&declared, &|_| there.clone()), [expected]);
    }
    let fallback = declared.replace(
        "/></service_bundle>",
        "><xi:fallback/></xi:include></service_bundle>",
    );
    assert_eq!(codes(&fallback), NONE);
    let there = |text: &str| codes_with(text, &|_| Included::Content(b"<b/>".to_vec()));
    for (good, wrong) in [
        ("href='a'", "href=''"),
        ("href='a'", "href='a#b'"),
        ("href='a'", "href='a' parse='text'"),
        ("href='a'", "href='a' parse='x'"),
    ] {
        let found = there(&declared.replace(good, wrong));
        assert_eq!(found, ["SMF0108 2:54"], "{wrong}");
    }
    let other = there(&fallback.replace("www.w3.org/2001", "example.com"));
    assert_eq!(other, ["SMF0108 2:42"]);
    // libxml2 takes a prefix that is not declared for a part of the name.
    let plain = bundle("<xi:include href='a'><xi:fallback/></xi:include>");
    assert_eq!(codes(&plain), ["SMF0509 2:42"]);
    assert_eq!(
        codes(&bundle("<xi:include href='a'/>")),
        ["SMF0111 2:42", "SMF0509 2:42"]
    );
    // So it does any other.
    assert_eq!(codes(&bundle("<yi:b/>")), ["SMF0110 2:42"]);
}

#[test]
fn a_document_that_stands_alone_has_no_blanks_between_elements() {
    let with = |declaration: &str, xml: &str| {
        let text = format!("<?xml version='1.0' {declaration}?>{}", bundle(xml));
        let mut profile = judge(text.as_bytes(), Flavour::Profile, &|_| Included::Missing);
        profile.retain(|f| f.code == Code::StrayText);
        assert_eq!(profile, []);
        codes(&text)
    };
    let loose =
        "<service name='site/x' type='service' version='1'> <stability value='Stable'/></service>";
    let tight = loose.replace("> <", "><");
    let text = "<service name='site/x' type='service' version='1'><template><common_name><loctext xml:lang='C'> x </loctext></common_name></template></service>";
    assert_eq!(with("standalone='no'", loose), NONE);
    assert_eq!(with("encoding='utf-8'", loose), NONE);
    assert_eq!(with("standalone='yes'", &tight), NONE);
    assert_eq!(with("standalone='yes'", text), NONE);
    assert_eq!(with("standalone='yes'", loose), ["SMF0112 2:42"]);
    assert_eq!(
        with("encoding='utf-8' standalone = \"yes\" ", " "),
        ["SMF0112 2:1"]
    );
}
