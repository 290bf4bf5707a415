//! Which locales this machine has.
#![expect(unsafe_code, reason = "calls into libc")]

use std::ffi::CString;

/// Whether characters can be told by this locale.
pub(super) fn exists(name: &str) -> bool {
    let Ok(name) = CString::new(name) else {
        return false;
    };
    // SAFETY: the name is a C string that lives for the call, and no locale is the base of the new one.
    let locale =
        unsafe { libc::newlocale(libc::LC_CTYPE_MASK, name.as_ptr(), std::ptr::null_mut()) };
    if locale.is_null() {
        return false;
    }
    // SAFETY: it was just made, and nobody uses it.
    unsafe { libc::freelocale(locale) };
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_that_is_everywhere_and_one_that_is_nowhere() {
        assert!(exists("C"));
        assert!(!exists("nowhere_NO.UTF-8"));
        assert!(!exists("C\0"));
    }
}
