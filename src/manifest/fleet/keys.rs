//! The keys that a table of a fleet file may have.

use crate::config::schema::{self, Allowed, Property};
use crate::manifest::options::{Count, GenOption, OPTIONS, Parser, SET};

/// What a key sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// What an option of the command line asks for.
    Option(&'static GenOption),
    /// A property of the schema, by its own name: `stop_method`.
    Property(&'static Property),
    /// `name`, of a VM alone
    Name,
    /// `templates`, of VMs and templates
    Templates,
}

/// The form of a value in TOML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A string.
    Text,
    /// An integer, in seconds.
    Seconds,
    /// true or false.
    Flag,
    /// An array of strings.
    Texts,
    /// A table of strings.
    Variables,
}

/// Which table it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TableKind {
    /// `[defaults]`
    Defaults,
    /// `[template.X]`
    Template,
    /// `[vm.X]`
    Vm,
}

impl TableKind {
    /// Every key of such a table, with its name.
    pub(crate) fn keys(self) -> impl Iterator<Item = (&'static str, Key)> {
        let own = [("templates", Key::Templates), ("name", Key::Name)];
        let own = own.into_iter().filter(move |(_, key)| match self {
            Self::Defaults => false,
            Self::Template => *key != Key::Name,
            Self::Vm => true,
        });
        // A property is set by a key of its own.
        let options = OPTIONS
            .iter()
            .filter(|option| **option != &SET)
            .map(|option| (option.key, Key::Option(option)));
        // `vm/name` is the key of its own name.
        let properties = schema::PROPERTIES
            .iter()
            .filter(|property| **property != schema::NAME)
            .map(|property| (property.name, Key::Property(property)));
        own.chain(options).chain(properties)
    }

    /// The key of this name.
    pub(crate) fn key(self, name: &str) -> Option<Key> {
        self.keys()
            .find(|(known, _)| *known == name)
            .map(|(_, key)| key)
    }
}

impl Key {
    /// The form that its value has.
    pub(crate) fn shape(self) -> Shape {
        match self {
            Self::Property(property) => match property.allowed {
                Allowed::Seconds { .. } => Shape::Seconds,
                Allowed::Choices(_) | Allowed::VmName | Allowed::AbsolutePath => Shape::Text,
            },
            Self::Option(option) => match (option.parser, option.count) {
                (Parser::Flag(_), _) => Shape::Flag,
                (Parser::Pair(_), _) => Shape::Variables,
                (Parser::Text(_), Count::One(_)) => Shape::Text,
                (Parser::Text(_), Count::Many) => Shape::Texts,
            },
            Self::Name => Shape::Text,
            Self::Templates => Shape::Texts,
        }
    }
}

impl Shape {
    /// In words, for `has to be ...`.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Seconds => "an integer, in seconds",
            Self::Flag => "true or false",
            Self::Texts => "an array of strings",
            Self::Variables => "a table of strings",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_one_name() {
        for kind in [TableKind::Defaults, TableKind::Template, TableKind::Vm] {
            let mut names: Vec<_> = kind.keys().map(|(name, _)| name).collect();
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count, "{kind:?}");
        }
        for property in schema::PROPERTIES {
            assert!(
                TableKind::Vm.key(property.name).is_some(),
                "{}",
                property.name
            );
        }
        assert_eq!(TableKind::Vm.key("name"), Some(Key::Name));
        assert_eq!(TableKind::Template.key("name"), None);
        assert_eq!(TableKind::Defaults.key("templates"), None);
    }
}
