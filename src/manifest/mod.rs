//! Manifests: what SMF imports.
