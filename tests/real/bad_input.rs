//! What is wrong in the settings, the machine or the call: each with the documented exit status and one line that
//! says what to do, in time, and the VM untouched.

mod by_hand;
mod calls;
mod lock;
mod names;
mod places;
mod properties;
mod repository;
mod vboxmanage;
mod vms;
