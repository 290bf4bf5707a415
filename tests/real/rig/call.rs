//! A program run in the chroot, as a user of the rig.

use std::collections::BTreeMap;
use std::ffi::{CString, OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::FromRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::processes::send;
use super::slot::root;
use super::{LEAK_MARKER, User};

/// A program that is to be run in the chroot: with this environment and no other, stdin from /dev/null, and no other
/// descriptor.
#[derive(Clone)]
pub(crate) struct Call<'user> {
    pub(super) user: &'user User<'user>,
    pub(super) path: String,
    pub(super) arguments: Vec<OsString>,
    pub(super) environment: BTreeMap<String, OsString>,
    pub(super) directory: String,
    pub(super) leak: Option<libc::c_int>,
    pub(super) by_root: bool,
    pub(super) terminal: bool,
    pub(super) badly_raised: bool,
    pub(super) within: Duration,
}

impl Call<'_> {
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment
            .insert(name.to_owned(), value.as_ref().to_owned());
        self
    }

    pub(crate) fn env_remove(mut self, name: &str) -> Self {
        self.environment.remove(name);
        self
    }

    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// For a call whose arguments are all its own.
    pub(crate) fn without_arguments(mut self) -> Self {
        self.arguments.clear();
        self
    }

    pub(crate) fn directory(mut self, path: &str) -> Self {
        path.clone_into(&mut self.directory);
        self
    }

    /// Leaves a descriptor open in the child, as a careless parent does. [`has_leaked`] knows it again.
    pub(crate) fn leak(mut self, descriptor: libc::c_int) -> Self {
        self.leak = Some(descriptor);
        self
    }

    /// With a terminal of its own: standard input, output and error are this terminal, and it is the controlling one.
    pub(crate) fn on_terminal(mut self) -> Self {
        self.terminal = true;
        self
    }

    /// By a caller that ignores and blocks every signal, whose files everybody may write to, and who may write little.
    pub(crate) fn badly_raised(mut self) -> Self {
        self.badly_raised = true;
        self
    }

    pub(crate) fn by_root(mut self) -> Self {
        self.by_root = true;
        self
    }

    /// How long it may take at most; longer is a failed test.
    pub(crate) fn within(mut self, bound: Duration) -> Self {
        self.within = bound;
        self
    }

    pub(crate) fn run(self) -> Run {
        self.spawn().wait()
    }

    /// The same, but it is killed when its time is over, and that is no failure of the test.
    pub(crate) fn at_most(self, limit: Duration) -> Run {
        let mut running = self.within(limit * 2).spawn();
        let deadline = Instant::now() + limit;
        while !running.is_over() && Instant::now() < deadline {
            sleep(Duration::from_millis(20));
        }
        running.signal(libc::SIGKILL);
        running.wait()
    }

    pub(crate) fn spawn(self) -> Running {
        let what = format!("{} {:?} as {}", self.path, self.arguments, self.user.name);
        // Files, as the log of a service is one: a pipe could be held open by VBoxSVC, or fill up.
        let (stdout, stderr) = (memory_file(), memory_file());
        let own = |file: &File| Stdio::from(file.try_clone().expect("another descriptor"));
        let mut command = Command::new(&self.path);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(&self.environment);
        let terminal = self.terminal.then(|| Terminal::open(&stdout));
        match &terminal {
            None => command
                .stdin(Stdio::null())
                .stdout(own(&stdout))
                .stderr(own(&stderr))
                .process_group(0),
            Some(terminal) => command
                .stdin(own(&terminal.theirs))
                .stdout(own(&terminal.theirs))
                .stderr(own(&terminal.theirs)),
        };
        let with_terminal = terminal.is_some();

        let c_string = |path: &Path| {
            CString::new(path.as_os_str().as_bytes()).expect("a path without a zero byte")
        };
        let (root, directory, marker) = (
            c_string(root()),
            c_string(Path::new(&self.directory)),
            c_string(Path::new(LEAK_MARKER)),
        );
        let user = if self.by_root { 0 } else { self.user.uid };
        let leak = self.leak;
        let badly_raised = self.badly_raised;
        // SAFETY: between fork and exec the closure makes system calls alone, which are async-signal-safe, on strings
        // that were made before.
        unsafe {
            command.pre_exec(move || {
                if with_terminal {
                    succeed(libc::setsid())?;
                    succeed(libc::ioctl(0, libc::TIOCSCTTY, 0))?;
                }
                succeed(libc::chroot(root.as_ptr()))?;
                succeed(libc::setgroups(1, &raw const user))?;
                succeed(libc::setgid(user))?;
                succeed(libc::setuid(user))?;
                succeed(libc::chdir(directory.as_ptr()))?;
                libc::umask(0o022);
                close_on_exec_from_3()?;
                if let Some(descriptor) = leak {
                    let opened = libc::open(marker.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC);
                    succeed(opened)?;
                    succeed(libc::dup2(opened, descriptor))?;
                }
                // Whoever runs the tests may ignore them, as nohup does and a shell for its background jobs.
                for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT] {
                    libc::signal(signal, libc::SIG_DFL);
                }
                if badly_raised {
                    raise_badly()?;
                }
                Ok(())
            });
        }
        let began = Instant::now();
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run {what}: {error}"));
        Running {
            ended: when_it_ends(child.id()),
            child,
            what,
            stdout,
            stderr,
            began,
            within: self.within,
            keyboard: terminal.map(|terminal| terminal.ours),
        }
    }
}

