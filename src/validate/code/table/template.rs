//! What svccfg refuses when it checks instances against templates.

use super::super::{Rule, Severity, Stage};

pub(in super::super) const GROUP_MISSING: Rule = Rule {
    stage: Stage::Template,
    severity: Severity::Error,
    title: "a required property group is missing",
    explanation: "A template requires a property group that neither the instance nor its service has. The template of svc.startd requires the methods start and stop for every instance that it restarts, including milestones and transient services; exec=':true' is sufficient.",
    help: "add the property group or the method",
};

pub(in super::super) const PROPERTY_MISSING: Rule = Rule {
    stage: Stage::Template,
    severity: Severity::Error,
    title: "a required property is missing",
    explanation: "The pattern of the property group requires the property.",
    help: "add the property",
};

pub(in super::super) const GROUP_TYPE: Rule = Rule {
    stage: Stage::Template,
    severity: Severity::Error,
    title: "the property group has another type",
    explanation: "The pattern of this property group requires another type: general and startd are of type framework, start and stop of type method.",
    help: "use the type that the template requires",
};

pub(in super::super) const PROPERTY_TYPE: Rule = Rule {
    stage: Stage::Template,
    severity: Severity::Error,
    title: "the property has another type",
    explanation: "The pattern of this property requires another type.",
    help: "use the type that the template requires",
};

pub(in super::super) const VALUE_NOT_ALLOWED: Rule = Rule {
    stage: Stage::Template,
    severity: Severity::Error,
    title: "the value is not among those that the template allows",
    explanation: "The constraints of the pattern list the allowed values of the property; they are case-sensitive. startd/duration, for instance, is contract, transient or child.",
    help: "use one of the allowed values",
};

pub(in super::super) const OUT_OF_RANGE: Rule = Rule {
    stage: Stage::Template,
    severity: Severity::Error,
    title: "the value is out of range",
    explanation: "The constraints of the pattern have ranges, and the value is in none of them.",
    help: "use a value within a range",
};

pub(in super::super) const CARDINALITY_VIOLATED: Rule = Rule {
    stage: Stage::Template,
    severity: Severity::Error,
    title: "the property has too few or too many values",
    explanation: "The cardinality of the pattern sets how many values the property may have. A dependency has at least one service_fmri.",
    help: "add or remove values",
};

pub(in super::super) const PATTERN_CONFLICT: Rule = Rule {
    stage: Stage::Template,
    severity: Severity::Error,
    title: "two patterns contradict each other",
    explanation: "The instance and its service have patterns with the same name and different types.",
    help: "use one type for both",
};

pub(in super::super) const FRAMEWORK_REDEFINED: Rule = Rule {
    stage: Stage::Template,
    severity: Severity::Error,
    title: "a built-in template of SMF is redefined",
    explanation: "svc.startd and svc:/system/svc/global have templates for general, startd, restarter, method_context, firewall_context, firewall_config, the methods start, stop and refresh, dependencies and notification parameters. svccfg validate fails on a manifest that also has patterns for them.",
    help: "remove the pg_pattern",
};

pub(in super::super) const PATTERN_INCOMPLETE: Rule = Rule {
    stage: Stage::Template,
    severity: Severity::Error,
    title: "a required pattern has no name or no type",
    explanation: "A pg_pattern with required='true' needs name and type, a prop_pattern with required='true' needs a type.",
    help: "add the attribute",
};

pub(in super::super) const INCLUDE_VALUES: Rule = Rule {
    stage: Stage::Template,
    severity: Severity::Error,
    title: "include_values has nothing to include",
    explanation: "include_values type='constraints' needs constraints in the same prop_pattern, type='values' needs values.",
    help: "add the constraints or values, or remove include_values",
};

pub(in super::super) const TEMPLATE_NAME: Rule = Rule {
    stage: Stage::Template,
    severity: Severity::Error,
    title: "a name is too long for templates",
    explanation: "svccfg looks up the template of a property group under a name that is derived from the group's: the name of a group may have 107 bytes, and its type 108. svccfg import without -V accepts longer names.",
    help: "shorten the name",
};

pub(in super::super) const RANGE_TYPE: Rule = Rule {
    stage: Stage::Template,
    severity: Severity::Error,
    title: "a range is given for a property that is not a number",
    explanation: "Ranges are for properties of type count and integer.",
    help: "remove the range, or change the type",
};

pub(in super::super) const CONSTRAINT_TYPE: Rule = Rule {
    stage: Stage::Template,
    severity: Severity::Error,
    title: "an allowed value is not of the property's type",
    explanation: "The values in the constraints of a boolean, count or integer property are written as numbers.",
    help: "write the allowed values as numbers",
};
