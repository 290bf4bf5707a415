//! What is to be rehearsed, in the words of the command line: guests, faults, times.

use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use crate::simulation::host::{Fault, Guest};

/// No time that is asked for is longer: the virtual clock has a month.
const LONGEST: Duration = Duration::from_hours(24 * 7);

/// What guests can be, for messages and help.
pub(crate) const GUESTS: &str = "acpi, slow=90s, deaf, off-by-itself=5m, crash=1m, triple";
/// What faults can be.
pub(crate) const FAULTS: &str = "svc-race, svc-dies=10s, method-hangs, hang, disk-full, state-not-written, no-driver, \
                                 no-memory, no-home, missing-disk, not-registered";

/// Why a word of the command line is none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum WishError {
    /// `90`
    #[error("'{0}' is no time: a number with ms, s, m or h, as in 250ms, 90s, 5m or 1h")]
    Time(String),
    /// `9999h`
    #[error("'{0}' is too long: a week is the most")]
    Long(String),
    /// `sleepy`
    #[error("'{word}' is no {what}: {allowed}")]
    Word {
        /// The word.
        word: String,
        /// `guest` or `fault`.
        what: &'static str,
        /// What is one.
        allowed: &'static str,
    },
    /// `deaf=90s`
    #[error("'{0}' takes no time")]
    NoTime(String),
    /// `:deaf`
    #[error("there is no instance before the ':'")]
    Nobody,
}

/// A length of time: `250ms`, `90s`, `5m`, `1h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Time(pub(crate) Duration);

impl FromStr for Time {
    type Err = WishError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || WishError::Time(text.to_owned());
        let digits = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let unit = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err(wrong()),
        };
        if number.is_empty() {
            return Err(wrong());
        }
        let long = || WishError::Long(text.to_owned());
        let number: u64 = number.parse().map_err(|_| long())?;
        let time = number.checked_mul(unit).map(Duration::from_millis);
        let time = time.filter(|time| *time <= LONGEST);
        time.map(Self).ok_or_else(long)
    }
}

/// Something that is wished for one instance, or for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wish<T> {
    /// The instance's name or FMRI; all, where there is none.
    pub(crate) whose: Option<String>,
    /// What.
    pub(crate) what: T,
}

/// `deaf`, `vm1:slow=90s`, and with an `=` in place of the colon
impl FromStr for Wish<Guest> {
    type Err = WishError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        wish(text, guest)
    }
}

/// `hang`, `vm1:svc-dies=10s`, and with an `=` in place of the colon
impl FromStr for Wish<Fault> {
    type Err = WishError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        wish(text, fault)
    }
}

/// The whole text is tried first: an instance may be called like a guest.
fn wish<T>(text: &str, parse: fn(&str) -> Result<T, WishError>) -> Result<Wish<T>, WishError> {
    let error = match parse(text) {
        Ok(what) => return Ok(Wish { whose: None, what }),
        Err(error) => error,
    };
    // No guest or fault has a colon, an instance's FMRI has some.
    let behind_colon = text.rsplit_once(':');
    let behind_colon = behind_colon.map(|(whose, rest)| (whose, rest, parse(rest)));
    let (whose, rest) = match (behind_colon, text.split_once('=')) {
        (Some((_, _, Err(WishError::Word { .. }))) | None, Some(halves)) => halves,
        (Some((whose, rest, _)), _) => (whose, rest),
        (None, None) => return Err(error),
    };
    if whose.is_empty() {
        return Err(WishError::Nobody);
    }
    match (parse(rest), error) {
        (Ok(what), _) => Ok(Wish {
            whose: Some(whose.to_owned()),
            what,
        }),
        // `vm1=sleepy` is wrong about a word; `slow=soon` about a time.
        (Err(inner), WishError::Word { .. }) => Err(inner),
        (Err(_), error) => Err(error),
    }
}

/// A word, and its time where it has one.
fn split(text: &str) -> Result<(&str, Option<Duration>), WishError> {
    match text.split_once('=') {
        None => Ok((text, None)),
        Some((word, time)) => Ok((word, Some(time.parse::<Time>()?.0))),
    }
}

fn guest(text: &str) -> Result<Guest, WishError> {
    let word = text.split('=').next().unwrap_or_default();
    let kind = match word {
        "acpi" => Guest::Acpi,
        "deaf" => Guest::Deaf,
        "triple" => Guest::Triple,
        "slow" => Guest::Slow(Duration::from_secs(90)),
        "off-by-itself" => Guest::OffByItself(Duration::from_mins(5)),
        "crash" => Guest::Crash(Duration::from_mins(1)),
        _ => {
            return Err(WishError::Word {
                word: text.to_owned(),
                what: "guest",
                allowed: GUESTS,
            });
        }
    };
    let (_, time) = split(text)?;
    let Some(time) = time else {
        return Ok(kind);
    };
    match kind {
        Guest::Slow(_) => Ok(Guest::Slow(time)),
        Guest::OffByItself(_) => Ok(Guest::OffByItself(time)),
        Guest::Crash(_) => Ok(Guest::Crash(time)),
        Guest::Acpi | Guest::Deaf | Guest::Triple => Err(WishError::NoTime(word.to_owned())),
    }
}

