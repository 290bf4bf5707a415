//! Why a model has no text as XML.

use thiserror::Error;

use crate::text::printable::Printable;

/// Why there is no text.
#[derive(Debug, Error)]
pub(crate) enum WriteError {
    /// XML cannot represent this character, not even as a reference.
    #[error("'{}' in <{element}> holds {}, which XML cannot represent", Printable(.value), .character.escape_unicode())]
    Character {
        /// The element.
        element: String,
        /// The attribute's value, or the text.
        value: String,
        /// The first such character.
        character: char,
    },
    /// The model could not be serialized.
    #[error("cannot write the manifest")]
    Serialize(#[from] quick_xml::SeError),
    /// What was serialized could not be laid out.
    #[error("cannot lay out the manifest")]
    Layout(#[from] quick_xml::Error),
}

/// Whether XML 1.0 can hold it, if only as a reference.
pub(crate) const fn is_xml_char(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
