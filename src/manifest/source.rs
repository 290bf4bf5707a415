//! What the operands of a command name: files, folders of them, standard input.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use thiserror::Error;

use super::neighbours::Neighbours;
use crate::host::real::read_limited::{read_bounded, read_named, read_opened};
use crate::host::real::reading::{Folder, Found, Links};
use crate::text::printable::PrintablePath;

/// No more than this is read of a file, in bytes; one byte more tells that there is more.
pub(super) const FILE_MAX: u64 = crate::validate::FILE_MAX as u64;

/// No more manifests are judged below one folder. A whole illumos has some hundreds.
const FILES_MAX: usize = 100_000;
/// Nor are more names looked at below it: a folder full of links to itself has no end otherwise.
const NAMES_MAX: usize = 1_000_000;
/// Nor is looked deeper, each step of which is an open descriptor: illumos lets a process have 256.
const DEPTH_MAX: usize = 64;

/// Something that can be read.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// Standard input.
    Stdin,
    /// What somebody named: a file, or what else can be opened, as a pipe that a shell made for `<(...)`.
    File(PathBuf),
    /// A file that was found in a folder.
    Below {
        /// As it is called in messages.
        path: PathBuf,
        /// Its name in the folder.
        name: OsString,
        /// The folder.
        folder: Rc<Folder>,
    },
}

/// Why something cannot be read.
#[derive(Debug, Error)]
pub(crate) enum SourceError {
    /// The system says no.
    #[error("cannot read {}: {source}", PrintablePath(.path))]
    Io {
        /// What was to be read.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Below a folder only files are opened: a pipe that nobody writes to would never end.
    #[error("cannot read {}: it is not a file", PrintablePath(.0))]
    NotAFile(PathBuf),
    /// Somebody expects that something in there is judged.
    #[error("no *.xml below {}", PrintablePath(.0))]
    Nothing(PathBuf),
    /// Nobody has so many.
    #[error("there are more than {limit} {what} below {}; specify its subfolders individually", PrintablePath(.path))]
    TooMany {
        /// The operand.
        path: PathBuf,
        /// Of what there are more.
        what: &'static str,
        /// Than this.
        limit: usize,
    },
    /// Nobody nests folders so deep.
    #[error("cannot read {}: it is more than {DEPTH_MAX} folders deep; specify it separately", PrintablePath(.0))]
    TooDeep(PathBuf),
}

impl SourceError {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

impl Source {
    /// As it is called in messages. It may hold any character that is UTF-8.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Stdin => "<stdin>".to_owned(),
            Self::File(path) | Self::Below { path, .. } => path.display().to_string(),
        }
    }

    /// What is in it, and what is beside it: never more than [`FILE_MAX`] and one byte, so that devices end too.
    ///
    /// The folder is opened first, and the file through it: what an `xi:include` names comes from the folder
    /// that the manifest came from.
    ///
    /// # Errors
    /// It cannot be opened or read.
    pub(crate) fn read(&self) -> Result<(Vec<u8>, Neighbours), SourceError> {
        match self {
            Self::Stdin => {
                let bytes = read_bounded(io::stdin().lock(), 0, FILE_MAX)
                    .map_err(SourceError::io(Path::new("<stdin>")))?;
                Ok((bytes, Neighbours::none()))
            }
            Self::File(path) => read_operand(path).map_err(SourceError::io(path)),
            Self::Below { path, name, folder } => {
                let bytes = folder
                    .regular(name, Links::Followed)
                    .and_then(|file| read_opened(file, FILE_MAX))
                    .map_err(SourceError::io(path))?;
                Ok((bytes, Neighbours::of(Rc::clone(folder), name)))
            }
        }
    }
}

fn read_operand(path: &Path) -> io::Result<(Vec<u8>, Neighbours)> {
    let parent = match path.parent() {
        Some(parent) if parent == Path::new("") => Path::new("."),
        Some(parent) => parent,
        None => Path::new("/"),
    };
    match (Folder::open(parent), path.file_name()) {
        (Ok(folder), Some(name)) => {
            let bytes = read_opened(folder.named(path, name)?, FILE_MAX)?;
            Ok((bytes, Neighbours::of(Rc::new(folder), name)))
        }
        // In a folder that may be passed through, but not listed, files can be read by their names.
        (Err(_), _) | (Ok(_), None) => Ok((read_named(path, FILE_MAX)?, Neighbours::none())),
    }
}

/// Takes what was found.
type Take<'t> = &'t mut dyn FnMut(Result<Source, SourceError>);

/// Gives what an operand stands for: itself, or every `*.xml` below it in the order of their names. A folder is
/// looked into once, whatever links lead to it, and those above the operand are not.
///
/// One after the other: while it is taken, the folder that it was found in is open.
pub(crate) fn each(operand: &Path, take: Take<'_>) {
    if operand == Path::new("-") {
        return take(Ok(Source::Stdin));
    }
    match fs::metadata(operand) {
        Err(error) => take(Err(SourceError::io(operand)(error))),
        Ok(about) if about.is_dir() => below(operand, take),
        Ok(_) => take(Ok(Source::File(operand.to_owned()))),
    }
}

