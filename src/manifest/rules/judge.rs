//! The stages, one behind the other.

use roxmltree::{Document, Error, ParsingOptions};

use super::code::Code;
use super::finding::{Finding, Findings, Lines};
use super::grammar::table::Content;
use super::text::decode;
use super::text::scan::{self, Markup};
use super::tree::{Child, Element, is_blank};
use super::{Flavour, Included, grammar, import, lint, read, templates};
use crate::printable::Printable;

mod unreadable;
use unreadable::{not_well_formed, too_large, undecodable};

/// The document type that svccfg knows.
const SYSTEM_ID: &str = "/usr/share/lib/xml/dtd/service_bundle.dtd.1";

/// What a document lacks that uses the prefix xi and does not say what it is.
const DECLARED: &str = " xmlns:xi='http://www.w3.org/2001/XInclude'";

/// Nodes of the tree: twice [`scan::MARKUP_MAX`], for there is text between.
const NODES_MAX: u32 = 1_000_000;

/// Judges the text of a file. `include` reads what an `xi:include` names.
///
/// The findings come in the order of the stages, and within a stage in the order of their places.
pub(crate) fn judge(
    bytes: &[u8],
    flavour: Flavour,
    include: &dyn Fn(&str) -> Included,
) -> Vec<Finding> {
    let mut findings = Findings::default();
    let text = match decode::text(bytes) {
        Ok(text) => text,
        Err(fault) => {
            let before = undecodable(fault, &mut findings);
            return finish(findings, &Lines::new(&before));
        }
    };
    let lines = Lines::new(&text);
    document(&text, &lines, flavour, include, None, &mut findings);
    finish(findings, &lines)
}

fn finish(findings: Findings, lines: &Lines<'_>) -> Vec<Finding> {
    let (mut found, dropped) = findings.into_parts();
    found.sort_by_key(|found| (found.code.rule().stage, found.at));
    let mut all: Vec<_> = found
        .into_iter()
        .map(|found| {
            let (line, column) = lines.place(found.at);
            Finding {
                line,
                column,
                code: found.code,
                message: found.message,
                help: found
                    .help
                    .unwrap_or_else(|| found.code.rule().help.to_owned()),
            }
        })
        .collect();
    if dropped > 0 {
        all.push(Finding {
            line: 1,
            column: 1,
            code: Code::TooMany,
            message: format!("{dropped} more findings are not shown"),
            help: Code::TooMany.rule().help.to_owned(),
        });
    }
    all
}

/// `declared` is where [`DECLARED`] was put into the text.
fn document(
    text: &str,
    lines: &Lines<'_>,
    flavour: Flavour,
    include: &dyn Fn(&str) -> Included,
    declared: Option<usize>,
    findings: &mut Findings,
) {
    let mut markup = match scan::scan(text) {
        Ok(markup) => markup,
        Err(too_much) => return too_large(too_much, findings),
    };
    if let Some(at) = declared {
        // Not a declaration of the document's own.
        markup.namespaces.retain(|_, names| {
            names.retain(|(place, _)| *place < at || *place > at + DECLARED.len());
            !names.is_empty()
        });
    }
    let options = ParsingOptions {
        allow_dtd: true,
        nodes_limit: NODES_MAX,
        ..ParsingOptions::default()
    };
    let document = match Document::parse_with_options(text, options) {
        Ok(document) => document,
        // To libxml2 a prefix without a namespace is a part of the name.
        Err(Error::UnknownNamespace(prefix, _)) if prefix == "xi" && declared.is_none() => {
            let at = markup.root_attributes.unwrap_or_default();
            let text = [&text[..at], DECLARED, &text[at..]].concat();
            let mut shifted = Findings::default();
            document(&text, lines, flavour, include, Some(at), &mut shifted);
            return findings.take(shifted, at, DECLARED.len());
        }
        Err(error) => return not_well_formed(&error, text, lines, findings),
    };
    if let Some((at, what)) = markup.fault {
        findings.add(Code::NotWellFormed, at, what);
        return;
    }
    if let Some((at, version)) = markup.version.filter(|(_, version)| *version != "1.0") {
        let message = format!("the XML version is '{}'", Printable(version));
        findings.add(Code::XmlVersion, at, message);
    }
    let root = Element::root(&document, &markup);
    if !document_type(&markup, root, findings) {
        return;
    }
    includes(root, include, findings);
    grammar::check(root, flavour, findings);
    if markup.standalone && flavour == Flavour::Manifest {
        standalone(root, findings);
    }
    if findings.any_error() {
        return;
    }
    let bundle = read::bundle(root, flavour, lines, findings);
    if findings.any_error() {
        return;
    }
    if flavour == Flavour::Manifest {
        templates::check(&bundle, findings);
    }
    import::check(&bundle, flavour, findings);
    lint::check(&bundle, findings);
}

