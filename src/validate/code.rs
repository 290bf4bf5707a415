//! The codes of findings: stable names for scripts, and an explanation of each.

use std::fmt;
use std::str::FromStr;

mod table;

/// When svccfg would complain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// The XML parser, or the check against the document type.
    Dtd,
    /// svccfg, while it reads the document.
    Semantic,
    /// svccfg, when it checks instances against templates: `svccfg validate` and `svccfg import -V`.
    Template,
    /// Only `svccfg import`: `svccfg validate` lets it pass.
    Import,
    /// Nobody but this program.
    Lint,
}

impl Stage {
    /// The word in messages and in JSON.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Dtd => "dtd",
            Self::Semantic => "semantic",
            Self::Template => "template",
            Self::Import => "import",
            Self::Lint => "lint",
        }
    }
}

/// Whether svccfg rejects the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// It does.
    Error,
    /// It does not.
    Warning,
}

impl Severity {
    /// The word in messages and in JSON.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// What is known of a code.
#[derive(Debug)]
pub(crate) struct Rule {
    /// When svccfg would complain.
    pub(crate) stage: Stage,
    /// Whether it refuses the file.
    pub(crate) severity: Severity,
    /// The rule in a few words.
    pub(crate) title: &'static str,
    /// Why there is the rule, and how svccfg shows it: some sentences.
    pub(crate) explanation: &'static str,
    /// What to do, where the finding itself does not say more.
    pub(crate) help: &'static str,
}

/// Declares the codes: each with its number and with its rule, so that a code without one does not compile.
macro_rules! codes {
    ($($code:ident = $number:literal => $module:ident::$rule:ident,)*) => {
        /// A kind of finding. The number is stable: a code that is given up is not used again.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub(crate) enum Code {
            $($code = $number,)*
        }

        impl Code {
            /// Every code, in the order of the numbers.
            pub(crate) const ALL: &[Self] = &[$(Self::$code,)*];

            /// The rule behind the code.
            pub(crate) const fn rule(self) -> &'static Rule {
                match self {
                    $(Self::$code => &table::$module::$rule,)*
                }
            }
        }
    };
}

codes! {
    // Reading, and the document type.
    NotWellFormed = 101 => reading::NOT_WELL_FORMED,
    TooLarge = 102 => reading::TOO_LARGE,
    Encoding = 103 => reading::ENCODING,
    NoDocumentType = 104 => reading::NO_DOCUMENT_TYPE,
    UnknownDocumentType = 105 => reading::UNKNOWN_DOCUMENT_TYPE,
    RootElement = 106 => reading::ROOT_ELEMENT,
    UndefinedEntity = 107 => reading::UNDEFINED_ENTITY,
    Include = 108 => reading::INCLUDE,
    UnknownElement = 110 => reading::UNKNOWN_ELEMENT,
    Content = 111 => reading::CONTENT,
    StrayText = 112 => reading::STRAY_TEXT,
    NotEmpty = 113 => reading::NOT_EMPTY,
    UnknownAttribute = 114 => reading::UNKNOWN_ATTRIBUTE,
    MissingAttribute = 115 => reading::MISSING_ATTRIBUTE,
    AttributeValue = 116 => reading::ATTRIBUTE_VALUE,
    // What svccfg checks while it reads.
    BundleType = 201 => semantic::BUNDLE_TYPE,
    BundleName = 202 => semantic::BUNDLE_NAME,
    ServiceName = 203 => semantic::SERVICE_NAME,
    Value = 204 => semantic::VALUE,
    PropertyName = 205 => semantic::PROPERTY_NAME,
    ListType = 206 => semantic::LIST_TYPE,
    EntityTwice = 207 => semantic::ENTITY_TWICE,
    PropertyTwice = 208 => semantic::PROPERTY_TWICE,
    DependentTwice = 209 => semantic::DEPENDENT_TWICE,
    EnvironmentVariable = 210 => semantic::ENVIRONMENT_VARIABLE,
    StrayNode = 211 => semantic::STRAY_NODE,
    Crash = 212 => semantic::CRASH,
    LocalizedText = 213 => semantic::LOCALIZED_TEXT,
    Cardinality = 214 => semantic::CARDINALITY,
    Range = 215 => semantic::RANGE,
    Separators = 216 => semantic::SEPARATORS,
    PatternName = 217 => semantic::PATTERN_NAME,
    PatternTwice = 218 => semantic::PATTERN_TWICE,
    PatternTarget = 219 => semantic::PATTERN_TARGET,
    ValueName = 220 => semantic::VALUE_NAME,
    Event = 221 => semantic::EVENT,
    NotificationParameter = 222 => semantic::NOTIFICATION_PARAMETER,
    TemplateInProfile = 223 => semantic::TEMPLATE_IN_PROFILE,
    Timeout = 224 => semantic::TIMEOUT,
    IllegalElement = 225 => semantic::ILLEGAL_ELEMENT,
    Incomplete = 226 => semantic::INCOMPLETE,
    UnknownType = 227 => semantic::UNKNOWN_TYPE,
    TypeNotFound = 228 => semantic::TYPE_NOT_FOUND,
    // Templates.
    GroupMissing = 301 => template::GROUP_MISSING,
    PropertyMissing = 302 => template::PROPERTY_MISSING,
    GroupType = 303 => template::GROUP_TYPE,
    PropertyType = 304 => template::PROPERTY_TYPE,
    ValueNotAllowed = 305 => template::VALUE_NOT_ALLOWED,
    OutOfRange = 306 => template::OUT_OF_RANGE,
    CardinalityViolated = 307 => template::CARDINALITY_VIOLATED,
    PatternConflict = 308 => template::PATTERN_CONFLICT,
    FrameworkRedefined = 309 => template::FRAMEWORK_REDEFINED,
    PatternIncomplete = 310 => template::PATTERN_INCOMPLETE,
    IncludeValues = 311 => template::INCLUDE_VALUES,
    TemplateName = 312 => template::TEMPLATE_NAME,
    RangeType = 313 => template::RANGE_TYPE,
    ConstraintType = 314 => template::CONSTRAINT_TYPE,
    // What only an import refuses.
    ImportServiceName = 401 => import::IMPORT_SERVICE_NAME,
    ImportInstanceName = 402 => import::IMPORT_INSTANCE_NAME,
    ImportGroupName = 403 => import::IMPORT_GROUP_NAME,
    ImportPropertyName = 404 => import::IMPORT_PROPERTY_NAME,
    ImportGroupTwice = 405 => import::IMPORT_GROUP_TWICE,
    ImportFmri = 406 => import::IMPORT_FMRI,
    ImportDependent = 407 => import::IMPORT_DEPENDENT,
    ImportText = 408 => import::IMPORT_TEXT,
    // What svccfg lets pass, or only mentions.
    PartialMethod = 501 => lint::PARTIAL_METHOD,
    ShortTimeout = 502 => lint::SHORT_TIMEOUT,
    ExecTokens = 503 => lint::EXEC_TOKENS,
    KillTransient = 504 => lint::KILL_TRANSIENT,
    SingleInstance = 505 => lint::SINGLE_INSTANCE,
    NameByMistake = 506 => lint::NAME_BY_MISTAKE,
    TextCut = 507 => lint::TEXT_CUT,
    RestarterFmri = 508 => lint::RESTARTER_FMRI,
    IncludeNotRead = 509 => lint::INCLUDE_NOT_READ,
    XmlVersion = 510 => lint::XML_VERSION,
    VmProperty = 511 => lint::VM_PROPERTY,
    ShortFmri = 512 => lint::SHORT_FMRI,
    DependencyKind = 513 => lint::DEPENDENCY_KIND,
    NodeIgnored = 514 => lint::NODE_IGNORED,
    TooMany = 515 => lint::TOO_MANY,
    ProfileTwice = 516 => lint::PROFILE_TWICE,
    ProfileGrammar = 517 => lint::PROFILE_GRAMMAR,
    ProfileLeftOut = 518 => lint::PROFILE_LEFT_OUT,
    MissingType = 519 => lint::MISSING_TYPE,
}

