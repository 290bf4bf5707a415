//! The lines that svcprop prints, each with one property, and an FMRI in front of it or none.

use super::Value;
use crate::smf::value_type::ValueType;
use crate::text::printable::Excerpt;

/// Reads line after line: place, type, values. `keep` gets the place and the value, and says whether there was one
/// before; nothing, if the place is none.
///
/// # Errors
/// A line that is not of this form, or that says again what is kept already, quoted for the message.
pub(super) fn each_line(
    text: &str,
    mut keep: impl FnMut(&str, Value) -> Option<bool>,
) -> Result<(), String> {
    let mut rest = text;
    while !rest.is_empty() {
        let (line, after) = split_line(rest)?;
        rest = after;
        let bad = || format!("'{}'", Excerpt(line));
        let mut words = split_words(line)?.into_iter();
        let (Some(place), Some(value_type)) = (words.next(), words.next()) else {
            return Err(bad());
        };
        if ValueType::named(&value_type).is_none() {
            return Err(bad());
        }
        let value = Value {
            value_type,
            values: words.collect(),
        };
        if keep(&place, value).ok_or_else(bad)? {
            return Err(format!("{} (twice)", bad()));
        }
    }
    Ok(())
}

/// Whether it is `GROUP/PROPERTY`.
pub(super) fn is_property_path(text: &str) -> bool {
    matches!(text.split_once('/'), Some((group, property))
        if !group.is_empty() && !property.is_empty() && !property.contains('/'))
}

/// Cuts at the first line end that no backslash precedes.
///
/// # Errors
/// There is none: svcprop was stopped while it wrote, and `count 24` may be the beginning of `count 240`.
fn split_line(text: &str) -> Result<(&str, &str), String> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\n' => return Ok((&text[..at], &text[at + 1..])),
            _ => {}
        }
    }
    Err(format!("'{}' (the line has no end)", Excerpt(text)))
}

/// Cuts at every space that no backslash precedes, and takes the quoting away.
fn split_words(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut bare_quotes = 0_usize;
    let mut chars = line.chars();
    loop {
        match chars.next() {
            Some('\\') => match chars.next() {
                Some(c) => word.push(c),
                None => return Err(format!("'{}' (a backslash at its end)", Excerpt(line))),
            },
            Some('"') => bare_quotes += 1,
            Some(c) if c != ' ' => word.push(c),
            end => {
                match (bare_quotes, word.is_empty()) {
                    // The space after the type of a property without values.
                    (0, true) if end.is_none() => {}
                    (0, false) | (2, true) => words.push(std::mem::take(&mut word)),
                    _ => return Err(format!("'{}' (stray quotes or spaces)", Excerpt(line))),
                }
                bare_quotes = 0;
                if end.is_none() {
                    return Ok(words);
                }
            }
        }
    }
}
