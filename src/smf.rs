//! What SMF itself defines, written once: names, values, methods, contexts, and what its tools print.
//!
//! Nothing of VirtualBox or of our own properties. Pure, but for `tools`, which run programs through the host. May use `host`,
//! `text` and `failure`.

pub(crate) mod composition;
pub(crate) mod credential;
pub(crate) mod enabled;
pub(crate) mod escape;
pub(crate) mod exec;
pub(crate) mod fmri;
pub(crate) mod method;
pub(crate) mod method_context;
pub(crate) mod recipe;
pub(crate) mod run_level;
pub(crate) mod timeout;
pub(crate) mod tools;
pub(crate) mod value_type;
