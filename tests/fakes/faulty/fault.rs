//! What may go wrong with one call of a program, as a plan says it in words: for who writes plans and who plays them.

use std::fmt;
use std::str::FromStr;

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It answers so many milliseconds late.
    Delay(u64),
    /// It does nothing, and never ends.
    Hang,
    /// The same, and SIGTERM does not end it.
    HangDeaf,
    /// It does it, and never ends.
    HangAfter,
    /// SIGKILL ends it before it does anything.
    KilledBefore,
    /// SIGKILL ends it when it has done it, before it says so.
    KilledAfter,
    /// SIGKILL ends it when it has printed so many thousandths of its output.
    KilledMidway(u64),
    /// Its output ends after so many thousandths, and nothing else is wrong.
    Truncate(u64),
    /// Bytes of its output are others, chosen by this number.
    Garble(u64),
    /// It prints 1 GB, and does nothing.
    Flood,
    /// It prints lines without an end, and does nothing.
    FloodLines,
    /// It does nothing, and fails with one of the texts that were recorded.
    Fail(u64),
    /// It does it, and fails with one of those texts.
    FailAfter(u64),
    /// It does nothing, prints nothing, and exits 0.
    Lie,
}

impl Fault {
    /// The word that stands for it, without its number.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Delay(_) => "delay",
            Self::Hang => "hang",
            Self::HangDeaf => "hang-deaf",
            Self::HangAfter => "hang-after",
            Self::KilledBefore => "killed-before",
            Self::KilledAfter => "killed-after",
            Self::KilledMidway(_) => "killed-midway",
            Self::Truncate(_) => "truncate",
            Self::Garble(_) => "garble",
            Self::Flood => "flood",
            Self::FloodLines => "flood-lines",
            Self::Fail(_) => "fail",
            Self::FailAfter(_) => "fail-after",
            Self::Lie => "lie",
        }
    }

    fn number(self) -> u64 {
        match self {
            Self::Delay(n)
            | Self::KilledMidway(n)
            | Self::Truncate(n)
            | Self::Garble(n)
            | Self::Fail(n)
            | Self::FailAfter(n) => n,
            Self::Hang
            | Self::HangDeaf
            | Self::HangAfter
            | Self::KilledBefore
            | Self::KilledAfter
            | Self::Flood
            | Self::FloodLines
            | Self::Lie => 0,
        }
    }
}

/// `truncate 517`
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.word(), self.number())
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || format!("no fault is called '{text}'");
        let (word, number) = text.split_once(' ').ok_or_else(unknown)?;
        let n: u64 = number.parse().map_err(|_| unknown())?;
        [
            Self::Delay(n),
            Self::Hang,
            Self::HangDeaf,
            Self::HangAfter,
            Self::KilledBefore,
            Self::KilledAfter,
            Self::KilledMidway(n),
            Self::Truncate(n),
            Self::Garble(n),
            Self::Flood,
            Self::FloodLines,
            Self::Fail(n),
            Self::FailAfter(n),
            Self::Lie,
        ]
        .into_iter()
        .find(|fault| fault.word() == word)
        .ok_or_else(unknown)
    }
}
