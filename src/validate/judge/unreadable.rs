//! Why there is no document to judge.

use roxmltree::Error;

use crate::text::printable::Printable;
use crate::validate::code::Code;
use crate::validate::finding::{Findings, Lines};
use crate::validate::text::decode::Undecodable;
use crate::validate::text::growth::GROWTH_MAX;
use crate::validate::text::scan::{
    ATTRIBUTES_IN_ALL_MAX, ATTRIBUTES_MAX, CHILDREN_MAX, DEPTH_MAX, ENTITIES_MAX, GROUPS_MAX,
    MARKUP_MAX, NAMESPACES_MAX, TooMuch,
};

/// The text before the fault, for its place.
pub(super) fn undecodable(fault: Undecodable, findings: &mut Findings) -> String {
    let (code, message, before) = match fault {
        Undecodable::TooLarge(limit) => (
            Code::TooLarge,
            format!(
                "the file is larger than {} MB, the limit for its encoding",
                limit >> 20
            ),
            String::new(),
        ),
        Undecodable::Unknown(name) => (
            Code::Encoding,
            format!("unknown encoding '{}'", Printable(&name)),
            String::new(),
        ),
        Undecodable::Mislabelled(name) => (
            Code::Encoding,
            format!(
                "the file declares the encoding {}, but is not in it",
                Printable(&name)
            ),
            String::new(),
        ),
        Undecodable::Broken(before) => (
            Code::Encoding,
            "invalid byte for this encoding".to_owned(),
            before,
        ),
    };
    findings.add(code, before.len(), message);
    before
}

/// More than a manifest can be.
pub(super) fn too_large(too_much: TooMuch, findings: &mut Findings) {
    let (at, message) = match too_much {
        TooMuch::Deep(at) => (at, format!("elements are nested deeper than {DEPTH_MAX}")),
        TooMuch::Attributes(at) => (
            at,
            format!("an element has more than {ATTRIBUTES_MAX} attributes"),
        ),
        TooMuch::Entities(at) => (
            at,
            format!("there are more than {ENTITIES_MAX} services, instances and dependents"),
        ),
        TooMuch::Groups(at) => (
            at,
            format!(
                "there are more than {GROUPS_MAX} property groups, methods, dependencies and patterns"
            ),
        ),
        TooMuch::Markup(at) => (
            at,
            format!("there are more than {MARKUP_MAX} tags, comments and references"),
        ),
        TooMuch::AttributesInAll(at) => (
            at,
            format!("there are more than {ATTRIBUTES_IN_ALL_MAX} attributes"),
        ),
        TooMuch::Children(at) => (
            at,
            format!(
                "an element contains more than {CHILDREN_MAX} elements other than instances and services"
            ),
        ),
        TooMuch::Namespaces(at) => (
            at,
            format!("there are more than {NAMESPACES_MAX} namespace declarations"),
        ),
        TooMuch::Growth(at) => (
            at,
            format!(
                "the document grows by more than {} MB when its entities are expanded",
                GROWTH_MAX >> 20
            ),
        ),
    };
    findings.add(Code::TooLarge, at, message);
}

/// What the parser says, at its place.
pub(super) fn not_well_formed(error: &Error, text: &str, findings: &mut Findings) {
    let place = error.pos();
    let at = Lines::new(text)
        .offset(place.row as usize, place.col as usize)
        .min(text.len());
    if text.trim().is_empty() {
        let help = "write a manifest into it; vbox-smf gen writes one".to_owned();
        return findings.add_with_help(Code::NotWellFormed, at, "the file is empty", help);
    }
    let (code, message) = match error {
        Error::UnknownEntityReference(name, _) => (
            Code::UndefinedEntity,
            format!("the entity &{name}; is not defined"),
        ),
        Error::NodesLimitReached
        | Error::AttributesLimitReached
        | Error::NamespacesLimitReached
        | Error::EntityReferenceLoop(_) => (Code::TooLarge, error.to_string()),
        _ => (Code::NotWellFormed, without_place(&error.to_string())),
    };
    findings.add(code, at, Printable(&message).to_string());
}

/// The parser's message without its `at LINE:COLUMN`, which the finding has.
fn without_place(message: &str) -> String {
    match message.rsplit_once(" at ") {
        Some((what, place)) if place.bytes().all(|b| b.is_ascii_digit() || b == b':') => {
            what.to_owned()
        }
        Some(_) | None => message.to_owned(),
    }
}
