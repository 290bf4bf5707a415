//! SMF and VirtualBox without either: the simulated host, and the rehearsal that is played on it.
//!
//! The methods run as they are; only `trait Host` is another one, and its clock does not make anybody wait. What the
//! simulated VirtualBox does was recorded from the real one. May use `engine`, `manifest`, `validate`, and the rooms below.

pub(crate) mod host;
pub(crate) mod rehearsal;
