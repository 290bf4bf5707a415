//! A rehearsal as text: aligned columns, within 80 columns of a terminal where words allow it.

use std::fmt::{self, Write};
use std::time::Duration;

use super::scenario::{Actor, Outcome, Played};
use crate::host::Ended;
use crate::host::sim::{Command, Ending, Event, What};
use crate::vm::{Printable, Uuid, VmState};

/// How wide the text is.
const WIDTH: usize = 80;
/// A space at which no line is folded. No name and no line of a log holds this character.
const GLUE: &str = "\u{1f}";
/// No column of names is wider.
const NAME_MAX: usize = 20;

/// Everything that happened, then how it ended for each instance.
impl fmt::Display for Played {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.events.iter().map(|event| self.name(event)).collect();
        let own = self.outcomes.iter().map(|outcome| short(&outcome.actor));
        let width = names
            .iter()
            .cloned()
            .chain(own)
            .map(|name| name.chars().count());
        let width = width.max().unwrap_or_default().max("INSTANCE".len());

        writeln!(f, "{:>8}  {:width$}        WHAT", "TIME", "INSTANCE")?;
        for (event, name) in self.events.iter().zip(names) {
            let (kind, text) = told(event);
            let head = format!("{:>8}  {name:width$}  {kind:4}  ", seconds(event.at));
            row(f, &head, &text)?;
        }
        writeln!(f, "\n{:width$}  RESULT", "INSTANCE")?;
        for outcome in &self.outcomes {
            let head = format!("{:width$}  ", short(&outcome.actor));
            row(f, &head, &summary(outcome))?;
        }
        let good = self.outcomes.iter().filter(|o| o.is_good()).count();
        let all = self.outcomes.len();
        writeln!(f, "\n{good} of {all} instances ended where they should.")
    }
}

impl Played {
    /// The name in the second column: the instance, also of what happens to its VM.
    fn name(&self, event: &Event) -> String {
        let mut actors = self.outcomes.iter().map(|outcome| &outcome.actor);
        let of_vm = matches!(event.what, What::Machine { .. } | What::Hazard(_));
        let found = actors.find(|actor| {
            actor.fmri.to_string() == event.subject || of_vm && actor.vm == event.subject
        });
        match found {
            Some(actor) => short(actor),
            // A user's VirtualBox.
            None => cut(&format!("({})", Printable(&event.subject))),
        }
    }
}

/// An instance's name, shortened in the middle where it is long.
fn short(actor: &Actor) -> String {
    cut(actor.fmri.instance().as_str())
}

fn cut(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    if chars.len() <= NAME_MAX {
        return name.to_owned();
    }
    let half = NAME_MAX / 2 - 1;
    let (head, tail) = (&chars[..half], &chars[chars.len() - half..]);
    head.iter().chain(&['.', '.']).chain(tail).collect()
}

fn seconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}

/// The kind of an event in a word, and the event in a sentence.
fn told(event: &Event) -> (&'static str, String) {
    let (kind, text) = whole(event);
    (kind, uuids_cut(&text))
}

/// A UUID fills half a line: its first digits tell it from the others.
fn uuids_cut(text: &str) -> String {
    const LENGTH: usize = 36;
    const SHOWN: usize = 8;
    let mut cut = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = rest
            .get(..LENGTH)
            .filter(|word| word.parse::<Uuid>().is_ok());
        let (kept, over) = match word {
            Some(uuid) => (&uuid[..SHOWN], LENGTH),
            None => (&rest[..first.len_utf8()], first.len_utf8()),
        };
        cut.push_str(kept);
        if word.is_some() {
            cut.push_str("..");
        }
        rest = &rest[over..];
    }
    cut
}

fn whole(event: &Event) -> (&'static str, String) {
    match &event.what {
        What::Smf(told) => ("smf", told.clone()),
        What::Command(command) => ("run", format!("{}{}", command.line, end(event.at, command))),
        What::Line(line) => ("log", line.clone()),
        What::Machine { from, to } => ("vm", format!("{from} -> {to}")),
        What::VirtualBox(told) => ("vbox", told.clone()),
        What::Hazard(told) => ("!!!", told.clone()),
    }
}

