//! One copy of this process, which has become another user.
//!
//! Its user can run programs in its place and stop or end it, so it has nothing that is root's: it is in a session of
//! its own from the beginning, has no terminal, and no descriptor but its pipes.

use std::fs::File;
use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, FromRawFd as _, RawFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::signals::Signals;
use crate::host::real::account;
use crate::host::real::child::{self, PIECE, Stream, pause};
use crate::host::real::inherited;
use crate::host::{Account, Host};

/// The longest line that is relayed in one piece: ours are shorter.
const LINE_MAX: usize = 8 << 10;
/// How long a killed copy may take to be gone: longer only when the kernel cannot let go of it.
const REAP: Duration = Duration::from_secs(1);
/// Enough for a thread that only waits.
const STACK: usize = 64 << 10;

/// Who a copy is to be.
pub(super) struct Identity {
    pub(super) account: Account,
    pub(super) group: libc::gid_t,
}

/// What all copies of one call share: while this process lives, the pipe has a writing end.
pub(super) struct Life {
    reader: PipeReader,
    _writer: PipeWriter,
}

impl Life {
    pub(super) fn new() -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        Ok(Self {
            reader,
            _writer: writer,
        })
    }
}

/// A copy that runs; killed when it is dropped, with all that it runs.
pub(super) struct Copy {
    pid: libc::pid_t,
    /// What it hands back.
    answer: Stream<PipeReader>,
    /// Its standard error.
    said: Stream<PipeReader>,
    reaped: bool,
}

/// How a copy ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// It did its work.
    Well,
    /// It did not.
    Badly,
}

impl Copy {
    /// Makes one that does this work as this user.
    pub(super) fn begin(
        host: &dyn Host,
        identity: &Identity,
        life: &Life,
        signals: &Signals,
        work: &dyn Fn(&dyn Host) -> Vec<u8>,
    ) -> io::Result<Self> {
        let (answer, answer_end) = io::pipe()?;
        let (said, said_end) = io::pipe()?;
        // SAFETY: the program has one thread, so that the copy finds no lock held that nobody would let go. It never
        // returns from here, and ends without running what this process has registered for its own end.
        match unsafe { libc::fork() } {
            -1 => Err(io::Error::last_os_error()),
            0 => {
                // SAFETY: it touches no memory. First of all: from here on no terminal is this process's.
                let session = unsafe { libc::setsid() };
                signals.reset();
                let ends = [&answer_end, &said_end].map(AsRawFd::as_raw_fd);
                let done = catch_unwind(AssertUnwindSafe(|| {
                    if session < 0 {
                        return Err(io::Error::last_os_error());
                    }
                    become_copy(identity, ends, life.reader.as_raw_fd())?;
                    // SAFETY: standard output is open, and is closed by nobody before the end of this process.
                    let mut out = ManuallyDrop::new(unsafe { File::from_raw_fd(1) });
                    out.write_all(&work(host))
                }));
                let status = libc::c_int::from(!matches!(done, Ok(Ok(()))));
                // SAFETY: it ends this process, and touches nothing of it.
                unsafe { libc::_exit(status) }
            }
            pid => Ok(Self {
                pid,
                answer: Stream::new(Some(answer)),
                said: Stream::new(Some(said)),
                reaped: false,
            }),
        }
    }

    /// What to wait for; -1 where there is nothing any more.
    pub(super) fn fds(&self) -> [RawFd; 2] {
        [self.answer.fd(), self.said.fd()]
    }

    /// Both pipes are at their end, so that it is about to be over, or has closed them.
    pub(super) fn is_silent(&self) -> bool {
        self.fds() == [-1, -1]
    }

    /// Reads what is there, and hands on the lines that are whole.
    pub(super) fn read_on(&mut self, piece: &mut [u8; PIECE], line: &dyn Fn(&str)) {
        self.answer.read_on(piece);
        self.said.read_on(piece);
        let said = &mut self.said.kept;
        loop {
            let end = said.iter().position(|byte| *byte == b'\n');
            let (end, next) = match end {
                Some(end) => (end, end + 1),
                None if said.len() > LINE_MAX => (LINE_MAX, LINE_MAX),
                None => break,
            };
            line(&String::from_utf8_lossy(&said[..end]));
            said.drain(..next);
        }
    }

