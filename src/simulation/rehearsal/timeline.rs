//! A rehearsal as text: aligned columns, within 80 columns of a terminal where words allow it.

use std::fmt::{self, Write};
use std::time::Duration;

use super::outcome::{Look, Outcome, is_about};
use super::scenario::Played;
use crate::host::ExitStatus;
use crate::simulation::host::{Command, Ending, Event, SmfState, What};
use crate::simulation::rehearsal::instances::RehearsedInstance;
use crate::smf::fmri::InstanceFmri;
use crate::text::printable::Printable;
use crate::virtualbox::vm::Uuid;

/// How wide the text is.
const WIDTH: usize = 80;
/// A space at which no line is folded. No name and no line of a log holds this character.
pub(super) const GLUE: &str = "\u{1f}";
/// No column of names is wider.
const NAME_MAX: usize = 20;

/// Colours for a terminal, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Letters {
    /// Letters alone.
    Plain,
    /// With the escape sequences of ECMA-48.
    Colour,
}

/// What a word is coloured as.
#[derive(Debug, Clone, Copy)]
enum Tone {
    Head,
    Smf,
    Run,
    Log,
    Vm,
    Note,
    Bad,
    Good,
}

impl Letters {
    fn paint(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Head => "1",
            Tone::Smf => "36",
            Tone::Run => "34",
            Tone::Log => "2",
            Tone::Vm | Tone::Good => "32",
            Tone::Note => "33",
            Tone::Bad => "1;31",
        };
        match self {
            Self::Plain => text.to_owned(),
            Self::Colour => format!("\x1b[{code}m{text}\x1b[0m"),
        }
    }
}

/// A story as text.
pub(crate) struct Text<'p> {
    /// What was played.
    pub(crate) played: &'p Played,
    /// With what it is written.
    pub(crate) ink: Letters,
}

/// Everything that happened, then how it ended for each instance.
impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (played, ink) = (self.played, self.ink);
        let names: Vec<String> = played.events.iter().map(|e| cut(&played.name(e))).collect();
        let own = played.outcomes.iter().map(|o| cut(&played.short(&o.actor)));
        let own: Vec<String> = own.collect();
        let width = names.iter().chain(&own).map(|name| name.chars().count());
        let width = width.max().unwrap_or_default().max("INSTANCE".len());

        let head = format!("{:>8}  {:width$}  KIND  WHAT", "TIME", "INSTANCE");
        writeln!(f, "{}", ink.paint(Tone::Head, &head))?;
        for (event, name) in played.events.iter().zip(names) {
            let (kind, text) = told(event);
            let head = format!("{:>8}  {name:width$}  ", seconds(event.at));
            let indent = head.chars().count() + 6;
            let kind = ink.paint(tone(event), &format!("{kind:4}"));
            row(f, &format!("{head}{kind}  "), indent, &text)?;
        }
        let head = format!("{:width$}  RESULT", "INSTANCE");
        writeln!(f, "\n{}", ink.paint(Tone::Head, &head))?;
        for (outcome, name) in played.outcomes.iter().zip(own) {
            let head = format!("{name:width$}  ");
            row(f, &head, width + 2, &summary(outcome, ink))?;
        }
        let good = played.outcomes.iter().filter(|o| o.is_good()).count();
        let all = played.outcomes.len();
        writeln!(
            f,
            "\n{good} of {all} instances ended in the expected state."
        )
    }
}

fn tone(event: &Event) -> Tone {
    match &event.what {
        What::Smf { state, .. } => match state {
            Some(SmfState::Maintenance) => Tone::Bad,
            Some(
                SmfState::Disabled
                | SmfState::Offline
                | SmfState::Starting
                | SmfState::Online
                | SmfState::Stopping
                | SmfState::Deleted,
            )
            | None => Tone::Smf,
        },
        What::Note(_) => Tone::Note,
        What::Command(_) => Tone::Run,
        What::Line(_) => Tone::Log,
        What::Machine { .. } | What::VirtualBox(_) => Tone::Vm,
        What::Hazard(_) => Tone::Bad,
    }
}

