//! A process contract for a program of its own (`contract(5)`, `process(5)`).
//!
//! When a method's time is over, svc.startd sends SIGKILL to every member of the method's process contract, and what a
//! member forks is a member too. VBoxSVC is born in whichever VBoxManage comes first, and the VMs are VBoxSVC's
//! children: in the method's contract, the method that hangs would end every VM of its user. So VBoxManage is spawned
//! in a contract of its own.
//!
//! ```text
//! open template, FD_CLOEXEC, set four terms, activate
//!     spawn                                     the child, and it alone, is in a new contract
//! clear, close template
//! open latest, read its id, open ID/ctl, abandon, close both
//! ```
//!
//! - The active template belongs to the calling LWP and is used by each fork of it until it is cleared; exec clears the
//!   child's (`lwp.c`, `exec.c`). So all is done in one thread, and nothing else is spawned in between.
//! - No term asks for anything. By default an uncorrectable memory error in one VM's process ends all members
//!   (`CT_PR_EV_HWERR` is fatal); an empty set needs no privilege, either.
//! - The contract is abandoned at once: its members live on when we end, and one that becomes empty is not kept for us
//!   (`project.max-contracts` counts those).
//! - The file system compares the flags of open exactly (`ctfs_tmpl.c`, `ctfs_ctl.c`), so that `O_CLOEXEC`, which Rust's
//!   own open adds, may be refused: descriptors are marked afterwards, as libcontract does.
//! - libcontract is the committed interface (`libcontract(3LIB)`); the ioctls below it are private.
//!
//! Linux has no process contracts and no svc.startd that would kill one, so there nothing is done and nothing is said.
//! The sequence is tested against a recording stand-in; `illumos-ci` tests it on a real host.

use std::io;

/// Where a new template comes from.
const TEMPLATE: &str = "/system/contract/process/template";
/// The status of the contract that this LWP made last.
const LATEST: &str = "/system/contract/process/latest";

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// `O_RDONLY`
    Read,
    /// `O_WRONLY`
    Write,
    /// `O_RDWR`
    ReadWrite,
}

/// A term of a process contract, each a set of bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Term {
    /// `ct_pr_tmpl_set_param(3CONTRACT)`
    Param,
    /// `ct_tmpl_set_informative(3CONTRACT)`
    Informative,
    /// `ct_pr_tmpl_set_fatal(3CONTRACT)`
    Fatal,
    /// `ct_tmpl_set_critical(3CONTRACT)`
    Critical,
}

impl Term {
    /// In the order in which they are set.
    const ALL: [Self; 4] = [Self::Param, Self::Informative, Self::Fatal, Self::Critical];
}

/// The calls of the contract file system and its library, each as it is.
pub(super) trait Calls {
    /// An open file, which is closed when it is dropped.
    type File;

    /// `open(2)`, without `O_CLOEXEC`.
    fn open(&self, path: &str, access: Access) -> io::Result<Self::File>;

    /// `fcntl(2)` with `FD_CLOEXEC`.
    fn close_on_exec(&self, file: &Self::File) -> io::Result<()>;

    /// Sets a term of a template.
    fn set(&self, template: &Self::File, term: Term, bits: u32) -> io::Result<()>;

    /// `ct_tmpl_activate(3CONTRACT)`
    fn activate(&self, template: &Self::File) -> io::Result<()>;

    /// `ct_tmpl_clear(3CONTRACT)`
    fn clear(&self, template: &Self::File) -> io::Result<()>;

    /// `ct_status_read(3CONTRACT)`, and the id in it.
    fn id(&self, status: &Self::File) -> io::Result<i32>;

    /// `ct_ctl_abandon(3CONTRACT)`
    fn abandon(&self, control: &Self::File) -> io::Result<()>;
}

/// A template that is active in this thread. It is cleared and closed when this is dropped, whatever happens until then.
struct Active<'c, C: Calls> {
    calls: &'c C,
    template: C::File,
}

impl<C: Calls> Drop for Active<'_, C> {
    fn drop(&mut self) {
        // There is nothing that could be done about an error, and none but a descriptor that is no template's.
        let _cleared = self.calls.clear(&self.template);
    }
}

/// Spawns something in a process contract of its own, or in ours where no template is to be had: a VM that is started
/// is worth more than one that is isolated. `spawn` runs in this thread, and is to spawn once.
///
/// # Errors
/// It was not spawned.
pub(super) fn isolated<C: Calls, T>(
    calls: &C,
    spawn: impl FnOnce() -> io::Result<T>,
) -> io::Result<T> {
    let Ok(template) = template(calls) else {
        return spawn();
    };
    if calls.activate(&template).is_err() {
        drop(template);
        return spawn();
    }
    let active = Active { calls, template };
    let spawned = spawn();
    drop(active);
    // Also where nothing was spawned: what was forked and could not be executed left an empty contract. One that we have
    // abandoned before, because nothing was forked this time, is not ours any more, and is refused.
    let _not_fatal = abandon_latest(calls);
    spawned.map_err(explained)
}

/// Why no program can have a contract of its own on this machine; none, where it can.
pub(super) fn trouble(calls: &impl Calls) -> Option<io::Error> {
    template(calls).err()
}

/// A template in which nothing is asked for.
fn template<C: Calls>(calls: &C) -> io::Result<C::File> {
    let template = calls.open(TEMPLATE, Access::ReadWrite)?;
    calls.close_on_exec(&template)?;
    for term in Term::ALL {
        calls.set(&template, term, 0)?;
    }
    Ok(template)
}

