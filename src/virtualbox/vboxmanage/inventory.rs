//! What VMs a user has and which files they need, from lists alone: none of them takes a session on a VM.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::VBoxError;
use super::list::{self, Entry, label, lines};
use crate::text::printable::Printable;
use crate::virtualbox::refusal::Refusal;
use crate::virtualbox::vm::Uuid;

/// A VM with the files that it cannot do without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Registered {
    /// Its UUID.
    pub(crate) uuid: Uuid,
    /// Its name; nothing to rely on where it is inaccessible.
    pub(crate) name: String,
    /// Its `.vbox` file; none where it is missing or broken.
    pub(crate) settings_file: Option<String>,
    /// The base disks, sorted: what VirtualBox calls their location, mostly a path. Differencing disks come and
    /// go with snapshots.
    pub(crate) disks: Vec<String>,
}

/// Puts the three lists together, in the order of the first.
///
/// # Errors
/// They contradict each other, or what they say of a VM is not whole.
pub(super) fn join(vms: &str, long: &str, hdds: &str) -> Result<Vec<Registered>, VBoxError> {
    // In a locale without a character of a name or a path VBoxManage stops there, and exits 0.
    let is_cut = |text: &&str| !text.is_empty() && !text.ends_with('\n');
    if let Some(text) = [vms, long, hdds].iter().find(|text| is_cut(text)) {
        let last = text.lines().last().unwrap_or_default();
        let told = format!(
            "the output of VBoxManage is truncated after '{}'",
            Printable(last)
        );
        return Err(VBoxError::Refused(Refusal::Locale, told.into()));
    }
    let mut machines: HashMap<Uuid, Machine> = HashMap::new();
    for machine in machines_of(long) {
        if let Some(other) = machines.insert(machine.uuid.clone(), machine.clone())
            && other != machine
        {
            return Err(VBoxError::Garbled(format!(
                "{} is listed twice with different contents; check VM names and descriptions for text that looks like a listing",
                machine.uuid
            )));
        }
    }
    let vms = super::bounded(list::parse_short(vms))?;
    let inaccessible = inaccessible(long);
    for vm in &vms {
        let whole = match machines.get(&vm.uuid) {
            Some(machine) => machine.whole,
            None => inaccessible.contains(vm.uuid.as_str()),
        };
        if !whole {
            let told = format!("VirtualBox's listing of the VM {} is incomplete", vm.uuid);
            return Err(VBoxError::Elsewhere(told));
        }
    }
    let disks = disks_of(hdds);
    let registered = |Entry { uuid, name }: Entry| {
        let machine = machines.get(&uuid);
        let found = machine.into_iter().flat_map(|machine| &machine.media);
        let bases: BTreeSet<_> = found.filter_map(|medium| base(&disks, medium)).collect();
        Registered {
            settings_file: machine.map(|machine| machine.settings_file.clone()),
            disks: bases.into_iter().cloned().collect(),
            uuid,
            name,
        }
    };
    Ok(vms.into_iter().map(registered).collect())
}

/// A VM in `list --long vms`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Machine {
    uuid: Uuid,
    settings_file: String,
    media: Vec<Uuid>,
    /// The listing goes on after its storage.
    whole: bool,
}

/// Of which VMs `list --long vms` says so; its labels are narrower then:
///
/// ```text
/// Name:            <inaccessible!>
/// UUID:            af7b8302-a01f-436b-aedd-d40bfc2dcf98
/// Config file:     /home/vb/VirtualBox VMs/vm1/vm1.vbox
/// Access error details:
/// ```
fn inaccessible(long: &str) -> HashSet<&str> {
    let mut found = HashSet::new();
    let mut lines = long.lines().peekable();
    while let Some(line) = lines.next() {
        let named = line.strip_prefix("Name:").map(str::trim) == Some("<inaccessible!>");
        let next = lines.peek().and_then(|line| line.strip_prefix("UUID:"));
        if let Some(uuid) = next.filter(|_| named) {
            found.insert(uuid.trim());
        }
    }
    found
}

