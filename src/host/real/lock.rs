//! The lock for cold starts: `/tmp/.vbox-smf-UID/lock`.
//!
//! `/tmp` is everybody's, so nothing there is trusted that is not ours: the folder is looked at without
//! following it, and the file is opened without following it. It is an `fcntl` lock, because
//! `flock` is not to be had on Solaris. The descriptor goes to no child: what leaks into VBoxSVC stays open for as
//! long as a VM runs.
#![expect(unsafe_code, reason = "calls into libc")]

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::host::{Held, LockError};

/// How often a lock that is held is asked for again.
const GLANCE: Duration = Duration::from_millis(20);

/// A lock that is held until this is dropped: closing the file lets it go.
pub(super) struct Lock {
    _file: File,
}

impl Held for Lock {}

/// Takes the lock in this folder, which is made if it is not there.
pub(super) fn take(folder: &Path, uid: u32, wait: Duration) -> Result<Lock, LockError> {
    let unusable = |what: String| LockError::Unusable(what);
    let failed = |what: &str, path: &Path, e: io::Error| {
        LockError::Unusable(format!("{what} {}: {e}", path.display()))
    };
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => {
            return Err(failed("cannot make", folder, e));
        }
        _ => {}
    }
    let found =
        std::fs::symlink_metadata(folder).map_err(|e| failed("cannot look at", folder, e))?;
    if !found.is_dir() || found.uid() != uid || found.mode() & 0o077 != 0 {
        return Err(unusable(format!(
            "{} is not a folder of user id {uid} that only that user may enter: remove it",
            folder.display()
        )));
    }
    let path = folder.join("lock");
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        // A FIFO in its place would make opening wait for a reader.
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(&path)
        .map_err(|e| failed("cannot open", &path, e))?;
    let opened = file
        .metadata()
        .map_err(|e| failed("cannot look at", &path, e))?;
    if !opened.is_file() || opened.uid() != uid {
        return Err(unusable(format!(
            "{} is not a file of user id {uid}: remove it",
            path.display()
        )));
    }
    let until = Instant::now() + wait;
    loop {
        match try_lock(&file) {
            Ok(true) => return Ok(Lock { _file: file }),
            Ok(false) if Instant::now() >= until => return Err(LockError::Busy(wait)),
            Ok(false) => pause(),
            Err(e) => return Err(failed("cannot lock", &path, e)),
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "another process's lock is no simulated time"
)]
fn pause() {
    std::thread::sleep(GLANCE);
}

/// Asks for a write lock on the whole file.
fn try_lock(file: &File) -> io::Result<bool> {
    // SAFETY: all fields of a `flock` are numbers, for which zero is a value.
    let mut wanted: libc::flock = unsafe { std::mem::zeroed() };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "constants that fit, of different types on different systems"
    )]
    {
        wanted.l_type = libc::F_WRLCK as libc::c_short;
        wanted.l_whence = libc::SEEK_SET as libc::c_short;
    }
    // SAFETY: the descriptor is open, and `wanted` lives for the call.
    let result = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLK, &raw const wanted) };
    if result == 0 {
        return Ok(true);
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error() {
        Some(libc::EACCES | libc::EAGAIN) => Ok(false),
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::real::account::current_uid;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::PathBuf;

    fn folder(name: &str) -> PathBuf {
        let base =
            std::env::temp_dir().join(format!("vbox-smf-lock-{}-{name}", std::process::id()));
        let _gone = std::fs::remove_dir_all(&base);
        let _gone = std::fs::remove_file(&base);
        base
    }

    fn refused(folder: &Path) -> String {
        match take(folder, current_uid(), Duration::ZERO) {
            Err(LockError::Unusable(why)) => why,
            Err(LockError::Busy(_)) => panic!("busy"),
            Ok(_) => panic!("taken"),
        }
    }

    #[test]
    fn taken_let_go_and_taken_again() {
        let folder = folder("again");
        for _ in 0..2 {
            drop(take(&folder, current_uid(), Duration::ZERO).expect("a lock"));
        }
        let mode = std::fs::metadata(&folder).expect("a folder").mode();
        assert_eq!(mode & 0o777, 0o700);
        std::fs::remove_dir_all(folder).expect("clean");
    }

    #[test]
    fn hostile_neighbours() {
        let elsewhere = folder("elsewhere");
        std::fs::create_dir(&elsewhere).expect("a folder");
        let link = folder("link");
        symlink(&elsewhere, &link).expect("a link");
        assert!(refused(&link).contains("is not a folder of user id"));

        let open = folder("open");
        std::fs::create_dir(&open).expect("a folder");
        std::fs::set_permissions(&open, PermissionsExt::from_mode(0o777)).expect("a mode");
        assert!(refused(&open).contains("is not a folder of user id"));

        let file = folder("file");
        std::fs::write(&file, "").expect("a file");
        assert!(refused(&file).contains("is not a folder of user id"));

        let inside = folder("inside");
        DirBuilder::new()
            .mode(0o700)
            .create(&inside)
            .expect("a folder");
        symlink("/etc/passwd", inside.join("lock")).expect("a link");
        assert!(refused(&inside).contains("cannot open"));
        std::fs::remove_file(inside.join("lock")).expect("clean");
        std::fs::create_dir(inside.join("lock")).expect("a folder");
        assert!(refused(&inside).contains("cannot open"));

        let other = take(&folder("other"), current_uid() + 1, Duration::ZERO);
        assert!(matches!(other, Err(LockError::Unusable(_))));
        for path in [elsewhere, open, inside, folder("other")] {
            let _gone = std::fs::remove_dir_all(path);
        }
        for path in [link, file] {
            std::fs::remove_file(path).expect("clean");
        }
    }

    #[test]
    fn a_fifo_does_not_hang() {
        let folder = folder("fifo");
        DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .expect("a folder");
        let path =
            std::ffi::CString::new(folder.join("lock").to_str().expect("UTF-8")).expect("no NUL");
        // SAFETY: the path is a C string.
        assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
        assert!(refused(&folder).contains("is not a file of user id"));
        std::fs::remove_dir_all(folder).expect("clean");
    }
}
