//! `vbox-smf start` and `vbox-smf stop`: look, decide, act, look again.

use std::ffi::OsString;

use std::time::Duration;

use self::context::Actor;
use self::course::MethodRun;
use super::deadline::Deadline;
use crate::config::settings::{self, SettingError, Settings};
use crate::engine::observer::ProcessSnapshot;
use crate::failure::{Caller, Failure, Kind};
use crate::host::{Account, AsUserError, Host, UserTask};
use crate::smf::fmri::InstanceFmri;
use crate::smf::tools::svcprop::Properties;
use crate::text::log::Log;
use crate::virtualbox::vboxmanage::{self, VBoxManage};
use crate::virtualbox::vm::{Intent, VmName};

pub(crate) mod context;
mod course;
pub(crate) mod refused;
pub(crate) mod verbs;

/// How much longer than its own limit a run in another process is waited for: it ends by itself before that, unless its
/// user has stopped it.
const GRACE: Duration = Duration::from_secs(60);

/// What a method was asked to do.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Up or down.
    pub(crate) intent: Intent,
    /// For which instance.
    pub(crate) fmri: InstanceFmri,
    /// The method's own environment, of which children see a few names.
    pub(crate) environment: Vec<(OsString, OsString)>,
    /// Who reads the exit status.
    pub(crate) caller: Caller,
    /// Say what would be done, and do nothing.
    pub(crate) dry_run: bool,
    /// When the run began, on the host's clock.
    pub(crate) began: Duration,
}

/// The failure for a property that cannot be used, with what mends it.
pub(crate) fn refused_setting(fmri: &InstanceFmri, error: SettingError) -> Failure {
    let hint = format!(
        "svccfg -s {fmri} setprop {}, then svcadm refresh and svcadm clear",
        error.setprop()
    );
    Failure::new(Kind::Config, error).hinted(hint)
}

/// Runs the method to its end.
///
/// # Errors
/// The VM is not proven where it should be.
pub(crate) fn run(host: &dyn Host, log: &Log<'_>, request: &Request) -> Result<(), Failure> {
    let (properties, given) = context::read_properties(host, log, request)?;
    let instance: VmName = request
        .fmri
        .instance()
        .as_str()
        .parse()
        .map_err(|e| Failure::new(Kind::Config, anyhow::Error::new(e)))?;
    let refused = |error| refused_setting(&request.fmri, error);
    let settings = Settings::from_properties(&properties, &instance).map_err(refused)?;
    let budget = settings.budget(request.intent).map_err(refused)?;
    let deadline = Deadline::new(request.began, budget);
    for path in settings::unknown_properties(&properties) {
        log.line(format_args!(
            "{}: unknown property {path} ignored; check the spelling",
            settings.vm
        ));
    }
    let prepared = Prepared {
        host,
        log,
        request,
        properties: &properties,
        settings: &settings,
        deadline,
    };
    match context::actor(host, log, request, &properties, given.account)? {
        Actor::Ourselves(account) => prepared.conduct(&account, given.locale, given.snapshot),
        Actor::Other(user) => prepared.conduct_as(&user),
    }
}

/// A run whose properties are known.
#[derive(Clone, Copy)]
struct Prepared<'a> {
    host: &'a dyn Host,
    log: &'a Log<'a>,
    request: &'a Request,
    properties: &'a Properties,
    settings: &'a Settings,
    deadline: Deadline,
}

impl Prepared<'_> {
    /// The same in a process of that user's, whose log and end are handed on: the user may trace what runs there, and is
    /// to come near neither our terminal nor anything else of root's.
    fn conduct_as(self, user: &str) -> Result<(), Failure> {
        // Not the host itself: what it is for another process is its own matter.
        let Self {
            log,
            request,
            properties,
            settings,
            deadline,
            ..
        } = self;
        let work = |host: &dyn Host| {
            let there = Prepared {
                host,
                log,
                request,
                properties,
                settings,
                deadline,
            };
            let account = host.account().map_err(context::no_account);
            let done = account.and_then(|account| there.conduct(&account, None, None));
            let done = done.map_err(|failure| (failure.kind, failure.to_string()));
            serde_json::to_vec(&done).unwrap_or_default()
        };
        let limit = deadline.left(self.host.now()) + GRACE;
        let task = UserTask { user, work: &work };
        let mut given = self
            .host
            .as_users(&[task], limit, &|line| log.line(line))
            .into_iter();
        let given = given.next().expect("an answer to each task");
        let bytes = given.map_err(|error| not_done(user, error))?;
        let done: Result<(), (Kind, String)> = serde_json::from_slice(&bytes).map_err(|_| {
            let what = format!("the process running as user '{user}' returned no result");
            Failure::told(Kind::Transient, what)
        })?;
        done.map_err(|(kind, message)| Failure::told(kind, message))
    }

    /// Runs it to its end, as the user that we are.
    fn conduct(
        self,
        account: &Account,
        locale: Option<String>,
        snapshot: Option<ProcessSnapshot>,
    ) -> Result<(), Failure> {
        let Self {
            host,
            log,
            request,
            properties,
            settings,
            deadline,
        } = self;
        log.line(format_args!(
            "{}: {} of {} as user {}, time limit {} s",
            settings.vm,
            request.intent,
            request.fmri,
            account.name,
            deadline.budget().as_secs()
        ));
        if let (Caller::Smf, Some(why)) = (request.caller, host.isolation_trouble()) {
            log.line(format_args!(
                "{}: cannot run VBoxManage in its own process contract ({why}): if SMF kills this method at its timeout, VBoxSVC and every VM of user {} that it started may be killed with it",
                settings.vm, account.name
            ));
        }
        let program = vboxmanage::find(host, settings.vboxmanage.as_deref()).map_err(|e| {
            let hint = e.next_step();
            Failure::new(Kind::Config, e).hinted(hint)
        })?;
        let environment = context::environment(host, request, properties, account, locale);
        let vbox = VBoxManage::new(host, program, environment);
        MethodRun::new(host, log, request, settings, deadline, account, &vbox).run(snapshot)
    }
}

/// The failure for what was not done as that user, with the next step.
fn not_done(user: &str, error: AsUserError) -> Failure {
    match &error {
        AsUserError::NoSuchUser(_) | AsUserError::NotPermitted(_) => {
            let error = anyhow::Error::new(error).context(format!("cannot become user '{user}'"));
            Failure::new(Kind::Permission, error)
                .hinted("check method_context/user of the instance")
        }
        AsUserError::NoAnswer(..) | AsUserError::Failed(..) => Failure::new(Kind::Transient, error)
            .hinted("run vbox-smf status to see the state of the VM"),
    }
}
