//! A quick look over the markup before the tree is built.
//!
//! The tree does not keep CDATA sections, references and the document type, and a parser that checks
//! everything is slow on files that nobody should check. So this looks at the markup alone, without
//! judging it: where a file is not well-formed the parser says so.

use std::collections::HashMap;

use super::document_type::{DocumentType, name};
use super::fault::{self, Fault};
use super::growth;

mod doctype;

/// libxml2 refuses documents that are nested deeper.
pub(in super::super) const DEPTH_MAX: usize = 256;

/// No element of a manifest has more than nine attributes; the parser compares them pair by pair.
pub(in super::super) const ATTRIBUTES_MAX: usize = 256;

/// So many tags, comments, instructions and references: a manifest of 10,000 VMs has 200,000 to 450,000 of
/// them, and more would not fit into the memory that a check may take, which is 512 MB.
pub(in super::super) const MARKUP_MAX: usize = 500_000;

/// So many services, instances and dependents, of which each takes up to 2 KB.
pub(in super::super) const ENTITIES_MAX: usize = 50_000;
const ENTITIES: [&str; 4] = [
    "service",
    "instance",
    "create_default_instance",
    "dependent",
];

/// So many of what becomes a property group, or fills one: each takes up to 1 KB.
pub(in super::super) const GROUPS_MAX: usize = 150_000;
const GROUPS: [&str; 7] = [
    "property_group",
    "exec_method",
    "method_context",
    "dependency",
    "notification_parameters",
    "pg_pattern",
    "prop_pattern",
];

/// So many attributes in all, for the same reason.
pub(in super::super) const ATTRIBUTES_IN_ALL_MAX: usize = 2 * MARKUP_MAX;

/// So many namespace declarations: with each the parser copies those that are in force. A manifest has one
/// for each `xi:include`.
pub(in super::super) const NAMESPACES_MAX: usize = 4096;

/// So many elements in one, but for those that a manifest of many VMs has many of: groups, properties,
/// dependencies and patterns are compared pair by pair.
pub(in super::super) const CHILDREN_MAX: usize = 10_000;

/// Elements of which there may be as many as there are.
const MANY: [&str; 4] = ["service_bundle", "service", "instance", "value_node"];

/// Something in an element's content that the tree shows as plain text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Extra<'a> {
    /// `<![CDATA[...]]>`
    CData,
    /// `&name;` that XML itself does not define.
    Reference(&'a str),
}

/// Why a look further is not worth it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum TooMuch {
    /// Nested deeper than [`DEPTH_MAX`], here.
    Deep(usize),
    /// More attributes than [`ATTRIBUTES_MAX`] on the element here.
    Attributes(usize),
    /// More than [`ATTRIBUTES_IN_ALL_MAX`] attributes, up to here.
    AttributesInAll(usize),
    /// More than [`CHILDREN_MAX`] elements in one, up to here.
    Children(usize),
    /// More than [`NAMESPACES_MAX`] namespace declarations, up to here.
    Namespaces(usize),
    /// More services, instances and dependents than [`ENTITIES_MAX`], up to here.
    Entities(usize),
    /// More of what becomes a property group than [`GROUPS_MAX`], up to here.
    Groups(usize),
    /// More tags, comments and references than [`MARKUP_MAX`], up to here.
    Markup(usize),
    /// Entities that grow beyond [`growth::GROWTH_MAX`], with the reference here.
    Growth(usize),
}

