//! What each VM has in the end, and which table said so.

use std::collections::BTreeMap;

use super::error::FleetError;
use super::read::{File, Table};
use crate::manifest::need::Need;
use crate::manifest::request::{Directive, Origin};
use crate::smf::fmri::InstanceName;
use crate::text::printable::Printable;
use crate::text::suggest::nearest;
use crate::virtualbox::vm::VmName;

/// So deep may templates inherit: nobody can follow more, and a file cannot exhaust the stack.
const DEEPEST: usize = 64;

/// So many values all VMs have together, with those that they inherit: 10,000 VMs with 40 each.
const VALUES_MAX: usize = 400_000;

/// A VM with everything that counts for it.
#[derive(Debug, Clone)]
pub(super) struct Resolved {
    /// The instance.
    pub(super) instance: InstanceName,
    /// The VM, where it has another name than the instance.
    pub(super) name: Option<VmName>,
    /// Where it is named.
    pub(super) origin: Origin,
    /// By key, or `env.NAME`.
    pub(super) values: BTreeMap<String, Given>,
}

/// A value that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given {
    /// What is asked for.
    pub(super) wants: Vec<Directive>,
    /// Which table says so: `[template.big] line 9`.
    pub(super) origin: Origin,
}

/// What the values of a table are known by.
pub(super) fn origin(table: &Table, line: usize) -> Origin {
    Origin::new(&format!("{} line {line}", table.title))
}

/// Every VM, in the order of the file.
///
/// # Errors
/// A template is not there, or inherits from itself.
pub(super) fn resolve(file: &File) -> Result<Vec<Resolved>, FleetError> {
    // Also those that nobody uses: an error would otherwise wait for the first VM that does.
    for (name, table) in &file.templates {
        chain(file, table, &mut vec![name], &mut Vec::new())?;
    }
    let mut total = 0_usize;
    file.vms
        .iter()
        .map(|vm| {
            let mut tables = vec![&file.defaults];
            chain(file, &vm.table, &mut Vec::new(), &mut tables)?;
            let mut values = BTreeMap::new();
            for table in tables {
                for entry in &table.entries {
                    // Before it is copied: a few templates and many VMs make far more of a file than it holds.
                    total = total.saturating_add(entry.wants.len().max(1));
                    if total > VALUES_MAX {
                        let told = format!(
                            "including inherited values, the VMs up to {} have more than {VALUES_MAX} values",
                            vm.table.title
                        );
                        return Err(FleetError::at(&file.text, line_start(&file.text, vm.line), told)
                            .hinted("split it into several files"));
                    }
                    // A VM that inherits to be after db, and is db, is not after itself.
                    let inherited = !std::ptr::eq(table, &raw const vm.table);
                    let itself = |want: &Directive| matches!(want, Directive::Need(Need::After(other) | Need::Requires(other)) if *other == vm.instance);
                    let wants = entry
                        .wants
                        .iter()
                        .filter(|want| !(inherited && itself(want)));
                    let given = Given {
                        wants: wants.cloned().collect(),
                        origin: origin(table, entry.line),
                    };
                    values.insert(entry.slot.clone(), given);
                }
            }
            Ok(Resolved {
                instance: vm.instance.clone(),
                name: vm.name.clone(),
                origin: origin(&vm.table, vm.line),
                values,
            })
        })
        .collect()
}

/// The byte where a line begins, from 1.
fn line_start(text: &str, line: usize) -> usize {
    let ends = text.match_indices('\n').map(|(at, _)| at + 1);
    std::iter::once(0)
        .chain(ends)
        .nth(line.saturating_sub(1))
        .unwrap_or(0)
}

/// Appends the table after its templates, each of them after its own and only once: where two templates
/// share one, what the first of them changes stays changed.
fn chain<'f>(
    file: &'f File,
    table: &'f Table,
    open: &mut Vec<&'f str>,
    tables: &mut Vec<&'f Table>,
) -> Result<(), FleetError> {
    for (name, at) in &table.templates {
        let wrong = |message: String| FleetError::at(&file.text, *at, message);
        let Some((name, template)) = file.templates.get_key_value(name) else {
            let error = wrong(format!("there is no [template.{}]", Printable(name)));
            let known = file.templates.keys().map(String::as_str);
            return Err(match nearest(name, known.clone()) {
                Some(near) => error.hinted(format!("did you mean {near}?")),
                None if file.templates.is_empty() => error.hinted("add it, or remove it here"),
                None => {
                    let known: Vec<_> = known.collect();
                    error.hinted(format!("available: {}", known.join(", ")))
                }
            });
        };
        if let Some(from) = open.iter().position(|before| before == name) {
            let circle = [&open[from..], &[name.as_str()]].concat().join(" -> ");
            return Err(
                wrong(format!("a template cannot inherit from itself: {circle}"))
                    .hinted("remove it here"),
            );
        }
        if tables.iter().any(|before| std::ptr::eq(*before, template)) {
            continue;
        }
        if open.len() >= DEEPEST {
            return Err(wrong(format!(
                "template inheritance is deeper than {DEEPEST} levels"
            ))
            .hinted("give some of them their values directly"));
        }
        open.push(name);
        chain(file, template, open, tables)?;
        open.pop();
    }
    tables.push(table);
    Ok(())
}
