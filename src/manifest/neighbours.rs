//! What an `xi:include` names: files in the manifest's own folder, and below.
//!
//! svccfg reads whatever is named. A manifest from somewhere else could so have any file of this machine
//! read, so nothing outside its folder is: neither by `..`, nor by an absolute name, nor by a link.

use std::cell::Cell;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::rules::Included;
use super::source::Source;
use crate::bounded::read_regular;

/// More than this is not read of all that one manifest includes, in bytes. It is judged with the manifest,
/// so it takes memory beside it.
const INCLUDED_MAX: u64 = 16 << 20;

/// The files beside a manifest.
#[derive(Debug)]
pub(crate) struct Neighbours {
    /// Where standard input has its folder, nobody knows.
    folder: Option<PathBuf>,
    /// So many bytes may still be read for this manifest.
    left: Cell<u64>,
}

impl Neighbours {
    /// Those of a manifest.
    pub(crate) fn of(source: &Source) -> Self {
        let folder = match source {
            Source::Stdin => None,
            Source::File(path) => path.parent().map(|parent| {
                if parent == Path::new("") {
                    PathBuf::from(".")
                } else {
                    parent.to_owned()
                }
            }),
        };
        Self {
            folder,
            left: Cell::new(INCLUDED_MAX),
        }
    }

    /// Reads one. `href` is as it stands in the manifest.
    pub(crate) fn read(&self, href: &str) -> Included {
        let Some(folder) = self.folder.as_deref().filter(|_| is_plain(href)) else {
            return Included::Outside;
        };
        let (Ok(folder), Ok(path)) = (
            fs::canonicalize(folder),
            fs::canonicalize(folder.join(href)),
        ) else {
            return Included::Missing;
        };
        if !path.starts_with(&folder) {
            return Included::Outside;
        }
        match read_regular(&path, self.left.get()) {
            Ok(content) => match self.left.get().checked_sub(content.len() as u64) {
                Some(left) => {
                    self.left.set(left);
                    Included::Content(content)
                }
                // Too much to look at says nothing about what it is.
                None => Included::Outside,
            },
            Err(_) => Included::Missing,
        }
    }
}

/// Whether this is a relative name that no URI parser would read as anything else, and that goes down only.
fn is_plain(href: &str) -> bool {
    !href.is_empty()
        && !href.contains([':', '?', '#', '%', '\\', '\0'])
        && Path::new(href)
            .components()
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn only_what_is_beside_is_read() {
        let top = std::env::temp_dir().join(format!("vbox-smf-beside-{}", std::process::id()));
        let _gone = fs::remove_dir_all(&top);
        let folder = top.join("manifest");
        fs::create_dir_all(folder.join("parts")).unwrap();
        fs::write(top.join("secret"), "secret").unwrap();
        fs::write(folder.join("a.xml"), "a").unwrap();
        fs::write(folder.join("parts/b.xml"), "b").unwrap();
        symlink("a.xml", folder.join("inside.xml")).unwrap();
        symlink("../secret", folder.join("outside.xml")).unwrap();
        symlink("..", folder.join("up")).unwrap();
        let neighbours = Neighbours::of(&Source::File(folder.join("manifest.xml")));
        for (href, included) in [
            ("a.xml", Included::Content(b"a".to_vec())),
            ("./a.xml", Included::Content(b"a".to_vec())),
            ("parts/b.xml", Included::Content(b"b".to_vec())),
            ("inside.xml", Included::Content(b"a".to_vec())),
            ("outside.xml", Included::Outside),
            ("up/secret", Included::Outside),
            ("../secret", Included::Outside),
            ("parts/../a.xml", Included::Outside),
            ("/etc/passwd", Included::Outside),
            ("file:///etc/passwd", Included::Outside),
            ("http://example.org/a.xml", Included::Outside),
            ("a.xml#xpointer(/1)", Included::Outside),
            ("%2e%2e/secret", Included::Outside),
            ("", Included::Outside),
            ("c.xml", Included::Missing),
            ("parts", Included::Missing),
        ] {
            assert_eq!(neighbours.read(href), included, "{href}");
        }
        assert_eq!(
            Neighbours::of(&Source::Stdin).read("a.xml"),
            Included::Outside
        );
        fs::remove_dir_all(top).unwrap();
    }

    #[test]
    fn what_is_read_for_one_manifest_has_an_end() {
        let top = std::env::temp_dir().join(format!("vbox-smf-flood-{}", std::process::id()));
        fs::create_dir_all(&top).unwrap();
        fs::write(top.join("a.xml"), "abc").unwrap();
        let neighbours = Neighbours::of(&Source::File(top.join("m.xml")));
        neighbours.left.set(7);
        let read = [(); 4].map(|()| neighbours.read("a.xml"));
        let content = || Included::Content(b"abc".to_vec());
        assert_eq!(read[..2], [content(), content()]);
        assert_eq!(read[2..], [Included::Outside, Included::Outside]);
        fs::remove_dir_all(top).unwrap();
    }
}
