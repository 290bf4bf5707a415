//! What SMF itself defines, written once: values, methods. No I/O.

pub(crate) mod credential;
pub(crate) mod method;
pub(crate) mod recipe;
pub(crate) mod timeout;
