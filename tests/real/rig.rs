//! Real VirtualBox for tests: a chroot that `tests/rig/setup.sh` makes, and users in it to run the program as.
//!
//! ```text
//! let rig = rig_or_skip!();
//! let user = rig.user();
//! let vm = user.mkvm("vm1", "acpi");
//! user.set_props("vm1", &[("vm/stop_method", "astring", "acpipowerbutton")]);
//! let run = user.method("vm1", "start").run();
//! assert_eq!(run.code, Some(0), "{run}");
//! ```
//!
//! A user is leased: no other test has it, in this process or another, and when the lease begins and ends there is
//! nothing left of it, neither processes nor files. In the place of svcprop, svcs and VBoxManage stand the programs of
//! `tests/fakes`; the last only records what it hands on to the real one. Another one plays faults ([`FAULTY`]).
//!
//! There is a rig only if `VBOX_SMF_REAL` is set: [`Rig::get`] is the gate of everything that the fast lane does not do.
//!
//! A rig has the program of one build in it. For another checkout to be tested at the same time there are slots: with
//! `VBOX_SMF_RIG_SLOT=N` the rig is a chroot of its own, with users of its own.

#![expect(
    unsafe_code,
    reason = "to become another user in a chroot takes system calls that std does not wrap"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "the harness runs programs and waits for them itself"
)]

mod advice;
mod call;
mod lease;
mod processes;
mod records;
mod slate;
mod slot;
mod smf;
mod tmpfs;
mod vms;

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Once, OnceLock};
use std::thread::sleep;
use std::time::{Duration, Instant};

pub(crate) use call::{Call, Run, Running};
pub(crate) use lease::{User, is_locked, lock_as_a_method_does};
pub(crate) use processes::{Process, descriptors, environment, has_leaked};
pub(crate) use records::{Recorded, monotonic};
pub(crate) use slot::outside;
pub(crate) use tmpfs::Tmpfs;

use crate::lanes;
use lease::{lock, try_lock};
use slot::Slot;

/// How long the tests take, printed before the rig is set up.
const LASTS: &str =
    "rig: all tests on real VirtualBox take about 25 minutes on two cores once it is set up";

const SETUP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rig/setup.sh");

/// The paths below are those inside the chroot.
pub(crate) const METHOD: &str = "/lib/svc/method/vbox";
pub(crate) const PROGRAM: &str = "/lib/svc/method/vbox-smf";
/// Plays faults for who asks for them, then has the stand-in answer.
const SVCPROP: &str = "/usr/bin/svcprop";
const SVCPROP_STAND_IN: &str = "/opt/stand-in/svcprop";
const SVCS: &str = "/usr/bin/svcs";
/// Records each call, then lets the real VBoxManage do the work.
pub(crate) const RECORDER: &str = "/opt/recorder/VBoxManage";
/// Plays the faults of a plan, and lets the real VBoxManage do the rest.
pub(crate) const FAULTY: &str = "/opt/faulty/VBoxManage";
/// Looks for a terminal, and stops or hangs where it is to.
pub(crate) const PROBER: &str = "/opt/prober/VBoxManage";
/// Says Debian's WARNING about the missing driver on stdout before each answer.
pub(crate) const NOISY_WRAPPER: &str = "/opt/noisy/VBoxManage";
pub(crate) const VBOXMANAGE: &str = "/usr/lib/virtualbox/VBoxManage";
const MKVM: &str = "/usr/local/bin/mkvm";
/// What [`Call::leak`] opens; nothing else does.
const LEAK_MARKER: &str = "/etc/rig-leak-marker";

/// What is put into the chroot: from, to.
const INSTALLED: [(&str, &str); 8] = [
    (concat!(env!("CARGO_MANIFEST_DIR"), "/method/vbox"), METHOD),
    (env!("CARGO_BIN_EXE_vbox-smf"), PROGRAM),
    (env!("CARGO_BIN_EXE_fake-svcprop"), SVCPROP_STAND_IN),
    (env!("CARGO_BIN_EXE_fake-faulty"), SVCPROP),
    (env!("CARGO_BIN_EXE_fake-faulty"), FAULTY),
    (env!("CARGO_BIN_EXE_fake-svcs"), SVCS),
    (env!("CARGO_BIN_EXE_fake-vboxmanage"), RECORDER),
    (env!("CARGO_BIN_EXE_fake-prober"), PROBER),
];

