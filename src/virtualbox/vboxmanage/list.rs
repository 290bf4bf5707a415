//! `list runningvms` and `list --long vms`.

use super::Identity;
use crate::text::printable::Excerpt;
use crate::virtualbox::vm::{Uuid, VmState};

/// A VM in `list --long vms`.
pub(crate) type Listed = Identity;

/// A VM in a short list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its UUID.
    pub(crate) uuid: Uuid,
    /// Its name; `<inaccessible>` for one whose settings file is missing.
    pub(crate) name: String,
}

/// All VMs, and which of them are running or paused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VmListing {
    /// All VMs, in the order in which VirtualBox looks for a name.
    pub(crate) vms: Vec<Entry>,
    /// Those that are running or paused.
    pub(crate) running: Vec<Uuid>,
}

/// Parses the output of `list vms` and `list runningvms`:
///
/// ```text
/// $ VBoxManage list runningvms
/// "vm1" {c49decd0-163a-44f9-9d85-b6e06ddc2277}
/// "quo"te" {4b0da5f0-2f13-4f02-bf54-0325aa230a94}
/// "new
/// line" {33ba5ebe-5128-4803-8e07-2d9672b3828d}
/// ```
///
/// Names are not escaped: an entry ends where a quote and a UUID end a line.
pub(super) fn parse_short(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut name: Option<String> = None;
    for line in lines(text) {
        let rest = match &mut name {
            Some(open) => {
                open.push('\n');
                line
            }
            None => match line.strip_prefix('"') {
                Some(rest) => {
                    name = Some(String::new());
                    rest
                }
                // A wrapper's warning.
                None => continue,
            },
        };
        let end = rest
            .rsplit_once("\" {")
            .and_then(|(last, uuid)| Some((last, uuid.strip_suffix('}')?.parse().ok()?)));
        match (end, &mut name) {
            (Some((last, uuid)), Some(open)) => {
                open.push_str(last);
                entries.push(Entry {
                    uuid,
                    name: std::mem::take(open),
                });
                name = None;
            }
            (None, Some(open)) => open.push_str(rest),
            (_, None) => {}
        }
    }
    entries
}

/// Parses the output of `list --multiple vms runningvms`, where each list has a heading:
///
/// ```text
/// $ VBoxManage list --multiple vms runningvms
/// [vms]
/// "vm1" {c49decd0-163a-44f9-9d85-b6e06ddc2277}
/// "vm2" {4b0da5f0-2f13-4f02-bf54-0325aa230a94}
///
/// [runningvms]
/// "vm1" {c49decd0-163a-44f9-9d85-b6e06ddc2277}
/// ```
///
/// None, when the headings are not there.
pub(super) fn parse_sections(text: &str) -> Option<VmListing> {
    let (_, lists) = text.split_once("[vms]\n")?;
    let (vms, running) = lists.rsplit_once("\n[runningvms]\n")?;
    Some(VmListing {
        vms: parse_short(vms),
        running: parse_short(running)
            .into_iter()
            .map(|entry| entry.uuid)
            .collect(),
    })
}

/// The lines, whole: a carriage return before the end of one belongs to a name, or to a path.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_terminator('\n')
}

/// The width of the labels in a long listing: every value begins there.
const LABEL: usize = 29;

/// Parses the output of `list --long vms`:
///
/// ```text
/// $ VBoxManage list --long vms
/// Name:                        vm1
/// Encryption:                  disabled
/// Groups:                      /
/// Guest OS:                    Other/Unknown
/// UUID:                        a3a21769-fdde-4a22-8ede-8f84ae391faf
/// Config file:                 /home/vb/VirtualBox VMs/vm1/vm1.vbox
/// ...
/// State:                       powered off (since 2026-11-21T06:46:55.743000000)
/// ...
///
/// Name:                        vm2
/// ```
///
/// Nothing is escaped: a name or a description with line ends in it can look like another VM. Such a text
/// can only add entries, never take one away; whoever looks for a VM and finds two entries of its
/// UUID that differ knows nothing.
///
/// # Errors
/// Text, but no VM in it; the message says how it begins.
pub(super) fn parse_long(text: &str) -> Result<Vec<Listed>, String> {
    let mut found = Vec::new();
    let mut open: Option<(String, Option<Uuid>)> = None;
    for line in lines(text) {
        match label(line) {
            Some(("Name", name)) => open = Some((name.to_owned(), None)),
            Some(("UUID", value)) => {
                if let Some((_, uuid)) = &mut open {
                    *uuid = value.parse().ok();
                }
            }
            Some(("State", value)) => {
                if let Some((name, uuid)) = &mut open
                    && let Some(uuid) = uuid.take()
                {
                    let words = value
                        .rsplit_once(" (since ")
                        .map_or(value, |(words, _)| words);
                    // No state is as long as the quotation of one.
                    let words = &Excerpt(words).to_string();
                    found.push(Listed {
                        uuid,
                        name: name.clone(),
                        state: VmState::from_human_words(words),
                    });
                }
            }
            // The rest of a name that holds a line end.
            None => {
                if let Some((name, None)) = &mut open {
                    name.push('\n');
                    name.push_str(line);
                }
            }
            Some(_) => {}
        }
    }
    if found.is_empty() && text.lines().any(|line| label(line).is_some()) {
        let first = text.lines().next().unwrap_or_default();
        return Err(format!(
            "no VM in the output, which begins with '{}'",
            Excerpt(first)
        ));
    }
    Ok(found)
}

