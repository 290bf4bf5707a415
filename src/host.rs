//! The only seam to the world.
//!
//! [`Host`] runs programs, tells the time, and looks at what no VBoxManage says: processes, files,
//! who we are. [`real`] is this machine; the simulation has a host of its own.
//! `unsafe` and `std::process::Command` live below here and nowhere else.
//! It knows nothing of VirtualBox or SMF. May use `text` and `failure`.

pub(crate) mod atomic_write;
mod error;
#[cfg(any(test, fuzzing))]
#[cfg_attr(
    fuzzing,
    expect(dead_code, reason = "the fuzz targets ask it for files alone")
)]
pub(crate) mod fake;
pub(crate) mod real;
#[cfg(any(test, target_os = "illumos", target_os = "solaris"))]
mod utmpx;

use std::ffi::{OsStr, OsString};
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) use error::{AsUserError, LockError, RunError};

/// A program to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invocation {
    /// An absolute path.
    pub(crate) program: PathBuf,
    /// The arguments after the program's name.
    pub(crate) args: Vec<OsString>,
    /// The whole environment.
    pub(crate) env: Vec<(OsString, OsString)>,
    /// How long it may take. Then it is killed: it alone, never its process group, because VBoxSVC
    /// and the VMs that it started must live on.
    pub(crate) limit: Duration,
    /// In whose process contract it runs.
    pub(crate) contract: Contract,
}

/// The process contract of a program (`process(5)`): svc.startd kills all members of a method's when the method's time is
/// over, and what a member starts is a member too. Only illumos and Solaris have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contract {
    /// One of its own: the program, and all that it leaves behind, outlive us and our method.
    Own,
    /// Ours: it ends with the method.
    Inherited,
}

/// So many words of a command are in a message: svcprop gets the name of each instance.
const SUMMARY_MAX: usize = 40;

impl Invocation {
    /// The command on one line, for messages: `VBoxManage startvm vm1 --type headless`.
    pub(crate) fn summary(&self) -> String {
        let name = self.program.file_name().unwrap_or(self.program.as_os_str());
        let words: Vec<_> = std::iter::once(name)
            .chain(self.args.iter().map(OsString::as_os_str))
            .take(SUMMARY_MAX)
            .map(OsStr::to_string_lossy)
            .collect();
        let more = if self.args.len() < SUMMARY_MAX {
            ""
        } else {
            " ..."
        };
        format!(
            "{}{more}",
            crate::text::printable::Printable(&words.join(" "))
        )
    }

    /// The failure of one that took longer than its limit.
    pub(crate) fn hung(&self) -> RunError {
        RunError::Hung {
            summary: self.summary(),
            limit: self.limit,
        }
    }
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExitStatus {
    /// It exited with this status.
    Exited(i32),
    /// A signal ended it.
    Killed(i32),
}

/// What a program printed and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Output {
    /// How it ended.
    pub(crate) ended: ExitStatus,
    /// Its standard output, at most [`OUTPUT_MAX`] bytes of it.
    pub(crate) stdout: Vec<u8>,
    /// Its standard error, at most [`OUTPUT_MAX`] bytes of it.
    pub(crate) stderr: Vec<u8>,
    /// More was printed than was kept.
    pub(crate) cut: bool,
}

impl Output {
    /// What a program printed that is not a real one, and with which status it exited.
    pub(crate) fn exited(status: i32, stdout: &str, stderr: &str) -> Self {
        Self {
            ended: ExitStatus::Exited(status),
            stdout: stdout.into(),
            stderr: stderr.into(),
            cut: false,
        }
    }
}

/// How much of each stream of a program is kept; the rest is read and dropped, so that it never waits for us.
/// `list --long vms` prints about 6 KB a VM.
pub(crate) const OUTPUT_MAX: usize = 16 << 20;

/// How often somebody who waits hears that it is still waited for: a program by its caller, the log by its
/// reader.
pub(crate) const STILL_RUNNING: Duration = Duration::from_secs(10);

