//! `VBoxManage`: what is asked of it, and what it says.

use std::cell::Cell;
use std::ffi::OsString;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

use crate::host::{
    Account, Contract, ExitStatus, Host, Invocation, Output, RunError, RunningProgram,
};
use crate::virtualbox::machine_file::WORD_MAX;
use crate::virtualbox::settings_folder::settings_folder;
use crate::virtualbox::vm::{Uuid, VmState};

mod error;
mod find;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod inventory;
mod list;
mod vminfo;

pub(crate) use error::{VBoxError, Words, is_bare};
pub(crate) use find::{FindError, TrustError, find, ipc_folder_is_wrong, trust};
pub(crate) use inventory::Registered;
pub(crate) use list::{Entry, Listed, VmListing};
pub(crate) use vminfo::VmInfo;

/// VBoxManage as one user runs it.
pub(crate) struct VBoxManage<'a> {
    host: &'a dyn Host,
    program: PathBuf,
    env: Vec<(OsString, OsString)>,
    /// See [`Self::expect_answers`].
    steady: Cell<bool>,
    /// How many VMs the user has, as far as that is known.
    vms: Cell<u32>,
}

/// About one list in eighty hangs for 10 s in VBoxManage's own exit, though all is printed by then, and nothing is
/// harmed when it is killed and asked again. One that asks for little takes 30 to 50 ms, and each VM costs the long one 25
/// to 50 ms: after this time it is taken to hang, and after twice the time the next one, for a busy machine.
const LIST: Duration = Duration::from_millis(700);
/// The same for the long list, without its VMs.
const LONG_LIST: Duration = Duration::from_secs(1);
/// What a VM adds to that.
const LONG_LIST_VM: Duration = Duration::from_millis(50);

