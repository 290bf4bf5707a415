//! What hostile names, files and environments cannot do.

mod environment;
mod files;
#[cfg(target_os = "linux")]
mod interrupted_writes;
mod names;
mod places;
mod random;
mod root_writes;
#[cfg(target_os = "linux")]
mod write_races;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use assert_cmd::Command;

/// Longer than this nothing takes that does not hang, however busy the machine is.
const WITHIN: Duration = Duration::from_secs(900);

/// A folder of its own for a test, empty.
fn folder(test: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("security-{test}"));
    let _gone = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A folder that other users reach, which target need not be. It goes away with the test, also where that fails.
struct Elsewhere(PathBuf);

impl Elsewhere {
    fn new(test: &str) -> Self {
        let path = format!("/var/tmp/vbox-smf-{test}-{}", std::process::id());
        fs::create_dir(&path).unwrap();
        Self(path.into())
    }
}

impl std::ops::Deref for Elsewhere {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        // Where a test fails, that is what has to be told.
        let _there = fs::remove_dir_all(&self.0);
    }
}

/// The program with an empty environment, in this folder.
fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vbox-smf"));
    command.current_dir(folder).env_clear().timeout(WITHIN);
    command
}

/// Runs it on these arguments, and looks at what it prints.
#[track_caller]
fn run(folder: &Path, arguments: &[OsString]) -> Output {
    let output = program(folder).args(arguments).output().unwrap();
    assert_harmless(arguments, &output);
    output
}

/// Whether a character does something to a terminal. Said otherwise than the program says it.
pub(crate) fn is_harmful(c: char) -> bool {
    let code = u32::from(c);
    let ranges = [
        0x00..=0x1f,
        0x7f..=0x9f,
        0x200b..=0x200f,
        0x2028..=0x202e,
        0x2060..=0x2069,
        0xfeff..=0xfeff,
        0xe0000..=0xe007f,
    ];
    c != '\n' && ranges.iter().any(|range| range.contains(&code))
}

/// It ended by itself, with a status that is documented, and nothing that it printed does something to a terminal.
#[track_caller]
fn assert_harmless(arguments: &[OsString], output: &Output) {
    let status = output.status.code();
    assert!(
        status.is_some_and(|status| [0, 1, 2, 95, 96, 99, 100].contains(&status)),
        "{arguments:?}: {output:?}"
    );
    for stream in [&output.stdout, &output.stderr] {
        let text = std::str::from_utf8(stream).unwrap_or_else(|e| panic!("{arguments:?}: {e}"));
        let harm = text.find(is_harmful);
        assert_eq!(
            harm,
            None,
            "{arguments:?}: {:?}",
            text.get(harm.unwrap_or(0)..)
        );
        // What a name has after a line end begins no line.
        let forged = text.lines().any(|line| line.starts_with("FORGED"));
        assert!(!forged, "{arguments:?}: {text}");
        assert!(!text.contains("panicked at"), "{arguments:?}: {text}");
    }
}

