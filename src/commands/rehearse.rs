//! `vbox-smf rehearse`: what would happen, without it happening.

use std::io::{self, Write};
use std::path::Path;

use crate::failure::{Failure, Kind};
use crate::manifest::build;
use crate::manifest::model::{MethodContext, MethodCredential, ServiceBundle};
use crate::manifest::read;
use crate::rehearse::scenario::{self, Played};

/// The manifest that is rehearsed where none is named.
const SHIPPED: &str = include_str!("../../manifests/vbox.xml");

/// Play the life of instances on a simulated host: import, enable, disable
///
/// The real start and stop methods run against a VirtualBox and an SMF in memory, under a clock that
/// does not make you wait. Nothing on this machine is changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
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

/// What the timeline shows, for somebody who has never seen one.
const LEGEND: &str = "\
Simulated are SMF, VirtualBox, the guests and the clock, which counts seconds.
The start and stop methods are the real ones.
  smf  what svc.startd does         run   a program that a method runs
  log  a line of a method's log     vm    a VM goes from one state to another
  !!!  a risk on real VirtualBox    vbox  VirtualBox's server comes or goes
UUIDs are cut to their first digits.
";

/// Whose VMs those are that are only named.
const OWNER: &str = "vbox";

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
    writeln!(out, "{title}\n{LEGEND}")?;
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
        let what = format!("what `vbox-smf gen --user {OWNER}` writes for these VMs");
        let mut bundle = build::bundle_for(&vms)?;
        give_to_owner(&mut bundle);
        stories.push((title(&what), bundle));
    }
    Ok(stories)
}

/// VMs that are only named have an owner too, as they should have in earnest.
fn give_to_owner(bundle: &mut ServiceBundle) {
    let credential = MethodCredential {
        user: OWNER.to_owned(),
        group: None,
        supp_groups: None,
        privileges: Some("basic".to_owned()),
        limit_privileges: None,
    };
    for instance in bundle.services.iter_mut().flat_map(|s| &mut s.instances) {
        instance
            .method_context
            .get_or_insert_with(|| MethodContext {
                working_directory: Some(":home".to_owned()),
                method_credential: Some(credential.clone()),
                ..MethodContext::default()
            });
    }
}

fn is_file(operand: &str) -> bool {
    operand.contains('/') || Path::new(operand).extension().is_some_and(|e| e == "xml")
}

fn title(what: &str) -> String {
    format!("Rehearsal of {what}.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearse::scenario::Outcome;

    fn play(operands: &[&str]) -> Played {
        let operands: Vec<String> = operands.iter().map(|o| (*o).to_owned()).collect();
        let mut stories = stories(&operands).unwrap();
        assert_eq!(stories.len(), 1);
        scenario::play(&stories.remove(0).1).unwrap()
    }

    #[test]
    fn a_vm_lives_its_life() {
        let text = play(&["vm1"]).to_string();
        for row in [
            "   0.000  vm1       smf   enabled\n",
            "  vm1       vm    poweroff -> starting\n",
            "  vm1       vm    starting -> running\n",
            ": online\n",
            "  vm1       vm    saving -> saved\n",
            ": disabled\n",
            "\n1 of 1 instances ended where they should.\n",
        ] {
            assert!(text.contains(row), "no {row:?} in:\n{text}");
        }
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(80), "{text}");
    }

    #[test]
    fn the_manifest_that_is_shipped() {
        let played = play(&[]);
        assert!(played.outcomes.iter().all(Outcome::is_good), "{played}");
    }

    #[test]
    fn forty_vms() {
        let names: Vec<String> = (1..=40).map(|i| format!("vm{i}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let played = play(&names);
        assert!(played.outcomes.iter().all(Outcome::is_good), "{played}");
        assert!(
            played
                .to_string()
                .ends_with("40 of 40 instances ended where they should.\n")
        );
    }

    #[test]
    fn what_cannot_be_rehearsed() {
        let another = SHIPPED.replace("/lib/svc/method/vbox %m", "/bin/sh -c %m");
        let bundle = read::from_text(&another).unwrap();
        let failure = scenario::play(&bundle).unwrap_err();
        assert!(
            failure
                .to_string()
                .contains("is not vbox-smf but '/bin/sh -c start'"),
            "{failure}"
        );
        let empty = "<service_bundle type='manifest' name='x'/>";
        let bundle = read::from_text(empty).unwrap();
        let failure = scenario::play(&bundle).unwrap_err();
        assert_eq!(failure.to_string(), "the manifest has no instance");
    }

    #[test]
    fn files_and_vms() {
        for (operand, file) in [
            ("vm1", false),
            ("web=www.example", false),
            ("./vm1", true),
            ("vbox.xml", true),
            ("a/b", true),
        ] {
            assert_eq!(is_file(operand), file, "{operand}");
        }
    }
}
