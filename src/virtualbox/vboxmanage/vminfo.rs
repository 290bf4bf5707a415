//! `showvminfo --machinereadable`.

use super::Identity;
use crate::text::printable::Excerpt;
use crate::virtualbox::vm::VmState;

/// What one `showvminfo` tells.
pub(crate) type VmInfo = Identity;

/// Parses the output of `showvminfo VM --machinereadable`:
///
/// ```text
/// $ VBoxManage showvminfo vm1 --machinereadable
/// name="vm1"
/// UUID="c49decd0-163a-44f9-9d85-b6e06ddc2277"
/// "ide-0-0"="/home/vb/VirtualBox VMs/vm1/vm1.vdi"
/// VMState="poweroff"
///  rec_screen0
/// VRDEClients==0
/// description="line1
/// VMState=\"running\"
/// line3"
/// ```
///
/// A value in quotes may hold line ends; `\"` and `\\` stand for `"` and `\`. A line may have no `=`. Before
/// the first line some distributions' wrapper prints a warning. A key counts the first time: nothing
/// that an administrator can write comes before `name`, `UUID` and `VMState`.
///
/// # Errors
/// No name, no UUID or no state in it; the text says which.
pub(super) fn parse(text: &str) -> Result<VmInfo, String> {
    let mut name = None;
    let mut uuid = None;
    let mut state = None;
    let mut rest = text;
    while !rest.is_empty() {
        let (key, value, after) = entry(rest);
        rest = after;
        let (slot, value) = match (key, value) {
            ("name", Some(value)) => (&mut name, value),
            ("UUID", Some(value)) => (&mut uuid, value),
            ("VMState", Some(value)) => (&mut state, value),
            _ => continue,
        };
        slot.get_or_insert(value);
    }
    let missing = |what: &str| {
        let first = text.lines().next().unwrap_or_default();
        format!(
            "no {what} in the output, which begins with '{}'",
            Excerpt(first)
        )
    };
    Ok(VmInfo {
        name: name.ok_or_else(|| missing("name"))?,
        uuid: uuid
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| missing("UUID"))?,
        state: VmState::from_machine_word(&state.ok_or_else(|| missing("VMState"))?),
    })
}

/// Takes one entry off: its key, its value where that is in quotes, and what is behind it.
fn entry(text: &str) -> (&str, Option<String>, &str) {
    let line_end = text.find('\n').unwrap_or(text.len());
    let after_line = text.get(line_end + 1..).unwrap_or_default();
    let line = &text[..line_end];
    // A key in quotes may hold `=`; it is none of ours, but its value may hold line ends.
    let key_end = if line.starts_with('"') {
        match closing_quote(&text[1..]) {
            Some((_, end)) => 1 + end,
            None => return (line, None, after_line),
        }
    } else {
        match line.find('=') {
            Some(at) => at,
            None => return (line, None, after_line),
        }
    };
    let key = &text[..key_end];
    let Some(quoted) = text[key_end..].strip_prefix("=\"") else {
        return (key, None, after_line);
    };
    match closing_quote(quoted) {
        Some((value, end)) => {
            let rest = &quoted[end..];
            let after = rest.find('\n').map_or("", |at| &rest[at + 1..]);
            (key, Some(value), after)
        }
        None => (key, None, ""),
    }
}

