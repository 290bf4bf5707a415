//! Stands in the place of `VBoxManage` as one that its user has taken over: it looks for a terminal, types into whatever
//! it can reach, and writes down what became of it. Then it does what the file `/var/prober/UID.do` says:
//!
//! ```text
//! hang           never end
//! stop           stop itself
//! stop-parent    stop the process that runs it, then answer
//! meet N         answer when it was run for N users
//! ```
//!
//! and else, and for `--version`, answers at once, as a VirtualBox with one VM, `vm1`, that is powered off. Each run is
//! one line of `/var/prober/UID.log`, fields separated by tabs:
//!
//! ```text
//! ARGUMENTS  SESSION  PARENT  FINDING...  NAME=VALUE...
//! ```
//!
//! A finding is `opened /dev/tty`, `terminal FD` or `typed FD`; or what was inherited from root's caller and would be the
//! VMs' for as long as they live: `ignores SIGNAL`, `blocks SIGNAL`, `umask MASK`, `limit`. The file `UID.run` is there after the first run.

#![expect(
    unsafe_code,
    reason = "sessions, terminals and signals have no safe interface in std"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "it is a stand-in for a program that is run, not part of vbox-smf"
)]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

const FOLDER: &str = "/var/prober";
const UUID: &str = "c49decd0-163a-44f9-9d85-b6e06ddc2277";
const PAUSE: Duration = Duration::from_millis(20);

fn main() -> io::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let arguments = words.join(" ");
    // SAFETY: getuid has no preconditions and cannot fail.
    let user = unsafe { libc::getuid() };
    let own = |end: &str| Path::new(FOLDER).join(format!("{user}.{end}"));
    write_down(&own("log"), &arguments)?;
    File::create(own("run"))?;
    if arguments != "--version" {
        let what = fs::read_to_string(own("do")).unwrap_or_default();
        behave(what.trim())?;
    }
    io::stdout().write_all(answer(&arguments).as_bytes())
}

fn write_down(log: &Path, arguments: &str) -> io::Result<()> {
    // SAFETY: both take and give plain numbers.
    let (session, parent) = unsafe { (libc::getsid(0), libc::getppid()) };
    let mut fields = vec![
        arguments.to_owned(),
        session.to_string(),
        parent.to_string(),
    ];
    // The log is not open yet: what is found is what was inherited.
    for descriptor in 0..256 {
        // SAFETY: they take plain numbers, and a pointer to a byte that lives for the call.
        let (is_terminal, typed) = unsafe {
            (
                libc::isatty(descriptor) == 1,
                libc::ioctl(descriptor, libc::TIOCSTI, c"x".as_ptr()) == 0,
            )
        };
        if is_terminal {
            fields.push(format!("terminal {descriptor}"));
        }
        if typed {
            fields.push(format!("typed {descriptor}"));
        }
    }
    if OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/tty")
        .is_ok()
    {
        fields.push("opened /dev/tty".to_owned());
    }
    fields.extend(inherited()?);
    fields.extend(std::env::vars().map(|(name, value)| format!("{name}={value}")));
    let mut file = OpenOptions::new().append(true).create(true).open(log)?;
    file.write_all(format!("{}\n", fields.join("\t")).as_bytes())
}

/// What no start under SMF would have.
fn inherited() -> io::Result<Vec<String>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let number = |label: &str, radix| {
        let line = status.lines().find_map(|line| line.strip_prefix(label));
        u64::from_str_radix(line.unwrap_or_default().trim(), radix).map_err(io::Error::other)
    };
    let mut found = Vec::new();
    for (label, verb) in [("SigIgn:", "ignores"), ("SigBlk:", "blocks")] {
        let set = number(label, 16)?;
        // std ignores SIGPIPE, in this program, too. The two behind the usual ones are glibc's own: its posix_spawn has them
        // ignored in every child, and nobody else can change that.
        let signals = (1..=64).filter(|signal| ![libc::SIGPIPE, 32, 33].contains(signal));
        let these = signals.filter(|signal| set & (1 << (signal - 1)) != 0);
        found.extend(these.map(|signal| format!("{verb} {signal}")));
    }
    let mask = number("Umask:", 8)?;
    if mask & 0o022 != 0o022 {
        found.push(format!("umask {mask:03o}"));
    }
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: it points to a live value.
    unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit) };
    if limit.rlim_cur != libc::RLIM_INFINITY {
        found.push("limit".to_owned());
    }
    Ok(found)
}

fn behave(what: &str) -> io::Result<()> {
    match what.split_once(' ') {
        None if what == "hang" => loop {
            sleep(PAUSE);
        },
        // SAFETY: it takes a plain number.
        None if what == "stop" => unsafe {
            libc::raise(libc::SIGSTOP);
        },
        // SAFETY: both take plain numbers; the parent lives, or init gets it, which passes over it.
        None if what == "stop-parent" => unsafe {
            libc::kill(libc::getppid(), libc::SIGSTOP);
        },
        Some(("meet", count)) => {
            let count: usize = count.parse().map_err(io::Error::other)?;
            while runs()? < count {
                sleep(PAUSE);
            }
        }
        _ => {}
    }
    Ok(())
}

/// For how many users it was run, root not among them.
fn runs() -> io::Result<usize> {
    let mut count = 0;
    for entry in fs::read_dir(FOLDER)? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        count += usize::from(name.ends_with(".run") && name != "0.run");
    }
    Ok(count)
}

fn answer(arguments: &str) -> String {
    match arguments {
        "--version" => "7.2.22r1\n".to_owned(),
        "list vms" => format!("\"vm1\" {{{UUID}}}\n"),
        "list --multiple vms runningvms" => {
            format!("[vms]\n\"vm1\" {{{UUID}}}\n\n[runningvms]\n")
        }
        "list --long vms" => format!(
            "Name:                        vm1\nGroups:                      /\nUUID:                        {UUID}\n\
             Config file:                 /vm1.vbox\nState:                       powered off (since x)\n\
             NIC 1:                       disabled\n\n"
        ),
        _ => String::new(),
    }
}
