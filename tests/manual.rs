//! The program as somebody meets it who has never seen it: help, the manual page, completions, pipes.

use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use super::skipped;

const PROGRAM: &str = env!("CARGO_BIN_EXE_vbox-smf");

/// Runs a program with an empty environment, but for where the others are.
#[expect(
    clippy::disallowed_methods,
    reason = "the readers of what the program prints are run, too"
)]
fn command(program: &str, arguments: &[&str]) -> std::process::Command {
    let mut command = std::process::Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
        .env("LC_ALL", "C.UTF-8")
        .env("HOME", env!("CARGO_TARGET_TMPDIR"))
        .stdin(Stdio::null());
    command
}

fn run(program: &str, arguments: &[&str]) -> Output {
    command(program, arguments).output().unwrap()
}

/// What vbox-smf prints on standard output, with nothing on standard error.
#[track_caller]
fn printed(arguments: &[&str]) -> String {
    let output = run(PROGRAM, arguments);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), stderr.as_str()), (Some(0), ""));
    String::from_utf8(output.stdout).unwrap()
}

/// The names of the commands, as `--help` lists them.
fn commands() -> Vec<String> {
    let help = printed(&["--help"]);
    let listed = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty());
    // What a text of two lines goes on with is indented further.
    let names: Vec<String> = listed
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .filter(|name| name != "help")
        .collect();
    assert!(names.len() >= 10, "{help}");
    names
}

#[track_caller]
fn assert_fits(text: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}\n{text}");
    }
}

#[test]
fn every_help_fits_the_terminal_and_has_an_example() {
    assert_fits(&printed(&["--help"]));
    for name in commands() {
        let called = format!("vbox-smf {name}");
        let readme = include_str!("../README.md");
        assert!(
            readme.contains(&called) || name == "refresh",
            "README.md: {called}"
        );
        let help = printed(&[&name, "--help"]);
        assert_fits(&help);
        assert_fits(&printed(&[&name, "-h"]));
        assert!(help.contains("\nExamples:\n"), "{help}");
        let shown = help.rsplit("\nExamples:\n").next().unwrap();
        assert!(shown.contains("vbox-smf ") || name == "refresh", "{help}");
    }
}

/// Every command that prints a result by itself.
const PRINTING: [&[&str]; 15] = [
    &["--help"],
    &["explain", "--help"],
    &["describe"],
    &["describe", "--json"],
    &["describe", "--markdown"],
    &["describe", "vm/stop_method"],
    &["explain"],
    &["explain", "--json"],
    &["man"],
    &["completions", "bash"],
    &["completions", "zsh"],
    &["completions", "fish"],
    &["rehearse", "vm1"],
    &["validate", "--explain"],
    &["gen", "vm1", "--user", "u"],
];

#[test]
fn a_reader_who_has_had_enough_is_no_error() {
    for arguments in PRINTING {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = command(PROGRAM, arguments);
        command.stdout(Stdio::from(OwnedFd::from(writer)));
        let output = command.output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {stderr}");
        assert!(!stderr.contains("vbox-smf: "), "{arguments:?}: {stderr}");
    }
}

#[test]
fn a_full_disk_is_one() {
    let Ok(full) = File::options().write(true).open("/dev/full") else {
        return skipped("a_full_disk_is_one", "there is no /dev/full");
    };
    for arguments in PRINTING
        .iter()
        .filter(|a| ["describe", "explain", "man"].contains(&a[0]) && !a.contains(&"--help"))
    {
        let mut command = command(PROGRAM, arguments);
        command.stdout(full.try_clone().unwrap());
        let output = command.output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {stderr}");
        assert!(
            stderr.contains("cannot write to standard output"),
            "{stderr}"
        );
    }
}

#[test]
fn nothing_but_the_result_is_printed() {
    for (arguments, first) in [
        (&["describe"][..], "PROPERTY "),
        (&["describe", "--json"], "{\"version\":1,\"properties\":["),
        (&["describe", "--markdown"], "| property | type |"),
        (&["explain", "--json"], "{\"version\":1,\"instance\":null,"),
        (&["explain"], "A stop has 290 s"),
        (&["man"], ".ie "),
    ] {
        let text = printed(arguments);
        assert!(text.starts_with(first) && text.ends_with('\n'), "{text}");
        if ["describe", "explain"].contains(&arguments[0]) && arguments.len() == 1 {
            assert_fits(&text);
        }
    }
    for (arguments, status) in [
        (&["describe", "vm/nosuch"][..], 2),
        (&["explain", "--set", "vm/on_paused=x"], 2),
        (&["explain", "--fmri", "svc:/site/xvm/vbox"], 96),
        (&["completions", "tcsh"], 2),
    ] {
        let output = run(PROGRAM, arguments);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
    if !Path::new("/usr/bin/svcprop").exists() {
        let output = run(PROGRAM, &["explain", "--vm", "vm1"]);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(99), 0));
        assert!(stderr.contains("this machine has no SMF"), "{stderr}");
        assert!(stderr.contains("the defaults are explained"), "{stderr}");
    }
}

