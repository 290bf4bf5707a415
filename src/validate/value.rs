//! The values of properties, as svccfg checks them while it reads a manifest.
//!
//! Source: `lxml_store_value()` of svccfg, `scf_value_set_from_string()` of libscf, and the verdicts of
//! both in `tests/vectors/manifests`. `svccfg setprop` has laxer rules.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::fmri;
pub(super) use crate::smf::value_type::ValueType;

/// The longest text of a value, in bytes: `REP_PROTOCOL_VALUE_LEN` is 4096 with the zero byte.
pub(super) const TEXT_MAX: usize = 4095;

/// What libscf checks for being UTF-8 may have a byte less.
pub(super) const USTRING_MAX: usize = 4094;

impl ValueType {
    /// The type that has all of its values as well (`scf_proto_underlying_type()` of libscf).
    const fn base(self) -> Option<Self> {
        match self {
            Self::Fmri => Some(Self::Uri),
            Self::NetAddressV4 | Self::NetAddressV6 => Some(Self::NetAddress),
            Self::NetAddress | Self::Hostname => Some(Self::Host),
            Self::Host | Self::Uri => Some(Self::Ustring),
            Self::Ustring => Some(Self::Astring),
            Self::Astring
            | Self::Boolean
            | Self::Count
            | Self::Integer
            | Self::Opaque
            | Self::Time => None,
        }
    }

    /// Whether a template that wants `wanted` is content with this: an FMRI is a text, too.
    pub(super) fn is_a(self, wanted: Self) -> bool {
        self == wanted || self.base().is_some_and(|base| base.is_a(wanted))
    }

    /// What values of the type look like.
    pub(super) const fn looks(self) -> &'static str {
        match self {
            Self::Count => "a decimal number from 0 to 18446744073709551615",
            Self::Integer => "a decimal number from -9223372036854775808 to 9223372036854775807",
            Self::Opaque => "an even number of hexadecimal digits, 8190 at most",
            Self::Host | Self::Hostname | Self::Ustring => "a text of at most 4094 bytes",
            Self::NetAddress => "an IPv4 or IPv6 address, with /prefix or without",
            Self::NetAddressV4 => "an IPv4 address like 192.0.2.1, with /prefix or without",
            Self::NetAddressV6 => "an IPv6 address like 2001:db8::1, with /prefix or without",
            Self::Time => "seconds, as in 5 or 0.25, with at most nine decimals",
            Self::Astring => "a text",
            Self::Boolean => "true or false",
            Self::Fmri => {
                "an FMRI like svc:/system/filesystem/local:default or file://localhost/path"
            }
            Self::Uri => "a URI with a path, as in http://host/ or mailto:name@host",
        }
    }

    /// Whether svccfg takes this value of the type.
    pub(super) fn takes(self, text: &str) -> bool {
        match self {
            Self::Count => count(text).is_some(),
            Self::Integer => integer(text).is_some(),
            Self::Opaque => {
                text.len() < 8192
                    && text.len().is_multiple_of(2)
                    && text.bytes().all(|b| b.is_ascii_hexdigit())
            }
            Self::Host | Self::Hostname | Self::Ustring => text.len() <= USTRING_MAX,
            Self::NetAddress => address::<Ipv4Addr>(text, 32) || address::<Ipv6Addr>(text, 128),
            Self::NetAddressV4 => address::<Ipv4Addr>(text, 32),
            Self::NetAddressV6 => address::<Ipv6Addr>(text, 128),
            Self::Time => is_time(text),
            // Longer ones are cut at the import.
            Self::Astring => true,
            Self::Boolean => matches!(text, "true" | "false"),
            Self::Fmri => text.len() <= TEXT_MAX && fmri::parse(text).is_some(),
            Self::Uri => text.len() <= TEXT_MAX && has_path(text),
        }
    }
}

/// What `isspace()` of the C locale takes for blank.
const BLANKS: [char; 6] = [' ', '\t', '\n', '\x0b', '\x0c', '\r'];

/// A sign and digits, as `strtol()` finds them at the beginning of a text.
struct Digits {
    negative: bool,
    /// Without what is too large.
    value: Option<u64>,
    /// Whether there was a digit.
    any: bool,
    /// How many bytes were read.
    length: usize,
}

