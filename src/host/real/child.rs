//! A program with a deadline.
#![expect(unsafe_code, reason = "calls into libc")]

use std::io::{self, Read};
use std::ops::{ControlFlow, Range};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::host::{
    Contract, ExitStatus, Invocation, OUTPUT_MAX, Output, RunError, RunningProgram, STILL_RUNNING,
};

/// How often a child is asked whether it is over while its output stays open and silent.
const GLANCE: Duration = Duration::from_millis(20);
/// How long what is already in the pipes of a dead child is read. A daemon that it left behind may
/// hold them open, so their end is not waited for.
const LAST_WORDS: Duration = Duration::from_millis(100);
/// How much is read at once.
pub(super) const PIECE: usize = 16 << 10;
/// How long a child whose pipes have ended is asked without a pause whether it is over: the kernel closes its files
/// some microseconds before that, and the shortest sleep takes longer.
const LAST_STEPS: Duration = Duration::from_micros(100);
/// The pause between questions after that, which grows: a child may close its files long before it ends.
const REAP_PAUSES: Range<Duration> = Duration::from_micros(50)..Duration::from_millis(1);
/// How long a killed child may take to be gone: longer only when the kernel cannot let go of it.
const REAP: Duration = Duration::from_secs(1);

/// Marks every descriptor above 2 so that no child inherits it.
pub(super) fn keep_descriptors_from_children() {
    #[cfg(target_os = "linux")]
    if mark_them_all() {
        return;
    }
    for fd in all_above_2() {
        // SAFETY: it changes a flag of a descriptor; one that is closed by now gives an error, and no
        // harm. Which of them Rust has opened does not matter: it sets the same flag.
        unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

/// Closes every descriptor above 2 but this one, whoever opened it: for a process that drops nothing any more.
pub(super) fn close_all_but(kept: RawFd) {
    for fd in all_above_2() {
        if fd != kept {
            // SAFETY: nothing uses it any more. One that was closed since it was listed gives an error, and no harm.
            unsafe { libc::close(fd) };
        }
    }
}

/// The descriptors that are open, and perhaps one more, which listed them.
fn all_above_2() -> Vec<RawFd> {
    let folders = ["/proc/self/fd", "/dev/fd"];
    let listed = folders
        .iter()
        .find_map(|folder| std::fs::read_dir(folder).ok());
    listed
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|fd| *fd > 2)
        .collect()
}

/// Marks them all in one call (`close_range(2)`), which Linux has since 5.11: whether it has.
#[cfg(target_os = "linux")]
fn mark_them_all() -> bool {
    // SAFETY: it takes plain numbers, and changes a flag of descriptors, no matter whose: Rust sets the same flag.
    let result = unsafe {
        libc::syscall(
            libc::SYS_close_range,
            3,
            libc::c_uint::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    };
    result == 0
}

/// Spawns a program in the process contract that it is to have.
///
/// The active template belongs to the calling thread (its LWP), and counts for every fork of it. std forks in the thread
/// that calls spawn: by `posix_spawn(3C)` on illumos, which is vforkx and exec in that thread (`spawn.c`), and where it
/// cannot, as on Solaris, by fork.
#[cfg(any(target_os = "illumos", target_os = "solaris"))]
fn spawn(command: &mut Command, contract: Contract) -> io::Result<Child> {
    match contract {
        Contract::Own => {
            super::contract::isolated(&super::contract::Libcontract, || command.spawn())
        }
        Contract::Inherited => command.spawn(),
    }
}

/// Spawns a program. Where there are no process contracts, there is no SMF that would kill one.
#[cfg(not(any(target_os = "illumos", target_os = "solaris")))]
fn spawn(command: &mut Command, _: Contract) -> io::Result<Child> {
    command.spawn()
}

/// A child, and what it has printed so far.
pub(super) struct Running {
    child: Child,
    stdout: Stream<ChildStdout>,
    stderr: Stream<ChildStderr>,
    limit: Duration,
    hung: RunError,
}

impl Running {
    /// Begins a program.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is what the others go through"
    )]
    pub(super) fn begin(what: &Invocation) -> Result<Self, RunError> {
        let mut command = Command::new(&what.program);
        command
            .args(&what.args)
            // VBoxSVC would hold our folder, and so its file system, for as long as a VM runs.
            .current_dir("/")
            .env_clear()
            .envs(what.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let spawned = spawn(&mut command, what.contract);
        let mut child = spawned.map_err(|source| RunError::Spawn {
            program: what.program.clone(),
            source,
        })?;
        Ok(Self {
            stdout: Stream::new(child.stdout.take()),
            stderr: Stream::new(child.stderr.take()),
            child,
            limit: what.limit,
            hung: what.hung(),
        })
    }

    /// Reads what the child prints until it is over: how it ended, or nothing at the deadline, or when it is not
    /// to be waited for any longer.
    fn attend(&mut self, heartbeat: &mut Heartbeat<'_>) -> Option<ExitStatus> {
        let deadline = Instant::now() + self.limit;
        let (stdout, stderr) = (&mut self.stdout, &mut self.stderr);
        let mut reap_pause = REAP_PAUSES.start;
        let mut closed: Option<Instant> = None;
        let mut piece = [0; PIECE];
        loop {
            if heartbeat.beat_when_due().is_break() {
                return None;
            }
            let open = stdout.is_open() || stderr.is_open();
            let left = deadline.checked_duration_since(Instant::now())?;
            wait_for_output([stdout.fd(), stderr.fd()], left.min(GLANCE));
            stdout.read_on(&mut piece);
            stderr.read_on(&mut piece);
            if open && (stdout.is_open() || stderr.is_open()) && stdout.progress | stderr.progress {
                continue;
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                drain(stdout, stderr, &mut piece, Instant::now() + LAST_WORDS);
                return Some(match (status.code(), status.signal()) {
                    (Some(code), _) => ExitStatus::Exited(code),
                    (None, signal) => ExitStatus::Killed(signal.unwrap_or_default()),
                });
            }
            if !(stdout.is_open() || stderr.is_open()) {
                // Both pipes are at their end, so the child is about to be over: poll has nothing to wait for.
                if closed.get_or_insert_with(Instant::now).elapsed() < LAST_STEPS {
                    std::thread::yield_now();
                } else {
                    pause(reap_pause.min(left));
                    reap_pause = (reap_pause * 2).min(REAP_PAUSES.end);
                }
            }
        }
    }
}

impl RunningProgram for Running {
    fn finish(
        mut self: Box<Self>,
        still_running: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Output, RunError> {
        let mut heartbeat = Heartbeat {
            due: Instant::now() + STILL_RUNNING,
            beat: still_running,
        };
        let Some(ended) = self.attend(&mut heartbeat) else {
            end(&mut self.child);
            return Err(self.hung);
        };
        Ok(Output {
            ended,
            cut: self.stdout.cut || self.stderr.cut,
            stdout: self.stdout.kept,
            stderr: self.stderr.kept,
        })
    }
}

/// Asks every now and then whether the child is to be waited for any longer.
struct Heartbeat<'a> {
    due: Instant,
    beat: &'a mut dyn FnMut() -> ControlFlow<()>,
}

impl Heartbeat<'_> {
    fn beat_when_due(&mut self) -> ControlFlow<()> {
        if Instant::now() < self.due {
            return ControlFlow::Continue(());
        }
        self.due += STILL_RUNNING;
        (self.beat)()
    }
}

