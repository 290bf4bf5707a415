//! The folder that a file goes to, and what earlier runs have left in it.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::error::PlaceError;
use super::step::{OLD, PREFIX, TEMPORARY};
use crate::host::real::writing::{self, Astray, Folder, Others};
use crate::host::real::{current_uid, is_root};
use crate::text::output;
use crate::text::printable::PrintablePath;

/// In a folder with more names leftovers are not looked for.
const NAMES_MAX: usize = 100_000;
/// So many leftovers of a folder are named.
const LEFTOVERS_MAX: usize = 10;

/// The folder that `path` goes to. Where others may put something else on the way root does not write, and anybody else
/// is warned.
///
/// # Errors
/// It cannot be entered, or root should not.
pub(crate) fn folder(path: &Path, above: &Path) -> Result<Folder, PlaceError> {
    let others = if is_root() {
        Others::Refused
    } else {
        Others::Told
    };
    let walked = writing::walk(above, others).map_err(|astray| match astray {
        // With how far it went.
        Astray::Io(at, error) => {
            let told = format!("{}: {error}", PrintablePath(&at));
            PlaceError::cannot(path, io::Error::new(error.kind(), told))
        }
        Astray::Replaceable(here) => PlaceError::Replaceable {
            path: here.path,
            why: here.why,
        },
    })?;
    if let Some(here) = walked.replaceable {
        output::tell(&format!(
            "warning: {} {}: other users could redirect files",
            PrintablePath(&here.path),
            here.why
        ));
    }
    Ok(walked.folder)
}

/// Names what a run of this user that was killed has left: it is for people to say what becomes of it. What others have
/// put there under such a name is passed over: nobody should move their file into a place.
pub(super) fn name_leftovers(above: &Path, folder: &Folder) {
    let ours = current_uid();
    let names = match folder.names(NAMES_MAX) {
        Ok(names) => names,
        // A folder that may be entered and not read is usual, as one of mode 711.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return,
        Err(_) => {
            return output::tell(&format!(
                "warning: {} was not searched for files left by an earlier run: it has more than {NAMES_MAX} entries or cannot be read",
                PrintablePath(above)
            ));
        }
    };
    let mut found = 0;
    for name in names {
        let Some((pid, what)) = leftover(&name) else {
            continue;
        };
        let entry = folder.entry(&name).ok().flatten();
        if !entry.is_some_and(|entry| entry.is_file() && entry.owner == ours) {
            continue;
        }
        // One of our own number cannot be ours yet.
        if pid != std::process::id() && folder.may_be_written_by(pid, &name) {
            continue;
        }
        found += 1;
        if found <= LEFTOVERS_MAX {
            output::tell(&format!(
                "warning: {} was left by an interrupted run: {what}",
                PrintablePath(&above.join(&name))
            ));
        }
    }
    if found > LEFTOVERS_MAX {
        output::tell(&format!(
            "warning: {} more such files are in that folder",
            found - LEFTOVERS_MAX
        ));
    }
}

/// The process that made a file of this name, what the file is, and what to do about it; none where it is not one of ours.
fn leftover(name: &OsStr) -> Option<(u32, String)> {
    let rest = name.as_bytes().strip_prefix(PREFIX.as_bytes())?;
    let digits = rest.split(|byte| *byte == b'-').next()?;
    let pid: u32 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    if rest.ends_with(TEMPORARY.as_bytes()) {
        let what = "it is a new file or the file that it replaced; check it before removing it";
        return Some((pid, what.to_owned()));
    }
    // PID-NTH-ATTEMPT.NAME.old
    let numbers_and_name = rest.strip_suffix(OLD.as_bytes())?;
    let point = numbers_and_name.iter().position(|byte| *byte == b'.');
    let name = point.map_or(&b""[..], |point| &numbers_and_name[point + 1..]);
    let what = if name.is_empty() {
        "it is the previous version of a file; move it back if that file is missing, otherwise remove it"
            .to_owned()
    } else {
        let name = PrintablePath(Path::new(OsStr::from_bytes(name))).to_string();
        format!(
            "it is the previous version of {name}; move it back if {name} is missing, otherwise remove it"
        )
    };
    Some((pid, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_are_told_by_their_names() {
        let me = std::process::id();
        let old = "it is the previous version of vm.1.xml; move it back if vm.1.xml is missing, otherwise remove it";
        for (name, what) in [
            (
                format!(".vbox-smf-{me}-0-0.tmp"),
                Some("it is a new file or"),
            ),
            // No process has this number.
            (
                ".vbox-smf-4294967295-0-0.tmp".to_owned(),
                Some("it is a new file or"),
            ),
            (format!(".vbox-smf-{me}-12-3.vm.1.xml.old"), Some(old)),
            (
                format!(".vbox-smf-{me}-12-3.old"),
                Some("it is the previous version of a file"),
            ),
            (format!(".vbox-smf-{me}-0-0.xml"), None),
            (format!("vbox-smf-{me}-0-0.tmp"), None),
            (".vbox-smf-x-0-0.tmp".to_owned(), None),
            (".vbox-smf-".to_owned(), None),
        ] {
            let told = leftover(OsStr::new(&name)).map(|(_, told)| told);
            match (&told, what) {
                (Some(told), Some(what)) => assert!(told.starts_with(what), "{name}: {told}"),
                (told, what) => assert_eq!(told.as_deref(), what, "{name}"),
            }
        }
    }
}
