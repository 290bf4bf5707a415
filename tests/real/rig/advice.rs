//! What the program says that ends a process which nothing else ends, and somebody who does it.

use super::{Process, User};

impl User<'_> {
    /// Ends the processes that a text says to end, and names their programs. Before the command for a single process
    /// stands what looks whether it is still that one where it is a value of doctor's JSON, and a blank in a log.
    pub(crate) fn end_as_told(&self, text: &str, before: &str) -> Vec<String> {
        let mut told = self.processes();
        told.retain(|process| says_to_end(text, before, self.name, process));
        for process in &told {
            self.kill(process.pid, libc::SIGKILL);
        }
        told.into_iter().map(|process| process.name).collect()
    }
}

/// Whether a text has the command that ends a process: `pkill -9 -u USER PROGRAM`, or `kill -9 PID`.
fn says_to_end(text: &str, before: &str, user: &str, process: &Process) -> bool {
    let has = |command: String| {
        text.match_indices(&command)
            .any(|(at, _)| !text[at + command.len()..].starts_with(char::is_alphanumeric))
    };
    has(format!("pkill -9 -u {user} {}", process.name))
        || has(format!("{before}kill -9 {}", process.pid))
}

#[test]
fn the_command_in_a_text() {
    let says = |text: &str, before: &str, user: &str, name: &str, pid: u32| {
        let process = Process {
            pid,
            parent: 1,
            name: name.to_owned(),
            arguments: Vec::new(),
        };
        says_to_end(text, before, user, &process)
    };
    let json = "{\"hint\": \"deadlocked: pkill -9 -u vbox1 VBoxSVC ends it, or kill -9 46\", \"command\":\"pgrep -U vbox1 Box | grep '^47$' && kill -9 47\"}";
    assert!(says(json, "&& ", "vbox1", "VBoxSVC", 1));
    assert!(says(json, "&& ", "vbox1", "VBoxHeadless", 47));
    assert!(!says(json, "&& ", "vbox1", "VBoxHeadless", 4));
    assert!(!says(json, "&& ", "vbox1", "VBoxHeadless", 46));
    assert!(!says(json, "&& ", "vbox2", "VBoxSVC", 1));
    let log = "where it does not end, kill -9 47, run as vbox1, ends it";
    assert!(says(log, " ", "vbox1", "VBoxHeadless", 47));
    assert!(!says(log, " ", "vbox1", "VBoxSVC", 7));
}
