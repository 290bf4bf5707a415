//! The template part of a manifest: what `svccfg describe` tells and `svccfg validate` checks.
//!
//! As in [`super::model`], the order of the fields is the order of the elements.

use serde::{Deserialize, Serialize};

use crate::smf::value_type::ValueType;

/// `<template>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Template {
    /// The name for people.
    pub(crate) common_name: Text,
    /// A sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<Text>,
    /// Where to read more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) documentation: Option<Documentation>,
    /// The property groups.
    #[serde(rename = "pg_pattern", default)]
    pub(crate) pg_patterns: Vec<PgPattern>,
}

/// `<common_name>`, `<description>` and `<units>`: a text in one or more languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Text {
    /// One a language: at least one.
    #[serde(rename = "loctext")]
    pub(crate) texts: Vec<Loctext>,
}

impl Text {
    /// A text in the language `C`.
    pub(crate) fn plain(text: &str) -> Self {
        Self {
            texts: vec![Loctext {
                lang: "C".to_owned(),
                text: text.to_owned(),
            }],
        }
    }
}

/// `<loctext>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Loctext {
    /// The language: `C`.
    #[serde(rename = "@xml:lang")]
    pub(crate) lang: String,
    /// The text.
    #[serde(rename = "$text", default)]
    pub(crate) text: String,
}

/// `<documentation>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Documentation {
    /// Links and manual pages, in any order.
    #[serde(rename = "$value", default)]
    pub(crate) links: Vec<DocumentationLink>,
}

/// Where to read more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DocumentationLink {
    /// On the network.
    DocLink(DocLink),
    /// In the manual.
    Manpage(Manpage),
}

/// `<doc_link>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DocLink {
    /// A title.
    #[serde(rename = "@name")]
    pub(crate) name: String,
    /// The address.
    #[serde(rename = "@uri")]
    pub(crate) uri: String,
}

/// `<manpage>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manpage {
    /// The page.
    #[serde(rename = "@title")]
    pub(crate) title: String,
    /// Its section.
    #[serde(rename = "@section")]
    pub(crate) section: String,
    /// Its tree; otherwise the system's own.
    #[serde(rename = "@manpath", default, skip_serializing_if = "Option::is_none")]
    pub(crate) manpath: Option<String>,
}

/// `<pg_pattern>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PgPattern {
    /// Which group; empty for any.
    #[serde(rename = "@name", default, skip_serializing_if = "String::is_empty")]
    pub(crate) name: String,
    /// Its type; empty for any.
    #[serde(rename = "@type", default, skip_serializing_if = "String::is_empty")]
    pub(crate) kind: String,
    /// Whose groups.
    #[serde(rename = "@target", default)]
    pub(crate) target: Target,
    /// Whether the group must be there.
    #[serde(rename = "@required", default)]
    pub(crate) required: bool,
    /// The name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) common_name: Option<Text>,
    /// A sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<Text>,
    /// The properties.
    #[serde(rename = "prop_pattern", default)]
    pub(crate) prop_patterns: Vec<PropPattern>,
}

/// `pg_pattern/@target`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Target {
    /// The service or instance that the template belongs to.
    #[default]
    This,
    /// Every instance of the service.
    Instance,
    /// Every instance that this restarter restarts.
    Delegate,
    /// Everything: for the framework only.
    All,
}

/// `<prop_pattern>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PropPattern {
    /// Which property.
    #[serde(rename = "@name")]
    pub(crate) name: String,
    /// Its type.
    #[serde(rename = "@type", default, skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<ValueType>,
    /// Whether it must be there.
    #[serde(rename = "@required", default)]
    pub(crate) required: bool,
    /// The name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) common_name: Option<Text>,
    /// A sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<Text>,
    /// A plural word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) units: Option<Text>,
    /// Who should see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) visibility: Option<Visibility>,
    /// How many values it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cardinality: Option<Cardinality>,
    /// What separates the parts of one value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) internal_separators: Option<String>,
    /// What values mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) values: Option<Values>,
    /// Which values it may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) constraints: Option<Constraints>,
    /// Which values to offer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) choices: Option<Choices>,
}

/// `<visibility>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Visibility {
    /// How much of it.
    #[serde(rename = "@value")]
    pub(crate) value: VisibilityLevel,
}

/// `visibility/@value`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum VisibilityLevel {
    /// Not for people.
    Hidden,
    /// For people to read.
    Readonly,
    /// For people to set.
    Readwrite,
}

/// `<cardinality>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cardinality {
    /// The least number of values; 0 where it is left out.
    #[serde(rename = "@min", default, skip_serializing_if = "Option::is_none")]
    pub(crate) min: Option<u64>,
    /// The greatest number of values; no limit where it is left out.
    #[serde(rename = "@max", default, skip_serializing_if = "Option::is_none")]
    pub(crate) max: Option<u64>,
}

/// `<values>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Values {
    /// At least one.
    #[serde(rename = "value")]
    pub(crate) values: Vec<Value>,
}

/// `<value>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Value {
    /// The value itself.
    #[serde(rename = "@name")]
    pub(crate) name: String,
    /// The name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) common_name: Option<Text>,
    /// A sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<Text>,
}

/// `<constraints>`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Constraints {
    /// Single values.
    #[serde(rename = "value", default)]
    pub(crate) values: Vec<Value>,
    /// Ranges.
    #[serde(rename = "range", default)]
    pub(crate) ranges: Vec<Range>,
}

/// `<range>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Range {
    /// The least.
    #[serde(rename = "@min")]
    pub(crate) min: String,
    /// The greatest.
    #[serde(rename = "@max")]
    pub(crate) max: String,
}

/// `<choices>`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choices {
    /// Single values.
    #[serde(rename = "value", default)]
    pub(crate) values: Vec<Value>,
    /// Ranges.
    #[serde(rename = "range", default)]
    pub(crate) ranges: Vec<Range>,
    /// The values of the constraints, or those that are described.
    #[serde(rename = "include_values", default)]
    pub(crate) include_values: Vec<IncludeValues>,
}

/// `<include_values>`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IncludeValues {
    /// From where.
    #[serde(rename = "@type")]
    pub(crate) from: ValueSource,
}

/// `include_values/@type`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ValueSource {
    /// From `<constraints>`.
    Constraints,
    /// From `<values>`.
    Values,
}
