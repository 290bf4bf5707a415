//! From what was typed to a [`Request`].

use std::fmt;
use std::str::FromStr;

use super::Arguments;
use super::scope::{Named, Scopes};
use crate::config::schema;
use crate::failure::{Failure, Kind};
use crate::manifest::context::Variable;
use crate::manifest::duration::DurationError;
use crate::manifest::names::{Operand, OperandError};
use crate::manifest::request::{Origin, Owners, Request, VmRequest, Want, Whom, Wish};
use crate::manifest::setting::{Setting, SettingError};
use crate::text::printable::Printable;

/// What the arguments ask for.
///
/// # Errors
/// A name or a value cannot be.
pub(super) fn request(arguments: &Arguments) -> Result<Request, Failure> {
    request_for(arguments, vms(&arguments.vms)?, Vec::new())
}

/// The same where VirtualBox has said which VMs there are, and more about them.
///
/// # Errors
/// A name or a value cannot be.
pub(super) fn request_for(
    arguments: &Arguments,
    vms: Vec<VmRequest>,
    found: Vec<Wish>,
) -> Result<Request, Failure> {
    let wishes = wishes(arguments, &vms, found)?;
    Ok(Request {
        service: arguments.service.parse().map_err(usage("--service"))?,
        method: arguments.method.parse().map_err(usage("--method"))?,
        model: arguments.model.parse().map_err(model_failure)?,
        owners: Owners::Needed,
        vms,
        wishes,
    })
}

/// The VMs that are named.
///
/// # Errors
/// No instance can be called like one.
pub(super) fn vms(texts: &[String]) -> Result<Vec<VmRequest>, Failure> {
    texts
        .iter()
        .map(|text| {
            let operand: Operand = text.parse().map_err(operand_failure)?;
            Ok(VmRequest {
                instance: operand.instance,
                vm: operand.vm,
                origin: Origin::new(text),
            })
        })
        .collect()
}

/// Wishes for properties alone.
///
/// # Errors
/// A property or a value cannot be.
pub(super) fn settings(texts: &[String], vms: &[VmRequest]) -> Result<Vec<Wish>, Failure> {
    let mut lowered = Lowered::new(vms, Vec::new());
    lowered.settings(texts)?;
    Ok(lowered.wishes)
}

/// Wishes for who manages which VM.
///
/// # Errors
/// A name cannot be.
pub(super) fn delegates(texts: &[String], vms: &[VmRequest]) -> Result<Vec<Wish>, Failure> {
    let mut lowered = Lowered::new(vms, Vec::new());
    lowered.plain("--delegate", texts, Named::Instances, Want::Delegate)?;
    Ok(lowered.wishes)
}

fn wishes(
    arguments: &Arguments,
    vms: &[VmRequest],
    found: Vec<Wish>,
) -> Result<Vec<Wish>, Failure> {
    let mut lowered = Lowered::new(vms, found);
    // Where no VM is named, --user has said whose VMs to look for, and they have their users.
    if !arguments.vms.is_empty() {
        lowered.plain("--user", &arguments.users, Named::Instances, Want::User)?;
    }
    lowered.scopes.learn_users(&lowered.wishes);
    lowered.settings(&arguments.settings)?;
    if arguments.enabled {
        lowered.wish(Whom::All, Want::Enabled(true), "--enabled");
    }
    lowered.plain("--after", &arguments.after, Named::Instances, Want::After)?;
    lowered.plain(
        "--requires",
        &arguments.requires,
        Named::Instances,
        Want::Requires,
    )?;
    lowered.plain(
        "--depends-on",
        &arguments.depends_on,
        Named::Instances,
        Want::DependsOn,
    )?;
    lowered.plain("--path", &arguments.paths, Named::Instances, Want::Path)?;
    lowered.plain(
        "--notify",
        &arguments.notify,
        Named::Instances,
        Want::Notify,
    )?;
    let delegates = &arguments.delegates;
    lowered.plain("--delegate", delegates, Named::Instances, Want::Delegate)?;
    let users = Named::InstancesAndUsers;
    lowered.plain("--group", &arguments.groups, users, Want::Group)?;
    lowered.variables(&arguments.environment)?;
    lowered.timezones(&arguments.timezones)?;
    lowered.plain("--project", &arguments.projects, users, Want::Project)?;
    lowered.plain(
        "--resource-pool",
        &arguments.resource_pools,
        users,
        Want::ResourcePool,
    )?;
    lowered.plain(
        "--privileges",
        &arguments.privileges,
        users,
        Want::Privileges,
    )?;
    let limits = &arguments.limit_privileges;
    lowered.plain("--limit-privileges", limits, users, Want::LimitPrivileges)?;
    let folders = &arguments.working_directories;
    lowered.plain(
        "--working-directory",
        folders,
        users,
        Want::WorkingDirectory,
    )?;
    Ok(lowered.wishes)
}

