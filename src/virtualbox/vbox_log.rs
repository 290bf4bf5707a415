//! `Logs/VBox.log`: what a VM's process said of its last run, or of the one that goes on.
//!
//! ```text
//! 00:00:00.012345 Process ID: 4711
//! 00:00:01.716623 Console: Machine state changed to 'Stopping'
//! 00:00:01.717478 Changing the VM state from 'RUNNING' to 'POWERING_OFF'
//! ```
//!
//! It is a hint, never proof. A guest cannot remove a line, but what it shows on its screen stands at the beginning of
//! lines in the dump of a guru meditation, and a process that is killed says nothing.
//!
//! The order of `Stopping` and `POWERING_OFF` tells a guest that turned itself off from a host that turned it off.
//! Between the last lines that matter and the end of the file VirtualBox writes some 50 KB of statistics, and a guru
//! meditation 230 KB of registers and memory.

use std::path::Path;

use super::file::{self, FileTrouble};
use crate::host::Host;

/// The lines with the process id are among the first.
const HEAD: u64 = 8 << 10;
/// Where the lines of an end are found: 51 KB were seen behind the first of them.
pub(crate) const END: u64 = 64 << 10;
/// Where everything that a run said is found, but for one that said very much: 110 KB are usual.
pub(crate) const RUN: u64 = 4 << 20;

/// What a log says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct VBoxLog {
    /// The process whose log it is.
    pub(crate) pid: Option<u32>,
    /// The last word about the machine's state: `Running`, `Paused`, `PoweredOff`.
    pub(crate) console: Option<String>,
    /// The last word about the VM's state: `RUNNING`, `SUSPENDED`, `TERMINATED`.
    pub(crate) vm: Option<String>,
    /// What suspended the guest by itself and was not followed by `Running`.
    pub(crate) error: Option<RuntimeError>,
    /// How the run ended.
    pub(crate) end: End,
}

/// Why VirtualBox suspended a guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RuntimeError {
    /// `DevATA_DISKFULL`
    pub(crate) id: String,
    /// VirtualBox's words for people, where they were in the log.
    pub(crate) message: Option<String>,
}

impl RuntimeError {
    /// There is no room for what the guest writes.
    pub(crate) fn is_disk_full(&self) -> bool {
        self.id.ends_with("_DISKFULL")
    }

    /// A disk is encrypted, and VirtualBox was not given the password (`DrvVD_DEKMISSING`).
    pub(crate) fn is_password_missing(&self) -> bool {
        self.id.ends_with("_DEKMISSING")
    }
}

/// How a run ended, as far as its log tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum End {
    /// It goes on, or its process was killed: that leaves no line.
    #[default]
    None,
    /// The guest turned itself off.
    ByGuest,
    /// The host turned it off.
    ByHost,
    /// Its state was saved.
    Saved,
    /// The process ended by itself and took the guest with it: it was signalled while it was paused, or VirtualBox's
    /// server had died.
    Lost,
    /// The guest crashed; its process is there until it is turned off.
    Guru,
}

impl VBoxLog {
    /// What a log says in its last `tail` bytes.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn read(host: &dyn Host, path: &Path, tail: u64) -> Result<Self, FileTrouble> {
        let ends = file::read_ends(host, path, HEAD, tail)?;
        Ok(parse(&ends.head, &ends.tail))
    }

    /// Whether it says that this process runs the guest, and nothing after that suggests another state.
    pub(crate) fn says_running(&self, pid: u32) -> bool {
        let vm = self.vm.as_deref();
        self.pid == Some(pid)
            && self.console.as_deref() == Some("Running")
            // A reset is said in the VM's states alone.
            && matches!(vm, Some("RUNNING" | "RESETTING"))
            && self.error.is_none()
            && self.end == End::None
    }
}

/// What the beginning and the end of a log say. Neither need begin or end with a whole line, and both may be of the same
/// bytes.
pub(crate) fn parse(head: &[u8], tail: &[u8]) -> VBoxLog {
    let mut log = VBoxLog {
        pid: lines(head).find_map(|line| line.strip_prefix("Process ID: ")?.trim().parse().ok()),
        ..VBoxLog::default()
    };
    let mut reader = Reader::default();
    for line in lines(tail) {
        reader.line(&line, &mut log);
    }
    log
}

/// What the lines before say about how the run ends.
#[derive(Default)]
struct Reader {
    /// It is being turned off: by whom.
    ending: Option<End>,
}

