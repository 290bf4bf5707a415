//! This machine.

use std::ffi::OsString;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{
    Access, Account, AsUserError, FILE_MAX, FileEnds, FileFacts, FileKind, Held, Host, Invocation,
    LockError, Process, RunError, RunningProgram, UserTask,
};
use crate::host::real::read_limited::read_regular;

mod account;
mod acl;
mod as_user;
mod child;
#[cfg(any(test, target_os = "illumos", target_os = "solaris"))]
mod contract;
pub(crate) mod inherited;
pub(crate) mod interruption;
mod locale;
mod lock;
mod processes;
pub(crate) mod read_limited;
pub(crate) mod reading;
#[cfg(any(target_os = "illumos", target_os = "solaris"))]
mod run_level;
pub(crate) mod writing;

/// Whose this process is.
pub(crate) fn current_uid() -> u32 {
    account::current_uid()
}

/// Whether this process has root's rights.
pub(crate) fn is_root() -> bool {
    account::current_uid() == 0
}

/// This machine, seen by this process.
pub(crate) struct RealHost {
    began: Instant,
}

impl RealHost {
    /// The machine, from now on. What this process inherited beyond stdin, stdout and stderr goes to no
    /// child: VBoxSVC and every VM would hold it for as long as they live.
    pub(crate) fn new() -> Self {
        child::keep_descriptors_from_children();
        Self {
            began: Instant::now(),
        }
    }
}

impl Host for RealHost {
    fn begin(&self, what: &Invocation) -> Result<Box<dyn RunningProgram + '_>, RunError> {
        Ok(Box::new(child::Running::begin(what)?))
    }

    #[cfg(any(target_os = "illumos", target_os = "solaris"))]
    fn isolation_trouble(&self) -> Option<String> {
        contract::trouble(&contract::Libcontract).map(|error| error.to_string())
    }

    // Others have run levels, too, if any, and no SMF.
    #[cfg(any(target_os = "illumos", target_os = "solaris"))]
    fn run_level(&self) -> Option<char> {
        run_level::current()
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is what the others go through"
    )]
    fn sleep(&self, how_long: Duration) {
        std::thread::sleep(how_long);
    }

    fn account(&self) -> io::Result<Account> {
        account::current()
    }

    fn processes(&self) -> io::Result<Vec<Process>> {
        processes::of_user(account::current_uid())
    }

    fn processes_of_others(&self) -> io::Result<Vec<Process>> {
        processes::of_others(account::current_uid())
    }

    fn cold_start_lock(&self, wait: Duration) -> Result<Box<dyn Held>, LockError> {
        let uid = account::current_uid();
        let folder = PathBuf::from(format!("/tmp/.vbox-smf-{uid}"));
        Ok(Box::new(lock::take(&folder, uid, wait)?))
    }

    fn has_locale(&self, name: &str) -> bool {
        locale::exists(name)
    }

    fn file_facts(&self, path: &Path) -> io::Result<FileFacts> {
        let metadata = std::fs::symlink_metadata(path)?;
        let kind = if metadata.is_symlink() {
            FileKind::Link(std::fs::read_link(path)?)
        } else {
            kind_of(&metadata)
        };
        Ok(facts_of(&metadata, kind))
    }

    fn acl_lets_others_change(&self, path: &Path) -> io::Result<bool> {
        acl::lets_others_change(path)
    }

    fn read_file(&self, path: &Path) -> io::Result<Vec<u8>> {
        let bytes = read_regular(path, FILE_MAX)?;
        if bytes.len() as u64 > FILE_MAX {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(bytes)
    }

    fn read_ends(&self, path: &Path, head: u64, tail: u64) -> io::Result<FileEnds> {
        let ends = crate::host::real::read_limited::read_ends(path, head, tail)?;
        Ok(FileEnds {
            facts: facts_of(&ends.metadata, FileKind::File),
            head: ends.head,
            tail: ends.tail,
        })
    }

    fn names_in(&self, folder: &Path, limit: usize) -> io::Result<Vec<OsString>> {
        if std::fs::symlink_metadata(folder)?.is_symlink() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        reading::Folder::open(folder)?.names(limit)
    }

    fn may(&self, path: &Path, access: Access) -> io::Result<()> {
        account::may(path, access)
    }

    fn free_space(&self, path: &Path) -> io::Result<u64> {
        account::free_space(path)
    }

    fn account_of(&self, user: &str) -> io::Result<Account> {
        account::by_name(user).map(|(account, _)| account)
    }

    fn as_users(
        &self,
        tasks: &[UserTask<'_>],
        limit: Duration,
        line: &dyn Fn(&str),
    ) -> Vec<Result<Vec<u8>, AsUserError>> {
        as_user::run(self, tasks, limit, line)
    }
}

/// What is there, unless it is a link.
fn kind_of(metadata: &Metadata) -> FileKind {
    if metadata.is_dir() {
        FileKind::Directory
    } else if metadata.is_file() {
        FileKind::File
    } else {
        FileKind::Other
    }
}

fn facts_of(metadata: &Metadata, kind: FileKind) -> FileFacts {
    let written = metadata.modified().ok();
    FileFacts {
        owner: metadata.uid(),
        mode: metadata.mode() & 0o7777,
        kind,
        size: metadata.len(),
        age: written.and_then(|at| at.elapsed().ok()).unwrap_or_default(),
    }
}
