//! The stages, one behind the other.

use roxmltree::Error;

use super::code::Code;
use super::finding::{Finding, Findings, Lines};
use super::places::{Included as IncludedFile, Inserted, Places};
use super::text::decode;
use super::text::scan::{self, Markup};
use super::tree::{Element, File, UNDECLARED};
use super::xinclude::{self, Expansions};
use super::{Flavour, Included, apply, grammar, import, lint, read, templates};
use crate::text::printable::Printable;

mod includes;
mod standalone;
mod unreadable;

use includes::includes;
use standalone::standalone;
use unreadable::{not_well_formed, too_large, undecodable};

/// The document type that svccfg knows.
const SYSTEM_ID: &str = "/usr/share/lib/xml/dtd/service_bundle.dtd.1";

/// So many prefixes may be undeclared; each is looked for anew.
const PREFIXES_MAX: usize = 8;

/// Reads what an `xi:include` names.
type Include<'i> = &'i dyn Fn(&str) -> Included;

/// Judges the text of a file. `include` reads what an `xi:include` names.
///
/// The findings come in the order of the stages, and within a stage in the order of their places.
pub(crate) fn judge(bytes: &[u8], flavour: Flavour, include: Include<'_>) -> Vec<Finding> {
    match decode::text(bytes) {
        Ok(text) => judged(&text, &Lines::new(&text), &[], flavour, include),
        Err(fault) => {
            let mut findings = Findings::default();
            let before = undecodable(fault, &mut findings);
            let lines = Lines::new(&before);
            finish(findings, &Places::of(&lines, Inserted::default()))
        }
    }
}

