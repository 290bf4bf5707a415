//! One file a command: the only place where looking, deciding and acting meet.

pub(crate) mod completions;
pub(crate) mod describe;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod generate;
mod instances;
pub(crate) mod inventory;
mod limit;
pub(crate) mod look;
pub(crate) mod man;
pub(crate) mod method;
mod owners;
pub(crate) mod rehearse;
pub(crate) mod status;
pub(crate) mod validate;
