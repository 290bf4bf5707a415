//! `vbox-smf gen profile`: which instances a host enables, and what it sets.

use std::path::{Path, PathBuf};

use super::deliver::{self, Target};
use super::{fleet, options};
use crate::failure::{Failure, Kind};
use crate::manifest::blueprint::Blueprint;
use crate::manifest::options::SET;
use crate::manifest::profile;
use crate::manifest::request::{Directive, Origin, Owners, Request, Scope, ScopedDirective};
use crate::manifest::resolve::resolve;
use crate::manifest::write;
use crate::text::log::Log;
use crate::text::shell::shell_word;

/// Write a site profile: it enables instances, and sets properties
///
/// A profile sets what this host does with instances from a manifest; `svccfg apply` applies it. It changes nothing else: `--set` without INSTANCE is for the given VMs, not for the service.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vbox-smf gen profile vm1 vm2 --output site.xml
  vbox-smf gen profile vm1 --disabled
  vbox-smf gen profile --fleet fleet.toml
  vbox-smf gen profile vm1 db --set db:vm/stop_method=acpipowerbutton")]
pub(super) struct Arguments {
    /// An instance; INSTANCE=NAME also sets vm/name
    #[arg(value_name = "VM", required_unless_present = "fleet")]
    vms: Vec<String>,
    /// Read the instances, their enabled state and their properties from a fleet file; VM selects instances from it
    #[arg(long, value_name = "FILE", conflicts_with = "settings")]
    fleet: Option<PathBuf>,
    /// Disable the instances
    #[arg(long)]
    disabled: bool,
    #[arg(long = SET.long, value_name = SET.value_name, help = SET.help)]
    settings: Vec<String>,
    /// The name of the service
    #[arg(long, value_name = "NAME", default_value = crate::smf::fmri::DEFAULT_SERVICE)]
    service: String,
    /// The program that SMF runs, if a property needs a method with a longer timeout
    #[arg(long, value_name = "PATH", default_value = "/lib/svc/method/vbox")]
    method: String,
    /// Where to write the profile; - is standard output
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// Replace FILE if it exists
    #[arg(long)]
    force: bool,
}

/// Writes the profile, then says what to do with it.
///
/// # Errors
/// The arguments do not make sense together, or the file cannot be written.
pub(super) fn run(log: &Log<'_>, arguments: &Arguments) -> Result<(), Failure> {
    let bundle = profile::build(&blueprint(arguments)?);
    let text = write::to_text(&bundle).map_err(|error| Failure::new(Kind::Usage, error))?;
    let stdout = arguments.output == Path::new("-");
    let target = if stdout {
        Target::Stdout
    } else {
        Target::File(&arguments.output)
    };
    deliver::deliver_one(&target, &text, arguments.force)?;
    log.line(if stdout {
        "next: save it as site.xml, then svccfg apply site.xml".to_owned()
    } else {
        let file = shell_word(&arguments.output.display().to_string());
        format!("next: svccfg apply {file}")
    });
    Ok(())
}

fn blueprint(arguments: &Arguments) -> Result<Blueprint, Failure> {
    let Some(path) = &arguments.fleet else {
        return Ok(resolve(&request(arguments)?)?);
    };
    let options = fleet::Options {
        names: &arguments.vms,
        service: &arguments.service,
        method: Some(&arguments.method),
        model: None,
    };
    let (_, mut blueprint) = fleet::blueprint(path, &options)?;
    for instance in &mut blueprint.instances {
        instance.enabled &= !arguments.disabled;
    }
    Ok(blueprint)
}

fn request(arguments: &Arguments) -> Result<Request, Failure> {
    let vms = options::vms(&arguments.vms)?;
    let mut directives = options::of_option(&SET, &arguments.settings, &vms)?;
    directives.push(ScopedDirective {
        scope: Scope::All,
        want: Directive::Enabled(!arguments.disabled),
        origin: Origin::new("--disabled"),
    });
    let service = arguments.service.parse();
    let method = arguments.method.parse();
    Ok(Request {
        service: service.map_err(options::usage("--service"))?,
        method: method.map_err(options::usage("--method"))?,
        // A profile does not say whose VMs they are.
        owners: Owners::Optional,
        vms,
        directives,
        ..Request::default()
    })
}