/// Parses the output of `list --long vms` once more, for the files:
///
/// ```text
/// $ VBoxManage list --long vms
/// Name:                        vm1
/// Encryption:                  disabled
/// UUID:                        a3a21769-fdde-4a22-8ede-8f84ae391faf
/// Config file:                 /home/vb/VirtualBox VMs/vm1/vm1.vbox
/// ...
/// Storage Controllers:
/// #0: 'ide', Type: PIIX4, Instance: 0, Ports: 2 (max 2), Bootable
///   Port 0, Unit 0: UUID: c00bc24e-b854-4aea-ac48-20018296d7bd
///     Location: "/home/vb/VirtualBox VMs/vm1/Snapshots/{c00bc24e-b854-4aea-ac48-20018296d7bd}.vdi"
/// NIC 1:                       disabled
/// ```
///
/// Nothing is escaped; a path goes on to the next label.
fn machines_of(text: &str) -> Vec<Machine> {
    let mut found: Vec<Machine> = Vec::new();
    let mut uuid: Option<Uuid> = None;
    let mut in_path = false;
    let mut in_storage = false;
    for line in lines(text) {
        match label(line) {
            Some(("Name", _)) => (uuid, in_path, in_storage) = (None, false, false),
            Some(("UUID", value)) if uuid.is_none() => uuid = value.parse().ok(),
            Some(("Config file", value)) => {
                if let Some(uuid) = uuid.take() {
                    found.push(Machine {
                        uuid,
                        settings_file: value.to_owned(),
                        media: Vec::new(),
                        whole: false,
                    });
                    in_path = true;
                }
            }
            // The first one ends the controllers.
            Some(("NIC 1", _)) => {
                (in_path, in_storage) = (false, false);
                if let Some(machine) = found.last_mut() {
                    machine.whole = true;
                }
            }
            Some(_) => in_path = false,
            None if in_path => {
                if let Some(machine) = found.last_mut() {
                    machine.settings_file.push('\n');
                    machine.settings_file.push_str(line);
                }
            }
            None if line.starts_with("Storage Controller") => in_storage = true,
            None if in_storage => {
                if let (Some(machine), Some(medium)) = (found.last_mut(), medium_of(line)) {
                    machine.media.push(medium);
                }
            }
            None => {}
        }
    }
    found
}

/// `Port 0, Unit 0: UUID: c00bc24e-b854-4aea-ac48-20018296d7bd`
fn medium_of(line: &str) -> Option<Uuid> {
    let (place, uuid) = line.trim_start().split_once(": UUID: ")?;
    let is_place = place.starts_with("Port ") && place.contains(", Unit ");
    is_place.then(|| uuid.get(..36)?.parse().ok()).flatten()
}

/// A disk in `list hdds`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Disk {
    parent: Option<Uuid>,
    location: String,
}

/// Parses the output of `list hdds`:
///
/// ```text
/// $ VBoxManage list hdds
/// UUID:           c54d76e4-a59a-47a2-9a9e-1b7d0ae82445
/// Parent UUID:    b185d48f-0574-45d4-a762-5dfbcaf8e569
/// State:          created
/// Type:           normal (differencing)
/// Location:       /home/vb/VirtualBox VMs/vm1/Snapshots/{c54d76e4-a59a-47a2-9a9e-1b7d0ae82445}.vdi
/// Storage format: VDI
/// ```
///
/// A base disk has the parent `base`. A path goes on to the next label.
fn disks_of(text: &str) -> HashMap<Uuid, Disk> {
    let mut disks = HashMap::new();
    let mut open: Option<(Uuid, Option<Uuid>)> = None;
    let mut location: Option<String> = None;
    for line in lines(text) {
        let value = |label: &str| line.strip_prefix(label).map(str::trim_start);
        if let Some(path) = &mut location {
            if value("Storage format:").is_none() {
                path.push('\n');
                path.push_str(line);
                continue;
            }
            if let (Some((uuid, parent)), Some(location)) = (open.take(), location.take()) {
                disks.entry(uuid).or_insert(Disk { parent, location });
            }
        } else if let Some(uuid) = value("UUID:") {
            open = uuid.parse().ok().map(|uuid| (uuid, None));
        } else if let (Some(parent), Some((_, slot))) = (value("Parent UUID:"), &mut open) {
            *slot = parent.parse().ok();
        } else if let Some(path) = value("Location:") {
            location = Some(path.to_owned());
        }
    }
    disks
}

