//! `status` on real VirtualBox: true in every row, cheap, and harmless to what goes on beside it.

mod beside;
mod rows;

use super::rig::{Call, PROGRAM, User};

/// The command as this user types it.
fn status<'user>(user: &'user User<'user>, arguments: &[&str]) -> Call<'user> {
    let all: Vec<&str> = ["status"].iter().chain(arguments).copied().collect();
    user.program(PROGRAM, &all)
}

/// The command as root types it.
fn as_root<'user>(user: &'user User<'user>, arguments: &[&str]) -> Call<'user> {
    status(user, arguments)
        .by_root()
        .env("HOME", "/root")
        .env("USER", "root")
        .env("LOGNAME", "root")
}

/// An instance of this user's, in this state.
fn instance(user: &User<'_>, name: &str, vm: &str, smf: (&str, &str), more: &[(&str, &str, &str)]) {
    let mut properties = vec![
        ("method_context/user", "astring", user.name),
        ("vm/name", "astring", vm),
    ];
    properties.extend(more);
    user.set_props(name, &properties);
    user.set_state(name, smf.0, smf.1);
}
