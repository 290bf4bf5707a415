//! Files that are large, or that grow when they are read.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::lanes::some_or_many;

use super::super::call::folder;
use super::{assert_refused, judge};

const DECLARATION: &str = "<?xml version='1.0'?>\n";
const DOCTYPE: &str =
    "<!DOCTYPE service_bundle SYSTEM '/usr/share/lib/xml/dtd/service_bundle.dtd.1'>\n";
const OPEN: &str = "<service_bundle type='manifest' name='x'>\n";
const CLOSE: &str = "</service_bundle>\n";

/// 60 MB, which is nearly what is read; or what the fast lane has of it.
fn large() -> usize {
    times(60_000_000)
}

/// How often something is there: as often as that, or a twentieth of it in the fast lane.
fn times(many: usize) -> usize {
    some_or_many(many / 20, many)
}

/// Writes a file of these parts, each so many times.
fn write(folder: &Path, parts: &[(impl AsRef<[u8]>, usize)]) {
    let mut out = BufWriter::new(File::create(folder.join("x.xml")).unwrap());
    for (part, times) in parts {
        for _ in 0..*times {
            out.write_all(part.as_ref()).unwrap();
        }
    }
    out.flush().unwrap();
}

/// Judges a file of these parts, and removes it.
#[track_caller]
fn refused(test: &str, parts: &[(impl AsRef<[u8]>, usize)]) {
    let folder = folder(test);
    write(&folder, parts);
    assert_refused(&folder, "x.xml");
    std::fs::remove_dir_all(folder).unwrap();
}

/// Parts of a document with these declarations in its document type.
fn with_entities(declarations: &str, body: &str) -> String {
    let doctype = DOCTYPE.trim_end().trim_end_matches('>');
    format!("{DECLARATION}{doctype} [\n{declarations}]>\n{OPEN}{body}{CLOSE}")
}

#[test]
fn much_nesting() {
    refused("nesting", &[("<a>", large() / 3)]);
    refused(
        "nesting in a bundle",
        &[(DECLARATION, 1), (DOCTYPE, 1), (OPEN, times(4_000_000))],
    );
    refused(
        "nesting that ends",
        &[
            (DECLARATION, 1),
            (DOCTYPE, 1),
            (OPEN, times(1_000_000)),
            (CLOSE, times(1_000_000)),
        ],
    );
}

#[test]
fn much_in_one_piece() {
    let begin = [(DECLARATION, 1), (DOCTYPE, 1)];
    for (test, before, filler, after) in [
        (
            "attribute",
            "<service_bundle type='manifest' name='",
            "a",
            "'><b/></service_bundle>",
        ),
        (
            "attribute that does not end",
            "<service_bundle type='manifest' name='",
            "a",
            "",
        ),
        ("comment", "<!--", "a ", "--><a/>"),
        ("comment that does not end", "<!--", "a ", ""),
        (
            "text",
            "<service_bundle type='manifest' name='x'>",
            "a ",
            CLOSE,
        ),
        (
            "CDATA",
            "<service_bundle type='manifest' name='x'><![CDATA[",
            "] ",
            "]]></service_bundle>",
        ),
        ("name", "<", "a", "/>"),
        ("instruction", "<?a ", "? ", "?><a/>"),
        ("line breaks", "<a/>", "\n", "<a/>"),
    ] {
        let mut parts = begin.to_vec();
        parts.extend([(before, 1), (filler, large() / filler.len()), (after, 1)]);
        refused(test, &parts);
    }
}

/// The text in memory is longer than the file, and where a line break has to be made one character there
/// is one more copy. A quarter of it is just read in another encoding than UTF-8.
#[test]
fn much_in_another_encoding() {
    for (label, filler, length) in [
        ("ISO-8859-1", &b"\xfc\r\n "[..], large()),
        ("ISO-8859-15", b"\xa4\xa4\xa4\r", large() / 4),
        ("windows-1252", b"\x80\x80\x80\r", large() / 4),
        ("UTF-8", b"\xc3\xbc\r ", large()),
    ] {
        let declaration = format!("<?xml version='1.0' encoding='{label}'?>\n");
        for (before, after) in [("<!--", "--><a/>"), ("<a>", "</a>")] {
            refused(
                "labelled",
                &[
                    (declaration.as_bytes(), 1),
                    (DOCTYPE.as_bytes(), 1),
                    (OPEN.as_bytes(), 1),
                    (before.as_bytes(), 1),
                    (filler, length / filler.len()),
                    (after.as_bytes(), 1),
                    (CLOSE.as_bytes(), 1),
                ],
            );
        }
    }
    let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let (begin, end) = (wide(&format!("\u{feff}{DOCTYPE}{OPEN}")), wide(CLOSE));
    for (filler, length) in [("\u{20ac}\r", large() / 4), ("a\r\n", large())] {
        let filler = wide(filler);
        let times = length / filler.len();
        refused("wide", &[(&begin, 1), (&filler, times), (&end, 1)]);
    }
}

/// Where each finding is, has to be counted from somewhere.
#[test]
fn a_thousand_findings_behind_much_else() {
    for (test, filler) in [
        ("one line", " "),
        ("many lines", "\n"),
        ("wide characters", "\u{20ac}"),
    ] {
        refused(
            &format!("findings behind {test}"),
            &[
                (DECLARATION, 1),
                (DOCTYPE, 1),
                (OPEN.trim_end(), 1),
                ("<!--", 1),
                (filler, large() / filler.len()),
                ("-->", 1),
                ("<a/>", 2000),
                (CLOSE, 1),
            ],
        );
    }
}

