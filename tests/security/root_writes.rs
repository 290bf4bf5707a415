//! Root writes where somebody else has a hand in: in a shared folder, over that one's files, over links, and while that
//! one replaces what is on the way.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Output;

use super::{assert_harmless, program, row};
#[cfg(target_os = "linux")]
use crate::validate::races::while_exchanged;

const NOBODY: u32 = 65_534;

/// A folder as /tmp, below which the neighbour has whatever is put there; none where this is not root.
fn shared(test: &str) -> Option<PathBuf> {
    if fs::metadata("/proc/self").map_or(1, |about| about.uid()) != 0 {
        crate::skipped(
            &format!("security::root_writes::{test}"),
            "only root has what an attacker wants",
        );
        return None;
    }
    let folder = PathBuf::from(format!("/var/tmp/vbox-smf-{test}-{}", std::process::id()));
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o1777)).unwrap();
    Some(folder)
}

fn give(path: &Path) {
    chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
}

fn gen_into(folder: &Path, vms: &[&str]) -> Output {
    let mut line: Vec<OsString> = vec!["gen".into()];
    line.extend(vms.iter().map(OsString::from));
    line.extend(["--user=u".into(), "--force".into(), "--output-dir".into()]);
    line.push(folder.into());
    let output = program(Path::new("/")).args(&line).output().unwrap();
    assert_harmless(&line, &output);
    output
}

/// What a file is, so that it can be seen that nothing of it has changed.
fn about(path: &Path) -> (u64, u32, u32, u64, u64) {
    let about = fs::symlink_metadata(path).unwrap();
    (
        about.ino(),
        about.uid(),
        about.mode(),
        about.size(),
        about.nlink(),
    )
}

/// Nothing of somebody else's is copied, whatever mode it has: a copy would be root's, with that mode.
#[test]
fn the_files_of_a_neighbour() {
    let Some(folder) = shared("theirs") else {
        return;
    };
    let plants: [(&str, fn(&Path)); 6] = [
        ("set-user-ID", |at| {
            fs::copy("/bin/true", at).unwrap();
            give(at);
            fs::set_permissions(at, Permissions::from_mode(0o4755)).unwrap();
        }),
        ("set-group-ID", |at| {
            fs::copy("/bin/true", at).unwrap();
            give(at);
            fs::set_permissions(at, Permissions::from_mode(0o2755)).unwrap();
        }),
        ("for its owner alone", |at| {
            fs::write(at, "secret").unwrap();
            give(at);
            fs::set_permissions(at, Permissions::from_mode(0o600)).unwrap();
        }),
        ("sparse", |at| {
            fs::File::create(at).unwrap().set_len(1 << 40).unwrap();
            give(at);
        }),
        ("of two names", |at| {
            let other = at.with_extension("other");
            fs::write(&other, "secret").unwrap();
            give(&other);
            fs::hard_link(&other, at).unwrap();
        }),
        ("root's own, of two names", |at| {
            let other = at.with_extension("other");
            fs::write(&other, "secret").unwrap();
            fs::hard_link(&other, at).unwrap();
        }),
    ];
    for (what, plant) in plants {
        let (first, last) = (folder.join("vm1.xml"), folder.join("vm2.xml"));
        for planted in [&first, &last] {
            plant(planted);
            let before = about(planted);
            let output = gen_into(&folder, &["vm1", "vm2"]);
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(
                matches!(output.status.code(), Some(96 | 100)),
                "{what}: {told}"
            );
            assert!(told.contains("is not replaced"), "{what}: {told}");
            assert!(told.contains(planted.to_str().unwrap()), "{what}: {told}");
            assert_eq!(about(planted), before, "{what}");
            let left = fs::read_dir(&folder).unwrap();
            let names: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
            let own = |name: &OsString| name.to_string_lossy().starts_with(".vbox-smf-");
            assert!(!names.iter().any(own), "{what}: {names:?}");
            for name in names {
                fs::remove_file(folder.join(name)).unwrap();
            }
        }
    }
    row("files of a neighbour where root writes", plants.len() * 2);
    fs::remove_dir_all(folder).unwrap();
}

