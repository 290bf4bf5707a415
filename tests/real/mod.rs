//! On real VirtualBox, and on the stand-ins that the rig puts beside it.

mod advised;
mod bad_input;
mod causes;
mod check;
mod deaf_guests;
mod doctor;
mod dry_runs;
mod explained;
mod faults;
mod files;
mod from_virtualbox;
mod hostile;
mod manners;
mod matrix;
mod one_vm;
mod prober;
mod rig;
mod server_killed;
mod start_settings;
mod starts;
mod status;
mod stop_trouble;
mod stops;
mod storms;
mod svcprop_fake;
mod terminal;
mod together;
mod unwritable;

/// How often something is repeated that has to hold every time: twice, as often as `VBOX_SMF_ROUNDS` says,
/// or with `VBOX_SMF_FULL` the full number.
fn rounds(full: usize) -> usize {
    let set = std::env::var("VBOX_SMF_ROUNDS")
        .ok()
        .and_then(|n| n.parse().ok());
    match (std::env::var_os("VBOX_SMF_FULL"), set) {
        (Some(_), _) => full,
        (None, Some(n)) => full.min(n),
        (None, None) => 2,
    }
}
