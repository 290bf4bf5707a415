//! `--explain`: what is behind a code.

use crate::failure::{Failure, Kind};
use crate::text::table::paragraph;
use crate::validate::{Code, Severity, Stage};

/// The word for every code.
pub(super) const ALL: &str = "all";

/// A rule with its explanation, or a list of all rules.
///
/// # Errors
/// There is no such code.
pub(super) fn explain(code: &str) -> Result<String, Failure> {
    if code == ALL {
        return Ok(Code::ALL.iter().copied().map(row).collect());
    }
    match code.parse::<Code>() {
        Ok(code) => Ok(whole(code)),
        Err(error) => Err(Failure::new(Kind::Usage, error)
            .hinted("vbox-smf validate --explain all lists the codes")),
    }
}

/// `SMF0101  dtd       the file is not well-formed XML`
fn row(code: Code) -> String {
    let rule = code.rule();
    format!("{code}  {:<8}  {}\n", rule.stage.word(), rule.title)
}

fn whole(code: Code) -> String {
    let rule = code.rule();
    let mut text = format!("{code}: {}\n\n", rule.title);
    text.push_str(&paragraph(0, rule.explanation));
    text.push('\n');
    text.push_str(&paragraph(0, &format!("What to do: {}.", rule.help)));
    text.push('\n');
    let consequence = match rule.severity {
        Severity::Error => "svccfg rejects the file",
        Severity::Warning => "svccfg accepts the file; --strict does not",
    };
    let stage = format!(
        "Stage: {}, {}. Severity: {}, {consequence}.",
        rule.stage.word(),
        meaning(rule.stage),
        rule.severity.word(),
    );
    text.push_str(&paragraph(0, &stage));
    text
}

const fn meaning(stage: Stage) -> &'static str {
    match stage {
        Stage::Dtd => "when the XML is parsed and validated against the DTD",
        Stage::Semantic => "when svccfg reads the document",
        Stage::Template => {
            "when instances are checked against templates, as svccfg validate and import -V do"
        }
        Stage::Import => "at svccfg import; svccfg validate accepts it",
        Stage::Lint => "checked by this program only",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::table::WIDTH;

    #[test]
    fn every_code_is_explained_within_the_width() {
        for code in Code::ALL {
            let rule = code.rule();
            let text = explain(&code.to_string()).unwrap();
            assert!(text.starts_with(&format!("{code}: {}\n", rule.title)));
            let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
            for part in [rule.explanation, rule.help, rule.stage.word()] {
                assert!(flat.contains(part), "{text}");
            }
            // A document type is longer than a line and cannot be broken.
            let fits = |line: &str| line.chars().count() <= WIDTH || !line.contains(' ');
            assert!(text.lines().all(fits), "{text}");
        }
        let list = explain(ALL).unwrap();
        assert_eq!(list.lines().count(), Code::ALL.len());
        assert!(list.lines().all(|line| line.len() <= WIDTH), "{list}");
    }

    #[test]
    fn an_unknown_code_is_named() {
        let failure = explain("SMF9999").unwrap_err();
        assert_eq!(failure.kind, Kind::Usage);
        assert_eq!(
            failure.to_string(),
            "'SMF9999' is not a code; codes have the form SMF0101; \
             vbox-smf validate --explain all lists the codes"
        );
    }
}
