//! The join, pure: what SMF has and what VirtualBox has, a row for each instance, and where the two disagree.

use std::collections::{HashMap, HashSet};

use crate::config::settings::{OnAborted, OnPaused, OnSaved, Settings};
use crate::engine::plan::{Class, class};
use crate::inventory::instances::Instance;
use crate::inventory::owners::{Answer, Listed, ListedState, find, namesakes};
use crate::smf::fmri::InstanceFmri;
use crate::smf::tools::svcs::SmfState;
use crate::virtualbox::vm::{VmName, VmState};

use super::note::Note;

/// So many VMs without a name are shown beside one that is not found.
const LOST_SHOWN: usize = 5;

/// What one user's VirtualBox says, and for which instances it counts.
#[derive(Debug, Clone)]
pub(in crate::commands) struct Asked {
    /// The login name.
    pub(in crate::commands) owner: String,
    /// The places of its instances among all.
    pub(in crate::commands) members: Vec<usize>,
    /// `VBOX_USER_HOME`, where it is set.
    pub(in crate::commands) user_home: Option<String>,
    pub(in crate::commands) answer: Answer,
}

/// What is told of a VM's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::commands) enum Vm {
    State(VmState),
    /// Its user has no such VM.
    Missing,
    /// Its settings file is missing or broken.
    Inaccessible,
    /// It could not be asked.
    Unknown,
}

impl Vm {
    /// The word in the table.
    pub(in crate::commands) fn word(&self) -> &str {
        match self {
            Self::State(state) => state.word(),
            Self::Missing => "missing",
            Self::Inaccessible => "inaccessible",
            Self::Unknown => "unknown",
        }
    }

    /// Whether its guest runs; none where that is not known.
    pub(super) fn runs(&self) -> Option<bool> {
        match self {
            Self::State(state) => match class(state) {
                Class::Up => Some(true),
                Class::Paused
                | Class::Dead
                | Class::Off
                | Class::Saved
                | Class::Crashed
                | Class::Transitional
                | Class::Busy => Some(false),
                Class::Unknown => None,
            },
            Self::Missing | Self::Inaccessible => Some(false),
            Self::Unknown => None,
        }
    }
}

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::commands) struct Row {
    /// None: a VM without an instance.
    pub(in crate::commands) fmri: Option<InstanceFmri>,
    /// The instance's short name, or the VM's.
    pub(super) name: String,
    /// The VM's name as VirtualBox has it, or as the settings have it.
    pub(super) vm_name: Option<String>,
    pub(super) uuid: Option<String>,
    pub(super) smf: Option<SmfState>,
    pub(super) next: Option<SmfState>,
    pub(in crate::commands) vm: Vm,
    /// As svcs prints it.
    pub(super) since: Option<String>,
    /// Seconds since 1970.
    pub(super) since_seconds: Option<u64>,
    /// None where it is not known.
    pub(in crate::commands) owner: Option<String>,
    pub(super) stop: Option<&'static str>,
    pub(in crate::commands) notes: Vec<Note>,
}

/// One row an instance, in their order; then one for each VM that has none, where `all` are meant.
pub(in crate::commands) fn join(instances: &[Instance], asked: &[Asked], all: bool) -> Vec<Row> {
    let mut rows: Vec<Row> = instances.iter().map(alone).collect();
    for each in asked {
        for &at in &each.members {
            look_up(&mut rows[at], &instances[at], each);
        }
    }
    note_shared(&mut rows);
    for row in &mut rows {
        // Another note most likely says why.
        if row.smf == Some(SmfState::Maintenance) && row.next.is_none() && row.notes.is_empty() {
            row.notes.push(Note::Maintenance);
        }
    }
    if all {
        for each in asked {
            rows.extend(without_instance(&rows, each));
        }
    }
    rows
}