/// What a program inherits, at its worst.
fn raise_badly() -> io::Result<()> {
    // SAFETY: all of them take plain numbers or point to values that live for the call, and are async-signal-safe.
    unsafe {
        for signal in 1..=64 {
            // Some cannot be ignored.
            libc::signal(signal, libc::SIG_IGN);
        }
        let mut all: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        succeed(libc::sigprocmask(
            libc::SIG_SETMASK,
            &raw const all,
            std::ptr::null_mut(),
        ))?;
        libc::umask(0);
        let little = libc::rlimit {
            rlim_cur: 1 << 20,
            rlim_max: libc::RLIM_INFINITY,
        };
        succeed(libc::setrlimit(libc::RLIMIT_FSIZE, &raw const little))
    }
}

/// A pseudo-terminal.
struct Terminal {
    ours: File,
    theirs: File,
}

impl Terminal {
    /// What is printed there goes into a file.
    fn open(output: &File) -> Self {
        let (mut ours, mut theirs) = (-1, -1);
        let none = std::ptr::null_mut();
        // SAFETY: both numbers live for the call, and nothing else is asked for.
        let made = unsafe {
            libc::openpty(
                &raw mut ours,
                &raw mut theirs,
                none,
                none.cast(),
                none.cast(),
            )
        };
        assert_eq!(made, 0, "openpty: {}", io::Error::last_os_error());
        // SAFETY: both were just opened and are owned by nobody else.
        let (ours, theirs) = unsafe { (File::from_raw_fd(ours), File::from_raw_fd(theirs)) };
        let mut screen = ours.try_clone().expect("another descriptor");
        let mut output = output.try_clone().expect("another descriptor");
        // It ends with an error when nobody has the terminal any more.
        std::thread::spawn(move || io::copy(&mut screen, &mut output));
        Self { ours, theirs }
    }
}

/// A program that runs; killed when it is dropped.
pub(crate) struct Running {
    child: Child,
    ended: Arc<OnceLock<Instant>>,
    what: String,
    stdout: File,
    stderr: File,
    began: Instant,
    within: Duration,
    keyboard: Option<File>,
}

impl Running {
    /// Types at its terminal.
    pub(crate) fn types(&mut self, keys: &[u8]) {
        let keyboard = self.keyboard.as_mut().expect("a terminal");
        keyboard.write_all(keys).expect("to type");
    }

