//! `vbox-smf gen --fleet`: the VMs and everything about them from a file.

use std::collections::HashSet;
use std::io;
use std::path::Path;

use super::options::{model_failure, usage};
use crate::failure::{Failure, Kind};
use crate::host::real::read_limited::read_named;
use crate::manifest::blueprint::Blueprint;
use crate::manifest::fleet::File;
use crate::manifest::request::Request;
use crate::manifest::resolve::{ResolveError, resolve};
use crate::text::printable::Printable;

/// A larger file is not a fleet: 10,000 VMs need about 1 MB.
const FILE_MAX: u64 = 16 << 20;

/// So many instances are named where one is asked for that is not there.
const NAMED: usize = 16;

/// What the command line says beside the file.
#[derive(Debug)]
pub(super) struct Options<'a> {
    /// The instances that are wanted; none for all.
    pub(super) names: &'a [String],
    /// `--service`
    pub(super) service: &'a str,
    /// `--method`, where the command has one.
    pub(super) method: Option<&'a str>,
    /// `--model`, where the command has one.
    pub(super) model: Option<&'a str>,
}

/// What the file says, of all its VMs or of those that are named.
///
/// # Errors
/// The file cannot be read, is wrong somewhere, or has no such VM.
pub(super) fn blueprint(
    path: &Path,
    options: &Options<'_>,
) -> Result<(Request, Blueprint), Failure> {
    let request = request(path, options)?;
    let mut blueprint = resolve(&request).map_err(|error| failure(path, &error))?;
    choose(&mut blueprint, options.names, path)?;
    Ok((request, blueprint))
}

/// What the file asks for.
///
/// # Errors
/// The file cannot be read, or is wrong somewhere; the line and the column are named.
fn request(path: &Path, options: &Options<'_>) -> Result<Request, Failure> {
    let text = read(path)?;
    let mut request = File::parse(&text)
        .and_then(|file| file.request())
        .map_err(|error| {
            let told = format!("{}:{error}", path.display());
            super::hinted(Failure::told(Kind::Config, told), error.hint)
        })?;
    request.service = options.service.parse().map_err(usage("--service"))?;
    if let Some(method) = options.method {
        request.method = method.parse().map_err(usage("--method"))?;
    }
    if let Some(model) = options.model {
        request.model = model.parse().map_err(model_failure)?;
    }
    Ok(request)
}

fn read(path: &Path) -> Result<String, Failure> {
    let shown = path.display().to_string();
    let bytes = read_named(path, FILE_MAX).map_err(|error| {
        let kind = match error.kind() {
            io::ErrorKind::PermissionDenied => Kind::Permission,
            _ => Kind::Config,
        };
        let error = anyhow::Error::new(error).context(format!("cannot read {}", Printable(&shown)));
        Failure::new(kind, error)
    })?;
    if bytes.len() as u64 > FILE_MAX {
        return Err(Failure::told(
            Kind::Config,
            format_args!("{shown} is larger than {FILE_MAX} bytes"),
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let message = format_args!("{shown} is not valid UTF-8 (from byte {valid})");
        Failure::told(Kind::Config, message)
    })
}

/// What cannot be together, in a file: with the file's name, and next steps that a file has.
fn failure(path: &Path, error: &ResolveError) -> Failure {
    let hint = match error {
        ResolveError::NoUser(vm) => Some(format!(
            "set user = \"NAME\" in [defaults], in [vm.{vm}] or in one of its templates"
        )),
        ResolveError::Authority { .. } => {
            Some("rename the table, and set the VM's name with the key name".to_owned())
        }
        other => other.hint(),
    };
    let told = format!(
        "{}: {:#}",
        path.display(),
        anyhow::Error::new(error.clone())
    );
    super::hinted(Failure::told(Kind::Config, told), hint)
}

/// Leaves the instances that are named. What the service says for all was decided for the whole fleet.
///
/// # Errors
/// The file has no such instance.
fn choose(blueprint: &mut Blueprint, names: &[String], path: &Path) -> Result<(), Failure> {
    let wanted: HashSet<&str> = names.iter().map(String::as_str).collect();
    let known: HashSet<&str> = blueprint
        .instances
        .iter()
        .map(|of| of.name.as_str())
        .collect();
    for name in names {
        if !known.contains(name.as_str()) {
            let mut there: Vec<_> = blueprint
                .instances
                .iter()
                .map(|of| of.name.as_str())
                .take(NAMED)
                .collect();
            if known.len() > there.len() {
                there.push("...");
            }
            let message = format_args!("{} has no [vm.{}]", path.display(), Printable(name));
            return Err(Failure::told(Kind::Usage, message)
                .hinted(format!("available: {}", there.join(", "))));
        }
    }
    if !names.is_empty() {
        blueprint
            .instances
            .retain(|of| wanted.contains(of.name.as_str()));
    }
    Ok(())
}
