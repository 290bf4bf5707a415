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
//! nothing left of it, neither processes nor files. In the place of svcprop and VBoxManage stand the two programs of
//! `tests/fakes`; the second only records what it hands on to the real one.

#![expect(
    unsafe_code,
    reason = "to become another user in a chroot takes system calls that std does not wrap"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "the harness runs programs and waits for them itself"
)]
#![expect(dead_code, reason = "not every test file is there yet")]

use std::collections::BTreeMap;
use std::ffi::{CString, OsStr, OsString};
use std::fmt::{self, Write as _};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write as _};
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, chown};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

const ROOT: &str = "/var/tmp/vbox-smf-rig";
const SETUP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rig/setup.sh");

/// The users that setup.sh makes, and their groups.
const POOL: [(&str, u32); 4] = [
    ("vbox0", 64100),
    ("vbox1", 64101),
    ("vbox2", 64102),
    ("vbox3", 64103),
];

/// The paths below are those inside the chroot.
pub(crate) const METHOD: &str = "/lib/svc/method/vbox";
pub(crate) const PROGRAM: &str = "/lib/svc/method/vbox-smf";
const SVCPROP: &str = "/usr/bin/svcprop";
/// Records each call, then lets the real VBoxManage do the work.
pub(crate) const RECORDER: &str = "/opt/recorder/VBoxManage";
/// Says Debian's WARNING about the missing driver on stdout before each answer.
pub(crate) const NOISY_WRAPPER: &str = "/opt/noisy/VBoxManage";
const VBOXMANAGE: &str = "/usr/lib/virtualbox/VBoxManage";
const MKVM: &str = "/usr/local/bin/mkvm";
/// What [`Call::leak`] opens; nothing else does.
const LEAK_MARKER: &str = "/etc/rig-leak-marker";

/// What is put into the chroot: from, to.
const INSTALLED: [(&str, &str); 4] = [
    (concat!(env!("CARGO_MANIFEST_DIR"), "/method/vbox"), METHOD),
    (env!("CARGO_BIN_EXE_vbox-smf"), PROGRAM),
    (env!("CARGO_BIN_EXE_fake-svcprop"), SVCPROP),
    (env!("CARGO_BIN_EXE_fake-vboxmanage"), RECORDER),
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

/// Says that a test is skipped; where the rig is required, that is a failure.
pub(crate) fn skipped(inside: &str, reason: &str) {
    let test = inside.trim_end_matches("::here");
    assert!(
        std::env::var_os("VBOX_SMF_REQUIRE_RIG").is_none(),
        "VBOX_SMF_REQUIRE_RIG is set, but {reason}"
    );
    tell(&format!("SKIPPED {test}: {reason}"));
}

/// Says it on the real stderr: libtest captures what the print macros print, and shows it for failed tests alone.
fn tell(message: &str) {
    // Where stderr is closed, there is nobody to tell.
    let _ = writeln!(io::stderr(), "{message}");
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
        if std::env::var_os("VBOX_SMF_NO_RIG").is_some() {
            return Err("VBOX_SMF_NO_RIG is set".to_owned());
        }
        // SAFETY: geteuid has no preconditions and cannot fail.
        if unsafe { libc::geteuid() } != 0 {
            return Err("real VirtualBox is set up as root, and this is another user".to_owned());
        }
        run_setup()?;
        install()
            .map(|lock| Self { _installed: lock })
            .map_err(|error| format!("cannot install the program: {error}"))
    }

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
        self.lease(vec![gate, alone])
    }

    fn lease(&self, mut locks: Vec<File>) -> User<'_> {
        loop {
            for (name, uid) in POOL {
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

/// Where a path inside the chroot is outside.
pub(crate) fn outside(path: &str) -> PathBuf {
    Path::new(ROOT).join(path.trim_start_matches('/'))
}

fn run_setup() -> Result<(), String> {
    let cannot = |error: io::Error| format!("cannot run {SETUP}: {error}");
    let mut setup = Command::new(SETUP)
        .arg(ROOT)
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
        tell(&last);
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
            tell("rig: waiting for the tests of another build to end");
            lock("installed", libc::LOCK_EX)
        });
        for (from, to) in INSTALLED {
            let (target, beside) = (outside(to), outside(&format!("{to}.new")));
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

fn lock(name: &str, how: libc::c_int) -> File {
    try_lock(name, how)
        .unwrap_or_else(|| panic!("cannot lock {name}: {}", io::Error::last_os_error()))
}

fn try_lock(name: &str, how: libc::c_int) -> Option<File> {
    let path = outside(&format!("/var/rig/{name}.lock"));
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(&path)
        .expect("a lock file of the rig");
    // SAFETY: the descriptor is open for the length of the call.
    (unsafe { libc::flock(file.as_raw_fd(), how) } == 0).then_some(file)
}

/// A user of the chroot that this test has for itself. VMs are named by the UUID that [`User::mkvm`] gives.
pub(crate) struct User<'rig> {
    pub(crate) name: &'static str,
    pub(crate) uid: u32,
    _rig: &'rig Rig,
    _locks: Vec<File>,
}

/// A process of a user that is not dead.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(crate) name: String,
    pub(crate) arguments: Vec<String>,
}