/// Reads what a dead child left in its pipes.
fn drain(
    stdout: &mut Stream<impl Read + AsRawFd>,
    stderr: &mut Stream<impl Read + AsRawFd>,
    piece: &mut [u8; PIECE],
    until: Instant,
) {
    while stdout.is_open() || stderr.is_open() {
        stdout.read_on(piece);
        stderr.read_on(piece);
        if !(stdout.progress || stderr.progress) || Instant::now() >= until {
            return;
        }
    }
}

/// Kills the child, and it alone.
fn end(child: &mut Child) {
    // An error says that it is over already.
    let _over = child.kill();
    let until = Instant::now() + REAP;
    while matches!(child.try_wait(), Ok(None)) && Instant::now() < until {
        pause(Duration::from_millis(1));
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a child's end is no simulated time"
)]
pub(super) fn pause(how_long: Duration) {
    std::thread::sleep(how_long);
}

/// One of the child's streams, and what is kept of it.
pub(super) struct Stream<R> {
    pipe: Option<R>,
    pub(super) kept: Vec<u8>,
    cut: bool,
    /// The last read gave something.
    progress: bool,
}

impl<R: Read + AsRawFd> Stream<R> {
    pub(super) fn new(pipe: Option<R>) -> Self {
        if let Some(pipe) = &pipe {
            do_not_block(pipe.as_raw_fd());
        }
        Self {
            pipe,
            kept: Vec::new(),
            cut: false,
            progress: false,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.pipe.is_some()
    }

    /// For `poll`, which passes over -1.
    pub(super) fn fd(&self) -> RawFd {
        self.pipe.as_ref().map_or(-1, AsRawFd::as_raw_fd)
    }

    /// Reads a piece of what is there; at the end of the stream, closes it.
    pub(super) fn read_on(&mut self, piece: &mut [u8; PIECE]) {
        self.progress = false;
        let Some(pipe) = &mut self.pipe else { return };
        match pipe.read(piece) {
            Ok(0) => self.pipe = None,
            Ok(n) => {
                self.progress = true;
                let room = OUTPUT_MAX - self.kept.len();
                self.cut |= n > room;
                self.kept.extend_from_slice(&piece[..n.min(room)]);
            }
            Err(e)
                if matches!(
                    e.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                ) => {}
            Err(_) => self.pipe = None,
        }
    }
}

fn do_not_block(fd: RawFd) {
    // SAFETY: both calls only read and set the flags of a descriptor that we own.
    unsafe {
        let flags = libc::fcntl(fd, libc::F_GETFL);
        libc::fcntl(fd, libc::F_SETFL, flags | libc::O_NONBLOCK);
    }
}

/// Waits until one of the pipes has something to read or is at its end.
pub(super) fn wait_for_output(fds: [RawFd; 2], at_most: Duration) {
    let mut watched = fds.map(|fd| libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    });
    if fds == [-1, -1] {
        return;
    }
    let milliseconds = libc::c_int::try_from(at_most.as_millis()).unwrap_or(libc::c_int::MAX);
    // SAFETY: the pointer and the count are those of a live array. An error means that nothing is
    // known, and the caller reads without blocking anyway.
    unsafe { libc::poll(watched.as_mut_ptr(), 2, milliseconds.max(1)) };
}

