//! Which VMs a user has, asked as that user.
//!
//! Root asks for many users, and can become another one only for good. So for each it runs this program once
//! more, which becomes that user, asks, and answers on its standard output in fields that end with NUL.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use super::method::context::child_environment;
use crate::failure::{Caller, Failure, Kind};
use crate::host::{Account, Contract, Ended, Host, Invocation, Output, wait_on};
use crate::log::Log;
use crate::tools::vboxmanage::{self, LISTED_MAX, Registered, VBoxError, VBoxManage};

/// How long VirtualBox may take: 25 to 60 ms a VM, and a cold start.
const LIMIT: Duration = Duration::from_secs(120);
/// How long the lock for cold starts is waited for.
const LOCK_PATIENCE: Duration = Duration::from_secs(20);
/// A VBoxSVC that has been there for this long answers.
const SERVER_READY: Duration = Duration::from_secs(3);
/// Between two tries, while the server is not there.
const PAUSES: [u64; 4] = [200, 500, 1000, 3000];

/// Say which VMs a user has (for vbox-smf itself)
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(crate) struct Arguments {
    /// The user
    #[arg(long)]
    pub(crate) user: String,
    /// The `VBoxManage` to use, as the property virtualbox/vboxmanage
    #[arg(long)]
    pub(crate) vboxmanage: Option<PathBuf>,
    /// The environment of the user's VMs
    #[arg(long = "env", value_name = "NAME=VALUE")]
    pub(crate) environment: Vec<String>,
}

/// Becomes the user, asks, and answers on standard output.
///
/// # Errors
/// There is no such user, VirtualBox does not answer, or nobody reads the answer.
pub(crate) fn run(host: &dyn Host, log: &Log<'_>, arguments: &Arguments) -> Result<(), Failure> {
    let account = host.become_user(&arguments.user).map_err(|error| {
        let error = anyhow::Error::new(error);
        let what = format!("cannot become user '{}'", arguments.user);
        Failure::new(Kind::Permission, error.context(what))
    })?;
    let answer = encode(&as_this_user(host, log, &account, arguments)?);
    let mut out = io::stdout().lock();
    out.write_all(answer.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| Failure::new(Kind::Transient, error))
}

/// The VMs of a user, in the order in which VirtualBox looks for a name.
///
/// # Errors
/// This is another user, and not root; or VirtualBox does not answer.
pub(crate) fn ask(
    host: &dyn Host,
    log: &Log<'_>,
    arguments: &Arguments,
) -> Result<Vec<Registered>, Failure> {
    let user = &arguments.user;
    let account = caller(host)?;
    if *user == account.name || *user == account.uid.to_string() {
        return as_this_user(host, log, &account, arguments);
    }
    if account.uid != 0 {
        return Err(Failure::told(
            Kind::Permission,
            format_args!(
                "the VMs of '{user}' are known to that user alone, and this is '{}'",
                account.name
            ),
        )
        .hinted(format!("run it as root, or as {user}")));
    }
    as_another(host, log, arguments)
}

/// Who asks.
///
/// # Errors
/// The password database has no entry.
pub(crate) fn caller(host: &dyn Host) -> Result<Account, Failure> {
    host.account().map_err(|error| {
        Failure::new(Kind::Config, error).hinted("VirtualBox needs a user with a home directory")
    })
}

fn as_another(
    host: &dyn Host,
    log: &Log<'_>,
    arguments: &Arguments,
) -> Result<Vec<Registered>, Failure> {
    let user = &arguments.user;
    let program = host.own_program().map_err(|error| {
        let error = anyhow::Error::new(error).context("cannot find out what program this is");
        Failure::new(Kind::Transient, error)
    })?;
    let mut args: Vec<OsString> = vec!["inventory".into(), format!("--user={user}").into()];
    if let Some(path) = &arguments.vboxmanage {
        args.push("--vboxmanage".into());
        args.push(path.into());
    }
    args.extend(
        arguments
            .environment
            .iter()
            .map(|v| format!("--env={v}").into()),
    );
    let invocation = Invocation {
        program,
        args,
        env: vec![("PATH".into(), "/usr/sbin:/usr/bin:/sbin:/bin".into())],
        limit: LIMIT + LOCK_PATIENCE,
        // Only VBoxManage leaves something behind, and it runs that in a contract of its own.
        contract: Contract::Inherited,
    };
    let output = host
        .run(&invocation, &mut wait_on)
        .map_err(|error| Failure::new(Kind::Transient, error))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let (last, before) = match said.trim_end().rsplit_once('\n') {
        Some((before, last)) => (last, before),
        None => (said.trim_end(), ""),
    };
    match output.ended {
        Ended::Exited(0) => {
            said.lines().for_each(|line| log.line(line));
            decode(&output).ok_or_else(|| {
                let what = format!("the answer about the VMs of '{user}' cannot be understood");
                Failure::told(Kind::Transient, what)
            })
        }
        Ended::Exited(status) => {
            before.lines().for_each(|line| log.line(line));
            let kind = Kind::ALL
                .into_iter()
                .find(|kind| i32::from(kind.exit_status(Caller::Hand)) == status);
            let why = last.strip_prefix("vbox-smf: ").unwrap_or(last);
            let told = format!("the VMs of '{user}': {why}");
            Err(Failure::told(kind.unwrap_or(Kind::Transient), told))
        }
        Ended::Killed(signal) => {
            let told = format!("the VMs of '{user}': asking was ended by signal {signal}");
            Err(Failure::told(Kind::Transient, told))
        }
    }
}

