//! Where sequences are played: a user with the eight VMs, who begins each sequence with the same files.

use std::fs;
use std::io;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::cast::{Role, VMS};
use super::seen::Look;
use super::sequence::Sequence;
use crate::real::rig::{FAULTY, Rig, Run, User, VBOXMANAGE, outside};

/// How long VirtualBox may take to come to rest: what VBoxSVC left when it died lives for 12 s.
const REST: Duration = Duration::from_secs(45);
/// How long VirtualBox may take for an answer: where it is busy it stalls for 20 s and more.
const ANSWER: Duration = Duration::from_secs(60);
/// How long a guest may take to boot.
const BOOT: Duration = Duration::from_secs(3);

/// A user, and what the home was like when the VMs had just been made.
pub(super) struct Stage<'rig> {
    pub(super) user: User<'rig>,
    pub(super) uuids: Vec<String>,
    fresh: Vec<(PathBuf, Option<Vec<u8>>)>,
}

impl<'rig> Stage<'rig> {
    pub(super) fn new(rig: &'rig Rig) -> Self {
        let user = rig.user();
        let uuids = user.mkvms(&VMS);
        user.kill_all();
        let mut fresh = Vec::new();
        remember(&outside(&user.home()), &mut fresh).expect("to read the home");
        Self { user, uuids, fresh }
    }

    /// As at the beginning: no process, the VMs as they were made, and the properties of this cast.
    pub(super) fn reset(&self, sequence: &Sequence) {
        self.user.kill_all();
        self.user.cool_down();
        let home = outside(&self.user.home());
        for entry in fs::read_dir(&home).expect("the home") {
            let path = entry.expect("an entry of the home").path();
            let removed = if path.is_dir() {
                fs::remove_dir_all(&path)
            } else {
                fs::remove_file(&path)
            };
            removed.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
        for (path, content) in &self.fresh {
            let made = match content {
                Some(bytes) => fs::write(path, bytes),
                None => fs::create_dir(path),
            };
            made.and_then(|()| self.give(path))
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
        let plans = self.plans();
        fs::create_dir(&plans)
            .and_then(|()| self.give(&plans))
            .expect("a folder for the plans");
        self.set_limits(&sequence.cast, sequence.limits);
    }

    fn give(&self, path: &Path) -> io::Result<()> {
        chown(path, Some(self.user.uid), Some(self.user.uid))
    }

    /// Writes the instances' properties, under these limits of svc.startd.
    pub(super) fn set_limits(&self, cast: &[Role], limits: [u64; 2]) {
        for role in cast {
            let owned = role.properties(limits, FAULTY);
            let mut properties: Vec<(&str, &str, &str)> = owned
                .iter()
                .map(|(name, kind, value)| (*name, *kind, value.as_str()))
                .collect();
            // As a manifest has them; doctor reads them.
            properties.push(("method_context/user", "astring", self.user.name));
            properties.push(("start/exec", "astring", "/lib/svc/method/vbox %m"));
            self.user.set_props(role.name, &properties);
        }
    }

    /// Where the plans and their logs are, as seen from outside.
    pub(super) fn plans(&self) -> PathBuf {
        outside(&self.user.home()).join("plans")
    }

    /// The processes of each VM, in one look at `/proc`.
    pub(super) fn processes(&self) -> Vec<Vec<u32>> {
        let all = self.user.all_vm_processes();
        let of = |uuid: &String| {
            let ours = all.iter().filter(|process| {
                let mut pairs = process.arguments.windows(2);
                pairs.any(|pair| pair[0] == "--startvm" && pair[1] == *uuid)
            });
            ours.map(|process| process.pid).collect()
        };
        self.uuids.iter().map(of).collect()
    }

    /// Waits until everything is at rest, and looks at each VM. What was seen before tells which guests have booted. None
    /// where VirtualBox gives no answer.
    pub(super) fn looks(&self, before: &[Look]) -> Option<Vec<Look>> {
        self.wait_for_boots(before);
        let deadline = Instant::now() + REST;
        loop {
            let looks = self.look_once(before)?;
            if looks.iter().all(Look::is_settled) || Instant::now() >= deadline {
                return Some(looks);
            }
            pause(Duration::from_millis(300));
        }
    }

    /// A guest that has not booted hears no button. One that was saved says nothing when it is restored.
    fn wait_for_boots(&self, before: &[Look]) {
        let deadline = Instant::now() + BOOT;
        let boots = |(at, processes): (usize, Vec<u32>)| {
            let before = &before[at];
            !processes.is_empty()
                && processes != before.processes
                && !before.is_saved()
                && !self.user.serial(&self.uuids[at]).contains("BOOTED\r\n")
        };
        while self.processes().into_iter().enumerate().any(boots) && Instant::now() < deadline {
            pause(Duration::from_millis(100));
        }
    }

    /// Whether everything is at rest now.
    pub(super) fn is_settled(&self) -> bool {
        self.look_once(&[])
            .is_some_and(|looks| looks.iter().all(Look::is_settled))
    }

    /// The real VBoxManage, which is killed when its time is over.
    pub(super) fn vboxmanage(&self, words: &[&str], limit: Duration) -> Run {
        self.user.program(VBOXMANAGE, words).at_most(limit)
    }

    fn look_once(&self, before: &[Look]) -> Option<Vec<Look>> {
        let states = self.user.states_within(REST, ANSWER).ok()?;
        let processes = self.processes();
        let each = self.uuids.iter().zip(processes).enumerate();
        let looks = each.map(|(at, (uuid, processes))| {
            let mut look = Look {
                state: states.get(uuid).cloned().unwrap_or_default(),
                processes,
                state_file: self.has_state_file(uuid),
                serial: self.user.serial(uuid),
                booted: false,
            };
            look.booted = has_booted(before.get(at), &look);
            look
        });
        Some(looks.collect())
    }

    fn has_state_file(&self, uuid: &str) -> bool {
        let folder = self.user.vm_folder(uuid).join("Snapshots");
        // It is made with the first state, and may hold an empty file while that is written.
        fs::read_dir(folder).is_ok_and(|mut entries| {
            entries.any(|entry| {
                entry.is_ok_and(|entry| {
                    entry.path().extension().is_some_and(|e| e == "sav")
                        && entry.metadata().is_ok_and(|file| file.len() > 0)
                })
            })
        })
    }
}

/// Whether the guest has booted for certain, and would not say so again. One that was restored says nothing.
fn has_booted(before: Option<&Look>, now: &Look) -> bool {
    if !now.is_up() && !now.is_saved() {
        return false;
    }
    now.serial.contains("BOOTED\r\n")
        || before.is_some_and(|before| {
            let same = before.processes == now.processes || before.is_saved();
            before.booted && same && !now.serial.contains("BOOTED")
        })
}

/// Folders first, then what is in them.
fn remember(folder: &Path, found: &mut Vec<(PathBuf, Option<Vec<u8>>)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let kind = fs::symlink_metadata(&path)?;
        if kind.is_dir() {
            found.push((path.clone(), None));
            remember(&path, found)?;
        } else if kind.is_file() {
            let content = fs::read(&path)?;
            found.push((path, Some(content)));
        }
    }
    Ok(())
}

/// Real time passes.
#[expect(
    clippy::disallowed_methods,
    reason = "tests of the real program in real time"
)]
pub(super) fn pause(how_long: Duration) {
    std::thread::sleep(how_long);
}
