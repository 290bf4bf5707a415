//! The method context of an instance (`smf_method(7)`): as whom, and in which environment, its methods run.

use std::ffi::OsString;

use super::composition::{Composed, context_groups};

/// Where a part of the method context may be, the place that counts first.
pub(crate) fn context_paths(method: &str, name: &str) -> [String; 2] {
    context_groups(method).map(|group| format!("{group}/{name}"))
}

/// The values of that part.
pub(crate) fn of_context<'p>(
    properties: &'p impl Composed,
    method: &str,
    name: &str,
) -> &'p [String] {
    context_groups(method)
        .into_iter()
        .find_map(|group| properties.values(group, name))
        .unwrap_or_default()
}

/// The environment in which a method of the instance runs by hand: what its method context names, and of the shell's
/// the time zone and the language, which `/etc/default/init` would give.
pub(crate) fn environment_by_hand(
    shell: &[(OsString, OsString)],
    properties: &impl Composed,
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
