//! What holds for the whole machine: SMF, VirtualBox, its driver, and the program's own installation.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::check::{Check, Topic, Verdict};
use crate::host::Host;
use crate::inventory::instances::{Gathered, Instance};
use crate::inventory::limit::Limit;
use crate::inventory::owners::Owner;
use crate::smf::exec::program;
use crate::smf::method::ENTRY;
use crate::smf::tools::svcs::{self, SmfState};
use crate::virtualbox::environment;
use crate::virtualbox::vboxmanage::{self, TrustError, VBoxManage, trust};

/// The subject of these checks.
const HOST: &str = "host";
/// How long a quick question may take.
const LIMIT: Duration = Duration::from_secs(20);
/// The driver's device, on illumos, Solaris and Linux.
const DEVICE: &str = "/dev/vboxdrv";
/// OpenIndiana's service that installs and loads the driver.
const DRIVER_SERVICE: &str = "svc:/application/virtualbox/run-once:default";
/// VirtualBox's own autostart.
const AUTOSTART_SERVICE: &str = "svc:/application/virtualbox/autostart:default";
/// Where that looks for the program, after its own folder.
const FOLDERS: [&str; 4] = [
    "/opt/ooce/bin",
    "/usr/local/bin",
    "/opt/local/bin",
    "/usr/bin",
];

/// The services of VirtualBox itself, where they are.
#[derive(Debug, Default)]
pub(super) struct Services {
    driver: Option<SmfState>,
    pub(super) autostart: Option<SmfState>,
}

/// Asks for them; what is not there is none.
pub(super) fn services(host: &dyn Host, limit: Limit) -> Services {
    let operands = [DRIVER_SERVICE, AUTOSTART_SERVICE].map(str::to_owned);
    let lines = svcs::list(host, &operands, None, limit.of(host, LIMIT)).unwrap_or_default();
    let state = |wanted: &str| {
        let line = lines.iter().find(|line| line.fmri.to_string() == wanted);
        line.map(|line| line.state.clone())
    };
    Services {
        driver: state(DRIVER_SERVICE),
        autostart: state(AUTOSTART_SERVICE),
    }
}

/// Whether SMF is there and has what was asked for.
pub(super) fn smf(gathered: &Gathered) -> Vec<Check> {
    if gathered.no_smf {
        let finding = "this machine has no SMF; skipped: the instances, their methods, and the services of VirtualBox";
        return vec![Check::warn(Topic::Smf, HOST, finding)];
    }
    let mut checks: Vec<Check> = gathered
        .troubles
        .iter()
        .map(|trouble| {
            Check::fail(Topic::Smf, HOST, trouble.as_str())
                .hint("svcs -a lists the existing instances; if this fails as well:")
                .command("svcs -xv svc:/system/svc/repository-server")
        })
        .collect();
    match gathered.instances.len() {
        0 if checks.is_empty() => checks.push(
            Check::warn(Topic::Smf, HOST, "there are no instances")
                .hint("vbox-smf gen writes a manifest"),
        ),
        0 => {}
        count => {
            let others = gathered.instances.iter();
            let others = others.filter(|instance| instance.another_program().is_some());
            let others = match others.count() {
                0 => String::new(),
                others => format!(", {others} managed by another program"),
            };
            let plural = if count == 1 { "" } else { "s" };
            let finding = format!("{count} instance{plural}{others}");
            checks.push(Check::ok(Topic::Smf, HOST, finding));
        }
    }
    checks
}

/// Each VBoxManage that is used, once.
pub(super) fn virtualbox(
    host: &dyn Host,
    owners: &[Owner],
    shell: &[(OsString, OsString)],
    limit: Limit,
) -> Vec<Check> {
    let mut used: Vec<Option<PathBuf>> = owners.iter().map(|o| o.vboxmanage.clone()).collect();
    if used.is_empty() {
        used.push(None);
    }
    used.sort();
    used.dedup();
    used.iter()
        .map(|set| one_virtualbox(host, set.as_deref(), shell, limit))
        .collect()
}

fn one_virtualbox(
    host: &dyn Host,
    set: Option<&Path>,
    shell: &[(OsString, OsString)],
    limit: Limit,
) -> Check {
    let topic = Topic::Virtualbox;
    let program = match vboxmanage::find(host, set) {
        Ok(program) => program,
        Err(error) => {
            return Check::fail(topic, HOST, error.to_string()).hint(error.next_step());
        }
    };
    let environment = host
        .account()
        .map(|account| environment::child_environment(host, &account, shell))
        .unwrap_or_default();
    let shown = program.display().to_string();
    let vbox = VBoxManage::new(host, program.clone(), environment);
    let version = vbox.version(limit.of(host, LIMIT));
    match version {
        Err(error) => Check::fail(topic, HOST, format!("{shown}: {error}"))
            .hint("reinstall VirtualBox, or set virtualbox/vboxmanage"),
        Ok(version) => Check::ok(topic, HOST, format!("VirtualBox {version}, {shown}")),
    }
}

