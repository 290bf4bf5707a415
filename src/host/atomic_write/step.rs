//! One file on its way: written under a name for the time being, put in its place, put back.

use std::ffi::{OsStr, OsString};
use std::fs::Permissions;
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::error::PlaceError;
use crate::host::real::current_uid;
use crate::host::real::writing::{Entry, Folder, S_IFDIR, S_IFIFO, S_IFLNK, S_IFSOCK, give_access};
use crate::text::output;
use crate::text::printable::PrintablePath;

/// So many names are tried for what is only there for a while. Another process of our number may have left some behind.
const ATTEMPTS: u32 = 1000;
/// How names for the time being begin; our number follows.
pub(super) const PREFIX: &str = ".vbox-smf-";
/// How the one of a new file ends. Where two names can be exchanged, the old one has it afterwards.
pub(super) const TEMPORARY: &str = ".tmp";
/// How the one of what was renamed away ends, with the file's own name before.
pub(super) const OLD: &str = ".old";
/// The longest name of a file that is put into another one: 255 bytes are the limit of most file systems.
const NAME_MAX: usize = 200;

/// A file under a name for the time being.
struct Temporary {
    name: OsString,
    /// What tells it from every other file.
    identity: (u64, u64),
}

impl Temporary {
    /// Whether it is that one. A number alone is used again when a file is gone, and then by anybody's.
    fn is(&self, entry: Entry) -> bool {
        entry.identity == self.identity && entry.is_file() && entry.owner == current_uid()
    }
}

/// A file on its way.
pub(super) struct Step<'a> {
    path: &'a Path,
    folder: Rc<Folder>,
    name: &'a OsStr,
    /// What is there, and may be replaced.
    there: Option<Entry>,
    /// What it is to hold.
    new: Option<Temporary>,
    /// What had the name before.
    kept: Option<Temporary>,
    /// The new file was given the name.
    placed: bool,
}

impl<'a> Step<'a> {
    /// Whether a file may be put there.
    ///
    /// # Errors
    /// It may not.
    pub(super) fn plan(
        path: &'a Path,
        folder: Rc<Folder>,
        name: &'a OsStr,
        force: bool,
    ) -> Result<Self, PlaceError> {
        let there = check(path, &folder, name, force)?;
        Ok(Self {
            path,
            folder,
            name,
            there,
            new: None,
            kept: None,
            placed: false,
        })
    }

