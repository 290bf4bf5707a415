//! SMF and VirtualBox without either: the simulated host, and the rehearsal that is played on it.

pub(crate) mod host;
pub(crate) mod rehearsal;