/// Gives everything below a folder that is called like a manifest.
fn below(top: &Path, take: Take<'_>) {
    let folder = match Folder::open(top) {
        Ok(folder) => Rc::new(folder),
        Err(error) => return take(Err(SourceError::io(top)(error))),
    };
    let mut walk = Walk {
        top,
        seen: above(&folder),
        files: 0,
        names: 0,
        given: 0,
        take,
    };
    if let Err(error) = walk.folder(top, &folder, 0) {
        walk.give(Err(error));
    }
    if walk.given == 0 {
        walk.give(Err(SourceError::Nothing(top.to_owned())));
    }
}

/// The folders above one: a link to one of them leads round in a circle, even if that one was not asked for.
fn above(folder: &Folder) -> HashSet<(u64, u64)> {
    let mut seen = HashSet::new();
    let mut identity = folder.identity().ok();
    let up = |folder: &Folder| folder.folder(OsStr::new(".."), Links::Followed).ok();
    let mut next = up(folder);
    while let Some(folder) = next {
        let above = folder.identity().ok();
        if above == identity {
            break;
        }
        seen.extend(above);
        identity = above;
        next = up(&folder);
    }
    seen
}

/// A search through a folder and those in it.
struct Walk<'w> {
    top: &'w Path,
    seen: HashSet<(u64, u64)>,
    files: usize,
    names: usize,
    given: usize,
    take: Take<'w>,
}

impl Walk<'_> {
    fn give(&mut self, found: Result<Source, SourceError>) {
        self.given += 1;
        (self.take)(found);
    }

    /// Looks through a folder.
    ///
    /// # Errors
    /// There is more than is looked at. What else is wrong is given.
    fn folder(
        &mut self,
        path: &Path,
        folder: &Rc<Folder>,
        depth: usize,
    ) -> Result<(), SourceError> {
        if folder.identity().is_ok_and(|it| !self.seen.insert(it)) {
            return Ok(());
        }
        if depth > DEPTH_MAX {
            self.give(Err(SourceError::TooDeep(path.to_owned())));
            return Ok(());
        }
        let names = match folder.names(NAMES_MAX) {
            Ok(names) => names,
            Err(error) => {
                self.give(Err(SourceError::io(path)(error)));
                return Ok(());
            }
        };
        self.names += names.len();
        if self.names > NAMES_MAX {
            return Err(self.too_many("names", NAMES_MAX));
        }
        for name in names {
            let path = path.join(&name);
            let wanted = path.extension().is_some_and(|e| e == "xml");
            match folder.look(&name, Links::Followed) {
                Ok(Found::Folder) => match folder.folder(&name, Links::Followed) {
                    Ok(inner) => self.folder(&path, &Rc::new(inner), depth + 1)?,
                    Err(error) => self.give(Err(SourceError::io(&path)(error))),
                },
                Ok(Found::File) if wanted => {
                    self.files += 1;
                    if self.files > FILES_MAX {
                        return Err(self.too_many("manifests", FILES_MAX));
                    }
                    let folder = Rc::clone(folder);
                    self.give(Ok(Source::Below { path, name, folder }));
                }
                Ok(_) if wanted => self.give(Err(SourceError::NotAFile(path))),
                Err(error) if wanted => self.give(Err(SourceError::io(&path)(error))),
                // A link into nowhere, for example: whatever it is, it is not called like a manifest.
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }

    fn too_many(&self, what: &'static str, limit: usize) -> SourceError {
        SourceError::TooMany {
            path: self.top.to_owned(),
            what,
            limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// A directory of its own for a test, empty.
    fn directory(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("vbox-smf-{name}-{}", std::process::id()));
        let _gone = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        path
    }

    fn expanded(operand: &Path) -> Vec<Result<Source, SourceError>> {
        let mut found = Vec::new();
        each(operand, &mut |one| found.push(one));
        found
    }

    /// What an operand stands for, without the folder; errors as they are.
    fn names_below(folder: &Path) -> Vec<String> {
        let shown = format!("{}/", folder.display());
        expanded(folder)
            .into_iter()
            .map(|found| match found {
                Ok(source) => source.name().replace(&shown, ""),
                Err(error) => error.to_string().replace(&shown, ""),
            })
            .collect()
    }

    #[test]
    fn a_folder_is_what_is_below_it() {
        let top = directory("below");
        fs::create_dir_all(top.join("b/deep.xml")).unwrap();
        for name in ["z.xml", "a.xml", "b/m.xml", "b/deep.xml/n.xml", "notes.txt"] {
            fs::write(top.join(name), "").unwrap();
        }
        symlink("..", top.join("b/up")).unwrap();
        symlink("../..", top.join("b/higher")).unwrap();
        symlink("/nonexistent", top.join("nowhere")).unwrap();
        symlink("z.xml", top.join("link.xml")).unwrap();
        symlink("round", top.join("round")).unwrap();
        assert_eq!(
            names_below(&top),
            ["a.xml", "b/deep.xml/n.xml", "b/m.xml", "link.xml", "z.xml"]
        );
        fs::remove_dir_all(top).unwrap();
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let top = directory("unreadable");
        assert_eq!(
            expanded(&top)[0].as_ref().unwrap_err().to_string(),
            format!("no *.xml below {}", top.display())
        );
        symlink("/nonexistent", top.join("nowhere.xml")).unwrap();
        symlink("/dev/null", top.join("device.xml")).unwrap();
        let names = names_below(&top);
        assert_eq!(names[0], "cannot read device.xml: it is not a file");
        assert!(
            names[1].starts_with("cannot read nowhere.xml: "),
            "{names:?}"
        );
        assert!(expanded(&top.join("missing.xml"))[0].is_err());
        fs::remove_dir_all(top).unwrap();
    }
}
