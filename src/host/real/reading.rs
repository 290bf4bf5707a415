//! How files are opened to be read: everywhere, but for what the system itself has in `/proc`.
//!
//! What is at a name may be another thing a moment later, so nothing that was found out before counts: a file is
//! opened without waiting (a FIFO would wait for a writer), never as the controlling terminal, and what it is
//! is asked of the descriptor. Below a folder everything goes through the folder's descriptor.
#![expect(unsafe_code, reason = "calls into libc")]

use std::ffi::{CStr, CString, OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd as _, FromRawFd as _, IntoRawFd as _, RawFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Component, Path};

use super::account::current_uid;

/// Nothing is waited for, and no terminal becomes ours. That no program inherits it is added by whoever opens.
const AT_ONCE: libc::c_int = libc::O_NONBLOCK | libc::O_NOCTTY;

/// What becomes of a link in the last place of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Links {
    /// What it leads to counts.
    Followed,
    /// It is refused.
    Refused,
}

/// What is at a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A link, where none is followed.
    Link,
    /// A FIFO, and whose it is.
    Fifo(u32),
    /// Anything else.
    Other,
}

/// A folder that stays the same one, whatever becomes of its name.
#[derive(Debug)]
pub(crate) struct Folder(File);

/// A regular file. Nothing else is opened: a device may do something when it is.
///
/// # Errors
/// It is something else, or cannot be opened.
pub(crate) fn regular(path: &Path, links: Links) -> io::Result<File> {
    let name = c_name(path.as_os_str())?;
    regular_at(libc::AT_FDCWD, &name, links)
}

/// What somebody named: a regular file or a device; a FIFO where it is this user's own or a descriptor
/// (`/dev/stdin`, and `/dev/fd/63` of a shell's `<(...)`), and its writer is then waited for.
///
/// Whoever makes a FIFO in a shared folder could let us wait for ever: that of another user is refused.
///
/// # Errors
/// It is something else, it changes at this moment, or it cannot be opened.
pub(crate) fn named(path: &Path) -> io::Result<File> {
    named_at(libc::AT_FDCWD, path, path.as_os_str())
}

impl Folder {
    /// The folder at a path. Links on the way are followed: whoever named it meant them.
    ///
    /// # Errors
    /// It is none, or cannot be read.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true);
        options.custom_flags(AT_ONCE | libc::O_DIRECTORY);
        options.open(path).map(Self)
    }

    /// A folder in it.
    ///
    /// # Errors
    /// It is none, or cannot be read.
    pub(crate) fn folder(&self, name: &OsStr, links: Links) -> io::Result<Self> {
        let flags = AT_ONCE | libc::O_DIRECTORY | refusing(links);
        open_at(self.fd(), &c_name(name)?, flags).map(Self)
    }

    /// A regular file in it.
    ///
    /// # Errors
    /// It is something else, or cannot be opened.
    pub(crate) fn regular(&self, name: &OsStr, links: Links) -> io::Result<File> {
        regular_at(self.fd(), &c_name(name)?, links)
    }

    /// What somebody named, as [`named`] has it. `path` is the whole name, and `name` the last part of it.
    ///
    /// # Errors
    /// As [`named`].
    pub(crate) fn named(&self, path: &Path, name: &OsStr) -> io::Result<File> {
        named_at(self.fd(), path, name)
    }

    /// What is in it by this name, at this moment.
    ///
    /// # Errors
    /// There is nothing, or it cannot be examined.
    pub(crate) fn look(&self, name: &OsStr, links: Links) -> io::Result<Found> {
        look_at(self.fd(), &c_name(name)?, links)
    }

    /// What tells it from every other folder.
    ///
    /// # Errors
    /// It cannot be examined.
    pub(crate) fn identity(&self) -> io::Result<(u64, u64)> {
        let about = self.0.metadata()?;
        Ok((about.dev(), about.ino()))
    }

    /// The names in it, sorted.
    ///
    /// # Errors
    /// They cannot be read, or there are more than `limit`.
    pub(crate) fn names(&self, limit: usize) -> io::Result<Vec<OsString>> {
        read_folder(self.fd(), limit)
    }

    fn fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// The names in the folder of a descriptor, sorted.
