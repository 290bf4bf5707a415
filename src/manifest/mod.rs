//! Manifests: what SMF imports.
//!
//! ```text
//! names, settings -> blueprint -> build -> model -> write -> text
//!                    schema -> describe ^       ^-- read <-- text
//!
//! source, neighbours -> bytes -> rules -> findings
//! ```

pub(crate) mod blueprint;
pub(crate) mod build;
mod comments;
mod describe;
mod layout;
pub(crate) mod method;
pub(crate) mod model;
pub(crate) mod names;
pub(crate) mod neighbours;
pub(crate) mod place;
#[cfg(test)]
pub(crate) mod read;
pub(crate) mod rules;
pub(crate) mod setting;
pub(crate) mod source;
pub(crate) mod template;
pub(crate) mod write;

#[cfg(test)]
mod order;
#[cfg(test)]
mod strategy;
