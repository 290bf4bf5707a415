//! SMF's own programs: how each is run, and a pure parser of what it prints.

mod answer;
pub(crate) mod svccfg;
pub(crate) mod svcprop;
pub(crate) mod svcs;
