//! The command from its arguments to what it shows.

use super::*;
use crate::simulation::rehearsal::outcome::Outcome;
use clap::{Parser, ValueEnum};

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

fn arguments(line: &[&str]) -> Arguments {
    let words = std::iter::once("rehearse").chain(line.iter().copied());
    Line::try_parse_from(words).unwrap().arguments
}

fn played(line: &[&str]) -> Result<Vec<(String, Played)>, Failure> {
    let arguments = arguments(line);
    stories(&arguments, &stories::manifests(&arguments.operands)?)
}

fn text(played: &Played) -> String {
    let ink = Letters::Plain;
    Text { played, ink }.to_string()
}

/// The only story of a command line, which is to have ended well.
fn good(line: &[&str]) -> String {
    let stories = played(line).unwrap();
    let text = text(&stories[0].1);
    assert!(verdict(&stories).is_ok(), "{text}");
    text
}

#[test]
fn a_vm_lives_its_life() {
    let text = good(&["vm1"]);
    for row in [
        "   0.000  vm1       smf   enabled\n",
        "  vm1       vm    poweroff -> starting\n",
        "  vm1       vm    starting -> running\n",
        ": online\n",
        "  vm1       vm    saving -> saved\n",
        ": disabled\n",
        "\n1 of 1 instances ended in the expected state.\n",
    ] {
        assert!(text.contains(row), "no {row:?} in:\n{text}");
    }
    let widest = text.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{text}");
}

#[test]
fn every_scenario_of_the_manifest_that_is_shipped() {
    let stories = played(&["--all"]).unwrap();
    let scenarios: Vec<Scenario> = stories.iter().map(|(_, played)| played.scenario).collect();
    assert_eq!(scenarios, Scenario::all());
    let readme = include_str!("../../../README.md");
    let (_, listed) = readme.split_once("The scenarios are ").unwrap();
    let (listed, _) = listed.split_once("; `--help`").unwrap();
    for scenario in Scenario::all() {
        let word = scenario.word();
        assert_eq!(Scenario::from_str(word, false), Ok(*scenario), "{word}");
        assert!(listed.contains(&format!("`{word}`")), "README.md: {word}");
    }
    for (_, played) in &stories {
        assert!(
            played.outcomes.iter().all(Outcome::is_good),
            "{}",
            text(played)
        );
    }
}

#[test]
fn a_wish_for_nobody_is_refused() {
    for line in [
        ["vm1", "--guest", "vm2=deaf"],
        ["vm1", "--fault", "vm2=hang"],
    ] {
        let failure = played(&line).unwrap_err();
        assert_eq!(failure.kind, Kind::Usage);
        let told = failure.to_string();
        assert!(
            told.contains("unknown instance 'vm2'; the instances are vm1"),
            "{told}"
        );
    }
    good(&["vm1", "--guest", "svc:/site/xvm/vbox:vm1=deaf"]);
}

#[test]
fn words_that_are_none_are_refused_with_those_that_are() {
    for (option, word, expected) in [
        ("--guest", "sleepy", "off-by-itself=5m"),
        ("--fault", "fire", "not-registered"),
        ("--shutdown-limit", "90", "250ms, 90s, 5m or 1h"),
        ("--scenario", "crash", "shutdown"),
    ] {
        let error = Line::try_parse_from(["rehearse", option, word]).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn the_record_is_one_object_with_the_columns_of_the_timeline() {
    let stories = played(&["vm1", "--guest", "deaf", "--scenario", "disable"]).unwrap();
    let record = serde_json::to_value(Record::of(&stories)).unwrap();
    assert_eq!(record["version"], 1);
    let events = record["events"].as_array().unwrap();
    let started = events.iter().find(|e| e["state"] == "running").unwrap();
    assert_eq!(started["kind"], "vm");
    assert_eq!(started["instance"], "vm1");
    assert_eq!(started["scenario"], "disable");
    assert!(started["time"].is_f64());
    let run = events.iter().find(|e| e["kind"] == "run").unwrap();
    assert!(run["command"].as_str().unwrap().starts_with("svcprop "));
    // The instance has not all of what is asked for.
    assert_eq!(run["exit_status"], 1);
    // Every field is explained.
    let readme = include_str!("../../../README.md");
    let (_, section) = readme.split_once("\n## Rehearse\n").unwrap();
    let of_events = events.iter().flat_map(|e| e.as_object().unwrap().keys());
    let of_results = record["results"][0].as_object().unwrap().keys();
    for field in of_events.chain(of_results) {
        assert!(section.contains(&format!("`{field}`")), "no {field}");
    }
    let result = &record["results"][0];
    assert_eq!(result["smf_state"], "disabled");
    assert_eq!(result["vm_state"], "saved");
    assert_eq!(result["ok"], true);
}

#[test]
fn colours_change_no_letter() {
    let stories = played(&["vm1"]).unwrap();
    let played = &stories[0].1;
    let ink = Letters::Colour;
    let coloured = Text { played, ink }.to_string();
    assert!(coloured.contains("\x1b[36msmf \x1b[0m"), "{coloured}");
    let mut plain = String::new();
    let mut parts = coloured.split("\x1b[");
    plain.push_str(parts.next().unwrap());
    for part in parts {
        plain.push_str(part.split_once('m').unwrap().1);
    }
    assert_eq!(plain, text(played));
}