/// Abandons the contract that this thread made last.
fn abandon_latest(calls: &impl Calls) -> io::Result<()> {
    let status = calls.open(LATEST, Access::Read)?;
    calls.close_on_exec(&status)?;
    let id = calls.id(&status)?;
    drop(status);
    let control = calls.open(&format!("/system/contract/all/{id}/ctl"), Access::Write)?;
    calls.close_on_exec(&control)?;
    calls.abandon(&control)
}

/// fork says EAGAIN for too many processes as for too many contracts. The second has no message of its own.
fn explained(error: io::Error) -> io::Error {
    if error.raw_os_error() != Some(libc::EAGAIN) {
        return error;
    }
    io::Error::new(
        io::ErrorKind::WouldBlock,
        "the system allows no further process or process contract (EAGAIN): \
         compare project.max-contracts and project.max-lwps (prctl -i project PROJECT) with ctstat -a and prstat -J",
    )
}

#[cfg(any(target_os = "illumos", target_os = "solaris"))]
pub(super) use library::Libcontract;

#[cfg(any(target_os = "illumos", target_os = "solaris"))]
mod library {
    #![expect(unsafe_code, reason = "calls into libcontract")]

    use std::ffi::{c_int, c_uint, c_void};
    use std::io;
    use std::os::fd::{AsRawFd, OwnedFd};

    use super::{Access, Calls, Term};

    /// `ct_stathdl_t`
    type Status = *mut c_void;
    /// `CTD_COMMON` of `sys/contract.h`: what all contracts have.
    const COMMON: c_int = 0;

    #[link(name = "contract")]
    unsafe extern "C" {
        fn ct_pr_tmpl_set_param(fd: c_int, bits: c_uint) -> c_int;
        fn ct_tmpl_set_informative(fd: c_int, bits: c_uint) -> c_int;
        fn ct_pr_tmpl_set_fatal(fd: c_int, bits: c_uint) -> c_int;
        fn ct_tmpl_set_critical(fd: c_int, bits: c_uint) -> c_int;
        fn ct_tmpl_activate(fd: c_int) -> c_int;
        fn ct_tmpl_clear(fd: c_int) -> c_int;
        fn ct_status_read(fd: c_int, detail: c_int, status: *mut Status) -> c_int;
        fn ct_status_get_id(status: Status) -> c_int;
        fn ct_status_free(status: Status);
        fn ct_ctl_abandon(fd: c_int) -> c_int;
    }

    /// This machine's own.
    pub(in crate::host::real) struct Libcontract;

    /// The functions of libcontract give the number of the error themselves.
    fn check(error: c_int) -> io::Result<()> {
        match error {
            0 => Ok(()),
            number => Err(io::Error::from_raw_os_error(number)),
        }
    }

    impl Calls for Libcontract {
        type File = OwnedFd;

        fn open(&self, path: &str, access: Access) -> io::Result<OwnedFd> {
            super::plain::open(path, access)
        }

        fn close_on_exec(&self, file: &OwnedFd) -> io::Result<()> {
            super::plain::close_on_exec(file)
        }

        fn set(&self, template: &OwnedFd, term: Term, bits: u32) -> io::Result<()> {
            let fd = template.as_raw_fd();
            // SAFETY: they take plain numbers, and the descriptor is open.
            check(unsafe {
                match term {
                    Term::Param => ct_pr_tmpl_set_param(fd, bits),
                    Term::Informative => ct_tmpl_set_informative(fd, bits),
                    Term::Fatal => ct_pr_tmpl_set_fatal(fd, bits),
                    Term::Critical => ct_tmpl_set_critical(fd, bits),
                }
            })
        }

        fn activate(&self, template: &OwnedFd) -> io::Result<()> {
            // SAFETY: it takes a plain number, and the descriptor is open.
            check(unsafe { ct_tmpl_activate(template.as_raw_fd()) })
        }

        fn clear(&self, template: &OwnedFd) -> io::Result<()> {
            // SAFETY: as above.
            check(unsafe { ct_tmpl_clear(template.as_raw_fd()) })
        }

        fn id(&self, status: &OwnedFd) -> io::Result<i32> {
            let mut handle: Status = std::ptr::null_mut();
            // SAFETY: the pointer is to a live one, which is set where 0 is given back.
            check(unsafe { ct_status_read(status.as_raw_fd(), COMMON, &raw mut handle) })?;
            // SAFETY: the handle was just given, and is freed once.
            Ok(unsafe {
                let id = ct_status_get_id(handle);
                ct_status_free(handle);
                id
            })
        }

        fn abandon(&self, control: &OwnedFd) -> io::Result<()> {
            // SAFETY: it takes a plain number, and the descriptor is open.
            check(unsafe { ct_ctl_abandon(control.as_raw_fd()) })
        }
    }
}

mod plain {
    //! `open(2)` with exactly the flags that are asked for.
    #![expect(unsafe_code, reason = "calls into libc")]

    use std::ffi::CString;
    use std::io;
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

    use super::Access;

    /// Opens a file, and marks nothing. The program has one thread, so nobody forks before it is marked.
    pub(super) fn open(path: &str, access: Access) -> io::Result<OwnedFd> {
        let flags = match access {
            Access::Read => libc::O_RDONLY,
            Access::Write => libc::O_WRONLY,
            Access::ReadWrite => libc::O_RDWR,
        };
        let path = CString::new(path)?;
        // SAFETY: the pointer is to a live string with its NUL.
        let fd = unsafe { libc::open(path.as_ptr(), flags) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: it was just opened, and is nobody else's.
        Ok(unsafe { OwnedFd::from_raw_fd(fd) })
    }

    /// Marks a descriptor, so that no program inherits it.
    pub(super) fn close_on_exec(file: &OwnedFd) -> io::Result<()> {
        // SAFETY: it takes plain numbers, and the descriptor is open.
        match unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC) } {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
