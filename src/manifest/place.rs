//! Puts a finished file where it belongs: whole or not at all, and never over another one unasked.

use std::fs::{self, FileType, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::failure::{Failure, Kind};
use crate::printable::PrintablePath;

/// So many names are tried for what is only there for a while. Another process of our number may have left some behind.
const ATTEMPTS: u32 = 1000;

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

/// Writes beside the path, then renames. `force` replaces a file that is there.
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
    for path in paths {
        check(path, force)?;
    }
    let mut steps: Vec<Step<'_>> = Vec::with_capacity(paths.len());
    let outcome = written_beside(paths, text, &mut steps)
        .and_then(|()| appear_all(&mut steps, force).map_err(E::from));
    if outcome.is_err() {
        steps.iter().rev().for_each(Step::undo);
    }
    steps.iter().for_each(Step::tidy);
    outcome
}

/// Whether something may be put there.
fn check(path: &Path, force: bool) -> Result<(), PlaceError> {
    let no_file = |what| {
        Err(PlaceError::NotAFile {
            path: path.to_owned(),
            what,
        })
    };
    if path.file_name().is_none() {
        return no_file("a folder");
    }
    match fs::symlink_metadata(path) {
        Ok(there) if !there.is_file() => no_file(kind(there.file_type())),
        Ok(_) if !force => Err(PlaceError::Exists(path.to_owned())),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(cannot(path, error)),
    }
}

fn kind(what: FileType) -> &'static str {
    if what.is_dir() {
        "a folder"
    } else if what.is_symlink() {
        "a link"
    } else if what.is_fifo() {
        "a FIFO"
    } else if what.is_socket() {
        "a socket"
    } else {
        "a device"
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

/// A file on its way.
struct Step<'a> {
    path: &'a Path,
    /// What it is to hold.
    beside: PathBuf,
    /// What it held before, where that was kept.
    before: Option<PathBuf>,
    /// Its new content is there.
    done: bool,
}

impl Step<'_> {
    /// Everything as it was. The first error is the one to tell, so what fails here is not told.
    fn undo(&self) {
        if self.done {
            let _tried = match &self.before {
                Some(before) => fs::rename(before, self.path),
                None => fs::remove_file(self.path),
            };
        }
    }

    /// What was made on the way is of no use any more.
    fn tidy(&self) {
        for path in std::iter::once(&self.beside).chain(&self.before) {
            let _gone = fs::remove_file(path);
        }
    }
}

fn written_beside<'a, E: From<PlaceError>>(
    paths: &'a [PathBuf],
    text: &mut dyn FnMut(usize) -> Result<String, E>,
    steps: &mut Vec<Step<'a>>,
) -> Result<(), E> {
    for (nth, path) in paths.iter().enumerate() {
        let text = text(nth)?;
        let (beside, mut file) = beside(path, nth, "tmp", |name| {
            OpenOptions::new().write(true).create_new(true).open(name)
        })?;
        steps.push(Step {
            path,
            beside,
            before: None,
            done: false,
        });
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(|error| cannot(path, error))?;
    }
    Ok(())
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

/// Makes something under a name beside a file.
fn beside<T>(
    path: &Path,
    nth: usize,
    ending: &str,
    create: impl Fn(&Path) -> io::Result<T>,
) -> Result<(PathBuf, T), PlaceError> {
    let me = std::process::id();
    let name = |attempt| path.with_file_name(format!(".vbox-smf-{me}-{nth}-{attempt}.{ending}"));
    first_free(name, create).map_err(|(taken, error)| match error.kind() {
        io::ErrorKind::AlreadyExists => PlaceError::Taken {
            path: path.to_owned(),
            taken,
        },
        _ => cannot(path, error),
    })
}

fn appear_all(steps: &mut [Step<'_>], force: bool) -> Result<(), PlaceError> {
    // One rename is all or nothing by itself.
    let many = steps.len() > 1;
    for (nth, step) in steps.iter_mut().enumerate() {
        if force && many && step.path.exists() {
            let (before, ()) = beside(step.path, nth, "old", |name| keep(step, name))?;
            step.before = Some(before);
        }
        let replaced = if force {
            fs::rename(&step.beside, step.path)
        } else {
            appear(&step.beside, step.path)
        };
        replaced.map_err(|error| cannot(step.path, error))?;
        step.done = true;
    }
    Ok(())
}

/// A second name for what is there. It is a copy where the file system has no links, and where the file is somebody
/// else's: in a folder as /tmp a name of such a file could be made, and not be removed again.
fn keep(step: &Step<'_>, before: &Path) -> io::Result<()> {
    let owner = |path: &Path| fs::symlink_metadata(path).map(|about| about.uid());
    if owner(step.path)? != owner(&step.beside)? {
        return copy(step.path, before);
    }
    match fs::hard_link(step.path, before) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => copy(step.path, before),
        made => made,
    }
}

/// A copy under a name that is free: [`fs::copy`] would write through a link.
fn copy(path: &Path, to: &Path) -> io::Result<()> {
    let mut from = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)?;
    let mut copy = OpenOptions::new().write(true).create_new(true).open(to)?;
    let copied = io::copy(&mut from, &mut copy)
        .and_then(|_| copy.set_permissions(from.metadata()?.permissions()));
    if copied.is_err() {
        // It is ours, and of no use.
        let _gone = fs::remove_file(to);
    }
    copied
}

/// Gives the file its name, unless somebody else took it meanwhile: rename(2) would replace theirs.
fn appear(beside: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(beside, path) {
        Ok(()) => fs::remove_file(beside),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        // Not every file system has links.
        Err(_) => fs::rename(beside, path),
    }
}

#[cfg(test)]
mod tests;
