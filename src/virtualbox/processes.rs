//! Which VM a process belongs to.
//!
//! VirtualBox starts `VBoxHeadless --comment NAME --startvm UUID --vrde config`. Linux shows all of it,
//! illumos and Solaris the first 80 bytes, in which the UUID is rarely whole.

use std::time::Duration;

use crate::host::{Args, Process};
use crate::virtualbox::vm::Uuid;

/// What is known of a VM when its processes are looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// Its name, where that is known.
    pub(crate) name: Option<&'a str>,
    /// Its UUID, where that is known.
    pub(crate) uuid: Option<&'a Uuid>,
}

/// Whose a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ownership {
    /// Another VM's.
    Others,
    /// Nobody can tell.
    Unclear,
    /// This VM's.
    Ours,
}

/// The programs that are a VM while they live.
const VM_PROGRAMS: [&str; 3] = ["VBoxHeadless", "VirtualBoxVM", "VBoxSDL"];

/// VirtualBox's server, of which each user has one.
const SERVER: &str = "VBoxSVC";

/// VirtualBox's window, which may have a session on any VM, and does not say on which.
const WINDOW: &str = "VirtualBox";

/// What the processes of VirtualBox say about one VM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProcessSummary {
    /// A process that is the VM, or that may be it.
    pub(crate) may_live: bool,
    /// A process that is the VM, or that VirtualBox does not know of and may be it: it was there before
    /// this VBoxSVC, so VBoxSVC's word does not cover it.
    pub(crate) lives: bool,
    /// That process, or one of them.
    pub(crate) process: Option<u32>,
    /// How many processes the VMs of this user have.
    pub(crate) vm_processes: usize,
    /// Another client has a session on it, or may have.
    pub(crate) handled: bool,
    /// How long this user's VBoxSVC has been there: the youngest, where an old one has not ended yet.
    pub(crate) server_age: Option<Duration>,
}

/// Takes stock.
pub(crate) fn summary(processes: &[Process], vm: Wanted<'_>) -> ProcessSummary {
    let server_age = processes
        .iter()
        .filter(|p| p.program == SERVER)
        .map(|p| p.age)
        .min();
    let mut summary = ProcessSummary {
        may_live: false,
        lives: false,
        process: None,
        vm_processes: 0,
        handled: false,
        server_age,
    };
    for process in processes {
        if VM_PROGRAMS.contains(&process.program.as_str()) {
            let whose = owner(&process.args, vm);
            summary.vm_processes += 1;
            let unknown_to_server = server_age.is_none_or(|age| age < process.age);
            summary.may_live |= whose > Ownership::Others;
            if whose == Ownership::Ours || (whose == Ownership::Unclear && unknown_to_server) {
                summary.lives = true;
                summary.process = Some(process.pid);
            }
        } else if process.program == "VBoxManage" {
            summary.handled |= handled(&process.args, vm) > Ownership::Others;
        } else if process.program == WINDOW {
            summary.handled = true;
        }
    }
    summary
}

/// The processes that are this VM, or that may be it.
pub(crate) fn candidates<'p>(processes: &'p [Process], vm: Wanted<'_>) -> Vec<&'p Process> {
    processes
        .iter()
        .filter(|process| VM_PROGRAMS.contains(&process.program.as_str()))
        .filter(|process| owner(&process.args, vm) > Ownership::Others)
        .collect()
}

/// A process that shows this UUID, of whichever user: a name says nothing about another user's VM.
pub(crate) fn another_users(processes: &[Process], uuid: &Uuid) -> Option<u32> {
    let wanted = Wanted {
        name: None,
        uuid: Some(uuid),
    };
    processes
        .iter()
        .filter(|process| VM_PROGRAMS.contains(&process.program.as_str()))
        .filter(|process| !matches!(&process.args, Args::Whole(words) if words.is_empty()))
        .find(|process| owner(&process.args, wanted) == Ownership::Ours)
        .map(|process| process.pid)
}

