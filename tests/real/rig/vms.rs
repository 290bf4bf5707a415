//! The VMs of a user: made, looked at from outside, and asked for their states past the program under test.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{MKVM, PAUSE, Run, User, VBOXMANAGE, eventually, outside};

impl User<'_> {
    /// Makes a VM of one of the guests in `tests/rig/guest.s` and gives its UUID.
    pub(crate) fn mkvm(&self, name: &str, guest: &str) -> String {
        self.mkvms(&[(name, guest)]).remove(0)
    }

    pub(crate) fn mkvms(&self, names_and_guests: &[(&str, &str)]) -> Vec<String> {
        let arguments: Vec<&str> = names_and_guests
            .iter()
            .flat_map(|&(name, guest)| [name, guest])
            .collect();
        let made = self.program(MKVM, &arguments).run();
        assert_eq!(made.code, Some(0), "{made}");
        made.stdout.lines().map(str::to_owned).collect()
    }

    /// Where a VM has its files (`vm.vbox` and `disk.vdi`), as seen from outside.
    pub(crate) fn vm_folder(&self, uuid: &str) -> PathBuf {
        outside(&self.home()).join("VirtualBox VMs").join(uuid)
    }

    /// What the guest has said since the VM process began.
    pub(crate) fn serial(&self, uuid: &str) -> String {
        let path = outside(&self.home()).join(format!("{uuid}.serial"));
        String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
    }

    /// Waits until the guest runs and has said so. A guest that was restored does not boot again. (One that was saved in
    /// the middle of its word waits for its serial port ever after.)
    pub(crate) fn booted(&self, uuid: &str, within: Duration) {
        eventually(
            within,
            || self.serial(uuid).contains("BOOTED\r\n"),
            || format!("the guest of {uuid} does not boot"),
        );
    }

    /// Runs the real VBoxManage, past the recorder.
    pub(crate) fn vboxmanage(&self, arguments: &[&str]) -> Run {
        self.program(VBOXMANAGE, arguments)
            .within(Duration::from_mins(1))
            .run()
    }

    /// The state of a VM in the words of `showvminfo --machinereadable`, or `inaccessible`.
    pub(crate) fn state(&self, uuid: &str) -> String {
        self.states()
            .remove(uuid)
            .unwrap_or_else(|| panic!("{uuid} is not registered"))
    }

    /// The states of all VMs.
    pub(crate) fn states(&self) -> BTreeMap<String, String> {
        self.states_within(Duration::from_secs(40), Duration::from_mins(4))
            .unwrap_or_else(|failed| panic!("{failed}"))
    }

    /// The states of all VMs, asked for in one call that takes no session on any; where VirtualBox does not say, the
    /// last call. One call may take `answer`, and after `patience` none is begun.
    pub(crate) fn states_within(
        &self,
        patience: Duration,
        answer: Duration,
    ) -> Result<BTreeMap<String, String>, Run> {
        // Where VBoxSVC was killed, the first calls may fail.
        let deadline = Instant::now() + patience;
        loop {
            let listing = self
                .program(VBOXMANAGE, &["list", "--long", "vms"])
                .at_most(answer);
            if listing.code == Some(0) {
                return Ok(states_in_listing(&listing.stdout));
            }
            if Instant::now() >= deadline {
                return Err(listing);
            }
            sleep(PAUSE);
        }
    }

    /// Waits until the VM is in one of the states, and says in which.
    pub(crate) fn wait_state(&self, uuid: &str, states: &[&str], within: Duration) -> String {
        let deadline = Instant::now() + within;
        loop {
            let state = self.state(uuid);
            if states.contains(&state.as_str()) {
                return state;
            }
            assert!(
                Instant::now() < deadline,
                "{uuid} is {state}, not one of {states:?}, after {within:?}"
            );
            sleep(PAUSE);
        }
    }
}

/// The states of the VMs that `list --long vms` prints, by UUID, in the words of `--machinereadable`. The human words
/// are the same with spaces between, but for four. An inaccessible VM has no state there.
fn states_in_listing(listing: &str) -> BTreeMap<String, String> {
    let mut states = BTreeMap::new();
    let mut vm = None;
    for line in listing.lines() {
        if let Some(uuid) = line.strip_prefix("UUID:") {
            states.insert(uuid.trim().to_owned(), "inaccessible".to_owned());
            vm = Some(uuid.trim());
        } else if let (Some(state), Some(uuid)) = (line.strip_prefix("State:"), vm) {
            let words = state.split(" (since ").next().unwrap_or_default().trim();
            let word = match words {
                "powered off" => "poweroff".to_owned(),
                "guru meditation" => "gurumeditation".to_owned(),
                "teleporting (incoming)" => "teleportingin".to_owned(),
                "offline snapshotting" => "snapshotting".to_owned(),
                other => other.replace(' ', ""),
            };
            states.insert(uuid.to_owned(), word);
        }
    }
    states
}

#[test]
fn states_are_read_from_a_listing() {
    let listing = "\
Name:                        vm1
UUID:                        45d28bca-c10d-4bfe-88b8-86daa85b695a
State:                       powered off (since 2026-11-21T07:03:29.119000000)
Name:                        <inaccessible!>
UUID:                        4a54b086-03d3-41cb-ba22-64384e37dde3
Name:                        vm2
UUID:                        1eeab440-13c4-4332-856b-6df5ae72ab3d
State:                       deleting snapshot live (since 2026-11-21T07:03:29.588000000)
";
    let states: Vec<String> = states_in_listing(listing).into_values().collect();
    assert_eq!(states, ["deletingsnapshotlive", "poweroff", "inaccessible"]);
}
