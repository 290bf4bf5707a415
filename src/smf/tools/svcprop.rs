//! `svcprop(1)`: the properties of an instance, in one call.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use super::answer::{NoAnswer, answered, not_run};
use crate::failure::{Failure, Kind};
use crate::host::{Contract, ExitStatus, Host, Invocation, Output, RunError, RunningProgram};
use crate::smf::composition::Composed;
use crate::smf::fmri::InstanceFmri;

#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod several;
mod text;

pub(crate) use several::read_all;
use text::{each_line, is_property_path};

/// Where illumos and Solaris have it.
const SVCPROP: &str = "/usr/bin/svcprop";
/// How long one svcprop may take.
pub(crate) const SVCPROP_LIMIT: Duration = Duration::from_secs(10);
/// How a complaint begins that a property or its group is not there.
const NOT_FOUND: &str = "svcprop: Couldn't find property";
/// What it complains of where svc.configd does not answer.
const UNREACHABLE: &str = "Could not connect to configuration repository";
/// How a complaint ends that there is no such instance.
const NO_MATCH: &str = "doesn't match any entities";

/// A property's type and values, as SMF has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Value {
    /// The name of its type.
    pub(crate) value_type: String,
    /// Its values, in their stored order. There may be none.
    pub(crate) values: Vec<String>,
}

/// Properties by their path, `group/name`.
pub(crate) type Properties = BTreeMap<String, Value>;

/// svcprop composes an instance itself, if it is not asked for one level alone.
impl Composed for Properties {
    fn values(&self, group: &str, name: &str) -> Option<&[String]> {
        let value = self.get(&format!("{group}/{name}"))?;
        Some(&value.values)
    }
}

/// Whose properties are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// What a method of the instance sees: its running snapshot, in which a value of the instance comes
    /// before one of the service.
    Running,
    /// What the instance has itself, as it is now: `svcadm refresh` may be still to come.
    OfInstance,
    /// What the instance has as it is now, composed with its service: what is in no snapshot, too.
    Current,
    /// What its service has, as it is now.
    OfService,
}

/// Why the properties are not known.
#[derive(Debug, Error)]
pub(crate) enum SvcpropError {
    /// There is no svcprop, so there is no SMF.
    #[error("this machine has no SMF")]
    NoSmf(#[source] RunError),
    /// svc.configd does not answer: it may answer soon.
    #[error("the SMF repository does not respond: {0}")]
    Unreachable(String),
    /// SMF does not know the instance.
    #[error("SMF has no instance {0}")]
    NoInstance(InstanceFmri),
    /// Not what svcprop prints.
    #[error("unexpected output from svcprop: {0}")]
    Garbled(String),
    /// Anything else.
    #[error("svcprop failed: {0}")]
    Failed(String),
}

impl From<NoAnswer> for SvcpropError {
    fn from(why: NoAnswer) -> Self {
        match why {
            NoAnswer::NoSmf(error) => Self::NoSmf(error),
            NoAnswer::Unreachable(why) => Self::Unreachable(why),
            NoAnswer::Failed(why) => Self::Failed(why),
        }
    }
}

/// The failure for properties that cannot be read, with the next step.
pub(crate) fn not_read(error: SvcpropError) -> Failure {
    let (kind, hint) = match &error {
        SvcpropError::Unreachable(_) => (
            Kind::Transient,
            "see svcs -xv svc:/system/svc/repository-server and the log of svc.configd",
        ),
        SvcpropError::NoInstance(_) => (Kind::Config, "svcs -a lists the existing instances"),
        SvcpropError::NoSmf(_) => (
            Kind::NoSmf,
            "vbox-smf rehearse simulates SMF and VirtualBox",
        ),
        SvcpropError::Garbled(_) => (Kind::Config, "run svcprop manually to see its output"),
        SvcpropError::Failed(_) => (Kind::Transient, "run svcprop manually to see its output"),
    };
    Failure::new(kind, error).hinted(hint)
}

/// A svcprop for one instance that was begun.
#[must_use = "it is to be waited for"]
pub(crate) struct Asked<'a> {
    call: Box<dyn RunningProgram + 'a>,
    fmri: &'a InstanceFmri,
    wanted: &'a [&'a str],
}

