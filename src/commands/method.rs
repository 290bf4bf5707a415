//! `vbox-smf start` and `vbox-smf stop`: look, decide, act, look again.

use std::ffi::OsString;

use crate::failure::{Caller, Failure};
use crate::fmri::InstanceFmri;
use crate::host::Host;
use crate::log::Log;
use crate::vm::Intent;

/// What a method was asked to do.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Up or down.
    pub(crate) intent: Intent,
    /// For which instance.
    pub(crate) fmri: InstanceFmri,
    /// The method's own environment, of which children see a few names.
    pub(crate) environment: Vec<(OsString, OsString)>,
    /// Who reads the exit status.
    pub(crate) caller: Caller,
    /// Say what would be done, and do nothing.
    pub(crate) dry_run: bool,
}

/// Runs the method to its end.
///
/// # Errors
/// The VM is not proven where it should be.
pub(crate) fn run(_host: &dyn Host, _log: &Log<'_>, _request: &Request) -> Result<(), Failure> {
    Ok(())
}
