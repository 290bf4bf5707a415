//! Every rule, by stage.

pub(super) mod import;
pub(super) mod lint;
pub(super) mod reading;
pub(super) mod semantic;
pub(super) mod template;
