//! `xi:include` in profiles, as libxml2 does it (`xmlXIncludeProcess()`).
//!
//! svccfg has libxml2 put the included files in place before it reads a bundle. Here they are read if they are in the
//! folder of the profile, and their number, depth and size have limits; everything else is reported and left out.
//!
//! What is wrong in the profile itself makes svccfg refuse it. What is wrong in a file that it includes, or in a fallback,
//! libxml2 2.9 reports and goes on.

use std::collections::HashMap;

use roxmltree::{Document, Error, Node, ParsingOptions};

use super::Included;
use super::finding::Findings;
use super::text::decode;
use super::text::scan;
use crate::text::printable::Printable;

mod href;
mod report;

use href::Href;

/// Nodes of the tree: twice [`scan::MARKUP_MAX`], for there is text between.
pub(super) const NODES_MAX: u32 = 4_000_000;

/// No more files are read for one profile.
const FILES_MAX: usize = 64;

/// Nor files in files deeper than this. libxml2 ends at 40.
const DEPTH_MAX: usize = 16;

/// The namespaces of `xi:include`.
const NAMESPACES: [&str; 2] = [
    "http://www.w3.org/2001/XInclude",
    "http://www.w3.org/2003/XInclude",
];

/// What stands in the places of inclusions, by the place of the inclusion in its file.
pub(super) type Expansions = HashMap<usize, Expansion>;

/// What stands in the place of an inclusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expansion {
    /// The file at this place among all files; the first is what is judged.
    Document(usize),
    /// What its fallback holds.
    Fallback,
    /// Text, which svccfg passes over, or what is not known here.
    Nothing,
}

/// A file that is included.
#[derive(Debug)]
pub(super) struct Text {
    /// As it is called in messages: its way from the folder of the profile.
    pub(super) name: String,
    pub(super) content: String,
    /// The file that includes it, and where.
    pub(super) from: (usize, usize),
    pub(super) expansions: Expansions,
}

/// Everything that a profile includes.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    /// The inclusions of the profile itself.
    pub(super) expansions: Expansions,
    /// The files, in the order in which they are read.
    pub(super) texts: Vec<Text>,
}

/// Whether an element is one of `xi:include` and `xi:fallback`, or could be.
pub(super) fn is_of(node: Node<'_, '_>) -> bool {
    let namespace = node.tag_name().namespace();
    namespace.is_some_and(|namespace| NAMESPACES.contains(&namespace))
}

/// Whether this is what stands in the place of a file that cannot be read.
pub(super) fn is_fallback(node: Node<'_, '_>) -> bool {
    node.is_element() && is_of(node) && node.tag_name().name() == "fallback"
}

fn is_include(node: Node<'_, '_>) -> bool {
    node.is_element() && is_of(node) && node.tag_name().name() == "include"
}

impl Loaded {
    /// Reads what a profile includes. `include` reads one file.
    pub(super) fn load(
        &mut self,
        document: &Document<'_>,
        include: &dyn Fn(&str) -> Included,
        findings: &mut Findings,
    ) {
        let mut loader = Loader {
            include,
            findings,
            texts: Vec::new(),
        };
        let mut top = Place {
            file: 0,
            folder: String::new(),
            above: Vec::new(),
            in_fallback: false,
            top: 0,
        };
        loader.walk(document.root_element(), &mut top, &mut self.expansions);
        self.texts = loader.texts;
    }
}

struct Loader<'l> {
    include: &'l dyn Fn(&str) -> Included,
    findings: &'l mut Findings,
    texts: Vec<Text>,
}

/// Where the loader is.
struct Place {
    /// The file, among all.
    file: usize,
    /// Its folder, from that of the profile.
    folder: String,
    /// Its name, and those of the files that include it.
    above: Vec<String>,
    in_fallback: bool,
    /// The inclusion in the profile that led here.
    top: usize,
}

