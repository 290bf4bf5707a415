//! The verdicts of the real svccfg, one by one.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use super::call::{Entry, entries, validate_in};

fn vectors(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/vectors")
        .join(name)
}

/// The second column of a table, by the first: what svccfg did.
fn stages(folder: &str) -> BTreeMap<String, String> {
    let table = fs::read_to_string(vectors(folder).join("verdicts.tsv")).unwrap();
    let row = |line: &str| {
        let mut columns = line.split('\t').map(str::to_owned);
        Some((columns.next()?, columns.next()?))
    };
    table
        .lines()
        .skip(1)
        .map(|line| row(line).expect(line))
        .collect()
}

/// Whether the verdict is that of svccfg, and whether the stage is.
fn agrees(entry: &Entry, stage: &str) -> (bool, bool) {
    match stage {
        "accepted" | "accepted-with-warnings" => (entry.accepted, entry.accepted),
        // svccfg dies: a program that says so does better.
        "crash" => (!entry.accepted, !entry.accepted),
        _ => (!entry.accepted, entry.stage.as_deref() == Some(stage)),
    }
}

/// Judges a folder and compares. Prints the numbers, and what differs.
#[track_caller]
fn assert_agreement(folder: &str, options: &[&str], at_least: usize) {
    let stages = stages(folder);
    let expected = stages.len();
    assert!(expected >= at_least, "{folder} has {expected} verdicts");
    let path = vectors(folder);
    let files = stages.keys().map(|name| format!("{name}.xml"));
    let options = ["--json"].iter().chain(options).map(|o| (*o).to_owned());
    let run = validate_in(&path, options.chain(files));
    let entries = entries(&run.stdout);
    let (mut wrong, mut elsewhere) = (Vec::new(), Vec::new());
    for (name, stage) in &stages {
        let entry = entries.get(name).expect(name);
        let (verdict, same_stage) = agrees(entry, stage);
        if !verdict {
            wrong.push(format!("{name}: svccfg {stage}, here {entry:?}"));
        }
        if !same_stage {
            elsewhere.push(format!("{name}: svccfg {stage}, here {:?}", entry.stage));
        }
    }
    println!(
        "{folder}: verdict as svccfg {} of {expected}, stage {} of {expected}",
        expected - wrong.len(),
        expected - elsewhere.len()
    );
    println!("another stage:\n{}", elsewhere.join("\n"));
    assert!(wrong.is_empty(), "another verdict:\n{}", wrong.join("\n"));
    assert!(
        elsewhere.len() * 20 <= expected,
        "more than one in twenty differs:\n{}",
        elsewhere.join("\n")
    );
}

#[test]
fn manifests_that_were_tried() {
    assert_agreement("manifests", &[], 348);
}

#[test]
fn manifests_from_the_field() {
    assert_agreement("field", &[], 57);
}

#[test]
fn mistakes_from_the_field() {
    assert_agreement("field/refused", &[], 94);
}

#[test]
fn profiles_from_the_field() {
    assert_agreement("profiles", &["--profile"], 21);
}

/// Profiles that were given to the real `svccfg apply`, whose exit status is in the second column; 134 and 139: it crashed.
#[test]
fn profiles_that_were_applied() {
    let folder = "profiles/applied";
    let exits = stages(folder);
    assert_eq!(exits.len(), 157);
    let files = exits.keys().map(|name| format!("{name}.xml"));
    let options = ["--profile", "--json"].map(str::to_owned);
    let run = validate_in(&vectors(folder), options.into_iter().chain(files));
    let entries = entries(&run.stdout);
    let mut wrong = Vec::new();
    for (name, exit) in &exits {
        let entry = entries.get(name).expect(name);
        let crashed = entry.codes.iter().any(|code| code == "SMF0212");
        let agrees = match exit.as_str() {
            "0" => entry.accepted,
            "134" | "139" => !entry.accepted && crashed,
            // It stops at the first mistake, and a crash behind that is said as well.
            _ => entry.codes.iter().any(|code| code != "SMF0212"),
        };
        if !agrees {
            wrong.push(format!("{name}: exit status {exit}, here {entry:?}"));
        }
    }
    assert!(wrong.is_empty(), "another verdict:\n{}", wrong.join("\n"));
}

#[test]
fn a_profile_is_no_manifest() {
    let names = stages("profiles");
    let files = names.keys().map(|name| format!("{name}.xml"));
    let run = validate_in(
        &vectors("profiles"),
        ["--json".to_owned()].into_iter().chain(files),
    );
    for (name, entry) in entries(&run.stdout) {
        // The one that is a manifest by mistake is one.
        assert_eq!(entry.accepted, name == "manifest-as-profile", "{name}");
    }
}

#[test]
fn what_gen_writes_has_no_warning() {
    let shipped = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("manifests");
    let of_manifests = ["--strict", "vbox.xml", "three-vms.xml", "fleet.xml"];
    let of_profiles = ["--strict", "--profile", "profile.xml"];
    for arguments in [&of_manifests[..], &of_profiles[..]] {
        let run = validate_in(&shipped, arguments.iter().copied());
        assert_eq!((run.status, &*run.stdout), (Some(0), ""), "{run:?}");
    }
}
