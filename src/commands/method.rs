//! `vbox-smf start` and `vbox-smf stop`: look, decide, act, look again.

use std::ffi::OsString;

use self::course::Course;
use crate::failure::{Caller, Failure, Kind};
use crate::fmri::InstanceFmri;
use crate::host::Host;
use crate::log::Log;
use crate::settings::{self, SettingError, Settings};
use crate::tools::vboxmanage::{self, VBoxManage};
use crate::vm::{Intent, VmName};

pub(crate) mod context;
mod course;
pub(in crate::commands) mod refused;
pub(crate) mod verbs;

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
    for path in settings::unknown_properties(&properties) {
        log.line(format_args!(
            "{}: nobody reads property {path}: is it misspelt?",
            settings.vm
        ));
    }
    let account = context::right_user(host, request, &properties, given.account)?;
    log.line(format_args!(
        "{}: {} of {} as {}, within {} s",
        settings.vm,
        request.intent,
        request.fmri,
        account.name,
        budget.as_secs()
    ));
    if let (Caller::Smf, Some(why)) = (request.caller, host.isolation_trouble()) {
        log.line(format_args!(
            "{}: VBoxManage gets no process contract of its own ({why}): if SMF kills this method at its timeout, \
             VBoxSVC and every VM of {} that it started may be killed with it",
            settings.vm, account.name
        ));
    }
    let program = vboxmanage::find(host, settings.vboxmanage.as_deref()).map_err(|e| {
        let hint = e.next_step();
        Failure::new(Kind::Config, e).hinted(hint)
    })?;
    let environment = context::environment(host, request, &properties, &account, given.locale);
    let vbox = VBoxManage::new(host, program, environment);
    Course::new(host, log, request, &settings, budget, &account, &vbox).run(given.glimpse)
}
