//! `vbox-smf gen`: writes the manifest for VMs.

mod arguments;
mod explain;
mod fleet;
mod options;
mod profile;
mod rbac;
mod scope;

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::path::Path;

use crate::failure::{Failure, Kind};
use crate::manifest::blueprint::Blueprint;
use crate::manifest::context::Variable;
use crate::manifest::model::ServiceBundle;
use crate::manifest::names::shell_word;
use crate::manifest::place::{PlaceError, place};
use crate::manifest::resolve::resolve;
use crate::manifest::{build, write};
use crate::vm::Printable;
pub(crate) use arguments::Arguments;

/// So many instances are named in the note on what to do next.
const NAMED: usize = 4;

/// What is written beside the manifest.
#[derive(Debug, clap::Subcommand)]
enum Other {
    Rbac(rbac::Arguments),
    Profile(profile::Arguments),
}

/// Writes what is asked for, then says on standard error what to do with it.
///
/// # Errors
/// The arguments do not make sense together, or a file cannot be written.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.other {
        None => manifest(arguments),
        Some(Other::Rbac(arguments)) => rbac::run(arguments),
        Some(Other::Profile(arguments)) => profile::run(arguments),
    }
}

fn manifest(arguments: &Arguments) -> Result<(), Failure> {
    let (request, blueprint) = if let Some(path) = &arguments.fleet {
        let (service, method) = (&arguments.service, Some(arguments.method.as_str()));
        fleet::blueprint(path, &arguments.vms, service, method)?
    } else {
        let request = options::request(arguments)?;
        let blueprint = resolve(&request)?;
        (request, blueprint)
    };
    if arguments.explain {
        return explain::run(&request, &blueprint, arguments.json);
    }
    write_bundle(
        &build::build(&blueprint),
        &arguments.output,
        arguments.force,
    )?;
    let mut notes = unseen_variables(&blueprint);
    notes.push(next_step(&blueprint, &arguments.output));
    for note in notes {
        say(&note);
    }
    Ok(())
}

/// Writes a manifest or a profile to where it is wanted.
fn write_bundle(bundle: &ServiceBundle, output: &Path, force: bool) -> Result<(), Failure> {
    let text = write::to_text(bundle).map_err(|error| Failure::new(Kind::Usage, error))?;
    if output == Path::new("-") {
        print(&text)
    } else {
        place(output, &text, force).map_err(not_placed)
    }
}

/// Says what to do next. What was asked for is written: that nobody reads the note changes nothing.
fn say(note: &str) {
    let _closed = writeln!(io::stderr(), "{}", Printable(note));
}

/// What comes first where the text went to standard output, and the name of the file, for a shell.
fn saved_as(output: &Path, usual: &str) -> (String, String) {
    if output == Path::new("-") {
        (format!("save it as {usual}, then "), usual.to_owned())
    } else {
        (String::new(), shell_word(&output.display().to_string()))
    }
}

/// Variables that are set for nothing: a line for each.
fn unseen_variables(blueprint: &Blueprint) -> Vec<String> {
    let owners = blueprint.instances.iter().filter_map(|i| i.owner.as_ref());
    let unseen: BTreeSet<_> = owners
        .flat_map(|owner| &owner.environment)
        .filter(|variable| !variable.reaches_virtualbox())
        .map(Variable::name)
        .collect();
    unseen
        .into_iter()
        .map(|name| {
            format!("note: VirtualBox does not see {name}: vbox-smf gives it TZ, LANG, LC_ALL, LC_CTYPE and VBOX_*")
        })
        .collect()
}

fn hinted(failure: Failure, hint: Option<String>) -> Failure {
    match hint {
        Some(hint) => failure.hinted(hint),
        None => failure,
    }
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| {
            let error = anyhow::Error::new(error).context("cannot write to standard output");
            Failure::new(Kind::Transient, error)
        })
}

fn not_placed(error: PlaceError) -> Failure {
    let (kind, hint) = match &error {
        PlaceError::Exists(_) => (Kind::Config, Some("--force replaces it".to_owned())),
        PlaceError::NotAFile(_) => (Kind::Config, Some("name a file".to_owned())),
        PlaceError::Io { source, .. } => match source.kind() {
            io::ErrorKind::PermissionDenied => (Kind::Permission, None),
            io::ErrorKind::NotFound => (Kind::Config, Some("is the folder there?".to_owned())),
            _ => (Kind::Transient, None),
        },
    };
    hinted(Failure::new(kind, error), hint)
}

/// `next: svccfg import vbox.xml; svcadm enable vbox:vm1`
fn next_step(blueprint: &Blueprint, output: &Path) -> String {
    let (save, file) = saved_as(output, "vbox.xml");
    let service = blueprint.service.short();
    let instances = &blueprint.instances;
    let mut fmris: Vec<_> = instances
        .iter()
        .take(NAMED)
        .map(|instance| format!("{service}:{}", instance.name))
        .collect();
    if instances.len() > NAMED {
        fmris.push("...".to_owned());
    }
    let then = if instances.iter().all(|instance| instance.enabled) {
        "svcs"
    } else {
        "svcadm enable"
    };
    format!(
        "next: {save}svccfg import {file}; {then} {}",
        fmris.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    /// The arguments of a command line.
    pub(super) fn arguments(line: &[&str]) -> Arguments {
        let words = std::iter::once("gen").chain(line.iter().copied());
        Line::try_parse_from(words).unwrap().arguments
    }

    fn note(line: &[&str]) -> String {
        let arguments = arguments(line);
        let blueprint = resolve(&options::request(&arguments).unwrap()).unwrap();
        next_step(&blueprint, &arguments.output)
    }

    #[test]
    fn the_note_can_be_pasted() {
        assert_eq!(
            note(&["vm1", "--user", "u"]),
            "next: save it as vbox.xml, then svccfg import vbox.xml; svcadm enable vbox:vm1"
        );
        assert_eq!(
            note(&[
                "a",
                "b",
                "--user",
                "u",
                "-o",
                "/tmp/my vms.xml",
                "--service",
                "site/x"
            ]),
            "next: svccfg import '/tmp/my vms.xml'; svcadm enable x:a x:b"
        );
        assert_eq!(
            note(&[
                "a",
                "b",
                "c",
                "d",
                "e",
                "--user",
                "u",
                "--output=v.xml",
                "--enabled"
            ]),
            "next: svccfg import v.xml; svcs vbox:a vbox:b vbox:c vbox:d ..."
        );
    }

    #[test]
    fn the_default_method_is_the_one_that_is_installed() {
        let request = options::request(&arguments(&["vm1", "--user", "u"])).unwrap();
        assert_eq!(
            request.method,
            crate::manifest::method::MethodPath::default()
        );
        assert_eq!(
            request.service,
            crate::manifest::names::ServiceName::default()
        );
    }
}
