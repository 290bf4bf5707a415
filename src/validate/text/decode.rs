//! The text of a file, by its byte order mark and its XML declaration, as libxml2 decides it.

use std::borrow::Cow;

use super::encoding::{Broken, Encoding};

/// Larger files are not read: a manifest of 10,000 instances has about 10 MB.
pub(crate) const FILE_MAX: usize = 64 << 20;

/// In another encoding than UTF-8 a file is held twice, and the second time it may be three times as long.
const DECODED_MAX: usize = FILE_MAX / 4;

/// Why there is no text.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) enum Undecodable {
    /// The encoding in the XML declaration is not known.
    Unknown(String),
    /// The bytes are in another encoding than the declaration says.
    Mislabelled(String),
    /// A byte that cannot be there, behind so much text.
    Broken(String),
    /// The file has more bytes than these, which are the most that are read of one in its encoding.
    TooLarge(usize),
}

/// The text without its byte order mark.
///
/// # Errors
/// The bytes are no text.
pub(in super::super) fn text(bytes: &[u8]) -> Result<Cow<'_, str>, Undecodable> {
    if bytes.len() > FILE_MAX {
        return Err(Undecodable::TooLarge(FILE_MAX));
    }
    let (encoding, rest) = guess(bytes);
    let declared = declared_encoding(bytes, encoding);
    let encoding = match &declared {
        None => encoding,
        Some(name) => match Encoding::named(name) {
            None => return Err(Undecodable::Unknown(name.clone())),
            Some(declared) => agreed(encoding, declared, name)
                .ok_or_else(|| Undecodable::Mislabelled(name.clone()))?,
        },
    };
    if encoding != Encoding::Utf8 && bytes.len() > DECODED_MAX {
        return Err(Undecodable::TooLarge(DECODED_MAX));
    }
    encoding
        .decode(rest)
        .map_err(|Broken(before)| Undecodable::Broken(before))
}

/// The encoding of a file whose first bytes show one and whose declaration says another, if it can be both.
fn agreed(shown: Encoding, declared: Encoding, name: &str) -> Option<Encoding> {
    // UTF-16 alone does not say which of the two.
    let name = name.to_ascii_uppercase();
    let either = !name.ends_with("LE") && !name.ends_with("BE");
    let possible = match (shown.is_wide(), declared.is_wide()) {
        (true, true) => either || shown == declared,
        (true, false) => declared == Encoding::Utf8,
        (false, true) => false,
        // Even behind the byte order mark of UTF-8 libxml2 believes the declaration.
        (false, false) => return Some(declared),
    };
    possible.then_some(shown)
}

/// What the first bytes show, and what follows the byte order mark.
fn guess(bytes: &[u8]) -> (Encoding, &[u8]) {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => (Encoding::Utf8, rest),
        [0xff, 0xfe, rest @ ..] => (Encoding::Utf16Le, rest),
        [0xfe, 0xff, rest @ ..] => (Encoding::Utf16Be, rest),
        [b'<', 0, b'?', 0, ..] => (Encoding::Utf16Le, bytes),
        [0, b'<', 0, b'?', ..] => (Encoding::Utf16Be, bytes),
        _ => (Encoding::Utf8, bytes),
    }
}

/// The encoding in the XML declaration, where there is one.
fn declared_encoding(bytes: &[u8], encoding: Encoding) -> Option<String> {
    let head = &bytes[..bytes.len().min(512)];
    // The declaration is in ASCII, whatever the encoding: without the zeros UTF-16 reads the same.
    let ascii: String = head
        .iter()
        .filter(|byte| !encoding.is_wide() || **byte != 0)
        .map(|byte| char::from(*byte))
        .skip_while(|c| *c != '<')
        .collect();
    let declaration = ascii.strip_prefix("<?xml")?.split("?>").next()?;
    let value = declaration.split("encoding").nth(1)?.trim_start();
    let value = value.strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Some(value[1..].split(quote).next()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, little: bool, mark: bool) -> Vec<u8> {
        let mark = mark.then_some('\u{feff}');
        let units: Vec<u16> = mark
            .into_iter()
            .chain(text.chars())
            .flat_map(|c| c.encode_utf16(&mut [0; 2]).to_vec())
            .collect();
        let bytes = |unit: &u16| {
            if little {
                unit.to_le_bytes()
            } else {
                unit.to_be_bytes()
            }
        };
        units.iter().flat_map(bytes).collect()
    }

    #[test]
    fn texts() {
        assert_eq!(text("<a>é".as_bytes()).unwrap(), "<a>é");
        assert_eq!(text("\u{feff}<a>é".as_bytes()).unwrap(), "<a>é");
        assert_eq!(text(b"").unwrap(), "");
        let latin1 = b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9";
        assert!(text(latin1).unwrap().ends_with("<a>é"));
        let wide = "<?xml version=\"1.0\" encoding = \"UTF-16\"?><a>é😀";
        for (little, mark) in [(true, true), (true, false), (false, true), (false, false)] {
            assert_eq!(text(&utf16(wide, little, mark)).unwrap(), wide);
        }
    }

    #[test]
    fn what_is_shown_and_what_is_said() {
        let wide = |name: &str, little| {
            let file = format!("<?xml version='1.0' encoding='{name}'?>");
            text(&utf16(&file, little, true)).is_ok()
        };
        for (name, little, taken) in [
            ("UTF-16", true, true),
            ("ISO-10646-UCS-2", false, true),
            ("utf-16le", true, true),
            ("UTF-16LE", false, false),
            ("UTF-8", true, true),
            ("ISO-8859-1", true, false),
        ] {
            assert_eq!(wide(name, little), taken, "{name} {little}");
        }
        let marked = b"\xef\xbb\xbf<?xml version='1.0' encoding='ISO-8859-1'?>\xe9";
        assert!(text(marked).unwrap().ends_with('é'));
    }

    #[test]
    fn what_is_not_utf_8_has_to_be_smaller() {
        let mut bytes = b"\xff\xfe".to_vec();
        bytes.resize(DECODED_MAX, 0);
        assert!(text(&bytes).is_ok());
        bytes.resize(DECODED_MAX + 2, 0);
        assert_eq!(text(&bytes), Err(Undecodable::TooLarge(DECODED_MAX)));
        bytes[..2].fill(0);
        assert!(text(&bytes).is_ok(), "now it is UTF-8");
    }

    #[test]
    fn what_is_no_text() {
        let table: [(&[u8], Undecodable); 6] = [
            (
                b"\xef\xbb\xbf<?xml version='1.0' encoding='UTF-16LE'?>",
                Undecodable::Mislabelled("UTF-16LE".to_owned()),
            ),
            (
                b"<?xml version='1.0' encoding='EBCDIC'?>",
                Undecodable::Unknown("EBCDIC".to_owned()),
            ),
            (
                b"<?xml version='1.0' encoding='UTF-16'?>",
                Undecodable::Mislabelled("UTF-16".to_owned()),
            ),
            (b"<a>\n\xe9", Undecodable::Broken("<a>\n".to_owned())),
            (
                b"\xff\xfea\0\x3d\xd8b\0",
                Undecodable::Broken("a".to_owned()),
            ),
            (
                b"<?xml version='1.0' encoding='ASCII'?>\n\xe9",
                Undecodable::Broken("<?xml version='1.0' encoding='ASCII'?>\n".to_owned()),
            ),
        ];
        for (bytes, expected) in table {
            assert_eq!(text(bytes), Err(expected));
        }
    }
}
