//! What is known of VirtualBox itself: where it keeps what, and what its files say.
//!
//! VirtualBox's files are readable without VirtualBox: no program is run, and no server started. They belong to the
//! user whose VMs they describe, so they are read as that user, bounded in size, and anything may be in them.
//! Nothing of SMF or of our own properties: what VirtualBox says is turned into words of its own here, and judged in
//! `engine`. May use `host`, `text` and `failure`.

#![allow(dead_code, reason = "not all of it is used yet")]

pub(crate) mod advice;
pub(crate) mod environment;
pub(crate) mod file;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
pub(crate) mod machine_file;
pub(crate) mod processes;
pub(crate) mod refusal;
pub(crate) mod registry;
pub(crate) mod server;
pub(crate) mod session;
pub(crate) mod settings_folder;
pub(crate) mod vbox_log;
pub(crate) mod vboxmanage;
pub(crate) mod vm;
