//! What `svccfg validate` lets pass and `svccfg import` refuses.

use super::super::{Rule, Severity, Stage};

pub(in super::super) const IMPORT_SERVICE_NAME: Rule = Rule {
    stage: Stage::Import,
    severity: Severity::Error,
    title: "the service cannot be imported under this name",
    explanation: "svccfg first imports into the service TEMP/NAME, which leaves 114 bytes for the name; a name that begins with a slash or contains /:properties/ passes only the validation.",
    help: "use a valid name of at most 114 bytes",
};

pub(in super::super) const IMPORT_INSTANCE_NAME: Rule = Rule {
    stage: Stage::Import,
    severity: Severity::Error,
    title: "the instance cannot be imported under this name",
    explanation: "An instance's name begins with a letter and contains letters, digits, - and _ (a domain with dots, followed by a comma, may precede it), at most 119 bytes. svccfg validate does not check it; svccfg import says \"Invalid instance name\" when the service is already there.",
    help: "use letters, digits, - and _, beginning with a letter",
};

pub(in super::super) const IMPORT_GROUP_NAME: Rule = Rule {
    stage: Stage::Import,
    severity: Severity::Error,
    title: "the property group cannot be imported under this name or type",
    explanation: "Names and types of property groups, methods and dependencies begin with a letter and contain letters, digits, - and _ (a domain with dots, followed by a comma, may precede them), at most 119 bytes.",
    help: "use letters, digits, - and _, beginning with a letter",
};

pub(in super::super) const IMPORT_PROPERTY_NAME: Rule = Rule {
    stage: Stage::Import,
    severity: Severity::Error,
    title: "the property cannot be imported under this name",
    explanation: "A property's name begins with a letter and contains letters, digits, - and _ (a domain with dots, followed by a comma, may precede it), at most 119 bytes.",
    help: "use letters, digits, - and _, beginning with a letter",
};

pub(in super::super) const IMPORT_GROUP_TWICE: Rule = Rule {
    stage: Stage::Import,
    severity: Severity::Error,
    title: "two property groups with the same name have different types",
    explanation: "Property groups, methods and dependencies of an entity share one namespace. Two with the same name and different types pass the validation, but the import fails with \"Temporary service changed unexpectedly (property group added)\".",
    help: "give one of them another name",
};

pub(in super::super) const IMPORT_FMRI: Rule = Rule {
    stage: Stage::Import,
    severity: Severity::Error,
    title: "the FMRI cannot be imported",
    explanation: "svccfg stores the FMRIs of restarters and dependents unchecked and checks them on import.",
    help: "use an FMRI like svc:/milestone/multi-user:default",
};

pub(in super::super) const IMPORT_DEPENDENT: Rule = Rule {
    stage: Stage::Import,
    severity: Severity::Error,
    title: "the dependent is not a service or an instance",
    explanation: "A dependent becomes a dependency of another service or instance; a file or a property cannot have one.",
    help: "name a service or an instance",
};

pub(in super::super) const IMPORT_TEXT: Rule = Rule {
    stage: Stage::Import,
    severity: Severity::Error,
    title: "the text is too long to be imported",
    explanation: "The text of a loctext is a ustring of at most 4094 bytes.",
    help: "shorten the text",
};
