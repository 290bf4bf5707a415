//! Somebody exchanges names while files are looked at and opened: nothing is waited for, and nothing outside is read.
#![expect(unsafe_code, reason = "renameat2 exchanges two names at once")]

use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use assert_cmd::Command;

use crate::lanes::some_or_many;

use super::call::{GOOD, Run, command, folder, run};

/// How often a name is opened while it is exchanged: `VBOX_SMF_FULL` asks for much more.
fn tries() -> usize {
    match std::env::var_os("VBOX_SMF_FULL") {
        Some(_) => 10_000,
        None => some_or_many(100, 500),
    }
}

/// Exchanges two names at once; whether it could.
pub(crate) fn exchange(one: &CString, other: &CString) -> bool {
    // SAFETY: both names end with a zero byte.
    let done = unsafe {
        libc::syscall(
            libc::SYS_renameat2,
            libc::AT_FDCWD,
            one.as_ptr(),
            libc::AT_FDCWD,
            other.as_ptr(),
            libc::RENAME_EXCHANGE,
        )
    };
    done == 0
}

/// Calls `look` again and again while pairs of names are exchanged, until so many were looked at.
pub(crate) fn while_exchanged(pairs: &[(PathBuf, PathBuf)], mut look: impl FnMut() -> usize) {
    let name = |path: &Path| CString::new(path.as_os_str().as_bytes()).unwrap();
    let names: Vec<_> = pairs.iter().map(|(a, b)| (name(a), name(b))).collect();
    let (over, exchanged) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                for (one, other) in &names {
                    assert!(exchange(one, other), "the file system exchanges no names");
                    exchanged.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        // Also where something fails: nobody would end the other thread.
        let looks = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut done = 0;
            while done < tries() {
                done += look();
            }
        }));
        over.store(true, Ordering::Relaxed);
        if let Err(panic) = looks {
            std::panic::resume_unwind(panic);
        }
    });
    println!("exchanged {} times", exchanged.into_inner());
}

/// A run that would wait for ever ends by a signal.
#[track_caller]
fn judge(folder: &Path, arguments: &[&str]) -> Run {
    let run = run(command()
        .args(arguments)
        .current_dir(folder)
        .timeout(Duration::from_secs(900)));
    assert!(run.status.is_some(), "{arguments:?} waits for something");
    run
}

fn fifo(path: &Path) {
    Command::new("mkfifo").arg(path).assert().code(0);
}

/// Files that are FIFOs every other moment.
#[test]
fn nothing_is_waited_for_below_a_folder() {
    const FILES: usize = 20;
    let folder = folder("race of FIFOs");
    fs::create_dir(folder.join("below")).unwrap();
    let pairs: Vec<_> = (0..FILES)
        .map(|nth| {
            let pair = (
                folder.join(format!("below/{nth}.xml")),
                folder.join(format!("below/{nth}.fifo")),
            );
            fs::write(&pair.0, GOOD).unwrap();
            fifo(&pair.1);
            pair
        })
        .collect();
    let mut refused = 0;
    while_exchanged(&pairs, || {
        let run = judge(&folder, &["below"]);
        let lines = run.stderr.lines();
        let no_file = lines
            .filter(|line| line.ends_with(": it is not a file"))
            .count();
        refused += no_file;
        let accepted = format!("{FILES} files: ");
        assert!(
            run.stderr.lines().last().unwrap().starts_with(&accepted),
            "{run:?}"
        );
        assert_eq!(
            run.status,
            Some(if no_file == 0 { 0 } else { 2 }),
            "{run:?}"
        );
        FILES
    });
    assert!(refused > 0, "nothing was ever a FIFO");
    fs::remove_dir_all(folder).unwrap();
}

/// What is named is one, too: a FIFO of somebody else is not waited for, and neither is one that just appeared.
#[test]
fn nothing_is_waited_for_that_is_named() {
    let folder = folder("race of a FIFO that is named");
    let (file, other) = (folder.join("x.xml"), folder.join("fifo"));
    fs::write(&file, GOOD).unwrap();
    fifo(&other);
    let (fleet, fifo_too) = (folder.join("fleet.toml"), folder.join("another"));
    fs::write(&fleet, "[defaults]\nuser = 'u'\n[vm.vm1]\n").unwrap();
    fifo(&fifo_too);
    // Only root can have it be somebody else's. What is one's own is waited for, and then it is this test that would.
    if std::os::unix::fs::chown(&other, Some(65_534), None).is_err() {
        crate::skipped(
            "validate::races::nothing_is_waited_for_that_is_named",
            "only root can make a FIFO of somebody else",
        );
        return;
    }
    std::os::unix::fs::chown(&fifo_too, Some(65_534), None).unwrap();
    let (mut read, mut refused) = (0, 0);
    while_exchanged(&[(file, other), (fleet, fifo_too)], || {
        let judged = judge(&folder, &["x.xml"]);
        let mut fleet = Command::new(env!("CARGO_BIN_EXE_vbox-smf"));
        fleet.args(["gen", "--fleet", "fleet.toml"]).env_clear();
        let fleet = run(fleet.current_dir(&folder).timeout(Duration::from_secs(900)));
        for (run, bad) in [(judged, 2), (fleet, 96)] {
            if run.status == Some(0) {
                read += 1;
            } else {
                assert_eq!(run.status, Some(bad), "{run:?}");
                let why = [
                    "it is a FIFO owned by another user",
                    "it was replaced while",
                ];
                assert!(why.iter().any(|why| run.stderr.contains(why)), "{run:?}");
                refused += 1;
            }
        }
        2
    });
    assert!(read > 0 && refused > 0, "{read} read, {refused} refused");
    fs::remove_dir_all(folder).unwrap();
}

