//! The folder that files are written to, held by a descriptor.
//!
//! Whoever may rename in a folder on the way can put another one in its place, and what is written then lands there. So
//! the path is walked from `/` or from the working directory, one component after the other, with openat and without
//! following links; a link is read and walked itself. What is found on the way is asked of what was opened. All later work
//! goes through the last descriptor.
#![expect(unsafe_code, reason = "calls into libc")]

use std::collections::VecDeque;
use std::ffi::{CString, OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd as _, FromRawFd as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Component, Path, PathBuf};

use super::account::current_uid;
use super::reading::read_folder;

/// As many links a path may lead over.
const LINKS_MAX: u32 = 40;
/// The longest target of a link.
const TARGET_MAX: usize = 4096;

/// What a name may be, as [`Entry::kind`] has it.
pub(crate) const S_IFDIR: u32 = mode(libc::S_IFDIR);
/// A link.
pub(crate) const S_IFLNK: u32 = mode(libc::S_IFLNK);
/// A FIFO.
pub(crate) const S_IFIFO: u32 = mode(libc::S_IFIFO);
/// A socket.
pub(crate) const S_IFSOCK: u32 = mode(libc::S_IFSOCK);

/// A folder to write to.
#[derive(Debug)]
pub(crate) struct Folder(File);

/// What a name in a folder is, without following it (`fstatat(2)`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    /// What tells it from every other file.
    pub(crate) identity: (u64, u64),
    /// The owner's user id.
    pub(crate) owner: u32,
    /// The kind and the permission bits (`st_mode`).
    pub(crate) mode: u32,
    /// How many names it has.
    pub(crate) links: u64,
}

impl Entry {
    /// What it is (`S_IFREG`, ...).
    pub(crate) fn kind(self) -> u32 {
        self.mode & mode(libc::S_IFMT)
    }

    /// Whether it is a regular file.
    pub(crate) fn is_file(self) -> bool {
        self.kind() == mode(libc::S_IFREG)
    }

    fn is_folder(self) -> bool {
        self.kind() == mode(libc::S_IFDIR)
    }

    fn is_link(self) -> bool {
        self.kind() == mode(libc::S_IFLNK)
    }

    /// Who else may rename what is in this folder.
    fn is_open(self) -> bool {
        self.mode & 0o022 != 0
    }

    fn is_sticky(self) -> bool {
        self.mode & 0o1000 != 0
    }
}

/// Something on the way that somebody else may replace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Replaceable {
    /// The path as far as it.
    pub(crate) path: PathBuf,
    /// Why; a clause.
    pub(crate) why: String,
}

/// A folder that was walked to, and what others may replace on the way.
pub(crate) struct Walked {
    /// The folder.
    pub(crate) folder: Folder,
    /// The first of what others may replace.
    pub(crate) replaceable: Option<Replaceable>,
}

/// Walks to a folder.
///
/// # Errors
/// It is none, or cannot be entered; with the path as far as that.
pub(crate) fn walk(path: &Path) -> Result<Walked, (PathBuf, io::Error)> {
    let ours = current_uid();
    let start = if path.is_absolute() { "/" } else { "." };
    let mut folder = Folder::start(start).map_err(|error| (start.into(), error))?;
    let mut shown = PathBuf::from(if start == "/" { "/" } else { "" });
    let mut replaceable = None;
    let mut links = 0;
    let mut ahead: VecDeque<OsString> = parts(path);
    while let Some(part) = ahead.pop_front() {
        let failed = |error| (shown.join(&part), error);
        let above = folder.about().map_err(failed)?;
        if part == ".." {
            folder = folder.enter(&part).map_err(failed)?;
            shown.push("..");
            continue;
        }
        let entry = folder.entry(&part).map_err(failed)?;
        let entry = entry.ok_or_else(|| failed(io::Error::from_raw_os_error(libc::ENOENT)))?;
        if let Some(why) = may_be_replaced(above, entry, ours) {
            replaceable.get_or_insert(Replaceable {
                path: shown.join(&part),
                why,
            });
        }
        if entry.is_link() {
            links += 1;
            if links > LINKS_MAX {
                return Err(failed(io::Error::from_raw_os_error(libc::ELOOP)));
            }
            let target = folder.target(&part).map_err(failed)?;
            if target.is_absolute() {
                folder = Folder::start("/").map_err(failed)?;
                shown = "/".into();
            }
            for name in parts(&target).into_iter().rev() {
                ahead.push_front(name);
            }
            continue;
        }
        let next = folder.enter(&part).map_err(failed)?;
        // Somebody was quicker.
        if next.about().map_err(failed)?.identity != entry.identity {
            return Err(failed(io::Error::other("it is replaced at this moment")));
        }
        folder = next;
        shown.push(&part);
    }
    let last = folder.about().map_err(|error| (shown.clone(), error))?;
    if let Some(why) = is_not_ours(last, ours) {
        replaceable.get_or_insert(Replaceable { path: shown, why });
    }
    Ok(Walked {
        folder,
        replaceable,
    })
}

