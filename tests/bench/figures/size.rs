//! The size of the program.

use std::path::Path;

use super::table::Table;
use super::{VBOX_SMF, program};

pub(crate) fn measure(table: &mut Table) -> Result<(), String> {
    let size = |path: &Path| {
        let length = std::fs::metadata(path).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok::<_, String>(format!("{} KB", length.len() / 1000))
    };
    table.alone(
        "the program, release build",
        &size(Path::new(VBOX_SMF))?,
        "with symbols",
    );
    let stripped = Path::new(env!("CARGO_TARGET_TMPDIR")).join("vbox-smf.stripped");
    let done = program("strip")
        .arg("-o")
        .args([&stripped, Path::new(VBOX_SMF)])
        .status();
    if !done.is_ok_and(|status| status.success()) {
        return Err("there is no strip".to_owned());
    }
    table.alone("", &size(&stripped)?, "stripped");
    std::fs::remove_file(&stripped).map_err(|e| e.to_string())
}