/// For who waits to the end.
pub(crate) fn keep_waiting() -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// A program that was begun.
#[must_use = "it is to be waited for"]
pub(crate) trait RunningProgram {
    /// Waits until it is over, or for its limit, which begins now: until now nobody read what it prints.
    ///
    /// What it leaves behind may hold its output open: that is not waited for. While it runs, `still_running` is
    /// asked every [`STILL_RUNNING`] whether it is to be waited for any longer; if not, it has hung.
    ///
    /// # Errors
    /// It hung.
    fn finish(
        self: Box<Self>,
        still_running: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Output, RunError>;
}

/// A user, as the password database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// The login name.
    pub(crate) name: String,
    /// The user id.
    pub(crate) uid: u32,
    /// The home directory.
    pub(crate) home: PathBuf,
}

/// The arguments of a process, as far as the system shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Args {
    /// All of them, `argv[0]` first (Linux).
    Whole(Vec<String>),
    /// Joined by spaces and cut: illumos and Solaris show 80 bytes (`pr_psargs` in `proc(5)`).
    Cut(String),
}

/// A process of this user that belongs to VirtualBox. Zombies are left out: they are over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    /// Its process id.
    pub(crate) pid: u32,
    /// The name of what it executes: `VBoxHeadless`.
    pub(crate) program: String,
    /// Its arguments.
    pub(crate) args: Args,
    /// How long ago it began.
    pub(crate) age: Duration,
    /// Its process contract, where the system has them: illumos and Solaris.
    pub(crate) contract: Option<u32>,
}

/// The programs of VirtualBox that [`Host::processes`] reports.
pub(crate) const PROGRAMS: [&str; 6] = [
    "VBoxSVC",
    "VBoxManage",
    "VBoxHeadless",
    "VirtualBox",
    "VirtualBoxVM",
    "VBoxSDL",
];

/// What a path is, without following it (`lstat(2)`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileFacts {
    /// The owner's user id.
    pub(crate) owner: u32,
    /// The permission bits.
    pub(crate) mode: u32,
    /// What is there.
    pub(crate) kind: FileKind,
    /// How long it is, in bytes.
    pub(crate) size: u64,
    /// How long ago its content was last written; zero where that is in the future, because the clock was set.
    pub(crate) age: Duration,
}

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link, and where it points.
    Link(PathBuf),
    /// Anything else.
    Other,
}

/// The beginning and the end of a file, which overlap in one that is short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileEnds {
    /// The file that both were read from.
    pub(crate) facts: FileFacts,
    /// Its beginning.
    pub(crate) head: Vec<u8>,
    /// Its end: all of it where that is no longer than what was asked for.
    pub(crate) tail: Vec<u8>,
}

impl FileEnds {
    /// Those of a file in memory.
    pub(crate) fn of(facts: FileFacts, bytes: &[u8], head: u64, tail: u64) -> Self {
        let length = |most: u64| usize::try_from(most).map_or(bytes.len(), |n| n.min(bytes.len()));
        Self {
            facts,
            head: bytes[..length(head)].to_vec(),
            tail: bytes[bytes.len() - length(tail)..].to_vec(),
        }
    }

    /// Whether the end is all of it.
    pub(crate) fn is_whole(&self) -> bool {
        self.facts.size <= self.tail.len() as u64
    }
}

/// What somebody wants of a file or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// To read it.
    Read,
    /// To write it; of a folder: to make, rename and remove what is in it.
    Write,
    /// To reach what is below a folder.
    Search,
}

/// A lock that is held until this is dropped.
pub(crate) trait Held {}

/// The longest file that is read: VirtualBox's own are a few KB a VM.
pub(crate) const FILE_MAX: u64 = 16 << 20;

/// Something to be done as a user.
#[derive(Clone, Copy)]
pub(crate) struct UserTask<'a> {
    /// The login name, or the user's number.
    pub(crate) user: &'a str,
    /// What to do there. Only what it gives comes back.
    pub(crate) work: &'a dyn Fn(&dyn Host) -> Vec<u8>,
}

/// The world, as the commands see it.
pub(crate) trait Host {
    /// Begins a program: something else can be looked at while it runs.
    ///
    /// Its standard input is `/dev/null`, and it has no other descriptor than 0 to 2.
    ///
    /// # Errors
    /// It cannot be executed.
    fn begin(&self, what: &Invocation) -> Result<Box<dyn RunningProgram + '_>, RunError>;

