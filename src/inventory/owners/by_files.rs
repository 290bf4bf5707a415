//! The VMs of a user by VirtualBox's own files: no program where none of them has a process, one list where all that have
//! one run.
//!
//! ```text
//! no process, no client          its settings file, read twice
//! in 'list runningvms', and its  running
//!   log says so
//! anything else                  list --long vms, once for all
//! ```

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use super::listed::{Listed, StateInList};
use super::{EACH_VM, find_orphans, lock_if_cold};
use crate::host::{Host, Process};
use crate::inventory::limit::Limit;
use crate::virtualbox::file::{FileTrouble, What};
use crate::virtualbox::machine_file::MachineFile;
use crate::virtualbox::processes::{Wanted, candidates, summary};
use crate::virtualbox::registry::{Registered, Registry};
use crate::virtualbox::server::SHORT_CALL;
use crate::virtualbox::session::ask_patiently;
use crate::virtualbox::vbox_log::{self, VBoxLog};
use crate::virtualbox::vboxmanage::{LISTED_MAX, VBoxError, VBoxManage};
use crate::virtualbox::vm::{Uuid, VmState};

/// Between the two times that the files are read: VirtualBox writes one within 3 ms after a process was killed, and
/// one is absent for 2 ms while it is written.
const SETTLE: Duration = Duration::from_millis(50);

/// A VM as its files have it.
struct Vm {
    entry: Registered,
    file: Result<MachineFile, FileTrouble>,
    state: Option<StateInList>,
}

impl Vm {
    fn read(host: &dyn Host, entry: Registered) -> Self {
        let file = MachineFile::read(host, &entry.settings_file);
        Self {
            entry,
            file,
            state: None,
        }
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            name: self.file.as_ref().ok().map(|file| file.name.as_str()),
            uuid: Some(&self.entry.uuid),
        }
    }

    /// Whether a process is or may be this VM, or a client may have it open.
    fn is_touched(&self, processes: &[Process]) -> bool {
        let summary = summary(processes, self.wanted());
        summary.may_live || summary.handled
    }

    /// Its state, where its settings file tells it twice and no process may say otherwise.
    fn rest(&mut self, again: Result<MachineFile, FileTrouble>, seen: [&[Process]; 2]) {
        let is_missing = |file: &Result<MachineFile, FileTrouble>| matches!(file, Err(trouble) if trouble.what == What::Missing);
        if seen.iter().any(|processes| self.is_touched(processes)) {
            return;
        }
        if is_missing(&self.file) && is_missing(&again) {
            self.state = Some(StateInList::Nothing);
        }
        if let (Ok(first), Ok(second)) = (&self.file, &again)
            && first == second
            && first.uuid == self.entry.uuid
        {
            self.state = Some(StateInList::Word(first.resting.state().word().to_owned()));
        }
        // One that was being written is there now.
        self.file = again;
    }

    /// That it runs, where VirtualBox lists it and the log of its process says so: paused ones are listed, too.
    fn run(&mut self, host: &dyn Host, running: &[Uuid], processes: &[Process]) {
        let Ok(file) = &self.file else { return };
        if !running.contains(&self.entry.uuid) {
            return;
        }
        let Ok(log) = VBoxLog::read(host, &file.log(), vbox_log::RUN) else {
            return;
        };
        let its = candidates(processes, self.wanted());
        if its.into_iter().any(|process| log.says_running(process.pid)) {
            self.state = Some(StateInList::Word(VmState::Running.word().to_owned()));
        }
    }
}

/// The VMs in a settings folder; none where only VirtualBox knows them.
pub(super) fn list(
    host: &dyn Host,
    vbox: &VBoxManage<'_>,
    settings_folder: &Path,
    limit: Limit,
) -> Result<Option<Vec<Listed>>, VBoxError> {
    let (Ok(before), Ok(registry)) = (host.processes(), Registry::read(host, settings_folder))
    else {
        return Ok(None);
    };
    // As `Registry::only` has it, of all at once.
    let uuids: HashSet<_> = registry.entries.iter().map(|entry| &entry.uuid).collect();
    let files: HashSet<_> = registry
        .entries
        .iter()
        .map(|entry| &entry.settings_file)
        .collect();
    let count = registry.entries.len();
    // Of more VMs VirtualBox's list says how many there are, and that it is too many.
    if count > LISTED_MAX || uuids.len() < count || files.len() < count {
        return Ok(None);
    }
    vbox.expect_vms(registry.entries.len());
    let began = host.now();
    let entries = registry.entries.iter().cloned();
    let mut vms: Vec<Vm> = entries.map(|entry| Vm::read(host, entry)).collect();
    let running = if vms.iter().any(|vm| vm.is_touched(&before)) {
        let lock = lock_if_cold(host, limit);
        let running = ask_patiently(host, || vbox.running(limit.of(host, SHORT_CALL)))?;
        drop(lock);
        running
    } else {
        Vec::new()
    };
    host.sleep(SETTLE.saturating_sub(host.now().saturating_sub(began)));
    let again = Registry::read(host, settings_folder);
    let Ok(after) = host.processes() else {
        return Ok(None);
    };
    if again.as_ref() != Ok(&registry) {
        return Ok(None);
    }
    for vm in &mut vms {
        let file = MachineFile::read(host, &vm.entry.settings_file);
        vm.rest(file, [&before, &after]);
        if vm.state.is_none() {
            vm.run(host, &running, &after);
        }
    }
    if vms.iter().any(|vm| vm.state.is_none()) {
        ask(host, vbox, &mut vms, limit)?;
    }
    let mut listed: Vec<Listed> = vms.into_iter().map(listed).collect();
    find_orphans(host, &before, &mut listed);
    Ok(Some(listed))
}

/// What the long list says of those of which nothing is known yet.
fn ask(
    host: &dyn Host,
    vbox: &VBoxManage<'_>,
    vms: &mut [Vm],
    limit: Limit,
) -> Result<(), VBoxError> {
    let each = EACH_VM.saturating_mul(u32::try_from(vms.len()).unwrap_or(u32::MAX));
    let lock = lock_if_cold(host, limit);
    let long = SHORT_CALL.saturating_add(each);
    let (long, _) = ask_patiently(host, || vbox.details(limit.of(host, long)))?;
    drop(lock);
    let mut states = StateInList::each(&long);
    for vm in vms.iter_mut().filter(|vm| vm.state.is_none()) {
        vm.state = Some(
            states
                .remove(&vm.entry.uuid)
                .unwrap_or(StateInList::Nothing),
        );
    }
    Ok(())
}

fn listed(vm: Vm) -> Listed {
    let state = vm.state.unwrap_or(StateInList::Nothing);
    let file = vm.file.ok();
    Listed {
        trouble: None,
        uuid: vm.entry.uuid.to_string(),
        name: match &file {
            Some(file) => file.name.clone(),
            // As VirtualBox lists it.
            None => "<inaccessible>".to_owned(),
        },
        state,
        autostart: file.is_some_and(|file| file.autostart),
        orphan: None,
    }
}