/// What the markup shows.
#[derive(Debug, Default)]
pub(in super::super) struct Markup<'a> {
    /// By the offset of the element's `<`: what its content holds of this, with its offset.
    pub(in super::super) extras: HashMap<usize, Vec<(usize, Extra<'a>)>>,
    /// By the offset of the element's `<`: namespace declarations, with their offset.
    pub(in super::super) namespaces: HashMap<usize, Vec<(usize, &'a str)>>,
    /// The document type.
    pub(in super::super) document_type: Option<DocumentType<'a>>,
    /// The version in the XML declaration, with its offset.
    pub(in super::super) version: Option<(usize, &'a str)>,
    /// Whether the XML declaration says `standalone='yes'`.
    pub(in super::super) standalone: bool,
    /// The first thing that the parser should not let pass.
    pub(in super::super) fault: Option<Fault>,
    /// Where the root element's attributes may begin.
    pub(in super::super) root_attributes: Option<usize>,
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    open: Vec<usize>,
    /// Of each open element, so many elements in it as are counted.
    children: Vec<usize>,
    attributes: usize,
    namespaces: usize,
    /// Services, instances and dependents.
    entities: usize,
    /// What becomes a property group.
    groups: usize,
    markup: Markup<'a>,
}

/// Looks over a text.
///
/// # Errors
/// It is deeper or wider than any manifest.
pub(in super::super) fn scan(text: &str) -> Result<Markup<'_>, TooMuch> {
    let mut scanner = Scanner {
        text,
        at: 0,
        open: Vec::new(),
        children: Vec::new(),
        attributes: 0,
        namespaces: 0,
        entities: 0,
        groups: 0,
        markup: Markup::default(),
    };
    scanner.run()?;
    if let Some(found) = scanner.markup.document_type {
        growth::check(text, found).map_err(TooMuch::Growth)?;
        scanner.note(fault::entity(text, found));
    }
    Ok(scanner.markup)
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Goes behind the next `end`, or to the end of the text.
    fn skip_behind(&mut self, end: &str) {
        self.at = self
            .rest()
            .find(end)
            .map_or(self.text.len(), |i| self.at + i + end.len());
    }

    fn run(&mut self) -> Result<(), TooMuch> {
        for _ in 0..MARKUP_MAX {
            let Some(next) = self.rest().find(['<', '&']) else {
                return Ok(());
            };
            self.at += next;
            let start = self.at;
            let rest = self.rest();
            if rest.starts_with('&') {
                self.reference();
            } else if rest.starts_with("<!--") {
                self.skip_behind_from(4, "-->");
            } else if rest.starts_with("<![CDATA[") {
                self.skip_behind_from(9, "]]>");
                self.extra(start, Extra::CData);
            } else if rest.starts_with("<!DOCTYPE") && self.open.is_empty() {
                self.document_type();
            } else if rest.starts_with("<?") {
                self.skip_behind_from(2, "?>");
                self.note(fault::instruction(&self.text[start..self.at], start));
                if start == 0 {
                    let declaration = &self.text[..self.at];
                    self.markup.version = fault::attribute(declaration, "version");
                    self.markup.standalone = fault::attribute(declaration, "standalone")
                        .is_some_and(|(_, value)| value == "yes");
                }
            } else if rest.starts_with("</") {
                self.skip_behind(">");
                self.open.pop();
                self.children.pop();
            } else {
                self.tag()?;
            }
        }
        Err(TooMuch::Markup(self.at))
    }

    fn skip_behind_from(&mut self, from: usize, end: &str) {
        self.at += from;
        self.skip_behind(end);
    }

    fn extra(&mut self, at: usize, extra: Extra<'a>) {
        if let Some(parent) = self.open.last() {
            self.markup
                .extras
                .entry(*parent)
                .or_default()
                .push((at, extra));
        }
    }

    fn reference(&mut self) {
        let start = self.at;
        self.at += 1;
        let entity = name(self.rest());
        let predefined = matches!(entity, "amp" | "lt" | "gt" | "apos" | "quot" | "");
        if entity.starts_with('#') {
            let reference = self.rest().split_inclusive(';').next().unwrap_or_default();
            let end = self.at + reference.len();
            self.note(fault::character(&self.text[start..end], start));
        } else if !predefined {
            self.extra(start, Extra::Reference(entity));
        }
    }

    /// Keeps the first fault.
    fn note(&mut self, fault: Option<Fault>) {
        self.markup.fault = self.markup.fault.or(fault);
    }

    /// `<name a='b' ... >` or `/>`
    fn tag(&mut self) -> Result<(), TooMuch> {
        let start = self.at;
        self.at += 1;
        let element = name(self.rest());
        self.at += element.len();
        if let Some(children) = self.children.last_mut()
            && !MANY.contains(&element)
        {
            *children += 1;
            if *children > CHILDREN_MAX {
                return Err(TooMuch::Children(start));
            }
        }
        self.entities += usize::from(ENTITIES.contains(&element));
        self.groups += usize::from(GROUPS.contains(&element));
        if self.entities > ENTITIES_MAX {
            return Err(TooMuch::Entities(start));
        }
        if self.groups > GROUPS_MAX {
            return Err(TooMuch::Groups(start));
        }
        self.markup.root_attributes.get_or_insert(self.at);
        let mut attributes = 0;
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_ascii_start().len();
            self.at += blank;
            let rest = self.rest();
            if rest.starts_with("/>") {
                self.at += 2;
                return Ok(());
            }
            if rest.starts_with('>') {
                self.at += 1;
                if self.open.len() >= DEPTH_MAX {
                    return Err(TooMuch::Deep(start));
                }
                self.open.push(start);
                self.children.push(0);
                return Ok(());
            }
            let Some(first) = rest.chars().next() else {
                return Ok(());
            };
            let attribute = name(rest);
            if attribute.is_empty() {
                // A value, or something that is not XML: behind the value, or on by a character.
                match first {
                    '"' | '\'' => {
                        self.at += 1;
                        let from = self.at;
                        self.skip_behind(if first == '"' { "\"" } else { "'" });
                        self.note(fault::character(&self.text[from..self.at], from));
                    }
                    '<' => return Ok(()),
                    _ => self.at += first.len_utf8(),
                }
                continue;
            }
            attributes += 1;
            if attributes > ATTRIBUTES_MAX {
                return Err(TooMuch::Attributes(start));
            }
            self.attributes += 1;
            if self.attributes > ATTRIBUTES_IN_ALL_MAX {
                return Err(TooMuch::AttributesInAll(start));
            }
            if attribute == "xmlns" || attribute.starts_with("xmlns:") {
                let declared = self.markup.namespaces.entry(start).or_default();
                declared.push((self.at, attribute));
                self.namespaces += 1;
                if self.namespaces > NAMESPACES_MAX {
                    return Err(TooMuch::Namespaces(start));
                }
            }
            self.at += attribute.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_type() {
        for (text, root, system) in [
            ("<!DOCTYPE a SYSTEM 'x'><a/>", "a", Some("x")),
            (
                "<?xml version='1.0'?>\n<!DOCTYPE a PUBLIC \"p\" \"y z\" ><a/>",
                "a",
                Some("y z"),
            ),
            (
                "<!DOCTYPE a [<!ENTITY b ']>'> <!-- ]> --> ]><a/>",
                "a",
                None,
            ),
            (
                "<!DOCTYPE a SYSTEM 'x' [<!ENTITY b 'c'>]><a>&b;</a>",
                "a",
                Some("x"),
            ),
            ("<!DOCTYPE", "", None),
            ("<!DOCTYPE a SYSTEM 'x", "a", Some("x")),
        ] {
            let markup = scan(text).unwrap();
            let found = markup.document_type.unwrap();
            assert_eq!(
                (found.root, found.system.map(|s| s.0)),
                (root, system),
                "{text}"
            );
            if let Some((id, at)) = found.system {
                assert!(text[at..].starts_with(id), "{text}");
            }
        }
        assert_eq!(scan("<a><!DOCTYPE b></a>").unwrap().document_type, None);
    }

    #[test]
    fn what_the_tree_does_not_keep() {
        let text = "<?xml version=\"1.1\"?><a><?pi x?>t&amp;&#65;&e;<b xmlns='u' c=\"<'&f;\"><![CDATA[<d>]]><!--<e>--></b></a><!--x-->";
        let markup = scan(text).unwrap();
        assert_eq!(markup.version.map(|v| v.1), Some("1.1"));
        let a = text.find("<a>").unwrap();
        let b = text.find("<b").unwrap();
        let of = |at| {
            markup.extras[&at]
                .iter()
                .map(|(_, extra)| *extra)
                .collect::<Vec<_>>()
        };
        assert_eq!(of(a), [Extra::Reference("e")]);
        assert_eq!(of(b), [Extra::CData]);
        assert_eq!(markup.extras.len(), 2);
        assert_eq!(markup.namespaces[&b][0].1, "xmlns");
        assert_eq!(markup.namespaces.len(), 1);
    }

    #[test]
    fn too_much_is_not_looked_at() {
        let deep = "<a>".repeat(DEPTH_MAX + 1);
        assert_eq!(scan(&deep).unwrap_err(), TooMuch::Deep(DEPTH_MAX * 3));
        assert!(scan(&"<a>".repeat(DEPTH_MAX)).is_ok());
        let wide = format!("<b/><a{}>", " c='1'".repeat(ATTRIBUTES_MAX + 1));
        assert_eq!(scan(&wide).unwrap_err(), TooMuch::Attributes(4));
        let many = format!("<a{}/>", " c='1'".repeat(200)).repeat(ATTRIBUTES_IN_ALL_MAX / 200);
        assert!(scan(&many).is_ok());
        let more = format!("{many}<b c='1'/>");
        assert_eq!(
            scan(&more).unwrap_err(),
            TooMuch::AttributesInAll(many.len())
        );
        let full = format!("<a>{}", "<b/>".repeat(CHILDREN_MAX));
        assert!(scan(&format!("{full}</a><a><b/><b/></a>")).is_ok());
        assert!(scan(&format!("{full}{}", "<instance/>".repeat(CHILDREN_MAX))).is_ok());
        assert_eq!(
            scan(&format!("{full}<c/>")).unwrap_err(),
            TooMuch::Children(full.len())
        );
        let declared = "<a xmlns:b='c'/>".repeat(NAMESPACES_MAX);
        assert!(scan(&declared).is_ok());
        let more = format!("{declared}<a xmlns='b'/>");
        assert_eq!(
            scan(&more).unwrap_err(),
            TooMuch::Namespaces(declared.len())
        );
    }

    #[test]
    fn what_is_cut_short_ends() {
        let text = "<?xml version='1.0'?><!DOCTYPE a SYSTEM 'x' [<!ENTITY e 'f'>]><a b=\"c\" d='é'><![CDATA[x]]>&e;<!-- g --></a>";
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            assert!(scan(&text[..end]).is_ok());
        }
    }
}
