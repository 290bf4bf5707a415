//! `vbox-smf`: VirtualBox VMs as SMF services.
//!
//! Under SMF it is the start and stop method of a VM, one VM per instance
//! (`svc:/site/xvm/vbox:vm1`). By hand it writes, checks and rehearses manifests.
//!
//! ```text
//! cli                     arguments
//! commands                one verb a file: arguments -> one call -> output
//! engine                  the main job: observe, decide (plan, pure), act
//! inventory               instances x owners x VMs
//! manifest, validate      what SMF imports, and the rules that it is judged by
//! simulation              SMF and VirtualBox without either, and rehearsals on them
//! virtualbox, smf         what is known of each: files, programs, words
//! config                  the properties of an instance
//! host                    trait Host, the only seam to the world
//! text, failure           what is printed; kinds of failure -> exit status
//! ```
//!
//! A module uses those of its own line and of the lines below.

mod cli;
mod commands;
mod config;
mod engine;
mod failure;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod host;
mod inventory;
mod manifest;
mod simulation;
mod smf;
mod text;
mod validate;
mod virtualbox;

pub use cli::run;