///
/// # Errors
/// They cannot be read, or there are more than `limit`.
pub(super) fn read_folder(folder: RawFd, limit: usize) -> io::Result<Vec<OsString>> {
    // A descriptor of its own: reading moves its place.
    let flags = AT_ONCE | libc::O_DIRECTORY;
    let fd = open_at(folder, c".", flags)?.into_raw_fd();
    // SAFETY: the descriptor is open, a folder's, and nobody else's.
    let stream = unsafe { libc::fdopendir(fd) };
    if stream.is_null() {
        let error = io::Error::last_os_error();
        // SAFETY: it was not taken, and is closed once.
        unsafe { libc::close(fd) };
        return Err(error);
    }
    let names = read_names(stream, limit);
    // SAFETY: the stream is open, and not used any more; its descriptor is closed with it.
    unsafe { libc::closedir(stream) };
    let mut names = names?;
    names.sort();
    Ok(names)
}

fn read_names(stream: *mut libc::DIR, limit: usize) -> io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    loop {
        set_errno(0);
        // SAFETY: the stream is open, and this is the only thread that reads it.
        let entry = unsafe { libc::readdir(stream) };
        if entry.is_null() {
            return match io::Error::last_os_error() {
                error if error.raw_os_error() == Some(0) => Ok(names),
                error => Err(error),
            };
        }
        // SAFETY: the entry is whole until the next one is read, and its name ends with a zero byte.
        let name = unsafe { CStr::from_ptr((&raw const (*entry).d_name).cast()) }.to_bytes();
        if name == b"." || name == b".." {
            continue;
        }
        if names.len() == limit {
            return Err(io::Error::other(format!(
                "it has more than {limit} entries; name individual files"
            )));
        }
        names.push(OsString::from_vec(name.to_vec()));
    }
}

/// `readdir(3C)` tells its end from an error by this alone.
fn set_errno(value: libc::c_int) {
    #[cfg(target_os = "linux")]
    // SAFETY: it is this thread's own number.
    unsafe {
        *libc::__errno_location() = value;
    }
    #[cfg(any(target_os = "illumos", target_os = "solaris"))]
    // SAFETY: it is this thread's own number.
    unsafe {
        *libc::___errno() = value;
    }
    #[cfg(not(any(target_os = "linux", target_os = "illumos", target_os = "solaris")))]
    compile_error!("where does this system keep errno? value {value}");
}

fn not_a_file() -> io::Error {
    io::Error::other("it is not a file")
}

fn c_name(name: &OsStr) -> io::Result<CString> {
    Ok(CString::new(name.as_bytes())?)
}

fn refusing(links: Links) -> libc::c_int {
    match links {
        Links::Followed => 0,
        Links::Refused => libc::O_NOFOLLOW,
    }
}

