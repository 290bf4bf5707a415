//! What is alive of a user, as `/proc` shows it, and how it is ended.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::slot::{outside, root};
use super::{LEAK_MARKER, PAUSE, User};

/// A process of a user that is not dead.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(crate) parent: u32,
    pub(crate) name: String,
    pub(crate) arguments: Vec<String>,
}

impl User<'_> {
    /// The living processes of this user in the chroot.
    pub(crate) fn processes(&self) -> Vec<Process> {
        let entries = fs::read_dir("/proc").expect("/proc");
        entries
            .filter_map(|entry| self.process(&entry.ok()?.file_name()))
            .collect()
    }

    fn process(&self, pid: &OsStr) -> Option<Process> {
        let folder = Path::new("/proc").join(pid);
        let pid = pid.to_str()?.parse().ok()?;
        let status = fs::read_to_string(folder.join("status")).ok()?;
        let field = |name: &str| {
            status
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .map(str::trim)
        };
        let uid = field("Uid:")?.split_whitespace().next()?;
        // A zombie is waited for by nobody here, and does no harm.
        let dead = field("State:")?.starts_with(['Z', 'X']);
        if dead || uid != self.uid.to_string() || fs::read_link(folder.join("root")).ok()? != root()
        {
            return None;
        }
        let arguments = zero_separated(&fs::read(folder.join("cmdline")).ok()?);
        Some(Process {
            pid,
            parent: field("PPid:")?.parse().ok()?,
            name: field("Name:")?.to_owned(),
            arguments,
        })
    }

    pub(crate) fn vm_processes(&self, uuid: &str) -> Vec<u32> {
        let of_vm = |process: &Process| {
            process
                .arguments
                .windows(2)
                .any(|pair| pair == ["--startvm", uuid])
        };
        self.all_vm_processes()
            .iter()
            .filter(|process| of_vm(process))
            .map(|process| process.pid)
            .collect()
    }

    pub(crate) fn all_vm_processes(&self) -> Vec<Process> {
        self.processes()
            .into_iter()
            .filter(|process| process.name == "VBoxHeadless")
            .collect()
    }

    pub(crate) fn vboxsvc_pids(&self) -> Vec<u32> {
        self.processes()
            .iter()
            .filter(|process| process.name == "VBoxSVC")
            .map(|process| process.pid)
            .collect()
    }

    /// Sends a signal to a process of this user; one that is gone by now is none of its business.
    pub(crate) fn kill(&self, pid: u32, signal: libc::c_int) {
        if self.processes().iter().any(|process| process.pid == pid) {
            send(pid, signal);
        }
    }

    /// Kills everything, as svc.startd does with the contract of a method that takes too long.
    pub(crate) fn kill_all(&self) {
        self.end_processes().expect("to end all processes");
    }

    pub(super) fn end_processes(&self) -> io::Result<()> {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            // Asked again after each round: one may have been born meanwhile.
            let alive = self.processes();
            for process in &alive {
                send(process.pid, libc::SIGKILL);
            }
            if alive.is_empty() {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(io::Error::other(format!("still alive: {alive:?}")));
            }
            sleep(PAUSE);
        }
    }
}

/// The environment that a process was started with.
pub(crate) fn environment(pid: u32) -> Vec<String> {
    zero_separated(&fs::read(format!("/proc/{pid}/environ")).expect("the environment of a process"))
}

/// The descriptors that a process has open, and on what. Paths are those from outside.
pub(crate) fn descriptors(pid: u32) -> Vec<(i32, PathBuf)> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).expect("the descriptors of a process");
    entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let number = entry.file_name().to_str()?.parse().ok()?;
            Some((number, fs::read_link(entry.path()).ok()?))
        })
        .collect()
}

/// Whether one of the descriptors is what [`Call::leak`] left open.
pub(crate) fn has_leaked(descriptors: &[(i32, PathBuf)]) -> bool {
    descriptors
        .iter()
        .any(|(_, path)| *path == outside(LEAK_MARKER))
}

pub(super) fn send(pid: u32, signal: libc::c_int) {
    let pid = libc::pid_t::try_from(pid).expect("a process id");
    // SAFETY: kill takes plain numbers. A process that is gone by now is no error here.
    unsafe { libc::kill(pid, signal) };
}

fn zero_separated(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    text.split_terminator('\0').map(str::to_owned).collect()
}