impl Played {
    /// The name in the second column: the instance, also of what happens to its VM.
    pub(super) fn name(&self, event: &Event) -> String {
        let mut actors = self.outcomes.iter().map(|outcome| &outcome.actor);
        let of_vm = event.owner.is_some();
        let found =
            actors.find(|actor| actor.subject == event.subject || of_vm && is_about(event, actor));
        match (found, &event.what) {
            (Some(actor), _) => self.short(actor),
            // A file, the host, or an instance that is not rehearsed.
            (None, What::Note(_)) => match event.subject.parse::<InstanceFmri>() {
                Ok(fmri) => fmri.instance().as_str().to_owned(),
                Err(_) => Printable(&event.subject).to_string(),
            },
            // A user's VirtualBox.
            (None, _) => format!("({})", Printable(&event.subject)),
        }
    }

    /// An instance's name, with its service where there are several.
    pub(super) fn short(&self, actor: &RehearsedInstance) -> String {
        let name = actor.fmri.instance().as_str();
        let service = actor.fmri.service();
        let mut services = self.outcomes.iter().map(|o| o.actor.fmri.service());
        if services.all(|other| other == service) {
            return name.to_owned();
        }
        let last = service.rsplit('/').next().unwrap_or(service);
        format!("{last}:{name}")
    }
}

/// A name, shortened in the middle where it is long.
pub(super) fn cut(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    if chars.len() <= NAME_MAX {
        return name.to_owned();
    }
    let half = NAME_MAX / 2 - 1;
    let (head, tail) = (&chars[..half], &chars[chars.len() - half..]);
    head.iter().chain(&['.', '.']).chain(tail).collect()
}

/// Seconds with three digits behind the point.
pub(super) fn seconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}

/// The kind of an event in a word, and the event in a sentence.
pub(super) fn told(event: &Event) -> (&'static str, String) {
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
        What::Smf { told, .. } => ("smf", told.clone()),
        What::Note(told) => ("note", told.clone()),
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
        Ending::Itself(ExitStatus::Exited(status)) => format!("exit {status}"),
        Ending::Itself(ExitStatus::Killed(signal)) => format!("signal {signal}"),
        Ending::Hung => "no response".to_owned(),
        Ending::WithTheMethod => "killed with the method".to_owned(),
    };
    let took = end.at.saturating_sub(began);
    let how = format!("=> {how}, {:.2} s", took.as_secs_f64());
    format!(" {}", how.replace(' ', GLUE))
}

/// A row, folded at spaces, the rest of it under its text.
fn row(f: &mut fmt::Formatter<'_>, head: &str, indent: usize, text: &str) -> fmt::Result {
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
fn summary(outcome: &Outcome, ink: Letters) -> String {
    let looks: Vec<String> = outcome.looks.iter().map(look).collect();
    let looks = looks.join(", then ");
    if outcome.is_good() {
        return format!("{looks}: {}", ink.paint(Tone::Good, "ok"));
    }
    let troubles = outcome.troubles.join("; ");
    let bad = ink.paint(Tone::Bad, "NOT OK");
    format!("{looks}: {}: {troubles}", bad.replace(' ', GLUE))
}

fn look(look: &Look) -> String {
    let vm = match &look.vm {
        Some(state) => format!("VM {}", state.human_words()),
        None => "no such VM".to_owned(),
    };
    let took = look.took.as_secs_f64();
    format!("{} after {took:.2} s ({vm})", look.smf)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::host::CommandEnd;
    use crate::virtualbox::vm::VmState;

    fn event(what: What) -> Event {
        Event {
            at: Duration::from_millis(1500),
            subject: "svc:/site/xvm/vbox:vm1".to_owned(),
            owner: None,
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
                command(Ending::Itself(ExitStatus::Exited(0))),
                "run",
                format!("{start} exit 0, 0.40 s"),
            ),
            (
                command(Ending::Hung),
                "run",
                format!("{start} no response, 0.40 s"),
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
            row(f, "head  ", 6, self.0)
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
