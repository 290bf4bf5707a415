//! The elements of a document as svccfg meets them, with their places.
//!
//! It is a thin layer over the XML tree: names with their prefix, the children that the XML tree alone does not show,
//! and what stands in the place of an `xi:include`.

use roxmltree::{Document, Node, NodeType};

use super::text::scan::{Extra, Markup};
use super::xinclude::{self, Expansion, Expansions};

/// The namespace of a prefix that nothing declares. To libxml2 such a prefix is a part of the name.
pub(super) const UNDECLARED: &str = "urn:undeclared";

/// A file that was parsed: what is judged, or something that it includes.
pub(super) struct File<'d> {
    /// What stands in it.
    pub(super) text: &'d str,
    pub(super) document: Document<'d>,
    pub(super) markup: Markup<'d>,
    /// Its first byte among those of all files: a place tells the file, too.
    pub(super) base: usize,
    /// What stands in the places of its inclusions; none where they are not followed.
    pub(super) expansions: Expansions,
}

#[cfg(test)]
impl<'d> File<'d> {
    /// A well-formed file that includes nothing.
    pub(super) fn alone(text: &'d str) -> Self {
        Self {
            text,
            document: xinclude::parse(text).unwrap(),
            markup: super::text::scan::scan(text).unwrap(),
            base: 0,
            expansions: Expansions::new(),
        }
    }
}

/// An element.
#[derive(Clone, Copy)]
pub(super) struct Element<'d> {
    node: Node<'d, 'd>,
    files: &'d [File<'d>],
    file: usize,
}

