//! Stands in the place of `VBoxManage` and writes down each call, then lets the real one do the work.
//!
//! The log is `/var/recorder/UID.log`, two lines a call, fields separated by tabs:
//!
//! ```text
//! begin  NANOSECONDS  PID  PARENT  ARGUMENT...
//! end    NANOSECONDS  PID  STATUS
//! ```
//!
//! The time is `CLOCK_MONOTONIC`, the status an exit status or `signal N`. In an argument, backslash, tab and newline
//! stand as `\\`, `\t` and `\n`. A call that was killed has no end.

#![expect(
    unsafe_code,
    reason = "the clock, the user and the death signal have no safe interface in std"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "it is a stand-in for a program that is run, not part of vbox-smf"
)]

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode, ExitStatus};

mod bound;

use bound::dies_with_us;

const REAL: &str = "/usr/lib/virtualbox/VBoxManage";
const LOGS: &str = "/var/recorder";

/// Not a status of VBoxManage's: a test that sees it knows whom to blame.
const CANNOT_RECORD: u8 = 125;

fn main() -> ExitCode {
    match record_and_run() {
        Ok(status) => pass_on(status),
        Err(error) => {
            eprintln!("recorder: {error}");
            ExitCode::from(CANNOT_RECORD)
        }
    }
}

fn record_and_run() -> io::Result<ExitStatus> {
    let mut log = open_log()?;
    let me = std::process::id();
    let parent = std::os::unix::process::parent_id();
    let mut begin = format!("begin\t{}\t{me}\t{parent}", monotonic_nanoseconds()).into_bytes();
    for argument in std::env::args_os().skip(1) {
        begin.push(b'\t');
        escape_into(&argument, &mut begin);
    }
    begin.push(b'\n');
    // One write a line: the calls of several methods at once must not mix.
    log.write_all(&begin)?;

    let status = run_real()?;

    let outcome = match status.signal() {
        Some(signal) => format!("signal {signal}"),
        None => status
            .code()
            .map_or_else(|| "unknown".to_owned(), |code| code.to_string()),
    };
    log.write_all(format!("end\t{}\t{me}\t{outcome}\n", monotonic_nanoseconds()).as_bytes())?;
    Ok(status)
}

fn open_log() -> io::Result<File> {
    // SAFETY: getuid has no preconditions and cannot fail.
    let user = unsafe { libc::getuid() };
    let path = format!("{LOGS}/{user}.log");
    // std opens with O_CLOEXEC: the real VBoxManage does not inherit it.
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(&path)
        .map_err(|error| io::Error::other(format!("{path}: {error}")))
}

/// Runs the real VBoxManage on our arguments, environment and descriptors. It dies when we are killed, since to the
/// program under test we are VBoxManage.
fn run_real() -> io::Result<ExitStatus> {
    let mut command = Command::new(REAL);
    command.args(std::env::args_os().skip(1));
    dies_with_us(&mut command);
    command
        .status()
        .map_err(|error| io::Error::other(format!("{REAL}: {error}")))
}

/// Ends as the real one ended, be it by a signal.
fn pass_on(status: ExitStatus) -> ExitCode {
    if let Some(signal) = status.signal() {
        // SAFETY: both calls take plain numbers; the signal is one that the kernel reported.
        unsafe {
            libc::signal(signal, libc::SIG_DFL);
            libc::raise(signal);
        }
    }
    status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::from(CANNOT_RECORD), ExitCode::from)
}

fn monotonic_nanoseconds() -> u128 {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `now` is a timespec of our own; CLOCK_MONOTONIC always exists.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    u128::try_from(now.tv_sec).unwrap_or(0) * 1_000_000_000
        + u128::try_from(now.tv_nsec).unwrap_or(0)
}

fn escape_into(argument: &OsStr, line: &mut Vec<u8>) {
    for &byte in argument.as_bytes() {
        match byte {
            b'\\' => line.extend(b"\\\\"),
            b'\t' => line.extend(b"\\t"),
            b'\n' => line.extend(b"\\n"),
            other => line.push(other),
        }
    }
}
