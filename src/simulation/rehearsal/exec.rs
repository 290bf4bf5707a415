//! What svc.startd makes of a method's properties: what runs, as whom, in which environment, how long.

use std::ffi::OsString;
use std::time::Duration;

use thiserror::Error;

use crate::simulation::host::Composed;
use crate::smf::credential::{Credential, ROOT};
use crate::smf::exec::{Fault, expand, is_kill, is_true, words};
use crate::smf::fmri::InstanceFmri;
use crate::smf::method::is_ours;
use crate::smf::method_context::of_context;
use crate::smf::timeout;
use crate::virtualbox::vm::Intent;

/// A method, as svc.startd runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Method {
    /// What is executed.
    pub(super) run: Run,
    /// When it is killed; never, where there is none.
    pub(super) timeout: Option<Duration>,
    /// The login name.
    pub(super) user: String,
    /// The whole environment.
    pub(super) environment: Vec<(OsString, OsString)>,
}

/// What a method executes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Run {
    /// Nothing: it is `:true`, or there is no such method.
    Nothing,
    /// `:kill`, which a transient service cannot have.
    Kill,
    /// This program.
    Ours(Intent),
    /// Another program: its words.
    Another(String),
}

/// Why svc.startd does not run a method at all.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum ExecError {
    /// A token that stands for nothing.
    #[error("could not expand {}", unexpanded(.0))]
    Token(Fault),
    /// `use_profile` is there, and what it makes count is not.
    #[error(
        "could not get its method context: use_profile is set, but neither a user nor a rights profile is"
    )]
    Context,
}

/// A token and why it could not be expanded.
fn unexpanded(fault: &Fault) -> String {
    match fault {
        Fault::Unknown(letter) => format!("'%{letter}' in its exec: unknown method token"),
        Fault::Open(text) => format!("'%{{{text}' in its exec: it has no closing brace"),
        Fault::Property(text) => {
            format!("'%{{{text}}}' in its exec: the instance has no such property")
        }
    }
}

/// What svc.startd would do to run a method of an instance.
///
/// # Errors
/// The exec cannot be expanded: the instance goes to maintenance.
pub(super) fn method(
    seen: &Composed,
    fmri: &InstanceFmri,
    intent: Intent,
) -> Result<Method, ExecError> {
    let group = intent.method();
    let run = match seen.value(group, "exec") {
        None => Run::Nothing,
        Some(exec) => run(exec, seen, fmri, intent)?,
    };
    let credential = Credential::new(seen, group);
    let user = match credential.user() {
        Some(user) => user,
        // What the profile says of the program is not simulated.
        None if credential.has_profile() => ROOT,
        None => return Err(ExecError::Context),
    };
    Ok(Method {
        run,
        timeout: seen
            .get(group, "timeout_seconds")
            .and_then(|property| timeout::limit(&property.type_name, &property.values)),
        user: user.to_owned(),
        environment: environment(fmri, intent, of_context(seen, group, "environment")),
    })
}

/// Whether the exec of a method names this program, whatever else is in it.
pub(super) fn names_us(seen: &Composed, intent: Intent) -> bool {
    seen.value(intent.method(), "exec").is_some_and(is_ours)
}

fn run(exec: &str, seen: &Composed, fmri: &InstanceFmri, intent: Intent) -> Result<Run, ExecError> {
    if is_true(exec) {
        return Ok(Run::Nothing);
    }
    if is_kill(exec) {
        return Ok(Run::Kill);
    }
    let expanded = expand(exec, fmri, intent.method(), seen).map_err(ExecError::Token)?;
    let words = words(&expanded);
    let ours = is_ours(&expanded);
    // With further words it would not do what is rehearsed here.
    let verb = match words.as_slice() {
        [_, verb] if ours => verb.as_str(),
        _ => return Ok(Run::Another(expanded)),
    };
    Ok(match verb {
        "start" => Run::Ours(Intent::Start),
        "stop" => Run::Ours(Intent::Stop),
        "refresh" => Run::Nothing,
        _ => Run::Another(expanded),
    })
}

