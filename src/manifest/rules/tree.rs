//! The elements of a document as svccfg meets them, with their places.
//!
//! It is a thin layer over the XML tree: names with their prefix, attributes as the document type
//! completes and trims them, and the children that the XML tree alone does not show.

use roxmltree::{Document, Node, NodeType};

use super::text::scan::{Extra, Markup};

/// An element.
#[derive(Clone, Copy)]
pub(super) struct Element<'d> {
    node: Node<'d, 'd>,
    text: &'d str,
    markup: &'d Markup<'d>,
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
    /// The root of a document.
    pub(super) fn root(document: &'d Document<'d>, markup: &'d Markup<'d>) -> Self {
        Self {
            node: document.root_element(),
            text: document.input_text(),
            markup,
        }
    }

    /// Where its `<` is.
    pub(super) fn at(&self) -> usize {
        self.node.range().start
    }

    /// Its name with its prefix, as it is written.
    pub(super) fn name(&self) -> &'d str {
        let local = self.node.tag_name().name();
        let start = self.at() + 1;
        let written = self.text.get(start..).unwrap_or_default();
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
        let text = self.text;
        self.node.attributes().map(move |attribute| Attribute {
            name: text.get(attribute.range_qname()).unwrap_or_default(),
            value: attribute.value(),
            at: attribute.range().start,
        })
    }

    /// The attribute of this name.
    pub(super) fn attribute(&self, name: &str) -> Option<Attribute<'d>> {
        self.attributes().find(|attribute| attribute.name == name)
    }

    /// The value of an attribute and its place; where there is none, empty and the element's place.
    pub(super) fn value(&self, name: &str) -> (&'d str, usize) {
        self.attribute(name)
            .map_or(("", self.at()), |attribute| (attribute.value, attribute.at))
    }

    /// The value of an attribute; empty where there is none.
    pub(super) fn word(&self, name: &str) -> &'d str {
        self.value(name).0
    }

    /// Namespace declarations, which are attributes to a document type.
    pub(super) fn namespaces(&self) -> &'d [(usize, &'d str)] {
        self.markup
            .namespaces
            .get(&self.at())
            .map_or(&[], Vec::as_slice)
    }

    /// Whether libxml2 puts a file in its place: an `xi:include` that declares its prefix.
    pub(super) fn is_included(&self) -> bool {
        const XINCLUDE: [&str; 2] = [
            "http://www.w3.org/2001/XInclude",
            "http://www.w3.org/2003/XInclude",
        ];
        let namespace = self.node.tag_name().namespace().unwrap_or_default();
        self.name() == "xi:include"
            && !self.namespaces().is_empty()
            && XINCLUDE.contains(&namespace)
    }

    /// The elements in it.
    pub(super) fn elements(&self) -> impl Iterator<Item = Self> + use<'d> {
        let Self { node, text, markup } = *self;
        node.children()
            .filter(Node::is_element)
            .map(move |node| Self { node, text, markup })
    }

    /// The first element of this name in it.
    pub(super) fn element(&self, name: &str) -> Option<Self> {
        self.elements().find(|element| element.name() == name)
    }

    /// Everything in it, in order.
    pub(super) fn children(&self) -> Vec<Child<'d>> {
        let extras = self.markup.extras.get(&self.at());
        let mut children: Vec<_> = self
            .node
            .children()
            .filter_map(|child| self.child(child))
            .collect();
        if let Some(extras) = extras {
            children.extend(extras.iter().map(|(at, extra)| match extra {
                Extra::CData => Child::CData(*at),
                Extra::Reference(name) => Child::Reference(name, *at),
            }));
            children.sort_by_key(Child::at);
        }
        children
    }

    fn child(&self, child: Node<'d, 'd>) -> Option<Child<'d>> {
        let at = child.range().start;
        // What an entity expands to stands elsewhere in the text; the reference itself is reported.
        if !self.node.range().contains(&at) {
            return None;
        }
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
        let at = text.range().start;
        if self.node.range().contains(&at) {
            return Some(at);
        }
        let extras = self.markup.extras.get(&self.at())?;
        extras.first().map(|(at, _)| *at)
    }

    /// Whether anything stands between its tags: `<a></a>` holds nothing.
    pub(super) fn is_empty(&self) -> bool {
        !self.node.has_children() && !self.markup.extras.contains_key(&self.at())
    }

    /// The text of a `loctext`, as svccfg takes it.
    pub(super) fn first_text(&self) -> FirstText<'d> {
        for child in self.children() {
            match child {
                Child::Comment(_) => {}
                // The XML tree joins text and CDATA; svccfg sees the piece before it.
                Child::Text(text, at) => {
                    let written = self.text.get(at..).unwrap_or_default();
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
        let extras = self.markup.extras.get(&self.at())?;
        extras.iter().find_map(|(place, extra)| match extra {
            Extra::Reference(name) if *place == at => Some(*name),
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
