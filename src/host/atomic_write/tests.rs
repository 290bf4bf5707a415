//! What is placed where, and what others may have put in the way.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;

use super::*;
use crate::failure::Failure;
#[cfg(target_os = "linux")]
use crate::host::real::writing::tests::{WITHOUT_RENAMEAT2, setfacl};

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

/// With names that can be exchanged, as on Linux, and without.
fn in_both_ways(test: impl Fn(&str)) {
    #[cfg(target_os = "linux")]
    {
        test("exchanged");
        WITHOUT_RENAMEAT2.set(true);
    }
    test("renamed");
    #[cfg(target_os = "linux")]
    WITHOUT_RENAMEAT2.set(false);
}

/// Writes all of them, has something done, and then gives them their names.
fn place_after(paths: &[PathBuf], meanwhile: impl Fn()) -> Result<(), PlaceError> {
    let interruption = Interruption::note();
    let mut steps = planned(paths, true).unwrap();
    let mut text = |_| Ok::<_, PlaceError>("after".to_owned());
    write_beside(&mut steps, &mut text, &interruption).unwrap();
    meanwhile();
    let outcome = appear_all(&mut steps, &interruption);
    finish(&steps, outcome.is_ok());
    outcome
}

fn number(path: &Path) -> u64 {
    fs::symlink_metadata(path).unwrap().ino()
}

#[test]
fn what_was_done_before_an_error_is_undone() {
    in_both_ways(|way| {
        let directory = directory("undo");
        let paths = ["a", "b", "c", "d"].map(|name| directory.join(name));
        let [a, b, c, d] = &paths;
        // Two are replaced, and one is new, before one fails.
        for path in [a, b] {
            fs::write(path, "before").unwrap();
        }
        let before = [number(a), number(b)];
        let error = place_after(&paths, || fs::create_dir(d).unwrap()).unwrap_err();
        assert!(matches!(error, PlaceError::Exists(_)), "{way}: {error}");
        assert_eq!(fs::read_to_string(a).unwrap(), "before", "{way}");
        // They are the same files, no copies of them.
        assert_eq!([number(a), number(b)], before, "{way}");
        assert!(!c.exists());
        assert_eq!(names(&directory), ["a", "b", "d"], "{way}");
        fs::remove_dir_all(directory).unwrap();
    });
}

/// What is there was checked, and something else has its name when it is to be replaced.
#[test]
fn what_became_another_file_is_left_alone() {
    let plants: [(&str, Plant); 6] = [
        ("file", |at, _| fs::write(at, "theirs").unwrap()),
        ("link", |at, theirs| symlink(theirs, at).unwrap()),
        ("hard link", |at, theirs| fs::hard_link(theirs, at).unwrap()),
        ("folder", |at, _| fs::create_dir(at).unwrap()),
        ("socket", |at, _| drop(UnixListener::bind(at).unwrap())),
        ("nothing", |_, _| ()),
    ];
    in_both_ways(|way| {
        for (what, plant) in plants {
            let case = format!("{way}, {what}");
            let directory = directory("changed");
            let paths = ["first", "path"].map(|name| directory.join(name));
            let [first, path] = &paths;
            let theirs = directory.join("theirs");
            for (path, text) in [(first, "before"), (path, "before"), (&theirs, "theirs")] {
                fs::write(path, text).unwrap();
            }
            let planted = std::cell::Cell::new(None);
            let error = place_after(&paths, || {
                // Before the other is gone: its number could be used again.
                let beside = directory.join("beside");
                plant(&beside, &theirs);
                planted.set(fs::symlink_metadata(&beside).ok().map(|about| about.ino()));
                fs::remove_file(path).unwrap();
                let _moved = fs::rename(&beside, path);
            });
            let error = error.unwrap_err();
            assert!(matches!(error, PlaceError::Changed(_)), "{case}: {error}");
            let now = fs::symlink_metadata(path).ok().map(|about| about.ino());
            assert_eq!(now, planted.get(), "{case}");
            assert_eq!(fs::read_to_string(&theirs).unwrap(), "theirs", "{case}");
            assert_eq!(fs::read_to_string(first).unwrap(), "before", "{case}");
            let all = ["first", "path", "theirs"];
            let left = all
                .into_iter()
                .filter(|name| *name != "path" || now.is_some());
            assert_eq!(names(&directory), left.collect::<Vec<_>>(), "{case}");
            fs::remove_dir_all(directory).unwrap();
        }
    });
}

/// What was there is looked at when it is out of its place: not only its name may be another's.
#[test]
fn what_changed_otherwise_is_left_alone() {
    in_both_ways(|way| {
        let directory = directory("otherwise");
        let paths = [directory.join("path")];
        let other = directory.join("other");
        fs::write(&paths[0], "before").unwrap();
        let error = place_after(&paths, || fs::hard_link(&paths[0], &other).unwrap());
        assert!(matches!(error, Err(PlaceError::Changed(_))), "{way}");
        assert_eq!(number(&paths[0]), number(&other), "{way}");
        assert_eq!(names(&directory), ["other", "path"], "{way}");
        fs::remove_dir_all(directory).unwrap();
    });
}

