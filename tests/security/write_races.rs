//! A neighbour exchanges names in a shared folder, as fast as can be, while root or a user writes there.
//!
//! The neighbour is a thread of this process: for Linux a thread has a user of its own.
#![expect(
    unsafe_code,
    reason = "what std does not have: a thread of another user"
)]

use std::ffi::{CString, OsString};
use std::fs::{self, Metadata, Permissions};
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{
    MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, chown, lchown, symlink,
};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use assert_cmd::Command;

use super::{Elsewhere, WITHIN, assert_harmless, row};
use crate::lanes::some_or_many;
use crate::validate::races::exchange;

/// The neighbour.
const NEIGHBOUR: u32 = 65_533;
/// A user who writes.
const WRITER: u32 = 65_534;

/// How often something is written: `VBOX_SMF_FULL` asks for much more.
fn tries() -> usize {
    match std::env::var_os("VBOX_SMF_FULL") {
        Some(_) => 10_000,
        None => some_or_many(40, 200),
    }
}

/// A folder for all, sticky or not, a folder that is root's alone, and the program.
struct Ground {
    top: Elsewhere,
    shared: PathBuf,
    /// What the neighbour wants to have changed or read.
    target: PathBuf,
    program: PathBuf,
}

impl Ground {
    fn new(test: &str, mode: u32) -> Option<Self> {
        if fs::metadata("/proc/self").map_or(1, |about| about.uid()) != 0 {
            let test = format!("security::write_races::{test}");
            crate::skipped(&test, "only root can have a thread of another user");
            return None;
        }
        let top = Elsewhere::new(test);
        fs::set_permissions(&*top, Permissions::from_mode(0o755)).unwrap();
        let [shared, target] = ["shared", "target"].map(|name| top.join(name));
        for (folder, mode) in [(&shared, mode), (&target, 0o755)] {
            fs::create_dir(folder).unwrap();
            fs::set_permissions(folder, Permissions::from_mode(mode)).unwrap();
        }
        let program = top.join("vbox-smf");
        // Not by us: another test that forks at that moment would still have it open for writing when it is executed.
        let mut copy = Command::new("cp");
        copy.arg(env!("CARGO_BIN_EXE_vbox-smf")).arg(&program);
        copy.assert().code(0);
        Some(Self {
            top,
            shared,
            target,
            program,
        })
    }

    /// `gen` as this user, over what is there.
    fn write(&self, user: u32, target: [&Path; 2]) -> Output {
        let [option, path] = target.map(OsString::from);
        let line = ["gen", "vm1", "--user=u", "--force"].map(OsString::from);
        let line = [&line[..], &[option, path]].concat();
        let mut command = Command::new("setpriv");
        command.arg(format!("--reuid={user}"));
        command.arg(format!("--regid={user}"));
        command.args(["--clear-groups", "--"]).arg(&self.program);
        command.args(&line).env_clear().env("PATH", "/usr/bin:/bin");
        let output = command.current_dir("/").timeout(WITHIN).output().unwrap();
        assert_harmless(&line, &output);
        output
    }
}

/// This thread is this user's from now on, without any other right.
fn become_user(user: u32) {
    // SAFETY: numbers alone are passed, and an empty list. The system call, unlike the function, is for this thread.
    let results = unsafe {
        [
            libc::syscall(libc::SYS_setgroups, 0, std::ptr::null::<u32>()),
            libc::syscall(libc::SYS_setresgid, user, user, user),
            libc::syscall(libc::SYS_setresuid, user, user, user),
        ]
    };
    assert_eq!(results, [0; 3]);
}

fn c_path(path: &Path) -> CString {
    CString::new(path.as_os_str().as_bytes()).unwrap()
}

/// Does `write` again and again while the neighbour exchanges the first of these names with each other one.
fn beside_a_neighbour(names: &[PathBuf], mut write: impl FnMut()) -> usize {
    let (over, exchanged) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            become_user(NEIGHBOUR);
            let names: Vec<_> = names.iter().map(|name| c_path(name)).collect();
            let (first, others) = names.split_first().unwrap();
            while !over.load(Ordering::Relaxed) {
                for other in others {
                    exchanged.fetch_add(usize::from(exchange(first, other)), Ordering::Relaxed);
                }
            }
        });
        // Also where something fails: nobody would end the other thread.
        let writes = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for _ in 0..tries() {
                write();
            }
        }));
        over.store(true, Ordering::Relaxed);
        if let Err(panic) = writes {
            std::panic::resume_unwind(panic);
        }
    });
    exchanged.into_inner()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn is_manifest(path: &Path) -> bool {
    fs::read_to_string(path).is_ok_and(|text| text.trim_end().ends_with("</service_bundle>"))
}

