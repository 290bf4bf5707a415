//! The elements of a document that is to be written.

/// An element: it has children or text, never both.
#[derive(Debug, Default)]
pub(super) struct Element {
    /// The element's name.
    pub(super) name: String,
    /// Names and values, without references.
    pub(super) attributes: Vec<(String, String)>,
    /// The elements in it.
    pub(super) children: Vec<Self>,
    /// Its text.
    pub(super) text: String,
}

impl Element {
    /// The value of `@name`.
    pub(super) fn name_attribute(&self) -> Option<&str> {
        let (_, value) = self.attributes.iter().find(|(name, _)| name == "name")?;
        Some(value)
    }
}