/// A neighbour who fills a shared folder keeps nobody's leftovers from being told without a word.
#[test]
fn a_folder_that_a_neighbour_filled() {
    let Some(folder) = shared("filled") else {
        return;
    };
    for nth in 0..100_001 {
        fs::File::create(folder.join(nth.to_string())).unwrap();
    }
    let output = gen_into(&folder, &["vm1"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    fs::remove_dir_all(folder).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("was not searched"), "{told}");
    row("folders with too many names to search", 1);
}

/// A link of a neighbour's, or a folder in which others may rename, leads root nowhere.
#[test]
fn the_ways_of_a_neighbour() {
    let Some(folder) = shared("ways") else {
        return;
    };
    let target = PathBuf::from(format!("/var/tmp/vbox-smf-target-{}", std::process::id()));
    fs::create_dir(&target).unwrap();
    let way = folder.join("rbac");
    let plants: [(&str, fn(&Path, &Path), bool); 6] = [
        (
            "a neighbour's link",
            |at, to| {
                symlink(to, at).unwrap();
                std::os::unix::fs::lchown(at, Some(NOBODY), Some(NOBODY)).unwrap();
            },
            true,
        ),
        (
            "a neighbour's folder",
            |at, _| {
                fs::create_dir(at).unwrap();
                give(at);
            },
            true,
        ),
        (
            "a folder for all",
            |at, _| {
                fs::create_dir(at).unwrap();
                fs::set_permissions(at, Permissions::from_mode(0o777)).unwrap();
            },
            true,
        ),
        (
            "a folder of a group",
            |at, _| {
                fs::create_dir(at).unwrap();
                fs::set_permissions(at, Permissions::from_mode(0o775)).unwrap();
            },
            true,
        ),
        ("root's link", |at, to| symlink(to, at).unwrap(), false),
        ("root's folder", |at, _| fs::create_dir(at).unwrap(), false),
    ];
    for (what, plant, refused) in plants {
        plant(&way, &target);
        let output = gen_into(&way, &["vm1"]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        let written = fs::read_dir(&way).unwrap().count();
        if refused {
            assert_eq!(output.status.code(), Some(96), "{what}: {told}");
            assert!(
                told.contains("other users could redirect the file"),
                "{what}: {told}"
            );
            assert!(told.contains(way.to_str().unwrap()), "{what}: {told}");
        } else {
            assert_eq!(output.status.code(), Some(0), "{what}: {told}");
        }
        assert_eq!(written, usize::from(!refused), "{what}");
        let _file = fs::remove_file(target.join("vm1.xml"));
        let _removed = fs::remove_file(&way).or_else(|_| fs::remove_dir_all(&way));
    }
    // What is behind it counts, too.
    fs::create_dir(&way).unwrap();
    give(&way);
    fs::create_dir(way.join("below")).unwrap();
    let output = gen_into(&way.join("below"), &["vm1"]);
    assert_eq!(output.status.code(), Some(96));
    row("ways of a neighbour to where root writes", plants.len() + 1);
    fs::remove_dir_all(folder).unwrap();
    fs::remove_dir_all(target).unwrap();
}

/// The neighbour replaces the folder by a link and back, as fast as can be.
#[cfg(target_os = "linux")]
#[test]
fn a_neighbour_who_replaces_the_way() {
    let Some(folder) = shared("race") else {
        return;
    };
    let target = PathBuf::from(format!(
        "/var/tmp/vbox-smf-race-target-{}",
        std::process::id()
    ));
    fs::create_dir(&target).unwrap();
    let (way, link) = (folder.join("way"), folder.join("link"));
    fs::create_dir(&way).unwrap();
    symlink(&target, &link).unwrap();
    std::os::unix::fs::lchown(&link, Some(NOBODY), Some(NOBODY)).unwrap();
    let (mut refused, mut tries) = (0, 0);
    while_exchanged(&[(way.clone(), link)], || {
        let output = gen_into(&way, &["vm1"]);
        refused += usize::from(output.status.code() != Some(0));
        tries += 1;
        let through = fs::read_dir(&target).unwrap().count();
        assert_eq!(through, 0, "written through the link");
        1
    });
    assert!(refused > 0, "the link was never met");
    row("a folder replaced while root writes to it", tries);
    fs::remove_dir_all(folder).unwrap();
    fs::remove_dir_all(target).unwrap();
}
