//! Puts a finished file where it belongs: whole or not at all, and never over another one unasked.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

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

/// Writes beside the path, then renames. `force` replaces a file that is there.
///
/// # Errors
/// There is something already, or it cannot be written. Then nothing has changed.
pub(crate) fn place(path: &Path, text: &str, force: bool) -> Result<(), PlaceError> {
    vacant(path, force)?;
    let beside = path.with_file_name(format!(".vbox-smf-{}.tmp", std::process::id()));
    write_new(&beside, text)
        .and_then(|()| {
            if force {
                fs::rename(&beside, path)
            } else {
                appear(&beside, path)
            }
        })
        .map_err(|error| {
            // What was begun is of no use. The first error is the one to tell.
            let _gone = fs::remove_file(&beside);
            match error.kind() {
                io::ErrorKind::AlreadyExists => PlaceError::Exists(path.to_owned()),
                _ => PlaceError::Io {
                    path: path.to_owned(),
                    source: error,
                },
            }
        })
}

/// Whether a file may be put there: nothing is, or a file that `force` replaces.
///
/// # Errors
/// There is something already, or that cannot be seen.
pub(crate) fn vacant(path: &Path, force: bool) -> Result<(), PlaceError> {
    if path.file_name().is_none() {
        return Err(PlaceError::NotAFile(path.to_owned()));
    }
    match fs::symlink_metadata(path) {
        Ok(there) if !there.is_file() => Err(PlaceError::NotAFile(path.to_owned())),
        Ok(_) if !force => Err(PlaceError::Exists(path.to_owned())),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(PlaceError::Io {
            path: path.to_owned(),
            source,
        }),
    }
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    // What another process of this number left behind when it was killed.
    let _gone = fs::remove_file(path);
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
