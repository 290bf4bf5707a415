//! What is printed, and how names that are misspelt are found.
//!
//! No words about VMs or services: those stand where the thing is known. May use `failure`.

pub(crate) mod log;
pub(crate) mod output;
pub(crate) mod pipe_writer;
pub(crate) mod printable;
pub(crate) mod shell;
pub(crate) mod suggest;
pub(crate) mod table;
