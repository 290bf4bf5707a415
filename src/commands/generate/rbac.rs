//! `vbox-smf gen rbac`: who may manage the VMs, as fragments for the databases of RBAC.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::{fleet, options};
use crate::failure::{Failure, Kind};
use crate::host::atomic_write::place_all;
use crate::manifest::authority::LoginName;
use crate::manifest::blueprint::Blueprint;
use crate::manifest::options::DELEGATE;
use crate::manifest::rbac::{Fragments, Grants, fragments};
use crate::manifest::request::{Owners, Request};
use crate::manifest::resolve::resolve;
use crate::smf::fmri::InstanceName;
use crate::text::log::Log;
use crate::text::output;
use crate::text::shell::shell_word;

/// Write RBAC database entries: who may manage the VMs
///
/// The manifests require two authorizations, solaris.smf.manage.vbox and solaris.smf.value.vbox; the
/// rights profile 'VirtualBox Administration' contains both. A VM that is delegated, here and with the same option of `vbox-smf gen`, has its own two: users who hold them may enable, disable, restart, refresh, clear and mark this VM only. `svcadm enable -t` and `disable -t` require solaris.smf.modify.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vbox-smf gen rbac --admin alice
  vbox-smf gen rbac --admin alice --fleet fleet.toml
  vbox-smf gen rbac vm1 vm2 --admin alice --delegate vm1:bob --output-dir ~/rbac")]
pub(super) struct Arguments {
    /// The VMs that --delegate may name: INSTANCE, or INSTANCE=NAME as for `vbox-smf gen`
    #[arg(value_name = "VM")]
    vms: Vec<String>,
    /// Read who manages which VM from a fleet file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["vms", "delegates"])]
    fleet: Option<PathBuf>,
    /// A user who manages all VMs
    #[arg(long = "admin", value_name = "USER")]
    admins: Vec<String>,
    /// A user who manages one VM, or all given VMs
    #[arg(long = DELEGATE.long, value_name = DELEGATE.value_name)]
    delegates: Vec<String>,
    /// The name of the service
    #[arg(long, value_name = "NAME", default_value = crate::smf::fmri::DEFAULT_SERVICE)]
    service: String,
    /// Write three files into this folder, not to standard output: `auth_attr`, `prof_attr`, `user_attr`
    #[arg(long, value_name = "DIR")]
    output_dir: Option<PathBuf>,
    /// Replace the files where they exist
    #[arg(long, requires = "output_dir")]
    force: bool,
}

/// The files, and where each belongs on illumos.
const FILES: [(&str, &str); 3] = [
    ("auth_attr", "/etc/security/auth_attr.d/vbox-smf"),
    ("prof_attr", "/etc/security/prof_attr.d/vbox-smf"),
    ("user_attr", "/etc/user_attr.d/vbox-smf"),
];

/// Writes the fragments, then says what to do with them.
///
/// # Errors
/// The arguments do not make sense together, or a file cannot be written.
pub(super) fn run(log: &Log<'_>, arguments: &Arguments) -> Result<(), Failure> {
    let grants = grants(arguments)?;
    let fragments = fragments(&grants).map_err(|error| Failure::new(Kind::Usage, error))?;
    let Some(directory) = &arguments.output_dir else {
        output::print(&together(&fragments))?;
        log.line(
            "next: save each part under the name above it, then svcadm restart svc:/system/rbac",
        );
        return Ok(());
    };
    let files = FILES
        .iter()
        .zip(texts(&fragments))
        .map(|((name, _), text)| (directory.join(name), text.to_owned()));
    place_all(&files.collect::<Vec<_>>(), arguments.force)?;
    log.line(next_step(directory));
    Ok(())
}

fn grants(arguments: &Arguments) -> Result<Grants, Failure> {
    let admins = arguments
        .admins
        .iter()
        .map(|text| text.parse().map_err(options::usage("--admin")))
        .collect::<Result<_, Failure>>()?;
    let service = arguments.service.parse();
    let mut grants = Grants {
        service: service.map_err(options::usage("--service"))?,
        admins,
        delegates: Vec::new(),
    };
    if let Some(path) = &arguments.fleet {
        let options = fleet::Options {
            names: &[],
            service: &arguments.service,
            method: None,
            model: None,
        };
        let (_, blueprint) = fleet::blueprint(path, &options)?;
        grants.delegates = delegates(&blueprint);
        return Ok(grants);
    }
    let vms = options::vms(&arguments.vms)?;
    let directives = options::of_option(&DELEGATE, &arguments.delegates, &vms)?;
    if vms.is_empty() {
        return match directives.first() {
            None => Ok(grants),
            Some(directive) => Err(Failure::told(
                Kind::Usage,
                format_args!("{}: no VM specified", directive.origin),
            )
            .hinted("specify the VMs, or use --admin for a user who manages all of them")),
        };
    }
    let blueprint = resolve(&Request {
        service: grants.service.clone(),
        owners: Owners::Optional,
        vms,
        directives,
        ..Request::default()
    })?;
    grants.delegates = delegates(&blueprint);
    Ok(grants)
}

/// Who manages which VM.
fn delegates(blueprint: &Blueprint) -> Vec<(InstanceName, LoginName)> {
    blueprint
        .instances
        .iter()
        .flat_map(|of| {
            of.delegates
                .iter()
                .map(|user| (of.name.clone(), user.clone()))
        })
        .collect()
}

fn texts(fragments: &Fragments) -> [&str; 3] {
    [
        &fragments.authorizations,
        &fragments.profiles,
        &fragments.users,
    ]
}

/// All three, each under the name that it should have.
fn together(fragments: &Fragments) -> String {
    let mut all = String::new();
    for ((_, path), text) in FILES.iter().zip(texts(fragments)) {
        let _infallible = write!(all, "# {path}\n{text}");
    }
    all
}

fn next_step(directory: &Path) -> String {
    let mut step = String::from("next: ");
    for (name, path) in FILES {
        let from = directory.join(name).display().to_string();
        let _infallible = write!(step, "cp {} {path}; ", shell_word(&from));
    }
    step.push_str("svcadm restart svc:/system/rbac");
    step
}
