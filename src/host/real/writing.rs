//! The folder that files are written to, held by a descriptor: all work in it goes through that one.
#![expect(unsafe_code, reason = "calls into libc")]

use std::ffi::{CString, OsStr, OsString};
use std::fs::{File, Permissions};
use std::io;
use std::os::fd::{AsRawFd as _, FromRawFd as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::PathBuf;
use std::time::Duration;

use super::acl;
use super::processes;
use super::reading::read_folder;

mod walk;

pub(crate) use walk::{Astray, Others, walk};

/// To go through a folder, for which it need not be readable: `/home` of mode 711 is not.
#[cfg(target_os = "linux")]
const SEARCH: libc::c_int = libc::O_PATH;
/// The same (`open(2)`).
#[cfg(any(target_os = "illumos", target_os = "solaris"))]
const SEARCH: libc::c_int = libc::O_SEARCH;
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
    /// The group's id.
    pub(crate) group: u32,
    /// The kind and the permission bits (`st_mode`).
    pub(crate) mode: u32,
    /// How many names it has.
    pub(crate) links: u64,
    /// Its access control list lets others change it, or cannot be read. Asked of a folder that is open.
    by_list: bool,
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

    /// Whether somebody else may rename what is in this folder.
    fn is_open(self) -> bool {
        self.mode & 0o022 != 0 || self.by_list
    }

    fn is_sticky(self) -> bool {
        self.mode & 0o1000 != 0
    }
}

/// What a rename does with what has the new name.
#[derive(Debug, Clone, Copy)]
enum How {
    /// There must be nothing.
    ToFree,
    /// It gets the old name.
    Exchange,
}

impl Folder {
    fn start(path: &str) -> io::Result<Self> {
        open_folder(libc::AT_FDCWD, OsStr::new(path))
    }

    /// A folder in it, where that is no link.
    ///
    /// # Errors
    /// It is none, or cannot be entered.
    pub(crate) fn enter(&self, name: &OsStr) -> io::Result<Self> {
        open_folder(self.0.as_raw_fd(), name)
    }

    /// What it is itself.
    ///
    /// # Errors
    /// It cannot be examined.
    pub(crate) fn about(&self) -> io::Result<Entry> {
        // SAFETY: all fields of a `stat` are numbers, for which zero is a value.
        let mut about: libc::stat = unsafe { std::mem::zeroed() };
        // SAFETY: the descriptor is open, and the structure lives for the call.
        check(unsafe { libc::fstat(self.0.as_raw_fd(), &raw mut about) })?;
        Ok(Entry {
            by_list: acl::lets_others_change_folder(&self.0).unwrap_or(true),
            ..entry_of(&about)
        })
    }

    /// What a name is; none: there is none.
    ///
    /// # Errors
    /// It cannot be examined.
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

