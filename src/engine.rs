//! The main job: what a start and a stop observe, decide and do.
//!
//! `look` observes, `plan` decides, `method` does what was decided until the plan says that it is over. `plan` is pure: it
//! reads no file and no clock, so that a test, `explain` and `rehearse` ask it as a method does. May use `config`, `smf`,
//! `virtualbox`, and the rooms below these.

pub(crate) mod deadline;
pub(crate) mod method;
pub(crate) mod observer;
pub(crate) mod plan;
