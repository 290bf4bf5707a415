//! What `svccfg validate` and `svccfg import` would say of a manifest, and what they would not.
//!
//! ```text
//! bytes -> text -> tree -> grammar                       dtd
//!                    `---> read -> entity                semantic
//!                                    |-> templates       template
//!                                    |-> import          import
//!                                    `-> lint            lint
//! ```
//! As in svccfg a stage is reached only where the one before found no error, but for the import, which
//! svccfg tries although templates are violated.
//!
//! Pure: what a file includes is read by the caller. May use `config`, `smf` and the rooms below, and no VM's state.

mod apply;
pub(crate) mod code;
mod entity;
mod finding;
mod fmri;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod grammar;
mod import;
mod judge;
mod lint;
#[cfg(test)]
mod mutations;
mod places;
mod read;
#[cfg(test)]
mod samples;
mod templates;
mod text;
mod tree;
mod value;
mod xinclude;

pub(crate) use code::{Code, Severity, Stage};
pub(crate) use finding::Finding;
pub(crate) use judge::judge;
pub(crate) use text::decode::FILE_MAX;

/// What a file is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// For `svccfg import`.
    Manifest,
    /// For `svccfg apply`.
    Profile,
}

/// What stands where an `xi:include` points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Included {
    /// Outside the manifest's folder, where nothing is read.
    Outside,
    /// The manifest itself.
    Itself,
    /// Nothing that could be read.
    Missing,
    /// A file.
    Content(Vec<u8>),
}