/// Whether a program is there to be run.
fn is_there(program: &str) -> bool {
    ["/usr/local/bin", "/usr/bin", "/bin", "/opt/ooce/bin"]
        .iter()
        .any(|folder| Path::new(folder).join(program).exists())
}

/// What a command prints, in a file.
fn in_file(name: &str, arguments: &[&str]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut file = File::create(&path).unwrap();
    file.write_all(printed(arguments).as_bytes()).unwrap();
    path
}

#[test]
fn the_manual_page_renders_without_warnings() {
    let page = in_file("vbox-smf.8", &["man"]);
    let page = page.to_str().unwrap();
    for (program, arguments) in [
        ("mandoc", &["-Tlint", "-W", "warning", page][..]),
        ("man", &["--warnings", "-l", page]),
    ] {
        // Only the man of man-db has --warnings.
        if !is_there(program) || (program == "man" && !is_there("mandb")) {
            skipped(
                "the_manual_page_renders_without_warnings",
                &format!("no {program}"),
            );
            continue;
        }
        let output = run(program, arguments);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        let lint = program == "mandoc";
        let found = if lint {
            String::from_utf8_lossy(&output.stdout)
        } else {
            "".into()
        };
        assert_eq!(
            (output.status.code(), told + &found),
            (Some(0), String::new()),
            "{program}"
        );
    }
}

#[test]
fn the_manual_page_has_every_command_property_and_section() {
    let page = printed(&["man"]);
    // As the text stands in the source of the page.
    let escaped = |text: &str| text.replace('-', "\\-");
    for section in [
        "NAME",
        "SYNOPSIS",
        "DESCRIPTION",
        "COMMANDS",
        "EXAMPLES",
        "PROPERTIES",
        "FILES",
        "ENVIRONMENT",
    ] {
        assert_eq!(
            page.matches(&format!("\n.SH {section}\n")).count(),
            1,
            "{section}"
        );
    }
    assert!(page.contains("\n.SH \"EXIT STATUS\"\n") && page.contains("\n.SH \"SEE ALSO\"\n"));
    let (_, examples) = page.split_once("\n.SH EXAMPLES\n").unwrap();
    for name in commands() {
        assert!(page.contains(&format!("\n.SS {name}\n")), "{name}");
        let mine = format!("\\fB{}\\fR\n.nf\n", escaped(&name));
        assert!(examples.contains(&mine), "{name}");
        let help = printed(&[&name, "--help"]);
        for word in help
            .split_whitespace()
            .filter(|w| w.starts_with("--") && w.len() > 4)
        {
            let option: String = word
                .chars()
                .take_while(|c| c.is_ascii_lowercase() || *c == '-')
                .collect();
            if !["--help", "--version"].contains(&option.as_str()) {
                assert!(page.contains(&escaped(&option)), "{name} {option}");
            }
        }
    }
    let table = printed(&["describe", "--markdown"]);
    for path in table.lines().filter_map(|line| line.split('`').nth(1)) {
        assert!(page.contains(&escaped(path)), "{path}");
    }
    for status in ["0", "1", "2", "95", "96", "99", "100"] {
        assert!(
            page.contains(&format!("\n.TP\n\\fB{status}\\fR\n")),
            "{status}"
        );
    }
}

/// The manifest's template links to this page and to no other.
#[test]
fn the_manifest_links_to_the_manual_page() {
    let manifest = include_str!("../manifests/vbox.xml");
    assert_eq!(manifest.matches("<manpage ").count(), 1);
    assert!(manifest.contains("<manpage title='vbox-smf' section='8'/>"));
    assert!(printed(&["man"]).contains("\n.TH vbox-smf 8 "));
}

#[test]
fn completions_load_and_complete() {
    for (shell, options, ask) in [
        (
            "bash",
            &["--norc", "--noprofile"][..],
            ". FILE && complete -p vbox-smf && COMP_WORDS=(vbox-smf exp) COMP_CWORD=1 && _vbox__smf vbox-smf exp vbox-smf && echo \"${COMPREPLY[@]}\"",
        ),
        (
            "zsh",
            &["-f"],
            "autoload -U compinit && compinit -D -u && source FILE && whence -w _vbox-smf && functions _vbox-smf_commands | grep explain",
        ),
        (
            "fish",
            &["--no-config"],
            "source FILE; and complete -C 'vbox-smf exp'",
        ),
    ] {
        if !is_there(shell) {
            skipped("completions_load_and_complete", &format!("no {shell}"));
            continue;
        }
        let file = in_file(&format!("vbox-smf.{shell}"), &["completions", shell]);
        let ask = ask.replace("FILE", &format!("'{}'", file.display()));
        let mut arguments = options.to_vec();
        arguments.extend(["-c", &ask]);
        let output = run(shell, &arguments);
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(
            (output.status.code(), stderr.as_str()),
            (Some(0), ""),
            "{shell}: {stdout}"
        );
        assert!(stdout.contains("explain"), "{shell}: {stdout}");
    }
}