/// A call of VBoxManage or svcprop as its stand-in wrote it down. The times are those of `CLOCK_MONOTONIC`.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) arguments: Vec<String>,
    pub(crate) pid: u32,
    pub(crate) parent: u32,
    pub(crate) begin: Duration,
    /// When and how it ended: an exit status or `signal N`. None: it runs, or it was killed.
    pub(crate) end: Option<(Duration, String)>,
}

impl User<'_> {
    /// The home directory, inside the chroot.
    pub(crate) fn home(&self) -> String {
        format!("/home/{}", self.name)
    }

    // --- VMs

    /// Makes a VM of one of the guests in `tests/rig/guest.s` and gives its UUID.
    pub(crate) fn mkvm(&self, name: &str, guest: &str) -> String {
        self.mkvms(&[(name, guest)]).remove(0)
    }

    pub(crate) fn mkvms(&self, names_and_guests: &[(&str, &str)]) -> Vec<String> {
        let arguments: Vec<&str> = names_and_guests
            .iter()
            .flat_map(|&(name, guest)| [name, guest])
            .collect();
        let made = self.program(MKVM, &arguments).run();
        assert_eq!(made.code, Some(0), "{made}");
        made.stdout.lines().map(str::to_owned).collect()
    }

    /// Where a VM has its files (`vm.vbox` and `disk.vdi`), as seen from outside.
    pub(crate) fn vm_folder(&self, uuid: &str) -> PathBuf {
        outside(&self.home()).join("VirtualBox VMs").join(uuid)
    }

    /// What the guest has said since the VM process began.
    pub(crate) fn serial(&self, uuid: &str) -> String {
        let path = outside(&self.home()).join(format!("{uuid}.serial"));
        String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
    }

    /// Waits until the guest runs. A guest that was restored does not boot again.
    pub(crate) fn booted(&self, uuid: &str, within: Duration) {
        eventually(
            within,
            || self.serial(uuid).contains("BOOTED"),
            || format!("the guest of {uuid} does not boot"),
        );
    }

    /// Runs the real VBoxManage, past the recorder.
    pub(crate) fn vboxmanage(&self, arguments: &[&str]) -> Run {
        self.program(VBOXMANAGE, arguments)
            .within(Duration::from_mins(1))
            .run()
    }

    /// The state of a VM in the words of `showvminfo --machinereadable`, or `inaccessible`.
    pub(crate) fn state(&self, uuid: &str) -> String {
        self.states()
            .remove(uuid)
            .unwrap_or_else(|| panic!("{uuid} is not registered"))
    }

    /// The states of all VMs, asked for in one call that takes no session on any.
    pub(crate) fn states(&self) -> BTreeMap<String, String> {
        // Where VBoxSVC was killed, the first calls may fail.
        let deadline = Instant::now() + Duration::from_secs(40);
        loop {
            let listing = self.vboxmanage(&["list", "--long", "vms"]);
            if listing.code == Some(0) {
                return states_in_listing(&listing.stdout);
            }
            assert!(Instant::now() < deadline, "{listing}");
            sleep(PAUSE);
        }
    }

    /// Waits until the VM is in one of the states, and says in which.
    pub(crate) fn wait_state(&self, uuid: &str, states: &[&str], within: Duration) -> String {
        let deadline = Instant::now() + within;
        loop {
            let state = self.state(uuid);
            if states.contains(&state.as_str()) {
                return state;
            }
            assert!(
                Instant::now() < deadline,
                "{uuid} is {state}, not one of {states:?}, after {within:?}"
            );
            sleep(PAUSE);
        }
    }

    // --- processes

    /// The living processes of this user in the chroot.
    pub(crate) fn processes(&self) -> Vec<Process> {
        let entries = fs::read_dir("/proc").expect("/proc");
        entries
            .filter_map(|entry| self.process(&entry.ok()?.file_name()))
            .collect()
    }

    fn process(&self, pid: &OsStr) -> Option<Process> {
        let folder = Path::new("/proc").join(pid);
        let pid = pid.to_str()?.parse().ok()?;
        let status = fs::read_to_string(folder.join("status")).ok()?;
        let field = |name: &str| {
            status
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .map(str::trim)
        };
        let uid = field("Uid:")?.split_whitespace().next()?;
        // A zombie is waited for by nobody here, and does no harm.
        let dead = field("State:")?.starts_with(['Z', 'X']);
        if dead
            || uid != self.uid.to_string()
            || fs::read_link(folder.join("root")).ok()? != Path::new(ROOT)
        {
            return None;
        }
        let arguments = zero_separated(&fs::read(folder.join("cmdline")).ok()?);
        Some(Process {
            pid,
            name: field("Name:")?.to_owned(),
            arguments,
        })
    }

    pub(crate) fn vm_processes(&self, uuid: &str) -> Vec<u32> {
        let of_vm = |process: &Process| {
            process
                .arguments
                .windows(2)
                .any(|pair| pair == ["--startvm", uuid])
        };
        self.all_vm_processes()
            .iter()
            .filter(|process| of_vm(process))
            .map(|process| process.pid)
            .collect()
    }

    pub(crate) fn all_vm_processes(&self) -> Vec<Process> {
        self.processes()
            .into_iter()
            .filter(|process| process.name == "VBoxHeadless")
            .collect()
    }

    pub(crate) fn vboxsvc_pids(&self) -> Vec<u32> {
        self.processes()
            .iter()
            .filter(|process| process.name == "VBoxSVC")
            .map(|process| process.pid)
            .collect()
    }

    /// Sends a signal to a process of this user; one that is gone by now is none of its business.
    pub(crate) fn kill(&self, pid: u32, signal: libc::c_int) {
        if self.processes().iter().any(|process| process.pid == pid) {
            send(pid, signal);
        }
    }

    /// Kills everything, as svc.startd does with the contract of a method that takes too long.
    pub(crate) fn kill_all(&self) {
        self.end_processes().expect("to end all processes");
    }

    fn end_processes(&self) -> io::Result<()> {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            // Asked again after each round: one may have been born meanwhile.
            let alive = self.processes();
            for process in &alive {
                send(process.pid, libc::SIGKILL);
            }
            if alive.is_empty() {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(io::Error::other(format!("still alive: {alive:?}")));
            }
            sleep(PAUSE);
        }
    }

    /// Ends VBoxSVC, so that the next client meets what it meets after a boot. No VM may run.
    pub(crate) fn cool_down(&self) {
        let vms = self.all_vm_processes();
        assert!(vms.is_empty(), "VMs run: {vms:?}");
        self.kill_all();
        self.remove_temporary_files()
            .expect("to remove the files of VBoxSVC");
    }

    // --- SMF

    /// Writes the properties of `svc:/site/xvm/vbox:INSTANCE` (name, type, value): these, and where they are not among
    /// them the timeouts that a manifest has and the recorder as VBoxManage.
    pub(crate) fn set_props(&self, instance: &str, properties: &[(&str, &str, &str)]) {
        let defaults = [
            ("start/timeout_seconds", "count", "120"),
            ("stop/timeout_seconds", "count", "120"),
            ("virtualbox/vboxmanage", "astring", RECORDER),
        ];
        let own = |name: &str| properties.iter().any(|(own, ..)| *own == name);
        let mut lines = String::new();
        for (name, kind, value) in defaults
            .iter()
            .filter(|(name, ..)| !own(name))
            .chain(properties)
        {
            writeln!(lines, "i {name} {kind} {}", svcprop_quoted(value))
                .expect("to write to a string");
        }
        self.set_prop_lines(instance, &lines);
    }

    /// Writes the property file itself, faults and all: `tests/fakes/svcprop.rs` says what may be in it.
    pub(crate) fn set_prop_lines(&self, instance: &str, lines: &str) {
        let folder = self.svcprop_folder();
        let name = format!("site%xvm%vbox@{instance}");
        fs::write(folder.join(format!("{name}.props")), lines).expect("to write properties");
        // How often a fault has been played.
        let _ = fs::remove_file(folder.join(format!("{name}.down")));
    }

    fn svcprop_folder(&self) -> PathBuf {
        outside(&format!("/var/svcprop/{}", self.uid))
    }

    fn recorder_log(&self) -> PathBuf {
        outside(&format!("/var/recorder/{}.log", self.uid))
    }

    /// The method as svc.startd runs it: `start` or `stop` of `svc:/site/xvm/vbox:INSTANCE`.
    pub(crate) fn method(&self, instance: &str, verb: &str) -> Call<'_> {
        let environment = [
            ("SMF_FMRI", format!("svc:/site/xvm/vbox:{instance}")),
            ("SMF_METHOD", verb.to_owned()),
            (
                "SMF_RESTARTER",
                "svc:/system/svc/restarter:default".to_owned(),
            ),
            ("SMF_ZONENAME", "global".to_owned()),
            ("PATH", "/usr/sbin:/usr/bin".to_owned()),
        ];
        self.call(METHOD, &[verb], environment)
    }

    /// A program as this user runs it by hand.
    pub(crate) fn program(&self, path: &str, arguments: &[&str]) -> Call<'_> {
        let environment = [
            ("HOME", self.home()),
            ("USER", self.name.to_owned()),
            ("LOGNAME", self.name.to_owned()),
            ("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned()),
            ("LC_ALL", "C".to_owned()),
        ];
        self.call(path, arguments, environment)
    }

    fn call<const N: usize>(
        &self,
        path: &str,
        arguments: &[&str],
        environment: [(&str, String); N],
    ) -> Call<'_> {
        Call {
            user: self,
            path: path.to_owned(),
            arguments: arguments.iter().map(OsString::from).collect(),
            environment: environment
                .map(|(name, value)| (name.to_owned(), value.into()))
                .into(),
            directory: self.home(),
            leak: None,
            by_root: false,
            within: Duration::from_secs(150),
        }
    }

    /// The calls of VBoxManage that went through the recorder, in the order they began.
    pub(crate) fn vboxmanage_calls(&self) -> Vec<Recorded> {
        read_recorder_log(&fs::read(self.recorder_log()).unwrap_or_default())
    }

    /// The calls of svcprop, in the order they began.
    pub(crate) fn svcprop_calls(&self) -> Vec<Recorded> {
        let log = fs::read(self.svcprop_folder().join("calls.log")).unwrap_or_default();
        lines_of_fields(&log)
            .iter()
            .map(|fields| recorded(fields))
            .collect()
    }

    /// The programs that a run of the method executed, each with its arguments.
    pub(crate) fn programs_executed(&self, run: &Run) -> Vec<String> {
        let lines = |program: &str, calls: Vec<Recorded>| -> Vec<String> {
            let own = calls.into_iter().filter(|call| call.parent == run.pid);
            own.map(|call| format!("{program} {}", call.arguments.join(" ")))
                .collect()
        };
        let mut all = lines("svcprop", self.svcprop_calls());
        all.extend(lines("VBoxManage", self.vboxmanage_calls()));
        all
    }

    // --- the clean slate

    fn clean(&self) -> io::Result<()> {
        self.end_processes()?;
        self.remove_temporary_files()?;
        remove(&self.recorder_log())?;
        let folders = [outside(&self.home()), self.svcprop_folder()];
        for folder in folders {
            remove(&folder)?;
            fs::create_dir(&folder)?;
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
            chown(&folder, Some(self.uid), Some(self.uid))?;
        }
        Ok(())
    }

    /// What VirtualBox and the program leave in /tmp, be it owned by another user in a test of just that.
    fn remove_temporary_files(&self) -> io::Result<()> {
        let prefixes = [
            format!(".vbox-{}-", self.name),
            format!(".vbox-smf-{}", self.uid),
        ];
        for folder in ["/tmp", "/var/tmp", "/dev/shm"] {
            for entry in fs::read_dir(outside(folder))? {
                let entry = entry?;
                let file = entry.file_name();
                let named = prefixes
                    .iter()
                    .any(|prefix| file.as_bytes().starts_with(prefix.as_bytes()));
                // What is another test's may go at any moment.
                let owned = entry
                    .metadata()
                    .is_ok_and(|metadata| metadata.uid() == self.uid);
                if named || owned {
                    remove(&entry.path())?;
                }
            }
        }
        Ok(())
    }
}

