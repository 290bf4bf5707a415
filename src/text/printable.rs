//! What may appear on a terminal, in a log, and in a picture. Every text that somebody else chose goes through here:
//! names of VMs, users and files, property values, what VBoxManage, svcprop and svcs say, and manifests.

use std::fmt;
use std::path::Path;

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// Whether a character does something to a terminal other than to appear on it, cannot be seen at all, or cannot be told
/// from a space: two names that look the same are different ones.
///
/// By Unicode's general category these are the control characters (C0, DEL and C1, of which U+009B begins an escape
/// sequence as ESC does), the format characters (what turns the direction of the text around it, "Trojan Source",
/// CVE-2021-42574, is among them), what breaks lines, every space but U+0020, and what is for private use or not
/// assigned, of which nobody knows what it looks like. Beside them stands what has another category and nothing to
/// show.
pub(crate) fn is_unprintable(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    match c.general_category() {
        GeneralCategory::Control
        | GeneralCategory::Format
        | GeneralCategory::LineSeparator
        | GeneralCategory::ParagraphSeparator
        | GeneralCategory::SpaceSeparator
        | GeneralCategory::PrivateUse
        | GeneralCategory::Surrogate
        | GeneralCategory::Unassigned => true,
        _ => is_ignorable(c) || is_blank(c),
    }
}

/// `Default_Ignorable_Code_Point` of Unicode's `DerivedCoreProperties.txt`, as far as the general category does not say
/// it: nothing is shown where a font has no picture for one. Unicode keeps room for more of them in ranges that stay as
/// they are.
const fn is_ignorable(c: char) -> bool {
    matches!(c,
        // Combining grapheme joiner; Hangul fillers; inherent vowels of Khmer.
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}'
        // Variation selectors.
        | '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0f}'
        // Tags and more variation selectors.
        | '\u{e0000}'..='\u{e0fff}')
}

/// What has a picture, and nothing is in it.
const fn is_blank(c: char) -> bool {
    // Braille without a dot, a note without a head, a filler of Khitan, blank hieroglyphs.
    matches!(
        c,
        '\u{2800}' | '\u{1d159}' | '\u{16fe4}' | '\u{13441}' | '\u{13442}'
    )
}

/// So many marks are put on one letter in languages that are written; more of them reach into other lines (UTS 39, 5.4).
const MARKS_MAX: u32 = 4;

/// Goes over a text and says of each character whether it must be escaped: beside what [`is_unprintable`] that is a
/// combining mark that would be put on something that is not part of the text, as a quotation mark before it.
#[derive(Debug, Default)]
pub(crate) struct Judge {
    /// Whether a mark has something to be put on.
    base: bool,
    /// How many have been.
    marks: u32,
}

impl Judge {
    /// Whether the next character has to be escaped.
    pub(crate) fn is_bad(&mut self, c: char) -> bool {
        if c.is_ascii() {
            *self = Self {
                base: c.is_ascii_alphanumeric(),
                marks: 0,
            };
            return c.is_ascii_control();
        }
        let group = c.general_category_group();
        if is_unprintable(c) {
            *self = Self::default();
            return true;
        }
        if group == GeneralCategoryGroup::Mark {
            self.marks += 1;
            if !self.base || self.marks > MARKS_MAX {
                // Written as digits and braces, on which nothing is put.
                self.base = false;
                return true;
            }
            return false;
        }
        let base = matches!(
            group,
            GeneralCategoryGroup::Letter
                | GeneralCategoryGroup::Number
                | GeneralCategoryGroup::Symbol
        );
        *self = Self { base, marks: 0 };
        false
    }
}

/// Text on one line: what a [`Judge`] finds bad is escaped as Rust writes it (`\n`, `\u{1b}`), so that a name can neither
/// forge a line nor move the cursor.
pub(crate) struct Printable<'a>(pub(crate) &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape(self.0, |_| false, f)
    }
}

/// A path on one line, as [`Printable`].
pub(crate) struct PrintablePath<'a>(pub(crate) &'a Path);

impl fmt::Display for PrintablePath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Printable(&self.0.to_string_lossy()).fmt(f)
    }
}

/// The longest quotation of what somebody else wrote in a message, in characters.
const EXCERPT_MAX: usize = 300;

/// The beginning of a text, as [`Printable`]: what a program printed, or is in a file, may be one line of many megabytes,
/// and a message says it again with every attempt.
pub(crate) struct Excerpt<'a>(pub(crate) &'a str);

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(EXCERPT_MAX) {
            Some((end, _)) => write!(f, "{}...", Printable(&self.0[..end])),
            None => Printable(self.0).fmt(f),
        }
    }
}

/// Text of several lines: as [`Printable`], but line ends and tabs stay.
pub(crate) struct PrintableLines<'a>(pub(crate) &'a str);

impl fmt::Display for PrintableLines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape(self.0, |c| matches!(c, '\n' | '\t'), f)
    }
}