/// What is in a folder, without following it.
fn entries(folder: &Path) -> Vec<(PathBuf, Metadata)> {
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    paths
        .filter_map(|path| fs::symlink_metadata(&path).ok().map(|about| (path, about)))
        .collect()
}

/// A folder of the neighbour is a link every other moment: to root's folder, and to one that is another link.
#[test]
fn a_neighbour_whose_folder_becomes_a_link() {
    let Some(ground) = Ground::new("way", 0o1777) else {
        return;
    };
    let names = ["way", "folder", "link", "deep"].map(|name| ground.shared.join(name));
    let [way, folder, link, deep] = &names;
    for folder in [way, folder] {
        fs::create_dir(folder).unwrap();
        fs::create_dir(folder.join("below")).unwrap();
        chown(folder, Some(NEIGHBOUR), None).unwrap();
    }
    fs::create_dir(ground.target.join("below")).unwrap();
    symlink(&ground.target, link).unwrap();
    // Root's own link on the way back.
    symlink(&ground.target, ground.top.join("roots")).unwrap();
    symlink("../roots", deep).unwrap();
    for link in [link, deep] {
        lchown(link, Some(NEIGHBOUR), None).unwrap();
    }
    let mut nth = 0;
    let exchanged = beside_a_neighbour(&names, || {
        nth += 1;
        let output_dir = Path::new("--output-dir");
        let output = match nth % 2 {
            0 => ground.write(0, [output_dir, way]),
            _ => ground.write(0, [output_dir, &way.join("below")]),
        };
        let told = stderr(&output);
        assert!(matches!(output.status.code(), Some(1 | 96)), "{told}");
        for folder in [&ground.target, &ground.target.join("below")] {
            let files = entries(folder)
                .into_iter()
                .filter(|(_, about)| !about.is_dir());
            assert_eq!(files.count(), 0, "written into root's folder: {told}");
        }
    });
    assert!(exchanged > tries(), "exchanged {exchanged} times");
    println!("exchanged {exchanged} times");
    row(
        "a folder exchanged with links while root writes to it",
        tries(),
    );
}

