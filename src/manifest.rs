//! Manifests: what SMF imports.
//!
//! ```text
//! request -> resolve -> blueprint -> build -> model -> write -> text
//!                       schema -> describe ^       ^-- read <-- text
//!
//! source, neighbours -> bytes -> rules -> findings
//! ```
//! Writes nothing to a disk: `commands::generate` does. May use `validate`, which judges what is read, and the rooms below.

pub(crate) mod authority;
pub(crate) mod blueprint;
pub(crate) mod build;
mod comments;
pub(crate) mod context;
mod dependency;
mod describe;
pub(crate) mod duration;
mod element;
pub(crate) mod explain;
pub(crate) mod fleet;
mod layout;
pub(crate) mod method;
pub(crate) mod model;
pub(crate) mod names;
pub(crate) mod need;
pub(crate) mod neighbours;
pub(crate) mod notify;
pub(crate) mod options;
pub(crate) mod profile;
pub(crate) mod rbac;
#[cfg(test)]
pub(crate) mod read;
pub(crate) mod request;
pub(crate) mod resolve;
pub(crate) mod setting;
pub(crate) mod source;
pub(crate) mod template;
pub(crate) mod write;
mod write_error;

#[cfg(test)]
pub(crate) mod order;
#[cfg(test)]
mod strategy;
