//! What follows where the stop method does not end the VM, and the time that is kept for it.

use std::time::Duration;

use super::{Settings, StopFallback, StopMethod};

/// What the stop method has at the least, of a time that is too short for the fallback's whole share.
const METHOD_FLOOR: Duration = Duration::from_secs(10);

/// The share of a stop's time that is kept for the fallback. The stop method is left ten seconds, or half
/// of a time that is shorter than twenty.
pub(crate) fn fallback_share(budget: Duration, settings: &Settings) -> Duration {
    let share = match fallback(settings) {
        StopFallback::SaveState => Duration::from_secs(30).max(budget / 4),
        StopFallback::PowerOff => Duration::from_secs(15),
        StopFallback::None => Duration::ZERO,
    };
    share.min(budget.saturating_sub(METHOD_FLOOR).max(budget / 2))
}

/// The fallback that adds something to the stop method. Escalation goes from a button over saving to
/// powering off, never back.
pub(super) fn fallback(settings: &Settings) -> StopFallback {
    match (settings.stop_method, settings.stop_fallback) {
        (StopMethod::PowerOff, _) | (StopMethod::SaveState, StopFallback::SaveState) => {
            StopFallback::None
        }
        (_, fallback) => fallback,
    }
}

/// Whether losing what the guest has not written was told.
pub(super) fn may_lose(settings: &Settings) -> bool {
    settings.stop_method == StopMethod::PowerOff || settings.stop_fallback == StopFallback::PowerOff
}
