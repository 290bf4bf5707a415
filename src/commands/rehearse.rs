//! `vbox-smf rehearse`: what would happen, without it happening.

mod stories;

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Kind};
use crate::host::atomic_write::place;
use crate::simulation::host::{Fault, Guest};
use crate::simulation::rehearsal::assigned::{self, Assigned, FAULTS, GUESTS, Time};
use crate::simulation::rehearsal::picture::picture;
use crate::simulation::rehearsal::record::Record;
use crate::simulation::rehearsal::scenario::{Played, Scenario, Script, play};
use crate::simulation::rehearsal::timeline::{Letters, Text};
use crate::text::output;

use self::stories::Manifest;

/// Simulate instances on a virtual host: import, enable, disable, boot, shutdown
///
/// The real start and stop methods run against a simulated VirtualBox and SMF, with a simulated clock. Nothing on this machine is read or changed. Every instance is treated as enabled, and its dependencies outside the manifest as satisfied.
#[derive(Debug, clap::Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
#[command(after_help = after_help())]
pub(crate) struct Arguments {
    /// A VM's name (INSTANCE=NAME if the instance has another name), or a manifest: a name that contains a slash or ends in .xml, or - for standard input [default: the manifest shipped with this program]
    #[arg(value_name = "VM|FILE")]
    operands: Vec<String>,
    /// The scenario to run; can be repeated [default: life]
    #[arg(long = "scenario", value_name = "SCENARIO", value_enum)]
    scenarios: Vec<Scenario>,
    /// Every scenario
    #[arg(long, conflicts_with = "scenarios")]
    all: bool,
    #[arg(long = "guest", value_name = "[INSTANCE:]GUEST", help = format!("What a guest does: {}", assigned::words(GUESTS)))]
    guests: Vec<Assigned<Guest>>,
    #[arg(long = "fault", value_name = "[INSTANCE:]FAULT", help = format!("What is wrong: {}", assigned::words(FAULTS)))]
    faults: Vec<Assigned<Fault>>,
    /// How long a host waits for its services at shutdown, for example 180s [default: until their methods time out]
    #[arg(long, value_name = "TIME")]
    shutdown_limit: Option<Time>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Also draw a timeline of all instances as SVG; - is standard output, without the text
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Replace FILE if it exists
    #[arg(long, requires = "svg")]
    force: bool,
    #[arg(
        long,
        help = "Do not use colours on a terminal (as does the environment variable NO_COLOR)"
    )]
    plain: bool,
}

/// What `--help` ends with.
fn after_help() -> String {
    format!(
        "Guests:\n{}\nFaults:\n{}\n{EXAMPLES}",
        assigned::help(GUESTS),
        assigned::help(FAULTS)
    )
}

const EXAMPLES: &str = "\
Exit status:
  0   every instance ended where it should
  1   one did not: the result says where it ended, and where it should have
  2   the command line is invalid
  96  a manifest cannot be read, or svccfg would not import it; or FILE exists

Examples:
  vbox-smf rehearse vm1
  vbox-smf rehearse ./vbox.xml --all
  vbox-smf rehearse ./vbox.xml --scenario shutdown --shutdown-limit 180s \\
      --guest deaf --guest db:slow=90s --svg shutdown.svg
  vbox-smf rehearse vm1 vm2 --scenario boot --fault vm1:svc-dies=1s
  vbox-smf gen vm1 --user vbox | vbox-smf rehearse - --json";

/// What the timeline shows, for somebody who has never seen one.
const LEGEND: &str = "\
SMF, VirtualBox, the guests and the clock (in seconds) are simulated.
The start and stop methods are the real ones.
  smf  what svc.startd does         run   a program that a method runs
  log  a line of a method's log     vm    a VM goes from one state to another
  !!!  a risk on real VirtualBox    vbox  VirtualBox's server starts or ends
  note additional information
UUIDs are abbreviated.
";

