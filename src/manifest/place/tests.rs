//! What is placed where, and what others may have put in the way.

use std::fs;
use std::os::unix::fs::symlink;
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
        &directory.join("new/"),
        &directory.join("new/."),
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
    let before = fs::symlink_metadata(&old).unwrap();
    let paths = [old.clone(), new.clone()];
    let mut steps = planned(&paths, true).unwrap();
    write_beside(&mut steps, &mut |_| Ok::<_, PlaceError>("after".to_owned())).unwrap();
    // Somebody makes a folder of the second meanwhile: no file can be put there.
    fs::create_dir(&new).unwrap();
    appear_all(&mut steps, true).unwrap_err();
    assert_eq!(fs::read_to_string(&old).unwrap(), "after");
    steps.iter().rev().for_each(Step::undo);
    steps.iter().for_each(Step::tidy);
    assert_eq!(fs::read_to_string(&old).unwrap(), "before");
    // It is the same file, not a copy of it.
    assert_eq!(fs::symlink_metadata(&old).unwrap().ino(), before.ino());
    assert_eq!(names(&directory), ["new", "old"]);
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_name_that_was_taken_meanwhile_is_left_alone() {
    let directory = directory("race");
    fs::write(directory.join("a"), "ours").unwrap();
    fs::write(directory.join("b"), "theirs").unwrap();
    let folder = writing::walk(&directory).ok().unwrap().folder;
    let error = appear(&folder, OsStr::new("a"), OsStr::new("b")).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read_to_string(directory.join("b")).unwrap(), "theirs");
    fs::remove_dir_all(directory).unwrap();
}

/// What is there was checked, and another file has its name when it is to be replaced.
#[test]
fn what_became_another_file_is_left_alone() {
    let directory = directory("changed");
    let path = directory.join("vbox.xml");
    fs::write(&path, "before").unwrap();
    let paths = [path.clone()];
    let mut steps = planned(&paths, true).unwrap();
    write_beside(&mut steps, &mut |_| Ok::<_, PlaceError>("after".to_owned())).unwrap();
    fs::write(directory.join("other"), "theirs").unwrap();
    fs::rename(directory.join("other"), &path).unwrap();
    let error = appear_all(&mut steps, true).unwrap_err();
    assert!(matches!(error, PlaceError::Changed(_)), "{error}");
    steps.iter().rev().for_each(Step::undo);
    steps.iter().for_each(Step::tidy);
    assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
    assert_eq!(names(&directory), ["vbox.xml"]);
    fs::remove_dir_all(directory).unwrap();
}

/// A new file is readable for all when it is whole; one that is replaced keeps its mode, but for bits that give rights.
#[test]
fn modes() {
    let directory = directory("modes");
    let path = directory.join("vbox.xml");
    let mode = || fs::symlink_metadata(&path).unwrap().permissions().mode() & 0o7777;
    place(&path, "one", false).unwrap();
    assert_eq!(mode(), 0o644);
    for (before, after) in [(0o600, 0o600), (0o4755, 0o755), (0o2775, 0o775)] {
        fs::set_permissions(&path, Permissions::from_mode(before)).unwrap();
        place(&path, "two", true).unwrap();
        assert_eq!(mode(), after, "{before:o}");
    }
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
    let directory = directory("all-taken");
    let path = directory.join("x");
    let paths = [path.clone()];
    let steps = planned(&paths, false).unwrap();
    let taken = |_: &OsStr| Err(io::ErrorKind::AlreadyExists.into());
    let error = steps[0].beside::<()>(0, "tmp", taken).unwrap_err();
    let told = Failure::from(error).to_string();
    for words in [
        &format!(
            "cannot write {}: {}/.vbox-smf-",
            path.display(),
            directory.display()
        ),
        "is there already",
        "yours alone",
    ] {
        assert!(told.contains(words), "{told}");
    }
    fs::remove_dir_all(directory).unwrap();
}

/// Another name of the same file may be somebody's: it is not replaced.
#[test]
fn a_file_with_another_name_is_not_replaced() {
    let directory = directory("hard");
    let (path, other) = (directory.join("a"), directory.join("b"));
    fs::write(&other, "theirs").unwrap();
    fs::hard_link(&other, &path).unwrap();
    let told = Failure::from(place(&path, "ours", true).unwrap_err()).to_string();
    assert!(
        told.contains("has 2 names (hard links): it is not replaced"),
        "{told}"
    );
    for path in [&path, &other] {
        assert_eq!(fs::read_to_string(path).unwrap(), "theirs");
    }
    assert_eq!(names(&directory), ["a", "b"]);
    fs::remove_dir_all(directory).unwrap();
}

/// Links on the way are followed where they are root's or our own.
#[test]
fn a_way_over_links() {
    let directory = directory("way");
    fs::create_dir(directory.join("there")).unwrap();
    symlink("there", directory.join("relative")).unwrap();
    symlink(directory.join("there"), directory.join("absolute")).unwrap();
    symlink("relative/../absolute", directory.join("both")).unwrap();
    symlink("circle", directory.join("circle")).unwrap();
    for (nth, way) in ["there", "relative", "absolute", "both", "there/../both/."]
        .into_iter()
        .enumerate()
    {
        let name = format!("{nth}.xml");
        place(&directory.join(way).join(&name), "x", false).unwrap();
        assert!(directory.join("there").join(&name).is_file(), "{way}");
    }
    for way in ["circle", "nowhere", "there/0.xml"] {
        let error = place(&directory.join(way).join("x"), "x", false).unwrap_err();
        assert!(matches!(error, PlaceError::Io { .. }), "{way}: {error}");
    }
    fs::remove_dir_all(directory).unwrap();
}