    /// Whether the process of this number lives and may have written this file. Numbers are given again: one that began
    /// after the file was last written is another one.
    pub(crate) fn may_be_written_by(&self, pid: u32, name: &OsStr) -> bool {
        if !is_alive(pid) {
            return false;
        }
        let file = read_only(self.0.as_raw_fd(), name).and_then(|file| file.metadata());
        let written = file.and_then(|about| about.modified());
        let age = written.ok().and_then(|at| at.elapsed().ok());
        match (processes::age(pid), age) {
            (Some(process), Some(file)) => process.saturating_add(CLOCKS) >= file,
            // What cannot be found out.
            (None, _) | (_, None) => true,
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

    /// Whether a file that was looked at has an access control list, of which its mode does not tell all; true where
    /// that is not to be found out.
    pub(crate) fn has_list(&self, name: &OsStr, looked_at: Entry) -> bool {
        let file = read_only(self.0.as_raw_fd(), name).and_then(|file| {
            let is_it =
                file.metadata().map(|about| (about.dev(), about.ino()))? == looked_at.identity;
            Ok(is_it.then_some(file))
        });
        !matches!(file, Ok(Some(file)) if matches!(acl::names_somebody(&file), Ok(false)))
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

    /// Gives a file a name that nothing has. Where the system cannot do that at once, there are both names for a moment.
    ///
    /// # Errors
    /// Something has it, or the system says no.
    pub(crate) fn rename_to_free(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        if self.rename_how(from, to, How::ToFree)? {
            return Ok(());
        }
        match self.link(from, to) {
            Ok(()) => self.remove(from).inspect_err(|_| {
                let _tried = self.remove(to);
            }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
            // Not every file system has links.
            Err(_) if self.entry(to)?.is_some() => Err(io::ErrorKind::AlreadyExists.into()),
            Err(_) => self.rename(from, to),
        }
    }

    /// Gives each of two the other's name, in no time. Not done: this system or file system cannot.
    ///
    /// # Errors
    /// One of them is not there, or the system says no.
    pub(crate) fn exchange(&self, one: &OsStr, other: &OsStr) -> io::Result<bool> {
        self.rename_how(one, other, How::Exchange)
    }

    /// `renameat2(2)`, which Linux alone has. Not done: it is not to be had here.
    #[cfg(target_os = "linux")]
    fn rename_how(&self, from: &OsStr, to: &OsStr, how: How) -> io::Result<bool> {
        #[cfg(test)]
        if tests::WITHOUT_RENAMEAT2.get() {
            return Ok(false);
        }
        let (folder, from, to) = (self.0.as_raw_fd(), c_name(from)?, c_name(to)?);
        let flags = match how {
            How::ToFree => libc::RENAME_NOREPLACE,
            How::Exchange => libc::RENAME_EXCHANGE,
        };
        // SAFETY: the descriptor is open, and both names end with a zero byte.
        let done = unsafe {
            libc::syscall(
                libc::SYS_renameat2,
                folder,
                from.as_ptr(),
                folder,
                to.as_ptr(),
                flags,
            )
        };
        if done == 0 {
            return Ok(true);
        }
        let error = io::Error::last_os_error();
        match error.raw_os_error() {
            // An old kernel, a file system that cannot, and what container engines say of calls that they do not know.
            Some(libc::ENOSYS | libc::EINVAL | libc::EOPNOTSUPP | libc::EPERM) => Ok(false),
            _ => Err(error),
        }
    }

    #[cfg(not(target_os = "linux"))]
    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "as where it is to be had"
    )]
    fn rename_how(&self, _: &OsStr, _: &OsStr, _: How) -> io::Result<bool> {
        Ok(false)
    }

    /// Makes a folder that nobody else may enter.
    ///
    /// # Errors
    /// There is something, be it a link, or the system says no.
    pub(crate) fn make_folder(&self, name: &OsStr) -> io::Result<()> {
        let name = c_name(name)?;
        // SAFETY: the descriptor is open, and the name ends with a zero byte.
        check(unsafe { libc::mkdirat(self.0.as_raw_fd(), name.as_ptr(), 0o700) })
    }

    /// Takes an empty folder away.
    ///
    /// # Errors
    /// The system says no.
    pub(crate) fn remove_folder(&self, name: &OsStr) -> io::Result<()> {
        let name = c_name(name)?;
        // SAFETY: the descriptor is open, and the name ends with a zero byte.
        check(unsafe { libc::unlinkat(self.0.as_raw_fd(), name.as_ptr(), libc::AT_REMOVEDIR) })
    }

    /// Gives a file a second name, unless something has it (`linkat(2)`).
    fn link(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
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
fn is_alive(pid: u32) -> bool {
    let Ok(pid) = libc::pid_t::try_from(pid) else {
        return false;
    };
    // SAFETY: signal 0 is sent to nobody.
    let told = unsafe { libc::kill(pid, 0) };
    told == 0 || io::Error::last_os_error().raw_os_error() != Some(libc::ESRCH)
}

/// The system counts the ages of files and of processes in ticks, and the clock may be set.
const CLOCKS: Duration = Duration::from_secs(5);

/// Opens a file to ask about it, without waiting, and no link.
fn read_only(folder: libc::c_int, name: &OsStr) -> io::Result<File> {
    let name = c_name(name)?;
    let flags =
        libc::O_RDONLY | libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_CLOEXEC;
    // SAFETY: the descriptor is open, and the name ends with a zero byte.
    let fd = unsafe { libc::openat(folder, name.as_ptr(), flags) };
    check(fd)?;
    // SAFETY: it was just opened and is owned by nobody else.
    Ok(unsafe { File::from_raw_fd(fd) })
}

/// Gives a file the access that another one has, and in no case more to anybody: the group where it can be kept, and
/// `mode`. Where the group cannot be kept, or there is a list, whoever is the group's, named, or neither may be anybody,
/// and gets what all others had in common.
///
/// # Errors
/// The system says no.
pub(crate) fn give_access(file: &File, of: Entry, has_list: bool) -> io::Result<()> {
    let group = file.metadata()?.gid();
    let has_group =
        group == of.group || std::os::unix::fs::fchown(file, None, Some(of.group)).is_ok();
    let has_list = has_list || acl::names_somebody(file).unwrap_or(true);
    let mode = access(of.mode, has_group, has_list);
    file.set_permissions(Permissions::from_mode(mode))
}

/// The mode of a file that takes the place of one with this mode.
fn access(before: u32, has_group: bool, has_list: bool) -> u32 {
    let (owner, group, others) = (before & 0o700, before >> 3 & 7, before & 7);
    match (has_group, has_list) {
        (true, false) => before & 0o777,
        // What the list said of each is lost: its mask, which is the group's bits, is what none of them had more of.
        (_, true) | (false, _) => owner | (group & others) << 3 | (group & others),
    }
}

fn open_folder(above: libc::c_int, name: &OsStr) -> io::Result<Folder> {
    let name = c_name(name)?;
    let flags = SEARCH | libc::O_DIRECTORY | libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC;
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
        group: about.st_gid,
        mode: mode(about.st_mode),
        links: about.st_nlink as u64,
        by_list: false,
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

#[cfg(all(test, target_os = "linux"))]
pub(crate) mod tests {
    use std::cell::Cell;
    use std::path::Path;

    use assert_cmd::Command as Tool;

    /// Whether a list was set by the system's tool.
    pub(crate) fn setfacl(arguments: &[&str], path: &Path) -> bool {
        let mut command = Tool::new("setfacl");
        let output = command.args(arguments).arg(path).output();
        output.is_ok_and(|output| output.status.success())
    }

    thread_local! {
        /// As on a system that has it not.
        pub(crate) static WITHOUT_RENAMEAT2: Cell<bool> = const { Cell::new(false) };
    }
}
