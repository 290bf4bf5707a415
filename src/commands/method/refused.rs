//! VBoxManage failures that end a run: how bad they are, and the next step to take.

use crate::failure::{Failure, Kind};
use crate::host::RunError;
use crate::tools::vboxmanage::{Refusal, VBoxError};
use crate::vm::Intent;

/// A run that VBoxManage ended.
pub(super) struct Ended<'a> {
    /// The VM, as the log names it.
    pub(super) vm: &'a str,
    /// The user as whom it was looked for.
    pub(super) user: &'a str,
    /// What the run was for.
    pub(super) intent: Intent,
}

impl Ended<'_> {
    /// The failure for this error.
    pub(super) fn by(&self, error: VBoxError) -> Failure {
        let Self { vm, user, intent } = self;
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
            .hinted(refusal.next_step()),
            VBoxError::Run(RunError::Spawn { .. }) => Failure::new(Kind::Config, error)
                .hinted("install VirtualBox, or set virtualbox/vboxmanage"),
            VBoxError::Run(RunError::Hung { .. }) => told(match intent {
                Intent::Start => Kind::Transient,
                Intent::Stop => Kind::Fatal,
            })
            .hinted(format!(
                "VirtualBox's server may be deadlocked: pkill -9 -u {user} VBoxSVC ends it, and aborts the VMs of {user}"
            )),
            VBoxError::ServerGone(_) => told(Kind::Config).hinted(Refusal::IpcFolder.next_step()),
            VBoxError::Elsewhere(_) | VBoxError::Garbled(_) | VBoxError::Other(_) => {
                told(Kind::Transient)
            }
        }
    }
}
