//! A value of the fleet file as a wish: parsed into a type that cannot be wrong.

use std::fmt;
use std::str::FromStr;

use super::keys::Key;
use crate::manifest::context::Variable;
use crate::manifest::request::Want;
use crate::manifest::setting::Setting;

/// What one string, number or word of this key asks for.
///
/// # Errors
/// It cannot be; in words, with what is allowed.
pub(super) fn want(key: Key, text: &str) -> Result<Option<Want>, String> {
    Ok(Some(match key {
        Key::User => Want::User(parsed(text)?),
        Key::Group => Want::Group(parsed(text)?),
        Key::Enabled => Want::Enabled(text == "true"),
        Key::Property(property) => {
            Want::Setting(Setting::new(&property.path(), text).map_err(words)?)
        }
        Key::After => Want::After(parsed(text)?),
        Key::Requires => Want::Requires(parsed(text)?),
        Key::DependsOn => Want::DependsOn(parsed(text)?),
        Key::Path => Want::Path(parsed(text)?),
        Key::Timezone => Want::Variable(Variable::time_zone(text).map_err(words)?),
        Key::WorkingDirectory => Want::WorkingDirectory(parsed(text)?),
        Key::Project => Want::Project(parsed(text)?),
        Key::ResourcePool => Want::ResourcePool(parsed(text)?),
        Key::Privileges => Want::Privileges(parsed(text)?),
        Key::LimitPrivileges => Want::LimitPrivileges(parsed(text)?),
        Key::Notify => Want::Notify(parsed(text)?),
        Key::Delegate => Want::Delegate(parsed(text)?),
        // A table, and what says which VM or which templates: the reader sees to them.
        Key::Env | Key::Name | Key::Templates => return Ok(None),
    }))
}

/// A variable of `env`.
///
/// # Errors
/// It cannot be; in words.
pub(super) fn variable(name: &str, value: &str) -> Result<Want, String> {
    Variable::new(name, value)
        .map(Want::Variable)
        .map_err(words)
}

fn parsed<T>(text: &str) -> Result<T, String>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    text.parse().map_err(words)
}

fn words(error: impl fmt::Display) -> String {
    error.to_string()
}
