//! One file a tool: how it is run, and a pure parser of what it prints.

pub(crate) mod processes;
pub(crate) mod svccfg;
pub(crate) mod svcprop;
pub(crate) mod svcs;
pub(crate) mod vboxmanage;