/// A row of the table that `VBOX_SMF_REAL=1 VBOX_SMF_MANY=1 cargo test --release --test all -- --nocapture security:: real::hostile neighbour` prints.
/// Whoever comes here has found nothing broken.
pub(crate) fn row(what: &str, runs: usize) {
    println!("| {what} | {runs} | 0 |");
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

/// The words, with the name put in where they say NAME.
fn with_name(words: &[&str], name: &OsStr) -> Vec<OsString> {
    let put_in = |word: &&str| {
        let mut parts = word.split("NAME");
        let mut whole = OsString::from(parts.next().unwrap());
        for part in parts {
            whole.push(name);
            whole.push(part);
        }
        whole
    };
    words.iter().map(put_in).collect()
}

/// Where a name can stand on a command line.
const COMMAND_LINES: [&[&str]; 74] = [
    &["NAME"],
    &["--NAME"],
    &["-NAME"],
    &["gen", "NAME", "--user=u"],
    &["gen", "--user=u", "--", "NAME"],
    &["gen", "i=NAME", "--user=u"],
    &["gen", "NAME=NAME", "--user=u"],
    &["gen", "i=NAME", "--user=u", "--explain"],
    &["gen", "i=NAME", "--user=u", "--explain", "--json"],
    &["gen", "vm1", "--user", "NAME"],
    &["gen", "vm1", "--user", "NAME:u"],
    &["gen", "vm1", "--user=NAME"],
    &["gen", "vm1", "--user=u", "--group=NAME"],
    &["gen", "vm1", "--user=u", "--set=vm/name=NAME"],
    &["gen", "vm1", "--user=u", "--set=vm1:vm/name=NAME"],
    &["gen", "vm1", "--user=u", "--set=NAME=x"],
    &["gen", "vm1", "--user=u", "--set=NAME"],
    &[
        "gen",
        "vm1",
        "--user=u",
        "--set=virtualbox/vboxmanage=/NAME",
    ],
    &["gen", "vm1", "--user=u", "--set=vm/stop_timeout=NAME"],
    &["gen", "vm1", "--user=u", "--set=vm/stop_method=NAME"],
    &["gen", "vm1", "--user=u", "--after=NAME"],
    &["gen", "vm1", "--user=u", "--requires=vm1:NAME"],
    &["gen", "vm1", "--user=u", "--depends-on=NAME"],
    &["gen", "vm1", "--user=u", "--depends-on=svc:/NAME"],
    &["gen", "vm1", "--user=u", "--path=/NAME"],
    &["gen", "vm1", "--user=u", "--path=NAME"],
    &["gen", "vm1", "--user=u", "--env=A=NAME"],
    &["gen", "vm1", "--user=u", "--env=NAME=1"],
    &["gen", "vm1", "--user=u", "--timezone=NAME"],
    &["gen", "vm1", "--user=u", "--working-directory=/NAME"],
    &["gen", "vm1", "--user=u", "--project=NAME"],
    &["gen", "vm1", "--user=u", "--resource-pool=NAME"],
    &["gen", "vm1", "--user=u", "--privileges=NAME"],
    &["gen", "vm1", "--user=u", "--limit-privileges=NAME"],
    &["gen", "vm1", "--user=u", "--notify=NAME"],
    &["gen", "vm1", "--user=u", "--notify=mailto:NAME"],
    &["gen", "vm1", "--user=u", "--delegate=NAME"],
    &["gen", "vm1", "--user=u", "--service=NAME"],
    &["gen", "vm1", "--user=u", "--service=site/NAME"],
    &["gen", "vm1", "--user=u", "--method=/NAME"],
    &["gen", "vm1", "--user=u", "--model=NAME"],
    &["gen", "vm1", "--user=u", "--output=nowhere/NAME"],
    &["gen", "vm1", "--user=u", "--output-dir=nowhere/NAME"],
    &["gen", "--fleet=nowhere/NAME"],
    &["gen", "rbac", "vm1", "--admin=NAME"],
    &["gen", "rbac", "vm1", "--delegate=vm1:NAME"],
    &["gen", "rbac", "NAME", "--admin=a"],
    &["gen", "profile", "NAME"],
    &["gen", "profile", "vm1", "--set=vm1:vm/name=NAME"],
    &["rehearse", "NAME"],
    &["rehearse", "NAME", "--json"],
    &["rehearse", "NAME", "--svg=-"],
    &["rehearse", "vm1", "--scenario=NAME"],
    &["rehearse", "vm1", "--guest=NAME"],
    &["rehearse", "vm1", "--guest=NAME:deaf"],
    &["rehearse", "vm1", "--fault=vm1:NAME"],
    &["rehearse", "nowhere/NAME"],
    &["validate", "NAME"],
    &["validate", "--json", "NAME"],
    &["validate", "--explain=NAME"],
    &["explain", "--set=vm/name=NAME"],
    &["explain", "--set=NAME=x"],
    &["explain", "--set=vm/name=NAME", "--json"],
    &["explain", "--fmri=NAME"],
    &["describe", "NAME"],
    &["completions", "NAME"],
    &["man", "NAME"],
    &["status", "NAME"],
    &["status", "--service=NAME"],
    &["status", "-o", "NAME"],
    &["doctor", "NAME"],
    &["start", "--fmri=svc:/site/xvm/vbox:NAME"],
    &["stop", "--vm=NAME"],
    &["refresh", "--fmri=NAME", "NAME"],
];
