//! The page: one for the program with all its commands.

use clap::Arg;
use clap::builder::PossibleValue;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::tables;

/// The section of administration commands: 1M on Solaris 11.3 and older.
const SECTION: &str = "8";
/// When what the page says was last looked over.
const DATE: &str = "2026-11-21";
/// What illumos calls the section.
const MANUAL: &str = "Maintenance Commands and Procedures";

const DESCRIPTION: [&str; 3] = [
    "Each VirtualBox VM is an instance of the service svc:/site/xvm/vbox. Under svc.startd(8), this program is the start and stop method of the instance. It exits 0 only when the VM is verified to be in the requested state: a VM is off only if no VM process remains and its settings file says so; after a start it is running, unless a property says leave, or the start was cancelled during its vm/start_delay. No guest loses unwritten data unless a property allows it.",
    "Called manually, it writes manifests, checks any SMF manifest as svccfg(8) would, simulates a host with the instances, and explains the effect of settings. Commands print only their result on standard output; everything else is printed on standard error.",
    "Every command has --help; --version prints the version.",
];

/// A section of entries: what stands in the margin, and what it is.
type Entries = [(&'static str, &'static str)];

const FILES: &Entries = &[
    (
        "/lib/svc/method/vbox",
        "The script that SMF executes: it finds the program, which may be in the same folder, and executes it.",
    ),
    (
        "/lib/svc/manifest/site/vbox.xml",
        "The manifest written by vbox-smf gen.",
    ),
    (
        "/var/svc/log/site-xvm-vbox:INSTANCE.log",
        "The log of an instance; svcs -L prints its name.",
    ),
    (
        "/tmp/.vbox-smf-UID/lock",
        "Locked while the VirtualBox server of this user may have to be started, and during a listing of all VMs.",
    ),
];

const ENVIRONMENT: &Entries = &[
    (
        "SMF_FMRI",
        "The instance. Set by svc.startd(8); in manual calls, use --fmri or --vm to specify the instance.",
    ),
    (
        "SMF_METHOD",
        "If set, the caller is svc.startd(8), and only the exit statuses of smf_method(7) are used.",
    ),
    (
        "TZ, VBOX_*",
        "Passed to VirtualBox if set in method_environment of the instance. No other variables are passed, and all VMs of a user run with the environment of the first VM that was started.",
    ),
    (
        "LC_ALL, LC_CTYPE, LANG",
        "The first that is set is the locale for VirtualBox, if it is a UTF-8 locale.",
    ),
];

const SECURITY: &str = "The program does not need root. Other programs are executed by absolute path, without a shell, with a clean environment; VBoxManage and every folder above it must be writable by root only. When called by root, it switches to the user of the instance before it runs VirtualBox. A user who may change the group vm can name any VM of the same owner. Names and the output of other programs are printed escaped.";

const SEE_ALSO: &str = "svcprop(1), svcs(1), smf(7), smf_method(7), smf_security(7), smf_template(7), svc.startd(8), \
                        svcadm(8), svccfg(8)";

/// The page of this command line.
pub(super) fn page(cli: clap::Command) -> String {
    // They are told once, for all commands.
    let mut cli = cli
        .disable_help_flag(true)
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        .mut_subcommands(|command| command.mut_args(tell_possible_values));
    cli.build();
    let source = format!("vbox-smf {}", env!("CARGO_PKG_VERSION"));
    let whole = Man::new(cli.clone())
        .title("vbox-smf")
        .section(SECTION)
        .date(DATE)
        .source(source)
        .manual(MANUAL);
    let mut text = part(|out| whole.render_title(out));
    text.push_str(&part(|out| whole.render_name_section(out)));
    let commands: Vec<&clap::Command> = cli.get_subcommands().collect();

    text.push_str(".SH SYNOPSIS\n");
    for (at, command) in commands.iter().enumerate() {
        let one = Man::new((*command).clone());
        text.push_str(if at == 0 { "" } else { ".br\n" });
        text.push_str(&headless(&part(|out| one.render_synopsis_section(out))));
    }

    text.push_str(".SH DESCRIPTION\n");
    text.push_str(&paragraphs(&DESCRIPTION));

    text.push_str(".SH COMMANDS\n");
    for command in &commands {
        let one = Man::new((*command).clone());
        text.push_str(&rendered(|roff| {
            roff.control("SS", [command.get_name()]);
        }));
        text.push_str(&headless(&part(|out| one.render_description_section(out))));
        if command.get_arguments().next().is_some() {
            text.push_str(&headless(&part(|out| one.render_options_section(out))));
        }
        for note in notes(command) {
            text.push_str(&rendered(|roff| match &note {
                Piece::Prose(text) => {
                    roff.control("PP", []).text([roman(text.as_str())]);
                }
                Piece::Entry(word, meaning) => tables::entry(roff, word, "", meaning),
            }));
        }
    }

    text.push_str(".SH EXAMPLES\n");
    for (at, command) in commands.iter().enumerate() {
        text.push_str(&rendered(|roff| {
            if at > 0 {
                roff.control("PP", []);
            }
            roff.text([bold(command.get_name())]);
            // A line of a shell is neither filled nor hyphenated.
            roff.control("nf", []);
            for line in examples(command) {
                roff.text([roman(line)]);
            }
            roff.control("fi", []);
        }));
    }

    text.push_str(&rendered(|roff| {
        tables::exit_statuses(roff);
        tables::properties(roff);
        for (title, entries) in [("FILES", FILES), ("ENVIRONMENT", ENVIRONMENT)] {
            roff.control("SH", [title]);
            for (what, meaning) in entries {
                tables::entry(roff, what, "", meaning);
            }
        }
        roff.control("SH", ["SECURITY"]).text([roman(SECURITY)]);
        roff.control("SH", ["SEE ALSO"]).text([roman(SEE_ALSO)]);
    }));
    with_one_preamble(&text)
}