/// What SMF alone says.
fn alone(instance: &Instance) -> Row {
    let known = instance.known.as_ref();
    let another = instance.another_program();
    let ours = known.filter(|_| another.is_none());
    let settings = ours.and_then(|known| known.settings.as_ref().ok());
    let mut notes: Vec<_> = another.map(Note::AnotherProgram).into_iter().collect();
    if let Some(Err(error)) = ours.map(|known| &known.settings) {
        notes.push(Note::Setting(error.to_string()));
    }
    if let Some(ignored) = ours.and_then(|known| known.ignored.as_ref()) {
        notes.push(Note::RunsAs(ignored.instead.clone()));
    }
    if known.is_none() {
        notes.push(Note::Unknown("its properties are unknown".to_owned()));
    }
    Row {
        fmri: Some(instance.fmri.clone()),
        name: instance.short_name(),
        vm_name: settings.map(|settings| settings.vm.as_str().to_owned()),
        uuid: None,
        smf: Some(instance.state.clone()),
        next: instance.next.clone(),
        vm: Vm::Unknown,
        since: Some(instance.since.clone()),
        since_seconds: instance.since_seconds(),
        owner: known.map(|known| known.user.clone()),
        stop: settings.map(|settings| settings.stop_method.word()),
        notes,
    }
}

/// Adds what VirtualBox says.
fn look_up(row: &mut Row, instance: &Instance, asked: &Asked) {
    row.owner = Some(asked.owner.clone());
    if instance.another_program().is_some() {
        return look_up_anothers(row, instance, asked);
    }
    let Some(Ok(settings)) = instance.known.as_ref().map(|known| &known.settings) else {
        return;
    };
    let vms = match &asked.answer {
        Ok(vms) => vms,
        Err(error) => {
            row.notes.push(Note::Unknown(error.reason.clone()));
            return;
        }
    };
    let Some(listed) = find(vms, &settings.vm) else {
        row.vm = Vm::Missing;
        // One that cannot be read has no name by which it could be found.
        let lost = vms
            .iter()
            .filter(|vm| vm.listed_state() == ListedState::Inaccessible);
        row.notes.push(Note::NoSuchVm {
            user_home: asked.user_home.clone(),
            lost: lost.take(LOST_SHOWN).map(lost_words).collect(),
        });
        return;
    };
    row.uuid = Some(listed.uuid().to_owned());
    row.vm_name = Some(listed.name.clone());
    let namesakes = namesakes(vms, &settings.vm);
    if namesakes > 1 {
        row.notes.push(Note::Namesakes(namesakes));
    }
    match listed.listed_state() {
        ListedState::State(state) => {
            // While a method runs, it is the method's.
            let orphan = listed.orphan.filter(|_| instance.next.is_none());
            let note = orphan.map(Note::Orphan);
            row.notes
                .extend(note.or_else(|| disagreement(instance, &state, settings)));
            row.vm = Vm::State(state);
        }
        ListedState::Inaccessible => {
            row.vm = Vm::Inaccessible;
            row.notes.push(Note::Inaccessible(lost_words(listed)));
        }
        ListedState::Ambiguous => row.notes.push(Note::Unknown(
            "VirtualBox lists it with two states".to_owned(),
        )),
    }
}

/// `{a3a2...}: /vms/vm1/vm1.vbox does not exist`
fn lost_words(vm: &Listed) -> String {
    match &vm.trouble {
        Some(trouble) => format!("{{{}}}: {trouble}", vm.uuid()),
        None => format!("{{{}}}", vm.uuid()),
    }
}

/// What VirtualBox says of the VM that has the name of an instance of another program, as vboxsvc's are called. Which
/// state it should be in, that program knows.
fn look_up_anothers(row: &mut Row, instance: &Instance, asked: &Asked) {
    let name = instance.fmri.instance().as_str().parse::<VmName>();
    let (Ok(vms), Ok(name)) = (&asked.answer, name) else {
        return;
    };
    let Some(listed) = find(vms, &name) else {
        return;
    };
    row.uuid = Some(listed.uuid().to_owned());
    row.vm_name = Some(listed.name.clone());
    if let ListedState::State(state) = listed.listed_state() {
        row.vm = Vm::State(state);
    }
}

