//! The options, in the order of `--help` and of messages.

use std::fmt;
use std::str::FromStr;

use super::{Count, GenOption, Parser, Per, Placement, ValueError};
use crate::config::schema;
use crate::manifest::blueprint::ContextPart;
use crate::manifest::context::{Privileges, Variable, WorkingDirectory};
use crate::manifest::need::Need;
use crate::manifest::request::Directive;
use crate::manifest::setting::{Setting, SettingError};

const ORDER: &str = "What goes first";
const USERS: &str = "Per user";

/// Makes of each row a constant and an entry of [`OPTIONS`], so that no row can be left out of it.
macro_rules! options {
    ($($name:ident: $row:expr;)*) => {
        $(pub(crate) static $name: GenOption = $row;)*

        /// All options.
        pub(crate) static OPTIONS: &[&GenOption] = &[$(&$name),*];
    };
}

options! {
    USER: GenOption {
        long: "user",
        key: "user",
        value_name: "[INSTANCE:]USER",
        help: "The owner of the VMs: VirtualBox keeps VMs per user, and the methods run as that user",
        heading: None,
        per: Per::Vm,
        count: Count::One("user"),
        placement: Placement::Instance,
        parser: Parser::Text(|text| parsed(text, Directive::User)),
        usual: None,
    };
    SET: GenOption {
        long: "set",
        key: "set",
        value_name: "[INSTANCE:]GROUP/PROPERTY=VALUE",
        help: "Set a property, for example `vm/stop_method=acpipowerbutton`",
        heading: None,
        per: Per::Vm,
        count: Count::One("property"),
        placement: Placement::Property,
        parser: Parser::Pair(setting),
        usual: None,
    };
    ENABLED: GenOption {
        long: "enabled",
        key: "enabled",
        value_name: "",
        help: "Enable the instances on import, so that the VMs start at once",
        heading: None,
        per: Per::Vm,
        count: Count::One("state of the instance"),
        placement: Placement::Instance,
        parser: Parser::Flag(Directive::Enabled),
        usual: Some(|| false.to_string()),
    };
    AFTER: GenOption {
        long: "after",
        key: "after",
        value_name: "[INSTANCE:]INSTANCE2",
        help: "Start after this VM if it is enabled; without INSTANCE: for all other VMs",
        heading: Some(ORDER),
        per: Per::Vm,
        count: Count::Many,
        placement: Placement::EachInstance,
        parser: Parser::Text(|text| parsed(text, |other| Directive::Need(Need::After(other)))),
        usual: None,
    };
    REQUIRES: GenOption {
        long: "requires",
        key: "requires",
        value_name: "[INSTANCE:]INSTANCE2",
        help: "Start after this VM and only if it is online; without INSTANCE: for all other VMs",
        heading: Some(ORDER),
        per: Per::Vm,
        count: Count::Many,
        placement: Placement::EachInstance,
        parser: Parser::Text(|text| parsed(text, |other| Directive::Need(Need::Requires(other)))),
        usual: None,
    };
    DEPENDS_ON: GenOption {
        long: "depends-on",
        key: "depends_on",
        value_name: "[INSTANCE:]FMRI",
        help: "Do not start before this service is online, for example `svc:/network/ntp:default`",
        heading: Some(ORDER),
        per: Per::Vm,
        count: Count::Many,
        placement: Placement::Dependency,
        parser: Parser::Text(|text| parsed(text, |target| Directive::Need(Need::Service(target)))),
        usual: None,
    };
    PATH: GenOption {
        long: "path",
        key: "path",
        value_name: "[INSTANCE:]FILE",
        help: "Do not start before this file or folder exists",
        heading: Some(ORDER),
        per: Per::Vm,
        count: Count::Many,
        placement: Placement::Dependency,
        parser: Parser::Text(|text| parsed(text, |path| Directive::Need(Need::File(path)))),
        usual: None,
    };
    NOTIFY: GenOption {
        long: "notify",
        key: "notify",
        value_name: "[INSTANCE:]TO",
        help: "Whom to notify when an instance goes to maintenance or leaves online: mailto:ADDRESS or snmp:active",
        heading: None,
        per: Per::Vm,
        count: Count::Many,
        placement: Placement::List,
        parser: Parser::Text(|text| parsed(text, Directive::Notify)),
        usual: None,
    };
    DELEGATE: GenOption {
        long: "delegate",
        key: "delegate",
        value_name: "[INSTANCE:]USER",
        help: "A user who may enable, disable, restart and clear a VM (or all VMs); see `vbox-smf gen rbac`",
        heading: None,
        per: Per::Vm,
        count: Count::Many,
        placement: Placement::EachInstance,
        parser: Parser::Text(|text| parsed(text, Directive::Delegate)),
        usual: None,
    };
    GROUP: GenOption {
        long: "group",
        key: "group",
        value_name: "[WHOSE:]GROUP",
        help: "The group to run as, if not the user's primary group",
        heading: Some(USERS),
        per: Per::User,
        count: Count::One("group"),
        placement: Placement::Instance,
        parser: Parser::Text(|text| part(text, ContextPart::Group)),
        usual: None,
    };
    ENV: GenOption {
        long: "env",
        key: "env",
        value_name: "[WHOSE:]NAME=VALUE",
        help: "An environment variable; VirtualBox receives TZ, LANG, `LC_ALL`, `LC_CTYPE` and `VBOX_*`",
        heading: Some(USERS),
        per: Per::User,
        count: Count::One("variable"),
        placement: Placement::Instance,
        parser: Parser::Pair(|name, value| variable(Variable::new(name, value))),
        usual: None,
    };
    TIMEZONE: GenOption {
        long: "timezone",
        key: "timezone",
        value_name: "[WHOSE:]ZONE",
        help: "The time zone (TZ), for example Europe/Vienna",
        heading: Some(USERS),
        per: Per::User,
        count: Count::One("variable"),
        placement: Placement::Instance,
        parser: Parser::Text(|zone| variable(Variable::time_zone(zone))),
        usual: None,
    };
    PROJECT: GenOption {
        long: "project",
        key: "project",
        value_name: "[WHOSE:]NAME",
        help: "The project",
        heading: Some(USERS),
        per: Per::User,
        count: Count::One("project"),
        placement: Placement::Instance,
        parser: Parser::Text(|text| part(text, ContextPart::Project)),
        usual: None,
    };
    RESOURCE_POOL: GenOption {
        long: "resource-pool",
        key: "resource_pool",
        value_name: "[WHOSE:]NAME",
        help: "The resource pool",
        heading: Some(USERS),
        per: Per::User,
        count: Count::One("resource pool"),
        placement: Placement::Instance,
        parser: Parser::Text(|text| part(text, ContextPart::ResourcePool)),
        usual: None,
    };
    PRIVILEGES: GenOption {
        long: "privileges",
        key: "privileges",
        value_name: "[WHOSE:]PRIVILEGES",
        help: "The privileges [default: basic]",
        heading: Some(USERS),
        per: Per::User,
        count: Count::One("privileges"),
        placement: Placement::Instance,
        parser: Parser::Text(|text| part(text, ContextPart::Privileges)),
        usual: Some(|| Privileges::default().to_string()),
    };
    LIMIT_PRIVILEGES: GenOption {
        long: "limit-privileges",
        key: "limit_privileges",
        value_name: "[WHOSE:]PRIVILEGES",
        help: "The limit set of privileges for the methods and their child processes",
        heading: Some(USERS),
        per: Per::User,
        count: Count::One("limit privileges"),
        placement: Placement::Instance,
        parser: Parser::Text(|text| part(text, ContextPart::LimitPrivileges)),
        usual: None,
    };
    WORKING_DIRECTORY: GenOption {
        long: "working-directory",
        key: "working_directory",
        value_name: "[WHOSE:]FOLDER",
        help: "Where the methods run: a folder, :home or :default [default: :home]",
        heading: Some(USERS),
        per: Per::User,
        count: Count::One("working directory"),
        placement: Placement::Instance,
        parser: Parser::Text(|text| part(text, ContextPart::WorkingDirectory)),
        usual: Some(|| WorkingDirectory::default().to_string()),
    };
}

