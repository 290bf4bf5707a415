//! Instances, their owners and the VMs of these: what status, doctor, explain and gen know of many VMs at once.

pub(crate) mod instances;
pub(crate) mod limit;
pub(crate) mod owners;
pub(crate) mod vms;
