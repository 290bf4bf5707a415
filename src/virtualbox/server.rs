//! VirtualBox's server, VBoxSVC: how long it may take, and what to do where it does not answer.

use std::time::Duration;

use super::processes::ProcessSummary;
use crate::text::shell::shell_word;

/// How long the lock for cold starts is waited for.
pub(crate) const LOCK_PATIENCE: Duration = Duration::from_secs(20);
/// A VBoxSVC that has been there for this long answers.
pub(crate) const SERVER_READY: Duration = Duration::from_secs(3);
/// How long a call may take that is not the heart of the matter.
pub(crate) const SHORT_CALL: Duration = Duration::from_secs(20);

/// Who keeps VBoxManage from answering, and what ends that.
pub(crate) fn what_hangs(user: &str, summary: Option<ProcessSummary>) -> String {
    if let Some(words) = what_keeps_it_away(user, summary) {
        return words;
    }
    match summary {
        Some(summary) if summary.server_age.is_some() => format!(
            "VirtualBox's server does not respond: if it does not exit within 31 s, it is deadlocked, and pkill -9 -u {} VBoxSVC ends it and aborts the VMs of {user}, with the effect of a power failure",
            shell_word(user)
        ),
        Some(_) | None => {
            format!("run VBoxManage list vms as {user} to see what it is waiting for")
        }
    }
}

/// Who keeps a server that is gone from being started again, and what ends that; none, if nobody does.
pub(crate) fn what_keeps_it_away(user: &str, summary: Option<ProcessSummary>) -> Option<String> {
    let summary =
        summary.filter(|summary| summary.server_age.is_none() && summary.vm_processes > 0)?;
    let whose = if summary.vm_processes == 1 {
        "a VM process that it left behind prevents"
    } else {
        "VM processes that it left behind prevent"
    };
    Some(format!(
        "VirtualBox's server has ended, and {whose} a new one from starting; if this does not pass within 31 s, pkill -9 -u {} VBoxHeadless ends the VMs of {user}, with the effect of a power failure",
        shell_word(user)
    ))
}

/// Whether the server is gone, or younger than a run that found the VM up: it is not the one that started the VM.
pub(crate) fn has_lost_its_server(summary: &ProcessSummary, run: Duration) -> bool {
    summary.server_age.is_none_or(|age| age < run)
}

/// What ends a VM's process of which VirtualBox does not know: it says that the VM is off, so no command of its reaches it.
///
/// Run as its user, because that user chooses when it ends, and the number may be another process's by then.
pub(crate) fn what_ends_an_orphan(user: &str, pid: u32) -> String {
    format!(
        "the VirtualBox server that started process {pid} has ended, and VirtualBox no longer knows of that process: if it does not exit within 31 s, kill -9 {pid}, run as {user}, ends it, with the effect of a power failure"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn summary(server: bool, vm_processes: usize) -> ProcessSummary {
        ProcessSummary {
            may_live: false,
            lives: false,
            process: None,
            vm_processes,
            handled: false,
            server_age: server.then_some(MINUTE),
        }
    }

    #[test]
    fn a_server_that_is_younger_than_the_run() {
        for (server, run, lost) in [
            (true, MINUTE / 2, false),
            (true, MINUTE * 2, true),
            (false, MINUTE / 2, true),
        ] {
            assert_eq!(has_lost_its_server(&summary(server, 1), run), lost);
        }
    }

    #[test]
    fn what_keeps_virtualbox_from_answering() {
        for (seen, hangs, gone) in [
            (
                Some(summary(true, 2)),
                "deadlocked, and pkill -9 -u vb VBoxSVC",
                None,
            ),
            (
                Some(summary(false, 1)),
                "a VM process that it left behind prevents",
                Some("pkill -9 -u vb VBoxHeadless"),
            ),
            (
                Some(summary(false, 2)),
                "VM processes that it left behind prevent",
                Some("pass within 31 s"),
            ),
            (Some(summary(false, 0)), "VBoxManage list vms", None),
            (None, "VBoxManage list vms", None),
        ] {
            let told = what_hangs("vb", seen);
            assert!(told.contains(hangs), "{told}");
            let away = what_keeps_it_away("vb", seen);
            match gone {
                Some(words) => assert!(away.is_some_and(|told| told.contains(words))),
                None => assert_eq!(away, None),
            }
        }
    }
}
