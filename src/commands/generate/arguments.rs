//! What `vbox-smf gen` can be told, as it was typed.

use std::path::PathBuf;

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
    #[arg(long, value_name = "FILE", conflicts_with_all = NOT_WITH_FLEET)]
    pub(super) fleet: Option<PathBuf>,
    /// Print where each value ends up, and why, in place of the manifest
    #[arg(long, conflicts_with_all = ["output", "output_dir", "force", "svccfg"])]
    pub(super) explain: bool,
    /// Print it as JSON
    #[arg(long, requires = "explain")]
    pub(super) json: bool,
    /// Whose VMs they are: VirtualBox keeps VMs per user, and the methods run as that user
    #[arg(long = "user", value_name = "[INSTANCE:]USER")]
    pub(super) users: Vec<String>,
    /// Ask VirtualBox: without VM all VMs of the users, and for each its settings file and base disks
    #[arg(long)]
    pub(super) from_virtualbox: bool,
    /// The value of a property, as in `vm/stop_method=acpipowerbutton`
    #[arg(long = "set", value_name = "[INSTANCE:]GROUP/PROPERTY=VALUE")]
    pub(super) settings: Vec<String>,
    /// Let the import enable the instances, so that the VMs start at once
    #[arg(long)]
    pub(super) enabled: bool,
    /// Start after this VM, where it is enabled; without INSTANCE: all others
    #[arg(long, value_name = "[INSTANCE:]INSTANCE2", help_heading = ORDER)]
    pub(super) after: Vec<String>,
    /// Start after this VM, and not without it; without INSTANCE: all others
    #[arg(long, value_name = "[INSTANCE:]INSTANCE2", help_heading = ORDER)]
    pub(super) requires: Vec<String>,
    /// Do not start before this service is online, as in `svc:/network/ntp:default`
    #[arg(long, value_name = "[INSTANCE:]FMRI", help_heading = ORDER)]
    pub(super) depends_on: Vec<String>,
    /// Do not start before this file or folder is there
    #[arg(long = "path", value_name = "[INSTANCE:]FILE", help_heading = ORDER)]
    pub(super) paths: Vec<String>,
    /// The group to run as, where it is not the user's own
    #[arg(long = "group", value_name = "[WHOSE:]GROUP", help_heading = USERS)]
    pub(super) groups: Vec<String>,
    /// A variable of the environment; VirtualBox is given TZ, LANG, `LC_ALL`, `LC_CTYPE` and `VBOX_*`
    #[arg(long = "env", value_name = "[WHOSE:]NAME=VALUE", help_heading = USERS)]
    pub(super) environment: Vec<String>,
    /// The time zone, as in Europe/Vienna: the variable TZ
    #[arg(long = "timezone", value_name = "[WHOSE:]ZONE", help_heading = USERS)]
    pub(super) timezones: Vec<String>,
    /// The project
    #[arg(long = "project", value_name = "[WHOSE:]NAME", help_heading = USERS)]
    pub(super) projects: Vec<String>,
    /// The resource pool
    #[arg(long = "resource-pool", value_name = "[WHOSE:]NAME", help_heading = USERS)]
    pub(super) resource_pools: Vec<String>,
    /// The privileges [default: basic]
    #[arg(long = "privileges", value_name = "[WHOSE:]PRIVILEGES", help_heading = USERS)]
    pub(super) privileges: Vec<String>,
    /// The privileges that no program of theirs can get either
    #[arg(long = "limit-privileges", value_name = "[WHOSE:]PRIVILEGES", help_heading = USERS)]
    pub(super) limit_privileges: Vec<String>,
    /// Where the methods run: a folder, :home or :default [default: :home]
    #[arg(long = "working-directory", value_name = "[WHOSE:]FOLDER", help_heading = USERS)]
    pub(super) working_directories: Vec<String>,
    /// Who hears when an instance goes to maintenance or leaves online: mailto:ADDRESS or snmp:active
    #[arg(long = "notify", value_name = "[INSTANCE:]TO")]
    pub(super) notify: Vec<String>,
    /// A user who may enable, disable, restart and clear a VM, or each of the VMs: see `vbox-smf gen rbac`
    #[arg(long = "delegate", value_name = "[INSTANCE:]USER")]
    pub(super) delegates: Vec<String>,
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
const NOT_WITH_FLEET: [&str; 18] = [
    "from_virtualbox",
    "users",
    "settings",
    "enabled",
    "after",
    "requires",
    "depends_on",
    "paths",
    "delegates",
    "groups",
    "environment",
    "timezones",
    "projects",
    "resource_pools",
    "privileges",
    "limit_privileges",
    "working_directories",
    "notify",
];

const ORDER: &str = "What goes first";
const USERS: &str = "Per user";
