//! `VirtualBox.xml`: which VMs a user has, and where their settings files are.
//!
//! ```text
//! <VirtualBox><Global><MachineRegistry>
//!   <MachineEntry uuid="{...}" src="/home/vb/VirtualBox VMs/vm1/vm1.vbox"/>
//! ```

use std::path::{Path, PathBuf};

use super::file::{self, FileTrouble, What};
use super::machine_file::{WORD_MAX, document};
use crate::host::Host;
use crate::virtualbox::vm::Uuid;

/// The longest that is read. Each VM has a line in it, and each disk of the old kind.
const FILE_MAX: u64 = 4 << 20;

/// A VM in the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Registered {
    /// Its UUID.
    pub(crate) uuid: Uuid,
    /// Its settings file.
    pub(crate) settings_file: PathBuf,
}

/// The VMs of a user, in the order in which VirtualBox looks for a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Registry {
    /// All entries.
    pub(crate) entries: Vec<Registered>,
}

impl Registry {
    /// The registry in a settings folder.
    ///
    /// # Errors
    /// It cannot be read, or makes no sense.
    pub(crate) fn read(host: &dyn Host, settings_folder: &Path) -> Result<Self, FileTrouble> {
        let path = settings_folder.join("VirtualBox.xml");
        let text = file::read(host, &path, FILE_MAX)?;
        parse(&text, settings_folder).map_err(|why| FileTrouble::new(&path, What::Nonsense(why)))
    }

    /// The only entry that is this VM's; none where there are several, or another one has the same settings file.
    pub(crate) fn only(&self, uuid: &Uuid) -> Option<&Registered> {
        let mut all = self.entries.iter().filter(|entry| entry.uuid == *uuid);
        let found = all.next()?;
        let same_file = |entry: &&Registered| entry.settings_file == found.settings_file;
        (all.next().is_none() && self.entries.iter().filter(same_file).count() == 1)
            .then_some(found)
    }
}

/// What a registry says; a relative settings file counts from the settings folder.
///
/// # Errors
/// It makes no sense, in words.
pub(crate) fn parse(text: &str, settings_folder: &Path) -> Result<Registry, String> {
    let document = document(text)?;
    let root = document.root_element();
    let child = |of: roxmltree::Node<'_, '_>, name: &str| {
        let mut all = of.children().filter(|node| node.tag_name().name() == name);
        let found = all.next().map(|node| node.id());
        match (found, all.next()) {
            (Some(id), None) => Ok(id),
            (None, _) => Err(format!("it has no {name}")),
            (Some(_), Some(_)) => Err(format!("it has two {name}")),
        }
    };
    if root.tag_name().name() != "VirtualBox" {
        return Err("its root element is not VirtualBox".to_owned());
    }
    let node = |id| document.get_node(id).expect("a node of this document");
    let global = node(child(root, "Global")?);
    let machines = node(child(global, "MachineRegistry")?);
    let entries = machines.children().filter(roxmltree::Node::is_element);
    let entries = entries.map(|entry| {
        if entry.tag_name().name() != "MachineEntry" {
            return Err(format!(
                "a {} is not a MachineEntry",
                entry.tag_name().name()
            ));
        }
        let uuid = entry.attribute("uuid").and_then(|uuid| uuid.parse().ok());
        let source = entry
            .attribute("src")
            .filter(|src| !src.is_empty() && src.len() <= WORD_MAX);
        match (uuid, source) {
            (Some(uuid), Some(source)) => Ok(Registered {
                uuid,
                settings_file: file::resolve(settings_folder, source),
            }),
            _ => Err("an entry has no UUID or no settings file".to_owned()),
        }
    });
    Ok(Registry {
        entries: entries.collect::<Result<_, _>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ONE: &str = "a3a21769-fdde-4a22-8ede-8f84ae391faf";
    const TWO: &str = "ed5cbdf1-edb3-492d-ba42-b9cf7e8dbdc4";

    fn registry(entries: &[(&str, &str)]) -> String {
        let entries: Vec<String> = entries
            .iter()
            .map(|(uuid, src)| format!("<MachineEntry uuid=\"{{{uuid}}}\" src=\"{src}\"/>"))
            .collect();
        let entries = entries.concat();
        format!(
            "<?xml version=\"1.0\"?>\n<!-- a comment -->\n<VirtualBox xmlns=\"http://www.virtualbox.org/\" version=\"1.12-linux\"><Global><ExtraData/><MachineRegistry>{entries}</MachineRegistry></Global></VirtualBox>\n"
        )
    }

    #[test]
    fn entries_in_their_order() {
        let text = registry(&[
            (ONE, "/vms/a &quot;b&quot;/a.vbox"),
            (TWO, "Machines/b/b.vbox"),
        ]);
        let parsed = parse(&text, Path::new("/home/vb/.VirtualBox")).expect("a registry");
        let seen: Vec<_> = parsed
            .entries
            .iter()
            .map(|entry| (entry.uuid.as_str(), entry.settings_file.to_str().unwrap()))
            .collect();
        assert_eq!(
            seen,
            [
                (ONE, "/vms/a \"b\"/a.vbox"),
                (TWO, "/home/vb/.VirtualBox/Machines/b/b.vbox")
            ]
        );
    }

    #[test]
    fn a_vm_that_is_registered_twice_is_not_known() {
        let uuid: Uuid = ONE.parse().unwrap();
        let only = |entries: &[(&str, &str)]| {
            let parsed = parse(&registry(entries), Path::new("/x")).expect("a registry");
            parsed.only(&uuid).is_some()
        };
        assert!(only(&[(ONE, "/a")]));
        assert!(only(&[(ONE, "/a"), (TWO, "/b")]));
        assert!(!only(&[(TWO, "/b")]));
        assert!(!only(&[(ONE, "/a"), (ONE, "/b")]));
        assert!(!only(&[(ONE, "/a"), (TWO, "/a")]));
    }

    #[test]
    fn refuses_what_is_no_registry() {
        for text in [
            String::new(),
            "<VirtualBox/>".to_owned(),
            "<VirtualBox><Global/></VirtualBox>".to_owned(),
            registry(&[("no-uuid", "/a")]),
            registry(&[(ONE, "")]),
            registry(&[(ONE, "/a")]).replace("MachineEntry", "MachineThing"),
            registry(&[(ONE, "/a")]).replace("<VirtualBox", "<!DOCTYPE x><VirtualBox"),
            registry(&[(ONE, "/a")])[..200].to_owned(),
        ] {
            assert!(parse(&text, Path::new("/x")).is_err(), "{text}");
        }
        assert_eq!(
            parse(&registry(&[]), Path::new("/x")),
            Ok(Registry::default())
        );
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "\\PC*", at in 0..300_usize) {
            let _ = parse(&text, Path::new("/x"));
            let mut whole = registry(&[(ONE, "/a"), (TWO, "/b")]);
            if whole.is_char_boundary(at.min(whole.len())) {
                whole.insert_str(at.min(whole.len()), &text);
            }
            let _ = parse(&whole, Path::new("/x"));
        }
    }
}
