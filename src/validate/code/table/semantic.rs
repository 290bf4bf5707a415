//! What svccfg refuses while it reads a document that follows the document type.

use super::super::{Rule, Severity, Stage};

pub(in super::super) const BUNDLE_TYPE: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "the bundle is of another type",
    explanation: "svccfg import and validate take bundles of type manifest, svccfg apply takes profiles, svccfg restore takes archives. The others are refused: \"document is not a manifest\".",
    help: "judge a profile with --profile; an archive can only be restored",
};

pub(in super::super) const BUNDLE_NAME: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "the bundle has no name",
    explanation: "svccfg says \"service bundle lacks name attribute\" where the name is empty. The name is not used for anything else.",
    help: "give the bundle a name, as in name='site/demo'",
};

pub(in super::super) const SERVICE_NAME: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "this cannot be the name of a service",
    explanation: "A service's name has parts between slashes. Each part begins with a letter and holds letters, digits, - and _; a domain with dots may come before it: example.com,name. There is no svc:/ before it and no :instance after it. libuutil has a fault, too: a part of one letter before a slash is refused.",
    help: "use a name like site/demo",
};

pub(in super::super) const VALUE: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "the value is not of its type",
    explanation: "svccfg checks the values of properties while it reads, more strictly than svccfg setprop does: boolean is true or false, integer and count are decimal, time is seconds with up to nine decimals, opaque is an even number of hexadecimal digits, a URI has a path, an FMRI is svc: or file:.",
    help: "write a value of the type, or change the type",
};

pub(in super::super) const PROPERTY_NAME: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "the property has no name",
    explanation: "svccfg says \"property name missing in group\" where the name is empty.",
    help: "give the property a name",
};

pub(in super::super) const LIST_TYPE: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "the list is of another type than the property",
    explanation: "A property of type count holds its values in a count_list, and so on: \"property type-to-list mismatch\".",
    help: "use the list that belongs to the property's type",
};

pub(in super::super) const ENTITY_TWICE: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "a service or an instance is there twice",
    explanation: "A service may be defined once in a bundle (nested bundles count as one), and an instance once in a service. create_default_instance makes the instance default.",
    help: "merge the two, or give one of them another name",
};

pub(in super::super) const PROPERTY_TWICE: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "a property is there twice in one property group",
    explanation: "Two property groups of one name and type are merged, and methods and dependencies are property groups as well: exec, type and timeout_seconds of a method are its properties. A property that comes twice is refused: \"Multiple definitions for property\". Two methods, two dependencies, two man pages or two texts of one language fail in the same way.",
    help: "keep one of the two",
};

pub(in super::super) const DEPENDENT_TWICE: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "a dependent's name is taken",
    explanation: "The name of a dependent must differ from those of the entity's other dependents and dependencies: \"Property group and dependent of entity have same name\".",
    help: "give the dependent another name",
};

pub(in super::super) const ENVIRONMENT_VARIABLE: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "this cannot be the name of an environment variable",
    explanation: "The name may not be empty and may not hold =, and names that begin with SMF_ are svc.startd's own.",
    help: "use another name",
};

pub(in super::super) const STRAY_NODE: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "something other than an element stands among elements",
    explanation: "Processing instructions, and references to entities of the document's own, may stand between services, but svccfg takes them for elements everywhere else: \"illegal element\".",
    help: "move it out of the service, or remove it",
};

pub(in super::super) const CRASH: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "svccfg crashes on this",
    explanation: "svccfg dies with a signal instead of a message. A processing instruction in a property group aborts it, and a CDATA section as the text of a loctext is a segmentation fault. svccfg apply does not check most of a profile against the document type, and takes what is not there for a text: a service without version, a property group, a method_profile or an environment variable without a name, a restarter without its FMRI. A value without a type kills it where the property is a count, an integer or a boolean, after the profile was applied. manifest-import at boot stops here, too.",
    help: "write what is missing, or remove what svccfg cannot read",
};

