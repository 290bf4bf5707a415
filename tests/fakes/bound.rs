//! The real program behind a stand-in dies when the stand-in is killed, since to the program under test they are one.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// Has the kernel kill what this command runs when we die.
pub(crate) fn dies_with_us(command: &mut Command) {
    let me = std::process::id();
    // SAFETY: between fork and exec the closure makes two system calls that are async-signal-safe.
    unsafe {
        command.pre_exec(move || {
            // The rig is a Linux one; elsewhere this only has to compile.
            #[cfg(target_os = "linux")]
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0 {
                return Err(io::Error::last_os_error());
            }
            // Killed before prctl was called.
            if u32::try_from(libc::getppid()) != Ok(me) {
                return Err(io::Error::other("the stand-in is gone"));
            }
            Ok(())
        });
    }
}