/// A name that was free is taken when a new file is to have it.
#[test]
fn a_name_that_was_taken_meanwhile_is_left_alone() {
    in_both_ways(|way| {
        let directory = directory("race");
        let paths = [directory.join("b")];
        let error = place_after(&paths, || fs::write(&paths[0], "theirs").unwrap());
        assert!(matches!(error, Err(PlaceError::Exists(_))), "{way}");
        assert_eq!(fs::read_to_string(&paths[0]).unwrap(), "theirs", "{way}");
        assert_eq!(names(&directory), ["b"], "{way}");
        fs::remove_dir_all(directory).unwrap();
    });
}

/// Where what was there cannot be put back it stays under its other name.
#[test]
fn what_cannot_be_put_back_is_kept() {
    in_both_ways(|way| {
        let directory = directory("kept");
        let paths = ["a", "b"].map(|name| directory.join(name));
        let [a, b] = &paths;
        fs::write(a, "before").unwrap();
        let before = number(a);
        let interruption = Interruption::note();
        let mut steps = planned(&paths, true).unwrap();
        let mut text = |_| Ok::<_, PlaceError>("after".to_owned());
        write_beside(&mut steps, &mut text, &interruption).unwrap();
        fs::create_dir(b).unwrap();
        appear_all(&mut steps, &interruption).unwrap_err();
        // Somebody takes the first one's name at the last moment.
        fs::write(directory.join("theirs"), "theirs").unwrap();
        fs::rename(directory.join("theirs"), a).unwrap();
        finish(&steps, false);
        assert_eq!(fs::read_to_string(a).unwrap(), "theirs", "{way}");
        let left = names(&directory);
        assert_eq!(left.len(), 3, "{way}: {left:?}");
        assert_eq!(number(&directory.join(&left[0])), before, "{way}");
        fs::remove_dir_all(directory).unwrap();
    });
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

/// Nobody gets more access to the new file than they had to the old one, though the folder gives it another group.
#[test]
fn no_other_group_gets_what_the_group_had() {
    use std::os::unix::fs::chown;

    let directory = directory("groups");
    let path = directory.join("vbox.xml");
    if chown(&directory, None, Some(60)).is_err() {
        eprintln!(
            "SKIPPED no_other_group_gets_what_the_group_had: only root gives files to any group"
        );
        return fs::remove_dir_all(directory).unwrap();
    }
    fs::set_permissions(&directory, Permissions::from_mode(0o2755)).unwrap();
    for mode in [0o660, 0o640, 0o604] {
        fs::write(&path, "one").unwrap();
        chown(&path, None, Some(1)).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        place(&path, "two", true).unwrap();
        let about = fs::symlink_metadata(&path).unwrap();
        assert_eq!((about.gid(), about.mode() & 0o7777), (1, mode), "{mode:o}");
    }
    fs::remove_dir_all(directory).unwrap();
}

/// What a list gave to a few is given to no group, and what it kept from somebody to nobody.
#[cfg(target_os = "linux")]
#[test]
fn the_mask_of_a_list_becomes_nobodys_rights() {
    let directory = directory("lists");
    let path = directory.join("vbox.xml");
    let mode = || fs::symlink_metadata(&path).unwrap().mode() & 0o7777;
    for (before, list, after) in [(0o600, "u:65534:rw", 0o600), (0o644, "u:65534:rw", 0o644)] {
        fs::write(&path, "one").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(before)).unwrap();
        if !setfacl(&["-m", list], &path) {
            eprintln!(
                "SKIPPED the_mask_of_a_list_becomes_nobodys_rights: setfacl is not here, or sets no list in {}",
                directory.display()
            );
            return fs::remove_dir_all(directory).unwrap();
        }
        assert_eq!(mode() & 0o060, 0o060, "the mask is what the mode shows");
        place(&path, "two", true).unwrap();
        assert_eq!(mode(), after, "{before:o} with {list}");
    }
    // The folder's list is for files that were not there: an old one without it had none.
    fs::set_permissions(&path, Permissions::from_mode(0o660)).unwrap();
    assert!(setfacl(&["-d", "-m", "u:65534:rw"], &directory));
    place(&path, "three", true).unwrap();
    assert_eq!(mode(), 0o600, "a list came from the folder");
    fs::remove_dir_all(directory).unwrap();
}

/// Puts something at the first path; the second is somebody's file.
type Plant = fn(&Path, &Path);

/// Whatever has the name that a file on its way would have, another name is taken, nothing is written through it, and
/// it is there afterwards.
#[test]
fn names_on_the_way_that_others_took() {
    in_both_ways(|_| names_that_others_took());
}

fn names_that_others_took() {
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
        for name in ["0-0.tmp", "0-0.one.old", "1-0.tmp", "1-0.two.old"] {
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
    let me = std::process::id();
    for attempt in 0..1000 {
        fs::write(
            directory.join(format!(".vbox-smf-{me}-0-{attempt}.tmp")),
            "",
        )
        .unwrap();
    }
    let error = place(&path, "", false).unwrap_err();
    let told = Failure::from(error).to_string();
    for words in [
        &format!(
            "cannot write {}: {}/.vbox-smf-",
            path.display(),
            directory.display()
        ),
        "already exists",
        "only you can write to",
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
        told.contains("has 2 names (hard links) and is not replaced"),
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
