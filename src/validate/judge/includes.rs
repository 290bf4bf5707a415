//! `xi:include` in manifests, which are not judged with what they include.

use super::Include;
use crate::text::printable::Printable;
use crate::validate::code::Code;
use crate::validate::finding::Findings;
use crate::validate::text::{decode, scan};
use crate::validate::tree::Element;
use crate::validate::{Included, xinclude};

/// Looks at every `xi:include` in the bundles.
pub(super) fn includes(bundle: Element<'_>, include: Include<'_>, findings: &mut Findings) {
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
                    Some("text") => Some("text is included, but bundles contain only elements"),
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
                    Included::Itself => {
                        findings.add(Code::Include, at, "a document cannot include itself");
                        continue;
                    }
                    Included::Missing => "cannot be read",
                    Included::Content(bytes) if is_xml(&bytes) => {
                        let message = format!("'{}' is not checked here", Printable(href));
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
    scan::scan(&text).is_ok() && xinclude::parse(&text).is_ok()
}
