//! What svcprop prints: what is read can be quoted again and is then the same.

use super::{Properties, parse, several, understand};
use crate::fuzzing::{assert_careful, assert_printable, printed};
use crate::smf::escape::quoted;
use crate::smf::value_type::ValueType;

/// A NUL parts what it printed from what it complained about.
///
/// # Panics
/// Something that is promised does not hold.
pub(crate) fn answer(bytes: &[u8]) {
    let printed = printed(bytes);
    if let Ok(text) = std::str::from_utf8(&printed.0) {
        match parse(text) {
            Ok(properties) => again(&properties),
            Err(what) => assert_printable(&what),
        }
    }
    let fmri = "svc:/site/xvm/vbox:vm1".parse().expect("an FMRI");
    let found = assert_careful(&printed, |output| understand(output, &fmri, &[]));
    assert!(found.is_none_or(|found| !found.is_empty()));
    assert_careful(&printed, several::understand);
}

fn again(properties: &Properties) {
    let mut text = String::new();
    for (path, value) in properties {
        assert_eq!(path.split('/').count(), 2, "{path}");
        assert!(ValueType::named(&value.value_type).is_some());
        let words: Vec<String> = value.values.iter().map(|value| quoted(value)).collect();
        text.push_str(&quoted(path));
        let line = [" ", &value.value_type, " ", &words.join(" "), "\n"];
        text.push_str(&line.concat());
    }
    assert_eq!(parse(&text).as_ref(), Ok(properties), "{text}");
}
