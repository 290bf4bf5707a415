//! What an `xi:include` names: files in the manifest's own folder, and below.
//!
//! svccfg reads whatever is named. A manifest from somewhere else could so have any file of this machine
//! read, so nothing outside its folder is: neither by `..`, nor by an absolute name, nor by a link. The folder is
//! the one that the manifest was opened in, and every step below it goes through a descriptor: whoever exchanges
//! names at that moment leads nowhere.

use std::cell::Cell;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Component, Path};
use std::rc::Rc;

use crate::host::real::read_limited::read_opened;
use crate::host::real::reading::{Folder, Found, Links};
use crate::validate::Included;

/// More than this is not read of all that one manifest includes, in bytes. It is judged with the manifest,
/// so it takes memory beside it.
const INCLUDED_MAX: u64 = 16 << 20;

/// No longer name is looked for, in bytes.
const HREF_MAX: usize = 1024;

/// Nor one of more folders: each is open while the next is looked for.
const DEEPEST: usize = 64;

/// The files beside a manifest.
#[derive(Debug)]
pub(crate) struct Neighbours {
    /// Where standard input has its folder, nobody knows.
    folder: Option<Rc<Folder>>,
    /// The manifest's own name in it.
    own: OsString,
    /// So many bytes may still be read for this manifest.
    left: Cell<u64>,
}

impl Neighbours {
    /// Those in the folder that a manifest was opened in.
    pub(crate) fn of(folder: Rc<Folder>, own: &OsStr) -> Self {
        Self {
            folder: Some(folder),
            own: own.to_owned(),
            left: Cell::new(INCLUDED_MAX),
        }
    }

    /// Of a manifest that is in no folder.
    pub(crate) fn none() -> Self {
        Self {
            folder: None,
            own: OsString::new(),
            left: Cell::new(INCLUDED_MAX),
        }
    }

    /// Reads one. `href` is as it stands in the manifest.
    pub(crate) fn read(&self, href: &str) -> Included {
        match &self.folder {
            Some(folder) if is_plain(href) => {
                let parts: Vec<_> = Path::new(href)
                    .components()
                    .filter_map(|part| match part {
                        Component::Normal(name) => Some(name),
                        _ => None,
                    })
                    .collect();
                if parts == [&*self.own] {
                    return Included::Itself;
                }
                // Nothing that is read and nothing that is not there is an error here: svccfg's is.
                self.descend(folder, &parts).unwrap_or(Included::Missing)
            }
            Some(_) | None => Included::Outside,
        }
    }

    fn descend(&self, folder: &Folder, parts: &[&OsStr]) -> io::Result<Included> {
        let Some((name, rest)) = parts.split_first() else {
            return Ok(Included::Missing);
        };
        if folder.look(name, Links::Refused)? == Found::Link {
            return Ok(Included::Outside);
        }
        if !rest.is_empty() {
            return self.descend(&folder.folder(name, Links::Refused)?, rest);
        }
        let file = folder.regular(name, Links::Refused)?;
        let content = read_opened(file, self.left.get())?;
        Ok(match self.left.get().checked_sub(content.len() as u64) {
            Some(left) => {
                self.left.set(left);
                Included::Content(content)
            }
            // Too much to look at says nothing about what it is.
            None => Included::Outside,
        })
    }
}

/// Whether this is a relative name that no URI parser would read as anything else, and that goes down only.
fn is_plain(href: &str) -> bool {
    !href.is_empty()
        && href.len() <= HREF_MAX
        && Path::new(href).components().count() <= DEEPEST
        && !href.contains([':', '?', '#', '%', '\\', '\0'])
        && Path::new(href)
            .components()
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn beside(folder: &Path) -> Neighbours {
        Neighbours::of(
            Rc::new(Folder::open(folder).unwrap()),
            OsStr::new("own.xml"),
        )
    }

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
        let neighbours = beside(&folder);
        for (href, included) in [
            ("a.xml", Included::Content(b"a".to_vec())),
            ("./a.xml", Included::Content(b"a".to_vec())),
            ("parts/b.xml", Included::Content(b"b".to_vec())),
            ("inside.xml", Included::Outside),
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
            ("./own.xml", Included::Itself),
            ("parts/own.xml", Included::Missing),
            ("parts", Included::Missing),
        ] {
            assert_eq!(neighbours.read(href), included, "{href}");
        }
        assert_eq!(Neighbours::none().read("a.xml"), Included::Outside);
        // The folder that was opened, not what has its name since.
        fs::rename(&folder, top.join("moved")).unwrap();
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("a.xml"), "another").unwrap();
        assert_eq!(neighbours.read("a.xml"), Included::Content(b"a".to_vec()));
        fs::remove_dir_all(top).unwrap();
    }

    #[test]
    fn what_is_read_for_one_manifest_has_an_end() {
        let top = std::env::temp_dir().join(format!("vbox-smf-flood-{}", std::process::id()));
        fs::create_dir_all(&top).unwrap();
        fs::write(top.join("a.xml"), "abc").unwrap();
        let neighbours = beside(&top);
        neighbours.left.set(7);
        let read = [(); 4].map(|()| neighbours.read("a.xml"));
        let content = || Included::Content(b"abc".to_vec());
        assert_eq!(read[..2], [content(), content()]);
        assert_eq!(read[2..], [Included::Outside, Included::Outside]);
        fs::remove_dir_all(top).unwrap();
    }
}
