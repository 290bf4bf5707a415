//! Every command that a message tells somebody to run: found in the source, and run by a test that is named here, or
//! listed with the reason why it cannot be run here. A command that is new, or not told any more, fails the survey.
//!
//! A row is a command as a message begins it; what may stand between is `...`. A row that stands for more than one message
//! is enough for all of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What shows that a command does what its message says.
#[derive(Debug, Clone, Copy)]
enum Shown {
    /// These tests run it, and what it is for goes well after it.
    Run(&'static [&'static str]),
    /// It looks, and changes nothing.
    Looks,
    /// It cannot be run here: why.
    NotHere(&'static str),
}

use Shown::{Looks, NotHere, Run};

/// Why no svcadm and no svccfg is run: what they do is played by the simulated svc.startd, which is held to records of the
/// real one.
const SMF: &str = "there is no SMF on this machine; tests set what it would set, and call the method as svc.startd would";

const ROWS: &[(&str, Shown)] = &[
    // --- VirtualBox
    (
        "VBoxManage adoptstate",
        Run(&["real::unwritable::a_state_that_the_settings_file_cannot_name"]),
    ),
    (
        "VBoxManage controlvm ...savestate",
        Run(&[
            "real::bad_input::by_hand::an_instance_that_was_deleted_while_it_was_online",
            "real::advised::a_vm_that_hears_no_button_is_stopped_as_the_log_says",
        ]),
    ),
    (
        "VBoxManage controlvm ...poweroff",
        Run(&["real::advised::a_vm_that_hears_no_button_is_stopped_as_the_log_says"]),
    ),
    (
        "VBoxManage controlvm VM addencpassword",
        NotHere("disks are encrypted by the extension pack, which is not to be had here"),
    ),
    (
        "VBoxManage discardstate",
        Run(&["real::start_settings::of_a_saved_vm"]),
    ),
    (
        "VBoxManage extpack install",
        NotHere("the extension pack is not to be had here"),
    ),
    (
        "VBoxManage internalcommands sethduuid",
        Run(&["real::causes::another_disk_in_the_place_of_the_registered_one"]),
    ),
    ("VBoxManage list", Looks),
    ("VBoxManage showvminfo", Looks),
    (
        "VBoxManage modifyvm ...bridgedifs",
        Run(&["real::causes::a_network_interface_that_is_missing"]),
    ),
    (
        "VBoxManage modifyvm ...--uartmode1",
        Run(&["real::causes::a_serial_port_that_goes_nowhere"]),
    ),
    (
        "VBoxManage modifyvm ...--name",
        Run(&["real::doctor::commands::a_name_that_two_vms_have"]),
    ),
    (
        "VBoxManage modifyvm ...--autostart-enabled off",
        Run(&["real::doctor::commands::autostart_beside_smf"]),
    ),
    (
        "VBoxManage registervm",
        Run(&["real::doctor::commands::a_registry_that_is_lost"]),
    ),
    (
        "VBoxManage startvm --type emergencystop",
        Run(&["real::advised::a_frozen_vm_is_ended_as_the_log_says"]),
    ),
    (
        "VBoxManage storageattach",
        Run(&["real::advised::a_missing_disk_is_detached_as_the_log_says"]),
    ),
    // --- files and processes
    (
        "chmod go-w",
        Run(&["rehearsal::a_virtualbox_that_others_may_change"]),
    ),
    (
        "chmod u+rwx",
        Run(&[
            "real::causes::a_log_that_cannot_be_written",
            "real::doctor::commands::a_home_of_root",
        ]),
    ),
    (
        "chmod 755",
        NotHere("it installs the method, which the rig has done"),
    ),
    (
        "chmod A-",
        NotHere("access control lists of ZFS; setfacl -b is what the same message says here"),
    ),
    (
        "chown -h",
        Run(&[
            "real::causes::a_disk_of_root",
            "real::doctor::commands::a_home_of_root",
        ]),
    ),
    (
        "chown root",
        Run(&["rehearsal::a_virtualbox_that_others_may_change"]),
    ),
    (
        "cp {} {path}",
        NotHere("RBAC's databases are illumos'; illumos-ci's part rbac copies the files there"),
    ),
    (
        "mv {1} {1}.away",
        Run(&["real::unwritable::a_saved_vm_whose_settings_cannot_be_written_is_not_started"]),
    ),
    ("cp -p", Run(&["real::doctor::users::a_truncated_registry"])),
    (
        "cp vbox-smf",
        NotHere("it installs the method, which the rig has done"),
    ),
    ("fuser", Looks),
    ("iconv -t UTF-8", NotHere("it is a manifest's, and no VM's")),
    (
        "kill -9",
        Run(&[
            "real::server_killed::just_before_a_stop",
            "real::faults::hung::a_process_that_stands_still_is_found_and_ended",
        ]),
    ),
    ("ls -dV", Looks),
    ("lsmod", Looks),
    (
        "pkill -9",
        Run(&["real::doctor::users::a_server_that_does_not_answer"]),
    ),
    ("prctl -i", Looks),
    ("prstat", Looks),
    ("ps -", Looks),
    (
        "mv {} ",
        Run(&["real::doctor::commands::a_lock_and_an_ipc_folder_of_somebody_else"]),
    ),
    (
        "setfacl -b",
        NotHere(
            "the file system of the rig may have no access control lists; security::places sets them where it has",
        ),
    ),
    ("swap -s", Looks),
    ("useradd -m", NotHere("it makes a user of this machine")),
    ("usermod -d", NotHere("it changes a user of this machine")),
    ("zfs list", Looks),
    // --- SMF
    (
        "svcadm clear",
        Run(&[
            "startd::clear_after_three_failures_as_on_the_real_one",
            "scenario::clear_helps_when_the_cause_is_mended",
        ]),
    ),
    (
        "svcadm disable",
        Run(&[
            "recipes::an_instance_is_removed_when_it_is_disabled",
            "startd::a_good_life",
        ]),
    ),
    (
        "svcadm enable",
        Run(&[
            "startd::a_good_life",
            "scenario::an_instance_that_is_deleted_leaves_its_vm_running",
        ]),
    ),
    (
        "svcadm refresh",
        Run(&["rehearsal::a_user_that_svc_startd_ignores"]),
    ),
    ("svcadm restart {DRIVER_SERVICE}", NotHere(SMF)),
    ("svcadm restart svc:/system/rbac", NotHere(SMF)),
    (
        "svcadm restart {fmri}",
        Run(&["startd::clear_after_a_stop_that_failed_as_on_the_real_one"]),
    ),
    (
        "svccfg -s ...method_context/use_profile",
        Run(&["rehearsal::a_user_that_svc_startd_ignores"]),
    ),
    ("svccfg -s", NotHere(SMF)),
    ("svccfg import", NotHere(SMF)),
    ("svccfg apply", NotHere(SMF)),
    (
        "svccfg delete",
        Run(&["recipes::an_instance_is_removed_when_it_is_disabled"]),
    ),
    ("svcprop", Looks),
    ("svcs", Looks),
    ("ctstat -a", Looks),
    // --- this program
    ("vbox-smf describe", Looks),
    ("vbox-smf gen", Looks),
    ("vbox-smf rehearse", Looks),
    ("vbox-smf status", Looks),
    ("vbox-smf validate", Looks),
    ("xmllint", Looks),
];

