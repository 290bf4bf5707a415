//! What the fuzz targets in `tests/fuzz` call: one function a target. It exists under cargo-fuzz alone.
//!
//! A target takes any bytes, and panics where what is promised of the parser does not hold. A panic of the parser
//! itself is found in the same way.

mod fleet;
mod names;

pub use fleet::{fleet, fleet_manifest};
pub use names::{fmri, names};

use crate::host::{ExitStatus, Output};
use crate::smf::tools::svcprop::fuzzing as properties;
use crate::smf::tools::svcs::fuzzing as states;
use crate::text::printable::is_unprintable;
use crate::validate::{Flavour, fuzzing as rules};
use crate::virtualbox::fuzzing as files;
use crate::virtualbox::vboxmanage::fuzzing as vboxmanage;

/// `validate FILE`
pub fn manifest(bytes: &[u8]) {
    rules::judged(bytes, Flavour::Manifest);
}

/// `validate --profile FILE`
pub fn profile(bytes: &[u8]) {
    rules::judged(bytes, Flavour::Profile);
}

/// What svcprop prints.
pub fn svcprop(bytes: &[u8]) {
    properties::answer(bytes);
}

/// What svcs prints.
pub fn svcs(bytes: &[u8]) {
    states::answer(bytes);
}

/// What `showvminfo --machinereadable` prints.
pub fn vminfo(bytes: &[u8]) {
    text(bytes, vboxmanage::vminfo);
}

/// What `list vms`, `list --multiple vms runningvms` and `list --long vms` print.
pub fn lists(bytes: &[u8]) {
    text(bytes, vboxmanage::lists);
}

/// What `list vms`, `list --long vms` and `list hdds` print, with a NUL between them.
pub fn inventory(bytes: &[u8]) {
    text(bytes, vboxmanage::inventory);
}

/// What VBoxManage complains about on standard error.
pub fn complaints(bytes: &[u8]) {
    vboxmanage::complaints(bytes);
}

/// A path of VBoxManage that was set, and what is in the file system.
pub fn find(bytes: &[u8]) {
    text(bytes, vboxmanage::search);
}

/// A VM's settings file.
pub fn machine_file(bytes: &[u8]) {
    text(bytes, files::machine);
}

/// VirtualBox.xml
pub fn registry(bytes: &[u8]) {
    text(bytes, files::registry);
}

/// VBox.log
pub fn vbox_log(bytes: &[u8]) {
    files::log(bytes);
}

/// The parsers of text are never reached by anything else.
fn text(bytes: &[u8], target: fn(&str)) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        target(text);
    }
}

/// What a program may have printed: a NUL parts it from what it complained about.
pub(crate) fn printed(bytes: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let mut next = || parts.next().unwrap_or_default().to_vec();
    (next(), next())
}

/// That a program is believed only as it ended, for each way to end: not when it was killed, nor when it failed without
/// a word. Returns what is made of it when it succeeded.
///
/// # Panics
/// It is believed, or what is said of it cannot be printed.
pub(crate) fn assert_careful<T, E: std::fmt::Display>(
    (stdout, stderr): &(Vec<u8>, Vec<u8>),
    understand: impl Fn(&Output) -> Result<T, E>,
) -> Option<T> {
    let understood = |ended| {
        let output = Output {
            ended,
            stdout: stdout.clone(),
            stderr: stderr.clone(),
            cut: false,
        };
        understand(&output)
            .map_err(|error| assert_printable(&error.to_string()))
            .ok()
    };
    let failed = understood(ExitStatus::Exited(1));
    assert!(
        failed.is_none() || !stderr.is_empty(),
        "a failure without a word"
    );
    assert!(
        understood(ExitStatus::Killed(9)).is_none(),
        "what is dead is believed"
    );
    understood(ExitStatus::Exited(0))
}

/// That a message can neither forge a line of the log nor move the cursor of a terminal.
///
/// # Panics
/// It can.
#[track_caller]
pub(crate) fn assert_printable(message: &str) {
    assert!(!message.chars().any(is_unprintable), "{message:?}");
}
