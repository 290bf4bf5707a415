//! Puts a finished file where it belongs: whole or not at all, and never over another one unasked.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::Permissions;
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use thiserror::Error;

use crate::failure::{Failure, Kind};
use crate::host::real::writing::{self, Entry, Folder, S_IFDIR, S_IFIFO, S_IFLNK, S_IFSOCK};
use crate::host::real::{current_uid, is_root};
use crate::output;
use crate::printable::PrintablePath;

/// So many names are tried for what is only there for a while. Another process of our number may have left some behind.
const ATTEMPTS: u32 = 1000;
/// In a folder with more names leftovers are not looked for.
const NAMES_MAX: usize = 100_000;

/// Why there is no file.
#[derive(Debug, Error)]
pub(crate) enum PlaceError {
    /// There is one already.
    #[error("{} exists", PrintablePath(.0))]
    Exists(PathBuf),
    /// A directory, a device, a link: nothing that a rename should replace.
    #[error("{} is {what}, not a file", PrintablePath(path))]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What is there.
        what: &'static str,
    },
    /// It is a file that is not the caller's alone.
    #[error("{} {what}: it is not replaced", PrintablePath(path))]
    NotOurs {
        /// The path.
        path: PathBuf,
        /// Whose it is, or that it has other names; a clause.
        what: String,
        /// It belongs to somebody else.
        foreign: bool,
    },
    /// Somebody else may put another folder or file on the way there.
    #[error(
        "{} {why}: others could have the file written elsewhere",
        PrintablePath(path)
    )]
    Replaceable {
        /// The first place on the way that they may replace.
        path: PathBuf,
        /// Why; a clause.
        why: String,
    },
    /// What was checked is another file now.
    #[error("{} became another file meanwhile", PrintablePath(.0))]
    Changed(PathBuf),
    /// Every name that a file on its way could have is taken.
    #[error(
        "cannot write {}: {} is there already",
        PrintablePath(path),
        PrintablePath(taken)
    )]
    Taken {
        /// The file.
        path: PathBuf,
        /// The last name that was tried.
        taken: PathBuf,
    },
    /// The system says no.
    #[error("cannot write {}", PrintablePath(path))]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl From<PlaceError> for Failure {
    fn from(error: PlaceError) -> Self {
        let (kind, hint) = match &error {
            PlaceError::Exists(_) => (Kind::Config, Some("--force replaces it")),
            PlaceError::NotAFile { .. } => (Kind::Config, Some("name a file")),
            PlaceError::NotOurs { foreign, .. } => (
                if *foreign {
                    Kind::Permission
                } else {
                    Kind::Config
                },
                Some("remove it first, or write to another name"),
            ),
            PlaceError::Replaceable { .. } => (
                Kind::Config,
                Some("as root, write to a folder that only root may change, all the way from /"),
            ),
            PlaceError::Changed(_) => (Kind::Transient, Some("nothing was replaced")),
            PlaceError::Taken { .. } => (
                Kind::Config,
                Some("somebody fills the folder with such names: write to one that is yours alone"),
            ),
            PlaceError::Io { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied => (
                    Kind::Permission,
                    Some("write to a folder of your own, or as its owner"),
                ),
                io::ErrorKind::NotFound => (Kind::Config, Some("is the folder there?")),
                _ => (Kind::Transient, None),
            },
        };
        let failure = Self::new(kind, error);
        match hint {
            Some(hint) => failure.hinted(hint),
            None => failure,
        }
    }
}

/// Writes beside the path, then renames. `force` replaces a file that is there, if it is the caller's alone.
///
/// # Errors
/// There is something already, or it cannot be written. Then nothing has changed.
pub(crate) fn place(path: &Path, text: &str, force: bool) -> Result<(), PlaceError> {
    place_all(&[(path.to_owned(), text.to_owned())], force)
}

/// The same for many files: all of them or none.
///
/// # Errors
/// There is something already, or one cannot be written. Then nothing has changed.
pub(crate) fn place_all(files: &[(PathBuf, String)], force: bool) -> Result<(), PlaceError> {
    let paths: Vec<PathBuf> = files.iter().map(|(path, _)| path.clone()).collect();
    place_each(&paths, &mut |nth| Ok(files[nth].1.clone()), force)
}

