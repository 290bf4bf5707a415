//! From what was typed to a [`Blueprint`].

use std::collections::HashMap;
use std::fmt;

use super::Arguments;
use crate::failure::{Failure, Kind};
use crate::fmri::InstanceName;
use crate::manifest::blueprint::{AccountName, Blueprint, InstanceBlueprint, Owner};
use crate::manifest::names::Operand;
use crate::manifest::setting::{Setting, SettingError};
use crate::schema;
use crate::vm::Printable;

/// What the arguments ask for.
///
/// # Errors
/// A name or a value cannot be, or something is missing.
pub(super) fn blueprint(arguments: &Arguments) -> Result<Blueprint, Failure> {
    let operands = operands(&arguments.vms)?;
    let names: Vec<_> = operands.iter().map(|operand| &operand.instance).collect();
    let users = Accounts::new("--user", &arguments.users, &names)?;
    let groups = Accounts::new("--group", &arguments.groups, &names)?;
    let (settings, mut own) = settings(&arguments.settings, &names)?;
    let mut instances = Vec::with_capacity(operands.len());
    for operand in &operands {
        let name = &operand.instance;
        let Some(user) = users.of(name) else {
            return Err(Failure::told(
                Kind::Usage,
                format_args!("no user for {name}: VirtualBox keeps VMs per user, so SMF has to start it as the user whose VM it is"),
            )
            .hinted("add --user NAME; --user root where it is root's"));
        };
        // Taken once: an instance that is there twice is refused with the rest of the blueprint.
        let mut settings = own.remove(name).unwrap_or_default();
        if let Some(vm) = &operand.vm {
            settings.push(Setting::new("vm/name", vm.as_str()).map_err(setting_failure)?);
        }
        instances.push(InstanceBlueprint {
            name: name.clone(),
            owner: Some(Owner {
                user: user.clone(),
                group: groups.of(name).cloned(),
            }),
            settings,
        });
    }
    Ok(Blueprint {
        service: arguments.service.parse().map_err(usage("--service"))?,
        method: arguments.method.parse().map_err(usage("--method"))?,
        enabled: arguments.enabled,
        settings,
        instances,
    })
}

/// The VMs that are named.
///
/// # Errors
/// An instance cannot have the name of one.
pub(super) fn operands(texts: &[String]) -> Result<Vec<Operand>, Failure> {
    texts
        .iter()
        .map(|text| text.parse().map_err(operand_failure))
        .collect()
}

/// With the whole command to try instead.
fn operand_failure(error: crate::manifest::names::OperandError) -> Failure {
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

/// An error in the value of an option.
pub(super) fn usage<E: fmt::Display>(option: &'static str) -> impl FnOnce(E) -> Failure {
    move |error| Failure::told(Kind::Usage, format_args!("{option}: {error}"))
}

/// `INSTANCE:REST` or `REST`. Neither users, groups nor properties have a colon in their names.
pub(super) fn scope<'a>(
    option: &str,
    text: &'a str,
    names: &[&InstanceName],
) -> Result<(Option<InstanceName>, &'a str), Failure> {
    let Some((instance, rest)) = text.split_once(':') else {
        return Ok((None, text));
    };
    match names.iter().find(|name| name.as_str() == instance) {
        Some(name) => Ok((Some((*name).clone()), rest)),
        None => Err(Failure::told(
            Kind::Usage,
            format_args!(
                "{option} {}: no VM here has the instance '{}'",
                Printable(text),
                Printable(instance)
            ),
        )),
    }
}

/// Users or groups, as an option gives them.
#[derive(Debug, Default)]
struct Accounts {
    all: Option<AccountName>,
    own: HashMap<InstanceName, AccountName>,
}

impl Accounts {
    fn new(
        option: &'static str,
        texts: &[String],
        names: &[&InstanceName],
    ) -> Result<Self, Failure> {
        let mut accounts = Self::default();
        for text in texts {
            let (instance, account) = scope(option, text, names)?;
            let account = account.parse().map_err(usage(option))?;
            let whom = instance
                .as_ref()
                .map_or("all VMs", InstanceName::as_str)
                .to_owned();
            let before = match instance {
                Some(name) => accounts.own.insert(name, account),
                None => accounts.all.replace(account),
            };
            if before.is_some() {
                return Err(Failure::told(
                    Kind::Usage,
                    format_args!("{option} is given twice for {whom}"),
                ));
            }
        }
        Ok(accounts)
    }

    fn of(&self, instance: &InstanceName) -> Option<&AccountName> {
        self.own.get(instance).or(self.all.as_ref())
    }
}

/// The settings of some instances.
type OwnSettings = HashMap<InstanceName, Vec<Setting>>;