/// The same for any number of pipes.
pub(super) fn wait_for_any(fds: &[RawFd], at_most: Duration) {
    let mut watched: Vec<libc::pollfd> = fds
        .iter()
        .map(|fd| libc::pollfd {
            fd: *fd,
            events: libc::POLLIN,
            revents: 0,
        })
        .collect();
    let milliseconds = libc::c_int::try_from(at_most.as_millis()).unwrap_or(libc::c_int::MAX);
    // SAFETY: as in `wait_for_output`.
    unsafe {
        libc::poll(
            watched.as_mut_ptr(),
            watched.len() as _,
            milliseconds.max(1),
        )
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn begin(script: &str, limit: Duration) -> Result<Running, RunError> {
        // What the tests' own parent left open is not this test's matter.
        keep_descriptors_from_children();
        Running::begin(&Invocation {
            program: PathBuf::from("/bin/sh"),
            args: vec!["-c".into(), script.into()],
            env: vec![
                ("PATH".into(), "/usr/bin:/bin".into()),
                ("A".into(), "b c".into()),
            ],
            limit,
            contract: Contract::Own,
        })
    }

    fn shell(script: &str, limit: Duration) -> Result<Output, RunError> {
        Box::new(begin(script, limit)?).finish(&mut crate::host::keep_waiting)
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn both_streams_and_the_status() {
        let output = shell("echo out; echo err >&2; exit 7", LONG).expect("output");
        assert_eq!(output.ended, ExitStatus::Exited(7));
        assert_eq!(
            (output.stdout.as_slice(), output.stderr.as_slice()),
            (&b"out\n"[..], &b"err\n"[..])
        );
        assert!(!output.cut);
    }

    #[test]
    fn a_signal_is_not_a_status() {
        let output = shell("kill -SEGV $$", LONG).expect("output");
        assert_eq!(output.ended, ExitStatus::Killed(libc::SIGSEGV));
    }

    #[test]
    fn the_environment_is_what_was_given() {
        let output =
            shell("env; readlink /proc/self/fd/0; ls /proc/self/fd", LONG).expect("output");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            text.contains("A=b c\n") && !text.contains("CARGO"),
            "{text}"
        );
        if cfg!(target_os = "linux") {
            // ls itself has the folder open as 3.
            assert!(text.ends_with("\n/dev/null\n0\n1\n2\n3\n"), "{text}");
        }
    }

    #[test]
    fn two_full_pipes_do_not_block() {
        let script = "i=0; while [ $i -lt 2000 ]; do echo 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789; echo 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789 >&2; i=$((i+1)); done";
        let output = shell(script, LONG).expect("output");
        assert_eq!(
            (output.stdout.len(), output.stderr.len()),
            (202_000, 202_000)
        );
    }

    #[test]
    fn a_flood_is_cut_and_ends() {
        let output = shell("head -c 40000000 /dev/zero; echo end >&2", LONG).expect("output");
        assert!(output.cut);
        assert_eq!(output.stdout.len(), OUTPUT_MAX);
        assert_eq!(output.stderr, b"end\n");
    }

    #[test]
    fn an_endless_flood_is_killed() {
        let error = shell("exec cat /dev/zero", Duration::from_millis(300)).expect_err("hung");
        assert!(matches!(error, RunError::Hung { .. }), "{error}");
    }

    #[test]
    fn what_hangs_is_killed_alone() {
        let mark = std::env::temp_dir().join(format!("vbox-smf-alone-{}", std::process::id()));
        let script = format!(
            "(sleep 0.6; echo lives > {}) & exec sleep 60",
            mark.display()
        );
        let error = shell(&script, Duration::from_millis(200)).expect_err("hung");
        assert!(matches!(error, RunError::Hung { .. }), "{error}");
        let until = Instant::now() + Duration::from_secs(60);
        while std::fs::read_to_string(&mark).unwrap_or_default() != "lives\n" {
            assert!(Instant::now() < until, "the child's child was killed, too");
            pause(Duration::from_millis(20));
        }
        std::fs::remove_file(mark).expect("the mark");
    }

    #[test]
    fn a_daemon_that_holds_the_pipe_is_not_waited_for() {
        let began = Instant::now();
        let output = shell("sleep 55 & echo said", LONG).expect("output");
        assert_eq!(output.stdout, b"said\n");
        assert!(
            began.elapsed() < Duration::from_secs(50),
            "{:?}",
            began.elapsed()
        );
    }

    #[test]
    fn a_child_is_not_late_because_nobody_waited_for_it() {
        let running = begin("echo said", Duration::from_millis(1000)).expect("a shell");
        pause(Duration::from_millis(2000));
        let output = Box::new(running).finish(&mut crate::host::keep_waiting);
        assert_eq!(output.expect("output").stdout, b"said\n");
    }

    #[test]
    fn streams_that_are_closed_early() {
        let output = shell("exec >&- 2>&-; sleep 0.1; exit 3", LONG).expect("output");
        assert_eq!(output.ended, ExitStatus::Exited(3));
        let error = shell("exec >&- 2>&-; sleep 60", Duration::from_millis(200)).expect_err("hung");
        assert!(matches!(error, RunError::Hung { .. }), "{error}");
    }

    #[test]
    fn what_is_not_there_is_named() {
        let begun = Running::begin(&Invocation {
            program: PathBuf::from("/nowhere/VBoxManage"),
            args: vec![],
            env: vec![],
            limit: LONG,
            contract: Contract::Own,
        });
        let error = begun.err().expect("not there");
        assert_eq!(error.to_string(), "cannot execute /nowhere/VBoxManage");
    }
}
