//! What `svccfg validate` lets pass and `svccfg import` refuses.

use super::super::{Code, Rule, Stage};

const fn row(code: Code, texts: [&'static str; 3]) -> Rule {
    super::error(code, Stage::Import, texts)
}

pub(in super::super) const RULES: &[Rule] = &[
    row(
        Code::ImportServiceName,
        [
            "the service cannot be imported under this name",
            "svccfg imports into the service TEMP/NAME first, so that 114 bytes are left for a name; a name that begins with a slash or has /:properties/ in it passes the validation only.",
            "use a valid name of at most 114 bytes",
        ],
    ),
    row(
        Code::ImportInstanceName,
        [
            "the instance cannot be imported under this name",
            "An instance's name begins with a letter and holds letters, digits, - and _ (a domain with dots and a comma may come before it), at most 119 bytes. svccfg validate does not look at it; svccfg import says \"Invalid instance name\" when the service is already there.",
            "write letters, digits, - and _ that begin with a letter; a VM's own name can stay as it is in vm/name",
        ],
    ),
    row(
        Code::ImportGroupName,
        [
            "the property group cannot be imported under this name or type",
            "Names and types of property groups, methods and dependencies begin with a letter and hold letters, digits, - and _ (a domain with dots and a comma may come before it), at most 119 bytes.",
            "write letters, digits, - and _ that begin with a letter",
        ],
    ),
    row(
        Code::ImportPropertyName,
        [
            "the property cannot be imported under this name",
            "A property's name begins with a letter and holds letters, digits, - and _ (a domain with dots and a comma may come before it), at most 119 bytes.",
            "write letters, digits, - and _ that begin with a letter",
        ],
    ),
    row(
        Code::ImportGroupTwice,
        [
            "two property groups of one name have different types",
            "Property groups, methods and dependencies of an entity share their names. Two of one name and different types pass the validation, and the import fails with \"Temporary service changed unexpectedly (property group added)\".",
            "give one of them another name",
        ],
    ),
    row(
        Code::ImportFmri,
        [
            "the FMRI cannot be imported",
            "svccfg stores the FMRIs of restarters and dependents unseen and checks them when it imports.",
            "use an FMRI like svc:/milestone/multi-user:default",
        ],
    ),
    row(
        Code::ImportDependent,
        [
            "the dependent is not a service or an instance",
            "A dependent becomes a dependency of another service or instance; a file or a property cannot have one.",
            "name a service or an instance",
        ],
    ),
    row(
        Code::ImportText,
        [
            "the text is too long to be imported",
            "The text of a loctext is a ustring of at most 4094 bytes.",
            "shorten the text",
        ],
    ),
];
