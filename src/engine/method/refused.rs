//! VBoxManage failures that end a run: how bad they are, and the next step to take.

use std::path::{Path, PathBuf};

use crate::failure::{Failure, Kind};
use crate::host::{Access, Account, Host, RunError};
use crate::text::printable::PrintablePath;
use crate::text::shell::shell_word;
use crate::virtualbox::advice::{self, Advice};
use crate::virtualbox::machine_file::MachineFile;
use crate::virtualbox::processes::ProcessSummary;
use crate::virtualbox::refusal::Refusal;
use crate::virtualbox::registry::Registry;
use crate::virtualbox::server::what_hangs;
use crate::virtualbox::vboxmanage::{VBoxError, Words};
use crate::virtualbox::vm::Intent;

/// A run that VBoxManage ended.
pub(super) struct RunFailure<'a> {
    /// For a look at the files in question.
    pub(super) host: &'a dyn Host,
    /// The VM, as the log names it.
    pub(super) vm: &'a str,
    /// The user as whom it was looked for.
    pub(super) account: &'a Account,
    /// Where this user's clients and server meet.
    pub(super) ipc_folder: &'a str,
    /// The processes of VirtualBox, where they are known.
    pub(super) summary: Option<ProcessSummary>,
    /// What the run was for.
    pub(super) intent: Intent,
    /// Where VirtualBox keeps the user's settings.
    pub(super) settings_folder: Option<PathBuf>,
}

impl RunFailure<'_> {
    /// The failure for this error.
    pub(super) fn by(&self, error: VBoxError) -> Failure {
        let Self { vm, intent, .. } = self;
        let user = &self.account.name;
        let told = |kind| Failure::told(kind, format_args!("{vm}: {error}"));
        match &error {
            VBoxError::Refused(refusal, words) => self.by_cause(*refusal, words),
            VBoxError::Run(spawn @ RunError::Spawn { .. }) if spawn.may_pass() => {
                told(Kind::Transient).hinted("the system may be short of memory or processes")
            }
            VBoxError::Run(RunError::Spawn { .. }) => Failure::new(Kind::Config, error)
                .hinted("install VirtualBox, or set virtualbox/vboxmanage"),
            VBoxError::Run(RunError::Hung { .. })
                if let Some(advice) = self.of_settings_folder() =>
            {
                Failure::told(
                    advice.refusal.kind(),
                    format_args!("{vm}: {error}: {}", advice.finding),
                )
                .hinted(advice.next_step)
            }
            VBoxError::Run(RunError::Hung { .. }) => told(match intent {
                Intent::Start => Kind::Transient,
                Intent::Stop => Kind::Fatal,
            })
            .hinted(what_hangs(user, self.summary)),
            VBoxError::ServerGone(_) => told(Kind::Config).hinted(format!(
                "{} is not a folder that only {user} can access: stop the VMs of the user who uses it, wait 6 s for VirtualBox's server to exit, remove the folder, then run svcadm clear on the instance",
                self.ipc_folder
            )),
            VBoxError::Elsewhere(_)
            | VBoxError::NotYet(..)
            | VBoxError::EndedEarly(_)
            | VBoxError::Garbled(_)
            | VBoxError::Other(_) => {
                told(Kind::Transient).hinted(format!(
                    "run VBoxManage showvminfo as {user} for details"
                ))
            }
        }
    }

    /// Why a server that is not there yet will not answer.
    fn of_settings_folder(&self) -> Option<Advice> {
        let is_cold = |summary: &ProcessSummary| summary.vm_processes == 0;
        self.summary.as_ref().filter(|summary| is_cold(summary))?;
        advice::of_settings_folder(self.host, self.account, self.settings_folder.as_deref()?)
    }

    /// The failure for a cause that is known: with what the files tell about it.
    fn by_cause(&self, refusal: Refusal, words: &Words) -> Failure {
        let Self { vm, account, .. } = self;
        let user = &account.name;
        let plain = |more: &str| {
            Failure::told(refusal.kind(), format_args!("{vm}: {words}{more}"))
                .hinted(refusal.next_step())
        };
        match refusal {
            Refusal::NotRegistered => {
                let folder = self.settings_folder.as_deref();
                let home = account.home.join(".config/VirtualBox");
                let whose = match folder.filter(|folder| **folder != *home) {
                    Some(folder) => format!(
                        ", searched for as user {user} in {}",
                        PrintablePath(folder)
                    ),
                    None => format!(", searched for as user {user}"),
                };
                plain(&whose).also(folder.and_then(|folder| unreadable(self.host, folder)))
            }
            Refusal::Home => plain("").hinted(format!(
                "{user} must be able to write to its home directory, {}, and to VBOX_USER_HOME if that is set; then run svcadm clear on the instance",
                account.home.display()
            )),
            Refusal::DiskMissing | Refusal::DiskDenied => {
                let found = words
                    .disk
                    .as_deref()
                    .and_then(|disk| advice::of_disk(self.host, account, disk));
                match found {
                    Some(Advice { refusal, finding, next_step }) => {
                        Failure::told(refusal.kind(), format_args!("{vm}: {words}: {finding}"))
                            .hinted(next_step)
                    }
                    None => plain(""),
                }
            }
            Refusal::DiskReplaced => match (&words.disk, &words.registered) {
                (Some(disk), Some(uuid)) => plain("").hinted(format!(
                    "another file has replaced the attached disk: restore the original, or, if the replacement is intended, run VBoxManage internalcommands sethduuid {} {uuid} as {user}; then run svcadm clear on the instance",
                    shell_word(&PrintablePath(disk).to_string())
                )),
                _ => plain(""),
            },
            Refusal::RegistryDenied => match &self.settings_folder {
                Some(folder) => {
                    let file = folder.join("VirtualBox.xml");
                    let blocked = if self.host.may(folder, Access::Search).is_ok() {
                        &file
                    } else {
                        folder
                    };
                    let path = PrintablePath(blocked);
                    let whose = advice::whose(self.host, blocked);
                    plain(&format!(": {path} {whose}")).hinted(advice::let_have(account, blocked))
                }
                None => plain(""),
            },
            Refusal::Inaccessible
            | Refusal::DiskBroken
            | Refusal::DiskInUse
            | Refusal::Driver
            | Refusal::DriverVersion
            | Refusal::DriverDenied
            | Refusal::OtherHypervisor
            | Refusal::NoVirtualization
            | Refusal::NoMemory
            | Refusal::ExtensionPack
            | Refusal::Frontend
            | Refusal::Folder
            | Refusal::NoSpace
            | Refusal::Registry
            | Refusal::SavedState
            | Refusal::Locale
            | Refusal::Port
            | Refusal::NoAdditions => plain(""),
        }
    }
}

/// The VMs of a registry whose settings files cannot be read, with path and UUID: VirtualBox shows them without their names.
pub(crate) fn unreadable(host: &dyn Host, settings_folder: &Path) -> Option<String> {
    const SHOWN: usize = 5;
    let registry = Registry::read(host, settings_folder).ok()?;
    let mut told: Vec<String> = Vec::new();
    let mut more = 0;
    for entry in &registry.entries {
        let Err(trouble) = MachineFile::read(host, &entry.settings_file) else {
            continue;
        };
        if told.len() == SHOWN {
            more += 1;
        } else {
            told.push(format!("{{{}}}: {trouble}", entry.uuid));
        }
    }
    if more > 0 {
        told.push(format!("{more} more"));
    }
    (!told.is_empty())
        .then(|| format!("VirtualBox cannot read the settings of {}", told.join(", ")))
}
