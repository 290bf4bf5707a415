//! Where a fleet file is wrong, and why.

use std::fmt;

use crate::text::printable::Printable;

/// Something wrong at a place of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FleetError {
    /// From 1.
    pub(crate) line: usize,
    /// In characters, from 1.
    pub(crate) column: usize,
    /// What is wrong there.
    pub(crate) message: String,
    /// What to do about it, where there is something.
    pub(crate) hint: Option<String>,
}

/// `LINE:COLUMN: message`
impl fmt::Display for FleetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = Printable(&self.message);
        write!(f, "{}:{}: {message}", self.line, self.column)
    }
}

impl std::error::Error for FleetError {}

/// Line and column of a byte of the text, both from 1, the column in characters.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (
        before.matches('\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}

impl FleetError {
    /// Something wrong at a byte of the text.
    pub(super) fn at(text: &str, offset: usize, message: impl fmt::Display) -> Self {
        let (line, column) = position(text, offset);
        Self {
            line,
            column,
            message: message.to_string(),
            hint: None,
        }
    }

    /// With what to do about it.
    pub(super) fn hinted(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let text = "a\nüb\n";
        for (offset, expected) in [
            (0, (1, 1)),
            (1, (1, 2)),
            (2, (2, 1)),
            (4, (2, 2)),
            (6, (3, 1)),
            (99, (3, 1)),
        ] {
            assert_eq!(position(text, offset), expected, "{offset}");
        }
        // In the middle of a character there is no place: the end is better than a panic.
        assert_eq!(position(text, 3), (3, 1));
    }
}
