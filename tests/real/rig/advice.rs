//! What the program says that ends a process which nothing else ends, and somebody who does it.

use super::User;

impl User<'_> {
    /// Ends the processes that a text says to end, and names their programs.
    pub(crate) fn end_as_told(&self, text: &str) -> Vec<String> {
        let mut told = self.processes();
        told.retain(|process| says_to_end(text, self.name, &process.name, process.pid));
        for process in &told {
            self.kill(process.pid, libc::SIGKILL);
        }
        told.into_iter().map(|process| process.name).collect()
    }
}

/// Whether a text has the command that ends a process: `pkill -9 -u USER PROGRAM`, or `kill -9 PID`.
fn says_to_end(text: &str, user: &str, program: &str, pid: u32) -> bool {
    let has = |command: String| {
        text.match_indices(&command).any(|(at, _)| {
            let (before, after) = (&text[..at], &text[at + command.len()..]);
            !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric)
        })
    };
    has(format!("pkill -9 -u {user} {program}")) || has(format!("kill -9 {pid}"))
}

#[test]
fn the_command_in_a_text() {
    let said =
        "{\"hint\": \"deadlocked: pkill -9 -u vbox1 VBoxSVC ends it\", \"command\":\"kill -9 47\"}";
    assert!(says_to_end(said, "vbox1", "VBoxSVC", 1));
    assert!(says_to_end(said, "vbox1", "VBoxHeadless", 47));
    assert!(!says_to_end(said, "vbox1", "VBoxHeadless", 4));
    assert!(!says_to_end(said, "vbox2", "VBoxSVC", 1));
    let said = "where it does not end, kill -9 47 ends it";
    assert!(says_to_end(said, "vbox1", "VBoxHeadless", 47));
    assert!(!says_to_end(said, "vbox1", "VBoxSVC", 7));
}