/// The kernel driver, and the service that loads it.
pub(super) fn driver(host: &dyn Host, services: &Services) -> Vec<Check> {
    let loaded = host.file_facts(Path::new(DEVICE)).is_ok();
    let mut checks = vec![if loaded {
        Check::ok(Topic::Driver, HOST, format!("{DEVICE} exists"))
    } else {
        let finding = format!("{DEVICE} does not exist: VirtualBox's kernel driver is not loaded");
        let check = Check::fail(Topic::Driver, HOST, finding);
        match &services.driver {
            Some(_) => check
                .hint("after an update a reboot may be needed; otherwise")
                .command(format!("svcadm restart {DRIVER_SERVICE}")),
            None => check
                .hint("after an install or an update a reboot may be needed: modinfo | grep vbox (lsmod on Linux) shows what is loaded"),
        }
    }];
    let topic = Topic::DriverService;
    let finding = |state: &SmfState| format!("{DRIVER_SERVICE} is {state}");
    checks.extend(services.driver.as_ref().map(|state| {
        match state {
            SmfState::Online | SmfState::Degraded => Check::ok(topic, HOST, finding(state)),
            SmfState::Maintenance => Check::fail(topic, HOST, finding(state))
                .hint("see its log (svcs -xv); after correcting the cause")
                .command(format!("svcadm clear {DRIVER_SERVICE}")),
            SmfState::Disabled
            | SmfState::Offline
            | SmfState::Uninitialized
            | SmfState::Other(_) => {
                let verdict = if loaded { Verdict::Warn } else { Verdict::Fail };
                Check::new(verdict, topic, HOST, finding(state))
                    .hint("the driver will not be loaded after the next VirtualBox update")
                    .command(format!("svcadm enable {DRIVER_SERVICE}"))
            }
        }
    }));
    checks
}

/// What the instances have SMF execute: the entry, and the program that it finds.
pub(super) fn methods(host: &dyn Host, instances: &[Instance]) -> Vec<Check> {
    let ours = || {
        instances
            .iter()
            .filter(|instance| instance.another_program().is_none())
    };
    let mut entries: Vec<PathBuf> = ours().filter_map(entry_of).collect();
    entries.sort();
    entries.dedup();
    if entries.is_empty() && ours().next().is_some() {
        entries.push(PathBuf::from(ENTRY));
    }
    entries.iter().map(|entry| method(host, entry)).collect()
}

/// The program of `start/exec`: its first word, if that is a path.
fn entry_of(instance: &Instance) -> Option<PathBuf> {
    let exec = instance.known.as_ref()?.properties.get("start/exec")?;
    let program = program(exec.values.first()?)?;
    program.starts_with('/').then(|| PathBuf::from(program))
}

fn method(host: &dyn Host, entry: &Path) -> Check {
    let topic = Topic::Method;
    let install = |check: Check| {
        check
            .hint("install it, as root")
            .command("cp vbox-smf method/vbox /lib/svc/method/ && chown root /lib/svc/method/vbox* && chmod 755 /lib/svc/method/vbox*")
    };
    if let Err(error) = trust(host, entry) {
        return install(Check::fail(topic, HOST, error.to_string()));
    }
    let shown = entry.display();
    if entry.ends_with("vbox-smf") {
        return Check::ok(topic, HOST, format!("only root can write to {shown}"));
    }
    let beside = entry.parent().unwrap_or(Path::new("/"));
    let folders = std::iter::once(beside).chain(FOLDERS.iter().map(Path::new));
    for folder in folders {
        let program = folder.join("vbox-smf");
        match trust(host, &program) {
            Ok(()) => {
                let finding = format!("only root can write to {shown} and {}", program.display());
                return Check::ok(topic, HOST, finding);
            }
            // There is none, so the entry looks on.
            Err(TrustError::Look(..) | TrustError::NotAProgram(_)) => {}
            Err(error @ (TrustError::Untrusted { .. } | TrustError::Acl(_))) => {
                return install(Check::fail(topic, HOST, error.to_string()));
            }
        }
    }
    install(Check::fail(
        topic,
        HOST,
        format!("{shown} does not find vbox-smf"),
    ))
}
