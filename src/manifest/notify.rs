//! Who hears when an instance goes to maintenance, or leaves online: `smf(7)` and `svccfg setnotify`.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::model::{
    Event, NotificationParameters, NotificationType, Parameter, ParameterEntry, ValueNode,
};
use super::write_error::is_xml_char;
use crate::text::printable::Printable;

/// The longest address that mail knows (RFC 5321).
const ADDRESS_MAX: usize = 254;

/// The transitions that are worth a message: into maintenance, and out of online by whatever way.
const EVENTS: [&str; 2] = ["to-maintenance", "from-online"];

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum NotifyTarget {
    /// `mailto:ADDRESS`
    Mail(String),
    /// `snmp:`, the traps of the host.
    Snmp,
}

/// As it is given: `mailto:root`.
impl fmt::Display for NotifyTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mail(address) => write!(f, "mailto:{address}"),
            Self::Snmp => f.write_str("snmp:active"),
        }
    }
}

/// A text that is no such place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("'{}' is not mailto:ADDRESS or snmp:active", Printable(.0))]
pub(crate) struct NotifyError(String);

impl FromStr for NotifyTarget {
    type Err = NotifyError;

    fn from_str(text: &str) -> Result<Self, NotifyError> {
        let wrong = || NotifyError(text.to_owned());
        if ["snmp:", "snmp:active"].contains(&text) {
            return Ok(Self::Snmp);
        }
        let address = text.strip_prefix("mailto:").ok_or_else(wrong)?;
        let possible = |c: char| {
            !c.is_whitespace() && !c.is_control() && !",;:?<>()\"\\".contains(c) && is_xml_char(c)
        };
        // These two words are svccfg's own in this place.
        let word = ["active", "inactive"].contains(&address);
        if word
            || address.is_empty()
            || address.len() > ADDRESS_MAX
            || !address.chars().all(possible)
        {
            return Err(wrong());
        }
        Ok(Self::Mail(address.to_owned()))
    }
}

/// The elements that say it. What an instance says replaces what its service says, for each of mail and
/// SNMP.
pub(super) fn parameters(targets: &[NotifyTarget]) -> Vec<NotificationParameters> {
    let mut addresses = Vec::new();
    let mut snmp = false;
    for target in targets {
        match target {
            NotifyTarget::Mail(address) => addresses.push(address),
            NotifyTarget::Snmp => snmp = true,
        }
    }
    let mut types = Vec::new();
    if !addresses.is_empty() {
        let nodes = addresses.into_iter().map(|address| ValueNode {
            value: address.clone(),
        });
        types.push(NotificationType {
            name: "smtp".to_owned(),
            active: Some(true),
            parameters: vec![ParameterEntry::Parameter(Parameter {
                name: "to".to_owned(),
                values: nodes.collect(),
            })],
        });
    }
    if snmp {
        types.push(NotificationType {
            name: "snmp".to_owned(),
            active: Some(true),
            parameters: Vec::new(),
        });
    }
    if types.is_empty() {
        return Vec::new();
    }
    EVENTS
        .iter()
        .map(|event| NotificationParameters {
            event: Event {
                value: (*event).to_owned(),
            },
            types: types.clone(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        for (text, target) in [
            (
                "mailto:root@localhost",
                NotifyTarget::Mail("root@localhost".into()),
            ),
            ("mailto:root", NotifyTarget::Mail("root".into())),
            ("snmp:", NotifyTarget::Snmp),
            ("snmp:active", NotifyTarget::Snmp),
        ] {
            assert_eq!(text.parse(), Ok(target));
        }
        for text in [
            "",
            "root@localhost",
            "mailto:",
            "mailto:a b",
            "mailto:a,b",
            "mailto:x?subject=y",
            "mailto:inactive",
            "snmp:inactive",
            "http://x/",
            "mailto:a\nb",
        ] {
            let error = text.parse::<NotifyTarget>().unwrap_err();
            assert_eq!(error.0, text);
        }
    }

    #[test]
    fn two_events_and_a_type_for_each_kind_of_place() {
        assert_eq!(parameters(&[]), []);
        let mail = |address: &str| NotifyTarget::Mail(address.into());
        let both = parameters(&[mail("a"), NotifyTarget::Snmp, mail("b")]);
        let events: Vec<_> = both.iter().map(|p| p.event.value.as_str()).collect();
        assert_eq!(events, EVENTS);
        for parameters in &both {
            let names: Vec<_> = parameters.types.iter().map(|t| t.name.as_str()).collect();
            assert_eq!(names, ["smtp", "snmp"]);
            let [ParameterEntry::Parameter(to)] = &parameters.types[0].parameters[..] else {
                panic!("{parameters:?}")
            };
            let values: Vec<_> = to.values.iter().map(|v| v.value.as_str()).collect();
            assert_eq!(values, ["a", "b"]);
        }
    }
}
