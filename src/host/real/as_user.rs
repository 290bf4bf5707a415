//! Something done as another user: a copy of this process becomes that user, does it, and hands back what it gives.
//!
//! A copy, because whoever stopped being root cannot be root again, and because what is then read, locked and left
//! behind is that user's in every way: nothing of root's goes into another one's VirtualBox.
#![expect(unsafe_code, reason = "calls into libc")]

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::account;
use crate::host::{AsUserError, Host};

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
            collect(reader, pid)
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
fn collect(mut reader: PipeReader, pid: libc::pid_t) -> io::Result<Vec<u8>> {
    let mut given = Vec::new();
    let read = reader.read_to_end(&mut given);
    let mut status = 0;
    loop {
        // SAFETY: the pointer is to a live number, and the process is our own child.
        let waited = unsafe { libc::waitpid(pid, &raw mut status, 0) };
        if waited == pid {
            break;
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    read?;
    if status == 0 {
        Ok(given)
    } else {
        Err(io::Error::other(
            "the process that did it ended without an answer",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::real::RealHost;

    #[test]
    fn nobody_else_s_work_is_done() {
        let host = RealHost::new();
        let ours = account::current().expect("this user").name;
        let done = run(&host, &ours, &mut |_| b"done".to_vec());
        assert_eq!(done.expect("as ourselves"), b"done");
        let nobody = run(&host, "no such user", &mut |_| Vec::new());
        assert!(matches!(nobody, Err(AsUserError::NoSuchUser(_))));
    }
}
