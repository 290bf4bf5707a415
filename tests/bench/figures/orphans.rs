//! The VMs of the measurement outlive the tool that started them, and are then this process's to bury: the init of a
//! container may take its time, and every start and stop looks at what is still in `/proc`.
#![expect(unsafe_code, reason = "calls into libc")]

/// Takes over the children of its children.
pub(crate) fn adopt() -> std::io::Result<()> {
    // The figures are those of Linux; elsewhere this only has to compile.
    #[cfg(target_os = "linux")]
    // SAFETY: it takes a number, and touches no memory.
    if unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1) } != 0 {
        return Err(std::io::Error::last_os_error());
    }
    Ok(())
}

/// Buries those that are over. Whoever calls it has no child of its own that it still waits for.
pub(crate) fn bury() {
    // SAFETY: nobody wants the status, which a null pointer says.
    while unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG) } > 0 {}
}
