//! What svccfg refuses while it reads a document that follows the document type.

use super::super::{Code, Rule, Stage};

const fn row(code: Code, texts: [&'static str; 3]) -> Rule {
    super::error(code, Stage::Semantic, texts)
}

pub(in super::super) const RULES: &[Rule] = &[
    row(
        Code::BundleType,
        [
            "the bundle is of another type",
            "svccfg import and validate take bundles of type manifest, svccfg apply takes profiles, svccfg restore takes archives. The others are refused: \"document is not a manifest\".",
            "judge a profile with --profile; an archive can only be restored",
        ],
    ),
    row(
        Code::BundleName,
        [
            "the bundle has no name",
            "svccfg says \"service bundle lacks name attribute\" where the name is empty. The name is not used for anything else.",
            "give the bundle a name, as in name='site/xvm/vbox'",
        ],
    ),
    row(
        Code::ServiceName,
        [
            "this cannot be the name of a service",
            "A service's name has parts between slashes. Each part begins with a letter and holds letters, digits, - and _; a domain with dots may come before it: example.com,name. There is no svc:/ before it and no :instance after it. libuutil has a fault, too: a part of one letter before a slash is refused.",
            "use a name like site/demo",
        ],
    ),
    row(
        Code::Value,
        [
            "the value is not of its type",
            "svccfg checks the values of properties while it reads, more strictly than svccfg setprop does: boolean is true or false, integer and count are decimal, time is seconds with up to nine decimals, opaque is an even number of hexadecimal digits, a URI has a path, an FMRI is svc: or file:.",
            "write a value of the type, or change the type",
        ],
    ),
    row(
        Code::PropertyName,
        [
            "the property has no name",
            "svccfg says \"property name missing in group\" where the name is empty.",
            "give the property a name",
        ],
    ),
    row(
        Code::ListType,
        [
            "the list is of another type than the property",
            "A property of type count holds its values in a count_list, and so on: \"property type-to-list mismatch\".",
            "use the list that belongs to the property's type",
        ],
    ),
    row(
        Code::EntityTwice,
        [
            "a service or an instance is there twice",
            "A service may be defined once in a bundle (nested bundles count as one), and an instance once in a service. create_default_instance makes the instance default.",
            "merge the two, or give one of them another name",
        ],
    ),
    row(
        Code::PropertyTwice,
        [
            "a property is there twice in one property group",
            "Two property groups of one name and type are merged, and methods and dependencies are property groups as well: exec, type and timeout_seconds of a method are its properties. A property that comes twice is refused: \"Multiple definitions for property\". Two methods, two dependencies, two man pages or two texts of one language fail in the same way.",
            "keep one of the two",
        ],
    ),
    row(
        Code::DependentTwice,
        [
            "a dependent's name is taken",
            "The name of a dependent must differ from those of the entity's other dependents and dependencies: \"Property group and dependent of entity have same name\".",
            "give the dependent another name",
        ],
    ),
    row(
        Code::EnvironmentVariable,
        [
            "this cannot be the name of an environment variable",
            "The name may not be empty and may not hold =, and names that begin with SMF_ are svc.startd's own.",
            "use another name",
        ],
    ),
    row(
        Code::StrayNode,
        [
            "something other than an element stands among elements",
            "Processing instructions, and references to entities of the document's own, may stand between services, but svccfg takes them for elements everywhere else: \"illegal element\".",
            "move it out of the service, or remove it",
        ],
    ),
    row(
        Code::Crash,
        [
            "svccfg crashes on this",
            "svccfg dies with a signal instead of a message: a processing instruction in a property group aborts it, and a CDATA section as the text of a loctext is a segmentation fault. manifest-import at boot would stop here, too.",
            "remove the processing instruction, or write the text without CDATA",
        ],
    ),
    row(
        Code::LocalizedText,
        [
            "a text has no content or cannot be stored",
            "The text of a loctext becomes a property named after its language: it must be there (blanks will do), its language must fit into a property's name, and it is the first piece of text that counts.",
            "write the text between <loctext xml:lang='C'> and </loctext>",
        ],
    ),
    row(
        Code::Cardinality,
        [
            "the cardinality is no range of counts",
            "min and max of a cardinality are decimal numbers without a sign, and max is not less than min.",
            "write numbers, as in <cardinality min='1' max='1'/>",
        ],
    ),
    row(
        Code::Range,
        [
            "the range is no range of numbers",
            "min and max of a range are whole numbers (0x and 0 before them mean hexadecimal and octal), and max is not less than min.",
            "write numbers, as in <range min='1' max='65535'/>",
        ],
    ),
    row(
        Code::Separators,
        [
            "there is no separator",
            "Each character in internal_separators is one separator; there must be at least one.",
            "write the characters, as in <internal_separators>,</internal_separators>",
        ],
    ),
    row(
        Code::PatternName,
        [
            "this cannot be the name of a pattern",
            "The name of a pg_pattern or prop_pattern is that of a property group or a property, and svccfg builds the name of a property group of at most 119 bytes from it.",
            "use a valid, shorter name",
        ],
    ),
    row(
        Code::PatternTwice,
        [
            "a pattern is there twice",
            "Two pg_patterns of one entity may not have the same name, even where their types differ; two prop_patterns of a pg_pattern may not either. svccfg joins the two names with _, so that group a with property b_c and group a_b with property c collide.",
            "merge the two, or remove one",
        ],
    ),
    row(
        Code::PatternTarget,
        [
            "the pattern cannot have this target here",
            "target='instance' is for templates of a service, 'delegate' for those of a restarter, and 'all' for svc:/system/svc/global alone.",
            "use target='this'",
        ],
    ),
    row(
        Code::ValueName,
        [
            "the value is too long to be described",
            "svccfg encodes the name of a value in base 32 into the name of a property of at most 119 bytes: 60 bytes fit.",
            "shorten the value, or leave its constraint out",
        ],
    ),
    row(
        Code::Event,
        [
            "there is no such event",
            "Events are the transitions of SMF, as in to-maintenance, from-online, online or all, several of them with commas and without blanks between; or events of the fault manager, which belong to svc:/system/fm/notify-params:default alone.",
            "use events like to-maintenance,from-online",
        ],
    ),
    row(
        Code::NotificationParameter,
        [
            "a notification parameter is incomplete",
            "Types and parameters have names, a paramval has a value, and type,name together fit into a property's name of 119 bytes.",
            "complete the parameter",
        ],
    ),
    row(
        Code::TemplateInProfile,
        [
            "a profile cannot change a template",
            "svccfg apply says \"Template data may not be modified in a profile\".",
            "remove the template, or make it a manifest",
        ],
    ),
    row(
        Code::Timeout,
        [
            "the timeout is not a number of seconds",
            "timeout_seconds is a decimal number; 0 and -1 mean that there is no limit.",
            "write a number, as in timeout_seconds='60'",
        ],
    ),
];
