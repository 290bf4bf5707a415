//! The judge: what it says of a file has a place in the file, comes in the order of the stages, and is the
//! same every time.

use super::text::decode;
use super::{Code, Finding, Flavour, Included, Severity, Stage, fmri, judge};

/// A file.
///
/// # Panics
/// Something that is promised does not hold.
pub(crate) fn judged(bytes: &[u8], flavour: Flavour) {
    let findings = judge(bytes, flavour, &include);
    for finding in &findings {
        assert!(!finding.message.is_empty() && !finding.help.is_empty());
    }
    order(&findings);
    let Ok(text) = decode::text(bytes) else {
        assert!(is_refused(&findings), "what cannot be read is accepted");
        return;
    };
    let mut widths = Vec::new();
    for line in text.split('\n') {
        widths.push(line.chars().count());
    }
    for Finding { line, column, .. } in &findings {
        let width = line.checked_sub(1).and_then(|at| widths.get(at));
        let inside = width.is_some_and(|width| (1..=width + 1).contains(column));
        assert!(inside, "{line}:{column} is not in the file");
    }
    // What comes out of a hash map in another order the next time; to ask of every file would halve the
    // executions.
    if bytes.len().is_multiple_of(8) {
        assert_eq!(
            judge(bytes, flavour, &include),
            findings,
            "not the same twice"
        );
    }
    if !is_refused(&findings) {
        // What follows the root element and says nothing changes nothing.
        if !declares_encoding(&text) {
            let longer = format!("{text}\n<!-- x -->\n");
            assert_eq!(judge(longer.as_bytes(), flavour, &include), findings);
        }
    }
}

fn is_refused(findings: &[Finding]) -> bool {
    findings.iter().any(|f| f.severity() == Severity::Error)
}

/// The text is UTF-8 by now, whatever it says of itself.
fn declares_encoding(text: &str) -> bool {
    text.starts_with("<?xml")
        && text
            .split("?>")
            .next()
            .is_some_and(|first| first.contains("encoding"))
}

/// svccfg gets to no stage when the one before failed, but for the import behind the templates.
fn order(findings: &[Finding]) {
    let places: Vec<_> = findings
        .iter()
        .filter(|finding| finding.code != Code::TooMany)
        .map(|finding| (finding.stage(), finding.line, finding.column))
        .collect();
    assert!(places.is_sorted(), "{places:?}");
    let early = |finding: &&Finding| matches!(finding.stage(), Stage::Dtd | Stage::Semantic);
    let late = |finding: &Finding| matches!(finding.stage(), Stage::Template | Stage::Import);
    let failed = findings
        .iter()
        .filter(early)
        .any(|f| f.severity() == Severity::Error);
    assert!(!failed || !findings.iter().any(late), "{findings:?}");
}

/// Every answer that an include can have, by the length of what it names.
fn include(href: &str) -> Included {
    match href.len() % 4 {
        0 => Included::Outside,
        1 => Included::Missing,
        2 => Included::Content(b"<x/>".to_vec()),
        _ => Included::Content(href.as_bytes().to_vec()),
    }
}

/// Whether a text is the FMRI of this instance.
pub(crate) fn is_instance(text: &str, service: &str, instance: &str) -> bool {
    match fmri::parse(text) {
        Some(fmri::Fmri::Service {
            service: found,
            instance: Some(of),
            property,
            ..
        }) => (found, of, property) == (service, instance, false),
        Some(fmri::Fmri::Service { .. } | fmri::Fmri::File) | None => false,
    }
}

/// Whether a manifest can have a service of this name.
pub(crate) fn is_service(text: &str) -> bool {
    fmri::is_bare_service(text)
}