/// The names of a path, `.` left out.
fn parts(path: &Path) -> VecDeque<OsString> {
    path.components()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(name.to_owned()),
            Component::ParentDir => Some("..".into()),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
        })
        .collect()
}

/// Whether somebody else than root and we may put another thing in the place of what is in a folder.
fn may_be_replaced(folder: Entry, entry: Entry, ours: u32) -> Option<String> {
    let is_trusted = |owner: u32| owner == 0 || owner == ours;
    if !is_trusted(folder.owner) {
        return Some(format!("is in a folder of user id {}", folder.owner));
    }
    if folder.is_open() && !folder.is_sticky() {
        return Some("is in a folder that others may write to".to_owned());
    }
    // In a sticky folder its owner may.
    if (folder.is_open() || entry.is_link()) && !is_trusted(entry.owner) {
        return Some(format!("belongs to user id {}", entry.owner));
    }
    None
}

/// Whether somebody else may rename what is written into a folder.
fn is_not_ours(folder: Entry, ours: u32) -> Option<String> {
    if folder.owner != 0 && folder.owner != ours {
        return Some(format!("belongs to user id {}", folder.owner));
    }
    (folder.is_open() && !folder.is_sticky()).then(|| "may be written to by others".to_owned())
}

impl Folder {
    fn start(path: &str) -> io::Result<Self> {
        open_folder(libc::AT_FDCWD, OsStr::new(path))
    }

    fn enter(&self, name: &OsStr) -> io::Result<Self> {
        open_folder(self.0.as_raw_fd(), name)
    }

    fn about(&self) -> io::Result<Entry> {
        // SAFETY: all fields of a `stat` are numbers, for which zero is a value.
        let mut about: libc::stat = unsafe { std::mem::zeroed() };
        // SAFETY: the descriptor is open, and the structure lives for the call.
        check(unsafe { libc::fstat(self.0.as_raw_fd(), &raw mut about) })?;
        Ok(entry_of(&about))
    }

