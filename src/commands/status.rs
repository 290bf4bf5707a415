//! `vbox-smf status`: every instance beside its VM.
//!
//! ```text
//! svcs, svcprop        -> instances ─┐
//! per owner: two lists -> VMs ───────┴-> join (pure) -> table, JSON or metrics
//! ```

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::time::Duration;

use crate::failure::{Failure, Kind};
use crate::host::Host;
use crate::text::output::{self, Reader};
use crate::text::printable::PrintableLines;

use crate::inventory::instances::{Selection, gather};
use crate::inventory::limit::{self, Limit};
use crate::inventory::owners::{Owner, ask, owners};

pub(super) mod join;
mod json;
pub(super) mod note;
mod prometheus;
mod table;
#[cfg(test)]
mod tests;

use join::{Asked, Row, join};
use table::Column;

/// Moves the cursor home and clears what is below.
const CLEAR: &str = "\u{1b}[H\u{1b}[J";

/// For operands.
pub(super) const ONLY_THESE: &str =
    "Only these instances, for example vm1 or svc:/site/xvm/vbox:vm1";

/// Show every instance with its VM, and where SMF and VirtualBox disagree
///
/// Runs one svcs, one svcprop, and at most two VirtualBox list commands for each user with instances, regardless of the number of VMs. None of them locks a VM, so starts and stops are not disturbed.
#[derive(Debug, clap::Args)]
#[command(after_help = help())]
pub(crate) struct Arguments {
    #[arg(value_name = "INSTANCE", help = ONLY_THESE)]
    instances: Vec<String>,
    /// Also include the instances of this service, in addition to those of site/xvm/vbox
    #[arg(short, long = "service", value_name = "SERVICE")]
    services: Vec<String>,
    /// Print no header
    #[arg(short = 'H')]
    no_header: bool,
    /// Print these columns
    #[arg(
        short = 'o',
        value_name = "COLUMN",
        value_delimiter = ',',
        ignore_case = true,
        conflicts_with_all = ["json", "prometheus"]
    )]
    columns: Vec<Column>,
    /// Print one JSON object
    #[arg(long, conflicts_with = "prometheus")]
    json: bool,
    /// Print metrics for a textfile collector
    #[arg(long)]
    prometheus: bool,
    /// Wait at most this long for SMF and the VirtualBox of all users together
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = limit::USUAL,
        value_parser = clap::value_parser!(u64).range(1..=86_400)
    )]
    timeout: u64,
    /// Repeat every SECONDS seconds [default: 2], redrawing in place on a terminal
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        default_missing_value = "2",
        value_parser = clap::value_parser!(u64).range(1..=86_400)
    )]
    watch: Option<u64>,
}

/// What `--help` ends with.
fn help() -> String {
    let mut text = String::from(
        "Columns:
  NAME   the instance; for a VM without an instance, the name of the VM
  SMF    its state as shown by svcs, with * during a transition
  VM     the VM's state in VirtualBox, or missing, inaccessible or unknown
  SINCE  when the instance entered its state
  OWNER  the user who owns the VM
  STOP   its vm/stop_method
  NOTE   where SMF and VirtualBox disagree, or why the VM is unknown
With -o also FMRI, VM-NAME and UUID.

Only root can query the VMs of other users; for all other users they are unknown.

Metrics:
",
    );
    for metric in prometheus::Metric::ALL {
        writeln!(text, "  {}\n      {}", metric.name(), metric.help()).expect("a String");
    }
    text.push_str(
        "
Exit status:
  0  success
  1  SMF or the VirtualBox of a user could not be queried, or an instance does
     not exist: standard error says which; the rest is printed
  2  the command line is invalid

Examples:
  vbox-smf status
  vbox-smf status vm1 -s site/other
  vbox-smf status -H -o name,vm
  vbox-smf status --watch 5
  vbox-smf status --json | jq -r '.instances[] | select(.disagreement) | .name'
  vbox-smf status --prometheus > /var/lib/node_exporter/vbox.prom",
    );
    text
}

/// Prints the table once, or again and again.
///
/// # Errors
/// Something could not be asked, after what is known was printed; or it cannot be printed.
pub(crate) fn run(
    host: &dyn Host,
    arguments: &Arguments,
    environment: &[(OsString, OsString)],
) -> Result<(), Failure> {
    let selection = Selection::new(&arguments.services, &arguments.instances)?;
    let on_terminal = io::stdout().is_terminal();
    loop {
        let limit = Limit::from_now(host, Duration::from_secs(arguments.timeout));
        let seen = look(host, &selection, environment, limit);
        let mut text = PrintableLines(&render(arguments, &seen)).to_string();
        if arguments.watch.is_some() && on_terminal {
            text.insert_str(0, CLEAR);
        }
        let reader = output::print_raw(&text)?;
        let Some(seconds) = arguments.watch else {
            return conclude(seen.troubles);
        };
        if reader == Reader::Left {
            return Ok(());
        }
        for trouble in seen.troubles {
            output::complain(&trouble);
        }
        host.sleep(Duration::from_secs(seconds));
    }
}

/// What one look saw.
struct Seen {
    rows: Vec<Row>,
    asked: Vec<Asked>,
    /// SMF said all that it was asked.
    smf: bool,
    /// What could not be asked.
    troubles: Vec<String>,
}

fn look(
    host: &dyn Host,
    selection: &Selection,
    environment: &[(OsString, OsString)],
    limit: Limit,
) -> Seen {
    let gathered = gather(host, selection, environment, limit);
    let mut owners = owners(host, &gathered.instances, environment);
    // Without SMF our own VMs are all that there is to tell of.
    if gathered.no_smf
        && let Ok(account) = host.account()
    {
        owners.push(Owner::ourselves(account, environment));
    }
    let mut troubles = gathered.troubles;
    let answers = ask(host, &owners, limit);
    let asked: Vec<Asked> = owners
        .into_iter()
        .zip(answers)
        .map(|(owner, answer)| {
            if let Err(error) = &answer {
                troubles.push(format!(
                    "the VMs of {}: {}; {}",
                    owner.name, error.reason, error.hint
                ));
            }
            Asked {
                user_home: owner.user_home(),
                owner: owner.name,
                members: owner.members,
                answer,
            }
        })
        .collect();
    Seen {
        rows: join(&gathered.instances, &asked, selection.is_all()),
        asked,
        smf: gathered.answered,
        troubles,
    }
}

fn render(arguments: &Arguments, seen: &Seen) -> String {
    if arguments.json {
        return json::json(&seen.rows);
    }
    if arguments.prometheus {
        return prometheus::metrics(&seen.rows, &seen.asked, seen.smf);
    }
    let columns = match arguments.columns.as_slice() {
        [] => &Column::USUAL,
        columns => columns,
    };
    table::table(&seen.rows, columns, !arguments.no_header)
}

/// The last trouble is the failure, those before it are told here.
fn conclude(mut troubles: Vec<String>) -> Result<(), Failure> {
    let Some(last) = troubles.pop() else {
        return Ok(());
    };
    for trouble in troubles {
        output::complain(&trouble);
    }
    Err(Failure::told(Kind::Transient, last))
}
