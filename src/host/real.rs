//! This machine.

use std::io;
use std::ops::ControlFlow;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{
    Account, FileFacts, FileKind, Held, Host, Invocation, LockError, Output, Process, RunError,
};

mod account;
mod child;
mod locale;
mod lock;
mod processes;

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
    fn run(
        &self,
        what: &Invocation,
        still_running: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Output, RunError> {
        child::run(what, still_running)
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

    fn become_user(&self, name: &str) -> io::Result<Account> {
        account::become_user(name)
    }

    fn processes(&self) -> io::Result<Vec<Process>> {
        processes::of_user(account::current_uid())
    }

    fn own_program(&self) -> io::Result<PathBuf> {
        std::env::current_exe()
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
        } else if metadata.is_dir() {
            FileKind::Directory
        } else if metadata.is_file() {
            FileKind::File
        } else {
            FileKind::Other
        };
        Ok(FileFacts {
            owner: metadata.uid(),
            mode: metadata.mode() & 0o7777,
            kind,
        })
    }
}
