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

/// Whether svccfg refuses the file.
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
    /// The code.
    pub(crate) code: Code,
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

/// A kind of finding. The number is stable: a code that is given up is not used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u16)]
pub(crate) enum Code {
    // Reading, and the document type.
    NotWellFormed = 101,
    TooLarge = 102,
    Encoding = 103,
    NoDocumentType = 104,
    UnknownDocumentType = 105,
    RootElement = 106,
    UndefinedEntity = 107,
    Include = 108,
    UnknownElement = 110,
    Content = 111,
    StrayText = 112,
    NotEmpty = 113,
    UnknownAttribute = 114,
    MissingAttribute = 115,
    AttributeValue = 116,
    // What svccfg checks while it reads.
    BundleType = 201,
    BundleName = 202,
    ServiceName = 203,
    Value = 204,
    PropertyName = 205,
    ListType = 206,
    EntityTwice = 207,
    PropertyTwice = 208,
    DependentTwice = 209,
    EnvironmentVariable = 210,
    StrayNode = 211,
    Crash = 212,
    LocalizedText = 213,
    Cardinality = 214,
    Range = 215,
    Separators = 216,
    PatternName = 217,
    PatternTwice = 218,
    PatternTarget = 219,
    ValueName = 220,
    Event = 221,
    NotificationParameter = 222,
    TemplateInProfile = 223,
    Timeout = 224,
    // Templates.
    GroupMissing = 301,
    PropertyMissing = 302,
    GroupType = 303,
    PropertyType = 304,
    ValueNotAllowed = 305,
    OutOfRange = 306,
    CardinalityViolated = 307,
    PatternConflict = 308,
    FrameworkRedefined = 309,
    PatternIncomplete = 310,
    IncludeValues = 311,
    TemplateName = 312,
    RangeType = 313,
    ConstraintType = 314,
    // What only an import refuses.
    ImportServiceName = 401,
    ImportInstanceName = 402,
    ImportGroupName = 403,
    ImportPropertyName = 404,
    ImportGroupTwice = 405,
    ImportFmri = 406,
    ImportDependent = 407,
    ImportText = 408,
    // What svccfg lets pass, or only mentions.
    PartialMethod = 501,
    ShortTimeout = 502,
    ExecTokens = 503,
    KillTransient = 504,
    SingleInstance = 505,
    NameByMistake = 506,
    TextCut = 507,
    RestarterFmri = 508,
    IncludeNotRead = 509,
    XmlVersion = 510,
    VmProperty = 511,
    ShortFmri = 512,
    DependencyKind = 513,
    NodeIgnored = 514,
    TooMany = 515,
    ProfileTwice = 516,
}

/// Every rule, in the order of the codes.
pub(crate) fn all_rules() -> impl Iterator<Item = &'static Rule> {
    table::RULES.into_iter().flatten()
}

impl Code {
    /// The rule behind the code.
    pub(crate) fn rule(self) -> &'static Rule {
        // A test holds that every code has its row, so the last resort is never taken.
        all_rules()
            .find(|rule| rule.code == self)
            .unwrap_or(&table::reading::RULES[0])
    }
}

/// `SMF0101`
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SMF{:04}", *self as u16)
    }
}

/// A text that is no code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{}' is not a code; they look like SMF0101", crate::printable::Printable(.0))]
pub(crate) struct CodeError(String);

/// `SMF0101`, in any case; `101` will do.
impl FromStr for Code {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let upper = text.to_ascii_uppercase();
        let number = upper.strip_prefix("SMF").unwrap_or(&upper).parse::<u16>();
        number
            .ok()
            .and_then(|number| all_rules().find(|rule| rule.code as u16 == number))
            .map(|rule| rule.code)
            .ok_or_else(|| CodeError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_table_is_in_order_and_whole() {
        let codes: Vec<_> = all_rules().map(|rule| rule.code).collect();
        assert!(codes.is_sorted() && codes.iter().collect::<HashSet<_>>().len() == codes.len());
        for rule in all_rules() {
            assert_eq!(rule.code.rule().code, rule.code);
            let stage = match rule.code as u16 / 100 {
                1 => Stage::Dtd,
                2 => Stage::Semantic,
                3 => Stage::Template,
                4 => Stage::Import,
                _ => Stage::Lint,
            };
            assert_eq!(rule.stage, stage, "{}", rule.code);
            assert_eq!(rule.severity == Severity::Warning, stage == Stage::Lint);
            for text in [rule.title, rule.help] {
                assert!(
                    !text.is_empty() && !text.ends_with('.'),
                    "{}: {text}",
                    rule.code
                );
            }
            assert!(rule.explanation.ends_with('.'), "{}", rule.code);
        }
        // The last code of each hundred has its row: with the order above, nothing was left out.
        for code in [
            Code::AttributeValue,
            Code::Timeout,
            Code::ConstraintType,
            Code::ImportText,
            Code::ProfileTwice,
        ] {
            assert_eq!(code.rule().code, code);
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