/// In a sticky folder the neighbour's own things take turns in the place of the file.
#[test]
fn a_neighbour_who_replaces_the_file_of_root() {
    let Some(ground) = Ground::new("file", 0o1777) else {
        return;
    };
    let secret = ground.target.join("secret");
    fs::write(&secret, "secret").unwrap();
    let names =
        ["vm1.xml", "set-user-ID", "link", "folder", "fifo"].map(|name| ground.shared.join(name));
    let [file, program, link, folder, fifo] = &names;
    fs::write(file, "theirs").unwrap();
    fs::copy("/bin/true", program).unwrap();
    symlink(&secret, link).unwrap();
    fs::create_dir(folder).unwrap();
    Command::new("mkfifo").arg(fifo).assert().code(0);
    for name in &names {
        lchown(name, Some(NEIGHBOUR), Some(NEIGHBOUR)).unwrap();
    }
    fs::set_permissions(program, Permissions::from_mode(0o6755)).unwrap();
    let numbers = |folder: &Path| -> Vec<u64> {
        let mut numbers: Vec<_> = entries(folder)
            .iter()
            .map(|(_, about)| about.ino())
            .collect();
        numbers.sort_unstable();
        numbers
    };
    let before = numbers(&ground.shared);
    let mut refused = 0;
    let exchanged = beside_a_neighbour(&names, || {
        let output = ground.write(0, [Path::new("--output"), file]);
        let told = stderr(&output);
        assert!(matches!(output.status.code(), Some(96 | 100)), "{told}");
        refused += 1;
        for (path, about) in entries(&ground.shared) {
            assert_eq!(
                about.uid(),
                NEIGHBOUR,
                "{} is root's: {told}",
                path.display()
            );
        }
        assert_eq!(fs::read_to_string(&secret).unwrap(), "secret");
    });
    assert_eq!(numbers(&ground.shared), before, "something is gone or new");
    assert!(
        exchanged > tries() && refused == tries(),
        "exchanged {exchanged} times"
    );
    // A name that is free becomes root's, and the neighbour cannot have it back.
    let free = ground.shared.join("vm2.xml");
    let free_names = [free.clone(), file.clone(), program.clone()];
    let mut written = 0;
    beside_a_neighbour(&free_names, || {
        let output = ground.write(0, [Path::new("--output"), &free]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let about = fs::symlink_metadata(&free).unwrap();
        assert_eq!((about.uid(), about.mode()), (0, 0o100_644));
        assert!(is_manifest(&free));
        written += 1;
    });
    row("a file exchanged while root writes it", 2 * tries());
}

/// In a folder that is not sticky a user is warned, and what the neighbour puts in the place of the user's own file is
/// neither followed nor copied.
#[test]
fn a_neighbour_who_replaces_the_file_of_a_user() {
    let Some(ground) = Ground::new("user", 0o777) else {
        return;
    };
    // The user may write it, the neighbour may not.
    let secret = ground.target.join("secret");
    fs::write(&secret, "secret").unwrap();
    chown(&secret, Some(WRITER), None).unwrap();
    fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();
    let names =
        ["vm1.xml", "set-user-ID", "link", "folder", "theirs"].map(|name| ground.shared.join(name));
    let [file, program, link, folder, theirs] = &names;
    fs::copy("/bin/true", program).unwrap();
    symlink(&secret, link).unwrap();
    fs::create_dir(folder).unwrap();
    fs::write(theirs, "theirs").unwrap();
    for name in [program, link, folder, theirs] {
        lchown(name, Some(NEIGHBOUR), Some(NEIGHBOUR)).unwrap();
    }
    fs::set_permissions(program, Permissions::from_mode(0o6755)).unwrap();
    let of_neighbour = || {
        let all = entries(&ground.shared).into_iter();
        all.filter(|(_, about)| about.uid() == NEIGHBOUR).count()
    };
    let (mut written, mut refused) = (0, 0);
    let reset = || {
        let users = entries(&ground.shared)
            .into_iter()
            .filter(|(_, about)| about.uid() == WRITER);
        for (path, _) in users {
            let _gone = fs::remove_file(path);
        }
        if !file.exists() && fs::write(file, "before").is_ok() {
            let _given = lchown(file, Some(WRITER), Some(WRITER));
        }
    };
    reset();
    let exchanged = beside_a_neighbour(&names, || {
        let output = ground.write(WRITER, [Path::new("--output"), file]);
        let told = stderr(&output);
        assert!(told.contains("other users could redirect files"), "{told}");
        match output.status.code() {
            Some(0) => written += 1,
            Some(1 | 96 | 100) => refused += 1,
            status => panic!("{status:?}: {told}"),
        }
        assert_eq!(fs::read_to_string(&secret).unwrap(), "secret", "{told}");
        for (path, _) in entries(&ground.shared) {
            // By its descriptor: the name is another's in a moment.
            let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
            let opened = fs::OpenOptions::new()
                .read(true)
                .custom_flags(flags)
                .open(&path);
            let Ok(mut opened) = opened else {
                continue;
            };
            let about = opened.metadata().unwrap();
            if about.uid() != WRITER {
                continue;
            }
            assert!(
                about.is_file() && about.mode() & 0o7022 == 0,
                "{}: {told}",
                path.display()
            );
            let mut text = String::new();
            opened.read_to_string(&mut text).unwrap();
            let is_own = text == "before" || text.trim_end().ends_with("</service_bundle>");
            assert!(is_own, "a copy of {text:?}: {told}");
        }
    });
    assert!(exchanged > tries(), "exchanged {exchanged} times");
    assert!(refused > 0, "{written} written, {refused} refused");
    assert_eq!(of_neighbour(), 4, "something of the neighbour's is gone");
    println!("exchanged {exchanged} times, {written} written, {refused} refused");
    row("a file exchanged while a user writes it", tries());
}

/// A file of the neighbour that grows without an end is not even opened.
#[test]
fn a_file_that_grows() {
    let Some(ground) = Ground::new("grows", 0o1777) else {
        return;
    };
    let path = ground.shared.join("vm1.xml");
    fs::write(&path, "theirs").unwrap();
    chown(&path, Some(NEIGHBOUR), None).unwrap();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            use std::io::Write as _;
            let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
            let piece = vec![b'x'; 64 << 10];
            for _ in 0..1000 {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                file.write_all(&piece).unwrap();
            }
        });
        let output = ground.write(0, [Path::new("--output-dir"), &ground.shared]);
        over.store(true, Ordering::Relaxed);
        assert_eq!(output.status.code(), Some(100), "{}", stderr(&output));
        assert!(stderr(&output).contains("belongs to user id 65533 and is not replaced"));
    });
    assert_eq!(entries(&ground.shared).len(), 1);
}
