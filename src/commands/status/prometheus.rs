//! The rows as metrics, in the text exposition format of Prometheus, for a textfile collector.

use std::fmt::Write;

use super::join::{Asked, Row};
use super::note::Note;
use super::table::vm_word;
use crate::smf::tools::svcs::SmfState;
use crate::text::printable::Printable;

/// A metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Metric {
    Info,
    SmfState,
    InTransition,
    Since,
    VmState,
    VmRunning,
    Disagreement,
    WithoutInstance,
    VirtualBoxAsked,
    SmfAsked,
}

impl Metric {
    /// Every metric, in the order in which they are printed.
    pub(super) const ALL: [Self; 10] = [
        Self::Info,
        Self::SmfState,
        Self::InTransition,
        Self::Since,
        Self::VmState,
        Self::VmRunning,
        Self::Disagreement,
        Self::WithoutInstance,
        Self::VirtualBoxAsked,
        Self::SmfAsked,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Info => "vbox_smf_instance_info",
            Self::SmfState => "vbox_smf_smf_state",
            Self::InTransition => "vbox_smf_smf_in_transition",
            Self::Since => "vbox_smf_smf_state_since_seconds",
            Self::VmState => "vbox_smf_vm_state",
            Self::VmRunning => "vbox_smf_vm_running",
            Self::Disagreement => "vbox_smf_disagreement",
            Self::WithoutInstance => "vbox_smf_vm_without_instance",
            Self::VirtualBoxAsked => "vbox_smf_virtualbox_asked",
            Self::SmfAsked => "vbox_smf_smf_asked",
        }
    }

    pub(super) const fn help(self) -> &'static str {
        match self {
            Self::Info => "1 for each instance: its VM, its owner and its stop method",
            Self::SmfState => "1 for the state an instance is in, 0 for the others",
            Self::InTransition => "1 while an instance is in transition to another state",
            Self::Since => "Unix time at which an instance entered its state",
            Self::VmState => "1, with the state of the VM as a label",
            Self::VmRunning => "1 if the guest is running, 0 if not; absent if unknown",
            Self::Disagreement => "1 if SMF and VirtualBox disagree on an instance, 0 if not",
            Self::WithoutInstance => "1 for each VM without an instance",
            Self::VirtualBoxAsked => "1 if the VirtualBox of an owner responded, 0 if not",
            Self::SmfAsked => "1 if SMF responded, 0 if not",
        }
    }
}

/// A label: its name and its value.
type Label<'a> = (&'static str, &'a str);

/// The text.
pub(super) fn metrics(rows: &[Row], asked: &[Asked], smf: bool) -> String {
    let mut text = String::new();
    for metric in Metric::ALL {
        let (name, help) = (metric.name(), metric.help());
        write!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n").expect("a String");
        match metric {
            Metric::SmfAsked => sample(&mut text, metric, &[], u64::from(smf)),
            Metric::VirtualBoxAsked => {
                for each in asked {
                    let value = u64::from(each.answer.is_ok());
                    sample(&mut text, metric, &[("owner", &each.owner)], value);
                }
            }
            Metric::WithoutInstance => {
                for row in rows.iter().filter(|row| row.fmri.is_none()) {
                    let [vm, uuid, owner] = identity(row);
                    sample(&mut text, metric, &[vm, uuid, owner], 1);
                }
            }
            Metric::Info
            | Metric::SmfState
            | Metric::InTransition
            | Metric::Since
            | Metric::VmState
            | Metric::VmRunning
            | Metric::Disagreement => {
                for row in rows {
                    if let Some(fmri) = &row.fmri {
                        of_instance(&mut text, metric, row, &fmri.to_string());
                    }
                }
            }
        }
    }
    text
}

/// What tells a VM from the others.
fn identity(row: &Row) -> [Label<'_>; 3] {
    [
        ("vm", row.vm_name.as_deref().unwrap_or_default()),
        ("uuid", row.uuid.as_deref().unwrap_or_default()),
        ("owner", row.owner.as_deref().unwrap_or_default()),
    ]
}

/// The samples that an instance gives to a metric.
fn of_instance(text: &mut String, metric: Metric, row: &Row, fmri: &str) {
    let own: Label<'_> = ("fmri", fmri);
    match metric {
        Metric::Info => {
            let [vm, uuid, owner] = identity(row);
            let stop = ("stop_method", row.stop.unwrap_or_default());
            sample(text, metric, &[own, vm, uuid, owner, stop], 1);
        }
        Metric::SmfState => {
            for state in SmfState::ALL {
                let value = u64::from(row.smf.as_ref() == Some(&state));
                sample(text, metric, &[own, ("state", state.word())], value);
            }
        }
        Metric::InTransition => sample(text, metric, &[own], u64::from(row.next.is_some())),
        Metric::Since => {
            if let Some(since) = row.since_seconds {
                sample(text, metric, &[own], since);
            }
        }
        Metric::VmState => sample(text, metric, &[own, ("state", &vm_word(&row.vm))], 1),
        Metric::VmRunning => {
            if let Some(runs) = row.vm.runs() {
                sample(text, metric, &[own], u64::from(runs));
            }
        }
        Metric::Disagreement => {
            let wrong = row.notes.iter().any(Note::is_disagreement);
            sample(text, metric, &[own], u64::from(wrong));
        }
        Metric::WithoutInstance | Metric::VirtualBoxAsked | Metric::SmfAsked => {}
    }
}

fn sample(text: &mut String, metric: Metric, labels: &[Label<'_>], value: u64) {
    text.push_str(metric.name());
    for (i, (label, content)) in labels.iter().enumerate() {
        let before = if i == 0 { '{' } else { ',' };
        write!(text, "{before}{label}=\"{}\"", escaped(content)).expect("a String");
    }
    let after = if labels.is_empty() { "" } else { "}" };
    writeln!(text, "{after} {value}").expect("a String");
}

/// A label's value: backslash, quote and line end are escaped, and the format knows no other escape. What would do
/// something to the terminal of whoever reads the file stands in the value as a log has it: `\u{1b}`.
fn escaped(text: &str) -> String {
    let lines: Vec<_> = text
        .split('\n')
        .map(|line| {
            Printable(line)
                .to_string()
                .replace('\\', "\\\\")
                .replace('"', "\\\"")
        })
        .collect();
    lines.join("\\n")
}
