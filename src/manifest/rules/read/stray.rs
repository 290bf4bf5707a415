//! What stands among elements and is none.

use super::Reader;
use crate::manifest::rules::code::Code;
use crate::manifest::rules::tree::{Child, Element};
use crate::printable::Printable;

impl<'d> Reader<'_, 'd> {
    /// The elements in an element, where svccfg takes everything else for an element that is illegal.
    pub(super) fn elements_of(&mut self, element: Element<'d>) -> Vec<Element<'d>> {
        let mut elements = Vec::new();
        for child in element.children() {
            match child {
                Child::Element(element) => elements.push(element),
                // The document type has no text here.
                Child::Text(..) | Child::CData(_) | Child::Comment(_) => {}
                // Between services svccfg looks at services alone.
                Child::Instruction(..) if element.name() == "service_bundle" => {}
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
        let parent = parent.name();
        let (code, message) = match parent {
            "property_group" => (
                Code::Crash,
                format!("{what} in a property group makes svccfg abort"),
            ),
            "notification_parameters" => (
                Code::NodeIgnored,
                format!("{what} among notification parameters is ignored"),
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