impl Drop for User<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // Shown by libtest below the failed test's message.
            eprintln!("--- what {} executed:", self.name);
            for call in self.svcprop_calls() {
                eprintln!("svcprop {call:?}");
            }
            for call in self.vboxmanage_calls() {
                eprintln!("VBoxManage {call:?}");
            }
            eprintln!("--- what was alive: {:?}", self.processes());
        }
        if let Err(error) = self.clean() {
            tell(&format!(
                "rig: cannot clean up after {}: {error}",
                self.name
            ));
        }
    }
}

/// A program that is to be run in the chroot: with this environment and no other, stdin from /dev/null, and no other
/// descriptor.
#[derive(Clone)]
pub(crate) struct Call<'user> {
    user: &'user User<'user>,
    path: String,
    arguments: Vec<OsString>,
    environment: BTreeMap<String, OsString>,
    directory: String,
    leak: Option<libc::c_int>,
    by_root: bool,
    within: Duration,
}

impl Call<'_> {
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment
            .insert(name.to_owned(), value.as_ref().to_owned());
        self
    }

    pub(crate) fn env_remove(mut self, name: &str) -> Self {
        self.environment.remove(name);
        self
    }

    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    pub(crate) fn directory(mut self, path: &str) -> Self {
        path.clone_into(&mut self.directory);
        self
    }

    /// Leaves a descriptor open in the child, as a careless parent does. [`has_leaked`] knows it again.
    pub(crate) fn leak(mut self, descriptor: libc::c_int) -> Self {
        self.leak = Some(descriptor);
        self
    }

    pub(crate) fn by_root(mut self) -> Self {
        self.by_root = true;
        self
    }

    /// How long it may take at most; longer is a failed test.
    pub(crate) fn within(mut self, bound: Duration) -> Self {
        self.within = bound;
        self
    }

    pub(crate) fn run(self) -> Run {
        self.spawn().wait()
    }

    pub(crate) fn spawn(self) -> Running {
        let what = format!("{} {:?} as {}", self.path, self.arguments, self.user.name);
        // Files, as the log of a service is one: a pipe could be held open by VBoxSVC, or fill up.
        let (stdout, stderr) = (memory_file(), memory_file());
        let own = |file: &File| Stdio::from(file.try_clone().expect("another descriptor"));
        let mut command = Command::new(&self.path);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(&self.environment);
        command
            .stdin(Stdio::null())
            .stdout(own(&stdout))
            .stderr(own(&stderr))
            .process_group(0);

        let c_string = |path: &str| CString::new(path).expect("a path without a zero byte");
        let (root, directory, marker) = (
            c_string(ROOT),
            c_string(&self.directory),
            c_string(LEAK_MARKER),
        );
        let user = if self.by_root { 0 } else { self.user.uid };
        let leak = self.leak;
        // SAFETY: between fork and exec the closure makes system calls alone, which are async-signal-safe, on strings
        // that were made before.
        unsafe {
            command.pre_exec(move || {
                succeed(libc::chroot(root.as_ptr()))?;
                succeed(libc::setgroups(1, &raw const user))?;
                succeed(libc::setgid(user))?;
                succeed(libc::setuid(user))?;
                succeed(libc::chdir(directory.as_ptr()))?;
                libc::umask(0o022);
                close_on_exec_from_3()?;
                if let Some(descriptor) = leak {
                    let opened = libc::open(marker.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC);
                    succeed(opened)?;
                    succeed(libc::dup2(opened, descriptor))?;
                }
                Ok(())
            });
        }
        let began = Instant::now();
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run {what}: {error}"));
        Running {
            child,
            what,
            stdout,
            stderr,
            began,
            within: self.within,
        }
    }
}

