//! The fleet file: it is read the same every time, and what is made of it svccfg takes.

use crate::manifest::fleet::File;
use crate::manifest::request::Request;
use crate::manifest::{build, resolve, write};
use crate::validate as rules;
use crate::validate::{Flavour, Severity, judge};

/// The text of a fleet file: the request is the same every time, and a complaint points at a place of the file.
///
/// # Panics
/// Something that is promised does not hold.
pub fn fleet(bytes: &[u8]) {
    super::text(bytes, |text| {
        let request = request(text);
        assert_eq!(request, self::request(text), "not the same twice");
    });
}

/// The text of a fleet file: svccfg takes the manifest that is made of it.
///
/// # Panics
/// Something that is promised does not hold.
pub fn fleet_manifest(bytes: &[u8]) {
    super::text(bytes, |text| {
        let manifest = manifest(text);
        assert_eq!(manifest, self::manifest(text), "not the same twice");
        if let Ok(manifest) = manifest {
            let nothing = |_: &str| rules::Included::Missing;
            for finding in judge(manifest.as_bytes(), Flavour::Manifest, &nothing) {
                let refused = finding.severity() == Severity::Error;
                assert!(!refused, "{finding:?} in\n{manifest}");
            }
        }
    });
}

/// What the file asks for, or what is wrong.
fn request(text: &str) -> Result<Request, String> {
    File::parse(text)
        .and_then(|file| file.request())
        .map_err(|error| {
            // The file's last line ends before its end.
            let lines: Vec<&str> = text.split('\n').collect();
            let line = error.line.checked_sub(1).and_then(|at| lines.get(at));
            let line = line.unwrap_or_else(|| panic!("no such line: {error}"));
            let inside = (1..=line.chars().count() + 1).contains(&error.column);
            assert!(inside, "no such column: {error}");
            let told = error.to_string();
            super::assert_printable(&told);
            told
        })
}

/// The manifest, or what is wrong.
fn manifest(text: &str) -> Result<String, String> {
    let blueprint = resolve::resolve(&request(text)?)
        .map_err(|error| format!("{:#}", anyhow::Error::new(error)))?;
    write::to_text(&build::build(&blueprint)).map_err(|error| error.to_string())
}
