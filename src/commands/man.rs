//! `vbox-smf man`: the manual page, from the command line, the schema and the exit statuses.

mod page;
mod tables;

use crate::failure::Failure;
use crate::text::output;

/// Print the manual page, vbox-smf(8)
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vbox-smf man > /usr/share/man/man8/vbox-smf.8
  vbox-smf man | man -l -
  vbox-smf man | mandoc")]
pub(crate) struct Arguments {}

/// Prints the page of this command line.
///
/// # Errors
/// Nothing can be written.
pub(crate) fn run(cli: clap::Command, _: &Arguments) -> Result<(), Failure> {
    output::print(&page::page(cli))?;
    Ok(())
}