/// The environment that a method gets: svc.startd's, that of `/etc/default/init`, then its context's,
/// which replaces what has the same name. Entries without `=`, and those of SMF's own, are dropped.
fn environment(
    fmri: &InstanceFmri,
    intent: Intent,
    context: &[String],
) -> Vec<(OsString, OsString)> {
    let mut all: Vec<(String, String)> = [
        ("SMF_FMRI", fmri.to_string().as_str()),
        ("SMF_METHOD", intent.method()),
        ("SMF_RESTARTER", "svc:/system/svc/restarter:default"),
        ("SMF_ZONENAME", "global"),
        ("PATH", "/usr/sbin:/usr/bin"),
        ("TZ", "UTC"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    for entry in context {
        let Some((name, value)) = entry.split_once('=') else {
            continue;
        };
        if name.starts_with("SMF_") {
            continue;
        }
        all.retain(|(other, _)| other != name);
        all.push((name.to_owned(), value.to_owned()));
    }
    all.into_iter().map(|(n, v)| (n.into(), v.into())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fmri() -> InstanceFmri {
        "svc:/site/xvm/vbox:vm1".parse().unwrap()
    }

    #[test]
    fn execs() {
        for (exec, expected) in [
            (":true", Run::Nothing),
            (":kill", Run::Kill),
            (":kill -HUP", Run::Kill),
            ("/lib/svc/method/vbox %m", Run::Ours(Intent::Stop)),
            ("'/opt/100%% ours/vbox' %m", Run::Ours(Intent::Stop)),
            ("/opt/my\\ app/vbox-smf start", Run::Ours(Intent::Start)),
            ("\"/usr/bin/vbox-smf\" refresh", Run::Nothing),
            (":true ", Run::Another(":true ".into())),
            (
                "/bin/x %i %f",
                Run::Another("/bin/x vm1 svc:/site/xvm/vbox:vm1".into()),
            ),
            (
                "/bin/x %s %r%",
                Run::Another("/bin/x site/xvm/vbox svc.startd".into()),
            ),
        ] {
            let seen = Composed::default();
            let run = run(exec, &seen, &fmri(), Intent::Stop);
            assert_eq!(run, Ok(expected), "{exec}");
        }
    }

    #[test]
    fn properties_in_execs() {
        let mut seen = Composed::default();
        seen.own.set("application", "verb", "astring", &["stop"]);
        for (exec, expected) in [
            ("/lib/svc/method/vbox %{verb}", Ok(Run::Ours(Intent::Stop))),
            (
                "/x %{vm/nosuch}",
                Err(
                    "could not expand '%{vm/nosuch}' in its exec: the instance has no such property",
                ),
            ),
            (
                "/x %{vm/name",
                Err("could not expand '%{vm/name' in its exec: it has no closing brace"),
            ),
            (
                "/x %q",
                Err("could not expand '%q' in its exec: unknown method token"),
            ),
        ] {
            let run = run(exec, &seen, &fmri(), Intent::Start);
            let run = run.map_err(|error| error.to_string());
            assert_eq!(run, expected.map_err(str::to_owned), "{exec}");
        }
    }

    #[test]
    fn the_context_of_the_method_comes_before_that_of_the_entity() {
        let mut seen = Composed::default();
        seen.service
            .set("start", "exec", "astring", &["/lib/svc/method/vbox %m"]);
        seen.service.set("start", "user", "astring", &["anne"]);
        seen.own.set("method_context", "user", "astring", &["vb"]);
        for group in ["start", "method_context"] {
            seen.own.set(group, "use_profile", "boolean", &["false"]);
        }
        let entries = ["TZ=CET", "odd", "SMF_FMRI=x", "A=1", "A=2"];
        seen.own
            .set("method_context", "environment", "astring", &entries);
        let start = method(&seen, &fmri(), Intent::Start).unwrap();
        assert_eq!(start.user, "anne");
        assert_eq!(method(&seen, &fmri(), Intent::Stop).unwrap().user, "vb");
        let names: Vec<String> = start
            .environment
            .iter()
            .map(|(n, v)| format!("{}={}", n.display(), v.display()))
            .collect();
        assert_eq!(
            names,
            [
                "SMF_FMRI=svc:/site/xvm/vbox:vm1",
                "SMF_METHOD=start",
                "SMF_RESTARTER=svc:/system/svc/restarter:default",
                "SMF_ZONENAME=global",
                "PATH=/usr/sbin:/usr/bin",
                "TZ=CET",
                "A=2"
            ]
        );
    }
}
