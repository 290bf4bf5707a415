//! The table for people.

use std::fmt::Write;

use clap::ValueEnum;

use super::join::{Row, Vm};
use crate::text::printable::Printable;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Column {
    /// The instance, or the VM that has none
    Name,
    /// Its state, with * while it changes
    Smf,
    /// The state of the VM
    Vm,
    /// Since when it is in its state
    Since,
    /// Whose the VM is
    Owner,
    /// The stop method
    Stop,
    /// Where SMF and VirtualBox disagree
    Note,
    /// The whole name of the instance
    Fmri,
    /// The VM's name
    VmName,
    /// The VM's UUID
    Uuid,
}

impl Column {
    /// What is printed unless columns are named.
    pub(super) const USUAL: [Self; 7] = [
        Self::Name,
        Self::Smf,
        Self::Vm,
        Self::Since,
        Self::Owner,
        Self::Stop,
        Self::Note,
    ];

    const fn heading(self) -> &'static str {
        match self {
            Self::Name => "NAME",
            Self::Smf => "SMF",
            Self::Vm => "VM",
            Self::Since => "SINCE",
            Self::Owner => "OWNER",
            Self::Stop => "STOP",
            Self::Note => "NOTE",
            Self::Fmri => "FMRI",
            Self::VmName => "VM-NAME",
            Self::Uuid => "UUID",
        }
    }

    /// What a row has in this column. An empty field would be hard to parse, so it is a hyphen, as svcs
    /// prints it.
    fn cell(self, row: &Row) -> String {
        let text = match self {
            Self::Name => Some(row.name.clone()),
            Self::Smf => row.smf.as_ref().map(|smf| {
                let mark = if row.next.is_some() { "*" } else { "" };
                format!("{}{mark}", smf.word())
            }),
            Self::Vm => Some(row.vm.word().to_owned()),
            Self::Since => row.since.clone(),
            Self::Owner => row.owner.clone(),
            Self::Stop => row.stop.map(str::to_owned),
            Self::Note => note(row),
            Self::Fmri => row.fmri.as_ref().map(ToString::to_string),
            Self::VmName => row.vm_name.clone(),
            Self::Uuid => row.uuid.clone(),
        };
        let text = text.filter(|text| !text.is_empty());
        text.map_or_else(|| "-".to_owned(), |text| Printable(&text).to_string())
    }
}

/// All notes of a row, as one text.
pub(super) fn note(row: &Row) -> Option<String> {
    let notes: Vec<String> = row.notes.iter().map(ToString::to_string).collect();
    (!notes.is_empty()).then(|| notes.join("; "))
}

/// The table: columns as wide as what is in them, the last one as it is.
pub(super) fn table(rows: &[Row], columns: &[Column], header: bool) -> String {
    let head: Vec<String> = columns.iter().map(|c| c.heading().to_owned()).collect();
    let body = rows
        .iter()
        .map(|row| columns.iter().map(|column| column.cell(row)).collect());
    let lines: Vec<Vec<String>> = header.then_some(head).into_iter().chain(body).collect();
    let width = |at: usize| {
        let lengths = lines.iter().map(|line| line[at].chars().count());
        lengths.max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let mut text = String::new();
    for line in &lines {
        let mut out = String::new();
        for (cell, width) in line.iter().zip(&widths) {
            write!(out, "{cell:<width$} ").expect("a String");
        }
        text.push_str(out.trim_end());
        text.push('\n');
    }
    text
}

/// What people see of a VM's state, for JSON and metrics, which have it too.
pub(super) fn vm_word(vm: &Vm) -> String {
    Printable(vm.word()).to_string()
}