/// The wishes so far.
struct Lowered {
    scopes: Scopes,
    wishes: Vec<Wish>,
}

impl Lowered {
    fn new(vms: &[VmRequest], wishes: Vec<Wish>) -> Self {
        Self {
            scopes: Scopes::new(vms),
            wishes,
        }
    }

    fn wish(&mut self, whom: Whom, want: Want, origin: &str) {
        self.wishes.push(Wish {
            whom,
            want,
            origin: Origin::new(origin),
        });
    }

    /// An option whose value is one value.
    fn plain<T>(
        &mut self,
        option: &'static str,
        texts: &[String],
        named: Named,
        want: fn(T) -> Want,
    ) -> Result<(), Failure>
    where
        T: FromStr,
        T::Err: fmt::Display,
    {
        for text in texts {
            let (whom, rest) = self.scopes.split(option, text, named)?;
            let value = rest.parse().map_err(usage(option))?;
            self.wish(whom, want(value), &format!("{option} {text}"));
        }
        Ok(())
    }

    fn settings(&mut self, texts: &[String]) -> Result<(), Failure> {
        for text in texts {
            // First the value, which may hold a colon.
            let Some((property, value)) = text.split_once('=') else {
                return Err(Failure::told(
                    Kind::Usage,
                    format_args!("--set {}: no '=' and no value", Printable(text)),
                )
                .hinted("write it as GROUP/PROPERTY=VALUE or INSTANCE:GROUP/PROPERTY=VALUE"));
            };
            let (whom, path) = self.scopes.split("--set", property, Named::Instances)?;
            let setting = Setting::new(path, value).map_err(setting_failure)?;
            self.wish(whom, Want::Setting(setting), &format!("--set {text}"));
        }
        Ok(())
    }

    fn variables(&mut self, texts: &[String]) -> Result<(), Failure> {
        for text in texts {
            let Some((name, value)) = text.split_once('=') else {
                return Err(Failure::told(
                    Kind::Usage,
                    format_args!("--env {}: no '=' and no value", Printable(text)),
                )
                .hinted("write it as NAME=VALUE, USER:NAME=VALUE or INSTANCE:NAME=VALUE"));
            };
            let (whom, name) = self.scopes.split("--env", name, Named::InstancesAndUsers)?;
            let variable = Variable::new(name, value).map_err(usage("--env"))?;
            self.wish(whom, Want::Variable(variable), &format!("--env {text}"));
        }
        Ok(())
    }

    fn timezones(&mut self, texts: &[String]) -> Result<(), Failure> {
        for text in texts {
            let option = "--timezone";
            let (whom, zone) = self.scopes.split(option, text, Named::InstancesAndUsers)?;
            let variable = Variable::time_zone(zone).map_err(usage(option))?;
            self.wish(whom, Want::Variable(variable), &format!("{option} {text}"));
        }
        Ok(())
    }
}

/// With the whole command to try instead.
pub(super) fn operand_failure(error: OperandError) -> Failure {
    let hint = error.suggestion().map(|s| format!("try vbox-smf gen {s}"));
    super::hinted(Failure::new(Kind::Usage, error), hint)
}

fn setting_failure(error: SettingError) -> Failure {
    let hint = matches!(error, SettingError::Unknown(_)).then(|| {
        let known: Vec<_> = schema::PROPERTIES
            .iter()
            .map(schema::Property::path)
            .collect();
        format!("there are {}", known.join(", "))
    });
    super::hinted(Failure::new(Kind::Usage, error), hint)
}

pub(super) fn model_failure(error: DurationError) -> Failure {
    usage("--model")(error).hinted("leave --model out, or say transient")
}

/// An error in the value of an option.
pub(super) fn usage<E: fmt::Display>(option: &'static str) -> impl FnOnce(E) -> Failure {
    move |error| Failure::told(Kind::Usage, format_args!("{option}: {error}"))
}

#[cfg(test)]
mod tests;
