//! Placeholder.

use crate::failure::Failure;

/// Placeholder
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    names: Vec<String>,
}

pub(crate) fn run(_arguments: &Arguments) -> Result<(), Failure> {
    Ok(())
}