    /// What it handed back.
    pub(super) fn take_answer(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.answer.kept)
    }

    /// How it ended, if it has. What it ran and did not end is killed before its number can be another's.
    pub(super) fn ended(&mut self) -> io::Result<Option<Ending>> {
        // SAFETY: all fields of a `siginfo_t` are numbers, of which zero is a value.
        let mut told: libc::siginfo_t = unsafe { std::mem::zeroed() };
        let how = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
        #[allow(
            clippy::cast_sign_loss,
            reason = "a process number; signed on some systems"
        )]
        let id = self.pid as libc::id_t;
        // SAFETY: `told` lives for the call, and the process is our own child.
        if unsafe { libc::waitid(libc::P_PID, id, &raw mut told, how) } < 0 {
            let error = io::Error::last_os_error();
            if error.kind() == io::ErrorKind::Interrupted {
                return Ok(None);
            }
            // There is no such child, so that its number may be another's.
            self.reaped = true;
            return Err(error);
        }
        if told.si_signo == 0 {
            return Ok(None);
        }
        self.send(libc::SIGKILL);
        self.reaped = true;
        let status = wait(self.pid, 0)?;
        Ok(Some(if status == Some(0) {
            Ending::Well
        } else {
            Ending::Badly
        }))
    }

    /// Sends a signal to it and to what it runs: VirtualBox's server and the VMs have sessions of their own.
    pub(super) fn send(&self, signal: libc::c_int) {
        if self.reaped {
            return;
        }
        // SAFETY: both take plain numbers. The child was not waited for, so that the number, its session's too, is its
        // own; it has no group yet in the moment before setsid.
        unsafe {
            libc::kill(-self.pid, signal);
            libc::kill(self.pid, signal);
        }
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        self.send(libc::SIGKILL);
        let until = Instant::now() + REAP;
        while !self.reaped && Instant::now() < until {
            if !matches!(wait(self.pid, libc::WNOHANG), Ok(None)) {
                return;
            }
            pause(Duration::from_millis(1));
        }
    }
}

/// `waitpid(2)`; none: it has not ended.
fn wait(pid: libc::pid_t, options: libc::c_int) -> io::Result<Option<libc::c_int>> {
    let mut status = 0;
    loop {
        // SAFETY: the pointer is to a live number, and the process is our own child.
        let waited = unsafe { libc::waitpid(pid, &raw mut status, options) };
        if waited >= 0 {
            return Ok((waited == pid).then_some(status));
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// In the copy: gives up what is root's, then the rights.
fn become_copy(identity: &Identity, ends: [RawFd; 2], life: RawFd) -> io::Result<()> {
    let nothing = File::open("/dev/null")?;
    for (end, place) in [nothing.as_raw_fd(), ends[0], ends[1]].into_iter().zip(0..) {
        // SAFETY: both are plain numbers; 0 to 2 belong to nobody but the standard streams.
        if unsafe { libc::dup2(end, place) } < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    drop(nothing);
    child::close_all_but(life);
    // The caller's may be a folder that the user cannot enter, and would be held.
    std::env::set_current_dir("/")?;
    if identity.account.uid != account::current_uid() {
        inherited::let_go_of_the_rest();
    }
    ends_with(life)?;
    account::become_user(&identity.account, identity.group)?;
    keep_memory_from_the_user()
}

/// Has this process end with the one that made it, and what it runs with it.
fn ends_with(life: RawFd) -> io::Result<()> {
    // SAFETY: the descriptor is open, and closed by nobody else: the copy drops nothing that it was made with.
    let mut life = unsafe { File::from_raw_fd(life) };
    let wait = move || {
        loop {
            match life.read(&mut [0]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Nobody writes: this is the end of it.
                Ok(_) | Err(_) => break,
            }
        }
        // SAFETY: it takes plain numbers. The group is this process's own, which it made by setsid.
        unsafe { libc::kill(0, libc::SIGKILL) };
    };
    std::thread::Builder::new().stack_size(STACK).spawn(wait)?;
    Ok(())
}

/// What root's process had in memory, its environment for one, is in the copy's too. That nobody may trace a process
/// that gave up rights, nor read its memory, is the rule on illumos and Solaris, and on Linux unless the administrator
/// has set `fs.suid_dumpable`.
#[cfg_attr(
    not(target_os = "linux"),
    expect(clippy::unnecessary_wraps, reason = "it can fail on Linux alone")
)]
fn keep_memory_from_the_user() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    // SAFETY: it takes plain numbers.
    if unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