impl Directive {
    /// The option that asks for it; for a time zone, the one for all variables.
    pub(crate) fn option(&self) -> &'static GenOption {
        match self {
            Self::User(_) => &USER,
            Self::Setting(_) => &SET,
            Self::Enabled(_) => &ENABLED,
            Self::Need(Need::After(_)) => &AFTER,
            Self::Need(Need::Requires(_)) => &REQUIRES,
            Self::Need(Need::Service(_)) => &DEPENDS_ON,
            Self::Need(Need::File(_)) => &PATH,
            Self::Notify(_) => &NOTIFY,
            Self::Delegate(_) => &DELEGATE,
            Self::Context(ContextPart::Group(_)) => &GROUP,
            Self::Context(ContextPart::Variable(_)) => &ENV,
            Self::Context(ContextPart::Project(_)) => &PROJECT,
            Self::Context(ContextPart::ResourcePool(_)) => &RESOURCE_POOL,
            Self::Context(ContextPart::Privileges(_)) => &PRIVILEGES,
            Self::Context(ContextPart::LimitPrivileges(_)) => &LIMIT_PRIVILEGES,
            Self::Context(ContextPart::WorkingDirectory(_)) => &WORKING_DIRECTORY,
        }
    }
}

/// A text whose type says what it may be.
fn parsed<T>(text: &str, want: impl FnOnce(T) -> Directive) -> Result<Directive, ValueError>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    text.parse().map(want).map_err(ValueError::new)
}

fn part<T>(text: &str, part: impl FnOnce(T) -> ContextPart) -> Result<Directive, ValueError>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    parsed(text, |value| Directive::Context(part(value)))
}

fn variable(made: Result<Variable, impl fmt::Display>) -> Result<Directive, ValueError> {
    made.map(|variable| Directive::Context(ContextPart::Variable(variable)))
        .map_err(ValueError::new)
}

/// With the names of the properties, where there is none of this one.
fn setting(path: &str, value: &str) -> Result<Directive, ValueError> {
    Setting::new(path, value)
        .map(Directive::Setting)
        .map_err(|error| {
            let mut refused = ValueError::new(&error);
            if matches!(error, SettingError::Unknown(_)) {
                let known: Vec<_> = schema::PROPERTIES
                    .iter()
                    .map(schema::Property::path)
                    .collect();
                refused.hint = Some(format!("available: {}", known.join(", ")));
            }
            refused
        })
}