fn digits(text: &str, base: Option<u32>) -> Digits {
    let trimmed = text.trim_start_matches(BLANKS);
    let (negative, unsigned) = match trimmed.as_bytes().first() {
        Some(b'-') => (true, &trimmed[1..]),
        Some(b'+') => (false, &trimmed[1..]),
        Some(_) | None => (false, trimmed),
    };
    let hexadecimal = unsigned
        .strip_prefix("0x")
        .or_else(|| unsigned.strip_prefix("0X"))
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_hexdigit()));
    let (base, number) = match (base, hexadecimal) {
        (Some(base), _) => (base, unsigned),
        (None, Some(rest)) => (16, rest),
        (None, None) if unsigned.starts_with('0') => (8, unsigned),
        (None, None) => (10, unsigned),
    };
    let end = number
        .find(|c: char| !c.is_digit(base))
        .unwrap_or(number.len());
    let value = number[..end]
        .chars()
        .filter_map(|c| c.to_digit(base))
        .try_fold(0_u64, |sum, d| {
            sum.checked_mul(u64::from(base))?.checked_add(u64::from(d))
        });
    Digits {
        negative,
        value,
        any: end > 0,
        length: text.len() - number.len() + end,
    }
}

fn unsigned(text: &str, base: Option<u32>) -> Option<u64> {
    let digits = digits(text, base);
    let whole = digits.any && digits.length == text.len();
    let value = digits.value.filter(|_| whole)?;
    // A negative count wraps, as inetd(8) has it: -1 is no limit.
    Some(if digits.negative {
        value.wrapping_neg()
    } else {
        value
    })
}

fn signed(text: &str, base: Option<u32>) -> Option<i64> {
    let digits = digits(text, base);
    let value = digits
        .value
        .filter(|_| digits.any && digits.length == text.len())?;
    if digits.negative {
        0_i64.checked_sub_unsigned(value)
    } else {
        i64::try_from(value).ok()
    }
}

/// A count: decimal; `-1` is the largest.
pub(super) fn count(text: &str) -> Option<u64> {
    unsigned(text, Some(10))
}

/// An integer: decimal; the empty text is 0.
pub(super) fn integer(text: &str) -> Option<i64> {
    if text.is_empty() {
        Some(0)
    } else {
        signed(text, Some(10))
    }
}

/// A number in a template: decimal, `0x...` or `0...`.
pub(super) fn template_count(text: &str) -> Option<u64> {
    unsigned(text, None)
}

/// A number in a template: decimal, `0x...` or `0...`, perhaps negative.
pub(super) fn template_integer(text: &str) -> Option<i64> {
    signed(text, None)
}

/// Whether a number in a template is written with a minus.
pub(super) fn is_negative(text: &str) -> bool {
    text.trim_start_matches(BLANKS).starts_with('-')
}

/// `inet_pton()` and a prefix length; what comes behind its digits is not looked at.
fn address<A: std::str::FromStr>(text: &str, longest: u64) -> bool {
    if text.len() > USTRING_MAX {
        return false;
    }
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let fits = prefix.is_none_or(|prefix| {
        let digits = digits(prefix, Some(10));
        digits.any && !digits.negative && digits.value.is_some_and(|value| value <= longest)
    });
    fits && address.parse::<A>().is_ok()
}

fn is_time(text: &str) -> bool {
    let (seconds, fraction) = match text.split_once('.') {
        Some((seconds, fraction)) => (seconds, Some(fraction)),
        None => (text, None),
    };
    // libscf reads the decimals with strtoul(), which takes a blank or a plus before them.
    let decimals = |fraction: &str| {
        let digits = digits(fraction, Some(10));
        let whole = digits.any && digits.length == fraction.len();
        (1..=9).contains(&fraction.len()) && whole && !digits.negative
    };
    signed(seconds, Some(10)).is_some() && fraction.is_none_or(decimals)
}