impl Loader<'_> {
    fn walk(&mut self, node: Node<'_, '_>, place: &mut Place, expansions: &mut Expansions) {
        let at = node.range().start;
        if place.file == 0 {
            place.top = at;
        }
        if is_include(node) {
            let mut inside = node.children().filter(Node::is_element);
            let many = inside.clone().filter(|child| is_fallback(*child)).count() > 1;
            if inside.any(is_include) {
                self.wrong(
                    place,
                    "an inclusion stands in another one, outside of its fallback",
                );
            } else if many {
                self.wrong(place, "an inclusion has more than one fallback");
            } else {
                let expansion = self.outcome(node, place);
                if expansion == Expansion::Fallback {
                    self.fallback(node, place, expansions);
                }
                expansions.insert(at, expansion);
                return;
            }
        } else if is_fallback(node) && !node.parent().is_some_and(is_include) {
            self.wrong(place, "a fallback stands outside of an inclusion");
        }
        for child in node.children().filter(Node::is_element) {
            self.walk(child, place, expansions);
        }
    }

    fn fallback(&mut self, node: Node<'_, '_>, place: &mut Place, expansions: &mut Expansions) {
        let before = std::mem::replace(&mut place.in_fallback, true);
        let fallbacks = node.children().filter(|child| is_fallback(*child));
        for child in fallbacks.flat_map(|fallback| fallback.children()) {
            if child.is_element() {
                let top = place.top;
                self.walk(child, place, expansions);
                place.top = top;
            }
        }
        place.in_fallback = before;
    }

    /// What stands in the place of an inclusion.
    fn outcome(&mut self, node: Node<'_, '_>, place: &Place) -> Expansion {
        let attribute = |name: &str| {
            let mut attributes = node.attributes();
            attributes.find(|a| a.name() == name).map(|a| a.value())
        };
        let shown = attribute("href").unwrap_or_default();
        let is_text = match attribute("parse") {
            None | Some("xml") => false,
            Some("text") => true,
            Some(other) => {
                let message = format!("parse is neither xml nor text but '{}'", Printable(other));
                return self.wrong(place, &message);
            }
        };
        // (`xmlNodeGetBase()`)
        if node.ancestors().any(|node| {
            node.attributes()
                .any(|a| a.name() == "base" && a.namespace() == Some(roxmltree::NS_XML_URI))
        }) {
            return self.not_followed(place, shown, "xml:base says where it is");
        }
        let is_part = attribute("xpointer").is_some();
        let name = match href::of(shown, &place.folder) {
            Href::Wrong => {
                let message = format!("'{}' cannot be a URI", Printable(shown));
                return self.wrong(place, &message);
            }
            Href::Part => {
                return self.not_followed(place, shown, "a part of a file is not looked for");
            }
            Href::Itself | Href::File(_) if is_part => {
                return self.not_followed(place, shown, "a part of a file is not looked for");
            }
            Href::Itself if is_text => return Expansion::Nothing,
            Href::Itself => return self.wrong(place, "a document cannot include itself"),
            Href::Elsewhere(why) => return self.not_followed(place, shown, why),
            Href::Nowhere => return self.missing(node, place, shown, "cannot be read"),
            Href::File(name) => name,
        };
        if !is_text && place.above.contains(&name) {
            return self.wrong(place, "a document cannot include itself");
        }
        if self.texts.len() >= FILES_MAX || place.above.len() >= DEPTH_MAX {
            let why = "more files are included than are read for one profile";
            return self.not_followed(place, shown, why);
        }
        match (self.include)(&name) {
            Included::Itself if is_text => Expansion::Nothing,
            Included::Itself => self.wrong(place, "a document cannot include itself"),
            Included::Outside => self.not_followed(
                place,
                shown,
                "it is outside of the profile's folder, or too large",
            ),
            Included::Missing => self.missing(node, place, shown, "cannot be read"),
            Included::Content(bytes) if is_text => match std::str::from_utf8(&bytes) {
                Ok(text) if !text.contains(is_no_xml) => Expansion::Nothing,
                Ok(_) | Err(_) => {
                    let message = format!("'{}' is not UTF-8 text", Printable(shown));
                    self.wrong(place, &message)
                }
            },
            Included::Content(bytes) => self.document(node, place, shown, name, &bytes),
        }
    }

    fn document(
        &mut self,
        node: Node<'_, '_>,
        place: &Place,
        shown: &str,
        name: String,
        bytes: &[u8],
    ) -> Expansion {
        const NOT_XML: &str = "is not XML";
        let Ok(text) = decode::text(bytes) else {
            return self.missing(node, place, shown, NOT_XML);
        };
        let text = text.into_owned();
        let document = match scan::scan(&text) {
            Ok(markup) if markup.fault.is_none() => parse(&text),
            Ok(_) | Err(_) => return self.missing(node, place, shown, NOT_XML),
        };
        let document = match document {
            Ok(document) => document,
            Err(Error::UnknownNamespace(..)) => {
                return self.not_followed(place, shown, "it has a prefix that is not declared");
            }
            Err(_) => return self.missing(node, place, shown, NOT_XML),
        };
        let mut above = place.above.clone();
        above.push(name.clone());
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut inner = Place {
            file: self.texts.len() + 1,
            folder: folder.to_owned(),
            above,
            in_fallback: false,
            top: place.top,
        };
        let file = inner.file;
        self.texts.push(Text {
            name,
            content: String::new(),
            from: (place.file, node.range().start),
            expansions: Expansions::new(),
        });
        let mut expansions = Expansions::new();
        self.walk(document.root_element(), &mut inner, &mut expansions);
        drop(document);
        let entry = &mut self.texts[file - 1];
        entry.content = text;
        entry.expansions = expansions;
        Expansion::Document(file)
    }

    /// The file cannot be had, and a fallback takes its place if there is one.
    fn missing(
        &mut self,
        node: Node<'_, '_>,
        place: &Place,
        shown: &str,
        fault: &str,
    ) -> Expansion {
        if node.children().any(is_fallback) {
            return Expansion::Fallback;
        }
        let message = format!("the included file '{}' {fault}", Printable(shown));
        self.wrong(place, &message)
    }
}

/// Whether XML cannot have this character.
fn is_no_xml(c: char) -> bool {
    c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{7f}')
        || matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// Parses a document.
///
/// # Errors
/// It is not well-formed.
pub(super) fn parse(text: &str) -> Result<Document<'_>, Error> {
    let options = ParsingOptions {
        allow_dtd: true,
        nodes_limit: NODES_MAX,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(text, options)
}

#[cfg(test)]
mod tests;
