//! Calls of `vbox-smf validate`, and the files that they judge.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assert_cmd::Command;
use serde_json::Value;

/// A manifest without a fault.
pub(super) const GOOD: &str = include_str!("../../manifests/vbox.xml");

/// One that svccfg refuses: the document type does not know the element. The fault is in line 4.
pub(super) const BAD: &str = "<?xml version='1.0'?>
<!DOCTYPE service_bundle SYSTEM '/usr/share/lib/xml/dtd/service_bundle.dtd.1'>
<service_bundle type='manifest' name='bad'>
  <servise name='site/bad' type='service' version='1'/>
</service_bundle>
";

/// One that svccfg takes, and that has a warning: `single_instance` does nothing.
pub(super) const WARNED: &str = "<?xml version='1.0'?>
<!DOCTYPE service_bundle SYSTEM '/usr/share/lib/xml/dtd/service_bundle.dtd.1'>
<service_bundle type='manifest' name='warned'>
  <service name='site/warned' type='service' version='1'>
    <single_instance/>
  </service>
</service_bundle>
";

/// What a run gave.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// `None` after a signal.
    pub(super) status: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// `vbox-smf validate` with an empty environment.
pub(super) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vbox-smf"));
    command
        .arg("validate")
        .env_clear()
        .timeout(Duration::from_secs(900));
    command
}

/// Runs a command to its end.
pub(super) fn run(command: &mut Command) -> Run {
    let output = command.output().unwrap();
    Run {
        status: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs `vbox-smf validate` in a folder.
pub(super) fn validate_in(
    folder: &Path,
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
) -> Run {
    run(command().args(arguments).current_dir(folder))
}

/// An empty folder for one test.
pub(super) fn folder(test: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("validate {test}"));
    let _gone = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

/// A folder with these files.
pub(super) fn folder_with(test: &str, files: &[(&str, &str)]) -> PathBuf {
    let path = folder(test);
    for (name, text) in files {
        let file = path.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    path
}

/// What the JSON says of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) accepted: bool,
    /// The stage of the first error.
    pub(super) stage: Option<String>,
    pub(super) findings: usize,
    /// The codes of the errors.
    pub(super) codes: Vec<String>,
}

/// What `--json` printed, by the file names without folder and extension.
#[track_caller]
pub(super) fn entries(stdout: &str) -> BTreeMap<String, Entry> {
    let report: Value = serde_json::from_str(stdout).expect("one JSON object");
    assert_eq!(report["version"], 1);
    let files = report["files"].as_array().expect("an array of files");
    let entry = |file: &Value| {
        let name = Path::new(file["file"].as_str().unwrap());
        let findings = file["findings"].as_array().unwrap();
        let first = findings.iter().find(|f| f["severity"] == "error");
        let accepted = match file["verdict"].as_str() {
            Some("accepted") => true,
            Some("refused") => false,
            other => panic!("{other:?}"),
        };
        let entry = Entry {
            accepted,
            stage: first.map(|f| f["stage"].as_str().unwrap().to_owned()),
            findings: findings.len(),
            codes: findings
                .iter()
                .filter(|f| f["severity"] == "error")
                .map(|f| f["code"].as_str().unwrap().to_owned())
                .collect(),
        };
        (
            name.file_stem().unwrap().to_str().unwrap().to_owned(),
            entry,
        )
    };
    files.iter().map(entry).collect()
}
