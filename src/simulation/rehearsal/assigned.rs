//! What is to be rehearsed, in the words of the command line: guests, faults, times.

use std::fmt::Write as _;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use crate::simulation::host::{Fault, Guest};

/// No time that is asked for is longer: the virtual clock has a month.
const LONGEST: Duration = Duration::from_hours(24 * 7);

/// A guest or a fault, as the command line has it.
pub(crate) struct Known<T> {
    /// The word.
    word: &'static str,
    /// What it is, with the time that it has where none is given.
    what: T,
    /// The same with another time, where it takes one, and how its own one is written.
    timed: Option<(&'static str, fn(Duration) -> T)>,
    /// What it does, in the lines of `--help`.
    about: &'static str,
}

const fn known<T>(word: &'static str, what: T, about: &'static str) -> Known<T> {
    Known {
        word,
        what,
        timed: None,
        about,
    }
}

const fn timed<T>(
    word: &'static str,
    time: &'static str,
    what: T,
    with: fn(Duration) -> T,
    about: &'static str,
) -> Known<T> {
    Known {
        word,
        what,
        timed: Some((time, with)),
        about,
    }
}

/// Every guest, in the order of the help.
pub(crate) const GUESTS: &[Known<Guest>] = &[
    known(
        "acpi",
        Guest::Acpi,
        "off 2 s after the power button (default)",
    ),
    timed(
        "slow",
        "90s",
        Guest::Slow(Duration::from_secs(90)),
        Guest::Slow,
        "off this long after the power button",
    ),
    known("deaf", Guest::Deaf, "ignores the buttons"),
    timed(
        "off-by-itself",
        "5m",
        Guest::OffByItself(Duration::from_mins(5)),
        Guest::OffByItself,
        "shuts itself down this long after its start",
    ),
    timed(
        "crash",
        "1m",
        Guest::Crash(Duration::from_mins(1)),
        Guest::Crash,
        "its process dies this long after its start",
    ),
    known("triple", Guest::Triple, "triple fault: guru meditation"),
];

/// Every fault, in the order of the help.
pub(crate) const FAULTS: &[Known<Fault>] = &[
    known(
        "svc-race",
        Fault::SvcRace,
        "another VBoxManage of the owner, which takes no lock, starts\nVirtualBox's server at the moment when a method would",
    ),
    timed(
        "svc-dies",
        "10s",
        Fault::SvcDies(Duration::from_secs(10)),
        Fault::SvcDies,
        "VirtualBox's server is killed this long after the first method",
    ),
    known(
        "method-hangs",
        Fault::MethodHangs,
        "a method hangs when VirtualBox has done what it wants, until\nsvc.startd kills it",
    ),
    known(
        "hang",
        Fault::Hang,
        "the VM's process freezes: 5 s after its start, or at once",
    ),
    known(
        "disk-full",
        Fault::DiskFull,
        "there is no room for a saved state",
    ),
    known(
        "state-not-written",
        Fault::StateNotWritten,
        "VirtualBox saves the state and does not write that into\nthe VM's settings",
    ),
    known(
        "no-driver",
        Fault::NoDriver,
        "VirtualBox's kernel driver is not loaded",
    ),
    known(
        "no-memory",
        Fault::NoMemory,
        "the host has no memory for the VM",
    ),
    known(
        "no-home",
        Fault::NoHome,
        "VirtualBox's settings directory cannot be used",
    ),
    known(
        "missing-disk",
        Fault::MissingDisk,
        "the VM's disk image is not there",
    ),
    known(
        "not-registered",
        Fault::NotRegistered,
        "the owner has no such VM",
    ),
];

impl<T> Known<T> {
    /// `slow=90s`
    fn shown(&self) -> String {
        match self.timed {
            None => self.word.to_owned(),
            Some((time, _)) => format!("{}={time}", self.word),
        }
    }
}

/// `acpi, slow=90s, deaf`: what there is, for messages and help.
pub(crate) fn words<T>(all: &[Known<T>]) -> String {
    let shown: Vec<String> = all.iter().map(Known::shown).collect();
    shown.join(", ")
}

/// The same as lines of `--help`, each with what it does.
pub(crate) fn help<T>(all: &[Known<T>]) -> String {
    let mut text = String::new();
    for known in all {
        // A word that is too long has its line for itself.
        let gap = if known.word.len() > 14 { FURTHER } else { " " };
        let about = known.about.replace('\n', FURTHER);
        writeln!(text, "  {:<14}{gap}{about}", known.word).expect("a String");
    }
    text
}

/// A line that goes on with what the one before began.
const FURTHER: &str = "\n                 ";

/// Why a word of the command line is none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum AssignedError {
    /// `90`
    #[error(
        "'{0}' is not a time: use a number with ms, s, m or h, for example 250ms, 90s, 5m or 1h"
    )]
    Time(String),
    /// `9999h`
    #[error("'{0}' is too long: the limit is one week")]
    Long(String),
    /// `sleepy`
    #[error("unknown {what} '{word}'; allowed: {allowed}")]
    Word {
        /// The word.
        word: String,
        /// `guest` or `fault`.
        what: &'static str,
        /// What is one.
        allowed: String,
    },
    /// `deaf=90s`
    #[error("'{0}' does not take a time")]
    NoTime(String),
    /// `:deaf`
    #[error("missing instance before ':'")]
    Nobody,
}

/// A length of time: `250ms`, `90s`, `5m`, `1h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Time(pub(crate) Duration);

