//! The processes of VirtualBox, from `/proc`.

use std::io;
use std::time::Duration;

use crate::host::{PROGRAMS, Process};

#[cfg(not(any(target_os = "illumos", target_os = "solaris")))]
mod linux;
#[cfg(any(test, target_os = "illumos", target_os = "solaris"))]
mod psinfo;

#[cfg(not(any(target_os = "illumos", target_os = "solaris")))]
use linux::{age_of, read};
#[cfg(any(target_os = "illumos", target_os = "solaris"))]
use psinfo::{age_of, read};

/// A process as `/proc` shows it, before it is known whether it matters.
struct Found {
    uid: u32,
    process: Process,
}

/// The processes of this user that [`PROGRAMS`] names. One that ends while it is looked at is left out.
pub(super) fn of_user(uid: u32) -> io::Result<Vec<Process>> {
    let found = all(ProcessOwner::Ours)?;
    Ok(found
        .into_iter()
        .filter(|found| found.uid == uid)
        .map(|found| found.process)
        .collect())
}

/// Those of all other users that this one may see.
pub(super) fn of_others(uid: u32) -> io::Result<Vec<Process>> {
    let found = all(ProcessOwner::Anybodys)?;
    Ok(found
        .into_iter()
        .filter(|found| found.uid != uid)
        .map(|found| found.process)
        .collect())
}

/// Whose processes are looked for: those of others cost more where they need not be opened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ProcessOwner {
    Ours,
    Anybodys,
}

fn all(whose: ProcessOwner) -> io::Result<Vec<Found>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let Some(pid) = entry
            .ok()
            .and_then(|e| e.file_name().to_str()?.parse().ok())
        else {
            continue;
        };
        found.extend(read(pid, whose));
    }
    Ok(found)
}

/// How long a process has been there, whosever it is; none: there is none, or it cannot be looked at.
pub(super) fn age(pid: u32) -> Option<Duration> {
    age_of(pid)
}

/// Whether a program is one of VirtualBox's.
fn matters(program: &str) -> bool {
    PROGRAMS.contains(&program)
}

/// The last part of a path.
fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A time that is not before another one.
fn since(then: Duration, now: Duration) -> Duration {
    now.saturating_sub(then)
}