pub(in super::super) const LOCALIZED_TEXT: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "a text has no content or cannot be stored",
    explanation: "The text of a loctext becomes a property named after its language: it must be there (blanks will do), its language must fit into a property's name, and it is the first piece of text that counts.",
    help: "write the text between <loctext xml:lang='C'> and </loctext>",
};

pub(in super::super) const CARDINALITY: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "the cardinality is no range of counts",
    explanation: "min and max of a cardinality are decimal numbers without a sign, and max is not less than min.",
    help: "write numbers, as in <cardinality min='1' max='1'/>",
};

pub(in super::super) const RANGE: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "the range is no range of numbers",
    explanation: "min and max of a range are whole numbers (0x and 0 before them mean hexadecimal and octal), and max is not less than min.",
    help: "write numbers, as in <range min='1' max='65535'/>",
};

pub(in super::super) const SEPARATORS: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "there is no separator",
    explanation: "Each character in internal_separators is one separator; there must be at least one.",
    help: "write the characters, as in <internal_separators>,</internal_separators>",
};

pub(in super::super) const PATTERN_NAME: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "this cannot be the name of a pattern",
    explanation: "The name of a pg_pattern or prop_pattern is that of a property group or a property, and svccfg builds the name of a property group of at most 119 bytes from it.",
    help: "use a valid, shorter name",
};

pub(in super::super) const PATTERN_TWICE: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "a pattern is there twice",
    explanation: "Two pg_patterns of one entity may not have the same name, even where their types differ; two prop_patterns of a pg_pattern may not either. svccfg joins the two names with _, so that group a with property b_c and group a_b with property c collide.",
    help: "merge the two, or remove one",
};

pub(in super::super) const PATTERN_TARGET: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "the pattern cannot have this target here",
    explanation: "target='instance' is for templates of a service, 'delegate' for those of a restarter, and 'all' for svc:/system/svc/global alone.",
    help: "use target='this'",
};

pub(in super::super) const VALUE_NAME: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "the value is too long to be described",
    explanation: "svccfg encodes the name of a value in base 32 into the name of a property of at most 119 bytes: 60 bytes fit.",
    help: "shorten the value, or leave its constraint out",
};

pub(in super::super) const EVENT: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "there is no such event",
    explanation: "Events are the transitions of SMF, as in to-maintenance, from-online, online or all, several of them with commas and without blanks between; or events of the fault manager, which belong to svc:/system/fm/notify-params:default alone.",
    help: "use events like to-maintenance,from-online",
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
    help: "remove the template, or make it a manifest",
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
    explanation: "svccfg apply does not check a profile against the document type, but reads services, instances, lists and environments element by element, and stops at one that it does not know there: \"illegal element\". An xi:include counts as one everywhere but in a service_bundle, whatever it includes.",
    help: "remove the element, or move it to where it belongs",
};

pub(in super::super) const INCOMPLETE: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "something is missing that svccfg apply cannot do without",
    explanation: "An instance has a name, a propval and a value_node have a value, notification_parameters have one event. svccfg apply stops where they do not.",
    help: "add what is missing",
};

pub(in super::super) const UNKNOWN_TYPE: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "there is no such type",
    explanation: "svccfg says \"property type invalid\" where the type of a property is none that SMF has.",
    help: "use one of count, integer, opaque, host, hostname, net_address, net_address_v4, net_address_v6, time, astring, ustring, boolean, fmri and uri",
};

pub(in super::super) const TYPE_NOT_FOUND: Rule = Rule {
    stage: Stage::Semantic,
    severity: Severity::Error,
    title: "the type is left out, and nothing has it",
    explanation: "Where a profile leaves the type of a property out, svccfg apply takes it from the property in the repository or from a template, and says \"Could not find property type\" where there is neither.",
    help: "write the type, and look at the name of the property",
};
