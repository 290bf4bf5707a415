//! Something that is written to as long as somebody reads it.

use std::io::{self, Write};

/// An output of which the reader may have had enough: `vbox-smf validate . | head -1` is no error, and its
/// exit status is still the verdict on all files.
#[derive(Debug)]
pub(crate) struct Paper<W> {
    /// `None` from the first error on.
    out: Option<W>,
    error: Option<io::Error>,
}

impl<W: Write> Paper<W> {
    pub(crate) fn new(out: W) -> Self {
        Self {
            out: Some(out),
            error: None,
        }
    }

    /// Writes, if there is still a reader.
    pub(crate) fn write(&mut self, print: impl FnOnce(&mut W) -> io::Result<()>) {
        let Some(out) = &mut self.out else { return };
        if let Err(error) = print(out) {
            self.out = None;
            if error.kind() != io::ErrorKind::BrokenPipe {
                self.error = Some(error);
            }
        }
    }

    /// Writes what is still buffered.
    ///
    /// # Errors
    /// The first error that was not a reader who left.
    pub(crate) fn close(mut self) -> io::Result<()> {
        self.write(W::flush);
        self.error.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes so many bytes, then fails.
    struct Full(usize, io::ErrorKind);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = self.0.min(bytes.len());
            self.0 -= taken;
            if taken == 0 {
                Err(self.1.into())
            } else {
                Ok(taken)
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_who_leaves_is_no_error_and_a_full_disk_is_one() {
        for (kind, good) in [
            (io::ErrorKind::BrokenPipe, true),
            (io::ErrorKind::StorageFull, false),
        ] {
            let mut paper = Paper::new(Full(3, kind));
            paper.write(|out| out.write_all(b"ab"));
            paper.write(|out| out.write_all(b"cd"));
            paper.write(|_| panic!("nobody reads this"));
            assert_eq!(paper.close().is_ok(), good, "{kind:?}");
        }
    }
}