/// Where the states do not go together. While either changes, nothing is said.
fn disagreement(instance: &Instance, state: &VmState, settings: &Settings) -> Option<Note> {
    if instance.next.is_some() {
        return None;
    }
    let word = match class(state) {
        Class::Up => "running",
        Class::Paused => "paused",
        Class::Dead => "stuck",
        Class::Off => "off",
        Class::Saved => "saved",
        Class::Crashed => "aborted",
        Class::Transitional | Class::Busy | Class::Unknown => return None,
    };
    let left = match class(state) {
        Class::Paused => settings.on_paused == OnPaused::Leave,
        Class::Saved => settings.on_saved == OnSaved::Leave,
        Class::Crashed => settings.on_aborted == OnAborted::Leave,
        Class::Up
        | Class::Dead
        | Class::Off
        | Class::Transitional
        | Class::Busy
        | Class::Unknown => false,
    };
    let up = matches!(class(state), Class::Up | Class::Paused | Class::Dead);
    match &instance.state {
        SmfState::Online | SmfState::Degraded => {
            (class(state) != Class::Up && !left).then_some(Note::Online(word))
        }
        SmfState::Disabled => up.then_some(Note::Disabled(word)),
        SmfState::Offline | SmfState::Uninitialized => up.then_some(Note::Offline(word)),
        // It has a note of its own, and the state is beside it.
        SmfState::Maintenance | SmfState::Other(_) => None,
    }
}

/// Two instances of one VM fight over it.
fn note_shared(rows: &mut [Row]) {
    let key = |row: &Row| {
        let vm = row.uuid.clone().or_else(|| row.vm_name.clone())?;
        Some((row.owner.clone()?, vm))
    };
    // Of each VM its first two rows: one of them is another one than any row of it.
    let mut of_vm: HashMap<_, (usize, Option<usize>)> = HashMap::new();
    let keys: Vec<_> = rows.iter().map(key).collect();
    for (at, key) in keys.iter().enumerate() {
        let Some(key) = key else { continue };
        let entry = of_vm.entry(key).or_insert((at, None));
        if entry.0 != at {
            entry.1.get_or_insert(at);
        }
    }
    for (at, key) in keys.iter().enumerate() {
        let Some(&(first, second)) = key.as_ref().and_then(|key| of_vm.get(key)) else {
            continue;
        };
        let other = if first == at { second } else { Some(first) };
        if let Some(other) = other {
            let name = rows[other].name.clone();
            rows[at].notes.push(Note::SameVm(name));
        }
    }
}

/// The VMs of a user that no instance has.
fn without_instance(rows: &[Row], asked: &Asked) -> Vec<Row> {
    let vms = asked.answer.as_deref().unwrap_or_default();
    let known: HashSet<&str> = rows.iter().filter_map(|row| row.uuid.as_deref()).collect();
    let is_known = |vm: &Listed| known.contains(vm.uuid());
    let row = |listed: &Listed| Row {
        fmri: None,
        name: listed.name.clone(),
        vm_name: Some(listed.name.clone()),
        uuid: Some(listed.uuid().to_owned()),
        smf: None,
        next: None,
        vm: match listed.listed_state() {
            ListedState::State(state) => Vm::State(state),
            ListedState::Inaccessible => Vm::Inaccessible,
            ListedState::Ambiguous => Vm::Unknown,
        },
        since: None,
        since_seconds: None,
        owner: Some(asked.owner.clone()),
        stop: None,
        notes: match listed.listed_state() {
            ListedState::Inaccessible => {
                vec![Note::NoInstance, Note::Inaccessible(lost_words(listed))]
            }
            ListedState::State(_) | ListedState::Ambiguous => vec![Note::NoInstance],
        },
    };
    vms.iter().filter(|vm| !is_known(vm)).map(row).collect()
}
