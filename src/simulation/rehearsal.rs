//! A rehearsal: the whole life of instances through the real method code, on a simulated host.
//!
//! ```text
//! manifest -> import -> cast (instances, VMs, guests, faults)
//!             scenario -> startd (svc.startd) -> exec (which method, as whom, how long)
//!                           |  `-> engine::method::run, on simulation::host
//!                           `-> board, depends (who waits for whom)
//!             outcome, timeline, lanes -> picture, record (JSON) <- what happened
//! ```

pub(crate) mod assigned;
mod depends;
mod exec;
mod import;
mod instances;
pub(crate) mod lanes;
mod notes;
pub(crate) mod outcome;
pub(crate) mod picture;
mod progress;
pub(crate) mod record;
pub(crate) mod scenario;
mod startd;
#[cfg(test)]
mod storms;
#[cfg(test)]
mod tests;
pub(crate) mod timeline;
#[cfg(test)]
pub(crate) mod trial;
