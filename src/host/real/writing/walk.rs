//! The way to a folder, walked by descriptors.
//!
//! Whoever may rename in a folder on the way can put another one in its place, and what is written then lands there. So
//! the path is walked from `/` or from the working directory, one component after the other, without following links; a
//! link is read and walked itself. What is found on the way is asked of what was opened.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::{Entry, Folder};
use crate::host::real::account::current_uid;

/// As many links a path may lead over.
const LINKS_MAX: u32 = 40;

/// Something on the way that somebody else may replace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Replaceable {
    /// The path as far as it.
    pub(crate) path: PathBuf,
    /// Why; a clause.
    pub(crate) why: String,
}

/// A folder that was walked to, and what others may replace on the way.
#[derive(Debug)]
pub(crate) struct Walked {
    /// The folder.
    pub(crate) folder: Folder,
    /// The first of what others may replace.
    pub(crate) replaceable: Option<Replaceable>,
}

/// What becomes of a way on which others may replace something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Others {
    /// It is walked to its end, and the first such place is told.
    Told,
    /// It ends there. What is behind that place is not even looked at.
    Refused,
}

/// Why there is no folder.
#[derive(Debug)]
pub(crate) enum Astray {
    /// It is none, or cannot be entered; with the path as far as that.
    Io(PathBuf, io::Error),
    /// Others may replace this, and that was refused.
    Replaceable(Replaceable),
}

impl From<(PathBuf, io::Error)> for Astray {
    fn from((path, error): (PathBuf, io::Error)) -> Self {
        Self::Io(path, error)
    }
}

/// Notes the first place that others may replace, or ends there.
fn note(
    noted: &mut Option<Replaceable>,
    others: Others,
    path: PathBuf,
    why: Option<String>,
) -> Result<(), Astray> {
    let Some(why) = why else {
        return Ok(());
    };
    let here = Replaceable { path, why };
    match others {
        Others::Refused => Err(Astray::Replaceable(here)),
        Others::Told => {
            noted.get_or_insert(here);
            Ok(())
        }
    }
}

/// Walks to a folder.
///
/// # Errors
/// It is none, it cannot be entered, or others may replace what is on the way and that is refused.
pub(crate) fn walk(path: &Path, others: Others) -> Result<Walked, Astray> {
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
        let why = may_be_replaced(above, entry, ours);
        note(&mut replaceable, others, shown.join(&part), why)?;
        if entry.is_link() {
            links += 1;
            if links > LINKS_MAX {
                return Err(failed(io::Error::from_raw_os_error(libc::ELOOP)).into());
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
            return Err(failed(io::Error::other("it is being replaced")).into());
        }
        folder = next;
        shown.push(&part);
    }
    let last = folder.about().map_err(|error| (shown.clone(), error))?;
    note(&mut replaceable, others, shown, is_not_ours(last, ours))?;
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
        return Some(format!("is in a folder owned by user id {}", folder.owner));
    }
    if folder.is_open() && !folder.is_sticky() {
        return Some("is in a folder that others can write to".to_owned());
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
    (folder.is_open() && !folder.is_sticky()).then(|| "can be written to by others".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(owner: u32, mode: u32) -> Entry {
        Entry {
            identity: (1, 1),
            owner,
            group: 0,
            mode,
            links: 1,
            by_list: false,
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
        // The mode is not all.
        let by_list = Entry {
            by_list: true,
            ..entry(0, 0o040_755)
        };
        assert!(may_be_replaced(by_list, entry(0, folder), 0).is_some());
        assert!(is_not_ours(by_list, 0).is_some());
    }
}
