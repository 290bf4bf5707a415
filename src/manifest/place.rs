//! Puts a finished file where it belongs: whole or not at all, and never over another one unasked.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::failure::{Failure, Kind};
use crate::vm::Printable;

/// Why there is no file.
#[derive(Debug, Error)]
pub(crate) enum PlaceError {
    /// There is one already.
    #[error("{} exists", Printable(&.0.display().to_string()))]
    Exists(PathBuf),
    /// A directory, a device, a link: nothing that a rename should replace.
    #[error("{} is not a file", Printable(&.0.display().to_string()))]
    NotAFile(PathBuf),
    /// The system says no.
    #[error("cannot write {}", Printable(&.path.display().to_string()))]
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
            PlaceError::NotAFile(_) => (Kind::Config, Some("name a file")),
            PlaceError::Io { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied => (Kind::Permission, None),
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
    for (path, _) in files {
        check(path, force)?;
    }
    let mut steps: Vec<Step<'_>> = Vec::with_capacity(files.len());
    let outcome = written_beside(files, &mut steps).and_then(|()| appear_all(&mut steps, force));
    if outcome.is_err() {
        steps.iter().rev().for_each(Step::undo);
    }
    steps.iter().for_each(Step::tidy);
    outcome
}

/// Whether something may be put there.
fn check(path: &Path, force: bool) -> Result<(), PlaceError> {
    if path.file_name().is_none() {
        return Err(PlaceError::NotAFile(path.to_owned()));
    }
    match fs::symlink_metadata(path) {
        Ok(there) if !there.is_file() => Err(PlaceError::NotAFile(path.to_owned())),
        Ok(_) if !force => Err(PlaceError::Exists(path.to_owned())),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(cannot(path, error)),
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
    /// What it held before.
    before: PathBuf,
    /// Its new content is there.
    done: bool,
}

impl Step<'_> {
    /// Everything as it was. The first error is the one to tell, so what fails here is not told.
    fn undo(&self) {
        if self.done {
            let _tried = if self.before.exists() {
                fs::rename(&self.before, self.path)
            } else {
                fs::remove_file(self.path)
            };
        }
    }

    /// What was made on the way is of no use any more.
    fn tidy(&self) {
        for path in [&self.beside, &self.before] {
            let _gone = fs::remove_file(path);
        }
    }
}

fn written_beside<'a>(
    files: &'a [(PathBuf, String)],
    steps: &mut Vec<Step<'a>>,
) -> Result<(), PlaceError> {
    let me = std::process::id();
    for (i, (path, text)) in files.iter().enumerate() {
        let step = Step {
            path,
            beside: path.with_file_name(format!(".vbox-smf-{me}-{i}.tmp")),
            before: path.with_file_name(format!(".vbox-smf-{me}-{i}.old")),
            done: false,
        };
        // What another process of this number left behind when it was killed.
        step.tidy();
        let written = write_new(&step.beside, text);
        steps.push(step);
        written.map_err(|error| cannot(path, error))?;
    }
    Ok(())
}

fn appear_all(steps: &mut [Step<'_>], force: bool) -> Result<(), PlaceError> {
    // One rename is all or nothing by itself.
    let many = steps.len() > 1;
    for step in steps {
        let replaced = if force {
            let kept = if many && step.path.exists() {
                keep(step.path, &step.before)
            } else {
                Ok(())
            };
            kept.and_then(|()| fs::rename(&step.beside, step.path))
        } else {
            appear(&step.beside, step.path)
        };
        replaced.map_err(|error| cannot(step.path, error))?;
        step.done = true;
    }
    Ok(())
}

/// A second name for what is there; a copy, where the file system has no links.
fn keep(path: &Path, before: &Path) -> io::Result<()> {
    fs::hard_link(path, before).or_else(|_| fs::copy(path, before).map(drop))
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
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
mod tests {
    use super::*;

    /// A directory of its own for a test, empty.
    fn directory(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("vbox-smf-{name}-{}", std::process::id()));
        let _gone = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        path
    }

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_only_by_force() {
        let directory = directory("force");
        let path = directory.join("vbox.xml");
        place(&path, "one", false).unwrap();
        let error = place(&path, "two", false).unwrap_err();
        assert!(matches!(error, PlaceError::Exists(_)), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        place(&path, "two", true).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(names(&directory), ["vbox.xml"], "nothing is left beside it");
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn only_files_are_replaced() {
        let directory = directory("kinds");
        let link = directory.join("link.xml");
        std::os::unix::fs::symlink("/dev/null", &link).unwrap();
        for path in [
            &directory,
            &link,
            Path::new("/dev/null"),
            Path::new("/"),
            Path::new(".."),
        ] {
            let error = place(path, "x", true).unwrap_err();
            assert!(
                matches!(error, PlaceError::NotAFile(_)),
                "{}: {error}",
                path.display()
            );
        }
        let nowhere = directory.join("no/vbox.xml");
        let error = place(&nowhere, "x", false).unwrap_err();
        assert!(matches!(error, PlaceError::Io { .. }), "{error}");
        assert_eq!(names(&directory), ["link.xml"]);
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn many_files_are_all_placed_or_none() {
        let directory = directory("many");
        let file = |name: &str, text: &str| (directory.join(name), text.to_owned());
        let three = [file("a", "1"), file("b", "1"), file("c", "1")];
        place_all(&three, false).unwrap();
        assert_eq!(names(&directory), ["a", "b", "c"]);
        // One is there already.
        fs::remove_file(directory.join("a")).unwrap();
        let error = place_all(&three, false).unwrap_err();
        assert!(matches!(error, PlaceError::Exists(_)), "{error}");
        assert_eq!(names(&directory), ["b", "c"]);
        // One cannot be written.
        let nowhere = (directory.join("no/d"), "2".to_owned());
        let error = place_all(&[file("b", "2"), nowhere], true).unwrap_err();
        assert!(matches!(error, PlaceError::Io { .. }), "{error}");
        assert_eq!(names(&directory), ["b", "c"]);
        assert_eq!(fs::read_to_string(directory.join("b")).unwrap(), "1");
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn what_was_done_before_an_error_is_undone() {
        let directory = directory("undo");
        let (old, new) = (directory.join("old"), directory.join("new"));
        fs::write(&old, "before").unwrap();
        let files = [
            (old.clone(), "after".to_owned()),
            (new.clone(), "after".to_owned()),
        ];
        let mut steps = Vec::new();
        written_beside(&files, &mut steps).unwrap();
        // Somebody makes a folder of the second meanwhile: no file can be renamed to it.
        fs::create_dir(&new).unwrap();
        appear_all(&mut steps, true).unwrap_err();
        assert_eq!(fs::read_to_string(&old).unwrap(), "after");
        steps.iter().rev().for_each(Step::undo);
        steps.iter().for_each(Step::tidy);
        assert_eq!(fs::read_to_string(&old).unwrap(), "before");
        assert_eq!(names(&directory), ["new", "old"]);
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn a_name_that_was_taken_meanwhile_is_left_alone() {
        let directory = directory("race");
        let (beside, path) = (directory.join("a"), directory.join("b"));
        fs::write(&beside, "ours").unwrap();
        fs::write(&path, "theirs").unwrap();
        let error = appear(&beside, &path).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
        fs::remove_dir_all(directory).unwrap();
    }
}