/// Settings for all VMs, and for single ones.
pub(super) fn settings(
    texts: &[String],
    names: &[&InstanceName],
) -> Result<(Vec<Setting>, OwnSettings), Failure> {
    let mut all = Vec::new();
    let mut own = OwnSettings::new();
    for text in texts {
        // First the value, which may hold a colon.
        let Some((property, value)) = text.split_once('=') else {
            return Err(Failure::told(
                Kind::Usage,
                format_args!("--set {}: no '=' and no value", Printable(text)),
            )
            .hinted("write it as GROUP/PROPERTY=VALUE or INSTANCE:GROUP/PROPERTY=VALUE"));
        };
        let (instance, path) = scope("--set", property, names)?;
        let setting = Setting::new(path, value).map_err(setting_failure)?;
        match instance {
            Some(name) => own.entry(name).or_default().push(setting),
            None => all.push(setting),
        }
    }
    Ok((all, own))
}

#[cfg(test)]
mod tests {
    use super::super::tests::arguments;
    use super::*;

    fn made(line: &[&str]) -> Result<Blueprint, Failure> {
        blueprint(&arguments(line))
    }

    #[test]
    fn an_option_for_one_vm_comes_before_one_for_all() {
        let plan = made(&[
            "a",
            "b=b b",
            "--user",
            "vbox",
            "--user",
            "b:bob",
            "--group",
            "b:staff",
            "--set",
            "b:vm/stop_method=poweroff",
            "--set",
            "vm/on_saved=leave",
        ])
        .unwrap();
        let owner = |i: usize| {
            let owner = plan.instances[i].owner.as_ref().unwrap();
            (
                owner.user.as_str(),
                owner.group.as_ref().map(AccountName::as_str),
            )
        };
        assert_eq!(owner(0), ("vbox", None));
        assert_eq!(owner(1), ("bob", Some("staff")));
        assert_eq!(
            plan.settings,
            [Setting::new("vm/on_saved", "leave").unwrap()]
        );
        assert_eq!(plan.instances[0].settings, []);
        assert_eq!(
            plan.instances[1].settings,
            [
                Setting::new("vm/stop_method", "poweroff").unwrap(),
                Setting::new("vm/name", "b b").unwrap()
            ]
        );
    }

    #[test]
    fn a_value_may_hold_colons_and_equals_signs() {
        let plan = made(&[
            "a",
            "--user",
            "u",
            "--set",
            "a:vm/name=x:y=z",
            "--set",
            "virtualbox/vboxmanage=/opt/a:b=c",
        ])
        .unwrap();
        assert_eq!(plan.instances[0].settings[0].value, "x:y=z");
        assert_eq!(plan.settings[0].value, "/opt/a:b=c");
    }

    #[test]
    fn every_refusal_is_a_usage_error_that_names_the_operand() {
        let table: &[(&[&str], &str)] = &[
            (
                &["vm1"],
                "no user for vm1: VirtualBox keeps VMs per user, so SMF has to start it as the user whose VM it is; add --user NAME; --user root where it is root's",
            ),
            (&["a", "b", "--user", "a:u"], "no user for b: "),
            (
                &["web.example", "--user", "u"],
                "no instance can be called like the VM 'web.example': 'web.example' is not an instance name (a letter, then letters, digits, '-' and '_', at most 119 bytes); try vbox-smf gen web-example=web.example",
            ),
            (
                &["1x=My VM", "--user", "u"],
                "no instance can be called so: '1x' is not an instance name (a letter, then letters, digits, '-' and '_', at most 119 bytes); try vbox-smf gen 'vm-1x=My VM'",
            ),
            (&["", "--user", "u"], "a VM's name cannot be empty"),
            (
                &["a=b\u{1}", "--user", "u"],
                "vm/name cannot be 'b\\u{1}' in a manifest",
            ),
            (
                &["a", "--user", "b:u"],
                "--user b:u: no VM here has the instance 'b'",
            ),
            (
                &["a", "--user", "u", "--user", "v"],
                "--user is given twice for all VMs",
            ),
            (
                &["a", "--user", "a:u", "--user", "a:v"],
                "--user is given twice for a",
            ),
            (
                &["a", "--user", ""],
                "--user: '' cannot be the name of a user or group",
            ),
            (
                &["a", "--user", "u", "--group", "g h"],
                "--group: 'g h' cannot be the name",
            ),
            (
                &["a", "--user", "u", "--set", "vm/stop_method"],
                "--set vm/stop_method: no '=' and no value; write it as",
            ),
            (
                &["a", "--user", "u", "--set", "vm/stopmethod=x"],
                "there is no property 'vm/stopmethod'; there are vm/name, vm/stop_method, ",
            ),
            (
                &["a", "--user", "u", "--set", "b:vm/stop_method=poweroff"],
                "--set b:vm/stop_method: no VM here has the instance 'b'",
            ),
            (
                &["a", "--user", "u", "--set", "a:vm/stop_method=off"],
                "vm/stop_method cannot be 'off'; allowed is savestate, acpipowerbutton, ",
            ),
            (
                &["a", "--user", "u", "--service", "svc:/site/x"],
                "--service: 'svc:/site/x' is not a bare service name",
            ),
            (
                &["a", "--user", "u", "--method", "vbox"],
                "--method: 'vbox' is not an absolute path",
            ),
        ];
        for (line, message) in table {
            let failure = made(line).unwrap_err();
            assert_eq!(failure.kind, Kind::Usage, "{line:?}");
            assert!(failure.to_string().contains(message), "{line:?}: {failure}");
        }
    }
}
