//! What may appear on a terminal, in a log, and in a picture. Every text that somebody else chose goes through here:
//! names of VMs, users and files, property values, what VBoxManage, svcprop and svcs say, and manifests.

use std::fmt;
use std::path::Path;

/// Whether a character does something to a terminal other than to appear on it, or cannot be seen at all.
///
/// The control characters (C0, DEL and C1, of which U+009B begins an escape sequence as ESC does) are joined by what
/// breaks lines (U+2028, U+2029), what turns the direction of the text around it ("Trojan Source", CVE-2021-42574),
/// and what has no width: two names that look the same are not told apart.
pub(crate) const fn is_unprintable(c: char) -> bool {
    matches!(c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        // Soft hyphen, Arabic letter mark, Mongolian vowel separator, byte order mark.
        | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}'
        // Of no width; left-to-right and right-to-left marks.
        | '\u{200b}'..='\u{200f}'
        // Line and paragraph separators; embeddings and overrides.
        | '\u{2028}'..='\u{202e}'
        // Invisible operators; isolates; deprecated format characters.
        | '\u{2060}'..='\u{206f}'
        // Interlinear annotation; no characters; tags.
        | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
}

/// Text on one line: what [`is_unprintable`] is escaped as Rust writes it (`\n`, `\u{1b}`), so that a name can neither
/// forge a line nor move the cursor.
pub(crate) struct Printable<'a>(pub(crate) &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape(self.0, is_unprintable, f)
    }
}

/// A path on one line, as [`Printable`].
pub(crate) struct PrintablePath<'a>(pub(crate) &'a Path);

impl fmt::Display for PrintablePath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Printable(&self.0.to_string_lossy()).fmt(f)
    }
}

/// Text of several lines: as [`Printable`], but line ends and tabs stay.
pub(crate) struct PrintableLines<'a>(pub(crate) &'a str);

impl fmt::Display for PrintableLines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape(
            self.0,
            |c| is_unprintable(c) && !matches!(c, '\n' | '\t'),
            f,
        )
    }
}

fn escape(text: &str, bad: impl Fn(char) -> bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    // In pieces that are as long as they can be: where nothing buffers, each is a write of its own.
    let mut rest = text;
    while let Some((at, c)) = rest.char_indices().find(|(_, c)| bad(*c)) {
        write!(f, "{}{}", &rest[..at], c.escape_default())?;
        rest = &rest[at + c.len_utf8()..];
    }
    f.write_str(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_printed_on_one_line() {
        for (name, printed) in [
            ("vm1", "vm1"),
            ("with space", "with space"),
            ("quo\"te", "quo\"te"),
            ("new\nline", "new\\nline"),
            ("a\rb\tc", "a\\rb\\tc"),
            ("\u{1b}[2Jx", "\\u{1b}[2Jx"),
            ("\u{9b}2Jx\u{7f}\u{7}", "\\u{9b}2Jx\\u{7f}\\u{7}"),
            ("ünï→✓", "ünï→✓"),
            ("a\u{202e}b\u{2066}c", "a\\u{202e}b\\u{2066}c"),
            ("v\u{200b}m\u{feff}1\u{ad}", "v\\u{200b}m\\u{feff}1\\u{ad}"),
            ("a\u{2028}b", "a\\u{2028}b"),
            ("\u{e0041}", "\\u{e0041}"),
        ] {
            assert_eq!(Printable(name).to_string(), printed);
        }
        assert_eq!(
            PrintableLines("a\tb\nc\r\u{1b}").to_string(),
            "a\tb\nc\\r\\u{1b}"
        );
    }

    #[test]
    fn every_control_character_is_one() {
        for c in (0..=0x0010_ffff).filter_map(char::from_u32) {
            assert!(!c.is_control() || is_unprintable(c), "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_unprintable_is_left(text in any::<String>()) {
            let one_line = Printable(&text).to_string();
            prop_assert!(!one_line.contains(is_unprintable), "{one_line:?}");
            let lines = PrintableLines(&text).to_string();
            prop_assert!(!lines.contains(|c| is_unprintable(c) && c != '\n' && c != '\t'));
            prop_assert_eq!(lines.matches('\n').count(), text.matches('\n').count());
        }
    }
}