fn finish(findings: Findings, places: &Places<'_>) -> Vec<Finding> {
    let (found, dropped) = findings.into_parts();
    let mut all: Vec<_> = found
        .into_iter()
        .map(|found| {
            let ((line, column), inside) = places.place(found.at);
            Finding {
                line,
                column,
                code: found.code,
                message: match inside {
                    None => found.message,
                    Some((name, line)) => {
                        format!("in {}, line {line}: {}", Printable(name), found.message)
                    }
                },
                help: found
                    .help
                    .unwrap_or_else(|| found.code.rule().help.to_owned()),
            }
        })
        .collect();
    all.sort_by_key(|found| (found.stage(), found.line, found.column));
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

/// Judges a text to which declarations of these prefixes were added. `lines` are those of the text without them.
fn judged(
    text: &str,
    lines: &Lines<'_>,
    added: &[String],
    flavour: Flavour,
    include: Include<'_>,
) -> Vec<Finding> {
    let mut findings = Findings::default();
    let mut markup = match scan::scan(text) {
        Ok(markup) => markup,
        Err(too_much) => {
            too_large(too_much, &mut findings);
            return finish(findings, &Places::of(lines, Inserted::default()));
        }
    };
    let inserted = Inserted {
        at: markup.root_attributes.unwrap_or_default(),
        bytes: added.iter().map(|prefix| declaration(prefix).len()).sum(),
    };
    // Not declarations of the document's own.
    let own = |place: usize| place < inserted.at || place >= inserted.at + inserted.bytes;
    if !added.is_empty() {
        markup.namespaces.retain(|_, names| {
            names.retain(|(place, _)| own(*place));
            !names.is_empty()
        });
    }
    let document = match xinclude::parse(text) {
        Ok(document) => document,
        // To libxml2 a prefix without a namespace is a part of the name.
        Err(Error::UnknownNamespace(prefix, _))
            if added.len() < PREFIXES_MAX && !added.contains(&prefix) =>
        {
            let text = [
                &text[..inserted.at],
                &declaration(&prefix),
                &text[inserted.at..],
            ]
            .concat();
            let added = [added, &[prefix]].concat();
            return judged(&text, lines, &added, flavour, include);
        }
        Err(error) => {
            not_well_formed(&error, text, &mut findings);
            return finish(findings, &Places::of(lines, inserted));
        }
    };
    let mut loaded = xinclude::Loaded::default();
    let mut files = vec![File {
        text,
        document,
        markup,
        base: 0,
        expansions: Expansions::new(),
    }];
    if !is_bundle(
        &files[0].markup,
        Element::root(&files),
        flavour,
        &mut findings,
    ) {
        return finish(findings, &Places::of(lines, inserted));
    }
    match flavour {
        Flavour::Manifest => {
            let places = Places::of(lines, inserted);
            manifest(&files, &places, include, &mut findings);
            finish(findings, &places)
        }
        Flavour::Profile => {
            loaded.load(&files[0].document, include, &mut findings);
            let mut places = Places::of(lines, inserted);
            files[0].expansions = std::mem::take(&mut loaded.expansions);
            let mut base = text.len() + 1;
            for included in &loaded.texts {
                // Both succeeded when it was looked for inclusions.
                let (Ok(markup), Ok(document)) = (
                    scan::scan(&included.content),
                    xinclude::parse(&included.content),
                ) else {
                    continue;
                };
                let (from, at) = included.from;
                places.include(IncludedFile {
                    name: &included.name,
                    lines: Lines::new(&included.content),
                    base,
                    from: files[from].base + at,
                });
                files.push(File {
                    text: &included.content,
                    document,
                    markup,
                    base,
                    expansions: included.expansions.clone(),
                });
                base += included.content.len() + 1;
            }
            profile(&files, &places, &mut findings);
            finish(findings, &places)
        }
    }
}

/// What declares a prefix that the document does not declare.
fn declaration(prefix: &str) -> String {
    format!(" xmlns:{prefix}='{UNDECLARED}'")
}

/// Whether it is a bundle, so that svccfg looks further.
fn is_bundle(
    markup: &Markup<'_>,
    root: Element<'_>,
    flavour: Flavour,
    findings: &mut Findings,
) -> bool {
    if let Some((at, what)) = markup.fault {
        findings.add(Code::NotWellFormed, at, what);
        return false;
    }
    if let Some((at, version)) = markup.version.filter(|(_, version)| *version != "1.0") {
        let message = format!("the XML version is '{}'", Printable(version));
        findings.add(Code::XmlVersion, at, message);
    }
    document_type(markup, root, flavour, findings)
}

/// The stages of `svccfg validate` and `import`.
fn manifest(
    files: &[File<'_>],
    places: &Places<'_>,
    include: Include<'_>,
    findings: &mut Findings,
) {
    let root = Element::root(files);
    includes(root, include, findings);
    grammar::check(root, Flavour::Manifest, findings);
    if files[0].markup.standalone {
        standalone(root, findings);
    }
    if findings.any_error() {
        return;
    }
    let bundle = read::bundle(root, Flavour::Manifest, places, findings);
    if findings.any_error() {
        return;
    }
    templates::check(&bundle, findings);
    import::check(&bundle, findings);
    lint::check(&bundle, findings);
}

/// The stages of `svccfg apply`, which has no look at the document type as a whole: what that alone does not allow is a
/// warning.
fn profile(files: &[File<'_>], places: &Places<'_>, findings: &mut Findings) {
    let root = Element::root(files);
    if !findings.any_error() {
        let bundle = read::bundle(root, Flavour::Profile, places, findings);
        if !findings.any_error() {
            apply::check(&bundle, findings);
            lint::check(&bundle, findings);
        }
    }
    let mut grammar = Findings::default();
    grammar::check(root, Flavour::Profile, &mut grammar);
    findings.add_as(Code::ProfileGrammar, grammar);
}

/// Whether svccfg would look any further.
fn document_type(
    markup: &Markup<'_>,
    root: Element<'_>,
    flavour: Flavour,
    findings: &mut Findings,
) -> bool {
    let Some(found) = markup.document_type else {
        findings.add(
            Code::NoDocumentType,
            root.at(),
            "the document type is missing",
        );
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
    let name = match flavour {
        Flavour::Manifest => root.name(),
        Flavour::Profile => root.kind(),
    };
    if name != "service_bundle" {
        let message = format!("the root element is <{}>", Printable(root.name()));
        findings.add(Code::RootElement, root.at(), message);
        return false;
    }
    if found.root != "service_bundle" {
        let message = format!(
            "the document type is for <{}>, not <service_bundle>",
            Printable(found.root)
        );
        let code = match flavour {
            Flavour::Manifest => Code::RootElement,
            Flavour::Profile => Code::ProfileGrammar,
        };
        findings.add(code, found.at, message);
    }
    true
}

#[cfg(test)]
mod tests;
