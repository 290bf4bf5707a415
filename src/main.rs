//! `vbox-smf`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    vbox_smf::run(std::env::args_os(), std::env::vars_os())
}
