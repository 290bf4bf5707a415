//! How a manifest looks: indentation, line breaks, comments, references.
//!
//! serde writes everything on one line and knows no comments. So what it wrote is taken apart into
//! elements here and written again, as the manifests that come with illumos are written by hand.

use std::fmt::Write as _;

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

use super::comments::Comments;
use super::element::Element;
use super::write_error::{WriteError, is_xml_char};
use crate::text::printable::Judge;

/// What serde writes.
const VERSION: XmlVersion = XmlVersion::Implicit1_0;
/// The indentation of one level.
const INDENT: usize = 4;
/// A start tag that would be wider is continued on the next line.
const TAG_WIDTH: usize = 100;
/// A description that would be wider gets lines of its own.
const TEXT_WIDTH: usize = 120;

/// Takes apart what serde wrote: no comments, no white space between elements.
pub(super) fn parse(xml: &str) -> Result<Element, quick_xml::Error> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().expand_empty_elements = true;
    // At the bottom stands a nameless element that holds the root.
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event()? {
            Event::Start(tag) => open.push(start(&tag)?),
            Event::End(_) => {
                if let (Some(done), Some(parent)) = (open.pop(), open.last_mut()) {
                    parent.children.push(done);
                }
            }
            Event::Text(text) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text.xml_content(VERSION));
                }
            }
            Event::GeneralRef(reference) => {
                if let Some(element) = open.last_mut() {
                    if let Some(character) = reference.resolve_char_ref()? {
                        element.text.push(character);
                    } else if let Some(text) = resolve_predefined_entity(&reference) {
                        element.text.push_str(text);
                    }
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    Ok(open
        .pop()
        .and_then(|mut all| all.children.pop())
        .unwrap_or_default())
}

/// For tests: a whole document, with declaration, comments and white space.
#[cfg(test)]
pub(super) fn parse_document(text: &str) -> Element {
    parse(text).expect("a well-formed document")
}

/// An element without its content.
fn start(tag: &BytesStart<'_>) -> Result<Element, quick_xml::Error> {
    let mut element = Element {
        name: tag.name().as_ref().to_owned(),
        ..Element::default()
    };
    for attribute in tag.attributes() {
        let attribute = attribute?;
        element.attributes.push((
            attribute.key.as_ref().to_owned(),
            attribute.normalized_value(VERSION)?.into_owned(),
        ));
    }
    Ok(element)
}

/// Writes the document.
///
/// # Errors
/// A value holds a character that XML cannot represent.
pub(super) fn print(root: &Element, out: &mut String) -> Result<(), WriteError> {
    let mut comments = Comments::of(root);
    element(root, 0, out, &mut comments)
}

fn element(
    this: &Element,
    depth: usize,
    out: &mut String,
    comments: &mut Comments,
) -> Result<(), WriteError> {
    let column = depth * INDENT;
    let mut line = String::new();
    start_tag(this, column, &mut line)?;
    if this.children.is_empty() && this.text.is_empty() {
        let _infallible = writeln!(out, "{:column$}{line}/>", "");
        return Ok(());
    }
    line.push('>');
    if this.children.is_empty() {
        escape(this, &this.text, Place::Text, &mut line)?;
        let _infallible = writeln!(out, "{:column$}{line}</{}>", "", this.name);
        return Ok(());
    }
    if let Some(inline) = inline_text(this, column)? {
        let _infallible = writeln!(out, "{:column$}{inline}", "");
        return Ok(());
    }
    let _infallible = writeln!(out, "{:column$}{line}", "");
    let mut previous: Option<&Element> = None;
    for child in &this.children {
        let comment = comments.before(child);
        let apart = previous.is_none_or(|p| p.name != child.name || p.name == "instance");
        let parted = matches!(this.name.as_str(), "service_bundle" | "service");
        if parted && (apart || comment.is_some()) {
            out.push('\n');
        }
        if let Some(comment) = comment {
            print_comment(comment, column + INDENT, out);
        }
        element(child, depth + 1, out, comments)?;
        previous = Some(child);
    }
    let _infallible = writeln!(out, "{:column$}</{}>", "", this.name);
    Ok(())
}

/// `<name a='b' c='d'`, continued under the first attribute where it gets too wide.
fn start_tag(this: &Element, column: usize, line: &mut String) -> Result<(), WriteError> {
    let _infallible = write!(line, "<{}", this.name);
    let under = column + this.name.len() + 2;
    let mut end = column + this.name.len() + 1;
    for (i, (name, value)) in this.attributes.iter().enumerate() {
        let mut attribute = format!("{name}='");
        escape(this, value, Place::Attribute, &mut attribute)?;
        attribute.push('\'');
        let width = attribute.chars().count();
        // One for the space before it, two for the end of the tag.
        if i > 0 && end + 1 + width + 2 > TAG_WIDTH {
            let _infallible = write!(line, "\n{:under$}{attribute}", "");
            end = under + width;
        } else {
            let _infallible = write!(line, " {attribute}");
            end += 1 + width;
        }
    }
    Ok(())
}

/// `<units><loctext xml:lang='C'>seconds</loctext></units>`, where it is no wider than a reader likes.
fn inline_text(this: &Element, column: usize) -> Result<Option<String>, WriteError> {
    let [child] = this.children.as_slice() else {
        return Ok(None);
    };
    if child.name != "loctext" {
        return Ok(None);
    }
    let mut line = format!("<{}>", this.name);
    start_tag(child, 0, &mut line)?;
    line.push('>');
    escape(child, &child.text, Place::Text, &mut line)?;
    let _infallible = write!(line, "</{}></{}>", child.name, this.name);
    Ok((column + line.chars().count() <= TEXT_WIDTH).then_some(line))
}

fn print_comment(comment: &str, column: usize, out: &mut String) {
    let _infallible = writeln!(out, "{:column$}<!--", "");
    for line in comment.lines() {
        let _infallible = writeln!(out, "{:column$}    {line}", "");
    }
    let _infallible = writeln!(out, "{:column$}-->", "");
}

/// Where a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Between single quotes: white space would be read as a space.
    Attribute,
    /// Between tags.
    Text,
}

/// References for what would end a value, begin a tag, or be read as something else.
fn escape(this: &Element, value: &str, place: Place, out: &mut String) -> Result<(), WriteError> {
    // What is before a value is a quotation mark or the end of a tag.
    let mut judge = Judge::default();
    for character in value.chars() {
        let bad = judge.is_bad(character);
        match (character, place) {
            ('&', _) => out.push_str("&amp;"),
            ('<', _) => out.push_str("&lt;"),
            ('>', _) => out.push_str("&gt;"),
            ('\'', Place::Attribute) => out.push_str("&apos;"),
            ('\n', Place::Text) => out.push('\n'),
            _ if !is_xml_char(character) => {
                return Err(WriteError::Character {
                    element: this.name.clone(),
                    value: value.to_owned(),
                    character,
                });
            }
            // Whoever looks at the manifest on a terminal sees that it is there, and it does nothing.
            _ if bad => {
                let _infallible = write!(out, "&#{};", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    Ok(())
}
