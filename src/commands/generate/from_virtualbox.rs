//! `--from-virtualbox`: the VMs that VirtualBox knows, and the files that they need.

mod everything;
mod question;

use std::ffi::OsString;

use super::Arguments;
use super::scope::Scopes;
use crate::failure::{Failure, Kind};
use crate::host::Host;
use crate::inventory::vms;
use crate::manifest::blueprint::AccountName;
use crate::manifest::names::Operand;
use crate::manifest::need::{FilePath, Need};
use crate::manifest::options::{self, Per};
use crate::manifest::request::{Directive, Origin, Scope, ScopedDirective, VmRequest};
use crate::smf::fmri::InstanceName;
use crate::text::log::Log;
use crate::text::printable::Printable;
use crate::virtualbox::vboxmanage::Registered;
use crate::virtualbox::vm::VmName;
use everything::everything;
use question::question;

/// What VirtualBox adds to what was typed.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The VMs, in the order of the manifest.
    pub(super) vms: Vec<VmRequest>,
    /// Their users and files.
    pub(super) directives: Vec<ScopedDirective>,
    /// What was left out, a line each.
    pub(super) notes: Vec<String>,
}

/// Asks VirtualBox: for all VMs of the users, or for the VMs that are named.
///
/// # Errors
/// VirtualBox does not answer, or has no such VM.
pub(super) fn look(
    host: &dyn Host,
    log: &Log<'_>,
    environment: &[(OsString, OsString)],
    arguments: &Arguments,
) -> Result<Found, Failure> {
    let caller = vms::caller(host)?.name;
    let about = |user: &AccountName, instances: &[&InstanceName]| {
        question(environment, arguments, user, instances)
    };
    if arguments.vms.is_empty() {
        let users = users(arguments, &caller)?;
        let questions: Vec<_> = users.iter().map(|user| about(user, &[])).collect();
        let answers = vms::ask(host, log, &questions)?;
        let all: Vec<_> = users.into_iter().zip(answers).collect();
        if let Some((user, _)) = all.iter().find(|(_, vms)| vms.is_empty()) {
            let user = Printable(user.as_str()).to_string();
            return Err(Failure::told(
                Kind::Config,
                format_args!("the user '{user}' has no VMs in VirtualBox"),
            )
            .hinted("specify the owner of the VMs with --user"));
        }
        return Ok(everything(&all));
    }
    let operands = arguments
        .vms
        .iter()
        .map(|text| Ok((text, text.parse().map_err(super::options::operand_failure)?)))
        .collect::<Result<Vec<(&String, Operand)>, Failure>>()?;
    let owners = owners(arguments, &operands, &caller)?;
    let mut theirs: Vec<(&AccountName, Vec<&InstanceName>)> = Vec::new();
    for ((_, operand), (user, _)) in operands.iter().zip(&owners) {
        match theirs.iter_mut().find(|(known, _)| *known == user) {
            Some((_, instances)) => instances.push(&operand.instance),
            None => theirs.push((user, vec![&operand.instance])),
        }
    }
    let questions: Vec<_> = theirs
        .iter()
        .map(|(user, mine)| about(user, mine))
        .collect();
    let answers = vms::ask(host, log, &questions)?;
    let mut found = Found::default();
    for ((text, operand), (user, said)) in operands.iter().zip(&owners) {
        let mut asked = theirs.iter().zip(&answers);
        let vms = asked.find(|((known, _), _)| *known == user);
        let vms = vms.map_or(&[][..], |(_, vms)| vms);
        let vm = named(operand, user, vms)?;
        found.vms.push(VmRequest {
            instance: operand.instance.clone(),
            vm: operand.vm.clone(),
            origin: Origin::new(text),
        });
        found.add(&operand.instance, user, vm);
        if !said {
            found.owned(&operand.instance, user, "the user who asks");
        }
    }
    Ok(found)
}

/// The users whose VMs are asked for, sorted.
fn users(arguments: &Arguments, caller: &str) -> Result<Vec<AccountName>, Failure> {
    let usage = |error| Failure::new(Kind::Usage, error);
    let mut users = Vec::new();
    for text in arguments.options.of(&options::USER) {
        if text.contains(':') {
            return Err(Failure::told(
                Kind::Usage,
                format_args!(
                    "--user {}: with --from-virtualbox and no VM specified, --user takes only a user name",
                    Printable(text)
                ),
            )
            .hinted("repeat --user USER for each user"));
        }
        users.push(text.parse().map_err(usage)?);
    }
    if users.is_empty() {
        users.push(caller.parse().map_err(usage)?);
    }
    users.sort_by(|a: &AccountName, b| a.as_str().cmp(b.as_str()));
    users.dedup();
    Ok(users)
}

