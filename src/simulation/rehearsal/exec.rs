//! What svc.startd makes of a method's properties: what runs, as whom, in which environment, how long.

use std::ffi::OsString;
use std::time::Duration;

use thiserror::Error;

use crate::simulation::host::Composed;
use crate::smf::credential::{Credential, ROOT};
use crate::smf::escape::escaped;
use crate::smf::fmri::InstanceFmri;
use crate::smf::method::{is_ours, words};
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
    /// `%q`
    #[error("could not expand '%{0}' in its exec: unknown method token")]
    Token(char),
    /// `%{vm/name` without its end.
    #[error("could not expand '%{{{0}' in its exec: it has no closing brace")]
    Brace(String),
    /// `%{vm/nosuch}`
    #[error("could not expand '%{{{0}}}' in its exec: the instance has no such property")]
    Property(String),
    /// `use_profile` is there, and what it makes count is not.
    #[error(
        "could not get its method context: use_profile is set, and no user or rights profile that it could mean"
    )]
    Context,
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
    if exec == ":true" {
        return Ok(Run::Nothing);
    }
    if exec == ":kill" || exec.starts_with(":kill ") {
        return Ok(Run::Kill);
    }
    let expanded = expand(exec, seen, fmri, intent)?;
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

/// Puts in what `%` tokens stand for.
fn expand(
    exec: &str,
    seen: &Composed,
    fmri: &InstanceFmri,
    intent: Intent,
) -> Result<String, ExecError> {
    let mut expanded = String::new();
    let mut rest = exec.chars();
    while let Some(c) = rest.next() {
        if c != '%' {
            expanded.push(c);
            continue;
        }
        match rest.next() {
            Some('s') => expanded.push_str(fmri.service()),
            Some('i') => expanded.push_str(fmri.instance().as_str()),
            Some('f') => expanded.push_str(&fmri.to_string()),
            Some('m') => expanded.push_str(intent.method()),
            Some('r') => expanded.push_str("svc.startd"),
            Some('%') => expanded.push('%'),
            Some('{') => {
                let Some((inside, after)) = rest.as_str().split_once('}') else {
                    return Err(ExecError::Brace(rest.as_str().to_owned()));
                };
                expanded.push_str(&property(inside, seen)?);
                rest = after.chars();
            }
            Some(other) => return Err(ExecError::Token(other)),
            // A single one at the end is dropped.
            None => (),
        }
    }
    Ok(expanded)
}

/// `%{vm/name}`: the values of a property of the running snapshot, each quoted as svcprop quotes them, a
/// space between them, or the `,` or `:` at the token's end. Without a group it is one of `application`.
/// An empty value leaves nothing, not even quotes. (Of another service nothing is known here.)
fn property(inside: &str, seen: &Composed) -> Result<String, ExecError> {
    let (path, separator) = match inside.strip_suffix([',', ':']) {
        Some(path) => (path, &inside[path.len()..]),
        None => (inside, " "),
    };
    let (group, name) = path.split_once('/').unwrap_or(("application", path));
    let found = seen.get(group, name);
    let property = found.ok_or_else(|| ExecError::Property(inside.to_owned()))?;
    let values: Vec<String> = property.values.iter().map(|v| escaped(v)).collect();
    Ok(values.join(separator))
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
        seen.service.set("vm", "name", "astring", &["two words"]);
        seen.own.set("vm", "list", "astring", &["a", "b;c"]);
        seen.own.set("application", "verb", "astring", &["stop"]);
        seen.own.set("vm", "empty", "astring", &[""]);
        for (exec, expected) in [
            ("/x %{vm/name}", Ok("/x two\\ words")),
            ("/x %{vm/list} %{vm/list,}", Ok("/x a b\\;c a,b\\;c")),
            ("/x %{verb}%{vm/empty}", Ok("/x stop")),
            (
                "/x %{vm/nosuch}",
                Err(ExecError::Property("vm/nosuch".into())),
            ),
            ("/x %{vm/name", Err(ExecError::Brace("vm/name".into()))),
            ("/x %q", Err(ExecError::Token('q'))),
        ] {
            let expanded = expand(exec, &seen, &fmri(), Intent::Stop);
            assert_eq!(expanded, expected.map(str::to_owned), "{exec}");
        }
        let run = run(
            "/lib/svc/method/vbox %{verb}",
            &seen,
            &fmri(),
            Intent::Start,
        );
        assert_eq!(run, Ok(Run::Ours(Intent::Stop)));
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
