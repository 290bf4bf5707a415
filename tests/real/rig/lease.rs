//! Who may use the rig now: users are leased, and two builds of the program are not installed at once.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::thread::sleep;

use super::slot::{Slot, outside};
use super::{PAUSE, Rig};

/// The users that setup.sh makes, and their groups; they are numbered from the slot's first on.
const POOL: [&str; 4] = ["vbox0", "vbox1", "vbox2", "vbox3"];

/// A user of the chroot that this test has for itself. VMs are named by the UUID that [`User::mkvm`] gives.
pub(crate) struct User<'rig> {
    pub(crate) name: &'static str,
    pub(crate) uid: u32,
    _rig: &'rig Rig,
    _locks: Vec<File>,
}

impl Rig {
    /// Leases a user beside other tests; waits until one is free.
    pub(crate) fn user(&self) -> User<'_> {
        // An exclusive lease holds the gate while it waits, so that it is not starved.
        let gate = lock("gate", libc::LOCK_SH);
        let together = lock("all", libc::LOCK_SH);
        drop(gate);
        self.lease(vec![together])
    }

    /// Leases a user while no other test has one: for tests that need the whole machine.
    pub(crate) fn exclusive(&self) -> User<'_> {
        let gate = lock("gate", libc::LOCK_EX);
        let alone = lock("all", libc::LOCK_EX);
        self.clear_what_was_left();
        self.lease(vec![gate, alone])
    }

    /// What a run of the tests left that was killed: `status` would show its instances to a test that is alone.
    fn clear_what_was_left(&self) {
        // Each is clean as soon as it is leased, and nobody else has one now.
        let _all = POOL.map(|_| self.lease(Vec::new()));
    }

    /// The same, and another user beside it, who goes first.
    pub(crate) fn exclusive_pair(&self) -> (User<'_>, User<'_>) {
        let alone = self.exclusive();
        (alone, self.lease(Vec::new()))
    }

    /// All users, while no other test has one.
    pub(crate) fn exclusive_all(&self) -> [User<'_>; 4] {
        let alone = self.exclusive();
        let [one, two, three] = [(); 3].map(|()| self.lease(Vec::new()));
        [alone, one, two, three]
    }

    /// Two users beside other tests. One lease after the other would wait for an exclusive one that waits for the first.
    pub(crate) fn pair(&self) -> (User<'_>, User<'_>) {
        let one = self.user();
        (one, self.lease(Vec::new()))
    }

    fn lease(&self, mut locks: Vec<File>) -> User<'_> {
        let slot = Slot::mine().as_ref().expect("a slot");
        loop {
            for (name, uid) in POOL.into_iter().zip(slot.first_uid..) {
                if let Some(own) = try_lock(name, libc::LOCK_EX | libc::LOCK_NB) {
                    locks.push(own);
                    let user = User {
                        name,
                        uid,
                        _rig: self,
                        _locks: locks,
                    };
                    user.clean().expect("a clean slate for the user");
                    return user;
                }
            }
            sleep(PAUSE);
        }
    }
}

pub(super) fn lock(name: &str, how: libc::c_int) -> File {
    try_lock(name, how)
        .unwrap_or_else(|| panic!("cannot lock {name}: {}", io::Error::last_os_error()))
}

pub(super) fn try_lock(name: &str, how: libc::c_int) -> Option<File> {
    let path = outside(&format!("/var/rig/{name}.lock"));
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(&path)
        .expect("a lock file of the rig");
    // SAFETY: the descriptor is open for the length of the call.
    (unsafe { libc::flock(file.as_raw_fd(), how) } == 0).then_some(file)
}

/// Holds a lock file as a method holds it that starts VirtualBox, until the file is dropped.
pub(crate) fn lock_as_a_method_does(path: &Path) -> File {
    let file = open_lock(path).expect("a lock file");
    assert!(locks_whole(&file), "fcntl: {}", io::Error::last_os_error());
    file
}

/// Whether a method holds such a lock file; one that is not there is held by nobody.
pub(crate) fn is_locked(path: &Path) -> bool {
    // Closing the file lets go of what was taken.
    open_lock(path).is_ok_and(|file| !locks_whole(&file))
}

fn open_lock(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(path)
}

fn locks_whole(file: &File) -> bool {
    // SAFETY: all fields of a `flock` are numbers, for which zero is a value.
    let mut whole: libc::flock = unsafe { std::mem::zeroed() };
    whole.l_type = libc::c_short::try_from(libc::F_WRLCK).expect("a small number");
    // SAFETY: the descriptor is open, and `whole` lives for the call.
    (unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLK, &raw const whole) }) == 0
}
