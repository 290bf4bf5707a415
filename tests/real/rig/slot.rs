//! Which rig this test process has: where its chroot is, and which numbers its users have.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Names the slot: 0, which is the default, to 99.
const SLOT: &str = "VBOX_SMF_RIG_SLOT";

pub(super) struct Slot {
    pub(super) root: PathBuf,
    /// The users of different slots are different ones outside too: each has its own processes and limits.
    pub(super) first_uid: u32,
}

impl Slot {
    /// The slot that the environment names, or what is wrong with it.
    pub(super) fn mine() -> &'static Result<Self, String> {
        static MINE: OnceLock<Result<Slot, String>> = OnceLock::new();
        MINE.get_or_init(|| {
            let set = std::env::var_os(SLOT);
            let number = set
                .as_ref()
                .map_or(Some(0), |set| set.to_str()?.parse().ok());
            number
                .and_then(Self::new)
                .ok_or_else(|| format!("{SLOT} is {set:?}, not a number from 0 to 99"))
        })
    }

    fn new(number: u32) -> Option<Self> {
        let root = match number {
            0 => "/var/tmp/vbox-smf-rig".into(),
            1..=99 => format!("/var/tmp/vbox-smf-rig-{number}").into(),
            _ => return None,
        };
        Some(Self {
            root,
            first_uid: 64100 + 10 * number,
        })
    }
}

/// Where the chroot is.
///
/// # Panics
/// The slot is none; then [`super::Rig::get`] has given no rig to ask about.
pub(super) fn root() -> &'static Path {
    &Slot::mine().as_ref().expect("a slot").root
}

/// Where a path inside the chroot is outside.
pub(crate) fn outside(path: &str) -> PathBuf {
    root().join(path.trim_start_matches('/'))
}
