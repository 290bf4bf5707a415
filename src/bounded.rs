//! Reads no more than a limit allows: what is read may be anything, and anybody's.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// The first `limit` bytes of a file, and one more where it has more.
pub(crate) fn read_file(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    read_bounded(file, length, limit)
}

/// The same of a regular file, and of nothing else: a pipe that nobody writes to would never end.
pub(crate) fn read_regular(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = OpenOptions::new()
        .read(true)
        // Opening a FIFO would wait for a writer.
        .custom_flags(libc::O_NONBLOCK)
        .open(path)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    read_bounded(file, about.len(), limit)
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
    fn reading_ends() {
        let zeros = read_file(Path::new("/dev/zero"), 1000).unwrap();
        assert_eq!(zeros.len(), 1001);
        let short = read_bounded(&b"abc"[..], 3, 1000).unwrap();
        assert_eq!(short, b"abc");
    }
}
