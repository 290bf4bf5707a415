//! A manifest as Rust types: the part of the document type `service_bundle` that manifests of VMs use.
//!
//! The document type is ordered, and serde writes the fields in the order in which they stand here:
//! **the order of the fields is the order of the elements**. A type is named after its element. An
//! attribute that the document type leaves as text is a `String`, whatever SMF may make of it.

mod method;
mod notify;
mod property;

use std::ops::Not;

use serde::{Deserialize, Serialize};

use super::template::Template;
pub(crate) use method::*;
pub(crate) use notify::*;
pub(crate) use property::*;

/// `<service_bundle>`: the whole document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename = "service_bundle")]
pub(crate) struct ServiceBundle {
    /// What the document is for.
    #[serde(rename = "@type")]
    pub(crate) kind: BundleKind,
    /// A name for people: svccfg only wants it to be there.
    #[serde(rename = "@name")]
    pub(crate) name: String,
    /// The services.
    #[serde(rename = "service", default)]
    pub(crate) services: Vec<Service>,
}

/// What a bundle is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BundleKind {
    /// For `svccfg import`.
    Manifest,
    /// For `svccfg apply`.
    Profile,
}

/// `<service>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Service {
    /// The bare name, without `svc:/`.
    #[serde(rename = "@name")]
    pub(crate) name: String,
    /// A plain service, a restarter or a milestone.
    #[serde(rename = "@type")]
    pub(crate) kind: ServiceKind,
    /// A number from 1.
    #[serde(rename = "@version")]
    pub(crate) version: String,
    /// An instance called `default`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) create_default_instance: Option<CreateDefaultInstance>,
    /// At most one instance may run. Nothing in SMF enforces it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) single_instance: Option<SingleInstance>,
    /// Another restarter than svc.startd.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) restarter: Option<Restarter>,
    /// What must be there first.
    #[serde(rename = "dependency", default)]
    pub(crate) dependencies: Vec<Dependency>,
    /// Who else must wait for this service.
    #[serde(rename = "dependent", default)]
    pub(crate) dependents: Vec<Dependent>,
    /// The context of every method that has none of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) method_context: Option<MethodContext>,
    /// `start`, `stop`, `refresh`.
    #[serde(rename = "exec_method", default)]
    pub(crate) exec_methods: Vec<ExecMethod>,
    /// Who is told when an instance changes its state.
    #[serde(rename = "notification_parameters", default)]
    pub(crate) notification_parameters: Vec<NotificationParameters>,
    /// Properties that all instances inherit.
    #[serde(rename = "property_group", default)]
    pub(crate) property_groups: Vec<PropertyGroup>,
    /// The instances.
    #[serde(rename = "instance", default)]
    pub(crate) instances: Vec<Instance>,
    /// How firm the interface is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stability: Option<Stability>,
    /// Descriptions for people and for `svccfg validate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) template: Option<Template>,
}

/// `service/@type`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ServiceKind {
    /// A service.
    Service,
    /// A service that restarts others.
    Restarter,
    /// A milestone.
    Milestone,
}

/// `<instance>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Instance {
    /// The name after the colon of the FMRI.
    #[serde(rename = "@name")]
    pub(crate) name: String,
    /// `general/enabled`.
    #[serde(rename = "@enabled")]
    pub(crate) enabled: bool,
    /// Another restarter than svc.startd.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) restarter: Option<Restarter>,
    /// What must be there first, beside what the service says.
    #[serde(rename = "dependency", default)]
    pub(crate) dependencies: Vec<Dependency>,
    /// Who else must wait for this instance.
    #[serde(rename = "dependent", default)]
    pub(crate) dependents: Vec<Dependent>,
    /// In place of the service's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) method_context: Option<MethodContext>,
    /// In place of the service's: a method is replaced as a whole.
    #[serde(rename = "exec_method", default)]
    pub(crate) exec_methods: Vec<ExecMethod>,
    /// Who is told when an instance changes its state.
    #[serde(rename = "notification_parameters", default)]
    pub(crate) notification_parameters: Vec<NotificationParameters>,
    /// In place of the service's, property by property.
    #[serde(rename = "property_group", default)]
    pub(crate) property_groups: Vec<PropertyGroup>,
    /// Descriptions of what only this instance has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) template: Option<Template>,
}

/// `<create_default_instance>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateDefaultInstance {
    /// `general/enabled`.
    #[serde(rename = "@enabled")]
    pub(crate) enabled: bool,
}

/// `<single_instance>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SingleInstance {}

/// `<restarter>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Restarter {
    /// An instance's FMRI.
    pub(crate) service_fmri: ServiceFmri,
}

/// `<service_fmri>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServiceFmri {
    /// `svc:/...` or `file://localhost/...`.
    #[serde(rename = "@value")]
    pub(crate) value: String,
}

/// `<dependency>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dependency {
    /// Unique among the groups, methods, dependencies and dependents of its entity.
    #[serde(rename = "@name")]
    pub(crate) name: String,
    /// Which of the FMRIs are needed.
    #[serde(rename = "@grouping")]
    pub(crate) grouping: Grouping,
    /// After what of theirs this one is restarted.
    #[serde(rename = "@restart_on")]
    pub(crate) restart_on: RestartOn,
    /// `service` or `path`.
    #[serde(rename = "@type")]
    pub(crate) kind: String,
    /// Whether an import removes it.
    #[serde(rename = "@delete", default, skip_serializing_if = "Not::not")]
    pub(crate) delete: bool,
    /// On what it depends.
    #[serde(rename = "service_fmri", default)]
    pub(crate) service_fmris: Vec<ServiceFmri>,
    /// How firm it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stability: Option<Stability>,
    /// More properties.
    #[serde(rename = "$value", default)]
    pub(crate) values: Vec<PropertyEntry>,
}

/// `<dependent>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dependent {
    /// Unique among the groups, methods, dependencies and dependents of its entity.
    #[serde(rename = "@name")]
    pub(crate) name: String,
    /// Which of the FMRIs are needed.
    #[serde(rename = "@grouping")]
    pub(crate) grouping: Grouping,
    /// After what of this one the other is restarted.
    #[serde(rename = "@restart_on")]
    pub(crate) restart_on: RestartOn,
    /// Whether an import removes it.
    #[serde(rename = "@delete", default, skip_serializing_if = "Not::not")]
    pub(crate) delete: bool,
    /// Whether an import overwrites what an administrator changed.
    #[serde(rename = "@override", default, skip_serializing_if = "Not::not")]
    pub(crate) overrides: bool,
    /// Who waits.
    pub(crate) service_fmri: ServiceFmri,
    /// How firm it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stability: Option<Stability>,
    /// More properties.
    #[serde(rename = "$value", default)]
    pub(crate) values: Vec<PropertyEntry>,
}

/// `@grouping`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Grouping {
    /// All of them online.
    RequireAll,
    /// One of them online.
    RequireAny,
    /// None of them online.
    ExcludeAll,
    /// All of them online, as far as they are enabled and there.
    OptionalAll,
}

/// `@restart_on`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RestartOn {
    /// When it stops because of an error.
    Error,
    /// When it stops for any reason.
    Restart,
    /// When it is refreshed, too.
    Refresh,
    /// Never.
    None,
}
