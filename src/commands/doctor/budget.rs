//! Whether the times of an instance fit into each other.

use std::time::Duration;

use super::check::{Check, Topic};
use crate::config::settings::{MARGIN, Settings, StopMethod};
use crate::engine::plan::fallback_share;
use crate::inventory::instances::Instance;
use crate::virtualbox::vm::Intent;

/// A guest that is told to shut down needs this long, most of them.
const GUEST_NEEDS: Duration = Duration::from_secs(60);
/// Saving the memory of a VM, or starting the VM, takes this long at times.
const VIRTUALBOX_NEEDS: Duration = Duration::from_secs(30);

/// What is too short, or how the time is shared.
pub(super) fn budgets(instance: &Instance, settings: &Settings) -> Vec<Check> {
    let wrong: Vec<Check> = [of_start(instance, settings), of_stop(instance, settings)]
        .into_iter()
        .flatten()
        .collect();
    let (Ok(start), Ok(stop)) = (
        settings.budget(Intent::Start),
        settings.budget(Intent::Stop),
    ) else {
        return wrong;
    };
    if !wrong.is_empty() {
        return wrong;
    }
    let finding = format!(
        "a start has {} s; a stop has {} s, of which {} s are reserved for the fallback",
        start.as_secs(),
        stop.as_secs(),
        fallback_share(stop, settings).as_secs()
    );
    vec![Check::ok(
        Topic::Budget,
        &instance.fmri.to_string(),
        finding,
    )]
}

/// Adds how a method gets more time. A group that only the instance has would hide the service's whole method from
/// svc.startd, so the service's is changed, unless the instance has one already.
fn raise(check: Check, instance: &Instance, intent: Intent, to: Duration) -> Check {
    let (fmri, method) = (&instance.fmri, intent.method());
    check
        .hint(format!(
            "if the instance has its own {method} property group, use -s {fmri}"
        ))
        .command(format!(
            "svccfg -s svc:/{} setprop {method}/timeout_seconds = count: {} && svcadm refresh {fmri}",
            fmri.service(),
            to.as_secs()
        ))
}

fn of_start(instance: &Instance, settings: &Settings) -> Option<Check> {
    let (topic, fmri) = (Topic::Budget, instance.fmri.to_string());
    let check = match settings.budget(Intent::Start) {
        Err(error) => Check::fail(topic, &fmri, error.to_string()),
        Ok(budget) => {
            let left = budget.saturating_sub(settings.start_delay);
            if left >= VIRTUALBOX_NEEDS {
                return None;
            }
            let finding = format!(
                "a start has {} s for VirtualBox; restoring a large VM may take longer",
                left.as_secs()
            );
            Check::warn(topic, &fmri, finding)
        }
    };
    let wanted = settings.start_delay + VIRTUALBOX_NEEDS + MARGIN;
    Some(raise(check, instance, Intent::Start, wanted))
}

fn of_stop(instance: &Instance, settings: &Settings) -> Option<Check> {
    let (topic, fmri) = (Topic::Budget, instance.fmri.to_string());
    let stop = settings.budget(Intent::Stop).ok()?;
    if let (Some(limit), Some(wanted)) = (settings.stop_limit, settings.stop_timeout)
        && stop < wanted
    {
        let finding = format!(
            "the timeout is too short: vm/stop_timeout is {} s, but of stop/timeout_seconds, {} s, only {} s are available for a stop",
            wanted.as_secs(),
            limit.as_secs(),
            stop.as_secs()
        );
        let check = Check::fail(topic, &fmri, finding);
        return Some(raise(check, instance, Intent::Stop, wanted + MARGIN));
    }
    let (needs, what) = time_of_method(settings)?;
    let share = fallback_share(stop, settings);
    let left = stop.saturating_sub(share);
    if left >= needs {
        return None;
    }
    let finding = format!(
        "the timeout is short: of {} s for a stop, {what} has {} s before the fallback",
        stop.as_secs(),
        left.as_secs()
    );
    let check = Check::warn(topic, &fmri, finding);
    let wanted = needs + share.max(VIRTUALBOX_NEEDS);
    if settings.stop_timeout == Some(stop) {
        let seconds = wanted.as_secs();
        return Some(check.command(format!(
            "svccfg -s {fmri} setprop vm/stop_timeout = count: {seconds} && svcadm refresh {fmri}"
        )));
    }
    Some(raise(check, instance, Intent::Stop, wanted + MARGIN))
}

/// What the stop method waits for, and how long that takes at times. Powering off takes no time.
fn time_of_method(settings: &Settings) -> Option<(Duration, &'static str)> {
    match settings.stop_method {
        StopMethod::AcpiPowerButton | StopMethod::Shutdown => Some((GUEST_NEEDS, "the guest")),
        StopMethod::SaveState => Some((VIRTUALBOX_NEEDS, "saving")),
        StopMethod::AcpiSleepButton | StopMethod::PowerOff => None,
    }
}
