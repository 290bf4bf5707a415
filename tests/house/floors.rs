//! Which module of the program may use which other, held by reading every path in the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use super::{code, root, sources};

/// A room: a module at the top of the crate.
struct Room {
    name: &'static str,
    /// Counted from the top. A room uses those of the floors below.
    floor: u32,
    /// What it may use on its own floor; a module of a room, where not the whole room is meant.
    beside: &'static [&'static str],
    purpose: &'static str,
}

const fn room(
    name: &'static str,
    floor: u32,
    beside: &'static [&'static str],
    purpose: &'static str,
) -> Room {
    Room {
        name,
        floor,
        beside,
        purpose,
    }
}

/// All rooms, and all arrows that are allowed.
const ROOMS: [Room; 13] = [
    room(
        "cli",
        1,
        &["commands"],
        "arguments, and the direct way to the method",
    ),
    room(
        "commands",
        1,
        &[],
        "one verb a module: arguments, one call into a room below, output",
    ),
    room(
        "engine",
        2,
        &[],
        "the main job: `plan` decides (pure), `observer` observes, `method` runs a start or a stop",
    ),
    room(
        "inventory",
        2,
        &["engine::plan"],
        "instances, their owners and the VMs of these, for commands that look at many",
    ),
    room(
        "manifest",
        2,
        &["validate"],
        "options of gen, fleet files, the model of a manifest, and its text; profiles and RBAC files",
    ),
    room(
        "validate",
        2,
        &[],
        "the rules of svccfg, of the document type and of templates, and the advice of our own",
    ),
    room(
        "simulation",
        2,
        &["engine", "manifest", "validate"],
        "a simulated host with SMF and VirtualBox, and the rehearsal of manifests on it",
    ),
    room(
        "config",
        3,
        &["smf", "virtualbox::vm"],
        "the one table of the properties, and the settings that they make",
    ),
    room(
        "smf",
        3,
        &[],
        "FMRIs, types, method contexts, timeouts, and what svcprop, svcs and svccfg print",
    ),
    room(
        "virtualbox",
        3,
        &[],
        "VirtualBox's words, files, processes, errors, and what VBoxManage prints",
    ),
    room(
        "host",
        4,
        &[],
        "`trait Host`, the only seam to the world: programs, processes, files, locks, accounts, the clock",
    ),
    room(
        "text",
        5,
        &["failure"],
        "what is printed: tables, quoting, the log; and suggestions for misspelt names",
    ),
    room(
        "failure",
        5,
        &[],
        "kinds of failure and their exit statuses",
    ),
];

/// A module of the program, as the names from the crate's root to it.
type Module = Vec<String>;

/// Every module, and the paths that its code names, each from the crate's root.
struct Uses {
    modules: BTreeSet<Module>,
    paths: Vec<(Module, Vec<String>)>,
}

/// The module of a source file; none for the crate's root, its program, and what only tests and fuzzing compile.
fn module_of(file: &Path) -> Option<Module> {
    let below = file.strip_prefix(root().join("src")).ok()?;
    let module: Module = below
        .with_extension("")
        .iter()
        .map(|name| name.to_str().expect("UTF-8").to_owned())
        .collect();
    let is_apart = |name: &String| ["tests", "fuzzing"].contains(&name.as_str());
    let is_top = module.len() == 1 && ["lib", "main"].contains(&module[0].as_str());
    (!is_top && !module.iter().any(is_apart)).then_some(module)
}

/// The paths in a line that begin at the crate's root or above this module.
fn paths_in(line: &str, module: &Module) -> Vec<Vec<String>> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found = Vec::new();
    for (at, _) in line
        .match_indices("crate")
        .chain(line.match_indices("super"))
    {
        let before = line[..at].chars().next_back();
        // `pub(crate)` and `pub(in crate::x)` say who may use, not what is used; the middle of a path was read with it.
        let is_visibility = line[..at].ends_with("pub(") || line[..at].ends_with("pub(in ");
        if is_visibility || before.is_some_and(|c| is_part(c) || c == ':') {
            continue;
        }
        let end = line[at..]
            .find(|c: char| !is_part(c) && c != ':')
            .map_or(line.len(), |end| at + end);
        let first = line[at..end].split("::").next();
        if !matches!(first, Some("crate" | "super")) {
            continue;
        }
        let mut path: Module = Vec::new();
        let mut above = 0;
        for part in line[at..end].split("::").filter(|part| !part.is_empty()) {
            match part {
                "crate" => {}
                "super" => above += 1,
                name => path.push(name.to_owned()),
            }
        }
        if above > 0 {
            let kept = module.len().saturating_sub(above);
            path = module[..kept].iter().cloned().chain(path).collect();
        }
        found.push(path);
    }
    found
}

fn uses() -> Uses {
    let mut uses = Uses {
        modules: BTreeSet::new(),
        paths: Vec::new(),
    };
    for file in sources(&root().join("src")) {
        let Some(module) = module_of(&file) else {
            continue;
        };
        let code = code(&file);
        let only_tests = code.contains("#![cfg(test)]");
        for line in code.lines().filter(|_| !only_tests) {
            // What a `use` takes apart in braces is named behind them, which the house does not do at the crate's root.
            assert!(
                !line.contains("use crate::{"),
                "{}: one path a line",
                file.display()
            );
            for path in paths_in(line, &module) {
                uses.paths.push((module.clone(), path));
            }
        }
        uses.modules.insert(module);
    }
    uses
}

