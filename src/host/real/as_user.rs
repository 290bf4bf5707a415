//! Something done as other users: for each a copy of this process becomes that user, does it, and hands back what it
//! gives.
//!
//! A copy, because whoever stopped being root cannot be root again, and because what is then read, locked and left
//! behind is that user's in every way: nothing of root's goes into another one's VirtualBox. The copies work side by
//! side, so that a user who stops one keeps nobody else waiting.
#![expect(unsafe_code, reason = "calls into libc")]

use std::os::fd::RawFd;
use std::time::{Duration, Instant};

use super::account;
use super::child::{PIECE, pause, wait_for_any};
use crate::host::{AsUserError, Host, UserTask};

mod copy;
pub(super) mod signals;

use copy::{Copy, Ending, Identity, Life};
use signals::{Noted, Signals};

/// How many copies are begun at once: each may have VirtualBox's server started.
const AT_ONCE: usize = 16;
/// A copy that takes longer than this keeps no other from being begun.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a signal that came just before a wait may go unnoticed.
const GLANCE: Duration = Duration::from_millis(50);
/// Between two questions whether a copy is over that has closed its pipes.
const REAP_PAUSE: Duration = Duration::from_millis(1);

/// What a task gives.
type Given = Result<Vec<u8>, AsUserError>;

/// Does these tasks, within this limit for all of them together.
pub(super) fn run(
    host: &dyn Host,
    tasks: &[UserTask<'_>],
    limit: Duration,
    line: &dyn Fn(&str),
) -> Vec<Given> {
    let ours = account::current_uid();
    let identities: Vec<Result<Identity, AsUserError>> =
        tasks.iter().map(|task| identity(task.user, ours)).collect();
    let shared = Life::new();
    let mut crew = Crew {
        tasks,
        deadline: Instant::now() + limit,
        line,
        signals: Signals::note(),
        given: tasks.iter().map(|_| None).collect(),
        working: Vec::new(),
    };
    let mut ahead = Vec::new();
    for (at, identity) in identities.into_iter().enumerate() {
        match (identity, &shared) {
            (Ok(identity), Ok(shared)) => ahead.push((at, identity, shared)),
            (Ok(_), Err(error)) => crew.fail(at, copied(error)),
            (Err(refused), _) => crew.given[at] = Some(Err(refused)),
        }
    }
    crew.work(host, ahead.into_iter());
    let Crew { given, .. } = crew;
    let all = given.into_iter().zip(tasks);
    all.map(|(given, task)| {
        given.unwrap_or_else(|| Err(AsUserError::NoAnswer(task.user.to_owned(), limit)))
    })
    .collect()
}

/// Who it is, if we may act as that user.
fn identity(user: &str, ours: u32) -> Result<Identity, AsUserError> {
    let (account, group) =
        account::by_name(user).map_err(|_| AsUserError::NoSuchUser(user.to_owned()))?;
    if ours != 0 && account.uid != ours {
        return Err(AsUserError::NotPermitted(user.to_owned()));
    }
    Ok(Identity { account, group })
}

/// The same error once more.
fn copied(error: &std::io::Error) -> std::io::Error {
    error
        .raw_os_error()
        .map_or_else(|| error.kind().into(), std::io::Error::from_raw_os_error)
}

/// The copies that are at work, and what the others gave.
struct Crew<'a> {
    tasks: &'a [UserTask<'a>],
    deadline: Instant,
    line: &'a dyn Fn(&str),
    signals: Signals,
    given: Vec<Option<Given>>,
    working: Vec<Working>,
}

struct Working {
    at: usize,
    copy: Copy,
    began: Instant,
}

impl Crew<'_> {
    fn work<'l>(
        &mut self,
        host: &dyn Host,
        mut ahead: impl ExactSizeIterator<Item = (usize, Identity, &'l Life)>,
    ) {
        let mut piece = [0; PIECE];
        loop {
            while self.may_begin()
                && let Some((at, identity, life)) = ahead.next()
            {
                let work = self.tasks[at].work;
                match Copy::begin(host, &identity, life, &self.signals, work) {
                    Ok(copy) => self.working.push(Working {
                        at,
                        copy,
                        began: Instant::now(),
                    }),
                    Err(error) => self.fail(at, error),
                }
            }
            let left = self.deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || (self.working.is_empty() && ahead.len() == 0) {
                // What is still at work is killed by being dropped, and has given no answer.
                self.working.clear();
                return;
            }
            self.wait(left.min(GLANCE));
            self.obey();
            self.hear(&mut piece);
        }
    }

    /// One that is slow, or that its user has stopped, takes no other one's place.
    fn may_begin(&self) -> bool {
        let young = |working: &&Working| working.began.elapsed() < PATIENCE;
        self.working.iter().filter(young).count() < AT_ONCE
    }

    fn wait(&self, at_most: Duration) {
        let silent = self.working.iter().any(|working| working.copy.is_silent());
        let at_most = if silent { REAP_PAUSE } else { at_most };
        let fds: Vec<RawFd> = self.working.iter().flat_map(|w| w.copy.fds()).collect();
        if fds.iter().all(|fd| *fd < 0) {
            pause(at_most);
        } else {
            wait_for_any(&fds, at_most);
        }
    }

    /// Passes on what came from the terminal, or from whoever ends or stops us.
    fn obey(&mut self) {
        match Signals::take() {
            None => {}
            Some(Noted::End(signal)) => {
                self.working.clear();
                self.signals.obey(signal);
            }
            Some(Noted::Stop) => {
                let stopped = Instant::now();
                self.send_to_all(libc::SIGSTOP);
                self.signals.obey(libc::SIGTSTP);
                self.send_to_all(libc::SIGCONT);
                self.deadline += stopped.elapsed();
            }
        }
    }

    fn send_to_all(&self, signal: libc::c_int) {
        for working in &self.working {
            working.copy.send(signal);
        }
    }

    /// Reads what the copies say, and parts with those that are over.
    fn hear(&mut self, piece: &mut [u8; PIECE]) {
        let mut over = Vec::new();
        for (place, working) in self.working.iter_mut().enumerate() {
            working.copy.read_on(piece, self.line);
            if !working.copy.is_silent() {
                continue;
            }
            match working.copy.ended() {
                Ok(None) => {}
                ended => over.push((place, ended)),
            }
        }
        for (place, ended) in over.into_iter().rev() {
            let mut working = self.working.remove(place);
            let error = match ended {
                Ok(Some(Ending::Well)) => {
                    self.given[working.at] = Some(Ok(working.copy.take_answer()));
                    continue;
                }
                Ok(_) => std::io::Error::other("the child process ended without a result"),
                Err(error) => error,
            };
            self.fail(working.at, error);
        }
    }

    fn fail(&mut self, at: usize, error: std::io::Error) {
        let user = self.tasks[at].user.to_owned();
        self.given[at] = Some(Err(AsUserError::Failed(user, error)));
    }
}
