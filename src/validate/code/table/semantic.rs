//! What svccfg refuses while it reads a document that follows the document type.

use super::super::{Rule, Severity, Stage};

pub(in super::super) const BUNDLE_TYPE: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "the bundle has another type",
    explanation: "svccfg import and validate accept bundles of type manifest, svccfg apply accepts profiles, svccfg restore accepts archives. Other types are rejected: \"document is not a manifest\".",
    help: "check a profile with --profile; an archive can only be restored",
};

pub(in super::super) const BUNDLE_NAME: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "the bundle has no name",
    explanation: "svccfg says \"service bundle lacks name attribute\" if the name is empty. The name is not used for anything else.",
    help: "give the bundle a name, for example name='site/demo'",
};

pub(in super::super) const SERVICE_NAME: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "this is not a valid service name",
    explanation: "A service name has components separated by slashes. Each component begins with a letter and contains letters, digits, - and _; a domain with dots may precede it: example.com,name. There is no svc:/ before it and no :instance after it. Because of a bug in libuutil, a one-letter component before a slash is rejected.",
    help: "use a name such as site/demo",
};

pub(in super::super) const VALUE: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "the value is not of its type",
    explanation: "svccfg checks property values while reading, more strictly than svccfg setprop does: boolean is true or false, integer and count are decimal, time is seconds with up to nine decimals, opaque is an even number of hexadecimal digits, a URI has a path, an FMRI is svc: or file:.",
    help: "use a value of this type, or change the type",
};

pub(in super::super) const PROPERTY_NAME: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "the property has no name",
    explanation: "svccfg says \"property name missing in group\" if the name is empty.",
    help: "give the property a name",
};

pub(in super::super) const LIST_TYPE: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "the type of the list differs from that of the property",
    explanation: "The values of a property of type count are in a count_list, and so on: \"property type-to-list mismatch\".",
    help: "use the list that belongs to the property's type",
};

pub(in super::super) const ENTITY_TWICE: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "a service or an instance is defined twice",
    explanation: "A service may be defined once in a bundle (nested bundles count as one), and an instance once in a service. create_default_instance makes the instance default.",
    help: "merge the two, or give one of them another name",
};

pub(in super::super) const PROPERTY_TWICE: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "a property is defined twice in one property group",
    explanation: "Two property groups with the same name and type are merged, and methods and dependencies are property groups as well: exec, type and timeout_seconds of a method are its properties. A duplicate property is rejected: \"Multiple definitions for property\". Two methods, two dependencies, two man pages or two texts in one language fail in the same way.",
    help: "keep one of the two",
};

pub(in super::super) const DEPENDENT_TWICE: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "the name of the dependent is already in use",
    explanation: "The name of a dependent must differ from those of the entity's other dependents and dependencies: \"Property group and dependent of entity have same name\".",
    help: "give the dependent another name",
};

pub(in super::super) const ENVIRONMENT_VARIABLE: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "this is not a valid name of an environment variable",
    explanation: "The name must not be empty and must not contain =; names that begin with SMF_ are reserved for svc.startd.",
    help: "use another name",
};

pub(in super::super) const STRAY_NODE: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "something other than an element is among elements",
    explanation: "Processing instructions, and references to entities defined in the document, are allowed between services; everywhere else svccfg treats them as elements: \"illegal element\".",
    help: "move it out of the service, or remove it",
};

pub(in super::super) const CRASH: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "svccfg crashes on this",
    explanation: "svccfg is killed by a signal instead of reporting an error. A processing instruction in a property group aborts it, and a CDATA section as the text of a loctext causes a segmentation fault. svccfg apply does not check most of a profile against the DTD, and dereferences missing attributes: a service without version, a property group, a method_profile or an environment variable without a name, a restarter without its FMRI. A value without a type crashes it if the property is a count, an integer or a boolean, after the profile was applied. manifest-import at boot also stops here.",
    help: "add what is missing, or remove what svccfg cannot read",
};

pub(in super::super) const LOCALIZED_TEXT: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "a text has no content or cannot be stored",
    explanation: "The text of a loctext becomes a property named after its language: it must not be missing (blanks are enough), its language must fit into a property name, and only the first piece of text is used.",
    help: "write the text between <loctext xml:lang='C'> and </loctext>",
};