/// The same for texts that are made one after the other, each only when it is written: together they may be long.
///
/// # Errors
/// As [`place_all`], or a text cannot be made.
pub(crate) fn place_each<E: From<PlaceError>>(
    paths: &[PathBuf],
    text: &mut dyn FnMut(usize) -> Result<String, E>,
    force: bool,
) -> Result<(), E> {
    let mut steps = planned(paths, force)?;
    let outcome = write_beside(&mut steps, text)
        .and_then(|()| appear_all(&mut steps, force).map_err(E::from));
    if outcome.is_err() {
        steps.iter().rev().for_each(Step::undo);
    }
    steps.iter().for_each(Step::tidy);
    outcome
}

/// A file on its way.
struct Step<'a> {
    path: &'a Path,
    folder: Rc<Folder>,
    name: &'a OsStr,
    /// What is there, and may be replaced.
    there: Option<Entry>,
    /// What it is to hold, and what tells that file from every other one.
    beside: Option<(OsString, (u64, u64))>,
    /// What it held before, under another name.
    before: Option<OsString>,
    /// Its new content is there.
    done: bool,
}

/// The way to each file, and what is there.
fn planned(paths: &[PathBuf], force: bool) -> Result<Vec<Step<'_>>, PlaceError> {
    let mut folders: BTreeMap<PathBuf, Rc<Folder>> = BTreeMap::new();
    let mut steps = Vec::with_capacity(paths.len());
    for path in paths {
        // `x/` and `x/.` name a folder, though the last name in them is that of a file.
        let bytes = path.as_os_str().as_bytes();
        let of_a_folder = bytes.ends_with(b"/") || bytes.ends_with(b"/.");
        let Some(name) = path.file_name().filter(|_| !of_a_folder) else {
            return Err(PlaceError::NotAFile {
                path: path.clone(),
                what: "a folder",
            });
        };
        let above = path.parent().unwrap_or(Path::new("")).to_owned();
        let folder = if let Some(folder) = folders.get(&above) {
            Rc::clone(folder)
        } else {
            let folder = Rc::new(folder(path, &above)?);
            folders.insert(above, Rc::clone(&folder));
            folder
        };
        let there = check(path, &folder, name, force)?;
        steps.push(Step {
            path,
            folder,
            name,
            there,
            beside: None,
            before: None,
            done: false,
        });
    }
    Ok(steps)
}

/// The folder that a file goes to. Where others may put something else on the way, root does not write.
fn folder(path: &Path, above: &Path) -> Result<Folder, PlaceError> {
    let walked = writing::walk(above).map_err(|(_, error)| cannot(path, error))?;
    if let Some(replaceable) = walked.replaceable {
        if is_root() {
            return Err(PlaceError::Replaceable {
                path: replaceable.path,
                why: replaceable.why,
            });
        }
        output::tell(&format!(
            "warning: {} {}: others could have files written elsewhere",
            PrintablePath(&replaceable.path),
            replaceable.why
        ));
    }
    name_leftovers(above, &walked.folder);
    Ok(walked.folder)
}

/// Names what a run that was killed has left: it is for people to say what becomes of it.
fn name_leftovers(above: &Path, folder: &Folder) {
    for name in folder.names(NAMES_MAX).unwrap_or_default() {
        let text = name.to_string_lossy();
        let Some(rest) = text.strip_prefix(".vbox-smf-") else {
            continue;
        };
        let pid = rest.split('-').next().and_then(|pid| pid.parse().ok());
        if pid.is_none_or(writing::is_alive) {
            continue;
        }
        let what = match text.rsplit('.').next() {
            Some("tmp") => "a new file that did not get its name: remove it",
            Some("old") => "a file as it was before: remove it, or move it back",
            _ => continue,
        };
        output::tell(&format!(
            "warning: {} was left by a run that did not end; it is {what}",
            PrintablePath(&above.join(&name))
        ));
    }
}