/// Programs by which a command is known.
const PROGRAMS: &str = "VBoxManage chgrp chmod chown cp ctstat df fuser groupadd iconv kill ls lsmod mkdir \
    modinfo mv pfexec pkg pkill prctl prstat ps rm setfacl svcadm svccfg svcprop svcs swap \
    useradd userdel usermod vbox-smf xmllint zfs";

/// A sentence about a program, and no command.
const PROSE: &[&str] = &[
    "VBoxManage exists",
    "VBoxManage in its own",
    "VBoxManage is truncated",
    "VBoxManage not found",
    "VBoxManage silently",
    "VBoxManage was found",
    "VBoxManage was killed",
    "kill it:",
    "svcadm before",
    "svccfg accepts",
    "svccfg rejects",
    "svccfg validate accepts",
    "svccfg validate rejects",
    "vbox-smf exist",
    "VBoxManage exited with",
    "VBoxManage did not respond",
    "VBoxManage in {}",
    "kill the method",
    "rm -r would follow",
    "svccfg can import",
    "svccfg in {}",
    "svccfg reads",
    "svccfg validate and import -V do",
    "svccfg validate was killed",
    "svccfg would",
    // A file.
    "vbox-smf method/vbox",
    "vbox-smf of this user",
];

/// What costs what a guest has not written, or has in its memory.
const COSTS: &[&str] = &[
    "controlvm VM poweroff",
    "(or poweroff",
    "poweroff)",
    "VBoxManage discardstate",
    "vm/on_saved=discard",
    "emergencystop",
    "kill -9",
    "power it off",
    "unregistervm",
    "controlvm VM reset",
];

/// How a message says that.
const SAYS_SO: &[&str] = &["is lost", "are lost", "with the effect of a power failure"];

