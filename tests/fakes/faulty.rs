//! Stands in front of `VBoxManage` and of `svcprop`, and plays the fault that a plan has for this call.
//!
//! Who calls says where the plan is: `RIG_FAULTS` in the **caller's** environment is a path, which no child of the
//! caller sees. Without it the real program is executed, and that is all. A line of the plan is a tool, which of its
//! calls, from 0 on, and the fault; a call that no line names goes through:
//!
//! ```text
//! VBoxManage 2 truncate 517
//! svcprop 0 hang 0
//! ```
//!
//! Each call is a line of PLAN.log, written under its lock: `TOOL NUMBER FAULT|- ARGUMENT...`, separated by tabs.

#![expect(unsafe_code, reason = "signals have no safe interface in std")]
#![expect(
    clippy::disallowed_methods,
    reason = "it is a stand-in for a program that is run, not part of vbox-smf"
)]

use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};
use std::time::Duration;

mod bound;
#[path = "faulty/damage.rs"]
mod damage;
#[path = "faulty/fault.rs"]
mod fault;
#[path = "faulty/texts.rs"]
mod texts;

use bound::dies_with_us;
use fault::Fault;

/// Not a status of the real ones: a test that sees it knows whom to blame.
const CANNOT_PLAY: u8 = 125;

fn main() -> ExitCode {
    match play() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("faulty: {error}");
            ExitCode::from(CANNOT_PLAY)
        }
    }
}

/// The program that is stood in front of.
struct Tool {
    name: String,
    real: &'static str,
}

impl Tool {
    fn ours() -> io::Result<Self> {
        let called = std::env::args_os().next().unwrap_or_default();
        let name = Path::new(&called).file_name().unwrap_or_default();
        let real = match name.to_str() {
            Some("VBoxManage") => "/usr/lib/virtualbox/VBoxManage",
            Some("svcprop") => "/opt/stand-in/svcprop",
            _ => return Err(io::Error::other(format!("called as {}", called.display()))),
        };
        Ok(Self {
            name: name.to_string_lossy().into_owned(),
            real,
        })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(self.real);
        command.args(std::env::args_os().skip(1));
        command
    }

    /// Becomes the real one.
    fn become_it(&self) -> io::Error {
        self.command().exec()
    }

    /// Has the real one do it, and keeps what it prints. It dies when we are killed, since to the program under test we
    /// are it.
    fn run(&self) -> io::Result<Output> {
        let mut command = self.command();
        command.stdin(Stdio::null());
        dies_with_us(&mut command);
        command.output()
    }
}

fn play() -> io::Result<ExitCode> {
    let tool = Tool::ours()?;
    let Some(plan) = plan_of_the_caller() else {
        return Err(tool.become_it());
    };
    let Some(fault) = next_fault(&tool, &plan)? else {
        return Err(tool.become_it());
    };
    match fault {
        Fault::Delay(milliseconds) => {
            std::thread::sleep(Duration::from_millis(milliseconds));
            Err(tool.become_it())
        }
        Fault::Hang => hang(),
        Fault::HangDeaf => {
            // SAFETY: it takes plain numbers.
            unsafe { libc::signal(libc::SIGTERM, libc::SIG_IGN) };
            hang()
        }
        Fault::HangAfter => {
            tool.run()?;
            hang()
        }
        Fault::KilledBefore => Ok(killed()),
        Fault::KilledAfter => {
            tool.run()?;
            Ok(killed())
        }
        Fault::KilledMidway(thousandths) => {
            let mut output = tool.run()?;
            damage::cut(&mut output.stdout, thousandths);
            write(&output.stdout, &[])?;
            Ok(killed())
        }
        Fault::Truncate(thousandths) => {
            let mut output = tool.run()?;
            damage::cut(&mut output.stdout, thousandths);
            write(&output.stdout, &output.stderr)?;
            Ok(as_it_ended(&output))
        }
        Fault::Garble(seed) => {
            let mut output = tool.run()?;
            damage::garble(&mut output.stdout, seed, tool.name == "VBoxManage");
            write(&output.stdout, &output.stderr)?;
            Ok(as_it_ended(&output))
        }
        Fault::Flood => {
            flood(&vec![b'x'; 1 << 20], 1 << 10)?;
            Ok(ExitCode::SUCCESS)
        }
        Fault::FloodLines => {
            let line = b"\"nobody\" {00000000-0000-4000-8000-000000000000}\n";
            flood(&line.repeat(1000), usize::MAX)?;
            Ok(ExitCode::SUCCESS)
        }
        Fault::Fail(which) => fail(&tool, which),
        Fault::FailAfter(which) => {
            tool.run()?;
            fail(&tool, which)
        }
        Fault::Lie => Ok(ExitCode::SUCCESS),
    }
}

