//! From bytes to a text, with what the XML tree does not keep.

pub(super) mod decode;
pub(super) mod document_type;
mod encoding;
mod fault;
pub(super) mod growth;
pub(super) mod scan;
