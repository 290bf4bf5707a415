//! Where VBoxManage is, and whether it may be run.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};

use thiserror::Error;

use crate::host::{Account, FileFacts, FileKind, Host};
use crate::text::printable::PrintablePath;

/// The folders in which VBoxManage is looked for: those of OpenIndiana, OmniOS, Solaris and Linux.
pub(crate) const FOLDERS: [&str; 5] = [
    "/usr/bin",
    "/opt/VirtualBox",
    "/opt/VirtualBox/amd64",
    "/usr/lib/virtualbox",
    "/usr/local/bin",
];

/// Why VBoxManage not found to run.
#[derive(Debug, Error)]
pub(crate) enum FindError {
    /// It is in none of the folders.
    #[error("VBoxManage not found in {}", FOLDERS.join(", "))]
    Nowhere,
    /// The one that was set cannot be trusted.
    #[error("virtualbox/vboxmanage: {0}")]
    Set(TrustError),
    /// The first that is there cannot be trusted, nor can another one.
    #[error("VBoxManage was found, but {0}")]
    Found(TrustError),
}

/// Why a program cannot be trusted to be root's own.
#[derive(Debug, Error)]
pub(crate) enum TrustError {
    /// The path cannot be examined.
    #[error("cannot examine {}: {}", PrintablePath(.0), .1)]
    Look(PathBuf, io::Error),
    /// It is not a file that can be executed.
    #[error("{} is not an executable file", PrintablePath(.0))]
    NotAProgram(PathBuf),
    /// Somebody else than root could put another program there.
    #[error("{} {why}; only root may have write access", PrintablePath(path))]
    Untrusted {
        /// What could be changed.
        path: PathBuf,
        /// By whom.
        why: &'static str,
    },
    /// The same, and the permission bits do not show it.
    #[error(
        "{} can be changed by others because of its access control list (see {SHOW_ACL}); only root may have write access",
        PrintablePath(.0)
    )]
    Acl(PathBuf),
}

/// What shows an access control list, and what removes it.
const SHOW_ACL: &str = if cfg!(target_os = "linux") {
    "getfacl"
} else {
    "ls -dV"
};
const SET_BY_ACL: &str = if cfg!(target_os = "linux") {
    "remove the access control list of that file or folder (setfacl -b), or set virtualbox/vboxmanage to another path; then run svcadm refresh and svcadm clear on the instance"
} else {
    "remove the access control list of that file or folder (chmod A- on ZFS), or set virtualbox/vboxmanage to another path; then run svcadm refresh and svcadm clear on the instance"
};

impl FindError {
    /// The next step to take.
    pub(crate) const fn next_step(&self) -> &'static str {
        match self {
            Self::Nowhere => "install VirtualBox, or set virtualbox/vboxmanage",
            Self::Set(TrustError::Look(..) | TrustError::NotAProgram(_)) => {
                "set virtualbox/vboxmanage to its path, or delete the property to search the default locations; then run svcadm refresh and svcadm clear on the instance"
            }
            Self::Set(TrustError::Untrusted { .. }) => {
                "set virtualbox/vboxmanage to a program that belongs to root, in folders that belong to root; then run svcadm refresh and svcadm clear on the instance"
            }
            Self::Set(TrustError::Acl(_)) | Self::Found(TrustError::Acl(_)) => SET_BY_ACL,
            Self::Found(_) => {
                "anyone who can change it controls every VM, so it is not run: chown root and chmod go-w that file or folder, or set virtualbox/vboxmanage to another path; then run svcadm clear on the instance"
            }
        }
    }
}

/// More links than this in one path are a loop.
const LINKS_MAX: usize = 40;

/// The VBoxManage to run: the one that was set, or the first that is there, if only root can change it.
///
/// # Errors
/// There is none, or it cannot be trusted.
pub(crate) fn find(host: &dyn Host, set: Option<&Path>) -> Result<PathBuf, FindError> {
    match set {
        Some(path) => {
            trust(host, path).map_err(FindError::Set)?;
            Ok(path.to_owned())
        }
        None => search(host),
    }
}