/// Where the plan is, if there is one for our caller.
fn plan_of_the_caller() -> Option<PathBuf> {
    let caller = std::os::unix::process::parent_id();
    let environment = fs::read(format!("/proc/{caller}/environ")).ok()?;
    let value = environment
        .split(|&byte| byte == 0)
        .find_map(|entry| entry.strip_prefix(b"RIG_FAULTS="))?;
    Some(PathBuf::from(String::from_utf8(value.to_vec()).ok()?))
}

/// Counts this call, and says what goes wrong with it.
fn next_fault(tool: &Tool, plan: &Path) -> io::Result<Option<Fault>> {
    let mut log = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .open(plan.with_extension("log"))?;
    // Closing it lets the lock go.
    log.lock()?;
    let mut before = String::new();
    log.read_to_string(&mut before)?;
    let own = format!("{}\t", tool.name);
    let number = before.lines().filter(|line| line.starts_with(&own)).count();
    let key = format!("{} {number} ", tool.name);
    let fault: Option<Fault> = fs::read_to_string(plan)?
        .lines()
        .find_map(|line| line.strip_prefix(&key))
        .map(|words| words.parse().map_err(io::Error::other))
        .transpose()?;
    let played = fault.map_or_else(|| "-".to_owned(), |fault| fault.to_string());
    let mut line = format!("{}\t{number}\t{played}", tool.name);
    for argument in std::env::args_os().skip(1) {
        line.push('\t');
        line.push_str(&argument.to_string_lossy().replace(['\t', '\n'], " "));
    }
    line.push('\n');
    log.write_all(line.as_bytes())?;
    Ok(fault)
}

fn hang() -> ! {
    loop {
        std::thread::sleep(Duration::from_secs(60));
    }
}

/// Ends as SIGKILL ends a program.
fn killed() -> ExitCode {
    // SAFETY: it takes a plain number.
    unsafe { libc::raise(libc::SIGKILL) };
    ExitCode::from(CANNOT_PLAY)
}

fn as_it_ended(output: &Output) -> ExitCode {
    if let Some(signal) = output.status.signal() {
        // SAFETY: both calls take plain numbers; the signal is one that the kernel reported.
        unsafe {
            libc::signal(signal, libc::SIG_DFL);
            libc::raise(signal);
        }
    }
    let code = output.status.code();
    code.and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::from(CANNOT_PLAY), ExitCode::from)
}

fn write(stdout: &[u8], stderr: &[u8]) -> io::Result<()> {
    io::stderr().write_all(stderr)?;
    io::stdout().write_all(stdout)?;
    io::stdout().flush()
}

fn flood(piece: &[u8], times: usize) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    for _ in 0..times {
        stdout.write_all(piece)?;
    }
    stdout.flush()
}

/// Fails as the real one was seen to fail.
fn fail(tool: &Tool, which: u64) -> io::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let text = if tool.name == "svcprop" {
        texts::svcprop(which, arguments.last().map_or("", String::as_str))
    } else {
        texts::vboxmanage(which, arguments.get(1).map_or("", String::as_str))
    };
    write(&[], text.as_bytes())?;
    Ok(ExitCode::FAILURE)
}
