//! The elements of the document type `service_bundle`, what they hold, and their attributes
//! (`service_bundle.dtd.1`; `service_bundle(5)`).

use crate::smf::value_type::ValueType;

/// What an element holds.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum Content {
    /// Nothing, not even a blank.
    Empty,
    /// Anything.
    Any,
    /// Text.
    Text,
    /// These, in this order.
    Sequence(&'static [Particle]),
    /// Any number of one of these.
    OneKind(&'static [&'static str]),
}

/// How often something comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Occurs {
    Once,
    Optional,
    Any,
    AtLeastOnce,
}

/// A part of a sequence: one of these elements.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Particle {
    pub(in super::super) names: &'static [&'static str],
    pub(in super::super) occurs: Occurs,
}

/// The values of an attribute.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum Values {
    /// Any text.
    Text,
    /// One of these.
    Words(&'static [&'static str]),
    /// This only.
    Fixed(&'static str),
}

/// Whether an attribute must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Presence {
    Required,
    Optional,
    /// Required in a manifest, optional in a profile.
    RequiredInManifest,
}

/// An attribute.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct AttributeRule {
    pub(in super::super) name: &'static str,
    pub(in super::super) values: Values,
    pub(in super::super) presence: Presence,
}

/// An element.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct ElementRule {
    pub(in super::super) name: &'static str,
    pub(in super::super) content: Content,
    pub(in super::super) attributes: &'static [AttributeRule],
}

const fn one(names: &'static [&'static str]) -> Particle {
    Particle {
        names,
        occurs: Occurs::Once,
    }
}
const fn opt(names: &'static [&'static str]) -> Particle {
    Particle {
        names,
        occurs: Occurs::Optional,
    }
}
const fn any(names: &'static [&'static str]) -> Particle {
    Particle {
        names,
        occurs: Occurs::Any,
    }
}
const fn some(names: &'static [&'static str]) -> Particle {
    Particle {
        names,
        occurs: Occurs::AtLeastOnce,
    }
}