/// What is included comes from the manifest's folder, whatever is exchanged with a link to the outside.
#[test]
fn nothing_outside_is_included() {
    const INCLUDES: usize = 100;
    let namespace = "http://www.w3.org/2001/XInclude";
    let folder = folder("race of includes");
    let inside = |name: &str| folder.join("m").join(name);
    fs::create_dir_all(inside("parts")).unwrap();
    fs::create_dir_all(folder.join("outside")).unwrap();
    // Inside is XML, outside is none: the findings tell which of them was read.
    for path in [inside("parts/p"), inside("part")] {
        fs::write(path, "<a/>").unwrap();
    }
    for path in ["outside/p", "secret"] {
        fs::write(folder.join(path), "root:x:0:0").unwrap();
    }
    symlink("../outside", inside("to-outside")).unwrap();
    symlink("../secret", inside("to-secret")).unwrap();
    let include = |href: &str| format!("<xi:include href='{href}' xmlns:xi='{namespace}'/>\n");
    let includes = (include("parts/p") + &include("part")).repeat(INCLUDES / 2);
    let text = format!(
        "<?xml version='1.0'?>\n<!DOCTYPE service_bundle SYSTEM '/usr/share/lib/xml/dtd/service_bundle.dtd.1'>\n<service_bundle type='manifest' name='x'>\n{includes}</service_bundle>\n"
    );
    fs::write(inside("x.xml"), text).unwrap();
    let pairs = [
        (inside("parts"), inside("to-outside")),
        (inside("part"), inside("to-secret")),
    ];
    let (mut read, mut refused) = (0, 0);
    while_exchanged(&pairs, || {
        for operand in ["m/x.xml", "m"] {
            let run = judge(&folder, &[operand]);
            assert!(
                !run.stdout.contains("is not XML"),
                "the outside was read: {}",
                run.stdout
            );
            read += run.stdout.matches("is not checked here").count();
            refused += run.stdout.matches("is not followed").count();
            refused += run.stdout.matches("cannot be read").count();
        }
        2 * INCLUDES
    });
    assert!(read > 0 && refused > 0, "{read} read, {refused} refused");
    fs::remove_dir_all(folder).unwrap();
}

/// What a shell puts in the place of `<(...)`, its own FIFO and standard input by name are read as ever.
#[test]
fn pipes_that_are_named_are_read() {
    let folder = folder("named pipes");
    fs::write(folder.join("good"), GOOD).unwrap();
    let binary = env!("CARGO_BIN_EXE_vbox-smf");
    for script in [
        "\"$0\" validate /dev/stdin < good",
        "cat good | \"$0\" validate /dev/stdin",
        "cat good | \"$0\" validate /dev/fd/0",
        "cat good | \"$0\" validate -",
        "\"$0\" validate /dev/fd/3 3< good",
        "mkfifo own && { cat good > own & } && \"$0\" validate own && rm own",
        "mkfifo later.xml && { sleep 1; cat good > later.xml; } & until test -p later.xml; do :; done; \"$0\" validate later.xml",
    ] {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", script, binary]).current_dir(&folder);
        let run = run(shell.timeout(Duration::from_secs(900)));
        assert_eq!(run.status, Some(0), "{script}: {run:?}");
        assert_eq!(run.stderr, "1 file: 1 accepted\n", "{script}");
    }
    let mut fleet = Command::new("/bin/sh");
    let script = "printf \"[vm.a]\\nuser = 'u'\\n\" | \"$0\" gen --fleet /dev/stdin";
    let run = run(fleet
        .args(["-c", script, binary])
        .timeout(Duration::from_secs(900)));
    assert_eq!(run.status, Some(0), "{run:?}");
    fs::remove_dir_all(folder).unwrap();
}
