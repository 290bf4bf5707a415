//! The properties of many instances, in one call.

use std::collections::BTreeMap;
use std::time::Duration;

use super::text::{each_line, is_property_path};
use super::{NO_MATCH, NOT_FOUND, Properties, SvcpropError, ask, finish, printed};
use crate::host::{Host, Output};
use crate::smf::fmri::InstanceFmri;

/// Asks for whole groups or single properties of many instances: the composed view of their running snapshots. An
/// instance that has none of them, or is gone by now, is left out.
///
/// # Errors
/// The repository is not there, or the answer cannot be understood.
pub(crate) fn read_all(
    host: &dyn Host,
    fmris: &[InstanceFmri],
    wanted: &[&str],
    limit: Duration,
) -> Result<BTreeMap<InstanceFmri, Properties>, SvcpropError> {
    // svcprop takes a call without operands for a mistake.
    if fmris.is_empty() {
        return Ok(BTreeMap::new());
    }
    // With one operand that matches, svcprop prints no FMRIs unless it is told to.
    let operands = fmris.iter().map(ToString::to_string);
    let output = finish(ask(host, vec!["-f".into()], wanted, operands, limit)?)?;
    understand(&output)
}

/// Decides what an answer means: as for one instance, but that one of many may be gone.
pub(super) fn understand(
    output: &Output,
) -> Result<BTreeMap<InstanceFmri, Properties>, SvcpropError> {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let is_harmless = |line: &str| line.starts_with(NOT_FOUND) || line.ends_with(NO_MATCH);
    let text = printed(output, &stderr, is_harmless)?;
    parse(text).map_err(SvcpropError::Garbled)
}

/// Parses the output of `svcprop -f`:
///
/// ```text
/// $ svcprop -f -p vm -p start/timeout_seconds svc:/site/xvm/vbox:vm1 svc:/site/xvm/vbox:vm2
/// svc:/site/xvm/vbox:vm1/:properties/start/timeout_seconds count 120
/// svc:/site/xvm/vbox:vm1/:properties/vm/name astring two\ words
/// svc:/site/xvm/vbox:vm2/:properties/start/timeout_seconds count 120
/// ```
///
/// # Errors
/// A line that is not of this form, quoted for the message.
fn parse(text: &str) -> Result<BTreeMap<InstanceFmri, Properties>, String> {
    let mut all: BTreeMap<InstanceFmri, Properties> = BTreeMap::new();
    each_line(text, |place, value| {
        let (fmri, path) = place.split_once("/:properties/")?;
        let of_instance = all.entry(fmri.parse().ok()?).or_default();
        is_property_path(path).then(|| of_instance.insert(path.to_owned(), value).is_some())
    })?;
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Lines as the real svcprop printed them (tests/vectors/svcprop/svcprop.transcript.txt).
    #[test]
    fn recorded_lines() {
        let text = "svc:/site/propdemo:default/:properties/config/int integer 7\n\
            svc:/site/propdemo:second/:properties/config/int integer -42\n\
            svc:/site/propdemo:default/:properties/config/multi astring one two\\ words \"\" four\n\
            svc:/site/propdemo:second/:properties/config/str_nl astring line1\\\nline2\n\
            svc:/site/propdemo:second/:properties/config/novalue astring \n";
        let all = parse(text).expect("recorded text");
        let of = |name: &str, path: &str| {
            let fmri = format!("svc:/site/propdemo:{name}")
                .parse()
                .expect("an FMRI");
            all[&fmri][path].values.clone()
        };
        assert_eq!(of("default", "config/int"), ["7"]);
        assert_eq!(of("second", "config/int"), ["-42"]);
        assert_eq!(
            of("default", "config/multi"),
            ["one", "two words", "", "four"]
        );
        assert_eq!(of("second", "config/str_nl"), ["line1\nline2"]);
        assert!(of("second", "config/novalue").is_empty());
        assert_eq!(parse(""), Ok(BTreeMap::new()));
    }

    #[test]
    fn garbage_is_refused() {
        for text in [
            "7\n",
            "config/int integer 7\n",
            "svc:/site/propdemo/:properties/config/int integer 7\n",
            "svc:/site/propdemo:x/:properties/config integer 7\n",
            "svc:/site/propdemo:x/:properties//int integer 7\n",
            "svc:/site/propdemo:x/:properties/config/ integer 7\n",
            "svc:/site/propdemo:x/:properties/config/int number 7\n",
            "svc:/site/p:x/:properties/c/i count 1\nsvc:/site/p:x/:properties/c/i count 2\n",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }

    fn answer(
        status: i32,
        stdout: &str,
        stderr: &str,
    ) -> Result<BTreeMap<InstanceFmri, Properties>, SvcpropError> {
        understand(&Output::exited(status, stdout, stderr))
    }

    #[test]
    fn one_that_is_gone_hides_no_other() {
        let line = "svc:/site/propdemo:default/:properties/config/int integer 7\n";
        for stderr in [
            "svcprop: Pattern 'svc:/site/propdemo:x' doesn't match any entities\n",
            "svcprop: Couldn't find property group `vm' for instance `svc:/site/propdemo:y'.\n",
        ] {
            assert_eq!(answer(1, line, stderr).expect("the rest").len(), 1);
        }
        let down = "svcprop: Could not connect to configuration repository: repository server unavailable.\n";
        assert!(matches!(
            answer(1, "", down),
            Err(SvcpropError::Unreachable(_))
        ));
        assert!(matches!(answer(1, "", ""), Err(SvcpropError::Failed(_))));
        assert!(matches!(
            answer(0, "x\n", ""),
            Err(SvcpropError::Garbled(_))
        ));
    }

    proptest! {
        #[test]
        fn never_panics(text in "(?s)(svc:/site/x:y/:properties/|a/b |astring |\n|.){0,40}") {
            let _any = parse(&text);
        }
    }
}