impl Reader {
    fn line(&mut self, line: &str, log: &mut VBoxLog) {
        if let Some(state) = between(line, "Console: Machine state changed to '", "'") {
            self.console(state, log);
        } else if let Some((from, to)) =
            between(line, "Changing the VM state from '", "'").zip(between_last(line))
        {
            // Before 'Stopping'. Of the two only the second is sure to be in the end of the file.
            if (from, to) == ("RUNNING", "POWERING_OFF") || (from, to) == ("POWERING_OFF", "OFF") {
                self.ending.get_or_insert(End::ByGuest);
            }
            log.vm = Some(to.to_owned());
        } else if let Some(id) = between(line, "VM: Raising runtime error '", "'") {
            log.error = Some(RuntimeError {
                id: id.to_owned(),
                message: None,
            });
        } else if let Some(rest) = line.strip_prefix("Console: VM runtime error: ") {
            let id = rest.split("errorID=").nth(1).unwrap_or_default();
            let (id, rest) = id.split_once(' ').unwrap_or((id, ""));
            log.error = Some(RuntimeError {
                id: id.to_owned(),
                message: between(rest, "message=\"", "\"").map(str::to_owned),
            });
        } else if line.starts_with("Console::powerDown(): ") && line.contains("InUninit=1") {
            self.ending = Some(End::Lost);
            log.end = End::Lost;
        }
    }

    fn console(&mut self, state: &str, log: &mut VBoxLog) {
        match state {
            "Running" => {
                *self = Self::default();
                log.error = None;
                log.end = End::None;
            }
            "Stopping" if self.ending.is_none() => self.ending = Some(End::ByHost),
            "Stuck" => log.end = End::Guru,
            // The process that lost its guest says none of these.
            "PoweredOff" => log.end = self.ending.unwrap_or(End::ByHost),
            "Saved" => log.end = End::Saved,
            _ => {}
        }
        log.console = Some(state.to_owned());
    }
}

/// The lines without the time that each begins with; those that begin with none are left out. What is cut at the end is
/// one, too: nothing is made of half a word.
fn lines(bytes: &[u8]) -> impl Iterator<Item = String> + '_ {
    let whole = bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(&bytes[..0], |end| &bytes[..end]);
    whole.split(|byte| *byte == b'\n').filter_map(|line| {
        let text = after_time(line)?;
        // The longest that matters has a message for people in it.
        let text = &text[..text.len().min(4096)];
        Some(String::from_utf8_lossy(text).trim_end().to_owned())
    })
}

/// What follows `HH:MM:SS.ffffff ` in a line.
fn after_time(line: &[u8]) -> Option<&[u8]> {
    let space = line.iter().take(24).position(|byte| *byte == b' ')?;
    let (time, rest) = line.split_at(space);
    let plain = time.iter().all(|b| b.is_ascii_digit() || b":.".contains(b));
    let is_time = plain && time.split(|byte| *byte == b':').count() == 3;
    is_time.then(|| &rest[1..])
}

fn between<'t>(line: &'t str, before: &str, after: &str) -> Option<&'t str> {
    line.strip_prefix(before)?
        .split_once(after)
        .map(|(it, _)| it)
}

