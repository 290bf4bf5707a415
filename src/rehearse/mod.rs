//! A rehearsal: the whole life of instances through the real method code, on a simulated host.
//!
//! ```text
//! manifest -> import -> repository of the simulated host
//!             scenario -> startd (svc.startd) -> exec (which method, as whom, how long)
//!                              `-> commands::method::run, on host::sim
//!             timeline <- what happened
//! ```

#[cfg(test)]
pub(crate) mod bench;
mod exec;
mod import;
pub(crate) mod scenario;
mod startd;
#[cfg(test)]
mod tests;
pub(crate) mod timeline;
