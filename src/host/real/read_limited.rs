//! Reads no more than a limit allows: what is read may be anything, and anybody's.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::Path;

use crate::host::real::reading::{self, Links};

/// The first `limit` bytes of what somebody named, and one more where it has more. A FIFO of another user is
/// refused.
pub(crate) fn read_named(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    read_opened(reading::named(path)?, limit)
}

/// The same of a regular file, and of nothing else: a pipe that nobody writes to would never end.
pub(crate) fn read_regular(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    read_opened(reading::regular(path, Links::Followed)?, limit)
}

/// The same of what is open.
pub(crate) fn read_opened(file: File, limit: u64) -> io::Result<Vec<u8>> {
    let length = file.metadata()?.len();
    read_bounded(file, length, limit)
}

/// The beginning and the end of a file.
pub(crate) struct Ends {
    /// The file that was opened, as it was before it was read.
    pub(crate) metadata: Metadata,
    /// Its beginning.
    pub(crate) head: Vec<u8>,
    /// Its end.
    pub(crate) tail: Vec<u8>,
}

/// The first `head` and the last `tail` bytes of a regular file, and of nothing else; a link in its place is none.
pub(crate) fn read_ends(path: &Path, head: u64, tail: u64) -> io::Result<Ends> {
    let mut file = reading::regular(path, Links::Refused)?;
    let metadata = file.metadata()?;
    let size = metadata.len();
    let mut part = |from: u64, length: u64| {
        let length = length.min(size - from);
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        file.seek(SeekFrom::Start(from))?;
        // What is written meanwhile is not part of it.
        (&file).take(length).read_to_end(&mut bytes)?;
        Ok::<_, io::Error>(bytes)
    };
    Ok(Ends {
        head: part(0, head)?,
        tail: part(size.saturating_sub(tail), tail)?,
        metadata,
    })
}

/// The same of what is about to be as long as this.
pub(crate) fn read_bounded(from: impl Read, expected: u64, limit: u64) -> io::Result<Vec<u8>> {
    let room = expected.min(limit) + 1;
    let mut bytes = Vec::with_capacity(usize::try_from(room).unwrap_or(0));
    from.take(limit + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_a_file() {
        let folder = std::env::temp_dir().join(format!("vbox-smf-ends-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        let path = folder.join("file");
        std::fs::write(&path, b"0123456789").unwrap();
        for (head, tail, expected) in [
            (3, 4, ("012", "6789")),
            (8, 8, ("01234567", "23456789")),
            (20, 20, ("0123456789", "0123456789")),
            (0, 0, ("", "")),
        ] {
            let ends = read_ends(&path, head, tail).unwrap();
            assert_eq!(ends.head, expected.0.as_bytes());
            assert_eq!(ends.tail, expected.1.as_bytes());
            assert_eq!(ends.metadata.len(), 10);
        }
        let link = folder.join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        for other in [&link, &folder, Path::new("/dev/zero"), &folder.join("none")] {
            assert!(read_ends(other, 10, 10).is_err(), "{}", other.display());
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn reading_ends() {
        let zeros = read_named(Path::new("/dev/zero"), 1000).unwrap();
        assert_eq!(zeros.len(), 1001);
        let short = read_bounded(&b"abc"[..], 3, 1000).unwrap();
        assert_eq!(short, b"abc");
    }
}
