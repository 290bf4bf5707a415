//! `vbox-smf gen`: writes the manifest for VMs.

mod options;
mod profile;
mod rbac;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Kind};
use crate::manifest::blueprint::{Blueprint, BlueprintError};
use crate::manifest::model::ServiceBundle;
use crate::manifest::names::shell_word;
use crate::manifest::place::{PlaceError, place};
use crate::manifest::{build, write};
use crate::vm::Printable;

/// So many instances are named in the note on what to do next.
const NAMED: usize = 4;

/// Write an SMF manifest: a service, and an instance of it for each VM
///
/// An option applies to all VMs, or to one: `--user vm1:alice`. A property that is set for all goes to
/// the service, where every instance finds it; one that is set for one VM goes to its instance.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true
)]
#[command(after_help = "\
A VM that is called like a command is given as INSTANCE=NAME: rbac=rbac.

Examples:
  vbox-smf gen vm1 --user vbox --output vbox.xml
  vbox-smf gen vm1 db=db.example --user vbox --set db:vm/stop_method=acpipowerbutton
  vbox-smf gen vm1 vm2 --user vm1:alice --user vm2:bob --set vm/stop_timeout=240")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    other: Option<Other>,
    /// A VM's name or UUID; INSTANCE=NAME where an instance cannot be called like the VM
    #[arg(value_name = "VM", required = true)]
    vms: Vec<String>,
    /// Whose VMs they are: VirtualBox keeps VMs per user, and the methods run as that user
    #[arg(long = "user", value_name = "[INSTANCE:]USER")]
    users: Vec<String>,
    /// The group to run as, where it is not the user's own
    #[arg(long = "group", value_name = "[INSTANCE:]GROUP")]
    groups: Vec<String>,
    /// The value of a property, as in `vm/stop_method=acpipowerbutton`
    #[arg(long = "set", value_name = "[INSTANCE:]GROUP/PROPERTY=VALUE")]
    settings: Vec<String>,
    /// Let the import enable the instances, so that the VMs start at once
    #[arg(long)]
    enabled: bool,
    /// The service's name
    #[arg(long, value_name = "NAME", default_value = crate::fmri::DEFAULT_SERVICE)]
    service: String,
    /// The program that SMF runs to start and stop a VM
    #[arg(long, value_name = "PATH", default_value = "/lib/svc/method/vbox")]
    method: String,
    /// Where to write the manifest; - is standard output
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// Replace FILE where it exists
    #[arg(long)]
    force: bool,
}

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
    let blueprint = options::blueprint(arguments)?;
    let bundle = build::build(&blueprint).map_err(not_built)?;
    write(&bundle, &arguments.output, arguments.force)?;
    note(&next_step(&blueprint, &arguments.output));
    Ok(())
}

fn not_built(error: BlueprintError) -> Failure {
    let hint = match &error {
        BlueprintError::NameForAll => Some("give each VM as INSTANCE=NAME".to_owned()),
        BlueprintError::SameVm { .. } => Some("a VM can have one instance only".to_owned()),
        BlueprintError::NoInstance
        | BlueprintError::InstanceTwice(_)
        | BlueprintError::SettingTwice { .. } => None,
    };
    hinted(Failure::new(Kind::Usage, error), hint)
}

/// Writes a manifest or a profile to where it is wanted.
fn write(bundle: &ServiceBundle, output: &Path, force: bool) -> Result<(), Failure> {
    let text = write::to_text(bundle).map_err(|error| Failure::new(Kind::Usage, error))?;
    if output == Path::new("-") {
        print(&text)
    } else {
        place(output, &text, force).map_err(not_placed)
    }
}

/// Says what to do next. What was asked for is written: that nobody reads the note changes nothing.
fn note(note: &str) {
    let _closed = writeln!(io::stderr(), "{}", Printable(note));
}

/// What comes first where the text went to standard output, and the name of the file.
fn saved_as(output: &Path, usual: &str) -> (String, String) {
    if output == Path::new("-") {
        (format!("save it as {usual}, then "), usual.to_owned())
    } else {
        (String::new(), output.display().to_string())
    }
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
    let file = shell_word(&file);
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
    let then = if blueprint.enabled {
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
        next_step(&options::blueprint(&arguments).unwrap(), &arguments.output)
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
        let blueprint = options::blueprint(&arguments(&["vm1", "--user", "u"])).unwrap();
        assert_eq!(
            blueprint.method,
            crate::manifest::method::MethodPath::default()
        );
        assert_eq!(
            blueprint.service,
            crate::manifest::names::ServiceName::default()
        );
    }
}
