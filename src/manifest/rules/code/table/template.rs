//! What svccfg refuses when it checks instances against templates.

use super::super::{Code, Rule, Stage};

const fn row(code: Code, texts: [&'static str; 3]) -> Rule {
    super::error(code, Stage::Template, texts)
}

pub(in super::super) const RULES: &[Rule] = &[
    row(
        Code::GroupMissing,
        [
            "a required property group is missing",
            "A template requires a property group that the instance does not have, neither of its own nor from its service. The template of svc.startd requires the methods start and stop of every instance that it restarts, milestones and transient services included; exec=':true' will do.",
            "add the property group or the method",
        ],
    ),
    row(
        Code::PropertyMissing,
        [
            "a required property is missing",
            "The pattern of the property group requires the property.",
            "add the property",
        ],
    ),
    row(
        Code::GroupType,
        [
            "the property group is of another type",
            "The pattern of this property group requires another type: general and startd are of type framework, start and stop of type method.",
            "use the type that the template requires",
        ],
    ),
    row(
        Code::PropertyType,
        [
            "the property is of another type",
            "The pattern of this property requires another type.",
            "use the type that the template requires",
        ],
    ),
    row(
        Code::ValueNotAllowed,
        [
            "the value is not among those that the template allows",
            "The constraints of the pattern list the values that the property may have; case counts. startd/duration, for instance, is contract, transient or child.",
            "use one of the values that are allowed",
        ],
    ),
    row(
        Code::OutOfRange,
        [
            "the value is out of range",
            "The constraints of the pattern have ranges, and the value is in none of them.",
            "use a value within a range",
        ],
    ),
    row(
        Code::CardinalityViolated,
        [
            "the property has too few or too many values",
            "The cardinality of the pattern says how many values the property may have. A dependency has at least one service_fmri.",
            "add or remove values",
        ],
    ),
    row(
        Code::PatternConflict,
        [
            "two patterns contradict each other",
            "The instance and its service have patterns of one name with different types.",
            "use one type for both",
        ],
    ),
    row(
        Code::FrameworkRedefined,
        [
            "a template of SMF's own is redefined",
            "svc.startd and svc:/system/svc/global have templates for general, startd, restarter, method_context, firewall_context, firewall_config, the methods start, stop and refresh, dependencies and notification parameters. svccfg validate fails on a manifest that has patterns for them, too.",
            "remove the pg_pattern",
        ],
    ),
    row(
        Code::PatternIncomplete,
        [
            "a required pattern has no name or no type",
            "A pg_pattern with required='true' needs name and type, a prop_pattern with required='true' needs a type.",
            "add the attribute",
        ],
    ),
    row(
        Code::IncludeValues,
        [
            "include_values has nothing to include",
            "include_values type='constraints' needs constraints in the same prop_pattern, type='values' needs values.",
            "add the constraints or values, or remove include_values",
        ],
    ),
    row(
        Code::TemplateName,
        [
            "a name is too long for templates",
            "svccfg looks for the template of a property group under a name that is built from the group's: the name of a group may have 107 bytes, and its type 108. svccfg import without -V takes longer ones.",
            "shorten the name",
        ],
    ),
    row(
        Code::RangeType,
        [
            "a range is given for a property that is no number",
            "Ranges are for properties of type count and integer.",
            "remove the range, or change the type",
        ],
    ),
    row(
        Code::ConstraintType,
        [
            "an allowed value is not of the property's type",
            "The values in the constraints of a boolean, count or integer property are written as numbers.",
            "write the allowed values as numbers",
        ],
    ),
];