/// A command to a VM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    /// `startvm VM --type TYPE`
    Start(&'static str),
    /// `controlvm VM VERB`
    Control(&'static str),
    /// `discardstate VM`
    DiscardState,
    /// `setextradata VM KEY VALUE`, and without a value it takes the key away again.
    ExtraData(&'static str, Option<&'static str>),
}

impl Command {
    /// The arguments of VBoxManage.
    pub(crate) fn args(self, vm: &str) -> Vec<&str> {
        match self {
            Self::Start(frontend) => vec!["startvm", vm, "--type", frontend],
            Self::Control(verb) => vec!["controlvm", vm, verb],
            Self::DiscardState => vec!["discardstate", vm],
            Self::ExtraData(key, value) => {
                ["setextradata", vm, key].into_iter().chain(value).collect()
            }
        }
    }
}

impl<'a> VBoxManage<'a> {
    /// VBoxManage at this path, with this environment and no other.
    pub(crate) fn new(
        host: &'a dyn Host,
        program: PathBuf,
        env: Vec<(OsString, OsString)>,
    ) -> Self {
        Self {
            host,
            program,
            env,
            steady: Cell::new(false),
            vms: Cell::new(0),
        }
    }
    /// The folder in which its clients and the server meet: its name is that of `VBOX_IPC_SOCKETID`, or of the
    /// user.
    pub(crate) fn ipc_folder(&self) -> String {
        let id = ["VBOX_IPC_SOCKETID", "LOGNAME"].iter().find_map(|wanted| {
            let (_, value) = self.env.iter().find(|(name, _)| name == wanted)?;
            Some(value.to_string_lossy())
        });
        format!("/tmp/.vbox-{}-ipc", id.unwrap_or_default())
    }

    /// Whether VirtualBox's server is there and answers: a list that takes long then hangs in its own exit, and is asked
    /// again. While a server starts, or a VM that has lost its server lives, a list waits for that, and asking again is of
    /// no use.
    pub(crate) fn expect_answers(&self, steady: bool) {
        self.steady.set(steady);
    }

    /// How many VMs the lists have.
    pub(crate) fn expect_vms(&self, vms: usize) {
        self.vms.set(u32::try_from(vms).unwrap_or(u32::MAX));
    }

    /// Where VirtualBox keeps the settings of this user, in this environment.
    pub(crate) fn settings_folder(&self, account: &Account) -> Option<PathBuf> {
        settings_folder(self.host, &self.env, &account.home)
    }

    /// Every call goes through here: VBoxSVC, and with it every VM of the user, may be born in any of them, and must
    /// not be a member of the contract that SMF kills when the method's time is over.
    fn begin(
        &self,
        args: &[&str],
        limit: Duration,
    ) -> Result<Box<dyn RunningProgram + '_>, VBoxError> {
        let invocation = Invocation {
            program: self.program.clone(),
            args: args.iter().map(OsString::from).collect(),
            env: self.env.clone(),
            limit,
            contract: Contract::Own,
        };
        Ok(self.host.begin(&invocation)?)
    }

    /// A call that takes no session, so that it may be killed and made again.
    fn ask(&self, args: &[&str], limit: Duration) -> Result<Output, VBoxError> {
        let patience = match args {
            ["list", "--long", ..] => {
                LONG_LIST.saturating_add(LONG_LIST_VM.saturating_mul(self.vms.get()))
            }
            ["list", ..] => LIST,
            _ => limit,
        };
        let patience = if self.steady.get() { patience } else { limit };
        self.ask_again(args, limit, patience)
    }

    /// Asks with this patience, and with twice as much each time that it was not enough, until the limit is over.
    fn ask_again(
        &self,
        args: &[&str],
        limit: Duration,
        mut patience: Duration,
    ) -> Result<Output, VBoxError> {
        let until = self.host.now() + limit;
        loop {
            let left = until.saturating_sub(self.host.now());
            // What would be left of the limit is of no use for another call.
            let is_last = left <= patience.saturating_mul(2);
            let call = self.begin(args, if is_last { left } else { patience })?;
            match call.finish(&mut crate::host::keep_waiting) {
                Err(RunError::Hung { .. }) if !is_last => patience = patience.saturating_mul(2),
                ended => return Ok(ended?),
            }
        }
    }

    fn text(&self, args: &[&str], limit: Duration) -> Result<String, VBoxError> {
        Self::said(self.ask(args, limit)?)
    }

    /// What a call printed.
    fn said(output: Output) -> Result<String, VBoxError> {
        // It may exit 0 and print an error, and exit 1 and print a whole listing: both are failures.
        if error::complains(&output) {
            return Err(error::classify(&output));
        }
        Self::printed(output)
    }

    /// `list --long vms`, and what it complained about: it exits 0 and complains about each VM that is inaccessible.
    fn long(&self, limit: Duration) -> Result<(String, Option<VBoxError>), VBoxError> {
        let output = self.ask(&["list", "--long", "vms"], limit)?;
        let complaint = error::complains(&output).then(|| error::classify(&output));
        Ok((Self::printed(output)?, complaint))
    }

    /// What it printed, if it exited 0, whatever it complained about.
    fn printed(output: Output) -> Result<String, VBoxError> {
        if output.ended != ExitStatus::Exited(0) {
            return Err(error::classify(&output));
        }
        if output.cut {
            return Err(VBoxError::Garbled("too much output".to_owned()));
        }
        String::from_utf8(output.stdout)
            .map_err(|_| VBoxError::Garbled("not valid UTF-8".to_owned()))
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
        self.ask_running(limit)?.answer()
    }

    /// The same, begun: the processes can be looked at while VirtualBox makes its list.
    ///
    /// # Errors
    /// VBoxManage cannot be executed.
    pub(crate) fn ask_running(&self, limit: Duration) -> Result<AskedRunning<'_>, VBoxError> {
        let patience = if self.steady.get() { LIST } else { limit };
        Ok(AskedRunning {
            vbox: self,
            until: self.host.now() + limit,
            patience,
            call: self.begin(&RUNNING, patience.min(limit))?,
        })
    }

    /// `list --multiple vms runningvms`: who a name is, and which VMs are running or paused, in one call. It
    /// takes no session. The option has been there since VirtualBox 4 and is in no manual; where it is not
    /// understood, two calls do the same.
    ///
    /// # Errors
    /// As VBoxManage says.
    pub(crate) fn listing(&self, limit: Duration) -> Result<VmListing, VBoxError> {
        let until = self.host.now() + limit;
        let left = || until.saturating_sub(self.host.now());
        let both = self.text(&["list", "--multiple", "vms", "runningvms"], limit);
        match both.as_deref().map(list::parse_sections) {
            Ok(Some(listing)) => Ok(listing),
            Ok(None) | Err(VBoxError::Other(_)) => Ok(VmListing {
                vms: list::parse_short(&self.text(&["list", "vms"], left())?),
                running: self.running(left())?,
            }),
            Err(_) => Err(both.expect_err("it failed")),
        }
    }

    /// `list --long vms`: all VMs, in the order in which VirtualBox looks for a name. It takes no session,
    /// and 25 to 60 ms a VM, more while others ask the same.
    ///
    /// It exits 0 and complains about each VM that is inaccessible, or not ready: that says nothing of the others,
    /// which are listed, but whoever misses a VM in it must not take it for one that is not there.
    ///
    /// # Errors
    /// As VBoxManage says, or its output is not what it should be.
    pub(crate) fn all(&self, limit: Duration) -> Result<LongList, VBoxError> {
        let (text, complaint) = self.long(limit)?;
        Ok(LongList {
            vms: list::parse_long(&text).map_err(VBoxError::Garbled)?,
            complaint,
        })
    }

    /// `list vms`, `list --long vms` and `list hdds`: all VMs and the files that they need. None of them takes a
    /// session.
    ///
    /// # Errors
    /// As VBoxManage says, or its lists contradict each other.
    pub(crate) fn inventory(&self, limit: Duration) -> Result<Vec<Registered>, VBoxError> {
        let until = self.host.now() + limit;
        let left = || until.saturating_sub(self.host.now());
        let vms = self.text(&["list", "vms"], left())?;
        // Whether the listing is whole is seen in it.
        let (long, _complaint) = self.long(left())?;
        let hdds = self.text(&["list", "hdds"], left())?;
        inventory::join(&vms, &long, &hdds)
    }

    /// `list vms`: who there is, in the order in which VirtualBox looks for a name. It takes no session.
    ///
    /// # Errors
    /// As VBoxManage says.
    pub(crate) fn vms(&self, limit: Duration) -> Result<Vec<Entry>, VBoxError> {
        let text = self.text(&["list", "vms"], limit)?;
        bounded(list::parse_short(&text))
    }

    /// `list --long vms`, as [`Self::all`], and which of the VMs VirtualBox's own autostart starts.
    ///
    /// # Errors
    /// As VBoxManage says, or its output is not what it should be.
    pub(crate) fn details(&self, limit: Duration) -> Result<(Vec<Listed>, Vec<Uuid>), VBoxError> {
        let (text, complaint) = self.long(limit)?;
        // A VM whose settings file is missing or broken must not hide the others.
        if let Some(error) = complaint.filter(|_| !list::has_inaccessible(text.as_bytes())) {
            return Err(error);
        }
        let all = list::parse_long(&text).map_err(VBoxError::Garbled)?;
        Ok((all, list::parse_autostart(&text)))
    }

    /// `--version`: it asks no server. A wrapper may print a warning before it.
    ///
    /// # Errors
    /// As VBoxManage says.
    pub(crate) fn version(&self, limit: Duration) -> Result<String, VBoxError> {
        let text = self.text(&["--version"], limit)?;
        let numbered = |line: &&str| line.starts_with(|c: char| c.is_ascii_digit());
        text.lines()
            .rev()
            .find(numbered)
            .map(str::to_owned)
            .ok_or_else(|| VBoxError::Garbled("no version found".to_owned()))
    }

    /// Gives a VM a command. Saving the state of a large VM takes minutes.
    ///
    /// # Errors
    /// As VBoxManage says. `discardstate` of a VM that is off prints an error and exits 0: an error, too.
    pub(crate) fn command(
        &self,
        vm: &Uuid,
        command: Command,
        limit: Duration,
        still_running: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<(), VBoxError> {
        let call = self.begin(&command.args(vm.as_str()), limit)?;
        let output = call.finish(still_running)?;
        match output.ended {
            ExitStatus::Exited(0) if !error::complains(&output) => Ok(()),
            _ => Err(error::classify(&output)),
        }
    }
}