fn as_this_user(
    host: &dyn Host,
    log: &Log<'_>,
    account: &Account,
    arguments: &Arguments,
) -> Result<Vec<Registered>, Failure> {
    let program = vboxmanage::find(host, arguments.vboxmanage.as_deref()).map_err(|error| {
        let next_step = error.next_step();
        Failure::new(Kind::Config, error).hinted(next_step)
    })?;
    let environment: Vec<(OsString, OsString)> = arguments
        .environment
        .iter()
        .filter_map(|variable| variable.split_once('='))
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    let env = child_environment(host, account, &environment);
    let vbox = VBoxManage::new(host, program, env);
    // VirtualBox's clients race when no server answers: one at a time until it does.
    let lock = if server_answers(host) {
        None
    } else {
        host.cold_start_lock(LOCK_PATIENCE)
            .inspect_err(|error| {
                log.line(format_args!(
                    "going on without the lock for cold starts: {error}"
                ));
            })
            .ok()
    };
    let mut pauses = PAUSES.iter();
    let inventory = loop {
        match (vbox.inventory(LIMIT), pauses.next()) {
            (Err(VBoxError::ServerGone(_) | VBoxError::Elsewhere(_)), Some(pause)) => {
                host.sleep(Duration::from_millis(*pause));
            }
            (outcome, _) => break outcome,
        }
    };
    drop(lock);
    inventory.map_err(failed)
}

fn server_answers(host: &dyn Host) -> bool {
    host.processes().is_ok_and(|processes| {
        processes
            .iter()
            .any(|process| process.program == "VBoxSVC" && process.age >= SERVER_READY)
    })
}

fn failed(error: VBoxError) -> Failure {
    match &error {
        VBoxError::Refused(refusal, _) => {
            let (kind, next_step) = (refusal.kind(), refusal.next_step());
            Failure::new(kind, error).hinted(next_step)
        }
        VBoxError::Garbled(_) => Failure::new(Kind::Config, error)
            .hinted("name the VMs and --user instead of --from-virtualbox"),
        VBoxError::Run(_)
        | VBoxError::ServerGone(_)
        | VBoxError::Elsewhere(_)
        | VBoxError::NotYet(_)
        | VBoxError::EndedEarly(_)
        | VBoxError::Other(_) => Failure::new(Kind::Transient, error),
    }
}

/// Fields that end with NUL: UUID, name, settings file, the number of disks, the disks.
fn encode(vms: &[Registered]) -> String {
    let mut text = String::new();
    for vm in vms {
        let count = vm.disks.len().to_string();
        let fixed = [
            vm.uuid.as_str(),
            &vm.name,
            vm.settings_file.as_deref().unwrap_or_default(),
            &count,
        ];
        for field in fixed.into_iter().chain(vm.disks.iter().map(String::as_str)) {
            text.push_str(field);
            text.push('\0');
        }
    }
    text
}

/// What [`encode`] made, if it is that.
fn decode(output: &Output) -> Option<Vec<Registered>> {
    let text = std::str::from_utf8(&output.stdout).ok()?;
    if output.cut || !(text.is_empty() || text.ends_with('\0')) {
        return None;
    }
    let mut fields = text.split_terminator('\0').map(str::to_owned);
    let mut vms = Vec::new();
    while let Some(uuid) = fields.next() {
        // The other side stops at as many.
        if vms.len() == LISTED_MAX {
            return None;
        }
        let (uuid, name) = (uuid.parse().ok()?, fields.next()?);
        let settings_file = Some(fields.next()?).filter(|path| !path.is_empty());
        let count: usize = fields.next()?.parse().ok()?;
        let disks: Vec<_> = fields.by_ref().take(count).collect();
        if disks.len() < count {
            return None;
        }
        vms.push(Registered {
            uuid,
            name,
            settings_file,
            disks,
        });
    }
    Some(vms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn output(text: String) -> Output {
        Output {
            ended: Ended::Exited(0),
            stdout: text.into_bytes(),
            stderr: Vec::new(),
            cut: false,
        }
    }

    proptest! {
        #[test]
        fn an_answer_is_understood_or_refused(
            vms in proptest::collection::vec(
                (any::<u32>(), "[^\0]{0,9}", proptest::option::of("[^\0]{1,9}"), proptest::collection::vec("[^\0]{0,9}", 0..3)),
                0..4,
            ),
            cut in 1..20_usize,
        ) {
            let vms: Vec<_> = vms
                .into_iter()
                .map(|(number, name, settings_file, disks)| Registered {
                    uuid: format!("{number:08x}-0000-4000-8000-000000000000").parse().unwrap(),
                    name,
                    settings_file,
                    disks,
                })
                .collect();
            let text = encode(&vms);
            prop_assert_eq!(decode(&output(text.clone())), Some(vms.clone()));
            if let Some(shorter) = text.len().checked_sub(cut).and_then(|end| text.get(..end)) {
                let told = decode(&output(shorter.to_owned()));
                prop_assert!(told.is_none_or(|told| told.len() < vms.len()));
            }
        }
    }

    #[test]
    fn nobody_but_root_asks_for_another_user() {
        let host = crate::host::fake::Fake::default().account("alice", 100);
        let arguments = Arguments {
            user: "bob".to_owned(),
            ..Arguments::default()
        };
        let failure = ask(&host, &Log::new(&|_| ()), &arguments).unwrap_err();
        assert_eq!(failure.kind, Kind::Permission);
        assert_eq!(
            failure.to_string(),
            "the VMs of 'bob' are known to that user alone, and this is 'alice'; run it as root, or as bob"
        );
    }
}
