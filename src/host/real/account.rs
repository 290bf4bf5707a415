//! The password database, and becoming somebody else.
#![expect(unsafe_code, reason = "calls into libc")]

use std::ffi::{CStr, CString, OsStr};
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::host::{Access, Account};
use crate::text::printable::Printable;

/// Most password entries with all their strings are shorter than the first of these, and none is longer than the
/// second.
const BUFFERS: [usize; 2] = [1 << 10, 64 << 10];

/// The effective user id.
pub(super) fn current_uid() -> u32 {
    // SAFETY: geteuid cannot fail and touches no memory.
    unsafe { libc::geteuid() }
}

/// Who this process is.
pub(super) fn current() -> io::Result<Account> {
    let uid = current_uid();
    let found = by_uid(uid)?;
    found.map(|(account, _)| account).ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::NotFound,
            format!("no password entry for user id {uid}"),
        )
    })
}

/// Looks a user up by name, or by number, as `method_context/user` may be either.
pub(super) fn by_name(name: &str) -> io::Result<(Account, libc::gid_t)> {
    let text = CString::new(name)?;
    let found = look_up(|entry, buffer, result| {
        // SAFETY: as in `by_uid`, and the name is a C string that lives as long.
        unsafe {
            libc::getpwnam_r(
                text.as_ptr(),
                entry,
                buffer.as_mut_ptr(),
                buffer.len(),
                result,
            )
        }
    })?;
    let found = match (found, name.parse()) {
        (None, Ok(uid)) => by_uid(uid)?,
        (found, _) => found,
    };
    found.ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::NotFound,
            format!("there is no user '{}'", Printable(name)),
        )
    })
}

/// Looks a user up by number.
fn by_uid(uid: u32) -> io::Result<Option<(Account, libc::gid_t)>> {
    look_up(|entry, buffer, result| {
        // SAFETY: the three point to live memory of ours, and the length is the buffer's.
        unsafe { libc::getpwuid_r(uid, entry, buffer.as_mut_ptr(), buffer.len(), result) }
    })
}

type Entry = *mut libc::passwd;

/// Calls one of the `getpw*_r` functions and copies what it found.
fn look_up(
    call: impl Fn(Entry, &mut [libc::c_char], *mut Entry) -> libc::c_int,
) -> io::Result<Option<(Account, libc::gid_t)>> {
    let [some, much] = BUFFERS;
    let mut buffer = vec![0; some];
    let mut entry = std::mem::MaybeUninit::<libc::passwd>::uninit();
    let mut result: Entry = std::ptr::null_mut();
    let mut error = call(entry.as_mut_ptr(), &mut buffer, &raw mut result);
    if error == libc::ERANGE {
        buffer.resize(much, 0);
        error = call(entry.as_mut_ptr(), &mut buffer, &raw mut result);
    }
    if error != 0 {
        return Err(io::Error::from_raw_os_error(error));
    }
    if result.is_null() {
        return Ok(None);
    }
    // SAFETY: the call succeeded and gave a pointer to `entry`, so it has filled it in.
    let entry = unsafe { entry.assume_init() };
    // SAFETY: a filled-in entry's name is a C string in `buffer`, which lives until the end.
    let name = unsafe { CStr::from_ptr(entry.pw_name) };
    // SAFETY: as the name.
    let home = unsafe { CStr::from_ptr(entry.pw_dir) };
    let account = Account {
        name: name.to_string_lossy().into_owned(),
        uid: entry.pw_uid,
        home: PathBuf::from(OsStr::from_bytes(home.to_bytes())),
    };
    Ok(Some((account, entry.pw_gid)))
}

/// Becomes this user for good, as svc.startd would before it runs the method: all groups, then the user. Whoever is
/// that user stays as it is.
pub(super) fn become_user(account: &Account, group: libc::gid_t) -> io::Result<()> {
    if account.uid == current_uid() {
        return Ok(());
    }
    let text = CString::new(account.name.as_str())?;
    // The type of the second argument differs between systems.
    // SAFETY: the name is a C string.
    check(unsafe { libc::initgroups(text.as_ptr(), group as _) })?;
    // SAFETY: it touches no memory.
    check(unsafe { libc::setgid(group) })?;
    // SAFETY: it touches no memory.
    check(unsafe { libc::setuid(account.uid) })
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Whether this user may do that with what is at a path.
pub(super) fn may(path: &Path, access: Access) -> io::Result<()> {
    let text = CString::new(path.as_os_str().as_bytes())?;
    let wanted = match access {
        Access::Read => libc::R_OK,
        Access::Write => libc::W_OK,
        Access::Search => libc::X_OK,
    };
    // SAFETY: the path is a C string that lives for the call.
    let denied =
        unsafe { libc::faccessat(libc::AT_FDCWD, text.as_ptr(), wanted, libc::AT_EACCESS) };
    if denied == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// How many bytes the file system of a path has for this user.
pub(super) fn free_space(path: &Path) -> io::Result<u64> {
    let text = CString::new(path.as_os_str().as_bytes())?;
    let mut facts = MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: the path is a C string that lives for the call, and the structure is big enough for the answer.
    let failed = unsafe { libc::statvfs(text.as_ptr(), facts.as_mut_ptr()) };
    if failed != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has filled it.
    let facts = unsafe { facts.assume_init() };
    let blocks: u64 = facts.f_bavail;
    let size: u64 = facts.f_frsize;
    Ok(blocks.saturating_mul(size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_by_name_and_by_number() {
        let (root, _) = by_name("root").expect("root");
        assert_eq!((root.uid, root.name.as_str()), (0, "root"));
        assert_eq!(by_name("0").expect("user 0").0, root);
        for nobody in ["no such user", "4294967290", ""] {
            assert!(by_name(nobody).is_err(), "{nobody}");
        }
        assert_eq!(current().expect("this user").uid, current_uid());
    }

    #[test]
    fn access_is_told_without_touching_what_is_there() {
        let folder = std::env::temp_dir().join(format!("vbox-smf-may-{}", std::process::id()));
        std::fs::create_dir(&folder).expect("a folder");
        for (path, access, expected) in [
            (folder.clone(), Access::Write, None),
            (folder.clone(), Access::Search, None),
            (
                folder.join("none"),
                Access::Read,
                Some(io::ErrorKind::NotFound),
            ),
            // Written by nobody, root included.
            (
                "/proc/version".into(),
                Access::Search,
                Some(io::ErrorKind::PermissionDenied),
            ),
            ("/proc/version".into(), Access::Read, None),
        ] {
            if path.starts_with("/proc") && !path.exists() {
                continue;
            }
            let told = may(&path, access).err().map(|error| error.kind());
            assert_eq!(told, expected, "{} {access:?}", path.display());
        }
        std::fs::remove_dir(&folder).expect("the folder is as it was");
    }
}
