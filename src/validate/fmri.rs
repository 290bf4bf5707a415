//! FMRIs as values: what libscf can parse, which is more than anybody should write.
//!
//! A port of the grammar of `scf_parse_fmri()`, faults included: everything before the service is
//! optional, a scope may have any name, and the empty text is an FMRI.

use crate::smf::fmri::{is_component, is_ident, is_service_name};

/// The parts of an FMRI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fmri<'a> {
    /// `svc:`, or nothing at all before the service.
    Service {
        /// Whether it has the full form, which begins with `svc:/`.
        full: bool,
        /// The scope where it is not the local one.
        scope: Option<&'a str>,
        /// The service; empty where there is none.
        service: &'a str,
        /// The instance.
        instance: Option<&'a str>,
        /// Whether it goes on with `/:properties/`.
        property: bool,
    },
    /// `file:`
    File,
}

/// Takes an FMRI apart.
pub(super) fn parse(text: &str) -> Option<Fmri<'_>> {
    if let Some(file) = text.strip_prefix("file:") {
        return parse_file(file);
    }
    let (full, rest) = match text.strip_prefix("svc:") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (scope, rest) = match rest.strip_prefix("//") {
        None => (None, rest),
        Some(rest) => {
            let (scope, rest) = rest.split_once('/').unwrap_or((rest, ""));
            let scope = scope.strip_suffix("@localhost").unwrap_or(scope);
            if scope.is_empty() {
                (None, rest)
            } else if is_ident(scope.as_bytes()) {
                (Some(scope), rest)
            } else {
                return None;
            }
        }
    };
    // The service is checked where anything at all follows, be it a slash alone.
    let named = !rest.is_empty();
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    let group = rest.find(PROPERTIES);
    let (service, instance, properties) = match rest.find(':') {
        Some(colon) if group.is_none_or(|group| colon < group) => {
            let behind = &rest[colon + 1..];
            let (instance, properties) = split_properties(behind);
            (&rest[..colon], Some(instance), properties)
        }
        Some(_) | None => {
            let (service, properties) = split_properties(rest);
            (service, None, properties)
        }
    };
    let good = (!named || is_service_name(service))
        && instance.is_none_or(|name| is_component(name.as_bytes()))
        && properties.is_none_or(|path| match path.split_once('/') {
            Some((group, name)) => is_component(group.as_bytes()) && is_component(name.as_bytes()),
            None => is_component(path.as_bytes()),
        });
    good.then_some(Fmri::Service {
        full: full && text.starts_with("svc:/"),
        scope: scope.filter(|scope| *scope != "localhost"),
        service,
        instance,
        property: properties.is_some(),
    })
}

const PROPERTIES: &str = "/:properties/";

fn split_properties(text: &str) -> (&str, Option<&str>) {
    match text.split_once(PROPERTIES) {
        Some((before, path)) => (before, Some(path)),
        None => (text, None),
    }
}

/// `file:///path`, `file://localhost/path` or `file:/path`; something must follow the slash.
fn parse_file(rest: &str) -> Option<Fmri<'_>> {
    let path = match rest.strip_prefix("//") {
        None => rest.strip_prefix('/')?,
        Some(rest) => {
            let (scope, path) = rest.split_once('/')?;
            if !matches!(scope, "" | "localhost") {
                return None;
            }
            path
        }
    };
    (!path.is_empty()).then_some(Fmri::File)
}

/// Whether svccfg takes this as the name of a service in a manifest: `svc:/` and the name must be the
/// FMRI of a service.
pub(super) fn is_bare_service(name: &str) -> bool {
    let text = format!("svc:/{name}");
    match parse(&text) {
        Some(Fmri::Service { instance, .. }) => instance.is_none(),
        Some(Fmri::File) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_libscf_parses() {
        for text in [
            "",
            "svc:/a",
            "svc:/xx/y",
            "system/filesystem/local",
            "/xx/y",
            "svc:/x:inst",
            "svc://localhost/x",
            "svc://otherhost/x",
            "svc://host@localhost/x",
            "svc:///x",
            "svc:/x:i/:properties/pg/prop",
            "svc:/x/:properties/pg",
            "file:///p",
            "file://localhost/p",
            "file:/p",
            "file:///p q",
            "svc:/xx/a,bb",
            "sit!/demo",
            "ab /cd",
            "svc:",
        ] {
            assert!(parse(text).is_some(), "'{text}'");
        }
        for text in [
            "svc:/",
            "svc:/x:",
            "svc:/x/",
            "::",
            " svc:/x",
            "svc:/x ",
            "svc:/x*",
            "SVC:/x",
            "http://e/",
            "lrc:/etc/rc2_d/S1",
            "svc:/a/bb",
            "a/b",
            "svc:/1a",
            "svc:/a,b,c",
            "file:p",
            "file:///",
            "file://",
            "file:/",
            "file://other/p",
            "svc://a b/x",
            "svc:/x:i:j",
            "svc:/x/:properties/",
            "svc:/x/:properties/a b",
        ] {
            assert!(parse(text).is_none(), "'{text}': {:?}", parse(text));
        }
    }

    #[test]
    fn parts() {
        assert_eq!(
            parse("svc:/site/x:i"),
            Some(Fmri::Service {
                full: true,
                scope: None,
                service: "site/x",
                instance: Some("i"),
                property: false
            })
        );
        assert_eq!(
            parse("site/x"),
            Some(Fmri::Service {
                full: false,
                scope: None,
                service: "site/x",
                instance: None,
                property: false
            })
        );
        assert_eq!(
            parse("svc://h/x/:properties/a/b"),
            Some(Fmri::Service {
                full: true,
                scope: Some("h"),
                service: "x",
                instance: None,
                property: true
            })
        );
    }

    #[test]
    fn names_of_services() {
        for name in [
            "site/demo",
            "a",
            "site/a",
            "site/demo-",
            "site/demo_",
            "Site/Demo",
            "example.com,xx/y",
            "/site/demo",
            "site/demo/:properties/x",
            "sit!/demo",
        ] {
            assert!(is_bare_service(name), "{name}");
        }
        for name in [
            "",
            "svc:/x",
            "x:inst",
            "site/demo/",
            "site//demo",
            "site/de.mo",
            "1a",
            "site/-demo",
            "a/b",
            "site/démo",
            "site/a b",
            "site/demo:",
        ] {
            assert!(!is_bare_service(name), "{name}");
        }
    }
}
