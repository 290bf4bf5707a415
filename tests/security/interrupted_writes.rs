//! A run that writes files is ended, or its calls fail, at every step: the old files or the new ones are there, each whole.
//!
//! strace has the system answer as it should here. Where Linux can exchange two names at once illumos cannot, so each is
//! done with that call and without.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::iter::StepBy;
use std::ops::RangeFrom;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;

use super::{Elsewhere, WITHIN, folder, program, row};
use crate::lanes::some_or_many;

/// What is replaced, and one that is new.
const OLD: [&str; 3] = ["vm1.xml", "vm2.xml", "vm3.xml"];
const NEW: &str = "vm4.xml";
/// What an old file holds.
const BEFORE: &str = "before";

/// Whether two names can be exchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exchange {
    Linux,
    Illumos,
}

const BOTH: [Exchange; 2] = [Exchange::Linux, Exchange::Illumos];

/// Without strace nothing can be injected.
fn has_strace(test: &str) -> bool {
    let works = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !works {
        crate::skipped(
            &format!("security::interrupted_writes::{test}"),
            "strace is not there, or may not trace",
        );
    }
    works
}

/// The old files, and nothing else.
fn prepare(folder: &Path) -> BTreeMap<String, u64> {
    for entry in fs::read_dir(folder).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let number = |name: &str| {
        let path = folder.join(name);
        fs::write(&path, BEFORE).unwrap();
        ((*name).to_owned(), fs::metadata(path).unwrap().ino())
    };
    OLD.into_iter().map(number).collect()
}

const LINE: [&str; 7] = ["gen", "vm1", "vm2", "vm3", "vm4", "--user=u", "--force"];

