//! What the methods run in: the parts of a `method_context`, each checked at the door. svccfg checks none of
//! them, and svc.startd puts an instance whose context it cannot make into maintenance.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::write_error::is_xml_char;
use crate::text::printable::Printable;

/// The longest value that SMF keeps whole.
const VALUE_MAX: usize = 4095;

/// Why a text cannot be part of a method context.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum ContextError {
    /// `NAME=VALUE` without `=`.
    #[error("'{}' has no '=': a variable is NAME=VALUE", Printable(.0))]
    NoValue(String),
    /// No shell could set it, or svccfg would refuse it.
    #[error("'{}' is not a valid variable name: only letters, digits and '_' are allowed, and the first character cannot be a digit", Printable(.0))]
    VariableName(String),
    /// svccfg refuses it.
    #[error("the variable '{}' is reserved for svc.startd: a manifest cannot set SMF_*", Printable(.0))]
    Smf(String),
    /// SMF would cut it, or a manifest could not hold it.
    #[error("{what} cannot be '{}': at most {VALUE_MAX} bytes of characters that XML can represent are allowed", Printable(.value))]
    Value {
        /// Which part.
        what: String,
        /// What it was to be.
        value: String,
    },
    /// No zone of the C library has such a name.
    #[error("'{}' is not a valid time zone: use a name from /usr/share/lib/zoneinfo, for example Europe/Vienna, or a rule such as EST5EDT, without white space", Printable(.0))]
    TimeZone(String),
    /// Methods would begin somewhere else, or nowhere.
    #[error("'{}' is not an absolute path, :home or :default", Printable(.0))]
    Directory(String),
    /// Not a name.
    #[error("'{}' is not a valid name: use characters other than white space, ':' and ',', or :default", Printable(.0))]
    Word(String),
    /// svc.startd could not read it.
    #[error("'{}' is not a privilege set: use names of letters, digits and '_' separated by commas, with '!' before an excluded one, for example basic,!proc_info; or :default", Printable(.0))]
    Privileges(String),
}

/// Whether a manifest holds it, and SMF keeps it whole.
fn storable(text: &str) -> bool {
    text.len() <= VALUE_MAX && text.chars().all(is_xml_char)
}

/// An environment variable with its value: `NAME=VALUE`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Variable {
    name: String,
    value: String,
}

impl Variable {
    /// A variable.
    ///
    /// # Errors
    /// The name is none, or is one of `SMF_*`; the value is too long or cannot stand in XML.
    pub(crate) fn new(name: &str, value: &str) -> Result<Self, ContextError> {
        if name.starts_with("SMF_") {
            return Err(ContextError::Smf(name.to_owned()));
        }
        let part = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        if name.is_empty() || !name.bytes().all(part) || name.as_bytes()[0].is_ascii_digit() {
            return Err(ContextError::VariableName(name.to_owned()));
        }
        // SMF keeps `NAME=VALUE` as one value.
        if !storable(&format!("{name}={value}")) {
            return Err(ContextError::Value {
                what: format!("the variable {name}"),
                value: value.to_owned(),
            });
        }
        Ok(Self {
            name: name.to_owned(),
            value: value.to_owned(),
        })
    }

    /// `TZ`, which says what the wall clock shows.
    ///
    /// # Errors
    /// The zone cannot be one, whatever zones the host has.
    pub(crate) fn time_zone(zone: &str) -> Result<Self, ContextError> {
        if zone.is_empty() || zone.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(ContextError::TimeZone(zone.to_owned()));
        }
        Self::new("TZ", zone)
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its value, taken as it is.
    pub(crate) fn value(&self) -> &str {
        &self.value
    }

    /// Whether VirtualBox sees it: a method makes the environment of VBoxManage anew, because VBoxSVC keeps it
    /// for all VMs of the user.
    pub(crate) fn reaches_virtualbox(&self) -> bool {
        let name = self.name.as_str();
        ["TZ", "LANG", "LC_ALL", "LC_CTYPE"].contains(&name) || name.starts_with("VBOX_")
    }
}

impl FromStr for Variable {
    type Err = ContextError;

    fn from_str(text: &str) -> Result<Self, ContextError> {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| ContextError::NoValue(text.to_owned()))?;
        Self::new(name, value)
    }
}

