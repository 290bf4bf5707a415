//! On real VirtualBox, and on the stand-ins that the rig puts beside it.

mod manners;
mod rig;
mod starts;
mod svcprop_fake;