/// Whether svccfg would look any further.
fn document_type(markup: &Markup<'_>, root: Element<'_>, findings: &mut Findings) -> bool {
    let Some(found) = markup.document_type else {
        findings.add(Code::NoDocumentType, root.at(), "there is no document type");
        return false;
    };
    match found.system {
        Some((SYSTEM_ID, _)) => {}
        Some((id, at)) => {
            let message = format!("the SYSTEM id of the document type is '{}'", Printable(id));
            findings.add(Code::UnknownDocumentType, at, message);
            return false;
        }
        None => {
            findings.add(
                Code::UnknownDocumentType,
                found.at,
                "the document type has no SYSTEM id",
            );
            return false;
        }
    }
    if root.name() != "service_bundle" {
        let message = format!("the root element is <{}>", Printable(root.name()));
        findings.add(Code::RootElement, root.at(), message);
        return false;
    }
    if found.root != "service_bundle" {
        let message = format!(
            "the document type is for <{}>, not <service_bundle>",
            Printable(found.root)
        );
        findings.add(Code::RootElement, found.at, message);
    }
    true
}

/// A document that stands alone may not have blanks where a document type outside of it wants elements
/// only, and libxml2 insists. The first place will do. (XML 1.0, "Standalone Document Declaration".)
fn standalone(element: Element<'_>, findings: &mut Findings) -> bool {
    let Some(rule) = grammar::table::rule(element.name()).filter(|_| !element.is_included()) else {
        return false;
    };
    let elements_only = match rule.content {
        Content::Sequence(_) | Content::OneKind(_) => true,
        Content::Empty | Content::Any | Content::Text => false,
    };
    let blank = |child: &Child<'_>| matches!(child, Child::Text(text, _) if is_blank(text));
    if elements_only && element.children().iter().any(blank) {
        findings.add_with_help(
            Code::StrayText,
            element.at(),
            format!(
                "the XML declaration says standalone='yes', and then <{}> may not even hold blanks",
                rule.name
            ),
            "remove standalone='yes' from the XML declaration".to_owned(),
        );
        return true;
    }
    element
        .elements()
        .any(|element| standalone(element, findings))
}

/// Looks at every `xi:include` in the bundles.
fn includes(bundle: Element<'_>, include: &dyn Fn(&str) -> Included, findings: &mut Findings) {
    for element in bundle.elements() {
        match element.name() {
            "service_bundle" => includes(element, include, findings),
            "xi:include" if !element.is_included() && !element.namespaces().is_empty() => {
                let message = "xmlns:xi is not http://www.w3.org/2001/XInclude";
                findings.add(Code::Include, element.at(), message);
            }
            "xi:include" if !element.is_included() => {
                let message = "svccfg ignores this: xmlns:xi is not declared on it";
                findings.add(Code::IncludeNotRead, element.at(), message);
            }
            "xi:include" => {
                let (href, at) = element.value("href");
                let fallback = element.element("xi:fallback").is_some();
                // libxml2 does not try the fallback where the inclusion itself is wrong.
                let wrong = match element.attribute("parse").map(|parse| parse.value) {
                    _ if href.is_empty() => Some("a document cannot include itself"),
                    None | Some("xml") => None,
                    Some("text") => Some("a text is included, and bundles hold elements only"),
                    Some(_) => Some("parse is neither xml nor text"),
                };
                if let Some(message) = wrong {
                    findings.add(Code::Include, at, message);
                    continue;
                }
                let fault = match include(href) {
                    // There is no such file; and libxml2 wants an xpointer for a part of one.
                    _ if href.contains('#') => "cannot be read",
                    Included::Outside => {
                        let message = format!("'{}' is not followed", Printable(href));
                        findings.add(Code::IncludeNotRead, at, message);
                        continue;
                    }
                    Included::Missing => "cannot be read",
                    Included::Content(bytes) if is_xml(&bytes) => {
                        let message = format!("'{}' is not judged here", Printable(href));
                        findings.add(Code::IncludeNotRead, at, message);
                        continue;
                    }
                    Included::Content(_) => "is not XML",
                };
                if !fallback {
                    let message = format!("the included file '{}' {fault}", Printable(href));
                    findings.add(Code::Include, at, message);
                }
            }
            _ => {}
        }
    }
}

fn is_xml(bytes: &[u8]) -> bool {
    let Ok(text) = decode::text(bytes) else {
        return false;
    };
    let options = ParsingOptions {
        allow_dtd: true,
        nodes_limit: NODES_MAX,
        ..ParsingOptions::default()
    };
    scan::scan(&text).is_ok() && Document::parse_with_options(&text, options).is_ok()
}

#[cfg(test)]
mod tests;