#[test]
fn more_than_is_read() {
    refused(
        "too large",
        &[
            (DECLARATION, 1),
            (DOCTYPE, 1),
            (" ", 140_000_000),
            (OPEN, 1),
            (CLOSE, 1),
        ],
    );
}

#[test]
fn many_attributes() {
    let mut attributes = String::new();
    for i in 0..times(1_000_000) {
        write!(attributes, " a{i}='{i}'").unwrap();
    }
    refused(
        "attributes",
        &[
            (DECLARATION, 1),
            (DOCTYPE, 1),
            ("<service_bundle type='manifest' name='x'", 1),
            (&attributes, 1),
            ("/>", 1),
        ],
    );
    refused(
        "the same attribute",
        &[
            (DECLARATION, 1),
            (DOCTYPE, 1),
            ("<service_bundle", 1),
            (" name='x'", times(1_000_000)),
            ("/>", 1),
        ],
    );
}

#[test]
fn many_siblings() {
    for (test, sibling) in [
        ("siblings", "<a/>"),
        (
            "services of one name",
            "<service name='a' type='service' version='1'/>",
        ),
        ("comments", "<!---->"),
        ("unknown references", "&a;"),
        ("characters", "&#97;"),
        ("open and closed", "<service></servixe>"),
        ("namespaces", "<a:b xmlns:a='b'/>"),
        (
            "attributes",
            "<a b='' c='' d='' e='' f='' g='' h='' i='' j='' k=''/>",
        ),
        ("groups", "<property_group name='a' type='application'/>"),
    ] {
        let last = if sibling.starts_with("<!") {
            "<a/>"
        } else {
            ""
        };
        refused(
            test,
            &[
                (DECLARATION, 1),
                (DOCTYPE, 1),
                (OPEN, 1),
                (sibling, times(1_000_000)),
                (last, 1),
                (CLOSE, 1),
            ],
        );
    }
}

#[test]
fn many_services() {
    let folder = folder("services");
    let mut services = String::new();
    for i in 0..times(100_000) {
        writeln!(
            services,
            "<service name='site/s{i}' type='service' version='1'><instance name='a' enabled='false'/></service>"
        )
        .unwrap();
    }
    for (last, status) in [
        ("", None),
        (
            "<service name='site/s7' type='service' version='1'/>",
            Some(1),
        ),
    ] {
        write(
            &folder,
            &[
                (DECLARATION, 1),
                (DOCTYPE, 1),
                (OPEN, 1),
                (&services, 1),
                (last, 1),
                (CLOSE, 1),
            ],
        );
        let run = judge(&folder, &["--quiet", "x.xml"]);
        match status {
            Some(_) => assert_eq!(run.status, status),
            // Every instance lacks its methods.
            None => assert_eq!(run.status, Some(1)),
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn entities_that_grow() {
    let laughs = |levels: usize, times: usize| {
        let mut text = String::from("<!ENTITY l0 'lol'>\n");
        for level in 1..=levels {
            let references = format!("&l{};", level - 1).repeat(times);
            writeln!(text, "<!ENTITY l{level} '{references}'>").unwrap();
        }
        text
    };
    let value = |reference: &str| {
        format!("<service name='site/{reference}' type='service' version='1'/>\n")
    };
    let element = |reference: &str| {
        format!("<service name='a' type='service' version='1'>{reference}</service>\n")
    };
    let chain = {
        let mut text = String::from("<!ENTITY e0 'x'>\n");
        for i in 1..100_000 {
            writeln!(text, "<!ENTITY e{i} '&e{};'>", i - 1).unwrap();
        }
        text
    };
    let quadratic = format!("<!ENTITY q '{}'>\n", "q".repeat(100_000));
    let nested = format!("<!ENTITY n '{}'>\n", "<a>".repeat(times(1_000_000)));
    for (test, declarations, body) in [
        ("laughs in a value", laughs(12, 10), value("&l12;")),
        ("laughs in text", laughs(12, 10), element("&l12;")),
        ("wide laughs", laughs(3, 3000), element("&l3;")),
        (
            "quadratic in values",
            quadratic.clone(),
            value("&q;").repeat(20_000),
        ),
        (
            "quadratic in a value",
            quadratic.clone(),
            value(&"&q;".repeat(20_000)),
        ),
        (
            "quadratic in text",
            quadratic,
            element(&"&q;".repeat(20_000)),
        ),
        ("a chain in a value", chain.clone(), value("&e99999;")),
        ("a chain in text", chain, element("&e99999;")),
        (
            "round in a value",
            "<!ENTITY a '&b;'><!ENTITY b '&a;'>".to_owned(),
            value("&a;"),
        ),
        (
            "round in text",
            "<!ENTITY a '&b;'><!ENTITY b '&a;'>".to_owned(),
            element("&a;"),
        ),
        (
            "itself",
            "<!ENTITY a '<a>&a;</a>'>".to_owned(),
            element("&a;"),
        ),
        ("nesting by entity", nested, element("&n;")),
        (
            "parameter entities",
            "<!ENTITY % a '%b;'><!ENTITY % b '%a;'> %a;\n".to_owned(),
            element(""),
        ),
        (
            "a file by entity",
            "<!ENTITY a SYSTEM 'file:///etc/passwd'>\n".to_owned(),
            value("&a;"),
        ),
    ] {
        let text = with_entities(&declarations, &body);
        refused(&format!("entities {test}"), &[(&text, 1)]);
    }
}
