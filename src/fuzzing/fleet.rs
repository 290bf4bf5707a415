//! The fleet file: it is read the same every time, and what is made of it svccfg takes.

use crate::fleet::File;
use crate::manifest::rules::{Flavour, Severity, judge};
use crate::manifest::{build, resolve, rules, write};

/// The text of a fleet file.
///
/// # Panics
/// Something that is promised does not hold.
pub fn fleet(bytes: &[u8]) {
    super::text(bytes, |text| {
        let written = manifest(text);
        assert_eq!(written, manifest(text), "not the same twice");
        if let Ok(written) = written {
            let nothing = |_: &str| rules::Included::Missing;
            for finding in judge(written.as_bytes(), Flavour::Manifest, &nothing) {
                let refused = finding.severity() == Severity::Error;
                assert!(!refused, "{finding:?} in\n{written}");
            }
        }
    });
}

/// The manifest, or what is wrong.
fn manifest(text: &str) -> Result<String, String> {
    let request = File::parse(text)
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
        })?;
    let blueprint =
        resolve::resolve(&request).map_err(|error| format!("{:#}", anyhow::Error::new(error)))?;
    write::to_text(&build::build(&blueprint)).map_err(|error| error.to_string())
}
