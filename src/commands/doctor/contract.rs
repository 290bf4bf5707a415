//! In whose process contract VirtualBox's server lives.
//!
//! The VMs are its children, so they are members too. svc.startd sends SIGKILL to all members of an instance's contract
//! when a method of that instance times out, and to what is left in it when the instance stops. A start or stop of this
//! program puts VBoxSVC into a contract of its own; somebody else's service, or an older vbox-smf, may not have.

use std::time::Duration;

use super::check::{Check, Topic};
use crate::host::{Host, Process};
use crate::inventory::limit::Limit;
use crate::smf::tools::svcs;
use crate::text::printable::Printable;

/// How long svcs may take.
const LIMIT: Duration = Duration::from_secs(20);

/// The check of this user's VBoxSVC; none where there is no VBoxSVC, or where the system has no contracts.
pub(super) fn of_server(host: &dyn Host, user: &str, limit: Limit) -> Option<Check> {
    let processes = host.processes().ok()?;
    let is_server = |process: &&Process| process.program == "VBoxSVC";
    // The youngest: an old one may not have ended yet.
    let server = processes
        .iter()
        .filter(is_server)
        .min_by_key(|process| process.age)?;
    let (pid, contract) = (server.pid, server.contract?);
    let topic = Topic::Contract;
    let owners = match svcs::contracts(host, limit.of(host, LIMIT)) {
        Ok(owners) => owners,
        Err(error) => {
            let finding = format!(
                "VBoxSVC (pid {pid}) is in process contract {contract}; cannot determine whether SMF would kill it: {error}"
            );
            let check = Check::warn(topic, user, finding);
            return Some(check.hint("run doctor again when SMF responds"));
        }
    };
    let Some((_, fmri)) = owners.iter().find(|(id, _)| *id == contract) else {
        let finding = format!(
            "VBoxSVC (pid {pid}) is in process contract {contract}, which belongs to no SMF instance"
        );
        return Some(Check::ok(topic, user, finding));
    };
    let fmri = Printable(fmri);
    let finding = format!(
        "VBoxSVC (pid {pid}) and the VMs of {user} are in process contract {contract} of {fmri}: when that instance \
         stops, or a method of it times out, SMF kills them all, and the instances of the VMs stay online"
    );
    Some(
        Check::warn(topic, user, finding)
            .hint(format!(
                "disable every instance of {user} for 10 s, so that VBoxSVC exits, and enable them again: their start puts it into its own contract; this command shows the members of the contract"
            ))
            .command(format!("svcs -p {fmri}")),
    )
}
