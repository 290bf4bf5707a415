//! `/proc/PID/psinfo` of illumos and Solaris: `psinfo_t` of `proc(5)`, in a 64-bit program.
//!
//! Everybody may read it, also of a set-uid program. Checked on a real host by `illumos-ci`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{Found, base_name, matters, since};
use crate::host::{Args, Process};

/// Where the members are, in bytes from the beginning.
mod offset {
    /// `int pr_nlwp`: 0 in a zombie.
    pub(super) const NLWP: usize = 4;
    /// `uid_t pr_uid`: the real user id.
    pub(super) const UID: usize = 24;
    /// `timestruc_t pr_start`: seconds and nanoseconds since 1970.
    pub(super) const START: usize = 88;
    /// `char pr_fname[16]`: the last part of what was executed.
    pub(super) const FNAME: usize = 136;
    /// `char pr_psargs[80]`: the arguments, joined by spaces.
    pub(super) const PSARGS: usize = 152;
    /// The end of `pr_psargs`.
    pub(super) const END: usize = 232;
    /// `id_t pr_contract`: the process contract, -1 of a process that is in none.
    pub(super) const CONTRACT: usize = 280;
}

/// A process of VirtualBox that is not a zombie.
#[cfg(any(target_os = "illumos", target_os = "solaris"))]
pub(super) fn read(pid: u32, _: super::ProcessOwner) -> Option<Found> {
    parse(
        pid,
        &std::fs::read(format!("/proc/{pid}/psinfo")).ok()?,
        SystemTime::now(),
    )
}

/// How long a process has been there.
#[cfg(any(target_os = "illumos", target_os = "solaris"))]
pub(super) fn age_of(pid: u32) -> Option<Duration> {
    let bytes = std::fs::read(format!("/proc/{pid}/psinfo")).ok()?;
    age(&bytes, SystemTime::now())
}

/// How long a process has been there at this time.
fn age(bytes: &[u8], now: SystemTime) -> Option<Duration> {
    let started = Duration::new(
        u64::try_from(long(bytes, offset::START)?).ok()?,
        u32::try_from(long(bytes, offset::START + 8)?).ok()?,
    );
    Some(since(
        started,
        now.duration_since(UNIX_EPOCH).unwrap_or_default(),
    ))
}

fn parse(pid: u32, bytes: &[u8], now: SystemTime) -> Option<Found> {
    if bytes.len() < offset::END || int(bytes, offset::NLWP)? == 0 {
        return None;
    }
    let name = text(&bytes[offset::FNAME..offset::PSARGS]);
    let args = text(&bytes[offset::PSARGS..offset::END]);
    // A script has its interpreter's name; VBox.sh executes the real one in its place.
    let program = base_name(&name);
    if !matters(program) {
        return None;
    }
    Some(Found {
        uid: u32::from_ne_bytes(bytes.get(offset::UID..offset::UID + 4)?.try_into().ok()?),
        process: Process {
            pid,
            program: program.to_owned(),
            args: Args::Cut(args),
            age: age(bytes, now)?,
            contract: int(bytes, offset::CONTRACT).and_then(|id| id.try_into().ok()),
        },
    })
}

fn int(bytes: &[u8], at: usize) -> Option<i32> {
    Some(i32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn long(bytes: &[u8], at: usize) -> Option<i64> {
    Some(i64::from_ne_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// Up to the first NUL. A character that is cut at the end is left out: half of it would be none of the name's.
fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    let whole = match std::str::from_utf8(&bytes[..end]) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        Ok(_) | Err(_) => end,
    };
    String::from_utf8_lossy(&bytes[..whole]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn psinfo(nlwp: i32, fname: &str, psargs: &str) -> Vec<u8> {
        let mut bytes = vec![0; 416];
        let mut put = |at: usize, what: &[u8]| bytes[at..at + what.len()].copy_from_slice(what);
        put(offset::NLWP, &nlwp.to_ne_bytes());
        put(offset::UID, &101_u32.to_ne_bytes());
        put(offset::START, &1_000_i64.to_ne_bytes());
        put(offset::START + 8, &500_000_000_i64.to_ne_bytes());
        put(offset::FNAME, fname.as_bytes());
        put(offset::PSARGS, psargs.as_bytes());
        put(offset::CONTRACT, &72_i32.to_ne_bytes());
        bytes
    }

    #[test]
    fn a_vm_process() {
        let now = UNIX_EPOCH + Duration::from_secs(1_010);
        let bytes = psinfo(
            12,
            "VBoxHeadless",
            "/opt/VirtualBox/amd64/VBoxHeadless --comment vm1 --st",
        );
        let found = parse(7, &bytes, now).expect("a process");
        assert_eq!(found.uid, 101);
        assert_eq!(found.process.program, "VBoxHeadless");
        assert_eq!(found.process.age, Duration::from_millis(9_500));
        assert_eq!(found.process.contract, Some(72));
        assert_eq!(
            found.process.args,
            Args::Cut("/opt/VirtualBox/amd64/VBoxHeadless --comment vm1 --st".into())
        );
    }

    /// `PRNOCT`, and a psinfo that ends before it.
    #[test]
    fn a_process_without_a_contract() {
        let mut bytes = psinfo(1, "VBoxSVC", "VBoxSVC");
        let contract = |bytes: &[u8]| {
            let found = parse(7, bytes, SystemTime::now()).expect("a process");
            found.process.contract
        };
        assert_eq!(contract(&bytes[..offset::END]), None);
        bytes[offset::CONTRACT..][..4].copy_from_slice(&(-1_i32).to_ne_bytes());
        assert_eq!(contract(&bytes), None);
    }

    #[test]
    fn a_name_is_cut_between_characters() {
        let name = "Größe→".repeat(12);
        for end in 0..name.len() {
            let cut = text(&name.as_bytes()[..end]);
            assert!(
                name.starts_with(&cut) && cut.len() + 3 > end,
                "{end}: {cut}"
            );
        }
        assert_eq!(text(b"ab\0cd"), "ab");
    }

    #[test]
    fn what_does_not_count() {
        let now = SystemTime::now();
        assert!(
            parse(7, &psinfo(0, "VBoxHeadless", ""), now).is_none(),
            "a zombie"
        );
        assert!(
            parse(7, &psinfo(1, "ksh93", "VBoxHeadless"), now).is_none(),
            "another program"
        );
        assert!(
            parse(7, &psinfo(1, "VBoxHeadless", "")[..200], now).is_none(),
            "a short read"
        );
    }
}
