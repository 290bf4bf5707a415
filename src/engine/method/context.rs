//! Where a method stands before it looks at the VM: the instance's properties, the user whose VM it is, and
//! what VBoxManage may see of the environment.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::Request;
use crate::config::settings;
use crate::engine::observer::ProcessSnapshot;
use crate::failure::{Caller, Failure, Kind};
use crate::host::{Account, Host, STILL_RUNNING};
use crate::smf::credential::{self, Credential};
use crate::smf::method::{EXECS, another_program_of, not_ours};
use crate::smf::method_context::{context_paths, environment_by_hand};
use crate::smf::tools::svcprop::{
    self, Asked, Properties, SVCPROP_LIMIT, SvcpropError, View, not_read,
};
use crate::text::log::Log;
use crate::text::printable::{Printable, PrintablePath};
use crate::text::shell::shell_word;
use crate::virtualbox::environment::{environment_in, locale};
use crate::virtualbox::processes::{Wanted, summary};
use crate::virtualbox::settings_folder::user_home;
use crate::virtualbox::vm::Intent;

/// How long svc.configd may be away, as while it is restarted.
const REPOSITORY_PATIENCE: Duration = Duration::from_secs(30);

/// What is so whatever the properties are, and is looked up while svcprop runs.
pub(super) struct Given {
    /// Who we are.
    pub(super) account: io::Result<Account>,
    /// For VBoxManage; none where the properties have a say in it.
    pub(super) locale: Option<String>,
    /// The processes of this user; none where the properties may name another one.
    pub(super) snapshot: Option<ProcessSnapshot>,
}

impl Given {
    fn of(host: &dyn Host, request: &Request) -> Self {
        let by_smf = request.caller == Caller::Smf;
        Self {
            account: host.account(),
            locale: by_smf.then(|| locale(host, &request.environment)),
            snapshot: by_smf.then(|| ProcessSnapshot::of(host)).flatten(),
        }
    }
}

/// The properties of the instance, and what is so without them. A repository that does not answer is asked again.
pub(super) fn read_properties(
    host: &dyn Host,
    log: &Log<'_>,
    request: &Request,
) -> Result<(Properties, Given), Failure> {
    // svc.startd has set that environment already.
    let environment = (request.caller == Caller::Hand).then_some("environment");
    let of_context: Vec<String> = credential::PROPERTIES
        .into_iter()
        .chain(environment)
        .flat_map(|name| context_paths(request.intent.method(), name))
        .collect();
    let mut wanted = settings::WANTED.to_vec();
    wanted.extend(of_context.iter().map(String::as_str));
    // What SMF runs is ours.
    if request.caller == Caller::Hand {
        wanted.extend(EXECS);
    }
    let mut said: Option<Duration> = None;
    loop {
        let asked = svcprop::begin(host, View::Running, &request.fmri, &wanted, SVCPROP_LIMIT);
        let given = Given::of(host, request);
        let error = match asked.and_then(Asked::answer) {
            Ok(properties) => {
                return match another_program_of(&properties) {
                    Some(program) => Err(not_ours(&request.fmri, &program)),
                    None => Ok((properties, given)),
                };
            }
            Err(error) => error,
        };
        if matches!(error, SvcpropError::Unreachable(_))
            && host.now().saturating_sub(request.began) < REPOSITORY_PATIENCE
        {
            let now = host.now();
            if said.is_none_or(|at| now.saturating_sub(at) >= STILL_RUNNING) {
                log.line(format_args!("{}: {error}; retrying", request.fmri));
                said = Some(now);
            }
            host.sleep(Duration::from_secs(1));
            continue;
        }
        if request.caller == Caller::Smf && matches!(error, SvcpropError::NoInstance(_)) {
            return Err(has_vanished(host, request, error));
        }
        return Err(not_read(error));
    }
}

/// The failure for a method of svc.startd's whose instance was deleted under it: which VM it has had, nobody knows any
/// more.
fn has_vanished(host: &dyn Host, request: &Request, error: SvcpropError) -> Failure {
    let instance = request.fmri.instance().as_str();
    if request.intent == Intent::Start {
        return Failure::new(Kind::Config, error)
            .also(Some(
                "the instance was deleted while svc.startd was starting the VM; nothing was done"
                    .to_owned(),
            ))
            .hinted("if this was not intended, import its manifest again");
    }
    let wanted = Wanted {
        name: Some(instance),
        uuid: None,
    };
    let process = host
        .processes()
        .ok()
        .and_then(|processes| summary(&processes, wanted).process);
    let user = host
        .account()
        .map_or_else(|_| "its user".to_owned(), |account| account.name);
    let found = match process {
        Some(pid) => {
            format!("process {pid} of {user} runs a VM of that name; it was left running")
        }
        None => format!(
            "no process of {user} runs a VM of that name; vm/name may have named another VM"
        ),
    };
    let vm = shell_word(&Printable(instance).to_string());
    let folder = user_home(&request.environment).map_or_else(String::new, |folder| {
        let folder = PrintablePath(Path::new(folder)).to_string();
        format!("VBOX_USER_HOME={} ", shell_word(&folder))
    });
    Failure::new(Kind::Config, error)
        .also(Some(format!(
            "the instance was deleted before its VM was stopped: {found}"
        )))
        .hinted(format!(
            "to stop the VM, run {folder}VBoxManage controlvm {vm} savestate as {user} (VBoxManage list runningvms lists the running VMs); or import the manifest again, and disable the instance with svcadm before deleting it"
        ))
}

/// The environment of the instance's methods. svc.startd has set it; by hand it is the instance's, too:
/// another `VBOX_USER_HOME` would be another user's VMs, and stay in VBoxSVC for all of them. What
/// `/etc/default/init` would give, time zone and language, comes from the shell.
fn method_environment(request: &Request, properties: &Properties) -> Vec<(OsString, OsString)> {
    if request.caller == Caller::Smf {
        return request.environment.clone();
    }
    environment_by_hand(&request.environment, properties, request.intent.method())
}