/// Where the base of a disk is; none for what is no disk.
fn base<'d>(disks: &'d HashMap<Uuid, Disk>, medium: &Uuid) -> Option<&'d String> {
    let mut at = disks.get(medium)?;
    // A chain cannot be longer than there are disks.
    for _ in 0..disks.len() {
        match &at.parent {
            None => return Some(&at.location),
            Some(parent) => at = disks.get(parent)?,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "23689edc-76f2-4b6d-82f8-11d4e82c5110";
    const SNAPPED: &str = "a9e03922-6d7d-4b8a-a824-b3d6d5f5177f";

    /// The real VirtualBox 7.2.22: a VM whose description pretends to be a listing, and one with two disks and
    /// two snapshots.
    fn recorded(name: &str) -> String {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(folder.join("tests/vectors/vboxmanage").join(name)).unwrap()
    }

    fn joined() -> Vec<Registered> {
        let vms = format!("\"plain\" {{{PLAIN}}}\n\"snäp shot\" {{{SNAPPED}}}\n");
        join(
            &vms,
            &recorded("list-long-snapshots.txt"),
            &recorded("list-hdds.txt"),
        )
        .unwrap()
    }

    #[test]
    fn base_disks_and_settings_of_a_recorded_listing() {
        let [plain, snapped] = &joined()[..] else {
            panic!()
        };
        let folder = format!("/home/vbox3/VirtualBox VMs/{PLAIN}");
        assert_eq!(plain.settings_file, Some(format!("{folder}/vm.vbox")));
        assert_eq!(plain.disks, [format!("{folder}/disk.vdi")]);
        let folder = format!("/home/vbox3/VirtualBox VMs/{SNAPPED}");
        assert_eq!(snapped.name, "snäp shot");
        assert_eq!(snapped.settings_file, Some(format!("{folder}/vm.vbox")));
        assert_eq!(
            snapped.disks,
            [
                format!("{folder}/disk.vdi"),
                "/home/vbox3/my dïsks/b\"q ü.vdi".to_owned()
            ]
        );
    }

    #[test]
    fn a_vm_is_whole_or_inaccessible_or_asked_about_again() {
        let vms = format!("\"<inaccessible>\" {{{PLAIN}}}\n");
        let long = format!(
            "Name:            <inaccessible!>\nUUID:            {PLAIN}\nConfig file:     /x.vbox\n"
        );
        let found = join(&vms, &long, "").unwrap();
        assert_eq!((found.len(), &found[0].settings_file), (1, &None));
        assert_eq!(join("", "", "").unwrap(), []);
        // Not there at all, or cut off: another try tells more.
        let begun = format!(
            "Name:                        x\nUUID:                        {PLAIN}\nConfig file:                 /x.vbox\n"
        );
        for long in ["", &begun] {
            let error = join(&vms, long, "").unwrap_err();
            assert!(matches!(error, VBoxError::Elsewhere(_)), "{error}");
        }
    }

    /// As the real one prints it in the locale C, of a VM that is called übel.
    #[test]
    fn a_list_that_is_cut_off_is_no_list() {
        let vms = format!("\"plain\" {{{PLAIN}}}\n");
        for (vms, long, hdds) in [
            (format!("{vms}\""), "", ""),
            (String::new(), "Name:                        ", ""),
            (String::new(), "", "Location:       /home/"),
        ] {
            let error = join(&vms, long, hdds).unwrap_err();
            assert!(
                matches!(error, VBoxError::Refused(Refusal::Locale, _)),
                "{error}"
            );
        }
    }

    #[test]
    fn a_forged_entry_of_another_vm_is_found_out() {
        let entry = |file: &str| {
            format!(
                "Name:                        x\nUUID:                        {PLAIN}\nConfig file:                 {file}\n"
            )
        };
        let vms = format!("\"x\" {{{PLAIN}}}\n");
        let both = entry("/a") + &entry("/b");
        let error = join(&vms, &both, "").unwrap_err();
        assert!(error.to_string().contains("is listed twice"), "{error}");
    }

    #[test]
    fn odd_paths_and_chains() {
        let hdds = format!(
            "UUID:           {PLAIN}\nParent UUID:    {PLAIN}\nLocation:       /a\nb\nStorage format: VDI\n\n\
             UUID:           {SNAPPED}\nParent UUID:    base\nLocation:       /c\nd\nStorage format: VDI\n"
        );
        let disks = disks_of(&hdds);
        let uuid = |text: &str| text.parse().unwrap();
        assert_eq!(base(&disks, &uuid(PLAIN)), None, "it is its own parent");
        assert_eq!(base(&disks, &uuid(SNAPPED)), Some(&"/c\nd".to_owned()));
        assert_eq!(medium_of("    Location: \"/x: UUID: \""), None);
    }

    /// What a user's VBoxManage prints may be anything: so many VMs are taken, and one more is refused, however
    /// many of them are inaccessible.
    #[test]
    fn so_many_vms_and_no_more() {
        use std::fmt::Write as _;
        let lists = |count: usize| {
            let (mut vms, mut long) = (String::new(), String::new());
            for nth in 0..count {
                let uuid = format!("{nth:08x}-fdde-4a22-8ede-8f84ae391faf");
                writeln!(vms, "\"<inaccessible>\" {{{uuid}}}").unwrap();
                writeln!(
                    long,
                    "Name:            <inaccessible!>\nUUID:            {uuid}"
                )
                .unwrap();
            }
            join(&vms, &long, "")
        };
        let most = super::super::LISTED_MAX;
        assert_eq!(lists(most).unwrap().len(), most);
        assert_eq!(
            lists(most + 1).unwrap_err().to_string(),
            "unexpected output from VBoxManage: 10001 VMs are listed; the limit is 10000"
        );
    }
}
