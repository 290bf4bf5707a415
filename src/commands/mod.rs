//! One file a command: the only place where looking, deciding and acting meet.

pub(crate) mod completions;
pub(crate) mod describe;
pub(crate) mod explain;
pub(crate) mod generate;
pub(crate) mod inventory;
pub(crate) mod look;
pub(crate) mod man;
pub(crate) mod method;
pub(crate) mod rehearse;
pub(crate) mod validate;
