//! Whether a document follows the document type: one engine over one [table].
//!
//! libxml2 checks the same; here a message says what was found, what is allowed there and in which
//! order, and the check goes on behind a mistake.

use super::Flavour;
use super::code::Code;
use super::finding::Findings;
use super::tree::{Attribute, Child, Element};
use crate::text::printable::Printable;
use crate::text::suggest::nearest;

pub(super) mod table;
mod words;

use table::{Content, ElementRule, Occurs, Particle, Presence, Values};
use words::{names, order};

/// Checks an element and everything in it.
pub(super) fn check(root: Element<'_>, flavour: Flavour, findings: &mut Findings) {
    Check { flavour, findings }.element(root);
}

struct Check<'f> {
    flavour: Flavour,
    findings: &'f mut Findings,
}

impl Check<'_> {
    /// Documents are not nested deeper than [`super::text::scan::DEPTH_MAX`].
    fn element(&mut self, element: Element<'_>) {
        // The document type is held against what was included, not against the inclusion.
        if element.is_included() {
            return;
        }
        let Some(rule) = table::rule(element.name()) else {
            self.unknown_element(element);
            return;
        };
        self.attributes(element, rule);
        match rule.content {
            Content::Empty => {
                if !element.is_empty() {
                    let message = format!("<{}> must be empty, but has content", rule.name);
                    self.findings.add(Code::NotEmpty, element.at(), message);
                }
                return;
            }
            Content::Any => return,
            Content::Text => {
                for child in element.elements() {
                    let message = format!(
                        "<{}> contains only text, not <{}>",
                        rule.name,
                        Printable(child.name())
                    );
                    self.findings.add(Code::Content, child.at(), message);
                }
                return;
            }
            Content::Sequence(particles) => {
                self.no_text(element, rule);
                self.sequence(element, rule, particles);
            }
            Content::OneKind(names) => {
                self.no_text(element, rule);
                self.one_kind(element, rule, names);
            }
        }
        for child in element.elements() {
            self.element(child);
        }
    }

    fn attributes(&mut self, element: Element<'_>, rule: &ElementRule) {
        for attribute in element.attributes() {
            let Some(known) = rule.attributes.iter().find(|a| a.name == attribute.name) else {
                self.unknown_attribute(rule, attribute.name, attribute.at);
                continue;
            };
            match known.values {
                Values::Text => {}
                Values::Words(words) if words.contains(&attribute.value) => {}
                Values::Fixed(value) if attribute.value == value => {}
                Values::Words(words) => {
                    self.value(attribute, rule, words);
                }
                Values::Fixed(value) => {
                    self.value(attribute, rule, &[value]);
                }
            }
        }
        for (at, name) in element.namespaces() {
            if !rule.attributes.iter().any(|a| a.name == *name) {
                self.unknown_attribute(rule, name, *at);
            }
        }
        for known in rule.attributes {
            let required = match (known.presence, self.flavour) {
                (Presence::Required, _) | (Presence::RequiredInManifest, Flavour::Manifest) => true,
                (Presence::Optional, _) | (Presence::RequiredInManifest, Flavour::Profile) => false,
            };
            if required && element.attribute(known.name).is_none() {
                self.findings.add_with_help(
                    Code::MissingAttribute,
                    element.at(),
                    format!("<{}> lacks the attribute {}", rule.name, known.name),
                    match known.values {
                        Values::Words(words) => {
                            format!("add {}='{}'", known.name, words.join("|"))
                        }
                        Values::Text | Values::Fixed(_) => format!("add {}='...'", known.name),
                    },
                );
            }
        }
    }

    fn unknown_element(&mut self, element: Element<'_>) {
        let name = element.name();
        let message = format!("unknown element <{}>", Printable(name));
        let known = table::ELEMENTS.iter().map(|rule| rule.name);
        match nearest(name, known) {
            Some(near) => {
                let help = format!("did you mean <{near}>?");
                self.findings
                    .add_with_help(Code::UnknownElement, element.at(), message, help);
            }
            None => self
                .findings
                .add(Code::UnknownElement, element.at(), message),
        }
    }

    fn unknown_attribute(&mut self, rule: &ElementRule, name: &str, at: usize) {
        let known: Vec<_> = rule.attributes.iter().map(|a| a.name).collect();
        self.findings.add_with_help(
            Code::UnknownAttribute,
            at,
            format!("<{}> has no attribute {}", rule.name, Printable(name)),
            if known.is_empty() {
                format!("<{}> has no attributes at all", rule.name)
            } else {
                format!("its attributes are {}", known.join(", "))
            },
        );
    }

    fn value(&mut self, attribute: Attribute<'_>, rule: &ElementRule, words: &[&str]) {
        self.findings.add(
            Code::AttributeValue,
            attribute.at,
            format!(
                "{} of <{}> cannot be '{}'; it is one of {}",
                attribute.name,
                rule.name,
                Printable(attribute.value),
                words.join(", ")
            ),
        );
    }

    /// Reports text in an element that holds elements only.
    fn no_text(&mut self, element: Element<'_>, rule: &ElementRule) {
        // A CDATA section is one even where it holds blanks alone.
        let cdata = element
            .children()
            .into_iter()
            .find_map(|child| match child {
                Child::CData(at) => Some((at, "a CDATA section")),
                Child::Element(_)
                | Child::Text(..)
                | Child::Comment(_)
                | Child::Instruction(..)
                | Child::Reference(..) => None,
            });
        let text = element.text_at().map(|at| (at, "text"));
        if let Some((at, what)) = cdata.or(text) {
            let message = format!("<{}> contains only elements, not {what}", rule.name);
            self.findings.add(Code::StrayText, at, message);
        }
    }

    /// Walks the elements and the particles beside each other. No two neighbouring particles have an
    /// element in common, so the first particle that takes an element is the right one.
    fn sequence(&mut self, element: Element<'_>, rule: &ElementRule, particles: &[Particle]) {
        let mut now = 0;
        let mut taken = 0;
        for child in element.elements() {
            let name = child.name();
            let fits = |(i, particle): (usize, &Particle)| {
                let again = i > now || taken == 0 || repeats(particle.occurs);
                particle.names.contains(&name) && again
            };
            match particles
                .iter()
                .enumerate()
                .skip(now)
                .find(|found| fits(*found))
            {
                Some((i, _)) => {
                    self.missing(child.at(), rule, &particles[now..i], taken);
                    taken = if i == now { taken + 1 } else { 1 };
                    now = i;
                }
                None => self.out_of_place(child, rule, particles, now),
            }
        }
        self.missing(element.at(), rule, &particles[now..], taken);
    }

    /// Reports what is required of particles that are left behind; the first was taken so often.
    fn missing(&mut self, at: usize, rule: &ElementRule, left: &[Particle], taken: usize) {
        for (i, particle) in left.iter().enumerate() {
            let needed = matches!(particle.occurs, Occurs::Once | Occurs::AtLeastOnce);
            if needed && (i > 0 || taken == 0) {
                let message = format!("<{}> lacks {}", rule.name, names(particle.names));
                let help = order(rule);
                self.findings
                    .add_with_help(Code::Content, at, message, help);
            }
        }
    }

    fn out_of_place(
        &mut self,
        child: Element<'_>,
        rule: &ElementRule,
        particles: &[Particle],
        now: usize,
    ) {
        let name = child.name();
        let known = particles.iter().position(|p| p.names.contains(&name));
        let message = match known {
            // Elements that no document has are reported by themselves.
            None if table::rule(name).is_none() => return,
            None => format!("<{name}> cannot be in <{}>", rule.name),
            Some(i) if i == now => format!("<{}> contains <{name}> only once", rule.name),
            Some(_) => format!(
                "<{name}> is out of order: it comes before {}",
                names(particles[now].names)
            ),
        };
        self.findings
            .add_with_help(Code::Content, child.at(), message, order(rule));
    }

    fn one_kind(&mut self, element: Element<'_>, rule: &ElementRule, kinds: &[&str]) {
        let mut first: Option<&str> = None;
        for child in element.elements().filter(|child| !child.is_included()) {
            let name = child.name();
            let message = match first {
                _ if !kinds.contains(&name) && table::rule(name).is_none() => continue,
                _ if !kinds.contains(&name) => format!("<{name}> cannot be in <{}>", rule.name),
                Some(first) if first != name => {
                    format!(
                        "<{}> already contains <{first}> and cannot also contain <{name}>",
                        rule.name
                    )
                }
                Some(_) => continue,
                None => {
                    first = Some(name);
                    continue;
                }
            };
            self.findings
                .add_with_help(Code::Content, child.at(), message, order(rule));
        }
    }
}

const fn repeats(occurs: Occurs) -> bool {
    matches!(occurs, Occurs::Any | Occurs::AtLeastOnce)
}

#[cfg(test)]
mod tests;
