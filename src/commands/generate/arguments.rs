//! What `vbox-smf gen` can be told, as it was typed.

use std::path::PathBuf;

use super::typed::{self, Typed};

/// Write an SMF manifest: a service, and an instance of it for each VM
///
/// An option applies to all VMs, or to one VM: `--set vm1:vm/on_saved=leave`. A property that is set for all goes to
/// the service, where every instance finds it; one that is set for one VM goes to its instance. --after, --requires, --depends-on, --path and --notify for one VM are added to those for all VMs.
///
/// VirtualBox starts all VMs of a user from one daemon, which keeps the environment of its first client. Options per user must therefore be the same for all VMs of a user; WHOSE is an instance or a user.
#[derive(Debug, clap::Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true
)]
#[command(after_help = "\
A VM with the name of a subcommand is given as INSTANCE=NAME: rbac=rbac.

Examples:
  vbox-smf gen vm1 --user vbox --output vbox.xml
  vbox-smf gen vm1 db=db.example --user vbox \\
    --set db:vm/stop_method=acpipowerbutton --notify mailto:root
  vbox-smf gen web db --user vbox --requires web:db --path '/tank/my vms'
  vbox-smf gen vm1 vm2 --user vm1:alice --user vm2:bob \\
    --timezone alice:Europe/Vienna --output-dir /lib/svc/manifest/site
  vbox-smf gen --fleet fleet.toml --output vbox.xml
  vbox-smf gen --from-virtualbox --user alice --user bob --svccfg")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(super) other: Option<super::Other>,
    /// A VM's name or UUID; INSTANCE=NAME if the VM's name is not a valid instance name
    #[arg(value_name = "VM", required_unless_present_any = ["fleet", "from_virtualbox"])]
    pub(super) vms: Vec<String>,
    /// Read the VMs and all their settings from a fleet file; VM selects instances from it
    #[arg(long, value_name = "FILE", conflicts_with_all = not_with_fleet())]
    pub(super) fleet: Option<PathBuf>,
    /// Query VirtualBox: without VM, all VMs of the users, each with its settings file and base disks
    #[arg(long)]
    pub(super) from_virtualbox: bool,
    /// Print where each value ends up and why, instead of the manifest
    #[arg(long, conflicts_with_all = ["output", "output_dir", "force", "svccfg"])]
    pub(super) explain: bool,
    /// Print it as JSON
    #[arg(long, requires = "explain")]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) options: Typed,
    /// The name of the service
    #[arg(long, value_name = "NAME", default_value = crate::smf::fmri::DEFAULT_SERVICE)]
    pub(super) service: String,
    /// The program that SMF runs to start and stop a VM
    #[arg(long, value_name = "PATH", default_value = "/lib/svc/method/vbox")]
    pub(super) method: String,
    /// The service model of svc.startd; only transient is supported for VMs
    #[arg(long, value_name = "MODEL", default_value = "transient")]
    pub(super) model: String,
    /// Where to write the manifest; - is standard output
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    pub(super) output: PathBuf,
    /// Write a manifest for each VM into this folder, `INSTANCE.xml`; they can be imported in any order
    #[arg(long, value_name = "FOLDER", conflicts_with = "output")]
    pub(super) output_dir: Option<PathBuf>,
    /// Replace files that exist
    #[arg(long)]
    pub(super) force: bool,
    /// Also run svccfg validate before writing anything (illumos and Solaris)
    #[arg(long)]
    pub(super) svccfg: bool,
}

/// What the file says itself.
fn not_with_fleet() -> Vec<&'static str> {
    [vec!["from_virtualbox"], typed::ids()].concat()
}
