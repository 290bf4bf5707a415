//! `timeout_seconds` of a method (`smf_method(7)`).

use std::time::Duration;

/// No longer time is reckoned with, in seconds: 136 years. A manifest's -2 is stored as 2^64-2, a number like any
/// other, and sums of times have to fit into a [`Duration`].
const LONGEST: u64 = u32::MAX as u64;

/// After which time svc.startd kills a method; never, where there is none.
///
/// 0 and 2^64-1 (a -1 in a manifest) are no limit, every other number is one. A property that is not one count counts
/// as missing, and is no limit either.
pub(crate) fn limit<S: AsRef<str>>(value_type: &str, values: &[S]) -> Option<Duration> {
    let [text] = values else {
        return None;
    };
    if value_type != "count" {
        return None;
    }
    match text.as_ref().parse::<u64>() {
        Ok(0 | u64::MAX) | Err(_) => None,
        Ok(seconds) => Some(Duration::from_secs(seconds.min(LONGEST))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_zero_and_the_largest_count_are_no_limit() {
        for (value_type, values, expected) in [
            ("count", &["0"][..], None),
            ("count", &["18446744073709551615"], None),
            ("count", &["18446744073709551614"], Some(LONGEST)),
            ("count", &["18446744073709551616"], None),
            ("count", &["1"], Some(1)),
            ("count", &["300"], Some(300)),
            // Ten years and a second.
            ("count", &["315360001"], Some(315_360_001)),
            ("count", &["x"], None),
            ("count", &[], None),
            ("count", &["60", "60"], None),
            ("integer", &["60"], None),
            ("astring", &["60"], None),
        ] {
            assert_eq!(
                limit(value_type, values),
                expected.map(Duration::from_secs),
                "{value_type} {values:?}"
            );
        }
    }

    #[test]
    fn what_is_reckoned_with_can_be_added_to() {
        let longest = limit("count", &["18446744073709551614"]).unwrap();
        assert!(longest.checked_add(longest * 1000).is_some());
    }
}
