//! Who is told of an event.

use serde::{Deserialize, Serialize};

use super::property::ValueNode;

/// `<notification_parameters>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NotificationParameters {
    /// Of what.
    pub(crate) event: Event,
    /// How: at least one.
    #[serde(rename = "type")]
    pub(crate) types: Vec<NotificationType>,
}

/// `<event>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Event {
    /// `to-maintenance`, `from-online`...
    #[serde(rename = "@value")]
    pub(crate) value: String,
}

/// `<type>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NotificationType {
    /// `smtp`, `snmp`...
    #[serde(rename = "@name")]
    pub(crate) name: String,
    /// Whether it is used; it is where nothing is said.
    #[serde(rename = "@active", default, skip_serializing_if = "Option::is_none")]
    pub(crate) active: Option<bool>,
    /// What it needs to know.
    #[serde(rename = "$value", default)]
    pub(crate) parameters: Vec<ParameterEntry>,
}

/// A parameter with one value, or with a list of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ParameterEntry {
    /// One value.
    Paramval(Paramval),
    /// None, or many.
    Parameter(Parameter),
}

/// `<paramval>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paramval {
    /// Its name.
    #[serde(rename = "@name")]
    pub(crate) name: String,
    /// Its value.
    #[serde(rename = "@value")]
    pub(crate) value: String,
}

/// `<parameter>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameter {
    /// Its name.
    #[serde(rename = "@name")]
    pub(crate) name: String,
    /// Its values.
    #[serde(rename = "value_node", default)]
    pub(crate) values: Vec<ValueNode>,
}
