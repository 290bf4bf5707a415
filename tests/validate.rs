//! `vbox-smf validate`: what it judges, prints and exits with.

mod call;
mod hostile;
mod operands;
mod output;
#[cfg(target_os = "linux")]
pub(crate) mod races;
mod vectors;
