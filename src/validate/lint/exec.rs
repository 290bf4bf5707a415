//! The tokens of a method's exec string (`smf_method(7)`, "Method Tokens").

use std::fmt;

use crate::smf::fmri::is_component;
use crate::text::printable::Printable;

/// Why svc.startd cannot expand a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// `%q`
    Unknown(char),
    /// `%{...` without an end.
    Open,
    /// `%{...}` that names no property.
    Name(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(c) => write!(
                f,
                "there is no token %{}",
                Printable(c.encode_utf8(&mut [0; 4]))
            ),
            Self::Open => f.write_str("%{ is not closed"),
            Self::Name(name) => write!(f, "'{}' names no property", Printable(name)),
        }
    }
}

/// Goes over the tokens of a string.
pub(super) fn tokens(exec: &str) -> Result<(), Fault> {
    let mut rest = exec;
    while let Some(percent) = rest.find('%') {
        rest = &rest[percent + 1..];
        let Some(token) = rest.chars().next() else {
            // A percent sign at the very end is dropped.
            return Ok(());
        };
        rest = match token {
            's' | 'i' | 'f' | 'm' | 'r' | '%' => &rest[1..],
            '{' => {
                let (name, behind) = rest[1..].split_once('}').ok_or(Fault::Open)?;
                property(name)?;
                behind
            }
            other => return Err(Fault::Unknown(other)),
        };
    }
    Ok(())
}

/// `group/property`, `property` or `FMRI/:properties/group/property`, perhaps with the separator that
/// is to stand between several values.
fn property(text: &str) -> Result<(), Fault> {
    let name = text.strip_suffix([',', ':']).unwrap_or(text);
    let path = name
        .rsplit_once("/:properties/")
        .map_or(name, |(_, path)| path);
    let parts = path
        .split_once('/')
        .map_or(("application", path), |parts| parts);
    if is_component(parts.0.as_bytes()) && is_component(parts.1.as_bytes()) {
        Ok(())
    } else {
        Err(Fault::Name(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token() {
        for exec in [
            "",
            ":kill -HUP",
            "/x %s %i %f %m %r %%",
            "/x %{config/port}",
            "/x %{port}",
            "100%",
            "%{config/list,}",
            "%{config/list:}",
            "%{svc:/site/x:y/:properties/config/port}",
            "%{com.example,config/port}",
        ] {
            assert_eq!(tokens(exec), Ok(()), "{exec}");
        }
        for (exec, fault) in [
            ("%q", Fault::Unknown('q')),
            ("date +%Y", Fault::Unknown('Y')),
            ("% x", Fault::Unknown(' ')),
            ("%é", Fault::Unknown('é')),
            ("%{config/port", Fault::Open),
            ("%{}", Fault::Name(String::new())),
            ("%{a b}", Fault::Name("a b".to_owned())),
            ("%{a/b/c}", Fault::Name("a/b/c".to_owned())),
        ] {
            assert_eq!(tokens(exec), Err(fault), "{exec}");
        }
    }
}