/// A program that runs; killed when it is dropped.
pub(crate) struct Running {
    child: Child,
    what: String,
    stdout: File,
    stderr: File,
    began: Instant,
    within: Duration,
}

impl Running {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn is_over(&mut self) -> bool {
        self.child
            .try_wait()
            .expect("to wait for a child")
            .is_some()
    }

    /// Sends a signal to this process alone.
    pub(crate) fn signal(&mut self, signal: libc::c_int) {
        // Not waited for yet, so that the number is still its own.
        if !self.is_over() {
            send(self.child.id(), signal);
        }
    }

    /// What it has said on stderr so far.
    pub(crate) fn stderr_so_far(&self) -> String {
        content(&self.stderr)
    }

    pub(crate) fn wait(mut self) -> Run {
        let deadline = self.began + self.within;
        loop {
            if let Some(status) = self.child.try_wait().expect("to wait for a child") {
                return Run {
                    what: std::mem::take(&mut self.what),
                    pid: self.child.id(),
                    code: status.code(),
                    signal: status.signal(),
                    stdout: content(&self.stdout),
                    stderr: content(&self.stderr),
                    took: self.began.elapsed(),
                };
            }
            if Instant::now() >= deadline {
                let (within, stdout, stderr) =
                    (self.within, content(&self.stdout), content(&self.stderr));
                panic!(
                    "{} has not ended after {within:?}\nstdout: {stdout}\nstderr: {stderr}",
                    self.what
                );
            }
            sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may be over, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a program ended.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    what: String,
    pub(crate) pid: u32,
    /// None: a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            code,
            signal,
            stdout,
            stderr,
            took,
            ..
        } = self;
        write!(
            f,
            "{what}\ncode {code:?}, signal {signal:?}, after {took:?}\nstdout: {stdout}\nstderr: {stderr}"
        )
    }
}