    /// Writes it beside its place. Until it is whole, nobody else may read it.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn write_beside(&mut self, nth: usize, text: &str) -> Result<(), PlaceError> {
        let (name, mut file) = self.beside(nth, TEMPORARY, |name| self.folder.create(name))?;
        let about = file.metadata();
        // Before anything else, so that it is taken away again whatever happens.
        let identity = match &about {
            Ok(about) => (about.dev(), about.ino()),
            Err(_) => (0, 0),
        };
        self.new = Some(Temporary { name, identity });
        about
            .and_then(|_| file.write_all(text.as_bytes()))
            .and_then(|()| match self.there {
                Some(there) => {
                    let has_list = self.folder.has_list(self.name, there);
                    give_access(&file, there, has_list)
                }
                None => file.set_permissions(Permissions::from_mode(0o644)),
            })
            .and_then(|()| file.sync_all())
            .map_err(|error| PlaceError::cannot(self.path, error))
    }

    /// Puts it in its place.
    ///
    /// # Errors
    /// What is there is not what was checked, or the system says no. Then [`Step::undo`] puts back what had the name.
    pub(super) fn appear(&mut self, nth: usize) -> Result<(), PlaceError> {
        let Some(name) = self.new.as_ref().map(|new| new.name.clone()) else {
            return Ok(());
        };
        if let Some(checked) = self.there {
            self.replace(nth, &name, checked)?;
        } else {
            self.folder
                .rename_to_free(&name, self.name)
                .map_err(|error| PlaceError::cannot(self.path, error))?;
            self.placed = true;
        }
        if self.is_in_place() {
            Ok(())
        } else {
            Err(PlaceError::Changed(self.path.to_owned()))
        }
    }

    /// Whether the new file has the name.
    fn is_in_place(&self) -> bool {
        let now = self.folder.entry(self.name).ok().flatten();
        matches!((now, &self.new), (Some(now), Some(new)) if new.is(now))
    }

    /// What had the name is looked at when it has it no more, and nobody can change what is found.
    fn replace(&mut self, nth: usize, new: &OsStr, checked: Entry) -> Result<(), PlaceError> {
        let exchanged = self.folder.exchange(new, self.name);
        let exchanged = exchanged.map_err(|error| self.vanished(error))?;
        self.placed = exchanged;
        let kept = if exchanged {
            new.to_owned()
        } else {
            self.rename_away(nth)?
        };
        let was = self.folder.entry(&kept).ok().flatten();
        self.kept = Some(Temporary {
            name: kept,
            identity: was.map_or(checked.identity, |was| was.identity),
        });
        if !was.is_some_and(|was| is_same(was, checked)) {
            return Err(PlaceError::Changed(self.path.to_owned()));
        }
        if !exchanged {
            self.folder
                .rename_to_free(new, self.name)
                .map_err(|error| PlaceError::cannot(self.path, error))?;
            self.placed = true;
        }
        Ok(())
    }

    fn rename_away(&self, nth: usize) -> Result<OsString, PlaceError> {
        let mut ending = OsString::new();
        if self.name.len() <= NAME_MAX {
            ending.push(".");
            ending.push(self.name);
        }
        ending.push(OLD);
        let moved = self.beside(nth, ending, |away| match self.folder.entry(away)? {
            Some(_) => Err(io::ErrorKind::AlreadyExists.into()),
            None => self.folder.rename(self.name, away),
        });
        match moved {
            Ok((away, ())) => Ok(away),
            Err(PlaceError::Io { source, .. }) => Err(self.vanished(source)),
            Err(error) => Err(error),
        }
    }

    /// A name that was there a moment ago.
    fn vanished(&self, error: io::Error) -> PlaceError {
        match error.kind() {
            io::ErrorKind::NotFound => PlaceError::Changed(self.path.to_owned()),
            _ => PlaceError::cannot(self.path, error),
        }
    }

    /// Everything as it was, by renaming. Where that fails, what had the name stays under the other one, and that is told.
    pub(super) fn undo(&self) {
        let now = self.folder.entry(self.name);
        let is_new =
            matches!((&now, &self.new), (Ok(Some(now)), Some(new)) if now.identity == new.identity);
        let undone = match &self.kept {
            None if self.placed && is_new => self.folder.remove(self.name),
            // Nothing was done, or the name is somebody else's by now.
            None => Ok(()),
            Some(kept) if is_new => match self.folder.exchange(&kept.name, self.name) {
                Ok(true) => Ok(()),
                Ok(false) | Err(_) => self.folder.rename(&kept.name, self.name),
            },
            Some(kept) => self.folder.rename_to_free(&kept.name, self.name),
        };
        let Err(error) = undone else {
            return;
        };
        output::tell(&match &self.kept {
            Some(kept) => format!(
                "warning: cannot restore {}: {error}; its previous contents are in {}",
                PrintablePath(self.path),
                PrintablePath(&self.path.with_file_name(&kept.name))
            ),
            None => format!(
                "warning: cannot remove {}: {error}",
                PrintablePath(self.path)
            ),
        });
    }

    /// Removes what was made on the way and is of no use any more: our own new file where it did not get its name, and,
    /// where all went well, what it replaced. Whatever else has such a name by now stays.
    pub(super) fn tidy(&self, all_went_well: bool) {
        let kept = self.kept.as_ref();
        let useless = [self.new.as_ref(), kept.filter(|_| all_went_well)];
        // Where two names were exchanged it is the same one.
        let mut names: Vec<_> = [self.new.as_ref(), kept]
            .into_iter()
            .flatten()
            .map(|temporary| &temporary.name)
            .collect();
        names.dedup();
        for name in names {
            let entry = self.folder.entry(name).ok().flatten();
            let is_useless = |entry| {
                useless
                    .into_iter()
                    .flatten()
                    .any(|temporary| temporary.is(entry))
            };
            if !entry.is_some_and(is_useless) {
                continue;
            }
            if let Err(error) = self.folder.remove(name) {
                output::tell(&format!(
                    "warning: cannot remove {}: {error}; it is no longer needed",
                    PrintablePath(&self.path.with_file_name(name))
                ));
            }
        }
    }

    /// Makes something under a name beside the file.
    fn beside<T>(
        &self,
        nth: usize,
        ending: impl AsRef<OsStr>,
        create: impl Fn(&OsStr) -> io::Result<T>,
    ) -> Result<(OsString, T), PlaceError> {
        let me = std::process::id();
        let name = |attempt| {
            let mut name = OsString::from(format!("{PREFIX}{me}-{nth}-{attempt}"));
            name.push(ending.as_ref());
            PathBuf::from(name)
        };
        first_free(name, |name: &Path| create(name.as_os_str()))
            .map(|(name, made)| (name.into_os_string(), made))
            .map_err(|(taken, error)| match error.kind() {
                io::ErrorKind::AlreadyExists => PlaceError::Taken {
                    path: self.path.to_owned(),
                    taken: self.path.with_file_name(taken),
                },
                _ => PlaceError::cannot(self.path, error),
            })
    }
}

/// Makes something under the first of many names that nobody has taken. Whatever has such a name, be it a link to
/// elsewhere that somebody laid there, is left alone.
///
/// # Errors
/// The system says no, with the name for which it did: the last one where all of them are taken.
pub(crate) fn first_free<T>(
    name: impl Fn(u32) -> PathBuf,
    create: impl Fn(&Path) -> io::Result<T>,
) -> Result<(PathBuf, T), (PathBuf, io::Error)> {
    let mut attempt = 0;
    loop {
        let name = name(attempt);
        attempt += 1;
        match create(&name) {
            Ok(made) => return Ok((name, made)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < ATTEMPTS => {}
            Err(error) => return Err((name, error)),
        }
    }
}

/// Whether it is the file that was checked, still as it was.
fn is_same(now: Entry, checked: Entry) -> bool {
    now == checked
}

/// What is there, if a file may be put there.
fn check(
    path: &Path,
    folder: &Folder,
    name: &OsStr,
    force: bool,
) -> Result<Option<Entry>, PlaceError> {
    let entry = folder
        .entry(name)
        .map_err(|error| PlaceError::cannot(path, error))?;
    let Some(there) = entry else {
        return Ok(None);
    };
    if !there.is_file() {
        return Err(PlaceError::NotAFile {
            path: path.to_owned(),
            what: kind(there),
        });
    }
    if !force {
        return Err(PlaceError::Exists(path.to_owned()));
    }
    let not_ours = |what: String, foreign| {
        Err(PlaceError::NotOurs {
            path: path.to_owned(),
            what,
            foreign,
        })
    };
    if there.owner != current_uid() {
        return not_ours(format!("belongs to user id {}", there.owner), true);
    }
    if there.links != 1 {
        return not_ours(format!("has {} names (hard links)", there.links), false);
    }
    Ok(Some(there))
}

fn kind(what: Entry) -> &'static str {
    match what.kind() {
        S_IFDIR => "a folder",
        S_IFLNK => "a link",
        S_IFIFO => "a FIFO",
        S_IFSOCK => "a socket",
        _ => "a device",
    }
}