impl Asked<'_> {
    /// The properties. What is not there is left out.
    ///
    /// # Errors
    /// The instance or the repository is not there, or the answer cannot be understood.
    pub(crate) fn answer(self) -> Result<Properties, SvcpropError> {
        let output = finish(self.call)?;
        understand(&output, self.fmri, self.wanted)
    }
}

/// Begins to ask for whole groups (`vm`) or single properties (`start/timeout_seconds`) of an instance.
///
/// # Errors
/// svcprop cannot be executed.
pub(crate) fn begin<'a>(
    host: &'a dyn Host,
    view: View,
    fmri: &'a InstanceFmri,
    wanted: &'a [&'a str],
    limit: Duration,
) -> Result<Asked<'a>, SvcpropError> {
    let mut args: Vec<OsString> = vec!["-t".into()];
    let operand = match view {
        View::Running => fmri.to_string(),
        View::OfInstance => {
            args.push("-C".into());
            fmri.to_string()
        }
        View::Current => {
            args.push("-c".into());
            fmri.to_string()
        }
        // Of a service svcprop always tells what is so now.
        View::OfService => format!("svc:/{}", fmri.service()),
    };
    Ok(Asked {
        call: ask(host, args, wanted, [operand], limit)?,
        fmri,
        wanted,
    })
}

/// Begins svcprop with these options, for whole groups or single properties of the operands.
fn ask<'a>(
    host: &'a dyn Host,
    options: Vec<OsString>,
    wanted: &[&str],
    operands: impl IntoIterator<Item = String>,
    limit: Duration,
) -> Result<Box<dyn RunningProgram + 'a>, SvcpropError> {
    let mut args = options;
    for path in wanted {
        args.extend(["-p".into(), path.into()]);
    }
    args.extend(operands.into_iter().map(OsString::from));
    let invocation = Invocation {
        program: PathBuf::from(SVCPROP),
        args,
        env: vec![("LC_ALL".into(), "C".into())],
        limit,
        contract: Contract::Inherited,
    };
    Ok(host.begin(&invocation).map_err(not_run)?)
}

/// Waits for it.
fn finish(call: Box<dyn RunningProgram + '_>) -> Result<Output, SvcpropError> {
    let output = call.finish(&mut crate::host::keep_waiting);
    Ok(output.map_err(not_run)?)
}

/// Decides what an answer about one instance means.
fn understand(
    output: &Output,
    fmri: &InstanceFmri,
    wanted: &[&str],
) -> Result<Properties, SvcpropError> {
    let stderr = String::from_utf8_lossy(&output.stderr);
    if output.ended == ExitStatus::Exited(1) && stderr.contains(NO_MATCH) {
        return Err(SvcpropError::NoInstance(fmri.clone()));
    }
    let text = printed(output, &stderr, |line| line.starts_with(NOT_FOUND))?;
    // Every instance has methods, so a call that found everything printed something.
    if output.ended == ExitStatus::Exited(0) && text.is_empty() {
        return Err(SvcpropError::Garbled("no output".to_owned()));
    }
    let properties = parse(text).map_err(SvcpropError::Garbled)?;
    match wanted
        .iter()
        .find(|path| !is_answered(path, &properties, &stderr))
    {
        None => Ok(properties),
        Some(path) => Err(SvcpropError::Garbled(format!("no line about {path}"))),
    }
}

/// What svcprop printed, unless it failed.
fn printed<'a>(
    output: &'a Output,
    stderr: &str,
    is_harmless: impl Fn(&str) -> bool,
) -> Result<&'a str, SvcpropError> {
    answered(output.ended, stderr, UNREACHABLE, is_harmless)?;
    if output.cut {
        return Err(SvcpropError::Garbled("too much output".to_owned()));
    }
    std::str::from_utf8(&output.stdout)
        .map_err(|_| SvcpropError::Garbled("not valid UTF-8".to_owned()))
}

/// Whether a property is printed, or said not to be there. An answer that was cut off would otherwise be taken for one of
/// an instance that leaves everything to the defaults. Of a group nobody can tell: it may have no properties.
fn is_answered(path: &str, properties: &Properties, stderr: &str) -> bool {
    let Some((group, _)) = path.split_once('/') else {
        return true;
    };
    properties.contains_key(path)
        || stderr
            .lines()
            .filter_map(missing)
            .any(|what| what == path || what == group)
}

