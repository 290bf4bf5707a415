//! The document type declaration, and names in it.

/// The document type declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct DocumentType<'a> {
    /// Where it begins.
    pub(in super::super) at: usize,
    /// Where it ends.
    pub(in super::super) end: usize,
    /// The root element that it names.
    pub(in super::super) root: &'a str,
    /// The SYSTEM id and its place.
    pub(in super::super) system: Option<(&'a str, usize)>,
}

/// The name at the beginning of a text.
pub(super) fn name(text: &str) -> &str {
    let end = text.find(|c: char| {
        c.is_ascii_whitespace()
            || matches!(
                c,
                '<' | '>' | '/' | '=' | '"' | '\'' | '?' | '!' | ';' | '&' | '[' | ']'
            )
    });
    &text[..end.unwrap_or(text.len())]
}