/// `RUNNING` in `... to 'RUNNING'`
fn between_last(line: &str) -> Option<&str> {
    let (_, to) = line.split_once("' to '")?;
    to.split_once('\'').map(|(it, _)| it)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What was recorded of each kind of end, from the deed to the end of the file.
    const ENDS: &str = include_str!("../../tests/vectors/vboxlog/ends.txt");

    fn recorded(kind: &str) -> Vec<u8> {
        let mut blocks = ENDS.split("#### ");
        let block = blocks
            .find(|block| block.starts_with(&format!("{kind} ")))
            .unwrap_or_else(|| panic!("no {kind}"));
        let lines = block.lines().skip(1).map(str::trim_start);
        lines
            .fold(String::new(), |all, line| all + line + "\n")
            .into()
    }

    /// A log up to the deed.
    fn running() -> Vec<u8> {
        b"00:00:00.012 VirtualBox VM 7.2.22 r175245\n00:00:00.013 Process ID: 4711\n\
          00:00:00.300 Console: Machine state changed to 'Starting'\n\
          00:00:00.500 Changing the VM state from 'LOADING' to 'RUNNING'\n\
          00:00:00.600 Changing the VM state from 'POWERING_ON' to 'RUNNING'\n\
          00:00:00.601 Console: Machine state changed to 'Running'\n"
            .to_vec()
    }

    fn after(kind: &str) -> VBoxLog {
        let mut log = running();
        log.extend(recorded(kind));
        parse(&log, &log)
    }

    #[test]
    fn how_each_recorded_run_ended() {
        for (kind, end, console) in [
            ("button", End::ByGuest, "PoweredOff"),
            ("poweroff", End::ByHost, "PoweredOff"),
            ("savestate", End::Saved, "Saved"),
            ("poweroff_paused", End::ByHost, "PoweredOff"),
            ("emergencystop", End::None, "Running"),
            ("buttondeaf", End::ByHost, "PoweredOff"),
            ("reset", End::None, "Running"),
            ("selfreset", End::None, "Running"),
            ("sighup", End::Saved, "Saved"),
            ("sigint", End::Saved, "Saved"),
            ("sigusr1", End::Saved, "Saved"),
            ("sigterm", End::Saved, "Saved"),
            ("sigquit", End::None, "Running"),
            ("sigkill", End::None, "Running"),
            ("sigsegv", End::None, "Running"),
            ("svcterm", End::Lost, "Stopping"),
            ("diskfull_off", End::Saved, "Saved"),
            ("diskfull", End::ByHost, "PoweredOff"),
        ] {
            let log = after(kind);
            assert_eq!(log.end, end, "{kind}");
            assert_eq!(log.console.as_deref(), Some(console), "{kind}");
            assert_eq!(log.pid, Some(4711), "{kind}");
        }
    }

    /// Where the end of the file begins behind the first line of the end.
    #[test]
    fn the_end_alone_tells_who_ended_it() {
        for (kind, end) in [
            ("button", End::ByGuest),
            ("poweroff", End::ByHost),
            ("buttondeaf", End::ByHost),
        ] {
            let text = String::from_utf8(recorded(kind)).expect("a log");
            let at = text.find("PDMR3PowerOff").expect("it is recorded");
            let stopping = text.find("'Stopping'").expect("it is recorded");
            // The host's 'Stopping' is as near to the end as the guest's.
            let from = at.min(text[..stopping].rfind('\n').map_or(0, |at| at + 1));
            assert_eq!(parse(b"", &text.as_bytes()[from..]).end, end, "{kind}");
        }
    }

    #[test]
    fn whether_it_runs() {
        for (kind, runs) in [
            ("reset", true),
            ("selfreset", true),
            ("savestate", false),
            ("button", false),
        ] {
            assert_eq!(after(kind).says_running(4711), runs, "{kind}");
        }
        let log = parse(&running(), &running());
        assert!(log.says_running(4711));
        assert!(!log.says_running(4712), "another run's");
        // The end alone, which has no 'Running', says nothing.
        assert!(!parse(&running(), b"").says_running(4711));
    }

    /// Each is a reason to ask VirtualBox.
    #[test]
    fn what_casts_doubt_on_running() {
        for line in [
            "Console: Machine state changed to 'Paused'",
            "Console: Machine state changed to 'Saving'",
            "Console: Machine state changed to 'LiveSnapshotting'",
            "Changing the VM state from 'RUNNING' to 'SUSPENDING'",
            "Changing the VM state from 'RUNNING' to 'GURU_MEDITATION'",
            "VM: Raising runtime error 'DevATA_DISKFULL' (fFlags=0x6)",
            "Console: VM runtime error: fatal=false, errorID=X message=\"y\"",
            "Console::powerDown(): A request to power off the VM has been issued (mMachineState=Running, InUninit=1)",
        ] {
            let mut log = running();
            log.extend(format!("00:00:09.000 {line}\n").into_bytes());
            assert!(!parse(&log, &log).says_running(4711), "{line}");
        }
        for line in [
            // What a guest says is behind a prefix.
            "VMMDev: Guest Log: Console: Machine state changed to 'Paused'",
            "PIT: mode=2 count=0x10000 (65536) - 18.20 Hz (ch=0)",
        ] {
            let mut log = running();
            log.extend(format!("00:00:09.000 {line}\n").into_bytes());
            assert!(parse(&log, &log).says_running(4711), "{line}");
        }
    }

    #[test]
    fn why_it_is_paused() {
        // Up to the first resume of the recording.
        let whole = recorded("diskfull");
        let text = String::from_utf8(whole).expect("a log");
        let (full, _) = text
            .split_once("00:00:04.682806")
            .expect("the resume is recorded");
        let mut log = running();
        log.extend(full.as_bytes());
        let log = parse(&log, &log);
        assert_eq!(log.console.as_deref(), Some("Paused"));
        let error = log.error.expect("an error");
        assert_eq!(error.id, "DevATA_DISKFULL");
        assert!(error.is_disk_full() && !error.is_password_missing());
        let message = error.message.expect("a message");
        assert!(message.starts_with("Host system reported disk full."));
        assert_eq!(after("diskfull").error, None, "it was resumed");
    }

    #[test]
    fn a_line_that_is_cut_says_nothing() {
        let mut log = running();
        log.extend(b"00:00:09.000 Console: Machine state changed to 'Paused'");
        assert!(parse(&log, &log).says_running(4711));
        log.push(b'\n');
        assert!(!parse(&log, &log).says_running(4711));
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let mut log = running();
            log.extend(&bytes);
            let _ = parse(&bytes, &log);
        }
    }
}
