//! What this process has from whoever called it, and would hand on to every program that it runs: signals that are
//! ignored or blocked, the file mode mask, and limits. VirtualBox's server and the VMs are started by such a program, and
//! keep it for as long as they live.
#![expect(unsafe_code, reason = "calls into libc")]

use std::mem::MaybeUninit;
use std::ops::RangeInclusive;

/// All signals of all systems; what is none of this system is refused, and nothing happens.
const SIGNALS: RangeInclusive<libc::c_int> = 1..=80;
/// Whoever has these ignored means this program: nohup(1), and a shell that runs it in the background. The last one is
/// ignored by std, which has its children not ignore it.
const MEANT: [libc::c_int; 8] = [
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGTERM,
    libc::SIGTSTP,
    libc::SIGTTIN,
    libc::SIGTTOU,
    libc::SIGPIPE,
];
/// The limits that end a process which goes on for long, or keep it from writing to a disk.
const LIMITS: [Resource; 4] = [
    libc::RLIMIT_CPU as Resource,
    libc::RLIMIT_FSIZE as Resource,
    libc::RLIMIT_DATA as Resource,
    libc::RLIMIT_AS as Resource,
];

#[cfg(all(target_os = "linux", target_env = "gnu"))]
type Resource = libc::__rlimit_resource_t;
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
type Resource = libc::c_int;

/// For the beginning of a run. Where `SIGCHLD` is ignored nobody is told how a child ended, and it would be waited for in
/// vain; one that is blocked stays blocked in a VM. A file that becomes longer than the caller's limit is an error then, as
/// on a full disk, and no end of the process in the midst of a work that is to be done as a whole or not at all.
pub(crate) fn let_go() {
    none_is_blocked();
    none_is_ignored_but(&MEANT);
    let noted = action(nothing as extern "C" fn(libc::c_int) as libc::sighandler_t);
    set(libc::SIGXFSZ, &noted);
}

/// For a process that is about to become another user, in a session of its own: what it starts is as it would be under SMF,
/// whose methods come from svc.startd and not from a shell. The mask is the caller's where that is the stricter one: others
/// never write to what VirtualBox makes.
pub(super) fn let_go_of_the_rest() {
    none_is_ignored_but(&[libc::SIGPIPE]);
    // SAFETY: both take plain numbers, and cannot fail.
    unsafe {
        let mask = libc::umask(0o077);
        libc::umask((mask | 0o022) & 0o077);
    }
    for resource in LIMITS {
        no_limit(resource);
    }
}

/// It is there so that no program that is run ignores the signal, as none has a handler of another one.
extern "C" fn nothing(_: libc::c_int) {}

fn none_is_blocked() {
    let mut none = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the first call fills the set that the second one reads, and no other thread is there yet.
    unsafe {
        libc::sigemptyset(none.as_mut_ptr());
        libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), std::ptr::null_mut());
    }
}

fn none_is_ignored_but(these: &[libc::c_int]) {
    for signal in SIGNALS.filter(|signal| !these.contains(signal)) {
        let mut now = action(libc::SIG_DFL);
        // SAFETY: it only writes to a live value. A number that is no signal's is an error, and nothing happens.
        let known = unsafe { libc::sigaction(signal, std::ptr::null(), &raw mut now) };
        if known == 0 && now.sa_sigaction == libc::SIG_IGN {
            set(signal, &action(libc::SIG_DFL));
        }
    }
}

fn action(handler: libc::sighandler_t) -> libc::sigaction {
    // SAFETY: all fields of it are numbers and sets of bits, of which zero is a value.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = handler;
    action
}

fn set(signal: libc::c_int, action: &libc::sigaction) {
    // SAFETY: it points to a live value, whose handler does nothing.
    unsafe { libc::sigaction(signal, action, std::ptr::null_mut()) };
}

/// No limit, where we may lift it; else as much as we may have.
fn no_limit(resource: Resource) {
    let mut limit = libc::rlimit {
        rlim_cur: libc::RLIM_INFINITY,
        rlim_max: libc::RLIM_INFINITY,
    };
    // SAFETY: both point to a live value. An error is that we may not, and the limit stays.
    unsafe {
        if libc::setrlimit(resource, &raw const limit) != 0
            && libc::getrlimit(resource, &raw mut limit) == 0
        {
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(resource, &raw const limit);
        }
    }
}
