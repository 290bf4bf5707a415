//! The service's log: one line a step, printable characters only.
//!
//! Under SMF standard error is appended to `/var/svc/log/SERVICE:INSTANCE.log` (`svc.startd(8)`).

use crate::text::printable::Printable;

/// Where the lines go. Simulated methods keep theirs for the timeline.
pub(crate) struct Log<'a> {
    sink: &'a dyn Fn(&str),
}

impl<'a> Log<'a> {
    /// A log that hands every line, without its line end, to `sink`.
    pub(crate) fn new(sink: &'a dyn Fn(&str)) -> Self {
        Self { sink }
    }

    /// Writes a line. Control characters in it are escaped: a VM's name cannot forge a line.
    pub(crate) fn line(&self, text: impl std::fmt::Display) {
        (self.sink)(&Printable(&text.to_string()).to_string());
    }
}
