//! What SMF itself defines, written once: values, methods. No I/O.

pub(crate) mod credential;
pub(crate) mod enabled;
pub(crate) mod method;
pub(crate) mod recipe;
pub(crate) mod run_level;
pub(crate) mod timeout;
