//! The types of the values that SMF keeps.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A type: `scf_type_to_string(3SCF)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ValueType {
    Count,
    Integer,
    Opaque,
    Host,
    Hostname,
    NetAddress,
    NetAddressV4,
    NetAddressV6,
    Time,
    Astring,
    Ustring,
    Boolean,
    Fmri,
    Uri,
}

impl ValueType {
    const ALL: [Self; 14] = [
        Self::Count,
        Self::Integer,
        Self::Opaque,
        Self::Host,
        Self::Hostname,
        Self::NetAddress,
        Self::NetAddressV4,
        Self::NetAddressV6,
        Self::Time,
        Self::Astring,
        Self::Ustring,
        Self::Boolean,
        Self::Fmri,
        Self::Uri,
    ];

    /// The names of all of them, in a manifest and in what svcprop prints.
    pub(crate) const NAMES: [&str; 14] = {
        let mut names = [""; 14];
        let mut at = 0;
        while at < names.len() {
            names[at] = Self::ALL[at].name();
            at += 1;
        }
        names
    };

    /// By its name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    /// Its name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Integer => "integer",
            Self::Opaque => "opaque",
            Self::Host => "host",
            Self::Hostname => "hostname",
            Self::NetAddress => "net_address",
            Self::NetAddressV4 => "net_address_v4",
            Self::NetAddressV6 => "net_address_v6",
            Self::Time => "time",
            Self::Astring => "astring",
            Self::Ustring => "ustring",
            Self::Boolean => "boolean",
            Self::Fmri => "fmri",
            Self::Uri => "uri",
        }
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (value_type, name) in ValueType::ALL.into_iter().zip(ValueType::NAMES) {
            assert_eq!(ValueType::named(name), Some(value_type));
            let written = serde_json::to_string(&value_type).expect("a text");
            assert_eq!(written, format!("\"{name}\""));
        }
        assert_eq!(ValueType::named("string"), None);
    }
}
