//! The keys that a table of a fleet file may have.

use crate::config::schema::{self, Allowed, Property};

/// What a key sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// `user`
    User,
    /// `group`
    Group,
    /// `enabled`
    Enabled,
    /// A property of the schema, by its own name: `stop_method`.
    Property(&'static Property),
    /// `after`
    After,
    /// `requires`
    Requires,
    /// `depends_on`
    DependsOn,
    /// `path`
    Path,
    /// `env`, a table
    Env,
    /// `timezone`
    Timezone,
    /// `working_directory`
    WorkingDirectory,
    /// `project`
    Project,
    /// `resource_pool`
    ResourcePool,
    /// `privileges`
    Privileges,
    /// `limit_privileges`
    LimitPrivileges,
    /// `notify`
    Notify,
    /// `delegate`
    Delegate,
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

/// The keys that are not properties, in the order of messages.
const OTHERS: &[(&str, Key)] = &[
    ("templates", Key::Templates),
    ("name", Key::Name),
    ("user", Key::User),
    ("group", Key::Group),
    ("enabled", Key::Enabled),
    ("after", Key::After),
    ("requires", Key::Requires),
    ("depends_on", Key::DependsOn),
    ("path", Key::Path),
    ("env", Key::Env),
    ("timezone", Key::Timezone),
    ("working_directory", Key::WorkingDirectory),
    ("project", Key::Project),
    ("resource_pool", Key::ResourcePool),
    ("privileges", Key::Privileges),
    ("limit_privileges", Key::LimitPrivileges),
    ("notify", Key::Notify),
    ("delegate", Key::Delegate),
];

impl TableKind {
    /// Every key of such a table, with its name.
    pub(crate) fn keys(self) -> impl Iterator<Item = (&'static str, Key)> {
        let others = OTHERS.iter().copied().filter(move |(_, key)| match self {
            Self::Defaults => !matches!(key, Key::Name | Key::Templates),
            Self::Template => *key != Key::Name,
            Self::Vm => true,
        });
        // `vm/name` is the key of its own name.
        let properties = schema::PROPERTIES
            .iter()
            .filter(|property| **property != schema::NAME)
            .map(|property| (property.name, Key::Property(property)));
        others.chain(properties)
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
            Self::Enabled => Shape::Flag,
            Self::After
            | Self::Requires
            | Self::DependsOn
            | Self::Path
            | Self::Notify
            | Self::Delegate
            | Self::Templates => Shape::Texts,
            Self::Env => Shape::Variables,
            Self::User
            | Self::Group
            | Self::Timezone
            | Self::WorkingDirectory
            | Self::Project
            | Self::ResourcePool
            | Self::Privileges
            | Self::LimitPrivileges
            | Self::Name => Shape::Text,
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
