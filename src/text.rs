//! What is printed, and how names that are misspelt are found.
//!
//! No words about VMs or services: those stand where the thing is known. May use `failure`.

pub(crate) mod columns;
pub(crate) mod log;
pub(crate) mod near;
pub(crate) mod output;
pub(crate) mod paper;
pub(crate) mod printable;
pub(crate) mod shell;