/// Whose a VM process is.
fn owner(args: &Args, vm: Wanted<'_>) -> Ownership {
    match args {
        // It is ending, and has its files open still: whose it is, nobody can tell any more.
        Args::Whole(words) if words.is_empty() => Ownership::Ours,
        Args::Whole(words) => {
            let after = |option: &str| {
                let at = words.iter().position(|word| word == option)?;
                words.get(at + 1).map(String::as_str)
            };
            let started = after("--startvm").or_else(|| after("-startvm"));
            match (
                started,
                started.and_then(|s| s.parse::<Uuid>().ok()),
                vm.uuid,
            ) {
                (_, Some(uuid), Some(ours)) => tell(uuid == *ours),
                // Started by hand, by its name.
                (Some(name), None, _) => by_name(name, vm),
                _ => match after("--comment") {
                    Some(name) => by_name(name, vm),
                    None => Ownership::Unclear,
                },
            }
        }
        Args::Cut(text) => {
            let Some((_, shown)) = text.split_once(" --comment ") else {
                return Ownership::Unclear;
            };
            cut_owner(shown, vm)
        }
    }
}

fn tell(ours: bool) -> Ownership {
    if ours {
        Ownership::Ours
    } else {
        Ownership::Others
    }
}

fn by_name(name: &str, vm: Wanted<'_>) -> Ownership {
    vm.name
        .map_or(Ownership::Unclear, |ours| tell(name == ours))
}

/// Compares what is left of `NAME --startvm UUID` with what it would be.
fn cut_owner(shown: &str, vm: Wanted<'_>) -> Ownership {
    const OPTION: &str = " --startvm ";
    if let Some(name) = vm.name {
        let Some(behind) = shown.strip_prefix(name) else {
            return if name.starts_with(shown) {
                Ownership::Unclear
            } else {
                Ownership::Others
            };
        };
        let Some(uuid_part) = behind.strip_prefix(OPTION) else {
            return if OPTION.starts_with(behind) {
                Ownership::Unclear
            } else {
                Ownership::Others
            };
        };
        return match vm.uuid {
            Some(uuid) => tell(same_start(uuid_part, uuid)),
            None => Ownership::Ours,
        };
    }
    match (vm.uuid, shown.rsplit_once(OPTION)) {
        (Some(uuid), Some((_, part))) if part.len() >= 8 => tell(same_start(part, uuid)),
        _ => Ownership::Unclear,
    }
}

/// Whether a UUID that may be cut, or have more text behind it, can be this one.
fn same_start(shown: &str, uuid: &Uuid) -> bool {
    let shown = shown
        .split(' ')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    uuid.as_str().starts_with(&shown)
}

/// What a VBoxManage does to no VM.
const HARMLESS: [&str; 4] = ["list", "help", "commands", "createvm"];