/// Plays what was asked for and prints it.
///
/// # Errors
/// It cannot be played, or an instance did not end where it should.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let to_stdout = arguments.svg.as_deref() == Some(Path::new("-"));
    if to_stdout && arguments.json {
        return Err(Failure::told(
            Kind::Usage,
            "--svg - and --json cannot both use standard output",
        ));
    }
    if arguments.shutdown_limit.is_some()
        && !arguments.all
        && !arguments.scenarios.contains(&Scenario::Shutdown)
    {
        return Err(Failure::told(
            Kind::Usage,
            "--shutdown-limit: no scenario shuts down a host",
        )
        .hinted("add --scenario shutdown or --all"));
    }
    let manifests = stories::manifests(&arguments.operands)?;
    let stories = stories(arguments, &manifests)?;
    if let (Some(path), false) = (&arguments.svg, to_stdout) {
        place(path, &picture(&stories), arguments.force)?;
    }
    if to_stdout {
        output::print(&picture(&stories))?;
    } else if arguments.json {
        output::print(&output::json(&Record::of(&stories)))?;
    } else {
        match ink(arguments) {
            Letters::Plain => output::print(&text(&stories, Letters::Plain))?,
            Letters::Colour => output::print_raw(&text(&stories, Letters::Colour))?,
        };
    }
    verdict(&stories)
}

/// Plays everything.
fn stories(
    arguments: &Arguments,
    manifests: &[Manifest],
) -> Result<Vec<(String, Played)>, Failure> {
    let scenarios = match (arguments.all, arguments.scenarios.as_slice()) {
        (true, _) => Scenario::all(),
        (false, []) => &[Scenario::Life][..],
        (false, some) => some,
    };
    let mut stories = Vec::new();
    for manifest in manifests {
        for scenario in scenarios {
            let script = Script {
                guests: arguments.guests.clone(),
                faults: arguments.faults.clone(),
                shutdown_limit: arguments.shutdown_limit.map(|time| time.0),
                notes: manifest.notes.clone(),
                ..Script::of(*scenario)
            };
            let played =
                play(&manifest.text, &script).map_err(|failure| failure.about(&manifest.name))?;
            stories.push((manifest.name.clone(), played));
        }
    }
    known(arguments, &stories)?;
    Ok(stories)
}

/// Whoever names an instance that is not there would wait for its fault in vain.
fn known(arguments: &Arguments, stories: &[(String, Played)]) -> Result<(), Failure> {
    let outcomes = stories.iter().flat_map(|(_, played)| &played.outcomes);
    let mut names: Vec<String> = Vec::new();
    let mut fmris = Vec::new();
    for outcome in outcomes {
        let name = outcome.actor.fmri.instance().as_str().to_owned();
        if !names.contains(&name) {
            names.push(name);
        }
        fmris.push(outcome.actor.fmri.to_string());
    }
    let guests = arguments.guests.iter().map(|wish| ("--guest", &wish.whose));
    let faults = arguments.faults.iter().map(|wish| ("--fault", &wish.whose));
    for (option, whose) in guests.chain(faults) {
        let Some(whose) = whose else { continue };
        if !names.contains(whose) && !fmris.contains(whose) {
            let mut shown: Vec<&str> = names.iter().map(String::as_str).take(8).collect();
            if names.len() > shown.len() {
                shown.push("...");
            }
            let told = format!("{option}: unknown instance '{whose}'");
            let hint = format!("the instances are {}", shown.join(", "));
            return Err(Failure::told(Kind::Usage, told).hinted(hint));
        }
    }
    Ok(())
}

/// Colours are for people at a terminal who want them.
fn ink(arguments: &Arguments) -> Letters {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if arguments.plain || unwanted || !io::stdout().is_terminal() {
        Letters::Plain
    } else {
        Letters::Colour
    }
}

fn text(stories: &[(String, Played)], ink: Letters) -> String {
    let mut text = String::new();
    for (nth, (name, played)) in stories.iter().enumerate() {
        let word = played.scenario.word();
        let (gap, legend) = if nth == 0 { ("", LEGEND) } else { ("\n", "") };
        write!(
            text,
            "{gap}Rehearsal of {name}: {word}.\n{legend}\n{}",
            Text { played, ink }
        )
        .expect("a String");
    }
    text
}

fn verdict(stories: &[(String, Played)]) -> Result<(), Failure> {
    let outcomes = || stories.iter().flat_map(|(_, played)| &played.outcomes);
    let who = match outcomes().filter(|outcome| !outcome.is_good()).count() {
        0 => return Ok(()),
        1 => "an instance".to_owned(),
        bad if stories.len() == 1 => format!("{bad} of {} instances", outcomes().count()),
        bad => format!("{bad} instances in {} rehearsals", stories.len()),
    };
    let told = format!("{who} did not end as expected");
    Err(Failure::told(Kind::Transient, told)
        .hinted("the result shows the actual and the expected state"))
}

#[cfg(test)]
mod tests;