pub(in super::super) const CARDINALITY: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "the cardinality is not a range of counts",
    explanation: "min and max of a cardinality are decimal numbers without a sign, and max is not less than min.",
    help: "use numbers, for example <cardinality min='1' max='1'/>",
};

pub(in super::super) const RANGE: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "the range is not a range of numbers",
    explanation: "min and max of a range are whole numbers (0x and 0 before them mean hexadecimal and octal), and max is not less than min.",
    help: "use numbers, for example <range min='1' max='65535'/>",
};

pub(in super::super) const SEPARATORS: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "no separator is given",
    explanation: "Each character in internal_separators is one separator; there must be at least one.",
    help: "write the characters, for example <internal_separators>,</internal_separators>",
};

pub(in super::super) const PATTERN_NAME: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "this is not a valid pattern name",
    explanation: "The name of a pg_pattern or prop_pattern is that of a property group or a property, and svccfg builds the name of a property group of at most 119 bytes from it.",
    help: "use a valid, shorter name",
};

pub(in super::super) const PATTERN_TWICE: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "a pattern is defined twice",
    explanation: "Two pg_patterns of one entity must not have the same name, even if their types differ; the same holds for two prop_patterns of a pg_pattern. svccfg joins the two names with _, so that group a with property b_c and group a_b with property c collide.",
    help: "merge the two, or remove one",
};

pub(in super::super) const PATTERN_TARGET: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "the pattern cannot have this target here",
    explanation: "target='instance' is for templates of a service, 'delegate' for those of a restarter, and 'all' only for svc:/system/svc/global.",
    help: "use target='this'",
};

pub(in super::super) const VALUE_NAME: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "the value is too long to be described",
    explanation: "svccfg encodes the name of a value in base 32 into the name of a property of at most 119 bytes, which leaves 60 bytes.",
    help: "shorten the value, or remove its constraint",
};

pub(in super::super) const EVENT: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "unknown event",
    explanation: "Events are SMF transitions, such as to-maintenance, from-online, online or all, separated by commas without blanks; or events of the fault manager, which belong only to svc:/system/fm/notify-params:default.",
    help: "use events such as to-maintenance,from-online",
};

pub(in super::super) const NOTIFICATION_PARAMETER: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "a notification parameter is incomplete",
    explanation: "Types and parameters have names, a paramval has a value, and type,name together fit into a property's name of 119 bytes.",
    help: "complete the parameter",
};

pub(in super::super) const TEMPLATE_IN_PROFILE: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "a profile cannot change a template",
    explanation: "svccfg apply says \"Template data may not be modified in a profile\".",
    help: "remove the template, or use a manifest",
};

pub(in super::super) const TIMEOUT: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "the timeout is not a number of seconds",
    explanation: "timeout_seconds is a decimal number; 0 and -1 mean that there is no limit.",
    help: "write a number, as in timeout_seconds='60'",
};

pub(in super::super) const ILLEGAL_ELEMENT: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "an element is not allowed here",
    explanation: "svccfg apply does not check a profile against the DTD, but reads services, instances, lists and environments element by element, and stops at an unknown one: \"illegal element\". An xi:include is such an element everywhere except in a service_bundle, whatever it includes.",
    help: "remove the element, or move it to where it belongs",
};

pub(in super::super) const INCOMPLETE: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "something that svccfg apply requires is missing",
    explanation: "An instance must have a name, a propval and a value_node must have a value, and notification_parameters must have one event. Otherwise svccfg apply stops.",
    help: "add what is missing",
};

pub(in super::super) const UNKNOWN_TYPE: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "unknown type",
    explanation: "svccfg says \"property type invalid\" if SMF does not have the type of a property.",
    help: "use one of count, integer, opaque, host, hostname, net_address, net_address_v4, net_address_v6, time, astring, ustring, boolean, fmri and uri",
};

pub(in super::super) const TYPE_NOT_FOUND: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "the type is omitted and cannot be determined",
    explanation: "If a profile omits the type of a property, svccfg apply takes it from the property in the repository or from a template, and reports \"Could not find property type\" if neither exists.",
    help: "specify the type, and check the name of the property",
};
