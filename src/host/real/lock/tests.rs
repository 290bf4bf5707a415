//! What others may have put in the way of the lock.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use super::*;
use crate::host::real::account::current_uid;

/// Somebody else.
const OTHER: u32 = 64_999;

fn folder(name: &str) -> PathBuf {
    let base = std::env::temp_dir().join(format!("vbox-smf-lock-{}-{name}", std::process::id()));
    clean(&base);
    base
}

fn clean(path: &Path) {
    let _gone = std::fs::remove_dir_all(path);
    let _gone = std::fs::remove_file(path);
}

fn refused(folder: &Path) -> String {
    match take(folder, current_uid(), Duration::ZERO) {
        Err(LockError::Unusable(why)) => why,
        Err(LockError::Busy(_)) => panic!("busy"),
        Ok(_) => panic!("taken"),
    }
}

#[test]
fn taken_let_go_and_taken_again() {
    let folder = folder("again");
    for _ in 0..2 {
        drop(take(&folder, current_uid(), Duration::ZERO).expect("a lock"));
    }
    let mode = std::fs::metadata(&folder).expect("a folder").mode();
    assert_eq!(mode & 0o777, 0o700);
    clean(&folder);
}

/// Puts something in the way at this path.
type Spoil = fn(&Path);

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).expect("a mode");
}

fn file(path: &Path) {
    std::fs::write(path, "theirs").expect("a file");
}

fn open_folder(path: &Path) {
    std::fs::create_dir(path).expect("a folder");
}

fn closed_folder(path: &Path) {
    let made = DirBuilder::new().mode(0o700).create(path);
    made.expect("a folder");
}

fn link(to: &Path, at: &Path) {
    symlink(to, at).expect("a link");
}

fn hard_link(to: &Path, at: &Path) {
    std::fs::hard_link(to, at).expect("a hard link");
}

fn node(path: &Path, kind: libc::mode_t, device: libc::dev_t) {
    let path = std::ffi::CString::new(path.to_str().expect("UTF-8")).expect("no NUL");
    // SAFETY: the path is a C string.
    let made = unsafe { libc::mknod(path.as_ptr(), kind | 0o666, device) };
    assert_eq!(made, 0);
}

fn fifo(path: &Path) {
    node(path, libc::S_IFIFO, 0);
}

/// As `/dev/null` is.
fn device(path: &Path) {
    let number = std::fs::metadata("/dev/null").expect("a device").rdev();
    node(
        path,
        libc::S_IFCHR,
        libc::dev_t::try_from(number).expect("a number"),
    );
}

fn socket(path: &Path) {
    std::os::unix::net::UnixListener::bind(path).expect("a socket");
}

fn somebody_else_s(path: &Path) {
    std::os::unix::fs::chown(path, Some(OTHER), Some(OTHER)).expect("an owner");
}

