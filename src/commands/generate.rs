//! `vbox-smf gen`: writes the manifest for VMs.

mod arguments;
mod deliver;
mod explain;
mod fleet;
mod from_virtualbox;
mod options;
mod profile;
mod rbac;
mod scope;
mod typed;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::failure::Failure;
use crate::host::Host;
use crate::manifest::blueprint::Blueprint;
use crate::manifest::context::Variable;
use crate::manifest::resolve::resolve;
use crate::text::log::Log;
use crate::text::shell::shell_word;
pub(crate) use arguments::Arguments;
use deliver::Target;

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
/// The arguments do not make sense together, svccfg refuses the manifest, or it cannot be written.
pub(crate) fn run(
    host: &dyn Host,
    log: &Log<'_>,
    environment: &[(OsString, OsString)],
    arguments: &Arguments,
) -> Result<(), Failure> {
    match &arguments.other {
        None => manifest(host, log, environment, arguments),
        Some(Other::Rbac(arguments)) => rbac::run(log, arguments),
        Some(Other::Profile(arguments)) => profile::run(log, arguments),
    }
}

fn manifest(
    host: &dyn Host,
    log: &Log<'_>,
    environment: &[(OsString, OsString)],
    arguments: &Arguments,
) -> Result<(), Failure> {
    let mut notes = Vec::new();
    let (request, blueprint) = if let Some(path) = &arguments.fleet {
        let options = fleet::Options {
            names: &arguments.vms,
            service: &arguments.service,
            method: Some(&arguments.method),
            model: Some(&arguments.model),
        };
        fleet::blueprint(path, &options)?
    } else {
        let request = if arguments.from_virtualbox {
            let found = from_virtualbox::look(host, log, environment, arguments)?;
            notes.extend(found.notes);
            options::request_for(arguments, found.vms, found.directives)?
        } else {
            options::request(arguments)?
        };
        let blueprint = resolve(&request)?;
        (request, blueprint)
    };
    if arguments.explain {
        return explain::run(&request, &blueprint, arguments.json);
    }
    let target = deliver::Target::of(arguments);
    let mut texts = deliver::Texts::of(&blueprint, &target);
    if arguments.svccfg {
        deliver::ask_svccfg(host, &mut texts)?;
    }
    deliver::deliver(&mut texts, arguments.force)?;
    notes.extend(unseen_variables(&blueprint));
    notes.push(next_step(&blueprint, &target));
    for note in notes {
        log.line(note);
    }
    Ok(())
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
            format!("note: {name} is not passed to VirtualBox; only TZ, LANG, LC_ALL, LC_CTYPE and VBOX_* are")
        })
        .collect()
}

fn hinted(failure: Failure, hint: Option<String>) -> Failure {
    match hint {
        Some(hint) => failure.hinted(hint),
        None => failure,
    }
}

/// `next: svccfg import vbox.xml; svcadm enable vbox:vm1`
fn next_step(blueprint: &Blueprint, target: &Target<'_>) -> String {
    let word = |path: PathBuf| shell_word(&path.display().to_string());
    let instances = &blueprint.instances;
    let (save, files) = match target {
        Target::Stdout => ("save it as vbox.xml, then ", vec!["vbox.xml".to_owned()]),
        Target::File(path) => ("", vec![word(path.to_path_buf())]),
        Target::Folder(folder) => {
            let files = instances.iter().take(NAMED);
            let paths = files.map(|instance| word(deliver::file_of(folder, instance)));
            ("", shortened(paths.collect(), instances.len()))
        }
    };
    let service = blueprint.service.short();
    let fmris = instances
        .iter()
        .take(NAMED)
        .map(|instance| format!("{service}:{}", instance.name));
    let fmris = shortened(fmris.collect(), instances.len());
    let (then, existing) = if instances.iter().all(|instance| instance.enabled) {
        // svccfg keeps what an instance has.
        let existing =
            " (an instance that already existed and is disabled stays disabled; use svcadm enable)";
        ("svcs", existing)
    } else {
        ("svcadm enable", "")
    };
    format!(
        "next: {save}svccfg import {}; {then} {}{existing}",
        files.join(" "),
        fmris.join(" ")
    )
}

/// The first of them, and a sign that there are more.
fn shortened(mut first: Vec<String>, all: usize) -> Vec<String> {
    if all > first.len() {
        first.push("...".to_owned());
    }
    first
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
        next_step(&blueprint, &Target::of(&arguments))
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
            "next: svccfg import v.xml; svcs vbox:a vbox:b vbox:c vbox:d ... (an instance that already existed and is disabled stays disabled; use svcadm enable)"
        );
        assert_eq!(
            note(&["a", "b", "--user=u", "--output-dir=/my vms"]),
            "next: svccfg import '/my vms/a.xml' '/my vms/b.xml'; svcadm enable vbox:a vbox:b"
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