/// Between two looks at something that is waited for.
const PAUSE: Duration = Duration::from_millis(20);

/// Gives the rig, or says on stderr that the test is skipped and why, and returns from it.
macro_rules! rig_or_skip {
    () => {{
        fn here() {}
        match $crate::real::rig::Rig::get() {
            Ok(rig) => rig,
            Err(reason) => {
                $crate::real::rig::skipped(std::any::type_name_of_val(&here), reason);
                return;
            }
        }
    }};
}
pub(crate) use rig_or_skip;

/// Counts a test as not run, or fails if the rig is required. The reason is the same for all tests and is printed once.
pub(crate) fn skipped(inside: &str, reason: &str) {
    static SAID: Once = Once::new();
    let test = inside.trim_end_matches("::here");
    assert!(
        std::env::var_os("VBOX_SMF_REQUIRE_RIG").is_none(),
        "VBOX_SMF_REQUIRE_RIG is set, but {reason}"
    );
    if lanes::is_real() {
        SAID.call_once(|| {
            lanes::say(&format!("SKIPPED all tests on real VirtualBox: {reason}"));
        });
    }
    lanes::no_rig_for(test);
}

/// The chroot, with the program under test installed in it.
pub(crate) struct Rig {
    /// Held as long as this process runs: another build of the program is not installed over ours.
    _installed: File,
}

impl Rig {
    /// The rig of this machine, set up by the first who asks, or why there is none.
    pub(crate) fn get() -> Result<&'static Self, &'static str> {
        static RIG: OnceLock<Result<Rig, String>> = OnceLock::new();
        RIG.get_or_init(Self::set_up)
            .as_ref()
            .map_err(String::as_str)
    }

    fn set_up() -> Result<Self, String> {
        if !lanes::is_real() {
            return Err(format!("{} is not set", lanes::REAL));
        }
        // SAFETY: geteuid has no preconditions and cannot fail.
        if unsafe { libc::geteuid() } != 0 {
            return Err("real VirtualBox is set up as root, and this is another user".to_owned());
        }
        let slot = Slot::mine().as_ref()?;
        lanes::say(LASTS);
        run_setup(slot)?;
        install()
            .map(|lock| Self { _installed: lock })
            .map_err(|error| format!("cannot install the program: {error}"))
    }
}

fn run_setup(slot: &Slot) -> Result<(), String> {
    let cannot = |error: io::Error| format!("cannot run {SETUP}: {error}");
    let mut setup = Command::new(SETUP)
        .arg(&slot.root)
        .env("POOL_UID", slot.first_uid.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(cannot)?;
    let mut last = "it said nothing".to_owned();
    for line in setup
        .stderr
        .take()
        .into_iter()
        .flat_map(|stderr| BufReader::new(stderr).lines())
    {
        last = line.map_err(cannot)?;
        lanes::say(&last);
    }
    let status = setup.wait().map_err(cannot)?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("tests/rig/setup.sh failed: {last}"))
    }
}

/// Installs the program and the stand-ins, and gives a lock that keeps them there.
fn install() -> io::Result<File> {
    loop {
        let together = lock("installed", libc::LOCK_SH);
        if INSTALLED
            .iter()
            .all(|(from, to)| same_content(Path::new(from), &outside(to)))
        {
            return Ok(together);
        }
        drop(together);
        let alone = try_lock("installed", libc::LOCK_EX | libc::LOCK_NB).unwrap_or_else(|| {
            lanes::say("rig: waiting for the tests of another build to end");
            lock("installed", libc::LOCK_EX)
        });
        for (from, to) in INSTALLED {
            let (target, beside) = (outside(to), outside(&format!("{to}.new")));
            fs::create_dir_all(target.parent().expect("a folder"))?;
            fs::copy(from, &beside)
                .map_err(|error| io::Error::other(format!("{from}: {error}")))?;
            fs::set_permissions(&beside, fs::Permissions::from_mode(0o755))?;
            fs::rename(&beside, &target)?;
        }
        drop(alone);
    }
}

fn same_content(one: &Path, other: &Path) -> bool {
    match (fs::read(one), fs::read(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// Waits until something is so; a test fails with the message when it takes longer than that.
pub(crate) fn eventually(within: Duration, so: impl Fn() -> bool, message: impl Fn() -> String) {
    let deadline = Instant::now() + within;
    while !so() {
        assert!(Instant::now() < deadline, "{} after {within:?}", message());
        sleep(PAUSE);
    }
}
