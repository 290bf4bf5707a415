//! `svcs(1)`: which instances there are, and in which states.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use super::answer::{NoAnswer, answered, not_run};
use crate::host::{Contract, Host, Invocation, Output, RunError};
use crate::smf::fmri::InstanceFmri;
use crate::text::printable::{Excerpt, Printable};

#[cfg(fuzzing)]
pub(crate) mod fuzzing;

/// Where illumos and Solaris have it.
const SVCS: &str = "/usr/bin/svcs";
/// What it complains of where svc.configd does not answer.
const UNREACHABLE: &str = "repository server unavailable";

/// The columns that are asked for. With the next state beside it, the state has no asterisk.
const COLUMNS: &str = "state,nstate,stime,fmri";

/// A state of an instance (`smf(7)`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SmfState {
    /// svc.startd has not looked at it yet.
    Uninitialized,
    /// It is not enabled.
    Disabled,
    /// It is enabled, and waits or is being started.
    Offline,
    /// It is there.
    Online,
    /// It is there, in part.
    Degraded,
    /// Somebody has to look.
    Maintenance,
    /// Any other word.
    Other(String),
}

impl SmfState {
    /// Those that have a name.
    pub(crate) const ALL: [Self; 6] = [
        Self::Uninitialized,
        Self::Disabled,
        Self::Offline,
        Self::Online,
        Self::Degraded,
        Self::Maintenance,
    ];

    /// As svcs prints it.
    pub(crate) fn word(&self) -> &str {
        match self {
            Self::Uninitialized => "uninitialized",
            Self::Disabled => "disabled",
            Self::Offline => "offline",
            Self::Online => "online",
            Self::Degraded => "degraded",
            Self::Maintenance => "maintenance",
            Self::Other(word) => word,
        }
    }

    /// An instance that svc.startd has never seen has no state: svcs prints a hyphen.
    fn parse(word: &str) -> Self {
        if word == "-" {
            return Self::Uninitialized;
        }
        Self::ALL
            .into_iter()
            .find(|state| state.word() == word)
            .unwrap_or_else(|| Self::Other(word.to_owned()))
    }
}

impl fmt::Display for SmfState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Printable(self.word()))
    }
}

/// A line of svcs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// The state.
    pub(crate) state: SmfState,
    /// The state it is on its way to.
    pub(crate) next: Option<SmfState>,
    /// Since when, as svcs prints it for people: a time of the last 24 hours, a day, or a year.
    pub(crate) since: String,
    /// The instance.
    pub(crate) fmri: InstanceFmri,
}

/// Why the states are not known.
#[derive(Debug, Error)]
pub(crate) enum SvcsError {
    /// There is no svcs, so there is no SMF.
    #[error("this machine has no SMF")]
    NoSmf(#[source] RunError),
    /// svc.configd does not answer.
    #[error("the SMF repository does not respond: {0}")]
    Unreachable(String),
    /// Anything else.
    #[error("svcs failed: {0}")]
    Failed(String),
}

impl From<NoAnswer> for SvcsError {
    fn from(why: NoAnswer) -> Self {
        match why {
            NoAnswer::NoSmf(error) => Self::NoSmf(error),
            NoAnswer::Unreachable(why) => Self::Unreachable(why),
            NoAnswer::Failed(why) => Self::Failed(why),
        }
    }
}

/// Asks for the instances of these services (`svc:/site/xvm/vbox`) or these instances themselves, in one
/// call. One that is not there is left out.
///
/// # Errors
/// There is no SMF, it does not answer, or the answer cannot be understood.
pub(crate) fn list(
    host: &dyn Host,
    operands: &[String],
    time_zone: Option<&OsString>,
    limit: Duration,
) -> Result<Vec<Line>, SvcsError> {
    let mut args: Vec<OsString> = vec!["-H".into(), "-o".into(), COLUMNS.into()];
    args.extend(operands.iter().map(OsString::from));
    let mut env: Vec<(OsString, OsString)> = vec![("LC_ALL".into(), "C".into())];
    // Its times are local.
    env.extend(time_zone.map(|zone| ("TZ".into(), zone.clone())));
    let invocation = Invocation {
        program: PathBuf::from(SVCS),
        args,
        env,
        limit,
        contract: Contract::Inherited,
    };
    let output = host.run(&invocation, &mut crate::host::keep_waiting);
    understand(&output.map_err(not_run)?)
}

/// The process contracts of all instances that have one, each with the instance: those of services that SMF watches. A
/// transient one has none when its method is over.
///
/// # Errors
/// There is no SMF, it does not answer, or the answer cannot be understood.
pub(crate) fn contracts(host: &dyn Host, limit: Duration) -> Result<Vec<(u32, String)>, SvcsError> {
    let invocation = Invocation {
        program: PathBuf::from(SVCS),
        args: ["-aH", "-o", "ctid,fmri"].map(OsString::from).to_vec(),
        env: vec![("LC_ALL".into(), "C".into())],
        limit,
        contract: Contract::Inherited,
    };
    let output = host.run(&invocation, &mut crate::host::keep_waiting);
    let output = output.map_err(not_run)?;
    Ok(parse_contracts(&printed(&output)?))
}

/// Parses `svcs -aH -o ctid,fmri`. Legacy services and those without a contract have a hyphen.
fn parse_contracts(text: &str) -> Vec<(u32, String)> {
    let lines = text.lines().filter_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let contract = words.next()?.parse().ok()?;
        Some((contract, words.next()?.to_owned()))
    });
    lines.collect()
}

