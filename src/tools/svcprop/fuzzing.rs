//! What svcprop prints: what is read can be quoted again and is then the same.

use super::{Properties, SvcpropError, TYPES, parse, several, understand};
use crate::fuzzing::assert_printable;
use crate::host::{Ended, Output};

/// A NUL parts what it printed from what it complained about.
///
/// # Panics
/// Something that is promised does not hold.
pub(crate) fn answer(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let stdout = parts.next().unwrap_or_default().to_vec();
    let stderr = parts.next().unwrap_or_default().to_vec();
    if let Ok(text) = std::str::from_utf8(&stdout) {
        match parse(text) {
            Ok(properties) => again(&properties),
            Err(what) => assert_printable(&what),
        }
    }
    let fmri = "svc:/site/xvm/vbox:vm1".parse().expect("an FMRI");
    for ended in [Ended::Exited(0), Ended::Exited(1), Ended::Killed(9)] {
        let output = Output {
            ended,
            stdout: stdout.clone(),
            stderr: stderr.clone(),
            cut: false,
        };
        let understood = understand(&output, &fmri, &[]);
        match (&understood, ended) {
            (Ok(found), Ended::Exited(0)) => assert!(!found.is_empty()),
            (Ok(_), Ended::Exited(_)) => assert!(!stderr.is_empty(), "a failure without a word"),
            (Ok(_), Ended::Killed(_)) => panic!("what a dead svcprop said is believed"),
            (Err(error), _) => said(error),
        }
        match (several::understand(&output), ended) {
            (Ok(_), Ended::Exited(0)) => {}
            (Ok(_), Ended::Exited(_)) => assert!(!stderr.is_empty(), "a failure without a word"),
            (Ok(_), Ended::Killed(_)) => panic!("what a dead svcprop said is believed"),
            (Err(error), _) => said(&error),
        }
    }
}

fn said(error: &SvcpropError) {
    assert_printable(&error.to_string());
}

fn again(properties: &Properties) {
    let mut text = String::new();
    for (path, value) in properties {
        assert_eq!(path.split('/').count(), 2, "{path}");
        assert!(TYPES.contains(&value.value_type.as_str()));
        let quoted: Vec<String> = value.values.iter().map(|value| quote(value)).collect();
        text.push_str(&quote(path));
        let line = [" ", &value.value_type, " ", &quoted.join(" "), "\n"];
        text.push_str(&line.concat());
    }
    assert_eq!(parse(&text).as_ref(), Ok(properties), "{text}");
}

/// As svcprop quotes a value.
fn quote(value: &str) -> String {
    if value.is_empty() {
        return "\"\"".to_owned();
    }
    let mut quoted = String::new();
    for c in value.chars() {
        if ";&()|^<>\n \t\\\"'`".contains(c) {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted
}
