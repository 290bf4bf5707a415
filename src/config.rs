//! The properties of an instance: the one table of them, and the settings that they make.

pub(crate) mod schema;
pub(crate) mod settings;
