//! What methods that are over have left behind.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::Play;
use crate::real::faults::seen::Left;
use crate::real::faults::stage::pause;
use crate::real::rig::{Process, User, is_locked, outside};

/// What a program that a method ran and killed may take to be gone.
const GONE: Duration = Duration::from_secs(3);

impl Play<'_> {
    /// Looks for it, when it has had time to go. Of a method that we killed, the program that it ran may go on: it is
    /// ended here, as an administrator would end it.
    pub(super) fn see_what_is_left(&mut self) {
        let user = &self.stage.user;
        let deadline = Instant::now() + GONE;
        while !programs(user).is_empty() && Instant::now() < deadline {
            pause(Duration::from_millis(20));
        }
        let mut processes = programs(user);
        if self.over.iter().any(|method| method.signalled) {
            for process in processes.drain(..) {
                user.kill(process.pid, libc::SIGKILL);
            }
        }
        let told = |process: &Process| format!("{} {:?}", process.pid, process.arguments);
        self.left = Left {
            lock: is_locked(&lock_folder(user).join("lock")),
            files: files(user),
            processes: processes.iter().map(told).collect(),
        };
    }
}

/// What lives of this user, but for VirtualBox's server and the VMs.
fn programs(user: &User<'_>) -> Vec<Process> {
    let mut all = user.processes();
    all.retain(|process| !["VBoxSVC", "VBoxHeadless"].contains(&process.name.as_str()));
    all
}

fn lock_folder(user: &User<'_>) -> PathBuf {
    outside(&format!("/tmp/.vbox-smf-{}", user.uid))
}

/// This user's files in everybody's folders, but for VirtualBox's folder and the lock.
fn files(user: &User<'_>) -> Vec<String> {
    let ours = lock_folder(user);
    let known = [
        outside(&format!("/tmp/.vbox-{}-ipc", user.name)),
        ours.clone(),
    ];
    let mut files = user.temporary_files().expect("the temporary files");
    files.retain(|path| !known.contains(path));
    let in_ours = fs::read_dir(&ours).into_iter().flatten();
    let beside_the_lock = in_ours
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.file_name().is_none_or(|name| name != "lock"));
    files.extend(beside_the_lock);
    files
        .iter()
        .map(|path| path.display().to_string())
        .collect()
}
