//! `vbox-smf`: VirtualBox VMs as SMF services.
//!
//! Under SMF it is the start and stop method of a VM, one VM per instance
//! (`svc:/site/xvm/vbox:vm1`). By hand it writes, checks and rehearses manifests.
//!
//! ```text
//! main -> run -> cli -> commands/*           where looking, deciding and acting meet
//!                         |-> tools/*        VBoxManage, svcprop, svcs: runner + pure parser
//!                         |     `-> host/*   trait Host: this machine, or a simulated one
//!                         |-> virtualbox/*   VirtualBox's own files, read without VirtualBox
//!                         |-> plan, settings, schema    pure decisions
//!                         |-> fleet/*        a file of many VMs
//!                         |-> manifest/*     what SMF imports
//!                         `-> rbac           who may manage it
//!                       failure              kinds of failure -> exit status
//! words: fmri, vm, value_type, smf/*   no I/O; columns, printable, output: what is printed; bounded: what is read
//! ```

mod bounded;
mod cli;
mod columns;
mod commands;
mod docs;
mod failure;
mod fleet;
mod fmri;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod host;
mod log;
mod manifest;
mod near;
mod output;
mod plan;
mod printable;
mod rbac;
mod rehearse;
mod schema;
mod settings;
mod smf;
mod tools;
mod value_type;
mod virtualbox;
mod vm;

pub use cli::run;