/// So many VMs of a user are looked at by the commands that look at all of them. It is that user's VirtualBox, or what
/// stands in its place, that says how many there are, and root who waits for what is made of them.
pub(crate) const LISTED_MAX: usize = 10_000;

/// What is listed, unless it is too much.
fn bounded(vms: Vec<Entry>) -> Result<Vec<Entry>, VBoxError> {
    if vms.len() > LISTED_MAX {
        let told = format!("{} VMs are listed; the limit is {LISTED_MAX}", vms.len());
        return Err(VBoxError::Garbled(told));
    }
    // A table is as wide as its widest cell, in every line.
    if let Some(long) = vms.iter().map(|vm| vm.name.len()).find(|n| *n > WORD_MAX) {
        let told = format!("a VM is listed by a name of {long} bytes; {WORD_MAX} are the most");
        return Err(VBoxError::Garbled(told));
    }
    Ok(vms)
}

/// `list runningvms`
const RUNNING: [&str; 2] = ["list", "runningvms"];

/// A `list runningvms` that was begun.
#[must_use = "it is to be waited for"]
pub(crate) struct AskedRunning<'a> {
    vbox: &'a VBoxManage<'a>,
    until: Duration,
    patience: Duration,
    call: Box<dyn RunningProgram + 'a>,
}

