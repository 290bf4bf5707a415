//! What an `href` names.

/// Where an inclusion leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Href {
    /// No URI: libxml2 says "failed build URL" and gives up, whether there is a fallback or not.
    Wrong,
    /// The document that it stands in.
    Itself,
    /// A part of a document.
    Part,
    /// A file, by its way from the folder of the profile.
    File(String),
    /// Nothing that could be there.
    Nowhere,
    /// Something that is not looked at, and why.
    Elsewhere(&'static str),
}

/// Classifies an `href` of a document in this folder (RFC 3986, as libxml2 reads it).
pub(super) fn of(href: &str, folder: &str) -> Href {
    if !is_uri(href) {
        return Href::Wrong;
    }
    let (address, fragment) = match href.split_once('#') {
        Some((address, fragment)) => (address, Some(fragment)),
        None => (href, None),
    };
    match fragment {
        // An empty one is an XPointer that cannot be.
        Some("") => return Href::Wrong,
        Some(pointer) if pointer.contains('(') => return Href::Part,
        // A bare name is an ID, and bundles have none.
        Some(_) => return Href::Nowhere,
        None => {}
    }
    if address.is_empty() || address.starts_with("//") && address.bytes().all(|b| b == b'/') {
        return Href::Itself;
    }
    let scheme = address.split(['/', '?']).next().and_then(|first| {
        let (scheme, _) = first.split_once(':')?;
        Some(scheme.to_ascii_lowercase())
    });
    match scheme.as_deref() {
        None => {}
        Some("file") => {
            return Href::Elsewhere("only relative names are followed");
        }
        Some("http" | "https" | "ftp") => {
            return Href::Elsewhere("nothing is fetched from a network");
        }
        // libxml2 looks for a file that is called so.
        Some(_) => return Href::Nowhere,
    }
    if address.contains('?') || address.ends_with('/') {
        return Href::Nowhere;
    }
    if address.starts_with('/') {
        return Href::Elsewhere("only relative names are followed");
    }
    let Some(path) = decoded(address) else {
        return Href::Nowhere;
    };
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                if parts.pop().is_none() {
                    return Href::Elsewhere("it is outside of the profile's folder");
                }
            }
            part => parts.push(part),
        }
    }
    if parts.is_empty() {
        return Href::Nowhere;
    }
    Href::File(parts.join("/"))
}

/// Whether libxml2 can make a URI of it.
fn is_uri(href: &str) -> bool {
    let bytes = href.as_bytes();
    let is_allowed = |(at, byte): (usize, &u8)| match byte {
        b'%' => bytes
            .get(at + 1..at + 3)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)),
        b'-' | b'.' | b'_' | b'~' | b':' | b'/' | b'?' | b'#' | b'@' | b'!' | b'$' | b'&'
        | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' => true,
        byte => byte.is_ascii_alphanumeric(),
    };
    if !bytes.iter().enumerate().all(is_allowed) || href.matches('#').count() > 1 {
        return false;
    }
    let first = href.split(['/', '?', '#']).next().unwrap_or_default();
    match first.split_once(':') {
        None => true,
        Some((scheme, _)) => {
            scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
        }
    }
}

/// The path behind `%41`.
fn decoded(path: &str) -> Option<String> {
    if !path.contains('%') {
        return Some(path.to_owned());
    }
    let mut bytes = Vec::new();
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            let digits = std::str::from_utf8(&digits).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    // What is behind a zero byte, libxml2 does not see; such a name is nobody's.
    let path = String::from_utf8(bytes).ok()?;
    (!path.contains('\0')).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each was given to libxml2 2.9.14, with a fallback and without.
    #[test]
    fn what_libxml2_makes_of_an_href() {
        for wrong in [
            ":true",
            ":kill -HUP",
            "::1",
            "%m",
            "é",
            " ",
            ":kill",
            "100%",
            "a b",
            "enable.xml ",
            "é.xml",
            "en%zz.xml",
            "a\\b",
            "[x]",
            "a^b",
            "a|b",
            "{a}",
            "<",
            "1:b",
            "\"",
            "#",
            "enable.xml#",
        ] {
            assert_eq!(of(wrong, ""), Href::Wrong, "{wrong}");
        }
        for itself in ["", "//"] {
            assert_eq!(of(itself, "x"), Href::Itself, "{itself}");
        }
        for nowhere in [
            "svc:/x",
            "/",
            "lrc:/etc/rc2_d/S10x",
            "enable.xml?x",
            "?",
            "a:b",
            "a:",
            "svc:/x:default",
            "a%00",
            "#x",
            "enable.xml#x",
            ".",
            "x/..",
        ] {
            assert_eq!(of(nowhere, ""), Href::Nowhere, "{nowhere}");
        }
        for (name, file) in [
            ("true", "true"),
            ("1a", "1a"),
            ("192.168.1.1/24", "192.168.1.1/24"),
            ("a,b", "a,b"),
            ("-a", "-a"),
            ("~", "~"),
            ("a'b", "a'b"),
            ("@a", "@a"),
            ("./enable.xml", "enable.xml"),
            ("x/../enable.xml", "enable.xml"),
            (".//enable.xml", "enable.xml"),
            ("en%61ble.xml", "enable.xml"),
            ("%C3%A9", "é"),
            ("%20", " "),
        ] {
            assert_eq!(of(name, ""), Href::File(file.to_owned()), "{name}");
        }
        for elsewhere in [
            "/etc/passwd",
            "file:///etc/passwd",
            "FILE:/x",
            "file:nope",
            "http://127.0.0.1/x",
            "HTTPS://a/b",
            "../enable.xml",
            "..",
            "%2e%2e/x",
            "x/../../y",
            "//host/x",
        ] {
            assert!(
                matches!(of(elsewhere, ""), Href::Elsewhere(_)),
                "{elsewhere}"
            );
        }
        assert_eq!(of("enable.xml#xpointer(/1)", ""), Href::Part);
    }

    #[test]
    fn names_are_relative_to_the_file_that_has_them() {
        for (name, folder, file) in [
            ("a.xml", "sub", "sub/a.xml"),
            ("../a.xml", "sub", "a.xml"),
            ("../b/a.xml", "sub/deep", "sub/b/a.xml"),
        ] {
            assert_eq!(of(name, folder), Href::File(file.to_owned()), "{name}");
        }
        assert!(matches!(of("../../a", "sub"), Href::Elsewhere(_)));
    }
}
