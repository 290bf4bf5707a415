//! Whether VirtualBox can write the settings of a user's VMs: looked at as that user, and nothing is changed.

use super::check::{Check, Topic};
use crate::host::{Account, Host};
use crate::inventory::owners::Owner;
use crate::virtualbox::advice;
use crate::virtualbox::registry::Registry;
use crate::virtualbox::session;

/// As many of them are told: what is wrong with one is wrong with all, most likely.
const SHOWN: usize = 5;

/// The VMs whose settings cannot be written. Such a VM can neither be saved nor be started from a saved state: the state
/// would stay named in the settings, and be restored once more over a newer disk.
pub(super) fn settings(host: &dyn Host, owner: &Owner, account: &Account) -> Vec<Check> {
    let vbox = session::folders(host, account, &owner.environment);
    let registry = vbox
        .settings_folder(account)
        .and_then(|folder| Registry::read(host, &folder).ok());
    let entries = registry
        .map(|registry| registry.entries)
        .unwrap_or_default();
    entries
        .iter()
        .filter_map(|entry| {
            let advice = advice::of_settings(host, account, &entry.settings_file)?;
            let finding = format!(
                "VM {{{}}} cannot be saved, nor started from a saved state: {}",
                entry.uuid, advice.finding
            );
            Some(Check::fail(Topic::Vm, &account.name, finding).hint(advice.next_step))
        })
        .take(SHOWN)
        .collect()
}
