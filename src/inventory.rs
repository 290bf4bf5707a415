//! Instances, their owners and the VMs of these: what status, doctor, explain and gen know of many VMs at once.
//!
//! Each owner is asked as that owner, side by side with the others, and within one limit for all. It reports, and decides
//! nothing. May use `engine::plan`, and the rooms below.

pub(crate) mod instances;
pub(crate) mod limit;
pub(crate) mod owners;
pub(crate) mod vms;
