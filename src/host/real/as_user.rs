//! Something done as another user: a copy of this process becomes that user, does it, and hands back what it gives.
//!
//! A copy, because whoever stopped being root cannot be root again, and because what is then read, locked and left
//! behind is that user's in every way: nothing of root's goes into another one's VirtualBox.
#![expect(unsafe_code, reason = "calls into libc")]

use std::io::{self, PipeReader, PipeWriter, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::account;
use super::child::{PIECE, Stream, pause, wait_for_output};
use crate::host::{AsUserError, Host};

/// How long the copy may take: longer than VirtualBox may for the lists of 1,000 VMs. It belongs to its user, who can stop
/// it with a signal, and root does not wait for that.
const LIMIT: Duration = Duration::from_secs(300);

/// Does `work` as this user: here, if that is who we are, or in a copy of this process.
pub(super) fn run(
    host: &dyn Host,
    user: &str,
    work: &mut dyn FnMut(&dyn Host) -> Vec<u8>,
) -> Result<Vec<u8>, AsUserError> {
    let (account, _) =
        account::by_name(user).map_err(|_| AsUserError::NoSuchUser(user.to_owned()))?;
    let ours = account::current_uid();
    if account.uid == ours {
        return Ok(work(host));
    }
    if ours != 0 {
        return Err(AsUserError::NotPermitted(user.to_owned()));
    }
    in_a_copy(host, user, work).map_err(|e| AsUserError::Failed(user.to_owned(), e))
}

fn in_a_copy(
    host: &dyn Host,
    user: &str,
    work: &mut dyn FnMut(&dyn Host) -> Vec<u8>,
) -> io::Result<Vec<u8>> {
    let (reader, writer) = io::pipe()?;
    // SAFETY: the program has one thread, so that the copy finds no lock held that nobody would let go. It never
    // returns from here, and ends without running what this process has registered for its own end.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            drop(reader);
            let done = catch_unwind(AssertUnwindSafe(|| copy(host, user, work, writer)));
            let status = libc::c_int::from(!matches!(done, Ok(Ok(()))));
            // SAFETY: it ends this process, and touches nothing of it.
            unsafe { libc::_exit(status) }
        }
        pid => {
            drop(writer);
            collect(reader, pid, LIMIT)
        }
    }
}

/// What the copy does.
fn copy(
    host: &dyn Host,
    user: &str,
    work: &mut dyn FnMut(&dyn Host) -> Vec<u8>,
    mut writer: PipeWriter,
) -> io::Result<()> {
    account::become_user(user)?;
    writer.write_all(&work(host))
}

/// What the copy gives. No program that it runs has the pipe, so its end is the copy's.
fn collect(reader: PipeReader, pid: libc::pid_t, limit: Duration) -> io::Result<Vec<u8>> {
    let deadline = Instant::now() + limit;
    let mut given = Stream::new(Some(reader));
    let mut piece = [0; PIECE];
    while given.is_open() && Instant::now() < deadline {
        wait_for_output([given.fd(), -1], deadline - Instant::now());
        given.read_on(&mut piece);
    }
    match wait_for(pid, deadline)? {
        Some(0) => Ok(given.kept),
        Some(_) => Err(io::Error::other(
            "the process that did it ended without an answer",
        )),
        None => Err(io::Error::other(format!(
            "the process that did it gave no answer within {} s",
            limit.as_secs()
        ))),
    }
}

/// How a child ended; none where it was killed at the deadline.
fn wait_for(pid: libc::pid_t, deadline: Instant) -> io::Result<Option<libc::c_int>> {
    loop {
        if let Some(status) = ended(pid, libc::WNOHANG)? {
            return Ok(Some(status));
        }
        if Instant::now() >= deadline {
            break;
        }
        pause(Duration::from_millis(1));
    }
    // SAFETY: it takes plain numbers, and the child was not waited for, so that its number is its own.
    unsafe { libc::kill(pid, libc::SIGKILL) };
    ended(pid, 0)?;
    Ok(None)
}

/// `waitpid(2)`; none: it has not ended.
fn ended(pid: libc::pid_t, options: libc::c_int) -> io::Result<Option<libc::c_int>> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::real::RealHost;
    use std::process::{Command, Stdio};

    #[test]
    fn nobody_else_s_work_is_done() {
        let host = RealHost::new();
        let ours = account::current().expect("this user").name;
        let done = run(&host, &ours, &mut |_| b"done".to_vec());
        assert_eq!(done.expect("as ourselves"), b"done");
        let nobody = run(&host, "no such user", &mut |_| Vec::new());
        assert!(matches!(nobody, Err(AsUserError::NoSuchUser(_))));
    }

    /// A child in the place of the copy, and how long it took to hear of its end.
    #[expect(
        clippy::disallowed_methods,
        clippy::zombie_processes,
        reason = "what is tested waits for it"
    )]
    fn collected(script: &str, limit: Duration) -> (io::Result<Vec<u8>>, Duration) {
        let (reader, writer) = io::pipe().expect("a pipe");
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]).stdin(Stdio::null());
        let child = command.stdout(writer).spawn().expect("a shell");
        // It holds our end for writing.
        drop(command);
        let pid = child.id().try_into().expect("a process number");
        let began = Instant::now();
        (collect(reader, pid, limit), began.elapsed())
    }

    #[test]
    fn what_a_copy_gives_is_taken_when_it_ended_well() {
        let minute = Duration::from_secs(60);
        let (given, _) = collected("printf done", minute);
        assert_eq!(given.expect("an answer"), b"done");
        let (given, _) = collected("printf half; exit 1", minute);
        assert!(given.is_err_and(|e| e.to_string().contains("without an answer")));
    }

    /// By its user, before or after it has given everything.
    #[test]
    fn a_copy_that_is_stopped_is_not_waited_for() {
        for script in ["kill -STOP $$", "exec >&-; kill -STOP $$"] {
            let (given, took) = collected(script, Duration::from_millis(300));
            assert!(given.is_err_and(|e| e.to_string().contains("gave no answer within")));
            assert!(took < Duration::from_secs(30), "{script}: {took:?}");
        }
    }
}