/// Writes four files while something is injected.
fn run(folder: &Path, exchange: Exchange, inject: &[&str]) -> Output {
    let mut command = Command::new("strace");
    command.args(["-f", "-o", "/dev/null"]);
    for inject in inject {
        command.args(["-e", inject]);
    }
    if exchange == Exchange::Illumos {
        command.args(["-e", "inject=renameat2:error=EINVAL"]);
    }
    command.arg(env!("CARGO_BIN_EXE_vbox-smf")).args(LINE);
    command.arg("--output-dir").arg(folder);
    command.env_clear().timeout(WITHIN).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What has a name for the time being.
fn leftovers(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let names = names.map(|name| name.into_string().unwrap());
    names
        .filter(|name| name.starts_with(".vbox-smf-"))
        .collect()
}

/// The content of a file that is whole; none: there is none.
#[track_caller]
fn whole(path: &Path, case: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let is_whole = text == BEFORE || text.trim_end().ends_with("</service_bundle>");
    assert!(is_whole, "{case}: {}: {text}", path.display());
    Some(text)
}

/// The very files from before, by their numbers: no copies.
#[track_caller]
fn assert_as_before(folder: &Path, before: &BTreeMap<String, u64>, case: &str) {
    for (name, number) in before {
        let path = folder.join(name);
        assert_eq!(
            whole(&path, case).as_deref(),
            Some(BEFORE),
            "{case}: {name}"
        );
        assert_eq!(fs::metadata(path).unwrap().ino(), *number, "{case}: {name}");
    }
    assert!(!folder.join(NEW).exists(), "{case}");
    assert_eq!(leftovers(folder), [""; 0], "{case}");
}

/// What writes a file, puts it in its place and takes away what is of no use.
const CALLS: [&str; 9] = [
    "openat",
    "write",
    "fchmod",
    "fsync",
    "linkat",
    "renameat",
    "renameat2",
    "unlinkat",
    "newfstatat",
];

/// Does it at the first, second, ... of each of these calls, until there is none that is hit; or at every nth from one on.
fn at_every_step(
    action: &str,
    steps: &StepBy<RangeFrom<usize>>,
    mut judge: impl FnMut(&str, Exchange, &Output) -> bool,
    folder: &Path,
) -> usize {
    let mut hits = 0;
    for exchange in BOTH {
        for call in CALLS {
            // One thing is injected into a call.
            if exchange == Exchange::Illumos && call == "renameat2" {
                continue;
            }
            for nth in steps.clone().take_while(|nth| *nth < 200) {
                prepare(folder);
                let output = run(
                    folder,
                    exchange,
                    &[&format!("inject={call}:{action}:when={nth}")],
                );
                let case = format!("{exchange:?} {action} {call} {nth}: {}", stderr(&output));
                if judge(&case, exchange, &output) {
                    break;
                }
                hits += 1;
            }
        }
    }
    hits
}

/// Nothing is lost or half written when it is killed, and the next run names what it left, with what to do about it.
#[test]
fn killed_at_every_step() {
    if !has_strace("killed_at_every_step") {
        return;
    }
    let folder = folder("killed");
    let judge = |case: &str, exchange, output: &Output| {
        let left = leftovers(&folder);
        for name in &left {
            // One that was not finished is.
            let path = folder.join(name);
            let old = Path::new(name)
                .extension()
                .is_some_and(|ending| ending == "old");
            assert!(!old || exchange == Exchange::Illumos, "{case}: {name}");
            assert!(
                !old || whole(&path, case).as_deref() == Some(BEFORE),
                "{case}: {name}"
            );
        }
        for name in OLD {
            let moved_away = || {
                left.iter()
                    .any(|left| left.ends_with(&format!(".{name}.old")))
            };
            let there = whole(&folder.join(name), case).is_some();
            assert!(there || moved_away(), "{case}: {name} is lost");
            assert!(there || exchange == Exchange::Illumos, "{case}: {name}");
        }
        whole(&folder.join(NEW), case);
        if output.status.signal() != Some(libc::SIGKILL) {
            assert_eq!(output.status.code(), Some(0), "{case}");
            assert!(left.is_empty(), "{case}: {left:?}");
            return true;
        }
        let mut next = program(&folder);
        let next = next.args(["gen", "vm9", "--user=u", "--output-dir=."]);
        let told = stderr(&next.output().unwrap());
        for name in &left {
            let named = told.lines().find(|line| line.contains(name.as_str()));
            let line = named.unwrap_or_else(|| panic!("{case}: {name} is not named: {told}"));
            assert!(line.contains("was left by an interrupted run"), "{line}");
            assert!(line.contains("remov"), "{line}");
            assert!(folder.join(name).exists(), "{case}: {name} was removed");
        }
        false
    };
    let kills = at_every_step("signal=KILL", &(1..).step_by(1), judge, &folder);
    assert!(kills > 100, "killed {kills} times alone");
    row("killed while it writes", kills);
    fs::remove_dir_all(folder).unwrap();
}

/// Whoever interrupts it finds the old files or the new ones, all of them, and nothing beside them.
#[test]
fn interrupted_at_every_step() {
    if !has_strace("interrupted_at_every_step") {
        return;
    }
    let folder = folder("interrupted");
    let mut ended = 0;
    // Each signal at every step, or each step with one of them.
    let apart = some_or_many(3, 1);
    for (nth, (name, signal)) in [
        ("TERM", libc::SIGTERM),
        ("INT", libc::SIGINT),
        ("HUP", libc::SIGHUP),
    ]
    .into_iter()
    .enumerate()
    {
        let steps = (1 + nth % apart..).step_by(apart);
        let judge = |case: &str, _, output: &Output| {
            let texts: Vec<_> = OLD
                .iter()
                .map(|name| whole(&folder.join(name), case))
                .collect();
            let is_old = texts.iter().all(|text| text.as_deref() == Some(BEFORE));
            let is_new = texts
                .iter()
                .all(|text| text.as_deref().is_some_and(|text| text != BEFORE));
            assert!(is_old || is_new, "{case}: {texts:?}");
            assert_eq!(folder.join(NEW).exists(), is_new, "{case}");
            assert_eq!(leftovers(&folder), [""; 0], "{case}");
            let by_it = output.status.signal() == Some(signal);
            assert!(
                by_it || output.status.code() == Some(0),
                "{case}: {:?}",
                output.status
            );
            !by_it
        };
        ended += at_every_step(&format!("signal={name}"), &steps, judge, &folder);
    }
    assert!(ended * apart > 300, "ended {ended} times alone");
    // nohup(1) has it ignored, and then nothing ends.
    let before = prepare(&folder);
    let mut shell = Command::new("/bin/sh");
    let script = "trap '' HUP; exec strace -f -o /dev/null -e inject=fsync:signal=HUP \"$@\"";
    shell
        .args(["-c", script, "sh", env!("CARGO_BIN_EXE_vbox-smf")])
        .args(LINE);
    let shell = shell
        .arg("--output-dir")
        .arg(&folder)
        .env_clear()
        .env("PATH", "/usr/bin:/bin");
    let output = shell.timeout(WITHIN).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_ne!(
        fs::metadata(folder.join("vm1.xml")).unwrap().ino(),
        before["vm1.xml"]
    );
    row("interrupted while it writes", ended);
    fs::remove_dir_all(folder).unwrap();
}

/// A timer or a limit that the caller has set ends it like somebody who interrupts it.
#[test]
fn ended_by_a_timer_or_a_limit() {
    if !has_strace("ended_by_a_timer_or_a_limit") {
        return;
    }
    let folder = folder("timers");
    for (name, signal) in [
        ("ALRM", libc::SIGALRM),
        ("VTALRM", libc::SIGVTALRM),
        ("PROF", libc::SIGPROF),
        ("XCPU", libc::SIGXCPU),
        ("USR1", libc::SIGUSR1),
        ("USR2", libc::SIGUSR2),
    ] {
        for (exchange, call) in [
            (Exchange::Linux, "renameat2"),
            (Exchange::Illumos, "renameat"),
            (Exchange::Linux, "fsync"),
        ] {
            let before = prepare(&folder);
            let inject = format!("inject={call}:signal={name}:when=2");
            let output = run(&folder, exchange, &[&inject]);
            let case = format!("{name} {call}: {}", stderr(&output));
            assert_eq!(output.status.signal(), Some(signal), "{case}");
            assert_as_before(&folder, &before, &case);
        }
    }
    // What is longer than the caller lets a file be is not there in part, whatever the caller does with the signal.
    for ignored in ["", "trap '' XFSZ; "] {
        let before = prepare(&folder);
        let mut shell = Command::new("/bin/sh");
        let script = format!("{ignored}ulimit -f 1; exec \"$@\"");
        shell
            .args(["-c", &script, "sh", env!("CARGO_BIN_EXE_vbox-smf")])
            .args(LINE);
        let shell = shell.arg("--output-dir").arg(&folder).env_clear();
        let output = shell.timeout(WITHIN).output().unwrap();
        let case = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{case}");
        assert!(case.contains("File too large"), "{case}");
        assert_as_before(&folder, &before, &case);
    }
    fs::remove_dir_all(folder).unwrap();
}

/// Whatever fails, in whatever step: the very files from before are there, by their numbers.
#[test]
fn failures_at_every_step() {
    if !has_strace("failures_at_every_step") {
        return;
    }
    let folder = folder("failures");
    let mut failures = 0;
    for exchange in BOTH {
        let renames = match exchange {
            Exchange::Linux => "renameat2",
            Exchange::Illumos => "renameat",
        };
        for (call, error) in [
            ("write", "ENOSPC"),
            ("fsync", "EIO"),
            ("fchmod", "EIO"),
            (renames, "EIO"),
        ] {
            for nth in 1..200 {
                let before = prepare(&folder);
                let output = run(
                    &folder,
                    exchange,
                    &[&format!("inject={call}:error={error}:when={nth}")],
                );
                let case = format!("{exchange:?} {call} {nth}: {}", stderr(&output));
                if output.status.code() == Some(0) {
                    // Three files are replaced, and one is new.
                    assert!(call != renames || nth > OLD.len(), "{case}");
                    break;
                }
                // What is said at the end is written, too.
                let written = OLD
                    .iter()
                    .all(|name| whole(&folder.join(name), &case).as_deref() != Some(BEFORE));
                if call == "write" && written {
                    break;
                }
                assert_eq!(output.status.code(), Some(1), "{case}");
                assert!(case.contains("cannot write"), "{case}");
                assert_as_before(&folder, &before, &case);
                failures += 1;
            }
        }
    }
    // The last file gets its name by a link where it can, and else by a rename.
    let before = prepare(&folder);
    let last = [
        "inject=linkat:error=EIO:when=4",
        "inject=renameat:error=EIO:when=4",
    ];
    let output = run(&folder, Exchange::Illumos, &last);
    let case = format!("the last one: {}", stderr(&output));
    assert_eq!(output.status.code(), Some(1), "{case}");
    assert_as_before(&folder, &before, &case);
    assert!(failures > 25, "{failures} failures alone");
    row("failures while it writes", failures);
    fs::remove_dir_all(folder).unwrap();
}

/// From the last rename on all of them fail, also those that put back: nothing is lost, and where it is is said.
#[test]
fn what_cannot_be_put_back_is_named() {
    if !has_strace("what_cannot_be_put_back_is_named") {
        return;
    }
    let folder = folder("not-back");
    for (exchange, inject) in [
        (
            Exchange::Linux,
            [
                "inject=renameat2:error=EIO:when=4+",
                "inject=renameat:error=EIO",
            ],
        ),
        (
            Exchange::Illumos,
            [
                "inject=renameat:error=EIO:when=3+",
                "inject=linkat:error=EIO:when=3+",
            ],
        ),
    ] {
        let before = prepare(&folder);
        let output = run(&folder, exchange, &inject);
        let told = stderr(&output);
        let case = format!("{exchange:?}: {told}");
        assert_eq!(output.status.code(), Some(1), "{case}");
        let left = leftovers(&folder);
        let numbers: Vec<u64> = left
            .iter()
            .map(|name| fs::metadata(folder.join(name)).unwrap().ino())
            .collect();
        for (name, number) in &before {
            let in_place =
                fs::metadata(folder.join(name)).is_ok_and(|about| about.ino() == *number);
            assert!(
                in_place || numbers.contains(number),
                "{case}: {name} is lost"
            );
        }
        assert!(!left.is_empty(), "{case}");
        for name in left {
            let line = told.lines().find(|line| line.contains(&name));
            let line = line.unwrap_or_else(|| panic!("{name} is not named: {case}"));
            assert!(
                line.contains("cannot restore ") && line.contains("its previous contents are in"),
                "{line}"
            );
        }
    }
    fs::remove_dir_all(folder).unwrap();
}

/// The number of a run that was killed is another process's by now, which began after the file was written; and of many
/// files that were left it is said that there are more.
#[test]
fn left_by_a_process_whose_number_is_anothers() {
    let folder = folder("numbers");
    let another = std::process::id();
    let told = || {
        let mut next = program(&folder);
        let next = next.args(["gen", "vm9", "--user=u", "--force", "--output-dir=."]);
        stderr(&next.output().unwrap())
    };
    let now = std::time::SystemTime::now();
    let hours = std::time::Duration::from_secs(3600);
    for (written, is_named) in [
        (now, false),
        (now - 1000 * hours, true),
        (now + hours, false),
    ] {
        let name = format!(".vbox-smf-{another}-0-0.tmp");
        let file = fs::File::create(folder.join(&name)).unwrap();
        file.set_modified(written).unwrap();
        let told = told();
        assert_eq!(told.contains(&name), is_named, "{written:?}: {told}");
    }
    for nth in 0..13 {
        fs::write(folder.join(format!(".vbox-smf-4294967295-{nth}-0.tmp")), "").unwrap();
    }
    let told = told();
    let named = told.matches("was left by an interrupted run").count();
    assert_eq!(named, 10, "{told}");
    assert!(
        told.contains("3 more such files are in that folder"),
        "{told}"
    );
    fs::remove_dir_all(folder).unwrap();
}

/// A folder need not be readable to be gone through or to be written to.
#[test]
fn folders_that_cannot_be_read() {
    if fs::metadata("/proc/self").map_or(1, |about| about.uid()) != 0 {
        crate::skipped(
            "security::interrupted_writes::folders_that_cannot_be_read",
            "only root can act as somebody else",
        );
        return;
    }
    let top = Elsewhere::new("unreadable");
    let own = top.join("home/own");
    fs::create_dir_all(&own).unwrap();
    let copied = Command::new("cp")
        .arg(env!("CARGO_BIN_EXE_vbox-smf"))
        .arg(&*top)
        .output();
    assert!(copied.unwrap().status.success());
    std::os::unix::fs::chown(&own, Some(65_534), None).unwrap();
    fs::set_permissions(&own, Permissions::from_mode(0o300)).unwrap();
    fs::set_permissions(top.join("home"), Permissions::from_mode(0o711)).unwrap();
    symlink("home", top.join("link")).unwrap();
    for (nth, way) in ["home/own", "link/own"].into_iter().enumerate() {
        let words: [OsString; 4] = [
            "gen".into(),
            "vm1".into(),
            "--user=u".into(),
            "--output".into(),
        ];
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]);
        command.arg(top.join("vbox-smf")).args(words);
        let command = command
            .arg(top.join(way).join(format!("{nth}.xml")))
            .current_dir("/");
        let output = command.timeout(WITHIN).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{way}: {}", stderr(&output));
        assert!(
            !stderr(&output).contains("warning"),
            "{way}: {}",
            stderr(&output)
        );
        assert!(own.join(format!("{nth}.xml")).exists());
    }
}
