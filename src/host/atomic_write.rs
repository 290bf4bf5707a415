//! Puts a finished file where it belongs: whole or not at all, and never over another one unasked.
//!
//! Nothing is copied, and nothing is replaced that is not the caller's alone. All new files are written first, under names
//! for the time being; then each gets its name, and what had it before gets the other one. Where the system can, the two
//! names are exchanged at once (Linux); elsewhere the old file is renamed away first, and for a moment nothing has its
//! name. Either way what had the name is looked at again afterwards, and on any failure it is renamed back.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::host::real::interruption::Interruption;

mod error;
mod step;
mod way;

pub(crate) use error::PlaceError;
pub(crate) use step::first_free;
pub(crate) use way::folder;

use step::Step;

/// Writes beside the path, then renames. `force` replaces a file that is there, if it is the caller's alone.
///
/// # Errors
/// There is something already, or it cannot be written. Then nothing has changed.
pub(crate) fn place(path: &Path, text: &str, force: bool) -> Result<(), PlaceError> {
    place_all(&[(path.to_owned(), text.to_owned())], force)
}

/// The same for many files: all of them or none.
///
/// # Errors
/// There is something already, or one cannot be written. Then nothing has changed.
pub(crate) fn place_all(files: &[(PathBuf, String)], force: bool) -> Result<(), PlaceError> {
    let paths: Vec<PathBuf> = files.iter().map(|(path, _)| path.clone()).collect();
    place_each(&paths, &mut |nth| Ok(files[nth].1.clone()), force)
}

/// The same for texts that are made one after the other, each only when it is written: together they may be long.
///
/// # Errors
/// As [`place_all`], or a text cannot be made.
pub(crate) fn place_each<E: From<PlaceError>>(
    paths: &[PathBuf],
    text: &mut dyn FnMut(usize) -> Result<String, E>,
    force: bool,
) -> Result<(), E> {
    // Whoever interrupts the run finds the old files or the new ones, and nothing beside them.
    let interruption = Interruption::note();
    let mut steps = planned(paths, force)?;
    let outcome = write_beside(&mut steps, text, &interruption)
        .and_then(|()| appear_all(&mut steps, &interruption).map_err(E::from));
    finish(&steps, outcome.is_ok());
    outcome
}

/// Nothing is left beside the files, and where it did not go well they are those from before.
fn finish(steps: &[Step<'_>], all_went_well: bool) {
    if !all_went_well {
        steps.iter().rev().for_each(Step::undo);
    }
    for step in steps {
        step.tidy(all_went_well);
    }
}

/// The way to each file, and what is there.
fn planned(paths: &[PathBuf], force: bool) -> Result<Vec<Step<'_>>, PlaceError> {
    let mut folders = BTreeMap::new();
    let mut steps = Vec::with_capacity(paths.len());
    for path in paths {
        // `x/` and `x/.` name a folder, though the last name in them is that of a file.
        let bytes = path.as_os_str().as_bytes();
        let of_a_folder = bytes.ends_with(b"/") || bytes.ends_with(b"/.");
        let Some(name) = path.file_name().filter(|_| !of_a_folder) else {
            return Err(PlaceError::NotAFile {
                path: path.clone(),
                what: "a folder",
            });
        };
        let above = path.parent().unwrap_or(Path::new(""));
        let folder = if let Some(folder) = folders.get(above) {
            Rc::clone(folder)
        } else {
            let folder = Rc::new(folder(path, above)?);
            way::name_leftovers(above, &folder);
            folders.insert(above, Rc::clone(&folder));
            folder
        };
        steps.push(Step::plan(path, folder, name, force)?);
    }
    Ok(steps)
}

fn write_beside<E: From<PlaceError>>(
    steps: &mut [Step<'_>],
    text: &mut dyn FnMut(usize) -> Result<String, E>,
    interruption: &Interruption,
) -> Result<(), E> {
    for (nth, step) in steps.iter_mut().enumerate() {
        if interruption.came() {
            return Err(PlaceError::Interrupted.into());
        }
        step.write_beside(nth, &text(nth)?)?;
    }
    Ok(())
}

fn appear_all(steps: &mut [Step<'_>], interruption: &Interruption) -> Result<(), PlaceError> {
    for (nth, step) in steps.iter_mut().enumerate() {
        if interruption.came() {
            return Err(PlaceError::Interrupted);
        }
        step.appear(nth)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