/// `openat(2)`, for reading, and for no program that is run from here.
fn open_at(folder: RawFd, name: &CStr, flags: libc::c_int) -> io::Result<File> {
    loop {
        // SAFETY: the descriptor is open or stands for the working directory, and the name ends with a zero byte.
        let fd = unsafe {
            libc::openat(
                folder,
                name.as_ptr(),
                libc::O_RDONLY | libc::O_CLOEXEC | flags,
            )
        };
        if fd >= 0 {
            // SAFETY: the descriptor was just opened and is owned by nobody else.
            return Ok(unsafe { File::from_raw_fd(fd) });
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// `fstatat(2)`: what is at a name without opening it.
fn look_at(folder: RawFd, name: &CStr, links: Links) -> io::Result<Found> {
    let flags = match links {
        Links::Followed => 0,
        Links::Refused => libc::AT_SYMLINK_NOFOLLOW,
    };
    // SAFETY: all fields of a `stat` are numbers, for which zero is a value.
    let mut about: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: as in `open_at`; the pointer is to a live structure of the right type.
    if unsafe { libc::fstatat(folder, name.as_ptr(), &raw mut about, flags) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(match about.st_mode & libc::S_IFMT {
        libc::S_IFREG => Found::File,
        libc::S_IFDIR => Found::Folder,
        libc::S_IFLNK => Found::Link,
        libc::S_IFIFO => Found::Fifo(about.st_uid),
        _ => Found::Other,
    })
}

fn regular_at(folder: RawFd, name: &CStr, links: Links) -> io::Result<File> {
    // Before, so that no device is opened; and after, for what somebody has put there since.
    if look_at(folder, name, links)? != Found::File {
        return Err(not_a_file());
    }
    let file = open_at(folder, name, AT_ONCE | refusing(links))?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(not_a_file())
    }
}

fn named_at(folder: RawFd, path: &Path, name: &OsStr) -> io::Result<File> {
    let name = c_name(name)?;
    if is_descriptor(path) {
        // It is open already: nobody is waited for but whoever writes to it.
        return no_folder(open_at(folder, &name, libc::O_NOCTTY)?);
    }
    let found = look_at(folder, &name, Links::Followed)?;
    let flags = match found {
        Found::Fifo(owner) if owner != current_uid() => {
            return Err(io::Error::other("it is a FIFO owned by another user"));
        }
        Found::Fifo(_) => libc::O_NOCTTY,
        Found::File | Found::Folder | Found::Link | Found::Other => AT_ONCE,
    };
    let file = no_folder(open_at(folder, &name, flags)?)?;
    let about = file.metadata()?;
    if about.file_type().is_fifo() {
        match found {
            Found::Fifo(owner) if owner == about.uid() => return Ok(file),
            _ => return Err(changed()),
        }
    }
    if about.is_file() {
        return if found == Found::File {
            Ok(file)
        } else {
            Err(changed())
        };
    }
    if found != Found::Other {
        return Err(changed());
    }
    wait_for_data(&file)?;
    Ok(file)
}

fn no_folder(file: File) -> io::Result<File> {
    if file.metadata()?.is_dir() {
        return Err(io::Error::from_raw_os_error(libc::EISDIR));
    }
    Ok(file)
}

fn changed() -> io::Error {
    io::Error::other("it was replaced while it was being opened")
}

/// A terminal that was opened without waiting has to be read with.
fn wait_for_data(file: &File) -> io::Result<()> {
    // SAFETY: the descriptor is open, and numbers alone are passed.
    let flags = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GETFL) };
    let waiting = flags & !libc::O_NONBLOCK;
    // SAFETY: as above.
    if flags < 0 || unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETFL, waiting) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// A name of something that is open already. Nobody else can make a name in there.
fn is_descriptor(path: &Path) -> bool {
    if path == Path::new("/dev/stdin") {
        return true;
    }
    let below = ["/dev/fd", "/proc/self/fd"];
    let Some(rest) = below.iter().find_map(|top| path.strip_prefix(top).ok()) else {
        return false;
    };
    let mut parts = rest.components();
    let is_number = |name: &OsStr| name.as_bytes().iter().all(u8::is_ascii_digit);
    matches!((parts.next(), parts.next()), (Some(Component::Normal(name)), None) if is_number(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_descriptors() {
        for (path, is) in [
            ("/dev/stdin", true),
            ("/dev/fd/63", true),
            ("/proc/self/fd/0", true),
            ("/dev/fd", false),
            ("/dev/fd/../../tmp/fifo", false),
            ("/dev/fd/3/x", false),
            ("/dev/fdx/3", false),
            ("stdin", false),
        ] {
            assert_eq!(is_descriptor(Path::new(path)), is, "{path}");
        }
    }

    #[test]
    fn only_files_are_regular() {
        for path in ["/dev/null", "/", "/nonexistent"] {
            assert!(regular(Path::new(path), Links::Followed).is_err(), "{path}");
        }
        assert!(named(Path::new("/dev/null")).is_ok());
        assert!(named(Path::new("/")).is_err());
        let folder = Folder::open(Path::new("/")).expect("a folder");
        let names = folder.names(1000).expect("names");
        assert!(names.contains(&OsString::from("dev")) && names.is_sorted());
        assert!(folder.names(1).is_err());
        assert_eq!(
            folder.look(OsStr::new("dev"), Links::Refused).ok(),
            Some(Found::Folder)
        );
    }
}
