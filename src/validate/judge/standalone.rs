//! `standalone='yes'` in the XML declaration.

use crate::validate::code::Code;
use crate::validate::finding::Findings;
use crate::validate::grammar;
use crate::validate::grammar::table::Content;
use crate::validate::tree::{Child, Element, is_blank};

/// A document that stands alone may not have blanks where a document type outside of it wants elements
/// only, and libxml2 insists. The first place will do. (XML 1.0, "Standalone Document Declaration".)
pub(super) fn standalone(element: Element<'_>, findings: &mut Findings) -> bool {
    let Some(rule) = grammar::table::rule(element.name()).filter(|_| !element.is_included()) else {
        return false;
    };
    let elements_only = match rule.content {
        Content::Sequence(_) | Content::OneKind(_) => true,
        Content::Empty | Content::Any | Content::Text => false,
    };
    let blank = |child: &Child<'_>| matches!(child, Child::Text(text, _) if is_blank(text));
    if elements_only && element.children().iter().any(blank) {
        findings.add_with_help(
            Code::StrayText,
            element.at(),
            format!(
                "with standalone='yes' in the XML declaration, <{}> must not contain even blanks",
                rule.name
            ),
            "remove standalone='yes' from the XML declaration".to_owned(),
        );
        return true;
    }
    element
        .elements()
        .any(|element| standalone(element, findings))
}