/// What a complaint says is not there: ``Couldn't find property group `vm' for instance `svc:/a:b'.``
fn missing(complaint: &str) -> Option<&str> {
    let what = complaint.strip_prefix(NOT_FOUND)?.trim_start();
    let what = what.strip_prefix("group ").unwrap_or(what);
    let is_quote = |c| matches!(c, '`' | '\'' | '"');
    what.split_whitespace()
        .next()
        .map(|word| word.trim_matches(is_quote))
}

/// Parses the output of `svcprop -t`:
///
/// ```text
/// $ svcprop -t -p vm -p start/timeout_seconds svc:/site/xvm/vbox:vm1
/// start/timeout_seconds count 120
/// vm/name astring two\ words
/// vm/stop_method astring savestate
/// ```
///
/// One property a line: path, type, values. A backslash takes the meaning from the character after
/// it, also from a line end; `""` is an empty value; a property without values ends in a space.
///
/// # Errors
/// A line that is not of this form, quoted for the message.
fn parse(text: &str) -> Result<Properties, String> {
    let mut properties = Properties::new();
    each_line(text, |path, value| {
        is_property_path(path).then(|| properties.insert(path.to_owned(), value).is_some())
    })?;
    Ok(properties)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smf::escape::quoted;
    use proptest::prelude::*;

    fn value(value_type: &str, values: &[&str]) -> Value {
        Value {
            value_type: value_type.to_owned(),
            values: values.iter().map(|v| (*v).to_owned()).collect(),
        }
    }

    /// Values as the real svcprop printed them (tests/vectors/svcprop/svcprop.transcript.txt).
    #[test]
    fn recorded_values() {
        let text = "start/timeout_seconds count 60\n\
            stop/timeout_seconds count 18446744073709551615\n\
            config/tim time 1234567890.500000000\n\
            config/str_empty astring \"\"\n\
            config/str_space astring two\\ words\n\
            config/str_dq astring say\\ \\\"hi\\\"\n\
            config/str_bs astring back\\\\slash\n\
            config/str_nl astring line1\\\nline2\n\
            config/str_tab astring a\\\tb\n\
            config/str_meta astring a\\;b\\|c\\&d\\>e\\<f\\(g\\)h$i*j?k[l]m{n}o~p\\`q#r!s=t%u\\^v\n\
            config/str_lead astring \\ x\\ \n\
            config/str_utf8 astring h\u{e9}llo\\ \u{2603}\n\
            config/multi astring one two\\ words \"\" four\n\
            config/novalue astring \n";
        let properties = parse(text).expect("recorded text");
        for (path, expected) in [
            ("start/timeout_seconds", value("count", &["60"])),
            (
                "stop/timeout_seconds",
                value("count", &["18446744073709551615"]),
            ),
            ("config/tim", value("time", &["1234567890.500000000"])),
            ("config/str_empty", value("astring", &[""])),
            ("config/str_space", value("astring", &["two words"])),
            ("config/str_dq", value("astring", &["say \"hi\""])),
            ("config/str_bs", value("astring", &["back\\slash"])),
            ("config/str_nl", value("astring", &["line1\nline2"])),
            ("config/str_tab", value("astring", &["a\tb"])),
            (
                "config/str_meta",
                value("astring", &["a;b|c&d>e<f(g)h$i*j?k[l]m{n}o~p`q#r!s=t%u^v"]),
            ),
            ("config/str_lead", value("astring", &[" x "])),
            (
                "config/str_utf8",
                value("astring", &["h\u{e9}llo \u{2603}"]),
            ),
            (
                "config/multi",
                value("astring", &["one", "two words", "", "four"]),
            ),
            ("config/novalue", value("astring", &[])),
        ] {
            assert_eq!(properties.get(path), Some(&expected), "{path}");
        }
        assert_eq!(properties.len(), 14);
    }

    #[test]
    fn garbage_is_refused() {
        for text in [
            "x",
            "\n",
            "vm/name\n",
            "vm/name text x\n",
            "vm astring x\n",
            "a/b/c astring x\n",
            "/x astring y\n",
            "vm/name astring \"\n",
            "vm/name astring a  b\n",
            "vm/name astring a\\",
            "vm/name astring \"x\"\n",
            "Segmentation Fault\n",
            "stop/timeout_seconds count 30",
            "vm/x astring a\\\n",
            "vm/x astring 1\nvm/x astring 2\n",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
        assert_eq!(parse(""), Ok(Properties::new()));
    }

    fn answer(status: i32, stdout: &str, stderr: &str) -> Result<Properties, SvcpropError> {
        answer_to(&[], status, stdout, stderr)
    }

    fn answer_to(
        wanted: &[&str],
        status: i32,
        stdout: &str,
        stderr: &str,
    ) -> Result<Properties, SvcpropError> {
        let fmri = "svc:/site/propdemo:default".parse().expect("an FMRI");
        understand(&Output::exited(status, stdout, stderr), &fmri, wanted)
    }

    /// What is cut off is not taken for what is not set: a default in its place would stop a VM in another way.
    #[test]
    fn an_answer_that_is_not_whole_is_refused() {
        const WHOLE: &str = "stop/timeout_seconds count 60\n\
            vm/name astring vm1\nvm/stop_method astring poweroff\n\
            start/timeout_seconds count 120\n";
        let wanted = crate::config::settings::WANTED;
        let without = "svcprop: Couldn't find property group `virtualbox' for instance `x'.\n";
        let read = |stdout: &str| answer_to(&wanted, 1, stdout, without);
        assert_eq!(read(WHOLE).expect("all of it").len(), 4);
        for end in 0..WHOLE.len() {
            let cut = read(&WHOLE[..end]);
            assert!(
                matches!(cut, Err(SvcpropError::Garbled(_))),
                "{end}: {cut:?}"
            );
        }
        // The real one says of each what it has not found.
        let complaints = "\
            svcprop: Couldn't find property `stop/timeout_seconds' for instance `x'.\n\
            svcprop: Couldn't find property group `vm' for instance `x'.\n\
            svcprop: Couldn't find property group `virtualbox' for instance `x'.\n\
            svcprop: Couldn't find property `start/timeout_seconds' for instance `x'.\n";
        let nothing = answer_to(&wanted, 1, "", complaints);
        assert!(nothing.expect("defaults").is_empty());
    }

    #[test]
    fn exit_one_is_no_error_when_only_properties_are_missing() {
        let found = answer(
            1,
            "config/int integer -42\n",
            "svcprop: Couldn't find property group `nosuch' for instance `svc:/site/propdemo:default'.\n",
        );
        assert_eq!(found.expect("the rest").len(), 1);
        let missing = answer(
            1,
            "",
            "svcprop: Couldn't find property `config/nosuch' for instance `svc:/site/propdemo:default'.\n",
        );
        assert!(missing.expect("defaults").is_empty());
    }

    #[test]
    fn failures_by_their_messages() {
        assert!(matches!(
            answer(
                1,
                "",
                "svcprop: Pattern 'svc:/site/propdemo:default' doesn't match any entities\n"
            ),
            Err(SvcpropError::NoInstance(_))
        ));
        assert!(matches!(
            answer(
                1,
                "",
                "svcprop: Could not connect to configuration repository: repository server unavailable.\n"
            ),
            Err(SvcpropError::Unreachable(_))
        ));
        assert!(matches!(
            answer(2, "", "Usage: svcprop\n"),
            Err(SvcpropError::Failed(_))
        ));
        assert!(matches!(
            answer(1, "", "svcprop: Out of memory.\n"),
            Err(SvcpropError::Failed(_))
        ));
        assert!(matches!(answer(1, "", ""), Err(SvcpropError::Failed(_))));
        assert!(matches!(answer(0, "", ""), Err(SvcpropError::Garbled(_))));
        assert!(matches!(
            answer(0, "\u{0}garbage", ""),
            Err(SvcpropError::Garbled(_))
        ));
    }

    proptest! {
        #[test]
        fn never_panics(text in "(?s).{0,200}") {
            let _any = parse(&text);
        }

        /// Quoting as svcprop does it, then parsing, gives the values back.
        #[test]
        fn reads_what_svcprop_quotes(values in proptest::collection::vec("(?s).{0,12}", 0..4)) {
            let words: Vec<String> = values.iter().map(|v| quoted(v)).collect();
            let text = format!("vm/x astring {}\n", words.join(" "));
            let expected = Value { value_type: "astring".into(), values };
            prop_assert_eq!(parse(&text).expect("quoted").remove("vm/x"), Some(expected));
        }
    }
}