/// Whose VM each operand is, and whether `--user` says so: otherwise it is the caller's.
fn owners(
    arguments: &Arguments,
    operands: &[(&String, Operand)],
    caller: &str,
) -> Result<Vec<(AccountName, bool)>, Failure> {
    let usage = |error| Failure::new(Kind::Usage, error);
    let instances = operands.iter().map(|(_, operand)| operand.instance.clone());
    let scopes = Scopes::of(instances.collect());
    let mut said: Vec<(Scope, AccountName)> = Vec::new();
    for text in arguments.options.of(&options::USER) {
        let (scope, user) = scopes.split("--user", text, Per::Vm)?;
        said.push((scope, user.parse().map_err(usage)?));
    }
    operands
        .iter()
        .map(|(_, operand)| {
            let of = |wanted: &Scope| said.iter().find(|(scope, _)| scope == wanted);
            let own = of(&Scope::Instance(operand.instance.clone())).or_else(|| of(&Scope::All));
            match own {
                Some((_, user)) => Ok((user.clone(), true)),
                None => Ok((caller.parse().map_err(usage)?, false)),
            }
        })
        .collect()
}

/// The VM that an operand names, as VirtualBox would find it, but never one of two.
fn named<'r>(
    operand: &Operand,
    user: &AccountName,
    vms: &'r [Registered],
) -> Result<&'r Registered, Failure> {
    let name = match &operand.vm {
        Some(vm) => vm.as_str(),
        None => operand.instance.as_str(),
    };
    let wanted: Result<VmName, _> = name.parse();
    let uuid = wanted.ok().and_then(|name| name.as_uuid());
    let mut fitting = vms.iter().filter(|vm| match &uuid {
        Some(uuid) => vm.uuid == *uuid,
        None => vm.name == name && vm.settings_file.is_some(),
    });
    let user = Printable(user.as_str());
    let shown = Printable(name);
    match (fitting.next(), fitting.next()) {
        (Some(vm), None) if vm.settings_file.is_some() => Ok(vm),
        (Some(vm), None) => Err(Failure::told(
            Kind::Config,
            format_args!(
                "VirtualBox cannot read the settings of the VM {} of '{user}'",
                vm.uuid
            ),
        )
        .hinted(format!(
            "run VBoxManage showvminfo {} as that user to see the reason",
            vm.uuid
        ))),
        (Some(one), Some(other)) => Err(Failure::told(
            Kind::Config,
            format_args!(
                "'{user}' has two VMs named '{shown}': {} and {}",
                one.uuid, other.uuid
            ),
        )
        .hinted(format!(
            "specify one by its UUID: {}={}",
            operand.instance, one.uuid
        ))),
        (None, _) => Err(
            Failure::told(Kind::Config, format_args!("'{user}' has no VM '{shown}'"))
                .hinted(known(vms)),
        ),
    }
}

/// The VMs that there are, for a hint.
fn known(vms: &[Registered]) -> String {
    const SHOWN: usize = 10;
    let mut names: Vec<_> = vms
        .iter()
        .filter(|vm| vm.settings_file.is_some())
        .map(|vm| format!("'{}'", Printable(&vm.name)))
        .collect();
    names.sort();
    let more = names.len() > SHOWN;
    names.truncate(SHOWN);
    match (names.is_empty(), more) {
        (true, _) => "none are available".to_owned(),
        (false, false) => format!("available: {}", names.join(", ")),
        (false, true) => format!("available: {}...", names.join(", ")),
    }
}

impl Found {
    /// Whose VM it is.
    fn owned(&mut self, instance: &InstanceName, user: &AccountName, origin: &str) {
        self.directives.push(ScopedDirective {
            scope: Scope::Instance(instance.clone()),
            want: Directive::User(user.clone()),
            origin: Origin::new(origin),
        });
    }

    /// What the VM needs.
    fn add(&mut self, instance: &InstanceName, user: &AccountName, vm: &Registered) {
        for file in vm.settings_file.iter().chain(&vm.disks) {
            match file.parse::<FilePath>() {
                Ok(path) => self.directives.push(ScopedDirective {
                    scope: Scope::Instance(instance.clone()),
                    want: Directive::Need(Need::File(path)),
                    origin: Origin::new(&format!("VirtualBox of {}", user.as_str())),
                }),
                // A disk on iSCSI, for example, is at no path.
                Err(error) => self.notes.push(format!(
                    "note: {instance} does not depend on '{}': {error}",
                    Printable(file)
                )),
            }
        }
    }
}

#[cfg(test)]
mod tests;