/// The text of a checked value.
macro_rules! text_of {
    ($($name:ident),*) => {$(
        impl $name {
            /// The value as text.
            pub(crate) fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

text_of!(WorkingDirectory, ContextWord, Privileges);

/// Where the methods run: `:home`, `:default` or an absolute path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct WorkingDirectory(String);

/// svc.startd has no HOME to give; the home is at least where the methods are.
impl Default for WorkingDirectory {
    fn default() -> Self {
        Self(":home".to_owned())
    }
}

impl FromStr for WorkingDirectory {
    type Err = ContextError;

    fn from_str(text: &str) -> Result<Self, ContextError> {
        let known = [":home", ":default"].contains(&text) || text.starts_with('/');
        if !known {
            return Err(ContextError::Directory(text.to_owned()));
        }
        if !storable(text) {
            return Err(ContextError::Value {
                what: "the working directory".to_owned(),
                value: text.to_owned(),
            });
        }
        Ok(Self(text.to_owned()))
    }
}

/// The name of a project (`project(5)`) or of a resource pool, or `:default`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ContextWord(String);

impl FromStr for ContextWord {
    type Err = ContextError;

    fn from_str(text: &str) -> Result<Self, ContextError> {
        let possible =
            |c: char| !c.is_whitespace() && !c.is_control() && !":,".contains(c) && is_xml_char(c);
        let name = !text.is_empty() && text.len() <= 255 && text.chars().all(possible);
        if name || text == ":default" {
            Ok(Self(text.to_owned()))
        } else {
            Err(ContextError::Word(text.to_owned()))
        }
    }
}

/// A set of privileges as `privileges(7)` writes it: `basic,!proc_info`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Privileges(String);

/// A VM needs no more: what VirtualBox does as root it does in programs that are set-uid.
impl Default for Privileges {
    fn default() -> Self {
        Self("basic".to_owned())
    }
}

impl FromStr for Privileges {
    type Err = ContextError;

    fn from_str(text: &str) -> Result<Self, ContextError> {
        let name = |part: &str| {
            let bare = part.strip_prefix(['!', '-']).unwrap_or(part);
            !bare.is_empty() && bare.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        if text == ":default" || (storable(text) && text.split(',').all(name)) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ContextError::Privileges(text.to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_zones() {
        for zone in ["UTC", "Europe/Vienna", "EST5EDT,M3.2.0/2:00:00", "<-03>3"] {
            assert_eq!(Variable::time_zone(zone).unwrap().value(), zone);
        }
        for zone in ["", " ", "UTC\n", "Europe Vienna", "\u{1b}[2J"] {
            let message = Variable::time_zone(zone).unwrap_err().to_string();
            assert!(message.contains("is not a valid time zone"), "{message}");
        }
    }

    #[test]
    fn variables() {
        for (text, name, value) in [
            ("TZ=Europe/Vienna", "TZ", "Europe/Vienna"),
            ("_X9=", "_X9", ""),
            ("A=b=c d\n$HOME", "A", "b=c d\n$HOME"),
            ("smf_x=1", "smf_x", "1"),
        ] {
            let variable: Variable = text.parse().unwrap();
            assert_eq!((variable.name(), variable.value()), (name, value));
        }
        for (text, message) in [
            ("TZ", "'TZ' has no '='"),
            ("=x", "'' is not a valid variable name"),
            ("9A=x", "'9A' is not a valid variable name"),
            ("A B=x", "'A B' is not a valid variable name"),
            ("a:B=x", "'a:B' is not a valid variable name"),
            ("é=x", "'é' is not a valid variable name"),
            (
                "SMF_FMRI=x",
                "the variable 'SMF_FMRI' is reserved for svc.startd",
            ),
            ("A=\u{1}", "the variable A cannot be '\\u{1}'"),
        ] {
            let error = text.parse::<Variable>().unwrap_err().to_string();
            assert!(error.starts_with(message), "{text}: {error}");
        }
        assert!(Variable::new("A", &"x".repeat(VALUE_MAX - 2)).is_ok());
        assert!(Variable::new("A", &"x".repeat(VALUE_MAX - 1)).is_err());
    }

    #[test]
    fn what_virtualbox_sees() {
        for (name, seen) in [
            ("TZ", true),
            ("VBOX_USER_HOME", true),
            ("LC_CTYPE", true),
            ("HOME", false),
            ("DISPLAY", false),
        ] {
            let variable = Variable::new(name, "x").unwrap();
            assert_eq!(variable.reaches_virtualbox(), seen, "{name}");
        }
    }

    #[test]
    fn directories_words_and_privileges() {
        for good in [":home", ":default", "/", "/export/my home/é"] {
            assert_eq!(good.parse::<WorkingDirectory>().unwrap().as_str(), good);
        }
        for bad in ["", "home", ":root", "~", "/a\u{7}"] {
            assert!(bad.parse::<WorkingDirectory>().is_err(), "{bad}");
        }
        for good in ["user.vbox", ":default", "pool_default", "group.staff"] {
            assert_eq!(good.parse::<ContextWord>().unwrap().as_str(), good);
        }
        for bad in ["", "a b", "a:b", "a,b", "\u{1b}", &"x".repeat(256)] {
            assert!(bad.parse::<ContextWord>().is_err(), "{bad}");
        }
        for good in [
            "basic",
            "basic,!proc_info,net_privaddr",
            "all,-sys_time",
            ":default",
        ] {
            assert_eq!(good.parse::<Privileges>().unwrap().as_str(), good);
        }
        for bad in ["", "basic,", ",", "!", "basic net", "a;b", "é"] {
            assert!(bad.parse::<Privileges>().is_err(), "{bad}");
        }
    }
}
