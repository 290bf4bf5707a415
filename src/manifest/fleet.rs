//! The fleet file: many VMs in one TOML file, what they share in templates.
//!
//! ```text
//! text -> read -> File -> inherit -> one set of values a VM -> levels -> Request
//! ```
//!
//! `[defaults]` comes first, then the templates of a VM in their order, each after its own, then the VM
//! itself: what comes later counts.

mod error;
mod inherit;
mod keys;
mod levels;
mod read;
mod value;
mod want;

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod tests;

pub(crate) use read::File;