const fn attribute(name: &'static str, values: Values, presence: Presence) -> AttributeRule {
    AttributeRule {
        name,
        values,
        presence,
    }
}
const fn required(name: &'static str) -> AttributeRule {
    attribute(name, Values::Text, Presence::Required)
}
const fn optional(name: &'static str) -> AttributeRule {
    attribute(name, Values::Text, Presence::Optional)
}
const fn required_word(name: &'static str, words: &'static [&'static str]) -> AttributeRule {
    attribute(name, Values::Words(words), Presence::Required)
}
const fn optional_word(name: &'static str, words: &'static [&'static str]) -> AttributeRule {
    attribute(name, Values::Words(words), Presence::Optional)
}

const BOOLEAN: &[&str] = &["true", "false"];
const GROUPINGS: &[&str] = &["require_all", "require_any", "exclude_all", "optional_all"];
const RESTART_ON: &[&str] = &["error", "restart", "refresh", "none"];

const LISTS: &[&str] = &[
    "count_list",
    "integer_list",
    "opaque_list",
    "host_list",
    "hostname_list",
    "net_address_list",
    "net_address_v4_list",
    "net_address_v6_list",
    "time_list",
    "astring_list",
    "ustring_list",
    "boolean_list",
    "fmri_list",
    "uri_list",
];

const VALUES: Particle = any(&["propval", "property"]);
const TYPE: AttributeRule = attribute(
    "type",
    Values::Words(&ValueType::NAMES),
    Presence::RequiredInManifest,
);
const XI: AttributeRule = attribute(
    "xmlns:xi",
    Values::Fixed("http://www.w3.org/2001/XInclude"),
    Presence::Optional,
);

const fn element(
    name: &'static str,
    content: Content,
    attributes: &'static [AttributeRule],
) -> ElementRule {
    ElementRule {
        name,
        content,
        attributes,
    }
}
const fn sequence(
    name: &'static str,
    particles: &'static [Particle],
    attributes: &'static [AttributeRule],
) -> ElementRule {
    element(name, Content::Sequence(particles), attributes)
}
const fn empty(name: &'static str, attributes: &'static [AttributeRule]) -> ElementRule {
    element(name, Content::Empty, attributes)
}
const fn list(name: &'static str) -> ElementRule {
    const NODES: &[Particle] = &[some(&["value_node"])];
    sequence(name, NODES, &[])
}
const fn texts(name: &'static str) -> ElementRule {
    const TEXTS: &[Particle] = &[some(&["loctext"])];
    sequence(name, TEXTS, &[])
}

/// Every element.
pub(in super::super) static ELEMENTS: &[ElementRule] = &[
    element(
        "service_bundle",
        Content::OneKind(&["service_bundle", "service", "xi:include"]),
        &[required("type"), required("name")],
    ),
    sequence(
        "service",
        &[
            opt(&["create_default_instance"]),
            opt(&["single_instance"]),
            opt(&["restarter"]),
            any(&["dependency"]),
            any(&["dependent"]),
            opt(&["method_context"]),
            any(&["exec_method"]),
            any(&["notification_parameters"]),
            any(&["property_group"]),
            any(&["instance"]),
            opt(&["stability"]),
            opt(&["template"]),
        ],
        &[
            required("name"),
            required("version"),
            required_word("type", &["service", "restarter", "milestone"]),
        ],
    ),
    sequence(
        "instance",
        &[
            opt(&["restarter"]),
            any(&["dependency"]),
            any(&["dependent"]),
            opt(&["method_context"]),
            any(&["exec_method"]),
            any(&["notification_parameters"]),
            any(&["property_group"]),
            opt(&["template"]),
        ],
        &[required("name"), required_word("enabled", BOOLEAN)],
    ),
    empty(
        "create_default_instance",
        &[required_word("enabled", BOOLEAN)],
    ),
    empty("single_instance", &[]),
    sequence("restarter", &[one(&["service_fmri"])], &[]),
    empty("service_fmri", &[required("value")]),
    sequence(
        "dependency",
        &[any(&["service_fmri"]), opt(&["stability"]), VALUES],
        &[
            required("name"),
            required_word("grouping", GROUPINGS),
            required_word("restart_on", RESTART_ON),
            required("type"),
            optional_word("delete", BOOLEAN),
        ],
    ),
    sequence(
        "dependent",
        &[one(&["service_fmri"]), opt(&["stability"]), VALUES],
        &[
            required("name"),
            required_word("grouping", GROUPINGS),
            required_word("restart_on", RESTART_ON),
            optional_word("delete", BOOLEAN),
            optional_word("override", BOOLEAN),
        ],
    ),
    sequence(
        "method_context",
        &[
            opt(&["method_profile", "method_credential"]),
            opt(&["method_environment"]),
        ],
        &[
            optional("working_directory"),
            optional("project"),
            optional("resource_pool"),
            optional("security_flags"),
        ],
    ),
    empty("method_profile", &[required("name")]),
    empty(
        "method_credential",
        &[
            required("user"),
            optional("group"),
            optional("supp_groups"),
            optional("privileges"),
            optional("limit_privileges"),
        ],
    ),
    sequence("method_environment", &[some(&["envvar"])], &[]),
    empty("envvar", &[required("name"), required("value")]),
    sequence(
        "exec_method",
        &[opt(&["method_context"]), opt(&["stability"]), VALUES],
        &[
            required_word("type", &["method", "monitor"]),
            required("name"),
            required("exec"),
            required("timeout_seconds"),
            optional_word("delete", BOOLEAN),
        ],
    ),
    sequence(
        "property_group",
        &[opt(&["stability"]), VALUES],
        &[
            required("name"),
            attribute("type", Values::Text, Presence::RequiredInManifest),
            optional_word("delete", BOOLEAN),
        ],
    ),
    empty(
        "propval",
        &[
            required("name"),
            TYPE,
            required("value"),
            optional_word("override", BOOLEAN),
        ],
    ),
    sequence(
        "property",
        &[opt(LISTS)],
        &[required("name"), TYPE, optional_word("override", BOOLEAN)],
    ),
    empty("value_node", &[required("value")]),
    list("count_list"),
    list("integer_list"),
    list("opaque_list"),
    list("host_list"),
    list("hostname_list"),
    list("net_address_list"),
    list("net_address_v4_list"),
    list("net_address_v6_list"),
    list("time_list"),
    list("astring_list"),
    list("ustring_list"),
    list("boolean_list"),
    list("fmri_list"),
    list("uri_list"),
    empty(
        "stability",
        &[required_word(
            "value",
            &[
                "Standard", "Stable", "Evolving", "Unstable", "External", "Obsolete",
            ],
        )],
    ),
    sequence(
        "notification_parameters",
        &[one(&["event"]), some(&["type"])],
        &[],
    ),
    empty("event", &[required("value")]),
    sequence(
        "type",
        &[any(&["parameter", "paramval"])],
        &[required("name"), optional_word("active", BOOLEAN)],
    ),
    sequence("parameter", &[any(&["value_node"])], &[required("name")]),
    empty("paramval", &[required("name"), required("value")]),
    sequence(
        "template",
        &[
            one(&["common_name"]),
            opt(&["description"]),
            opt(&["documentation"]),
            any(&["pg_pattern"]),
        ],
        &[],
    ),
    texts("common_name"),
    texts("description"),
    texts("units"),
    element("loctext", Content::Text, &[required("xml:lang")]),
    sequence("documentation", &[any(&["doc_link", "manpage"])], &[]),
    empty("doc_link", &[required("name"), required("uri")]),
    empty(
        "manpage",
        &[required("title"), required("section"), optional("manpath")],
    ),
    sequence(
        "pg_pattern",
        &[
            opt(&["common_name"]),
            opt(&["description"]),
            any(&["prop_pattern"]),
        ],
        &[
            optional("name"),
            optional("type"),
            optional_word("required", BOOLEAN),
            optional_word("target", &["this", "instance", "delegate", "all"]),
        ],
    ),
    sequence(
        "prop_pattern",
        &[
            opt(&["common_name"]),
            opt(&["description"]),
            opt(&["units"]),
            opt(&["visibility"]),
            opt(&["cardinality"]),
            opt(&["internal_separators"]),
            opt(&["values"]),
            opt(&["constraints"]),
            opt(&["choices"]),
        ],
        &[
            required("name"),
            optional_word("type", &ValueType::NAMES),
            optional_word("required", BOOLEAN),
        ],
    ),
    empty(
        "visibility",
        &[required_word("value", &["hidden", "readonly", "readwrite"])],
    ),
    empty("cardinality", &[optional("min"), optional("max")]),
    element("internal_separators", Content::Text, &[]),
    sequence("values", &[some(&["value"])], &[]),
    sequence(
        "value",
        &[opt(&["common_name"]), opt(&["description"])],
        &[required("name")],
    ),
    sequence("constraints", &[any(&["value"]), any(&["range"])], &[]),
    sequence(
        "choices",
        &[any(&["value"]), any(&["range"]), any(&["include_values"])],
        &[],
    ),
    empty("range", &[required("min"), required("max")]),
    empty(
        "include_values",
        &[required_word("type", &["constraints", "values"])],
    ),
    sequence(
        "xi:include",
        &[one(&["xi:fallback"])],
        &[
            required("href"),
            optional_word("parse", &["xml", "text"]),
            optional("encoding"),
            XI,
        ],
    ),
    element("xi:fallback", Content::Any, &[XI]),
];

/// The rule for an element.
pub(in super::super) fn rule(name: &str) -> Option<&'static ElementRule> {
    ELEMENTS.iter().find(|rule| rule.name == name)
}