/// What an element holds.
pub(super) enum Child<'d> {
    /// An element.
    Element(Element<'d>),
    /// Text: what it says once references are expanded.
    Text(&'d str, usize),
    /// `<![CDATA[...]]>`
    CData(usize),
    /// `<!-- -->`
    Comment(usize),
    /// `<?target ...?>`
    Instruction(&'d str, usize),
    /// `&name;` of an entity that the document itself defines.
    Reference(&'d str, usize),
}

impl Child<'_> {
    /// Where it begins.
    pub(super) fn at(&self) -> usize {
        match self {
            Self::Element(element) => element.at(),
            Self::Text(_, at)
            | Self::CData(at)
            | Self::Comment(at)
            | Self::Instruction(_, at)
            | Self::Reference(_, at) => *at,
        }
    }
}

/// An attribute.
#[derive(Clone, Copy)]
pub(super) struct Attribute<'d> {
    /// The name with its prefix.
    pub(super) name: &'d str,
    /// The value as XML sees it.
    pub(super) value: &'d str,
    /// Where the name begins.
    pub(super) at: usize,
}

impl<'d> Element<'d> {
    /// The root of the first of these files.
    pub(super) fn root(files: &'d [File<'d>]) -> Self {
        Self {
            node: files[0].document.root_element(),
            files,
            file: 0,
        }
    }

    fn own_file(&self) -> &'d File<'d> {
        &self.files[self.file]
    }

    /// Where its `<` is in its file.
    fn local(&self) -> usize {
        self.node.range().start
    }

    /// Where its `<` is.
    pub(super) fn at(&self) -> usize {
        self.own_file().base + self.local()
    }

    /// The name by which svccfg knows it: without its prefix, if that is declared. `xi:include` is `include` so, which
    /// svccfg does not know.
    pub(super) fn kind(&self) -> &'d str {
        let tag = self.node.tag_name();
        match tag.namespace() {
            Some(UNDECLARED) => self.name(),
            Some(_) | None => tag.name(),
        }
    }

    /// Its name with its prefix, as it is written.
    pub(super) fn name(&self) -> &'d str {
        let local = self.node.tag_name().name();
        let start = self.local() + 1;
        let written = self.own_file().text.get(start..).unwrap_or_default();
        // A prefix makes the written name longer; there are hardly any.
        if written.starts_with(local) {
            return local;
        }
        match written.split_once(':') {
            Some((prefix, rest)) if rest.starts_with(local) => {
                &written[..prefix.len() + 1 + local.len()]
            }
            Some(_) | None => local,
        }
    }

    /// Its attributes, without namespace declarations.
    pub(super) fn attributes(&self) -> impl Iterator<Item = Attribute<'d>> + use<'d> {
        let File { text, base, .. } = self.own_file();
        self.node.attributes().map(move |attribute| Attribute {
            name: text.get(attribute.range_qname()).unwrap_or_default(),
            value: attribute.value(),
            at: base + attribute.range().start,
        })
    }

    /// The attribute of this name.
    pub(super) fn attribute(&self, name: &str) -> Option<Attribute<'d>> {
        self.attributes().find(|attribute| attribute.name == name)
    }

    /// The attribute that svccfg takes for the one of this name, whatever its namespace is (`xmlGetProp()`).
    pub(super) fn property(&self, name: &str) -> Option<Attribute<'d>> {
        let File { text, base, .. } = self.own_file();
        let found = self.node.attributes().find(|attribute| {
            attribute.name() == name && attribute.namespace() != Some(UNDECLARED)
        })?;
        Some(Attribute {
            name: text.get(found.range_qname()).unwrap_or_default(),
            value: found.value(),
            at: base + found.range().start,
        })
    }

    /// The value of an attribute and its place; where there is none, empty and the element's place.
    pub(super) fn value(&self, name: &str) -> (&'d str, usize) {
        let found = self.property(name).or_else(|| self.attribute(name));
        found.map_or(("", self.at()), |attribute| (attribute.value, attribute.at))
    }

    /// The value of an attribute; empty where there is none.
    pub(super) fn word(&self, name: &str) -> &'d str {
        self.value(name).0
    }

    /// Namespace declarations, which are attributes to a document type.
    pub(super) fn namespaces(&self) -> &'d [(usize, &'d str)] {
        self.own_file()
            .markup
            .namespaces
            .get(&self.local())
            .map_or(&[], Vec::as_slice)
    }

    /// Whether libxml2 puts a file in its place: an `xi:include` that declares its prefix.
    pub(super) fn is_included(&self) -> bool {
        self.expansion().is_some()
            || self.name() == "xi:include"
                && !self.namespaces().is_empty()
                && xinclude::is_of(self.node)
    }

    fn expansion(&self) -> Option<&'d Expansion> {
        self.own_file().expansions.get(&self.local())
    }

    /// The elements in it.
    pub(super) fn elements(&self) -> impl Iterator<Item = Self> + use<'d> {
        let element = *self;
        self.node
            .children()
            .filter(Node::is_element)
            .map(move |node| Self { node, ..element })
    }

    /// The first element of this name in it.
    pub(super) fn element(&self, name: &str) -> Option<Self> {
        self.elements().find(|element| element.name() == name)
    }

    /// Everything in it, in order.
    pub(super) fn children(&self) -> Vec<Child<'d>> {
        // The document has no extras, but may begin where its root element does.
        let extras = self.own_file().markup.extras.get(&self.local());
        let extras = extras.filter(|_| !self.node.is_root());
        let mut children: Vec<_> = self
            .node
            .children()
            .filter_map(|child| self.child(child))
            .collect();
        if let Some(extras) = extras {
            let base = self.own_file().base;
            children.extend(extras.iter().map(|(at, extra)| match extra {
                Extra::CData => Child::CData(base + at),
                Extra::Reference(name) => Child::Reference(name, base + at),
            }));
            children.sort_by_key(Child::at);
        }
        if self.own_file().expansions.is_empty() {
            return children;
        }
        let mut expanded = Vec::new();
        for child in children {
            let expansion = match &child {
                Child::Element(element) => element.expansion().map(|what| (*element, what)),
                _ => None,
            };
            // libxml2 leaves the inclusion where it is, before what it stands for.
            expanded.push(child);
            if let Some((inclusion, what)) = expansion {
                inclusion.expand(what, &mut expanded);
            }
        }
        expanded
    }

    /// Adds what stands in the place of an inclusion.
    fn expand(&self, what: &Expansion, children: &mut Vec<Child<'d>>) {
        match what {
            Expansion::Nothing => {}
            Expansion::Document(file) => {
                let root = Self {
                    node: self.files[*file].document.root(),
                    file: *file,
                    ..*self
                };
                children.extend(root.children());
            }
            Expansion::Fallback => {
                let mut inside = self.elements();
                if let Some(fallback) = inside.find(|child| xinclude::is_fallback(child.node)) {
                    children.extend(fallback.children());
                }
            }
        }
    }

    fn child(&self, child: Node<'d, 'd>) -> Option<Child<'d>> {
        // What an entity expands to stands elsewhere in the text; the reference itself is reported.
        if !self.node.range().contains(&child.range().start) {
            return None;
        }
        let at = self.own_file().base + child.range().start;
        match child.node_type() {
            NodeType::Element => Some(Child::Element(Self {
                node: child,
                ..*self
            })),
            NodeType::Text => child.text().map(|text| Child::Text(text, at)),
            NodeType::Comment => Some(Child::Comment(at)),
            NodeType::PI => child.pi().map(|pi| Child::Instruction(pi.target, at)),
            NodeType::Root => None,
        }
    }

    /// Where text that is not blank stands, be it in an entity.
    pub(super) fn text_at(&self) -> Option<usize> {
        let mut texts = self.node.children().filter(Node::is_text);
        let text = texts.find(|text| !is_blank(text.text().unwrap_or_default()))?;
        let base = self.own_file().base;
        let at = text.range().start;
        if self.node.range().contains(&at) {
            return Some(base + at);
        }
        let extras = self.own_file().markup.extras.get(&self.local())?;
        extras.first().map(|(at, _)| base + at)
    }

    /// Whether anything stands between its tags: `<a></a>` holds nothing.
    pub(super) fn is_empty(&self) -> bool {
        let extras = &self.own_file().markup.extras;
        !self.node.has_children() && !extras.contains_key(&self.local())
    }

    /// The text of a `loctext`, as svccfg takes it.
    pub(super) fn first_text(&self) -> FirstText<'d> {
        for child in self.children() {
            match child {
                Child::Comment(_) => {}
                // The XML tree joins text and CDATA; svccfg sees the piece before it.
                Child::Text(text, at) => {
                    let file = self.own_file();
                    let written = file.text.get(at - file.base..).unwrap_or_default();
                    if written.starts_with("<![CDATA[") {
                        return FirstText::CData(at);
                    }
                    if written.starts_with('&') && self.reference_at(at).is_some() {
                        continue;
                    }
                    return FirstText::Text(text);
                }
                Child::CData(at) => return FirstText::CData(at),
                Child::Instruction(name, at) | Child::Reference(name, at) => {
                    return FirstText::Other(name, at);
                }
                Child::Element(element) => {
                    return FirstText::Other(element.name(), element.at());
                }
            }
        }
        FirstText::Nothing
    }

    fn reference_at(&self, at: usize) -> Option<&'d str> {
        let file = self.own_file();
        let extras = file.markup.extras.get(&self.local())?;
        extras.iter().find_map(|(place, extra)| match extra {
            Extra::Reference(name) if file.base + *place == at => Some(*name),
            Extra::Reference(_) | Extra::CData => None,
        })
    }
}

/// The characters that XML takes for blank.
const XML_BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// Whether XML takes a text for white space.
pub(super) fn is_blank(text: &str) -> bool {
    text.trim_matches(XML_BLANKS).is_empty()
}

/// What svccfg finds where it looks for the text of an element.
pub(super) enum FirstText<'d> {
    /// Text, perhaps only blanks.
    Text(&'d str),
    /// `<![CDATA[` at this place: svccfg crashes.
    CData(usize),
    /// Something else of this name, at this place.
    Other(&'d str, usize),
    /// Neither text nor anything else.
    Nothing,
}