/// As whom a method acts.
pub(super) enum Actor {
    /// This process is that user's.
    Ourselves(Account),
    /// Another one is to be made, which is this user's.
    Other(String),
}

/// The failure where the password database has no entry for us.
pub(super) fn no_account(error: io::Error) -> Failure {
    Failure::new(Kind::Config, error).hinted("VirtualBox needs a user with a home directory")
}

/// As whom to act: as whoever svc.startd has made this process; by hand as the user whom svc.startd would make it, which
/// root alone can.
///
/// A start whose context names a user in vain would be the start of another user's VM, most likely root's. A stop takes
/// down what such a start brought up: it never refuses what it can save.
pub(super) fn actor(
    host: &dyn Host,
    log: &Log<'_>,
    request: &Request,
    properties: &Properties,
    account: io::Result<Account>,
) -> Result<Actor, Failure> {
    let account = account.map_err(no_account)?;
    let credential = Credential::new(properties, request.intent.method());
    let is_ours = |user: &str| is_user(host, user, &account);
    let by_smf = request.caller == Caller::Smf;
    let is_wrong = match credential.named() {
        None => false,
        Some(user) if by_smf => !is_ours(user),
        Some(_) => credential.ignored().is_some(),
    };
    if is_wrong {
        let trouble = another_user(request, &credential, &account);
        if request.intent == Intent::Start {
            return Err(trouble);
        }
        log.line(format_args!("warning: {trouble}"));
    }
    let user = if by_smf { None } else { credential.user() };
    let Some(user) = user.filter(|user| credential.named().is_some() && !is_ours(user)) else {
        return Ok(Actor::Ourselves(account));
    };
    if account.uid != 0 {
        return Err(Failure::told(
            Kind::Permission,
            format_args!(
                "{} runs as user '{user}', but the current user is '{}'",
                request.fmri, account.name
            ),
        )
        .hinted(format!("run it as root, or as {user}")));
    }
    Ok(Actor::Other(user.to_owned()))
}

/// Whether a user of a method context, a login name or a user id, is this one.
fn is_user(host: &dyn Host, user: &str, account: &Account) -> bool {
    user == account.name
        || user.parse() == Ok(account.uid)
        || host
            .account_of(user)
            .is_ok_and(|named| named.uid == account.uid)
}

/// The failure for a method that runs as another user than its context names.
fn another_user(request: &Request, credential: &Credential<'_>, account: &Account) -> Failure {
    let fmri = &request.fmri;
    match credential.ignored() {
        Some(ignored) => Failure::told(Kind::Config, format_args!("{fmri}: {ignored}")).hinted(
            format!(
                "svccfg -s {fmri} {}, then svcadm refresh {fmri} and svcadm clear {fmri}",
                ignored.setprop()
            ),
        ),
        None => Failure::told(
            Kind::Config,
            format_args!(
                "{fmri} runs as user {}, but its method context names user '{}'",
                account.name,
                Printable(credential.named().unwrap_or_default())
            ),
        )
        .hinted(format!(
            "svccfg -s {fmri} setprop method_context/use_profile = boolean: false (svcprop shows the value of the service, which svc.startd may not use), then svcadm refresh {fmri} and svcadm clear {fmri}"
        )),
    }
}

/// What VBoxManage sees of the environment in this run.
pub(super) fn environment(
    host: &dyn Host,
    request: &Request,
    properties: &Properties,
    account: &Account,
    locale_given: Option<String>,
) -> Vec<(OsString, OsString)> {
    let method = method_environment(request, properties);
    let locale = locale_given.unwrap_or_else(|| locale(host, &method));
    environment_in(locale, account, &method)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand_the_instance_s_environment_counts() {
        let pair = |(name, value): (&str, &str)| (OsString::from(name), OsString::from(value));
        let request = |caller| Request {
            intent: Intent::Start,
            fmri: "svc:/site/xvm/vbox:vm1".parse().expect("an FMRI"),
            environment: [
                ("TZ", "UTC"),
                ("LANG", "C"),
                ("VBOX_USER_HOME", "/root/x"),
                ("SECRET", "x"),
            ]
            .map(pair)
            .to_vec(),
            caller,
            dry_run: false,
            began: Duration::ZERO,
        };
        let value = |values: &[&str]| svcprop::Value {
            value_type: "astring".to_owned(),
            values: values.iter().map(|v| (*v).to_owned()).collect(),
        };
        let whole = (
            "method_context/environment".to_owned(),
            value(&["VBOX_USER_HOME=/data/vb", "LANG=de_AT.UTF-8"]),
        );
        let of_start = ("start/environment".to_owned(), value(&["TZ=Europe/Vienna"]));
        let by_hand = |properties: Vec<(String, svcprop::Value)>| {
            method_environment(&request(Caller::Hand), &properties.into_iter().collect())
        };
        assert_eq!(by_hand(vec![]), [("TZ", "UTC"), ("LANG", "C")].map(pair));
        assert_eq!(
            by_hand(vec![whole.clone()]),
            [
                ("TZ", "UTC"),
                ("VBOX_USER_HOME", "/data/vb"),
                ("LANG", "de_AT.UTF-8")
            ]
            .map(pair)
        );
        // The method's replaces the instance's as a whole.
        assert_eq!(
            by_hand(vec![whole, of_start]),
            [("LANG", "C"), ("TZ", "Europe/Vienna")].map(pair)
        );
        let smf = request(Caller::Smf);
        assert_eq!(
            method_environment(&smf, &Properties::new()),
            smf.environment
        );
    }
}
