//! One file a command: the only place where looking, deciding and acting meet.

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