fn fault(text: &str) -> Result<Fault, WishError> {
    let word = text.split('=').next().unwrap_or_default();
    let kind = match word {
        "svc-race" => Fault::SvcRace,
        "svc-dies" => Fault::SvcDies(Duration::from_secs(10)),
        "method-hangs" => Fault::MethodHangs,
        "hang" => Fault::Hang,
        "disk-full" => Fault::DiskFull,
        "state-not-written" => Fault::StateNotWritten,
        "no-driver" => Fault::NoDriver,
        "no-memory" => Fault::NoMemory,
        "no-home" => Fault::NoHome,
        "missing-disk" => Fault::MissingDisk,
        "not-registered" => Fault::NotRegistered,
        _ => {
            return Err(WishError::Word {
                word: text.to_owned(),
                what: "fault",
                allowed: FAULTS,
            });
        }
    };
    let (_, time) = split(text)?;
    match (kind, time) {
        (kind, None) => Ok(kind),
        (Fault::SvcDies(_), Some(time)) => Ok(Fault::SvcDies(time)),
        (
            Fault::SvcRace
            | Fault::MethodHangs
            | Fault::Hang
            | Fault::DiskFull
            | Fault::StateNotWritten
            | Fault::NoDriver
            | Fault::NoMemory
            | Fault::NoHome
            | Fault::MissingDisk
            | Fault::NotRegistered,
            Some(_),
        ) => Err(WishError::NoTime(word.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn times() {
        for (text, expected) in [
            ("250ms", Some(Duration::from_millis(250))),
            ("90s", Some(seconds(90))),
            ("5m", Some(seconds(300))),
            ("1h", Some(seconds(3600))),
            ("0s", Some(seconds(0))),
            ("90", None),
            ("s", None),
            ("-5s", None),
            ("1.5s", None),
            ("5 m", None),
            ("1d", None),
            ("9999h", None),
            ("99999999999999999999s", None),
        ] {
            let time = text.parse::<Time>().ok().map(|time| time.0);
            assert_eq!(time, expected, "{text}");
        }
    }

    #[test]
    fn guests_and_faults() {
        for (text, whose, what) in [
            ("deaf", None, Guest::Deaf),
            ("slow=30s", None, Guest::Slow(seconds(30))),
            ("slow", None, Guest::Slow(seconds(90))),
            ("vm1=triple", Some("vm1"), Guest::Triple),
            ("vm1=crash=2m", Some("vm1"), Guest::Crash(seconds(120))),
            ("deaf=acpi", Some("deaf"), Guest::Acpi),
            ("slow=acpi", Some("slow"), Guest::Acpi),
            ("vm1:triple", Some("vm1"), Guest::Triple),
            ("vm1:crash=2m", Some("vm1"), Guest::Crash(seconds(120))),
            ("svc:/a:b:deaf", Some("svc:/a:b"), Guest::Deaf),
            ("svc:/a:b=deaf", Some("svc:/a:b"), Guest::Deaf),
        ] {
            let wish: Wish<Guest> = text.parse().unwrap();
            assert_eq!((wish.whose.as_deref(), wish.what), (whose, what), "{text}");
        }
        let wish: Wish<Fault> = "vm1=svc-dies=3s".parse().unwrap();
        assert_eq!(wish.what, Fault::SvcDies(seconds(3)));
        for word in FAULTS.split(", ") {
            assert!(word.parse::<Wish<Fault>>().is_ok(), "{word}");
        }
        for word in GUESTS.split(", ") {
            assert!(word.parse::<Wish<Guest>>().is_ok(), "{word}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_and_what_is_allowed() {
        for (text, expected) in [
            ("sleepy", "'sleepy' is no guest: acpi, slow=90s, deaf"),
            ("vm1=sleepy", "'sleepy' is no guest: acpi"),
            (
                "slow=soon",
                "'soon' is no time: a number with ms, s, m or h",
            ),
            ("vm1=slow=5", "'5' is no time"),
            ("deaf=5s", "'deaf' takes no time"),
            ("=deaf", "no instance before"),
            (":deaf", "no instance before"),
            ("vm1:sleepy", "'sleepy' is no guest"),
            ("vm1:slow=5", "'5' is no time"),
            ("vm1:", "'' is no guest"),
        ] {
            let error = text.parse::<Wish<Guest>>().unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
        let error = "vm1=fire".parse::<Wish<Fault>>().unwrap_err().to_string();
        assert!(error.contains("'fire' is no fault: svc-race"), "{error}");
    }
}
