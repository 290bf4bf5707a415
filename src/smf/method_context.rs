//! The method context of an instance (`smf_method(7)`): as whom, and in which environment, its methods run.

use std::ffi::OsString;

use super::credential::Credential;
use super::tools::svcprop::Properties;

/// Where a part of the method context is: on the method, else on the whole instance (`smf_method(7)`).
pub(crate) fn context_paths(method: &str, name: &str) -> [String; 2] {
    [format!("{method}/{name}"), format!("method_context/{name}")]
}

/// The values of that part.
pub(crate) fn of_context<'p>(properties: &'p Properties, method: &str, name: &str) -> &'p [String] {
    context_paths(method, name)
        .iter()
        .find_map(|path| properties.get(path))
        .map_or(&[], |value| &value.values)
}

/// As whom svc.startd runs a method.
pub(crate) fn credential<'p>(properties: &'p Properties, method: &str) -> Credential<'p> {
    Credential::new(method, |group, name| {
        let value = properties.get(&format!("{group}/{name}"))?;
        value.values.first().map(String::as_str)
    })
}

/// The environment in which a method of the instance runs by hand: what its method context names, and of the shell's
/// the time zone and the language, which `/etc/default/init` would give.
pub(crate) fn environment_by_hand(
    shell: &[(OsString, OsString)],
    properties: &Properties,
    method: &str,
) -> Vec<(OsString, OsString)> {
    let own: Vec<(OsString, OsString)> = of_context(properties, method, "environment")
        .iter()
        .filter_map(|entry| entry.split_once('='))
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    let is_own = |name: &OsString| own.iter().any(|(own, _)| own == name);
    let of_the_shell = shell.iter().filter(|(name, _)| {
        (name == "TZ" || name == "LANG" || name.to_string_lossy().starts_with("LC_"))
            && !is_own(name)
    });
    of_the_shell.chain(&own).cloned().collect()
}
