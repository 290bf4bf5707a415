//! The properties of an instance: the one table of them, and the settings that they make.
//!
//! Nothing else knows a property by its name. May use `smf` and `virtualbox::vm`, and the rooms below.

mod choices;
pub(crate) mod schema;
pub(crate) mod settings;
