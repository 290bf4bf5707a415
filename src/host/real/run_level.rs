//! At which run level this host is.
#![expect(unsafe_code, reason = "calls into libc")]

use crate::host::utmpx;

/// What the entry of the run level says (`getutxent(3C)`); none where there is no such entry.
///
/// The calls share a position in the file, and nothing else in this program reads it.
pub(super) fn current() -> Option<char> {
    // SAFETY: it has no preconditions.
    unsafe { libc::setutxent() };
    let mut found = None;
    // SAFETY: it gives a pointer to an entry that is whole until the next call, or none.
    while let Some(entry) = unsafe { libc::getutxent().as_ref() } {
        if entry.ut_type == libc::RUN_LVL {
            let line: Vec<u8> = entry.ut_line.iter().map(|c| c.to_ne_bytes()[0]).collect();
            found = utmpx::of_line(&line);
            break;
        }
    }
    // SAFETY: it has no preconditions.
    unsafe { libc::endutxent() };
    found
}
