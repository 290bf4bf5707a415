//! What the operands of a command name: files, folders of them, standard input.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::bounded::{read_bounded, read_file};
use crate::printable::PrintablePath;

/// No more than this is read of a file, in bytes; one byte more tells that there is more.
pub(super) const FILE_MAX: u64 = super::rules::FILE_MAX as u64;

/// Something that can be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    /// Standard input.
    Stdin,
    /// A file, or what else can be opened: a pipe that a shell made for `<(...)`.
    File(PathBuf),
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
            Self::File(path) => path.display().to_string(),
        }
    }

    /// What is in it: never more than [`FILE_MAX`] and one byte, so that devices end too.
    ///
    /// # Errors
    /// It cannot be opened or read.
    pub(crate) fn read(&self) -> Result<Vec<u8>, SourceError> {
        match self {
            Self::Stdin => read_bounded(io::stdin().lock(), 0, FILE_MAX)
                .map_err(SourceError::io(Path::new("<stdin>"))),
            Self::File(path) => read_file(path, FILE_MAX).map_err(SourceError::io(path)),
        }
    }
}

/// What an operand stands for: itself, or every `*.xml` below it in the order of their names. A folder is
/// looked into once, whatever links lead to it, and those above the operand are not.
pub(crate) fn expand(operand: &Path) -> Vec<Result<Source, SourceError>> {
    if operand == Path::new("-") {
        return vec![Ok(Source::Stdin)];
    }
    match fs::metadata(operand) {
        Err(error) => vec![Err(SourceError::io(operand)(error))],
        Ok(about) if about.is_dir() => {
            let mut found = below(operand);
            if found.is_empty() {
                found.push(Err(SourceError::Nothing(operand.to_owned())));
            }
            found
        }
        Ok(_) => vec![Ok(Source::File(operand.to_owned()))],
    }
}

/// Everything below a folder that is called like a manifest.
fn below(top: &Path) -> Vec<Result<Source, SourceError>> {
    let mut found = Vec::new();
    // A link to a folder above leads round in a circle, even if that one was not asked for.
    let mut seen: HashSet<PathBuf> = fs::canonicalize(top)
        .iter()
        .flat_map(|real| real.ancestors().skip(1))
        .map(Path::to_owned)
        .collect();
    let mut folders = vec![top.to_owned()];
    while let Some(folder) = folders.pop() {
        if fs::canonicalize(&folder).is_ok_and(|real| !seen.insert(real)) {
            continue;
        }
        let names = match names(&folder) {
            Ok(names) => names,
            Err(error) => {
                found.push((folder.clone(), Err(SourceError::io(&folder)(error))));
                continue;
            }
        };
        for path in names {
            let wanted = path.extension().is_some_and(|e| e == "xml");
            match fs::metadata(&path) {
                Ok(about) if about.is_dir() => folders.push(path),
                Ok(about) if wanted && about.is_file() => {
                    found.push((path.clone(), Ok(Source::File(path))));
                }
                Ok(_) if wanted => found.push((path.clone(), Err(SourceError::NotAFile(path)))),
                Err(error) if wanted => {
                    found.push((path.clone(), Err(SourceError::io(&path)(error))));
                }
                // A link into nowhere, for example: whatever it is, it is not called like a manifest.
                Ok(_) | Err(_) => {}
            }
        }
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found.into_iter().map(|(_, source)| source).collect()
}

/// What is in a folder. The last name comes first: the folders among them are taken from the end.
fn names(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut names = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    names.sort_by(|a, b| b.cmp(a));
    Ok(names)
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

    /// What an operand stands for, without the folder; errors as they are.
    fn names_below(folder: &Path) -> Vec<String> {
        let shown = format!("{}/", folder.display());
        expand(folder)
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
            expand(&top)[0].as_ref().unwrap_err().to_string(),
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
        assert!(expand(&top.join("missing.xml"))[0].is_err());
        fs::remove_dir_all(top).unwrap();
    }
}