/// The environment that a process was started with.
pub(crate) fn environment(pid: u32) -> Vec<String> {
    zero_separated(&fs::read(format!("/proc/{pid}/environ")).expect("the environment of a process"))
}

/// The descriptors that a process has open, and on what. Paths are those from outside.
pub(crate) fn descriptors(pid: u32) -> Vec<(i32, PathBuf)> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).expect("the descriptors of a process");
    entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let number = entry.file_name().to_str()?.parse().ok()?;
            Some((number, fs::read_link(entry.path()).ok()?))
        })
        .collect()
}

/// Whether one of the descriptors is what [`Call::leak`] left open.
pub(crate) fn has_leaked(descriptors: &[(i32, PathBuf)]) -> bool {
    descriptors
        .iter()
        .any(|(_, path)| *path == outside(LEAK_MARKER))
}

/// Waits until something is so; a test fails with the message when it takes longer than that.
pub(crate) fn eventually(within: Duration, so: impl Fn() -> bool, message: impl Fn() -> String) {
    let deadline = Instant::now() + within;
    while !so() {
        assert!(Instant::now() < deadline, "{} after {within:?}", message());
        sleep(PAUSE);
    }
}

fn send(pid: u32, signal: libc::c_int) {
    let pid = libc::pid_t::try_from(pid).expect("a process id");
    // SAFETY: kill takes plain numbers. A process that is gone by now is no error here.
    unsafe { libc::kill(pid, signal) };
}

