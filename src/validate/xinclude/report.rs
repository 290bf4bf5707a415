//! What is said of inclusions that are wrong, or are not followed.

use super::{Expansion, Loader, Place};
use crate::text::printable::Printable;
use crate::validate::code::Code;

impl Loader<'_> {
    /// Something for which libxml2 gives up, if it is in the profile itself.
    pub(super) fn wrong(&mut self, place: &Place, message: &str) -> Expansion {
        if place.file == 0 && !place.in_fallback {
            self.findings.add(Code::Include, place.top, message);
        } else {
            let message = format!("{}{message}", inside(place));
            self.findings.add_with_help(
                Code::IncludeNotRead,
                place.top,
                message,
                "mend it: libxml2 2.9 goes on without it, and others may not",
            );
        }
        Expansion::Nothing
    }

    /// Something that svccfg would read, and that is not read here.
    pub(super) fn not_followed(&mut self, place: &Place, shown: &str, why: &str) -> Expansion {
        let message = format!(
            "{}'{}' was not read: {why}",
            inside(place),
            Printable(shown)
        );
        self.findings.add(Code::IncludeNotRead, place.top, message);
        Expansion::Nothing
    }
}

/// Where something is that has the place of an inclusion in the profile.
fn inside(place: &Place) -> String {
    match (place.above.last(), place.in_fallback) {
        (Some(name), _) => format!("in {}: ", Printable(name)),
        (None, true) => "in a fallback: ".to_owned(),
        (None, false) => String::new(),
    }
}
