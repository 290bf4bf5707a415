//! `VBoxManage`: what is asked of it, and what it says.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::host::{Ended, Host, Invocation, Output};
use crate::vm::{Uuid, VmState};

mod error;
mod find;
mod list;
mod vminfo;

pub(crate) use error::{Refusal, VBoxError};
pub(crate) use find::{find, ipc_folder_is_wrong};
pub(crate) use list::{Listed, Roll};
pub(crate) use vminfo::VmInfo;

/// VBoxManage as one user runs it.
pub(crate) struct VBoxManage<'a> {
    host: &'a dyn Host,
    program: PathBuf,
    env: Vec<(OsString, OsString)>,
}

/// A command to a VM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    /// `startvm VM --type TYPE`
    Start(&'static str),
    /// `controlvm VM VERB`
    Control(&'static str),
    /// `discardstate VM`
    DiscardState,
}

impl<'a> VBoxManage<'a> {
    /// VBoxManage at this path, with this environment and no other.
    pub(crate) fn new(
        host: &'a dyn Host,
        program: PathBuf,
        env: Vec<(OsString, OsString)>,
    ) -> Self {
        Self { host, program, env }
    }

    fn run(&self, args: &[&str], limit: Duration) -> Result<Output, VBoxError> {
        let invocation = Invocation {
            program: self.program.clone(),
            args: args.iter().map(OsString::from).collect(),
            env: self.env.clone(),
            limit,
        };
        Ok(self.host.run(&invocation)?)
    }

    fn text(&self, args: &[&str], limit: Duration) -> Result<String, VBoxError> {
        let output = self.run(args, limit)?;
        // It may exit 0 and print an error, and exit 1 and print a whole listing: both are failures.
        match output.ended {
            Ended::Exited(0) if !error::complains(&output) => {}
            _ => return Err(error::classify(&output)),
        }
        if output.cut {
            return Err(VBoxError::Garbled("far too much of it".to_owned()));
        }
        String::from_utf8(output.stdout)
            .map_err(|_| VBoxError::Garbled("it is not UTF-8".to_owned()))
    }

    /// `showvminfo VM --machinereadable`. It takes a session on a VM that is up, which does harm while it
    /// starts or stops: only for one of which no process lives.
    ///
    /// # Errors
    /// As VBoxManage says, or its output is not what it should be.
    pub(crate) fn show(&self, vm: &str, limit: Duration) -> Result<VmInfo, VBoxError> {
        let text = self.text(&["showvminfo", vm, "--machinereadable"], limit)?;
        vminfo::parse(&text).map_err(VBoxError::Garbled)
    }

    /// `list runningvms`: the UUIDs of the VMs that are running or paused. It takes no session.
    ///
    /// # Errors
    /// As VBoxManage says.
    pub(crate) fn running(&self, limit: Duration) -> Result<Vec<Uuid>, VBoxError> {
        let text = self.text(&["list", "runningvms"], limit)?;
        Ok(list::parse_short(&text)
            .into_iter()
            .map(|entry| entry.uuid)
            .collect())
    }

    /// `list --multiple vms runningvms`: who a name is, and which VMs are running or paused, in one call. It
    /// takes no session. The option has been there since VirtualBox 4 and is in no manual; where it is not
    /// understood, two calls do the same.
    ///
    /// # Errors
    /// As VBoxManage says.
    pub(crate) fn roll(&self, limit: Duration) -> Result<Roll, VBoxError> {
        let both = self.text(&["list", "--multiple", "vms", "runningvms"], limit);
        match both.as_deref().map(list::parse_sections) {
            Ok(Some(roll)) => Ok(roll),
            Ok(None) | Err(VBoxError::Other(_)) => Ok(Roll {
                vms: list::parse_short(&self.text(&["list", "vms"], limit)?),
                running: self.running(limit)?,
            }),
            Err(_) => Err(both.expect_err("it failed")),
        }
    }

    /// `list --long vms`: all VMs, in the order in which VirtualBox looks for a name. It takes no session,
    /// and 25 to 60 ms a VM, more while others ask the same.
    ///
    /// # Errors
    /// As VBoxManage says, or its output is not what it should be.
    pub(crate) fn all(&self, limit: Duration) -> Result<Vec<Listed>, VBoxError> {
        let text = self.text(&["list", "--long", "vms"], limit)?;
        list::parse_long(&text).map_err(VBoxError::Garbled)
    }

    /// Gives a VM a command.
    ///
    /// # Errors
    /// As VBoxManage says. `discardstate` of a VM that is off prints an error and exits 0: an error, too.
    pub(crate) fn command(
        &self,
        vm: &Uuid,
        command: Command,
        limit: Duration,
    ) -> Result<(), VBoxError> {
        let vm = vm.as_str();
        let args = match command {
            Command::Start(frontend) => vec!["startvm", vm, "--type", frontend],
            Command::Control(verb) => vec!["controlvm", vm, verb],
            Command::DiscardState => vec!["discardstate", vm],
        };
        let output = self.run(&args, limit)?;
        match output.ended {
            Ended::Exited(0) if !error::complains(&output) => Ok(()),
            _ => Err(error::classify(&output)),
        }
    }
}

/// A VM as a look found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Its UUID.
    pub(crate) uuid: Uuid,
    /// Its name.
    pub(crate) name: String,
    /// Its state.
    pub(crate) state: VmState,
}
