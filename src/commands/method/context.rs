//! Where a method stands before it looks at the VM: the instance's properties, the user whose VM it is, and
//! what VBoxManage may see of the environment.

use std::ffi::OsString;
use std::time::Duration;

use super::Request;
use crate::failure::{Caller, Failure, Kind};
use crate::host::{Account, Host};
use crate::log::Log;
use crate::settings;
use crate::tools::svcprop::{self, Properties, SvcpropError};
use crate::vm::Intent;

/// How long svc.configd may be away, as while it is restarted.
const REPOSITORY_PATIENCE: Duration = Duration::from_secs(30);
/// How long one svcprop may take.
const SVCPROP_LIMIT: Duration = Duration::from_secs(10);
/// How often the log says that it is still waited for.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// The properties of the instance. A repository that does not answer is asked again.
pub(super) fn read_properties(
    host: &dyn Host,
    log: &Log<'_>,
    request: &Request,
) -> Result<Properties, Failure> {
    let users = user_properties(request.intent);
    let mut wanted = settings::WANTED.to_vec();
    // svc.startd has become that user already.
    if request.caller == Caller::Hand {
        wanted.extend(users.iter().map(String::as_str));
    }
    let mut said: Option<Duration> = None;
    loop {
        let error = match svcprop::read(host, &request.fmri, &wanted, SVCPROP_LIMIT) {
            Ok(properties) => return Ok(properties),
            Err(error) => error,
        };
        let kind = match &error {
            SvcpropError::Unreachable(_) if host.now() < REPOSITORY_PATIENCE => {
                let now = host.now();
                if said.is_none_or(|at| now.saturating_sub(at) >= LINE_EVERY) {
                    log.line(format_args!("{}: {error}; trying again", request.fmri));
                    said = Some(now);
                }
                host.sleep(Duration::from_secs(1));
                continue;
            }
            SvcpropError::Unreachable(_) | SvcpropError::Failed(_) => Kind::Transient,
            SvcpropError::NoInstance(_) | SvcpropError::Garbled(_) => Kind::Config,
            SvcpropError::NoSmf(_) => Kind::NoSmf,
        };
        let hint = match &error {
            SvcpropError::Unreachable(_) => {
                "svcs -xv svc:/system/svc/repository-server tells more; see also the log of svc.configd"
            }
            SvcpropError::NoInstance(_) => "svcs -a lists the instances that there are",
            SvcpropError::NoSmf(_) => "vbox-smf rehearse shows what would happen with one",
            SvcpropError::Garbled(_) | SvcpropError::Failed(_) => {
                "run svcprop by hand to see what it says"
            }
        };
        return Err(Failure::new(kind, error).hinted(hint));
    }
}

/// Where the user of an instance is: on the method, else on the whole instance (`smf_method(7)`).
fn user_properties(intent: Intent) -> [String; 2] {
    [
        format!("{}/user", intent.method()),
        "method_context/user".to_owned(),
    ]
}

/// Makes sure that we are the user whose VM it is. svc.startd sees to that; by hand root becomes that
/// user, and nobody else can.
pub(super) fn right_user(
    host: &dyn Host,
    request: &Request,
    properties: &Properties,
) -> Result<Account, Failure> {
    let account = host.account().map_err(|e| {
        Failure::new(Kind::Config, e).hinted("VirtualBox needs a user with a home directory")
    })?;
    let user = user_properties(request.intent)
        .iter()
        .find_map(|path| properties.get(path)?.values.first().cloned());
    let Some(user) = user.filter(|user| *user != account.name && *user != account.uid.to_string())
    else {
        return Ok(account);
    };
    if account.uid != 0 {
        return Err(Failure::told(
            Kind::Permission,
            format_args!(
                "{} runs as user '{user}', and this is '{}'",
                request.fmri, account.name
            ),
        )
        .hinted(format!("run it as root, or as {user}")));
    }
    host.become_user(&user).map_err(|e| {
        Failure::new(
            Kind::Permission,
            anyhow::Error::new(e).context(format!("cannot become user '{user}'")),
        )
        .hinted("check method_context/user of the instance")
    })
}

/// What VBoxManage sees of the environment. The first client's environment lives on in VBoxSVC and in
/// every VM that it starts, so it is made anew, and only what `method_environment` is for goes through.
pub(super) fn child_environment(
    host: &dyn Host,
    account: &Account,
    request: &Request,
) -> Vec<(OsString, OsString)> {
    let mut environment: Vec<(OsString, OsString)> = vec![
        ("LC_ALL".into(), locale(host, &request.environment).into()),
        ("PATH".into(), "/usr/sbin:/usr/bin:/sbin:/bin".into()),
        ("HOME".into(), account.home.clone().into()),
        ("USER".into(), account.name.clone().into()),
        ("LOGNAME".into(), account.name.clone().into()),
    ];
    let passes = |name: &OsString| name == "TZ" || name.to_string_lossy().starts_with("VBOX_");
    environment.extend(
        request
            .environment
            .iter()
            .filter(|(name, _)| passes(name))
            .cloned(),
    );
    environment
}

/// A locale in which VirtualBox can print every name. In another one, C for example, it stops printing at the
/// first character that the locale does not have: no list is whole as soon as one VM of the user has such a
/// name, and it says nothing about that. Its messages are English in every locale.
fn locale(host: &dyn Host, environment: &[(OsString, OsString)]) -> String {
    // What svc.startd has of /etc/default/init or of method_environment. The first that is set decides.
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|wanted| {
        let (_, value) = environment
            .iter()
            .find(|(name, value)| name == wanted && !value.is_empty())?;
        value.to_str().map(str::to_owned)
    });
    let usual = ["C.UTF-8", "en_US.UTF-8"].map(str::to_owned);
    set.into_iter()
        .chain(usual)
        .find(|name| is_utf8(name) && host.has_locale(name))
        .unwrap_or_else(|| "C".to_owned())
}

/// `en_US.UTF-8`, `de_AT.utf8@euro`
fn is_utf8(locale: &str) -> bool {
    let codeset = locale.split(['.', '@']).nth(1).unwrap_or_default();
    ["utf-8", "utf8"].contains(&codeset.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::fake::Fake;

    #[test]
    fn a_locale_that_has_every_character() {
        let cases: [(&[(&str, &str)], &[&'static str], &str); 8] = [
            (&[], &["C.UTF-8", "en_US.UTF-8"], "C.UTF-8"),
            (&[], &["en_US.UTF-8"], "en_US.UTF-8"),
            (&[], &[], "C"),
            (
                &[("LANG", "de_AT.UTF-8")],
                &["C.UTF-8", "de_AT.UTF-8"],
                "de_AT.UTF-8",
            ),
            (&[("LANG", "de_AT.UTF-8")], &["C.UTF-8"], "C.UTF-8"),
            (
                &[("LANG", "de_AT.UTF-8"), ("LC_ALL", "C")],
                &["C.UTF-8", "de_AT.UTF-8"],
                "C.UTF-8",
            ),
            (
                &[("LC_ALL", ""), ("LC_CTYPE", "x.utf8@y")],
                &["x.utf8@y"],
                "x.utf8@y",
            ),
            (&[("LANG", "de_AT.ISO8859-1")], &["de_AT.ISO8859-1"], "C"),
        ];
        for (environment, locales, expected) in cases {
            let host = locales
                .iter()
                .fold(Fake::default(), |host, name| host.locale(name));
            let environment: Vec<_> = environment
                .iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect();
            assert_eq!(locale(&host, &environment), expected, "{environment:?}");
        }
    }
}