/// What clap's generator writes.
fn part(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut text = Vec::new();
    write(&mut text).expect("memory takes everything");
    String::from_utf8(text).expect("what was text before")
}

/// The same without its heading.
fn headless(section: &str) -> String {
    lines(section, |line| !line.starts_with(".SH"))
}

/// These lines of a text, without spaces at their ends.
fn lines(text: &str, keep: impl Fn(&str) -> bool) -> String {
    text.lines()
        .filter(|line| keep(line))
        .fold(String::new(), |text, line| text + line.trim_end() + "\n")
}

fn rendered(write: impl FnOnce(&mut Roff)) -> String {
    let mut roff = Roff::new();
    write(&mut roff);
    roff.render()
}

/// Every part begins with the definition of the apostrophe: once is enough.
fn with_one_preamble(text: &str) -> String {
    let is_preamble = |line: &str| line.starts_with(".ie ") || line.starts_with(".el ");
    let preamble: Vec<&str> = text.lines().take_while(|line| is_preamble(line)).collect();
    preamble.join("\n") + "\n" + &lines(text, |line| !is_preamble(line))
}

/// clap's generator lists possible values in a way that mandoc warns of: here they stand in the help.
fn tell_possible_values(arg: Arg) -> Arg {
    let values = arg.get_possible_values();
    if values.is_empty() || arg.is_hide_possible_values_set() || !arg.get_action().takes_values() {
        return arg;
    }
    let values: Vec<&str> = values.iter().map(PossibleValue::get_name).collect();
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let help = format!("{help}: {}", values.join(", "));
    arg.hide_possible_values(true)
        .long_help(help.clone())
        .help(help)
}

fn paragraphs(texts: &[&str]) -> String {
    rendered(|roff| {
        for (at, text) in texts.iter().enumerate() {
            if at > 0 {
                roff.control("PP", []);
            }
            roff.text([roman(*text)]);
        }
    })
}

/// The blocks of what stands below the options in `--help`.
fn blocks(command: &clap::Command) -> Vec<String> {
    let after = command.get_after_help().map(ToString::to_string);
    let after = after.unwrap_or_default();
    after.split("\n\n").map(str::to_owned).collect()
}

/// The examples of a command, without their indent.
pub(super) fn examples(command: &clap::Command) -> Vec<String> {
    blocks(command)
        .iter()
        .filter_map(|block| block.strip_prefix("Examples:\n"))
        .flat_map(str::lines)
        .map(|line| line.trim().to_owned())
        .collect()
}

/// A piece of what stands below the options in `--help`.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    /// Lines that begin at the left.
    Prose(String),
    /// An indented line and those that are indented further: a word, and what it is.
    Entry(String, String),
}

/// What is said besides examples.
fn notes(command: &clap::Command) -> Vec<Piece> {
    blocks(command)
        .iter()
        .filter(|block| !block.starts_with("Examples:"))
        .flat_map(|block| pieces(block))
        .collect()
}

/// The pieces of a block.
fn pieces(block: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for line in block.lines() {
        let words = line.trim();
        let indent = line.len() - line.trim_start().len();
        match (indent, pieces.last_mut()) {
            (0, Some(Piece::Prose(text))) => {
                text.push(' ');
                text.push_str(words);
            }
            (0, _) => pieces.push(Piece::Prose(words.to_owned())),
            (3.., Some(Piece::Entry(_, meaning))) => {
                if !meaning.is_empty() {
                    meaning.push(' ');
                }
                meaning.push_str(words);
            }
            (_, _) => {
                let (word, meaning) = words.split_once(' ').unwrap_or((words, ""));
                let meaning = meaning.trim_start().to_owned();
                pieces.push(Piece::Entry(word.to_owned(), meaning));
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_the_help_is_one_on_the_page() {
        let entry = |word: &str, meaning: &str| Piece::Entry(word.to_owned(), meaning.to_owned());
        assert_eq!(
            pieces("Guests:\n  acpi  off 2 s\n        later\n  deaf\n      nothing\nno\nmore"),
            [
                Piece::Prose("Guests:".to_owned()),
                entry("acpi", "off 2 s later"),
                entry("deaf", "nothing"),
                Piece::Prose("no more".to_owned()),
            ]
        );
    }
}
