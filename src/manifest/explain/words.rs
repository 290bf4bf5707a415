//! What wishes are called in the table, and at which level they are.

use super::super::blueprint::{Blueprint, InstanceBlueprint};
use super::super::need::Need;
use super::super::request::Want;

/// Whether the service says it where it is asked for for all VMs. The rest is in each instance: with its
/// user, or because it leaves out the instance itself.
pub(super) fn is_for_the_service(want: &Want, blueprint: &Blueprint) -> bool {
    match want {
        Want::Setting(_) | Want::Path(_) | Want::Notify(_) => true,
        Want::DependsOn(target) => blueprint.needs.contains(&Need::Service(target.clone())),
        Want::User(_)
        | Want::Group(_)
        | Want::Enabled(_)
        | Want::After(_)
        | Want::Requires(_)
        | Want::Variable(_)
        | Want::WorkingDirectory(_)
        | Want::Project(_)
        | Want::ResourcePool(_)
        | Want::Privileges(_)
        | Want::LimitPrivileges(_)
        | Want::Delegate(_) => false,
    }
}

/// Whether an instance says again what the service says: its own list replaces the service's.
pub(super) fn repeats(of: &InstanceBlueprint, want: &Want) -> bool {
    matches!(want, Want::Notify(_)) && !of.notify.is_empty()
}

/// What is asked for for a VM and is not in its instance: to wait for itself, or for one that it requires.
pub(super) fn is_left_out(of: &InstanceBlueprint, want: &Want) -> bool {
    if let Want::After(other) = want {
        !of.needs.contains(&Need::After(other.clone()))
    } else if let Want::Requires(other) = want {
        !of.needs.contains(&Need::Requires(other.clone()))
    } else {
        false
    }
}

/// The name and the value of what is no property of the schema.
pub(super) fn described(want: &Want) -> Option<(String, String)> {
    let (name, value) = match want {
        Want::Setting(_) => return None,
        Want::Variable(variable) => {
            let name = format!("env.{}", variable.name());
            return Some((name, variable.value().to_owned()));
        }
        Want::User(user) => ("user", user.as_str().to_owned()),
        Want::Group(group) => ("group", group.as_str().to_owned()),
        Want::Enabled(enabled) => ("enabled", enabled.to_string()),
        Want::After(other) => ("after", other.to_string()),
        Want::Requires(other) => ("requires", other.to_string()),
        Want::DependsOn(target) => ("depends_on", target.to_string()),
        Want::Path(path) => ("path", path.as_str().to_owned()),
        Want::WorkingDirectory(directory) => ("working_directory", directory.to_string()),
        Want::Project(project) => ("project", project.to_string()),
        Want::ResourcePool(pool) => ("resource_pool", pool.to_string()),
        Want::Privileges(privileges) => ("privileges", privileges.to_string()),
        Want::LimitPrivileges(limit) => ("limit_privileges", limit.to_string()),
        Want::Notify(target) => ("notify", target.to_string()),
        Want::Delegate(user) => ("delegate", user.as_str().to_owned()),
    };
    Some((name.to_owned(), value))
}
