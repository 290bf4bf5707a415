//! The lock for cold starts: `/tmp/.vbox-smf-UID/lock`.
//!
//! `/tmp` is everybody's, so nothing there is trusted that is not ours: the folder is looked at and opened without
//! following it, and the file is opened in it, again without following it. It is an `fcntl` lock, because
//! `flock` is not to be had on Solaris. The descriptor goes to no child: what leaks into VBoxSVC stays open for as
//! long as a VM runs.
#![expect(unsafe_code, reason = "calls into libc")]

use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd};
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
    let file = open(folder, uid).map_err(LockError::Unusable)?;
    let until = Instant::now() + wait;
    loop {
        match try_lock(&file) {
            Ok(true) => return Ok(Lock { _file: file }),
            Ok(false) if Instant::now() >= until => return Err(LockError::Busy(wait)),
            Ok(false) => pause(),
            Err(e) => {
                let path = folder.join("lock");
                return Err(LockError::Unusable(failed("lock", &path, &e)));
            }
        }
    }
}

/// Opens the file, or says what is in its way and what to do about it. Nothing that is there is changed.
fn open(folder: &Path, uid: u32) -> Result<File, String> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => {
            let parent = folder.parent().unwrap_or(folder).display();
            return Err(format!(
                "cannot make {}: {e}: {parent} must be owned by root and have mode 1777",
                folder.display()
            ));
        }
        _ => {}
    }
    let strange = || {
        format!(
            "{} is not a folder owned by user id {uid} and accessible to that user only: remove it",
            folder.display()
        )
    };
    let found = std::fs::symlink_metadata(folder).map_err(|e| failed("look at", folder, &e))?;
    if !is_ours(&found, uid) {
        return Err(strange());
    }
    // From here on it is this folder, whatever the name stands for later: /tmp may have lost its sticky bit.
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(folder)
        .map_err(|e| failed("open", folder, &e))?;
    let about = opened
        .metadata()
        .map_err(|e| failed("look at", folder, &e))?;
    if !is_ours(&about, uid) {
        return Err(strange());
    }
    let path = folder.join("lock");
    let file = open_in(&opened).map_err(|e| failed("open", &path, &e))?;
    let about = file.metadata().map_err(|e| failed("look at", &path, &e))?;
    if !about.is_file() || about.uid() != uid {
        return Err(format!(
            "{} is not a file owned by user id {uid}: remove it",
            path.display()
        ));
    }
    Ok(file)
}

fn failed(what: &str, path: &Path, e: &io::Error) -> String {
    format!("cannot {what} {}: {e}: remove it", path.display())
}

fn is_ours(folder: &Metadata, uid: u32) -> bool {
    let of_others = folder.mode() & 0o077;
    folder.is_dir() && folder.uid() == uid && of_others == 0
}

/// Opens the lock in a folder. A link is not followed, and a FIFO does not make it wait for a reader. Nothing is
/// ever written to it.
fn open_in(folder: &File) -> io::Result<File> {
    let flags =
        libc::O_RDWR | libc::O_CREAT | libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC;
    // SAFETY: the descriptor is open, and the name ends with a zero byte.
    let fd = unsafe { libc::openat(folder.as_raw_fd(), c"lock".as_ptr(), flags, 0o600) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor was just opened and is owned by nobody else.
    Ok(unsafe { File::from_raw_fd(fd) })
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
mod tests;
