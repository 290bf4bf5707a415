//! The names of services and instances.

use std::collections::HashSet;

use super::Reader;
use crate::text::printable::Printable;
use crate::validate::code::Code;

impl<'d> Reader<'_, 'd> {
    pub(super) fn service_name(&mut self, name: &str, at: usize) {
        let mut parts = name.split('/');
        let last = parts.next_back();
        let short = parts.find(|part| part.len() == 1);
        let message = format!("'{}' is not a bare service name", Printable(name));
        let help = match (short, name.strip_prefix("svc:/"), name.split_once(':')) {
            (_, Some(bare), _) => format!("omit svc:/: {}", Printable(bare)),
            (_, None, Some((bare, _))) => format!(
                "omit the instance: {}; use a separate <instance> element",
                Printable(bare)
            ),
            (Some(short), None, None) => {
                format!(
                    "svccfg rejects a one-letter component before a slash: '{}'",
                    Printable(short)
                )
            }
            (None, None, None) if last.is_some_and(|last| last.contains('.')) => {
                "dots are only allowed in a domain before a comma, for example example.com,name"
                    .to_owned()
            }
            (None, None, None) => {
                "each component begins with a letter and contains letters, digits, - and _"
                    .to_owned()
            }
        };
        self.findings
            .add_with_help(Code::ServiceName, at, message, help);
    }

    pub(super) fn instance_name(
        &mut self,
        name: &'d str,
        at: usize,
        service: &str,
        names: &mut HashSet<&'d str>,
    ) {
        if !names.insert(name) {
            let message = format!(
                "the service {} has the instance {} twice",
                Printable(service),
                Printable(name)
            );
            self.findings.add(Code::EntityTwice, at, message);
        }
    }
}