fn end(began: Duration, command: &Command) -> String {
    let Some(end) = command.end else {
        return String::new();
    };
    let how = match end.how {
        Ending::Itself(Ended::Exited(status)) => format!("exit {status}"),
        Ending::Itself(Ended::Killed(signal)) => format!("signal {signal}"),
        Ending::Hung => "no answer".to_owned(),
        Ending::WithTheMethod => "killed with the method".to_owned(),
    };
    let took = end.at.saturating_sub(began);
    let how = format!("=> {how}, {:.2} s", took.as_secs_f64());
    format!(" {}", how.replace(' ', GLUE))
}

/// A row, folded at spaces, the rest of it under its text.
fn row(f: &mut fmt::Formatter<'_>, head: &str, text: &str) -> fmt::Result {
    let indent = head.chars().count();
    let room = WIDTH.saturating_sub(indent).max(20);
    let mut line = head.to_owned();
    let mut used = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > room {
            writeln!(f, "{}", line.trim_end().replace(GLUE, " "))?;
            line = " ".repeat(indent);
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        line.write_str(word)?;
        used += length;
    }
    writeln!(f, "{}", line.trim_end().replace(GLUE, " "))
}

/// How it ended for an instance, in a sentence.
fn summary(outcome: &Outcome) -> String {
    let vm = |state: &Option<VmState>| match state {
        Some(state) => format!("VM {}", state.human_words()),
        None => "no such VM".to_owned(),
    };
    let left_over = if outcome.left_over {
        "; a process of the VM is left"
    } else {
        ""
    };
    let hazard = match &outcome.hazard {
        Some(hazard) => format!("; real VirtualBox may take harm: {hazard}"),
        None => String::new(),
    };
    format!(
        "{} after {:.2} s ({}), {} after {:.2} s more ({}){left_over}{hazard}: {}",
        outcome.started,
        outcome.start_took.as_secs_f64(),
        vm(&outcome.vm_started),
        outcome.stopped,
        outcome.stop_took.as_secs_f64(),
        vm(&outcome.vm_state),
        if outcome.is_good() { "ok" } else { "NOT OK" },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::sim::CommandEnd;

    fn event(what: What) -> Event {
        Event {
            at: Duration::from_millis(1500),
            subject: "svc:/site/xvm/vbox:vm1".to_owned(),
            what,
        }
    }

    #[test]
    fn events_in_words() {
        let uuid = "c49decd0-163a-44f9-9d85-b6e06ddc2277";
        let command = |how| {
            What::Command(Command {
                line: format!("VBoxManage startvm {uuid} --type headless"),
                end: Some(CommandEnd {
                    at: Duration::from_millis(1900),
                    how,
                }),
            })
        };
        let start = "VBoxManage startvm c49decd0.. --type headless =>";
        for (what, kind, text) in [
            (
                command(Ending::Itself(Ended::Exited(0))),
                "run",
                format!("{start} exit 0, 0.40 s"),
            ),
            (
                command(Ending::Hung),
                "run",
                format!("{start} no answer, 0.40 s"),
            ),
            (
                command(Ending::WithTheMethod),
                "run",
                format!("{start} killed with the method, 0.40 s"),
            ),
            (
                What::Machine {
                    from: VmState::PowerOff,
                    to: VmState::Starting,
                },
                "vm",
                "poweroff -> starting".to_owned(),
            ),
            (
                What::Line(format!("vm1 {{{uuid}}}: ünï")),
                "log",
                "vm1 {c49decd0..}: ünï".to_owned(),
            ),
        ] {
            let (told_kind, told_text) = told(&event(what));
            assert_eq!((told_kind, told_text.replace(GLUE, " ")), (kind, text));
        }
    }

    #[test]
    fn names_are_cut_in_the_middle() {
        assert_eq!(cut("vm1"), "vm1");
        assert_eq!(cut("a-database-in-the-cellar-2"), "a-databas..-cellar-2");
    }

    struct Row<'a>(&'a str);

    impl fmt::Display for Row<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            row(f, "head  ", self.0)
        }
    }

    #[test]
    fn rows_are_folded_under_their_text() {
        let words = ["twelve chars"; 7].join(" ");
        assert_eq!(
            Row(&words).to_string(),
            "head  twelve chars twelve chars twelve chars twelve chars twelve chars twelve\n      chars twelve chars\n"
        );
        let long = "x".repeat(100);
        assert_eq!(Row(&long).to_string(), format!("head  {long}\n"));
    }
}
