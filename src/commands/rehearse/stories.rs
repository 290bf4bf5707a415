//! What is to be rehearsed: each manifest by itself, all VMs that are only named together.

use std::io;
use std::path::Path;

use crate::failure::{Failure, Kind};
use crate::manifest::model::{MethodContext, MethodCredential, ServiceBundle};
use crate::manifest::neighbours::Neighbours;
use crate::manifest::source::{Source, SourceError};
use crate::manifest::{build, write};
use crate::text::printable::Printable;
use crate::validate::{Code, Finding, Flavour, Included, Severity, judge};

/// The manifest that is rehearsed where none is named.
pub(super) const SHIPPED: &str = include_str!("../../../manifests/vbox.xml");
/// The namespace of `xi:include`.
const XINCLUDE: &str = "http://www.w3.org/2001/XInclude";
/// Whose VMs those are that are only named.
const OWNER: &str = "vbox";

/// A manifest that svccfg would import.
#[derive(Debug)]
pub(super) struct Manifest {
    /// What it is called.
    pub(super) name: String,
    /// What it holds.
    pub(super) text: String,
    /// What is to be said about it: the place, and the words.
    pub(super) notes: Vec<(String, String)>,
}

/// The manifests behind the operands.
///
/// # Errors
/// One cannot be read, or svccfg would not import it; a VM cannot be called so.
pub(super) fn manifests(operands: &[String]) -> Result<Vec<Manifest>, Failure> {
    if operands.is_empty() {
        let name = "the shipped manifest".to_owned();
        return Ok(vec![judged(name, SHIPPED.as_bytes(), None)?]);
    }
    let (files, vms): (Vec<_>, Vec<_>) = operands.iter().cloned().partition(|o| is_file(o));
    if files.iter().filter(|file| *file == "-").count() > 1 {
        let told = "- is given twice; standard input can be read only once";
        return Err(Failure::told(Kind::Usage, told));
    }
    let mut manifests = Vec::new();
    for file in files {
        let source = match file.as_str() {
            "-" => Source::Stdin,
            path => Source::File(path.into()),
        };
        let (bytes, neighbours) = source.read().map_err(unread)?;
        let name = Printable(&source.name()).to_string();
        manifests.push(judged(name, &bytes, Some((&source, &neighbours)))?);
    }
    if !vms.is_empty() {
        let mut bundle = build::bundle_for(&vms)?;
        give_to_owner(&mut bundle);
        let text = write::to_text(&bundle).map_err(|error| Failure::new(Kind::Usage, error))?;
        let name = format!("what `vbox-smf gen --user {OWNER}` writes for these VMs");
        manifests.push(judged(name, text.as_bytes(), None)?);
    }
    Ok(manifests)
}

fn unread(error: SourceError) -> Failure {
    let kind = match &error {
        SourceError::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
            Kind::Permission
        }
        SourceError::Io { .. }
        | SourceError::NotAFile(_)
        | SourceError::Nothing(_)
        | SourceError::TooMany { .. }
        | SourceError::TooDeep(_) => Kind::Config,
    };
    // Its words have its cause in them.
    Failure::told(kind, error)
}

/// What svccfg would not import is not rehearsed; what will surprise somebody is said first.
fn judged(
    name: String,
    bytes: &[u8],
    source: Option<(&Source, &Neighbours)>,
) -> Result<Manifest, Failure> {
    let findings = judge(bytes, Flavour::Manifest, &|href| match source {
        Some((_, neighbours)) => neighbours.read(href),
        None => Included::Outside,
    });
    if let Some(error) = findings.iter().find(|f| f.severity() == Severity::Error) {
        let told = format!("svccfg would not import {name}: {}", placed(error));
        let hint = match source {
            Some((Source::File(_) | Source::Below { .. }, _)) => {
                format!("run vbox-smf validate {name} for details")
            }
            Some((Source::Stdin, _)) | None => "run vbox-smf validate - for details".to_owned(),
        };
        return Err(Failure::told(Kind::Config, told).hinted(hint));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let told = format!(
            "{name} is not valid UTF-8 (from byte {})",
            error.valid_up_to()
        );
        Failure::told(Kind::Config, told).hinted("convert it with iconv -t UTF-8")
    })?;
    // A byte order mark is no part of the text.
    let text = text.trim_start_matches('\u{feff}').to_owned();
    let included = text.contains(XINCLUDE).then(|| {
        let told =
            "files named by xi:include are not rehearsed; insert them with xmllint --xinclude";
        ("xi:include".to_owned(), told.to_owned())
    });
    let notes = findings.iter().map(|finding| {
        let place = format!("line {}", finding.line);
        let short = if finding.code == Code::ShortTimeout {
            "the timeout is too short: "
        } else {
            ""
        };
        (
            place,
            format!("{short}{}; {}", finding.message, finding.help),
        )
    });
    Ok(Manifest {
        notes: notes.chain(included).collect(),
        name,
        text,
    })
}

fn placed(finding: &Finding) -> String {
    format!("{}:{}: {}", finding.line, finding.column, finding.message)
}

/// VMs that are only named have an owner too, as they should have in earnest.
fn give_to_owner(bundle: &mut ServiceBundle) {
    let credential = MethodCredential {
        user: OWNER.to_owned(),
        group: None,
        supp_groups: None,
        privileges: Some("basic".to_owned()),
        limit_privileges: None,
    };
    for instance in bundle.services.iter_mut().flat_map(|s| &mut s.instances) {
        instance
            .method_context
            .get_or_insert_with(|| MethodContext {
                working_directory: Some(":home".to_owned()),
                method_credential: Some(credential.clone()),
                ..MethodContext::default()
            });
    }
}

/// Whether an operand is a file's name, or stands for standard input; else it is a VM's.
fn is_file(operand: &str) -> bool {
    operand == "-"
        || operand.contains('/')
        || Path::new(operand).extension().is_some_and(|e| e == "xml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_vms() {
        for (operand, file) in [
            ("vm1", false),
            ("web=www.example", false),
            ("./vm1", true),
            ("vbox.xml", true),
            ("a/b", true),
            ("-", true),
        ] {
            assert_eq!(is_file(operand), file, "{operand}");
        }
    }

    #[test]
    fn what_svccfg_refuses_is_not_rehearsed() {
        let wrong = SHIPPED.replace("<instance name='vm1'", "<instance nme='vm1'");
        let failure = judged("x.xml".into(), wrong.as_bytes(), None).unwrap_err();
        assert_eq!(failure.kind, Kind::Config);
        let told = failure.to_string();
        assert!(told.contains("svccfg would not import x.xml: "), "{told}");
        assert!(told.contains("vbox-smf validate"), "{told}");
    }

    #[test]
    fn a_budget_that_is_too_short_is_told() {
        let short = SHIPPED.replace("timeout_seconds='300'", "timeout_seconds='60'");
        let group = "<property_group name='vm' type='application'>
            <propval name='stop_timeout' type='count' value='240'/></property_group>";
        let at = short.rfind("</instance>").unwrap();
        let text = format!("{}{group}{}", &short[..at], &short[at..]);
        let manifest = judged("x.xml".into(), text.as_bytes(), None).unwrap();
        let told = format!("{:?}", manifest.notes);
        assert!(told.contains("may take 240 s to stop"), "{told}");
        assert!(told.contains("raise timeout_seconds"), "{told}");
    }
}