/// What is there, if a file may be put there.
fn check(
    path: &Path,
    folder: &Folder,
    name: &OsStr,
    force: bool,
) -> Result<Option<Entry>, PlaceError> {
    let entry = folder.entry(name).map_err(|error| cannot(path, error))?;
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

fn cannot(path: &Path, source: io::Error) -> PlaceError {
    match source.kind() {
        io::ErrorKind::AlreadyExists => PlaceError::Exists(path.to_owned()),
        _ => PlaceError::Io {
            path: path.to_owned(),
            source,
        },
    }
}

impl Step<'_> {
    /// Everything as it was. The first error is the one to tell, so what fails here is not told.
    fn undo(&self) {
        if !self.done {
            return;
        }
        let _tried = match (&self.before, &self.beside) {
            (Some(before), _) => self.folder.rename(before, self.name),
            (None, Some((_, ours))) => match self.folder.entry(self.name) {
                Ok(Some(now)) if now.identity == *ours => self.folder.remove(self.name),
                _ => Ok(()),
            },
            (None, None) => Ok(()),
        };
    }

    /// What was made on the way is of no use any more.
    fn tidy(&self) {
        let beside = self.beside.as_ref().map(|(name, _)| name);
        for name in beside.into_iter().chain(&self.before) {
            let _gone = self.folder.remove(name);
        }
    }

    /// Makes something under a name beside the file.
    fn beside<T>(
        &self,
        nth: usize,
        ending: &str,
        create: impl Fn(&OsStr) -> io::Result<T>,
    ) -> Result<(OsString, T), PlaceError> {
        let me = std::process::id();
        let name = |attempt| format!(".vbox-smf-{me}-{nth}-{attempt}.{ending}").into();
        first_free(name, |name: &Path| create(name.as_os_str()))
            .map(|(name, made)| (name.into_os_string(), made))
            .map_err(|(taken, error)| match error.kind() {
                io::ErrorKind::AlreadyExists => PlaceError::Taken {
                    path: self.path.to_owned(),
                    taken: self.path.with_file_name(taken),
                },
                _ => cannot(self.path, error),
            })
    }

    /// A second name for what is replaced, so that it can be put back. Nothing is copied: it is the caller's own file,
    /// and has no other name. Where the file system has no links it is renamed away.
    fn keep(&mut self, nth: usize, there: Entry) -> Result<(), PlaceError> {
        let (before, ()) =
            self.beside(nth, "old", |name| match self.folder.link(self.name, name) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    match self.folder.entry(name)? {
                        Some(_) => Err(io::ErrorKind::AlreadyExists.into()),
                        None => self.folder.rename(self.name, name),
                    }
                }
                linked => linked,
            })?;
        let kept = self.folder.entry(&before);
        self.before = Some(before);
        match kept {
            Ok(Some(kept)) if is_same(kept, there) => Ok(()),
            _ => Err(PlaceError::Changed(self.path.to_owned())),
        }
    }
}

/// Whether it is the file that was checked, still as it was but for its second name.
fn is_same(now: Entry, checked: Entry) -> bool {
    (now.identity, now.owner, now.mode) == (checked.identity, checked.owner, checked.mode)
        && now.links <= 2
}

fn write_beside<E: From<PlaceError>>(
    steps: &mut [Step<'_>],
    text: &mut dyn FnMut(usize) -> Result<String, E>,
) -> Result<(), E> {
    for (nth, step) in steps.iter_mut().enumerate() {
        let text = text(nth)?;
        let (name, mut file) = step.beside(nth, "tmp", |name| step.folder.create(name))?;
        let about = file.metadata();
        // Before anything else, so that it is taken away again whatever happens.
        let identity = about
            .as_ref()
            .map_or((0, 0), |about| (about.dev(), about.ino()));
        step.beside = Some((name, identity));
        about.map_err(|error| cannot(step.path, error))?;
        let mode = step.there.map_or(0o644, |there| there.mode & 0o777);
        file.write_all(text.as_bytes())
            .and_then(|()| file.set_permissions(Permissions::from_mode(mode)))
            .and_then(|()| file.sync_all())
            .map_err(|error| cannot(step.path, error))?;
    }
    Ok(())
}

fn appear_all(steps: &mut [Step<'_>], force: bool) -> Result<(), PlaceError> {
    for (nth, step) in steps.iter_mut().enumerate() {
        if let Some(there) = step.there {
            let kept = step.keep(nth, there);
            // Where it was renamed away, it is put back.
            step.done |= kept.is_err() && matches!(step.folder.entry(step.name), Ok(None));
            kept?;
        }
        let (beside, _) = step.beside.as_ref().expect("written before");
        let placed = match step.there {
            Some(_) if force => step.folder.rename(beside, step.name),
            _ => appear(&step.folder, beside, step.name),
        };
        step.done |= placed.is_ok() || step.before.is_some();
        placed.map_err(|error| cannot(step.path, error))?;
    }
    Ok(())
}

/// Gives the file its name, unless somebody else took it meanwhile: rename(2) would replace theirs.
fn appear(folder: &Folder, beside: &OsStr, name: &OsStr) -> io::Result<()> {
    match folder.link(beside, name) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            // Not every file system has links.
            match folder.entry(name)? {
                Some(_) => Err(io::ErrorKind::AlreadyExists.into()),
                None => folder.rename(beside, name),
            }
        }
        linked => linked,
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

#[cfg(test)]
mod tests;