/// Whose VM a VBoxManage has a session on, or will have, as far as its arguments show: `showvminfo` has one,
/// too, and of two at once one fails. A client of a method that was killed lives on and does what it was told.
fn handled(args: &Args, vm: Wanted<'_>) -> Ownership {
    let (words, cut): (Vec<&str>, bool) = match args {
        Args::Whole(words) => (words.iter().skip(1).map(String::as_str).collect(), false),
        // The name of a VM may hold spaces, and where it ends does not show.
        Args::Cut(text) => (text.splitn(3, ' ').skip(1).collect(), true),
    };
    let mut words = words.into_iter().skip_while(|word| word.starts_with('-'));
    let Some(verb) = words.next().filter(|verb| !HARMLESS.contains(verb)) else {
        return Ownership::Others;
    };
    let targets: Vec<&str> = words.collect();
    let shows = |wanted: &str| {
        targets.iter().any(|target| {
            *target == wanted || (cut && (target.starts_with(wanted) || wanted.starts_with(target)))
        })
    };
    let shows_uuid = targets.iter().any(|target| target.parse::<Uuid>().is_ok());
    match (vm.name, vm.uuid) {
        (Some(name), _) if shows(name) => Ownership::Ours,
        (_, Some(uuid)) if shows(uuid.as_str()) => Ownership::Ours,
        (Some(_), Some(_)) => Ownership::Others,
        // Only one of the two is known, and the other one may be what is shown.
        (Some(_), None) if !shows_uuid && !cut => Ownership::Others,
        (None, Some(_)) if shows_uuid => Ownership::Others,
        _ if verb.is_empty() => Ownership::Others,
        _ => Ownership::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "c49decd0-163a-44f9-9d85-b6e06ddc2277";
    const OTHER: &str = "4b0da5f0-2f13-4f02-bf54-0325aa230a94";

    fn whole(words: &[&str]) -> Args {
        Args::Whole(words.iter().map(|w| (*w).to_owned()).collect())
    }

    fn headless(name: &str, uuid: &str) -> Args {
        whole(&[
            "/usr/lib/virtualbox/VBoxHeadless",
            "--comment",
            name,
            "--startvm",
            uuid,
            "--vrde",
            "config",
        ])
    }

    /// What illumos shows of the same.
    fn cut(name: &str, uuid: &str) -> Args {
        let text = format!(
            "/opt/VirtualBox/amd64/VBoxHeadless --comment {name} --startvm {uuid} --vrde config"
        );
        Args::Cut(text.chars().take(79).collect())
    }

    #[test]
    fn whose_a_process_is() {
        let uuid: Uuid = OURS.parse().expect("a UUID");
        let by_name = Wanted {
            name: Some("vm1"),
            uuid: None,
        };
        let by_uuid = Wanted {
            name: None,
            uuid: Some(&uuid),
        };
        let by_both = Wanted {
            name: Some("vm1"),
            uuid: Some(&uuid),
        };
        for (what, args, vm, expected) in [
            ("our UUID", headless("vm1", OURS), by_both, Ownership::Ours),
            (
                "renamed since",
                headless("old", OURS),
                by_both,
                Ownership::Ours,
            ),
            (
                "a namesake",
                headless("vm1", OTHER),
                by_both,
                Ownership::Others,
            ),
            (
                "a name, nothing more known",
                headless("vm1", OTHER),
                by_name,
                Ownership::Ours,
            ),
            (
                "another name",
                headless("vm2", OTHER),
                by_name,
                Ownership::Others,
            ),
            (
                "a UUID, nothing more known",
                headless("vm1", OURS),
                by_uuid,
                Ownership::Ours,
            ),
            (
                "by hand, by name",
                whole(&["VBoxHeadless", "--startvm", "vm1"]),
                by_both,
                Ownership::Ours,
            ),
            (
                "no arguments",
                whole(&["VBoxHeadless"]),
                by_both,
                Ownership::Unclear,
            ),
            ("cut: our name", cut("vm1", OURS), by_name, Ownership::Ours),
            (
                "cut: our name and UUID",
                cut("vm1", OURS),
                by_both,
                Ownership::Ours,
            ),
            (
                "cut: a namesake",
                cut("vm1", OTHER),
                by_both,
                Ownership::Others,
            ),
            (
                "cut: another name",
                cut("vm2", OTHER),
                by_name,
                Ownership::Others,
            ),
            (
                "cut: a longer name",
                cut("vm10", OTHER),
                by_name,
                Ownership::Others,
            ),
            (
                "cut: a UUID behind a name",
                cut("any", OURS),
                by_uuid,
                Ownership::Ours,
            ),
            (
                "cut: another UUID behind a name",
                cut("any", OTHER),
                by_uuid,
                Ownership::Others,
            ),
            (
                "cut: no UUID left",
                cut(&"n".repeat(40), OTHER),
                by_uuid,
                Ownership::Unclear,
            ),
            (
                "cut: nothing",
                Args::Cut("/opt/VirtualBox/amd64/VBoxHeadless".into()),
                by_both,
                Ownership::Unclear,
            ),
        ] {
            assert_eq!(owner(&args, vm), expected, "{what}");
        }
    }

    #[test]
    fn a_long_name_that_is_cut_cannot_be_told_apart() {
        let long = "n".repeat(40);
        let vm = Wanted {
            name: Some(&long),
            uuid: None,
        };
        assert_eq!(owner(&cut(&long, OURS), vm), Ownership::Unclear);
        assert_eq!(
            owner(&cut(&format!("{long}x"), OURS), vm),
            Ownership::Unclear
        );
        assert_eq!(owner(&cut("m", OURS), vm), Ownership::Others);
    }

    fn process(program: &str, age: u64, args: Args) -> Process {
        Process {
            pid: 1,
            program: program.to_owned(),
            args,
            age: Duration::from_secs(age),
            contract: None,
        }
    }

    #[test]
    fn an_unclear_process_counts_while_the_server_is_younger() {
        let vm = Wanted {
            name: Some("vm1"),
            uuid: None,
        };
        let unclear = || process("VBoxHeadless", 60, whole(&["VBoxHeadless"]));
        for (what, others, lives) in [
            ("no server", vec![], true),
            (
                "a younger server",
                vec![process("VBoxSVC", 5, whole(&[]))],
                true,
            ),
            (
                "an older server",
                vec![process("VBoxSVC", 61, whole(&[]))],
                false,
            ),
        ] {
            let mut all = others;
            all.push(unclear());
            let summary = summary(&all, vm);
            assert!(summary.may_live, "{what}");
            assert_eq!(summary.lives, lives, "{what}");
        }
    }

    #[test]
    fn clients_that_change_the_vm() {
        let uuid: Uuid = OURS.parse().expect("a UUID");
        let both = Wanted {
            name: Some("vm 1"),
            uuid: Some(&uuid),
        };
        let name = Wanted {
            name: Some("vm 1"),
            uuid: None,
        };
        let only_uuid = Wanted {
            name: None,
            uuid: Some(&uuid),
        };
        let start = |target: &str| whole(&["VBoxManage", "startvm", target, "--type", "headless"]);
        let cut_start =
            |target: &str| Args::Cut(format!("/opt/VirtualBox/amd64/VBoxManage startvm {target}"));
        for (args, vm, expected) in [
            (start("vm 1"), both, Ownership::Ours),
            (start("vm 10"), both, Ownership::Others),
            (start(OURS), both, Ownership::Ours),
            (start(OTHER), both, Ownership::Others),
            (start(OTHER), name, Ownership::Unclear),
            (start("vm 10"), name, Ownership::Others),
            (start(OTHER), only_uuid, Ownership::Others),
            (start("vm 1"), only_uuid, Ownership::Unclear),
            (
                whole(&["VBoxManage", "controlvm", OURS, "savestate"]),
                both,
                Ownership::Ours,
            ),
            (
                whole(&["VBoxManage", "showvminfo", OURS]),
                both,
                Ownership::Ours,
            ),
            (whole(&["VBoxManage", "--version"]), both, Ownership::Others),
            (
                whole(&["VBoxManage", "-q", "startvm", OURS]),
                both,
                Ownership::Ours,
            ),
            (
                whole(&["VBoxManage", "snapshot", "vm 1", "take", "x"]),
                both,
                Ownership::Ours,
            ),
            (
                whole(&["VBoxManage", "list", "vms"]),
                name,
                Ownership::Others,
            ),
            (whole(&["VBoxManage"]), both, Ownership::Others),
            (cut_start(OURS), both, Ownership::Ours),
            (cut_start("vm 1 --type headless"), both, Ownership::Ours),
            (cut_start(OTHER), both, Ownership::Others),
            (cut_start(OTHER), name, Ownership::Unclear),
            (cut_start("n"), name, Ownership::Unclear),
        ] {
            assert_eq!(handled(&args, vm), expected, "{args:?} {vm:?}");
        }
    }
}
