//! The encodings that a manifest may be in.

use std::borrow::Cow;

/// An encoding that this program knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Ascii,
    Latin1,
    /// ISO-8859-15: Latin 1 with the euro.
    Latin9,
    Windows1252,
    Utf16Le,
    Utf16Be,
}

/// Bytes are not in their encoding; this is the text before them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Broken(pub(super) String);

/// The characters 0x80 to 0x9f of windows-1252; five of them are not used.
const WINDOWS_1252: [Option<char>; 32] = [
    Some('€'),
    None,
    Some('‚'),
    Some('ƒ'),
    Some('„'),
    Some('…'),
    Some('†'),
    Some('‡'),
    Some('ˆ'),
    Some('‰'),
    Some('Š'),
    Some('‹'),
    Some('Œ'),
    None,
    Some('Ž'),
    None,
    None,
    Some('‘'),
    Some('’'),
    Some('“'),
    Some('”'),
    Some('•'),
    Some('–'),
    Some('—'),
    Some('˜'),
    Some('™'),
    Some('š'),
    Some('›'),
    Some('œ'),
    None,
    Some('ž'),
    Some('Ÿ'),
];

impl Encoding {
    /// By the name in an XML declaration, in any case.
    pub(super) fn named(name: &str) -> Option<Self> {
        let known = [
            ("UTF-8", Self::Utf8),
            ("UTF8", Self::Utf8),
            ("US-ASCII", Self::Ascii),
            ("ASCII", Self::Ascii),
            ("ISO-8859-1", Self::Latin1),
            ("ISO8859-1", Self::Latin1),
            ("8859-1", Self::Latin1),
            ("ISO-LATIN-1", Self::Latin1),
            ("LATIN1", Self::Latin1),
            ("ISO-8859-15", Self::Latin9),
            ("ISO8859-15", Self::Latin9),
            ("WINDOWS-1252", Self::Windows1252),
            ("CP1252", Self::Windows1252),
            ("UTF-16LE", Self::Utf16Le),
            ("UTF-16BE", Self::Utf16Be),
            ("UTF-16", Self::Utf16Le),
            ("UTF16", Self::Utf16Le),
            ("ISO-10646-UCS-2", Self::Utf16Le),
            ("UCS-2", Self::Utf16Le),
        ];
        known
            .iter()
            .find(|(known, _)| name.eq_ignore_ascii_case(known))
            .map(|(_, encoding)| *encoding)
            .or_else(|| is_foreign(name).then_some(Self::Latin1))
    }

    /// Whether two bytes make a character.
    pub(super) const fn is_wide(self) -> bool {
        matches!(self, Self::Utf16Le | Self::Utf16Be)
    }

    /// The text of these bytes.
    ///
    /// # Errors
    /// A byte cannot be there.
    pub(super) fn decode(self, bytes: &[u8]) -> Result<Cow<'_, str>, Broken> {
        match self {
            Self::Utf8 => std::str::from_utf8(bytes)
                .map(Cow::Borrowed)
                .map_err(|error| {
                    let before = &bytes[..error.valid_up_to()];
                    Broken(String::from_utf8_lossy(before).into_owned())
                }),
            Self::Ascii => single_bytes(bytes, |byte| byte.is_ascii().then_some(char::from(byte))),
            Self::Latin1 => single_bytes(bytes, |byte| Some(char::from(byte))),
            Self::Latin9 => single_bytes(bytes, |byte| Some(latin9(byte))),
            Self::Windows1252 => single_bytes(bytes, |byte| match byte {
                0x80..=0x9f => WINDOWS_1252[usize::from(byte) - 0x80],
                _ => Some(char::from(byte)),
            }),
            Self::Utf16Le => wide(bytes, u16::from_le_bytes),
            Self::Utf16Be => wide(bytes, u16::from_be_bytes),
        }
    }
}

/// Encodings that iconv knows and this program does not. Markup is the same bytes in all of them, and SMF
/// asks no more of a letter beyond ASCII than that it is one: they can be read as Latin 1.
fn is_foreign(name: &str) -> bool {
    const BEGINNINGS: [&str; 14] = [
        "ISO-8859-",
        "ISO8859-",
        "ISO_8859-",
        "8859-",
        "WINDOWS-125",
        "CP125",
        "KOI8-",
        "EUC-",
        "GB2312",
        "GBK",
        "GB18030",
        "BIG5",
        "SHIFT_JIS",
        "ANSI_X3.4-1968",
    ];
    let name = name.to_ascii_uppercase();
    BEGINNINGS.iter().any(|begin| name.starts_with(begin))
}

const fn latin9(byte: u8) -> char {
    match byte {
        0xa4 => '€',
        0xa6 => 'Š',
        0xa8 => 'š',
        0xb4 => 'Ž',
        0xb8 => 'ž',
        0xbc => 'Œ',
        0xbd => 'œ',
        0xbe => 'Ÿ',
        _ => byte as char,
    }
}

fn single_bytes(
    bytes: &[u8],
    character: impl Fn(u8) -> Option<char>,
) -> Result<Cow<'_, str>, Broken> {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        match character(*byte) {
            Some(c) => text.push(c),
            None => return Err(Broken(text)),
        }
    }
    Ok(Cow::Owned(text))
}

fn wide(bytes: &[u8], unit: impl Fn([u8; 2]) -> u16) -> Result<Cow<'_, str>, Broken> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len() / 2);
    for c in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        match c {
            Ok(c) => text.push(c),
            Err(_) => return Err(Broken(text)),
        }
    }
    if odd.is_empty() {
        Ok(Cow::Owned(text))
    } else {
        Err(Broken(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_decodes() {
        for (name, bytes, text) in [
            ("utf-8", &b"a\xc3\xa9"[..], "aé"),
            ("US-ASCII", b"abc", "abc"),
            ("iso-8859-1", b"\xe9\x80", "é\u{80}"),
            ("ISO-8859-15", b"\xa4\xe9", "€é"),
            ("windows-1252", b"\x80\x9f\xe9", "€Ÿé"),
            ("KOI8-R", b"<a b='\xc1'>", "<a b='Á'>"),
            ("UTF-16LE", b"a\0\x3d\xd8\x00\xde", "a😀"),
            ("UTF-16BE", b"\0a\xd8\x3d\xde\x00", "a😀"),
        ] {
            let encoding = Encoding::named(name).unwrap();
            assert_eq!(encoding.decode(bytes).unwrap(), text, "{name}");
        }
        assert_eq!(Encoding::named("EBCDIC-CP-US"), None);
    }

    #[test]
    fn what_is_broken_is_found() {
        for (encoding, bytes, before) in [
            (Encoding::Utf8, &b"ab\xff"[..], "ab"),
            (Encoding::Utf8, b"\xed\xa0\x80", ""),
            (Encoding::Ascii, b"a\x80", "a"),
            (Encoding::Windows1252, b"a\x81", "a"),
            (Encoding::Utf16Le, b"a\0\x3d\xd8", "a"),
            (Encoding::Utf16Be, b"\0a\0", "a"),
            (Encoding::Utf16Be, b"\xde\x00\0a", ""),
        ] {
            let broken = encoding.decode(bytes).unwrap_err();
            assert_eq!(broken.0, before, "{encoding:?}");
        }
    }
}