/// Turns the answer of a system call into a result.
fn succeed(answer: libc::c_int) -> io::Result<()> {
    if answer < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// What the test process has open does not reach the program. (Closing it here would close std's own pipe too.)
fn close_on_exec_from_3() -> io::Result<()> {
    // SAFETY: close_range takes plain numbers; with CLOSE_RANGE_CLOEXEC it closes nothing in this process.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_close_range,
            3,
            libc::c_uint::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    };
    if answer < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

fn memory_file() -> File {
    // SAFETY: the name ends with a zero byte.
    let descriptor = unsafe { libc::memfd_create(c"output".as_ptr(), libc::MFD_CLOEXEC) };
    assert!(
        descriptor >= 0,
        "memfd_create: {}",
        io::Error::last_os_error()
    );
    // SAFETY: the descriptor was just opened and is owned by nobody else.
    unsafe { File::from_raw_fd(descriptor) }
}

/// All of a file, whose offset is the writer's.
fn content(file: &File) -> String {
    let length = file.metadata().map_or(0, |file| file.len());
    let mut bytes = vec![0; usize::try_from(length).expect("a length in memory")];
    file.read_exact_at(&mut bytes, 0)
        .expect("to read what a child wrote");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Removes a file or a folder, if it is there.
fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(entry) if entry.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(io::Error::other(format!("{}: {error}", path.display())))
        }
        _ => Ok(()),
    }
}

fn zero_separated(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    text.split_terminator('\0').map(str::to_owned).collect()
}