/// A neighbour: its name, whether root alone can put it there, and how.
type Neighbour = (&'static str, bool, Spoil);

/// What may be where the folder belongs. The target of a link is beside it.
const FOR_THE_FOLDER: [Neighbour; 12] = [
    ("a link", false, |path| {
        let target = path.with_extension("target");
        closed_folder(&target);
        link(&target, path);
    }),
    ("a link to nowhere", false, |path| {
        link(&path.with_extension("target"), path);
    }),
    ("a loop", false, |path| link(path, path)),
    ("a file", false, file),
    ("a FIFO", false, fifo),
    ("a socket", false, socket),
    ("a device", true, device),
    ("for all, sticky", false, |path| {
        open_folder(path);
        mode(path, 0o1777);
    }),
    ("for the group", false, |path| {
        open_folder(path);
        mode(path, 0o710);
    }),
    ("to be read by all", false, |path| {
        open_folder(path);
        mode(path, 0o744);
    }),
    ("somebody else's", true, |path| {
        closed_folder(path);
        somebody_else_s(path);
    }),
    ("a link to somebody else's", true, |path| {
        let target = path.with_extension("target");
        closed_folder(&target);
        somebody_else_s(&target);
        link(&target, path);
    }),
];

/// What may be where the file belongs.
const FOR_THE_FILE: [Neighbour; 9] = [
    ("a link", false, |path| {
        let target = path.with_extension("target");
        file(&target);
        link(&target, path);
    }),
    ("a link to nowhere", false, |path| {
        link(&path.with_extension("target"), path);
    }),
    ("a loop", false, |path| link(path, path)),
    ("a folder", false, open_folder),
    ("a FIFO", false, fifo),
    ("a socket", false, socket),
    ("a device", true, device),
    ("somebody else's", true, |path| {
        file(path);
        somebody_else_s(path);
    }),
    ("a hard link to somebody else's", true, |path| {
        let target = path.with_extension("target");
        file(&target);
        somebody_else_s(&target);
        hard_link(&target, path);
    }),
];

/// Each is refused at once, in one line that names it and the next step. It is there afterwards as it was, nothing
/// is behind a link that was not there before, and what was there has the same content.
#[track_caller]
fn assert_refused((what, by_root, spoil): Neighbour, folder: &Path, path: &Path) {
    if by_root && current_uid() != 0 {
        return;
    }
    let target = path.with_extension("target");
    spoil(path);
    let look = || {
        let there = std::fs::symlink_metadata(path).expect("what is in the way");
        let behind = std::fs::symlink_metadata(&target).ok();
        let content = std::fs::read(&target).ok();
        let inside = std::fs::read_dir(&target).ok().map(Iterator::count);
        let of = |about: &Metadata| (about.ino(), about.mode(), about.uid(), about.len());
        (of(&there), behind.as_ref().map(of), content, inside)
    };
    let before = look();
    let began = Instant::now();
    let why = refused(folder);
    assert!(began.elapsed() < Duration::from_secs(30), "{what} hung");
    assert!(why.contains("remove it"), "{what}: {why}");
    assert!(!why.contains('\n'), "{what}: {why}");
    assert!(why.contains(path.to_str().expect("UTF-8")), "{what}: {why}");
    assert_eq!(look(), before, "{what}");
    clean(path);
    clean(&target);
}

#[test]
fn in_the_place_of_the_folder() {
    for neighbour in FOR_THE_FOLDER {
        let folder = folder("place");
        assert_refused(neighbour, &folder, &folder);
    }
}

#[test]
fn in_the_place_of_the_file() {
    let folder = folder("inside");
    closed_folder(&folder);
    for neighbour in FOR_THE_FILE {
        assert_refused(neighbour, &folder, &folder.join("lock"));
    }
    clean(&folder);
}

/// In a folder that nobody else may enter these are our own doing, and do no harm.
#[test]
fn harmless_neighbours() {
    let spoils: [(&str, Spoil); 3] = [
        ("for all", |lock| {
            file(lock);
            mode(lock, 0o666);
        }),
        ("a hard link", |lock| {
            let target = lock.with_extension("target");
            file(&target);
            hard_link(&target, lock);
        }),
        ("with a content", file),
    ];
    for (what, spoil) in spoils {
        let folder = folder("harmless");
        closed_folder(&folder);
        let lock = folder.join("lock");
        spoil(&lock);
        drop(take(&folder, current_uid(), Duration::ZERO).expect(what));
        let content = std::fs::read_to_string(&lock).expect("the file");
        assert_eq!(content, "theirs", "{what}");
        clean(&folder);
    }
}

/// The parent is not there, not a folder, or leads in a circle: that is said, with the parent's name.
#[test]
fn no_place_for_the_folder() {
    let parent = folder("parent");
    let spoils: [Spoil; 3] = [|_| (), file, |path| link(path, path)];
    for spoil in spoils {
        spoil(&parent);
        let why = refused(&parent.join("x"));
        assert!(why.contains("cannot make"), "{why}");
        let next = format!(
            "{} must be owned by root and have mode 1777",
            parent.display()
        );
        assert!(why.contains(&next), "{why}");
        clean(&parent);
    }
    // A parent behind a link is one: /tmp may be.
    let real = folder("real-parent");
    open_folder(&real);
    link(&real, &parent);
    drop(take(&parent.join("x"), current_uid(), Duration::ZERO).expect("a lock"));
    clean(&parent);
    clean(&real);
}

/// Whoever has no access to what is in the way, hears it. Root has access to everything.
#[test]
fn without_access() {
    if current_uid() == 0 {
        return;
    }
    let folder = folder("no-access");
    closed_folder(&folder);
    file(&folder.join("lock"));
    mode(&folder.join("lock"), 0);
    assert!(refused(&folder).contains("remove it"));
    mode(&folder, 0);
    assert!(refused(&folder).contains("remove it"));
    mode(&folder, 0o700);
    clean(&folder);
}
