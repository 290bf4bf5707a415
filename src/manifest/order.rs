//! For tests: the order of the elements, as the document type `service_bundle` has it. svccfg refuses
//! every other order. The table stands apart from the model on purpose: it checks it.

use super::element::Element;
use super::layout::parse_document;

/// An element, what may stand in it, in this order, and its attributes: `+` marks those it must have.
type Rule = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

/// The elements that are written.
const RULES: &[Rule] = &[
    ("service_bundle", &["service"], &["+type", "+name"]),
    (
        "service",
        &[
            "create_default_instance",
            "single_instance",
            "restarter",
            "dependency",
            "dependent",
            "method_context",
            "exec_method",
            "notification_parameters",
            "property_group",
            "instance",
            "stability",
            "template",
        ],
        &["+name", "+type", "+version"],
    ),
    (
        "instance",
        &[
            "restarter",
            "dependency",
            "dependent",
            "method_context",
            "exec_method",
            "notification_parameters",
            "property_group",
            "template",
        ],
        &["+name", "+enabled"],
    ),
    (
        "dependency",
        &["service_fmri", "stability"],
        &["+name", "+grouping", "+restart_on", "+type", "delete"],
    ),
    ("service_fmri", &[], &["+value"]),
    ("method_profile", &[], &["+name"]),
    ("method_environment", &["envvar"], &[]),
    ("envvar", &[], &["+name", "+value"]),
    (
        "method_context",
        &["method_profile", "method_credential", "method_environment"],
        &[
            "working_directory",
            "project",
            "resource_pool",
            "security_flags",
        ],
    ),
    (
        "method_credential",
        &[],
        &[
            "+user",
            "group",
            "supp_groups",
            "privileges",
            "limit_privileges",
        ],
    ),
    (
        "exec_method",
        &["method_context", "stability"],
        &["+type", "+name", "+exec", "+timeout_seconds", "delete"],
    ),
    (
        "property_group",
        &["stability", "propval", "property"],
        &["+name", "+type", "delete"],
    ),
    (
        "property",
        &["astring_list"],
        &["+name", "+type", "override"],
    ),
    ("astring_list", &["value_node"], &[]),
    ("value_node", &[], &["+value"]),
    ("notification_parameters", &["event", "type"], &[]),
    ("event", &[], &["+value"]),
    ("type", &["parameter", "paramval"], &["+name", "active"]),
    ("parameter", &["value_node"], &["+name"]),
    ("paramval", &[], &["+name", "+value"]),
    ("value_node", &[], &["+value"]),
    ("propval", &[], &["+name", "+type", "+value", "override"]),
    ("stability", &[], &["+value"]),
    (
        "template",
        &["common_name", "description", "documentation", "pg_pattern"],
        &[],
    ),
    ("common_name", &["loctext"], &[]),
    ("description", &["loctext"], &[]),
    ("units", &["loctext"], &[]),
    ("loctext", &[], &["+xml:lang"]),
    ("documentation", &["manpage", "doc_link"], &[]),
    ("manpage", &[], &["+title", "+section", "manpath"]),
    ("doc_link", &[], &["+name", "+uri"]),
    (
        "pg_pattern",
        &["common_name", "description", "prop_pattern"],
        &["name", "type", "target", "required"],
    ),
    (
        "prop_pattern",
        &[
            "common_name",
            "description",
            "units",
            "visibility",
            "cardinality",
            "internal_separators",
            "values",
            "constraints",
            "choices",
        ],
        &["+name", "type", "required"],
    ),
    ("visibility", &[], &["+value"]),
    ("cardinality", &[], &["min", "max"]),
    ("values", &["value"], &[]),
    ("constraints", &["value", "range"], &[]),
    ("choices", &["value", "range", "include_values"], &[]),
    ("include_values", &[], &["+type"]),
    ("value", &["common_name", "description"], &["+name"]),
    ("range", &[], &["+min", "+max"]),
];

/// Everything in a manifest's text that the document type does not allow.
pub(crate) fn violations(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    check(&parse_document(text), &mut found);
    found
}

fn check(element: &Element, found: &mut Vec<String>) {
    let name = element.name.as_str();
    let Some((_, children, attributes)) = RULES.iter().find(|rule| rule.0 == name) else {
        found.push(format!("<{name}> is unknown"));
        return;
    };
    let mut at = 0;
    for child in &element.children {
        match children[at..]
            .iter()
            .position(|allowed| *allowed == child.name)
        {
            Some(further) => at += further,
            None => found.push(format!(
                "<{}> is not allowed at this position in <{name}>",
                child.name
            )),
        }
        check(child, found);
    }
    for (attribute, _) in &element.attributes {
        if !attributes
            .iter()
            .any(|a| a.trim_start_matches('+') == attribute)
        {
            found.push(format!("<{name}> has no attribute {attribute}"));
        }
    }
    for needed in attributes.iter().filter_map(|a| a.strip_prefix('+')) {
        if !element
            .attributes
            .iter()
            .any(|(attribute, _)| attribute == needed)
        {
            found.push(format!("<{name}> lacks {needed}"));
        }
    }
}

#[test]
fn violations_are_found() {
    let wrong = "<service_bundle type='manifest'><service name='a' type='service' version='1'>
        <instance name='a' enabled='false' x='y'/><property_group name='a' type='b'/><bad/>
        </service></service_bundle>";
    assert_eq!(
        violations(wrong),
        [
            "<instance> has no attribute x",
            "<property_group> is not allowed at this position in <service>",
            "<bad> is not allowed at this position in <service>",
            "<bad> is unknown",
            "<service_bundle> lacks name",
        ]
    );
}