impl AskedRunning<'_> {
    /// The UUIDs of the VMs that are running or paused.
    ///
    /// # Errors
    /// As VBoxManage says.
    pub(crate) fn answer(self) -> Result<Vec<Uuid>, VBoxError> {
        let output = match self.call.finish(&mut crate::host::keep_waiting) {
            Err(RunError::Hung { .. }) if self.vbox.host.now() < self.until => {
                let left = self.until.saturating_sub(self.vbox.host.now());
                self.vbox
                    .ask_again(&RUNNING, left, self.patience.saturating_mul(2))?
            }
            ended => ended?,
        };
        let text = VBoxManage::said(output)?;
        Ok(list::parse_short(&text)
            .into_iter()
            .map(|entry| entry.uuid)
            .collect())
    }
}

/// What the long list says.
#[derive(Debug)]
pub(crate) struct LongList {
    /// The VMs whose state it has, in the order in which VirtualBox looks for a name.
    pub(crate) vms: Vec<Listed>,
    /// What VBoxManage complained about beside it.
    pub(crate) complaint: Option<VBoxError>,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::fake::Fake;

    const LIMIT: Duration = Duration::from_secs(20);
    const VM1: &str = "\"vm1\" {c49decd0-163a-44f9-9d85-b6e06ddc2277}\n";
    const VM2: &str = "\"vm2\" {4b0da5f0-2f13-4f02-bf54-0325aa230a94}\n";

    fn listing(fake: &Fake) -> Result<VmListing, VBoxError> {
        VBoxManage::new(fake, "/usr/bin/VBoxManage".into(), Vec::new()).listing(LIMIT)
    }

    #[test]
    fn where_clients_and_server_meet() {
        let fake = Fake::default();
        let user = ("LOGNAME".into(), "vb".into());
        let id = ("VBOX_IPC_SOCKETID".into(), "other".into());
        for (env, folder) in [
            (vec![user.clone()], "/tmp/.vbox-vb-ipc"),
            (vec![user, id], "/tmp/.vbox-other-ipc"),
        ] {
            let vbox = VBoxManage::new(&fake, "/usr/bin/VBoxManage".into(), env);
            assert_eq!(vbox.ipc_folder(), folder);
        }
    }

