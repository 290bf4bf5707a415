//! What is placed where, and what others may have put in the way.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;

use super::*;

/// A directory of its own for a test, empty.
fn directory(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("vbox-smf-{name}-{}", std::process::id()));
    let _gone = fs::remove_dir_all(&path);
    fs::create_dir(&path).unwrap();
    path
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_file_is_replaced_only_by_force() {
    let directory = directory("force");
    let path = directory.join("vbox.xml");
    place(&path, "one", false).unwrap();
    let error = place(&path, "two", false).unwrap_err();
    assert!(matches!(error, PlaceError::Exists(_)), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "one");
    place(&path, "two", true).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "two");
    assert_eq!(names(&directory), ["vbox.xml"], "nothing is left beside it");
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn only_files_are_replaced() {
    let directory = directory("kinds");
    let link = directory.join("link.xml");
    symlink("/dev/null", &link).unwrap();
    for path in [
        &directory,
        &link,
        Path::new("/dev/null"),
        Path::new("/"),
        Path::new(".."),
    ] {
        let error = place(path, "x", true).unwrap_err();
        assert!(
            matches!(error, PlaceError::NotAFile { .. }),
            "{}: {error}",
            path.display()
        );
    }
    let nowhere = directory.join("no/vbox.xml");
    let error = place(&nowhere, "x", false).unwrap_err();
    assert!(matches!(error, PlaceError::Io { .. }), "{error}");
    assert_eq!(names(&directory), ["link.xml"]);
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn many_files_are_all_placed_or_none() {
    let directory = directory("many");
    let file = |name: &str, text: &str| (directory.join(name), text.to_owned());
    let three = [file("a", "1"), file("b", "1"), file("c", "1")];
    place_all(&three, false).unwrap();
    assert_eq!(names(&directory), ["a", "b", "c"]);
    // One is there already.
    fs::remove_file(directory.join("a")).unwrap();
    let error = place_all(&three, false).unwrap_err();
    assert!(matches!(error, PlaceError::Exists(_)), "{error}");
    assert_eq!(names(&directory), ["b", "c"]);
    // One cannot be written.
    let nowhere = (directory.join("no/d"), "2".to_owned());
    let error = place_all(&[file("b", "2"), nowhere], true).unwrap_err();
    assert!(matches!(error, PlaceError::Io { .. }), "{error}");
    assert_eq!(names(&directory), ["b", "c"]);
    assert_eq!(fs::read_to_string(directory.join("b")).unwrap(), "1");
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn what_was_done_before_an_error_is_undone() {
    let directory = directory("undo");
    let (old, new) = (directory.join("old"), directory.join("new"));
    fs::write(&old, "before").unwrap();
    let files = [
        (old.clone(), "after".to_owned()),
        (new.clone(), "after".to_owned()),
    ];
    let mut steps = Vec::new();
    let paths: Vec<PathBuf> = files.iter().map(|(path, _)| path.clone()).collect();
    let mut text = |nth: usize| Ok::<_, PlaceError>(files[nth].1.clone());
    written_beside(&paths, &mut text, &mut steps).unwrap();
    // Somebody makes a folder of the second meanwhile: no file can be renamed to it.
    fs::create_dir(&new).unwrap();
    appear_all(&mut steps, true).unwrap_err();
    assert_eq!(fs::read_to_string(&old).unwrap(), "after");
    steps.iter().rev().for_each(Step::undo);
    steps.iter().for_each(Step::tidy);
    assert_eq!(fs::read_to_string(&old).unwrap(), "before");
    assert_eq!(names(&directory), ["new", "old"]);
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_name_that_was_taken_meanwhile_is_left_alone() {
    let directory = directory("race");
    let (beside, path) = (directory.join("a"), directory.join("b"));
    fs::write(&beside, "ours").unwrap();
    fs::write(&path, "theirs").unwrap();
    let error = appear(&beside, &path).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
    fs::remove_dir_all(directory).unwrap();
}

/// Puts something at the first path; the second is somebody's file.
type Plant = fn(&Path, &Path);

/// Whatever has the name that a file on its way would have, another name is taken, nothing is written through it, and
/// it is there afterwards.
#[test]
fn names_on_the_way_that_others_took() {
    let directory = directory("taken");
    let theirs = directory.join("theirs");
    fs::write(&theirs, "theirs").unwrap();
    let me = std::process::id();
    let plants: [(&str, Plant); 6] = [
        ("link", |at, theirs| symlink(theirs, at).unwrap()),
        ("link to nowhere", |at, _| symlink("behind", at).unwrap()),
        ("loop", |at, _| symlink(at, at).unwrap()),
        ("hard link", |at, theirs| fs::hard_link(theirs, at).unwrap()),
        ("folder", |at, _| fs::create_dir(at).unwrap()),
        ("socket", |at, _| drop(UnixListener::bind(at).unwrap())),
    ];
    for (what, plant) in plants {
        // Only of several files is the old one kept.
        for name in ["0-0.tmp", "0-0.old", "1-0.tmp", "1-0.old"] {
            let case = format!("{what}, {name}");
            let (one, two) = (directory.join("one"), directory.join("two"));
            fs::write(&one, "before").unwrap();
            let planted = directory.join(format!(".vbox-smf-{me}-{name}"));
            plant(&planted, &theirs);
            let files = [(one.clone(), "1".to_owned()), (two.clone(), "2".to_owned())];
            place_all(&files, true).unwrap_or_else(|error| panic!("{case}: {error}"));
            for (path, content) in [(&one, "1"), (&two, "2"), (&theirs, "theirs")] {
                assert_eq!(fs::read_to_string(path).unwrap(), content, "{case}");
            }
            assert!(fs::symlink_metadata(&planted).is_ok(), "{case}: it is gone");
            let removed = fs::remove_file(&planted).or_else(|_| fs::remove_dir(&planted));
            removed.unwrap();
            fs::remove_file(one).unwrap();
            fs::remove_file(two).unwrap();
            assert_eq!(names(&directory), ["theirs"], "{case}");
        }
    }
    fs::remove_dir_all(directory).unwrap();
}

/// Where every name is taken it is said, and by what.
#[test]
fn all_names_taken() {
    let taken = |_: &Path| Err(io::ErrorKind::AlreadyExists.into());
    let error = beside::<()>(Path::new("/d/x"), 0, "tmp", taken).unwrap_err();
    let told = Failure::from(error).to_string();
    for words in [
        "cannot write /d/x: /d/.vbox-smf-",
        "is there already",
        "yours alone",
    ] {
        assert!(told.contains(words), "{told}");
    }
}

/// On a file system without links the old file is copied: never through a link, and with its mode.
#[test]
fn the_old_file_is_copied_to_a_free_name_alone() {
    let directory = directory("copy");
    let path = |name: &str| directory.join(name);
    let (from, to, theirs) = (path("a"), path("b"), path("c"));
    fs::write(&from, "ours").unwrap();
    fs::set_permissions(&from, fs::Permissions::from_mode(0o640)).unwrap();
    fs::write(&theirs, "theirs").unwrap();
    symlink(&theirs, &to).unwrap();
    let error = copy(&from, &to).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read_to_string(&theirs).unwrap(), "theirs");
    fs::remove_file(&to).unwrap();
    copy(&from, &to).unwrap();
    assert_eq!(fs::read_to_string(&to).unwrap(), "ours");
    let mode = fs::metadata(&to).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    // Nor is a link read.
    fs::remove_file(&to).unwrap();
    fs::remove_file(&from).unwrap();
    symlink(&theirs, &from).unwrap();
    copy(&from, &to).unwrap_err();
    assert!(!to.exists());
    fs::remove_dir_all(directory).unwrap();
}

/// Another name of the old file keeps the old content.
#[test]
fn a_hard_link_keeps_what_it_has() {
    let directory = directory("hard");
    let (path, other) = (directory.join("a"), directory.join("b"));
    fs::write(&other, "theirs").unwrap();
    fs::hard_link(&other, &path).unwrap();
    place(&path, "ours", true).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "ours");
    assert_eq!(fs::read_to_string(&other).unwrap(), "theirs");
    fs::remove_dir_all(directory).unwrap();
}
