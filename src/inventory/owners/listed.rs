//! A VM as VirtualBox's lists have it, and which of them an instance means.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::virtualbox::vboxmanage;
use crate::virtualbox::vm::{Uuid, VmName, VmState};

/// A VM as the lists have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Listed {
    pub(super) uuid: String,
    /// Its name; `<inaccessible>` for one whose settings file is missing or broken.
    pub(crate) name: String,
    pub(super) state: StateInList,
    /// VirtualBox's own autostart is to start it.
    pub(crate) autostart: bool,
    /// A process of it that lives although VirtualBox says that it is off.
    pub(crate) orphan: Option<u32>,
    /// Of one whose settings cannot be read: which file of the registry that is, and why, as far as it can be told.
    #[serde(default)]
    pub(crate) trouble: Option<String>,
}

/// What the long list says of a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum StateInList {
    /// The word of the machine-readable listings.
    Word(String),
    /// Nothing: its settings cannot be read.
    Nothing,
    /// Two things: somebody's name or description holds a listing.
    Twice,
}

impl StateInList {
    /// What a long list says of each VM in it.
    pub(super) fn each(long: &[vboxmanage::Listed]) -> HashMap<&Uuid, Self> {
        let mut states: HashMap<&Uuid, Self> = HashMap::new();
        for vm in long {
            let told = Self::Word(vm.state.word().to_owned());
            let known = states.entry(&vm.uuid).or_insert_with(|| told.clone());
            if *known != told {
                *known = Self::Twice;
            }
        }
        states
    }
}

/// What is seen of a VM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ListedState {
    /// It is in this state.
    State(VmState),
    /// Its settings cannot be read.
    Inaccessible,
    /// The list has it in two states.
    Ambiguous,
}

impl Listed {
    /// A VM that is accessible.
    #[cfg(test)]
    pub(crate) fn new(uuid: &str, name: &str, state: &VmState) -> Self {
        Self {
            uuid: uuid.to_owned(),
            name: name.to_owned(),
            state: StateInList::Word(state.word().to_owned()),
            autostart: false,
            orphan: None,
            trouble: None,
        }
    }

    /// One that is not.
    #[cfg(test)]
    pub(crate) fn inaccessible(uuid: &str) -> Self {
        Self {
            uuid: uuid.to_owned(),
            name: "<inaccessible>".to_owned(),
            state: StateInList::Nothing,
            autostart: false,
            orphan: None,
            trouble: None,
        }
    }

    pub(crate) fn uuid(&self) -> &str {
        &self.uuid
    }

    pub(crate) fn listed_state(&self) -> ListedState {
        match &self.state {
            StateInList::Word(word) => ListedState::State(VmState::from_machine_word(word)),
            StateInList::Nothing => ListedState::Inaccessible,
            StateInList::Twice => ListedState::Ambiguous,
        }
    }

    /// Whether VirtualBox would look this VM up by that name.
    pub(crate) fn is(&self, vm: &VmName) -> bool {
        match vm.as_uuid() {
            Some(uuid) => self.uuid == uuid.as_str(),
            None => self.name == vm.as_str(),
        }
    }
}

/// The VM that an instance means, among those of its user.
pub(crate) fn find<'v>(vms: &'v [Listed], vm: &VmName) -> Option<&'v Listed> {
    vms.iter().find(|listed| listed.is(vm))
}

/// How many VMs have the name that an instance means; a UUID is one's own.
pub(crate) fn namesakes(vms: &[Listed], vm: &VmName) -> usize {
    let uuid: Option<Uuid> = vm.as_uuid();
    match uuid {
        Some(_) => 1,
        None => vms.iter().filter(|listed| listed.is(vm)).count(),
    }
}