    /// What a name is; none: there is none.
    ///
    /// # Errors
    /// It cannot be looked at.
    pub(crate) fn entry(&self, name: &OsStr) -> io::Result<Option<Entry>> {
        let name = c_name(name)?;
        // SAFETY: all fields of a `stat` are numbers, for which zero is a value.
        let mut about: libc::stat = unsafe { std::mem::zeroed() };
        // SAFETY: the descriptor is open, the name ends with a zero byte, and the structure lives for the call.
        let told = check(unsafe {
            libc::fstatat(
                self.0.as_raw_fd(),
                name.as_ptr(),
                &raw mut about,
                libc::AT_SYMLINK_NOFOLLOW,
            )
        });
        match told {
            Ok(()) => Ok(Some(entry_of(&about))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes a new file that nobody else may read.
    ///
    /// # Errors
    /// There is something, be it a link, or the system says no.
    pub(crate) fn create(&self, name: &OsStr) -> io::Result<File> {
        let name = c_name(name)?;
        let flags =
            libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL | libc::O_NOFOLLOW | libc::O_CLOEXEC;
        // SAFETY: the descriptor is open, and the name ends with a zero byte.
        let fd = unsafe { libc::openat(self.0.as_raw_fd(), name.as_ptr(), flags, 0o600) };
        check(fd)?;
        // SAFETY: it was just opened and is owned by nobody else.
        Ok(unsafe { File::from_raw_fd(fd) })
    }

    /// Gives a file another name, over what has it (`renameat(2)`).
    ///
    /// # Errors
    /// The system says no.
    pub(crate) fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        let (folder, from, to) = (self.0.as_raw_fd(), c_name(from)?, c_name(to)?);
        // SAFETY: the descriptor is open, and both names end with a zero byte.
        check(unsafe { libc::renameat(folder, from.as_ptr(), folder, to.as_ptr()) })
    }

    /// Gives a file a second name, unless something has it (`linkat(2)`).
    ///
    /// # Errors
    /// Something has it, or the system says no.
    pub(crate) fn link(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        let (folder, from, to) = (self.0.as_raw_fd(), c_name(from)?, c_name(to)?);
        // SAFETY: as in `rename`. Without a flag a link is not followed.
        check(unsafe { libc::linkat(folder, from.as_ptr(), folder, to.as_ptr(), 0) })
    }

    /// Takes a name away.
    ///
    /// # Errors
    /// The system says no.
    pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
        let name = c_name(name)?;
        // SAFETY: the descriptor is open, and the name ends with a zero byte.
        check(unsafe { libc::unlinkat(self.0.as_raw_fd(), name.as_ptr(), 0) })
    }

    /// The names in it, sorted.
    ///
    /// # Errors
    /// They cannot be read, or there are more than `limit`.
    pub(crate) fn names(&self, limit: usize) -> io::Result<Vec<OsString>> {
        read_folder(self.0.as_raw_fd(), limit)
    }

    fn target(&self, name: &OsStr) -> io::Result<PathBuf> {
        let name = c_name(name)?;
        let mut target = vec![0_u8; TARGET_MAX];
        // SAFETY: the descriptor is open, the name ends with a zero byte, and the buffer has this length.
        let length = unsafe {
            libc::readlinkat(
                self.0.as_raw_fd(),
                name.as_ptr(),
                target.as_mut_ptr().cast(),
                target.len(),
            )
        };
        let length = usize::try_from(length).map_err(|_| io::Error::last_os_error())?;
        if length == TARGET_MAX {
            return Err(io::Error::from_raw_os_error(libc::ENAMETOOLONG));
        }
        target.truncate(length);
        Ok(OsString::from_vec(target).into())
    }
}

/// Whether a process has this number.
pub(crate) fn is_alive(pid: u32) -> bool {
    let Ok(pid) = libc::pid_t::try_from(pid) else {
        return false;
    };
    // SAFETY: signal 0 is sent to nobody.
    let told = unsafe { libc::kill(pid, 0) };
    told == 0 || io::Error::last_os_error().raw_os_error() != Some(libc::ESRCH)
}

fn open_folder(above: libc::c_int, name: &OsStr) -> io::Result<Folder> {
    let name = c_name(name)?;
    let flags =
        libc::O_RDONLY | libc::O_DIRECTORY | libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC;
    // SAFETY: the descriptor is open or stands for the working directory, and the name ends with a zero byte.
    let fd = unsafe { libc::openat(above, name.as_ptr(), flags) };
    check(fd)?;
    // SAFETY: it was just opened and is owned by nobody else.
    let folder = Folder(unsafe { File::from_raw_fd(fd) });
    if folder.about()?.is_folder() {
        Ok(folder)
    } else {
        Err(io::ErrorKind::NotADirectory.into())
    }
}

#[allow(
    clippy::unnecessary_cast,
    clippy::useless_conversion,
    clippy::cast_sign_loss,
    clippy::cast_lossless,
    reason = "the types of these fields differ between systems"
)]
fn entry_of(about: &libc::stat) -> Entry {
    Entry {
        identity: (about.st_dev as u64, about.st_ino as u64),
        owner: about.st_uid,
        mode: mode(about.st_mode),
        links: about.st_nlink as u64,
    }
}

#[allow(
    clippy::unnecessary_cast,
    reason = "16 bits on some systems, 32 on others"
)]
const fn mode(mode: libc::mode_t) -> u32 {
    mode as u32
}

fn c_name(name: &OsStr) -> io::Result<CString> {
    Ok(CString::new(name.as_bytes())?)
}

fn check(answer: libc::c_int) -> io::Result<()> {
    if answer < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(owner: u32, mode: u32) -> Entry {
        Entry {
            identity: (1, 1),
            owner,
            mode,
            links: 1,
        }
    }

    #[test]
    fn who_else_may_replace_what_is_on_the_way() {
        let (folder, link) = (0o040_755, 0o120_777);
        for (above, below, ours, replaceable) in [
            ((0, 0o040_755), (0, folder), 0, false),
            ((0, 0o041_777), (0, folder), 0, false),
            ((0, 0o041_777), (7, folder), 0, true),
            ((0, 0o041_777), (7, folder), 7, false),
            ((0, 0o040_777), (0, folder), 0, true),
            ((0, 0o040_775), (0, folder), 0, true),
            ((7, 0o040_700), (7, folder), 0, true),
            ((7, 0o040_700), (7, folder), 7, false),
            ((0, 0o040_755), (7, folder), 0, false),
            ((0, 0o040_755), (7, link), 0, true),
            ((0, 0o040_755), (0, link), 7, false),
        ] {
            let told = may_be_replaced(entry(above.0, above.1), entry(below.0, below.1), ours);
            assert_eq!(
                told.is_some(),
                replaceable,
                "{above:?} {below:?} {ours}: {told:?}"
            );
        }
        for (last, ours, told) in [
            ((0, 0o040_755), 0, false),
            ((0, 0o041_777), 0, false),
            ((0, 0o040_777), 0, true),
            ((7, 0o040_755), 0, true),
            ((7, 0o040_755), 7, false),
            ((8, 0o040_755), 7, true),
        ] {
            let not_ours = is_not_ours(entry(last.0, last.1), ours);
            assert_eq!(not_ours.is_some(), told, "{last:?} {ours}");
        }
    }
}
