//! Why a file is not where it belongs, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::failure::{Failure, Kind};
use crate::text::printable::PrintablePath;

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
    #[error("{} {what} and is not replaced", PrintablePath(path))]
    NotOurs {
        /// The path.
        path: PathBuf,
        /// Whose it is, or that it has other names; a clause.
        what: String,
        /// It belongs to somebody else.
        foreign: bool,
    },
    /// Somebody else may put another folder or file on the way there.
    #[error("{} {why}: other users could redirect the file", PrintablePath(path))]
    Replaceable {
        /// The first place on the way that they may replace.
        path: PathBuf,
        /// Why; a clause.
        why: String,
    },
    /// What was checked is another file now.
    #[error("{} was replaced in the meantime", PrintablePath(.0))]
    Changed(PathBuf),
    /// A signal asked this process to end.
    #[error("interrupted: no file was written")]
    Interrupted,
    /// Every name that a file on its way could have is taken.
    #[error(
        "cannot write {}: {} already exists",
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

impl PlaceError {
    /// The system says no.
    pub(crate) fn cannot(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AlreadyExists => Self::Exists(path.to_owned()),
            _ => Self::Io {
                path: path.to_owned(),
                source,
            },
        }
    }
}

impl From<PlaceError> for Failure {
    fn from(error: PlaceError) -> Self {
        let (kind, hint) = match &error {
            PlaceError::Exists(_) => (Kind::Config, Some("use --force to replace it")),
            PlaceError::NotAFile { .. } => (Kind::Config, Some("specify a file")),
            PlaceError::NotOurs { foreign, .. } => (
                if *foreign {
                    Kind::Permission
                } else {
                    Kind::Config
                },
                Some("remove it first, or use another name"),
            ),
            PlaceError::Replaceable { .. } => (
                Kind::Config,
                Some(
                    "as root, write to a folder that only root can change, including all folders above it",
                ),
            ),
            PlaceError::Changed(_) => (
                Kind::Transient,
                Some("another user writes to this folder: use a folder that only you can write to"),
            ),
            PlaceError::Interrupted => (Kind::Transient, None),
            PlaceError::Taken { .. } => (
                Kind::Config,
                Some(
                    "another user creates such names in this folder: use a folder that only you can write to",
                ),
            ),
            PlaceError::Io { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied => (
                    Kind::Permission,
                    Some("write to your own folder, or run the command as the owner of this one"),
                ),
                io::ErrorKind::NotFound => (Kind::Config, Some("check that the folder exists")),
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