/// The first in the usual folders that only root can change. What is there and is not root's alone is passed over.
fn search(host: &dyn Host) -> Result<PathBuf, FindError> {
    let mut passed_over = None;
    let there = FOLDERS
        .iter()
        .map(|folder| Path::new(folder).join("VBoxManage"))
        .filter(|path| is_program(host, path));
    for path in there {
        match trust(host, &path) {
            Ok(()) => return Ok(path),
            Err(error) => passed_over = passed_over.or(Some(error)),
        }
    }
    Err(passed_over.map_or(FindError::Nowhere, FindError::Found))
}

/// Whether a file that can be executed is there, be it by links: an update may leave one that leads nowhere.
fn is_program(host: &dyn Host, path: &Path) -> bool {
    let mut at = path.to_owned();
    for _ in 0..LINKS_MAX {
        match host.file_facts(&at) {
            Ok(FileFacts {
                kind: FileKind::Link(target),
                ..
            }) => {
                at.pop();
                at.push(target);
            }
            Ok(facts) => return facts.kind == FileKind::File && facts.mode & 0o111 != 0,
            Err(_) => return false,
        }
    }
    false
}

/// Whether the folder in which VirtualBox's clients and server meet is not this user's alone.
pub(crate) fn ipc_folder_is_wrong(host: &dyn Host, account: &Account, folder: &str) -> bool {
    host.file_facts(Path::new(folder)).is_ok_and(|facts| {
        facts.kind != FileKind::Directory || facts.owner != account.uid || facts.mode & 0o077 != 0
    })
}

/// Checks that only root can change a program: the file, every folder above it, and the same for every link on
/// the way.
///
/// # Errors
/// Somebody else can, or it is no program.
pub(crate) fn trust(host: &dyn Host, program: &Path) -> Result<(), TrustError> {
    let mut ahead: VecDeque<OsString> = names(program).collect();
    let mut at = PathBuf::from("/");
    let mut links = 0;
    let look = |path: &Path| {
        host.file_facts(path)
            .map_err(|e| TrustError::Look(path.to_owned(), e))
    };
    let check = |path: &Path| {
        let facts = look(path)?;
        let untrusted = |why| TrustError::Untrusted {
            path: path.to_owned(),
            why,
        };
        if facts.owner != 0 {
            return Err(untrusted("does not belong to root"));
        }
        // A link has no list, and its permission bits mean nothing.
        if !matches!(facts.kind, FileKind::Link(_)) {
            // First, because on Linux the group's bits show what the list allows, and chmod would not remove it.
            let acl = host.acl_lets_others_change(path);
            if acl.map_err(|e| TrustError::Look(path.to_owned(), e))? {
                return Err(TrustError::Acl(path.to_owned()));
            }
            if facts.mode & 0o022 != 0 {
                return Err(untrusted("can be written to by others"));
            }
        }
        Ok(facts)
    };
    check(&at)?;
    while let Some(name) = ahead.pop_front() {
        if name == ".." {
            at.pop();
            continue;
        }
        at.push(&name);
        let facts = check(&at)?;
        match facts.kind {
            FileKind::Link(target) => {
                links += 1;
                if links > LINKS_MAX {
                    return Err(TrustError::NotAProgram(program.to_owned()));
                }
                at.pop();
                if target.is_absolute() {
                    at = PathBuf::from("/");
                }
                for name in names(&target).collect::<Vec<_>>().into_iter().rev() {
                    ahead.push_front(name);
                }
            }
            FileKind::Directory if !ahead.is_empty() => {}
            FileKind::File if ahead.is_empty() && facts.mode & 0o111 != 0 => return Ok(()),
            FileKind::Directory | FileKind::File | FileKind::Other => break,
        }
    }
    Err(TrustError::NotAProgram(program.to_owned()))
}

