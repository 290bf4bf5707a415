//! What `vbox-smf gen` can be told, as it was typed.

use std::path::PathBuf;

use super::typed::{self, Typed};

/// Write an SMF manifest: a service, and an instance of it for each VM
///
/// An option applies to all VMs, or to one: `--set vm1:vm/on_saved=leave`. A property that is set for all goes to
/// the service, where every instance finds it; one that is set for one VM goes to its instance. What --after,
/// --requires, --depends-on, --path and --notify say for one VM comes on top of what they say for all.
///
/// VirtualBox starts all VMs of a user from one daemon, which keeps what its first client had. So what is said per
/// user must be the same for all VMs of a user; WHOSE is a VM's instance, or a user.
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
A VM that is called like a command is given as INSTANCE=NAME: rbac=rbac.

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
    /// A VM's name or UUID; INSTANCE=NAME where an instance cannot be called like the VM
    #[arg(value_name = "VM", required_unless_present_any = ["fleet", "from_virtualbox"])]
    pub(super) vms: Vec<String>,
    /// Take the VMs, and everything about them, from a fleet file; VM chooses instances of it
    #[arg(long, value_name = "FILE", conflicts_with_all = not_with_fleet())]
    pub(super) fleet: Option<PathBuf>,
    /// Ask VirtualBox: without VM all VMs of the users, and for each its settings file and base disks
    #[arg(long)]
    pub(super) from_virtualbox: bool,
    /// Print where each value ends up, and why, in place of the manifest
    #[arg(long, conflicts_with_all = ["output", "output_dir", "force", "svccfg"])]
    pub(super) explain: bool,
    /// Print it as JSON
    #[arg(long, requires = "explain")]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) options: Typed,
    /// The service's name
    #[arg(long, value_name = "NAME", default_value = crate::smf::fmri::DEFAULT_SERVICE)]
    pub(super) service: String,
    /// The program that SMF runs to start and stop a VM
    #[arg(long, value_name = "PATH", default_value = "/lib/svc/method/vbox")]
    pub(super) method: String,
    /// The model of svc.startd: only transient tells the truth about VMs
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
    /// Ask svccfg validate, too, before anything is written (illumos and Solaris)
    #[arg(long)]
    pub(super) svccfg: bool,
}

/// What the file says itself.
fn not_with_fleet() -> Vec<&'static str> {
    [vec!["from_virtualbox"], typed::ids()].concat()
}
