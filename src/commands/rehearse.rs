//! `vbox-smf rehearse`: what would happen, without it happening.

use std::io::{self, Write};
use std::path::Path;

use crate::failure::{Failure, Kind};
use crate::manifest::build;
use crate::manifest::model::ServiceBundle;
use crate::manifest::read;
use crate::rehearse::scenario::{self, Played};

/// The manifest that is rehearsed where none is named.
const SHIPPED: &str = include_str!("../../manifests/vbox.xml");

/// Play the life of instances on a simulated host: import, enable, disable
///
/// The real start and stop methods run against a VirtualBox and an SMF in memory, under a clock that
/// does not make you wait. Nothing on this machine is looked at or changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The timeline has a row for each thing that happens:
  smf   what svc.startd does: it runs a method, and draws its conclusion
  run   a program that the method runs, its exit status, and how long it took
  log   a line in the instance's log
  vm    the VM goes from one state to another
  vbox  VirtualBox's server comes or goes
Exits 0 when every instance ended where it should, otherwise 1.

Examples:
  vbox-smf rehearse vm1
  vbox-smf rehearse ./vbox.xml")]
pub(crate) struct Arguments {
    /// A VM's name (INSTANCE=NAME where the instance is called otherwise), or a manifest: with a
    /// slash in its name or .xml at its end [default: the manifest that is shipped with this program]
    #[arg(value_name = "VM|FILE")]
    operands: Vec<String>,
}

/// Plays what was asked for and prints it.
///
/// # Errors
/// It cannot be played, or an instance did not end where it should.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let stories = stories(&arguments.operands)?;
    let mut bad = 0;
    for (title, bundle) in stories {
        let played = scenario::play(&bundle)?;
        bad += played.outcomes.iter().filter(|o| !o.is_good()).count();
        if print(&title, &played).is_err() {
            // Whoever read has read enough.
            return Ok(());
        }
    }
    match bad {
        0 => Ok(()),
        1 => Err(failed("an instance")),
        _ => Err(failed(&format!("{bad} instances"))),
    }
}

fn failed(who: &str) -> Failure {
    Failure::told(Kind::Transient, format!("{who} did not end as intended"))
        .hinted("the result at the end of the timeline says where")
}

fn print(title: &str, played: &Played) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{title}\n")?;
    write!(out, "{played}")?;
    out.flush()
}

/// What is to be played: each manifest by itself, all VMs together.
fn stories(operands: &[String]) -> Result<Vec<(String, ServiceBundle)>, Failure> {
    if operands.is_empty() {
        let bundle = read::from_text(SHIPPED);
        let bundle = bundle.map_err(|error| Failure::new(Kind::Fatal, error))?;
        return Ok(vec![(title("the manifest that is shipped"), bundle)]);
    }
    let (files, vms): (Vec<String>, Vec<String>) = operands
        .iter()
        .cloned()
        .partition(|operand| is_file(operand));
    let mut stories = Vec::new();
    for file in files {
        let bundle = read::from_file(Path::new(&file))?;
        stories.push((title(&crate::vm::Printable(&file).to_string()), bundle));
    }
    if !vms.is_empty() {
        let what = "the manifest that `vbox-smf gen` writes for these VMs";
        stories.push((title(what), build::bundle_for(&vms)?));
    }
    Ok(stories)
}

fn is_file(operand: &str) -> bool {
    operand.contains('/') || Path::new(operand).extension().is_some_and(|e| e == "xml")
}

fn title(what: &str) -> String {
    format!("Rehearsal of {what}, on a simulated host.")
}
