//! Manifests: what SMF imports.

pub(crate) mod model;
pub(crate) mod template;
