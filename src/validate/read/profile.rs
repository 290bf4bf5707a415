//! What svccfg finds in a profile, of which it checks some parts only against the document type.

use std::collections::HashSet;
use std::fmt;

use super::Reader;
use crate::text::printable::Printable;
use crate::validate::code::Code;
use crate::validate::entity::Entity;
use crate::validate::finding::Findings;
use crate::validate::tree::Element;
use crate::validate::{Flavour, grammar};

impl Reader<'_, '_> {
    /// An element that svccfg stops at.
    pub(super) fn illegal(&mut self, element: Element<'_>, place: &str) {
        let message = format!("<{}> cannot be {place}", Printable(element.name()));
        self.findings
            .add(Code::IllegalElement, element.at(), message);
    }

    /// Something that kills svccfg.
    pub(super) fn crash(&mut self, at: usize, what: impl fmt::Display) {
        let message = format!("{what}, and svccfg crashes");
        self.findings.add(Code::Crash, at, message);
    }

    /// Property groups that are there with a type and without one.
    pub(super) fn clashes(&mut self, entity: &Entity<'_>) {
        for at in &entity.clashes {
            self.crash(
                *at,
                "a property group of this name without a type comes before",
            );
        }
    }

    /// Whether a part is one that svccfg apply can read: some it checks against the document type, and stops where they do
    /// not follow it (`lxml_validate_element()`). Those of a manifest were checked with the whole.
    pub(super) fn is_valid(&mut self, element: Element<'_>) -> bool {
        if self.flavour == Flavour::Manifest {
            return true;
        }
        let mut found = Findings::default();
        grammar::check(element, self.flavour, &mut found);
        let valid = !found.any_error();
        self.findings.add_all(found);
        valid
    }

    /// svccfg apply only mentions an instance default that is there already.
    pub(super) fn second_default(
        &mut self,
        element: Element<'_>,
        service: &str,
        names: &HashSet<&str>,
    ) -> bool {
        let second = self.flavour == Flavour::Profile && names.contains("default");
        if second {
            let message = format!(
                "the service {} already has an instance default",
                Printable(service)
            );
            self.findings.add(Code::ProfileTwice, element.at(), message);
        }
        second
    }
}
