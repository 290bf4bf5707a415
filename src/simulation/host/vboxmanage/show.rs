//! `VBoxManage showvminfo --machinereadable`, and the same of `list --long vms`.

use std::time::Duration;

use super::{errors, find_for};
use crate::host::Output;
use crate::simulation::host::events::What;
use crate::simulation::host::machine::{Machine, is_between, is_up};
use crate::simulation::host::processes::{asks, reply};
use crate::simulation::host::world::World;
use crate::virtualbox::vm::VmState;

/// What a `showvminfo` takes.
const TIME: Duration = Duration::from_millis(32);

/// What real VirtualBox with words between `@` for what differs. A line that begins with
/// `?up`, `?saved` or `?described` is printed for such a VM.
const MACHINE_READABLE: &str = include_str!("showvminfo.txt");
const LONG: &str = include_str!("long.txt");

/// The two forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `key="value"`, with `\"` and `\\`.
    MachineReadable,
    /// `Key:      value`, nothing escaped.
    Long,
}

/// `showvminfo` takes a session on the VM and holds it while it looks.
pub(super) fn begin(world: &mut World, id: u64, wanted: &str) {
    let found = find_for(
        world,
        id,
        wanted,
        errors::FIND_TO_SHOW,
        errors::LOCK_TO_SHOW,
    );
    let machine = match found {
        Ok(machine) => machine,
        Err(output) => return reply(world, id, output),
    };
    asks(world, id, machine);
    let seen = world.machine(machine);
    if seen.is_frozen() {
        // There will never be an answer.
        return;
    }
    if is_between(&seen.state) {
        let hazard = format!("showvminfo of a VM that is {}", seen.state.human_words());
        let (owner, name) = (seen.owner.clone(), seen.name.clone());
        world.tell_of_vm(&owner, &name, What::Hazard(hazard));
    }
    let until = world.now.saturating_add(TIME);
    let seen = world.machine_mut(machine);
    seen.looked_at_until = seen.looked_at_until.max(until);
    world.at(until, move |world| {
        let text = text(world.machine(machine), Form::MachineReadable);
        reply(world, id, Output::exited(0, &text, ""));
    });
}

/// Everything about a VM.
pub(super) fn text(machine: &Machine, form: Form) -> String {
    if !machine.is_accessible() {
        return format!(
            "Name:            <inaccessible!>\nUUID:            {}\nConfig file:     {}/{}.vbox\nEncryption:     disabled\nAccess error details:\n\n",
            machine.uuid,
            folder(machine),
            file_name(&machine.name)
        );
    }
    let template = match form {
        Form::MachineReadable => MACHINE_READABLE,
        Form::Long => LONG,
    };
    let mut text = String::new();
    for line in template.lines() {
        let (wanted, line) = match line.strip_prefix('?').and_then(|l| l.split_once(' ')) {
            None => (true, line),
            Some(("up", line)) => (is_up(&machine.state), line),
            Some(("saved", line)) => (has_saved_state(&machine.state), line),
            Some((_, line)) => (machine.description.is_some(), line),
        };
        if wanted {
            fill(&mut text, line, machine, form);
            text.push('\n');
        }
    }
    text
}

/// Puts the words in.
fn fill(text: &mut String, line: &str, machine: &Machine, form: Form) {
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('@') {
        text.push_str(before);
        let word = after
            .split_once('@')
            .and_then(|(key, after)| Some((value(key, machine, form)?, after)));
        if let Some((value, after)) = word {
            text.push_str(&value);
            rest = after;
        } else {
            text.push('@');
            rest = after;
        }
    }
    text.push_str(rest);
}

fn value(key: &str, machine: &Machine, form: Form) -> Option<String> {
    let escaped = |text: &str| match form {
        Form::MachineReadable => text.replace('\\', "\\\\").replace('"', "\\\""),
        Form::Long => text.to_owned(),
    };
    Some(match key {
        "NAME" => escaped(&machine.name),
        "UUID" => machine.uuid.clone(),
        "FOLDER" => folder(machine),
        "FILE" => file_name(&machine.name),
        "STATE" if form == Form::Long => machine.state.human_words().to_owned(),
        "STATE" => machine.state.word().to_owned(),
        "SINCE" => timestamp(machine.since),
        "FRONTEND" => machine.frontend.clone(),
        "DESCRIPTION" => escaped(machine.description.as_deref().unwrap_or_default()),
        _ => return None,
    })
}

fn has_saved_state(state: &VmState) -> bool {
    matches!(
        state,
        VmState::Saved | VmState::AbortedSaved | VmState::Restoring
    )
}

/// The disk image of a VM.
pub(super) fn disk(machine: &Machine) -> String {
    format!("{}/{}.vdi", folder(machine), file_name(&machine.name))
}

fn folder(machine: &Machine) -> String {
    let home = crate::simulation::host::home_of(&machine.owner);
    format!(
        "{}/VirtualBox VMs/{}",
        home.display(),
        file_name(&machine.name)
    )
}

/// VirtualBox writes `_` for what a file's name should not hold.
fn file_name(name: &str) -> String {
    name.replace(
        ['"', '\'', '\\', '/', '\n', '\t', ';', '$', '`', '{', '}'],
        "_",
    )
}

/// As VirtualBox prints times. The virtual clock begins with January 2026 and does not leave it.
fn timestamp(at: Duration) -> String {
    let seconds = at.as_secs();
    format!(
        "2026-01-{:02}T{:02}:{:02}:{:02}.{:03}000000",
        1 + seconds / 86_400,
        seconds / 3_600 % 24,
        seconds / 60 % 60,
        seconds % 60,
        at.subsec_millis()
    )
}
