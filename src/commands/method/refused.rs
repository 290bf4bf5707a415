//! VBoxManage failures that end a run: how bad they are, and the next step to take.

use std::time::Duration;

use crate::failure::{Failure, Kind};
use crate::host::{Account, RunError};
use crate::tools::processes::Census;
use crate::tools::vboxmanage::{Refusal, VBoxError};
use crate::vm::Intent;

/// A run that VBoxManage ended.
pub(super) struct Ended<'a> {
    /// The VM, as the log names it.
    pub(super) vm: &'a str,
    /// The user as whom it was looked for.
    pub(super) account: &'a Account,
    /// Where this user's clients and server meet.
    pub(super) ipc_folder: &'a str,
    /// The processes of VirtualBox, where they are known.
    pub(super) census: Option<Census>,
    /// What the run was for.
    pub(super) intent: Intent,
}

impl Ended<'_> {
    /// The failure for this error.
    pub(super) fn by(&self, error: VBoxError) -> Failure {
        let Self { vm, intent, .. } = self;
        let user = &self.account.name;
        let told = |kind| Failure::told(kind, format_args!("{vm}: {error}"));
        match &error {
            VBoxError::Refused(refusal, _) => match refusal {
                // Its state is not known, so it is in no state that somebody could act on.
                Refusal::Inaccessible => told(Kind::Fatal),
                Refusal::NotRegistered => Failure::told(
                    Kind::Config,
                    format_args!("{vm}: {error}, looked for as user {user}"),
                ),
                _ => told(Kind::Config),
            }
            .hinted(match refusal {
                Refusal::Home => format!(
                    "{user} must be able to write to its home directory, {}, and to VBOX_USER_HOME where that is set; then svcadm clear the instance",
                    self.account.home.display()
                ),
                _ => refusal.next_step().to_owned(),
            }),
            VBoxError::Run(spawn @ RunError::Spawn { .. }) if spawn.may_pass() => {
                told(Kind::Transient).hinted("the system may be short of memory or processes")
            }
            VBoxError::Run(RunError::Spawn { .. }) => Failure::new(Kind::Config, error)
                .hinted("install VirtualBox, or set virtualbox/vboxmanage"),
            VBoxError::Run(RunError::Hung { .. }) => told(match intent {
                Intent::Start => Kind::Transient,
                Intent::Stop => Kind::Fatal,
            })
            .hinted(what_hangs(user, self.census)),
            VBoxError::ServerGone(_) => told(Kind::Config).hinted(format!(
                "{} is not a folder of {user} alone: end the VirtualBox that uses it, remove it, then svcadm clear the instance",
                self.ipc_folder
            )),
            VBoxError::Elsewhere(_) | VBoxError::Garbled(_) | VBoxError::Other(_) => {
                told(Kind::Transient).hinted(format!(
                    "VBoxManage showvminfo of it, run as {user}, may tell more"
                ))
            }
        }
    }
}

/// Who keeps VBoxManage from answering, and what ends that.
pub(in crate::commands) fn what_hangs(user: &str, census: Option<Census>) -> String {
    if let Some(words) = what_keeps_it_away(user, census) {
        return words;
    }
    match census {
        Some(census) if census.server_age.is_some() => format!(
            "VirtualBox's server may be deadlocked: pkill -9 -u {user} VBoxSVC ends it, and aborts the VMs of {user}"
        ),
        Some(_) | None => {
            format!("VBoxManage list vms, run as {user}, may show what it waits for")
        }
    }
}

/// Who keeps a server that is gone from being started again, and what ends that; none, if nobody does.
pub(in crate::commands) fn what_keeps_it_away(
    user: &str,
    census: Option<Census>,
) -> Option<String> {
    let census = census.filter(|census| census.server_age.is_none() && census.vm_processes > 0)?;
    let whose = if census.vm_processes == 1 {
        "a VM process that it left keeps"
    } else {
        "VM processes that it left keep"
    };
    Some(format!(
        "VirtualBox's server is gone, and {whose} another one from starting, which passes within some 15 s; where it does not, pkill -9 -u {user} VBoxHeadless ends the VMs of {user}, as a power failure would"
    ))
}

/// Whether the server is gone, or younger than a run that found the VM up: it is not the one that started the VM.
pub(super) fn has_lost_its_server(census: &Census, run: Duration) -> bool {
    census.server_age.is_none_or(|age| age < run)
}

/// What ends a VM's process of which VirtualBox does not know: it says that the VM is off, so no command of its reaches it.
pub(in crate::commands) fn what_ends_an_orphan(pid: u32) -> String {
    format!(
        "the server that started process {pid} is gone, and VirtualBox does not know of it: where it does not end within some 15 s, kill -9 {pid} ends it, as a power failure would"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn census(server: bool, vm_processes: usize) -> Census {
        Census {
            may_live: false,
            lives: false,
            process: None,
            vm_processes,
            handled: false,
            server_age: server.then_some(MINUTE),
        }
    }

    #[test]
    fn a_server_that_is_younger_than_the_run() {
        for (server, run, lost) in [
            (true, MINUTE / 2, false),
            (true, MINUTE * 2, true),
            (false, MINUTE / 2, true),
        ] {
            assert_eq!(has_lost_its_server(&census(server, 1), run), lost);
        }
    }

    #[test]
    fn what_keeps_virtualbox_from_answering() {
        for (seen, hangs, gone) in [
            (
                Some(census(true, 2)),
                "deadlocked: pkill -9 -u vb VBoxSVC",
                None,
            ),
            (
                Some(census(false, 1)),
                "a VM process that it left keeps",
                Some("pkill -9 -u vb VBoxHeadless"),
            ),
            (
                Some(census(false, 2)),
                "VM processes that it left keep",
                Some("passes within some 15 s"),
            ),
            (Some(census(false, 0)), "VBoxManage list vms", None),
            (None, "VBoxManage list vms", None),
        ] {
            let told = what_hangs("vb", seen);
            assert!(told.contains(hangs), "{told}");
            let away = what_keeps_it_away("vb", seen);
            match gone {
                Some(words) => assert!(away.is_some_and(|told| told.contains(words))),
                None => assert_eq!(away, None),
            }
        }
    }
}
