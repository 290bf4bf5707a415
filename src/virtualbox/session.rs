//! A user's VirtualBox for who asks about many VMs: its program and environment, its server, and asking again.
//!
//! A method does more: it takes turns with others, and what it asks depends on what it has seen (`engine::observer`).

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::environment::child_environment;
use super::processes::{ProcessSummary, Wanted, summary};
use super::server::SERVER_READY;
use super::vboxmanage::{self, FindError, VBoxError, VBoxManage};
use crate::host::{Account, Held, Host, LockError};

/// Between two tries, while the server is not there, in milliseconds.
const PAUSES: [u64; 4] = [200, 500, 1000, 3000];

/// VirtualBox as this user has it, who is the user that we are.
///
/// # Errors
/// There is no VBoxManage, or others than root can change it.
pub(crate) fn open<'h>(
    host: &'h dyn Host,
    vboxmanage: Option<&Path>,
    account: &Account,
    environment: &[(OsString, OsString)],
) -> Result<VBoxManage<'h>, FindError> {
    let program = vboxmanage::find(host, vboxmanage)?;
    Ok(VBoxManage::new(
        host,
        program,
        child_environment(host, account, environment),
    ))
}

/// The same where only its folders are asked for, and no program is run.
pub(crate) fn folders<'h>(
    host: &'h dyn Host,
    account: &Account,
    environment: &[(OsString, OsString)],
) -> VBoxManage<'h> {
    let environment = child_environment(host, account, environment);
    VBoxManage::new(host, PathBuf::from("/"), environment)
}

/// VirtualBox's processes of the user that we are; none where they cannot be examined.
pub(crate) fn all_processes(host: &dyn Host) -> Option<ProcessSummary> {
    let nobody = Wanted {
        name: None,
        uuid: None,
    };
    Some(summary(&host.processes().ok()?, nobody))
}

/// Whether a server has been there for so long that it answers.
pub(crate) fn server_is_ready(summary: Option<&ProcessSummary>) -> bool {
    summary
        .and_then(|summary| summary.server_age)
        .is_some_and(|age| age >= SERVER_READY)
}

/// VirtualBox's clients race when no server answers: one at a time until it does. A method that starts a VM at this
/// moment must not fail because of us.
///
/// # Errors
/// The lock was not to be had within that time.
pub(crate) fn lock_if_cold(
    host: &dyn Host,
    patience: Duration,
) -> Result<Option<Box<dyn Held>>, LockError> {
    if server_is_ready(all_processes(host).as_ref()) {
        return Ok(None);
    }
    host.cold_start_lock(patience).map(Some)
}

/// Asks again where the server went away, or the answer was another one's.
///
/// # Errors
/// What the last try said.
pub(crate) fn ask_patiently<T>(
    host: &dyn Host,
    ask: impl Fn() -> Result<T, VBoxError>,
) -> Result<T, VBoxError> {
    for pause in PAUSES {
        match ask() {
            Err(VBoxError::ServerGone(_) | VBoxError::Elsewhere(_)) => {
                host.sleep(Duration::from_millis(pause));
            }
            other => return other,
        }
    }
    ask()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::host::fake::Fake;

    #[test]
    fn a_server_that_went_away_is_asked_five_times() {
        let gone = || VBoxError::ServerGone("gone".to_owned());
        for (fails, expected) in [(0, 1), (4, 5), (9, 5)] {
            let asked = Cell::new(0);
            let answer = ask_patiently(&Fake::default(), || {
                asked.set(asked.get() + 1);
                if asked.get() > fails {
                    Ok(())
                } else {
                    Err(gone())
                }
            });
            assert_eq!(asked.get(), expected);
            assert_eq!(answer.is_ok(), fails < 5);
        }
        let asked = Cell::new(0);
        let refused = ask_patiently(&Fake::default(), || -> Result<(), _> {
            asked.set(asked.get() + 1);
            Err(VBoxError::Other("no".to_owned()))
        });
        assert!(refused.is_err());
        assert_eq!(asked.get(), 1, "another error is no reason to ask again");
    }
}