/// `SMF0101`
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SMF{:04}", *self as u16)
    }
}

/// A text that is no code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{}' is not a code; codes have the form SMF0101", crate::text::printable::Printable(.0))]
pub(crate) struct CodeError(String);

/// `SMF0101`, in any case; `101` will do.
impl FromStr for Code {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let upper = text.to_ascii_uppercase();
        let number = upper.strip_prefix("SMF").unwrap_or(&upper).parse::<u16>();
        number
            .ok()
            .and_then(|number| Self::ALL.iter().find(|code| **code as u16 == number))
            .copied()
            .ok_or_else(|| CodeError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_rules_are_in_order_and_of_the_stage_that_their_number_says() {
        assert!(Code::ALL.is_sorted_by(|a, b| a < b));
        let mut titles = HashSet::new();
        for code in Code::ALL {
            let rule = code.rule();
            let stage = match *code as u16 / 100 {
                1 => Stage::Dtd,
                2 => Stage::Semantic,
                3 => Stage::Template,
                4 => Stage::Import,
                _ => Stage::Lint,
            };
            assert_eq!(rule.stage, stage, "{code}");
            assert_eq!(rule.severity == Severity::Warning, stage == Stage::Lint);
            for text in [rule.title, rule.help] {
                assert!(!text.is_empty() && !text.ends_with('.'), "{code}: {text}");
            }
            assert!(rule.explanation.ends_with('.'), "{code}");
            assert!(titles.insert(rule.title), "{code} has the rule of another");
        }
    }

    /// Scripts know the numbers.
    #[test]
    fn the_numbers_stay() {
        let numbers: Vec<_> = Code::ALL.iter().map(|code| *code as u16).collect();
        let first = [
            101..=108,
            110..=116,
            201..=228,
            301..=314,
            401..=408,
            501..=519,
        ];
        assert!(
            first
                .into_iter()
                .flatten()
                .all(|number| numbers.contains(&number))
        );
        for (code, number) in [
            (Code::NotWellFormed, 101),
            (Code::Include, 108),
            (Code::UnknownElement, 110),
            (Code::AttributeValue, 116),
            (Code::BundleType, 201),
            (Code::Crash, 212),
            (Code::Timeout, 224),
            (Code::GroupMissing, 301),
            (Code::ConstraintType, 314),
            (Code::ImportServiceName, 401),
            (Code::ImportText, 408),
            (Code::PartialMethod, 501),
            (Code::VmProperty, 511),
            (Code::ProfileTwice, 516),
        ] {
            assert_eq!(code as u16, number, "{code:?}");
        }
    }

    #[test]
    fn codes_as_text() {
        assert_eq!(Code::NotWellFormed.to_string(), "SMF0101");
        for text in ["SMF0101", "smf0101", "101", "0101", "SMF101"] {
            assert_eq!(text.parse(), Ok(Code::NotWellFormed), "{text}");
        }
        for text in ["", "SMF", "SMF0999", "SMF0109", "x", "SMF-101", "99999999"] {
            assert!(text.parse::<Code>().is_err(), "{text}");
        }
    }
}