/// doctor's commands, whose costs stand in the hint above them, from the same function as the log's.
const SAID_BEFORE: &[(&str, &str)] = &[(
    "pgrep -U {user} Box | grep '^{pid}$' && kill -9 {pid}",
    "what_ends_an_orphan(user, *pid)",
)];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.ends_with("tests/fuzz/target") {
            continue;
        }
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A literal, and the code before it.
struct Literal {
    path: PathBuf,
    text: String,
    is_command: bool,
}

/// The literals of a text in Rust; comments have none.
fn literals(text: &str) -> Vec<(usize, String)> {
    let bytes: Vec<char> = text.chars().collect();
    let (mut at, mut found) = (0, Vec::new());
    while at < bytes.len() {
        let next = bytes.get(at + 1).copied();
        match bytes[at] {
            '/' if next == Some('/') => {
                while at < bytes.len() && bytes[at] != '\n' {
                    at += 1;
                }
            }
            // A character; else a lifetime.
            '\'' if next == Some('\\') => {
                at += 2;
                while at < bytes.len() && bytes[at] != '\'' {
                    at += 1;
                }
            }
            '\'' if bytes.get(at + 2) == Some(&'\'') => at += 2,
            'r' if next == Some('"') || next == Some('#') && bytes.get(at + 2) == Some(&'"') => {
                let hash = next == Some('#');
                let begin = at;
                at += if hash { 3 } else { 2 };
                let mut literal = String::new();
                while at < bytes.len()
                    && !(bytes[at] == '"' && (!hash || bytes.get(at + 1) == Some(&'#')))
                {
                    literal.push(bytes[at]);
                    at += 1;
                }
                found.push((begin, literal));
            }
            '"' => {
                let begin = at;
                at += 1;
                let mut literal = String::new();
                while at < bytes.len() && bytes[at] != '"' {
                    if bytes[at] == '\\' {
                        at += 1;
                        match bytes.get(at) {
                            Some('n') => literal.push('\n'),
                            // The line goes on.
                            Some('\n') => {
                                while bytes.get(at + 1).is_some_and(|c| c.is_whitespace()) {
                                    at += 1;
                                }
                            }
                            Some(other) => literal.push(*other),
                            None => {}
                        }
                    } else {
                        literal.push(bytes[at]);
                    }
                    at += 1;
                }
                found.push((begin, literal));
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Everything that the program can say to somebody who has to do something: not the help, the rules of `validate`, nor the
/// simulated host.
fn messages() -> Vec<Literal> {
    let src = root().join("src");
    let mut messages = Vec::new();
    for path in sources(&src) {
        let below = path
            .strip_prefix(&src)
            .expect("below")
            .to_string_lossy()
            .into_owned();
        let is_left_out = [
            "simulation/",
            "validate/",
            "fuzzing",
            "commands/man/",
            "config/schema",
            "manifest/comments.rs",
        ]
        .iter()
        .any(|folder| below.starts_with(folder));
        if is_left_out
            || below.ends_with("tests.rs")
            || below.contains("/tests/")
            || below.ends_with("log_words.rs")
        {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source");
        let code = text
            .split("\n#[cfg(test)]\nmod tests {")
            .next()
            .expect("its code");
        let chars: Vec<char> = code.chars().collect();
        for (at, text) in literals(code) {
            if text.contains("Examples:") || text.contains("Exit status:") || !text.contains(' ') {
                continue;
            }
            let before: String = chars[..at].iter().filter(|c| !c.is_whitespace()).collect();
            let is_command = before.ends_with(".command(") || before.ends_with(".command(format!(");
            messages.push(Literal {
                path: path.clone(),
                text,
                is_command,
            });
        }
    }
    messages
}

/// Where a text has one of these programs with an argument, from there on.
fn commands(text: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_alphanumeric() || "_-./:".contains(c);
    let mut found = Vec::new();
    for program in PROGRAMS.split(' ') {
        for (at, _) in text.match_indices(program) {
            let rest = &text[at..];
            let begins = !text[..at].ends_with(is_word);
            let argument = rest[program.len()..].strip_prefix(' ');
            if begins
                && argument.is_some_and(|argument| {
                    argument.starts_with(|c: char| c.is_alphanumeric() || "-{".contains(c))
                })
            {
                found.push(rest);
            }
        }
    }
    found
}

/// Whether a text begins with the first part of a phrase, and has the others behind that.
fn is(text: &str, phrase: &str) -> bool {
    let mut parts = phrase.split("...");
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    parts.all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

#[test]
fn every_command_of_a_message_is_run_by_a_test_or_listed() {
    let (mut unlisted, mut used) = (BTreeSet::new(), BTreeSet::new());
    let mut told = 0;
    for message in messages() {
        for command in commands(&message.text) {
            if PROSE.iter().any(|prose| command.starts_with(prose)) {
                continue;
            }
            told += 1;
            let row = ROWS.iter().position(|(phrase, _)| is(command, phrase));
            if let Some(row) = row {
                used.insert(row);
            } else {
                let name = message.path.strip_prefix(root()).expect("below");
                unlisted.insert(format!("{}: {command}", name.display()));
            }
        }
        // A command by itself: every part of it.
        if message.is_command {
            for part in message
                .text
                .split("&&")
                .flat_map(|part| part.split(['|', ';']))
            {
                let program = part.split_whitespace().next().unwrap_or_default();
                assert!(
                    PROGRAMS.split(' ').any(|known| known == program),
                    "no program of the survey: {part}"
                );
            }
        }
    }
    assert!(
        unlisted.is_empty(),
        "run each of these by a test and name it, list why it cannot be run here, or say that it is prose:\n{}",
        unlisted.into_iter().collect::<Vec<_>>().join("\n")
    );
    let unused: Vec<&str> = ROWS
        .iter()
        .enumerate()
        .filter(|(row, _)| !used.contains(row))
        .map(|(_, (phrase, _))| *phrase)
        .collect();
    assert!(
        unused.is_empty(),
        "no message has these any more: {unused:?}"
    );
    assert!(told > 100, "only {told} commands");
}

/// A test that is named is there, and its file knows the command.
#[test]
fn the_tests_that_are_named_are_there() {
    let mut files = sources(&root().join("tests"));
    files.extend(sources(&root().join("src")));
    for (phrase, shown) in ROWS {
        let tests = match shown {
            Run(tests) => *tests,
            NotHere(why) => {
                assert!(why.len() > 10, "{phrase}: {why}");
                continue;
            }
            Looks => continue,
        };
        assert!(!tests.is_empty(), "{phrase}");
        for test in tests {
            let parts: Vec<&str> = test.split("::").collect();
            let (name, modules) = parts.split_last().expect("a name");
            let file = files.iter().find(|file| {
                let without = file.with_extension("");
                let without = without.to_string_lossy().replace("/tests", "/");
                let path: Vec<&str> = without.split('/').filter(|part| !part.is_empty()).collect();
                path.ends_with(modules)
                    && fs::read_to_string(file)
                        .is_ok_and(|text| text.contains(&format!("#[test]\nfn {name}()")))
            });
            assert!(file.is_some(), "{phrase}: there is no test {test}");
        }
    }
}

/// Nobody loses what a guest has in its memory by a command that does not say so in the same line.
#[test]
fn a_command_that_costs_a_guest_its_state_says_so() {
    let mut costly = 0;
    for message in messages() {
        let text = &message.text;
        let costs = COSTS.iter().any(|words| text.contains(words));
        // A list of values, a word for an action: nothing that somebody is told to do.
        let is_told = commands(text).iter().any(|command| {
            ["VBoxManage", "kill", "pkill"]
                .iter()
                .any(|program| command.starts_with(program))
        }) || text.contains("vm/on_saved=discard ");
        if !costs || !is_told {
            continue;
        }
        costly += 1;
        if let Some((_, hint)) = SAID_BEFORE.iter().find(|(command, _)| command == text) {
            let source = fs::read_to_string(&message.path).expect("a source");
            assert!(
                source.contains(&format!(".hint({hint})\n")),
                "{text}: {hint}"
            );
            continue;
        }
        assert!(
            SAYS_SO.iter().any(|words| text.contains(words)),
            "{}: it does not say what is lost: {text}",
            message.path.display()
        );
    }
    assert!(costly >= 8, "only {costly} messages");
}

#[test]
fn literals_of_a_source() {
    let source = "// \"no\"\nlet a = \"one \\\n    two\"; let c = '\"'; fn f<'a>() { g(r#\"three \"x\" \"#) } // it's \"no\"\n\"\\\"four\\\"\"";
    let found: Vec<String> = literals(source).into_iter().map(|(_, text)| text).collect();
    assert_eq!(found, ["one two", "three \"x\" ", "\"four\""]);
}

#[test]
fn commands_of_a_text() {
    let text = "restore it (VBoxManage list vms), or svcadm clear x; no-svcs here, a chmod, then rm -r {folder}";
    let mut found = commands(text);
    found.sort_unstable_by_key(|command| text.len() - command.len());
    let begins: Vec<&str> = found.iter().map(|c| &c[..8]).collect();
    assert_eq!(begins, ["VBoxMana", "svcadm c", "rm -r {f"]);
    assert!(is(
        "VBoxManage modifyvm a --name b",
        "VBoxManage modifyvm ...--name"
    ));
    assert!(!is(
        "VBoxManage modifyvm a",
        "VBoxManage modifyvm ...--name"
    ));
}