/// A value as svcprop prints it and as property files hold it.
fn svcprop_quoted(value: &str) -> String {
    if value.is_empty() {
        return "\"\"".to_owned();
    }
    let quoted = value.chars().map(|each| {
        let special = ";&()|^<>\n \t\\\"'`".contains(each);
        format!("{}{each}", if special { "\\" } else { "" })
    });
    quoted.collect()
}

/// The states of the VMs that `list --long vms` prints, by UUID, in the words of `--machinereadable`. The human words
/// are the same with spaces between, but for four. An inaccessible VM has no state there.
fn states_in_listing(listing: &str) -> BTreeMap<String, String> {
    let mut states = BTreeMap::new();
    let mut vm = None;
    for line in listing.lines() {
        if let Some(uuid) = line.strip_prefix("UUID:") {
            states.insert(uuid.trim().to_owned(), "inaccessible".to_owned());
            vm = Some(uuid.trim());
        } else if let (Some(state), Some(uuid)) = (line.strip_prefix("State:"), vm) {
            let words = state.split(" (since ").next().unwrap_or_default().trim();
            let word = match words {
                "powered off" => "poweroff".to_owned(),
                "guru meditation" => "gurumeditation".to_owned(),
                "teleporting (incoming)" => "teleportingin".to_owned(),
                "offline snapshotting" => "snapshotting".to_owned(),
                other => other.replace(' ', ""),
            };
            states.insert(uuid.to_owned(), word);
        }
    }
    states
}

fn lines_of_fields(log: &[u8]) -> Vec<Vec<String>> {
    let line = |line: &[u8]| line.split(|&byte| byte == b'\t').map(unescaped).collect();
    log.split(|&byte| byte == b'\n')
        .filter(|bytes| !bytes.is_empty())
        .map(line)
        .collect()
}

fn unescaped(field: &[u8]) -> String {
    let mut bytes = Vec::new();
    let mut rest = field.iter();
    while let Some(&byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next() {
                Some(b't') => b'\t',
                Some(b'n') => b'\n',
                _ => b'\\',
            },
            other => other,
        });
    }
    OsString::from_vec(bytes).to_string_lossy().into_owned()
}

/// A call from the fields of a log: time, process, parent, arguments.
fn recorded(fields: &[String]) -> Recorded {
    let number = |at: usize| fields[at].parse().expect("a number in the log");
    Recorded {
        arguments: fields[3..].to_vec(),
        pid: number(1),
        parent: number(2),
        begin: nanoseconds(&fields[0]),
        end: None,
    }
}

fn nanoseconds(field: &str) -> Duration {
    Duration::from_nanos(field.parse().expect("a time in the log"))
}

fn read_recorder_log(log: &[u8]) -> Vec<Recorded> {
    let mut calls: Vec<Recorded> = Vec::new();
    for fields in lines_of_fields(log) {
        if fields[0] == "begin" {
            calls.push(recorded(&fields[1..]));
        } else if let Some(call) = calls
            .iter_mut()
            .rev()
            .find(|call| call.pid.to_string() == fields[2])
        {
            call.end = Some((nanoseconds(&fields[1]), fields[3].clone()));
        }
    }
    calls
}

#[test]
fn states_are_read_from_a_listing() {
    let listing = "\
Name:                        vm1
UUID:                        45d28bca-c10d-4bfe-88b8-86daa85b695a
State:                       powered off (since 2026-11-21T07:03:29.119000000)
Name:                        <inaccessible!>
UUID:                        4a54b086-03d3-41cb-ba22-64384e37dde3
Name:                        vm2
UUID:                        1eeab440-13c4-4332-856b-6df5ae72ab3d
State:                       deleting snapshot live (since 2026-11-21T07:03:29.588000000)
";
    let states: Vec<String> = states_in_listing(listing).into_values().collect();
    assert_eq!(states, ["deletingsnapshotlive", "poweroff", "inaccessible"]);
}

#[test]
fn recorded_calls_are_read_back() {
    let log = b"begin\t1\t70\t7\tlist\ta\\tb\\\\n\nbegin\t2\t80\t7\nend\t3\t70\tsignal 9\n";
    let calls = read_recorder_log(log);
    assert_eq!(calls[0].arguments, ["list", "a\tb\\n"]);
    let end = Some((Duration::from_nanos(3), "signal 9".to_owned()));
    assert_eq!(calls[0].end, end);
    assert_eq!(
        (calls[1].pid, calls[1].parent, &calls[1].end),
        (80, 7, &None)
    );
}
