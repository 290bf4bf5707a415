//! VirtualBox's files: whatever is in them is read or refused, with words that can be printed.

use std::path::Path;

use super::{machine_file, registry, vbox_log};
use crate::fuzzing::assert_printable;
use crate::text::printable::Printable;

/// A VM's settings file.
///
/// # Panics
/// Something that is promised does not hold.
pub(crate) fn machine(text: &str) {
    let path = Path::new("/vms/vm1/vm1.vbox");
    match machine_file::parse(text, path) {
        Ok(file) => {
            assert!(file.log().starts_with("/vms/vm1"));
            if let Some(state_file) = file.resting.state_file() {
                assert!(state_file.is_absolute(), "{}", state_file.display());
            }
        }
        Err(why) => assert_printable(&Printable(&why).to_string()),
    }
}

/// `VirtualBox.xml`.
///
/// # Panics
/// Something that is promised does not hold.
pub(crate) fn registry(text: &str) {
    match registry::parse(text, Path::new("/home/vb/.VirtualBox")) {
        Ok(registry) => {
            for entry in &registry.entries {
                assert!(entry.settings_file.is_absolute());
                if let Some(only) = registry.only(&entry.uuid) {
                    assert_eq!(only, entry);
                }
            }
        }
        Err(why) => assert_printable(&Printable(&why).to_string()),
    }
}

/// A VM's log: what follows a whole line that says `Running` of a process decides whether it runs.
///
/// # Panics
/// Something that is promised does not hold.
pub(crate) fn log(bytes: &[u8]) {
    let mut log = bytes.to_vec();
    log.extend(b"\n00:00:00.1 Console: Machine state changed to 'Paused'\n");
    let read = vbox_log::parse(bytes, &log);
    assert!(read.pid.is_none_or(|pid| !read.says_running(pid)));
}