impl FromStr for Time {
    type Err = AssignedError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || AssignedError::Time(text.to_owned());
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
        let long = || AssignedError::Long(text.to_owned());
        let number: u64 = number.parse().map_err(|_| long())?;
        let time = number.checked_mul(unit).map(Duration::from_millis);
        let time = time.filter(|time| *time <= LONGEST);
        time.map(Self).ok_or_else(long)
    }
}

/// Something that is wished for one instance, or for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assigned<T> {
    /// The instance's name or FMRI; all, where there is none.
    pub(crate) whose: Option<String>,
    /// What.
    pub(crate) what: T,
}

/// `deaf`, `vm1:slow=90s`, and with an `=` in place of the colon
impl FromStr for Assigned<Guest> {
    type Err = AssignedError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        wish(text, |text| one_of(GUESTS, "guest", text))
    }
}

/// `hang`, `vm1:svc-dies=10s`, and with an `=` in place of the colon
impl FromStr for Assigned<Fault> {
    type Err = AssignedError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        wish(text, |text| one_of(FAULTS, "fault", text))
    }
}

/// The whole text is tried first: an instance may be called like a guest.
fn wish<T>(
    text: &str,
    parse: impl Fn(&str) -> Result<T, AssignedError>,
) -> Result<Assigned<T>, AssignedError> {
    let error = match parse(text) {
        Ok(what) => return Ok(Assigned { whose: None, what }),
        Err(error) => error,
    };
    // No guest or fault has a colon, an instance's FMRI has some.
    let behind_colon = text.rsplit_once(':');
    let behind_colon = behind_colon.map(|(whose, rest)| (whose, rest, parse(rest)));
    let (whose, rest) = match (behind_colon, text.split_once('=')) {
        (Some((_, _, Err(AssignedError::Word { .. }))) | None, Some(halves)) => halves,
        (Some((whose, rest, _)), _) => (whose, rest),
        (None, None) => return Err(error),
    };
    if whose.is_empty() {
        return Err(AssignedError::Nobody);
    }
    match (parse(rest), error) {
        (Ok(what), _) => Ok(Assigned {
            whose: Some(whose.to_owned()),
            what,
        }),
        // `vm1=sleepy` is wrong about a word; `slow=soon` about a time.
        (Err(inner), AssignedError::Word { .. }) => Err(inner),
        (Err(_), error) => Err(error),
    }
}

/// A word of these, with a time behind it where it takes one.
fn one_of<T: Copy>(
    all: &'static [Known<T>],
    what: &'static str,
    text: &str,
) -> Result<T, AssignedError> {
    let (word, time) = match text.split_once('=') {
        None => (text, None),
        Some((word, time)) => (word, Some(time)),
    };
    let Some(known) = all.iter().find(|known| known.word == word) else {
        return Err(AssignedError::Word {
            word: text.to_owned(),
            what,
            allowed: words(all),
        });
    };
    let Some(time) = time else {
        return Ok(known.what);
    };
    let time = time.parse::<Time>()?.0;
    match known.timed {
        Some((_, with)) => Ok(with(time)),
        None => Err(AssignedError::NoTime(word.to_owned())),
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
            let wish: Assigned<Guest> = text.parse().unwrap();
            assert_eq!((wish.whose.as_deref(), wish.what), (whose, what), "{text}");
        }
        let wish: Assigned<Fault> = "vm1=svc-dies=3s".parse().unwrap();
        assert_eq!(wish.what, Fault::SvcDies(seconds(3)));
        // What is shown is read, and its time is the one that holds without any.
        for known in FAULTS {
            let wish: Assigned<Fault> = known.shown().parse().unwrap();
            assert_eq!(wish.what, known.what, "{}", known.word);
        }
        for known in GUESTS {
            let wish: Assigned<Guest> = known.shown().parse().unwrap();
            assert_eq!(wish.what, known.what, "{}", known.word);
        }
    }

    #[test]
    fn the_help_has_a_line_for_each_and_fits() {
        for text in [help(GUESTS), help(FAULTS)] {
            assert!(text.lines().all(|line| line.len() <= 80), "{text}");
        }
        let faults = help(FAULTS);
        assert!(
            faults.contains("  hang           the VM's process freezes"),
            "{faults}"
        );
        let long = "  state-not-written\n                 VirtualBox saves";
        assert!(faults.contains(long), "{faults}");
    }

    #[test]
    fn what_is_wrong_is_named_and_what_is_allowed() {
        for (text, expected) in [
            (
                "sleepy",
                "unknown guest 'sleepy'; allowed: acpi, slow=90s, deaf",
            ),
            ("vm1=sleepy", "unknown guest 'sleepy'; allowed: acpi"),
            (
                "slow=soon",
                "'soon' is not a time: use a number with ms, s, m or h",
            ),
            ("vm1=slow=5", "'5' is not a time"),
            ("deaf=5s", "'deaf' does not take a time"),
            ("=deaf", "missing instance before"),
            (":deaf", "missing instance before"),
            ("vm1:sleepy", "unknown guest 'sleepy'"),
            ("vm1:slow=5", "'5' is not a time"),
            ("vm1:", "unknown guest ''"),
        ] {
            let error = text.parse::<Assigned<Guest>>().unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
        let error = "vm1=fire"
            .parse::<Assigned<Fault>>()
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("unknown fault 'fire'; allowed: svc-race"),
            "{error}"
        );
    }
}
