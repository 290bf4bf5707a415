//! Reading a file that VirtualBox wrote, or that somebody put in its place.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::host::{FileEnds, FileKind, Host};
use crate::text::printable::{Excerpt, Printable, PrintablePath};

/// What stands in the place of the machine where only VirtualBox has the password to it.
pub(super) const ENCRYPTED: &str = "MachineEncrypted";

/// Why a file of VirtualBox says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileTrouble {
    /// Which file.
    pub(crate) path: PathBuf,
    /// What is wrong with it.
    pub(crate) what: What,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// There is none.
    Missing,
    /// Something else than a regular file is there.
    NotAFile(&'static str),
    /// It is longer than any that VirtualBox writes.
    TooLong,
    /// It cannot be read, in the system's words.
    Unreadable(String),
    /// Its content is not what VirtualBox writes; a fragment.
    Nonsense(String),
}

impl FileTrouble {
    pub(super) fn new(path: &Path, what: What) -> Self {
        Self {
            path: path.to_owned(),
            what,
        }
    }

    /// Whether nothing is wrong with the file, and VirtualBox alone can read it: an encrypted VM.
    pub(crate) fn is_for_virtualbox(&self) -> bool {
        matches!(&self.what, What::Nonsense(why) if why.ends_with(ENCRYPTED))
    }

    /// Whether it may be over in a moment: VirtualBox renames a settings file away before it writes the new one.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self.what, What::Missing | What::Nonsense(_))
    }
}

impl fmt::Display for FileTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = PrintablePath(&self.path);
        match &self.what {
            What::Missing => write!(f, "{path} does not exist"),
            What::NotAFile(kind) => write!(f, "{path} is a {kind}, not a file"),
            What::TooLong => write!(f, "{path} is too large"),
            What::Unreadable(why) => write!(f, "cannot read {path}: {}", Printable(why)),
            What::Nonsense(why) => write!(f, "{path} is invalid: {}", Excerpt(why)),
        }
    }
}

/// The beginning and the end of a regular file. A link in its place is not followed: VirtualBox makes none.
///
/// # Errors
/// Anything else is there.
pub(super) fn read_ends(
    host: &dyn Host,
    path: &Path,
    head: u64,
    tail: u64,
) -> Result<FileEnds, FileTrouble> {
    host.read_ends(path, head, tail)
        .map_err(|error| FileTrouble::new(path, why_not(host, path, &error)))
}

/// What is wrong with a file that could not be read.
fn why_not(host: &dyn Host, path: &Path, error: &io::Error) -> What {
    if error.kind() == io::ErrorKind::NotFound {
        return What::Missing;
    }
    match host.file_facts(path).map(|facts| facts.kind) {
        Ok(FileKind::Directory) => What::NotAFile("folder"),
        Ok(FileKind::Link(_)) => What::NotAFile("symbolic link"),
        Ok(FileKind::Other) => What::NotAFile("device or pipe"),
        Ok(FileKind::File) | Err(_) => What::Unreadable(error.to_string()),
    }
}

/// The whole of a file, if it is a regular one and no longer than this.
///
/// # Errors
/// Anything else is there.
pub(super) fn read(host: &dyn Host, path: &Path, max: u64) -> Result<String, FileTrouble> {
    let ends = read_ends(host, path, 0, max)?;
    if !ends.is_whole() {
        return Err(FileTrouble::new(path, What::TooLong));
    }
    String::from_utf8(ends.tail)
        .map_err(|_| FileTrouble::new(path, What::Nonsense("not valid UTF-8".to_owned())))
}

/// A path that may be relative to a folder. `.` and `..` in it are left to the system.
pub(super) fn resolve(folder: &Path, path: &str) -> PathBuf {
    folder.join(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::fake::Fake;

    /// None is waited for, followed or read to its end.
    #[test]
    fn whatever_is_in_the_place_of_a_file_does_no_harm() {
        use std::fs;
        use std::os::unix::fs::symlink;
        use std::os::unix::net::UnixListener;

        use crate::host::real::RealHost;
        use crate::virtualbox::machine_file::MachineFile;
        use crate::virtualbox::registry::Registry;
        use crate::virtualbox::vbox_log::{self, VBoxLog};

        let host = RealHost::new();
        let folder = std::env::temp_dir().join(format!("vbox-smf-places-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let path = |name: &str| folder.join(name);
        assert_cmd::Command::new("mkfifo")
            .arg(path("pipe"))
            .assert()
            .success();
        drop(UnixListener::bind(path("socket")).unwrap());
        fs::write(path("target"), "text").unwrap();
        symlink(path("target"), path("link")).unwrap();
        fs::create_dir(path("folder")).unwrap();
        fs::File::create(path("huge"))
            .unwrap()
            .set_len(1 << 30)
            .unwrap();
        fs::write(path("nonsense"), [0xff, 0xfe, 0, b'<', 0xf0, b'\n']).unwrap();
        let device = Path::new("/dev/zero").to_owned();
        for (name, refused) in [
            (path("pipe"), true),
            (path("socket"), true),
            (path("link"), true),
            (path("folder"), true),
            (device, true),
            (path("huge"), false),
            (path("nonsense"), false),
            (path("none"), true),
        ] {
            let began = host.now();
            let shown = name.display().to_string();
            let trouble = MachineFile::read(&host, &name).expect_err(&shown);
            assert!(
                trouble.to_string().starts_with(&shown) || trouble.to_string().contains(&shown)
            );
            // A log is whatever its end says; what is no file has none.
            let log = VBoxLog::read(&host, &name, vbox_log::RUN);
            assert_eq!(log.is_err(), refused, "{shown}");
            assert!(!log.is_ok_and(|log| log.says_running(1)), "{shown}");
            // The registry has a name of its own.
            let settings = path("settings");
            let _none = fs::remove_dir_all(&settings);
            fs::create_dir(&settings).unwrap();
            if name.exists() {
                symlink(&name, settings.join("VirtualBox.xml")).unwrap();
            }
            assert!(Registry::read(&host, &settings).is_err(), "{shown}");
            let took = host.now().saturating_sub(began);
            assert!(took.as_secs() < 20, "{shown}: {took:?}");
        }
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn says_what_is_in_the_place_of_a_file() {
        let link = FileKind::Link("/etc/shadow".into());
        let host = Fake::default()
            .file("/folder", 7, 0o700, FileKind::Directory)
            .file("/link", 7, 0o777, link)
            .file("/pipe", 7, 0o600, FileKind::Other)
            .file("/locked", 7, 0, FileKind::File)
            .content("/short", 7, "text")
            .content("/long", 7, "a longer text");
        for (path, message, may_pass) in [
            ("/none", "/none does not exist", true),
            ("/folder", "/folder is a folder, not a file", false),
            ("/link", "/link is a symbolic link, not a file", false),
            ("/pipe", "/pipe is a device or pipe, not a file", false),
            ("/locked", "cannot read /locked: permission denied", false),
            ("/long", "/long is too large", false),
        ] {
            let trouble = read(&host, Path::new(path), 5).expect_err(path);
            assert_eq!(trouble.to_string(), message);
            assert_eq!(trouble.may_pass(), may_pass, "{path}");
        }
        assert_eq!(read(&host, Path::new("/short"), 5).as_deref(), Ok("text"));
    }
}