/// Whether the same listing has a VM in it of which it says only why it cannot be read.
pub(super) fn has_inaccessible(text: &[u8]) -> bool {
    text.split(|b| *b == b'\n')
        .any(|line| line.starts_with(b"Name:            <inaccessible!>"))
}

/// The VMs in the same listing that are marked for VirtualBox's own autostart (`modifyvm --autostart-enabled`).
pub(super) fn parse_autostart(text: &str) -> Vec<Uuid> {
    let mut marked = Vec::new();
    let mut uuid: Option<Uuid> = None;
    for line in lines(text) {
        match label(line) {
            Some(("Name", _)) => uuid = None,
            // The first one: a description with a line of this form comes later.
            Some(("UUID", value)) if uuid.is_none() => uuid = value.parse().ok(),
            Some(("Autostart Enabled", "enabled")) => marked.extend(uuid.take()),
            Some(_) | None => {}
        }
    }
    marked
}

/// `Name:                        vm1`: the label and the value in its column.
pub(super) fn label(line: &str) -> Option<(&str, &str)> {
    let (head, value) = line.split_at_checked(LABEL)?;
    let (name, padding) = head.split_once(':')?;
    (!name.is_empty() && padding.bytes().all(|b| b == b' ') && !padding.is_empty())
        .then_some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn short_lists_with_odd_names() {
        let text = "WARNING: The character device /dev/vboxdrv does not exist.\n\t Please install it\n\n\
            \"vm1\" {c49decd0-163a-44f9-9d85-b6e06ddc2277}\n\
            \"quo\"te\" {4b0da5f0-2f13-4f02-bf54-0325aa230a94}\n\
            \"new\nline\" {33ba5ebe-5128-4803-8e07-2d9672b3828d}\n\
            \"q\"; VMState=\"running\" {03ef6884-c1d4-4d6d-9bdc-3b716b597a90}\n\
            \"a{b}c\" {6fe45dbd-c54e-4416-8a13-c4cff241a46a}\n\
            \"<inaccessible>\" {7f332852-3b79-4a32-adc6-e5d0d73f16e8}\n";
        let found = parse_short(text);
        let seen: Vec<_> = found
            .iter()
            .map(|e| (e.name.as_str(), e.uuid.as_str()))
            .collect();
        assert_eq!(
            seen,
            [
                ("vm1", "c49decd0-163a-44f9-9d85-b6e06ddc2277"),
                ("quo\"te", "4b0da5f0-2f13-4f02-bf54-0325aa230a94"),
                ("new\nline", "33ba5ebe-5128-4803-8e07-2d9672b3828d"),
                (
                    "q\"; VMState=\"running",
                    "03ef6884-c1d4-4d6d-9bdc-3b716b597a90"
                ),
                ("a{b}c", "6fe45dbd-c54e-4416-8a13-c4cff241a46a"),
                ("<inaccessible>", "7f332852-3b79-4a32-adc6-e5d0d73f16e8"),
            ]
        );
        assert!(parse_short("").is_empty());
    }

    #[test]
    fn a_carriage_return_in_a_name_stays_there() {
        let uuid = "c49decd0-163a-44f9-9d85-b6e06ddc2277";
        let found = parse_short(&format!("\"a\r\nb\r\" {{{uuid}}}\n"));
        assert_eq!(found[0].name, "a\r\nb\r");
        let long = format!(
            "Name:                        a\r\nb\r\nUUID:                        {uuid}\nState:                       saved\n"
        );
        assert_eq!(parse_long(&long).expect("a listing")[0].name, "a\r\nb\r");
    }

    #[test]
    fn every_recorded_name() {
        let text = include_str!("../../../tests/vectors/vboxmanage/list-vms-special-names.txt");
        let found = parse_short(text);
        assert_eq!(found.len(), 25);
        for name in ["trail ", "tab\there", "back\\slash", "-dash", "ünï→✓"] {
            assert!(found.iter().any(|entry| entry.name == name), "{name}");
        }
    }

    #[test]
    fn two_lists_in_one() {
        let text = include_str!("../../../tests/vectors/vboxmanage/list-multiple.txt");
        let listing = parse_sections(text).expect("two lists");
        assert_eq!(listing.vms.len(), 3);
        assert_eq!(listing.vms[2].name, "new\nUUID:    x");
        assert_eq!(listing.running, [listing.vms[0].uuid.clone()]);
        assert_eq!(
            parse_sections("[vms]\n\n[runningvms]\n").map(|r| r.vms.len()),
            Some(0)
        );
        assert_eq!(
            parse_sections("\"vm1\" {c49decd0-163a-44f9-9d85-b6e06ddc2277}\n"),
            None
        );
    }

    const LONG: &str = include_str!("../../../tests/vectors/vboxmanage/list-long-vms.txt");

    #[test]
    fn a_recorded_long_listing() {
        let found = parse_long(LONG).expect("a listing");
        let seen: Vec<_> = found
            .iter()
            .map(|vm| (vm.name.as_str(), vm.state.word()))
            .collect();
        assert_eq!(
            seen,
            [
                ("vm1", "poweroff"),
                ("vm2", "running"),
                ("new\nUUID:    x", "poweroff")
            ]
        );
        assert_eq!(
            found[1].uuid.as_str(),
            "ed5cbdf1-edb3-492d-ba42-b9cf7e8dbdc4"
        );
    }

    #[test]
    fn marked_for_autostart() {
        assert_eq!(parse_autostart(LONG), []);
        let marked = LONG.replacen(
            "Autostart Enabled:           disabled",
            "Autostart Enabled:           enabled",
            1,
        );
        let found = parse_autostart(&marked);
        assert_eq!(
            found,
            [parse_long(LONG).expect("a listing")[0].uuid.clone()]
        );
    }

    #[test]
    fn every_state_in_human_words() {
        for state in VmState::ALL {
            let text = format!(
                "Name:                        vm (since x)\nUUID:                        ed5cbdf1-edb3-492d-ba42-b9cf7e8dbdc4\nState:                       {} (since 2026-11-21T06:46:56.836000000)\n",
                state.human_words()
            );
            assert_eq!(parse_long(&text).expect("a listing")[0].state, state);
        }
    }

    /// A name that holds a whole entry adds one, and takes none away.
    #[test]
    fn a_forged_entry_hides_nothing() {
        let ours = "ed5cbdf1-edb3-492d-ba42-b9cf7e8dbdc4";
        let text = format!(
            "Name:                        x\nUUID:                        {ours}\nState:                       powered off (since x)\nEncryption:                  disabled\nUUID:                        a3a21769-fdde-4a22-8ede-8f84ae391faf\nState:                       saved (since x)\n\nName:                        vm1\nUUID:                        {ours}\nState:                       running (since x)\n"
        );
        let found = parse_long(&text).expect("a listing");
        let states: Vec<_> = found
            .iter()
            .map(|vm| (vm.uuid.as_str(), vm.state.word()))
            .collect();
        assert_eq!(
            states,
            [
                (ours, "poweroff"),
                ("a3a21769-fdde-4a22-8ede-8f84ae391faf", "saved"),
                (ours, "running"),
            ]
        );
    }

    #[test]
    fn no_vm_is_no_error_and_something_else_is() {
        assert_eq!(parse_long(""), Ok(vec![]));
        assert_eq!(parse_long("WARNING: no driver\n"), Ok(vec![]));
        assert!(parse_long("Name:                        vm1\n").is_err());
    }

    proptest! {
        #[test]
        fn never_panics(text in "(?s)(Name:                        |UUID:                        |State:                       |\n|.){0,40}") {
            let _any = parse_long(&text);
            let _any = parse_short(&text);
            let _any = parse_sections(&text);
        }
    }
}
