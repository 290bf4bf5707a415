//! The main job: what a start and a stop observe, decide and do.

pub(crate) mod deadline;
pub(crate) mod look;
pub(crate) mod method;
pub(crate) mod plan;