    /// Runs a program to its end, or to its limit, as [`RunningProgram::finish`] has it.
    ///
    /// # Errors
    /// It cannot be executed, or it hung.
    fn run(
        &self,
        what: &Invocation,
        still_running: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Output, RunError> {
        self.begin(what)?.finish(still_running)
    }

    /// Why no program can have a process contract of its own ([`Contract::Own`]), where SMF could kill it with ours for
    /// that; none where it can, and on systems without contracts, which have no SMF.
    fn isolation_trouble(&self) -> Option<String> {
        None
    }

    /// The run level that this host is at, or on its way to; none where nothing says so.
    fn run_level(&self) -> Option<char> {
        None
    }

    /// The time since the method began.
    fn now(&self) -> Duration;

    /// Waits.
    fn sleep(&self, how_long: Duration);

    /// Who we are.
    ///
    /// # Errors
    /// The password database has no entry for us.
    fn account(&self) -> io::Result<Account>;

    /// The processes of VirtualBox that belong to this user, as far as [`PROGRAMS`] names them.
    ///
    /// # Errors
    /// `/proc` cannot be read.
    fn processes(&self) -> io::Result<Vec<Process>>;

    /// The same of all other users, as far as this one may see them.
    ///
    /// # Errors
    /// `/proc` cannot be read.
    fn processes_of_others(&self) -> io::Result<Vec<Process>> {
        Ok(Vec::new())
    }

    /// Takes the lock under which this user's VBoxSVC is started.
    ///
    /// # Errors
    /// It was not to be had in this time, or cannot be used.
    fn cold_start_lock(&self, wait: Duration) -> Result<Box<dyn Held>, LockError>;

    /// Whether this machine has a locale of this name (`newlocale(3C)`).
    fn has_locale(&self, name: &str) -> bool;

    /// Looks at a path, without following it.
    ///
    /// # Errors
    /// There is nothing, or it cannot be examined.
    fn file_facts(&self, path: &Path) -> io::Result<FileFacts>;

    /// Whether the access control list of what is at a path lets somebody else than its owner and root change it. It is
    /// asked about no link.
    ///
    /// # Errors
    /// There is nothing, or its list cannot be read.
    fn acl_lets_others_change(&self, path: &Path) -> io::Result<bool>;

    /// What a regular file holds. Links on the way are followed, and nothing else is opened.
    ///
    /// # Errors
    /// It is none, it is longer than [`FILE_MAX`], or it cannot be read.
    fn read_file(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// The first `head` and the last `tail` bytes of a regular file, which may grow meanwhile. A link in its place is
    /// not followed, and nothing else is opened.
    ///
    /// # Errors
    /// It is none, or it cannot be read.
    fn read_ends(&self, path: &Path, head: u64, tail: u64) -> io::Result<FileEnds>;

    /// The names in a folder, sorted; a link to one is not followed.
    ///
    /// # Errors
    /// It is none, it cannot be read, or there are more names than this.
    fn names_in(&self, folder: &Path, limit: usize) -> io::Result<Vec<OsString>>;

    /// Whether this user may do that with what is at a path, links followed (`faccessat(2)`, with the effective ids): modes,
    /// access control lists and read-only file systems count. Nothing is opened or changed.
    ///
    /// # Errors
    /// Why not, in the system's words: there is nothing, it is not permitted, or the file system is read-only.
    fn may(&self, path: &Path, access: Access) -> io::Result<()>;

    /// How many bytes the file system of a path has left for this user, as `statvfs(2)` tells.
    ///
    /// # Errors
    /// There is nothing at that path, or it is not permitted.
    fn free_space(&self, path: &Path) -> io::Result<u64>;

    /// A user's entry in the password database, by name or number.
    ///
    /// # Errors
    /// There is no such user.
    fn account_of(&self, user: &str) -> io::Result<Account>;

    /// Does things as users, for whom root alone may speak, and gives back what each gives, in their order.
    ///
    /// Each is done in a process of its own, because there is no way back to root: what the work changes here is lost.
    /// The processes run side by side. None of them, and nothing that they run, shares anything with the terminal: each
    /// has a session of its own, and what it prints on standard error is handed to `line`. They end with this one.
    ///
    /// # Errors
    /// There is no such user, this is neither root nor that user, the process died, or it did not respond within the
    /// limit, which holds for all of them together.
    fn as_users(
        &self,
        tasks: &[UserTask<'_>],
        limit: Duration,
        line: &dyn Fn(&str),
    ) -> Vec<Result<Vec<u8>, AsUserError>>;
}