    pub(crate) fn is_over(&mut self) -> bool {
        self.child
            .try_wait()
            .expect("to wait for a child")
            .is_some()
    }

    /// What it has printed until now.
    pub(crate) fn stdout_so_far(&self) -> String {
        content(&self.stdout)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal to this process alone.
    pub(crate) fn signal(&mut self, signal: libc::c_int) {
        // Not waited for yet, so that the number is still its own.
        if !self.is_over() {
            send(self.child.id(), signal);
        }
    }

    pub(crate) fn wait(mut self) -> Run {
        let deadline = self.began + self.within;
        loop {
            if let Some(status) = self.child.try_wait().expect("to wait for a child") {
                return Run {
                    what: std::mem::take(&mut self.what),
                    pid: self.child.id(),
                    code: status.code(),
                    signal: status.signal(),
                    stdout: content(&self.stdout),
                    stderr: content(&self.stderr),
                    // Whoever waits may have been kept from looking.
                    took: self.ended.get().map_or_else(
                        || self.began.elapsed(),
                        |ended| ended.duration_since(self.began),
                    ),
                };
            }
            if Instant::now() >= deadline {
                let (within, stdout, stderr) =
                    (self.within, content(&self.stdout), content(&self.stderr));
                panic!(
                    "{} has not ended after {within:?}\nstdout: {stdout}\nstderr: {stderr}",
                    self.what
                );
            }
            sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may be over, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a program ended.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    what: String,
    pub(crate) pid: u32,
    /// None: a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            code,
            signal,
            stdout,
            stderr,
            took,
            ..
        } = self;
        write!(
            f,
            "{what}\ncode {code:?}, signal {signal:?}, after {took:?}\nstdout: {stdout}\nstderr: {stderr}"
        )
    }
}

/// Notes when a child ends; it stays there to be waited for.
fn when_it_ends(pid: u32) -> Arc<OnceLock<Instant>> {
    let ended = Arc::new(OnceLock::new());
    let note = Arc::clone(&ended);
    std::thread::spawn(move || {
        // SAFETY: all fields of a `siginfo_t` are numbers, for which zero is a value.
        let mut told: libc::siginfo_t = unsafe { std::mem::zeroed() };
        let how = libc::WEXITED | libc::WNOWAIT;
        // SAFETY: `told` lives for the call. A child that was waited for by now is an error, and then nobody asks.
        if unsafe { libc::waitid(libc::P_PID, pid, &raw mut told, how) } == 0 {
            let _first = note.set(Instant::now());
        }
    });
    ended
}

/// Turns the answer of a system call into a result.
fn succeed(answer: libc::c_int) -> io::Result<()> {
    if answer < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// What the test process has open does not reach the program. (Closing it here would close std's own pipe too.)
fn close_on_exec_from_3() -> io::Result<()> {
    // SAFETY: close_range takes plain numbers; with CLOSE_RANGE_CLOEXEC it closes nothing in this process.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_close_range,
            3,
            libc::c_uint::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    };
    if answer < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

fn memory_file() -> File {
    // SAFETY: the name ends with a zero byte.
    let descriptor = unsafe { libc::memfd_create(c"output".as_ptr(), libc::MFD_CLOEXEC) };
    assert!(
        descriptor >= 0,
        "memfd_create: {}",
        io::Error::last_os_error()
    );
    // SAFETY: the descriptor was just opened and is owned by nobody else.
    unsafe { File::from_raw_fd(descriptor) }
}

/// All of a file, whose offset is the writer's.
fn content(file: &File) -> String {
    let length = file.metadata().map_or(0, |file| file.len());
    let mut bytes = vec![0; usize::try_from(length).expect("a length in memory")];
    file.read_exact_at(&mut bytes, 0)
        .expect("to read what a child wrote");
    String::from_utf8_lossy(&bytes).into_owned()
}
