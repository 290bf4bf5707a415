//! What is not well-formed although the parser lets it pass: libxml2 refuses it, and so does svccfg.
//!
//! The parser reads `<?xml` loosely, takes a character for one that XML does not have, and looks at an
//! entity only where it is used.

use super::document_type::{DocumentType, name};
use super::growth;

/// A place, and what is wrong there.
pub(in super::super) type Fault = (usize, &'static str);

/// Looks at a processing instruction, or the XML declaration: `<?...?>` at this place.
pub(super) fn instruction(text: &str, at: usize) -> Option<Fault> {
    let target = name(&text[2..]);
    let rest = &text[2 + target.len()..];
    if target.is_empty() || !(rest.starts_with(BLANKS) || rest.starts_with("?>")) {
        return Some((at, "behind <? stand a name and a blank"));
    }
    if target == "xml" && at == 0 {
        return declaration(text, at);
    }
    target
        .eq_ignore_ascii_case("xml")
        .then_some((at, "<?xml ...?> can only be the first line of a file"))
}

const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

fn declaration(text: &str, at: usize) -> Option<Fault> {
    let Some((offset, version)) = attribute(text, "version") else {
        return Some((at, "<?xml ...?> does not say version='1.0'"));
    };
    let minor = version.strip_prefix("1.");
    if !minor.is_some_and(|minor| minor.bytes().all(|b| b.is_ascii_digit())) {
        return Some((at + offset, "libxml2 reads XML of version 1.0 only"));
    }
    attribute(text, "standalone")
        .filter(|(_, value)| !matches!(*value, "yes" | "no"))
        .map(|(offset, _)| (at + offset, "standalone is 'yes' or 'no'"))
}

/// The value of `key='value'` in the XML declaration, with its place there.
pub(super) fn attribute<'t>(declaration: &'t str, key: &str) -> Option<(usize, &'t str)> {
    let behind = declaration.find(key)? + key.len();
    let open = behind + declaration[behind..].find(['"', '\''])?;
    let quote = declaration[open..].chars().next()?;
    let value = declaration[open + 1..].split(quote).next()?;
    Some((open + 1, value))
}

/// The first reference to a character that there is not, in a text at this place.
pub(super) fn character(text: &str, at: usize) -> Option<Fault> {
    text.match_indices("&#").find_map(|(start, _)| {
        let digits = text[start + 2..].split(';').next()?;
        let number = match digits.strip_prefix('x') {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => digits.parse(),
        };
        // The parser says what is no number.
        let known = number.is_ok_and(|number| char::from_u32(number).is_some_and(is_xml));
        let is_number =
            !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit() || b == b'x');
        (is_number && !known).then_some((at + start, "no character has this number"))
    })
}

/// Whether XML has this character, be it as a reference.
const fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// The first entity of the document's own whose value cannot be one.
pub(super) fn entity(text: &str, document_type: DocumentType<'_>) -> Option<Fault> {
    let declarations = &text[document_type.at..document_type.end];
    growth::values(declarations)
        .into_values()
        .filter_map(|value| {
            let at = value.as_ptr() as usize - text.as_ptr() as usize;
            value_fault(value, at)
        })
        .min()
}

fn value_fault(value: &str, at: usize) -> Option<Fault> {
    let bare = value.match_indices(['&', '%']).find_map(|(start, mark)| {
        let rest = &value[start + 1..];
        let entity = name(rest);
        let reference = mark == "&" && !entity.is_empty() && rest[entity.len()..].starts_with(';');
        (!reference).then_some((at + start, "in an entity & and % stand in references only"))
    });
    bare.or_else(|| character(value, at))
}

#[cfg(test)]
mod tests {
    use super::super::scan::scan;

    /// What is found, with the text from its place on.
    fn fault(text: &str) -> Option<(&str, &'static str)> {
        let (at, what) = scan(text).unwrap().fault?;
        Some((&text[at..], what))
    }

    #[test]
    fn what_libxml2_takes() {
        for text in [
            "<?xml version='1.0'?><a/>",
            "<?xml\tversion = \"1.10\" encoding='UTF-8' standalone='no' ?><a/>",
            "<?xml-stylesheet href='x'?><a><?b?><?c d?></a>",
            "<a b='&#9;&#x10FFFF;&amp;'>&#38;<!-- &#xD800; <?! ?> --><![CDATA[&#0;]]></a>",
            "<!DOCTYPE a [<!ENTITY b '&c; &#65; &amp;'><!ENTITY % d '%'>]><a/>",
            "<a b='x' c=\"<?!?>\"/>",
        ] {
            assert_eq!(fault(text), None, "{text}");
        }
    }

    #[test]
    fn what_it_does_not() {
        for (text, place) in [
            ("<?xml?><a/>", "<?xml?>"),
            ("<?xml encoding='UTF-8'?><a/>", "<?xml e"),
            ("<?xml version='2.0'?><a/>", "2.0"),
            ("<?xml version='1.x'?><a/>", "1.x"),
            ("<?xml version='1'?><a/>", "1'"),
            ("<?xml version='1.0' standalone='maybe'?><a/>", "maybe"),
            ("<?xml! version='1.0'?><a/>", "<?xml!"),
            ("<?XML version='1.0'?><a/>", "<?XML"),
            ("<a><?b; c?></a>", "<?b;"),
            ("<a>&#xD800;</a>", "&#xD8"),
            ("<a b=\"1&#x110000;\"/>", "&#x11"),
            ("<a>&#99999999999;</a>", "&#999"),
            ("<!DOCTYPE a [<!ENTITY b 'c & d'>]><a/>", "& d"),
            ("<!DOCTYPE a [<!ENTITY b '%c;'>]><a/>", "%c;"),
            ("<!DOCTYPE a [<!ENTITY b 'x&#xD800;'>]><a/>", "&#xD8"),
            ("<!DOCTYPE a [<!ENTITY b '&#0;'>]><a/>", "&#0;"),
        ] {
            let found = fault(text);
            assert!(
                found.is_some_and(|(rest, _)| rest.starts_with(place)),
                "{text}: {found:?}"
            );
        }
    }
}
