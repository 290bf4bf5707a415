//! Every rule, by stage.

use super::{Code, Rule, Severity, Stage};

mod import;
mod lint;
pub(super) mod reading;
mod semantic;
mod template;

/// In the order of the codes.
pub(super) static RULES: [&[Rule]; 5] = [
    reading::RULES,
    semantic::RULES,
    template::RULES,
    import::RULES,
    lint::RULES,
];

/// A row: what svccfg refuses.
const fn error(code: Code, stage: Stage, texts: [&'static str; 3]) -> Rule {
    let [title, explanation, help] = texts;
    Rule {
        code,
        stage,
        severity: Severity::Error,
        title,
        explanation,
        help,
    }
}

/// A row: what svccfg lets pass.
const fn warning(code: Code, texts: [&'static str; 3]) -> Rule {
    let [title, explanation, help] = texts;
    Rule {
        code,
        stage: Stage::Lint,
        severity: Severity::Warning,
        title,
        explanation,
        help,
    }
}
