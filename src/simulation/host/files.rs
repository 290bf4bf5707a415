//! The files that a method looks at: owners and modes, no contents.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::host::{FileFacts, FileKind};

/// Paths with what is there. A path's folders are there too, root's and safe.
pub(super) struct Files(BTreeMap<PathBuf, FileFacts>);

/// How many links a path may lead over, as on illumos (`MAXSYMLINKS`).
const LINKS_MAX: usize = 20;

impl Files {
    /// What a host with VirtualBox has, as far as anybody here looks.
    pub(super) fn of_a_host() -> Self {
        let mut files = Self(BTreeMap::new());
        for path in [
            "/usr/bin/svcprop",
            "/usr/bin/VBoxManage",
            "/opt/VirtualBox/VBoxManage",
            "/lib/svc/method/vbox",
        ] {
            files.set(path.into(), FileKind::File, 0, 0o755);
        }
        files
    }

    pub(super) fn set(&mut self, path: PathBuf, kind: FileKind, owner: u32, mode: u32) {
        let facts = FileFacts {
            owner,
            mode,
            kind,
            size: 0,
            age: Duration::ZERO,
        };
        self.0.insert(path, facts);
    }

    #[cfg(test)]
    pub(super) fn remove(&mut self, path: &Path) {
        self.0.remove(path);
    }

    /// What is at a path, without following it.
    pub(super) fn facts(&self, path: &Path) -> io::Result<FileFacts> {
        if let Some(facts) = self.0.get(path) {
            return Ok(facts.clone());
        }
        if self.0.keys().any(|known| known.starts_with(path)) {
            return Ok(FileFacts {
                owner: 0,
                mode: 0o755,
                kind: FileKind::Directory,
                size: 0,
                age: Duration::ZERO,
            });
        }
        Err(io::Error::from_raw_os_error(libc::ENOENT))
    }

    /// Whether a path leads to a regular file that can be executed.
    pub(super) fn is_program(&self, path: &Path) -> bool {
        let mut path = path.to_owned();
        for _ in 0..LINKS_MAX {
            match self.facts(&path) {
                Ok(FileFacts {
                    kind: FileKind::Link(target),
                    ..
                }) => path = path.parent().unwrap_or(&path).join(target),
                Ok(facts) => return facts.kind == FileKind::File && facts.mode & 0o111 != 0,
                Err(_) => return false,
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_folders_and_links() {
        let mut files = Files::of_a_host();
        let vboxmanage = Path::new("/usr/bin/VBoxManage");
        let kind = |files: &Files, path: &str| files.facts(Path::new(path)).map(|f| f.kind).ok();
        assert_eq!(kind(&files, "/usr/bin/VBoxManage"), Some(FileKind::File));
        assert_eq!(kind(&files, "/usr"), Some(FileKind::Directory));
        assert_eq!(kind(&files, "/"), Some(FileKind::Directory));
        assert_eq!(kind(&files, "/nowhere"), None);
        assert!(files.is_program(vboxmanage));

        let link = FileKind::Link("../../opt/VirtualBox/VBoxManage".into());
        files.set(vboxmanage.into(), link, 0, 0o777);
        // `..` is not resolved: links here are absolute or beside their target.
        assert!(!files.is_program(vboxmanage));
        let link = FileKind::Link("/opt/VirtualBox/VBoxManage".into());
        files.set(vboxmanage.into(), link, 0, 0o777);
        assert!(files.is_program(vboxmanage));
        files.remove(Path::new("/opt/VirtualBox/VBoxManage"));
        assert!(!files.is_program(vboxmanage));
    }
}
