//! What stands among elements and is none.

use super::Reader;
use crate::text::printable::Printable;
use crate::validate::Flavour;
use crate::validate::code::Code;
use crate::validate::tree::{Child, Element};

impl<'d> Reader<'_, 'd> {
    /// The elements in an element, where svccfg takes everything else for an element that is illegal.
    pub(super) fn elements_of(&mut self, element: Element<'d>) -> Vec<Element<'d>> {
        let mut elements = Vec::new();
        for child in element.children() {
            match child {
                Child::Element(element) => elements.push(element),
                // The document type of a manifest has no text here, and svccfg apply passes over it.
                Child::Text(..) | Child::Comment(_) => {}
                Child::CData(_) if self.flavour == Flavour::Manifest => {}
                // Between services svccfg looks at services alone.
                Child::CData(_) | Child::Instruction(..) if element.kind() == "service_bundle" => {}
                Child::CData(at) => self.stray(element, "a CDATA section", at),
                Child::Instruction(name, at) => {
                    self.stray(
                        element,
                        &format!("the processing instruction <?{name}?>"),
                        at,
                    );
                }
                Child::Reference(name, at) => {
                    self.stray(element, &format!("the reference &{name};"), at);
                }
            }
        }
        elements
    }

    fn stray(&mut self, parent: Element<'_>, what: &str, at: usize) {
        let parent = parent.kind();
        let (code, message) = match parent {
            "property_group" => (
                Code::Crash,
                format!("{what} in a property group makes svccfg abort"),
            ),
            "notification_parameters" => (
                Code::NodeIgnored,
                format!("{what} among notification parameters is ignored"),
            ),
            "method_context" if self.flavour == Flavour::Profile => (
                Code::NodeIgnored,
                format!("{what} in a method context is ignored"),
            ),
            "service_bundle" => (
                Code::NodeIgnored,
                format!("{what} in a bundle is ignored, with the services that it stands for"),
            ),
            _ => (Code::StrayNode, format!("{what} cannot be in <{parent}>")),
        };
        self.findings.add(code, at, Printable(&message).to_string());
    }
}
