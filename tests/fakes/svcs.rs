//! Stands in the place of `/usr/bin/svcs`, for the one call that vbox-smf makes:
//!
//! ```text
//! svcs -H -o state,nstate,stime,fmri FMRI...
//! ```
//!
//! It follows svcs(1) of illumos (17 Apr 2011) and the widths in usr/src/cmd/svc/svcs/svcs.c; nothing of it was compared
//! with a real svcs. An FMRI names a service, which stands for all its instances, or an instance.
//!
//! The instances are those of the property files of `tests/fakes/svcprop.rs`, those of all users for root; their states
//! are the lines `v restarter/state astring online`, `v restarter/next_state astring none` and `v
//! restarter/state_timestamp time 1795270000.5`. With a file `svcs.down` beside them the repository cannot be reached.
//!
//! Each call is one line of `/var/svcprop/UID/svcs.log`, as in svcprop's `calls.log`.

#![expect(
    unsafe_code,
    reason = "the clock and the user have no safe interface in std"
)]

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

const FILES: &str = "/var/svcprop";

/// Not a status of svcs': a test that sees it knows whom to blame.
const CANNOT_STAND_IN: u8 = 125;

const DAY: u64 = 24 * 60 * 60;

fn main() -> ExitCode {
    match stand_in() {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            eprintln!("fake svcs: {error}");
            ExitCode::from(CANNOT_STAND_IN)
        }
    }
}

fn stand_in() -> io::Result<u8> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // SAFETY: getuid has no preconditions and cannot fail.
    let user = unsafe { libc::getuid() };
    let own = Path::new(FILES).join(user.to_string());
    write_down(&own, &arguments)?;
    let ["-H", "-o", "state,nstate,stime,fmri", operands @ ..] =
        &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..]
    else {
        return Err(io::Error::other(format!("{arguments:?} is not played")));
    };
    if own.join("svcs.down").exists() {
        eprintln!(
            "svcs: Could not bind to repository server: repository server unavailable.  Exiting."
        );
        return Ok(1);
    }
    let instances = instances(user, &own)?;
    let mut status = 0;
    let mut shown = Vec::new();
    for operand in operands {
        let of_service = format!("{operand}:");
        let matching: Vec<&Instance> = instances
            .iter()
            .filter(|each| each.fmri == *operand || each.fmri.starts_with(&of_service))
            .collect();
        if matching.is_empty() {
            eprintln!("svcs: Pattern '{operand}' doesn't match any instances");
            status = 1;
        }
        shown.extend(matching);
    }
    // Each instance is listed only once, by default in the order of states and times.
    shown.sort_by_key(|each| (&each.state, each.since, &each.fmri));
    shown.dedup_by_key(|each| &each.fmri);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |now| now.as_secs());
    let mut text = String::new();
    for each in shown {
        text.push_str(&each.line(now));
    }
    io::stdout().write_all(text.as_bytes())?;
    Ok(status)
}

fn write_down(own: &Path, arguments: &[String]) -> io::Result<()> {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `now` is a timespec of our own; CLOCK_MONOTONIC always exists.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    let nanoseconds = i128::from(now.tv_sec) * 1_000_000_000 + i128::from(now.tv_nsec);
    let (pid, parent) = (std::process::id(), std::os::unix::process::parent_id());
    let line = format!("{nanoseconds}\t{pid}\t{parent}\t{}\n", arguments.join("\t"));
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(own.join("svcs.log"))?;
    file.write_all(line.as_bytes())
}

/// An instance with what svcs prints of it.
struct Instance {
    fmri: String,
    state: String,
    next: String,
    /// Seconds since 1970.
    since: Option<u64>,
}

fn instances(user: u32, own: &Path) -> io::Result<Vec<Instance>> {
    let folders: Vec<PathBuf> = if user == 0 {
        let entries = fs::read_dir(FILES)?;
        entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect()
    } else {
        vec![own.to_owned()]
    };
    let mut found = Vec::new();
    // Another test may be clearing another user's away.
    for entry in folders
        .iter()
        .filter_map(|f| fs::read_dir(f).ok())
        .flatten()
    {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let Some(name) = name.strip_suffix(".props").filter(|n| n.contains('@')) else {
            continue;
        };
        let text = fs::read_to_string(&path)?;
        let value = |property: &str| {
            let mut lines = text.lines();
            lines.find_map(|line| line.strip_prefix(&format!("v restarter/{property} ")))
        };
        // As svcs has it, an empty field is a hyphen, and so is a next state `none`.
        let word = |property: &str| {
            let word = value(property).and_then(|rest| rest.strip_prefix("astring "));
            word.filter(|word| *word != "none")
                .unwrap_or("-")
                .to_owned()
        };
        let since = value("state_timestamp").and_then(|rest| {
            let seconds = rest.strip_prefix("time ")?;
            seconds.split('.').next()?.parse().ok()
        });
        found.push(Instance {
            fmri: format!("svc:/{}", name.replace('%', "/").replace('@', ":")),
            state: word("state"),
            next: word("next_state"),
            since,
        });
    }
    Ok(found)
}

impl Instance {
    fn line(&self, now: u64) -> String {
        let Self {
            fmri, state, next, ..
        } = self;
        let since = self
            .since
            .map_or_else(|| "-       ".to_owned(), |since| time(since, now));
        format!("{state:<15} {next:<13} {since:<8} {fmri:<50} \n")
    }
}

/// `%k:%M:%S` within a day, `%b_%d` within a year, `%Y` before, in universal time.
fn time(since: u64, now: u64) -> String {
    let ago = now.saturating_sub(since);
    if ago < DAY {
        let of_day = since % DAY;
        return format!(
            "{:2}:{:02}:{:02}",
            of_day / 3600,
            of_day / 60 % 60,
            of_day % 60
        );
    }
    let (mut year, mut day) = (1970, since / DAY);
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    while day >= 365 + u64::from(leap(year)) {
        day -= 365 + u64::from(leap(year));
        year += 1;
    }
    if ago >= 365 * DAY {
        return format!("{year}    ");
    }
    let months = [
        ("Jan", 31),
        ("Feb", 28 + u64::from(leap(year))),
        ("Mar", 31),
        ("Apr", 30),
        ("May", 31),
        ("Jun", 30),
        ("Jul", 31),
        ("Aug", 31),
        ("Sep", 30),
        ("Oct", 31),
        ("Nov", 30),
        ("Dec", 31),
    ];
    for (month, days) in months {
        if day < days {
            return format!("{month}_{:02}  ", day + 1);
        }
        day -= days;
    }
    unreachable!("a year has twelve months")
}