/// Decides what an answer about instances means.
fn understand(output: &Output) -> Result<Vec<Line>, SvcsError> {
    parse(&printed(output)?).map_err(SvcsError::Failed)
}

/// What svcs printed, unless it failed.
fn printed(output: &Output) -> Result<String, SvcsError> {
    let stderr = String::from_utf8_lossy(&output.stderr);
    answered(output.ended, &stderr, UNREACHABLE, |line| {
        line.ends_with("doesn't match any instances")
    })?;
    if output.cut {
        return Err(SvcsError::Failed("too much output".to_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Parses the output of svcs, whose columns hold no spaces inside and are padded with them:
///
/// ```text
/// $ svcs -H -o state,nstate,stime,fmri svc:/site/xvm/vbox
/// online          -             13:25:07 svc:/site/xvm/vbox:vm1
/// disabled        -              9:02:11 svc:/site/xvm/vbox:vm2
/// offline         online        Aug_09   svc:/site/xvm/vbox:vm3
/// ```
///
/// # Errors
/// A line that is not of this form, quoted for the message.
fn parse(text: &str) -> Result<Vec<Line>, String> {
    text.lines().map(parse_line).collect()
}

fn parse_line(line: &str) -> Result<Line, String> {
    let bad = || format!("unexpected line '{}'", Excerpt(line));
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let [state, next, since, fmri] = words.as_slice() else {
        return Err(bad());
    };
    Ok(Line {
        state: SmfState::parse(state),
        next: (*next != "-").then(|| SmfState::parse(next)),
        since: (*since).to_owned(),
        fmri: fmri.parse().map_err(|_| bad())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Lines in the widths of illumos' svcs.c: 15, 13, 8 and 50, a space behind each.
    #[test]
    fn lines_as_svcs_pads_them() {
        let text = "online          -             13:25:07 svc:/site/xvm/vbox:vm1                             \n\
            disabled        -              9:02:11 svc:/site/xvm/vbox:vm2                             \n\
            offline         online        Aug_09   svc:/site/xvm/vbox:vm3                             \n\
            -               -             -        svc:/site/xvm/vbox:new                             \n\
            molten          -             2019     svc:/site/xvm/vbox:x                               \n";
        let seen: Vec<_> = parse(text)
            .expect("lines")
            .into_iter()
            .map(|line| {
                (
                    line.state.word().to_owned(),
                    line.next.map(|next| next.word().to_owned()),
                    line.since,
                    line.fmri.instance().to_string(),
                )
            })
            .collect();
        let row = |state: &str, next: Option<&str>, since: &str, name: &str| {
            (
                state.to_owned(),
                next.map(str::to_owned),
                since.to_owned(),
                name.to_owned(),
            )
        };
        assert_eq!(
            seen,
            [
                row("online", None, "13:25:07", "vm1"),
                row("disabled", None, "9:02:11", "vm2"),
                row("offline", Some("online"), "Aug_09", "vm3"),
                row("uninitialized", None, "-", "new"),
                row("molten", None, "2019", "x"),
            ]
        );
    }

    fn answer(status: i32, stdout: &str, stderr: &str) -> Result<Vec<Line>, SvcsError> {
        understand(&Output::exited(status, stdout, stderr))
    }

    #[test]
    fn what_is_not_there_hides_nothing() {
        let nothing = "svcs: Pattern 'svc:/site/other' doesn't match any instances\n";
        let found = answer(1, "online - 13:25:07 svc:/site/xvm/vbox:vm1\n", nothing);
        assert_eq!(found.expect("the rest").len(), 1);
        assert!(answer(1, "", nothing).expect("none").is_empty());
        assert!(answer(0, "", "").expect("none").is_empty());
    }

    /// In the widths of illumos' svcs.c: 6 and 50.
    #[test]
    fn contracts_of_instances() {
        let text = "    79 svc:/site/vma:default                              \n\
            -      svc:/site/vmb:default                              \n\
            -      lrc:/etc/rc2_d/S89PRESERVE                         \n\
            83     svc:/application/virtualbox/webservice:default     \n\
            nonsense\n7\n";
        assert_eq!(
            parse_contracts(text),
            [
                (79, "svc:/site/vma:default".to_owned()),
                (
                    83,
                    "svc:/application/virtualbox/webservice:default".to_owned()
                ),
            ]
        );
    }

    #[test]
    fn failures_by_their_messages() {
        let down =
            "svcs: Could not bind to repository server: repository server unavailable.  Exiting.\n";
        assert!(matches!(
            answer(1, "", down),
            Err(SvcsError::Unreachable(_))
        ));
        for (status, stdout, stderr) in [
            (2, "", "Usage: svcs [-aHpv]\n"),
            (1, "", ""),
            (1, "", "svcs: Unexpected libscf error.\n"),
            (0, "online 13:25:07 svc:/site/xvm/vbox:vm1\n", ""),
            (0, "online - 13:25:07 lrc:/etc/rc3_d/S42myscript\n", ""),
        ] {
            let answer = answer(status, stdout, stderr);
            assert!(matches!(answer, Err(SvcsError::Failed(_))), "{stdout}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "(?s).{0,200}") {
            let _any = parse(&text);
            let _any = parse_contracts(&text);
        }
    }
}