fn escape(text: &str, good: impl Fn(char) -> bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    // In pieces that are as long as they can be: where nothing buffers, each is a write of its own.
    let mut judge = Judge::default();
    let mut written = 0;
    for (at, c) in text.char_indices() {
        if judge.is_bad(c) && !good(c) {
            write!(f, "{}{}", &text[written..at], c.escape_default())?;
            written = at + c.len_utf8();
        }
    }
    f.write_str(&text[written..])
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
    fn a_quotation_ends() {
        for (text, printed) in [
            ("x\u{1b}".to_owned(), "x\\u{1b}".to_owned()),
            ("ü".repeat(300), "ü".repeat(300)),
            ("ü".repeat(301), format!("{}...", "ü".repeat(300))),
            ("\0".repeat(1 << 20), format!("{}...", "\\u{0}".repeat(300))),
        ] {
            assert_eq!(Excerpt(&text).to_string(), printed);
        }
    }

    #[test]
    fn marks_are_put_on_what_is_part_of_the_name() {
        for (name, printed) in [
            // Vietnamese, Hindi, Thai, Arabic, Hebrew: as they are.
            ("Tie\u{302}\u{301}ng", "Tie\u{302}\u{301}ng"),
            ("\u{939}\u{93f}\u{928}\u{94d}\u{926}\u{940}", "हिन्दी"),
            ("\u{e17}\u{e35}\u{e48}", "ที่"),
            ("\u{645}\u{64f}\u{62d}", "\u{645}\u{64f}\u{62d}"),
            ("日本語 vm", "日本語 vm"),
            ("☎\u{301}", "☎\u{301}"),
            ("\u{301}vm", "\\u{301}vm"),
            ("a \u{301}b", "a \\u{301}b"),
            ("a'\u{301}b", "a'\\u{301}b"),
            ("a\n\u{20e3}", "a\\n\\u{20e3}"),
            ("a\u{200b}\u{301}\u{302}", "a\\u{200b}\\u{301}\\u{302}"),
            (
                "a\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
                "a\u{301}\u{301}\u{301}\u{301}\\u{301}\\u{301}",
            ),
            ("vm\u{fe0f}1", "vm\\u{fe0f}1"),
            ("vm\u{3164}", "vm\\u{3164}"),
            ("vm\u{2800}", "vm\\u{2800}"),
            ("vm\u{a0}1", "vm\\u{a0}1"),
        ] {
            assert_eq!(Printable(name).to_string(), printed, "{name:?}");
            let again = Printable(printed).to_string();
            assert_eq!(again, printed, "what is escaped stays as it is");
        }
    }

    /// By the tables of another crate than the program's.
    #[test]
    fn every_code_point_is_judged_by_its_properties() {
        let class = |pattern: &str| {
            let parsed = regex_syntax::parse(pattern).expect(pattern);
            let regex_syntax::hir::HirKind::Class(regex_syntax::hir::Class::Unicode(class)) =
                parsed.into_kind()
            else {
                panic!("{pattern} is no class")
            };
            let mut set = vec![false; 0x11_0000];
            for range in class.iter() {
                set[range.start() as usize..=range.end() as usize].fill(true);
            }
            set
        };
        let is_in = |set: &[bool], c: char| set[c as usize];
        let bad = class(
            r"[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}\p{Zs}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{White_Space}\p{Noncharacter_Code_Point}--\x20]",
        );
        let unassigned = class(r"\p{Cn}");
        let mark = class(r"\p{M}");
        let base = class(r"[\p{L}\p{N}]");
        let mut seen = (0, 0, 0);
        for c in (0..=0x0010_ffff).filter_map(char::from_u32) {
            // One of the two tables is of a newer Unicode, and knows more characters.
            if is_in(&bad, c) {
                assert!(is_unprintable(c), "{:04x}", u32::from(c));
                seen.0 += 1;
            } else if !is_in(&unassigned, c) && is_unprintable(c) {
                assert!(is_blank(c), "{:04x}", u32::from(c));
            }
            let after = |text: &str| {
                let printed = Printable(&format!("{text}{c}")).to_string();
                printed == format!("{text}{c}")
            };
            if is_in(&mark, c) {
                let visible = !is_unprintable(c);
                assert_eq!((after("a"), after(""), after("'")), (visible, false, false));
                seen.1 += 1;
            } else if is_in(&base, c) && !is_in(&bad, c) && !is_blank(c) {
                assert!(after("") && after("a"), "{:04x}", u32::from(c));
                seen.2 += 1;
            }
            assert!(!c.is_control() || is_unprintable(c), "{c:?}");
        }
        assert!(
            seen.0 > 137_000 && seen.1 > 2_000 && seen.2 > 130_000,
            "{seen:?}"
        );
    }

    proptest! {
        #[test]
        fn nothing_unprintable_is_left(text in any::<String>()) {
            let one_line = Printable(&text).to_string();
            prop_assert!(!one_line.contains(is_unprintable), "{one_line:?}");
            let mut judge = Judge::default();
            prop_assert!(!one_line.chars().any(|c| judge.is_bad(c)), "{one_line:?}");
            let lines = PrintableLines(&text).to_string();
            prop_assert!(!lines.contains(|c| is_unprintable(c) && c != '\n' && c != '\t'));
            prop_assert_eq!(lines.matches('\n').count(), text.matches('\n').count());
        }
    }
}
