//! Every place in the program where a file is opened, made, renamed or looked at, or a process is made: which check is at
//! work there, and which test holds it. The places are found in the sources, so that a new one has to be entered here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What opens, makes or looks, as it stands in the sources.
const CALLS: [&str; 39] = [
    "File::open",
    "File::create",
    "OpenOptions::new",
    "DirBuilder::new",
    "Command::new",
    "UnixStream::connect",
    "UnixListener::bind",
    "TcpStream::connect",
    "fs::canonicalize",
    "fs::copy",
    "fs::create_dir",
    "fs::hard_link",
    "fs::metadata",
    "fs::read(",
    "fs::read_dir",
    "fs::read_link",
    "fs::read_to_string",
    "fs::remove_dir",
    "fs::remove_file",
    "fs::rename",
    "fs::set_permissions",
    "fs::symlink_metadata",
    "fs::write",
    "libc::exec",
    "libc::faccessat",
    "libc::fgetxattr",
    "libc::fork",
    "libc::fstatat",
    "libc::lgetxattr",
    "libc::linkat",
    "libc::mkdir",
    "libc::open(",
    "libc::openat",
    "libc::posix_spawn",
    "libc::readlinkat",
    "libc::renameat",
    "libc::SYS_renameat2",
    "libc::socket",
    "libc::unlink",
];

/// File, calls, what is checked there, and the test that holds it.
const PLACES: [(&str, &[&str], &str, &str); 13] = [
    (
        "host/real.rs",
        &["fs::read_link", "fs::symlink_metadata"],
        "looked at, never opened",
        "what_others_can_change_is_not_run",
    ),
    (
        "host/real/account.rs",
        &["libc::faccessat"],
        "asked for, never opened",
        "access_is_told_without_touching_what_is_there",
    ),
    (
        "host/real/acl.rs",
        &["libc::fgetxattr", "libc::lgetxattr"],
        "looked at, never opened",
        "lists_that_setfacl_makes",
    ),
    (
        "host/real/as_user/copy.rs",
        &["File::open", "libc::fork"],
        "/dev/null; a session of its own, no terminal, no descriptor but its pipes, then the user",
        "no_program_of_the_user_reaches_it",
    ),
    (
        "host/real/child.rs",
        &["Command::new", "fs::read_dir"],
        "an absolute path, a list of arguments, an environment of its own, no descriptor above 2; the open descriptors",
        "nothing_is_executed_out_of_it",
    ),
    (
        "host/real/contract.rs",
        &["libc::open("],
        "the system's own files of contracts, by fixed paths",
        "files_are_opened_with_exactly_these_flags",
    ),
    (
        "host/real/lock.rs",
        &[
            "DirBuilder::new",
            "OpenOptions::new",
            "fs::symlink_metadata",
            "libc::openat",
        ],
        "the folder of the lock: mode 0700, the user's, not through a link, checked after it was opened",
        "in_the_place_of_the_folder",
    ),
    (
        "host/real/processes.rs",
        &["fs::read_dir"],
        "the system's own /proc",
        "the_output_of_vboxmanage",
    ),
    (
        "host/real/processes/linux.rs",
        &["File::open", "fs::read_to_string", "fs::read("],
        "the system's own /proc",
        "the_output_of_vboxmanage",
    ),
    (
        "host/real/processes/psinfo.rs",
        &["fs::read("],
        "the system's own /proc",
        "the_output_of_vboxmanage",
    ),
    (
        "host/real/reading.rs",
        &["OpenOptions::new", "libc::fstatat", "libc::openat"],
        "without waiting, and checked by its descriptor",
        "nothing_is_waited_for_that_is_named",
    ),
    (
        "host/real/writing.rs",
        &[
            "libc::fstatat",
            "libc::linkat",
            "libc::mkdir",
            "libc::openat",
            "libc::readlinkat",
            "libc::renameat",
            "libc::SYS_renameat2",
            "libc::unlink",
        ],
        "the way is walked by descriptors, and all is done through the last",
        "a_neighbour_who_replaces_the_way",
    ),
    (
        "manifest/source.rs",
        &["fs::metadata"],
        "whether an operand is a folder, which is then opened and checked by its descriptor",
        "nothing_is_waited_for_below_a_folder",
    ),
];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The modules that are compiled for tests alone: their parent says so.
fn is_for_tests(path: &Path) -> bool {
    let stem = path
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default();
    let parent = path.parent().unwrap();
    let owners = [
        parent.join("mod.rs"),
        parent.with_extension("rs"),
        parent.join("lib.rs"),
    ];
    let declared = owners
        .iter()
        .filter_map(|owner| fs::read_to_string(owner).ok())
        .any(|text| text.contains(&format!("#[cfg(test)]\nmod {stem};")));
    declared || path.components().any(|part| part.as_os_str() == "tests")
}

#[test]
fn each_is_held_by_a_check_and_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    files(&root.join("src"), &mut sources);
    let mut found: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for path in &sources {
        let text = fs::read_to_string(path).unwrap();
        let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap();
        let is_code = |line: &&str| !line.trim_start().starts_with("//");
        let code: Vec<&str> = code.lines().filter(is_code).collect();
        let calls = CALLS
            .iter()
            .filter(|call| code.iter().any(|line| line.contains(*call)));
        let name = path
            .strip_prefix(root.join("src"))
            .unwrap()
            .to_str()
            .unwrap();
        let calls: BTreeSet<&str> = calls.copied().collect();
        if !calls.is_empty() && !is_for_tests(path) {
            found.insert(name.to_owned(), calls);
        }
    }
    let expected: BTreeMap<String, BTreeSet<&str>> = PLACES
        .iter()
        .map(|(name, calls, ..)| ((*name).to_owned(), calls.iter().copied().collect()))
        .collect();
    assert_eq!(
        found, expected,
        "a place that is not in the table, or is no more"
    );

    files(&root.join("tests"), &mut sources);
    let texts: Vec<String> = sources
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    for (place, _, check, test) in PLACES {
        let named = format!("fn {test}()");
        let is_there = texts.iter().any(|text| text.contains(&named));
        assert!(
            is_there && !check.is_empty(),
            "{place}: no test is called {test}"
        );
    }
}
