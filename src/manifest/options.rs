//! The one table of the options of `gen`.
//!
//! The command line is built from it, the keys of a fleet file are read by it, and `--explain` names values by
//! it. What an option's value does is in its [`Directive`]: a need, a part of the context, a property.

mod table;
#[cfg(test)]
mod tests;

use std::fmt;

use super::blueprint::ContextPart;
use super::request::Directive;
pub(crate) use table::*;

/// An option of `gen`, and its key in a fleet file.
#[derive(Debug)]
pub(crate) struct GenOption {
    /// On the command line, without the dashes: `depends-on`.
    pub(crate) long: &'static str,
    /// In a fleet file and in `--explain`: `depends_on`. Properties are keys of their own there.
    pub(crate) key: &'static str,
    /// Its value in `--help`, as in `[INSTANCE:]USER`; nothing for a switch.
    pub(crate) value_name: &'static str,
    /// Its line in `--help`.
    pub(crate) help: &'static str,
    /// The part of `--help` where it is.
    pub(crate) heading: Option<&'static str>,
    /// For whom a value can be.
    pub(crate) per: Per,
    /// One value or many.
    pub(crate) count: Count,
    /// Which level of SMF has its values.
    pub(crate) placement: Placement,
    /// From text to a value that cannot be wrong.
    pub(crate) parser: Parser,
    /// What an instance has where nothing is asked for, if a manifest writes that.
    pub(crate) usual: Option<fn() -> String>,
}

/// An option is its key.
impl PartialEq for GenOption {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for GenOption {}

/// For whom a value can be, beside all VMs: who may stand before the colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Per {
    /// For one VM: `[INSTANCE:]`.
    Vm,
    /// For one VM or a user, and the same for all VMs of a user: `[WHOSE:]`.
    User,
}

/// How many values a VM can have of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Count {
    /// One, or one of each name. The closest counts: the VM's, then its user's, then the one for all. What it is
    /// called in messages, after `the`.
    One(&'static str),
    /// Those for all, for its user's VMs and for itself together.
    Many,
}

/// Which level of SMF has the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placement {
    /// The service has what is for all VMs; an instance has a value of its own in its place.
    Property,
    /// The service has what all VMs need; an instance has more beside it.
    Dependency,
    /// The service has the values for all VMs; an instance with values of its own repeats those.
    List,
    /// Every instance has it, also what is asked for for all VMs.
    Instance,
    /// The same, and for all VMs it means something else than for each of them: all others, for example.
    EachInstance,
}

/// From text to a value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Parser {
    /// A switch: there or not on the command line, true or false in a fleet file.
    Flag(fn(bool) -> Directive),
    /// A text.
    Text(fn(&str) -> Result<Directive, ValueError>),
    /// A name and a value: `NAME=VALUE` on the command line, a table in a fleet file.
    Pair(fn(&str, &str) -> Result<Directive, ValueError>),
}

/// Why a text cannot be the value of an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ValueError {
    /// What is wrong, with the text.
    pub(crate) message: String,
    /// What to do, where that is known.
    pub(crate) hint: Option<String>,
}

impl ValueError {
    /// An error without a next step.
    fn new(error: impl fmt::Display) -> Self {
        Self {
            message: error.to_string(),
            hint: None,
        }
    }
}

impl Directive {
    /// What it is called in `--explain`: `vm/stop_method`, `env.TZ`, and otherwise the option's key.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Setting(setting) => setting.property.path(),
            Self::Context(ContextPart::Variable(variable)) => {
                format!("{}.{}", ENV.key, variable.name())
            }
            other => other.option().key.to_owned(),
        }
    }

    /// Of what there can be one only, in words without an article. Of the others there may be many.
    pub(crate) fn noun(&self) -> Option<String> {
        let Count::One(noun) = self.option().count else {
            return None;
        };
        Some(match self {
            Self::Context(ContextPart::Variable(variable)) => {
                format!("{noun} {}", variable.name())
            }
            _ => noun.to_owned(),
        })
    }

    /// The same as the subject of a sentence.
    pub(crate) fn slot(&self) -> Option<String> {
        match self {
            Self::Setting(setting) => Some(setting.property.path()),
            other => other.noun().map(|noun| format!("the {noun}")),
        }
    }
}
