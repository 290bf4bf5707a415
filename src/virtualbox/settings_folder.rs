//! Where VirtualBox keeps its settings of a user.
//!
//! The order of `com::GetVBoxUserHomeDirectory` (VirtualBox's `src/VBox/Main/glue/GetVBoxUserHomeDirectory.cpp`):
//!
//! 1. `VBOX_USER_HOME`, where it is set; a relative one counts from the server's working directory.
//! 2. `~/.VirtualBox`, where that is a folder: that of versions before 4.3.
//! 3. `$XDG_CONFIG_HOME/VirtualBox`, where the variable is set (a relative one counts from the home), else
//!    `~/.config/VirtualBox`. It need not be there: VirtualBox makes it.
//!
//! A server that runs already has the folder of its first client's environment, whatever later clients have in theirs.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::host::{FileKind, Host};

/// How many links in a row are followed.
const LINKS_MAX: usize = 20;

/// The settings folder of a user with this home, for a server that is started with this environment; none where only
/// the server knows it.
pub(crate) fn settings_folder(
    host: &dyn Host,
    environment: &[(OsString, OsString)],
    home: &Path,
) -> Option<PathBuf> {
    if let Some(set) = user_home(environment) {
        return is_absolute(set).then(|| set.into());
    }
    if !home.is_absolute() {
        return None;
    }
    let old = home.join(".VirtualBox");
    if is_folder(host, &old) {
        return Some(old);
    }
    Some(match value(environment, "XDG_CONFIG_HOME") {
        Some(config) => home.join(config).join("VirtualBox"),
        None => home.join(".config/VirtualBox"),
    })
}

/// `VBOX_USER_HOME` in this environment, where it is set: other VMs than those at home.
pub(crate) fn user_home(environment: &[(OsString, OsString)]) -> Option<&OsStr> {
    value(environment, "VBOX_USER_HOME")
}

fn value<'e>(environment: &'e [(OsString, OsString)], wanted: &str) -> Option<&'e OsStr> {
    let (_, value) = environment.iter().find(|(name, _)| name == wanted)?;
    Some(value)
}

fn is_absolute(path: &OsStr) -> bool {
    Path::new(path).is_absolute()
}

/// Whether a folder is there, be it by links (`RTDirExists` follows them).
fn is_folder(host: &dyn Host, path: &Path) -> bool {
    let mut at = path.to_owned();
    for _ in 0..LINKS_MAX {
        match host.file_facts(&at).map(|facts| facts.kind) {
            Ok(FileKind::Link(target)) => {
                at.pop();
                at.push(target);
            }
            Ok(kind) => return kind == FileKind::Directory,
            Err(_) => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::fake::Fake;

    #[test]
    fn the_folder_is_found_as_virtualbox_finds_it() {
        let old = "/home/vb/.VirtualBox";
        let none = Fake::default;
        let folder = || Fake::default().file(old, 7, 0o700, FileKind::Directory);
        let file = || Fake::default().file(old, 7, 0o600, FileKind::File);
        let link = |target: &str, kind| {
            Fake::default()
                .file(old, 7, 0o777, FileKind::Link(target.into()))
                .file("/data/vb", 7, 0o700, kind)
        };
        let cases: [(Fake, &[(&str, &str)], Option<&str>); 12] = [
            (none(), &[], Some("/home/vb/.config/VirtualBox")),
            (folder(), &[], Some(old)),
            (file(), &[], Some("/home/vb/.config/VirtualBox")),
            (link("/data/vb", FileKind::Directory), &[], Some(old)),
            (
                link("../../data/nothing", FileKind::Directory),
                &[],
                Some("/home/vb/.config/VirtualBox"),
            ),
            (
                none(),
                &[("XDG_CONFIG_HOME", "/etc/vb")],
                Some("/etc/vb/VirtualBox"),
            ),
            (
                none(),
                &[("XDG_CONFIG_HOME", "settings")],
                Some("/home/vb/settings/VirtualBox"),
            ),
            (folder(), &[("XDG_CONFIG_HOME", "/etc/vb")], Some(old)),
            (
                folder(),
                &[("VBOX_USER_HOME", "/data/vb")],
                Some("/data/vb"),
            ),
            (
                none(),
                &[("XDG_CONFIG_HOME", "/x"), ("VBOX_USER_HOME", "/data/vb")],
                Some("/data/vb"),
            ),
            (none(), &[("VBOX_USER_HOME", "vb")], None),
            (none(), &[("VBOX_USER_HOME", "")], None),
        ];
        for (host, environment, expected) in cases {
            let pairs: Vec<(OsString, OsString)> = environment
                .iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect();
            let found = settings_folder(&host, &pairs, Path::new("/home/vb"));
            assert_eq!(found.as_deref(), expected.map(Path::new), "{environment:?}");
        }
        assert_eq!(settings_folder(&none(), &[], Path::new("")), None);
    }
}
