//! `vbox-smf completions`: the words of the command line, for a shell.

use clap::ValueEnum;
use clap_complete::generate;
use clap_complete::shells;

use crate::failure::Failure;
use crate::text::output;

/// Print a shell completion script
///
/// Install it for bash in the completions folder of bash-completion, or load it with `source`; for zsh as `_vbox-smf` in a folder of fpath; for fish as vbox-smf.fish in its completions folder.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vbox-smf completions bash > /usr/share/bash-completion/completions/vbox-smf
  vbox-smf completions zsh > /usr/share/zsh/site-functions/_vbox-smf
  vbox-smf completions fish > ~/.config/fish/completions/vbox-smf.fish")]
pub(crate) struct Arguments {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// A shell that can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// Prints them, for this command line.
///
/// # Errors
/// Nothing can be written.
pub(crate) fn run(mut cli: clap::Command, arguments: &Arguments) -> Result<(), Failure> {
    let name = cli.get_name().to_owned();
    let mut script = Vec::new();
    match arguments.shell {
        Shell::Bash => generate(shells::Bash, &mut cli, name, &mut script),
        Shell::Zsh => generate(shells::Zsh, &mut cli, name, &mut script),
        Shell::Fish => generate(shells::Fish, &mut cli, name, &mut script),
    }
    output::print(&String::from_utf8_lossy(&script))?;
    Ok(())
}