/// Reads up to the closing quote: the text without its escapes, and the position after the quote.
fn closing_quote(text: &str) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, at + 1)),
            '\\' => match chars.next() {
                Some((_, escaped @ ('"' | '\\'))) => value.push(escaped),
                Some((_, other)) => value.extend(['\\', other]),
                None => return None,
            },
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::Path;

    /// One complete output of the real VBoxManage for each state that it could be brought into.
    #[test]
    fn every_recorded_state() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/vminfo");
        let mut seen = 0;
        for file in std::fs::read_dir(folder).expect("vectors") {
            let path = file.expect("an entry").path();
            let stem = path
                .file_stem()
                .and_then(|s| s.to_str())
                .expect("a name")
                .to_owned();
            let text = std::fs::read_to_string(&path).expect("text");
            let info = parse(&text).unwrap_or_else(|e| panic!("{stem}: {e}"));
            let expected = match stem.trim_start_matches("7.2.22-") {
                "guru" => "gurumeditation",
                other => other.trim_end_matches("-acpi").trim_end_matches("-ignore"),
            };
            assert_eq!(info.state.word(), expected, "{stem}");
            assert!(
                text.contains(&format!("\nUUID=\"{}\"\n", info.uuid)),
                "{stem}"
            );
            assert!(
                text.starts_with(&format!("name=\"{}\"\n", info.name)),
                "{stem}"
            );
            seen += 1;
        }
        assert_eq!(seen, 12);
    }

    fn listing(name: &str, extra: &str) -> String {
        format!(
            "name=\"{name}\"\ngroups=\"/\"\nUUID=\"c49decd0-163a-44f9-9d85-b6e06ddc2277\"\n rec_screen0\nVRDEClients==0\n{extra}VMState=\"poweroff\"\nVMStateChangeTime=\"x\"\n"
        )
    }

    #[test]
    fn names_that_look_like_a_state() {
        for (printed, name) in [
            ("q\\\"; VMState=\\\"running", "q\"; VMState=\"running"),
            ("new\nline", "new\nline"),
            ("x\nVMState=\\\"running\\\"\n", "x\nVMState=\"running\"\n"),
            ("back\\\\slash", "back\\slash"),
            ("ünï→✓", "ünï→✓"),
            ("", ""),
        ] {
            let info = parse(&listing(printed, "")).expect("a listing");
            assert_eq!((info.name.as_str(), info.state), (name, VmState::PowerOff));
        }
    }

    #[test]
    fn other_values_that_look_like_a_state() {
        for extra in [
            "\"ide \\\"VMState=\\\"running\\\"-0-0\"=\"none\"\n",
            "\"a=b\"=\"x\nVMState=\\\"running\\\"\n\"\n",
            "CfgFile=\"/x\nVMState=\\\"running\\\"\"\n",
        ] {
            let info = parse(&listing("vm1", extra)).expect("a listing");
            assert_eq!(info.state, VmState::PowerOff, "{extra}");
        }
    }

    #[test]
    fn a_description_comes_too_late() {
        let text = listing("vm1", "")
            + "description=\"line1\nVMState=\\\"running\\\"\nline3\"\nVMState=\"running\"\n";
        assert_eq!(parse(&text).expect("a listing").state, VmState::PowerOff);
    }

    #[test]
    fn the_warning_of_a_wrapper_comes_before() {
        let warning = "WARNING: The character device /dev/vboxdrv does not exist.\n\t Please install the virtualbox-dkms package and the appropriate\n\t headers, most likely linux-headers-v669.\n\n\t You will not be able to start VMs until this problem is fixed.\n";
        let info = parse(&(warning.to_owned() + &listing("vm1", ""))).expect("a listing");
        assert_eq!(info.state, VmState::PowerOff);
    }

    #[test]
    fn what_is_no_listing() {
        for (text, what) in [
            ("", "no name"),
            ("name=\"vm1\"\n", "no UUID"),
            ("name=\"vm1\"\nUUID=\"x\"\n", "no UUID"),
            (
                "name=\"vm1\"\nUUID=\"c49decd0-163a-44f9-9d85-b6e06ddc2277\"\n",
                "no VMState",
            ),
            ("name=\"vm1\nVMState=running", "no name"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.starts_with(what), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "(?s)(name=\"|UUID=\"|VMState=\"|\\\\|\"|\n|=|.){0,60}") {
            let _any = parse(&text);
        }

        #[test]
        fn every_name_is_read_back(name in "(?s).{0,40}") {
            let printed = name.replace('\\', "\\\\").replace('"', "\\\"");
            let info = parse(&listing(&printed, "")).expect("a listing");
            prop_assert_eq!(info.name, name);
            prop_assert_eq!(info.state, VmState::PowerOff);
        }
    }
}
