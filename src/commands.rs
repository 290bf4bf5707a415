//! One module a command: its arguments, one call into a room below, and the output.
//!
//! Nothing is decided here, and no command uses what another one prints. May use every room but `cli`; only `cli` uses it.

pub(crate) mod completions;
pub(crate) mod describe;
pub(crate) mod docs;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod generate;
pub(crate) mod man;
pub(crate) mod rehearse;
pub(crate) mod status;
pub(crate) mod validate;