    #[test]
    fn one_call_or_two_say_the_same() {
        let one = Fake::default().answer(
            "list --multiple vms runningvms",
            0,
            &format!("[vms]\n{VM1}{VM2}\n[runningvms]\n{VM2}"),
            "",
        );
        let two = |multiple: &str, status| {
            Fake::default()
                .answer("list --multiple vms runningvms", status, "", multiple)
                .answer("list vms", 0, &format!("{VM1}{VM2}"), "")
                .answer("list runningvms", 0, VM2, "")
        };
        let expected = listing(&one).expect("one call");
        assert_eq!(expected.vms.len(), 2);
        assert_eq!(expected.running, [expected.vms[1].uuid.clone()]);
        assert_eq!(one.asked().len(), 1);
        for other in [
            two("VBoxManage: error: Unknown option: --multiple\n", 2),
            two("", 0),
        ] {
            assert_eq!(listing(&other).expect("two calls"), expected);
            assert_eq!(other.asked().len(), 3);
        }
    }

    #[test]
    fn a_server_that_is_gone_is_not_asked_twice() {
        let gone = "VBoxManage: error: Failed to create the VirtualBox object!\n";
        let fake = Fake::default().answer("list --multiple vms runningvms", 1, "", gone);
        assert!(matches!(listing(&fake), Err(VBoxError::ServerGone(_))));
        assert_eq!(fake.asked().len(), 1);
    }

    /// One VM whose settings are gone does not hide the others; any other error does.
    #[test]
    fn an_inaccessible_vm_in_the_long_list() {
        let listing = include_str!("../../tests/vectors/vboxmanage/list-long-inaccessible.txt");
        let error = "VBoxManage: error: Runtime error opening '/home/vb/vm.vbox' for reading VERR_FILE_NOT_FOUND (File not found.).\n";
        let fake = |stdout: &str| Fake::default().answer("list --long vms", 0, stdout, error);
        let vbox = |fake| VBoxManage::new(fake, "/usr/bin/VBoxManage".into(), Vec::new());
        let whole = fake(listing);
        let (vms, _) = vbox(&whole).details(LIMIT).expect("the others");
        let names: Vec<_> = vms.into_iter().map(|vm| vm.name).collect();
        assert_eq!(names, ["a", "b"]);
        // Who looks for one VM decides by itself what a complaint says about it.
        assert!(
            vbox(&whole)
                .all(LIMIT)
                .expect("the others")
                .complaint
                .is_some()
        );
        let (cut, _) = listing.split_once("\nName:            <").expect("two VMs");
        let cut = fake(cut);
        assert!(matches!(
            vbox(&cut).details(LIMIT),
            Err(VBoxError::Other(_))
        ));
    }

    /// `discardstate` of a VM that is off exits 0, and `showvminfo` has exited 1 with a whole listing.
    #[test]
    fn an_exit_status_alone_says_nothing() {
        let uuid: Uuid = "c49decd0-163a-44f9-9d85-b6e06ddc2277"
            .parse()
            .expect("a UUID");
        let error = "VBoxManage: error: The object is not ready\n";
        let listing = include_str!("../../tests/vectors/vminfo/7.2.22-poweroff.txt");
        let fake = Fake::default()
            .answer(&format!("discardstate {uuid}"), 0, "", error)
            .answer("showvminfo a --machinereadable", 0, listing, error)
            .answer("showvminfo b --machinereadable", 1, listing, "")
            .answer("showvminfo c --machinereadable", 0, listing, "");
        let vbox = VBoxManage::new(&fake, "/usr/bin/VBoxManage".into(), Vec::new());
        let discard = vbox.command(
            &uuid,
            Command::DiscardState,
            LIMIT,
            &mut crate::host::keep_waiting,
        );
        assert!(matches!(discard, Err(VBoxError::Elsewhere(_))));
        assert!(matches!(
            vbox.show("a", LIMIT),
            Err(VBoxError::Elsewhere(_))
        ));
        assert!(matches!(vbox.show("b", LIMIT), Err(VBoxError::Other(_))));
        assert_eq!(
            vbox.show("c", LIMIT).expect("a listing").state,
            VmState::PowerOff
        );
    }
}
