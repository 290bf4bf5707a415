//! Rules of the house that no compiler holds.

use std::path::{Path, PathBuf};

mod floors;

/// Every source file below a folder, but for what a build left there.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("tests/fuzz/target") {
            continue;
        }
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The code of a file, without its tests and comments.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap();
    code.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_world_is_behind_the_host() {
    let real = root().join("src/host/real");
    let mut looked_at = 0;
    for path in sources(&root().join("src")) {
        looked_at += 1;
        if path.starts_with(&real) || path == root().join("src/host/real.rs") {
            continue;
        }
        let code = code(&path);
        for forbidden in [
            "unsafe",
            "process::Command",
            "Command::new(",
            "process::exit",
            "libc::fork",
            "Instant::now",
        ] {
            // libc's numbers for errors and signals do no harm.
            assert!(!code.contains(forbidden), "{}: {forbidden}", path.display());
        }
    }
    assert!(looked_at > 50, "only {looked_at} files");
}

#[test]
fn nothing_is_left_open() {
    let marks = [
        "todo!(",
        "unimplemented!(",
        "dbg!(",
        concat!("FIX", "ME"),
        concat!("XX", "X"),
    ];
    for folder in ["src", "tests"] {
        for path in sources(&root().join(folder)) {
            if path.ends_with("tests/house.rs") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for mark in marks {
                assert!(!text.contains(mark), "{}: {mark}", path.display());
            }
        }
    }
}

/// A file that no `mod` names is compiled by nobody.
#[test]
fn every_test_file_is_compiled() {
    let tests = root().join("tests");
    for path in sources(&tests) {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let parent = path.parent().unwrap();
        // Cargo.toml names the programs among them.
        let programs = ["fakes", "bench", "fuzz/targets"].map(|folder| tests.join(folder));
        let is_program = programs.iter().any(|folder| folder == parent);
        if path == tests.join("main.rs") || name == "mod" || is_program {
            continue;
        }
        let owners = [
            parent.join("mod.rs"),
            parent.with_extension("rs"),
            tests.join("main.rs"),
        ];
        let named = owners
            .iter()
            .filter_map(|owner| std::fs::read_to_string(owner).ok())
            .any(|text| text.contains(&format!("mod {name};")));
        assert!(named, "no mod names {}", path.display());
    }
}
