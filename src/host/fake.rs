//! A host for unit tests: files and answers from a list, and nothing else.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{
    Access, Account, AsUserError, ExitStatus, FileEnds, FileFacts, FileKind, Held, Host,
    Invocation, LockError, Output, Process, RunError, RunningProgram, UserTask,
};

/// Stands for all arguments.
const ANY: &str = "*";

/// What is there, and what programs answer.
#[derive(Default)]
pub(crate) struct Fake {
    files: BTreeMap<PathBuf, FileFacts>,
    answers: BTreeMap<String, Output>,
    asked: RefCell<Vec<String>>,
    locales: Vec<&'static str>,
    account: Option<Account>,
    contents: BTreeMap<PathBuf, Vec<u8>>,
    processes: Vec<Process>,
    acls: Vec<PathBuf>,
    full: Vec<PathBuf>,
}

impl Fake {
    /// Puts something at a path.
    pub(crate) fn file(mut self, path: &str, owner: u32, mode: u32, kind: FileKind) -> Self {
        let facts = FileFacts {
            owner,
            mode,
            kind,
            size: 0,
            age: Duration::ZERO,
        };
        self.files.insert(path.into(), facts);
        self
    }

    /// Puts a file with a content there, which belongs to this user.
    pub(crate) fn content(self, path: &str, owner: u32, text: &str) -> Self {
        let mut fake = self.file(path, owner, 0o600, FileKind::File);
        fake.contents.insert(path.into(), text.into());
        if let Some(facts) = fake.files.get_mut(Path::new(path)) {
            facts.size = text.len() as u64;
        }
        fake
    }

    /// Has no room left at this path and below.
    pub(crate) fn full(mut self, path: &str) -> Self {
        self.full.push(path.into());
        self
    }

    /// Has an access control list at this path that lets somebody else change what is there.
    pub(crate) fn acl(mut self, path: &str) -> Self {
        self.acls.push(path.into());
        self
    }

    /// Has a locale.
    pub(crate) fn locale(mut self, name: &'static str) -> Self {
        self.locales.push(name);
        self
    }

    /// Is this user.
    pub(crate) fn account(mut self, name: &str, uid: u32) -> Self {
        self.account = Some(Account {
            name: name.to_owned(),
            uid,
            home: format!("/home/{name}").into(),
        });
        self
    }

    /// Has a process.
    pub(crate) fn process(mut self, process: Process) -> Self {
        self.processes.push(process);
        self
    }

    /// Has a program answer; any other one is killed by a signal.
    pub(crate) fn answer(
        mut self,
        arguments: &str,
        status: i32,
        stdout: &str,
        stderr: &str,
    ) -> Self {
        let output = Output::exited(status, stdout, stderr);
        self.answers.insert(arguments.to_owned(), output);
        self
    }

    /// The same for any arguments that nothing else is known for.
    pub(crate) fn answer_any(self, stdout: &str) -> Self {
        self.answer(ANY, 0, stdout, "")
    }

    /// What was run, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.borrow().clone()
    }
}

impl RunningProgram for Output {
    fn finish(self: Box<Self>, _: &mut dyn FnMut() -> ControlFlow<()>) -> Result<Output, RunError> {
        Ok(*self)
    }
}

impl Host for Fake {
    fn begin(&self, what: &Invocation) -> Result<Box<dyn RunningProgram + '_>, RunError> {
        let words: Vec<_> = what.args.iter().map(|arg| arg.to_string_lossy()).collect();
        let arguments = words.join(" ");
        let answer = self
            .answers
            .get(&arguments)
            .or(self.answers.get(ANY))
            .cloned();
        self.asked.borrow_mut().push(arguments);
        Ok(Box::new(answer.unwrap_or(Output {
            ended: ExitStatus::Killed(libc::SIGSEGV),
            stdout: Vec::new(),
            stderr: Vec::new(),
            cut: false,
        })))
    }

    fn now(&self) -> Duration {
        Duration::ZERO
    }

    fn sleep(&self, _: Duration) {}

    fn account(&self) -> io::Result<Account> {
        self.account.clone().ok_or(io::ErrorKind::NotFound.into())
    }

    fn processes(&self) -> io::Result<Vec<Process>> {
        Ok(self.processes.clone())
    }

    fn cold_start_lock(&self, _: Duration) -> Result<Box<dyn Held>, LockError> {
        Err(LockError::Unusable("none are available".to_owned()))
    }

    fn has_locale(&self, name: &str) -> bool {
        self.locales.contains(&name)
    }

    fn file_facts(&self, path: &Path) -> io::Result<FileFacts> {
        self.files
            .get(path)
            .cloned()
            .ok_or(io::ErrorKind::NotFound.into())
    }

    fn acl_lets_others_change(&self, path: &Path) -> io::Result<bool> {
        Ok(self.acls.iter().any(|of| of == path))
    }

    fn read_file(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.contents
            .get(path)
            .cloned()
            .ok_or(io::ErrorKind::NotFound.into())
    }

    fn read_ends(&self, path: &Path, head: u64, tail: u64) -> io::Result<FileEnds> {
        let bytes = match (self.read_file(path), self.files.contains_key(path)) {
            // What is there and has no content is for somebody else.
            (Err(_), true) => Err(io::Error::from(io::ErrorKind::PermissionDenied)),
            (read, _) => read,
        }?;
        Ok(FileEnds::of(self.file_facts(path)?, &bytes, head, tail))
    }

    fn names_in(&self, folder: &Path, _: usize) -> io::Result<Vec<OsString>> {
        let below = self
            .files
            .keys()
            .filter(|path| path.parent() == Some(folder));
        Ok(below
            .filter_map(|path| Some(path.file_name()?.to_owned()))
            .collect())
    }

    fn may(&self, path: &Path, access: Access) -> io::Result<()> {
        let facts = self.file_facts(path)?;
        let uid = self.account()?.uid;
        let bit = match access {
            Access::Read => 4,
            Access::Write => 2,
            Access::Search => 1,
        };
        let shift = if facts.owner == uid { 6 } else { 0 };
        if uid == 0 || facts.mode >> shift & bit != 0 {
            Ok(())
        } else {
            Err(io::ErrorKind::PermissionDenied.into())
        }
    }

    fn free_space(&self, path: &Path) -> io::Result<u64> {
        let full = self.full.iter().any(|full| path.starts_with(full));
        Ok(if full { 0 } else { u64::MAX })
    }

    fn account_of(&self, _: &str) -> io::Result<Account> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn as_users(
        &self,
        tasks: &[UserTask<'_>],
        _: Duration,
        _: &dyn Fn(&str),
    ) -> Vec<Result<Vec<u8>, AsUserError>> {
        let given = |task: &UserTask<'_>| match &self.account {
            Some(account) if account.name == task.user => Ok((task.work)(self)),
            Some(account) if account.uid != 0 => {
                Err(AsUserError::NotPermitted(task.user.to_owned()))
            }
            Some(_) | None => Err(AsUserError::NoSuchUser(task.user.to_owned())),
        };
        tasks.iter().map(given).collect()
    }
}
