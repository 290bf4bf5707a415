//! What somebody may have put where a file is to be written.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;

use super::{Elsewhere, WITHIN, assert_harmless, folder, program, row};

/// Every way to write files: the arguments before the place, and the file that appears there.
const WRITERS: [(&[&str], Option<&'static str>); 5] = [
    (&["gen", "vm1", "--user=u", "--output"], None),
    (&["gen", "vm1", "--user=u", "--output-dir"], Some("vm1.xml")),
    (
        &["gen", "rbac", "vm1", "--admin=a", "--output-dir"],
        Some("user_attr"),
    ),
    (&["gen", "profile", "vm1", "--output"], None),
    (&["rehearse", "vm1", "--svg"], None),
];

/// A call that writes to `path`.
fn line(writer: (&[&str], Option<&str>), path: &Path, force: bool) -> Vec<OsString> {
    let (words, file) = writer;
    let mut line: Vec<OsString> = words.iter().map(OsString::from).collect();
    line.push(match file {
        Some(_) => path.parent().unwrap().into(),
        None => path.into(),
    });
    if force {
        line.push("--force".into());
    }
    line
}

fn name_of(writer: (&[&str], Option<&'static str>)) -> &'static str {
    writer.1.unwrap_or("out")
}

#[track_caller]
fn write(folder: &Path, line: &[OsString]) -> Output {
    let output = program(folder).args(line).output().unwrap();
    assert_harmless(line, &output);
    output
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Puts something at the first path; the second is somebody's file.
type Plant = fn(&Path, &Path);

fn fifo(path: &Path) {
    Command::new("mkfifo").arg(path).assert().code(0);
}

/// Refused with `--force` and without, at once, with what it is and the next step; there afterwards as it was.
#[test]
fn no_file_in_its_place() {
    let plants: [(&str, Plant); 7] = [
        ("a link", |at, theirs| symlink(theirs, at).unwrap()),
        ("a link", |at, _| symlink("nowhere", at).unwrap()),
        ("a link", |at, _| symlink(at, at).unwrap()),
        ("a link", |at, _| symlink("/dev/null", at).unwrap()),
        ("a folder", |at, _| fs::create_dir(at).unwrap()),
        ("a FIFO", |at, _| fifo(at)),
        ("a socket", |at, _| drop(UnixListener::bind(at).unwrap())),
    ];
    for writer in WRITERS {
        for (nth, (what, plant)) in plants.into_iter().enumerate() {
            for force in [false, true] {
                let folder = folder("no-file");
                let theirs = folder.join("theirs");
                fs::write(&theirs, "theirs").unwrap();
                let path = folder.join(name_of(writer));
                plant(&path, &theirs);
                let before = fs::symlink_metadata(&path).unwrap();
                let output = write(&folder, &line(writer, &path, force));
                let told = stderr(&output);
                let case = format!("{writer:?} {nth} {what} {force}: {told}");
                assert_eq!(output.status.code(), Some(96), "{case}");
                assert!(
                    told.contains(&format!("is {what}, not a file; specify a file")),
                    "{case}"
                );
                assert!(told.contains(path.to_str().unwrap()), "{case}");
                let after = fs::symlink_metadata(&path).unwrap();
                assert_eq!(
                    (before.ino(), before.mode()),
                    (after.ino(), after.mode()),
                    "{case}"
                );
                assert_eq!(fs::read_to_string(&theirs).unwrap(), "theirs", "{case}");
                assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "{case}");
            }
        }
    }
    row(
        "no file where one is to be written",
        WRITERS.len() * plants.len() * 2,
    );
    // A device is one, too.
    let folder = folder("device");
    for path in ["/dev/null", "/dev/full"] {
        let output = write(&folder, &line(WRITERS[0], Path::new(path), true));
        assert_eq!(output.status.code(), Some(96));
        assert!(stderr(&output).contains("is a device, not a file"));
        assert!(fs::metadata(path).unwrap().file_type().is_char_device());
    }
}

/// A file is replaced by `--force` alone, and where it has no other name.
#[test]
fn a_file_in_its_place() {
    for writer in WRITERS {
        let folder = folder("file");
        let (theirs, path) = (folder.join("theirs"), folder.join(name_of(writer)));
        fs::write(&path, "before").unwrap();
        let output = write(&folder, &line(writer, &path, false));
        assert_eq!(output.status.code(), Some(96), "{writer:?}");
        assert!(
            stderr(&output).contains("exists; use --force to replace it"),
            "{writer:?}"
        );
        // Another name of it may be somebody's.
        fs::hard_link(&path, &theirs).unwrap();
        let output = write(&folder, &line(writer, &path, true));
        assert_eq!(output.status.code(), Some(96), "{writer:?}");
        assert!(stderr(&output).contains("has 2 names (hard links) and is not replaced"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        fs::remove_file(&theirs).unwrap();
        let output = write(&folder, &line(writer, &path, true));
        assert_eq!(
            output.status.code(),
            Some(0),
            "{writer:?}: {}",
            stderr(&output)
        );
        assert_ne!(fs::read_to_string(&path).unwrap(), "before", "{writer:?}");
        // A folder behind a link is one.
        let link = folder.join("link");
        symlink(&folder, &link).unwrap();
        let behind = link.join(name_of(writer));
        let output = write(&folder, &line(writer, &behind, true));
        assert_eq!(
            output.status.code(),
            Some(0),
            "{writer:?}: {}",
            stderr(&output)
        );
    }
}

/// Places where nothing can be written.
#[test]
fn no_folder_to_write_to() {
    let spoils: [fn(&Path); 4] = [
        |_| (),
        |at| fs::write(at, "theirs").unwrap(),
        |at| symlink(at, at).unwrap(),
        fifo,
    ];
    for writer in WRITERS {
        for (nth, spoil) in spoils.into_iter().enumerate() {
            let folder = folder("nowhere");
            let parent = folder.join("parent");
            spoil(&parent);
            let before = fs::symlink_metadata(&parent).ok().map(|about| about.ino());
            let output = write(&folder, &line(writer, &parent.join(name_of(writer)), true));
            let told = stderr(&output);
            assert!(
                matches!(output.status.code(), Some(1 | 96)),
                "{writer:?} {nth}: {told}"
            );
            assert!(told.contains("cannot write"), "{writer:?} {nth}: {told}");
            assert!(
                told.contains(parent.to_str().unwrap()),
                "{writer:?} {nth}: {told}"
            );
            let after = fs::symlink_metadata(&parent).ok().map(|about| about.ino());
            assert_eq!(before, after, "{writer:?} {nth}");
        }
    }
}

/// Of `nobody`, in a folder for all as /tmp is: what is somebody else's stays, whatever its mode.
#[test]
fn somebody_else_s() {
    const NOBODY: u32 = 65_534;
    let user = fs::metadata("/proc/self").map_or(1, |about| about.uid());
    if user != 0 {
        crate::skipped(
            "security::files::somebody_else_s",
            "only root can act as somebody else",
        );
        return;
    }
    let top = Elsewhere::new("security");
    let binary = top.join("vbox-smf");
    // Not by us: another test that forks at that moment would still have it open for writing when it is executed.
    let copied = Command::new("cp")
        .arg(env!("CARGO_BIN_EXE_vbox-smf"))
        .arg(&binary)
        .assert();
    copied.code(0);
    let mut runs = 0;
    for writer in WRITERS {
        let path = |folder: &Path| folder.join(name_of(writer));
        // (the folder's mode, what is done in it, the status of --force, words)
        let cases: [(u32, fn(&Path), i32, &str); 6] = [
            (
                0o1777,
                |at| fs::write(at, "theirs").unwrap(),
                100,
                "is not replaced",
            ),
            (
                0o1777,
                |at| {
                    fs::write(at, "theirs").unwrap();
                    fs::set_permissions(at, fs::Permissions::from_mode(0o666)).unwrap();
                },
                100,
                "is not replaced",
            ),
            (
                0o1777,
                |at| {
                    fs::write(at, "theirs").unwrap();
                    fs::set_permissions(at, fs::Permissions::from_mode(0o000)).unwrap();
                },
                100,
                "is not replaced",
            ),
            (
                0o1777,
                |at| symlink("/etc/passwd", at).unwrap(),
                96,
                "is a link",
            ),
            (0o755, |_| (), 100, "cannot write"),
            (
                0o1777,
                |at| {
                    fs::write(at, "ours").unwrap();
                    chown(at, Some(NOBODY), Some(NOBODY)).unwrap();
                },
                0,
                "",
            ),
        ];
        for (mode, plant, status, told) in cases {
            let folder = top.join("shared");
            fs::create_dir(&folder).unwrap();
            fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
            let path = path(&folder);
            plant(&path);
            let before = fs::read(&path).ok();
            let arguments = line(writer, &path, true);
            let output = Command::new("setpriv")
                .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"])
                .arg(&binary)
                .args(&arguments)
                .env("PATH", "/usr/bin:/bin")
                .current_dir("/")
                .timeout(WITHIN)
                .output()
                .unwrap();
            assert_harmless(&arguments, &output);
            let case = format!("{writer:?} {mode:o}: {}", stderr(&output));
            assert_eq!(output.status.code(), Some(status), "{case}");
            assert!(stderr(&output).contains(told), "{case}");
            assert!(
                status == 0 || stderr(&output).contains("; "),
                "no next step: {case}"
            );
            assert_eq!(status != 0, fs::read(&path).ok() == before, "{case}");
            let beside = fs::read_dir(&folder).unwrap().filter(|entry| {
                let name = entry.as_ref().unwrap().file_name();
                name.to_string_lossy().starts_with(".vbox-smf")
            });
            assert_eq!(beside.count(), 0, "{case}");
            runs += 1;
            fs::remove_dir_all(folder).unwrap();
        }
    }
    row("somebody else's files, in a folder as /tmp", runs);
}
