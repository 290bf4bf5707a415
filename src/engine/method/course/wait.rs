//! Waiting, with a line in the log now and then.

use std::time::Duration;

use super::MethodRun;
use crate::engine::observer::{GLANCE, Observation};
use crate::engine::plan::Waiting;
use crate::host::{Host, STILL_RUNNING};

impl MethodRun<'_> {
    /// Waits, and says so: once, and then every ten seconds.
    pub(super) fn wait(&mut self, observation: &Observation, pause: Duration, what: Waiting) {
        let (log, host, deadline) = (self.log, self.host, self.deadline);
        let until = host.now() + pause;
        let vm = format!("{}: {}", self.named(), observation.words());
        let text = format!("{vm}: {what}");
        let mut said = self.said.take().filter(|(before, _)| *before == text);
        let mut say = |now: Duration| {
            if said
                .as_ref()
                .is_none_or(|(_, at)| now.saturating_sub(*at) >= STILL_RUNNING)
            {
                log.line(format_args!(
                    "{vm}: {}, {} s left",
                    what.told(until.saturating_sub(now)),
                    deadline.left(now).as_secs()
                ));
                said = Some((text.clone(), now));
            }
        };
        say(host.now());
        if observation.process {
            self.watch(pause, say);
        } else {
            sleep(host, pause, say);
        }
        self.said = said;
    }

    /// Waits until the VM's process is gone, or for this long.
    pub(super) fn watch(&self, at_most: Duration, mut tick: impl FnMut(Duration)) {
        let until = self.host.now() + at_most;
        while self.observer.summary().is_ok_and(|summary| summary.lives) {
            let now = self.host.now();
            tick(now);
            match until.checked_sub(now) {
                Some(left) if !left.is_zero() => self.host.sleep(left.min(GLANCE)),
                _ => return,
            }
        }
    }
}

/// Waits, in pieces that are short enough for the log.
fn sleep(host: &dyn Host, how_long: Duration, mut tick: impl FnMut(Duration)) {
    let until = host.now() + how_long;
    while let Some(left) = until.checked_sub(host.now()).filter(|left| !left.is_zero()) {
        host.sleep(left.min(STILL_RUNNING));
        tick(host.now());
    }
}