/// RFC 2396: `scheme:` and `//authority` may be there, the path must.
fn has_path(text: &str) -> bool {
    let scheme = text
        .find([':', '/', '?', '#'])
        .filter(|i| *i > 0 && text[*i..].starts_with(':'));
    let rest = scheme.map_or(text, |i| &text[i + 1..]);
    let path = match rest.strip_prefix("//") {
        Some(authority) => authority
            .find(['/', '?', '#'])
            .map_or("", |i| &authority[i..]),
        None => rest,
    };
    !path.is_empty() && !path.starts_with(['?', '#'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_every_type() {
        use ValueType as T;
        for (value_type, good, bad) in [
            (
                T::Count,
                &["0", "010", "+5", " 7", "-1", "18446744073709551615"][..],
                &[
                    "",
                    " ",
                    "x",
                    "1.5",
                    "0x10",
                    "5 ",
                    "18446744073709551616",
                    "--1",
                ][..],
            ),
            (
                T::Integer,
                &[
                    "",
                    "0",
                    "-9223372036854775808",
                    "9223372036854775807",
                    " +5",
                ],
                &[
                    "9223372036854775808",
                    "-9223372036854775809",
                    "5 ",
                    "1.5",
                    "0x10",
                    " ",
                ],
            ),
            (T::Opaque, &["", "00", "DEadbeef"], &["0", "zz", "de ad"]),
            (
                T::Boolean,
                &["true", "false"],
                &["", "1", "TRUE", " true", "yes"],
            ),
            (
                T::Time,
                &["5", "-5", "-1.5", "1.123456789", " 1", "1. 5", "1.+5"],
                &[
                    "",
                    "5.",
                    ".5",
                    "1.1234567890",
                    "1.x",
                    "1.5 ",
                    "1.-5",
                    "1x",
                    "x",
                ],
            ),
            (
                T::NetAddressV4,
                &["10.0.0.1", "10.0.0.0/32", "10.0.0.0/8x"],
                &["", "10.1", "256.0.0.1", "10.0.0.0/33", "10.0.0.0/", "::1"],
            ),
            (
                T::NetAddressV6,
                &["::1", "2001:db8::/32", "::ffff:10.0.0.1", "::/128"],
                &["", "10.0.0.1", "::/129", "fe80::1%net0"],
            ),
            (T::NetAddress, &["10.0.0.1", "::1"], &["xx", ""]),
            (
                T::Uri,
                &[
                    "http://a/",
                    "mailto:a@b",
                    "a",
                    "/x",
                    "file:///etc",
                    "http://a/b c",
                    ":a",
                    "//h/p",
                ],
                &["", "?x=1", "http://a", "http:", "//h", "#f", "http://a?b"],
            ),
            (
                T::Fmri,
                &["", "svc:/a", "system/x"],
                &["svc:/", "http://a/", "svc:/a b"],
            ),
            (T::Host, &["", "-a", "a_b"], &[]),
            (T::Astring, &["", "\u{1f600}"], &[]),
        ] {
            for text in good {
                assert!(value_type.takes(text), "{value_type:?} '{text}'");
            }
            for text in bad {
                assert!(!value_type.takes(text), "{value_type:?} '{text}'");
            }
        }
    }

    #[test]
    fn an_fmri_is_a_text_and_a_text_is_no_fmri() {
        use ValueType as T;
        for (value_type, wanted) in [
            (T::Fmri, T::Astring),
            (T::Fmri, T::Uri),
            (T::Hostname, T::Host),
            (T::NetAddressV4, T::NetAddress),
            (T::NetAddressV6, T::Ustring),
            (T::Time, T::Time),
        ] {
            assert!(value_type.is_a(wanted), "{value_type:?} {wanted:?}");
        }
        for (value_type, wanted) in [
            (T::Astring, T::Fmri),
            (T::Uri, T::Host),
            (T::Count, T::Integer),
            (T::Count, T::Astring),
            (T::Time, T::Astring),
        ] {
            assert!(!value_type.is_a(wanted), "{value_type:?} {wanted:?}");
        }
    }

    #[test]
    fn lengths() {
        let long = |length| "a".repeat(length);
        for (value_type, longest) in [
            (ValueType::Ustring, 4094),
            (ValueType::Hostname, 4094),
            (ValueType::Uri, 4095),
            (ValueType::Fmri, 4095),
            (ValueType::Opaque, 8190),
        ] {
            assert!(value_type.takes(&long(longest)), "{value_type:?}");
            assert!(!value_type.takes(&long(longest + 2)), "{value_type:?}");
        }
        assert!(ValueType::Astring.takes(&long(10_000)));
    }

    #[test]
    fn numbers_of_templates() {
        for (text, value) in [
            ("0x10", Some(16)),
            ("010", Some(8)),
            ("8", Some(8)),
            ("08", None),
            ("0x", None),
            ("-1", Some(u64::MAX)),
            ("", None),
        ] {
            assert_eq!(template_count(text), value, "{text}");
        }
        assert_eq!(template_integer("-0x10"), Some(-16));
        assert!(is_negative(" -1") && !is_negative("1"));
    }
}
