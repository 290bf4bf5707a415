//! Templates: the texts and the documentation of a service, and its patterns.

use std::collections::{HashMap, HashSet};

use super::{Reader, Scope};
use crate::text::printable::Printable;
use crate::validate::Flavour;
use crate::validate::code::Code;
use crate::validate::entity::Entity;
use crate::validate::tree::{Child, Element, FirstText};

/// The longest name of anything in the repository, in bytes.
pub(super) const NAME_MAX: usize = 119;

/// Property names that a template has used up in one property group, with their places.
pub(super) type Used = HashMap<String, usize>;

impl<'d> Reader<'_, 'd> {
    pub(super) fn template(
        &mut self,
        element: Element<'d>,
        scope: Scope<'d>,
        entity: &mut Entity<'d>,
    ) {
        if self.flavour == Flavour::Profile {
            let message = format!(
                "the profile has a template for {}",
                Printable(&scope.fmri())
            );
            self.findings
                .add(Code::TemplateInProfile, element.at(), message);
            return;
        }
        let mut keys = HashSet::new();
        for child in self.elements_of(element) {
            match child.name() {
                // The two are property groups of their own, with a property for each language.
                "common_name" | "description" => {
                    let mut languages = Used::new();
                    self.texts(child, "", &mut languages, entity);
                    entity.languages.extend(languages);
                }
                "documentation" => self.documentation(child),
                "pg_pattern" => self.group_pattern(child, scope, entity, &mut keys),
                _ => {}
            }
        }
    }

    fn documentation(&mut self, element: Element<'d>) {
        let mut used = Used::new();
        for child in self.elements_of(element) {
            if child.name() == "manpage" {
                let (title, section) = (child.value("title").0, child.value("section").0);
                // Once there was an underscore between the two, and svccfg still looks for that.
                let before = man_page(&format!("{title}_{section}"));
                let now = man_page(&format!("{title}{section}"));
                let label = if used.contains_key(&before) {
                    before
                } else {
                    now
                };
                self.unused(&mut used, label, child.at(), "man page");
            } else {
                let label = group_name("tm_doc_", child.value("name").0.as_bytes());
                self.unused(&mut used, label, child.at(), "document");
            }
        }
    }

    /// Notes that a name is used, and complains where it is already.
    pub(super) fn unused(&mut self, used: &mut Used, name: String, at: usize, what: &str) {
        if let Some(first) = used.get(&name) {
            let message = format!("this {what} is defined twice (as {})", Printable(&name));
            let help = format!("keep one of the two; {}", self.first_on_line(*first));
            self.findings
                .add_with_help(Code::PropertyTwice, at, message, help);
        } else {
            used.insert(name, at);
        }
    }

    /// The `loctext` elements of an element. Each becomes a property `prefixLANGUAGE`.
    pub(super) fn texts(
        &mut self,
        element: Element<'d>,
        prefix: &str,
        used: &mut Used,
        entity: &mut Entity<'d>,
    ) {
        for text in self.elements_of(element) {
            let (language, at) = text.value("xml:lang");
            // libscf writes _ for whatever a property's name cannot hold.
            let language: String = if language.is_empty() {
                "unknown"
            } else {
                language
            }
            .bytes()
            .map(|b| {
                if b.is_ascii_alphanumeric() {
                    char::from(b)
                } else {
                    '_'
                }
            })
            .collect();
            let property = format!("{prefix}{language}");
            if property.len() > NAME_MAX {
                let message = format!(
                    "the language of this text is {} characters too long",
                    property.len() - NAME_MAX
                );
                self.findings.add(Code::LocalizedText, at, message);
            }
            self.unused(used, property, text.at(), "text");
            self.text(text, entity);
        }
    }

    fn text(&mut self, element: Element<'d>, entity: &mut Entity<'d>) {
        match element.first_text() {
            // To isspace() of the C locale a blank that does not break is a letter.
            FirstText::Text(text) => entity.texts.push((text.trim_ascii(), element.at())),
            FirstText::Nothing => {
                self.findings.add(
                    Code::LocalizedText,
                    element.at(),
                    "this text has no content",
                );
            }
            FirstText::CData(at) => {
                let message = "a CDATA section as the text makes svccfg crash";
                self.findings.add(Code::Crash, at, message);
            }
            FirstText::Other(name, at) => {
                let message = format!("'{}' stands where the text should begin", Printable(name));
                self.findings.add(Code::StrayNode, at, message);
            }
        }
    }

    /// Each character of `internal_separators` is a value.
    pub(super) fn separators(&mut self, element: Element<'d>) {
        let mut any = false;
        for child in element.children() {
            match child {
                Child::Text(text, _) => any |= !text.is_empty(),
                Child::Comment(_) => {}
                Child::CData(at) => {
                    let message = "a CDATA section as separators makes svccfg crash";
                    self.findings.add(Code::Crash, at, message);
                    return;
                }
                Child::Element(_) | Child::Instruction(..) | Child::Reference(..) => {
                    let message = "only text can be in <internal_separators>";
                    self.findings.add(Code::StrayNode, child.at(), message);
                    return;
                }
            }
        }
        if !any {
            let message = "<internal_separators> is empty";
            self.findings.add(Code::Separators, element.at(), message);
        }
    }
}

/// The name of the property group that svccfg keeps the reference to a man page in.
fn man_page(label: &str) -> String {
    let label = label.as_bytes();
    group_name("tm_man_", &label[..label.len().min(NAME_MAX)])
}

/// The name of the property group that svccfg keeps a document's reference in.
fn group_name(prefix: &str, label: &[u8]) -> String {
    let plain = |b: u8| {
        if b.is_ascii_alphanumeric() || b == b'-' {
            char::from(b)
        } else {
            '_'
        }
    };
    let name: String = [prefix.as_bytes(), label]
        .concat()
        .into_iter()
        .map(plain)
        .collect();
    if name.len() <= NAME_MAX {
        return name;
    }
    // Of a long name the beginning and the end are kept.
    let piece = (NAME_MAX - 2) / 2;
    format!("{}__{}", &name[..piece], &name[name.len() - piece..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_groups() {
        assert_eq!(man_page("svc.startd1M"), "tm_man_svc_startd1M");
        let long = "a".repeat(130);
        assert_eq!(
            man_page(&format!("{long}b1")),
            man_page(&format!("{long}1"))
        );
        assert_eq!(
            group_name("tm_doc_", "a-b c/é".as_bytes()),
            "tm_doc_a-b_c___"
        );
        assert!(group_name("tm_doc_", &[b'x'; 300]).len() <= NAME_MAX);
    }
}
