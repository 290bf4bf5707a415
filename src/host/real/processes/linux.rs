//! `/proc` of Linux: `proc_pid_stat(5)`, `proc_pid_status(5)`, `proc_pid_cmdline(5)`.
#![expect(unsafe_code, reason = "calls into libc")]

use std::fs::File;
use std::io::{self, Read as _};
use std::time::Duration;

use super::{Found, ProcessOwner, base_name, matters, since};
use crate::host::{Args, Process};

/// A `stat` line is shorter than this: a name of at most 64 bytes and 51 numbers.
const STAT_MAX: usize = 2 << 10;

/// As much is read of the arguments of a process, of which anybody may have as many as memory has (`PR_SET_MM_MAP`), and of
/// as many processes as anybody may have: what tells whose a VM is comes first. A word that is cut is left out.
const ARGUMENTS_MAX: u64 = 8 << 10;

/// A process of VirtualBox that is not a zombie.
pub(super) fn read(pid: u32, whose: ProcessOwner) -> Option<Found> {
    if whose == ProcessOwner::Ours && !may_be_ours(pid) {
        return None;
    }
    let file = |name: &str| std::fs::read(format!("/proc/{pid}/{name}")).ok();
    let stat = stat(pid)?;
    let (comm, state, started) = parse_stat(&stat)?;
    if state == 'Z' || state == 'X' || !matters(comm) {
        return None;
    }
    let status = String::from_utf8_lossy(&file("status")?).into_owned();
    let uid = parse_uid(&status)?;
    let mut cmdline = Vec::new();
    File::open(format!("/proc/{pid}/cmdline"))
        .and_then(|arguments| arguments.take(ARGUMENTS_MAX).read_to_end(&mut cmdline))
        .ok()?;
    let words: Vec<String> = cmdline
        .split(|b| *b == 0)
        .map(|word| String::from_utf8_lossy(word).into_owned())
        .collect();
    // Every word ends in a NUL, so there is nothing behind the last one.
    let words = words[..words.len().saturating_sub(1)].to_vec();
    let program = words.first().map_or(comm, |path| base_name(path));
    Some(Found {
        uid,
        process: Process {
            pid,
            program: if matters(program) { program } else { comm }.to_owned(),
            args: Args::Whole(words),
            age: since(ticks(started), uptime()),
            contract: None,
        },
    })
}

fn stat(pid: u32) -> Option<String> {
    let mut piece = [0; STAT_MAX];
    // The kernel gives it in one piece.
    let length = File::open(format!("/proc/{pid}/stat"))
        .and_then(|mut stat| stat.read(&mut piece))
        .ok()?;
    Some(String::from_utf8_lossy(&piece[..length]).into_owned())
}

/// How long a process has been there.
pub(super) fn age_of(pid: u32) -> Option<Duration> {
    let stat = stat(pid)?;
    let (_, _, started) = parse_stat(&stat)?;
    Some(since(ticks(started), uptime()))
}

/// Whether a process may be one of this user's: one that this user may not send a signal to has another real user id
/// (`kill(2)`). Most processes of a machine are others', and this is a tenth of what opening a file of each would cost.
fn may_be_ours(pid: u32) -> bool {
    let Ok(pid) = libc::pid_t::try_from(pid) else {
        return false;
    };
    // SAFETY: signal 0 is not sent, and it touches no memory.
    let answer = unsafe { libc::kill(pid, 0) };
    answer == 0 || io::Error::last_os_error().raw_os_error() != Some(libc::EPERM)
}

/// `1234 (VBoxHeadless) S 1 ...`: the name, the state, and field 22, the start in ticks since boot.
fn parse_stat(stat: &str) -> Option<(&str, char, u64)> {
    let (head, tail) = stat.rsplit_once(')')?;
    let (_, comm) = head.split_once('(')?;
    let mut fields = tail.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    let started = fields.nth(18)?.parse().ok()?;
    Some((comm, state, started))
}

/// A line of four user ids, as in `Uid: 1000 1000 1000 1000`: the first is the real one, which a set-uid program keeps.
fn parse_uid(status: &str) -> Option<u32> {
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

fn ticks(count: u64) -> Duration {
    // SAFETY: it touches no memory.
    let per_second = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
    let per_second = u64::try_from(per_second).unwrap_or_default().max(1);
    Duration::from_millis(count.saturating_mul(1_000) / per_second)
}

fn uptime() -> Duration {
    let text = std::fs::read_to_string("/proc/uptime").unwrap_or_default();
    let seconds = text.split(' ').next().and_then(|s| s.parse::<f64>().ok());
    Duration::try_from_secs_f64(seconds.unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stat_line_with_an_odd_name() {
        let line = "9444 (VBox) S (x) S 9332 9444 9330 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 25 0 123456 1 2\n";
        assert_eq!(parse_stat(line), Some(("VBox) S (x", 'S', 123_456)));
        assert_eq!(parse_stat("1 (x"), None);
    }

    #[test]
    fn the_real_user_id() {
        assert_eq!(
            parse_uid("Name:\tx\nUid:\t1000\t0\t0\t0\nGid:\t1\t1\t1\t1\n"),
            Some(1000)
        );
        assert_eq!(parse_uid("Name:\tx\n"), None);
    }

    /// The arguments of a neighbour's process take no more memory than these.
    #[test]
    fn no_end_of_arguments() {
        let folder = std::env::temp_dir().join(format!("vbox-smf-words-{}", std::process::id()));
        std::fs::create_dir(&folder).expect("a folder");
        let program = folder.join("VBoxHeadless");
        std::fs::copy("/bin/sleep", &program).expect("a program");
        #[expect(clippy::disallowed_methods, reason = "a process to look at")]
        let mut child = std::process::Command::new(&program)
            .args(["60".to_owned(), "0".repeat(9_000)])
            .spawn()
            .expect("a process");
        let found = (0..2000).find_map(|_| {
            crate::host::real::child::pause(Duration::from_millis(5));
            read(child.id(), ProcessOwner::Anybodys)
        });
        child.kill().expect("it is ours");
        child.wait().expect("it ended");
        let Args::Whole(words) = found.expect("a process").process.args else {
            panic!("words");
        };
        std::fs::remove_dir_all(&folder).expect("it is ours");
        assert_eq!(words, [program.to_str().expect("a path"), "60"]);
    }

    #[test]
    fn this_process_is_none_of_virtualbox() {
        assert!(read(std::process::id(), ProcessOwner::Anybodys).is_none());
    }
}
