//! Property groups, properties and their values.

use std::ops::Not;

use serde::{Deserialize, Serialize};

use crate::smf::value_type::ValueType;

/// `<property_group>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PropertyGroup {
    /// Its name.
    #[serde(rename = "@name")]
    pub(crate) name: String,
    /// `application`, `framework`...
    #[serde(rename = "@type")]
    pub(crate) kind: String,
    /// Whether an import removes it.
    #[serde(rename = "@delete", default, skip_serializing_if = "Not::not")]
    pub(crate) delete: bool,
    /// How firm it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stability: Option<Stability>,
    /// The properties, in any order.
    #[serde(rename = "$value", default)]
    pub(crate) values: Vec<PropertyEntry>,
}

/// A property with one value, or with a list of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PropertyEntry {
    /// One value.
    Propval(Propval),
    /// None, or many.
    Property(Property),
}

/// `<propval>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Propval {
    /// Its name.
    #[serde(rename = "@name")]
    pub(crate) name: String,
    /// Its type.
    #[serde(rename = "@type")]
    pub(crate) kind: ValueType,
    /// Its value.
    #[serde(rename = "@value")]
    pub(crate) value: String,
    /// Whether an import overwrites what an administrator changed.
    #[serde(rename = "@override", default, skip_serializing_if = "Not::not")]
    pub(crate) overrides: bool,
}

/// `<property>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Property {
    /// Its name.
    #[serde(rename = "@name")]
    pub(crate) name: String,
    /// Its type.
    #[serde(rename = "@type")]
    pub(crate) kind: ValueType,
    /// Whether an import overwrites what an administrator changed.
    #[serde(rename = "@override", default, skip_serializing_if = "Not::not")]
    pub(crate) overrides: bool,
    /// Its values. Without this element it has none.
    #[serde(rename = "$value", default, skip_serializing_if = "Option::is_none")]
    pub(crate) list: Option<ValueList>,
}

/// `<count_list>`, `<astring_list>`... : the element is named after the type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ValueList {
    #[serde(rename = "count_list")]
    Count(ValueNodes),
    #[serde(rename = "integer_list")]
    Integer(ValueNodes),
    #[serde(rename = "opaque_list")]
    Opaque(ValueNodes),
    #[serde(rename = "host_list")]
    Host(ValueNodes),
    #[serde(rename = "hostname_list")]
    Hostname(ValueNodes),
    #[serde(rename = "net_address_list")]
    NetAddress(ValueNodes),
    #[serde(rename = "net_address_v4_list")]
    NetAddressV4(ValueNodes),
    #[serde(rename = "net_address_v6_list")]
    NetAddressV6(ValueNodes),
    #[serde(rename = "time_list")]
    Time(ValueNodes),
    #[serde(rename = "astring_list")]
    Astring(ValueNodes),
    #[serde(rename = "ustring_list")]
    Ustring(ValueNodes),
    #[serde(rename = "boolean_list")]
    Boolean(ValueNodes),
    #[serde(rename = "fmri_list")]
    Fmri(ValueNodes),
    #[serde(rename = "uri_list")]
    Uri(ValueNodes),
}

/// The content of a [`ValueList`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ValueNodes {
    /// The values: at least one.
    #[serde(rename = "value_node")]
    pub(crate) nodes: Vec<ValueNode>,
}

/// `<value_node>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ValueNode {
    /// The value.
    #[serde(rename = "@value")]
    pub(crate) value: String,
}

/// `<stability>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stability {
    /// The level.
    #[serde(rename = "@value")]
    pub(crate) value: StabilityLevel,
}

/// `stability/@value`: `attributes(7)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum StabilityLevel {
    Standard,
    Stable,
    Evolving,
    Unstable,
    External,
    Obsolete,
}
