//! In which environment VirtualBox is asked.

use std::collections::BTreeMap;
use std::ffi::OsString;

use super::Arguments;
use crate::inventory::vms::Question;
use crate::manifest::blueprint::AccountName;
use crate::manifest::options;
use crate::smf::fmri::InstanceName;

/// What is asked about a user's VMs: with the environment that they are to have, because another
/// `VBOX_USER_HOME` is another list of VMs, and because a VBoxSVC that is started for it keeps that environment
/// for VMs that are started soon after. What `/etc/default/init` would give, time zone and language, comes from
/// the shell, as it does for a method that is run by hand.
pub(super) fn question(
    environment: &[(OsString, OsString)],
    arguments: &Arguments,
    user: &AccountName,
    instances: &[&InstanceName],
) -> Question {
    let is_theirs = |scope: &str| {
        scope == user.as_str() || instances.iter().any(|instance| instance.as_str() == scope)
    };
    let of_the_shell = environment.iter().filter_map(|(name, value)| {
        let (name, value) = (name.to_str()?, value.to_str()?);
        let passes = name == "TZ" || name == "LANG" || name.starts_with("LC_");
        passes.then(|| format!("{name}={value}"))
    });
    let variables = arguments
        .options
        .of(&options::ENV)
        .iter()
        .filter_map(|text| {
            let (name, value) = text.split_once('=')?;
            match name.split_once(':') {
                None => Some((false, text.clone())),
                Some((scope, name)) => is_theirs(scope).then(|| (true, format!("{name}={value}"))),
            }
        });
    let zones = arguments
        .options
        .of(&options::TIMEZONE)
        .iter()
        .filter_map(|text| {
            // A zone may hold a colon, but nothing before it that could be a name.
            let named = text
                .split_once(':')
                .filter(|(scope, _)| is_theirs(scope) || scope.parse::<InstanceName>().is_ok());
            match named {
                None => Some((false, format!("TZ={text}"))),
                Some((scope, zone)) => is_theirs(scope).then(|| (true, format!("TZ={zone}"))),
            }
        });
    let mut said: Vec<(bool, String)> = variables.chain(zones).collect();
    // The last one of a name counts: one for these VMs comes before one for all.
    said.sort_by_key(|(theirs, _)| *theirs);
    let said = said.into_iter().map(|(_, variable)| variable);
    let mut wanted: BTreeMap<String, String> = BTreeMap::new();
    for variable in of_the_shell.chain(said) {
        if let Some((name, value)) = variable.split_once('=') {
            wanted.insert(name.to_owned(), value.to_owned());
        }
    }
    let vboxmanage = arguments
        .options
        .of(&options::SET)
        .iter()
        .find_map(|text| text.strip_prefix("virtualbox/vboxmanage="));
    Question {
        user: user.as_str().to_owned(),
        vboxmanage: vboxmanage.map(Into::into),
        environment: wanted
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect(),
    }
}
