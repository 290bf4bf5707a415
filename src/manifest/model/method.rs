//! Methods, and what they run as.

use std::ops::Not;

use serde::{Deserialize, Serialize};

use super::property::{PropertyEntry, Stability};

/// `<method_context>`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MethodContext {
    /// `:home`, `:default` or a path.
    #[serde(
        rename = "@working_directory",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) working_directory: Option<String>,
    /// The project.
    #[serde(rename = "@project", default, skip_serializing_if = "Option::is_none")]
    pub(crate) project: Option<String>,
    /// The resource pool.
    #[serde(
        rename = "@resource_pool",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) resource_pool: Option<String>,
    /// `aslr`...: illumos since 2016, and nowhere else.
    #[serde(
        rename = "@security_flags",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) security_flags: Option<String>,
    /// User and privileges by an execution profile, in place of the credential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) method_profile: Option<MethodProfile>,
    /// User, group, privileges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) method_credential: Option<MethodCredential>,
    /// Environment variables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) method_environment: Option<MethodEnvironment>,
}

/// `<method_profile>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MethodProfile {
    /// A profile of `exec_attr(5)`.
    #[serde(rename = "@name")]
    pub(crate) name: String,
}

/// `<method_credential>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MethodCredential {
    /// The user.
    #[serde(rename = "@user")]
    pub(crate) user: String,
    /// The group; otherwise the user's own.
    #[serde(rename = "@group", default, skip_serializing_if = "Option::is_none")]
    pub(crate) group: Option<String>,
    /// The supplementary groups; otherwise those of the group database.
    #[serde(
        rename = "@supp_groups",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) supp_groups: Option<String>,
    /// The privileges: `basic`.
    #[serde(
        rename = "@privileges",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) privileges: Option<String>,
    /// What no child can have either.
    #[serde(
        rename = "@limit_privileges",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) limit_privileges: Option<String>,
}

/// `<method_environment>`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MethodEnvironment {
    /// The variables: at least one.
    #[serde(rename = "envvar")]
    pub(crate) variables: Vec<Envvar>,
}

/// `<envvar>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Envvar {
    /// Its name.
    #[serde(rename = "@name")]
    pub(crate) name: String,
    /// Its value, taken as it is.
    #[serde(rename = "@value")]
    pub(crate) value: String,
}

/// `<exec_method>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExecMethod {
    /// `method`; `monitor` is unused.
    #[serde(rename = "@type")]
    pub(crate) kind: MethodKind,
    /// `start`, `stop`, `refresh`.
    #[serde(rename = "@name")]
    pub(crate) name: String,
    /// A line for `/sbin/sh`, after svc.startd has expanded its `%` tokens; or `:true`, `:kill`.
    #[serde(rename = "@exec")]
    pub(crate) exec: String,
    /// Seconds until svc.startd kills it. `0` and `-1` are for ever.
    #[serde(rename = "@timeout_seconds")]
    pub(crate) timeout_seconds: String,
    /// Whether an import removes it.
    #[serde(rename = "@delete", default, skip_serializing_if = "Not::not")]
    pub(crate) delete: bool,
    /// In place of the entity's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) method_context: Option<MethodContext>,
    /// How firm it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stability: Option<Stability>,
    /// More properties.
    #[serde(rename = "$value", default)]
    pub(crate) values: Vec<PropertyEntry>,
}

/// `exec_method/@type`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MethodKind {
    /// A method.
    Method,
    /// A monitor, which svc.startd ignores.
    Monitor,
}