fn room_of(path: &[String]) -> Option<&'static Room> {
    ROOMS
        .iter()
        .find(|room| path.first().is_some_and(|first| first == room.name))
}

/// Whether a room may use this path.
fn is_allowed(by: &Room, path: &[String]) -> bool {
    let Some(used) = room_of(path) else {
        // An item of lib.rs itself, and what fuzzing adds.
        return path.first().is_none_or(|first| first == "fuzzing");
    };
    let path = path.join("::");
    let is_below = |beside: &str| {
        let rest = path.strip_prefix(beside);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    by.name == used.name || by.floor < used.floor || by.beside.iter().any(|beside| is_below(beside))
}

#[test]
fn a_room_uses_only_what_it_may() {
    let Uses { modules, paths } = uses();
    for module in &modules {
        assert!(
            room_of(module).is_some(),
            "{} is in no room",
            module.join("::")
        );
    }
    for room in &ROOMS {
        let file = root().join(format!("src/{}.rs", room.name));
        assert!(file.exists(), "there is no {}", file.display());
    }
    let wrong: BTreeSet<String> = paths
        .iter()
        .filter(|(module, path)| !is_allowed(room_of(module).expect("checked above"), path))
        .map(|(module, path)| format!("{} uses {}", module.join("::"), path.join("::")))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(paths.len() > 1000, "only {} paths were found", paths.len());
}

#[test]
fn arrows_that_are_refused() {
    let parts = |path: &str| path.split("::").map(str::to_owned).collect::<Vec<_>>();
    for (user, path, allowed) in [
        ("commands", "engine::plan", true),
        ("engine", "commands::status", false),
        ("inventory", "engine::plan::Class", true),
        ("inventory", "engine::planning", false),
        ("inventory", "engine::method", false),
        ("config", "virtualbox::vm::VmName", true),
        ("config", "virtualbox::advice", false),
        ("virtualbox", "smf::fmri", false),
        ("host", "text::printable", true),
        ("text", "host::real", false),
    ] {
        let user = room_of(&parts(user)).expect("a room");
        assert_eq!(
            is_allowed(user, &parts(path)),
            allowed,
            "{} {path}",
            user.name
        );
    }
    let module = parts("engine::method::course");
    for (line, expected) in [
        ("use super::Request;", &["engine::method::Request"][..]),
        ("use super::super::look::Sight;", &["engine::look::Sight"]),
        ("pub(super) fn a(b: crate::host::C) {}", &["host::C"]),
        ("pub(in crate::engine) fn a() {}", &[]),
        ("let supersede = a.crates;", &[]),
    ] {
        let found: Vec<_> = paths_in(line, &module)
            .iter()
            .map(|p| p.join("::"))
            .collect();
        assert_eq!(found, expected, "{line}");
    }
}

/// Outside the simulation, whose parts are one world, a file can be understood without those that use it.
#[test]
fn no_files_use_each_other() {
    let Uses { modules, paths } = uses();
    let mut used: BTreeMap<&Module, BTreeSet<&Module>> = BTreeMap::new();
    for (module, path) in &paths {
        let file = (1..=path.len())
            .rev()
            .find_map(|end| modules.get(&path[..end]));
        // A module and those in it are one thing in several files.
        let Some(file) = file.filter(|file| !module.starts_with(file) && !file.starts_with(module))
        else {
            continue;
        };
        if module[0] != "simulation" {
            used.entry(module).or_default().insert(file);
        }
    }
    for start in used.keys() {
        let mut reached = BTreeSet::new();
        let mut open: Vec<&Module> = used[start].iter().copied().collect();
        while let Some(next) = open.pop() {
            if reached.insert(next) {
                open.extend(used.get(next).into_iter().flatten());
            }
        }
        assert!(
            !reached.contains(*start),
            "{} uses what uses it, by way of {:?}",
            start.join("::"),
            used[*start]
                .iter()
                .filter(|m| reached.contains(*m))
                .map(|m| m.join("::"))
                .collect::<Vec<_>>()
        );
    }
}

/// The table of the rooms in src/README.md, written from the one above.
#[test]
fn the_map_has_these_rooms() {
    let mut table = String::from(
        "| room | floor | beside it, it may use | what it is for |\n|---|---|---|---|\n",
    );
    for room in &ROOMS {
        let beside: Vec<_> = room.beside.iter().map(|name| format!("`{name}`")).collect();
        let _infallible = writeln!(
            table,
            "| `{}` | {} | {} | {} |",
            room.name,
            room.floor,
            beside.join(", "),
            room.purpose
        );
    }
    let map = std::fs::read_to_string(root().join("src/README.md")).expect("src/README.md");
    assert!(
        map.contains(&table),
        "src/README.md should have this table:\n{table}"
    );
}