/// The names in a path, `..` among them; `.` and `/` are left out.
fn names(path: &Path) -> impl Iterator<Item = OsString> {
    path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::fake::Fake;

    fn folders(paths: &[&str]) -> Fake {
        paths.iter().fold(Fake::default(), |fake, path| {
            fake.file(path, 0, 0o755, FileKind::Directory)
        })
    }

    fn tree() -> Fake {
        folders(&[
            "/",
            "/usr",
            "/usr/bin",
            "/opt",
            "/opt/VirtualBox",
            "/opt/VirtualBox/amd64",
        ])
        .file("/opt/VirtualBox/VBox.sh", 0, 0o755, FileKind::File)
    }

    fn told(fake: &Fake, path: &str) -> String {
        find(fake, Some(Path::new(path)))
            .expect_err(path)
            .to_string()
    }

    /// On OpenIndiana VBoxManage is a link to a script.
    #[test]
    fn through_links_that_only_root_can_change() {
        let fake = tree()
            .file(
                "/usr/bin/VBoxManage",
                0,
                0o777,
                FileKind::Link("../../opt/vb/VBox.sh".into()),
            )
            .file(
                "/opt/vb",
                0,
                0o777,
                FileKind::Link("/opt/./VirtualBox".into()),
            )
            // The system follows the links on the way by itself.
            .file("/usr/bin/../../opt/vb/VBox.sh", 0, 0o755, FileKind::File);
        let path = Path::new("/usr/bin/VBoxManage");
        assert_eq!(find(&fake, Some(path)).expect("trusted"), path);
        assert_eq!(find(&fake, None).expect("found"), path);
    }

    #[test]
    fn what_somebody_else_could_change() {
        for (what, fake, path, why) in [
            (
                "the file",
                tree().file("/usr/bin/x", 0, 0o775, FileKind::File),
                "/usr/bin/x",
                "/usr/bin/x can be written to by others",
            ),
            (
                "its owner",
                tree().file("/usr/bin/x", 101, 0o755, FileKind::File),
                "/usr/bin/x",
                "/usr/bin/x does not belong to root",
            ),
            (
                "its folder",
                tree().file("/tmp", 0, 0o1777, FileKind::Directory).file(
                    "/tmp/x",
                    0,
                    0o755,
                    FileKind::File,
                ),
                "/tmp/x",
                "/tmp can be written to by others",
            ),
            (
                "a link's owner",
                tree().file(
                    "/usr/bin/x",
                    101,
                    0o777,
                    FileKind::Link("/opt/VirtualBox/VBox.sh".into()),
                ),
                "/usr/bin/x",
                "/usr/bin/x does not belong to root",
            ),
            (
                "behind a link",
                tree()
                    .file("/usr/bin/x", 0, 0o777, FileKind::Link("/home/y".into()))
                    .file("/home", 101, 0o755, FileKind::Directory),
                "/usr/bin/x",
                "/home does not belong to root",
            ),
        ] {
            let told = told(&fake, path);
            assert!(told.contains(why), "{what}: {told}");
        }
    }

    /// On ZFS an entry of the list lets a user write whom the mode does not name.
    #[test]
    fn what_a_list_lets_somebody_change() {
        for named in ["/usr/bin/x", "/usr/bin", "/", "/opt/VirtualBox/VBox.sh"] {
            let fake = tree()
                .file("/usr/bin/x", 0, 0o755, FileKind::File)
                .file(
                    "/usr/bin/y",
                    0,
                    0o777,
                    FileKind::Link("/opt/VirtualBox/VBox.sh".into()),
                )
                .acl(named)
                // That of a link means nothing.
                .acl("/usr/bin/y");
            let program = if named.contains("VBox") {
                "/usr/bin/y"
            } else {
                "/usr/bin/x"
            };
            let error = find(&fake, Some(Path::new(program))).expect_err(named);
            let told = error.to_string();
            let said = format!(
                "virtualbox/vboxmanage: {named} can be changed by others because of its access control list (see {SHOW_ACL});"
            );
            assert!(told.starts_with(&said), "{told}");
            assert!(error.next_step().contains("access control list"));
        }
        let fake = tree()
            .file("/usr/bin/VBoxManage", 0, 0o755, FileKind::File)
            .acl("/usr/bin/VBoxManage");
        let error = find(&fake, None).expect_err("it can be changed");
        assert!(matches!(error, FindError::Found(TrustError::Acl(_))));
        let link = tree()
            .file(
                "/usr/bin/VBoxManage",
                0,
                0o777,
                FileKind::Link("/opt/VirtualBox/VBox.sh".into()),
            )
            .acl("/usr/bin/VBoxManage");
        assert!(find(&link, None).is_ok());
    }

    #[test]
    fn what_is_no_program() {
        for (what, fake, path, why) in [
            ("nothing", tree(), "/usr/bin/x", "cannot examine /usr/bin/x"),
            ("a folder", tree(), "/usr/bin", "is not an executable file"),
            (
                "no mode for it",
                tree().file("/usr/bin/x", 0, 0o644, FileKind::File),
                "/usr/bin/x",
                "is not an executable file",
            ),
            (
                "a file on the way",
                tree(),
                "/opt/VirtualBox/VBox.sh/x",
                "is not an executable file",
            ),
            (
                "a device",
                tree().file("/usr/bin/x", 0, 0o755, FileKind::Other),
                "/usr/bin/x",
                "is not an executable file",
            ),
            (
                "a loop",
                tree().file("/usr/bin/x", 0, 0o777, FileKind::Link("x".into())),
                "/usr/bin/x",
                "is not an executable file",
            ),
        ] {
            let told = told(&fake, path);
            assert!(told.contains(why), "{what}: {told}");
        }
    }

    #[test]
    fn a_link_that_leads_nowhere_hides_nothing() {
        let fake = tree()
            .file(
                "/usr/bin/VBoxManage",
                0,
                0o777,
                FileKind::Link("/opt/old/VBox.sh".into()),
            )
            .file(
                "/opt/VirtualBox/VBoxManage",
                0,
                0o777,
                FileKind::Link("VBox.sh".into()),
            );
        let found = find(&fake, None).expect("found");
        assert_eq!(found, Path::new("/opt/VirtualBox/VBoxManage"));
        let folder = tree().file("/usr/bin/VBoxManage", 0, 0o755, FileKind::Directory);
        assert!(find(&folder, None).is_err());
    }

    #[test]
    fn what_others_can_change_is_not_run() {
        let fake = tree()
            .file("/usr/bin/VBoxManage", 0, 0o775, FileKind::File)
            .file("/opt/VirtualBox/VBoxManage", 101, 0o755, FileKind::File);
        let error = find(&fake, None).expect_err("both can be changed");
        assert_eq!(
            error.to_string(),
            "VBoxManage was found, but /usr/bin/VBoxManage can be written to by others; only root may have write access"
        );
        assert!(error.next_step().contains("chmod go-w"));
        // Another one is root's alone.
        let path = "/opt/VirtualBox/amd64/VBoxManage";
        let fake = fake.file(path, 0, 0o755, FileKind::File);
        assert_eq!(find(&fake, None).expect("trusted"), Path::new(path));
        // Debian's /usr/local/bin belongs to a group, and has none in it.
        let fake = tree()
            .file("/usr/local", 0, 0o755, FileKind::Directory)
            .file("/usr/local/bin", 0, 0o2775, FileKind::Directory);
        assert!(matches!(find(&fake, None), Err(FindError::Nowhere)));
        let path = "/usr/local/bin/VBoxManage";
        let fake = fake.file(path, 0, 0o755, FileKind::File);
        assert!(matches!(find(&fake, None), Err(FindError::Found(_))));
    }

    #[test]
    fn nowhere() {
        let told = find(&tree(), None).expect_err("nowhere").to_string();
        assert_eq!(
            told,
            "VBoxManage not found in /usr/bin, /opt/VirtualBox, /opt/VirtualBox/amd64, /usr/lib/virtualbox, /usr/local/bin"
        );
    }

    #[test]
    fn the_folder_where_clients_and_server_meet() {
        let account = Account {
            name: "vb".to_owned(),
            uid: 101,
            home: "/home/vb".into(),
        };
        let path = "/tmp/.vbox-vb-ipc";
        for (fake, wrong) in [
            (Fake::default(), false),
            (
                Fake::default().file(path, 101, 0o700, FileKind::Directory),
                false,
            ),
            (
                Fake::default().file(path, 102, 0o700, FileKind::Directory),
                true,
            ),
            (
                Fake::default().file(path, 101, 0o777, FileKind::Directory),
                true,
            ),
            (Fake::default().file(path, 101, 0o700, FileKind::File), true),
        ] {
            assert_eq!(ipc_folder_is_wrong(&fake, &account, path), wrong);
        }
    }
}
